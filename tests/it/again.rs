//! Judging a waiting item again by other rules: a table of what may change, and what may not.

use jiff::{SignedDuration, Timestamp};
use tidings::config;
use tidings::config::environment::Environment;
use tidings::intake::accept;
use tidings::intake::again::judge_again;
use tidings::intake::desk::Desk;
use tidings::intake::judge::{self, Circumstance};
use tidings::intake::place::{self, When};
use tidings::mail::read::{self, Raw};
use tidings::model::errand::Task;
use tidings::model::identity::{Id, Identity};
use tidings::model::item::{Item, Standing};
use tidings::model::mailbox::{Mailbox, Place};
use tidings::model::name::AccountName;
use tidings::model::verdict::{Placement, Then};

const NIGHT: &str = "[[quiet]]\nname = \"n\"\ndays = \"mon-sun\"\nfrom = \"20:00\"\nuntil = \"08:00\"\n";
const DAILY: &str = "[[digest]]\nname = \"daily\"\nschedule = \"0 17 * * *\"\ntakes = [\"normal\"]\n";
const WEEKLY: &str = "[[digest]]\nname = \"weekly\"\nschedule = \"0 9 * * sun\"\ntakes = [\"low\"]\n";

fn desk(pieces: &[&str]) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let head = "timezone = \"Etc/UTC\"\nstate_dir = \"s\"\n[smtp]\nfolder = \"o\"\nfrom = \"me@a.example\"\n\
        [[account]]\nname = \"a\"\nmaildir = \"m\"\nhold_in = \"Held\"\n";
    let me = "[me]\naddresses = [\"me@a.example\"]\n";
    let me = if pieces.iter().any(|piece| piece.starts_with("[me]")) { "" } else { me };
    std::fs::write(&file, format!("{head}{me}{}", pieces.concat())).unwrap();
    config::load(&file, &Environment::default()).unwrap_or_else(|faults| panic!("{faults:?}")).people.remove(0).desk
}

fn rule(level: &str, more: &str) -> String {
    format!("[[rule]]\nname = \"r\"\nfrom = \"bob@b.example\"\nurgency = \"{level}\"\n{more}\n")
}

/// A Monday at this time, in UTC.
fn at(time: &str) -> Timestamp {
    format!("2024-05-06T{time}:00Z").parse().unwrap()
}

/// An item that arrived then, as the desk of then judged and placed it.
fn item(desk: &Desk, arrived: Timestamp) -> Item {
    let message = read::read(&Raw {
        bytes: b"From: bob@b.example\r\nTo: me@a.example\r\nSubject: a matter\r\n\r\ntext\r\n",
        size: 70,
        received_at: arrived,
        source: "a",
        identity: Identity(Id::of(&[b"it"])),
        trust: None,
        zone: &desk.zone.rules,
    });
    let verdict = judge::judge(desk, &message, &Circumstance::unknown(), arrived);
    let placement = place::place(desk, &verdict, "a", &When { now: arrived, arrived, pause: None });
    Item {
        person: desk.person.clone(),
        message,
        verdict,
        placement,
        place: None,
        wanted: None,
        standing: Standing::Waiting,
        accepted_at: arrived,
    }
}

/// What becomes of an item that arrived at this time under the old rules, under the new ones now.
fn check(arrived: &str, old: &[&str], now: &str, new: &[&str], expected: &str) {
    let item = item(&desk(old), at(arrived));
    let Placement::Hold { deliver_by, .. } = item.placement else { panic!("not held: {:?}", item.placement) };
    let again = judge_again(&desk(new), (&item, None), None, at(now));
    let shown = match again {
        None => "stays".to_owned(),
        Some((_, Placement::Pass)) => "passes".to_owned(),
        Some((_, Placement::Hold { due_at, then, deliver_by: by })) => {
            assert_eq!(by, deliver_by, "what was promised at arrival");
            let due_at = due_at.strftime("%H:%M");
            match then {
                Then::Pass => format!("passes at {due_at}"),
                Then::Digest(name) => format!("in {name}"),
            }
        }
        Some((_, other)) => format!("{other:?}"),
    };
    assert_eq!(shown, expected, "arrived {arrived} under {old:?}, now {now} under {new:?}");
}

