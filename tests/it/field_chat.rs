//! The field cases about chat, each run as its case.md says: the daemon is called, and held against what is expected of its
//! answers, of what it judged, of what it told at once and of its digest.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::Value;
use tidings::control::wire::ItemDetail;

use crate::chat_field::{folder, json, secret};
use crate::rig::http::{Answer, At, ask, send, socket};
use crate::rig::inside::{House, Running};
use crate::rig::openmetrics;

/// After the next digest of all cases.
const NEXT_MORNING: &str = "2027-01-14T09:01:00Z";

/// A letter: its subject and its words.
struct Letter {
    subject: String,
    words: String,
}

/// What the daemon did with the requests of a case.
struct Ran {
    items: f64,
    held: Vec<ItemDetail>,
    /// What was sent at once.
    alerts: Vec<Letter>,
    digest: Vec<Letter>,
}

/// On one line: what is cut into lines is told as it is said.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The configuration of the case, listening in the house's own folder.
fn configure(house: &House, folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let text = fs::read_to_string(folder.join("tidings.toml")).unwrap();
    let here = text
        .replace("\"127.0.0.1:8460\"", "\"unix:http.sock\"")
        .replace("{ env = \"FIELD_SECRET\" }", "{ file = \"secret\" }");
    assert!(here.contains("http.sock") && here.contains("file = "), "{text}");
    let file = house.path("secret");
    fs::write(&file, secret(folder)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    house.configure(&here);
}

/// A request of the case as it goes over the wire, and when it comes.
fn request(folder: &Path, name: &str) -> (Vec<u8>, Timestamp) {
    let recorded = json(&folder.join(name));
    let body = fs::read(folder.join(recorded["body_file"].as_str().unwrap())).unwrap();
    let mut head =
        format!("{} {} HTTP/1.1\r\n", recorded["method"].as_str().unwrap(), recorded["path"].as_str().unwrap());
    let fields = recorded["headers"].as_object().unwrap();
    fields.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap())));
    if !fields.contains_key("Host") {
        head.push_str("Host: tidings\r\n");
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    ([head.into_bytes(), body].concat(), Timestamp::from_second(recorded["now"].as_i64().unwrap()).unwrap())
}

async fn on_the_wire<T: Send + 'static>(at: &At, call: impl FnOnce(&At) -> T + Send + 'static) -> T {
    let at = at.clone();
    tokio::task::spawn_blocking(move || call(&at)).await.unwrap()
}

fn answered(name: &str, answer: &Answer, expected: &Value) {
    assert!(expected["status"].as_array().unwrap().contains(&answer.status.into()), "{name}: {answer:?}");
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    for key in expected["json_lacks_keys"].as_array().into_iter().flatten() {
        assert!(body.get(key.as_str().unwrap()).is_none(), "{name}: {answer:?}");
    }
    if let Some(json) = expected.get("json") {
        assert_eq!(&body, json, "{name}");
    }
    let is_plain = answer.field("content-type").starts_with("text/plain");
    assert!(answer.body.is_empty() || !is_plain, "{name}: it would be sent back: {answer:?}");
}

fn letters(house: &House) -> Vec<Letter> {
    let entries = fs::read_dir(house.path("out")).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = entries.filter(|file| file.extension().is_some_and(|end| end == "eml"));
    files
        .map(|file| {
            let bytes = fs::read(file).unwrap();
            let letter = MessageParser::new().parse(&bytes).unwrap();
            let subject = letter.subject().unwrap().to_owned();
            Letter { subject, words: words(&letter.body_text(0).unwrap()) }
        })
        .collect()
}

async fn details(daemon: &Running) -> Vec<ItemDetail> {
    let mut details = Vec::new();
    for held in daemon.held().await {
        details.push(daemon.item(&held.id).await);
    }
    details
}

/// Whether it is over by what it says itself: no letter is sent for that alone.
fn is_over(item: &ItemDetail) -> bool {
    item.tally.iter().flat_map(|tally| &tally.signals).any(|signal| signal.name == "closed")
}

/// Runs a case, and compares what each of its requests is answered.
async fn run(folder: &Path, expect: &Value) -> Ran {
    let house = House::new();
    configure(&house, folder);
    let requests = expect["hook"].as_array().unwrap();
    let names: Vec<&str> = requests.iter().map(|one| one["request"].as_str().unwrap()).collect();
    let daemon = house.start(request(folder, names[0]).1).await;
    let at = socket(&house.path(""));
    for (name, expected) in names.iter().zip(requests) {
        let (bytes, now) = request(folder, name);
        daemon.set(now);
        let answer = on_the_wire(&at, move |at| send(at, &bytes)).await.expect("an answer");
        answered(name, &answer, expected);
    }
    daemon.settled().await;
    let text = on_the_wire(&at, |at| ask(at, "GET", "/metrics").body).await;
    let items = openmetrics::read(&text).sum("tidings_items", &[]);
    let (held, alerts) = (details(&daemon).await, letters(&house));
    daemon.at(NEXT_MORNING.parse().unwrap()).await;
    assert!(details(&daemon).await.iter().all(is_over), "the digest leaves nothing behind but what needs none");
    let digest =
        letters(&house).into_iter().filter(|letter| alerts.iter().all(|alert| alert.subject != letter.subject));
    let digest = digest.collect();
    daemon.stop().await.unwrap();
    Ran { items, held, alerts, digest }
}

