//! The rules of the house that a machine can check, over every file under `src/`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// The floors of `src/lib.rs`, from the ground up. Imports fall: a module takes from floors below its own.
const FLOORS: [&[&str]; 10] = [
    &["model", "text", "civil", "limits", "clock", "health", "metrics", "secret", "mark", "pattern"],
    &["mail", "chat", "urgency", "schedule", "digest", "retry"],
    &["store", "net"],
    &["imap", "maildir", "smtp", "hook", "control"],
    &["intake"],
    &["source", "receiver", "timekeeper", "courier", "janitor", "operator"],
    &["config", "telemetry"],
    &["app"],
    &["cli"],
    &["main"],
];
const GROUND: usize = 0;
const JUDGEMENT: usize = 1;
const DOORS: usize = 3;
const HANDS: usize = 5;
const LINES_MAX: usize = 600;
/// Where types may be serialisable.
static SERDE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^src/(config/file|store/record\w*|store/record/.+|control/wire|cli/json(/\w+)?|cli/hook/\w+|digest/context|chat/.+)\.rs$",
    )
});

static USE: LazyLock<Regex> = LazyLock::new(|| regex(r"\buse\s+([^;]+);"));
static INLINE: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(?:crate|super|self|tidings)(?:::\w+)+"));
static PUB_IN: LazyLock<Regex> = LazyLock::new(|| regex(r"pub\(in [^)]*\)"));
static TEST_FILE: LazyLock<Regex> = LazyLock::new(|| regex(r"#\[cfg\(test\)\]\s*mod\s+(\w+)\s*;"));
/// tokio's clock cannot be set: a timeout in a door or a hand may use it.
static TOKIO_INSTANT: LazyLock<Regex> = LazyLock::new(|| regex(r"tokio::time::(\{[^}]*\b)?Instant\b"));
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?s)(?P<comment>//[^\n]*|/\*.*?\*/)",
        r###"|\bb?r"[^"]*"|\bb?r#".*?"#|\bb?r##".*?"##"###,
        r#"|"(?:[^"\\]|\\.)*"|'(?:[^'\\\n]|\\[^\n]{1,9}?)'"#
    ))
});
static BANNED: LazyLock<Vec<Regex>> = LazyLock::new(|| BANS.iter().map(|ban| regex(ban.pattern)).collect());

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

/// A file of the crate, taken apart.
struct Module {
    path: String,
    /// `["imap", "session"]` for `src/imap/session.rs`; empty for `lib.rs`.
    name: Vec<String>,
    raw: String,
    /// Strings and comments blanked, line by line as the file.
    code: String,
    /// The same without what is compiled for tests only.
    shipped: String,
    /// Comments alone.
    comments: String,
}

/// What a line of `BANS` looks at.
#[derive(Clone, Copy)]
enum Part {
    Raw,
    Code,
    Shipped,
    Comments,
}

