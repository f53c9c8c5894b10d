//! `explain`: which signals fired and what they gave, and what would turn the outcome, for a file and for an item.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;

use expect_test::expect;
use serde_json::{Value, json};

use crate::rig::daemon::{Home, INTO_FOLDER};
use crate::rig::wait::{PATIENCE, until};

const PERSON: &str = "timezone = \"Etc/UTC\"\nworking_hours = { from = \"09:00\", until = \"18:00\" }\n\
    [me]\naddresses = [\"ada@test.example\"]\n";
const LOCAL: &str = "[[account]]\nname = \"local\"\nmaildir = \"Mail\"\nfirst_run = \"classify\"\n";
const DAILY: &str = "[[digest]]\nname = \"daily\"\nschedule = \"0 3 29 2 *\"\n";
/// Weights of its own, so that those that are shipped may change.
const SIGNALS: &str = "[signals.mail]\nurgent_at = 3\nlow_at = -2\n\
    [signals.weights]\ncourtesy_copy = -1.5\nlist_mail = -4\nto_me_alone = 0.5\noff_hours = 0\n";
const RULES: &str = "[[rule]]\nname = \"the harbour\"\nfrom = \"*@harbour.example\"\nscore = 3.5\n\
    [[rule]]\nname = \"the captain at work\"\nfrom = \"captain@*\"\nduring = \"working\"\nurgency = \"urgent\"\n\
    [[rule]]\nname = \"tides\"\nsubject = \"tide tables\"\nurgency = \"low\"\n";

fn home(signals: &str, rules: &str) -> Home {
    let home = Home::new();
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(home.path().join("Mail").join(sub)).unwrap();
    }
    home.configure(&[PERSON, INTO_FOLDER, LOCAL, signals, rules, DAILY]);
    home
}

fn mail(from: &str, subject: &str, more: &str) -> String {
    let to = if more.contains("Cc:") { "crew@test.example" } else { "ada@test.example" };
    format!(
        "From: {from}\nTo: {to}\n{more}Subject: {subject}\nDate: Wed, 13 Jan 2027 10:00:00 +0000\nMessage-ID: <1@test.example>\n\
        \nThe lamps of the pier are blue.\n"
    )
}

fn explain(home: &Home, mail: &str, words: &[&str]) -> String {
    home.write("one.eml", mail);
    let at: &[&str] = if words.contains(&"--at") { &[] } else { &["--at", "2027-01-13T10:05:00Z"] };
    let (code, out, err) = home.run(&[&["explain", "one.eml"], at, words].concat());
    assert_eq!(code, 0, "{err}");
    out
}

fn told(home: &Home, mail: &str, words: &[&str]) -> Value {
    serde_json::from_str(&explain(home, mail, &[&["--json"], words].concat())).unwrap()
}

