//! Texts that a service does not send itself, with the real daemon: fetched with a token in the background, or not at all.

use std::time::Instant;

use ring::hmac;
use serde_json::{Value, json};
use tidings::limits;

use crate::reload::hang_up;
use crate::rig::api::{Api, Say};
use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::http::{Caller, socket};
use crate::rig::wait::{PATIENCE, until, until_true};

const ON_SOCKET: &str = "listen = \"unix:http.sock\"\n";
const MENTIONED: &str = "[[rule]]\nname = \"mentioned\"\nmention = \"me\"\nurgency = \"urgent\"\n\
    [[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
/// What proves requests to the hooks.
const SECRET: &str = "0f5a2b7c";
/// What the texts are asked for with.
const TOKEN: &str = "tok-canary-1";

/// A hook of this kind, with keys of its own.
fn hook(home: &Home, name: &str, kind: &str, keys: &str) -> String {
    let secret = home.secret("hook", SECRET);
    let secret = if kind == "teams-graph" { format!("client_state = {secret}") } else { format!("secret = {secret}") };
    format!("[[chat]]\nname = {name:?}\nkind = {kind:?}\n{secret}\nme = [\"77\"]\n{keys}\n")
}

fn keys(home: &Home, api: &Api) -> String {
    format!("token = {}\napi = {:?}", home.secret("token", TOKEN), api.url)
}

fn configure(home: &Home, hooks: &str) {
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, hooks, YEARLY, MENTIONED]);
}

/// A home with one hook `work` of Asana, whose API this is.
fn asana(api: &Api) -> Home {
    let home = Home::new();
    let hook = hook(&home, "work", "asana", &keys(&home, api));
    configure(&home, &hook);
    home
}

