//! The recorded requests again, through the listener and into a store: what is answered on the wire, and what is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tidings::chat::hook::Hook;
use tidings::chat::kind::Kind;
use tidings::chat::proof::Proof;
use tidings::chat::registry;
use tidings::cli::hook::recorded::Recorded;
use tidings::clock::Clock;
use tidings::config;
use tidings::config::environment::Environment;
use tidings::health::Health;
use tidings::hook::call::{Call, Receive, Reply};
use tidings::hook::calls;
use tidings::intake::people::People;
use tidings::model::identity::Identity;
use tidings::model::item::Item;
use tidings::model::name::{HookName, PersonName};
use tidings::receiver::fetch;
use tidings::receiver::hooks::Hooks;
use tidings::receiver::kit::Kit;
use tidings::receiver::receive::Receiver;
use tidings::receiver::settings::{HookSettings, Reader};
use tidings::secret::SecretSource;
use tidings::store::handle::Store;
use tidings::store::view::HookMemory;
use tokio::sync::watch;

use crate::rig::http::{self, Answer};
use crate::rig::serving::Serving;
use crate::store_rig::{at, fresh};
use crate::vectors::{KINDS, read, tried, unlike_answer, vectors};

/// One digest, and a rule that holds everything for it.
const CONFIG: &str = "state_dir = \"state\"\nlisten = \"unix:http.sock\"\ntimezone = \"Etc/UTC\"\n\
    [me]\naddresses = [\"ada@example.org\"]\n[smtp]\nfolder = \"out\"\nfrom = \"ada@example.org\"\n\
    [[digest]]\nname = \"all\"\nschedule = \"0 3 1 1 *\"\n[[rule]]\nname = \"all\"\nurgency = \"normal\"\n";

/// As behind a proxy that serves a hook under a path of the outside's choice: services sign the URL that they call.
struct Proxied(Receiver);

impl Receive for Proxied {
    fn refused(&self, hook: &str, why: &'static str) {
        self.0.refused(hook, why);
    }

    fn put_off(&self, hook: &str) {
        self.0.put_off(hook);
    }

    fn receive(&self, mut call: Call) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        call.target = call.target.replacen(&format!("/hook/{}", call.hook), "", 1);
        self.0.receive(call)
    }
}

/// A door, a receiver and a store for the hooks of one kind.
struct Stage {
    _folder: TempDir,
    kind: Kind,
    person: PersonName,
    store: Store,
    clock: Clock,
    health: Health,
    hooks: watch::Sender<Arc<Hooks>>,
    _people: watch::Sender<Arc<People>>,
    serving: Serving,
}

/// Everything that a store has of a hook and its reader.
#[derive(PartialEq)]
struct Kept {
    items: BTreeSet<Identity>,
    remembered: (usize, usize),
    memory: HookMemory,
}

impl Stage {
    async fn set(kind: Kind) -> Self {
        let (folder, store) = fresh();
        let file = folder.path().join("tidings.toml");
        std::fs::write(&file, CONFIG).unwrap();
        let mut config = config::load(&file, &Environment::default()).unwrap();
        let desk = config.people.pop().unwrap().desk;
        let person = desk.person.clone();
        let (people, hooks) = (
            watch::Sender::new(Arc::new(People::from_iter([Arc::new(desk)]))),
            watch::Sender::new(Arc::new(Hooks::default())),
        );
        let (clock, health) = (Clock::manual(at(0)), Health::new());
        let kit = Kit {
            hooks: hooks.subscribe(),
            people: people.subscribe(),
            store: store.clone(),
            clock: clock.clone(),
            health: health.clone(),
        };
        let receiver = Receiver { kit, fetches: fetch::queue().0 };
        let serving = Serving::start(calls::routes(Arc::new(Proxied(receiver)))).await;
        Self { _folder: folder, kind, person, store, clock, health, hooks, _people: people, serving }
    }

    /// Puts this hook there as a reload does. What stands before the path of its URL is `origin`.
    async fn open(&self, name: &HookName, hook: Hook, origin: &str) {
        let settings = HookSettings {
            name: name.clone(),
            kind: self.kind,
            secrets: hook.secrets.into_iter().map(SecretSource::Plain).collect(),
            token: None,
            channels: Vec::new(),
            names: BTreeMap::new(),
            settings: hook.settings,
            secret_settings: Default::default(),
            readers: vec![Reader { person: self.person.clone(), me: Vec::new() }],
        };
        self.hooks.send_replace(Arc::new(Hooks::open(&[settings], Some(origin), &self.health).await));
    }

    fn kept(&self, name: &HookName) -> Kept {
        Kept {
            items: self.store.known(&self.person).into_iter().collect(),
            remembered: self.store.remembered(&self.person),
            memory: self.store.hook(name),
        }
    }

