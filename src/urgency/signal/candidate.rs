//! Which number or word of a text is a one-time code: it stands right beside words that say so.

use std::ops::Range;

use crate::text;
use crate::urgency::parts::{self, Code};
use crate::urgency::phrases;
use crate::urgency::phrases::sense::{Hit, Sense};

/// Octets of a text in which a code is looked for: it stands near the top.
pub const READ: usize = 4 * 1024;
/// Characters between the words and the code after them: "your code for the Example account is 1234".
const AFTER: usize = 60;
/// The same where a colon or "is" stands right before the code.
const FAR: usize = 140;
/// Characters between the code and the words after it: "1234 is your Example verification code".
const BEFORE: usize = 40;
/// Lines below the words in which a code may stand alone.
const BELOW: usize = 4;
/// The longest code, in characters without its separators.
const LONGEST: usize = 12;

/// What stands right before a code, folded.
const COPULAS: &[&str] = &[
    ":",
    "=",
    "is",
    "คือ",
    "是",
    "为",
    "為",
    "ist",
    "lautet",
    "est",
    "es",
    "é",
    "è",
    "e'",
    "は",
    "：",
    "jest",
    "это",
    "-",
    "#",
];

/// What stands right after a code and before the words that say so, folded: "482913 is your code", "482913 (your code)".
const JOINS: &[&str] = &[
    "is",
    "as",
    "คือ",
    "เป็น",
    "ist",
    "est",
    "es",
    "é",
    "è",
    "eh",
    "to",
    "adalah",
    "la",
    "là",
    "je",
    "jest",
    "är",
    "er",
    "on",
    "είναι",
    "это",
    "-",
    "(",
    "是",
    "为",
    "為",
    "は",
    "が",
    "은",
    "는",
    "이",
    "है",
    "هو",
];

/// Words that look like codes of letters and are not.
const WORDS: &[&str] = &[
    "OTP", "TAN", "PIN", "SMS", "TOTP", "HTTP", "HTTPS", "HTML", "CODE", "EMAIL", "MAIL", "NEVER", "NOT", "DO", "YOUR",
];

/// A code, and the words that make it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// As it was written.
    pub text: String,
    /// The words, folded.
    pub word: String,
    /// Whether they are words of one-time codes, and not of codes of any kind.
    pub words: Words,
}

/// Of what the words beside a code speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Of a one-time code: "verification code", "OTP".
    Clear,
    /// Of any code: "code", "use the code".
    Vague,
}

/// The first code of a subject or a text. Linear in the first `READ` octets.
pub fn find(subject: Option<&str>, text: &str) -> Option<Candidate> {
    let text = text::first_bytes(text, READ);
    let paragraphs = subject.into_iter().chain(parts::paragraphs(text, Code::Marked));
    let paragraphs: Vec<(&str, Option<String>)> = paragraphs.map(str::trim).map(|it| (it, alone(it))).collect();
    let is_any_alone = paragraphs.iter().any(|(_, alone)| alone.is_some());
    let (mut told, mut before): (Option<(String, usize)>, Option<String>) = (None, None);
    for (paragraph, alone) in paragraphs {
        if let (Some(code), Some((word, _))) = (&alone, &told) {
            return Some(Candidate { text: code.clone(), word: word.clone(), words: Words::Clear });
        }
        if let Some(found) = sentences(paragraph).find_map(in_sentence) {
            return Some(found);
        }
        told = told.and_then(|(word, lines)| Some((word, lines.checked_sub(1)?)));
        if is_any_alone && let Some(word) = announces(paragraph) {
            if let Some(code) = before {
                return Some(Candidate { text: code, word, words: Words::Clear });
            }
            told = Some((word, BELOW));
        }
        before = alone;
    }
    None
}

