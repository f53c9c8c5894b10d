//! Records: what is written is read, and nothing else is believed.

use jiff::Timestamp;
use jiff::tz::Offset;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample;
use tidings::model::edition::{Claim, Edition, EditionId, EditionKind, Fate, Letter, LetterId, SpoolName, Stage};
use tidings::model::errand::{Errand, Task};
use tidings::model::identity::{Id, Identity};
use tidings::model::item::{Item, Settled, Standing};
use tidings::model::mailbox::{Cursor, Mailbox, Place, Spot, Uid, UidValidity};
use tidings::model::message::{
    Address, Alarm, Attachment, Audience, Authenticity, Chat, Event, Header, Importance, Kind, Mention, Message, Post,
    Revision, SentAt, Thread,
};
use tidings::model::name::{AccountName, DigestName, RuleName};
use tidings::model::signal::{By, Fired, Points, Signal, Tally};
use tidings::model::verdict::{Decision, NeverHeld, Over, Placement, Reason, Then, Urgency, Verdict, Wishes};
use tidings::store::key::Key;
use tidings::store::record::{self, edition, errand, item, letter, small};
use tidings::store::view::{self, Pause};

use crate::store_rig::me;

fn ids() -> impl Strategy<Value = Id> {
    any::<[u8; 16]>().prop_map(Id::from_bytes)
}

fn instants() -> impl Strategy<Value = Timestamp> {
    let (least, most) = (Timestamp::MIN.as_second() + 1, Timestamp::MAX.as_second());
    (least..most, 0..1_000_000_000i32).prop_map(|(seconds, nanos)| {
        let nanos = if seconds < 0 { -nanos } else { nanos };
        Timestamp::new(seconds, nanos).unwrap()
    })
}

fn names() -> impl Strategy<Value = SpoolName> {
    "[0-9a-f]{64}".prop_map(|hex| SpoolName::parse(&hex).unwrap())
}

fn mailboxes() -> impl Strategy<Value = Mailbox> {
    "\\PC{0,20}".prop_map(Mailbox::new)
}

fn places() -> impl Strategy<Value = Place> {
    let uid = (any::<u32>(), any::<u32>()).prop_map(|(validity, uid)| Spot::Uid(UidValidity(validity), Uid(uid)));
    let spot = of(prop_oneof![uid, "\\PC{0,40}".prop_map(Spot::File)]);
    (".{0,10}", mailboxes(), spot).prop_map(|(account, mailbox, spot)| Place {
        account: AccountName::new(account),
        mailbox,
        spot,
    })
}

fn addresses() -> impl Strategy<Value = Address> {
    (of(".{0,20}"), ".{0,30}").prop_map(|(name, address)| Address { name, address })
}

fn events() -> impl Strategy<Value = Event> {
    let names = (".{0,9}", ".{0,40}", ".{0,40}");
    let revision = (of(instants()), any::<u32>(), of(instants())).prop_map(|(occurrence, sequence, stamp)| Revision {
        occurrence,
        sequence,
        stamp,
    });
    (names, instants(), of(instants()), any::<bool>(), any::<bool>(), any::<usize>(), of(revision)).prop_map(
        |((method, summary, uid), starts, ends, all_day, cancelled, people, revision)| Event {
            method,
            summary,
            starts,
            ends,
            all_day,
            cancelled,
            uid,
            people,
            revision,
        },
    )
}

fn kinds() -> impl Strategy<Value = Kind> {
    let audience = prop_oneof![Just(Audience::Direct), Just(Audience::Channel)];
    let mention = prop_oneof![Just(Mention::Me), Just(Mention::Group), Just(Mention::Everyone), Just(Mention::Nobody)];
    let chat = (audience, mention).prop_map(|(audience, mention)| Kind::Chat(Chat { audience, mention }));
    prop_oneof![Just(Kind::Mail), chat]
}

fn posts() -> impl Strategy<Value = Post> {
    let alarm = of(sample::select(vec![Alarm::Firing, Alarm::Acknowledged, Alarm::Resolved]));
    let levels = vec![Urgency::Low, Urgency::Normal, Urgency::Urgent, Urgency::Critical];
    (".{0,9}", ".{0,9}", of(".{0,9}"), of(".{0,30}"), alarm, of(sample::select(levels))).prop_map(
        |(service, channel, channel_name, permalink, alarm, level)| Post {
            service,
            channel,
            channel_name,
            permalink,
            edited_at: None,
            alarm,
            level,
        },
    )
}

