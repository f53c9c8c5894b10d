//! Times that a text names, resolved against when and where it was written: "by 5pm", "in 20 min", "morgen um 9".

pub mod clock;
pub mod cursor;
pub mod date;
pub mod de;
pub mod en;
pub mod es;
pub mod fr;
pub mod it;
pub mod length;
pub mod lexicon;
pub mod link;
pub mod named;
pub mod phrase;
pub mod pt;
pub mod resolve;
pub mod text;
pub mod word;
pub mod zone;
pub mod zones;

#[cfg(test)]
mod tests;

use crate::limits;
use cursor::{Cursor, Own, Speech};
use lexicon::{Language, Languages};
use named::{Named, Written};
use phrase::Phrase;
use text::Text;

/// Makes the tables ready.
pub fn prepare() {
    lexicon::prepare();
}

/// Every time that a folded text names (`text::fold`), in order, none overlapping another:
/// `limits::judgement::SIGNAL_HITS` at most. Linear in the text: each phrase looks a bounded way ahead.
///
/// What it takes for no time, because it is more often something else: a bare number without "at" or its like, a date
/// that has two readings ("5/7/2027") with nothing to tell them apart, what comes again and again ("every friday").
pub fn find(folded: &str, written: &Written) -> Vec<Named> {
    let text = Text::new(folded);
    let mut phrases: Vec<Phrase> = Vec::new();
    let mut free_from = 0;
    for (at, languages) in text.anchors.iter().copied().take(limits::judgement::TIME_ANCHORS) {
        if at < free_from {
            continue;
        }
        if let Some(phrase) = longest(&text, at, languages) {
            free_from = phrase.span.end;
            phrases.push(phrase);
            if phrases.len() >= limits::judgement::SIGNAL_HITS {
                break;
            }
        }
    }
    link::share_days(folded, &mut phrases);
    let named = |phrase: Phrase| {
        let (starts, ends, grain) = resolve::extent(&phrase, written)?;
        Some(Named { span: phrase.span, relation: phrase.relation, starts, ends, grain })
    };
    phrases.into_iter().filter_map(named).collect()
}

/// The longest phrase there in any of the languages; of two, the one of the text's own language, then the first.
fn longest(text: &Text<'_>, at: usize, languages: Languages) -> Option<Phrase> {
    let mut best: Option<Phrase> = None;
    for language in Language::ALL.into_iter().filter(|language| languages.has(*language)) {
        let own = if text.own.has(language) { Own::Yes } else { Own::No };
        let Some(phrase) = phrase::read(Cursor::new(text, at, Speech { language, own })) else { continue };
        let rank = |phrase: &Phrase| (phrase.span.end, phrase.speech.own == Own::Yes);
        if best.as_ref().is_none_or(|best| rank(&phrase) > rank(best)) {
            best = Some(phrase);
        }
    }
    best
}
