//! Content-Transfer-Encoding undone, whatever is wrong with it (RFC 2045 section 6).

use std::borrow::Cow;

/// How a part is encoded for its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// 7bit, 8bit, binary, or none.
    #[default]
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
    /// x-uuencode and its spellings.
    Uuencode,
    /// A name that nobody knows; read as if there were none.
    Unknown,
}

impl Encoding {
    /// Reads a field's value.
    pub fn parse(value: &str) -> Self {
        let value = value.split([';', '(', ' ']).next().unwrap_or_default().trim_matches(['"', ' ']);
        match value.to_ascii_lowercase().as_str() {
            "" | "7bit" | "7-bit" | "8bit" | "8-bit" | "binary" | "none" | "plain" => Self::Identity,
            "base64" | "base-64" => Self::Base64,
            "quoted-printable" | "quoted_printable" | "quotedprintable" => Self::QuotedPrintable,
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => Self::Uuencode,
            _ => Self::Unknown,
        }
    }
}

/// Undoes the encoding. What cannot be decoded is kept or skipped, never an error.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Identity | Encoding::Unknown => Cow::Borrowed(bytes),
        Encoding::Base64 => Cow::Owned(base64_lines(bytes)),
        Encoding::QuotedPrintable => Cow::Owned(quoted_printable(bytes)),
        Encoding::Uuencode => Cow::Owned(uuencode(bytes)),
    }
}

/// How many octets `decode` would give, without the memory for large attachments.
pub fn decoded_len(bytes: &[u8], encoding: Encoding) -> u64 {
    match encoding {
        Encoding::Base64 => {
            let digits = bytes.iter().filter(|&&b| digit(b).is_some()).count() as u64;
            digits * 3 / 4
        }
        _ => decode(bytes, encoding).len() as u64,
    }
}

/// base64 of a body. A line that is no base64 after the padding is a footer that a list added: it is kept as it is.
fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut padded = false;
    let mut at = 0;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let text = line.trim_ascii();
        // A line that begins as data has its own way with what follows the padding.
        if padded && text.iter().any(|&b| digit(b).is_none() && b != b'=') {
            let mut out = base64(bytes.get(..at).unwrap_or_default());
            out.push(b'\n');
            out.extend_from_slice(bytes.get(at..).unwrap_or_default());
            return out;
        }
        padded |= text.ends_with(b"=");
        at += line.len();
    }
    base64(bytes)
}

/// base64: other characters are skipped, each padding ends a run, a last quantum that was cut gives what it has.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut chunk, mut bits) = (0u32, 0u32);
    // What follows the padding on its line is no data.
    let mut has_ended = false;
    for &b in bytes {
        match digit(b) {
            _ if b == b'\n' => has_ended = false,
            _ if has_ended => {}
            Some(value) => {
                chunk = (chunk << 6) | u32::from(value);
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    out.push((chunk >> bits) as u8);
                    chunk &= (1 << bits) - 1;
                }
            }
            None if b == b'=' => (chunk, bits, has_ended) = (0, 0, true),
            None => {}
        }
    }
    out
}

fn digit(b: u8) -> Option<u8> {
    match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// quoted-printable: `=` that introduces nothing stays; white space before a line end was added on the way and goes.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let (text, end) = match line.strip_suffix(b"\n") {
            Some(text) => match text.strip_suffix(b"\r") {
                Some(text) => (text, b"\r\n".as_slice()),
                None => (text, b"\n".as_slice()),
            },
            None => (line, b"".as_slice()),
        };
        let text = text.trim_ascii_end();
        match text.strip_suffix(b"=") {
            Some(text) => hex_escapes(text, b'=', &mut out),
            None => {
                hex_escapes(text, b'=', &mut out);
                out.extend_from_slice(end);
            }
        }
    }
    out
}

/// Q of encoded words (RFC 2047 section 4.2): as quoted-printable on one line, with `_` for the space.
pub fn q_word(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = bytes.iter().map(|&b| if b == b'_' { b' ' } else { b }).collect();
    let mut out = Vec::with_capacity(bytes.len());
    hex_escapes(&spaced, b'=', &mut out);
    out
}

/// Percent encoding of RFC 2231 section 4.
pub fn percent(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    hex_escapes(bytes, b'%', &mut out);
    out
}

fn hex_escapes(mut text: &[u8], mark: u8, out: &mut Vec<u8>) {
    while let Some((&b, rest)) = text.split_first() {
        text = rest;
        if b == mark
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            text = after;
            continue;
        }
        out.push(b);
    }
}

fn hex(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// uuencode: lines between `begin` and `end`; the first character of each says how many octets it holds.
fn uuencode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let lines = bytes.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end);
    for line in lines.skip_while(|line| !line.starts_with(b"begin ")).skip(1) {
        let Some((&count, data)) = line.split_first() else { continue };
        if line == b"end" {
            break;
        }
        let count = usize::from(count.wrapping_sub(b' ') & 63);
        let before = out.len();
        for group in data.chunks(4) {
            let value = group.iter().fold(0u32, |value, b| value << 6 | u32::from(b.wrapping_sub(b' ') & 63));
            let value = value << (6 * (4 - group.len()));
            out.extend_from_slice(value.to_be_bytes().get(1..).unwrap_or_default());
        }
        out.truncate(before + count);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Encoding, decode, decoded_len};

    fn check(encoding: &str, bytes: &[u8], expected: &[u8]) {
        let encoding = Encoding::parse(encoding);
        assert_eq!(String::from_utf8_lossy(&decode(bytes, encoding)), String::from_utf8_lossy(expected));
    }

    #[test]
    fn base64_is_read_whatever_is_in_it() {
        check("BASE64", b"SGVs\r\nbG8=", b"Hello");
        check("base64", b"SGVsbG", b"Hell");
        check("base64", b"SGVs*bG8", b"Hello");
        check("base64", b"SGVsbG8= ignored\n", b"Hello");
        check("base64", b"SGVsbG8=\r\nSGVsbG8=\r\n", b"HelloHello");
        check("base64", b"SGVsbG8=\n____\nlist footer\n", b"Hello\n____\nlist footer\n");
        assert_eq!(decoded_len(b"SGVs\r\nbG8=", Encoding::Base64), 5);
    }

    #[test]
    fn quoted_printable_keeps_what_it_cannot_read() {
        check("quoted-printable", b"gr=C3=BCn=\r\n!  \r\nx", b"gr\xc3\xbcn!\r\nx");
        check("quoted-printable", b"a = b =zz =4", b"a = b =zz =4");
        check("Quoted-Printable", b"line=20\n", b"line \n");
        check("quoted-printable", b"soft= \nbreak=", b"softbreak");
    }

    #[test]
    fn others() {
        check("8bit", b"\xff", b"\xff");
        check("x-uuencode", b"begin 644 a.txt\n#0V%T\n`\nend\n", b"Cat");
        assert_eq!(Encoding::parse("x-rot13"), Encoding::Unknown);
        assert_eq!(Encoding::parse("7bit; (comment)"), Encoding::Identity);
    }
}
