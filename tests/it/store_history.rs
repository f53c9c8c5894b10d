//! What the store keeps of threads and senders: learned with the item or not at all, once, bounded, and forgotten on demand.

use tidings::limits;
use tidings::model::history::facts::{SenderFacts, ThreadFacts};
use tidings::model::history::lesson::{By, Lesson, MessageKey, Says, SenderKey, Version};
use tidings::model::history::study::Study;
use tidings::model::mailbox::Mailbox;
use tidings::store::change::Accepted;
use tidings::store::engine::contract::Batch;
use tidings::store::engine::local;
use tidings::store::handle::Store;
use tidings::store::key::Key;
use tidings::store::open::Found;
use tidings::store::record::{self, history, small};

use crate::store_rig::*;

fn key(id: &str) -> MessageKey {
    MessageKey::of(&me(), id)
}

fn sender(name: &str) -> SenderKey {
    SenderKey::of(&me(), &format!("{name}@example.net"))
}

/// A message of somebody (of mine where it is nobody) that answers those, in this minute.
fn lesson(id: &str, who: &str, answers: &[&str], minute: i64) -> Lesson {
    let by = if who.is_empty() { By::Me(Vec::new()) } else { By::Sender(sender(who)) };
    let ancestors = answers.iter().map(|id| key(id)).collect();
    Lesson { ancestors, ..Lesson::plain(me(), (key(id), at(minute)), by) }
}

/// What is kept around a message.
fn kept(store: &Store, lesson: &Lesson) -> (Option<ThreadFacts>, Option<SenderFacts>) {
    let recalled = store.recall(lesson).unwrap();
    (recalled.thread.map(|(_, facts)| facts), recalled.senders.first().map(|(_, facts)| *facts))
}

async fn agrees(store: &Store) {
    let audit = store.audit().await.unwrap();
    assert!(audit.agrees(), "{audit:?}");
}

#[tokio::test]
async fn is_learned_with_the_item_and_once() {
    let (folder, mut store) = fresh();
    let first = lesson("a", "bob", &[], 1);
    assert_eq!(kept(&store, &first), (None, None));
    for expected in [Accepted::New, Accepted::Known] {
        let done = store.accept_and_learn(item(1), vec![], Some(first.clone())).await.unwrap();
        assert_eq!(*done.get(), expected);
    }
    store.learn(vec![lesson("b", "bob", &["a"], 3), lesson("mine", "", &["b", "a"], 4)], None).await.unwrap();
    for _ in 0..2 {
        let (thread, bob) = kept(&store, &lesson("c", "bob", &["mine"], 9));
        let thread = thread.unwrap();
        assert_eq!(thread.arrivals.iter().map(|arrival| arrival.message).collect::<Vec<_>>(), [key("a"), key("b")]);
        assert_eq!(thread.waits_since(), Some(at(4)));
        let wrote = [Some(at(3)), Some(at(1))];
        assert_eq!(bob, Some(SenderFacts { first_at: at(1), first: key("a"), latest_at: at(3), wrote }));
        agrees(&store).await;
        store = again(folder.path(), store).await;
    }
    assert_eq!(store.remembered(&me()), (1, 1));
}

/// An alarm and its end name one another by what they speak of alone: before and after a restart.
#[tokio::test]
async fn what_joins_and_closes_a_thread_is_kept() {
    let (folder, mut store) = fresh();
    let topic = Some(MessageKey::of_alarm(&me(), "monitor@example.net", "db7/disk"));
    let rings = Lesson { topic, item: Some(item(1).message.identity), ..lesson("rings", "monitor", &[], 1) };
    let ends = Lesson { topic, says: Says::Closes, ..lesson("ends", "monitor", &[], 5) };
    let _ = store.accept_and_learn(item(1), vec![], Some(rings.clone())).await.unwrap();
    store = again(folder.path(), store).await;
    store.learn(vec![ends], None).await.unwrap();
    store = again(folder.path(), store).await;
    let (thread, monitor) = kept(&store, &rings);
    let thread = thread.unwrap();
    assert_eq!(thread.closed_at(key("rings")), Some(at(5)));
    assert_eq!(thread.items().collect::<Vec<_>>(), [(key("rings"), item(1).message.identity)]);
    assert_eq!(monitor.unwrap().wrote, [Some(at(5)), Some(at(1))]);
    assert_eq!(store.remembered(&me()), (1, 1));
    agrees(&store).await;
    // With all that was said, what it was about is forgotten, too.
    store.forget_sender(&me(), sender("monitor")).await.unwrap();
    let rings_again = Lesson { topic, ..lesson("rings again", "eve", &[], 9) };
    assert_eq!(kept(&store, &rings_again), (None, None));
    agrees(&store).await;
}

