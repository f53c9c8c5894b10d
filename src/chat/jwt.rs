//! Signed claims (JWT, RFC 7519) by RS256 alone, and the keys that are known for them.

use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use webpki::EndEntityCert;

use super::answer::Refusal;
use super::{field, sign};

/// How far clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The claims of a token that is signed by one of these keys, and holds now. Keys are a file's content: a JSON Web Key Set
/// (RFC 7517), or an object of certificates (PEM) by their names.
///
/// # Errors
/// When it is not.
pub fn claims(token: &str, keys: &[u8], now: Timestamp) -> Result<Value, Refusal> {
    let unreadable = Refusal::Unproven("token not readable");
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [head, claims, tag] = parts.as_slice() else { return Err(unreadable) };
    let part = |text: &str| sign::base64_url(text).ok_or(Refusal::Unproven("token not readable"));
    let header = field::json(&part(head)?).map_err(|_| unreadable.clone())?;
    // Whoever may choose the algorithm chooses none.
    if field::text(&header, "/alg") != Some("RS256") {
        return Err(Refusal::Unproven("token of another algorithm"));
    }
    let kid = field::text(&header, "/kid").ok_or(Refusal::Unproven("token names no key"))?;
    let signed = token.get(..head.len() + 1 + claims.len()).unwrap_or_default();
    if !is_signed(kid, keys, signed.as_bytes(), &part(tag)?) {
        return Err(Refusal::Unproven("signature wrong"));
    }
    let claims = field::json(&part(claims)?).map_err(|_| unreadable)?;
    let expires = field::since_1970(&claims, "/exp").ok_or(Refusal::Unproven("token never expires"))?;
    if now.duration_since(expires) > LEEWAY {
        return Err(Refusal::Unproven("token expired"));
    }
    let begins = ["/nbf", "/iat"].iter().filter_map(|claim| field::since_1970(&claims, claim)).max();
    if begins.is_some_and(|begins| begins.duration_since(now) > LEEWAY) {
        return Err(Refusal::Unproven("token not valid yet"));
    }
    Ok(claims)
}

/// What is wrong with a file of which `are_keys` is not true, and what to do.
pub const NO_KEYS: &str = "holds no keys: neither a JSON Web Key Set nor certificates by their names; fetch it again";

/// Whether there are keys in a file's content, of either form.
pub fn are_keys(content: &[u8]) -> bool {
    let Ok(known) = serde_json::from_slice::<Value>(content) else { return false };
    let certificates = known.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
    !field::list(&known, "/keys").is_empty() || { certificates }
        .any(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).is_ok())
}

/// Whether the claim is one of these values.
pub fn is_one_of(claims: &Value, claim: &str, wanted: &[&str]) -> bool {
    field::text(claims, claim).is_some_and(|value| wanted.contains(&value))
}

fn is_signed(kid: &str, keys: &[u8], signed: &[u8], tag: &[u8]) -> bool {
    let Ok(known) = serde_json::from_slice::<Value>(keys) else { return false };
    if let Some(pem) = known.get(kid).and_then(Value::as_str) {
        let Ok(certificate) = CertificateDer::from_pem_slice(pem.as_bytes()) else { return false };
        let algorithm = webpki::ring::RSA_PKCS1_2048_8192_SHA256;
        return EndEntityCert::try_from(&certificate)
            .is_ok_and(|certificate| certificate.verify_signature(algorithm, signed, tag).is_ok());
    }
    let mut named = field::list(&known, "/keys").iter().filter(|key| field::text(key, "/kid") == Some(kid));
    named.any(|key| {
        let part = |name: &str| field::text(key, name).and_then(sign::base64_url);
        let (Some(n), Some(e)) = (part("/n"), part("/e")) else { return false };
        RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, tag).is_ok()
    })
}
