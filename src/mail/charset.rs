//! Octets to text, by the character sets that mail really names.

use mail_parser::decoders::charsets::map::charset_decoder;

use super::notes::Notes;

/// Decodes `bytes` by the set that `label` names. No label, or one that says nothing: UTF-8 where valid, else
/// windows-1252. A label that nobody knows: the same, and noted. Never fails; a byte order mark is dropped.
pub fn decode(bytes: &[u8], label: Option<&str>, notes: &mut Notes) -> String {
    let name = normal(label.unwrap_or_default());
    let text = match name.as_str() {
        "" | "us_ascii" | "ascii" | "ansi_x3.4_1968" | "unknown_8bit" | "x_unknown" | "unknown" | "8bit" | "binary"
        | "none" | "default" => unlabelled(bytes, notes),
        "utf_8" | "utf8" | "utf_8mb4" | "utf8mb4" | "x_utf_8" | "unicode_1_1_utf_8" | "cp65001" => {
            if in_japanese_escapes(bytes) {
                by_table(bytes, "iso_2022_jp")
            } else {
                utf8(bytes, notes)
            }
        }
        "hz_gb_2312" | "hz" => by_table(&from_hz(bytes), "gb18030"),
        "iso_2022_kr" | "csiso2022kr" => by_table(&from_shifts(bytes), "euc_kr"),
        "iso_2022_cn" | "iso_2022_cn_ext" => by_table(&from_shifts(bytes), "gb18030"),
        _ => match charset_decoder(alias(&name).as_bytes()) {
            Some(_) if is_western(alias(&name)) && is_utf8_all_the_same(bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            Some(decoder) => decoder(bytes),
            None => {
                notes.add(format!("charset {} unknown", name_for_note(label.unwrap_or_default())));
                unlabelled(bytes, notes)
            }
        },
    };
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// Lower case, `_` for `-`, without quotation marks, RFC 2231 language or what else follows.
fn normal(label: &str) -> String {
    let label = label.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    let end = label.find(|c: char| c.is_whitespace() || matches!(c, ';' | '*' | ',' | '"')).unwrap_or(label.len());
    label.get(..end).unwrap_or_default().to_ascii_lowercase().replace('-', "_")
}

/// Names that senders use and mail-parser's table lacks.
fn alias(name: &str) -> &str {
    match name {
        "gb2312" | "gbk" | "gb_2312_80" | "x_gbk" | "euc_cn" | "x_euc_cn" | "eucgb2312_cn" | "cp936" | "gb_18030"
        | "gb18030_2022" => "gb18030",
        "cp932" | "x_ms_cp932" | "windows_932" | "shiftjis" | "x_shift_jis" => "shift_jis",
        "cp949" | "ms949" | "uhc" | "x_windows_949" | "euckr" | "x_euc_kr" => "euc_kr",
        "cp950" | "ms950" | "windows_950" | "big5_eten" => "big5",
        "eucjp" | "euc_jp_ms" | "cp51932" => "euc_jp",
        "cp50220" | "cp50221" | "cp50222" | "iso_2022_jp_ms" | "iso_2022_jp_2" | "iso_2022_jp_1" | "iso_2022_jp_3" => {
            "iso_2022_jp"
        }
        "unicode_1_1_utf_7" | "x_unicode_2_0_utf_7" | "utf7" => "utf_7",
        "utf16" => "utf_16",
        "utf16le" => "utf_16le",
        "utf16be" => "utf_16be",
        "iso_latin_1" | "latin_1" | "iso8859" | "iso_8859" | "8859_1" | "ansi" | "windows1252" | "win_1252"
        | "cp_1252" => "windows_1252",
        "windows1250" | "win_1250" | "cp_1250" => "windows_1250",
        "windows1251" | "win_1251" | "cp_1251" | "win1251" => "windows_1251",
        "cp_850" => "cp850",
        "cp874" => "windows_874",
        "koi8r" => "koi8_r",
        "koi8u" => "koi8_u",
        other => other,
    }
}

fn by_table(bytes: &[u8], name: &str) -> String {
    charset_decoder(name.as_bytes()).map_or_else(|| windows_1252(bytes), |decoder| decoder(bytes))
}

fn windows_1252(bytes: &[u8]) -> String {
    match charset_decoder(b"windows_1252") {
        Some(decoder) => decoder(bytes),
        None => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

fn is_western(name: &str) -> bool {
    matches!(name, "iso_8859_1" | "iso8859_1" | "iso88591" | "latin1" | "iso_8859_15" | "windows_1252" | "cp1252")
}

/// UTF-8 under a western label, as many programs send it. Western letters seldom make valid UTF-8 by chance; where they
/// do (a capital before a closing quotation mark), it is a letter of no western language.
fn is_utf8_all_the_same(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (mut letters, mut likely) = (0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        letters += 1;
        likely += usize::from(matches!(c, '\u{a0}'..='\u{17f}' | '\u{2000}'..='\u{2bff}' | '\u{1f000}'..));
    }
    letters > 0 && (likely == letters || letters >= 4)
}

fn unlabelled(bytes: &[u8], notes: &mut Notes) -> String {
    if in_japanese_escapes(bytes) { by_table(bytes, "iso_2022_jp") } else { utf8(bytes, notes) }
}

/// Whether these are the escape sequences of ISO-2022-JP (RFC 1468), which is 7-bit and often sent without its name.
fn in_japanese_escapes(bytes: &[u8]) -> bool {
    bytes.contains(&0x1b)
        && bytes.is_ascii()
        && [b"\x1b$B", b"\x1b$@", b"\x1b(J"].iter().any(|escape| bytes.windows(3).any(|w| w == *escape))
}

/// UTF-8. A letter that the end of the fetched octets cuts in two is dropped. Where few letters are broken among many
/// good ones it is damaged UTF-8; where most are, it is something else, and windows-1252 is likeliest.
fn utf8(bytes: &[u8], notes: &mut Notes) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => return text.to_owned(),
        Err(error) => {
            let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
            if error.error_len().is_none() && !whole.is_ascii() {
                return String::from_utf8_lossy(whole).into_owned();
            }
        }
    }
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if bad * 4 <= good {
        notes.add("some letters are broken");
        return String::from_utf8_lossy(bytes).into_owned();
    }
    notes.add("text that is not utf-8 read as windows-1252");
    windows_1252(bytes)
}

/// HZ (RFC 1843) to its 8-bit form: `~{` and `~}` switch, `~~` is a tilde, `~` before a line end joins lines.
fn from_hz(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut wide, mut rest) = (false, bytes.iter().copied().peekable());
    while let Some(b) = rest.next() {
        match (b, rest.peek().copied()) {
            (b'~', Some(b'{')) => {
                wide = true;
                rest.next();
            }
            (b'~', Some(b'}')) => {
                wide = false;
                rest.next();
            }
            (b'~', Some(b'~')) if !wide => {
                out.push(b'~');
                rest.next();
            }
            (b'~', Some(b'\n')) if !wide => {
                rest.next();
            }
            (b'\r' | b'\n', _) => {
                wide = false;
                out.push(b);
            }
            (0x21..=0x7e, _) if wide => out.push(b | 0x80),
            _ => out.push(b),
        }
    }
    out
}

/// ISO-2022-KR (RFC 1557) and -CN (RFC 1922) to the 8-bit form: SO and SI switch, escape sequences name the set.
fn from_shifts(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut wide, mut rest) = (false, bytes.iter().copied());
    while let Some(b) = rest.next() {
        match b {
            0x0e => wide = true,
            0x0f => wide = false,
            // ESC $ ) C and the like: three octets follow.
            0x1b => {
                rest.nth(2);
            }
            b'\r' | b'\n' => {
                wide = false;
                out.push(b);
            }
            0x21..=0x7e if wide => out.push(b | 0x80),
            _ => out.push(b),
        }
    }
    out
}

