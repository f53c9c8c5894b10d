//! What those who watch the daemon see: `/healthz`, `/metrics`, the alerts and the dashboard that stand on them.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use regex::Regex;
use tidings::health::Health;
use tidings::hook::pages;
use tokio::sync::Notify;

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::day::{AT_NINE, Day, berlin, configuration};
use crate::rig::dialogue::{Dialogue, Server};
use crate::rig::http::{At, Caller, ask, send, socket};
use crate::rig::inside::{House, letter};
use crate::rig::openmetrics::{Scrape, read};
use crate::rig::serving::Serving;
use crate::rig::slack::SECRET;
use crate::rig::smtp_server::{Setup, SmtpServer};
use crate::rig::wait::{PATIENCE, until, until_true};
use crate::rig::{maildir, process};

const ACCOUNT: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";
const ON_SOCKET: &str = "listen = \"unix:http.sock\"\n";
const ON_PORT: &str = "listen = \"127.0.0.1:0\"\n";

fn home(listen: &str) -> Home {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.configure(&[listen, PERSON, INTO_FOLDER, ACCOUNT, YEARLY]);
    home
}

/// Where a daemon on a port of its own listens: it says so.
fn port(daemon: &Daemon<'_>) -> At {
    let said = Regex::new(r#"answered on "127\.0\.0\.1:([0-9]+)""#).unwrap();
    until(PATIENCE, "it says its port", || {
        said.captures_iter(&daemon.home.log()).last().map(|found| At::Port(found[1].parse().unwrap()))
    })
}

fn scrape(at: &At) -> Scrape {
    let answer = ask(at, "GET", "/metrics");
    assert_eq!(answer.status, 200, "{}", answer.body);
    read(&answer.body)
}

#[test]
fn the_pages_are_there_and_no_others() {
    let home = home(ON_PORT);
    let daemon = home.start();
    let at = port(&daemon);
    let healthz = ask(&at, "GET", "/healthz");
    assert_eq!((healthz.status, healthz.body.as_str()), (200, "ok\n"));
    let metrics = ask(&at, "GET", "/metrics");
    assert_eq!(metrics.field("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for (page, length) in [("/healthz", healthz.body.len()), ("/metrics", 4_000)] {
        let head = ask(&at, "HEAD", page);
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{page}");
        assert!(head.field("content-length").parse::<usize>().unwrap() >= length, "{page}: {head:?}");
    }
    for path in ["/", "/metrics/", "/healthz/x", "//metrics", "/%6detrics", "/METRICS", "/../metrics", "*"] {
        let answer = ask(&at, "GET", path);
        assert_eq!((answer.status, answer.body.as_str()), (404, "not found\n"), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"] {
        assert_eq!(ask(&at, method, "/metrics").status, 405, "{method}");
    }
    let query = ask(&at, "GET", "/healthz?token=secret");
    assert_eq!(query.status, 200);
    assert!(!home.log().contains("secret"));
    daemon.stop();
    assert!(Caller::connect(&at).is_err(), "nobody listens any more");
}

#[test]
fn without_the_key_nothing_listens() {
    let home = home("");
    let daemon = home.start();
    assert!(!home.log().contains("HTTP"));
    daemon.stop();
}

#[test]
fn the_socket_is_for_the_group_and_replaces_what_a_crash_left() {
    let home = home(ON_SOCKET);
    let at = socket(home.path());
    let file = home.path().join("http.sock");
    let daemon = home.start();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o660);
    assert_eq!(ask(&at, "GET", "/healthz").status, 200);
    daemon.kill();
    assert!(file.exists(), "a crash leaves it");
    let daemon = home.start();
    assert_eq!(ask(&at, "GET", "/healthz").status, 200);
    daemon.stop();
    assert!(!file.exists(), "a stop does not");
}

/// How the daemon ends, and what it says, when it cannot listen there.
fn refused(listen: &str, code: i32, words: &[&str]) {
    let home = home(listen);
    let mut daemon = home.spawn();
    let status = until(PATIENCE, "it ends", || daemon.child().try_wait().unwrap());
    let log = home.log();
    assert_eq!(status.code(), Some(code), "{log}");
    words.iter().for_each(|word| assert!(log.contains(word), "{word}: {log}"));
    assert!(!home.path().join("Mail/.Held").exists(), "no mail was touched");
}

#[test]
fn an_address_that_cannot_be_had_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    refused(
        &format!("listen = \"{address}\"\n"),
        75,
        &[&address.to_string(), "another program", "write another address"],
    );
    // From the block for documentation (RFC 5737): no machine has it. One that binds any address does not refuse.
    if std::net::TcpListener::bind("192.0.2.1:0").is_err() {
        refused("listen = \"192.0.2.1:8460\"\n", 75, &["192.0.2.1:8460", "no such address"]);
    }
    refused("listen = \"unix:nowhere/http.sock\"\n", 78, &["nowhere/http.sock", "No such file"]);
    refused("listen = \"unix:tidings.toml\"\n", 78, &["tidings.toml", "it is no socket"]);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let _taken = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    refused(&format!("listen = \"unix:{}\"\n", socket.display()), 75, &["another program"]);
}

#[test]
fn check_says_what_listening_means() {
    let home = home("");
    let check = |listen: &str, code: i32, words: &[&str]| {
        home.configure(&[&format!("listen = {listen}\n"), PERSON, INTO_FOLDER, ACCOUNT, YEARLY]);
        let (found, out, err) = home.run(&["check"]);
        assert_eq!(found, code, "{listen}: {out}{err}");
        words.iter().for_each(|word| assert!(format!("{out}{err}").contains(word), "{listen}: {word}: {out}{err}"));
    };
    check("\"127.0.0.1:8460\"", 0, &["HTTP            127.0.0.1:8460"]);
    check("\"[::1]:8460\"", 0, &["HTTP            [::1]:8460"]);
    check("\"unix:http.sock\"", 0, &["HTTP            unix:/", "/http.sock"]);
    for open in ["0.0.0.0:8460", "[::]:8460", "192.0.2.7:80"] {
        check(&format!("{open:?}"), 0, &["is reached from other machines", "behind a proxy"]);
    }
    for wrong in ["8460", "127.0.0.1", "localhost:8460", "127.0.0.1:99999", ""] {
        check(&format!("{wrong:?}"), 2, &["tidings.toml:1:", "127.0.0.1:8460"]);
    }
    check("\"unix:\"", 2, &["is no path"]);
    check(&format!("\"unix:{}\"", "x".repeat(120)), 2, &["107"]);
    check("8460", 2, &["a string"]);
}

#[test]
fn hostile_callers_harm_only_themselves() {
    let home = home(ON_PORT);
    let daemon = home.start();
    let at = port(&daemon);
    let status = |bytes: &[u8]| send(&at, bytes).map(|answer| answer.status);
    let field = |field: &str| format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{field}\r\n\r\n").into_bytes();
    assert_eq!(status(&field(&format!("X-Long: {}", "x".repeat(32 * 1024)))), Some(431));
    assert_eq!(status(&field(&format!("X-Long: {}", "x".repeat(2 * 1024 * 1024)))), Some(431));
    assert_eq!(status(&field(&"X-More: x\r\n".repeat(100))), Some(431));
    assert_eq!(status(&field("Content-Length: 2000000")), Some(413));
    let both =
        "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /";
    assert_eq!(status(both.as_bytes()), Some(400));
    assert_eq!(status(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), Some(400), "TLS is not spoken here");
    assert_eq!(status(b"GET /healthz\r\n\r\n"), Some(400));
    let bare = "GET /healthz HTTP/1.1\nHost: x\n\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(status(bare.as_bytes()), Some(400), "one head for us is two for others");
    let mut patient = Caller::connect(&at).unwrap();
    // One after the other, and two at once.
    for count in [1, 1, 2] {
        patient.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(count).as_bytes());
        (0..count).for_each(|_| assert_eq!(patient.answer().unwrap().body, "ok\n"));
    }
    // Behind a body in chunks nothing is read.
    patient
        .send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    assert_eq!(patient.answer().unwrap().field("connection"), "close");
    assert!(patient.is_closed());
    daemon.stop();
}

