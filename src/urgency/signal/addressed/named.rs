//! Whether a text calls somebody by their name: "@Ada", "Ada, could you", "Hi Ada", "..., Ada?".

use crate::limits;
use crate::text;
use crate::urgency::phrase::quoted;

/// How a text names somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// It speaks to them; in these words, cut and quoted.
    Called(String),
    /// It begins with a greeting to them.
    Greeted(String),
}

/// Words that begin a greeting, folded.
const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "dear",
    "hiya",
    "howdy",
    "morning",
    "good morning",
    "good afternoon",
    "good evening",
    "hallo",
    "liebe",
    "lieber",
    "moin",
    "servus",
    "guten morgen",
    "guten tag",
    "guten abend",
    "sehr geehrte",
    "sehr geehrter",
    "bonjour",
    "bonsoir",
    "salut",
    "cher",
    "chère",
    "coucou",
    "hola",
    "querida",
    "querido",
    "estimada",
    "estimado",
    "buenos días",
    "buenas tardes",
    "buenas noches",
    "olá",
    "oi",
    "cara",
    "caro",
    "bom dia",
    "boa tarde",
    "boa noite",
    "prezada",
    "prezado",
    "ciao",
    "gentile",
    "buongiorno",
    "buonasera",
    "salve",
];

/// What stands between a greeting and a name, folded.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "sir",
    "madam",
    "herr",
    "herrn",
    "frau",
    "m",
    "mme",
    "mlle",
    "monsieur",
    "madame",
    "señor",
    "señora",
    "sr",
    "sra",
    "don",
    "doña",
    "senhor",
    "senhora",
    "signor",
    "signora",
    "sig",
    "dott",
    "dott.ssa",
];

/// What joins two names.
const JOINS: &[&str] = &["and", "&", "und", "et", "y", "e", "+", "/"];

/// The most direct way in which a text, which is also given folded, names one of these: a name as others write it, or what
/// stands before the @ of an address. Code between backticks and lines of quotation do not count. Linear in
/// `limits::judgement::NAMED_LINES` lines.
pub fn find((own, folded): (&str, &str), (name, addresses): (Option<&str>, &[String])) -> Option<Named> {
    let names = Names::of(name, addresses);
    if !names.own.iter().chain(&names.handles).any(|name| folded.contains(name)) {
        return None;
    }
    let mut greeted = None;
    let own = text::first_bytes(own, limits::judgement::SIGNAL_OCTETS);
    for line in spoken(own).lines().take(limits::judgement::NAMED_LINES) {
        let folded = text::fold(line);
        if names.is_called(&folded) {
            return Some(Named::Called(quoted(&folded)));
        }
        if greeted.is_none() && names.is_greeted(&folded) {
            greeted = Some(Named::Greeted(quoted(text::first_bytes(&folded, limits::judgement::GREETING_LINE))));
        }
    }
    greeted
}

/// A text without its code and its quotations.
fn spoken(own: &str) -> String {
    let outside = own.split("```").step_by(2);
    let lines = outside.flat_map(str::lines).filter(|line| !line.trim_start().starts_with('>'));
    let mut all = String::new();
    for line in lines {
        // A single backtick is an accent or an apostrophe.
        if line.matches('`').count() % 2 == 0 {
            line.split('`').step_by(2).for_each(|part| all.push_str(part));
        } else {
            all.push_str(line);
        }
        all.push('\n');
    }
    all
}

/// The names of one person, folded.
struct Names {
    /// The first word of the name and the last one: one letter is no name.
    own: Vec<String>,
    /// What may stand after an @.
    handles: Vec<String>,
}

