//! Things that change: groups of alarms in which some are over, alarms that ring again, messages that are edited and deleted.

use std::time::Instant;

use serde_json::{Value, json};
use tidings::chat::answer::Refusal;
use tidings::chat::event::{AlertState, What};
use tidings::chat::message::identity;
use tidings::chat::teams_graph;
use tidings::model::name::PersonName;

use crate::chat_rig::{Call, POST, hook, told};

fn alert(name: &str, (status, since): (&str, &str)) -> Value {
    json!({"status": status, "labels": {"alertname": "Heat", "instance": name, "severity": "critical"},
        "annotations": {"summary": format!("{name} is hot")}, "startsAt": since, "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": name})
}

fn group(status: &str, alerts: &[Value]) -> Value {
    json!({"version": "4", "groupKey": "g", "status": status, "state": "alerting", "receiver": "tidings", "alerts": alerts})
}

const NINE: &str = "2027-01-13T09:00:00Z";
const TEN: &str = "2027-01-13T09:59:00+00:00";

#[test]
fn each_alarm_of_a_group_has_its_own_state() {
    for kind in ["alertmanager", "grafana"] {
        for status in ["firing", "resolved"] {
            let body = group(status, &[alert("kiln", ("resolved", NINE)), alert("oven", ("firing", NINE))]);
            let events = POST.json(&hook(kind, &[], &[]), &body);
            let states: Vec<_> = events.iter().map(|event| (event.text.as_str(), &event.what)).collect();
            let is = |status: &str, state| What::Alert { status: status.to_owned(), state };
            let (over, rings) = (is("resolved", AlertState::Resolved), is("firing", AlertState::Firing));
            assert_eq!(states, [("kiln is hot", &over), ("oven is hot", &rings)], "{kind} {status}");
        }
    }
}

#[test]
fn what_old_senders_leave_out() {
    for kind in ["alertmanager", "grafana"] {
        let bare = |name: &str| json!({"labels": {"alertname": name}, "startsAt": NINE});
        let body = group("firing", &[bare("Heat"), bare("Frost"), json!({"annotations": {}})]);
        let events = POST.json(&hook(kind, &[], &[]), &body);
        assert_eq!(events.len(), 2, "{kind}");
        assert_ne!(events[0].id, events[1].id, "{kind}");
        assert!(matches!(events[0].what, What::Alert { state: AlertState::Firing, .. }), "{kind}");
    }
}

#[test]
fn an_alarm_that_rings_again_is_another_message_of_its_thread() {
    for kind in ["alertmanager", "grafana"] {
        let hook = hook(kind, &[], &[]);
        let of = |status: &str, since: &str| {
            let event = POST.json(&hook, &group("firing", &[alert("oven", (status, since))])).remove(0);
            told(&hook, &event)
        };
        let first = of("firing", NINE);
        assert_eq!(first.identity, of("firing", NINE).identity, "{kind}: a reminder");
        for later in [of("resolved", NINE), of("firing", TEN)] {
            assert_ne!(first.identity, later.identity, "{kind}");
            assert_eq!(first.message_id, later.message_id, "{kind}");
        }
    }
    let hook = hook("pagerduty", &[], &[]);
    let of = |id: &str, kind: &str, status: &str| {
        let data = json!({"id": "P1", "status": status, "title": "Heat", "service": {"id": "S1"}});
        let event = json!({"event": {"id": id, "event_type": kind, "data": data}});
        told(&hook, &POST.json(&hook, &event)[0]).identity
    };
    let first = of("1", "incident.triggered", "triggered");
    assert_eq!(first, of("1", "incident.triggered", "triggered"));
    assert_ne!(first, of("2", "incident.acknowledged", "acknowledged"));
    assert_ne!(first, of("3", "incident.unacknowledged", "triggered"));
}