/// Sends this to a hook, signed in this field.
fn send(home: &Home, (name, field): (&str, &str), body: &Value) {
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag: String = hmac::sign(&key, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = if field == "X-Hook-Signature" { tag } else { format!("sha256={tag}") };
    let length = body.len();
    let request = format!(
        "POST /hook/{name} HTTP/1.1\r\nHost: tidings\r\n{field}: {tag}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut caller = Caller::connect(&socket(home.path())).unwrap();
    caller.send(request.as_bytes());
    assert!(matches!(caller.answer().unwrap().status, 200..=202), "{name}");
}

/// Comments of these ids were written.
fn written(home: &Home, hook: &str, ids: impl IntoIterator<Item = u32>) {
    let event = |id: u32| {
        json!({"user": {"gid": "4"}, "created_at": "2026-09-01T10:00:00.123Z", "action": "added",
            "resource": {"gid": id.to_string(), "resource_type": "story"}, "parent": {"gid": "12", "resource_type": "task"}})
    };
    let events: Vec<Value> = ids.into_iter().map(event).collect();
    send(home, (hook, "X-Hook-Signature"), &json!({"events": events}));
}

/// What Asana says of a comment.
fn story(text: &str, html: &str) -> Say {
    let told = json!({"data": {"text": text, "html_text": html, "created_by": {"name": "Ben"},
        "target": {"name": "Mend the roof", "permalink_url": "https://app.asana.com/0/0/12"}}});
    Say::Answer(200, "Content-Type: application/json\r\n", told.to_string())
}

fn held(daemon: &Daemon<'_>) -> Vec<String> {
    let list = daemon.json(&["held", "list"]);
    list.as_array().unwrap().iter().map(|item| item["subject"].as_str().unwrap().to_owned()).collect()
}

/// Waits until what is held has these titles, in whatever order.
fn holds(daemon: &Daemon<'_>, expected: &[&str]) {
    let mut seen = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        seen = held(daemon);
        seen.sort_unstable();
        if seen == expected {
            return;
        }
    }
    panic!("{expected:?} are not held but {seen:?}:\n{}", daemon.home.log());
}

/// Why the last text of a hook was not fetched.
fn unfetched(daemon: &Daemon<'_>) -> Value {
    daemon.json(&["hook", "list"])[0]["unfetched"].clone()
}

fn words(letter: &[u8]) -> String {
    let letter = mail_parser::MessageParser::new().parse(letter).unwrap();
    letter.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

const THIN: &str = "added: story/1";
const ROOF: &str = "Mend the roof";

#[test]
fn a_text_is_fetched_and_stands_in_the_digest() {
    let api = Api::start(|_| story("It leaks.", ""));
    let home = asana(&api);
    let daemon = home.start();
    written(&home, "work", [1]);
    holds(&daemon, &[ROOF]);
    // A second delivery asks for nothing that is there; what comes after it had its turn after it.
    written(&home, "work", [1, 2]);
    holds(&daemon, &[ROOF, ROOF]);
    assert_eq!(api.asked().len(), 2);
    let asked = api.asked();
    let lines: Vec<&str> = asked[0].lines().collect();
    let line = "GET /stories/1?opt_fields=text,html_text,created_by.name,target.name,target.permalink_url HTTP/1.1";
    assert_eq!(lines[0], line);
    let has = |field: &str| lines.iter().any(|line| line.eq_ignore_ascii_case(field));
    assert!(has(&format!("authorization: Bearer {TOKEN}")) && has("accept-encoding: identity"), "{lines:?}");
    assert!(has(&format!("host: {}", api.url.trim_start_matches("http://"))), "{lines:?}");
    daemon.tell(&["digest", "now", "--wait"]);
    let digest = words(&home.letters()[0]);
    assert!(digest.contains("Mend the roof") && digest.contains("It leaks.") && digest.contains("Ben"), "{digest}");
    let log = home.log();
    assert!(log.contains("its text was fetched") && !log.contains("leaks") && !log.contains(TOKEN), "{log}");
    daemon.stop();
}

#[test]
fn without_a_token_nothing_is_fetched() {
    let api = Api::start(|_| story("It leaks.", ""));
    let home = Home::new();
    let (without, with) = (format!("api = {:?}", api.url), keys(&home, &api));
    configure(&home, &(hook(&home, "without", "asana", &without) + &hook(&home, "with", "asana", &with)));
    let daemon = home.start();
    written(&home, "without", [1]);
    written(&home, "with", [2]);
    holds(&daemon, &[ROOF, THIN]);
    let asked = api.asked();
    assert!(asked.len() == 1 && asked[0].starts_with("GET /stories/2?"), "{asked:?}");
    daemon.stop();
}

/// What is written there names me: it passes after all, as an edit would.
#[test]
fn a_text_that_is_urgent_passes() {
    let api = Api::start(|_| {
        story("", "<body><a data-asana-gid=\"77\" data-asana-type=\"user\">@Ada</a> the roof is off</body>")
    });
    let home = asana(&api);
    let daemon = home.start();
    written(&home, "work", [1]);
    let letters = until(PATIENCE, "the alert is there", || Some(home.letters()).filter(|all| !all.is_empty()));
    let words = words(&letters[0]);
    assert!(words.contains("@Ada the roof is off") && words.contains("rule \"mentioned\""), "{words}");
    daemon.until("nothing is held", |status| status["held"] == 0);
    daemon.stop();
}

#[test]
fn a_service_that_never_answers_keeps_nobody_waiting() {
    let api = Api::start(|_| Say::Nothing);
    let home = asana(&api);
    let daemon = home.start();
    written(&home, "work", [1]);
    until_true(PATIENCE, "it is asked", || api.open() == 1);
    holds(&daemon, &[THIN]);
    let begun = Instant::now();
    daemon.stop();
    assert!(begun.elapsed() < limits::doors::ASK, "it waited for the answer");
    until_true(PATIENCE, "the daemon hangs up", || api.hung_up() == 1);
}

/// The token is read for each question, so the next one may be good.
#[test]
fn a_refused_token_is_told_until_it_is_a_good_one() {
    let api = Api::start(|head| match head.contains("tok-2") {
        true => story("It leaks.", ""),
        false => Say::Answer(401, "", json!({"errors": [{"message": "canary"}]}).to_string()),
    });
    let home = asana(&api);
    let daemon = home.start();
    written(&home, "work", [1]);
    until_true(PATIENCE, "it is told", || unfetched(&daemon) == "the service refuses the token");
    let told = daemon.tell(&["hook", "list"]);
    assert!(told.contains("work: no text was fetched") && told.contains("the service refuses the token"), "{told}");
    holds(&daemon, &[THIN]);
    home.secret("token", "tok-2");
    written(&home, "work", [2]);
    holds(&daemon, &[ROOF, THIN]);
    assert_eq!(unfetched(&daemon), Value::Null);
    assert_eq!(api.asked().len(), 2, "a refusal is not asked again");
    let log = home.log();
    assert!(
        log.contains("the service refuses the token") && !log.contains("canary") && !log.contains("tok-2"),
        "{log}"
    );
    daemon.stop();
}

/// One question for all who hear the hook; what it says is judged for each of them.
#[test]
fn a_text_is_fetched_once_for_everybody() {
    let api = Api::start(|_| {
        story("", "<body><a data-asana-gid=\"77\" data-asana-type=\"user\">@Ada</a> the roof is off</body>")
    });
    let home = Home::new();
    let secret = home.secret("hook", SECRET);
    let work = format!(
        "[[chat]]\nname = \"work\"\nkind = \"asana\"\nsecret = {secret}\nfor = [\"ada\", \"ben\"]\n{}\n",
        keys(&home, &api)
    );
    home.configure(&[ON_SOCKET, "people = \"people/*.toml\"\n", INTO_FOLDER, &work]);
    std::fs::create_dir(home.path().join("people")).unwrap();
    for (name, id) in [("ada", "77"), ("ben", "4711")] {
        let person = format!(
            "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"{name}@test.example\"]\n[chat_ids]\nwork = [{id:?}]\n"
        );
        home.write(&format!("people/{name}.toml"), &[person.as_str(), YEARLY, MENTIONED].join("\n"));
    }
    let daemon = home.start();
    written(&home, "work", [1]);
    until_true(PATIENCE, "the alert is there", || !home.letters().is_empty());
    holds(&daemon, &[ROOF]);
    let list = daemon.json(&["held", "list"]);
    assert_eq!(list[0]["person"], "ben", "{list}");
    daemon.stop();
    assert_eq!((api.asked().len(), home.letters().len()), (1, 1));
}

/// Nobody would see its text.
#[test]
fn what_does_not_wait_is_not_asked_for() {
    let api = Api::start(|_| story("It leaks.", ""));
    let home = Home::new();
    let (gone, work) =
        (hook(&home, "gone", "asana", &keys(&home, &api)), hook(&home, "work", "asana", &keys(&home, &api)));
    let rule = "[[rule]]\nname = \"gone\"\nsource = \"gone\"\nurgency = \"drop\"\n";
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &gone, &work, YEARLY, rule, MENTIONED]);
    let daemon = home.start();
    written(&home, "gone", [1]);
    written(&home, "work", [2]);
    holds(&daemon, &[ROOF]);
    let asked = api.asked();
    assert!(asked.len() == 1 && asked[0].starts_with("GET /stories/2?"), "{asked:?}");
    daemon.stop();
}

