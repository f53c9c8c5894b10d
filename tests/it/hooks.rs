//! Chat over hooks, with the real daemon: kept before it is answered, judged, told of at once or held for the digest.

use mail_parser::{Message, MessageParser};
use serde_json::{Value, json};

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::dovecot::Dovecot;
use crate::rig::http::{At, Caller};
use crate::rig::postfix::Postfix;
use crate::rig::slack::{ME, ON_SOCKET, SECRET, Said, Slack, at, request};
use crate::rig::wait::{PATIENCE, until};

const MENTIONED: &str = "[[rule]]\nname = \"mentioned\"\nmention = \"me\"\nurgency = \"urgent\"\n\
    [[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";

fn home(rules: &str) -> Home {
    let home = Home::new();
    let secret = home.secret("slack", SECRET);
    let chat = format!(
        "[[chat]]\nname = \"team\"\nkind = \"slack\"\nsecret = {secret}\nme = [\"{ME}\"]\n\
         names = {{ U1 = \"Ben\", {ME} = \"Ada\", C1 = \"#ops\" }}\n"
    );
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &chat, YEARLY, rules]);
    home
}

fn held(daemon: &Daemon<'_>) -> Vec<Value> {
    daemon.json(&["held", "list"]).as_array().unwrap().clone()
}

/// Waits for so many letters.
fn letters(home: &Home, count: usize) -> Vec<Vec<u8>> {
    until(PATIENCE, "the letters are there", || Some(home.letters()).filter(|letters| letters.len() >= count))
}

fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::new().parse(bytes).unwrap()
}

