//! The tables of phrases: each stands once, says all that is to be said, and nothing else in another language.

use std::collections::{BTreeMap, BTreeSet};

use tidings::urgency::phrases::sense::{Sense, Table};
use tidings::urgency::phrases::{
    de, de_made, en, en_made, en_plans, es, es_made, fr, fr_made, it, it_made, pattern, pt, pt_made,
};

const LANGUAGES: [(&str, &[Table]); 6] = [
    ("en", &[en::TABLE, en_plans::TABLE, en_made::TABLE]),
    ("de", &[de::TABLE, de_made::TABLE]),
    ("fr", &[fr::TABLE, fr_made::TABLE]),
    ("es", &[es::TABLE, es_made::TABLE]),
    ("pt", &[pt::TABLE, pt_made::TABLE]),
    ("it", &[it::TABLE, it_made::TABLE]),
];

/// The five that this file holds to the stricter rules.
const STRICT: [&str; 5] = ["de", "fr", "es", "pt", "it"];

/// Single words of fewer than five letters that can mean nothing else.
const SHORT_WORDS: &[&str] = &["code", "fyi", "heho", "hého", "mtan", "obg", "puoi", "reu", "réu"];

/// What two languages share with different senses, and why it does no harm.
const SHARED: &[(&str, &str)] =
    &[("funeral", "it takes place at a time, and it is personal: both are true in all of them")];

/// The letters of a phrase that make it one word.
fn is_single_word(phrase: &str) -> bool {
    phrase.chars().all(char::is_alphabetic)
}

fn forms(tables: &[Table]) -> impl Iterator<Item = (Sense, String)> {
    tables
        .iter()
        .flat_map(|table| table.iter())
        .flat_map(|(sense, patterns)| patterns.lines().map(move |one| (*sense, one)))
        .flat_map(|(sense, one)| pattern::expand(one).into_iter().map(move |form| (sense, form)))
}

#[test]
fn no_pattern_stands_twice() {
    for (language, tables) in LANGUAGES {
        let mut seen = BTreeSet::new();
        for (sense, patterns) in tables.iter().flat_map(|table| table.iter()) {
            for one in patterns.lines() {
                assert!(seen.insert((sense, one)), "{language} {sense:?}: {one:?} stands twice");
            }
        }
    }
}

#[test]
fn a_single_word_cannot_be_mistaken() {
    for (language, tables) in LANGUAGES.into_iter().filter(|(language, _)| STRICT.contains(language)) {
        let short = |form: &String| is_single_word(form) && form.chars().count() < 5;
        let wrong: Vec<_> =
            forms(tables).filter(|(_, form)| short(form) && !SHORT_WORDS.contains(&form.as_str())).collect();
        assert!(wrong.is_empty(), "{language}: {wrong:?}");
    }
}

#[test]
fn every_sense_is_said_in_every_language() {
    let senses = |tables: &[Table]| forms(tables).map(|(sense, _)| sense).collect::<BTreeSet<_>>();
    let english = senses(LANGUAGES[0].1);
    for (language, tables) in LANGUAGES {
        let missing: Vec<_> = english.difference(&senses(tables)).copied().collect();
        assert!(missing.is_empty(), "{language} lacks {missing:?}");
    }
}

#[test]
fn no_phrase_means_something_else_in_another_language() {
    let mut known: BTreeMap<String, BTreeMap<&str, BTreeSet<Sense>>> = BTreeMap::new();
    for (language, tables) in LANGUAGES {
        for (sense, form) in forms(tables) {
            known.entry(form).or_default().entry(language).or_default().insert(sense);
        }
    }
    let mut wrong = Vec::new();
    for (form, languages) in &known {
        let mut common =
            languages.values().skip(1).fold(languages.values().next().unwrap().clone(), |all, one| &all & one);
        if common.pop_first().is_none() && !SHARED.iter().any(|(shared, _)| shared == form) {
            wrong.push(format!("{form:?}: {languages:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
