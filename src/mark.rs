//! The mark by which Tidings knows its own letters: `X-Tidings-Id: ID HMAC(key, ID)`.

use ring::hmac;

use crate::model::identity::Id;

/// The header field's name.
pub const FIELD: &str = "X-Tidings-Id";

/// The key, made at the first start and kept in the state folder. Without it a mark means nothing.
#[derive(Clone)]
pub struct MarkKey(hmac::Key);

impl MarkKey {
    /// The key that these 32 bytes are.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The field's value for a letter.
    pub fn mark(&self, id: Id) -> String {
        let tag = hmac::sign(&self.0, id.to_string().as_bytes());
        let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        format!("{id} {hex}")
    }

    /// The letter whose mark this is; `None` when it is not ours.
    pub fn read(&self, value: &str) -> Option<Id> {
        let (id, hex) = value.trim().split_once(' ')?;
        let hex = hex.trim();
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        let tag: Option<Vec<u8>> = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        hmac::verify(&self.0, id.as_bytes(), &tag?).ok()?;
        Id::parse(id)
    }
}

/// The value of a field as anybody's mark is written: an id and a hash, one blank between; `None` when it is none.
pub fn shaped(value: &str) -> Option<String> {
    let mut words = value.split_whitespace();
    let (id, hash) = (words.next()?, words.next()?);
    let is_hex = |word: &str, length| word.len() == length && word.bytes().all(|b| b.is_ascii_hexdigit());
    (words.next().is_none() && is_hex(id, 32) && is_hex(hash, 64)).then(|| format!("{id} {hash}"))
}

impl std::fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MarkKey")
    }
}

#[cfg(test)]
mod tests {
    use super::{MarkKey, shaped};
    use crate::model::identity::Id;

    #[test]
    fn knows_its_own_and_no_other() {
        let (ours, theirs) = (MarkKey::new(&[1; 32]), MarkKey::new(&[2; 32]));
        let id = Id::of(&[b"letter"]);
        assert_eq!(ours.read(&ours.mark(id)), Some(id));
        assert_eq!(ours.read(&theirs.mark(id)), None);
        assert_eq!(ours.read(&format!("{id} {}", "é".repeat(32))), None);
        assert_eq!(ours.read("nonsense"), None);
    }

    #[test]
    fn a_mark_has_a_shape_whoever_made_it() {
        let mark = MarkKey::new(&[1; 32]).mark(Id::of(&[b"letter"]));
        assert_eq!(shaped(&format!("\r\n {}\r\n", mark.replace(' ', "\r\n\t"))), Some(mark.clone()));
        for bad in [
            "",
            "x",
            &format!("{mark} more"),
            &mark.replace(' ', ""),
            &format!("g{}", mark.get(1..).unwrap_or_default()),
        ] {
            assert_eq!(shaped(bad), None, "{bad:?}");
        }
    }
}