/// The words of a paragraph that announce a code.
fn announces(paragraph: &str) -> Option<String> {
    let folded = text::fold(paragraph);
    let hits = phrases::find(&folded);
    let is_money = hits.iter().any(|hit| hit.sense == Sense::Voucher);
    let codes = || hits.iter().rev().filter(|hit| hit.sense == Sense::Code && !is_other(&hits, hit));
    let found = codes().find(|hit| is_clear(&folded, hit)).or_else(|| codes().next())?;
    let word = folded.get(found.span.clone())?.to_owned();
    let is_meant = words(&word) == Words::Clear || folded.ends_with(':');
    (is_meant && !is_money && folded.len() <= 400).then_some(word)
}

/// Whether words of another number hold these: "transaction code" is no "code".
fn is_other(hits: &[Hit], code: &Hit) -> bool {
    let longest = |sense| {
        let holds = hits.iter().filter(move |hit| {
            hit.sense == sense && hit.span.start <= code.span.start && hit.span.end >= code.span.end
        });
        holds.map(|hit| hit.span.len()).max().unwrap_or(0)
    };
    longest(Sense::NoCode) > longest(Sense::Code)
}

/// A paragraph that is a code and nothing else: "123 456", "A7K9-Q2".
fn alone(paragraph: &str) -> Option<String> {
    let bare = paragraph
        .trim_matches(|c: char| matches!(c, '*' | '"' | '\'' | '.' | '[' | ']' | '(' | ')') || c.is_whitespace());
    if bare.is_empty() || bare.len() > 24 || !bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'))
    {
        return None;
    }
    let joined: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits = joined.bytes().filter(u8::is_ascii_digit).count();
    let has_words = bare.contains(' ') && digits < joined.len();
    let is_code = (4..=LONGEST).contains(&joined.len()) && digits > 0 && !has_words;
    let is_letters = digits == 0 && !bare.contains(' ') && (5..=8).contains(&joined.len()) && is_shouted(&joined);
    (is_code || is_letters).then(|| bare.to_owned())
}

fn sentences(paragraph: &str) -> impl Iterator<Item = &str> {
    let mut rest = paragraph;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let stop = rest.match_indices(['.', '!', '?', '。', '！']).find(|(at, mark)| {
            let next = rest.get(at + mark.len()..).and_then(|rest| rest.chars().next());
            !mark.is_ascii() || next.is_none_or(char::is_whitespace)
        });
        let end = stop.map_or(rest.len(), |(at, mark)| at + mark.len());
        let (sentence, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(sentence)
    })
}

