//! Configurations: those that are refused, with the very words; those that are shipped, which load.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tidings::chat::kind::KINDS;
use tidings::chat::registry;
use tidings::config::environment::Environment;
use tidings::config::fault::{Fault, Weight};
use tidings::config::ready::Config;
use tidings::config::{self, Asker};
use tidings::intake::desk::Filing;
use tidings::model::mailbox::Mailbox;
use tidings::model::name::AccountName;
use tidings::model::signal::Signal;
use tidings::model::verdict::Urgency;
use tidings::smtp;
use tidings::source::door::Way;
use tidings::urgency::scale;

fn environment() -> Environment {
    Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Writes a configuration to a folder of its own with a mode that does not depend on the umask, and loads it.
fn load_with(source: &str, mode: u32, environment: &Environment) -> Result<Config, Vec<Fault>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.toml");
    fs::write(&path, source).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    config::load(&path, environment)
}

fn load(source: &str) -> Config {
    match load_with(source, 0o600, &environment()) {
        Ok(config) => config,
        Err(faults) => panic!("{}", listed(&faults)),
    }
}

/// The faults, a line each, without the folder of the file.
fn listed(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(|fault| {
            let file = PathBuf::from(fault.file.file_name().unwrap());
            format!("{}\n", Fault { file, ..fault.clone() })
        })
        .collect()
}

/// The mode that the first line of a bad configuration asks for: `# mode 640`.
fn mode_of(source: &str) -> u32 {
    let mode = source.lines().next().and_then(|line| line.strip_prefix("# mode "));
    mode.map_or(0o644, |mode| u32::from_str_radix(mode, 8).unwrap())
}

/// What `check` says of a configuration, a line each: its errors, or else its warnings and what is wrong with its secrets.
/// Beside it lie the files `open-secret`, which everybody may read, `empty-secret`, and templates that are wrong.
fn said_of(source: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    };
    let path = write("tidings.toml", source, mode_of(source));
    write("open-secret", "hunter2\n", 0o644);
    write("empty-secret", "\n", 0o600);
    write("wrong.html.j2", "<h1>{{ title }}</h1>\n<p>{{ titel }}</p>\n", 0o644);
    write("wrong.txt.j2", "{{ title }}\n{% for card in sections %}\n", 0o644);
    write("active.html.j2", "<h1>{{ title }}</h1><img src=\"https://example.org/x.gif\">\n", 0o644);
    let faults = match config::load(&path, &environment()) {
        Ok(config) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let mut faults = config.warnings.clone();
            faults.extend(runtime.block_on(config::check_secrets(&config, Asker::Shell)));
            faults.retain(|fault| fault.weight != Weight::Note);
            faults
        }
        Err(faults) => faults,
    };
    listed(&faults).replace(&folder.path().display().to_string(), "FOLDER")
}