/// A pattern that may not occur, but in some files.
struct Ban {
    pattern: &'static str,
    part: Part,
    allowed: fn(&Module) -> bool,
    text: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        pattern: r"\b(Timestamp|SystemTime|Instant|Zoned|Local|Utc)::now\b",
        part: Part::Shipped,
        allowed: |m| m.path == "src/clock.rs",
        text: "the system clock is read; take `now` as a value, or a `Clock` in a hand",
    },
    Ban {
        pattern: r"\bsled\b",
        part: Part::Code,
        allowed: |m| m.name.starts_with(&["store".to_owned(), "engine".to_owned()]),
        text: "sled is named; only src/store/engine knows which database it is",
    },
    Ban {
        pattern: r"\bserde(_json)?\b",
        part: Part::Shipped,
        allowed: |m| SERDE.is_match(&m.path),
        text: "serde inside the house; serialise a type of its own at the border (the list is in tests/tidy.rs)",
    },
    Ban {
        pattern: r"\b(e?print(ln)?|dbg)!",
        part: Part::Shipped,
        allowed: |m| matches!(top(&m.name), "cli" | "main"),
        text: "prints; return the text, or log an event",
    },
    Ban {
        pattern: r"\basync\b|\.await\b|\btokio::|\bstd::(fs|process)\b|\bTcp(Stream|Listener)\b",
        part: Part::Shipped,
        allowed: |m| floor(top(&m.name)).is_none_or(|f| f > JUDGEMENT) || matches!(top(&m.name), "clock" | "secret"),
        text: "async or I/O in what is pure; do it on a higher floor and hand the value down",
    },
    Ban {
        pattern: r"\bpub(\([^)]*\))?\s+use\b",
        part: Part::Code,
        allowed: |_| false,
        text: "a re-export; name the module that defines it",
    },
    Ban {
        pattern: r"\bfn\s+get_",
        part: Part::Code,
        allowed: |_| false,
        text: "a function named `get_…`; name what it returns",
    },
    Ban {
        pattern: r"\bfn\s+\w+(<[^>]*>)?\([^)]*\w:\s*bool\b",
        part: Part::Shipped,
        allowed: |_| false,
        text: "a bool as a parameter; name two variants, or make it two functions",
    },
    Ban {
        pattern: r"\bunsafe\b",
        part: Part::Code,
        allowed: |_| false,
        text: "unsafe; find a safe way, as rustix does",
    },
    Ban {
        pattern: r"\.\s*starttls\(",
        part: Part::Code,
        allowed: |_| false,
        text: "lettre's starttls() takes plaintext injected before TLS for replies; use the upgrade in src/smtp",
    },
    Ban {
        pattern: r"\bdangerous_new_pre_encoded\b",
        part: Part::Code,
        allowed: |_| false,
        text: "a header built unencoded; build it by mail-builder from cleaned values",
    },
    Ban {
        pattern: r"\b(TODO|FIXME|XXX)\b",
        part: Part::Comments,
        allowed: |_| false,
        text: "an unfinished place; finish it, or file an issue and say what holds until then",
    },
    Ban {
        pattern: r"(?i)\b(crates\.io|docs\.rs|npmjs\.(org|com)|pypi\.org|rubygems\.org|proxy\.golang\.org|pkg\.go\.dev)\b",
        part: Part::Raw,
        allowed: |_| false,
        text: "a package registry is named; nothing in the program has to do with one",
    },
];

fn top(name: &[String]) -> &str {
    name.first().map_or("lib", String::as_str)
}

fn floor(top: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&top))
}

/// Whether a module under `from` may import one under `to`, both tops of the crate.
fn falls(from: &str, to: &str) -> bool {
    match (floor(from), floor(to)) {
        (Some(GROUND), Some(GROUND)) => {
            from == "model"
                || matches!(to, "limits" | "model")
                || matches!((from, to), ("pattern", "text") | ("health", "clock"))
        }
        (Some(from), Some(to)) => to < from,
        _ => false,
    }
}

impl Module {
    fn read(path: &str, raw: &str) -> Self {
        let (code, comments) = split(raw);
        let shipped = without_tests(&code);
        let stem = path.trim_start_matches("src/").trim_end_matches(".rs");
        let name = stem.trim_end_matches("/mod").split('/').filter(|s| *s != "lib").map(str::to_owned).collect();
        Self { path: path.to_owned(), name, raw: raw.to_owned(), code, shipped, comments }
    }

    fn part(&self, part: Part) -> &str {
        match part {
            Part::Raw => &self.raw,
            Part::Code => &self.code,
            Part::Shipped => &self.shipped,
            Part::Comments => &self.comments,
        }
    }
}

/// Code without strings and comments, and comments without code; each keeps every line where it was.
fn split(raw: &str) -> (String, String) {
    let (mut code, mut comments, mut at) = (String::new(), String::new(), 0);
    for found in TOKEN.captures_iter(raw) {
        let whole = found.get(0).unwrap();
        code.push_str(&raw[at..whole.start()]);
        comments.push_str(&blank(&raw[at..whole.start()]));
        let is_comment = found.name("comment").is_some();
        comments.push_str(&if is_comment { whole.as_str().to_owned() } else { blank(whole.as_str()) });
        code.push_str(&blank(whole.as_str()));
        at = whole.end();
    }
    code.push_str(&raw[at..]);
    comments.push_str(&blank(&raw[at..]));
    (code, comments)
}

fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// Blanks each item under `#[cfg(test)]`: to its semicolon, or to the brace that closes it.
fn without_tests(code: &str) -> String {
    let mut left = code.to_owned();
    while let Some(start) = left.find("#[cfg(test)]") {
        let (mut depth, mut end) = (0_usize, left.len());
        for (at, c) in left[start..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(c, '}' | ';') {
                end = start + at + 1;
                break;
            }
        }
        left.replace_range(start..end, &blank(&left[start..end]));
    }
    left
}

/// The files that a module declares for tests only.
fn test_children(module: &Module) -> Vec<Vec<String>> {
    let child = |found: regex::Captures| module.name.iter().cloned().chain([found[1].to_owned()]).collect();
    TEST_FILE.captures_iter(&module.code).map(child).collect()
}

/// From a module to those it names, with the line.
type Edges = BTreeMap<Vec<String>, Vec<(usize, Vec<String>)>>;

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Every path that a file names through `use`, or inline from `crate`, `super` or `self`, with its line.
fn paths(module: &Module) -> Vec<(usize, Vec<String>)> {
    let mut code = PUB_IN.replace_all(&module.shipped, |c: &regex::Captures| blank(&c[0])).into_owned();
    let mut found = Vec::new();
    for statement in USE.captures_iter(&code) {
        let line = line_of(&code, statement.get(0).unwrap().start());
        let tree: String = statement[1].split_whitespace().flat_map(|word| [word, " "]).collect();
        expand(&tree.replace(" as ", "%").replace(' ', ""), &[], &mut |path| found.push((line, path)));
    }
    code = USE.replace_all(&code, |c: &regex::Captures| blank(&c[0])).into_owned();
    for inline in INLINE.find_iter(&code) {
        found.push((line_of(&code, inline.start()), inline.as_str().split("::").map(str::to_owned).collect()));
    }
    found
}

/// Takes a tree of `use` apart: `a::{b, c::{self, d}}` gives `a::b`, `a::c`, `a::c::d`.
fn expand(tree: &str, before: &[String], emit: &mut impl FnMut(Vec<String>)) {
    let mut branch = String::new();
    let mut depth = 0_usize;
    for c in tree.chars().chain([',']) {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                let text = std::mem::take(&mut branch);
                let (head, inner) =
                    text.split_once('{').map_or((text.as_str(), None), |(h, i)| (h, i.strip_suffix('}')));
                let head = head.split('%').next().unwrap_or_default();
                let mut path = before.to_vec();
                path.extend(head.split("::").filter(|s| !s.is_empty()).map(str::to_owned));
                match inner {
                    Some(inner) => expand(inner, &path, emit),
                    None if path.len() > before.len() => {
                        path.pop_if(|last| last == "self");
                        emit(path);
                    }
                    None => {}
                }
                continue;
            }
            _ => {}
        }
        branch.push(c);
    }
}

/// The path from the crate's root; `None` for other crates.
fn absolute(module: &Module, path: &[String], known: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "tidings" if module.name == ["main"] => Vec::new(),
        "self" => module.name.clone(),
        "super" => module.name[..module.name.len().saturating_sub(1)].to_vec(),
        _ => {
            let child: Vec<String> = module.name.iter().chain([first]).cloned().collect();
            return known.contains(&child).then(|| child.iter().chain(rest).cloned().collect());
        }
    };
    for step in rest {
        if step == "super" {
            base.pop();
        } else {
            base.push(step.clone());
        }
    }
    Some(base)
}

fn check_path(module: &Module, target: &[String], holder: &[String]) -> Option<String> {
    let (from, to) = (top(&module.name), top(target));
    let shown = format!("crate::{}", target.join("::"));
    if module.name.is_empty() {
        return None;
    }
    if from == to {
        let is_parent = holder.len() < module.name.len() && module.name.starts_with(holder);
        return is_parent.then(|| {
            format!("`{shown}` is an item of a parent module; move it into a file beside this one, and import that")
        });
    }
    if floor(to).is_none() {
        return Some(format!(
            "`{shown}` is on no floor; add its module to the table in tests/tidy.rs, or move the item"
        ));
    }
    if !falls(from, to) {
        return Some(format!(
            "`{from}` imports `{shown}`, which does not lie below it; hand the value down, or move the type"
        ));
    }
    if floor(from) == Some(DOORS) && to == "store" && target.join("::") != "store::committed::Committed" {
        return Some(format!("a door imports `{shown}`; doors take nothing from the store but `committed::Committed`"));
    }
    None
}

