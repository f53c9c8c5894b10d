//! The README shows nothing that does not work: its configurations are accepted, its commands exist.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::process::Command;

use tidings::chat::kind::{KINDS, Kind};
use tidings::chat::proof::Proof;
use tidings::chat::registry;
use tidings::chat::setting::{Need, Settings};
use tidings::config;
use tidings::config::environment::Environment;

const README: &str = include_str!("../../README.md");

/// The fenced blocks of one language, without the indentation of lists.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = README.lines().map(str::trim_start);
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if found == language {
                blocks.push(block.join("\n"));
            }
        }
    }
    blocks
}

#[test]
fn its_configurations_are_accepted() {
    let blocks = blocks("toml");
    let (whole, parts) = blocks.split_first().expect("the README shows a configuration");
    assert!(parts.len() >= 2);
    let folder = tempfile::tempdir().unwrap();
    for part in std::iter::once(&String::new()).chain(parts) {
        let file = folder.path().join("tidings.toml");
        std::fs::write(&file, together(whole, part)).unwrap();
        let config = config::load(&file, &Environment::of(|name| (name == "HOME").then(|| folder.path().into())));
        let config = config.unwrap_or_else(|faults| panic!("{part}: {faults:?}"));
        assert!(config.warnings.is_empty(), "{part}: {:?}", config.warnings);
    }
}

/// What stands in a part before its first table belongs to the top of a file. Whoever shows a hook may leave the listener to
/// another part.
fn together(whole: &str, part: &str) -> String {
    let tables = if part.starts_with('[') { 0 } else { part.find("\n[").map_or(0, |at| at + 1) };
    let (top, tables) = part.split_at(tables);
    let top = if part.contains("[[chat]]") && top.is_empty() { "listen = \"127.0.0.1:8460\"\n" } else { top };
    format!("{top}{whole}\n{tables}")
}

/// The code spans of a line.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The row of a kind in the tables of chat.
fn row(kind: &str) -> &'static str {
    let start = format!("| `{kind}` | ");
    let rows: Vec<&str> = README.lines().filter(|line| line.starts_with(&start)).collect();
    assert_eq!(rows.len(), 1, "rows of {kind}");
    rows[0]
}

#[test]
fn every_kind_of_hook_has_its_row() {
    for (kind, _) in KINDS {
        let cells: Vec<&str> = row(kind).trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{kind}: {cells:?}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{kind}");
        let steps: Vec<bool> = ["1. ", " 2. ", " 3. ", " 4. "].iter().map(|step| cells[2].contains(step)).collect();
        assert_eq!(steps, [true, true, true, false], "the steps of {kind}");
    }
    let rows = README.lines().filter(|line| {
        let first = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | "));
        first.is_some_and(|(name, rest)| Kind::named(name).is_some() && rest.contains("1. "))
    });
    assert_eq!(rows.count(), KINDS.len());
}

/// Keys that a row may name though its kind has none of them: those of every hook, of the main file, and of rules.
const COMMON: [&str; 6] = ["secret", "token", "me", "names", "public_url", "importance"];

#[test]
fn the_row_of_a_kind_names_its_keys_and_no_others() {
    for (name, kind) in KINDS {
        let keys = registry::service(*kind).keys();
        for span in spans(row(name)) {
            let key = span.split(" = ").next().unwrap_or_default();
            if key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && Kind::named(key).is_none() {
                let known = COMMON.contains(&key) || keys.iter().any(|known| known.name == key);
                assert!(known, "a hook of kind {name} has no {key:?}");
            }
        }
    }
}

#[test]
fn the_row_of_a_kind_names_what_it_needs() {
    let none = Settings::default();
    for (name, kind) in KINDS {
        let (service, named) = (registry::service(*kind), spans(row(name)).collect::<Vec<_>>());
        let mut needed: Vec<&str> =
            service.keys().iter().filter(|key| key.need == Need::Must).map(|key| key.name).collect();
        match service.proof(&none) {
            Proof::Secret(_) => needed.push("secret"),
            Proof::Handshake => assert!(row(name).contains("`tidings hook expect"), "the handshake of {name}"),
            Proof::Address | Proof::Other(_) => {}
        }
        needed.extend(service.names_people(&none).then_some("me"));
        needed.extend(service.covers_address(&none).then_some("public_url"));
        for key in needed {
            assert!(named.contains(&key), "the row of {name} lacks `{key}`");
        }
    }
}

#[test]
fn its_commands_exist() {
    let mut seen = 0;
    let fields = README.split(['`', '\n']).map(|line| line.trim_start().trim_start_matches("$ "));
    for line in fields.filter(|line| line.starts_with("tidings ")) {
        let command = line.split(['#', '&']).next().unwrap_or_default();
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let names: Vec<&str> = words
            .iter()
            .copied()
            .take_while(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
            .take(2)
            .collect();
        // An option is known when the help of its command names it; an argument may stand where a name could.
        let help = [names.as_slice(), names.get(..1).unwrap_or_default()].into_iter().find_map(help);
        let help = help.unwrap_or_else(|| panic!("there is no \"{line}\""));
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "\"{line}\": no {option}");
        }
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

fn help(names: &[&str]) -> Option<String> {
    let run = Command::new(env!("CARGO_BIN_EXE_tidings")).args(names).arg("--help").output().unwrap();
    run.status.success().then(|| String::from_utf8(run.stdout).unwrap())
}

#[test]
fn its_files_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for word in README.split(|c: char| c.is_whitespace() || "`(),:;".contains(c)) {
        let word = word.trim_end_matches(['.', '/']);
        if ["systemd/", "config/", "tests/", "src/"].iter().any(|start| word.starts_with(start)) {
            assert!(root.join(word).exists(), "{word}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen}");
}