/// A run of ASCII letters and digits in a sentence, hyphens inside it included.
fn tokens(sentence: &str) -> Vec<Range<usize>> {
    let (mut tokens, mut start): (Vec<Range<usize>>, Option<usize>) = (Vec::new(), None);
    for (at, byte) in sentence.bytes().enumerate().chain([(sentence.len(), b' ')]) {
        let is_inside = byte.is_ascii_alphanumeric() || (byte == b'-' && start.is_some());
        match (start, is_inside) {
            (None, true) => start = Some(at),
            (Some(begun), false) => {
                tokens.push(begun..at);
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

fn in_sentence(sentence: &str) -> Option<Candidate> {
    let tokens = tokens(sentence);
    let mut shaped = (0..tokens.len()).filter_map(|index| shaped(sentence, &tokens, index)).peekable();
    shaped.peek()?;
    let hits = phrases::find(&text::fold(sentence));
    if !hits.iter().any(|hit| hit.sense == Sense::Code) || hits.iter().any(|hit| hit.sense == Sense::Voucher) {
        return None;
    }
    // Linear: of so many numbers in one sentence none is a code.
    let found = shaped.take(12).filter_map(|(span, shape)| weighed(sentence, span, shape));
    found.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// What a token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Digits,
    /// Four digits that may be a year.
    Year,
    /// Letters and digits, or capitals alone: only right beside the words.
    Letters,
}

/// The token as a code, with what is joined to it: "123 456".
fn shaped(sentence: &str, tokens: &[Range<usize>], index: usize) -> Option<(Range<usize>, Shape)> {
    let at = |index: usize| tokens.get(index).and_then(|span| sentence.get(span.clone()));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // Only a space may stand between two groups, and between a number and what makes it a longer one.
    let is_next = |left: usize, right: usize| {
        let (left, right) = (tokens.get(left)?, tokens.get(right)?);
        (sentence.get(left.end..right.start)? == " ").then_some(())
    };
    let group = |index: usize| at(index).filter(|text| is_digits(text));
    let span = tokens.get(index)?.clone();
    let text = at(index)?;
    let left = sentence.get(..span.start)?.chars().next_back();
    let mut right = sentence.get(span.end..)?.chars();
    let (next, after) = (right.next(), right.next());
    let is_part = left.is_some_and(|c| matches!(c, '$' | '€' | '£' | '฿' | '¥' | '+' | '/' | '@' | '_' | '*' | '&'))
        || next.is_some_and(|c| matches!(c, '%' | '/' | '@' | '€' | '_' | '°'))
        || (next.is_some_and(|c| matches!(c, '.' | ',' | ':')) && after.is_some_and(|c| c.is_ascii_alphanumeric()))
        || (left.is_some_and(|c| matches!(c, '.' | ',')) && span.start > 1)
        // A quotation mark of HTML in a text that is none: "&#8221;".
        || sentence.get(..span.start)?.ends_with("&#");
    if is_part {
        return None;
    }
    if is_digits(text) {
        let before =
            index.checked_sub(1).filter(|before| group(*before).is_some() && is_next(*before, index).is_some());
        let following = group(index + 1).filter(|_| is_next(index, index + 1).is_some());
        let third = group(index + 2).filter(|_| is_next(index + 1, index + 2).is_some());
        return match (before, following, third) {
            (None, None, _) if (4..=8).contains(&text.len()) => {
                let is_year = text.len() == 4 && matches!(text.get(..2), Some("19" | "20"));
                Some((span, if is_year { Shape::Year } else { Shape::Digits }))
            }
            (None, Some(second), None) if text.len() == second.len() && (3..=4).contains(&text.len()) => {
                Some((span.start..tokens.get(index + 1)?.end, Shape::Digits))
            }
            _ => None,
        };
    }
    let glued = ["is", "is-", "code"].iter().find_map(|start| text.strip_prefix(start));
    if let Some(digits) = glued.filter(|digits| is_digits(digits) && (4..=8).contains(&digits.len())) {
        return Some((span.end - digits.len()..span.end, Shape::Digits));
    }
    let joined: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits = joined.bytes().filter(u8::is_ascii_digit).count();
    let parts = text.split('-').filter(|part| is_digits(part)).map(str::len).max();
    let is_prefixed = text.contains('-') && parts.is_some_and(|length| (4..=8).contains(&length));
    let is_grouped = digits == joined.len()
        && (4..=9).contains(&digits)
        && text.split('-').all(|part| (2..=4).contains(&part.len()));
    match (digits, joined.len()) {
        _ if is_grouped || (is_prefixed && digits < joined.len() && joined.len() <= LONGEST) => {
            Some((span, Shape::Digits))
        }
        (1.., 4..=LONGEST) if digits < joined.len() && has_capital_or_few(&joined) => Some((span, Shape::Letters)),
        (0, 4..=8) if is_shouted(&joined) && !text.contains('-') && !is_shouting(sentence, tokens, index) => {
            Some((span, Shape::Letters))
        }
        _ => None,
    }
}

/// "vM8xw", "4kam": no word that ends in a number, such as "guess3" or "windows10".
fn has_capital_or_few(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_numbered_word = letters.bytes().all(|byte| byte.is_ascii_alphabetic()) && letters.len() >= 3;
    !is_numbered_word || text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether the words around are in capitals, too.
fn is_shouting(sentence: &str, tokens: &[Range<usize>], index: usize) -> bool {
    let neighbours = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
    let neighbours = neighbours.filter_map(|at| tokens.get(at)).filter_map(|span| sentence.get(span.clone()));
    let mut loud = neighbours.filter(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_uppercase()));
    loud.any(|word| !matches!(word, "OTP" | "PIN" | "TAN" | "ID"))
}

fn is_shouted(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase()) && !WORDS.contains(&text)
}

/// How far a token stands from the words that make it a code; `None`: it is none.
fn weighed(sentence: &str, span: Range<usize>, shape: Shape) -> Option<(usize, Candidate)> {
    let (before, after) = (text::fold(sentence.get(..span.start)?), text::fold(sentence.get(span.end..)?));
    let copula = |text: &str| COPULAS.iter().any(|it| text.ends_with(it));
    let (mut best, hits) = (None, phrases::find(&before));
    let bare = before.trim_end_matches([' ', '"', '\'', '(', '[', '*']);
    if let Some(hit) = hits
        .iter()
        .filter(|hit| hit.sense == Sense::Code && !is_other(&hits, hit))
        .max_by_key(|hit| (hit.span.end, hit.span.len()))
    {
        let gap = before.get(hit.span.end..).unwrap_or_default();
        let is_other =
            hits.iter().any(|it| it.sense == Sense::NoCode && it.span.end > hit.span.end && is_open(&before, it));
        let is_tight = copula(bare) || gap.trim_matches([' ', '"', '\'', '(', '[', '*']).is_empty();
        let is_near = is_tight || (shape == Shape::Digits && gap.chars().count() <= AFTER && is_clear(&before, hit));
        let distance = if is_tight { 0 } else { gap.len() };
        if !is_other && is_near && gap.chars().count() <= FAR {
            best = before.get(hit.span.clone()).map(|word| (distance, word.to_owned()));
        }
    }
    let hits_after = phrases::find(&after);
    if let Some(hit) = hits_after
        .iter()
        .filter(|hit| hit.sense == Sense::Code && !is_other(&hits_after, hit))
        .min_by_key(|hit| hit.span.start)
    {
        let gap = after.get(..hit.span.start).unwrap_or_default();
        let is_other = hits.iter().any(|it| it.sense == Sense::NoCode && it.span.end + 12 > before.len())
            || hits_after.iter().any(|it| it.sense == Sense::NoCode && it.span.start < hit.span.start);
        let rest = after.trim_start_matches([' ', '"', '*', ')', ']']);
        let is_joined = JOINS.iter().any(|join| rest.starts_with(join));
        if !is_other && is_joined && gap.chars().count() <= BEFORE && best.is_none() {
            best = after.get(hit.span.clone()).map(|word| (gap.len(), word.to_owned()));
        }
    }
    let (distance, word) = best?;
    let words = words(&word);
    Some((distance, Candidate { text: sentence.get(span)?.to_owned(), word, words }))
}

/// Whether no number stands yet after the words that ask for one: "the card ending 1245 is" has its own.
fn is_open(before: &str, hit: &Hit) -> bool {
    !before.get(hit.span.end..).unwrap_or_default().contains(|c: char| c.is_ascii_digit())
}

/// Whether the words say more than "code" or "number": then the code may stand some words away.
fn is_clear(folded: &str, hit: &Hit) -> bool {
    folded.get(hit.span.clone()).is_some_and(|word| words(word) == Words::Clear)
}

fn words(word: &str) -> Words {
    let is_verb = ["use ", "enter ", "code "].iter().any(|start| word.starts_with(start));
    let is_known = matches!(word, "otp" | "totp" | "2fa" | "mfa" | "mtan" | "smstan" | "passcode");
    let is_foreign = !word.contains(|c: char| c.is_ascii_alphabetic());
    let is_clear = is_known || is_foreign || (word.contains([' ', '-']) && !is_verb);
    if is_clear { Words::Clear } else { Words::Vague }
}
