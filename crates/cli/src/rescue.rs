//! The last place for a token that could not be saved where it was asked for, and the place for an
//! answer that may have one in it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokenturn::sink::FileSink;
use tokenturn::{NotSaved, Rotated, Sink, Unknown};
use tokenturn_vault::Tokens;

/// Puts a token where its sink did not, which is `out`.
pub(crate) async fn rescue(unsaved: &NotSaved, out: Option<&Path>) -> Option<PathBuf> {
    let mut new = Rotated::<()>::new(unsaved.token().clone());
    new.expires_at = unsaved.expires_at();
    new.refresh_token = unsaved.refresh_token().cloned();
    new.refresh_token_expires_at = unsaved.refresh_token_expires_at();
    anywhere(&new, out).await
}

/// Puts a token where its vault did not, which is in this file, if it is in any.
pub(crate) async fn rescue_from_vault(tokens: &Tokens, file: Option<&Path>) -> Option<PathBuf> {
    let mut new = Rotated::<()>::new(tokens.token.clone()?);
    new.expires_at = tokens.expires_at;
    new.refresh_token.clone_from(&tokens.refresh_token);
    new.refresh_token_expires_at = tokens.refresh_token_expires_at;
    anywhere(&new, file).await
}

/// Puts the answer of a call with an unknown outcome where `recover --kept` finds it. The token was
/// to go to `out`.
pub(crate) fn keep(unknown: &Unknown, out: Option<&Path>) -> Option<PathBuf> {
    let body = unknown.body()?;
    places(out).find_map(|place| write_body(place, body).ok())
}

/// Writes the token, and its refresh token, wherever a file of mode 0600 can be written.
async fn anywhere(new: &Rotated<()>, out: Option<&Path>) -> Option<PathBuf> {
    for place in places(out) {
        if let Ok(path) = write(place, new).await {
            return Some(path);
        }
    }
    None
}

fn places(out: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    // It comes first, as it is to last: the others may go away with the container that they are in,
    // or be read-only there.
    let beside = out.and_then(Path::parent).map(Path::to_owned);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let (temporary, here) = (std::env::temp_dir(), PathBuf::from("."));
    let places = [beside, Some(temporary), home, Some(here)];
    places.into_iter().flatten()
}

fn write_body(place: PathBuf, body: &[u8]) -> io::Result<PathBuf> {
    let mut builder = tempfile::Builder::new();
    let mut file = builder.prefix("tokenturn-kept-").tempfile_in(place)?;
    file.write_all(body)?;
    file.as_file().sync_all()?;
    let (_, path) = file.keep()?;
    Ok(path)
}

async fn write(place: PathBuf, new: &Rotated<()>) -> io::Result<PathBuf> {
    // It takes a name that nobody has, and goes away again unless the token is in it.
    let file = tempfile::Builder::new()
        .prefix("tokenturn-rescued-")
        .tempfile_in(place)?;
    let path = file.into_temp_path();
    FileSink::new(path.to_path_buf()).save(new).await?;
    Ok(path.keep()?)
}
