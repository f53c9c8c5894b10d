//! The parts of a message: what its sender says, what is only passed on, and a subject without the marks of answers.

use std::ops::Range;

/// What stands before a subject that another wrote: answered or passed on, in the languages of mail clients.
const REPEATED: &[&str] = &[
    "re:",
    "re：",
    "aw:",
    "antw:",
    "sv:",
    "vs:",
    "rv:",
    "res:",
    "r:",
    "rif:",
    "odp:",
    "ynt:",
    "fw:",
    "fwd:",
    "wg:",
    "tr:",
    "enc:",
    "i:",
    "doorst:",
    "回复:",
    "回复：",
    "答复:",
    "转发:",
    "转发：",
    "fs:",
    "re ",
    "[fwd:",
];

/// Lines above a message that is passed on.
const PASSED_ON: &[&str] = &[
    "forwarded message",
    "forwarded by",
    "original message",
    "weitergeleitete nachricht",
    "ursprüngliche nachricht",
    "message transféré",
    "message d'origine",
    "mensaje reenviado",
    "mensaje original",
    "mensagem encaminhada",
    "mensagem original",
    "messaggio inoltrato",
    "messaggio originale",
];

/// Keys of the header block of a message that is passed on.
const FROM_KEYS: &[&str] = &["from:", "*from:*", "von:", "de :", "de:", "da:"];
const BLOCK_KEYS: &[&str] = &[
    "to:",
    "sent:",
    "date:",
    "subject:",
    "cc:",
    "*to:*",
    "*sent:*",
    "*date:*",
    "*subject:*",
    "an:",
    "gesendet:",
    "datum:",
    "betreff:",
    "à :",
    "envoyé :",
    "date :",
    "objet :",
    "para:",
    "enviado:",
    "fecha:",
    "asunto:",
    "data:",
    "assunto:",
    "a:",
    "inviato:",
    "oggetto:",
];

/// A line of this length was broken because it was full, and the next one goes on with the same sentence.
const FULL_LINE: usize = 56;

/// Whose words a subject are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The sender's.
    Own,
    /// Of the message that is answered or passed on.
    Repeated,
}

/// A subject without the marks of answering, passing on and mailing lists before it.
pub fn subject(subject: &str) -> (&str, Subject) {
    let (mut rest, mut whose) = (subject.trim_start(), Subject::Own);
    loop {
        let mark = REPEATED.iter().find(|mark| begins_with(rest, mark));
        if let Some(mark) = mark.filter(|mark| mark.ends_with([':', '：'])) {
            rest = rest.get(mark.len()..).unwrap_or_default().trim_start();
            whose = Subject::Repeated;
            continue;
        }
        // `Re[2]:` and `[list] Re: x`; a tag that no mark follows belongs to the subject.
        let counted = rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re["));
        if let Some((count, after)) = rest.get(3..).filter(|_| counted).and_then(|rest| rest.split_once("]:"))
            && count.len() <= 3
        {
            rest = after.trim_start();
            whose = Subject::Repeated;
            continue;
        }
        let after_tag = rest.strip_prefix('[').and_then(|tag| tag.split_once(']')).map(|(_, after)| after.trim_start());
        match after_tag {
            Some(after) if REPEATED.iter().any(|mark| mark.ends_with(':') && begins_with(after, mark)) => rest = after,
            _ => return (rest, whose),
        }
    }
}

fn begins_with(text: &str, mark: &str) -> bool {
    text.get(..mark.len()).is_some_and(|start| start.chars().flat_map(char::to_lowercase).eq(mark.chars()))
}

/// A text parted into what its sender says and what they pass on, which may be empty.
pub fn said_and_passed_on(text: &str) -> (&str, &str) {
    let mut at = 0;
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if is_mark(line) || (begins_any(line, FROM_KEYS) && is_block(lines.clone())) {
            return text.split_at_checked(at).unwrap_or((text, ""));
        }
        at += line.len();
    }
    (text, "")
}

fn is_mark(line: &str) -> bool {
    let line = line.trim();
    if line.len() > 120 || !(line.starts_with(['-', '_', '=', '*']) || line.ends_with(':')) {
        return false;
    }
    let lower = line.to_lowercase();
    PASSED_ON.iter().any(|mark| lower.contains(mark))
}