fn messages() -> impl Strategy<Value = Message> {
    let texts = || vec(".{0,20}", 0..4);
    let people = (of(addresses()), of(addresses()), vec(addresses(), 0..4), vec(addresses(), 0..4));
    let headers = vec((".{0,12}", ".{0,40}").prop_map(|(name, value)| Header { name, value }), 0..6);
    let attachment =
        (".{0,12}", ".{0,12}", any::<u64>()).prop_map(|(name, media_type, size)| Attachment { name, media_type, size });
    let words = (of(".{0,30}"), texts(), texts(), ".{0,40}", ".{0,400}", headers, of(".{0,20}"), texts());
    let importance = of(prop_oneof![Just(Importance::Low), Just(Importance::High)]);
    let authenticity = prop_oneof![Just(Authenticity::Passed), Just(Authenticity::Failed), Just(Authenticity::Unknown)];
    let sent = of((instants(), -90_000..90_000i32)
        .prop_map(|(instant, offset)| SentAt { instant, offset: Offset::from_seconds(offset).unwrap() }));
    let rest = (any::<bool>(), importance, vec(attachment, 0..3), of(events()), authenticity, sent, any::<u64>());
    (ids(), (kinds(), of(posts()), of(".{0,30}"), ".{0,9}"), people, words, rest, instants()).prop_map(
        |(id, (kind, post, page, source), (sender, reply_to, to, cc), words, rest, received_at)| {
            let (message_id, in_reply_to, references, subject, own_text, headers, list_id, notes) = words;
            let (automated, importance, attachments, event, authenticity, sent_at, size) = rest;
            Message {
                identity: Identity(id),
                source,
                kind,
                message_id,
                thread: Thread { in_reply_to, references },
                sender,
                reply_to,
                to,
                cc,
                subject,
                own_text,
                headers,
                list_id,
                automated,
                importance,
                attachments,
                event,
                authenticity,
                sent_at,
                received_at,
                size,
                post,
                page,
                notes,
            }
        },
    )
}

fn tallies() -> impl Strategy<Value = Tally> {
    let points = || any::<i32>().prop_map(Points::of_hundredths);
    let by = prop_oneof![
        sample::select(Signal::ALL.to_vec()).prop_map(By::Signal),
        ".{0,9}".prop_map(|rule| By::Rule(RuleName::new(rule))),
    ];
    let fired = (by, points(), vec(".{0,30}", 0..3)).prop_map(|(by, points, evidence)| Fired { by, points, evidence });
    (points(), points(), points(), vec(fired, 0..5)).prop_map(|(score, urgent_at, low_at, fired)| Tally {
        score,
        urgent_at,
        low_at,
        fired,
    })
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    let decision = prop_oneof![
        Just(Decision::Level(Urgency::Low)),
        Just(Decision::Level(Urgency::Normal)),
        Just(Decision::Level(Urgency::Urgent)),
        Just(Decision::Level(Urgency::Critical)),
        Just(Decision::Drop),
        Just(Decision::Ignore),
        Just(Decision::LetThrough),
    ];
    let rule = (".{0,9}", vec(".{0,30}", 0..3))
        .prop_map(|(rule, evidence)| Reason::Rule { rule: RuleName::new(rule), evidence });
    let never = prop_oneof![
        Just(NeverHeld::InOtherHands),
        Just(NeverHeld::Mine),
        Just(NeverHeld::OwnLetter),
        Just(NeverHeld::Bounce),
        Just(NeverHeld::PutThere),
    ];
    let reason = prop_oneof![
        rule,
        Just(Reason::NoRule),
        tallies().prop_map(Reason::Signals),
        never.prop_map(Reason::NeverHeld),
        ".{0,20}".prop_map(Reason::Unjudged)
    ];
    let wishes = (of(".{0,9}"), of(any::<std::time::Duration>()), of(".{0,9}"))
        .prop_map(|(digest, max_hold, note)| Wishes { digest: digest.map(DigestName::new), max_hold, note });
    let over = of(prop_oneof![Just(Over::Expired), Just(Over::Settled)]);
    (decision, reason, wishes, instants(), of(instants()), over).prop_map(
        |(decision, reason, wishes, at, again_at, over)| Verdict {
            wishes,
            again_at,
            over,
            ..Verdict::new(decision, reason, at)
        },
    )
}