fn words(letter: &Message<'_>) -> String {
    letter.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_mentions_me_is_told_at_once_and_the_rest_waits() {
    let home = home(MENTIONED);
    let daemon = home.start();
    let mut slack = Slack::connect(&at(&home), "team");
    let before = Said { ts: "1799830800.000100", text: "The disk of db1 is at 96 %.", ..Said::default() };
    assert_eq!(slack.says(before), 200);
    let text = format!("<@{ME}> db1 is full, nobody can pay. What now?");
    let urgent = Said { ts: "1799830801.000100", text: &text, ..Said::default() };
    assert_eq!(slack.says(urgent), 200);
    // It is sent again, because the answer was lost, and under another event's id.
    assert_eq!(slack.says(urgent), 200);
    let letters = letters(&home, 1);
    let letter = read(&letters[0]);
    assert_eq!(letter.subject(), Some("Ben in #ops: @Ada db1 is full, nobody can pay. What now?"));
    assert!(letter.header("Precedence").is_none() && letter.header("List-Id").is_none(), "it must ring");
    let words = words(&letter);
    assert!(words.contains("Said before: Ben") && words.contains("The disk of db1 is at 96 %."), "{words}");
    assert!(words.contains("through \"team\" (slack)") && words.contains("rule \"mentioned\""), "{words}");
    daemon.until("one is held, none is under way", |status| status["held"] == 1 && status["outbox"] == 0);
    let waits = &held(&daemon)[0];
    assert_eq!((&waits["from"], &waits["subject"]), (&"Ben".into(), &"#ops: The disk of db1 is at 96 %.".into()));
    daemon.tell(&["digest", "now", "--wait"]);
    assert_eq!(home.letters().len(), 2);
    let log = home.log();
    assert!(!log.contains("db1") && !log.contains(SECRET), "{log}");
    daemon.stop();
}

#[test]
fn a_message_that_waits_changes_leaves_and_is_answered() {
    let home = home(MENTIONED);
    let daemon = home.start();
    let mut slack = Slack::connect(&at(&home), "team");
    let [changed, gone, talk, promoted] = ["1", "2", "3", "4"].map(|n| format!("179983080{n}.000100"));
    assert_eq!(slack.says(Said { ts: &changed, text: "Lunch at noon?", ..Said::default() }), 200);
    assert_eq!(slack.says(Said { ts: &gone, text: "Never mind.", ..Said::default() }), 200);
    assert_eq!(slack.says(Said { ts: &talk, channel: "D1", text: "Have you seen my keys?", ..Said::default() }), 200);
    assert_eq!(slack.says(Said { ts: &promoted, channel: "C2", text: "Who knows?", ..Said::default() }), 200);
    daemon.until("all are held", |status| status["held"] == 4);
    assert_eq!(slack.changes(Said { ts: &changed, text: "Lunch at one?", ..Said::default() }), 200);
    assert_eq!(slack.takes_back(Said { ts: &gone, text: "Never mind.", ..Said::default() }), 200);
    // One that comes late, after it was taken back.
    let late = Said { ts: "1799830805.000100", text: "Oops.", ..Said::default() };
    assert_eq!((slack.takes_back(late), slack.says(late)), (200, 200));
    let answer = Said { ts: "1799830806.000100", user: ME, channel: "D1", text: "On the shelf.", ..Said::default() };
    assert_eq!(slack.says(answer), 200);
    let text = format!("<@{ME}> who knows?");
    assert_eq!(slack.changes(Said { ts: &promoted, channel: "C2", text: &text, ..Said::default() }), 200);
    assert_eq!(read(&letters(&home, 1)[0]).subject(), Some("Ben in C2: @Ada who knows?"));
    daemon.until("one is left", |status| status["held"] == 1 && status["outbox"] == 0);
    daemon.tell(&["digest", "now", "--wait"]);
    let all = letters(&home, 2);
    let digest = all.iter().map(|letter| words(&read(letter))).find(|text| text.contains("Lunch")).unwrap();
    assert!(digest.contains("Lunch at one?") && !digest.contains("at noon"), "{digest}");
    for gone in ["Never mind", "keys", "Oops", "shelf"] {
        assert!(!digest.contains(gone), "{digest}");
    }
    daemon.stop();
}

#[test]
fn who_proves_nothing_is_told_nothing_and_leaves_no_trace() {
    let home = home(MENTIONED);
    let daemon = home.start();
    let mut slack = Slack::connect(&at(&home), "team");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let body = r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1","user":"U1","text":"hi","ts":"1.1"}}"#;
    assert_eq!(slack.call(body, now, "another secret"), 401);
    assert_eq!(slack.call(body, now - 600, SECRET), 401, "too old");
    let answer = |path: &str| {
        let mut caller = Caller::connect(&at(&home)).unwrap();
        caller.send(request(path, body, now, SECRET).as_bytes());
        let answer = caller.answer().unwrap();
        (answer.status, answer.body, answer.head.len())
    };
    let unknown = answer("/hook/other");
    let mut caller = Caller::connect(&at(&home)).unwrap();
    caller.send(request("/hook/team", body, now, "wrong").as_bytes());
    let wrong = caller.answer().unwrap();
    assert_eq!(unknown, (wrong.status, wrong.body, wrong.head.len()), "nobody learns which hooks there are");
    assert_eq!(answer("/hook/").0, 404);
    assert_eq!(answer("/hook").0, 404);
    assert_eq!(answer("/hook/team/below").0, 200, "what stands below is its service's business");
    daemon.until("that one is held", |status| status["held"] == 1);
    let hooks = daemon.json(&["hook", "list"]);
    assert_eq!((&hooks[0]["taken"], &hooks[0]["refused"]), (&Value::from(1), &Value::from(3)), "{hooks}");
    let told = daemon.tell(&["hook", "list"]);
    assert!(told.contains("refused") && told.contains("slack"), "{told}");
    daemon.stop();
}

/// What a message teaches cannot be read, or it cannot be judged: it comes all the same, and the rest goes on.
#[test]
fn what_breaks_whoever_reads_it_is_kept_and_told_of() {
    for (flaw, held) in [("a flaw in learning", 1), ("a flaw in judging", 0)] {
        let rules = MENTIONED.replace("\"mentioned\"", &format!("{flaw:?}"));
        let home = home(&rules);
        let daemon = home.start();
        let mut slack = Slack::connect(&at(&home), "team");
        assert_eq!(slack.says(Said { ts: "1799830801.000100", channel: "C2", ..Said::default() }), 200, "{flaw}");
        let text = format!("<@{ME}> come");
        assert_eq!(slack.says(Said { ts: "1799830802.000100", text: &text, ..Said::default() }), 200, "{flaw}");
        letters(&home, 2 - held);
        daemon.until("the letters are sent", |status| status["held"] == held && status["outbox"] == 0);
        daemon.stop();
    }
}

/// Matrix brings what happened since the last time in one request.
#[test]
fn a_message_and_its_change_come_at_once() {
    let home = Home::new();
    let secret = home.secret("matrix", "a-secret-that-nobody-knows-of-us");
    let chat =
        format!("[[chat]]\nname = \"home\"\nkind = \"matrix\"\nsecret = {secret}\nme = [\"@ada:test.example\"]\n");
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &chat, YEARLY, MENTIONED]);
    let daemon = home.start();
    let event = |id: &str, content: Value| {
        json!({"type": "m.room.message", "event_id": id, "room_id": "!r:test.example", "sender": "@ben:test.example",
            "origin_server_ts": 1_799_830_800_000_u64, "content": content})
    };
    let changed = json!({"msgtype": "m.text", "body": "* Tea at five", "m.new_content": {"msgtype": "m.text", "body": "Tea at five"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}});
    let events = [event("$1", json!({"msgtype": "m.text", "body": "Tea at four"})), event("$2", changed)];
    let body = json!({"events": events}).to_string();
    let mut caller = Caller::connect(&at(&home)).unwrap();
    let head = "PUT /hook/home/_matrix/app/v1/transactions/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Authorization: Bearer a-secret-that-nobody-knows-of-us\r\n";
    caller.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert_eq!(caller.answer().unwrap().status, 200);
    let waits = held(&daemon);
    let subjects: Vec<&str> = waits.iter().map(|one| one["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Tea at five"]);
    daemon.stop();
}

