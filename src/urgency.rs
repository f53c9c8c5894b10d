//! How soon a message wants its reader, and why: a pure function of the message, the rules, the scale and the moment.

pub mod condition;
pub mod facts;
pub mod judgement;
pub mod moment;
pub mod nearing;
pub mod parts;
pub mod phrase;
pub mod phrases;
pub mod quick;
pub mod rule;
pub mod scale;
pub mod signal;
pub mod times;
pub mod turn;
pub mod view;
pub mod weigh;
pub mod words;

use crate::model::message::Message;
use crate::model::verdict::Verdict;
use condition::Reading;
use judgement::Measure;
use moment::Moment;

/// Judges a message by the first rule that decides; where none does, by the signals, and without a scale for them it is
/// normal. Never fails.
///
/// The time it takes is bounded by the sizes of the message and of the rules: every pattern is linear in at most 64 KiB.
/// That mail of some kinds is never held, whatever the rules say, is not known here.
pub fn judge(message: &Message, measure: Measure<'_>, moment: &Moment<'_>) -> Verdict {
    judgement::of(&Reading::new(message, moment), measure)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use expect_test::{Expect, expect};
    use jiff::Timestamp;

    use super::condition::Reading;
    use super::judgement::PassedOver;
    use super::moment::{Hours, Moment};
    use super::rule::{Condition, During, End, Rule, ToMe};
    use super::{judge, judgement};
    use crate::civil::{Weekdays, WeeklyRange, Zone};
    use crate::model::identity::{Id, Identity};
    use crate::model::message::{
        Address, Attachment, Authenticity, Event, Header, Importance, Kind, Mention, Message, Thread,
    };
    use crate::model::name::RuleName;
    use crate::model::verdict::{Decision, Reason, Urgency, Wishes};
    use crate::pattern::{Field, Pattern};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn address(name: Option<&str>, address: &str) -> Address {
        Address { name: name.map(str::to_owned), address: address.to_owned() }
    }

    fn header(name: &str, value: &str) -> Header {
        Header { name: name.to_owned(), value: value.to_owned() }
    }

    /// A mail that has everything a condition can ask for.
    fn mail() -> Message {
        Message {
            identity: Identity(Id::of(&[b"mail"])),
            source: "work".to_owned(),
            kind: Kind::Mail,
            message_id: Some("1@example.org".to_owned()),
            thread: Thread::default(),
            sender: Some(address(Some("Jürgen Grün"), "Ops@example.org")),
            reply_to: None,
            to: vec![address(None, "ada@example.org"), address(None, "team@example.org")],
            cc: vec![address(None, "boss@example.org")],
            subject: "SEV-1: database down".to_owned(),
            own_text: "Hello Ada,\nplease call me at once,\nit burns.\n".to_owned(),
            headers: vec![header("precedence", "first"), header("Precedence", "bulk")],
            list_id: Some("ops.example.org".to_owned()),
            automated: true,
            importance: Some(Importance::High),
            attachments: vec![Attachment {
                name: "Report.PDF".to_owned(),
                media_type: "application/pdf".to_owned(),
                size: 9,
            }],
            event: Some(Event {
                method: "REQUEST".to_owned(),
                uid: String::new(),
                summary: "Standup".to_owned(),
                starts: at("2027-01-12T10:45:00Z"),
                ends: None,
                all_day: false,
                cancelled: false,
                people: 2,
                revision: None,
            }),
            authenticity: Authenticity::Passed,
            sent_at: None,
            received_at: at("2027-01-12T10:00:00Z"),
            size: 2_000,
            post: None,
            page: None,
            notes: Vec::new(),
        }
    }

    /// A mail that has nothing.
    fn bare() -> Message {
        let mail = mail();
        Message { message_id: mail.message_id, ..Message::bare(mail.identity, "work", mail.received_at, 0) }
    }

    fn patterns(field: Field, written: &[&str]) -> Vec<Pattern> {
        let friends = |name: &str| (name == "friends").then(|| patterns(Field::Value, &["x@example.net", "ops@*"]));
        written.iter().map(|written| Pattern::parse(written, field, &friends).unwrap()).collect()
    }

    fn values(written: &[&str]) -> Vec<Pattern> {
        patterns(Field::Value, written)
    }

    fn words(written: &[&str]) -> Vec<Pattern> {
        patterns(Field::RunningText, written)
    }

    fn range(days: &str, from: u16, until: u16) -> During {
        During::Range(WeeklyRange::new(Weekdays::parse(days).unwrap(), from, until).unwrap())
    }

    fn rule(name: &str, when: Vec<Condition>, urgency: Urgency) -> Rule {
        let (name, end) = (RuleName::new(name), End::Decide(Decision::Level(urgency)));
        Rule { name, when, end, wishes: Wishes::default() }
    }

    fn with_moment<T>(judging: impl FnOnce(&Moment<'_>) -> T) -> T {
        let zone = Zone { name: "Europe/Madrid".to_owned(), rules: jiff::tz::TimeZone::get("Europe/Madrid").unwrap() };
        let now = at("2027-01-12T10:00:00Z");
        let me = ["ada@example.org".to_owned(), "ada@work.example".to_owned()];
        judging(&Moment {
            now,
            arrived: now,
            zone: &zone,
            working: Hours::Inside,
            quiet: Hours::Outside,
            me: &me,
            name: None,
            history: None,
        })
    }

    /// What one rule with these conditions says of a message.
    fn said(when: Vec<Condition>, message: &Message) -> String {
        let rules = [rule("r", when, Urgency::Urgent)];
        match with_moment(|moment| judge(message, (&rules, None), moment)).reason {
            Reason::Rule { evidence, .. } => format!("met: {}", evidence.join(" | ")),
            _ => format!("not met: {}", passed_over(message, &rules).first().unwrap().failed),
        }
    }

    fn passed_over(message: &Message, rules: &[Rule]) -> Vec<PassedOver> {
        with_moment(|moment| judgement::passed_over(&Reading::new(message, moment), rules))
    }

    fn check(message: &Message, cases: Vec<Condition>, expected: Expect) {
        let lines: Vec<String> = cases.into_iter().map(|case| said(vec![case], message)).collect();
        expected.assert_eq(&(lines.join("\n") + "\n"));
    }

    fn cases() -> Vec<Condition> {
        vec![
            Condition::From(values(&["*@example.org"])),
            Condition::From(values(&["@friends"])),
            Condition::From(values(&["a@x", "b@x", "c@x", "d@x", "e@x"])),
            Condition::To(values(&["team@*"])),
            Condition::To(values(&["nobody@*"])),
            Condition::Cc(values(&["BOSS@example.org"])),
            Condition::Cc(values(&["ada@*"])),
            Condition::Anyone(values(&["boss@*"])),
            Condition::Anyone(values(&["nobody@*"])),
            Condition::FromName(values(&["*GRÜN*"])),
            Condition::FromName(values(&["Grün"])),
            Condition::Subject(words(&["/sev-?[12]/i"])),
            Condition::Subject(words(&["data"])),
            Condition::Body(words(&["CALL ME"])),
            Condition::Body(words(&["lunch"])),
            Condition::Text(words(&["database"])),
            Condition::Text(words(&["it burns"])),
            Condition::Text(words(&["lunch"])),
            Condition::Header { name: "PRECEDENCE".to_owned(), value: Some(values(&["bulk"])) },
            Condition::Header { name: "Precedence".to_owned(), value: Some(values(&["list"])) },
            Condition::Header { name: "Precedence".to_owned(), value: None },
            Condition::Header { name: "X-Other".to_owned(), value: None },
            Condition::Source(values(&["w*"])),
            Condition::Source(values(&["home"])),
            Condition::Kind(vec!["mail".to_owned()]),
            Condition::Kind(vec!["chat".to_owned(), "slack".to_owned()]),
            Condition::Channel(values(&["#ops"])),
            Condition::Mention(vec![Mention::Me, Mention::Nobody]),
            Condition::ToMe(vec![ToMe::Direct]),
            Condition::ToMe(vec![ToMe::Only]),
            Condition::ToMe(vec![ToMe::Cc, ToMe::No]),
            Condition::List(None),
            Condition::List(Some(values(&["ops.*"]))),
            Condition::List(Some(values(&["dev.*"]))),
            Condition::Automated(true),
            Condition::Automated(false),
            Condition::Importance(vec![Importance::High]),
            Condition::Importance(vec![Importance::Low]),
            Condition::Authenticated(true),
            Condition::Authenticated(false),
            Condition::StartsWithin(Duration::from_secs(3_600)),
            Condition::StartsWithin(Duration::from_secs(60)),
            Condition::During(vec![During::Working]),
            Condition::During(vec![During::Quiet]),
            Condition::During(vec![During::Quiet, range("tue", 660, 720)]),
            Condition::During(vec![range("mon,wed-sun", 0, 1_440), range("tue", 600, 660)]),
            Condition::HasAttachment(true),
            Condition::HasAttachment(false),
            Condition::Attachment(values(&["*.pdf"])),
            Condition::Attachment(values(&["*.exe"])),
            Condition::LargerThan(1_999),
            Condition::LargerThan(2_000),
            Condition::SmallerThan(2_001),
            Condition::SmallerThan(2_000),
        ]
    }

    #[test]
    fn each_condition_says_why() {
        check(
            &mail(),
            cases(),
            expect![[r#"
                met: from "Ops@example.org" matches "*@example.org"
                met: from "Ops@example.org" matches "ops@*" of "@friends"
                not met: from "Ops@example.org" does not match "a@x", "b@x", "c@x" or 2 more
                met: to "team@example.org" matches "team@*"
                not met: to "ada@example.org" and "team@example.org" do not match "nobody@*"
                met: cc "boss@example.org" matches "BOSS@example.org"
                not met: cc "boss@example.org" does not match "ada@*"
                met: anyone "boss@example.org" matches "boss@*"
                not met: anyone "Ops@example.org", "ada@example.org", "team@example.org" and 1 more do not match "nobody@*"
                met: from_name "Jürgen Grün" matches "*GRÜN*"
                not met: from_name "Jürgen Grün" does not match "Grün"
                met: subject "SEV-1: database down" matches "/sev-?[12]/i"
                not met: subject "SEV-1: database down" does not match "data"
                met: body "please call me at once," matches "CALL ME"
                not met: body "Hello Ada, please call me at once, it burns." does not match "lunch"
                met: subject "SEV-1: database down" matches "database"
                met: body "it burns." matches "it burns"
                not met: neither subject "SEV-1: database down" nor body "Hello Ada, please call me at once, it burns." matches "lunch"
                met: header PRECEDENCE "bulk" matches "bulk"
                not met: header Precedence "first" and "bulk" do not match "list"
                met: header Precedence is there
                not met: header X-Other is missing
                met: source "work" matches "w*"
                not met: source "work" does not match "home"
                met: kind is "mail"
                not met: kind is "mail", not "chat" or "slack"
                not met: it came by no channel
                not met: it is mail, which mentions nobody
                met: to_me is "direct"
                not met: to_me is "direct", not "only"
                not met: to_me is "direct", not "cc" or "no"
                met: list is "ops.example.org"
                met: list "ops.example.org" matches "ops.*"
                not met: list "ops.example.org" does not match "dev.*"
                met: automated is true
                not met: automated is true
                met: importance is "high"
                not met: importance is "high", not "low"
                met: authenticated is true
                not met: authenticated is true
                met: event "Standup" starts in 45 min
                not met: event "Standup" starts in 45 min, not within 60 s
                met: it came on Tue 11:00, in working hours
                not met: it came on Tue 11:00, not in quiet hours
                met: it came on Tue 11:00, in tue 11:00 to 12:00
                not met: it came on Tue 11:00, not in mon,wed-sun 00:00 to 24:00 or tue 10:00 to 11:00
                met: it has 1 attachment
                not met: it has 1 attachment
                met: attachment "Report.PDF" matches "*.pdf"
                not met: attachment "Report.PDF" does not match "*.exe"
                met: its 2000 octets are more than 1999
                not met: its 2000 octets are not more than 2000
                met: its 2000 octets are less than 2001
                not met: its 2000 octets are not less than 2000
            "#]],
        );
    }

    #[test]
    fn a_mail_that_has_nothing_meets_little() {
        check(
            &bare(),
            cases(),
            expect![[r#"
                not met: from is missing
                not met: from is missing
                not met: from is missing
                not met: to is missing
                not met: to is missing
                not met: cc is missing
                not met: cc is missing
                not met: anyone is missing
                not met: anyone is missing
                not met: from_name is missing
                not met: from_name is missing
                not met: subject "" does not match "/sev-?[12]/i"
                not met: subject "" does not match "data"
                not met: body "" does not match "CALL ME"
                not met: body "" does not match "lunch"
                not met: neither subject "" nor body "" matches "database"
                not met: neither subject "" nor body "" matches "it burns"
                not met: neither subject "" nor body "" matches "lunch"
                not met: header PRECEDENCE is missing
                not met: header Precedence is missing
                not met: header Precedence is missing
                not met: header X-Other is missing
                met: source "work" matches "w*"
                not met: source "work" does not match "home"
                met: kind is "mail"
                not met: kind is "mail", not "chat" or "slack"
                not met: it came by no channel
                not met: it is mail, which mentions nobody
                not met: to_me is "no", not "direct"
                not met: to_me is "no", not "only"
                met: to_me is "no"
                not met: it came by no list
                not met: list is missing
                not met: list is missing
                not met: automated is false
                met: automated is false
                not met: importance is missing
                not met: importance is missing
                not met: authenticated is false: nobody trusted says so
                met: authenticated is false: nobody trusted says so
                not met: there is no event
                not met: there is no event
                met: it came on Tue 11:00, in working hours
                not met: it came on Tue 11:00, not in quiet hours
                met: it came on Tue 11:00, in tue 11:00 to 12:00
                not met: it came on Tue 11:00, not in mon,wed-sun 00:00 to 24:00 or tue 10:00 to 11:00
                not met: it has no attachment
                met: it has no attachment
                not met: attachment is missing
                not met: attachment is missing
                not met: its 0 octets are not more than 1999
                not met: its 0 octets are not more than 2000
                met: its 0 octets are less than 2001
                met: its 0 octets are less than 2000
            "#]],
        );
    }

    #[test]
    fn conditions_nest() {
        let boss = || Condition::From(values(&["boss@*"]));
        let sev = || Condition::Subject(words(&["/sev/i"]));
        let cases = vec![
            Condition::Any(vec![vec![boss()], vec![sev(), Condition::Automated(true)]]),
            Condition::Any(vec![vec![boss()], vec![sev(), Condition::Automated(false)]]),
            Condition::Any(vec![]),
            Condition::All(vec![vec![sev()], vec![Condition::Automated(true)]]),
            Condition::All(vec![vec![sev()], vec![boss()]]),
            Condition::All(vec![]),
            Condition::Not(vec![vec![boss()], vec![sev(), Condition::Automated(false)]]),
            Condition::Not(vec![vec![boss()], vec![sev(), Condition::Automated(true)]]),
            Condition::Not(vec![vec![]]),
            Condition::Not(vec![vec![Condition::Not(vec![vec![sev()]])]]),
        ];
        check(
            &mail(),
            cases,
            expect![[r#"
            met: subject "SEV-1: database down" matches "/sev/i" | automated is true
            not met: none of any: from "Ops@example.org" does not match "boss@*"; automated is true
            not met: none of any:
            met: subject "SEV-1: database down" matches "/sev/i" | automated is true
            not met: from "Ops@example.org" does not match "boss@*"
            met: the rule has no conditions
            met: not: from "Ops@example.org" does not match "boss@*" | not: automated is true
            not met: not: subject "SEV-1: database down" matches "/sev/i" and automated is true
            not met: not: it is empty
            met: not: not: subject "SEV-1: database down" matches "/sev/i"
        "#]],
        );
    }

    #[test]
    fn nesting_ends() {
        let deep = |levels: usize| {
            let seed = Condition::Automated(true);
            (0..levels).fold(seed, |inner, _| Condition::All(vec![vec![inner]]))
        };
        check(
            &mail(),
            vec![deep(16), deep(17), deep(1_000)],
            expect![[r#"
            met: automated is true
            not met: it nests deeper than 16 levels
            not met: it nests deeper than 16 levels
        "#]],
        );
    }

    #[test]
    fn to_me_goes_by_to_and_cc() {
        let check = |to: &[&str], cc: &[&str], expected: &[ToMe]| {
            let list = |all: &[&str]| all.iter().map(|one| address(None, one)).collect();
            let message = Message { to: list(to), cc: list(cc), ..bare() };
            for wanted in [ToMe::Only, ToMe::Direct, ToMe::Cc, ToMe::No] {
                let met = said(vec![Condition::ToMe(vec![wanted])], &message).starts_with("met");
                assert_eq!(met, expected.contains(&wanted), "{wanted:?} of {to:?} {cc:?}");
            }
        };
        check(&["ada@example.org"], &[], &[ToMe::Only, ToMe::Direct]);
        check(&["ADA@example.org"], &["ada@work.example"], &[ToMe::Only, ToMe::Direct]);
        check(&["ada+shop@example.org"], &[], &[ToMe::Only, ToMe::Direct]);
        check(&["ada@example.org", "x@example.org"], &[], &[ToMe::Direct]);
        check(&["ada@example.org"], &["x@example.org"], &[ToMe::Direct]);
        check(&["x@example.org"], &["ada@example.org"], &[ToMe::Cc]);
        check(&[], &["ada@example.org"], &[ToMe::Only, ToMe::Cc]);
        check(&["list@example.org"], &[], &[ToMe::No]);
        check(&[], &[], &[ToMe::No]);
        check(&["adam@example.org", "xada@example.org", "ada@example.org.evil", "ada"], &[], &[ToMe::No]);
    }

    #[test]
    fn only_a_coming_event_is_near() {
        let hour = || vec![Condition::StartsWithin(Duration::from_secs(3_600))];
        let check = |change: fn(&mut Event), expected: Expect| {
            let mut message = mail();
            change(message.event.as_mut().unwrap());
            expected.assert_eq(&said(hour(), &message));
        };
        check(|event| event.starts = at("2027-01-12T11:00:00Z"), expect![[r#"met: event "Standup" starts in 60 min"#]]);
        check(
            |event| event.starts = at("2027-01-12T11:00:01Z"),
            expect![[r#"not met: event "Standup" starts in 60 min, not within 60 min"#]],
        );
        check(|event| event.starts = at("2027-01-12T10:00:00Z"), expect![[r#"met: event "Standup" starts in 0 s"#]]);
        check(
            |event| event.starts = at("2027-01-12T09:59:59Z"),
            expect![[r#"not met: event "Standup" started before now"#]],
        );
        check(
            |event| event.starts = at("2027-02-12T09:59:59Z"),
            expect![[r#"not met: event "Standup" starts in 30 days, not within 60 min"#]],
        );
        check(|event| event.cancelled = true, expect![[r#"met: event "Standup" starts in 45 min"#]]);
        check(
            |event| event.method = "REPLY".to_owned(),
            expect![[r#"not met: event "Standup" comes with "REPLY", not as an invitation"#]],
        );
    }

    #[test]
    fn a_list_is_known_by_its_fields() {
        let check = |name: &str, value: &str, list: bool| {
            let message = Message { headers: vec![header(name, value)], ..bare() };
            assert_eq!(said(vec![Condition::List(None)], &message).starts_with("met"), list, "{name}: {value}");
        };
        check("list-unsubscribe", "<mailto:x@example.org>", true);
        check("List-Post", "NO", true);
        check("Precedence", "List", true);
        check("Precedence", "bulk", false);
        check("X-List", "x", false);
    }

    #[test]
    fn the_first_match_decides() {
        let rules = [
            rule("boss", vec![Condition::From(values(&["boss@*"]))], Urgency::Critical),
            rule("sev", vec![Condition::Automated(true), Condition::Subject(words(&["sev-1"]))], Urgency::Urgent),
            rule("all", vec![], Urgency::Low),
        ];
        let judged = with_moment(|moment| judge(&mail(), (&rules, None), moment));
        assert_eq!(judged.decision, Decision::Level(Urgency::Urgent));
        assert_eq!(judged.judged_at, at("2027-01-12T10:00:00Z"));
        expect![[r#"
            Rule {
                rule: RuleName(
                    "sev",
                ),
                evidence: [
                    "automated is true",
                    "subject \"SEV-1: database down\" matches \"sev-1\"",
                ],
            }
            [
                PassedOver {
                    rule: RuleName(
                        "boss",
                    ),
                    failed: "from \"Ops@example.org\" does not match \"boss@*\"",
                },
            ]
        "#]]
        .assert_eq(&format!("{:#?}\n{:#?}\n", judged.reason, passed_over(&mail(), &rules)));
        let last = with_moment(|moment| judge(&bare(), (&rules, None), moment));
        assert_eq!(last.decision, Decision::Level(Urgency::Low));
        assert_eq!(passed_over(&bare(), &rules).len(), 2);
    }

    #[test]
    fn without_a_match_it_is_normal() {
        let judged = with_moment(|moment| judge(&mail(), (&[], None), moment));
        assert_eq!(judged.decision, Decision::Level(Urgency::Normal));
        assert_eq!(judged.reason, Reason::NoRule);
        assert!(passed_over(&mail(), &[]).is_empty());
    }

    #[test]
    fn reasons_stay_small_and_on_one_line() {
        let nasty = "\u{202E}x\n\u{1B}[31m ".repeat(10_000);
        let to: Vec<Address> = (0..200)
            .map(|n| address(None, &format!("{n}{}@example.org", crate::text::first_chars(&nasty, 300))))
            .collect();
        let message = Message { subject: nasty.clone(), own_text: nasty, to, ..mail() };
        let no = || values(&["nothing@*", "at@*", "all@*", "of@*", "this@*"]);
        let (subject, body) = (Condition::Subject(words(&["zzz"])), Condition::Body(words(&["zzz"])));
        let any = Condition::Any((0..100).map(|_| vec![Condition::To(no())]).collect());
        for condition in [subject, body, Condition::To(no()), any, Condition::To(values(&["1*"]))] {
            let phrase = said(vec![condition], &message);
            assert!(phrase.chars().count() <= crate::limits::judgement::REASON_CHARS + 20, "{phrase}");
            assert!(!phrase.chars().any(|c| c.is_control() || crate::text::is_invisible(c)), "{phrase:?}");
        }
    }

    #[test]
    fn a_hostile_text_ends() {
        // A backtracking engine would need 2^65536 steps for the first three.
        let regexes =
            ["/(a|aa)+$/", "/(a*)*b/", "/(.*a){30}x/", "/^(([a-z])+.)+[A-Z]([a-z])+$/", "*a*a*a*a*a*b", "a a"];
        let text = format!("{}!", "a".repeat(60_000));
        let message = Message { subject: text.clone(), own_text: text, ..bare() };
        for regex in regexes {
            assert!(said(vec![Condition::Text(words(&[regex]))], &message).starts_with("not met"), "{regex}");
        }
    }
}