/// Each file of `tests/data/bad_config` gives the errors, or the warnings, of the `.expected` beside it. With
/// `UPDATE_EXPECT=1` in the environment they are written instead; read what changed.
#[test]
fn bad_configurations_say_what_to_write() {
    let folder = here("tests/data/bad_config");
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    assert!(paths.len() >= 140, "only {} bad configurations", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let source = fs::read_to_string(&path).unwrap();
        let faults = said_of(&source);
        assert!(!faults.is_empty(), "{} is no bad configuration", path.display());
        assert!(!faults.contains("hunter2"), "{} shows a secret", path.display());
        let expected = path.with_extension("expected");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &faults).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != faults {
            wrong.push(format!("{}:\n{faults}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text with every documented default written out: `#key = value` without its `#`.
fn with_defaults(source: &str) -> String {
    let is_default =
        |line: &str| line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
    let lines = source.lines().map(|line| if is_default(line) { line.trim_start_matches('#') } else { line });
    lines.map(|line| format!("{line}\n")).collect()
}

fn shipped() -> String {
    fs::read_to_string(here("config/tidings.toml")).unwrap()
}

#[test]
fn the_documented_file_loads_without_a_warning() {
    let config = load(&shipped());
    assert_eq!(listed(&config.warnings), "");
}

/// The weights, the thresholds and what each signal says stand in the documented file as they are shipped. With
/// `UPDATE_EXPECT=1` in the environment the weights are written anew.
#[test]
fn the_documented_weights_are_the_shipped_ones() {
    let line = |signal: Signal| {
        let weight = format!("#{} = {}", signal.name(), scale::shipped(signal).as_f64());
        format!("{weight:<26} # {}\n", signal.meaning())
    };
    let expected: String = Signal::ALL.into_iter().map(line).collect();
    let (before, rest) =
        shipped().split_once("[signals.weights]\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let (documented, after) = rest.split_once("\n\n").unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(here("config/tidings.toml"), format!("{before}[signals.weights]\n{expected}\n{after}")).unwrap();
        return;
    }
    assert_eq!(format!("{documented}\n"), expected);
}

/// A default that is documented wrongly would show: the configuration with all of them written out is the same.
#[test]
fn the_documented_defaults_are_the_defaults() {
    let strip = |config: Config| {
        let text = config::describe(&config, jiff::Timestamp::UNIX_EPOCH);
        text.replace(&config.file.parent().unwrap().display().to_string(), "FOLDER")
    };
    let written_out = with_defaults(&shipped());
    assert!(written_out.lines().count() == shipped().lines().count() && written_out != shipped());
    assert_eq!(strip(load(&written_out)), strip(load(&shipped())));
}

/// Every key that the reader knows and that is built stands in the documented file, as a word of its own.
#[test]
fn the_documented_file_names_every_key() {
    let documented = shipped();
    let of_kinds = KINDS.iter().flat_map(|(_, kind)| registry::service(*kind).keys()).map(|key| key.name);
    for key in KEYS.iter().copied().chain(of_kinds) {
        let named = documented.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == key);
        assert!(named, "config/tidings.toml does not name `{key}`");
    }
}

const KEYS: &[&str] = &[
    "state_dir",
    "listen",
    "public_url",
    "people",
    "timezone",
    "working_hours",
    "days",
    "from",
    "until",
    "smtp",
    "host",
    "port",
    "security",
    "username",
    "password",
    "auth",
    "ca_file",
    "folder",
    "credential",
    "file",
    "env",
    "command",
    "me",
    "id",
    "name",
    "addresses",
    "alert_to",
    "groups",
    "hold",
    "max",
    "retention",
    "lease",
    "account",
    "maildir",
    "poll",
    "watch",
    "hold_in",
    "urgent_to",
    "release_to",
    "mark_seen",
    "first_run",
    "trust",
    "sent",
    "webmail",
    "chat",
    "secret",
    "channels",
    "names",
    "for",
    "chat_ids",
    "rule",
    "to",
    "cc",
    "anyone",
    "from_name",
    "subject",
    "body",
    "text",
    "header",
    "source",
    "kind",
    "channel",
    "mention",
    "to_me",
    "list",
    "automated",
    "importance",
    "authenticated",
    "burst",
    "count",
    "within",
    "first_contact",
    "replies_to_me",
    "starts_within",
    "during",
    "attachment",
    "larger_than",
    "smaller_than",
    "signal",
    "score",
    "signals",
    "enabled",
    "mail",
    "weights",
    "urgent_at",
    "low_at",
    "any",
    "all",
    "not",
    "urgency",
    "digest",
    "max_hold",
    "note",
    "quiet",
    "pass",
    "schedule",
    "weeks",
    "days_of_month",
    "takes",
    "sources",
    "max_items",
    "flush_at",
    "min_items",
    "template",
    "text_template",
    "originals",
    "format",
    "holidays",
];

#[test]
fn the_examples_load_without_a_warning() {
    let mut count = 0;
    for entry in fs::read_dir(here("config/examples")).unwrap() {
        let path = entry.unwrap().path();
        // One with several files is a folder.
        let path = if path.is_dir() { path.join("tidings.toml") } else { path };
        let config = config::load(&path, &environment()).unwrap_or_else(|faults| panic!("{}", listed(&faults)));
        assert_eq!(listed(&config.warnings), "", "{}", path.display());
        assert_eq!(config.people.len(), if path.ends_with("family/tidings.toml") { 2 } else { 1 });
        count += 1;
    }
    assert!(count >= 3);
}

const TOP: &str = "timezone = \"Europe/Lisbon\"\n[me]\naddresses = [\"Ada@Example.org\"]\n";
const SMTP: &str = "[smtp]\nfolder = \"out\"\nfrom = \"ada@example.org\"\n";
const ACCOUNT: &str =
    "[[account]]\nname = \"home\"\nhost = \"IMAP.example.org\"\nusername = \"ada\"\npassword = { env = \"X\" }\n";
const DIGEST: &str = "[[digest]]\nname = \"daily\"\nschedule = \"0 9 * * *\"\n";

fn whole(extra: &str) -> String {
    format!("{TOP}{SMTP}{ACCOUNT}{extra}\n{DIGEST}")
}

#[test]
fn ports_follow_security() {
    let check = |keys: &str, smtp_port: u16, imap_port: u16| {
        let smtp = format!("[smtp]\nhost = \"localhost\"\nfrom = \"ada@example.org\"\n{keys}\n");
        let imap = format!(
            "[[account]]\nname = \"a\"\nhost = \"::1\"\nusername = \"a\"\npassword = {{ env = \"X\" }}\n{keys}\n"
        );
        let config = load(&format!("{TOP}{smtp}{imap}{DIGEST}"));
        let smtp::settings::Settings::Server(server) = config.way_out else { panic!("no server") };
        let Way::Imap(imap) = &config.people[0].accounts[0].way else { panic!("no server") };
        assert_eq!((server.port, imap.port), (smtp_port, imap_port), "{keys}");
        assert_eq!(server.login, None);
    };
    check("", 465, 993);
    check("security = \"tls\"", 465, 993);
    check("security = \"starttls\"", 587, 143);
    check("security = \"plain\"", 25, 143);
    check("security = \"plain\"\nport = 2525", 2525, 2525);
}

#[test]
fn plain_is_for_loopback_only() {
    let check = |host: &str, allowed: bool| {
        let source = format!("{TOP}{SMTP}{ACCOUNT}security = \"plain\"\n{DIGEST}").replace("IMAP.example.org", host);
        assert_eq!(load_with(&source, 0o600, &environment()).is_ok(), allowed, "{host}");
    };
    check("localhost", true);
    check("LOCALHOST", true);
    check("127.3.2.1", true);
    check("::1", true);
    check("example.org", false);
    check("localhost.example.org", false);
    check("10.0.0.1", false);
    check("0.0.0.0", false);
}

fn filing(keys: &str) -> Filing {
    let config = load(&whole(keys));
    config.people[0].desk.accounts[&AccountName::new("home")].clone()
}

#[test]
fn mailboxes_have_defaults() {
    let check = |keys: &str, expected: (&[&str], &str, &str, Option<&str>)| {
        let filing = filing(keys);
        let watch: Vec<&str> = filing.watch.iter().map(Mailbox::as_str).collect();
        let release_to = filing.release_to.as_ref().map(Mailbox::as_str);
        assert_eq!((&watch[..], filing.hold_in.as_str(), filing.urgent_to.as_str(), release_to), expected, "{keys}");
    };
    check("", (&["INBOX"], "Held", "INBOX", None));
    check("watch = [\"Lists\", \"inbox\"]", (&["Lists", "INBOX"], "Held", "Lists", None));
    check("hold_in = \"INBOX\"", (&["INBOX"], "INBOX", "INBOX", None));
    check("release_to = \"INBOX\"", (&["INBOX"], "Held", "INBOX", Some("INBOX")));
    check("release_to = \"Held\"", (&["INBOX"], "Held", "INBOX", None));
    check("urgent_to = \"Now\"\nhold_in = \"Später/Grüße\"", (&["INBOX"], "Später/Grüße", "Now", None));
}

#[test]
fn digests_take_what_no_other_names() {
    let check = |first: &str, second: &str, expected: [&[Urgency]; 2]| {
        let second = format!("[[digest]]\nname = \"b\"\nschedule = \"@daily\"\n{second}\n");
        let config = load(&format!("{}{first}\n{second}", whole("")));
        let takes: Vec<&[Urgency]> = config.people[0].desk.digests.iter().map(|plan| &plan.takes[..]).collect();
        assert_eq!(takes, expected, "{first} {second}");
        assert_eq!(config.people[0].desk.digests[0].letter.to, ["Ada@example.org"]);
    };
    let (low, normal) = (Urgency::Low, Urgency::Normal);
    check("", "", [&[low, normal], &[low, normal]]);
    check("takes = [\"normal\"]", "", [&[normal], &[low]]);
    check("takes = \"low\"", "takes = []", [&[low], &[]]);
    check("takes = [\"normal\", \"low\", \"low\"]", "", [&[low, normal], &[]]);
}

#[test]
fn rules_keep_the_order_of_the_file() {
    let config = load(&whole(
        "[[rule]]\nname = \"x\"\nsubject = \"a\"\nheader.X-B = true\nfrom = \"@g\"\nheader = { }\nurgency = \"drop\"\n\n[groups]\ng = \"x@example.org\"\n"
            .replace("header = { }\n", "")
            .as_str(),
    ));
    let text = config::describe(&config, jiff::Timestamp::UNIX_EPOCH);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(at("subject is \"a\"") < at("header X-B is there") && at("header X-B") < at("from is \"@g\""), "{text}");
    assert_eq!(config.people[0].desk.rules[0].when.len(), 3);
}

/// Headers come as dotted keys, as an inline table and as a table with a header of its own, at the top and nested.
#[test]
fn headers_are_written_in_every_way_of_toml() {
    let check = |written: &str| {
        let config = load(&whole(&format!("[[rule]]\nname = \"x\"\nurgency = \"low\"\n{written}\n")));
        let text = config::describe(&config, jiff::Timestamp::UNIX_EPOCH);
        assert!(text.contains("header Precedence is \"bulk\""), "{written}: {text}");
    };
    check("header.Precedence = \"bulk\"");
    check("header = { Precedence = [\"bulk\"] }");
    check("[rule.header]\nPrecedence = \"bulk\"");
    check("any = [{ header.Precedence = \"bulk\" }]");
    check("not = { header = { Precedence = \"bulk\" } }");
    check("[[rule.any]]\nheader.Precedence = \"bulk\"\n[[rule.any]]\nlist = true");
}

#[test]
fn state_lies_where_the_surroundings_say() {
    let check = |top: &str, environment: &Environment, state: &str, runtime: &str| {
        let config = load_with(&format!("{top}\n{}", whole("")), 0o600, environment).unwrap();
        let folder = config.file.parent().unwrap();
        assert_eq!((config.state, config.runtime), (folder.join(state), folder.join(runtime)));
    };
    let home = environment();
    let unit = Environment {
        state_directory: Some(PathBuf::from("/var/lib/tidings")),
        runtime_directory: Some(PathBuf::from("/run/tidings")),
        ..environment()
    };
    check("", &home, "/home/ada/.local/state/tidings", "/home/ada/.local/state/tidings");
    check("", &unit, "/var/lib/tidings", "/run/tidings");
    check("state_dir = \"state\"", &unit, "state", "/run/tidings");
    check("state_dir = \"state\"", &home, "state", "state");
    let nowhere = load_with(&whole(""), 0o600, &Environment::default()).unwrap_err();
    assert!(listed(&nowhere).contains("\"state_dir\" is missing"), "{}", listed(&nowhere));
}

#[test]
fn plain_secrets_are_warned_of_and_refused_in_the_open() {
    let source = whole("").replace("{ env = \"X\" }", "\"hunter2\"");
    let config = load_with(&source, 0o640, &environment()).unwrap();
    assert_eq!(config.warnings.len(), 1);
    assert_eq!(config.warnings[0].weight, Weight::Warning);
    assert!(!config::describe(&config, jiff::Timestamp::UNIX_EPOCH).contains("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"));
    let refused = load_with(&source, 0o644, &environment()).unwrap_err();
    assert!(listed(&refused).contains("everybody may read"));
}

#[test]
fn secrets_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::write(&path, "secret\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    };
    write("closed", 0o600);
    write("open", 0o644);
    write("imap", 0o440);
    let path = folder.path().join("tidings.toml");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let check = |secret: &str, inside: bool, expected: Option<(Weight, &str)>| {
        fs::write(&path, whole("").replace("{ env = \"X\" }", secret)).unwrap();
        let credentials_directory = inside.then(|| folder.path().to_owned());
        let config = config::load(&path, &Environment { credentials_directory, ..environment() }).unwrap();
        let faults = runtime.block_on(config::check_secrets(&config, Asker::Shell));
        match (expected, &faults[..]) {
            (None, []) => {}
            (Some((weight, part)), [fault]) if fault.weight == weight => {
                let text = fault.to_string();
                assert!(text.contains(part) && text.contains(":11:12: "), "{secret}: {text}");
            }
            _ => panic!("{secret}: {}", listed(&faults)),
        }
    };
    check("{ file = \"closed\" }", false, None);
    check("{ file = \"open\" }", false, Some((Weight::Error, "others may read")));
    check("{ file = \"missing\" }", false, Some((Weight::Error, "No such file")));
    check("{ env = \"TIDINGS_TEST_UNSET\" }", false, Some((Weight::Error, "TIDINGS_TEST_UNSET")));
    check("{ credential = \"imap\" }", false, Some((Weight::Note, "not checked here")));
    check("{ credential = \"imap\" }", true, None);
    check("{ credential = \"none\" }", true, Some((Weight::Error, "LoadCredential=")));
    check("{ command = [\"./token\"] }", false, Some((Weight::Note, "not run here")));
}

#[test]
fn files_that_cannot_be_read_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let check = |bytes: Option<&[u8]>, expected: &str| {
        let path = folder.path().join("t.toml");
        let _ = fs::remove_file(&path);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).unwrap();
        }
        let text = listed(&config::load(&path, &environment()).unwrap_err());
        assert!(text.starts_with(expected), "{text}");
    };
    check(None, "t.toml: cannot read the configuration: No such file");
    check(Some(b"a = 1\nb = \"\xff\""), "t.toml:2:6: this is not UTF-8");
    check(Some(&vec![b'#'; 2 << 20]), "t.toml: cannot read the configuration: it is longer than");
    let text = listed(&config::load(folder.path(), &environment()).unwrap_err());
    assert!(text.contains("it is a folder"), "{text}");
    let with_mark = format!("\u{feff}{}", whole(""));
    assert!(load_with(&with_mark, 0o600, &environment()).is_ok());
    assert!(load_with(&whole("").replace('\n', "\r\n"), 0o600, &environment()).is_ok());
}