fn placements() -> impl Strategy<Value = Placement> {
    let then = prop_oneof![Just(Then::Pass), ".{0,9}".prop_map(|name| Then::Digest(DigestName::new(name)))];
    let hold = (instants(), then, instants()).prop_map(|(due_at, then, deliver_by)| Placement::Hold {
        due_at,
        then,
        deliver_by,
    });
    prop_oneof![Just(Placement::Pass), hold, Just(Placement::Drop), Just(Placement::Ignore)]
}

fn standings() -> impl Strategy<Value = Standing> {
    let why = prop_oneof![
        ids().prop_map(|id| Settled::Delivered(EditionId(id))),
        Just(Settled::InOtherHands),
        Just(Settled::Dropped),
        Just(Settled::LeftAlone),
        Just(Settled::ReleasedByHand),
        Just(Settled::DroppedByHand),
    ];
    prop_oneof![
        Just(Standing::Waiting),
        instants().prop_map(|at| Standing::Passed { at }),
        (instants(), why).prop_map(|(at, why)| Standing::Settled { at, why }),
    ]
}

fn items() -> impl Strategy<Value = Item> {
    (messages(), verdicts(), placements(), of(places()), of(mailboxes()), standings(), instants()).prop_map(
        |(message, mut verdict, placement, place, wanted, standing, accepted_at)| {
            // Of what is not held nobody asks when it is judged again.
            verdict.again_at = verdict.again_at.filter(|_| matches!(placement, Placement::Hold { .. }));
            let person = me();
            Item { person, message, verdict, placement, place, wanted, standing, accepted_at }
        },
    )
}

fn errands() -> impl Strategy<Value = Errand> {
    let task = prop_oneof![
        (ids(), mailboxes()).prop_map(|(item, to)| Task::File { item: Identity(item), to }),
        (ids(), of(mailboxes()), any::<bool>()).prop_map(|(item, to, mark_seen)| Task::Release {
            item: Identity(item),
            to,
            mark_seen
        }),
        ids().prop_map(|item| Task::Forward { item: Identity(item) }),
        ids().prop_map(|item| Task::Mention { item: Identity(item) }),
        of(".{0,9}").prop_map(|digest| Task::Look { digest: digest.map(DigestName::new) }),
        (ids(), ".{0,30}").prop_map(|(letter, message_id)| Task::Find { letter: LetterId(letter), message_id }),
        (mailboxes(), names(), ".{0,30}").prop_map(|(to, body, message_id)| Task::Append { to, body, message_id }),
    ];
    (task, ".{0,9}", any::<bool>(), instants(), instants(), any::<u32>()).prop_map(
        |(task, account, urgent, posted_at, not_before, attempts)| Errand {
            urgent,
            not_before,
            attempts,
            ..Errand::new(&me(), &AccountName::new(account), task, posted_at)
        },
    )
}

fn letters() -> impl Strategy<Value = Letter> {
    let stage = prop_oneof![
        (instants(), of(".{0,20}")).prop_map(|(not_before, last_error)| Stage::Ready { not_before, last_error }),
        Just(Stage::Sending),
        Just(Stage::DataSent),
        (instants(), any::<bool>()).prop_map(|(resend_at, looking)| Stage::Uncertain { resend_at, looking }),
        instants().prop_map(|at| Stage::Accepted { at }),
        (instants(), ".{0,20}").prop_map(|(at, why)| Stage::Failed { at, why }),
        (instants(), ".{0,20}").prop_map(|(at, why)| Stage::Refused { at, why }),
        (instants(), ".{0,20}").prop_map(|(not_before, why)| Stage::Doubted { not_before, why }),
    ];
    (ids(), ids(), ".{0,30}", ".{0,30}", names(), any::<u64>(), stage, any::<u32>(), instants()).prop_map(
        |(id, edition, recipient, message_id, body, size, stage, attempts, sealed_at)| Letter {
            id: LetterId(id),
            edition: EditionId(edition),
            person: me(),
            recipient,
            message_id,
            body,
            size,
            stage,
            attempts,
            uncertain: attempts / 2,
            sealed_at,
        },
    )
}

