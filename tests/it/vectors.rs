//! Recorded webhook requests of each service, with the answer that is right: each is taken as the listener takes it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidings::chat::kind::Kind;
use tidings::chat::registry;
use tidings::cli::hook::attempt;
use tidings::cli::hook::recorded::Recorded;

/// Folders of the shared data and the kinds of hooks that their requests are for.
pub const KINDS: &[(&str, &str)] = &[
    ("slack", "slack"),
    ("mattermost", "mattermost"),
    ("rocketchat", "rocketchat"),
    ("zulip", "zulip"),
    ("telegram", "telegram"),
    ("teams_outgoing", "teams"),
    ("discord", "discord"),
    ("matrix_appservice", "matrix"),
    ("matrix_push", "matrix-push"),
    ("whatsapp", "whatsapp"),
    ("messenger", "messenger"),
    ("x_twitter", "x"),
    ("twilio", "twilio"),
    ("teams_graph", "teams-graph"),
    ("google_chat", "google-chat"),
    ("zoom", "zoom"),
    ("asana", "asana"),
    ("trello", "trello"),
    ("basecamp", "basecamp"),
    ("notion", "notion"),
    ("confluence_dc", "confluence"),
    ("jira", "jira"),
    ("github", "github"),
    ("gitlab", "gitlab"),
    ("linear", "linear"),
    ("pagerduty", "pagerduty"),
    ("alertmanager", "alertmanager"),
    ("grafana", "grafana"),
    ("standard_webhooks", "standard-webhooks"),
    ("generic", "generic"),
];

pub fn vectors() -> Option<PathBuf> {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = shared.join("vectors");
    if !folder.is_dir() {
        println!("not run: the recorded requests, because there is no folder \"{}\"", folder.display());
        return None;
    }
    Some(folder)
}

