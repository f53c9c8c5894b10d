//! Modified UTF-7, in which IMAP servers and Maildirs write the names of mailboxes (RFC 3501 section 5.1.3).

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// Writes a name in modified UTF-7: `Grün & Söhne` is `Gr&APw-n &- S&APY-hne`. Printable ASCII but `&` stands for itself.
pub fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            unshift(&mut encoded, &mut shifted);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            shifted.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    unshift(&mut encoded, &mut shifted);
    encoded
}

/// Writes out what has gathered for Base64.
fn unshift(encoded: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        encoded.push('&');
        encoded.push_str(&BASE64.encode(&shifted));
        encoded.push('-');
        shifted.clear();
    }
}

/// Reads a name in modified UTF-7. `None` for what [`encode`] would not have written: a name has one spelling, so that
/// two mailboxes never read alike.
pub fn decode(encoded: &str) -> Option<String> {
    let mut name = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((plain, after)) = rest.split_once('&') {
        let (shifted, after) = after.split_once('-')?;
        name.push_str(plain);
        match shifted {
            "" => name.push('&'),
            _ => name.push_str(&utf16(&BASE64.decode(shifted).ok()?)?),
        }
        rest = after;
    }
    name.push_str(rest);
    (encode(&name) == encoded).then_some(name)
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    if odd.is_empty() { String::from_utf16(&units).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, proptest};

    use super::{decode, encode};

    #[test]
    fn writes_and_reads_the_names_of_the_field() {
        let check = |name: &str, encoded: &str| {
            assert_eq!(encode(name), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(name));
        };
        check("INBOX", "INBOX");
        check("Grün", "Gr&APw-n");
        check("Entwürfe & Söhne", "Entw&APw-rfe &- S&APY-hne");
        // The example of RFC 3501 section 5.1.3.
        check("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        check("🎉", "&2DzfiQ-");
        check("a\tb", "a&AAk-b");
        check("", "");
    }

    #[test]
    fn refuses_what_is_not_its_one_spelling() {
        for bad in ["&", "&APw", "&AEE-", "&APw-&APw-", "&A-", "&2Dw-", "&!!!!-", "Grün", "&AP/-", "&&--", "&AAA=-"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn every_name_comes_back(name in any::<String>()) {
            assert_eq!(decode(&encode(&name)), Some(name));
        }
    }
}