fn editions() -> impl Strategy<Value = edition::Kept> {
    let kind = prop_oneof![
        Just(EditionKind::Overdue),
        ".{0,9}".prop_map(|name| EditionKind::Digest(DigestName::new(name))),
        ids().prop_map(|item| EditionKind::Forward(Identity(item))),
    ];
    let claim = prop_oneof![Just(Claim::Holds), Just(Claim::Tells)];
    let fate = prop_oneof![Just(Fate::Open), Just(Fate::Sent), Just(Fate::Done), Just(Fate::Failed)];
    let letters = vec(ids().prop_map(LetterId), 0..5);
    (ids(), (kind, claim), instants(), any::<u32>(), instants(), letters, fate, names()).prop_map(
        |(id, (kind, claim), slot, revision, sealed_at, letters, fate, manifest)| {
            let id = EditionId(id);
            // Mail that is sent on has passed: nothing holds it.
            let claim = if matches!(kind, EditionKind::Forward(_)) { Claim::Tells } else { claim };
            let edition = Edition {
                id,
                person: me(),
                kind,
                slot,
                revision,
                part: 1,
                sealed_at,
                items: vec![],
                claim,
                letters,
                fate,
            };
            edition::Kept { edition, manifest }
        },
    )
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn items_are_read_as_written(item in items(), seq in any::<u64>()) {
        let payload = item::write(seq, &item);
        let identity = item.message.identity;
        prop_assert_eq!(item::fact(me(), identity, &payload).unwrap(), item::fact_of(seq, &item));
        prop_assert_eq!(item::read(me(), identity, &payload).unwrap(), (seq, item));
    }

    #[test]
    fn errands_are_read_as_written(errand in errands(), seq in any::<u64>()) {
        let payload = errand::write(seq, &errand);
        prop_assert_eq!(errand::read(me(), errand.id, &payload).unwrap(), (seq, errand));
    }

    #[test]
    fn letters_are_read_as_written(letter in letters()) {
        let kept = letter::Kept::new(letter);
        prop_assert_eq!(letter::read(me(), kept.letter.id, &letter::write(&kept)).unwrap(), kept);
    }

    #[test]
    fn editions_are_read_as_written(kept in editions()) {
        prop_assert_eq!(edition::read(me(), kept.edition.id, &edition::write(&kept)).unwrap(), kept);
    }

    #[test]
    fn small_records_are_read_as_written(
        from in instants(), until in instants(), validity in any::<u32>(), next in any::<u32>(),
        items in vec(ids().prop_map(Identity), 0..50), sum in any::<(u64, u64, u128)>(),
    ) {
        let cursor = Cursor { uid_validity: UidValidity(validity), uid_next: Uid(next), last_sync: from };
        prop_assert_eq!(small::read_cursor(&small::write_cursor(&cursor)).unwrap(), cursor);
        for reason in [view::Reason::Quiet, view::Reason::Vacation] {
            let pause = Pause { from, until, reason };
            prop_assert_eq!(small::read_pause(&small::write_pause(&pause)).unwrap(), pause);
        }
        prop_assert_eq!(small::read_manifest(&small::write_manifest(&items)).unwrap(), items);
        prop_assert_eq!(small::read_sum(&small::write_sum(sum.0, sum.1, sum.2)).unwrap(), sum);
    }

    #[test]
    fn a_record_with_any_change_is_not_believed(item in items(), place in any::<usize>(), bit in 0..8u32) {
        let key = Key::Item(me(), item.message.identity).bytes();
        let mut value = record::frame(&key, &item::write(1, &item)).unwrap();
        let place = place % value.len();
        value[place] ^= 1 << bit;
        prop_assert!(record::fact(&key, &value).is_err());
        value[place] ^= 1 << bit;
        prop_assert!(record::fact(&key, &value).is_ok());
        value.truncate(place);
        prop_assert!(record::fact(&key, &value).is_err());
    }

    #[test]
    fn no_bytes_do_harm(key in vec(any::<u8>(), 0..40), payload in vec(any::<u8>(), 0..400), kind in 1..12u8) {
        let _ = record::fact(&key, &payload);
        // A frame that is sound around a payload that is not, under a key of each kind.
        let key = [&[0, 2, b'm', b'e', kind][..], &[7; 16]].concat();
        let value = record::frame(&key, &payload).unwrap();
        if let Ok(Some(fact)) = record::fact(&key, &value) {
            let _ = format!("{fact:?}");
        }
        let _ = item::read(me(), Identity(Id::from_bytes([7; 16])), &payload);
        let _ = small::read_manifest(&payload);
    }
}