fn list(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map_or_else(|| value.as_str().into_iter().collect(), |all| all.iter().filter_map(Value::as_str).collect())
}

impl Ran {
    /// What is held with these words, and the letter that told of them at once.
    fn with(&self, text: &str) -> (Option<&ItemDetail>, Option<&Letter>) {
        let is_in =
            |item: &&ItemDetail| [&item.excerpt, &item.held.subject].iter().any(|one| words(one).contains(text));
        (self.held.iter().find(is_in), self.alerts.iter().find(|letter| letter.words.contains(text)))
    }

    fn judged(&self, expected: &Value) {
        let text = expected["text"].as_str().unwrap();
        let (held, alert) = self.with(text);
        assert!(held.is_some() != alert.is_some(), "{text:?} is held or told of at once, one of the two");
        // What is told of at once is one of these; its letter says by which rule.
        let levels = held.map_or(vec!["urgent", "critical"], |item| vec![item.held.urgency.as_str()]);
        let wanted = list(&expected["urgency"]);
        assert!(wanted.is_empty() || levels.iter().any(|level| wanted.contains(level)), "{text:?} is {levels:?}");
        assert!(!levels.iter().any(|level| list(&expected["urgency_not"]).contains(level)), "{text:?} is {levels:?}");
        if let Some(rule) = expected["rule"].as_str() {
            let by_rule = alert.is_some_and(|letter| letter.words.contains(&format!("rule {rule:?}")));
            assert!(by_rule || held.is_some_and(|item| item.rule.as_deref() == Some(rule)), "{text:?}: {rule:?}");
        }
    }

    /// Holds everything against what is expected.
    fn check(&self, expect: &Value) {
        if let Some(items) = expect["items"].as_f64() {
            assert_eq!(self.items, items);
        }
        if let Some(count) = expect["letters"].as_u64() {
            assert_eq!(self.alerts.len() as u64, count, "letters that were sent at once");
        }
        assert_eq!(self.held.len() + self.alerts.len(), self.items as usize, "each is told of, each once");
        for letter in &self.alerts {
            let contains = list(&expect["letter"]["text_contains"]);
            contains.iter().for_each(|text| assert!(letter.words.contains(text), "{text:?}: {}", letter.words));
            let lacks = list(&expect["letter"]["subject_lacks"]);
            lacks.iter().for_each(|text| assert!(!letter.subject.contains(text), "{text:?}: {}", letter.subject));
        }
        expect["judged"].as_array().into_iter().flatten().for_each(|one| self.judged(one));
        let shown: Vec<&ItemDetail> = self.held.iter().filter(|item| !is_over(item)).collect();
        assert_eq!(self.digest.len(), usize::from(!shown.is_empty()), "one digest of what waited");
        for (item, digest) in shown.iter().flat_map(|item| self.digest.iter().map(move |digest| (item, digest))) {
            assert!(digest.words.contains(&words(&item.excerpt)), "{:?} is not in {}", item.excerpt, digest.words);
        }
        for text in list(&expect["texts_lack"]) {
            let told = self.alerts.iter().chain(&self.digest).map(|letter| &letter.words);
            assert!(
                !told.chain(self.held.iter().map(|item| &item.excerpt)).any(|told| told.contains(text)),
                "{text:?}"
            );
        }
    }
}

async fn case(name: &str) -> Option<Ran> {
    let folder = folder(name)?;
    let expect = json(&folder.join("expect.json"));
    let ran = run(&folder, &expect).await;
    ran.check(&expect);
    Some(ran)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_and_quoted_names_wait_for_the_digest() {
    let Some(ran) = case("15-zulip-silent-mention").await else { return };
    assert_eq!((ran.held.len(), ran.alerts.len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signed_address_is_the_public_one() {
    let Some(ran) = case("16-signed-url-behind-proxy").await else { return };
    assert!(ran.digest[0].words.contains("gate is open, come down") && !ran.digest[0].words.contains("third"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_without_a_text_rings() {
    let Some(ran) = case("17-slack-text-in-blocks").await else { return };
    assert!(ran.alerts[0].subject.contains("disks"), "{}", ran.alerts[0].subject);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_that_is_over_waits_and_its_neighbour_rings() {
    let Some(ran) = case("18-alertmanager-mixed-group").await else { return };
    assert!(ran.held.iter().all(is_over) && ran.held.len() == 1, "the end of an alarm is no news: {:?}", ran.held);
}

/// Its configuration calls the kind `matrix_appservice`, as the recorded requests do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_and_an_edit_of_what_is_unknown_ring_for_nobody() {
    let Some(ran) = case("19-matrix-reply-fallback").await else { return };
    assert_eq!((ran.held.len(), ran.items), (2, 2.0));
}
