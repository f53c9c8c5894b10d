//! The first lines of a message that say something, short enough to be read in passing.

use super::{clean, columns, domain};
use crate::limits;

/// The excerpt of a text: greetings, farewells, rulers and "view in your browser" left out, lines joined, long URLs replaced
/// by their host, at most `most` characters, cut at the end of a sentence or word; the sender's name at its end is left out.
/// Empty when nothing in it says anything.
pub fn of(text: &str, sender: &str, most: usize) -> String {
    cut(&told(text, sender, most), most)
}

/// The same, and behind it the sentence that wants something, where that stands further down: one with these words in it,
/// as they were heard, else the last question.
pub fn asking(text: &str, sender: &str, most: usize, wanted: &[String]) -> String {
    let all = told(text, sender, usize::MAX);
    let head = cut(&all, most);
    let has = |sentence: &&str| {
        let lower = sentence.to_lowercase();
        wanted.iter().any(|words| lower.contains(words.as_str()))
    };
    let asks = |sentence: &&str| sentence.ends_with(['?', '？', '؟']);
    let sentences: Vec<&str> = sentences(&all).collect();
    let found = sentences.iter().copied().find(has).or_else(|| sentences.iter().copied().rev().find(asks));
    let Some(sentence) = found.filter(|sentence| !head.contains(sentence)) else { return head };
    let sentence = cut(sentence, most / 2);
    let room = most.saturating_sub(sentence.chars().count() + 1);
    let head = cut(&all, room);
    let gap = if head.ends_with('…') { "" } else { " …" };
    format!("{head}{gap} {sentence}")
}

/// The sentences of a text, by the marks at their ends.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut ends: Vec<usize> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_last = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        let ends_here = matches!(c, '。' | '！' | '？') || is_last && matches!(c, '.' | '!' | '?' | '؟');
        if ends_here {
            ends.push(at + c.len_utf8());
        }
    }
    ends.push(text.len());
    let mut start = 0;
    ends.into_iter()
        .filter_map(move |end| {
            let sentence = text.get(start..end).map(str::trim);
            start = end;
            sentence
        })
        .filter(|sentence| !sentence.is_empty())
}

/// What a text tells, on one line; of what is beyond `most` characters only the line that goes there.
fn told(text: &str, sender: &str, most: usize) -> String {
    let mut lines = telling_lines(text);
    let greets = lines.first().is_some_and(|line| is_greeting(&line.words));
    // Somebody may have written nothing but "Hello!".
    if greets && lines.len() > 1 {
        lines.remove(0);
    }
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let ends = is_farewell(&line.words) || (at + 1 == lines.len() && line.signs(sender));
        if at > 0 && ends {
            break;
        }
        join(&mut out, line);
        if out.chars().count() > most {
            break;
        }
    }
    out
}

/// A line that says something.
struct Line {
    /// Its words, with single blanks.
    words: String,
    /// Whether an empty line stands before it.
    is_apart: bool,
}

