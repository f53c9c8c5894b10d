//! Every transition of the store: what it does, that it does it once, and what it refuses.

use std::time::Duration;

use tidings::limits;
use tidings::model::edition::{Fate, LetterId, Stage};
use tidings::model::errand::{Answer, Errand, Task};
use tidings::model::item::{Settled, Standing};
use tidings::model::mailbox::{Cursor, Mailbox, Uid, UidValidity};
use tidings::model::message::{Address, Header};
use tidings::model::name::{AccountName, DigestName, PersonName};
use tidings::model::verdict::{Placement, Then, Urgency};
use tidings::store::bell::Bell;
use tidings::store::change::{Accepted, Outcome};
use tidings::store::fault::StoreError;
use tidings::store::handle::Store;
use tidings::store::view::{Pause, Reason};

use crate::store_rig::*;

/// After every test: the index says what the records say, also after opening again.
async fn check_conserved(folder: &std::path::Path, store: Store) {
    let audit = store.audit().await.unwrap();
    assert!(audit.agrees(), "{audit:?}");
    let counts = store.counts();
    let store = again(folder, store).await;
    assert_eq!(store.counts(), counts);
    let audit = store.audit().await.unwrap();
    assert!(audit.agrees(), "{audit:?}");
    store.close().await.unwrap();
}