#[tokio::test]
async fn what_waits_for_a_digest_is_known() {
    let (_folder, store) = fresh();
    accept(&store, item(1), vec![]).await;
    assert!(store.waits_for_digest(item(1).message.identity));
    assert!(!store.waits_for_digest(item(2).message.identity));
}

/// Every transition of a group may be about the same sender and thread: none is lost, and all find the same thread.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_learns_together() {
    let (folder, store) = fresh();
    let accepts = (0..200).map(|n| {
        let answers: &[&str] = if n % 2 == 0 { &["root"] } else { &["lost", "root"] };
        store.accept_and_learn(item(n), vec![], Some(lesson(&n.to_string(), "bob", answers, i64::from(n))))
    });
    for done in futures_util::future::join_all(accepts).await {
        assert_eq!(*done.unwrap().get(), Accepted::New);
    }
    let (thread, bob) = kept(&store, &lesson("next", "bob", &["root"], 500));
    let arrivals: Vec<_> = thread.unwrap().arrivals.iter().map(|arrival| arrival.at).collect();
    let newest: Vec<_> = (200 - limits::ground::THREAD_ARRIVALS as i64..200).map(at).collect();
    assert_eq!(arrivals, newest);
    assert_eq!(bob.map(|bob| (bob.first_at, bob.latest_at)), Some((at(0), at(199))));
    assert_eq!(store.remembered(&me()), (1, 1));
    agrees(&store).await;
    agrees(&again(folder.path(), store).await).await;
}

#[tokio::test]
async fn the_oldest_go_when_there_are_too_many() {
    let (folder, store) = fresh();
    let many = limits::memory::THREADS_MOST + 300;
    let lessons = (0..many).map(|n| lesson(&n.to_string(), "bob", &[], n as i64)).collect();
    store.learn(lessons, None).await.unwrap();
    assert_eq!(store.remembered(&me()), (limits::memory::THREADS_MOST, 1));
    assert_eq!(kept(&store, &lesson("299", "bob", &[], 299)).0, None);
    assert!(kept(&store, &lesson("300", "bob", &[], 300)).0.is_some());
    agrees(&store).await;
    let store = again(folder.path(), store).await;
    assert_eq!(store.remembered(&me()), (limits::memory::THREADS_MOST, 1));
}

#[tokio::test]
async fn a_sender_is_forgotten_whole() {
    let (folder, store) = fresh();
    let lessons = vec![
        lesson("a", "bob", &[], 1),
        lesson("b", "eve", &["a"], 2),
        lesson("alone", "eve", &[], 3),
        lesson("mine", "", &[], 4),
        lesson("c", "eve", &["mine"], 5),
    ];
    store.learn(lessons, None).await.unwrap();
    store.forget_sender(&me(), sender("eve")).await.unwrap();
    store.forget_sender(&me(), sender("nobody")).await.unwrap();
    let store = again(folder.path(), store).await;
    assert_eq!(kept(&store, &lesson("x", "eve", &[], 9)), (None, None));
    assert_eq!(kept(&store, &lesson("alone", "eve", &[], 3)), (None, None));
    for known in ["a", "mine"] {
        let (thread, _) = kept(&store, &lesson("x", "bob", &[known], 9));
        let thread = thread.unwrap();
        assert_eq!(thread.arrivals.len() + thread.mine.len(), 1, "{known}");
    }
    assert_eq!(store.remembered(&me()), (2, 1));
    agrees(&store).await;
}

#[tokio::test]
async fn a_study_goes_on_where_it_was() {
    let (folder, store) = fresh();
    let (person, account, inbox) = (me(), work(), Mailbox::new("INBOX"));
    let study = Study { generation: 7, down_to: Some(40), next: 90 };
    let whole = (person.clone(), account.clone(), inbox.clone(), study);
    store.learn(vec![lesson("a", "bob", &[], 1)], Some(whole)).await.unwrap();
    let store = again(folder.path(), store).await;
    assert_eq!(store.study((&person, &account), &inbox), Some(study));
    assert_eq!(store.study((&person, &account), &Mailbox::new("Sent")), None);
}

/// A store from before there were such records is read as it is, and has the new format from then on.
#[tokio::test]
async fn an_older_store_opens() {
    let (folder, store) = fresh();
    accept(&store, item(1), vec![]).await;
    store.close().await.unwrap();
    let (path, format) = (folder.path().join("store"), Key::Format.bytes());
    let engine = local::open(&path).unwrap();
    let mut batch = Batch::default();
    batch.push(format.clone(), record::frame(&format, &small::write_format(1)));
    engine.apply(&batch).unwrap();
    drop(engine);
    let (store, found) = open(folder.path());
    assert_eq!((found, store.counts().held), (Found::Kept, 1));
    store.learn(vec![lesson("a", "bob", &[], 1)], None).await.unwrap();
    let store = again(folder.path(), store).await;
    assert_eq!(store.remembered(&me()), (1, 1));
    store.close().await.unwrap();
    let value = local::open(&path).unwrap().value(&format).unwrap().unwrap();
    assert_eq!(small::read_format(record::unframe(&format, &value).unwrap()).unwrap(), record::FORMAT);
}