impl Line {
    /// Whether it is the name under a letter: by itself, and of words that the sender's name has too.
    fn signs(&self, sender: &str) -> bool {
        let known: Vec<String> = words_of(sender).collect();
        self.is_apart && words_of(&self.words).all(|word| known.contains(&word))
    }
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn telling_lines(text: &str) -> Vec<Line> {
    let (mut lines, mut is_apart) = (Vec::new(), false);
    for line in text.lines().take(limits::judgement::DIGEST_EXCERPT_LINES) {
        // URLs first: they may be longer than what is looked at of a line.
        let words: Vec<String> =
            line.split_whitespace().take(limits::judgement::DIGEST_EXCERPT_LINE).map(shorter_url).collect();
        let words = clean::line(&words.join(" "), limits::judgement::DIGEST_EXCERPT_LINE);
        if !words.chars().any(char::is_alphanumeric) {
            is_apart = true;
        } else if !is_chaff(&words) {
            lines.push(Line { words, is_apart });
            is_apart = false;
        }
    }
    lines
}

/// Adds a line, without a blank where two wide characters meet in one paragraph: there a line end is no blank.
fn join(out: &mut String, line: &Line) {
    let is_wide = |c: Option<char>| c.is_some_and(|c| columns::of(c.encode_utf8(&mut [0; 4])) == 2);
    let seamless = !line.is_apart && is_wide(out.chars().next_back()) && is_wide(line.words.chars().next());
    if !out.is_empty() && !seamless {
        out.push(' ');
    }
    out.push_str(&line.words);
}

/// A URL that is too long to be shown whole becomes its host, which is what a reader wants to know of it.
fn shorter_url(word: &str) -> String {
    let bare = word.trim_matches(|c: char| "<>()[]{}\"'.,;".contains(c));
    let lower = bare.get(..8).unwrap_or(bare).to_ascii_lowercase();
    let rest = if lower.starts_with("https://") {
        bare.get(8..)
    } else if lower.starts_with("http://") {
        bare.get(7..)
    } else {
        lower.starts_with("www.").then_some(bare)
    };
    match rest {
        Some(rest) if word.chars().count() > limits::judgement::DIGEST_URL => {
            let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            let host = clean::line(&domain::shown(host), limits::judgement::DIGEST_URL);
            if host.is_empty() { String::new() } else { format!("[link to {host}]") }
        }
        _ => word.to_owned(),
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(2)).collect();
    let late = |at: &usize| head.get(..*at).is_some_and(|kept| kept.chars().count() * 10 > most * 6);
    let sentence = [". ", "! ", "? ", "。", "！", "？"]
        .iter()
        .filter_map(|end| head.rfind(end).map(|at| at + end.trim_end().len()))
        .max()
        .filter(late);
    let end = sentence.or_else(|| head.rfind(' ').filter(late)).unwrap_or(head.len());
    let kept = head.get(..end).unwrap_or(&head).trim_end();
    // Half a URL is worse than none: what is left of it is a whole token or nothing, since tokens end at blanks.
    if sentence.is_some() { format!("{kept} …") } else { format!("{}…", kept.trim_end_matches([',', ';', ':'])) }
}

/// Lines by which a mailer speaks of itself.
fn is_chaff(line: &str) -> bool {
    const CHAFF: [&str; 9] = [
        "view this email in your browser",
        "view in browser",
        "view online",
        "view this message in",
        "email not displaying correctly",
        "having trouble viewing this",
        "im browser ansehen",
        "im browser anzeigen",
        "voir dans le navigateur",
    ];
    let lower = line.to_lowercase();
    line.chars().count() <= 100 && CHAFF.iter().any(|chaff| lower.contains(chaff))
}

/// A short line that begins with a word of greeting, up to a comma, a colon or its end; or, in Japanese and Chinese, ends
/// with one.
fn is_greeting(line: &str) -> bool {
    const WORDS: [&str; 34] = [
        "hi",
        "hello",
        "hey",
        "dear",
        "greetings",
        "good morning",
        "good afternoon",
        "good evening",
        "good day",
        "hallo",
        "liebe",
        "lieber",
        "guten tag",
        "guten morgen",
        "guten abend",
        "sehr geehrte",
        "sehr geehrter",
        "moin",
        "servus",
        "bonjour",
        "bonsoir",
        "salut",
        "cher",
        "chère",
        "hola",
        "buenos días",
        "estimado",
        "estimada",
        "olá",
        "caro",
        "cara",
        "ciao",
        "gentile",
        "beste",
    ];
    const ENDINGS: [&str; 7] = ["様", "さん", "先生", "各位", "殿", "您好", "你好"];
    let bare = line.trim_end_matches([',', '!', '.', ':', '-', ' ', '–', '—', '、', '，', '！', '：']);
    let ends = line.chars().count() <= 20 && ENDINGS.iter().any(|ending| bare.ends_with(ending));
    let is_one_clause = !bare.contains(['?', '!', '.', ':', ';']) && bare.matches(',').count() <= 1;
    ends || (begins_with(line, &WORDS) && is_short(line) && is_one_clause && !line.ends_with('?'))
}

/// A short line that begins with the words above a name: what follows is no news.
fn is_farewell(line: &str) -> bool {
    const WORDS: [&str; 22] = [
        "best",
        "best regards",
        "best wishes",
        "kind regards",
        "warm regards",
        "regards",
        "cheers",
        "thanks",
        "thank you",
        "many thanks",
        "yours",
        "sincerely",
        "viele grüße",
        "liebe grüße",
        "beste grüße",
        "mit freundlichen grüßen",
        "mfg",
        "cordialement",
        "saludos",
        "un saludo",
        "abraço",
        "saluti",
    ];
    let bare = line.trim_end_matches([',', '!', '.', ' ']);
    is_short(line) && begins_with(line, &WORDS) && bare.split(' ').count() <= 3 && !bare.contains([',', '.', '?', ':'])
}

fn is_short(line: &str) -> bool {
    line.chars().count() <= 48 && line.split(' ').count() <= 6
}

fn begins_with(line: &str, words: &[&str]) -> bool {
    let lower = line.to_lowercase();
    let follows = |rest: &str| rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
    words.iter().any(|word| lower.strip_prefix(word).is_some_and(follows))
}

#[cfg(test)]
mod tests {
    use super::{asking, of};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(of(text, "Ada Lovelace", 60), expected);
    }

