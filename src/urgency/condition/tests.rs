//! What rules ask of chat, in its own words.

#![allow(clippy::unwrap_used)]

use expect_test::{Expect, expect};
use jiff::Timestamp;

use super::Reading;
use crate::civil::Zone;
use crate::model::identity::{Id, Identity};
use crate::model::message::{Audience, Chat, Kind, Mention, Message, Post};
use crate::pattern::{Field, Pattern};
use crate::urgency::facts::Outcome;
use crate::urgency::moment::{Hours, Moment};
use crate::urgency::rule::{Condition, ToMe};

fn chat(audience: Audience) -> Message {
    let post = Post {
        service: "slack".to_owned(),
        channel: "C1".to_owned(),
        channel_name: Some("ops".to_owned()),
        edited_at: None,
        permalink: None,
        alarm: None,
        level: None,
    };
    Message {
        kind: Kind::Chat(Chat { audience, mention: Mention::Group }),
        post: Some(post),
        ..Message::bare(Identity(Id::of(&[b"chat"])), "team", Timestamp::UNIX_EPOCH, 0)
    }
}

fn values(written: &[&str]) -> Vec<Pattern> {
    written.iter().map(|written| Pattern::parse(written, Field::Value, &|_| None).unwrap()).collect()
}

fn kinds(words: &[&str]) -> Condition {
    Condition::Kind(words.iter().map(|word| (*word).to_owned()).collect())
}

fn check(message: &Message, cases: &[Condition], expected: Expect) {
    let zone = Zone::parse("Europe/Lisbon").unwrap();
    let (now, me) = (Timestamp::UNIX_EPOCH, ["ada@example.org".to_owned()]);
    let (working, quiet) = (Hours::Inside, Hours::Outside);
    let moment = Moment { now, arrived: now, zone: &zone, working, quiet, me: &me, name: None, history: None };
    let reading = Reading::new(message, &moment);
    let said = |case: &Condition| match reading.all(std::slice::from_ref(case)) {
        Outcome::Met(evidence) => format!("met: {}\n", evidence.join(" | ")),
        Outcome::Failed(why) => format!("not met: {why}\n"),
    };
    expected.assert_eq(&cases.iter().map(said).collect::<String>());
}

#[test]
fn what_only_chat_has() {
    check(
        &chat(Audience::Channel),
        &[
            kinds(&["mail"]),
            kinds(&["chat"]),
            kinds(&["slack"]),
            Condition::Channel(values(&["#ops"])),
            Condition::Channel(values(&["OPS"])),
            Condition::Channel(values(&["C1"])),
            Condition::Channel(values(&["#dev", "C2"])),
            Condition::Mention(vec![Mention::Me, Mention::Group]),
            Condition::Mention(vec![Mention::Me]),
            Condition::ToMe(vec![ToMe::Direct]),
        ],
        expect![[r##"
            not met: kind is "chat", not "mail"
            met: kind is "chat"
            met: kind is "slack"
            met: channel "#ops" matches "#ops"
            met: channel "ops" matches "OPS"
            met: channel "C1" matches "C1"
            not met: channel "ops", "#ops" and "C1" do not match "#dev" or "C2"
            met: mention is "group"
            not met: mention is "group", not "me"
            not met: to_me is "no", not "direct"
        "##]],
    );
}

#[test]
fn a_direct_message_is_to_me_alone() {
    check(
        &chat(Audience::Direct),
        &[Condition::ToMe(vec![ToMe::Direct]), Condition::ToMe(vec![ToMe::Only]), Condition::ToMe(vec![ToMe::No])],
        expect![[r#"
            met: to_me is "direct"
            met: to_me is "only"
            not met: to_me is "only", not "no"
        "#]],
    );
}