/// All faults, sorted: `path:line: what is banned; what to do`.
fn faults(files: &[(String, String)]) -> Vec<String> {
    let mut modules: Vec<Module> = files.iter().map(|(path, raw)| Module::read(path, raw)).collect();
    let test_files: Vec<Vec<String>> = modules.iter().flat_map(test_children).collect();
    for module in modules.iter_mut().filter(|m| test_files.iter().any(|test| m.name.starts_with(test))) {
        module.shipped = blank(&module.code);
    }
    let known: BTreeSet<Vec<String>> = modules.iter().map(|m| m.name.clone()).collect();
    let mut edges = Edges::new();
    let mut faults = Vec::new();
    for module in &modules {
        let mut fault = |line: usize, text: &str| faults.push((module.path.clone(), line, text.to_owned()));
        check_file(module, &mut fault);
        check_bans(module, &mut fault);
        for (line, path) in paths(module) {
            let Some(target) = absolute(module, &path, &known) else { continue };
            let holder = (0..=target.len()).rev().map(|n| target[..n].to_vec()).find(|m| known.contains(m));
            let holder = holder.unwrap_or_default();
            if let Some(text) = check_path(module, &target, &holder) {
                fault(line, &text);
            } else if holder != module.name {
                edges.entry(module.name.clone()).or_default().push((line, holder));
            }
        }
    }
    for module in &modules {
        for (line, to) in edges.get(&module.name).into_iter().flatten() {
            if reaches(&edges, to, &module.name) {
                let text = format!(
                    "a circle: `{}` leads back to here; move what both need into a file of its own",
                    to.join("::")
                );
                faults.push((module.path.clone(), *line, text));
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults.into_iter().map(|(path, line, text)| format!("{path}:{line}: {text}")).collect()
}

fn reaches(edges: &Edges, from: &[String], to: &[String]) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_vec()]);
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at.clone()) {
            open.extend(edges.get(&at).into_iter().flatten().map(|(_, next)| next.clone()));
        }
    }
    false
}

fn check_file(module: &Module, fault: &mut impl FnMut(usize, &str)) {
    let first = module.raw.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
    if first.trim().is_empty() {
        fault(1, "no `//!` line; say in one sentence what the file is for");
    }
    if module.raw.lines().count() > LINES_MAX {
        fault(LINES_MAX + 1, "the file has more than 600 lines; split it by what its parts are for");
    }
    let name = top(&module.name);
    if name != "lib" && floor(name).is_none() {
        fault(1, &format!("`{name}` is on no floor; add it to the table in tests/tidy.rs and to src/lib.rs"));
    }
    if module
        .name
        .iter()
        .any(|n| matches!(n.as_str(), "util" | "utils" | "helper" | "helpers" | "manager" | "common" | "misc"))
    {
        fault(1, "a file named for no purpose; name it by what it holds");
    }
}

fn check_bans(module: &Module, fault: &mut impl FnMut(usize, &str)) {
    let timed = matches!(floor(top(&module.name)), Some(DOORS | HANDS)) && TOKIO_INSTANT.is_match(&module.shipped);
    for (ban, pattern) in BANS.iter().zip(BANNED.iter()).filter(|(ban, _)| !(ban.allowed)(module)) {
        let text = module.part(ban.part);
        for found in pattern.find_iter(text) {
            if !(timed && found.as_str() == "Instant::now") {
                let shown = found.as_str().trim().lines().next().unwrap_or_default();
                fault(line_of(text, found.start()), &format!("`{shown}`: {}", ban.text));
            }
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().to_owned();
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn the_house_is_tidy() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 20, "only {} files were found under src/", files.len());
    let faults = faults(&files);
    assert!(faults.is_empty(), "{} faults:\n{}\n", faults.len(), faults.join("\n"));
}

/// The faults of these files, one beginning expected for each, in order.
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<(String, String)> =
        files.iter().map(|(path, body)| ((*path).to_owned(), format!("//! For a test.\n{body}"))).collect();
    let found = faults(&files);
    let same = found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| f.starts_with(e));
    assert!(same, "expected {expected:#?}\nfound {found:#?}");
}