/// Each holds its place for 5 seconds at most, silent or with half a head.
#[test]
fn who_dawdles_is_left_and_keeps_nobody_out() {
    let home = home(ON_SOCKET);
    let daemon = home.start();
    let at = socket(home.path());
    let dawdlers: Vec<Caller> = (0..100)
        .map(|number| {
            let mut caller = Caller::connect(&at).unwrap();
            if number % 2 == 0 {
                caller.send(b"GET /healthz HTTP/1.1\r\nHost:");
            }
            caller
        })
        .collect();
    assert_eq!(ask(&at, "GET", "/healthz").body, "ok\n");
    for mut dawdler in dawdlers {
        assert_eq!(dawdler.answer(), None, "it is closed without an answer");
    }
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_what_was_asked_be_answered() {
    let (reached, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (reached, go) = (reached.clone(), go.clone());
        move || async move {
            reached.notify_one();
            go.notified().await;
            "done\n"
        }
    };
    let serving = Serving::start(Router::new().route("/slow", get(slow))).await;
    let mut silent = Caller::connect(&serving.at).unwrap();
    let at = serving.at.clone();
    let asked = tokio::task::spawn_blocking(move || ask(&at, "GET", "/slow"));
    reached.notified().await;
    serving.stop.cancel();
    // Who has asked nothing is not waited for.
    assert_eq!(tokio::task::spawn_blocking(move || silent.answer()).await.unwrap(), None);
    assert!(!serving.task.is_finished());
    go.notify_one();
    assert_eq!(asked.await.unwrap().body, "done\n");
    serving.task.await.unwrap();
    assert!(Caller::connect(&serving.at).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_what_the_watchdog_knows() {
    let health = Health::new();
    let serving = Serving::start(pages::routes(health.clone(), Arc::new(|| None))).await;
    let seen = async || {
        let answer = serving.get("/healthz").await;
        (answer.status, answer.body)
    };
    assert_eq!(seen().await, (200, "ok\n".to_owned()));
    health.moves_on("courier", Duration::from_secs(3_600));
    assert_eq!(seen().await.0, 200);
    health.degrade("disk", Some("the words of ada@example.org".to_owned()));
    let (status, body) = seen().await;
    assert_eq!((status, body.contains("disk"), body.contains("ada@")), (503, true, false), "{body}");
    health.degrade("disk", None);
    assert_eq!(seen().await.0, 200);
    health.moves_on("courier", Duration::ZERO);
    assert_eq!(seen().await, (503, "no progress: courier\n".to_owned()));
    health.lane_ended("courier");
    assert_eq!(seen().await.0, 200);
    assert_eq!(serving.get("/metrics").await.status, 500);
    serving.stop.cancel();
    serving.task.await.unwrap();
}

const ROUTINE: &str = r#"
[[rule]]
name = "away"
subject = "spam"
urgency = "drop"
[[rule]]
name = "not ours"
subject = "private"
urgency = "ignore"
"#;

/// Every message is counted once, by what was decided, and what was decided is what the store holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_counted_right() {
    let (house, smtp) = (House::new(), SmtpServer::start(Setup::default()).await);
    house.configure(&format!("{ON_SOCKET}{}", configuration(smtp.port, &[AT_NINE, ROUTINE])));
    let begun = berlin("06T08:00");
    let day = Day { daemon: house.start(begun).await, house, smtp };
    let at = socket(&day.house.path(""));
    let look = async || {
        let at = at.clone();
        tokio::task::spawn_blocking(move || scrape(&at)).await.unwrap()
    };
    let decided = |seen: &Scrape| -> Vec<f64> {
        let of = |word: &&str| seen.sum("tidings_messages_total", &[&format!("decision=\"{word}\"")]);
        ["pass", "hold", "drop", "ignore", "let_through"].iter().map(of).collect()
    };
    let seen = look().await;
    assert_eq!(decided(&seen), [0.0; 5], "each is there before its first message");
    let mine = letter("mine", begun).replace("bob@example.net", "ada@example.org");
    day.house.deliver("Mail", mine.as_bytes(), begun);
    day.mails(&["alpha", "beta", "an urgent one", "some spam", "a private one"]).await;
    let seen = look().await;
    assert_eq!(decided(&seen), [1.0, 2.0, 1.0, 1.0, 1.0]);
    let all = |seen: &Scrape| (seen.sum("tidings_messages_total", &[]), seen.sum("tidings_items", &[]));
    assert_eq!(all(&seen), (6.0, 6.0));
    assert_eq!(seen.sum("tidings_held", &["person=\"me\""]), 2.0);
    assert_eq!(seen.sum("tidings_held_overdue", &[]), 0.0);
    assert_eq!(seen.sum("tidings_judge_seconds_count", &[]), 6.0);
    assert!(seen.sum("tidings_store_barrier_seconds_count", &[]) >= 1.0);
    let oldest = seen.sum("tidings_held_oldest_timestamp_seconds", &[]);
    assert!(oldest >= begun.as_second() as f64 && oldest <= day.daemon.now().as_second() as f64, "{oldest}");
    let next = seen.sum("tidings_digest_next_timestamp_seconds", &["digest=\"daily\""]);
    assert_eq!(next, berlin("06T09:00").as_second() as f64);
    assert_eq!(seen.sum("tidings_editions_total", &[]), 0.0);
    day.daemon.at(berlin("06T09:01")).await;
    let seen = look().await;
    assert_eq!(day.smtp.letters().len(), 1);
    assert_eq!(seen.sum("tidings_editions_total", &["kind=\"digest\""]), 1.0);
    assert_eq!(seen.sum("tidings_editions_total", &["kind=\"overdue\""]), 0.0);
    assert_eq!(seen.sum("tidings_letters_total", &["outcome=\"accepted\""]), 1.0);
    assert_eq!(seen.sum("tidings_letters_total", &[]) + seen.sum("tidings_uncertain_sends_total", &[]), 1.0);
    assert_eq!(seen.sum("tidings_held", &[]), 0.0);
    assert!(!seen.names.contains("tidings_held_oldest_timestamp_seconds"), "nothing waits since 1970");
    assert_eq!(all(&seen), (6.0, 6.0));
    assert_eq!(seen.sum("tidings_errands_pending", &[]), 0.0);
    assert!(seen.sum("tidings_errands_total", &["outcome=\"done\""]) >= 3.0);
    assert_eq!(seen.sum("tidings_store_mismatches", &[]) + seen.sum("tidings_degraded", &[]), 0.0);
    let day = day.again(berlin("06T09:02")).await;
    let seen = look().await;
    assert_eq!(all(&seen), (0.0, 6.0), "counters are of this run, items of all");
    day.daemon.stop().await.unwrap();
}

/// An account whose server plays this dialogue, again and again.
fn far(home: &Home, port: u16) -> String {
    let password = home.secret("pw", "the-password");
    format!(
        "[[account]]\nname = \"far\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nusername = \"somebody\"\npassword = {password}\n"
    )
}

#[test]
fn a_refused_login_is_the_accounts_fault_alone() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let dialogue = Dialogue::with("IDLE").lines("LOGIN", &["T NO [AUTHENTICATIONFAILED] no"]);
    let server = runtime.block_on(Server::start(vec![dialogue]));
    let home = home(ON_SOCKET);
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, ACCOUNT, &far(&home, server.port), YEARLY]);
    let daemon = home.spawn();
    let at = socket(home.path());
    until_true(PATIENCE, "the socket is there", || Caller::connect(&at).is_ok());
    let failed = r#"tidings_source_state{person="me",account="far",state="failed"}"#;
    let seen = until(PATIENCE, "the account has failed", || {
        let seen = scrape(&at);
        (seen.series.get(failed) == Some(&1.0)).then_some(seen)
    });
    assert_eq!(seen.sum("tidings_source_failures_total", &["account=\"far\"", "reason=\"login\""]), 1.0);
    assert_eq!(seen.sum("tidings_source_failures_total", &[]), 1.0);
    assert_eq!(seen.sum("tidings_source_state", &["account=\"far\""]), 1.0, "one state at a time");
    let synced = "tidings_source_last_sync_timestamp_seconds";
    assert!(!seen.series.keys().any(|series| series.starts_with(synced) && series.contains("far")));
    assert_eq!(ask(&at, "GET", "/healthz").status, 200, "a restart would not mend it");
    daemon.kill();
}

