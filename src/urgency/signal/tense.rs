//! Who does what, and when, as far as the words beside a place tell: what is over, what the sender does, what is denied.

use std::ops::Range;

use crate::urgency::words::Words;

/// Octets before a place that are looked at, within its sentence.
const BEFORE: usize = 140;
/// The same behind it.
const AFTER: usize = 70;

/// Words of what was, folded, in six languages and in texting.
const WAS: &[&str] = &[
    "was",
    "were",
    "did",
    "didn't",
    "didnt",
    "had",
    "been",
    "wasn't",
    "weren't",
    "went",
    "got",
    "saw",
    "met",
    "came",
    "bought",
    "ate",
    "talked",
    "spoke",
    "visited",
    "finished",
    "received",
    "sent",
    "called",
    "attended",
    "heard",
    "discussed",
    "missed",
    "left",
    "yesterday",
    "war",
    "waren",
    "hatte",
    "hatten",
    "wurde",
    "wurden",
    "gestern",
    "habe",
    "était",
    "étais",
    "avait",
    "avons",
    "hier",
    "fue",
    "fui",
    "estaba",
    "estuve",
    "ayer",
    "foi",
    "estava",
    "ontem",
    "era",
    "ero",
    "stato",
    "stata",
    "ieri",
];

/// Words of what is or will be.
const WILL: &[&str] = &[
    "will",
    "we'll",
    "i'll",
    "you'll",
    "he'll",
    "she'll",
    "they'll",
    "shall",
    "is",
    "are",
    "am",
    "can",
    "could",
    "let's",
    "lets",
    "need",
    "needs",
    "must",
    "please",
    "pls",
    "plz",
    "going",
    "gonna",
    "wanna",
    "should",
    "would",
    "may",
    "might",
    "r",
    "i'm",
    "im",
    "you're",
    "we're",
    "they're",
    "it's",
    "today's",
    "tonight's",
    "i'd",
    "wird",
    "werden",
    "ist",
    "sind",
    "kann",
    "können",
    "bitte",
    "muss",
    "müssen",
    "est",
    "sont",
    "sera",
    "peux",
    "peut",
    "pouvez",
    "dois",
    "es",
    "será",
    "puedes",
    "puede",
    "debe",
    "está",
    "é",
    "pode",
    "podes",
    "deve",
    "è",
    "sarà",
    "puoi",
    "può",
    "devi",
];

/// What the sender, or others than the reader, will do.
const OTHERS_DO: &[&str] = &[
    "we will ",
    "we'll ",
    "we shall ",
    "i will ",
    "i'll ",
    "i shall ",
    "i'm going to ",
    "i am going to ",
    "we are going to ",
    "we're going to ",
    "i'm gonna ",
    "we are working ",
    "we're working ",
    "i am working ",
    "i'm working ",
    "we hope to ",
    "we plan to ",
    "i hope to ",
    "they will ",
    "he will ",
    "she will ",
    "will be ",
    "wir werden ",
    "ich werde ",
    "wir melden ",
    "ich melde ",
    "nous allons ",
    "je vais ",
    "nous vous ",
    "vamos a ",
    "voy a ",
    "le responderemos ",
    "iremos ",
    "vou ",
    "entraremos ",
    "faremo ",
    "ti faccio ",
    "la contatteremo ",
];

/// Words after which it is the reader again who is to do it.
const YOU_DO: &[&str] = &[
    "please",
    "pls",
    "need",
    "you to",
    "you must",
    "you should",
    "can you",
    "could you",
    "will you",
    "would you",
    "so you",
    "if you",
    "bitte",
    "merci de",
    "por favor",
    "per favore",
];

/// Words that deny what follows.
const NOT: &[&str] = &[
    "not", "isn't", "isnt", "aren't", "nothing", "no", "never", "nicht", "nichts", "kein", "keine", "nie", "pas",
    "rien", "nada", "nunca", "não", "non", "niente",
];

/// What waits until the reader is back, as it is said.
const BACK: &[&str] = &[
    "when you get back",
    "when you return",
    "when you're back",
    "when you are back",
    "once you get back",
    "once you return",
    "once you're back",
    "once you are back",
    "after you get back",
    "after you return",
    "upon your return",
    "on your return",
    "when u get back",
    "when u r back",
    "when u come back",
    "wenn du zurück bist",
    "wenn sie zurück sind",
    "nach deiner rückkehr",
    "à ton retour",
    "à votre retour",
    "quand tu rentres",
    "cuando vuelvas",
    "cuando regreses",
    "a tu regreso",
    "quando voltar",
    "quando voltares",
    "quando torni",
    "al tuo ritorno",
];

