//! What those who watch the daemon see of its hooks: `/metrics`, and `tidings status`.

use serde_json::Value;

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::http::{ask, send};
use crate::rig::openmetrics::{Scrape, read};
use crate::rig::slack::{ON_SOCKET, OTHER, SECRET, Said, Slack, at, home, now, request, says, status};

const REST: &str = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
/// A name that is a secret.
const PATH: &str = "door-7f3acanary9b2e41";

fn text(home: &Home) -> String {
    ask(&at(home), "GET", "/metrics").body
}

fn scrape(home: &Home) -> Scrape {
    read(&text(home))
}

/// How many requests to a hook became what, and how many events came with them.
fn counted(seen: &Scrape, hook: &str) -> ([f64; 4], f64) {
    let label = format!("hook={hook:?}");
    let of = |became: &str| seen.sum("tidings_hook_requests_total", &[&label, &format!("outcome={became:?}")]);
    (["taken", "handshake", "refused", "later"].map(of), seen.sum("tidings_hook_events_total", &[&label]))
}

fn unknown(seen: &Scrape) -> f64 {
    seen.sum("tidings_hook_requests_total", &["outcome=\"unknown\""])
}

#[test]
fn requests_are_counted_by_what_became_of_them() {
    let home = home();
    let daemon = home.start();
    let seen = scrape(&home);
    assert_eq!((counted(&seen, "team"), unknown(&seen)), (([0.0; 4], 0.0), 0.0), "each is there from the beginning");
    let mut slack = Slack::connect(&at(&home), "team");
    let said = Said { text: "canary", ..Said::default() };
    assert_eq!((slack.says(said), slack.says(said), slack.call("{}", now(), SECRET)), (200, 200, 200));
    let shake = r#"{"type":"url_verification","challenge":"canary"}"#;
    assert_eq!((slack.call(shake, now(), SECRET), slack.call(shake, now(), OTHER)), (200, 401));
    let sent = |bytes: &str, what: &str| status(&at(&home), bytes.as_bytes(), what);
    assert_eq!(sent("POST /hook/team HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", "too large"), 413);
    assert_eq!(sent("POST /hook/canary HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", "unknown"), 413);
    assert_eq!(sent(&request("/hook/canary-2", &says("canary"), now(), SECRET), "unknown"), 401);
    let text = text(&home);
    let seen = read(&text);
    assert_eq!(counted(&seen, "team"), ([3.0, 1.0, 2.0, 0.0], 2.0));
    assert_eq!((counted(&seen, "other"), counted(&seen, "std")), (([0.0; 4], 0.0), ([0.0; 4], 0.0)));
    assert_eq!((unknown(&seen), seen.sum("tidings_hook_shut", &[])), (2.0, 0.0));
    let held =
        |decision: &str| seen.sum("tidings_messages_total", &["kind=\"slack\"", &format!("decision={decision:?}")]);
    assert_eq!((held("hold"), held("pass")), (1.0, 0.0), "one that comes again is no new message");
    for word in ["canary", SECRET, OTHER, "C1", "U1", "account="] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    // However many are called that are not there.
    let series = seen.series.len();
    for number in 0..50 {
        assert_eq!(sent(&request(&format!("/hook/x{number}"), "{}", now(), SECRET), "unknown"), 401);
    }
    let seen = scrape(&home);
    assert_eq!((unknown(&seen), seen.series.len()), (52.0, series));
    daemon.stop();
}

/// A hook whose name is its secret, and one whose secret a program prints from the file `slack`.
fn odd() -> Home {
    let home = Home::new();
    let chat = format!(
        "[[chat]]\nname = {PATH:?}\nkind = \"generic\"\nauth = {{ type = \"path\" }}\nmapping = {{ id = \"/id\", text = \"/t\" }}\n\
         [[chat]]\nname = \"team\"\nkind = \"slack\"\nme = []\nsecret = {{ command = [\"cat\", \"slack\"] }}\n"
    );
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &chat, YEARLY, REST]);
    home
}

fn calls_door(home: &Home, body: &str) -> u16 {
    let bytes = format!("POST /hook/{PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    send(&at(home), bytes.as_bytes()).unwrap().status
}

#[test]
fn a_name_that_is_a_secret_is_shown_nowhere() {
    let home = odd();
    let daemon = home.start();
    assert_eq!((calls_door(&home, r#"{"id":1,"t":"open"}"#), calls_door(&home, "no JSON")), (202, 400));
    daemon.until("it is held", |status| status["held"] == 1);
    let text = text(&home);
    assert_eq!(counted(&read(&text), "door…"), ([1.0, 0.0, 1.0, 0.0], 1.0));
    for (what, said) in [
        ("/metrics", text),
        ("status", daemon.tell(&["status"])),
        ("status --json", daemon.tell(&["status", "--json"])),
        ("the log", home.log()),
    ] {
        assert!(!said.contains("canary") && said.contains("door…"), "{what}: {said}");
    }
    daemon.stop();
}

fn hook<'s>(status: &'s Value, name: &str) -> &'s Value {
    status["hooks"].as_array().unwrap().iter().find(|hook| hook["name"] == name).unwrap()
}

fn line<'s>(said: &'s str, begin: &str) -> &'s str {
    said.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("no line {begin:?} in {said}"))
}

/// What is read first at night: which hook hears nothing, why, since when.
#[test]
fn status_says_which_hook_hears_nothing() {
    let home = odd();
    let daemon = home.start();
    let refused = |daemon: &Daemon<'_>| {
        let answer = status(&at(&home), request("/hook/team", &says("hi"), now(), OTHER).as_bytes(), "forged");
        (answer, daemon.json(&["status"]))
    };
    let (answer, seen) = refused(&daemon);
    let shut = hook(&seen, "team")["shut"].as_str().unwrap();
    assert_eq!((answer, shut.starts_with("the secret command \"cat\" failed")), (503, true), "{seen}");
    let said = daemon.tell(&["status"]);
    assert!(line(&said, "! hook \"team\" takes no request: the secret command").contains("exit status: 1"), "{said}");
    assert!(line(&said, "team ").contains("shut") && line(&said, "door… ").contains("open"), "{said}");
    let seen = scrape(&home);
    assert_eq!(seen.sum("tidings_hook_shut", &["hook=\"team\"", "kind=\"slack\""]), 1.0);
    assert_eq!((seen.sum("tidings_hook_shut", &[]), counted(&seen, "team").0), (1.0, [0.0, 0.0, 0.0, 1.0]));
    daemon.stop();
    home.secret("slack", SECRET);
    let daemon = home.start();
    assert!(daemon.tell(&["status"]).starts_with("all is well\n"));
    let (answer, seen) = refused(&daemon);
    assert_eq!((answer, &hook(&seen, "team")["refusal"]), (401, &"signature wrong".into()));
    assert!(hook(&seen, "team")["refused_at"].is_string() && hook(&seen, "team")["shut"].is_null(), "{seen}");
    let said = daemon.tell(&["status"]);
    let line = line(&said, "! hook \"team\" has refused the one request that came, the last at ");
    assert!(line.ends_with(": signature wrong") && said.starts_with("1 thing is wrong:\n"), "{said}");
    assert_eq!(Slack::connect(&at(&home), "team").says(Said::default()), 200);
    let said = daemon.tell(&["status"]);
    assert!(said.starts_with("all is well\n") && said.contains("\n  team: refused "), "{said}");
    assert!(hook(&daemon.json(&["status"]), "team")["last"].is_string());
    daemon.stop();
}