#[test]
fn letters_that_wait_are_counted() {
    let home = home(ON_SOCKET);
    let smtp = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nfrom = \"Tidings <tidings@test.example>\"\n",
        process::free_port()
    );
    home.configure(&[ON_SOCKET, PERSON, &smtp, ACCOUNT, YEARLY]);
    let daemon = home.start();
    maildir::deliver(&home.path().join("Mail"), maildir::letter("alpha").as_bytes());
    daemon.until("it is held", |status| status["held"] == 1 && status["errands"] == 0);
    daemon.tell(&["digest", "now"]);
    let at = socket(home.path());
    let deferred = |seen: &Scrape| seen.sum("tidings_letters_total", &["outcome=\"deferred\""]) >= 1.0;
    let seen = until(PATIENCE, "the letter is deferred", || Some(scrape(&at)).filter(deferred));
    assert_eq!(seen.sum("tidings_outbox", &["state=\"waiting\""]), 1.0);
    assert_eq!(seen.sum("tidings_items", &["state=\"sealed\""]), 1.0);
    daemon.stop();
}

#[test]
fn a_lost_store_is_degraded_until_all_is_read_again() {
    let home = home(ON_SOCKET);
    let daemon = home.start();
    daemon.settled();
    daemon.stop();
    std::fs::remove_dir_all(home.state().join("store")).unwrap();
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, ACCOUNT, &far(&home, process::free_port()), YEARLY]);
    let daemon = home.start();
    let at = socket(home.path());
    let answer = ask(&at, "GET", "/healthz");
    assert_eq!((answer.status, answer.body.contains("rescue")), (503, true), "{}", answer.body);
    assert_eq!(scrape(&at).sum("tidings_degraded", &[]), 1.0);
    daemon.stop();
}

