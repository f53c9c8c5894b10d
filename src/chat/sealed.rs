//! What Graph encrypts for one key: RSA-OAEP around a key for AES-256-CBC, with an HMAC that is looked at first.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Oaep, PrivateKey};
use serde_json::Value;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::answer::Refusal;
use super::field;
use super::sign::{self, Hash};

/// The JSON inside.
///
/// # Errors
/// When it was changed, is for another key, or is no JSON.
pub fn open(content: &Value, private_key: &[u8]) -> Result<Value, Refusal> {
    let part = |name: &str| field::text(content, name).and_then(sign::base64);
    let parts = (part("/dataKey"), part("/data"), part("/dataSignature"));
    let (Some(wrapped), Some(data), Some(tag)) = parts else {
        return Err(Refusal::Unproven("encrypted content not readable"));
    };
    let private = key(private_key).ok_or(Refusal::Unproven("the key to decrypt with is not readable"))?;
    let symmetric = private.decrypt(Oaep::<Sha1>::new(), &wrapped).map(Zeroizing::new);
    let symmetric = symmetric.map_err(|_| Refusal::Unproven("encrypted for another key"))?;
    if !sign::is_signed_by(Hash::Sha256, &symmetric, &[&data], &tag) {
        return Err(Refusal::Unproven("encrypted content was changed"));
    }
    let vector = symmetric.get(..16).unwrap_or_default();
    let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(&symmetric, vector);
    let cipher = cipher.map_err(|_| Refusal::Unproven("key of another length"))?;
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(&data).map_err(|_| Refusal::Unproven("padding wrong"))?;
    field::json(&plain)
}

/// Whether a file's content is a private key that can open something.
pub fn is_key(written: &[u8]) -> bool {
    key(written).is_some()
}

/// A private key (PKCS #8) as PEM, or as base64 alone.
fn key(written: &[u8]) -> Option<PrivateKey> {
    let text = std::str::from_utf8(written).ok()?;
    if text.contains("-----BEGIN") {
        return PrivateKey::from_pkcs8_pem(text).ok();
    }
    let bare: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
    PrivateKey::from_pkcs8_der(&sign::base64(&bare)?).ok()
}
