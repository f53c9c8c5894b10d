//! What came before counts: bursts, first contacts, answers to what I wrote; in the daemon, in `replay`, and in `explain`.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tidings::clock::Clock;
use tidings::control::wire::Status;

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::dovecot::{Dovecot, Wishes};
use crate::rig::inside::{House, Running, until};
use crate::rig::postman::Postman;

const RULES: &str = r#"
[[rule]]
name = "answers"
replies_to_me = true
urgency = "urgent"

[[rule]]
name = "burst"
burst = { count = 3, within = "10m" }
urgency = "urgent"

[[rule]]
name = "strangers"
first_contact = true
urgency = "low"
"#;

/// A mail with this Message-ID, from and to these, that answers those.
fn mail(id: &str, (from, to): (&str, &str), answers: &str, at: Timestamp) -> String {
    let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let (parent, all) = match answers.split_whitespace().last() {
        Some(parent) => {
            let all: Vec<String> = answers.split_whitespace().map(|id| format!("<{id}@x.example>")).collect();
            (format!("In-Reply-To: <{parent}@x.example>\r\n"), format!("References: {}\r\n", all.join(" ")))
        }
        None => (String::new(), String::new()),
    };
    format!(
        "From: {from}@x.example\r\nTo: {to}@x.example\r\nSubject: {id}\r\nDate: {date}\r\n\
         Message-ID: <{id}@x.example>\r\n{parent}{all}\r\nText of {id}.\r\n"
    )
}

fn monday(time: &str) -> Timestamp {
    format!("2024-05-06T{time}:00Z").parse().unwrap()
}

/// A home whose Maildir has a past: Bob wrote ten days ago, Zoe more than 90 days ago, and I wrote to Carl and to Dora.
fn house(account: &str) -> House {
    let house = House::new();
    house.make_maildir("Mail/.Sent");
    house.configure(&format!(
        "timezone = \"Etc/UTC\"\nstate_dir = \"state\"\n[smtp]\nfolder = \"out\"\nfrom = \"tidings@x.example\"\n\
         [me]\naddresses = [\"ada@x.example\"]\n[[account]]\nname = \"home\"\nmaildir = \"Mail\"\n{account}\n\
         [[digest]]\nname = \"all\"\nschedule = \"0 3 1 1 *\"\n{RULES}"
    ));
    let days_ago = |days: i64| monday("09:00") - SignedDuration::from_hours(24 * days);
    let past = [
        ("Mail", "old", ("bob", "ada"), 10),
        ("Mail", "ancient", ("zoe", "ada"), 100),
        ("Mail/.Sent", "mine", ("ada", "carl"), 5),
        ("Mail/.Sent", "alias", ("sales", "dora"), 4),
    ];
    for (folder, id, people, days) in past {
        house.deliver(folder, mail(id, people, "", days_ago(days)).as_bytes(), days_ago(days));
    }
    house
}

/// The rule of each mail that is held, by its subject; empty where none decided.
async fn held(daemon: &Running) -> BTreeMap<String, String> {
    let mut rules = BTreeMap::new();
    for held in daemon.held().await {
        let item = daemon.item(&held.id).await;
        rules.insert(held.subject, item.rule.unwrap_or_default());
    }
    rules
}

