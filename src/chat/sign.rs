//! Signatures over bytes, compared in constant time.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::answer::Refusal;
use super::field;
use super::request::Request;
use crate::secret::Secret;

/// A hash for HMAC (RFC 2104).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, where a service knows no better: HMAC is not hurt by collisions.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Hash {
    fn algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// The HMAC of these pieces, one after the other.
pub fn hmac(hash: Hash, key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hash.algorithm(), key));
    pieces.iter().for_each(|piece| context.update(piece));
    context.sign().as_ref().to_vec()
}

/// Whether a tag is the HMAC of these pieces under one of the secrets.
pub fn is_signed(hash: Hash, secrets: &[Secret], pieces: &[&[u8]], tag: &[u8]) -> bool {
    secrets.iter().any(|secret| is_signed_by(hash, secret.reveal().as_bytes(), pieces, tag))
}

/// Proves that a tag is the HMAC of these pieces under one of the secrets.
///
/// # Errors
/// When it is not.
pub fn signed(hash: Hash, secrets: &[Secret], pieces: &[&[u8]], tag: &[u8]) -> Result<(), Refusal> {
    if is_signed(hash, secrets, pieces, tag) { Ok(()) } else { Err(Refusal::Unproven("signature wrong")) }
}

/// Whether a tag is the HMAC of these pieces under this key.
pub fn is_signed_by(hash: Hash, key: &[u8], pieces: &[&[u8]], tag: &[u8]) -> bool {
    let message = pieces.concat();
    hmac::verify(&hmac::Key::new(hash.algorithm(), key), &message, tag).is_ok()
}

/// Whether one of the secrets is this token, in constant time whatever their lengths.
pub fn is_token(secrets: &[Secret], token: &str) -> bool {
    secrets.iter().any(|secret| is_same(secret.reveal(), token))
}

/// Proves a body that holds the token of its hook in `token`.
///
/// # Errors
/// When it does not.
pub fn token_in(body: &Value, secrets: &[Secret]) -> Result<(), Refusal> {
    let token = field::text(body, "/token").ok_or(Refusal::Unproven("token missing"))?;
    if is_token(secrets, token) { Ok(()) } else { Err(Refusal::Unproven("token wrong")) }
}

/// Whether two texts are the same, in constant time whatever their lengths: their hashes under a key are compared.
pub fn is_same(secret: &str, token: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"same");
    !secret.is_empty() && hmac::verify(&key, token.as_bytes(), hmac::sign(&key, secret.as_bytes()).as_ref()).is_ok()
}

/// Bytes of base64 as addresses have it, with or without padding; `None` where it is none.
pub fn base64_url(text: &str) -> Option<Vec<u8>> {
    let engine = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent));
    engine.decode(text).ok()
}

/// Bytes as base64 with padding.
pub fn to_base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Bytes of base64 with or without padding; `None` where it is none.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let engine = GeneralPurpose::new(&STANDARD, NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent));
    engine.decode(text).ok()
}

/// Whether a tag is the Ed25519 signature of these pieces by this public key (RFC 8032).
pub fn is_signed_by_key(key: &[u8], pieces: &[&[u8]], tag: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(&pieces.concat(), tag).is_ok()
}

/// Whether a header field is `sha256=` and the HMAC of the body in hexadecimal, under one of the secrets: what GitHub began
/// and many do.
///
/// # Errors
/// When it is not.
pub fn hub(secrets: &[Secret], request: &Request<'_>, name: &str) -> Result<(), Refusal> {
    let field = request.header(name).ok_or(Refusal::Unproven("signature missing"))?;
    let tag = field.strip_prefix("sha256=").and_then(hex).ok_or(Refusal::Unproven("signature not readable"))?;
    signed(Hash::Sha256, secrets, &[request.body], &tag)
}

/// Proves that an instant in Unix seconds, as text, is at most this far from now, either way.
///
/// # Errors
/// When it is not, or is no instant.
pub fn fresh(seconds: &str, now: Timestamp, window: SignedDuration) -> Result<(), Refusal> {
    near(seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()), now, window)
}

/// Proves that an instant is at most this far from now, either way.
///
/// # Errors
/// When it is not, or is none.
pub fn near(sent: Option<Timestamp>, now: Timestamp, window: SignedDuration) -> Result<(), Refusal> {
    let sent = sent.ok_or(Refusal::Unproven("timestamp not readable"))?;
    if now.duration_since(sent).abs() > window {
        return Err(Refusal::Unproven("timestamp too far from now"));
    }
    Ok(())
}

/// Bytes of hexadecimal digits of either case; `None` where it is none.
pub fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Hash, hex, hmac, is_same, is_signed_by};

    #[test]
    fn the_vectors_of_the_rfcs() {
        // RFC 2202 section 3 and RFC 4231 section 4.3, test case 2.
        let of = |hash| hmac(hash, b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(Some(of(Hash::Sha1)), hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
        let sha256 = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(Some(of(Hash::Sha256)), sha256);
        assert!(is_signed_by(Hash::Sha256, b"Jefe", &[b"what do ya want for nothing?"], &sha256.unwrap_or_default()));
        assert!(!is_signed_by(Hash::Sha256, b"Jefe", &[b"what do ya want for nothing"], &of(Hash::Sha256)));
    }

    #[test]
    fn tokens_are_the_same_or_not() {
        assert!(is_same("secret", "secret"));
        for (secret, token) in [("secret", "Secret"), ("secret", "secret "), ("secret", ""), ("", "")] {
            assert!(!is_same(secret, token), "{secret:?} {token:?}");
        }
    }

    #[test]
    fn hexadecimal_digits_are_pairs() {
        assert_eq!(hex("00fF"), Some(vec![0, 255]));
        assert_eq!(hex(""), Some(Vec::new()));
        assert_eq!((hex("0"), hex("0g"), hex("é")), (None, None, None));
    }
}