/// A message, its edit and its deletion as a service sends them.
fn lives() -> Vec<(&'static str, Vec<Value>)> {
    let slack = |event: Value| {
        let mut all = json!({"type": "message", "channel": "C1"});
        all.as_object_mut().unwrap().extend(event.as_object().unwrap().clone());
        json!({"type": "event_callback", "event_id": all["ts"], "event": all})
    };
    let said = |text: &str| json!({"user": "U2", "ts": "1799834399.000100", "text": text});
    let mut edited = said("new");
    edited["edited"] = json!({"user": "U2", "ts": "1799834400.000000"});
    let discord = |action: &str, data: Value| json!({"type": 1, "event": {"type": format!("LOBBY_MESSAGE_{action}"), "data": data}});
    let rocket =
        |text: &str, edited: bool| json!({"message_id": "m1", "channel_id": "c", "text": text, "isEdited": edited});
    let telegram = |kind: &str, text: &str| json!({"update_id": kind.len(), kind: {"message_id": 5, "chat": {"id": 3}, "date": 1_799_834_399, "text": text}});
    let matrix = |id: &str, kind: &str, content: Value| json!({"events": [{"type": kind, "event_id": id, "room_id": "!r:x.example", "sender": "@bo:x.example", "content": content}]});
    let replace = json!({"body": "* new", "m.new_content": {"body": "new"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}});
    let page = |verb: &str, text: &str| json!({"entry": [{"id": "p", "changes": [{"field": "feed", "value": {"item": "comment", "verb": verb, "comment_id": "k", "message": text, "from": {"id": "9"}}}]}]});
    let zoom = |event: &str, text: &str| {
        json!({"event": format!("team_chat.channel_message_{event}"), "event_ts": 1_799_834_399_000_u64,
            "payload": {"object": {"message_id": "z", "channel_id": "c", "message": text}}})
    };
    let trello = |id: &str, kind: &str, mut data: Value| {
        data["board"] = json!({"id": "b"});
        json!({"action": {"id": id, "type": kind, "data": data}})
    };
    let basecamp = |id: u8, kind: &str, text: &str| json!({"id": id, "kind": kind, "recording": {"id": 6, "bucket": {"id": 1}, "content": text}});
    let jira = |kind: &str, text: &str| json!({"webhookEvent": kind, "timestamp": 1_799_834_399_000_u64, "comment": {"id": "1", "body": text}});
    let github = |action: &str, text: &str| json!({"action": action, "comment": {"id": 1, "body": text}, "repository": {"id": 2}, "issue": {"number": 3}});
    let gitlab = |action: &str, text: &str| json!({"object_kind": "note", "project": {"id": 2}, "object_attributes": {"id": 1, "note": text, "action": action}});
    let linear = |action: &str, text: &str| json!({"action": action, "type": "Comment", "data": {"id": "l", "body": text, "issueId": "i"}});
    vec![
        (
            "slack",
            vec![
                slack(said("old")),
                slack(json!({"subtype": "message_changed", "ts": "9.9", "message": edited})),
                slack(json!({"subtype": "message_deleted", "ts": "9.9", "deleted_ts": "1799834399.000100"})),
                slack(
                    json!({"subtype": "message_changed", "ts": "9.9", "message": {"subtype": "tombstone", "ts": "1799834399.000100"}}),
                ),
            ],
        ),
        (
            "discord",
            vec![
                discord("CREATE", json!({"id": "7", "channel_id": "c", "content": "old"})),
                discord(
                    "UPDATE",
                    json!({"id": "7", "channel_id": "c", "content": "new", "edited_timestamp": "2027-01-13T10:00:00Z"}),
                ),
                discord("DELETE", json!({"id": "7", "channel_id": "c"})),
            ],
        ),
        ("rocketchat", vec![rocket("old", false), rocket("new", true)]),
        ("telegram", vec![telegram("message", "old"), telegram("edited_message", "new")]),
        (
            "matrix",
            vec![
                matrix("$1", "m.room.message", json!({"body": "old"})),
                matrix("$2", "m.room.message", replace),
                matrix("$3", "m.room.redaction", json!({"redacts": "$1"})),
            ],
        ),
        ("messenger", vec![page("add", "old"), page("edited", "new"), page("remove", "")]),
        ("zoom", vec![zoom("posted", "old"), zoom("updated", "new"), zoom("deleted", "")]),
        (
            "trello",
            vec![
                trello("k", "commentCard", json!({"text": "old"})),
                trello("u", "updateComment", json!({"action": {"id": "k", "text": "new"}})),
                trello("d", "deleteComment", json!({"action": {"id": "k"}})),
            ],
        ),
        (
            "basecamp",
            vec![
                basecamp(1, "message_created", "old"),
                basecamp(2, "message_content_updated", "new"),
                basecamp(3, "message_trashed", ""),
            ],
        ),
        ("jira", vec![jira("comment_created", "old"), jira("comment_updated", "new"), jira("comment_deleted", "")]),
        ("github", vec![github("created", "old"), github("edited", "new"), github("deleted", "")]),
        ("gitlab", vec![gitlab("create", "old"), gitlab("update", "new")]),
        ("linear", vec![linear("create", "old"), linear("update", "new"), linear("remove", "")]),
    ]
}