#[test]
fn what_is_too_large_is_known() {
    let home = home(MENTIONED);
    let daemon = home.start();
    let mut caller = Caller::connect(&at(&home)).unwrap();
    caller.send(b"POST /hook/team HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
    assert_eq!(caller.answer().unwrap().status, 413);
    let hooks = daemon.json(&["hook", "list"]);
    assert_eq!((&hooks[0]["refused"], &hooks[0]["refusal"]), (&Value::from(1), &"body larger than 1 MiB".into()));
    daemon.stop();
}

#[test]
fn what_was_answered_outlives_a_kill() {
    let home = home(MENTIONED);
    let mut daemon = home.start();
    let count = 40;
    for round in 0..2 {
        let mut slack = Slack::connect(&at(&home), "team");
        for number in 0..count {
            // The second round says half of it again.
            let ts = format!("179983{:04}.000100", round * count / 2 + number);
            assert_eq!(slack.says(Said { ts: &ts, text: "More of it.", ..Said::default() }), 200);
        }
        daemon.child().kill().unwrap();
        daemon.child().wait().unwrap();
        daemon = home.start();
    }
    assert_eq!(held(&daemon).len(), count + count / 2);
    daemon.tell(&["digest", "now", "--wait"]);
    assert_eq!((home.letters().len(), daemon.count("held")), (1, 0));
    daemon.stop();
}

#[test]
fn a_handshake_is_taken_only_while_it_is_awaited() {
    let home = Home::new();
    let chat = "[[chat]]\nname = \"tasks\"\nkind = \"asana\"\n";
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, chat, YEARLY]);
    let daemon = home.start();
    let shake = |secret: &str| {
        let mut caller = Caller::connect(&at(&home)).unwrap();
        let head =
            format!("POST /hook/tasks HTTP/1.1\r\nHost: x\r\nX-Hook-Secret: {secret}\r\nContent-Length: 2\r\n\r\n{{}}");
        caller.send(head.as_bytes());
        let answer = caller.answer().unwrap();
        (answer.status, answer.field("x-hook-secret").to_owned())
    };
    assert_eq!(shake("first"), (401, String::new()));
    daemon.tell(&["hook", "expect", "tasks"]);
    assert_eq!(shake("first"), (200, "first".to_owned()));
    assert_eq!(shake("second"), (401, String::new()), "once");
    daemon.stop();
    let daemon = home.start();
    let signed = {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"first");
        let body = r#"{"events":[]}"#;
        let tag = ring::hmac::sign(&key, body.as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "POST /hook/tasks HTTP/1.1\r\nHost: x\r\nX-Hook-Signature: {hex}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut caller = Caller::connect(&at(&home)).unwrap();
    caller.send(signed.as_bytes());
    assert_eq!(caller.answer().unwrap().status, 200, "the secret outlives the daemon");
    let (code, _, told) = home.run(&["hook", "expect", "nothing"]);
    assert!(code == 1 && told.contains("there is no hook \"nothing\""), "{told}");
    daemon.stop();
}