/// One file with one fault: `LINE: the beginning of its text`.
fn refuses(path: &str, body: &str, expected: &str) {
    check(&[(path, body)], &[&format!("{path}:{expected}")]);
}

#[test]
fn imports_fall() {
    check(&[("src/store.rs", "use crate::mail::Reader;\nuse crate::model::{item::Item, name};")], &[]);
    refuses("src/mail.rs", "\nuse crate::store::Store;", "3: `mail` imports `crate::store::Store`");
    refuses("src/mail.rs", "fn f() { crate::urgency::g() }", "2: `mail` imports `crate::urgency::g`");
    check(
        &[("src/mail.rs", "use crate::{\n    model::Id, net::{Line, Wire as W},\n};")],
        &["src/mail.rs:2: `mail` imports `crate::net::Line`", "src/mail.rs:2: `mail` imports `crate::net::Wire`"],
    );
    refuses("src/imap/a.rs", "use super::super::intake::Desk;", "2: `imap` imports `crate::intake::Desk`");
    check(&[("src/mail.rs", "// use crate::store::Store;\nconst A: &str = \"crate::store::Store\";")], &[]);
    check(&[("src/mail.rs", "#[cfg(test)]\nmod tests {\n use super::X;\n use crate::store::S;\n}")], &[]);
    check(
        &[("src/mail.rs", "#[cfg(test)]\nmod trial;"), ("src/mail/trial.rs", "use super::X;\nuse crate::store::S;")],
        &[],
    );
    check(&[("src/main.rs", "fn main() { tidings::cli::main() }")], &[]);
    refuses("src/mail.rs", "use crate::helpers::f;", "2: `crate::helpers::f` is on no floor");
}

#[test]
fn the_ground_stands_on_itself_only_where_it_may() {
    check(&[("src/pattern.rs", "use crate::limits;\nuse crate::model::name::Name;\nuse crate::text;")], &[]);
    check(&[("src/model/item.rs", "use crate::civil::Zone;")], &[]);
    refuses("src/text.rs", "use crate::pattern::Pattern;", "2: `text` imports `crate::pattern::Pattern`");
    refuses("src/clock.rs", "use crate::mail::M;", "2: `clock` imports");
}

#[test]
fn a_child_leaves_its_parent_alone() {
    let family = [("src/imap.rs", "pub mod a;\npub mod b;\nuse a::A;"), ("src/imap/b.rs", "")];
    let with = |child: &'static str| [family[0], family[1], ("src/imap/a.rs", child)];
    check(&with("use super::b::Line;\npub(super) fn f() {}\npub(in crate::imap) fn g() {}"), &[]);
    check(&with("use super::Session;"), &["src/imap/a.rs:2: `crate::imap::Session` is an item of a parent"]);
    check(&with("use super::*;"), &["src/imap/a.rs:2: `crate::imap::*` is an item of a parent"]);
    check(
        &with("use crate::imap::{b::Line, Session};"),
        &["src/imap/a.rs:2: `crate::imap::Session` is an item of a parent"],
    );
}

#[test]
fn siblings_form_no_circle() {
    check(
        &[("src/mail.rs", ""), ("src/mail/a.rs", "use super::b::B;"), ("src/mail/b.rs", "\nuse super::a::{self, A};")],
        &["src/mail/a.rs:2: a circle: `mail::b`", "src/mail/b.rs:3: a circle: `mail::a`"],
    );
}

#[test]
fn doors_take_the_proof_and_nothing_else() {
    check(&[("src/imap.rs", "use crate::store::committed::Committed;\nuse crate::net::Line;")], &[]);
    refuses("src/smtp.rs", "use crate::store::view::Counts;", "2: a door imports `crate::store::view::Counts`");
    refuses("src/smtp.rs", "use crate::store;", "2: a door imports `crate::store`");
}

