//! What is written for a token.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::draft::RESERVED;
use crate::rotated::Rotated;

/// A line with the token, or with JSON where a refresh token came with it.
pub(super) fn text<D>(new: &Rotated<D>) -> io::Result<Zeroizing<Vec<u8>>> {
    // In one piece: a buffer that grows leaves its old content behind in freed memory.
    let tokens = [Some(&new.token), new.refresh_token.as_ref()];
    let length: usize = tokens.iter().flatten().map(|t| t.expose().len()).sum();
    let mut text = Zeroizing::new(Vec::with_capacity(RESERVED + length));
    let Some(refresh_token) = &new.refresh_token else {
        writeln!(text, "{}", new.token.expose())?;
        return Ok(text);
    };
    write!(text, "{{\"access_token\":")?;
    serde_json::to_writer(&mut *text, new.token.expose())?;
    if let Some(time) = new.expires_at {
        write!(text, ",\"expires_at\":\"{time}\"")?;
    }
    write!(text, ",\"refresh_token\":")?;
    serde_json::to_writer(&mut *text, refresh_token.expose())?;
    if let Some(time) = new.refresh_token_expires_at {
        write!(text, ",\"refresh_token_expires_at\":\"{time}\"")?;
    }
    writeln!(text, "}}")?;
    Ok(text)
}