#[test]
fn each_signal_has_its_points_and_what_fired_it() {
    let home = home(SIGNALS, RULES);
    let copy = mail("mate@harbour.example", "Lamps", "Cc: ada@test.example\nList-Id: <crew.harbour.example>\n");
    expect![[r#"
        asynchronous: low, by signals: -2 points, where +3 would make it urgent
              -4  list_mail           list is "crew.harbour.example"
            -1.5  courtesy_copy       I am only in Cc
            +3.5  rule "the harbour"  from "mate@harbour.example" matches
                                      "*@harbour.example"
              -2  in all; urgent from +3 up, low from -2 down
          outcome      is held for the digest "daily" at Thu 21 Jan 2027 10:05 UTC;
                       leaves at the latest Thu 21 Jan 2027 10:05 UTC
          turns if     alert_source (+10) fired, too: a monitoring or paging service
                       says that something is firing
          from         mate@harbour.example
          written      Wed 13 Jan 2027 10:00 +00:00
          subject      Lamps
          id           4d40a1cd97381fbc0d392805d0e82450
          judged text  The lamps of the pier are blue.
          passed over  "the captain at work": from "mate@harbour.example" does not match
                       "captain@*"
          passed over  "tides": subject "Lamps" does not match "tide tables"
    "#]]
    .assert_eq(&explain(&home, &copy, &[]));
    let told = told(&home, &copy, &[]);
    assert_eq!(
        (&told["mode"], &told["rule"], &told["score"], &told["threshold"]),
        (&json!("asynchronous"), &Value::Null, &json!(-2.0), &json!(3.0))
    );
    let names: Vec<&str> =
        told["signals"].as_array().unwrap().iter().map(|signal| signal["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["list_mail", "courtesy_copy"]);
    assert_eq!(told["signals"][1]["points"], -1.5);
    assert_eq!(told["signals"][1]["evidence"].as_array().unwrap().len(), 1);
    assert_eq!(told["rules_scored"][0]["name"], "the harbour");
}

#[test]
fn the_smallest_change_is_told() {
    let home = home(SIGNALS, RULES);
    let check = |mail: &str, words: &[&str], mode: &str, turns_if: &str| {
        let told = told(&home, mail, words);
        assert_eq!((told["mode"].as_str().unwrap(), told["turns_if"].as_str().unwrap_or("null")), (mode, turns_if));
    };
    let plain = mail("captain@test.example", "Lamps", "");
    check(&plain, &[], "synchronous", "rule \"the captain at work\" did not match");
    check(
        &plain,
        &["--at", "2027-01-13T20:00:00Z"],
        "asynchronous",
        "rule \"the captain at work\" matched; now it came on Wed 20:00, not in working hours",
    );
    let harbour = mail("mate@harbour.example", "Lamps", "");
    check(&harbour, &[], "synchronous", "courtesy_copy (-1.5) fired, too: I am only in Cc");
    // The rule decides, and without it the signals say the same.
    let (tides, evening) = (mail("eve@test.example", "Tide tables", ""), ["--at", "2027-01-13T20:00:00Z"]);
    check(&tides, &evening, "asynchronous", "null");
    let said = explain(&home, &tides, &evening);
    assert!(said.contains("(no single change does: without rule \"tides\" it would be normal)"), "{said}");
}

#[test]
fn signals_can_be_switched_off() {
    let home = home("[signals]\nenabled = false\n", "");
    let said = explain(&home, &mail("eve@test.example", "Lamps", ""), &[]);
    assert!(said.starts_with("asynchronous: normal; no rule decided, and signals are switched off\n"), "{said}");
    let (_, understood, _) = home.run(&["check"]);
    assert!(understood.contains("signals\n  switched off"), "{understood}");
}

#[test]
fn weights_of_ones_own_are_shown() {
    let (code, understood, err) = home(SIGNALS, RULES).run(&["check"]);
    assert_eq!(code, 0, "{err}");
    for line in [
        "rule \"the harbour\"\n  when            from is \"*@harbour.example\"\n  then            +3.5 points, and the next rule",
        "  mail            urgent from +3 points on, low from -2 down",
        "list_mail -4 instead of ",
    ] {
        assert!(understood.contains(line), "{line}\n{understood}");
    }
}

/// What the daemon remembers is told in the words in which a file is explained.
#[test]
fn an_item_is_explained_as_its_file_is() {
    let home = home(SIGNALS, RULES);
    let copy = mail("mate@harbour.example", "Lamps", "Cc: ada@test.example\nList-Id: <crew.harbour.example>\n");
    let file = home.path().join("Mail/new/1");
    fs::write(&file, &copy).unwrap();
    let daemon = home.start();
    let held = until(PATIENCE, "it is held", || {
        let held = daemon.json(&["held"]);
        held[0]["id"].as_str().map(str::to_owned)
    });
    let (of_file, of_item) = (told(&home, &copy, &[]), daemon.json(&["explain", &held]));
    for key in ["id", "urgency", "mode", "rule", "score", "threshold", "rules_scored", "from", "outcome", "digest"] {
        assert_eq!(of_item[key], of_file[key], "{key}");
    }
    // The daemon judges by its clock, and at night `off_hours` fires, though it weighs nothing here.
    let telling = |told: &Value| {
        let mut signals = told["signals"].as_array().unwrap().clone();
        signals.retain(|signal| signal["points"] != 0.0);
        signals
    };
    assert_eq!(telling(&of_item), telling(&of_file));
    let (_, shown, _) = home.run(&["explain", &held]);
    let (said, shown) = (explain(&home, &copy, &[]), shown.lines().take(5).map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(said.lines().take(5).collect::<Vec<_>>(), shown);
    daemon.stop();
}