fn table(lines: &[(&str, &str)]) -> BTreeMap<String, String> {
    lines.iter().map(|(subject, rule)| ((*subject).to_owned(), (*rule).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ever_wrote_or_was_written_to_is_no_stranger() {
    let house = house("");
    let daemon = house.start(monday("09:00")).await;
    let bring = |id: &str, from: &str, at: Timestamp| {
        house.deliver("Mail", mail(id, (from, "ada"), "", at).as_bytes(), at);
    };
    for from in ["bob", "BOB", "carl", "dora", "eve", "zoe"] {
        bring(&format!("from {from}"), from, monday("09:00"));
    }
    daemon.on(SignedDuration::from_mins(1)).await;
    let first = table(&[
        ("from bob", ""),
        ("from BOB", ""),
        ("from carl", ""),
        ("from dora", ""),
        ("from eve", "strangers"),
        ("from zoe", "strangers"),
    ]);
    assert_eq!(held(&daemon).await, first);
    let eve = daemon.held().await.into_iter().find(|held| held.subject == "from eve").unwrap();
    assert_eq!(daemon.item(&eve.id).await.evidence, ["its sender was never seen before"]);

    // A second mail is no first contact; a restart forgets nothing, and judges nothing otherwise.
    daemon.stop().await.unwrap();
    let daemon = house.start(monday("09:05")).await;
    bring("from eve again", "eve", monday("09:05"));
    bring("from finn", "finn", monday("09:05"));
    bring("from finn again", "finn", monday("09:06"));
    daemon.on(SignedDuration::from_mins(1)).await;
    let more = [("from eve again", ""), ("from finn", "strangers"), ("from finn again", "")];
    let all = first.into_iter().chain(table(&more)).collect();
    assert_eq!(held(&daemon).await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_past_is_not_read_nobody_is_a_stranger() {
    let house = house("sent = \"Nowhere\"");
    let daemon = house.start(monday("09:00")).await;
    let note = |status: &Status| {
        status.sources[0].note.as_ref().is_some_and(|note| note.starts_with("the past of \"Nowhere\" cannot be read"))
    };
    daemon.status_is("the note says why", note).await;
    house.deliver("Mail", mail("new", ("eve", "ada"), "", monday("09:00")).as_bytes(), monday("09:00"));
    // The past is asked for again between two looks at what is new.
    let taken = async || {
        daemon.on(SignedDuration::from_secs(3)).await;
        !held(&daemon).await.is_empty()
    };
    until("the mail is held", taken).await;
    assert_eq!(held(&daemon).await, table(&[("new", "")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_me_passes() {
    let house = house("");
    let daemon = house.start(monday("09:00")).await;
    let bring = |id: &str, from: &str, answers: &str| {
        let at = daemon.now();
        house.deliver("Mail", mail(id, (from, "ada"), answers, at).as_bytes(), at);
    };
    bring("to the past", "carl", "mine");
    bring("to an alias", "dora", "alias");
    bring("to nobody", "bob", "lost");
    daemon.settled().await;
    // I write; the answer may come before anybody has looked into that mailbox.
    let at = daemon.now();
    house.deliver("Mail/.Sent", mail("fresh", ("ada", "bob"), "", at).as_bytes(), at);
    bring("to what is fresh", "bob", "fresh");
    daemon.on(SignedDuration::from_mins(1)).await;
    bring("in my thread", "eve", "to-what-is-fresh fresh lost-too");
    // A copy to myself counts, too.
    let at = daemon.now();
    house.deliver("Mail", mail("copy", ("ada", "bob"), "", at).as_bytes(), at);
    daemon.settled().await;
    bring("to the copy", "bob", "copy");
    daemon.on(SignedDuration::from_mins(1)).await;
    assert_eq!(held(&daemon).await, table(&[("to nobody", "")]));
    let passed = ["copy", "in my thread", "to an alias", "to the copy", "to the past", "to what is fresh"];
    let inbox = house.subjects("Mail", "");
    assert!(passed.iter().all(|subject| inbox.contains(&(*subject).to_owned())), "{inbox:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_of_a_thread_within_ten_minutes_passes() {
    let house = house("");
    let daemon = house.start(monday("09:00")).await;
    let bring = |id: &str, answers: &str, at: &str| {
        house.deliver("Mail", mail(id, ("bob", "ada"), answers, monday(at)).as_bytes(), monday(at));
    };
    bring("one", "", "09:00");
    bring("two", "one", "09:04");
    bring("two", "one", "09:04");
    bring("another", "", "09:04");
    daemon.at(monday("09:05")).await;
    assert_eq!(held(&daemon).await, table(&[("one", ""), ("two", ""), ("another", "")]));
    bring("three", "two", "09:10");
    bring("three, too late", "another", "09:15");
    daemon.at(monday("09:16")).await;
    assert_eq!(held(&daemon).await, table(&[("one", ""), ("two", ""), ("another", ""), ("three, too late", "")]));
    assert!(house.subjects("Mail", "").contains(&"three".to_owned()));
    // All three at once, as after a sleep.
    for (id, answers, at) in [("a", "", "09:20"), ("b", "a", "09:21"), ("c", "b", "09:22")] {
        bring(id, answers, at);
    }
    daemon.at(monday("09:23")).await;
    let inbox = house.subjects("Mail", "");
    assert!(inbox.contains(&"c".to_owned()) && !inbox.contains(&"b".to_owned()), "{inbox:?}");
}

/// What `replay --items` says of each subject.
fn replayed(home: &Home, paths: &[&str]) -> BTreeMap<String, String> {
    let (code, out, err) = home.run(&[&["replay", "--items", "--json"], paths].concat());
    assert_eq!(code, 0, "{err}");
    let said: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    said["items"].as_array().unwrap().iter().map(|item| (text(&item["subject"]), text(&item["rule"]))).collect()
}

#[test]
fn a_replay_learns_in_order_of_date() {
    let home = Home::new();
    home.configure(&["timezone = \"Etc/UTC\"\n[me]\naddresses = [\"ada@x.example\"]\n", INTO_FOLDER, YEARLY, RULES]);
    let mails = [
        ("Mail", "z first", ("bob", "ada"), "", "09:00"),
        ("Mail", "y second", ("bob", "ada"), "z-first", "09:01"),
        ("Mail", "b one", ("bob", "ada"), "", "09:10"),
        ("Mail", "c two", ("eve", "ada"), "one", "09:11"),
        ("Mail", "a three", ("bob", "ada"), "one", "09:12"),
        ("Mail", "an answer", ("carl", "ada"), "mine", "10:00"),
        ("Mail", "late", ("eve", "ada"), "one", "10:00"),
        ("Sent", "mine", ("ada", "carl"), "", "09:50"),
    ];
    for (folder, id, people, answers, at) in mails {
        let name = id.replace(' ', "-");
        let text = mail(&name, people, answers, monday(at)).replace("<b-one@", "<one@");
        for sub in ["new", "cur"] {
            std::fs::create_dir_all(home.path().join(folder).join(sub)).unwrap();
        }
        std::fs::write(home.path().join(folder).join("cur").join(&name), text).unwrap();
    }
    let expected = table(&[
        ("z-first", "strangers"),
        ("y-second", ""),
        ("b-one", ""),
        ("c-two", "strangers"),
        ("a-three", "burst"),
        ("an-answer", "answers"),
        ("late", ""),
        ("mine", ""),
    ]);
    assert_eq!(replayed(&home, &["Mail", "Sent"]), expected);
    // Alone, nobody knows what I wrote.
    assert_eq!(replayed(&home, &["Mail"])["an-answer"], "strangers");

    let (code, out, err) = home.run(&["explain", "Mail/cur/a-three"]);
    assert_eq!(code, 0, "{err}");
    for condition in ["replies_to_me", "burst", "first_contact"] {
        let said = format!("{condition} is not known here: only the daemon keeps what it needs");
        assert!(out.replace('\n', " ").split_whitespace().collect::<Vec<_>>().join(" ").contains(&said), "{out}");
    }
}

/// Waits until this many mails are held and nothing more is to be done.
fn held_are(daemon: &Daemon<'_>, many: u64) {
    daemon.until("all is filed", |status| status["held"] == many && status["errands"] == 0);
}

#[test]
fn a_dovecot_says_which_mailbox_has_what_i_wrote() {
    // Its special use tells, and not its name.
    let settings = "namespace inbox {\n  mailbox Sent {\n    special_use =\n  }\n  mailbox Hinaus {\n    auto = create\n    \
         special_use = \\Sent\n  }\n}\n";
    let (dovecot, home) = (Dovecot::with(Wishes { settings, ..Wishes::default() }), Home::new());
    let account = dovecot.account(&home, "u0", "");
    home.configure(&[PERSON, INTO_FOLDER, &account, YEARLY, RULES]);
    let mut client = dovecot.client("u0");
    let now = Clock::system().now();
    for (mailbox, id, people, days) in [
        ("Hinaus", "mine", ("u0", "carl"), 5),
        ("Sent", "not mine", ("u0", "dora"), 5),
        ("INBOX", "old", ("bob", "u0"), 10),
        ("INBOX", "ancient", ("zoe", "u0"), 95),
    ] {
        let at = now - SignedDuration::from_hours(24 * days);
        let date = at.strftime("%d-%b-%Y %H:%M:%S +0000").to_string();
        client.append(mailbox, ("\\Seen", Some(&date)), mail(id, people, "", at).as_bytes());
    }
    // More than one batch.
    for n in 0..150 {
        let at = now - SignedDuration::from_hours(n);
        let date = at.strftime("%d-%b-%Y %H:%M:%S +0000").to_string();
        let text = mail(&format!("out{n}"), ("u0", &format!("friend{n}")), "", at);
        client.append("Hinaus", ("\\Seen", Some(&date)), text.as_bytes());
    }
    let daemon = home.start();
    daemon.until("the past is read", |status| status["sources"][0]["note"].is_null());
    let mut postman = Postman::lmtp(dovecot.lmtp);
    let mut bring = |id: &str, from: &str, answers: &str| {
        postman.bring(&["u0"], mail(id, (from, "u0"), answers, now).as_bytes());
    };
    for (id, from, answers) in [
        ("from bob", "bob", ""),
        ("from carl", "carl", ""),
        ("from the last friend", "friend149", ""),
        ("from dora", "dora", ""),
        ("from zoe", "zoe", ""),
        ("an answer", "eve", "mine"),
        ("no answer", "bob", "lost"),
    ] {
        bring(id, from, answers);
    }
    held_are(&daemon, 6);
    let rule_of = |subject: &str| {
        let held = daemon.json(&["held"]);
        let one = held.as_array().unwrap().iter().find(|held| held["subject"] == subject).unwrap_or(&Value::Null);
        daemon.json(&["explain", one["id"].as_str().unwrap()])["rule"].clone()
    };
    for (subject, rule) in [
        ("from bob", Value::Null),
        ("from carl", Value::Null),
        ("from the last friend", Value::Null),
        ("from dora", "strangers".into()),
        ("from zoe", "strangers".into()),
        ("no answer", Value::Null),
    ] {
        assert_eq!(rule_of(subject), rule, "{subject}");
    }
    client.append("Hinaus", ("\\Seen", None), mail("fresh", ("u0", "gus"), "", now).as_bytes());
    bring("a quick answer", "gus", "fresh");
    bring("no answer either", "gus", "lost");
    held_are(&daemon, 7);
    let mut inbox: Vec<String> =
        client.messages("INBOX").iter().map(|message| crate::rig::inside::field(&message.bytes, "Subject")).collect();
    inbox.sort();
    assert_eq!(inbox, ["a quick answer", "an answer", "ancient", "old"]);
    daemon.stop();
}