/// Not even the question goes to who cannot prove who it is.
#[test]
fn where_tls_was_wanted_nothing_goes_without_it() {
    let api = Api::start(|_| story("It leaks.", ""));
    let home = Home::new();
    let keys = format!("token = {}\napi = {:?}", home.secret("token", TOKEN), api.url.replace("http://", "https://"));
    configure(&home, &hook(&home, "work", "asana", &keys));
    let daemon = home.start();
    written(&home, "work", [1]);
    until_true(PATIENCE, "it is told", || unfetched(&daemon) == "the service does not answer");
    holds(&daemon, &[THIN]);
    assert!(api.asked().is_empty());
    let log = home.log();
    assert!(log.contains("does not speak TLS on this port") && !log.contains(TOKEN), "{log}");
    daemon.stop();
}

/// The last one is answered well, so that everything before it has had its turn.
#[test]
fn no_redirection_is_followed_and_no_answer_is_too_much() {
    let elsewhere = Api::start(|_| story("It leaks.", ""));
    let location: &'static str = format!("Location: {}/stories/1\r\n", elsewhere.url).leak();
    let api = Api::start(move |head| match head.split(['/', '?']).nth(2).unwrap_or_default() {
        "1" => Say::Answer(302, location, String::new()),
        "2" => Say::Answer(307, location, String::new()),
        "3" => Say::Answer(200, "", json!({"data": {"text": "x".repeat(10 << 20)}}).to_string()),
        "4" => Say::Answer(200, "", "[".repeat(200_000)),
        "5" => Say::Answer(200, "Content-Encoding: gzip\r\n", "\u{1f}no gzip".to_owned()),
        "6" => Say::Answer(200, "", json!({"data": {"text": 5, "html_text": [], "target": "x"}}).to_string()),
        "7" => Say::Answer(404, "", String::new()),
        _ => story("It leaks.", ""),
    });
    let home = asana(&api);
    let daemon = home.start();
    for id in 1..=7 {
        written(&home, "work", [id]);
    }
    until_true(PATIENCE, "all are asked for", || api.asked().len() == 7 && api.open() == 0);
    written(&home, "work", [8]);
    let thin: Vec<String> = (1..=7).map(|id| format!("added: story/{id}")).collect();
    let expected: Vec<&str> = std::iter::once(ROOF).chain(thin.iter().map(String::as_str)).collect();
    holds(&daemon, &expected);
    assert!(elsewhere.asked().is_empty());
    assert_eq!(api.asked().len(), 8, "nothing is asked for twice");
    daemon.stop();
}