impl Names {
    fn of(name: Option<&str>, addresses: &[String]) -> Self {
        let folded = text::fold(name.unwrap_or_default());
        let words: Vec<&str> = folded.split(' ').filter(|word| word.chars().count() > 1).collect();
        let (first, last) = (words.first().copied(), words.last().copied());
        let own: Vec<String> = first.into_iter().chain(last.filter(|_| words.len() > 1)).map(str::to_owned).collect();
        let locals = addresses.iter().filter_map(|address| address.split_once('@')).map(|(local, _)| text::fold(local));
        let handles = own.iter().cloned().chain(locals).chain([folded.replace(' ', ""), folded.replace(' ', ".")]);
        Self { handles: handles.filter(|handle| handle.chars().count() > 1).collect(), own }
    }

    fn is_own(&self, word: &str) -> bool {
        self.own.iter().any(|own| own == bare(word))
    }

    fn is_called(&self, line: &str) -> bool {
        let mut words = line.split(' ');
        let at = |word: &str| {
            let handle = word.trim_start_matches(['(', '"', '*', '<']).strip_prefix('@');
            handle.is_some_and(|handle| self.handles.iter().any(|own| own == bare(handle)))
        };
        if words.clone().any(at) {
            return true;
        }
        // "Ada, could you", "Ada: please".
        let begins = words.next().is_some_and(|first| self.is_own(first) && first.ends_with([',', ':']));
        // "could you, Ada?"
        let mut last = line.rsplit(' ');
        let ends = last.next().is_some_and(|word| word.ends_with('?') && self.is_own(word))
            && last.next().is_some_and(|before| before.ends_with(','));
        begins && words.next().is_some() || ends
    }

    fn is_greeted(&self, line: &str) -> bool {
        let line = text::first_bytes(line, limits::judgement::GREETING_LINE);
        let greeting = |greeting: &&&str| line.strip_prefix(**greeting).is_some_and(|rest| rest.starts_with(' '));
        let Some(greeting) = GREETINGS.iter().filter(greeting).max_by_key(|greeting| greeting.len()) else {
            return false;
        };
        let words = line.get(greeting.len()..).unwrap_or_default().split(' ').filter(|word| !word.is_empty());
        let mut words = words.filter(|word| !TITLES.contains(&bare(word)));
        let Some(first) = words.next() else { return false };
        let second = words.next();
        if self.is_own(first) {
            return true;
        }
        // The first name of somebody else may precede: "Hi Ben and Ada", "Dear Ada Lovelace".
        match second {
            Some(join) if JOINS.contains(&join) => words.next().is_some_and(|word| self.is_own(word)),
            _ => false,
        }
    }
}

/// A word without what is put around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{Named, find};

    #[test]
    fn who_is_called_is_known() {
        let me = ["a.byron@example.org".to_owned()];
        let check = |text: &str, expected: &str| {
            let said = match find((text, &crate::text::fold(text)), (Some("Ada Byron"), &me)) {
                Some(Named::Called(_)) => "called",
                Some(Named::Greeted(_)) => "greeted",
                None => "",
            };
            assert_eq!(said, expected, "{text:?}");
        };
        check("Hi all,\n@Ada please look", "called");
        check("(@a.byron) this one is yours", "called");
        check("thanks @adabyron!", "called");
        check("Ada, could you take the minutes?", "called");
        check("ada: ping", "called");
        check("Do you have the key, Ada?", "called");
        check("Hi Ada, the door is open", "greeted");
        check("Hello Ben and Ada,", "greeted");
        check("Sehr geehrte Frau Byron,", "greeted");
        check("Chère Ada", "greeted");
        check("Good morning Ada!", "greeted");
        check("Hi Ben,\nAda told me about it.", "");
        check("Best,\nAda", "");
        check("Hi Adam,", "");
        check("write to x@ada.example", "");
        check("we met Ada yesterday", "");
        check("```\nnotify @ada\n```\nthis fails", "");
        check("the rule `@ada` is wrong", "");
        check("> @ada can you look\nI did", "");
        check("", "");
        assert_eq!(find(("Hi , how are you", "hi , how are you"), (None, &[])), None);
        assert!(find(("@ada.byron look", "@ada.byron look"), (Some("Ada Byron"), &[])).is_some());
    }
}