    /// What is wrong with one request; empty: all is as expected.
    async fn faults(&self, (vector, all): (&Value, &[Value]), folder: &Path) -> Vec<String> {
        let recorded = Recorded::of(vector.clone(), folder).unwrap();
        let hook = recorded.hook(self.kind).unwrap();
        let is_shaken = registry::service(self.kind).proof(&hook.settings) == Proof::Handshake;
        // A second delivery comes to the hook of the first.
        let first = if vector["duplicate_of"].is_null() { &vector["name"] } else { &vector["duplicate_of"] };
        let index = all.iter().position(|other| other["name"] == *first).unwrap();
        let name = HookName::new(format!("h{index}"));
        let url = vector["url"].as_str().unwrap();
        let end = url.find("://").and_then(|at| url[at + 3..].find('/').map(|path| at + 3 + path)).unwrap();
        let (origin, path) = url.split_at(end);
        self.open(&name, hook, origin).await;
        let now: Timestamp = recorded.now().unwrap_or(at(0));
        self.clock.set(now);
        if is_shaken && vector["expect"] == "challenge" {
            let soon = Some(now + SignedDuration::from_mins(10));
            self.store.keep_hook(&name, HookMemory { expected_until: soon, secret: None }).await.unwrap();
        }
        let before = self.kept(&name);
        let body = vector["body_file"].as_str().map(|file| std::fs::read(folder.join(file)).unwrap());
        let request = request(vector, &format!("/hook/{name}{path}"), body);
        let begun = Instant::now();
        let answer = tokio::task::block_in_place(|| http::send(&self.serving.at, &request)).expect("an answer");
        let took = begun.elapsed();
        let after = self.kept(&name);
        if vector["auth_only"] == json!(true) && answer.status == 400 {
            return if before == after { Vec::new() } else { vec!["something unreadable is kept".to_owned()] };
        }
        let mut faults = unlike_answer(&as_json(&answer), &vector["expect_response"]);
        let limit = vector["expect_response"]["max_seconds"].as_f64().map_or(Duration::MAX, Duration::from_secs_f64);
        if took > limit {
            faults.push(format!("answered after {took:?}"));
        }
        faults.extend(self.unlike_kept((vector, folder), (&before, &after)).await);
        faults
    }

    /// What the store should have, and has not.
    async fn unlike_kept(&self, (vector, folder): (&Value, &Path), (before, after): (&Kept, &Kept)) -> Vec<String> {
        let new: Vec<Identity> = after.items.difference(&before.items).copied().collect();
        if vector["expect"] == "challenge" {
            let brought = after.memory.secret.as_ref().map(|secret| json!(secret.reveal()));
            let expected = &vector["expect_response"];
            let wanted = [&expected["store_secret"], &expected["headers"]["X-Hook-Secret"]];
            let is_right = wanted.iter().find(|secret| !secret.is_null()).copied() == brought.as_ref();
            let is_shut = after.memory.expected_until.is_none();
            return if is_right && is_shut && new.is_empty() { Vec::new() } else { vec!["its secret".to_owned()] };
        }
        if vector["expect"] == "reject" || !vector["duplicate_of"].is_null() {
            let what = if vector["expect"] == "reject" { "a refused request" } else { "a second delivery" };
            return if before == after { Vec::new() } else { vec![format!("{what} has left a trace")] };
        }
        let items = self.store.items(new).await.unwrap();
        let read = tried(self.kind, vector, folder).unwrap();
        let read = read["events"].as_array().unwrap();
        let mut faults = Vec::new();
        if items.len() != read.len() {
            faults.push(format!("{} items of {} events", items.len(), read.len()));
        }
        let expected = vector["events"].as_array().into_iter().flatten();
        let missing = expected.filter(|event| !items.iter().any(|item| is_of(item, event)));
        faults.extend(missing.map(|event| format!("there is no item of {event}")));
        let waiting: BTreeSet<Identity> = self.store.waiting(&self.person).iter().map(|one| one.identity).collect();
        let lost = items.iter().filter(|item| !waiting.contains(&item.message.identity));
        faults.extend(lost.map(|item| format!("{:?} is not held", item.message.message_id)));
        faults
    }
}

/// Whether an item is that of an event: its message, its sender, its hook's channel.
fn is_of(item: &Item, event: &Value) -> bool {
    let message = &item.message;
    let id = ["edited_message_id", "id"].iter().find_map(|key| event[*key].as_str());
    let post = message.post.as_ref().unwrap();
    let sender = message.sender.as_ref().map(|sender| sender.address.as_str());
    id.is_none_or(|id| message.message_id.as_ref().is_some_and(|own| own.ends_with(&format!(":{id}"))))
        && event["sender_id"].as_str().is_none_or(|id| sender == Some(id))
        && event["channel_id"].as_str().is_none_or(|id| post.channel == id)
}

fn request(vector: &Value, target: &str, body: Option<Vec<u8>>) -> Vec<u8> {
    let mut head = format!("{} {target} HTTP/1.1\r\n", vector["method"].as_str().unwrap());
    let fields = vector["headers"].as_object().unwrap();
    let fields = fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    fields.for_each(|(name, value)| head.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap())));
    if let Some(body) = &body {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("Host: tidings\r\nConnection: close\r\n\r\n");
    [head.into_bytes(), body.unwrap_or_default()].concat()
}

/// As `hook try` prints it.
fn as_json(answer: &Answer) -> Value {
    let fields = answer.head.iter().filter_map(|line| line.split_once(": "));
    let headers: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    json!({"status": answer.status, "headers": headers, "body": answer.body})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_request_is_kept_before_it_is_answered() {
    let Some(folder) = vectors() else { return };
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (service, kind) in KINDS {
        let folder = folder.join(service);
        let stage = Stage::set(Kind::named(kind).unwrap()).await;
        let all = read(&folder.join("vectors.json"));
        for vector in &all {
            count += 1;
            let faults = stage.faults((vector, &all), &folder).await;
            if !faults.is_empty() {
                wrong.push(format!("{service} {}:\n    {}", vector["name"], faults.join("\n    ")));
            }
        }
        stage.serving.stop.cancel();
        stage.serving.task.await.unwrap();
        assert!(stage.store.audit().await.unwrap().agrees(), "{service}");
        stage.store.close().await.unwrap();
    }
    assert!(wrong.is_empty(), "{} of {count} requests:\n{}", wrong.len(), wrong.join("\n"));
}