#[test]
fn who_puts_it_off_is_asked_once_more() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let api = Api::start(move |head| {
        let is_first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        match head.starts_with("GET /stories/1?") {
            true if is_first => Say::Answer(429, "Retry-After: 0\r\n", String::new()),
            true => story("It leaks.", ""),
            false => Say::Answer(503, "Retry-After: 0\r\n", String::new()),
        }
    });
    let home = asana(&api);
    let daemon = home.start();
    written(&home, "work", [1]);
    holds(&daemon, &[ROOF]);
    written(&home, "work", [2]);
    until_true(PATIENCE, "it is told", || unfetched(&daemon) == "the service puts it off" && api.asked().len() == 4);
    holds(&daemon, &[ROOF, "added: story/2"]);
    daemon.stop();
    assert_eq!(api.asked().len(), 4, "two for each");
}

/// Thousands of references are kept; so many texts are asked for, and so many at once.
#[test]
fn too_many_references_are_kept_without_their_texts() {
    let api = Api::start(|_| Say::AfterGate);
    let home = asana(&api);
    let daemon = home.start();
    let all = limits::hands::FETCH_QUEUE + limits::hands::FETCH_AT_ONCE + 40;
    written(&home, "work", 1..=u32::try_from(all).unwrap());
    until_true(PATIENCE, "as many as may be are asked for", || api.open() == limits::hands::FETCH_AT_ONCE);
    daemon.until("all are held", |status| status["held"] == all);
    api.open_gate();
    until_true(PATIENCE, "those that wait are asked for", || {
        api.asked().len() >= limits::hands::FETCH_QUEUE && api.open() == 0
    });
    daemon.stop();
    let asked = api.asked().len();
    assert!(asked <= limits::hands::FETCH_QUEUE + limits::hands::FETCH_AT_ONCE, "{asked}");
    assert_eq!(api.most(), limits::hands::FETCH_AT_ONCE);
}

