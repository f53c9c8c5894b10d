//! How a domain is shown so that it cannot pass for another: in its ASCII form where it mixes scripts or apes Latin ones.

use std::collections::BTreeSet;

use unicode_normalization::char::is_combining_mark;

use crate::limits;

/// The scripts that are told apart. Whatever has no name here counts by its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Arabic,
    Hangul,
    Kana,
    Bopomofo,
    Han,
    Block(u32),
}

/// Cyrillic letters that look like Latin ones (Chromium's list, `idn_spoof_checker.cc`).
const CYRILLIC_APES: &str = "асԁеһіјӏорԛѕԝхуъьҽпгѵѡ";
/// Greek letters that look like Latin ones (the same list).
const GREEK_APES: &str = "αικνρυωηοτ";

/// A mail address with its domain as [`shown`] shows it. What stands before the last `@` stays as it is.
pub fn address(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", shown(domain)),
        None => address.to_owned(),
    }
}

/// The domain, each label in its `xn--` form (RFC 3492) when it mixes scripts as no language does, holds anything but letters,
/// digits and hyphens, or consists of look-alikes of Latin letters below a Latin top level. An `xn--` label is left alone.
pub fn shown(domain: &str) -> String {
    if domain.is_ascii() {
        return domain.to_owned();
    }
    let latin_top = domain.rsplit('.').next().is_some_and(str::is_ascii);
    let deceives = |label: &str| is_strange(label) || mixes(label) || (latin_top && apes(label));
    let labels = domain
        .split('.')
        .map(|label| if !label.is_ascii() && deceives(label) { ascii_form(label) } else { label.to_owned() });
    labels.collect::<Vec<String>>().join(".")
}

fn is_strange(label: &str) -> bool {
    label.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_') || is_combining_mark(c)))
}

/// Whether the label mixes scripts. Japanese, Korean and Chinese mix their own with Latin (UTS #39 section 5.2, highly
/// restrictive).
fn mixes(label: &str) -> bool {
    let scripts: BTreeSet<Script> = label.chars().filter_map(script).collect();
    let within = |allowed: &[Script]| scripts.iter().all(|script| allowed.contains(script));
    scripts.len() > 1
        && !within(&[Script::Latin, Script::Han, Script::Kana])
        && !within(&[Script::Latin, Script::Han, Script::Hangul])
        && !within(&[Script::Latin, Script::Han, Script::Bopomofo])
}

fn apes(label: &str) -> bool {
    let all_of = |letters: &str| label.chars().filter(|c| c.is_alphabetic()).all(|c| letters.contains(c));
    all_of(CYRILLIC_APES) || all_of(GREEK_APES)
}

fn script(c: char) -> Option<Script> {
    Some(match c {
        'a'..='z' | 'A'..='Z' => Script::Latin,
        '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{2af}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' => Script::Latin,
        '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}' | '\u{ff21}'..='\u{ff5a}' => Script::Latin,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Script::Greek,
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}' => {
            Script::Cyrillic
        }
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' => Script::Arabic,
        '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => Script::Arabic,
        '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}' => Script::Hangul,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => Script::Kana,
        '\u{3100}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' => Script::Bopomofo,
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}' | '\u{3007}' | '\u{3400}'..='\u{4dbf}' => Script::Han,
        '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Script::Han,
        c if c.is_alphabetic() => Script::Block(u32::from(c) >> 7),
        _ => return None,
    })
}

fn ascii_form(label: &str) -> String {
    let lower: Vec<char> = label.chars().take(limits::judgement::DIGEST_LABEL).flat_map(char::to_lowercase).collect();
    match punycode(&lower) {
        Some(code) => format!("xn--{code}"),
        None => lower.iter().map(|&c| if c.is_ascii() { c } else { '?' }).collect(),
    }
}

/// RFC 3492 section 6.3, with its parameters for names. `None` on overflow.
fn punycode(label: &[char]) -> Option<String> {
    let mut out: String = label.iter().filter(|c| c.is_ascii()).collect();
    let basic = u32::try_from(out.len()).ok()?;
    let length = u32::try_from(label.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while handled < length {
        let next = label.iter().map(|&c| u32::from(c)).filter(|&c| c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for &c in label {
            let c = u32::from(c);
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c == n {
                push_number(&mut out, delta, bias)?;
                let damp = if handled == basic { 700 } else { 2 };
                bias = adapt(delta / damp, handled + 1);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(out)
}

fn push_number(out: &mut String, delta: u32, bias: u32) -> Option<()> {
    let (mut q, mut k) = (delta, 36_u32);
    loop {
        let t = k.saturating_sub(bias).clamp(1, 26);
        if q < t {
            out.push(digit(q)?);
            return Some(());
        }
        out.push(digit(t + (q - t) % (36 - t))?);
        q = (q - t) / (36 - t);
        k += 36;
    }
}

fn digit(value: u32) -> Option<char> {
    char::from_u32(if value < 26 { u32::from('a') + value } else { u32::from('0') + value - 26 })
}

fn adapt(damped: u32, handled: u32) -> u32 {
    let mut delta = damped + damped / handled;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::{address, shown};

    #[track_caller]
    fn check(domain: &str, expected: &str) {
        assert_eq!(shown(domain), expected);
    }

    #[test]
    fn honest_names_stay_readable() {
        for domain in [
            "example.org",
            "bücher.example",
            "пример.рф",
            "例え.jp",
            "例え-shop.jp",
            "도메인.kr",
            "ελλάδα.gr",
            "xn--pypal-4ve.com",
            "דוגמה.il",
            "",
        ] {
            check(domain, domain);
        }
    }

    #[test]
    fn mixed_scripts_show_their_ascii_form() {
        check("pаypal.com", "xn--pypal-4ve.com");
        check("www.gοogle.com", "www.xn--gogle-rce.com");
        check("例а.com", "xn--80a5969a.com");
    }

    #[test]
    fn whole_labels_of_look_alikes_do_too() {
        check("аррӏе.com", "xn--80ak6aa92e.com");
        check("аррӏе.рф", "аррӏе.рф");
    }

    #[test]
    fn a_slash_that_is_none_does_too() {
        assert!(shown("example.org⁄login.example.net").contains("xn--"));
    }

    #[test]
    fn only_the_domain_of_an_address_changes() {
        assert_eq!(address("аda@pаypal.com"), "аda@xn--pypal-4ve.com");
        assert_eq!(address("nobody"), "nobody");
    }

    #[test]
    fn long_labels_end() {
        assert!(shown(&format!("{}а.com", "p\u{10fffd}".repeat(5000))).len() < 2000);
    }
}
