//! Several persons in one daemon: each has their own accounts, rules and digests, and nobody waits for another.

use std::net::TcpListener;

use tidings::config;
use tidings::config::environment::Environment;
use tidings::control::wire::{Reply, Request};

use crate::rig::daemon::{Home, INTO_FOLDER};
use crate::rig::day::{berlin, named, seconds};
use crate::rig::dovecot::Dovecot;
use crate::rig::inside::{House, Running, field, letter, until};
use crate::rig::maildir;
use crate::rig::mails::{mail, text_of};
use crate::rig::postman::Postman;
use crate::rig::smtp_server::{Fault, Setup, SmtpServer, Step};
use crate::rig::wait::{PATIENCE, until_true};

const PEOPLE: &str = "people = \"people/*.toml\"\n";
const URGENT: &str = "[[rule]]\nname = \"urgent\"\nsubject = \"urgent\"\nurgency = \"urgent\"\n";

/// A person with a Maildir beside the main file, and a digest at nine.
fn person(name: &str, zone: &str, more: &str) -> String {
    format!(
        "timezone = \"{zone}\"\n[me]\naddresses = [\"{name}@example.org\"]\n\
         [[account]]\nname = \"home\"\nmaildir = \"../{name}\"\nhold_in = \"Held\"\n\
         [[digest]]\nname = \"daily\"\nschedule = \"0 9 * * *\"\n{more}"
    )
}

fn service(smtp: &str) -> String {
    format!("state_dir = \"state\"\n{PEOPLE}{smtp}")
}

fn by_server(port: u16) -> String {
    format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nfrom = \"Tidings <tidings@example.org>\"\n"
    )
}