#[test]
fn the_newly_urgent_passes_as_its_hour_allows() {
    check("12:00", &[DAILY], "13:00", &[DAILY], "stays");
    check("12:00", &[DAILY], "13:00", &[DAILY, &rule("urgent", "")], "passes");
    check("12:00", &[DAILY], "21:00", &[DAILY, NIGHT, &rule("urgent", "")], "passes at 08:00");
    check("12:00", &[DAILY], "21:00", &[DAILY, NIGHT, &rule("critical", "")], "passes");
    check("22:00", &[DAILY, NIGHT, &rule("urgent", "")], "23:00", &[DAILY, NIGHT, &rule("critical", "")], "passes");
    // `during` is held against its arrival, not against now.
    let by_day = rule("urgent", "during = { days = \"mon-sun\", from = \"11:00\", until = \"14:00\" }");
    check("12:00", &[DAILY], "16:00", &[DAILY, &by_day], "passes");
    check("10:00", &[DAILY], "12:00", &[DAILY, &by_day], "stays");
}

#[test]
fn nothing_leaves_later_or_is_lost() {
    let urgent = rule("urgent", "");
    check("22:00", &[DAILY, NIGHT, &urgent], "23:00", &[DAILY, NIGHT], "stays");
    for level in ["drop", "ignore", "low"] {
        check("12:00", &[DAILY, WEEKLY], "13:00", &[DAILY, WEEKLY, &rule(level, "")], "stays");
    }
    // What was promised at arrival stays, whatever the new rule wishes.
    let longer = rule("normal", "max_hold = \"1h\"");
    check("12:00", &[DAILY], "13:00", &[DAILY, &longer], "stays");
}

#[test]
fn an_earlier_digest_takes_it() {
    let low = rule("low", "");
    check("12:00", &[DAILY, WEEKLY, &low], "13:00", &[DAILY, WEEKLY], "in daily");
    // Its digest is gone: it joins the first, whichever that is.
    check("12:00", &[DAILY, WEEKLY, &low], "13:00", &[DAILY, &low], "stays");
    // No digest is left at all.
    check("12:00", &[DAILY], "13:00", &[], "passes");
}

#[test]
fn what_i_wrote_passes() {
    let me = "[me]\naddresses = [\"me@a.example\", \"bob@b.example\"]\n";
    check("12:00", &[DAILY], "13:00", &[DAILY, me], "passes");
}

/// Its account was away: the errand that files it in the hold mailbox has not been carried out, or nobody knows yet.
#[test]
fn what_passes_before_it_was_filed_away_is_filed_back() {
    let desk = desk(&[DAILY]);
    let lies = |mailbox: &str, wanted: Option<&str>| {
        let place = Place { account: AccountName::new("a"), mailbox: Mailbox::new(mailbox), spot: None };
        let item = Item { place: Some(place), wanted: wanted.map(Mailbox::new), ..item(&desk, at("12:00")) };
        let errands = accept::errands_for(&desk, &item, &Placement::Pass, at("13:00"));
        errands.into_iter().map(|errand| errand.task).collect::<Vec<_>>()
    };
    let back = |item: &Item| vec![Task::File { item: item.message.identity, to: Mailbox::new("INBOX") }];
    let any = item(&desk, at("12:00"));
    assert_eq!(lies("INBOX", Some("Held")), back(&any), "it may be on its way");
    assert_eq!(lies("Held", Some("Held")), back(&any));
    assert_eq!(lies("INBOX", None), [], "the hold mailbox takes nothing: it stayed");
}

#[test]
fn a_pause_holds_the_newly_urgent_too() {
    let item = item(&desk(&[DAILY]), at("12:00"));
    let pause = (at("12:30"), at("12:30") + SignedDuration::from_hours(48));
    let (_, placement) =
        judge_again(&desk(&[DAILY, &rule("urgent", "")]), (&item, None), Some(pause), at("13:00")).unwrap();
    assert!(
        matches!(placement, Placement::Hold { due_at, then: Then::Pass, .. } if due_at == pause.1),
        "{placement:?}"
    );
    assert_eq!(
        judge_again(
            &desk(&[DAILY, &rule("urgent", "")]),
            (&Item { standing: Standing::Passed { at: at("12:10") }, ..item }, None),
            None,
            at("13:00")
        ),
        None
    );
}