/// The item of [`OLD`].
fn old() -> Item {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let message = Message {
        message_id: Some("1@b.example".to_owned()),
        sender: Some(Address { name: None, address: "bob@b.example".to_owned() }),
        subject: "Plan".to_owned(),
        own_text: "Text.".to_owned(),
        event: Some(Event {
            method: "REQUEST".to_owned(),
            uid: String::new(),
            summary: "Round".to_owned(),
            starts: at("2024-05-07T10:00:00Z"),
            ends: None,
            all_day: false,
            cancelled: false,
            people: 0,
            revision: None,
        }),
        ..Message::bare(Identity(Id::from_bytes([7; 16])), "home", at("2024-05-06T09:00:00Z"), 300)
    };
    Item {
        person: me(),
        message,
        verdict: Verdict::new(Decision::Level(Urgency::Normal), Reason::NoRule, at("2024-05-06T09:00:01Z")),
        placement: Placement::Hold {
            due_at: at("2024-05-06T17:00:00Z"),
            then: Then::Digest(DigestName::new("daily")),
            deliver_by: at("2024-05-13T09:00:01Z"),
        },
        place: None,
        wanted: None,
        standing: Standing::Waiting,
        accepted_at: at("2024-05-06T09:00:01Z"),
    }
}

/// As the first program wrote it, before there were signals: nothing stands behind its message.
const OLD: &str = "\
    0504686f6d650101a0b2c8e30c0001056461696c79a2da8ee40c000000a2f0c4e30c000001000000a2f0c4e30c0000010b31 \
    40622e6578616d706c65000001000d626f6240622e6578616d706c6500000004506c616e05546578742e0000000000010752 \
    45515545535405526f756e64c0eecfe30c000000000200a0f0c4e30c00ac0200";

#[test]
fn what_an_older_program_wrote_is_read() {
    let hex: Vec<u8> = OLD.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let payload: Vec<u8> = hex.chunks(2).map(digits).collect();
    assert_eq!(item::read(me(), old().message.identity, &payload).unwrap(), (5, old()));
    assert_eq!(item::fact(me(), old().message.identity, &payload).unwrap(), item::fact_of(5, &old()));
}

/// Before mails had pages, the word on an event was one structure at the end: mark of the occurrence, SEQUENCE, mark of DTSTAMP.
#[test]
fn a_word_on_an_event_is_written_as_ever() {
    let word = |occurrence| {
        let mut item = old();
        let revision = Revision { occurrence, sequence: 3, stamp: None };
        item.message.event.iter_mut().for_each(|event| event.revision = Some(revision));
        item::write(5, &item)
    };
    let without = item::write(5, &old()).len();
    assert_eq!(word(None)[without..], [0, 3, 0]);
    let occurrence = word(Some("2024-05-07T10:00:00Z".parse().unwrap()));
    assert_eq!((occurrence[without], &occurrence[occurrence.len() - 2..]), (1, &[3, 0][..]));
}

#[test]
fn a_signal_of_another_program_is_left_out() {
    let points = Points::of_hundredths(100);
    let fired = |signal| Fired { by: By::Signal(signal), points, evidence: Vec::new() };
    let tally = |fired| Tally { score: points, urgent_at: points, low_at: points, fired };
    let written = |fired| {
        let reason = Reason::Signals(tally(fired));
        item::write(1, &Item { verdict: Verdict { reason, ..old().verdict }, ..old() })
    };
    let mut payload = written(vec![fired(Signal::Crisis), fired(Signal::Burst)]);
    let name = payload.windows(6).position(|some| some == b"crisis").unwrap();
    payload[name] = b'x';
    let (_, item) = item::read(me(), old().message.identity, &payload).unwrap();
    assert_eq!(item.verdict.reason, Reason::Signals(tally(vec![fired(Signal::Burst)])));
}
