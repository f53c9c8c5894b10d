//! Words that say something about urgency, in six languages, found in one pass.

#[macro_use]
pub mod sense;

pub mod any;
pub mod de;
pub mod de_made;
pub mod en;
pub mod en_made;
pub mod en_plans;
pub mod es;
pub mod es_made;
pub mod fr;
pub mod fr_made;
pub mod it;
pub mod it_made;
pub mod pattern;
pub mod pt;
pub mod pt_made;

use std::sync::LazyLock;

use crate::limits;
use crate::text;
use sense::{Hit, Sense, Table};

const LANGUAGES: &[Table] = &[
    any::TABLE,
    en::TABLE,
    en_plans::TABLE,
    en_made::TABLE,
    de::TABLE,
    de_made::TABLE,
    fr::TABLE,
    fr_made::TABLE,
    es::TABLE,
    es_made::TABLE,
    pt::TABLE,
    pt_made::TABLE,
    it::TABLE,
    it_made::TABLE,
];

/// How many characters of a phrase it is looked up by: with fewer, too many are tried at each word.
const HEAD: usize = 6;

/// Patterns by the first characters of what they stand for. An automaton over all of that would take a hundred times as
/// much memory.
struct Index {
    patterns: Box<[(Sense, &'static str)]>,
    /// Where the entries of each bucket begin, and where the last one ends.
    starts: Box<[u16]>,
    /// A beginning's hash, and the number of a pattern, in order. Two beginnings with one hash do no harm: what is found
    /// is followed through the text.
    entries: Box<[(u32, u32)]>,
}

/// Of so many bits of a hash there are buckets: most are empty, so that most words are done with at a look.
const BUCKET_BITS: u32 = 14;

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    // Languages share words: each is reported once for each of its senses.
    let all = LANGUAGES.iter().copied().flatten();
    let mut patterns: Vec<_> =
        all.flat_map(|(sense, patterns)| patterns.lines().map(|pattern| (*sense, pattern))).collect();
    patterns.sort_unstable();
    patterns.dedup();
    let mut entries: Vec<(u32, u32)> = Vec::new();
    for (number, (_, pattern)) in (0_u32..).zip(&patterns) {
        let beginnings = pattern::beginnings(pattern, HEAD);
        entries.extend(beginnings.iter().filter_map(|beginning| Some((hashes(beginning).last()?, number))));
    }
    entries.sort_unstable();
    entries.dedup();
    let mut starts = vec![0_u16; (1 << BUCKET_BITS) + 1];
    for (hash, _) in &entries {
        if let Some(slot) = starts.get_mut(bucket(*hash) + 1) {
            *slot += 1;
        }
    }
    let mut sum = 0;
    for slot in &mut starts {
        sum += *slot;
        *slot = sum;
    }
    Index { patterns: patterns.into(), starts: starts.into(), entries: entries.into() }
});

fn bucket(hash: u32) -> usize {
    usize::try_from(hash >> (u32::BITS - BUCKET_BITS)).unwrap_or_default()
}

/// The hashes of a text's first character, its first two, and so on up to [`HEAD`] of them.
fn hashes(text: &str) -> impl Iterator<Item = u32> {
    text.chars().take(HEAD).scan(0_u64, |hash, c| {
        *hash = (hash.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        u32::try_from(*hash >> u32::BITS).ok()
    })
}

impl Index {
    /// The patterns of which a phrase may begin so.
    fn of(&self, hash: u32) -> impl Iterator<Item = &(Sense, &'static str)> {
        let bucket = bucket(hash);
        let at = |bucket: usize| self.starts.get(bucket).map_or(0, |start| usize::from(*start));
        let entries = self.entries.get(at(bucket)..at(bucket + 1)).unwrap_or_default();
        let same = entries.iter().filter(move |(known, _)| *known == hash);
        same.filter_map(|(_, number)| self.patterns.get(*number as usize))
    }
}

/// Makes the tables ready, which the first message would have to wait for.
pub fn prepare() {
    LazyLock::force(&INDEX);
}

/// Every phrase in a folded text, in order of their ends, overlapping ones, too: `limits::judgement::SIGNAL_HITS` at
/// most. Linear in the text: at each word few phrases begin alike, and each of them is short.
pub fn find(folded: &str) -> Vec<Hit> {
    let (mut hits, mut before) = (Vec::new(), None);
    for (at, c) in folded.char_indices() {
        if hits.len() >= limits::judgement::SIGNAL_HITS {
            break;
        }
        if before.is_none_or(|before| text::is_edge(before, c)) {
            at_word(folded, at, &mut hits);
        }
        before = Some(c);
    }
    hits.sort_by_key(|hit| (hit.span.end, hit.span.start, hit.sense));
    hits.dedup();
    hits.truncate(limits::judgement::SIGNAL_HITS);
    hits
}

fn at_word(folded: &str, at: usize, hits: &mut Vec<Hit>) {
    let rest = folded.get(at..).unwrap_or_default();
    // A short phrase has a short head, and may stand before anything.
    for hash in hashes(rest) {
        for (sense, pattern) in INDEX.of(hash) {
            let spans = pattern::ends(pattern, folded, at).into_iter().map(|end| at..end);
            let whole = spans.filter(|span| text::is_whole(folded, span.clone()));
            hits.extend(whole.map(|span| Hit { sense: *sense, span }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, find, pattern, sense::Sense};
    use crate::text;

    #[test]
    fn every_phrase_is_found_as_it_is_written() {
        let patterns = LANGUAGES
            .iter()
            .copied()
            .flatten()
            .flat_map(|(sense, patterns)| patterns.lines().map(move |it| (sense, it)));
        for (sense, pattern) in patterns {
            let depth = pattern.chars().try_fold(0_usize, |depth, c| match c {
                '(' => (depth == 0).then_some(1),
                ')' => depth.checked_sub(1),
                _ => Some(depth),
            });
            assert_eq!(depth, Some(0), "parentheses of {pattern:?}");
            for form in pattern::expand(pattern) {
                assert_eq!(text::fold(&form), form, "not folded, of {pattern:?}");
                let is_found = find(&form).iter().any(|hit| hit.sense == *sense && hit.span == (0..form.len()));
                assert!(is_found, "{form:?} is not found");
            }
        }
    }

    #[test]
    fn phrases_are_whole_words() {
        let says = |text: &str, sense: Sense| find(&text::fold(text)).iter().any(|hit| hit.sense == sense);
        assert!(says("Please do it A.S.A.P.", Sense::AtOnce));
        assert!(says("Where’re\nyou?", Sense::Waiting));
        assert!(!says("asapscience", Sense::AtOnce));
    }

    #[test]
    fn hostile_texts_have_a_bounded_number_of_phrases() {
        assert!(find(&"otp ".repeat(100_000)).len() <= crate::limits::judgement::SIGNAL_HITS);
    }
}