/// What a scrape shows: words of ours and names of the configuration, whatever came in.
#[test]
fn nothing_of_a_message_is_shown() {
    let home = home(ON_SOCKET);
    let daemon = home.start();
    let mail = maildir::letter("canary-subject").replace("bob@example.net", "canary-sender@example.net");
    maildir::deliver(&home.path().join("Mail"), mail.as_bytes());
    daemon.until("it is held", |status| status["held"] == 1 && status["errands"] == 0);
    daemon.tell(&["digest", "now", "--wait"]);
    let at = socket(home.path());
    let text = ["/metrics", "/healthz"].map(|page| ask(&at, "GET", page).body).concat();
    for word in ["canary", "@", "u0", "test.example", "Ada", "Mail", "Held"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let names = ["state", "outcome", "reason", "decision", "kind", "le", "version"];
    let labels = read(&ask(&at, "GET", "/metrics").body).labels;
    let given: Vec<_> = labels.iter().filter(|(label, _)| !names.contains(&label.as_str())).collect();
    let pairs = [("account", "home"), ("digest", "all"), ("person", "me")];
    assert_eq!(given, pairs.map(|(label, value)| (label.to_owned(), value.to_owned())).iter().collect::<Vec<_>>());
    daemon.stop();
}

/// Names are the operator's, and may hold what a series must escape.
#[test]
fn names_are_escaped() {
    let home = home(ON_SOCKET);
    let account = ACCOUNT.replace("\"home\"", r#"'a "quoted" \ name {x="1"} 会議'"#);
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &account, YEARLY]);
    let daemon = home.start();
    let labels = scrape(&socket(home.path())).labels;
    let name = r#"a \"quoted\" \\ name {x=\"1\"} 会議"#;
    assert!(labels.contains(&("account".to_owned(), name.to_owned())), "{labels:?}");
    daemon.stop();
}