#[test]
fn a_reload_brings_a_token_and_takes_it_away() {
    let api = Api::start(|_| story("It leaks.", ""));
    let home = Home::new();
    let without = hook(&home, "work", "asana", "");
    configure(&home, &without);
    let daemon = home.start();
    written(&home, "work", [1]);
    configure(&home, &hook(&home, "work", "asana", &keys(&home, &api)));
    hang_up(&daemon, "the configuration was read again");
    written(&home, "work", [2]);
    holds(&daemon, &[ROOF, THIN]);
    configure(&home, &without);
    hang_up(&daemon, "the configuration was read again");
    written(&home, "work", [3]);
    holds(&daemon, &[ROOF, THIN, "added: story/3"]);
    daemon.stop();
    assert_eq!(api.asked().len(), 1);
}

/// The other services, each asked where and as its API wants it; an id that is a path is asked for nowhere.
#[test]
fn each_service_is_asked_in_its_own_way() {
    const NOTE: &str = "153104cd-477e-809d-8dc4-ff2d96ae3090";
    const CHAT: &str = "chats('19:8ea0e38b_5b6d@unq.gbl.spaces')/messages('1612289765949')";
    let api = Api::start(|head| {
        let told = if head.starts_with("GET /v1/comments/") {
            json!({"id": NOTE, "rich_text": [{"plain_text": "From Notion."}]})
        } else if head.starts_with("GET /wiki/rest/") {
            json!({"id": "393219", "type": "page", "title": "The roof", "body": {"view": {"value": "<p>From <b>Confluence</b>.</p>"}}})
        } else {
            json!({"id": "1612289765949", "messageType": "message", "chatId": "19:8ea0e38b_5b6d@unq.gbl.spaces",
                "from": {"user": {"id": "u1", "displayName": "Ben"}}, "body": {"contentType": "text", "content": "From Graph."}})
        };
        Say::Answer(200, "", told.to_string())
    });
    let home = Home::new();
    let token = home.secret("token", TOKEN);
    let keys = |path: &str| format!("token = {token}\napi = \"{}{path}\"", api.url);
    configure(
        &home,
        &(hook(&home, "notes", "notion", &keys(""))
            + &hook(&home, "wiki", "confluence", &keys("/wiki/"))
            + &hook(&home, "graph", "teams-graph", &keys("/v1.0"))),
    );
    let daemon = home.start();
    for (delivery, id) in [("1", NOTE), ("2", "../users/me"), ("3", "1%2f..%2f2")] {
        let event =
            json!({"id": delivery, "type": "comment.created", "entity": {"id": id, "type": "comment"}, "data": {}});
        send(&home, ("notes", "X-Notion-Signature"), &event);
    }
    let event = json!({"event": "page_created", "timestamp": 1_799_830_800_000_u64, "userKey": "8a7f", "page": {"id": 393_219}});
    send(&home, ("wiki", "X-Hub-Signature"), &event);
    let item = |resource: &str| {
        json!({"clientState": SECRET, "changeType": "created", "resource": resource, "subscriptionId": "s",
            "resourceData": {"id": "1612289765949"}})
    };
    let items = json!({"value": [item(CHAT), item("users('me')/../messages('1')")]});
    send(&home, ("graph", "X-None"), &items);
    until_true(PATIENCE, "all have their texts", || {
        let held = held(&daemon);
        ["From Notion.", "The roof", "From Graph."].iter().all(|text| held.iter().any(|one| one.contains(text)))
    });
    daemon.stop();
    let asked = api.asked();
    let mut lines: Vec<&str> = asked.iter().filter_map(|head| head.lines().next()).collect();
    lines.sort_unstable();
    let [graph, notion, wiki] = [
        "GET /v1.0/chats/19:8ea0e38b_5b6d@unq.gbl.spaces/messages/1612289765949 HTTP/1.1".to_owned(),
        format!("GET /v1/comments/{NOTE} HTTP/1.1"),
        "GET /wiki/rest/api/content/393219?expand=body.view,body.storage,version,container HTTP/1.1".to_owned(),
    ];
    assert_eq!(lines, [graph.as_str(), notion.as_str(), wiki.as_str()]);
    let versions = asked.iter().filter(|head| head.to_lowercase().contains("\r\nnotion-version: "));
    assert_eq!(versions.count(), 1);
}