#[test]
fn files_say_what_they_are_for_and_end() {
    let bare = faults(&[("src/mail.rs".to_owned(), "fn f() {}\n".to_owned())]);
    assert_eq!(bare, ["src/mail.rs:1: no `//!` line; say in one sentence what the file is for"]);
    check(&[("src/mail.rs", &"\n".repeat(599))], &[]);
    check(&[("src/mail.rs", &"\n".repeat(600))], &["src/mail.rs:601: the file has more than 600 lines"]);
    refuses("src/attic.rs", "", "1: `attic` is on no floor");
    refuses("src/mail/util.rs", "", "1: a file named for no purpose");
}

#[test]
fn the_clock_stops_at_the_hands() {
    for clock in ["Timestamp", "std::time::SystemTime", "Instant", "jiff::Zoned", "Local", "chrono::Utc"] {
        check(&[("src/store.rs", &format!("fn f() {{ {clock}::now(); }}"))], &["src/store.rs:2: `"]);
    }
    check(&[("src/clock.rs", "fn f() { Timestamp::now(); }")], &[]);
    check(&[("src/imap.rs", "use tokio::time::{Instant, sleep};\nfn f() { Instant::now(); }")], &[]);
    check(&[("src/source.rs", "fn f() { tokio::time::Instant::now(); }")], &[]);
    refuses("src/source.rs", "use std::time::Instant;\nfn f() { Instant::now(); }", "3: `Instant::now`");
    refuses("src/store.rs", "use tokio::time::Instant;\nfn f() { Instant::now(); }", "3: `Instant::now`");
}

#[test]
fn each_crate_stays_in_its_room() {
    check(&[("src/store/engine/sled.rs", "use sled::Db;"), ("src/store/engine.rs", "fn f(d: sled::Db) {}")], &[]);
    refuses("src/store/keys.rs", "use sled::Db;", "2: `sled`");
    let records = ["store/record", "store/record_item", "store/record/item"];
    for border in records.into_iter().chain([
        "config/file",
        "control/wire",
        "cli/json",
        "cli/json/labels",
        "cli/hook/tried",
        "digest/context",
        "chat/slack",
    ]) {
        check(&[(&format!("src/{border}.rs"), "use serde::Serialize;")], &[]);
    }
    refuses("src/model/item.rs", "#[derive(serde::Serialize)]\nstruct A;", "2: `serde`");
    refuses("src/cli/held.rs", "fn f() { serde_json::to_string(&1); }", "2: `serde_json`");
}

#[test]
fn what_is_pure_stays_pure() {
    refuses("src/mail.rs", "async fn f() {}", "2: `async`");
    refuses("src/text.rs", "use std::fs;", "2: `std::fs`");
    check(&[("src/secret.rs", "async fn f() { tokio::fs::read(1).await; }"), ("src/store.rs", "async fn f() {}")], &[]);
}

#[test]
fn banned_words_are_found() {
    check(&[("src/cli.rs", "fn f() { println!(); }"), ("src/main.rs", "fn f() { eprintln!(); }")], &[]);
    check(
        &[("src/app.rs", "fn f() { println!(); }\nfn g() { eprintln!(); }")],
        &["src/app.rs:2: `println!`", "src/app.rs:3: `eprintln!`"],
    );
    refuses("src/app.rs", concat!("// TO", "DO: more"), "2: `TO");
    refuses(
        "src/app.rs",
        "fn f() { unsafe { g() } }\n// unsafe, it says\nconst A: &str = r#\"unsafe \" \"#;",
        "2: `unsafe`",
    );
    refuses("src/smtp.rs", "fn f() { c\n  .starttls(a, b); }\nfn starttls(a: A) {}", "3: `.starttls(`");
    refuses("src/app.rs", "fn f(\n  a: A,\n  is_on: bool) {}\nfn g(a: &dyn Fn(A) -> bool) {}", "2: `fn f(`: a bool");
    refuses("src/smtp.rs", "fn f() { HeaderValue::dangerous_new_pre_encoded(a); }", "2: `dangerous");
    refuses("src/app.rs", "// see https://crates.io/x", "2: `crates.io`");
    check(
        &[("src/app.rs", "pub use crate::store::Store;\nfn get_it() {}")],
        &["src/app.rs:2: `pub use`", "src/app.rs:3: `fn get_`"],
    );
    refuses("src/app.rs", "fn f<'a>(x: &'a str) -> char { '\"' }\n// it's\nfn g() { unsafe {} }", "4: `unsafe`");
}