/// The records as they lie on disk: another shape would need another format.
#[test]
fn the_records_stay_as_they_are() {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut thread = ThreadFacts::default();
    thread.learn(key("mine"), &lesson("mine", "", &[], 0));
    thread.learn(key("mine"), &lesson("a", "bob", &["mine"], 1));
    thread.learn(key("mine"), &Lesson { by: By::Nobody, ..lesson("b", "bob", &["mine"], 2) });
    expect_test::expect!["010250e1a3e0f271d426ce66807872e8f1eb01e6779bc2dd68babe6a70e4a274208a8ef8c8ceb40d8e126d80a3bbc0230df78b4ea423c87300f0c9ceb40d016d1475fbc0d87574780e207be305738f80c8ceb40d"].assert_eq(&hex(history::write_thread(&thread)));
    let bob = SenderFacts { first_at: at(1), first: key("a"), latest_at: at(2), wrote: [None; 2] };
    expect_test::expect!["f8c8ceb40d50e1a3e0f271d426ce66807872e8f1ebf0c9ceb40d"]
        .assert_eq(&hex(history::write_sender(&bob)));
    let study = Study { generation: 7, down_to: Some(300), next: 1_800_000_000 };
    expect_test::expect!["0701d80480c8ceb40d"].assert_eq(&hex(history::write_study(&study)));
    let older = history::write_thread(&thread);
    assert_eq!(history::read_thread(&older).unwrap(), thread);
    // What came later stands behind it.
    let topic = Some(MessageKey::of_event(&me(), "u1"));
    let (item, says) = (Some(item(1).message.identity), Says::Closes);
    thread.learn(key("mine"), &Lesson { topic, item, says, ..lesson("a", "bob", &["mine"], 1) });
    thread.learn(key("mine"), &Lesson { says: Says::Asks, ..lesson("mine", "", &[], 0) });
    let more = history::write_thread(&thread).split_off(older.len());
    expect_test::expect!["012e6f6901d9ce3226a5fd0bb0162af97f01001cfd37d32261bdffde28d8df9f00cc7c010002010001"]
        .assert_eq(&hex(more));
    assert_eq!(history::read_thread(&history::write_thread(&thread)).unwrap(), thread);
    let version = Some(Version { of: MessageKey::of_event(&me(), "u1"), sequence: 3, stamp: Some(at(1)) });
    let more = history::write_thread(&thread);
    thread.learn(key("mine"), &Lesson { version, ..lesson("a", "bob", &["mine"], 1) });
    let latest = history::write_thread(&thread).split_off(more.len());
    expect_test::expect!["01002e6f6901d9ce3226a5fd0bb0162af97f0301f8c8ceb40d"].assert_eq(&hex(latest));
    assert_eq!(history::read_thread(&history::write_thread(&thread)).unwrap(), thread);
    assert_eq!(history::read_sender(&history::write_sender(&bob)).unwrap(), bob);
    let bob = SenderFacts { wrote: [Some(at(2)), None], ..bob };
    expect_test::expect!["f8c8ceb40d50e1a3e0f271d426ce66807872e8f1ebf0c9ceb40d01f0c9ceb40d00"]
        .assert_eq(&hex(history::write_sender(&bob)));
    assert_eq!(history::read_sender(&history::write_sender(&bob)).unwrap(), bob);
    assert_eq!(history::read_study(&history::write_study(&study)).unwrap(), study);
}

/// What a thread takes on the disk, however long it is.
#[test]
fn a_thread_stays_small() {
    let mut thread = ThreadFacts::default();
    let size = |thread: &ThreadFacts| history::write_thread(thread).len();
    let say = |n: i64, who: &str| {
        let topic = Some(MessageKey::of_event(&me(), &n.to_string()));
        let item = Some(item(u32::try_from(n).unwrap()).message.identity);
        Lesson { topic, item, says: Says::Asks, ..lesson(&format!("{who}{n}"), who, &["root"], n) }
    };
    for n in 0..3 {
        thread.learn(key("root"), &Lesson { topic: None, says: Says::More, ..say(n, "bob") });
    }
    assert!(size(&thread) <= 180, "{}", size(&thread));
    for n in 0..200 {
        thread.learn(key("root"), &say(n, "bob"));
        thread.learn(key("root"), &say(n, ""));
    }
    assert!(size(&thread) <= 2_100, "{}", size(&thread));
}
