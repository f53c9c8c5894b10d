//! The README shows nothing that does not work: its configurations are accepted, its commands exist.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

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
        std::fs::write(&file, format!("{whole}\n{part}")).unwrap();
        let config = config::load(&file, &Environment::of(|name| (name == "HOME").then(|| folder.path().into())));
        let config = config.unwrap_or_else(|faults| panic!("{part}: {faults:?}"));
        assert!(config.warnings.is_empty(), "{part}: {:?}", config.warnings);
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