    #[test]
    fn greetings_rulers_and_chaff_are_passed_over() {
        check("Hi Ada,\n\nthe plan is ready.\n", "the plan is ready.");
        check("Sehr geehrte Frau Lovelace,\n\nanbei die Rechnung.", "anbei die Rechnung.");
        check("View this email in your browser\n-----\n=====\nNews of May", "News of May");
        check("Hey, can you look?\nThanks", "Hey, can you look?");
        check("Done.\n\nBest regards,\nAda Lovelace\nLondon", "Done.");
        check("It is done\n\nAda", "It is done");
        check("Will you come?\n\nNo", "Will you come? No");
        check("Thanks to all who came.\nIt was good.", "Thanks to all who came. It was good.");
        check("エイダ様\n\n資料です。", "資料です。");
        check("Hi!\nHello world is broken", "Hello world is broken");
        check("Hello!", "Hello!");
        check("Highway closed", "Highway closed");
        check("  \n\n--\n", "");
    }

    #[test]
    fn what_is_asked_is_shown_wherever_it_stands() {
        let text = "Hi Ada,\n\nthe plan has grown by three pages since Monday. The second of them is the one that matters. \
                    All of it is in the folder. Could you look at page nine by Friday? It is short.\n\nBen";
        let shown = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|words| (*words).to_owned()).collect();
            asking(text, "Ben", 120, &wanted)
        };
        let asked = "the plan has grown by three pages since Monday. The second of them is the one… Could \
                     you look at page nine by Friday?";
        assert_eq!(shown(&[]), asked);
        assert_eq!(shown(&["by friday"]), asked);
        assert!(shown(&["all of it"]).ends_with("… All of it is in the folder."), "{}", shown(&["all of it"]));
        assert_eq!(asking("Will you come?\n\nBen", "Ben", 120, &[]), "Will you come?");
        assert_eq!(asking("It is done.", "Ben", 120, &["nowhere".to_owned()]), "It is done.");
        let long = asking(&format!("{}? {}", "word ".repeat(300), "語".repeat(500)), "", 120, &[]);
        assert!(long.chars().count() <= 125, "{long}");
    }

    #[test]
    fn lines_are_joined() {
        check("one\ntwo\n\nthree", "one two three");
        check("会議の\n資料です。\nok", "会議の資料です。 ok");
    }

    #[test]
    fn cut_at_a_sentence_or_a_word() {
        check(
            "The first sentence ends about here, truly so. The second one does not end here at all.",
            "The first sentence ends about here, truly so. …",
        );
        check(&"word ".repeat(40), &format!("{}word…", "word ".repeat(10)));
        assert_eq!(of(&"語".repeat(500), "", 60).chars().count(), 59);
    }

    #[test]
    fn long_urls_become_their_host() {
        let url = format!("https://paypal.com@track.example:8443/{}", "x".repeat(4000));
        check(&format!("see <{url}> now"), "see [link to track.example] now");
        check("see https://example.org/a now", "see https://example.org/a now");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let text = format!("a{}", "b".repeat(5_000_000));
        assert!(of(&text, "", 280).chars().count() <= 280);
    }
}
