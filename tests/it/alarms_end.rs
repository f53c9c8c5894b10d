//! What a service says of its alarm is one thing: its end settles it, whoever ended it, with the real daemon.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json};

use crate::rig::http::{At, send, socket};
use crate::rig::inside::{House, Running};
use crate::rig::mails::text_of;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const CONFIGURATION: &str = r#"
timezone = "Etc/UTC"
state_dir = "state"
listen = "unix:http.sock"
[smtp]
folder = "out"
from = "Tidings <tidings@example.org>"
[me]
addresses = ["ada@example.org"]
[[chat]]
name = "watch"
kind = "alertmanager"
secret = { file = "secret" }
[[chat]]
name = "duty"
kind = "pagerduty"
secret = { file = "secret" }
[[rule]]
name = "rest"
urgency = "normal"
[[digest]]
name = "daily"
schedule = "0 9 * * *"
"#;

fn time(minute: u32) -> Timestamp {
    format!("2027-01-13T08:{minute:02}:00Z").parse().unwrap()
}

async fn post(daemon: &Running, at: &At, (path, proof): (&str, &str), (body, now): (String, Timestamp)) {
    daemon.set(now);
    let head = format!(
        "POST /hook/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{proof}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let (at, whole) = (at.clone(), format!("{head}{body}"));
    let answer = tokio::task::spawn_blocking(move || send(&at, whole.as_bytes())).await.unwrap().unwrap();
    assert!((200..300).contains(&answer.status), "{answer:?}");
    daemon.settled().await;
}

/// Alertmanager tells of an alarm that began then.
async fn alarm(daemon: &Running, at: &At, (name, status, begun): (&str, &str, u32), minute: u32) {
    let alert = json!({"status": status, "labels": {"alertname": name}, "fingerprint": name, "startsAt": time(begun).to_string(),
        "annotations": {"summary": format!("{name}, says the graph")}, "generatorURL": "http://p.example/g"});
    let group = json!({"version": "4", "groupKey": name, "status": status, "receiver": "ops", "alerts": [alert],
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am.example"});
    let proof = format!("Authorization: Bearer {SECRET}");
    post(daemon, at, ("watch", &proof), (group.to_string(), time(minute))).await;
}

/// PagerDuty tells what somebody did with an incident.
async fn incident(daemon: &Running, at: &At, (status, agent): (&str, &str), minute: u32) {
    let data: Value =
        json!({"id": "P1", "status": status, "title": "Queue too long", "service": {"id": "S1"}, "urgency": "low"});
    let event = json!({"id": status, "event_type": format!("incident.{status}"), "resource_type": "incident",
        "occurred_at": time(minute).to_string(), "agent": {"id": agent, "summary": agent}, "data": data});
    let body = json!({"event": event}).to_string();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes());
    let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    post(daemon, at, ("duty", &format!("X-PagerDuty-Signature: v1={tag}")), (body, time(minute))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_has_ended_is_a_settled_thing() {
    let house = House::new();
    fs::write(house.path("secret"), SECRET).unwrap();
    fs::set_permissions(house.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    house.configure(CONFIGURATION);
    let daemon = house.start(time(0)).await;
    let at = socket(&house.path(""));
    for (name, minute) in [("DiskFull", 1), ("FanStopped", 2), ("DoorOpen", 3)] {
        alarm(&daemon, &at, (name, "firing", 0), minute).await;
    }
    incident(&daemon, &at, ("triggered", "the probe"), 4).await;
    assert_eq!(daemon.status().await.held, 4);
    alarm(&daemon, &at, ("DiskFull", "resolved", 0), 10).await;
    alarm(&daemon, &at, ("DoorOpen", "resolved", 0), 11).await;
    incident(&daemon, &at, ("resolved", "ben"), 12).await;
    // It rings again: what came before is no longer over.
    alarm(&daemon, &at, ("DoorOpen", "firing", 19), 20).await;
    daemon.at(time(0) + jiff::SignedDuration::from_hours(1)).await;
    let letters: Vec<Vec<u8>> =
        fs::read_dir(house.path("out")).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    assert_eq!(letters.len(), 1);
    let said = text_of(&letters[0]).split_whitespace().collect::<Vec<_>>().join(" ");
    let (shown, settled) = said.split_once("settled without you:").unwrap_or_else(|| panic!("{said}"));
    assert!(shown.contains("FanStopped") && shown.contains("DoorOpen"), "{said}");
    assert!(!shown.contains("DiskFull") && !shown.contains("Queue too long"), "{said}");
    assert!(settled.contains("- DiskFull") && settled.contains("- Queue too long"), "{said}");
    assert_eq!(said.matches("DiskFull").count(), 1, "the alarm and its end are one: {said}");
    assert_eq!(daemon.held().await, []);
    daemon.stop().await.unwrap();
}
