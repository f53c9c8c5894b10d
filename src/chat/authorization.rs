//! The `Authorization` header field: a token or a name with a password (RFC 6750, RFC 7617).

use super::answer::Refusal;
use super::request::Request;
use super::sign;
use crate::secret::Secret;

/// Whether one of the secrets stands there: `Bearer SECRET`, or `Basic` of a secret that is `NAME:PASSWORD`.
///
/// # Errors
/// When none does.
pub fn verify(secrets: &[Secret], request: &Request<'_>) -> Result<(), Refusal> {
    let field = request.header("Authorization").ok_or(Refusal::Unproven("Authorization missing"))?;
    let (scheme, value) = field.split_once(' ').ok_or(Refusal::Unproven("Authorization not readable"))?;
    let value = value.trim();
    let is_proven = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => sign::is_token(secrets, value),
        "basic" => sign::base64(value)
            .and_then(|pair| String::from_utf8(pair).ok())
            .is_some_and(|pair| pair.contains(':') && sign::is_token(secrets, &pair)),
        _ => false,
    };
    if is_proven { Ok(()) } else { Err(Refusal::Unproven("Authorization wrong")) }
}