#[test]
fn a_message_its_edit_and_its_deletion_are_one() {
    for (kind, life) in lives() {
        let (hook, person) = (hook(kind, &[], &[]), PersonName::new("ada"));
        let events = life.iter().enumerate().flat_map(|(number, body)| {
            let below = format!("/_matrix/app/v1/transactions/{number}");
            let method = if kind == "matrix" { "PUT" } else { "POST" };
            let delivery = number.to_string();
            let headers = [
                ("X-GitHub-Event", "issue_comment"),
                ("X-GitHub-Delivery", delivery.as_str()),
                ("Idempotency-Key", delivery.as_str()),
                ("Linear-Delivery", delivery.as_str()),
                ("X-Atlassian-Webhook-Identifier", delivery.as_str()),
            ];
            Call { method, below: &below, headers: &headers, ..POST }.json(&hook, body)
        });
        let events: Vec<_> = events.collect();
        assert_eq!(events.len(), life.len(), "{kind}");
        assert_eq!((&events[0].what, events[0].text.as_str()), (&What::Message, "old"), "{kind}");
        assert!(matches!(events[1].what, What::Edit { .. }) && events[1].plain == "new", "{kind}");
        assert!(events.iter().skip(2).all(|event| matches!(event.what, What::Delete { .. })), "{kind}");
        for event in &events[1..] {
            assert_eq!(
                identity(&hook, &events[0], &person),
                identity(&hook, event, &person),
                "{kind}: {:?}",
                event.what
            );
            assert_eq!(told(&hook, &events[0]).message_id, told(&hook, event).message_id, "{kind}");
            assert_ne!(events[0].dedupe, event.dedupe, "{kind}: the change would be taken for a second delivery");
        }
    }
}

#[test]
fn previews_and_reactions_are_no_edits() {
    let none = |kind: &str, body: &Value| assert!(POST.json(&hook(kind, &[], &[]), body).is_empty(), "{kind}: {body}");
    let preview = json!({"type": "message", "subtype": "message_changed", "channel": "C1", "message": {"ts": "1.1", "text": "x"}});
    none("slack", &json!({"type": "event_callback", "event": preview}));
    none("discord", &json!({"type": 1, "event": {"type": "LOBBY_MESSAGE_UPDATE", "data": {"id": "7", "embeds": []}}}));
    assert!(teams_graph::message(&json!({"id": "1", "body": {"content": "x"}}), "updated").is_none());
}

/// Cut, the rest of it would be lost without a word.
#[test]
fn a_list_is_taken_whole_or_not_at_all() {
    let alarms =
        |count: usize| json!({"alerts": vec![json!({"fingerprint": "f", "status": "firing"}); count]}).to_string();
    let read = |count| POST.try_read(&hook("alertmanager", &[], &[]), alarms(count).as_bytes());
    assert_eq!(read(2_000).map(|events| events.len()), Ok(2_000));
    assert_eq!(read(5_001).unwrap_err(), Refusal::Unreadable("body holds too many events"));
}