/// Ada in Berlin and Ben in New York, who do not know of each other.
async fn ada_and_ben() -> (House, SmtpServer, Running) {
    let (house, smtp) = (House::new(), SmtpServer::start(Setup::default()).await);
    house.configure(&service(&by_server(smtp.port)));
    for (name, zone, more) in [("ada", "Europe/Berlin", URGENT), ("ben", "America/New_York", "")] {
        house.make_maildir(name);
        house.configure_person(name, &person(name, zone, more));
    }
    let daemon = house.start(berlin("06T08:00")).await;
    (house, smtp, daemon)
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_digests_of_the_same_name_do_not_mix() {
    let (house, smtp, daemon) = ada_and_ben().await;
    for (name, subject) in [("ada", "urgent for ada"), ("ada", "plain for ada"), ("ben", "urgent for ben")] {
        house.deliver(name, letter(subject, daemon.now()).as_bytes(), daemon.now());
    }
    daemon.on(seconds(3)).await;
    assert_eq!(house.subjects("ada", ""), ["urgent for ada"], "her rule lets it pass");
    assert_eq!(house.subjects("ben", ""), [] as [&str; 0], "he has no such rule");

    let status = daemon.status().await;
    let sources: Vec<_> = status.sources.iter().map(|one| (one.person.as_str(), one.name.as_str())).collect();
    assert_eq!(sources, [("ada", "home"), ("ben", "home")]);
    let due: Vec<_> = status.due.iter().map(|due| (due.person.as_str(), due.items)).collect();
    assert_eq!(due, [("ada", 1), ("ben", 1)]);
    let Reply::Status(bens) = daemon.ask_about("ben", Request::Status).await else { panic!("no status") };
    assert_eq!((bens.held, bens.sources.len(), bens.due.len()), (1, 1, 1));
    let Reply::Held { items } = daemon.ask_about("ada", Request::Held).await else { panic!("no list") };
    assert_eq!(items.iter().map(|item| item.subject.as_str()).collect::<Vec<_>>(), ["plain for ada"]);

    let pause = Request::Pause { until: berlin("07T00:00").to_string(), reason: None };
    let Reply::Refused { said } = daemon.ask(pause.clone()).await else { panic!("it is not said whose") };
    assert_eq!(said, "which person: ada, ben? write --person NAME");
    assert!(matches!(daemon.ask_about("cleo", pause.clone()).await, Reply::Refused { .. }));
    let his = Request::Drop { ids: vec![items[0].id.clone()] };
    assert!(matches!(daemon.ask_about("ben", his).await, Reply::Refused { .. }), "it is hers");

    assert!(matches!(daemon.ask_about("ada", pause).await, Reply::Done { .. }));
    house.deliver("ada", letter("urgent in the pause", daemon.now()).as_bytes(), daemon.now());
    daemon.on(seconds(3)).await;
    assert_eq!(house.subjects("ada", "Held"), ["plain for ada", "urgent in the pause"]);
    assert!(matches!(daemon.ask_about("ada", Request::Resume).await, Reply::Done { .. }));
    daemon.settled().await;

    daemon.at(berlin("06T09:00")).await;
    let recipients = || smtp.letters().iter().map(|letter| letter.rcpt.clone()).collect::<Vec<_>>();
    assert_eq!(recipients(), ["TO:<ada@example.org>"], "nine o'clock in Berlin is hers alone");
    daemon.at(berlin("06T15:00")).await;
    assert_eq!(recipients(), ["TO:<ada@example.org>", "TO:<ben@example.org>"], "and in New York his");
    let letters = smtp.letters();
    assert_eq!(named(&letters[0], &["plain for ada", "urgent for ben"]), 1);
    assert_eq!(named(&letters[1], &["plain for ada", "urgent for ben"]), 1);
    assert_ne!(field(&letters[0].bytes, "Message-ID"), field(&letters[1].bytes, "Message-ID"));
    daemon.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_at_whom_the_server_stalls_delays_nobody_else() {
    let (house, smtp, daemon) = ada_and_ben().await;
    for name in ["ada", "ben"] {
        house.deliver(name, letter("a matter", daemon.now()).as_bytes(), daemon.now());
    }
    daemon.on(seconds(3)).await;
    smtp.fault(Step::Rcpt, Fault::Stall, 1);
    daemon.set(berlin("06T09:00"));
    until("hers is begun", async || smtp.heard().iter().any(|line| line.contains("<ada@example.org>"))).await;
    daemon.set(berlin("06T15:00"));
    until("his is there", async || smtp.letters().len() == 1).await;
    assert_eq!(smtp.letters()[0].rcpt, "TO:<ben@example.org>");
    daemon.status_is("hers is still under way", |status| status.outbox == 1).await;
    daemon.begin_to_stop();
}

#[test]
fn a_server_that_says_nothing_delays_nobody_else() {
    let (home, deaf) = (Home::new(), TcpListener::bind(("127.0.0.1", 0)).unwrap());
    let port = deaf.local_addr().unwrap().port();
    home.configure(&[PEOPLE, INTO_FOLDER]);
    std::fs::create_dir(home.path().join("people")).unwrap();
    let account = format!(
        "[[account]]\nname = \"away\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nusername = \"ada\"\n\
         password = {}\n",
        home.secret("people/password", "pw").replace("people/", "")
    );
    home.write("people/ada.toml", &format!("{}{account}", person("ada", "Etc/UTC", "")));
    home.write("people/ben.toml", &person("ben", "Etc/UTC", URGENT));
    ["ada", "ben"].iter().for_each(|name| maildir::make(&home.path().join(name)));
    let daemon = home.spawn();
    until_true(PATIENCE, "it can be asked", || home.path().join("run/control.sock").exists());
    let subjects = |name: &str, mailbox: &str| maildir::subjects(&home.path().join(name), mailbox);
    daemon.until("their Maildirs are watched", |status| {
        let watched = |source: &&serde_json::Value| source["name"] == "home" && source["state"] == "watching";
        status["sources"].as_array().unwrap().iter().filter(watched).count() == 2
    });
    for name in ["ada", "ben"] {
        let folder = home.path().join(name);
        ["urgent", "plain"]
            .iter()
            .for_each(|subject| drop(maildir::deliver(&folder, maildir::letter(subject).as_bytes())));
    }
    until_true(PATIENCE, "his mail is judged", || subjects("ben", "Held") == ["plain"]);
    assert_eq!(subjects("ben", ""), ["urgent"]);
    until_true(PATIENCE, "so is that of her other account", || subjects("ada", "Held") == ["plain", "urgent"]);
    daemon.kill();
}

#[test]
fn each_has_an_account_at_a_real_server() {
    let (dovecot, home) = (Dovecot::start(), Home::new());
    let digest = "[[digest]]\nname = \"all\"\nschedule = \"0 3 1 1 *\"\n";
    home.configure(&[PEOPLE, INTO_FOLDER]);
    std::fs::create_dir(home.path().join("people")).unwrap();
    for user in ["u0", "u1"] {
        let account = dovecot.account(&home, user, "").replace("{ file = \"", "{ file = \"../");
        let me = format!("timezone = \"Etc/UTC\"\n[me]\naddresses = [\"{user}@test.example\"]\n");
        home.write(&format!("people/{user}.toml"), &format!("{me}{account}{digest}{URGENT}"));
    }
    let daemon = home.start();
    let mut postman = Postman::lmtp(dovecot.lmtp);
    for user in ["u0", "u1"] {
        postman.bring(&[user], &mail(&format!("for-{user}"), "friend@home.example"));
    }
    daemon.until("both are held", |status| status["held"] == 2 && status["errands"] == 0);
    for user in ["u0", "u1"] {
        assert_eq!(dovecot.client(user).count("Held"), Some(1), "{user}");
        let before = home.letters();
        daemon.tell(&["digest", "now", "--wait", "--person", user]);
        let letters = home.letters();
        let new: Vec<_> = letters.iter().filter(|letter| !before.contains(letter)).collect();
        assert_eq!(new.len(), 1);
        assert_eq!(field(new[0], "To"), format!("<{user}@test.example>"));
        let text = text_of(new[0]);
        assert_eq!((text.contains("for-u0"), text.contains("for-u1")), (user == "u0", user == "u1"), "{text}");
    }
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_persons_each_get_their_digest() {
    let house = House::new();
    house.configure(&service(INTO_FOLDER));
    let names: Vec<String> = (0..200).map(|number| format!("p{number:03}")).collect();
    for name in &names {
        house.make_maildir(name);
        house.configure_person(name, &person(name, "Europe/Berlin", ""));
    }
    let daemon = house.start(berlin("06T08:00")).await;
    assert_eq!(daemon.status().await.sources.len(), 200);
    for name in &names {
        house.deliver(name, letter(&format!("for {name}"), daemon.now()).as_bytes(), daemon.now());
    }
    daemon.set(daemon.now() + seconds(3));
    daemon.status_is("all is held", |status| status.held == 200 && status.errands == 0).await;
    daemon.set(berlin("06T09:00"));
    // Each account is asked what of it was read meanwhile before its digest is sealed.
    daemon.status_is("all is sent", |status| status.held == 0 && status.sealed == 0 && status.outbox == 0).await;
    let mut sent: Vec<(String, bool)> = std::fs::read_dir(house.path("out"))
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .map(|letter| {
            let name = field(&letter, "To").trim_start_matches('<').split('@').next().unwrap().to_owned();
            let theirs = text_of(&letter).contains(&format!("for {name}"));
            (name, theirs)
        })
        .collect();
    sent.sort();
    assert_eq!(sent, names.into_iter().map(|name| (name, true)).collect::<Vec<_>>());
    daemon.stop().await.unwrap();
}

#[test]
fn commands_say_or_ask_whose_they_are() {
    let home = Home::new();
    home.configure(&[PEOPLE, INTO_FOLDER]);
    std::fs::create_dir(home.path().join("people")).unwrap();
    home.write("people/ada.toml", &person("ada", "Etc/UTC", URGENT));
    home.write("people/ben.toml", &person("ben", "Etc/UTC", ""));
    let mail = home.write("mail.eml", &maildir::letter("urgent"));
    let mail = mail.to_str().unwrap();
    let check = |words: &[&str], code: i32, out: &[&str], err: &str| {
        let (found, printed, said) = home.run(words);
        assert_eq!(found, code, "{words:?}: {printed}{said}");
        assert!(out.iter().all(|part| printed.contains(part)), "{words:?}: {printed}");
        assert!(said.contains(err) && said.is_empty() == err.is_empty(), "{words:?}: {said}");
    };
    let which = "tidings: which person: ada, ben? write --person NAME\n";
    check(&["check"], 0, &["person ada", "person ben"], "");
    check(&["schedule", "--next", "1"], 0, &["ada: digest daily", "ben: digest daily"], "");
    for words in [
        &["explain", mail][..],
        &["replay", mail],
        &["pause", "--until", "2h"],
        &["resume"],
        &["digest", "preview"],
        &["digest", "now"],
        &["held", "release", "--all"],
        &["held", "release", "--from", "*"],
    ] {
        check(words, 2, &[], which);
    }
    check(&["explain", mail, "--person", "ada"], 0, &["synchronous: urgent"], "");
    check(&["explain", mail, "--person", "ben"], 0, &["asynchronous: normal"], "");
    check(&["check", "--person", "bem"], 2, &[], "there is no person \"bem\"; did you mean \"ben\"?");
    check(&["run", "--person", "ben"], 2, &[], "leave --person out");
    check(&["status", "--person", "ben"], 3, &[], "not running");
    let (_, alone, _) = home.run(&["check", "--person", "ben"]);
    assert!(alone.contains("person ben") && !alone.contains("person ada"), "{alone}");
}

/// The faults of such files, without the folder.
fn faults(main: &str, people: &[(&str, &str)]) -> Vec<String> {
    let home = Home::new();
    home.configure(&[main]);
    std::fs::create_dir(home.path().join("people")).unwrap();
    people.iter().for_each(|(name, text)| drop(home.write(&format!("people/{name}"), text)));
    let file = home.path().join("tidings.toml");
    let environment = Environment { state_directory: Some(home.state()), ..Environment::default() };
    let faults = match config::load(&file, &environment) {
        Ok(config) => config.warnings,
        Err(faults) => faults,
    };
    let folder = format!("{}/", home.path().display());
    faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
}

#[test]
fn all_errors_of_all_files_are_named_at_once() {
    let ada = person("ada", "Etc/UTC", "");
    let check = |main: &str, people: &[(&str, &str)], expected: &[&str]| assert_eq!(faults(main, people), expected);
    let main = service(INTO_FOLDER);
    check(&main, &[("ada.toml", &ada)], &[]);
    check(
        &main,
        &[],
        &[
            "tidings.toml:1:1: warning: there is nobody: no file of people, and no [me] here; write one",
            "tidings.toml:2:10: warning: \"people\": no file matches \"people/*.toml\"",
        ],
    );
    check(
        &main,
        &[
            ("ada.toml", &ada.replace("[me]\n", "[me]\nid = \"eve\"\n").replace("Etc/UTC", "Etc/UTZ")),
            ("ben.toml", &format!("state_dir = \"x\"\n{}{INTO_FOLDER}", person("ben", "Etc/UTC", ""))),
            ("cleo.toml", "timezone = \n"),
            ("dan.toml", &person("ada", "Etc/UTC", "")),
        ],
        &[
            "people/ada.toml:1:12: \"timezone\": no time zone \"Etc/UTZ\"; did you mean \"Etc/UTC\"?",
            "people/ada.toml:3:6: [me]: \"id\" \"eve\" is not the file's name; remove it, or rename the file",
            "people/ben.toml:1:1: \"state_dir\" is the service's, and not a person's; write it in the main file",
            "people/ben.toml:12:2: \"smtp\" is the service's, and not a person's; write it in the main file",
            "people/cleo.toml:1:12: this is not TOML: a value is missing; write one behind =",
            "people/dan.toml:4:1: account \"home\": \"INBOX\" of this login is watched by account \"home\" already in \
             people/ada.toml:5:1; remove one",
        ],
    );
    // The person of the main file counts among them.
    let (top, tables) = ada.split_once("[me]\n").unwrap();
    let me = tables.replace("../ada", "ada").replace("addresses", "id = \"Ada\"\naddresses");
    let both = format!("{top}{PEOPLE}{INTO_FOLDER}[me]\n{me}");
    let bens = ada.replace("hold_in = \"Held\"\n", "watch = [\"Lists\", \"Held\"]\nhold_in = \"Other\"\n");
    check(
        &both,
        &[("ada.toml", &person("ben", "Etc/UTC", "")), ("ben.toml", &bens)],
        &[
            "people/ada.toml:2:1: the person \"ada\" has the name of the one in tidings.toml:7:6; give each their own",
            "people/ben.toml:7:19: account \"home\": \"Held\" is where account \"home\" holds mail in tidings.toml:9:1; \
             watch another mailbox",
        ],
    );
}
