//! Services written in the generic kind: it takes the same requests as the kind of their own, and reads the same in them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidings::chat::kind::Kind;
use tidings::cli::hook::attempt;
use tidings::cli::hook::recorded::Recorded;

/// What must be the same.
const SAME: [&str; 10] = [
    "id",
    "subject",
    "text",
    "sender_id",
    "sender_name",
    "channel_id",
    "channel_name",
    "thread_id",
    "time_ms",
    "permalink",
];

/// A service as a person would configure it: the hook's keys.
fn written(service: &str) -> Value {
    match service {
        "basecamp" => json!({
            "auth": {"type": "path"},
            "mapping": {
                "id": "/recording/id",
                "subject": "/recording/title",
                "text": "/recording/content",
                "sender_id": "/creator/id",
                "sender_name": "/creator/name",
                "channel_id": "/recording/bucket/id",
                "channel_name": "/recording/bucket/name",
                "thread_id": "/recording/parent/id",
                "time": "/created_at",
                "permalink": "/recording/app_url",
            },
        }),
        "trello" => json!({
            "auth": {
                "type": "hmac",
                "algorithm": "sha1",
                "encoding": "base64",
                "header": "X-Trello-Webhook",
                "signed": "{body}{url}",
            },
            "handshake": "ok",
            "mapping": {
                "id": "/action/id",
                "subject": "/action/data/card/name",
                "text": "/action/data/text",
                "sender_id": "/action/memberCreator/id",
                "sender_name": "/action/memberCreator/fullName",
                "channel_id": "/action/data/board/id",
                "channel_name": "/action/data/board/name",
                "thread_id": "/action/data/card/id",
                "time": "/action/date",
                "permalink": "https://trello.com/c/{{ action.data.card.shortLink }}",
            },
        }),
        "linear" => json!({
            "auth": {
                "type": "hmac",
                "header": "Linear-Signature",
                "timestamp_field": "/webhookTimestamp",
                "tolerance": "60s",
            },
            "mapping": {
                "id": "/data/id",
                "subject": "{{ data.title or data.issue.title }}",
                "text": "{{ data.body or data.description }}",
                "sender_id": "{{ actor.id or data.userId }}",
                "sender_name": "/actor/name",
                "channel_id": "/data/team/id",
                "channel_name": "/data/team/name",
                "thread_id": "{{ data.issueId or data.id }}",
                "time": "/createdAt",
                "permalink": "/url",
                "priority": "/data/priorityLabel",
            },
        }),
        "pagerduty" => json!({
            "auth": {"type": "hmac", "header": "X-PagerDuty-Signature", "prefix": "v1="},
            "mapping": {
                "id": "/event/data/id",
                "subject": "/event/data/title",
                "sender_id": "/event/agent/id",
                "sender_name": "/event/agent/summary",
                "channel_id": "/event/data/service/id",
                "channel_name": "/event/data/service/summary",
                "thread_id": "/event/data/id",
                "time": "/event/occurred_at",
                "permalink": "/event/data/html_url",
                "urgency": {"pointer": "/event/data/urgency", "urgent": ["high"], "low": ["low"]},
                "settles": {"pointer": "/event/data/status", "values": ["resolved"]},
            },
        }),
        "alertmanager" => json!({
            "auth": {"type": "bearer"},
            "mapping": {
                "items": "/alerts",
                "id": "/fingerprint",
                "subject": "/labels/alertname",
                "text": "/annotations/summary",
                "sender_name": "{{ labels.instance or labels.job }}",
                "channel_name": "{{ payload.receiver }}",
                "thread_id": "/fingerprint",
                "time": "/startsAt",
                "permalink": "/generatorURL",
                "settles": {"pointer": "/status", "values": ["resolved"]},
            },
        }),
        "mattermost" => json!({
            "auth": {"type": "field", "field": "/token"},
            "mapping": {
                "id": "/post_id",
                "text": "/text",
                "sender_id": "/user_id",
                "sender_name": "/user_name",
                "channel_id": "/channel_id",
                "channel_name": "/channel_name",
                "time": "/timestamp",
            },
        }),
        _ => panic!("{service}"),
    }
}

fn tried(kind: Kind, vector: &Value, folder: &Path) -> Value {
    let recorded = Recorded::of(vector.clone(), folder).unwrap();
    serde_json::to_value(attempt(kind, &recorded, None).unwrap()).unwrap()
}

/// In what the two kinds differ.
fn unlike(own: &Value, generic: &Value) -> Vec<String> {
    if own["accepted"] != generic["accepted"] {
        return vec![format!("accepted is {}, not {}: {}", generic["accepted"], own["accepted"], generic["reason"])];
    }
    let (own, generic) = (own["events"].as_array().unwrap(), generic["events"].as_array().unwrap());
    if own.len() != generic.len() {
        return vec![format!("{} events, not {}", generic.len(), own.len())];
    }
    let pairs = own.iter().zip(generic);
    let pairs = pairs.flat_map(|(own, generic)| SAME.iter().map(move |key| (key, &own[key], &generic[key])));
    let unlike = pairs.filter(|(_, own, generic)| own != generic);
    unlike.map(|(key, own, generic)| format!("{key} is {generic}, not {own}")).collect()
}

#[test]
fn simple_services_can_be_written_in_the_generic_kind() {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let mut wrong = Vec::new();
    for service in ["basecamp", "trello", "linear", "pagerduty", "alertmanager", "mattermost"] {
        let folder = shared.join("vectors").join(service);
        if !folder.is_dir() {
            println!("not run: {service} in the generic kind, because there is no folder \"{}\"", folder.display());
            continue;
        }
        let all = fs::read_to_string(folder.join("vectors.json")).unwrap();
        let all: Vec<Value> = serde_json::from_str(&all).unwrap();
        let mut read = 0;
        for vector in &all {
            let own = tried(Kind::named(service).unwrap(), vector, &folder);
            let mut same = vector.clone();
            same["config"] = written(service);
            let generic = tried(Kind::Generic, &same, &folder);
            read += generic["events"].as_array().unwrap().len();
            for fault in unlike(&own, &generic) {
                wrong.push(format!("{service} {}: {fault}", vector["name"]));
            }
        }
        assert!(read > 0, "{service}: nothing was read");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As the configuration has it: the secret is the last part of the address, or without one the hook's name.
#[test]
fn an_address_proves_in_a_trial_what_it_proves_in_earnest() {
    let accepted = |url: &str, secret: Value| {
        let vector = json!({"url": url, "body": "{\"text\":\"hi\"}", "secret": secret,
            "config": {"auth": {"type": "path"}, "mapping": {"text": "/text"}}});
        tried(Kind::Generic, &vector, Path::new(""))["accepted"] == true
    };
    let (name, two) = ("Jk3vTq8Zr1LxWc5N", json!(["Jk3vTq8Zr1LxWc5N", "Zk3vTq8Zr1LxWc5N"]));
    for (path, secret, expected) in [
        (format!("/t/hook/{name}"), Value::Null, true),
        (format!("/hook/{name}?x=1"), Value::Null, true),
        ("/hook/door".to_owned(), Value::Null, false),
        (format!("/{name}"), Value::Null, false),
        (format!("/hook/door/{name}"), json!(name), true),
        (format!("/hook/door/Z{}", &name[1..]), two.clone(), true),
        (format!("/hook/{name}/door"), two, false),
        ("/hook/door/".to_owned(), json!(name), false),
    ] {
        assert_eq!(accepted(&format!("https://x.example{path}"), secret.clone()), expected, "{path} {secret}");
    }
}