#[test]
fn alerts_and_dashboard_show_what_there_is() {
    let home = home(ON_SOCKET);
    let chat =
        format!("[[chat]]\nname = \"team\"\nkind = \"slack\"\nme = []\nsecret = {}\n", home.secret("slack", SECRET));
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, ACCOUNT, &chat, YEARLY]);
    let daemon = home.start();
    maildir::deliver(&home.path().join("Mail"), maildir::letter("alpha").as_bytes());
    daemon.until("it is held", |status| status["held"] == 1 && status["errands"] == 0);
    let seen = scrape(&socket(home.path()));
    daemon.stop();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = Regex::new(r"\b(tidings|process)_[a-z_]+\b").unwrap();
    let mut used = std::collections::BTreeSet::new();
    for file in ["config/alerts.yml", "config/grafana.json"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let found: Vec<&str> = name.find_iter(&text).map(|one| one.as_str()).collect();
        assert!(found.len() > 10, "{file}: {found:?}");
        for one in found {
            assert!(seen.names.contains(one), "{file}: there is no {one}");
            used.insert(one.to_owned());
        }
    }
    let shown = |name: &String| used.contains(name) || ["_sum", "_count"].iter().any(|end| name.ends_with(end));
    let unseen: Vec<&String> = seen.names.iter().filter(|name| !shown(name)).collect();
    assert!(unseen.is_empty(), "nothing shows {unseen:?}");
    let dashboard = std::fs::read_to_string(root.join("config/grafana.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 10);
    // Label words that alerts and dashboard select by are those that are given out.
    let selector = Regex::new(r#"\b(state|outcome|reason|decision|kind)\s*(?:=|=~|!=)\s*\\?"([a-z_|]+)"#).unwrap();
    for file in ["config/alerts.yml", "config/grafana.json"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        for found in selector.captures_iter(&text) {
            for word in found[2].split('|') {
                let label = (found[1].to_owned(), word.to_owned());
                assert!(seen.labels.contains(&label), "{file}: nothing has {label:?}");
            }
        }
    }
}
