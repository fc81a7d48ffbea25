//! Secrets that nobody can guess.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokenturn_client::Secret;
use zeroize::Zeroizing;

use crate::error::BuildError;

/// 256 bits from the system's generator, as 43 characters that need no encoding in a URL.
pub(super) fn secret() -> Result<Secret, BuildError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::getrandom(&mut bytes[..])
        .map_err(|e| BuildError(format!("the system gives no random numbers: {e}")))?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(&bytes[..])))
}
