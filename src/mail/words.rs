//! Header text: unfolded, with its encoded words decoded as people really send them (RFC 2047).

use crate::limits;

use super::{charset, notes::Notes, transfer};

/// Decodes a raw field value to text. `hint` names the set of octets that are no words and not UTF-8; it is the body's.
/// Octets of adjacent words of one set are joined before they are decoded, because senders split letters.
pub fn decode(raw: &[u8], hint: Option<&str>, notes: &mut Notes) -> String {
    if raw.is_ascii() && !raw.contains(&b'=') && !raw.contains(&0x1b) {
        return String::from_utf8_lossy(raw).into_owned();
    }
    let mut text = Decoder { out: String::with_capacity(raw.len()), run: None, hint };
    let (mut plain, mut at) = (0, 0);
    while let Some(found) = raw.get(at..).and_then(|rest| find(rest, b"=?")) {
        let start = at + found;
        let Some(word) = raw.get(start..).and_then(word) else {
            at = start + 2;
            continue;
        };
        let between = raw.get(plain..start).unwrap_or_default();
        // White space between two words is no text (section 6.2); so is a fold.
        if text.run.is_none() || !between.trim_ascii().is_empty() {
            text.flush(notes);
            text.plain(between, notes);
        }
        at = start + word.len;
        plain = at;
        text.word(&word, notes);
    }
    text.flush(notes);
    text.plain(raw.get(plain..).unwrap_or_default(), notes);
    text.out
}

/// How an encoded word is encoded (RFC 2047 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// Base64.
    B,
    /// Like quoted-printable.
    Q,
}

/// One encoded word.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    charset: &'a [u8],
    encoding: Encoding,
    data: &'a [u8],
    /// Octets of it all, from `=?` to `?=`.
    pub len: usize,
}

/// The encoded word that begins here, if one does.
pub fn word(raw: &[u8]) -> Option<Word<'_>> {
    let raw = raw.get(..limits::mail::MAIL_WORD_BYTES).unwrap_or(raw);
    let rest = raw.strip_prefix(b"=?")?;
    let (charset, rest) = rest.split_at_checked(rest.iter().position(|&b| b == b'?')?)?;
    let [_, encoding, b'?', data @ ..] = rest else { return None };
    let encoding = match encoding {
        b'B' | b'b' => Encoding::B,
        b'Q' | b'q' => Encoding::Q,
        _ => return None,
    };
    if charset.is_empty() || charset.iter().any(|b| b.is_ascii_whitespace()) {
        return None;
    }
    let end = word_end(data, encoding)?;
    let data = data.get(..end)?;
    let len = raw.len() - rest.len() + 3 + end + 2;
    Some(Word { charset, encoding, data, len })
}

/// Where `?=` ends the word. Question marks stand in words of careless senders, so for Q the end is one after which
/// nothing of a word can follow, where there is such a one.
fn word_end(data: &[u8], encoding: Encoding) -> Option<usize> {
    let first = find(data, b"?=")?;
    if encoding == Encoding::B {
        return Some(first);
    }
    let mut at = first;
    loop {
        match data.get(at + 2) {
            Some(b) if b.is_ascii_hexdigit() => {}
            _ => return Some(at),
        }
        let next = data.get(at + 2..).and_then(|rest| find(rest, b"?="));
        match next {
            Some(next) if !data.get(at..at + 2 + next).is_some_and(|gap| gap.contains(&b' ')) => at += 2 + next,
            _ => return Some(first),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8; 2]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == wanted)
}

struct Decoder<'h> {
    out: String,
    run: Option<Run>,
    hint: Option<&'h str>,
}

/// Adjacent words of one character set.
struct Run {
    charset: String,
    bytes: Vec<u8>,
    /// Base64 digits that are not decoded yet: some senders cut them anywhere, not after every fourth.
    digits: Vec<u8>,
}

impl Run {
    fn settle(&mut self) {
        let digits = std::mem::take(&mut self.digits);
        self.bytes.extend(transfer::base64(&digits));
    }
}

impl Decoder<'_> {
    fn plain(&mut self, bytes: &[u8], notes: &mut Notes) {
        let unfolded: Vec<u8> = bytes.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        let hint = self.hint.filter(|_| std::str::from_utf8(&unfolded).is_err());
        self.out.push_str(&charset::decode(&unfolded, hint, notes));
    }

    fn word(&mut self, word: &Word<'_>, notes: &mut Notes) {
        let charset = word.charset.split(|&b| b == b'*').next().unwrap_or_default();
        let charset = String::from_utf8_lossy(charset).to_ascii_lowercase();
        if self.run.as_ref().is_some_and(|run| run.charset != charset) {
            self.flush(notes);
        }
        let run = self.run.get_or_insert_with(|| Run { charset, bytes: Vec::new(), digits: Vec::new() });
        if word.encoding == Encoding::B {
            if run.digits.contains(&b'=') || run.digits.len().is_multiple_of(4) {
                run.settle();
            }
            run.digits.extend(word.data.iter().filter(|b| !b.is_ascii_whitespace()));
        } else {
            run.settle();
            let data: Vec<u8> = word.data.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
            run.bytes.extend(transfer::q_word(&data));
        }
    }

    fn flush(&mut self, notes: &mut Notes) {
        if let Some(mut run) = self.run.take() {
            run.settle();
            self.out.push_str(&charset::decode(&run.bytes, Some(&run.charset), notes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::mail::notes::Notes;

    fn check(raw: &[u8], expected: &str) {
        let mut notes = Notes::default();
        assert_eq!(decode(raw, Some("koi8-r"), &mut notes), expected);
    }

    #[test]
    fn decodes_as_the_standard_says() {
        check(b"plain text", "plain text");
        check(b"a =?iso-8859-1?Q?=FC_b?= c", "a ü b c");
        check(b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab");
        check(b"=?utf-8?q?a?=\r\n =?iso-8859-1?q?=FC?=", "aü");
        check(b"=?UTF-8*de?B?w7w=?=", "ü");
        check(b"1 =? 2 =?= 3", "1 =? 2 =?= 3");
        check(b"=?utf-8?x?a?=", "=?utf-8?x?a?=");
    }

    #[test]
    fn letters_split_over_words_are_joined() {
        check(b"=?utf-8?Q?f=C3?=\r\n =?utf-8?Q?=BCr?=", "für");
        check(b"=?utf-8?B?ZsM=?= =?UTF-8?B?vHI=?=", "für");
        check(b"=?utf-8?B?ZsM=?= =?utf-8?Q?=BCr?=", "für");
        // Digits of base64 cut anywhere.
        check(b"=?utf-8?B?ZsO8c?=\n =?utf-8?B?iBkaWNo?=", "für dich");
        check(b"=?gb2312?B?6Q==?= =?gb2312?Q?F?=", "\u{9555}");
    }

    #[test]
    fn careless_words_are_read() {
        check(b"=?utf-8?Q?two words_here?=", "two words here");
        check(b"=?utf-8?Q?Wann??=", "Wann?");
        check(b"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab");
        check(b"=?utf-8?B?w7w?=!", "ü!");
        check(b"Re:=?utf-8?Q?=C3=BC?=", "Re:ü");
        check(b"=?utf-8?Q?x?=3Dy?=", "x?=y");
    }

    #[test]
    fn raw_octets_are_read_by_the_hint() {
        check("größer".as_bytes(), "größer");
        check(b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет");
    }
}