/// However the octets of a request are spent, reading it takes time and room that grow with them.
#[test]
fn a_request_of_the_largest_size_is_read_soon() {
    let size = 1_000_000;
    let many = |one: Value| Value::Array(vec![one.clone(); size / (one.to_string().len() + 1)]);
    let long = "x".repeat(size / 2);
    let name = json!({"type": "mention", "offset": 0, "length": size / 2});
    let telegram = |text: &str, marks: Value| json!({"update_id": 1, "message": {"message_id": 1, "text": text, "entities": marks}});
    let markdown = |text: String| json!({"post_id": "p", "text": text});
    let wide = json!({"alerts": many(alert("oven", ("firing", NINE))), "groupKey": long, "receiver": long, "status": "firing"});
    let contacts = json!({"messages": vec![json!({"id": "1", "from": "2"}); 1_000], "contacts": vec![json!({"wa_id": "3"}); 1_000]});
    let cases = [
        ("telegram", telegram(&long, json!(vec![name; 1_000]))),
        ("telegram", telegram(&long, json!(vec![json!({"type": "code", "offset": 1, "length": size / 3}); 1_000]))),
        ("alertmanager", wide.clone()),
        ("grafana", wide),
        ("mattermost", markdown("> @a `".repeat(size / 6))),
        ("mattermost", markdown("@".repeat(size))),
        ("mattermost", markdown("```@a".repeat(size / 5))),
        ("zulip", json!({"message": {"id": 1, "rendered_content": "<blockquote><span ".repeat(size / 18)}})),
        (
            "jira",
            json!({"webhookEvent": "comment_created", "comment": {"id": "1", "body": "{quote}[~a]".repeat(size / 11)}}),
        ),
        ("whatsapp", json!({"entry": [{"changes": vec![json!({"field": "messages", "value": contacts}); 20]}]})),
        ("slack", json!({"event": {"type": "message", "ts": "1.1", "text": "<@".repeat(size / 2)}})),
        ("teams", json!({"type": "message", "id": "1", "text": "<at><blockquote>".repeat(size / 16)})),
        (
            "discord",
            json!({"type": 1, "event": {"type": "LOBBY_MESSAGE_CREATE", "data": {"id": "1",
            "content": "<@1>".repeat(size / 8), "mentions": many(json!({"id": "1"}))}}}),
        ),
    ];
    for (kind, body) in cases {
        let (hook, body) = (hook(kind, &[], &[]), body.to_string());
        let begun = Instant::now();
        // What would take far more room than it has octets is refused.
        let events = match POST.try_read(&hook, body.as_bytes()) {
            Err(Refusal::Unreadable("body holds too many values")) => Vec::new(),
            read => read.unwrap(),
        };
        let octets: usize = events
            .iter()
            .map(|event| {
                let mentions = [&event.mentions.users, &event.mentions.groups, &event.dedupe].into_iter().flatten();
                event.text.len() + event.plain.len() + mentions.map(String::len).sum::<usize>()
            })
            .sum();
        assert!(events.len() <= 5_000 && octets < 20 * size, "{kind}: {} events of {octets} octets", events.len());
        events.iter().for_each(|event| drop(told(&hook, event)));
        // A hundred times what a slow machine needs without optimisation.
        assert!(begun.elapsed().as_secs() < 20, "{kind}: {:?}", begun.elapsed());
    }
}

/// A push of a change is the change of the message that an earlier one brought, as it is in a transaction.
#[test]
fn a_pushed_edit_is_an_edit() {
    let push = hook("matrix-push", &[], &["@ada:test.example"]);
    let events = |id: &str, content: Value| {
        let told = json!({"event_id": id, "room_id": "!r:test.example", "type": "m.room.message",
            "sender": "@ben:test.example", "content": content, "devices": [{"pushkey": "k"}]});
        POST.json(&push, &json!({ "notification": told }))
    };
    let change = |relation: Value| {
        json!({"msgtype": "m.text", "body": "* Tea at five", "m.relates_to": relation,
            "m.new_content": {"msgtype": "m.text", "body": "Tea at five"}})
    };
    let first = events("$1", json!({"msgtype": "m.text", "body": "Tea at four"}));
    let second = events("$2", change(json!({"rel_type": "m.replace", "event_id": "$1"})));
    assert_eq!(first[0].what, What::Message);
    assert_eq!((&second[0].what, second[0].text.as_str()), (&What::Edit { of: "$1".to_owned() }, "Tea at five"));
    let [first, second] = [&first[0], &second[0]].map(|event| told(&push, event));
    assert_eq!((first.identity, first.message_id), (second.identity, second.message_id));
    assert_eq!(events("$3", change(json!({"rel_type": "m.replace"}))), []);
}