#[tokio::test]
async fn accepts_once() {
    let (folder, store) = fresh();
    assert_eq!(accept(&store, item(1), vec![file(1, "Held")]).await, Accepted::New);
    assert_eq!(accept(&store, item(2), vec![]).await, Accepted::New);
    assert_eq!(accept(&store, item(1), vec![file(1, "Elsewhere")]).await, Accepted::Known);
    assert_eq!(waiting(&store), [identity(1), identity(2)]);
    let store = again(folder.path(), store).await;
    assert_eq!(waiting(&store), [identity(1), identity(2)]);
    assert_eq!(store.item(identity(1)).await.unwrap(), Some(item(1)));
    assert_eq!(store.item(identity(3)).await.unwrap(), None);
    assert_eq!(store.items(vec![identity(2), identity(3), identity(1)]).await.unwrap(), [item(2), item(1)]);
    assert_eq!(store.errands(&me(), &work(), at(5)).await.unwrap(), [file(1, "Held")]);
    assert_eq!(store.identities(&identity(1).to_string()[..6]), [identity(1)]);
    assert_eq!(store.identities("xyz"), []);
    assert_eq!(store.identities("").len(), 2);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn follows_a_waiting_item_to_where_it_should_lie() {
    let (folder, store) = fresh();
    accept(&store, item(1), vec![]).await;
    let seen = async |place| {
        let mut again = item(1);
        again.place = Some(place);
        assert_eq!(accept(&store, again, vec![]).await, Accepted::Known);
        store.item(identity(1)).await.unwrap().unwrap().place.unwrap()
    };
    assert_eq!(seen(place("Held", 40)).await, place("Held", 40));
    assert_eq!(seen(place("Held", 41)).await, place("Held", 41));
    assert_eq!(seen(place("Archive", 9)).await, place("Held", 41), "a copy elsewhere is not the item");
    assert!(done(store.withdraw(identity(1), Settled::InOtherHands, at(9), vec![]).await));
    assert_eq!(seen(place("Held", 42)).await, place("Held", 41), "a settled item is not followed");
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn accepts_any_size() {
    let (folder, store) = fresh();
    let mut huge = item(1);
    let message = &mut huge.message;
    let address = Address { name: Some("n".repeat(900)), address: "a".repeat(300) };
    message.to = vec![address.clone(); 50_000];
    message.cc = vec![address; 50_000];
    message.own_text = "é".repeat(1 << 20);
    message.subject = "s".repeat(1 << 20);
    message.headers = vec![Header { name: "X".repeat(5_000), value: "v".repeat(5_000) }; 5_000];
    message.thread.references = vec!["r".repeat(900); 10_000];
    message.notes = vec!["note".to_owned(); 10_000];
    assert_eq!(accept(&store, huge, vec![]).await, Accepted::New);
    let kept = store.item(identity(1)).await.unwrap().unwrap();
    assert!(kept.message.own_text.starts_with("éé") && kept.message.own_text.len() <= limits::memory::ITEM_TEXT_BYTES);

    let mut plain = item(2);
    let field = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let trace = field("Received", "from a by b");
    plain.message.headers = vec![trace, field("Subject", &"s".repeat(600)), field("X-Spam", "no")];
    accept(&store, plain, vec![]).await;
    let kept = store.item(identity(2)).await.unwrap().unwrap();
    let headers: Vec<_> = kept.message.headers.iter().map(|field| (field.name.as_str(), field.value.len())).collect();
    assert_eq!(headers, [("Subject", limits::memory::ITEM_HEADER_BYTES), ("X-Spam", 2)]);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn refuses_a_record_that_no_value_holds_and_goes_on() {
    let (folder, store) = fresh();
    let mut errand = file(1, &"m".repeat(40_000));
    errand.urgent = true;
    assert!(matches!(store.post(vec![errand]).await, Err(StoreError::Failed(_))));
    accept(&store, item(1), vec![]).await;
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn advances_cursors() {
    let (folder, store) = fresh();
    let inbox = Mailbox::new("INBOX");
    let (person, account) = (me(), work());
    let cursor = |next| Cursor { uid_validity: UidValidity(7), uid_next: Uid(next), last_sync: at(1) };
    let proof = store.accept(item(1), vec![]).await.unwrap();
    store.advance((&person, &account), &inbox, cursor(2), &[proof]).await.unwrap();
    store.advance((&person, &account), &inbox, cursor(3), &[]).await.unwrap();
    let store = again(folder.path(), store).await;
    assert_eq!(store.cursor((&person, &account), &inbox), Some(cursor(3)));
    assert_eq!(store.cursor((&person, &AccountName::new("home")), &inbox), None);
    assert_eq!(store.cursor((&person, &account), &Mailbox::new("Held")), None);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn knows_what_waits_and_for_what() {
    let (folder, store) = fresh();
    accept(&store, item(1), vec![]).await;
    let mut quiet = item(2);
    quiet.placement = Placement::Hold { due_at: at(500), then: Then::Pass, deliver_by: at(9_000) };
    accept(&store, quiet, vec![]).await;
    let view = store.waiting(&me());
    assert_eq!((view[0].digest(), view[0].account.clone()), (Some(&evening()), Some(work())));
    assert_eq!((view[1].due_at, view[1].deliver_by, view[1].digest()), (at(500), at(9_000), None));
    assert!(done(store.replace(identity(2), verdict(Urgency::Urgent, at(500)), Placement::Pass, vec![]).await));
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn replaces_what_waits_and_nothing_else() {
    let (folder, store) = fresh();
    accept(&store, item(1), vec![file(1, "Held")]).await;
    let earlier = hold(at(100), at(200));
    assert!(done(store.replace(identity(1), verdict(Urgency::Low, at(50)), earlier.clone(), vec![]).await));
    let kept = store.item(identity(1)).await.unwrap().unwrap();
    assert_eq!((kept.placement, kept.standing), (earlier, Standing::Waiting));
    assert!(store.is_posted(file(1, "Held").id));

    let urgent = vec![file(1, "INBOX")];
    assert!(done(store.replace(identity(1), verdict(Urgency::Urgent, at(60)), Placement::Pass, urgent).await));
    let kept = store.item(identity(1)).await.unwrap().unwrap();
    assert_eq!(kept.standing, Standing::Passed { at: at(60) });
    assert_eq!(kept.wanted, Some(Mailbox::new("INBOX")));
    assert_eq!(kept.message.own_text, "", "what passed keeps no text");
    assert!(!store.is_posted(file(1, "Held").id), "the old errand would undo the new one");
    assert!(store.is_posted(file(1, "INBOX").id));

    assert!(!done(store.replace(identity(1), verdict(Urgency::Low, at(70)), hold(at(1), at(2)), vec![]).await));
    assert!(!done(store.replace(identity(9), verdict(Urgency::Low, at(70)), hold(at(1), at(2)), vec![]).await));
    assert!(!done(store.withdraw(identity(1), Settled::ReleasedByHand, at(70), vec![]).await));
    assert_eq!(store.counts().passed, 1);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn withdraws_once() {
    let (folder, store) = fresh();
    accept(&store, item(1), vec![file(1, "Held")]).await;
    let release = vec![file(1, "INBOX")];
    assert!(done(store.withdraw(identity(1), Settled::ReleasedByHand, at(5), release.clone()).await));
    assert!(!done(store.withdraw(identity(1), Settled::DroppedByHand, at(6), vec![]).await));
    let kept = store.item(identity(1)).await.unwrap().unwrap();
    assert_eq!(kept.standing, Standing::Settled { at: at(5), why: Settled::ReleasedByHand });
    assert_eq!(store.errands(&me(), &work(), at(9)).await.unwrap(), release);
    assert_eq!(waiting(&store), []);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn seals_once_and_only_what_is_free() {
    let (folder, store) = fresh();
    for n in 1..=4 {
        accept(&store, item(n), vec![]).await;
    }
    let (first, letters) = edition(&store, 1_000, &[1, 2], 1).await;
    assert!(done(store.seal(vec![(first.clone(), letters.clone())]).await));
    assert!(!done(store.seal(vec![(first.clone(), letters.clone())]).await), "sealed twice");
    assert_eq!(store.slot_mark(&me(), &evening()), Some(at(1_000)));
    assert_eq!(waiting(&store), [identity(3), identity(4)]);
    assert_eq!(store.editions(Fate::Open).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.letters().await.unwrap(), letters);
    assert_eq!(store.unspool(&letters[0].body).await.unwrap().len() as u64, letters[0].size);

    let refused = async |(edition, letters)| assert!(!done(store.seal(vec![(edition, letters)]).await));
    refused(edition(&store, 1_001, &[2, 3], 1).await).await; // in another open edition
    refused(edition(&store, 1_001, &[3, 9], 1).await).await; // not known
    refused(edition(&store, 1_001, &[3, 3], 1).await).await; // twice
    refused(edition(&store, 1_001, &[], 1).await).await;
    refused(edition(&store, 1_001, &[3], 0).await).await;
    let (whole, _) = edition(&store, 1_001, &[3], 1).await;
    refused((whole, letters.clone())).await; // another edition's letters
    let (mut theirs, mut letters_of_theirs) = edition(&store, 1_001, &[3], 1).await;
    theirs.person = PersonName::new("you");
    letters_of_theirs[0].person = PersonName::new("you");
    refused((theirs, letters_of_theirs)).await;
    assert!(done(store.withdraw(identity(4), Settled::InOtherHands, at(5), vec![]).await));
    refused(edition(&store, 1_001, &[4], 1).await).await; // settled

    assert!(!done(store.replace(identity(1), verdict(Urgency::Low, at(9)), Placement::Pass, vec![]).await), "sealed");
    assert!(!done(store.withdraw(identity(1), Settled::DroppedByHand, at(9), vec![]).await), "sealed");
    assert_eq!(store.slot_mark(&me(), &evening()), Some(at(1_000)), "what was refused moved nothing");
    assert_eq!((store.counts().held, store.counts().sealed), (1, 2));
    // An edition of an earlier slot, sealed anew late, does not undo the slots since then.
    let (earlier, letters) = edition(&store, 900, &[3], 1).await;
    assert!(done(store.seal(vec![(earlier, letters)]).await));
    assert_eq!(store.slot_mark(&me(), &evening()), Some(at(1_000)));
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn sends_a_letter_and_delivers_its_items() {
    let (folder, store) = fresh();
    for n in 1..=3 {
        accept(&store, item(n), vec![file(n, "Held")]).await;
    }
    let (sealed, letters) = edition(&store, 1_000, &[1, 2, 3], 1).await;
    assert!(done(store.seal(vec![(sealed.clone(), letters.clone())]).await));
    let letter = letters[0].id;
    assert!(!done(store.data_sent(letter).await), "not begun");
    assert!(!done(store.settle(letter, Outcome::Accepted, at(1_001)).await), "not begun");
    assert!(done(store.begin(letter).await));
    assert!(!done(store.begin(letter).await), "begun twice");
    assert!(done(store.data_sent(letter).await));
    assert!(!done(store.data_sent(letter).await));
    store.deliver(sealed.id, vec![(identity(1), vec![])], at(1_001)).await.unwrap();
    assert_eq!(store.counts().sealed, 3, "nothing is delivered before its letter is accepted");
    assert!(done(store.settle(letter, Outcome::Accepted, at(1_002)).await));
    assert!(!done(store.settle(letter, Outcome::Accepted, at(1_003)).await), "settled twice");
    let kept = store.letter(letter).await.unwrap().unwrap();
    assert_eq!((kept.stage, kept.attempts), (Stage::Accepted { at: at(1_002) }, 1));
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Sent);
    assert_eq!(store.letters().await.unwrap(), []);
    assert_eq!(waiting(&store), [], "what is listed in a sent edition waits for no other");

    let release = |n| {
        let task = Task::Release { item: identity(n), to: Some(Mailbox::new("INBOX")), mark_seen: true };
        Errand::new(&me(), &work(), task, at(1_002))
    };
    store.finish(sealed.id).await.unwrap();
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Sent, "its items are not settled");
    // Item 2 was taken by its reader meanwhile.
    store.answer(vec![(file(2, "Held").id, Answer::Taken)], at(1_003)).await.unwrap();
    let all: Vec<_> = (1..=3).map(|n| (identity(n), vec![release(n)])).collect();
    let again = all.clone();
    store.deliver(sealed.id, all, at(1_004)).await.unwrap();
    store.deliver(sealed.id, again, at(1_005)).await.unwrap();
    let delivered = Standing::Settled { at: at(1_004), why: Settled::Delivered(sealed.id) };
    assert_eq!(store.item(identity(1)).await.unwrap().unwrap().standing, delivered);
    assert_eq!(store.item(identity(1)).await.unwrap().unwrap().wanted, Some(Mailbox::new("INBOX")));
    let taken = Standing::Settled { at: at(1_003), why: Settled::InOtherHands };
    assert_eq!(store.item(identity(2)).await.unwrap().unwrap().standing, taken);
    let errands = store.errands(&me(), &work(), at(2_000)).await.unwrap();
    assert_eq!(errands, [release(1), release(3)], "and the unanswered File errands are gone");
    store.finish(sealed.id).await.unwrap();
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Done);
    assert_eq!(store.editions(Fate::Open).await.unwrap(), []);
    assert_eq!((store.counts().settled, store.counts().sealed), (3, 0));
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn a_failed_edition_gives_its_items_back() {
    let (folder, store) = fresh();
    for n in 1..=2 {
        accept(&store, item(n), vec![]).await;
    }
    let (sealed, letters) = edition(&store, 1_000, &[1, 2], 2).await;
    assert!(done(store.seal(vec![(sealed.clone(), letters.clone())]).await));
    let fail = || Outcome::Failed { why: "550 no".to_owned() };
    assert!(done(store.begin(letters[0].id).await));
    assert!(done(store.settle(letters[0].id, fail(), at(1_001)).await));
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Open, "one letter is left");
    assert!(done(store.settle(letters[1].id, fail(), at(1_002)).await), "given up without an attempt");
    let store = again(folder.path(), store).await;
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Failed);
    assert_eq!(waiting(&store), [identity(1), identity(2)]);
    assert_eq!((store.counts().failed, store.counts().outbox), (2, 0));
    assert_eq!(store.letters().await.unwrap().len(), 2, "failed letters are shown");

    // Tried again by hand, its items are its own again.
    assert!(done(store.reschedule(letters[0].id, Some(at(1_010)), at(1_009)).await));
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Open);
    assert_eq!(waiting(&store), []);
    assert!(done(store.reschedule(letters[0].id, None, at(1_011)).await));
    assert_eq!(waiting(&store), [identity(1), identity(2)]);
    // Another edition has taken one of them: too late.
    let (second, others) = edition(&store, 2_000, &[2], 1).await;
    assert!(done(store.seal(vec![(second, others)]).await));
    assert!(!done(store.reschedule(letters[0].id, Some(at(2_001)), at(2_001)).await));
    assert!(!done(store.reschedule(LetterId(identity(1).0), None, at(2_001)).await));
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn one_accepted_letter_is_enough() {
    let (folder, store) = fresh();
    accept(&store, item(1), vec![]).await;
    let (sealed, letters) = edition(&store, 1_000, &[1], 2).await;
    assert!(done(store.seal(vec![(sealed.clone(), letters.clone())]).await));
    assert!(done(store.begin(letters[0].id).await));
    assert!(done(store.settle(letters[0].id, Outcome::Accepted, at(1_001)).await));
    let why = "550 no".to_owned();
    assert!(done(store.settle(letters[1].id, Outcome::Failed { why }, at(1_002)).await));
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Sent);
    assert_eq!(waiting(&store), []);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn defers_and_doubts() {
    let (folder, store) = fresh();
    accept(&store, item(1), vec![]).await;
    let (sealed, letters) = edition(&store, 1_000, &[1], 1).await;
    assert!(done(store.seal(vec![(sealed.clone(), letters.clone())]).await));
    let letter = letters[0].id;
    let stage = async || store.letter(letter).await.unwrap().unwrap().stage;
    let doubt = async |looks| {
        assert!(done(store.begin(letter).await));
        assert!(done(store.data_sent(letter).await));
        assert!(done(store.settle(letter, Outcome::Uncertain { resend_at: at(1_030), looks }, at(1_002)).await));
    };
    let find = |account: &str| {
        let task = Task::Find { letter, message_id: "m".to_owned() };
        Errand::new(&me(), &AccountName::new(account), task, at(1_002))
    };

    assert!(done(store.begin(letter).await));
    let later = Outcome::Deferred { not_before: at(1_005), why: "451".to_owned() };
    assert!(done(store.settle(letter, later.clone(), at(1_001)).await));
    assert!(!done(store.settle(letter, later, at(1_001)).await));
    assert_eq!(stage().await, Stage::Ready { not_before: at(1_005), last_error: Some("451".to_owned()) });

    doubt(vec![find("work"), find("home")]).await;
    assert_eq!(stage().await, Stage::Uncertain { resend_at: at(1_030), looking: true });
    assert_eq!((store.counts().outbox, store.counts().uncertain), (1, 1));
    store.answer(vec![(find("work").id, Answer::NotFound)], at(1_003)).await.unwrap();
    assert!(matches!(stage().await, Stage::Uncertain { .. }), "one look-up is left");
    store.answer(vec![(find("home").id, Answer::NotFound)], at(1_003)).await.unwrap();
    assert!(matches!(stage().await, Stage::Ready { not_before, .. } if not_before == at(1_030)));

    doubt(vec![]).await;
    assert_eq!(stage().await, Stage::Uncertain { resend_at: at(1_030), looking: false });
    doubt(vec![find("work"), find("home")]).await;
    assert_eq!(stage().await, Stage::Uncertain { resend_at: at(1_030), looking: true });
    store.answer(vec![(find("home").id, Answer::Found)], at(1_040)).await.unwrap();
    assert_eq!(stage().await, Stage::Accepted { at: at(1_040) });
    assert!(!store.is_posted(find("work").id), "the other look-up has nothing to look for");
    store.answer(vec![(find("work").id, Answer::NotFound)], at(1_041)).await.unwrap();
    assert_eq!(stage().await, Stage::Accepted { at: at(1_040) });
    assert_eq!(store.edition(sealed.id).await.unwrap().unwrap().fate, Fate::Sent);
    assert_eq!(store.letter(letter).await.unwrap().unwrap().attempts, 4);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn answers_errands() {
    let (folder, store) = fresh();
    for n in 1..=5 {
        accept(&store, item(n), vec![file(n, "Held")]).await;
    }
    let id = |n| file(n, "Held").id;
    let look = Errand::new(&me(), &work(), Task::Look { digest: Some(evening()) }, at(5));
    store.post(vec![look.clone(), look.clone()]).await.unwrap();
    let answers = vec![
        (id(1), Answer::Filed(place("Held", 77))),
        (id(2), Answer::Taken),
        (id(3), Answer::Refused { text: "no".to_owned() }),
        (id(4), Answer::Later { not_before: at(50) }),
        (look.id, Answer::Looked { taken: vec![identity(5), identity(9), identity(2)] }),
        (id(99), Answer::Taken),
    ];
    store.answer(answers.clone(), at(20)).await.unwrap();
    let item_now = async |n| store.item(identity(n)).await.unwrap().unwrap();
    assert_eq!(item_now(1).await.place, Some(place("Held", 77)));
    assert_eq!(item_now(2).await.standing, Standing::Settled { at: at(20), why: Settled::InOtherHands });
    assert_eq!((item_now(3).await.wanted, item_now(3).await.standing), (None, Standing::Waiting));
    assert_eq!(item_now(5).await.standing, Standing::Settled { at: at(20), why: Settled::InOtherHands });
    assert_eq!(waiting(&store), [identity(1), identity(3), identity(4)]);
    assert_eq!(store.errands(&me(), &work(), at(49)).await.unwrap(), []);
    assert_eq!(store.next_errand(&me(), &work()), Some(at(50)));
    let left = store.errands(&me(), &work(), at(50)).await.unwrap();
    assert_eq!(left.iter().map(|errand| (errand.id, errand.attempts)).collect::<Vec<_>>(), [(id(4), 1)]);
    assert!(!store.is_posted(look.id));
    store.answer(answers, at(30)).await.unwrap();
    assert_eq!(item_now(2).await.standing, Standing::Settled { at: at(20), why: Settled::InOtherHands });
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn urgent_errands_go_first_then_in_order_of_posting() {
    let (folder, store) = fresh();
    let append = |n: u32, urgent| {
        let body = tidings::model::edition::SpoolName::parse(&format!("{n:064x}")).unwrap();
        let task = Task::Append { to: Mailbox::new("INBOX"), body, message_id: n.to_string() };
        Errand { urgent, ..Errand::new(&me(), &work(), task, at(1)) }
    };
    store.post(vec![append(1, false), append(2, true), append(3, false), append(4, true)]).await.unwrap();
    let store = again(folder.path(), store).await;
    let posted = store.errands(&me(), &work(), at(1)).await.unwrap();
    assert_eq!(posted, [append(2, true), append(4, true), append(1, false), append(3, false)]);
    store.post((10..900).map(|n| append(n, false)).collect()).await.unwrap();
    assert_eq!(store.errands(&me(), &work(), at(1)).await.unwrap().len(), limits::memory::ERRAND_BATCH);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn keeps_slots_and_pauses() {
    let (folder, store) = fresh();
    store.mark_slot(&me(), &evening(), at(10)).await.unwrap();
    let pause = Pause { from: at(1), until: at(2), reason: Reason::Quiet };
    store.pause(&me(), Some(pause.clone())).await.unwrap();
    store.pause(&PersonName::new("you"), Some(pause.clone())).await.unwrap();
    store.pause(&PersonName::new("you"), None).await.unwrap();
    let store = again(folder.path(), store).await;
    assert_eq!(store.slot_mark(&me(), &evening()), Some(at(10)));
    assert_eq!(store.slot_mark(&me(), &DigestName::new("noon")), None);
    assert_eq!(store.paused(&me()), Some(pause));
    assert_eq!(store.paused(&PersonName::new("you")), None);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn expires_what_ended_and_nothing_undelivered() {
    let (folder, store) = fresh();
    for n in 1..=5 {
        accept(&store, item(n), vec![]).await;
    }
    accept(&store, item(6), vec![file(6, "Held")]).await;
    let (sealed, letters) = edition(&store, 10, &[1], 1).await;
    assert!(done(store.seal(vec![(sealed.clone(), letters.clone())]).await));
    assert!(done(store.begin(letters[0].id).await));
    assert!(done(store.settle(letters[0].id, Outcome::Accepted, at(11)).await));
    store.deliver(sealed.id, vec![(identity(1), vec![])], at(12)).await.unwrap();
    assert!(done(store.replace(identity(2), verdict(Urgency::Urgent, at(12)), Placement::Pass, vec![]).await));
    assert!(done(store.withdraw(identity(3), Settled::InOtherHands, at(100), vec![]).await));
    let (open, of_open) = edition(&store, 20, &[4], 1).await;
    assert!(done(store.seal(vec![(open.clone(), of_open.clone())]).await));
    let release = Errand::new(&me(), &work(), Task::Release { item: identity(6), to: None, mark_seen: false }, at(6));
    assert!(done(store.withdraw(identity(6), Settled::ReleasedByHand, at(7), vec![release.clone()]).await));

    assert_eq!(store.expire(&PersonName::new("you"), at(50)).await.unwrap(), 0);
    // Item 1 is listed in an edition that is not over, 6 has an errand, 3 is too young: only 2 goes.
    assert_eq!(store.expire(&me(), at(50)).await.unwrap(), 1);
    assert_eq!(store.item(identity(2)).await.unwrap(), None);
    store.finish(sealed.id).await.unwrap();
    store.answer(vec![(release.id, Answer::Filed(place("Held", 6)))], at(51)).await.unwrap();
    assert_eq!(store.expire(&me(), at(50)).await.unwrap(), 4, "items 1 and 6, the edition, its letter");
    assert_eq!(store.expire(&me(), at(50)).await.unwrap(), 0);
    assert_eq!(store.unspool(&letters[0].body).await, Err(StoreError::Spoiled(letters[0].body.clone())));
    assert!(store.unspool(&of_open[0].body).await.is_ok());
    assert_eq!(store.edition(open.id).await.unwrap(), Some(open));
    assert_eq!(store.edition(sealed.id).await.unwrap(), None);
    assert!(store.item(identity(3)).await.unwrap().is_some());
    assert_eq!(waiting(&store), [identity(5)]);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn expires_in_batches() {
    let (folder, store) = fresh();
    let many = u32::try_from(limits::memory::EXPIRE_BATCH).unwrap() + 10;
    for n in 0..many {
        let mut passed = item(n);
        passed.standing = Standing::Passed { at: at(1) };
        accept(&store, passed, vec![]).await;
    }
    assert_eq!(store.expire(&me(), at(50)).await.unwrap(), limits::memory::EXPIRE_BATCH);
    assert_eq!(store.expire(&me(), at(50)).await.unwrap(), 10);
    assert_eq!(store.counts().passed, 0);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn rings_whoever_waits() {
    let (folder, store) = fresh();
    let (timekeeper, courier) = (store.bell(&Bell::Timekeeper(me())), store.bell(&Bell::Courier));
    let account = store.bell(&Bell::Account(me(), work()));
    let heard = async |ring: tokio::sync::futures::Notified<'_>| {
        tokio::time::timeout(Duration::from_secs(10), ring).await.expect("nobody rang")
    };
    let (first, second) = (timekeeper.notified(), account.notified());
    accept(&store, item(1), vec![file(1, "Held")]).await;
    heard(first).await;
    heard(second).await;
    let (first, second) = (courier.notified(), timekeeper.notified());
    let (sealed, letters) = edition(&store, 1_000, &[1], 1).await;
    assert!(done(store.seal(vec![(sealed, letters)]).await));
    heard(first).await;
    heard(second).await;
    check_conserved(folder.path(), store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_as_one_after_another() {
    let (folder, store) = fresh();
    let tasks: Vec<_> = (0..400u32)
        .map(|n| {
            let store = store.clone();
            // Each item is offered by four sources at once; exactly one of them brings it.
            tokio::spawn(async move { accept(&store, item(n / 4), vec![file(n / 4, "Held")]).await })
        })
        .collect();
    let mut new = 0;
    for task in tasks {
        new += usize::from(task.await.unwrap() == Accepted::New);
    }
    assert_eq!((new, store.counts().held, store.counts().errands), (100, 100, 100));
    // Two editions want the same items: one gets them.
    let (one, of_one) = edition(&store, 1_000, &[1, 2, 3], 1).await;
    let (two, of_two) = edition(&store, 2_000, &[3, 4], 1).await;
    let (one, two) = tokio::join!(store.seal(vec![(one, of_one)]), store.seal(vec![(two, of_two)]));
    assert_eq!(usize::from(done(one)) + usize::from(done(two)), 1);
    check_conserved(folder.path(), store).await;
}

#[tokio::test]
async fn says_that_it_is_closed() {
    let (_folder, store) = fresh();
    accept(&store, item(1), vec![]).await;
    let other = store.clone();
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(other.accept(item(2), vec![]).await.err(), Some(StoreError::Closed));
    assert_eq!(other.item(identity(1)).await.err(), Some(StoreError::Closed));
    assert_eq!(other.counts().held, 0);
}