/// Whatever a file holds, the answer is a configuration or a list of faults with places in it.
#[test]
fn mangled_files_are_refused_and_nothing_more() {
    let source = shipped();
    let lines: Vec<&str> = source.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let check = |source: &str| {
        let count = source.lines().count().max(1);
        let faults = match load_with(source, 0o600, &environment()) {
            Ok(config) => config.warnings,
            Err(faults) => {
                assert!(!faults.is_empty());
                faults
            }
        };
        let inside = |fault: &Fault| fault.position.is_none_or(|position| position.line <= count + 1);
        assert!(faults.iter().all(inside), "{source}\n{}", listed(&faults));
    };
    for left_out in 0..lines.len() {
        let kept: Vec<&str> = lines.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, line)| *line).collect();
        check(&kept.join("\n"));
        check(&lines[..left_out].join("\n"));
        let (before, after) = lines.split_at(left_out);
        // One wrong value for each key, a different one each time: all for all take 10 s.
        let values = ["-1", "[[[]]]", "{}", "\"\\u0000\"", "1979-05-27", "nan", "\"\""];
        let (key, value) = (lines[left_out].split('=').next().unwrap(), values[left_out % values.len()]);
        check(&format!("{}\n{key} = {value}\n{}", before.join("\n"), after[1..].join("\n")));
    }
    for deep in ["[", "{a=", "a.", "[["] {
        check(&format!("x = {}", deep.repeat(100_000)));
        check(&deep.repeat(100_000));
        check(&format!("{}\n[[rule]]\nany = {}", whole(""), "[{any=".repeat(20_000)));
    }
}

/// The configurations of the shared field cases load where they ask only for what is built.
#[test]
fn field_configurations_load() {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(|| here("../shared"), PathBuf::from);
    let Ok(cases) = fs::read_dir(shared.join("field")) else {
        println!("not run: no {}", shared.join("field").display());
        return;
    };
    let mut loaded = 0;
    let mut wrong = Vec::new();
    for case in cases.flatten() {
        let Ok(files) = fs::read_dir(case.path()) else { continue };
        for path in files.flatten().map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "toml"))
        {
            let bad = path.file_name().is_some_and(|name| name == "bad.toml");
            match config::load(&path, &environment()) {
                Ok(_) if !bad => loaded += 1,
                Ok(_) => wrong.push(format!("{} loads", path.display())),
                Err(faults) => {
                    let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
                    println!("{}", faults.join("\n"));
                    if !bad {
                        wrong.push(faults.join("\n"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(loaded > 0, "none loads");
}