pub fn read(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

pub fn tried(kind: Kind, vector: &Value, folder: &Path) -> Result<Value, String> {
    let tried = Recorded::of(vector.clone(), folder).and_then(|recorded| attempt(kind, &recorded, None));
    tried.map(|tried| serde_json::to_value(tried).unwrap()).map_err(|error| format!("{error:#}"))
}

/// What is wrong with one request; empty: all is as expected.
fn faults(kind: Kind, (vector, all): (&Value, &[Value]), folder: &Path) -> Vec<String> {
    let tried = match tried(kind, vector, folder) {
        Ok(tried) => tried,
        Err(error) => return vec![error],
    };
    // What is no event of the service shows its signature alone: 400 says that it was believed, and could not be read.
    if vector["auth_only"] == json!(true) && tried["answer"]["status"] == json!(400) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let expected = vector["expect"] != "reject";
    if tried["accepted"] != json!(expected) {
        faults.push(format!("accepted is {}: {}", tried["accepted"], tried["reason"]));
    }
    faults.extend(unlike_answer(&tried["answer"], &vector["expect_response"]));
    if let Some(first) = all.iter().find(|other| other["name"] == vector["duplicate_of"]) {
        faults.extend(unlike_first(&tried["events"], &self::tried(kind, first, folder).unwrap()["events"]));
    } else if vector["auth_only"] != json!(true) && vector["expect"] == "accept" {
        faults.extend(unlike_events(&tried["events"], &vector["events"]));
    }
    if vector["expect"] == "reject" && tried["events"] != json!([]) {
        faults.push("something of a refused request is kept".to_owned());
    }
    faults
}

/// A second delivery is known by the same values as the first, or as the same message.
fn unlike_first(got: &Value, first: &Value) -> Option<String> {
    let known = |event: &Value| {
        let same = |key: &str, other: &Value| !event[key].is_null() && event[key] == other[key];
        first.as_array().unwrap().iter().any(|other| same("dedupe", other) || same("same_message_key", other))
    };
    let new = got.as_array().unwrap().iter().find(|event| !known(event))?;
    Some(format!("not known as a second delivery: {} of {first}", new["dedupe"]))
}

fn unlike_events(got: &Value, expected: &Value) -> Vec<String> {
    let (got, expected) = (got.as_array().unwrap(), expected.as_array().unwrap());
    if got.len() != expected.len() {
        return vec![format!("{} events, not {}", got.len(), expected.len())];
    }
    let fields = got.iter().zip(expected).flat_map(|(got, expected)| {
        let unlike = move |(key, value): (&String, &Value)| {
            let unlike = got.get(key) != Some(value);
            unlike.then(|| format!("{key} is {}, not {value}", got.get(key).unwrap_or(&Value::Null)))
        };
        expected.as_object().unwrap().iter().filter_map(unlike)
    });
    fields.collect()
}

pub fn unlike_answer(got: &Value, expected: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let body = got["body"].as_str().unwrap();
    let parsed: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let header = |name: &str| {
        let mut fields = got["headers"].as_object().unwrap().iter();
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let media = header("Content-Type").and_then(|media| media.as_str().map(str::to_owned)).unwrap_or_default();
    let is_media = |wanted: &Value| wanted.as_str().is_some_and(|wanted| media.starts_with(wanted));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    for (key, value) in expected.as_object().unwrap() {
        let good = match key.as_str() {
            "status" => list(value).contains(&got["status"]),
            "body" => json!(body) == *value,
            "body_any" => list(value).iter().any(|one| body.trim_end().ends_with(one.as_str().unwrap())),
            "json" => parsed == *value,
            "json_equals_any" => list(value).contains(&parsed),
            "json_is_object" => parsed.is_object(),
            "content_type" => is_media(value),
            "headers" => value.as_object().unwrap().iter().all(|(name, value)| header(name).as_ref() == Some(value)),
            "any_of" => list(value).iter().any(|one| unlike_answer(got, one).is_empty()),
            "json_has" => value.as_object().unwrap().iter().all(|(key, wanted)| list(wanted).contains(&parsed[key])),
            "forbid_content_type" => !list(value).iter().any(is_media),
            "body_must_not_have_json_key" => list(value).iter().all(|key| parsed.get(key.as_str().unwrap()).is_none()),
            // How long it may take, and what is stored, is looked at where there is a listener.
            "max_seconds" | "note" | "store_secret" => true,
            other => panic!("an expectation that this test does not know: {other}"),
        };
        if !good {
            faults.push(format!("answer {got}: {key} should be {value}"));
        }
    }
    faults
}

#[test]
fn every_recorded_request_is_answered_as_its_service_wants() {
    let Some(folder) = vectors() else { return };
    let mut wrong = Vec::new();
    for (service, kind) in KINDS {
        let folder = folder.join(service);
        let kind = Kind::named(kind).unwrap();
        let all = read(&folder.join("vectors.json"));
        for vector in &all {
            let faults = faults(kind, (vector, &all), &folder);
            if !faults.is_empty() {
                wrong.push(format!("{service} {}:\n    {}", vector["name"], faults.join("\n    ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} requests:\n{}", wrong.len(), wrong.join("\n"));
}

/// What requests are recorded with could stand in a configuration.
#[test]
fn what_hooks_are_recorded_with_is_right() {
    let Some(folder) = vectors() else { return };
    for (service, kind) in KINDS {
        let folder = folder.join(service);
        let kind = Kind::named(kind).unwrap();
        for vector in read(&folder.join("vectors.json")) {
            let name = &vector["name"];
            let hook = Recorded::of(vector.clone(), &folder).and_then(|recorded| recorded.hook(kind)).unwrap();
            assert_eq!(registry::service(kind).wrong(Some("h"), &hook.settings), [], "{service} {name}");
        }
    }
}

/// A secret of the same form that is another: one letter in its middle is.
fn other(secret: &str) -> String {
    let middle = secret.len() / 2;
    let instead = if secret[middle..].starts_with('A') { "B" } else { "A" };
    format!("{}{instead}{}", &secret[..middle], &secret[middle + 1..])
}

/// While a secret is being changed, of two either proves a request, whichever stands first, and no other does.
#[test]
fn of_two_secrets_either_proves_a_request() {
    const OWN: [&str; 2] = ["client_state", "path_secret"];
    let Some(folder) = vectors() else { return };
    let (mut wrong, mut kinds) = (Vec::new(), std::collections::BTreeSet::new());
    for (service, kind) in KINDS {
        let (folder, kind) = (folder.join(service), Kind::named(kind).unwrap());
        for vector in read(&folder.join("vectors.json")).iter().filter(|vector| vector["expect"] == "accept") {
            let own = OWN.iter().find(|key| vector["config"][**key].is_string());
            let secret = own.map_or(&vector["secret"], |key| &vector["config"][*key]).as_str();
            let Some(secret) = secret.filter(|_| tried(kind, vector, &folder).unwrap()["accepted"] == true) else {
                continue;
            };
            let accepted = |secrets: &[&str]| {
                let mut vector = vector.clone();
                match own {
                    Some(key) => vector["config"][*key] = json!(secrets),
                    None => vector["secret"] = json!(secrets),
                }
                tried(kind, &vector, &folder).unwrap()["accepted"] == true
            };
            let other = other(secret);
            if !accepted(&[secret, &other]) || !accepted(&[&other, secret]) {
                wrong.push(format!("{service} {}", vector["name"]));
            } else if !accepted(&[&other, &other]) {
                kinds.insert(*service);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unproven = KINDS.iter().map(|(service, _)| *service).filter(|service| !kinds.contains(service));
    assert_eq!(unproven.collect::<Vec<_>>(), ["matrix_push", "google_chat"], "nothing else has no secret");
}
