//! What people see: help, exit codes, tables, and the sentences when something is not as it should be.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use regex::Regex;
use serde_json::Value;

use crate::rig::daemon::{Home, INTO_FOLDER};
use crate::rig::dialogue::{Dialogue, Say, Server};
use crate::rig::wait::{PATIENCE, until};

const PERSON: &str = "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"ada@test.example\"]\n";
const LOCAL: &str = "[[account]]\nname = \"local\"\nmaildir = \"Mail\"\nfirst_run = \"classify\"\n";
/// On a leap day, so that no slot falls into a test.
const SLOTS: &str = "0 3 29 2 *";
const DAILY: &str = "[[digest]]\nname = \"daily\"\nschedule = \"0 3 29 2 *\"\n";

fn home() -> Home {
    let home = Home::new();
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(home.path().join("Mail").join(sub)).unwrap();
    }
    home.configure(&[PERSON, INTO_FOLDER, LOCAL, DAILY]);
    home
}

/// Folders and times as they are everywhere.
fn masked(home: &Home, text: &str) -> String {
    let text = text.replace(&home.path().display().to_string(), "HOME");
    let dates = Regex::new(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d \w{3} (\d{4} )?(\d\d:\d\d)(:\d\d)?( UTC)?").unwrap();
    dates.replace_all(&text, "DATE").into_owned()
}

/// Runs a command; exit code, and both outputs one after the other.
#[track_caller]
fn check(home: &Home, words: &[&str], code: i32, expected: &Expect) {
    let (found, out, err) = home.run(words);
    assert_eq!(found, code, "{words:?}: {out}{err}");
    expected.assert_eq(&masked(home, &format!("{out}{err}")));
}

#[test]
#[allow(clippy::too_many_lines)] // what is printed stands beside what prints it
fn help_tells_what_there_is() {
    let home = home();
    check(
        &home,
        &["--help"],
        0,
        &expect![[r#"
        Holds the mail that can wait, lets the urgent through at once, and sends the rest as digests

        Usage: tidings [OPTIONS] <COMMAND>

        Commands:
          run       Run the daemon
          check     Name every error of the configuration, or print it as it is understood
          explain   Say how a message is judged, and why
          replay    Say what the rules would have done with mail that is there already
          schedule  Print the next slots of every digest, and the next quiet hours
          status    Print how the daemon is: accounts, what is held, what is due
          held      List (when nothing else is said), show, release or drop what is held
          outbox    List (when nothing else is said), show, retry or drop letters
          digest    Preview a digest, or send it now
          hook      See what a recorded webhook request would do
          pause     Begin quiet hours by hand: only critical messages pass
          resume    End quiet hours by hand
          release   Give held mail back without the daemon
          backup    Write everything that is known into one file, from the running daemon or from a stopped one
          restore   Make the state of a backup; the daemon must not run
          forget    Remove every trace of an item, or of everything from an address
          demo      Sort a bundled mailbox into urgent and held, and write the digest: no account, no server
          generate  Print manual pages, completions, or the documented configuration
          help      Print this message or the help of the given subcommand(s)

        Options:
              --config <FILE>  The configuration [default: $TIDINGS_CONFIG, else /etc/tidings/tidings.toml]
              --person <NAME>  Which person it is about, where the configuration has several
              --json           Print JSON, for programs
          -h, --help           Print help
          -V, --version        Print version

        Exit codes: 0 done; 1 refused, or not found; 2 usage or configuration; 3 the daemon is not running.
        To see it work without an account: `tidings demo`. To try rules on mail you have: `tidings replay`.
    "#]],
    );
    check(
        &home,
        &["run", "--help"],
        0,
        &expect![[r#"
        Run the daemon

        Usage: tidings run [OPTIONS]

        Options:
              --config <FILE>  The configuration [default: $TIDINGS_CONFIG, else /etc/tidings/tidings.toml]
              --person <NAME>  Which person it is about, where the configuration has several
              --json           Print JSON, for programs
          -h, --help           Print help

        SIGTERM and SIGINT stop it. SIGHUP reads the configuration again; one with errors changes nothing.
        Exit codes: 0 stopped; 70 a fault of its own; 75 try again (the state is in use, a disk is full);
        78 the configuration is wrong, or the state was written by a newer version.
    "#]],
    );
    check(
        &home,
        &["explain", "--help"],
        0,
        &expect![[r#"
        Say how a message is judged, and why

        Usage: tidings explain [OPTIONS] <FILE|-|ID>

        Arguments:
          <FILE|-|ID>  A mail as a file, `-` for standard input, or the id of an item that the daemon knows

        Options:
              --at <TIME>      As of this moment (RFC 3339)
              --config <FILE>  The configuration [default: $TIDINGS_CONFIG, else /etc/tidings/tidings.toml]
              --person <NAME>  Which person it is about, where the configuration has several
              --json           Print JSON, for programs
          -h, --help           Print help
    "#]],
    );
    check(
        &home,
        &["replay", "--help"],
        0,
        &expect![[r#"
        Say what the rules would have done with mail that is there already

        Usage: tidings replay [OPTIONS] [MAILDIR|MBOX|FILE]...

        Arguments:
          [MAILDIR|MBOX|FILE]...  Maildirs (folder by folder), mbox files, files with one mail each; `-`: standard input

        Options:
              --config <FILE>  The configuration [default: $TIDINGS_CONFIG, else /etc/tidings/tidings.toml]
              --ledger         What the daemon has taken, too; texts are cut there
              --person <NAME>  Which person it is about, where the configuration has several
              --rules <FILE>   Compare with another configuration: what would end otherwise by its rules, signals and digests
              --json           Print JSON, for programs
              --labels <FILE>  Judge the messages of this file (a line of JSON each) and measure how well their labels are met; without --config by the default configuration
              --items          Print what was decided about each message, too
              --at <TIME>      Judge every message as of this moment (RFC 3339) [default: as of its own date]
          -h, --help           Print help
    "#]],
    );
    check(
        &home,
        &["held", "release", "--help"],
        0,
        &expect![[r#"
        Let items pass now

        Usage: tidings held release [OPTIONS] [IDS]...

        Arguments:
          [IDS]...  The beginnings of their ids

        Options:
              --all             All of them
              --config <FILE>   The configuration [default: $TIDINGS_CONFIG, else /etc/tidings/tidings.toml]
              --from <PATTERN>  Those from senders that match
              --person <NAME>   Which person it is about, where the configuration has several
              --json            Print JSON, for programs
          -h, --help            Print help
    "#]],
    );
}

#[test]
fn exit_codes_tell_programs() {
    let home = home();
    let check = |words: &[&str], code: i32, said: &str| {
        let (found, out, err) = home.run(words);
        assert_eq!(found, code, "{words:?}: {out}{err}");
        assert!(format!("{out}{err}").contains(said), "{words:?}: {out}{err}");
    };
    check(&["check"], 0, "digest \"daily\"");
    check(&["schedule"], 0, "digest daily");
    check(&["--version"], 0, "tidings ");
    check(&["explain", "absent.eml"], 1, "absent.eml");
    check(&["explain", "tidings.toml"], 0, "no rule decided");
    check(&[], 2, "Usage");
    check(&["stats"], 2, "status");
    check(&["schedule", "--at", "noon"], 2, "2027-01-13T09:41:00Z");
    check(&["explain", "--at", "2027-01-13", "tidings.toml"], 2, "2027-01-13T09:41:00Z");
    check(&["held", "release"], 2, "<IDS>");
    check(&["held", "release", "--all", "abc"], 2, "cannot be used with");
    check(&["run", "--json"], 2, "leave --json out");
    for words in [&["status"][..], &["held"], &["held", "show", "ab"], &["outbox"], &["digest", "now"], &["resume"]] {
        check(words, 3, "the daemon is not running");
    }
    check(&["pause", "--until", "later"], 2, "14:00");
    check(&["pause", "--until", "2h"], 3, "the daemon is not running");
    home.configure(&[PERSON, INTO_FOLDER, LOCAL, &DAILY.replace(SLOTS, "0 9 31 2 *")]);
    check(&["check"], 0, "never runs");
    check(&["check", "--strict"], 1, "never runs");
    home.configure(&[PERSON, INTO_FOLDER, LOCAL, &DAILY.replace(SLOTS, "soon")]);
    for words in [&["check"][..], &["status"], &["schedule"], &["explain", "tidings.toml"], &["replay", "Mail"]] {
        check(words, 2, "schedule");
    }
    check(&["run"], 78, "schedule");
}

#[test]
fn check_has_data_for_programs() {
    let home = home();
    let told = |words: &[&str]| serde_json::from_str::<Value>(&home.run(words).1).unwrap();
    let good = told(&["check", "--json"]);
    assert_eq!((&good["good"], good["faults"].as_array().unwrap().len()), (&Value::from(true), 0));
    assert!(good["understood"].as_str().unwrap().contains("digest \"daily\""));
    home.configure(&[PERSON, INTO_FOLDER, LOCAL, &DAILY.replace(SLOTS, "soon")]);
    let bad = told(&["check", "--json"]);
    assert_eq!((&bad["good"], &bad["understood"]), (&Value::from(false), &Value::Null));
    let fault = &bad["faults"][0];
    assert_eq!((&fault["weight"], fault["line"].is_u64()), (&Value::from("error"), true));
}

/// The system takes 107 bytes; what says nothing of it is "invalid argument".
#[test]
fn a_socket_path_that_is_too_long_is_said() {
    let home = home();
    let long = home.path().join("x".repeat(100));
    let run = |words: &[&str]| {
        let output = home.command(words).env("RUNTIME_DIRECTORY", &long).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("bytes, and a Unix socket's has 107 at most"), "{words:?}: {text}");
        output.status.code().unwrap()
    };
    assert_eq!((run(&["check"]), run(&["status"]), run(&["run"])), (2, 2, 78));
}

/// One from somebody who knows terminals, one in wide letters, one that is long in everything.
fn deliver(mailbox: &Path) {
    let hostile = "From: =?utf-8?q?T=1b[31mom?= <t\u{1b}[2Jom@test.example>\nTo: ada@test.example\n\
        Subject: =?utf-8?q?red=1b=5b31m?= \u{1b}]0;title\u{7} raw\nDate: Wed, 13 Jan 2027 10:00:00 +0000\n\
        Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi \u{1b}[31m there\u{9b}\n--b\n\
        Content-Type: application/pdf; name=\"a\u{1b}[31mb.pdf\"\nContent-Disposition: attachment\n\nx\n--b--\n";
    let plain = |from: &str, subject: &str| {
        format!(
            "From: {from}\nTo: ada@test.example\nSubject: {subject}\nDate: Wed, 13 Jan 2027 10:00:00 +0000\n\nhello\n"
        )
    };
    let long = format!("{}@{}.test.example", "somebody".repeat(5), "far".repeat(10));
    for (name, mail) in [
        ("1", hostile.to_owned()),
        ("2", plain("kei@test.example", "会議の資料を送ります")),
        ("3", plain(&long, &"and so on ".repeat(30))),
    ] {
        fs::write(mailbox.join("tmp").join(name), mail).unwrap();
        fs::rename(mailbox.join("tmp").join(name), mailbox.join("new").join(name)).unwrap();
    }
}

/// The id of the one whose subject has this.
fn id(held: &Value, subject: &str) -> String {
    let mut found = held.as_array().unwrap().iter();
    let found = found.find(|one| one["subject"].as_str().unwrap().contains(subject)).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

#[test]
#[allow(clippy::too_many_lines)] // what is printed stands beside what prints it
fn what_is_held_can_be_read() {
    let home = home();
    deliver(&home.path().join("Mail"));
    let daemon = home.start();
    let held = until(PATIENCE, "all is held and filed", || {
        let status = daemon.json(&["status"]);
        (status["held"] == 3 && status["errands"] == 0).then(|| daemon.json(&["held"]))
    });
    let (code, list, _) = home.run(&["held"]);
    assert_eq!((code, list.lines().count()), (0, 4));
    let mut lines: Vec<&str> = list.lines().collect();
    // They came at one moment, so in any order.
    lines.get_mut(1..).unwrap().sort_by_key(|line| line.split_whitespace().nth(7).map(str::to_owned));
    expect![[r#"
        ID        LEVEL   DIGEST  LEAVES            FROM                        SUBJECT
        66568835  normal  daily   DATE  kei@test.example            会議の資料を送ります
        124b1dc3  normal  daily   DATE  somebodysomebodysomebodys…  and so on and so on and so on and so on and so on and so on…
        a6d4b9a1  normal  daily   DATE  t[2Jom@test.example         red[31m ]0;title raw"#]].assert_eq(&masked(&home, &lines.join("\n")));
    let hostile = id(&held, "red");
    check(
        &home,
        &["held", "show", &hostile],
        0,
        &expect![[r#"
        asynchronous: normal, by signals: +0.25 points, where +3.5 would make it urgent
            +0.5  to_me_alone  I am its only recipient
           -0.25  long_read    1 attached
           +0.25  in all; urgent from +3.5 up, low from -2.5 down
          stands       waiting
          id           a6d4b9a14bf712aceb2a08ee15c9b53e
          from         t[2Jom@test.example
          subject      red[31m ]0;title raw
          arrived      DATE
          digest       "daily" at DATE
          at latest    DATE
          lies in      Held
          attachment   a[31mb.pdf
          text         hi [31m there
    "#]],
    );
    check(
        &home,
        &["status"],
        0,
        &expect![[r#"
        all is well

        3 held, 0 letters to send

        ACCOUNT  STATE     SINCE                      LAST LOOK
        local    watching  DATE  DATE

        DIGEST  HELD  NEXT
        daily   3     DATE
    "#]],
    );
    for words in [&["held"][..], &["held", "show", &hostile], &["held", "--json"], &["digest", "preview"]] {
        let (_, out, err) = home.run(words);
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!out.contains(steers) && !err.contains(steers), "{words:?}: {out:?}");
    }
    // The mail as a file is the same item, for `explain` too.
    let file = fs::read_dir(home.path().join("Mail/.Held/cur")).unwrap().map(|entry| entry.unwrap().path());
    let file = file.into_iter().find(|file| fs::read_to_string(file).unwrap().contains("=1b=5b")).unwrap();
    let (_, explained, _) = home.run(&["explain", file.to_str().unwrap()]);
    assert!(explained.contains(&hostile) && !explained.contains('\u{1b}'), "{explained:?}");

    check(
        &home,
        &["held", "show", "zz"],
        1,
        &expect![[r#"
        tidings: no item has an id that begins with "zz"
    "#]],
    );
    check(
        &home,
        &["held", "show", ""],
        1,
        &expect![[r#"
        tidings: 3 items have ids that begin with "": write more of it
    "#]],
    );
    check(
        &home,
        &["held", "drop", &hostile],
        0,
        &expect![[r#"
        1 taken out of the digest; their mail stays where it is filed
    "#]],
    );
    check(
        &home,
        &["digest", "preview", "weekly"],
        1,
        &expect![[r#"
        tidings: there is no digest "weekly"; there are: daily
    "#]],
    );
    check(
        &home,
        &["outbox"],
        0,
        &expect![[r#"
        no letter waits or has failed
    "#]],
    );
    check(
        &home,
        &["digest", "now", "--wait"],
        0,
        &expect![[r#"
        sent, with 2 items
    "#]],
    );
    check(
        &home,
        &["held"],
        0,
        &expect![[r#"
        nothing is held
    "#]],
    );
    check(
        &home,
        &["digest", "now"],
        1,
        &expect![[r#"
        tidings: nothing waits for the digest "daily"
    "#]],
    );
    check(
        &home,
        &["resume"],
        1,
        &expect![[r#"
        tidings: there is no pause to end
    "#]],
    );
    assert_eq!(
        daemon.json(&["pause", "--until", "2h"])["said"].as_str().map(|said| said.starts_with("paused until")),
        Some(true)
    );
    daemon.stop();
}

/// The state of the one account, once it is there.
fn status_at(dialogue: Dialogue, state: &str) -> (Home, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(vec![dialogue]));
    let home = Home::new();
    let account = format!(
        "[[account]]\nname = \"far\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nusername = \"ada\"\npassword = {}\n",
        server.port,
        home.secret("pw", "wrong"),
    );
    home.configure(&[PERSON, INTO_FOLDER, &account, DAILY]);
    // It is not ready yet while it connects.
    let _daemon = home.spawn();
    until(PATIENCE, state, || {
        let status: Value = serde_json::from_str(&home.run(&["status", "--json"]).1).ok()?;
        (status["sources"][0]["state"] == state).then_some(())
    });
    let (_, out, err) = home.run(&["status"]);
    assert_eq!(err, "");
    let out = masked(&home, &out);
    (home, out)
}

#[test]
fn a_wrong_password_is_said() {
    let dialogue =
        Dialogue::with("IDLE").lines("LOGIN", &["T NO [AUTHENTICATIONFAILED] Invalid \u{1b}[31mcredentials"]);
    let (_home, status) = status_at(dialogue, "failed");
    expect![[r#"
        1 thing is wrong:
        ! account "far" is not watched since DATE: the server refused the login (name, password or token): AUTHENTICATIONFAILED, "Invalid [31mcredentials"; put the right one where the configuration says, and restart
          next try DATE

        0 held, 0 letters to send

        ACCOUNT  STATE   SINCE                      LAST LOOK
        far      failed  DATE  never

        DIGEST  HELD  NEXT
        daily   0     DATE
    "#]]
    .assert_eq(&status);
}

#[test]
fn a_server_that_says_nothing_is_waited_for() {
    let (_home, status) = status_at(Dialogue::greeting(vec![Say::Silence]), "connecting");
    expect![[r#"
        no trouble so far
        - account "far" is connecting since DATE

        0 held, 0 letters to send

        ACCOUNT  STATE       SINCE                      LAST LOOK
        far      connecting  DATE  never

        DIGEST  HELD  NEXT
        daily   0     DATE
    "#]]
    .assert_eq(&status);
}

#[test]
fn status_is_there_while_the_configuration_is_broken() {
    let home = home();
    let daemon = home.start();
    let well = home.run(&["status", "--json"]);
    assert_eq!(well.0, 0);
    home.configure(&[PERSON, INTO_FOLDER, LOCAL, &DAILY.replace(SLOTS, "soon")]);
    let (code, out, err) = home.run(&["status"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("all is well\n"), "{out}");
    assert!(err.contains("schedule") && err.contains("goes on with what it read before"), "{err}");
    let (code, out, _) = home.run(&["status", "--json"]);
    assert_eq!((code, serde_json::from_str::<Value>(&out).unwrap()["held"].as_u64()), (0, Some(0)));
    let backup = home.path().join("backup");
    for (command, expected) in [
        (&["held"][..], ""),
        (&["held", "release", "--all"], "0 released"),
        (&["outbox"], ""),
        (&["pause", "--until", "2h"], "paused until"),
        (&["resume"], "the pause has ended"),
        (&["digest", "now"], ""),
        (&["digest", "preview"], ""),
        (&["backup", backup.to_str().unwrap()], "read again and found whole"),
        (&["forget", "nobody@test.example"], ""),
    ] {
        let (code, out, err) = home.run(command);
        assert!(code < 2 && out.contains(expected), "{command:?}: {code} {out}{err}");
        assert!(err.contains("schedule") && err.contains("goes on with what it read before"), "{command:?}: {err}");
    }
    fs::write(home.path().join("tidings.toml"), "state_dir = \"state\n[[").unwrap();
    assert_eq!(home.run(&["status"]).0, 0, "not even TOML");
    fs::remove_file(home.path().join("tidings.toml")).unwrap();
    assert_eq!(home.run(&["status"]).0, 0, "not even there");
    daemon.stop();
    assert_eq!(home.run(&["status"]).0, 2, "without a daemon it is the configuration that must be mended");
}