/// Whether the verb nearest to a place tells of what was: "what did you buy today?".
pub fn is_told(words: &Words, place: &Range<usize>) -> bool {
    let (before, after) = beside(words, place);
    let tense = |word: &str| {
        let is = |list: &[&str]| list.contains(&word);
        if is(WAS) { Some(true) } else { is(WILL).then_some(false) }
    };
    let find =
        |steps: &mut dyn Iterator<Item = &str>| steps.enumerate().find_map(|(at, word)| Some((at, tense(word)?)));
    let back = find(&mut each(before).rev());
    let on = find(&mut each(after));
    match (back, on) {
        (Some((near, told)), Some((far, _))) if near <= far + 3 => told,
        (_, Some((_, told))) | (Some((_, told)), None) => told,
        (None, None) => false,
    }
}

/// Whether what stands there is said of what others than the reader will do: "we will confirm it as soon as possible".
pub fn is_of_others(words: &Words, place: &Range<usize>) -> bool {
    let (before, _) = beside(words, place);
    let starts = |mark: &&&str| before.rfind(**mark).filter(|at| is_start(before, *at)).map(|at| at + mark.len());
    let found = OTHERS_DO.iter().filter_map(|mark| starts(&mark)).max();
    found.and_then(|end| before.get(end..)).is_some_and(|between| !YOU_DO.iter().any(|word| between.contains(word)))
}

/// Whether it is denied: "not urgent", "n'est pas urgent".
pub fn is_denied(words: &Words, place: &Range<usize>) -> bool {
    let (before, _) = beside(words, place);
    each(before).rev().take(3).any(|word| NOT.contains(&word))
}

/// Whether the sentences around it wait for the reader to come back.
pub fn is_for_the_return(words: &Words, place: &Range<usize>) -> bool {
    let around = words.around(place);
    let start = around.start.max(place.start.saturating_sub(BEFORE));
    let end = around.end.min(place.end + BEFORE);
    let window = words.at(&(whole(&words.folded, start)..whole(&words.folded, end)));
    BACK.iter().any(|phrase| window.contains(phrase))
}

/// What stands beside a place in its sentence, a bounded way.
fn beside<'w>(words: &'w Words, place: &Range<usize>) -> (&'w str, &'w str) {
    let sentence = words.sentence(place);
    let start = whole(&words.folded, sentence.start.max(place.start.saturating_sub(BEFORE)));
    let end = whole(&words.folded, sentence.end.min(place.end + AFTER));
    (words.at(&(start..place.start)), words.at(&(place.end..end)))
}

/// The next place at or after this one where a character begins.
fn whole(folded: &str, at: usize) -> usize {
    (at..=folded.len()).find(|at| folded.is_char_boundary(*at)).unwrap_or(folded.len())
}

fn each(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty())
}

fn is_start(text: &str, at: usize) -> bool {
    text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|c| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::ops::Range;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{is_denied, is_for_the_return, is_of_others, is_told};
    use crate::urgency::times::named::Written;
    use crate::urgency::words::Words;

    #[track_caller]
    fn check(asked: fn(&Words, &Range<usize>) -> bool, text: &str, about: &str, expected: bool) {
        let words = Words::new([text].into_iter(), &Written { at: Timestamp::UNIX_EPOCH, zone: TimeZone::UTC });
        let start = words.folded.find(about).unwrap();
        assert_eq!(asked(&words, &(start..start + about.len())), expected, "{text}");
    }

    #[test]
    fn stories_are_told() {
        check(is_told, "We had a good lunch today.", "today", true);
        check(is_told, "Where did you go this morning?", "this morning", true);
        check(is_told, "I was hoping we could meet today.", "today", false);
        check(is_told, "He said the talk is at noon today.", "today", false);
        check(is_told, "Lunch today?", "today", false);
        check(is_told, "It rained. Today we must go.", "today", false);
        check(is_told, "Gestern war es schön, heute ist Sitzung.", "heute", false);
    }

    #[test]
    fn others_do_what_the_reader_need_not() {
        check(is_of_others, "We will send the list as soon as possible.", "as soon as possible", true);
        check(is_of_others, "I will be out, so please answer asap.", "asap", false);
        check(is_of_others, "Please answer asap.", "asap", false);
        check(is_denied, "This is not urgent.", "urgent", true);
        check(is_denied, "Ce n'est pas urgent.", "urgent", true);
        check(is_denied, "This is urgent.", "urgent", false);
        check(is_for_the_return, "Let us mend it asap. Call me when you get back.", "asap", true);
        check(is_for_the_return, "Let us mend it asap.", "asap", false);
    }
}
