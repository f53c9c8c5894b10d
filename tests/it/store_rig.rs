//! What the store's tests share: a store in a temporary folder, and messages, editions and errands to put into it.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tidings::model::edition::{Claim, Edition, EditionId, EditionKind, Fate, Letter, LetterId, Stage};
use tidings::model::errand::{Errand, Task};
use tidings::model::identity::{Id, Identity};
use tidings::model::item::{Item, Standing};
use tidings::model::mailbox::{Mailbox, Place, Spot, Uid, UidValidity};
use tidings::model::message::{Address, Authenticity, Header, Kind, Message, Thread};
use tidings::model::name::{AccountName, DigestName, PersonName, RuleName};
use tidings::model::verdict::{Decision, Placement, Reason, Then, Urgency, Verdict};
use tidings::store::change::{Accepted, Changed};
use tidings::store::committed::Committed;
use tidings::store::fault::StoreError;
use tidings::store::handle::Store;
use tidings::store::open::Found;

pub fn me() -> PersonName {
    PersonName::new("me")
}

pub fn work() -> AccountName {
    AccountName::new("work")
}

pub fn evening() -> DigestName {
    DigestName::new("evening")
}

/// An instant, in minutes.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_mins(minutes)
}

pub fn identity(n: u32) -> Identity {
    Identity(Id::of(&[b"test", &n.to_be_bytes()]))
}

pub fn place(mailbox: &str, uid: u32) -> Place {
    let (account, mailbox) = (work(), Mailbox::new(mailbox));
    Place { account, mailbox, spot: Some(Spot::Uid(UidValidity(7), Uid(uid))) }
}

pub fn message(n: u32) -> Message {
    let person = |name: &str| Address { name: Some(name.to_owned()), address: format!("{name}@example.org") };
    Message {
        identity: identity(n),
        source: "work".to_owned(),
        kind: Kind::Mail,
        message_id: Some(format!("{n}@example.org")),
        thread: Thread::default(),
        sender: Some(person("ada")),
        reply_to: None,
        to: vec![person("me")],
        cc: Vec::new(),
        subject: format!("subject {n}"),
        own_text: "text ".repeat(50),
        headers: vec![Header { name: "List-Id".to_owned(), value: "<x.example.org>".to_owned() }],
        list_id: None,
        automated: false,
        importance: None,
        attachments: Vec::new(),
        event: None,
        authenticity: Authenticity::Unknown,
        sent_at: None,
        received_at: at(0),
        size: 4_000,
        post: None,
        page: None,
        notes: Vec::new(),
    }
}

pub fn verdict(urgency: Urgency, judged_at: Timestamp) -> Verdict {
    let reason = Reason::Rule { rule: RuleName::new("rule"), evidence: vec!["matched".to_owned()] };
    Verdict::new(Decision::Level(urgency), reason, judged_at)
}

pub fn hold(due_at: Timestamp, deliver_by: Timestamp) -> Placement {
    Placement::Hold { due_at, then: Then::Digest(evening()), deliver_by }
}

/// Item `n`, that arrives at minute `n`, waits in Held for the evening's digest at minute 1,000 and leaves at 10,000 + n.
pub fn item(n: u32) -> Item {
    Item {
        person: me(),
        message: message(n),
        verdict: verdict(Urgency::Normal, at(i64::from(n))),
        placement: hold(at(1_000), at(10_000 + i64::from(n))),
        place: Some(place("INBOX", n + 1)),
        wanted: Some(Mailbox::new("Held")),
        standing: Standing::Waiting,
        accepted_at: at(i64::from(n)),
    }
}

/// The errand that files item `n` into a mailbox.
pub fn file(n: u32, to: &str) -> Errand {
    Errand::new(&me(), &work(), Task::File { item: identity(n), to: Mailbox::new(to) }, at(i64::from(n)))
}

pub fn open(state: &Path) -> (Store, Found) {
    let opened = Store::open(state, at(0)).unwrap();
    (opened.store, opened.found)
}

/// A new store in a folder of its own.
pub fn fresh() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let (store, found) = open(folder.path());
    assert_eq!(found, Found::New);
    (folder, store)
}

/// Closes and opens again.
pub async fn again(state: &Path, store: Store) -> Store {
    store.close().await.unwrap();
    let (store, found) = open(state);
    assert_eq!(found, Found::Kept);
    store
}

pub async fn accept(store: &Store, item: Item, errands: Vec<Errand>) -> Accepted {
    *store.accept(item, errands).await.unwrap().get()
}

/// Whether a compare-and-set was done.
pub fn done(changed: Result<Committed<Changed>, StoreError>) -> bool {
    *changed.unwrap().get() == Changed::Yes
}

/// An edition of these items for so many recipients, and its letters, whose bodies are spooled.
pub async fn edition(store: &Store, slot: i64, items: &[u32], recipients: u32) -> (Edition, Vec<Letter>) {
    let kind = EditionKind::Digest(evening());
    let id = EditionId::of(&me(), &kind, at(slot), 0, 1);
    let mut letters = Vec::new();
    for n in 0..recipients {
        let recipient = format!("me{n}@example.org");
        let bytes = format!("letter of {id} to {n}\r\n").into_bytes();
        let size = bytes.len() as u64;
        letters.push(Letter {
            id: LetterId::of(id, &recipient),
            edition: id,
            person: me(),
            message_id: format!("{id}.{n}@example.org"),
            recipient,
            body: store.spool(bytes).await.unwrap(),
            size,
            stage: Stage::Ready { not_before: at(slot), last_error: None },
            attempts: 0,
            uncertain: 0,
            sealed_at: at(slot),
        });
    }
    let edition = Edition {
        id,
        person: me(),
        kind,
        slot: at(slot),
        revision: 0,
        part: 1,
        sealed_at: at(slot),
        items: items.iter().map(|n| identity(*n)).collect(),
        claim: Claim::Holds,
        letters: letters.iter().map(|letter| letter.id).collect(),
        fate: Fate::Open,
    };
    (edition, letters)
}

/// The numbers of what waits, in the order given.
pub fn waiting(store: &Store) -> Vec<Identity> {
    store.waiting(&me()).into_iter().map(|waiting| waiting.identity).collect()
}