fn is_block<'t>(below: impl Iterator<Item = &'t str>) -> bool {
    let below = below.filter(|line| !line.trim().is_empty()).take(5);
    below.filter(|line| begins_any(line, BLOCK_KEYS)).count() >= 2
}

fn begins_any(line: &str, keys: &[&str]) -> bool {
    let line = line.trim_start();
    keys.iter().any(|key| begins_with(line, key))
}

/// The paragraphs of a text: a line break inside a full line is none. In chat, lines set in by four spaces are code, and
/// left out.
pub fn paragraphs(text: &str, code: Code) -> Vec<&str> {
    let (mut paragraphs, mut open, mut at) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        let (begins, shown) = (at, line.trim());
        at += line.len();
        let is_code = code == Code::Indented && line.starts_with("    ");
        if shown.is_empty() || is_code || shown.starts_with(['-', '*', '>', '•']) {
            paragraphs.extend(open.take());
        }
        if shown.is_empty() || is_code {
            continue;
        }
        let paragraph = open.take().map_or(begins, |open: Range<usize>| open.start)..begins + line.trim_end().len();
        let next = text.get(at..).unwrap_or_default().split(char::is_whitespace).next().unwrap_or_default();
        if shown.len() + next.len() < FULL_LINE {
            paragraphs.push(paragraph);
        } else {
            open = Some(paragraph);
        }
    }
    paragraphs.extend(open);
    paragraphs.into_iter().filter_map(|span| text.get(span)).collect()
}

/// Whether lines that are set in are code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// They are: Markdown.
    Indented,
    /// They are text.
    Marked,
}

#[cfg(test)]
mod tests {
    use super::{Code, Subject, paragraphs, said_and_passed_on, subject};

    #[test]
    fn subjects_lose_their_marks() {
        let check = |text: &str, bare: &str, whose: Subject| assert_eq!(subject(text), (bare, whose), "{text}");
        check("Lunch?", "Lunch?", Subject::Own);
        check("Re: Lunch?", "Lunch?", Subject::Repeated);
        check("AW: WG: Mittag", "Mittag", Subject::Repeated);
        check("[team] Re: x", "x", Subject::Repeated);
        check("Re: [team] x", "[team] x", Subject::Repeated);
        check("RE[2]: x", "x", Subject::Repeated);
        check("[FIRING:1] Disk", "[FIRING:1] Disk", Subject::Own);
        check("Results: all", "Results: all", Subject::Own);
        check("Re:", "", Subject::Repeated);
    }

    #[test]
    fn what_is_passed_on_is_parted() {
        let check = |text: &str, said: &str| assert_eq!(said_and_passed_on(text).0.trim_end(), said, "{text}");
        check("Look.\n\n---------- Forwarded message ---------\nFrom: Ada\n\nAsap!", "Look.");
        check("Look.\n\nBegin forwarded message:\n\nFrom: Ada", "Look.");
        check("Schau.\n\n----- Weitergeleitete Nachricht -----\nx", "Schau.");
        check("Look.\n\nFrom: Ada\nSent: today\nTo: Bob\n\nAsap!", "Look.");
        check("Look at the original message: it is good.", "Look at the original message: it is good.");
        check("From: the heart\nI thank you", "From: the heart\nI thank you");
    }

    #[test]
    fn broken_lines_are_joined() {
        let check = |text: &str, parts: &[&str], code| assert_eq!(paragraphs(text, code), parts, "{text}");
        check("Hi Ada,\nplease come.\n\nBob", &["Hi Ada,", "please come.", "Bob"], Code::Marked);
        let wrapped = "This is a line that goes on until it is full, and the\nnext one.";
        check(wrapped, &[wrapped], Code::Marked);
        check("- one\n- two", &["- one", "- two"], Code::Marked);
        check("look:\n    rm -rf now", &["look:"], Code::Indented);
        check("look:\n    rm -rf now", &["look:", "    rm -rf now"], Code::Marked);
        check("", &[], Code::Marked);
    }
}