/// A name that a sender wrote, as far as it can be one: letters, digits, `-_.:`, 40 at most.
fn name_for_note(label: &str) -> String {
    let label = label.split_whitespace().next().unwrap_or_default();
    label.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::mail::notes::Notes;

    fn check(bytes: &[u8], label: Option<&str>, expected: &str, noted: &[&str]) {
        let mut notes = Notes::default();
        assert_eq!(decode(bytes, label, &mut notes), expected);
        assert_eq!(notes.into_phrases(), noted);
    }

    #[test]
    fn reads_what_is_named() {
        check(b"Gr\xfc\xdfe", Some("iso-8859-1"), "Grüße", &[]);
        check(b"\x93Hi\x94", Some("\"Windows-1252\""), "“Hi”", &[]);
        check("Grüße".as_bytes(), Some("utf8"), "Grüße", &[]);
        check(b"\xef\xbb\xbfHi", Some("utf-8"), "Hi", &[]);
        check(b"\xf0\xd2\xc9\xd7\xc5\xd4", Some("koi8-r"), "Привет", &[]);
        check(b"\x82\xa0", Some("cp932"), "あ", &[]);
    }

    #[test]
    fn utf8_under_a_western_label_is_known() {
        check("Grüße – €".as_bytes(), Some("iso-8859-1"), "Grüße – €", &[]);
        check("Привет".as_bytes(), Some("windows-1252"), "Привет", &[]);
        check(b"\x93CAF\xc9\x94", Some("windows-1252"), "“CAFÉ”", &[]);
        check(b"\xc9\x94", Some("windows-1252"), "É”", &[]);
    }

    #[test]
    fn gb2312_means_its_superset() {
        // U+9555 and U+2000D (four octets) are in no table of 1980.
        check(b"\xe9F", Some("gb2312"), "\u{9555}", &[]);
        check(b"\x95\x32\x83\x39", Some("gb2312"), "\u{2000d}", &[]);
    }

    #[test]
    fn seven_bit_sets_are_read() {
        check(b"\x1b$B%O%m!<\x1b(B", None, "ハロー", &[]);
        check(b"\x1b$B%O%m!<\x1b(B", Some("us-ascii"), "ハロー", &[]);
        check(b"~{<:Ky2;S{~}.~~", Some("hz-gb-2312"), "己所不欲.~", &[]);
        check(b"\x1b$)C\x0e0!\x0f ok", Some("iso-2022-kr"), "가 ok", &[]);
    }

    #[test]
    fn an_unknown_name_is_noted_and_read_all_the_same() {
        check(b"boiler", Some("x-nope"), "boiler", &["charset x-nope unknown"]);
        check("Kälte".as_bytes(), Some("x-nope"), "Kälte", &["charset x-nope unknown"]);
        let both = ["charset x-nope unknown", "text that is not utf-8 read as windows-1252"];
        check(b"K\xe4lte", Some("x-nope"), "Kälte", &both);
        check(b"a", Some("x-\r\n<script>"), "a", &["charset x- unknown"]);
    }

    #[test]
    fn broken_utf8_is_told_from_another_set() {
        check(b"caf\xe9", Some("utf-8"), "café", &["text that is not utf-8 read as windows-1252"]);
        check("ääääää\u{20ac}".as_bytes(), None, "ääääää€", &[]);
        check(b"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xff!", None, "ääää\u{fffd}!", &["some letters are broken"]);
        // The fetch of 64 KiB ended inside a letter.
        check(b"\xc3\xa4bc\xc3", Some("utf-8"), "äbc", &[]);
    }
}