#[test]
fn a_digest_has_a_channel_side_by_side_and_its_threads_too() {
    let home = home(MENTIONED);
    let daemon = home.start();
    let mut slack = Slack::connect(&at(&home), "team");
    for (ts, channel, thread, text) in [
        ("1799830801.000100", "C1", None, "The old printer goes."),
        ("1799830802.000100", "C2", None, "Cake in the kitchen."),
        ("1799830803.000100", "C1", Some("1799830801.000100"), "Who wants it?"),
        ("1799830804.000100", "C1", None, "The new one is blue."),
        ("1799830805.000100", "D1", None, "Are you in today?"),
    ] {
        assert_eq!(slack.says(Said { ts, channel, thread, text, ..Said::default() }), 200);
    }
    daemon.until("all are held", |status| status["held"] == 5);
    daemon.tell(&["digest", "now", "--wait"]);
    let letters = letters(&home, 1);
    let text = words(&read(&letters[0]));
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what:?} is not in {text}"));
    assert!(place("#ops, team") < place("The old printer goes."), "{text}");
    let order = [place("The old printer"), place("Who wants it?"), place("The new one is blue.")];
    assert!(order.is_sorted() && !(order[0]..order[2]).contains(&place("Cake")), "{text}");
    assert!(text.contains("3 messages") && text.contains("Direct messages, team"), "{text}");
    assert!(!text.contains("(no subject)") && !text.contains("U1"), "{text}");
    daemon.stop();
}

/// Signed messages of Slack through a real Postfix into a real mailbox: what mentions me in the very moment, and of a
/// thousand others each once in the next digest, though the daemon is killed twice on the way.
#[test]
fn a_thousand_messages_reach_a_real_mailbox_each_once() {
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(&dovecot);
    let home = home(MENTIONED);
    let configured = std::fs::read_to_string(home.path().join("tidings.toml")).unwrap();
    home.configure(&[&configured.replace(INTO_FOLDER, &postfix.way_out(&dovecot))]);
    let mut daemon = home.start();
    let count = 1_000;
    let words: Vec<String> = (0..count).map(|number| format!("Piece{number:04} is done.")).collect();
    for (number, text) in words.iter().enumerate() {
        if number == 300 || number == 700 {
            daemon.child().kill().unwrap();
            daemon.child().wait().unwrap();
            daemon = home.start();
        }
        let (ts, channel) = (format!("17998{number:05}.000100"), format!("C{}", number % 10));
        let thread = (number % 3 == 1).then(|| format!("17998{:05}.000100", number - number % 30));
        let mut slack = Slack::connect(&at(&home), "team");
        let said = Said { ts: &ts, channel: &channel, text, thread: thread.as_deref(), ..Said::default() };
        assert_eq!(slack.says(said), 200);
    }
    let mut reader = dovecot.client("u0");
    let began = std::time::Instant::now();
    let text = format!("<@{ME}> the lift is stuck");
    let urgent = Said { ts: "1799900000.000100", channel: "C77", text: &text, ..Said::default() };
    assert_eq!(Slack::connect(&at(&home), "team").says(urgent), 200);
    until(PATIENCE, "the alert is there", || reader.count("INBOX").filter(|count| *count == 1));
    println!("an alert reached the mailbox after {:?}", began.elapsed());
    daemon.until("the others wait", |status| status["held"] == count && status["outbox"] == 0);
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.until("nothing waits any more", |status| status["held"] == 0 && status["outbox"] == 0);
    let mut letters = String::new();
    until(PATIENCE, "all parts are there", || {
        letters = reader.messages("INBOX").iter().map(|stored| words_of(&stored.bytes)).collect();
        letters.contains(&words[count - 1]).then_some(())
    });
    for text in &words {
        assert_eq!(letters.matches(text.as_str()).count(), 1, "{text}");
    }
    assert_eq!(letters.matches("the lift is stuck").count(), 1);
    daemon.stop();
}

fn words_of(bytes: &[u8]) -> String {
    words(&read(bytes))
}

/// Opens the socket as systemd does, and becomes the daemon.
const ACTIVATOR: &str = r#"#!/usr/bin/env python3
import os, socket, sys
if sys.argv[-1] == "run":
    held = socket.socket(socket.AF_UNIX)
    held.bind("held.sock")
    held.listen(64)
    os.dup2(held.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(os.environ["TIDINGS_BINARY"], ["tidings", *sys.argv[1:]])
"#;

#[test]
fn a_socket_that_systemd_holds_is_taken() {
    let home = home(MENTIONED).started_by(ACTIVATOR);
    let daemon = home.start();
    assert_eq!(Slack::connect(&At::Socket(home.path().join("held.sock")), "team").says(Said::default()), 200);
    assert!(Caller::connect(&at(&home)).is_err(), "nobody listens elsewhere");
    daemon.until("it is held", |status| status["held"] == 1);
    daemon.stop();
    assert!(home.path().join("held.sock").exists(), "who made it removes it");
}
