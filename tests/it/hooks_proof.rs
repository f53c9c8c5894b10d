//! What proves a request to a hook, with the real daemon: its signature, its time, and once only.

use jiff::Timestamp;
use ring::hmac;
use tidings::chat;
use tidings::chat::answer::Taken;
use tidings::chat::hook::Hook;
use tidings::chat::request::{Field, Request};
use tidings::chat::setting::{Setting, Settings};
use tidings::chat::sign;

use crate::chat_rig::hook;
use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::http::send;
use crate::rig::slack::{NEXT, ON_SOCKET, OTHER, SECRET, STANDARD, at, home, now, request, says, status};

/// The same request at other times, and with other signatures.
#[test]
fn what_was_sent_before_is_kept_once_and_what_is_stale_is_refused() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let body = says("canary");
    let signed =
        |stamp: u64, secret: &str| status(&at, request("/hook/team", &body, stamp, secret).as_bytes(), "signed");
    let now = now();
    let replayed = request("/hook/team", &body, now, SECRET);
    for _ in 0..3 {
        assert_eq!(status(&at, replayed.as_bytes(), "replayed"), 200);
    }
    assert_eq!((signed(now - 240, SECRET), signed(now + 240, SECRET)), (200, 200));
    assert_eq!((signed(now - 360, SECRET), signed(now + 360, SECRET)), (401, 401));
    assert_eq!(signed(now, NEXT), 200, "while one is changed both are good");
    assert_eq!((signed(now, OTHER), signed(now, "")), (401, 401));
    // A time that was not signed.
    let moved = request("/hook/team", &body, now - 360, SECRET).replace(&(now - 360).to_string(), &now.to_string());
    assert_eq!(status(&at, moved.as_bytes(), "moved"), 401);
    let begin = replayed.find("X-Slack-Signature").unwrap();
    let end = begin + replayed[begin..].find("\r\n").unwrap();
    let line = &replayed[begin..end];
    let upper = format!("X-Slack-Signature: v0={}", line.rsplit('=').next().unwrap().to_uppercase());
    let wrong = "X-Slack-Signature: v0=00";
    for (instead, expected) in [
        (upper.as_str(), 200),
        ("X-Slack-Signature: ", 401),
        ("X-Slack-Signature: v0=", 401),
        ("X-Slack-Signature: v1=00", 401),
        ("X: x", 401),
        (wrong, 401),
        (&format!("{line}00"), 401),
        (&line[..line.len() - 2], 401),
        // Who takes the first and who takes the last would not agree.
        (&format!("{line}\r\n{wrong}"), 401),
        (&format!("{wrong}\r\n{line}"), 401),
        (&format!("{line}, {}", &wrong[19..]), 401),
    ] {
        assert_eq!(status(&at, replayed.replace(line, instead).as_bytes(), instead), expected, "{instead}");
    }
    for stamp in ["", "x", "-1", "1e9", "99999999999999999999", "9223372036854775807", "-9223372036854775808"] {
        let odd = replayed.replace(&format!("Timestamp: {now}"), &format!("Timestamp: {stamp}"));
        assert_eq!(status(&at, odd.as_bytes(), stamp), 401, "{stamp:?}");
    }
    daemon.until("it is held once", |status| status["held"] == 1);
    daemon.stop();
}

/// A request of Standard Webhooks with this field of signatures.
fn standard(signatures: &str, body: &str, stamp: u64) -> String {
    format!(
        "POST /hook/std HTTP/1.1\r\nHost: x\r\nwebhook-id: msg_1\r\nwebhook-timestamp: {stamp}\r\n\
         webhook-signature: {signatures}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Where several signatures may stand, one that is right is enough.
#[test]
fn one_signature_of_several_is_enough() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let body = r#"{"type":"message","data":{"id":"1","text":"canary"}}"#;
    let now = now();
    let tag = |secret: &str| {
        let secret = sign::base64(secret.trim_start_matches("whsec_")).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tag = hmac::sign(&key, format!("msg_1.{now}.{body}").as_bytes());
        format!("v1,{}", sign::to_base64(tag.as_ref()))
    };
    let [first, second] = STANDARD.map(tag);
    let wrong = tag("whsec_OfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    for (signatures, expected) in [
        (first.clone(), 200),
        (second.clone(), 200),
        (format!("{wrong} {first}"), 200),
        (format!("{second} {wrong}"), 200),
        (format!("v1,! {wrong} v9,x   {first}"), 200),
        (wrong.clone(), 401),
        (format!("{wrong} {wrong}"), 401),
        (first.replace("v1,", "v2,"), 401),
        (first.replace("v1,", "v1a,"), 401),
        (first.replace("v1,", ""), 401),
        ("v1,".to_owned(), 401),
        (String::new(), 401),
        (format!("{}{first}", "v1,AAAA ".repeat(1_000)), 401),
    ] {
        assert_eq!(status(&at, standard(&signatures, body, now).as_bytes(), &signatures), expected, "{signatures}");
    }
    daemon.until("it is held once", |status| status["held"] == 1);
    daemon.stop();
}

/// What a service signs with its URL is proven by the URL that the outside calls: `public_url`, path and query.
#[test]
fn a_signature_over_the_address_is_over_that_of_the_outside() {
    let home = Home::new();
    let secret = home.secret("twilio", SECRET);
    let service = format!("{ON_SOCKET}public_url = \"https://tidings.example.org/t\"\n");
    let chat = format!("[[chat]]\nname = \"sms\"\nkind = \"twilio\"\nsecret = {secret}\n");
    let rest = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
    home.configure(&[&service, PERSON, INTO_FOLDER, &chat, YEARLY, rest]);
    let daemon = home.start();
    let call = |url: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        let tag = hmac::sign(&key, format!("{url}BodycanaryFrom+1MessageSidSM1").as_bytes());
        let body = "MessageSid=SM1&From=%2B1&Body=canary";
        let head = format!(
            "POST /hook/sms?x=1&y=%2F HTTP/1.1\r\nHost: tidings\r\nX-Forwarded-Host: elsewhere\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: {}\r\nContent-Length: {}\r\n\r\n",
            sign::to_base64(tag.as_ref()),
            body.len()
        );
        status(&at(&home), format!("{head}{body}").as_bytes(), url)
    };
    for wrong in ["https://tidings.example.org", "https://elsewhere/t", "http://tidings", ""] {
        assert_eq!(call(&format!("{wrong}/hook/sms?x=1&y=%2F")), 401, "{wrong}");
    }
    for wrong in ["/hook/sms", "/hook/sms?x=1", "/hook/sms?x=1&y=/"] {
        assert_eq!(call(&format!("https://tidings.example.org/t{wrong}")), 401, "{wrong}");
    }
    assert_eq!(call("https://tidings.example.org/t/hook/sms?x=1&y=%2F"), 200);
    daemon.until("it is held", |status| status["held"] == 1);
    daemon.stop();
}

/// Exactly: to the second, by the clock of whoever takes it.
#[test]
fn a_signed_time_may_be_five_minutes_away() {
    let signed = |fields: &[(&str, String)], now: i64| {
        let headers: Vec<Field> =
            fields.iter().map(|(name, value)| Field { name: (*name).to_owned(), value: value.clone() }).collect();
        (headers, Timestamp::from_second(now).unwrap())
    };
    let (stamp, body) = (1_800_000_000_i64, says("canary"));
    let tag = |key: &[u8], text: String| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
    };
    let hex = |tag: Vec<u8>| tag.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let slack = [
        ("X-Slack-Request-Timestamp", stamp.to_string()),
        ("X-Slack-Signature", format!("v0={}", hex(tag(SECRET.as_bytes(), format!("v0:{stamp}:{body}"))))),
    ];
    let key = sign::base64(STANDARD[0].trim_start_matches("whsec_")).unwrap();
    let standard = [
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", stamp.to_string()),
        ("webhook-signature", format!("v1,{}", sign::to_base64(&tag(&key, format!("msg_1.{stamp}.{body}"))))),
    ];
    let generic = [("X-Time", stamp.to_string()), ("X-Tag", hex(tag(SECRET.as_bytes(), format!("{stamp}.{body}"))))];
    let auth =
        [("type", "hmac"), ("header", "X-Tag"), ("signed", "{timestamp}.{body}"), ("timestamp_header", "X-Time")];
    let auth = auth.map(|(key, value)| (key.to_owned(), Setting::Text(value.to_owned())));
    let mapping = [("text".to_owned(), Setting::Text("/event/text".to_owned()))];
    let tables = [("auth", auth.into_iter().collect()), ("mapping", mapping.into_iter().collect())];
    let tables = tables.map(|(key, table)| (key.to_owned(), Setting::Table(Settings(table))));
    let door = Hook { settings: Settings(tables.into_iter().collect()), ..hook("generic", &[SECRET], &[]) };
    for (hook, fields) in [
        (hook("slack", &[SECRET], &[]), &slack[..]),
        (hook("standard-webhooks", &[STANDARD[0]], &[]), &standard),
        (door, &generic),
    ] {
        for (away, expected) in [(0, true), (299, true), (300, true), (301, false), (86_400, false)] {
            for now in [stamp + away, stamp - away] {
                let (headers, now) = signed(fields, now);
                let url = "https://hooks.example.org/hook/team";
                let request = Request { method: "POST", url, below: "", headers: &headers, body: body.as_bytes(), now };
                let is_taken = matches!(chat::take(&hook, &request), Taken::Events { .. });
                assert_eq!(is_taken, expected, "{} {now}", hook.kind.name());
            }
        }
    }
}

/// Numbers that are the same to whoever takes them for floating point: of two ids there are two messages.
#[test]
fn ids_are_kept_to_their_last_digit() {
    let home = Home::new();
    let chat = format!(
        "[[chat]]\nname = \"door\"\nkind = \"generic\"\nsecret = {}\nauth = {{ type = \"bearer\" }}\n\
         mapping = {{ id = \"/id\", text = \"/text\", sender_id = \"/id\" }}\n",
        home.secret("door", SECRET)
    );
    let rest = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &chat, YEARLY, rest]);
    let daemon = home.start();
    // 2^53 and 2^64 are the last that are whole.
    let ids =
        ["9007199254740992", "9007199254740993", "18446744073709551614", "18446744073709551615", "-9007199254740993"];
    for (number, id) in ids.iter().enumerate() {
        let body = format!(r#"{{"id":{id},"text":"number {number}"}}"#);
        let head = format!("Host: x\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = format!("POST /hook/door HTTP/1.1\r\n{head}{body}");
        for _ in 0..2 {
            assert_eq!(status(&at(&home), request.as_bytes(), id), 202, "{id}");
        }
    }
    daemon.until("each is held once", |status| status["held"] == ids.len());
    let held = daemon.json(&["held", "list"]);
    let senders: Vec<&str> = held.as_array().unwrap().iter().map(|one| one["from"].as_str().unwrap()).collect();
    assert_eq!(senders, ids);
    daemon.stop();
}

/// A secret that is a part of the address: of a kind of its own, and of any other, each of two while one is changed.
#[test]
fn either_secret_of_an_address_is_good() {
    let [new, old] = ["Jk3vTq8Zr1LxWc5NaB2cD4eF6gH8jK0m", "Zk3vTq8Zr1LxWc5NaB2cD4eF6gH8jK0m"];
    let home = Home::new();
    let two = format!("[{}, {}]", home.secret("new", new), home.secret("old", old));
    let chat = format!(
        "[[chat]]\nname = \"base\"\nkind = \"basecamp\"\nme = []\npath_secret = {two}\n\
         [[chat]]\nname = \"door\"\nkind = \"generic\"\nsecret = {two}\nauth = {{ type = \"path\" }}\n\
         mapping = {{ id = \"/id\", text = \"/text\" }}\n"
    );
    let rest = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &chat, YEARLY, rest]);
    let daemon = home.start();
    let called = |target: &str, id: u32| {
        let body = format!(
            r#"{{"id":{id},"text":"canary","kind":"message_created","recording":{{"id":{id},"content":"canary"}}}}"#
        );
        let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
        status(&at(&home), format!("{head}{body}").as_bytes(), target)
    };
    assert_eq!((called(&format!("/hook/base/{new}"), 1), called(&format!("/hook/base/{old}"), 2)), (200, 200));
    assert_eq!((called(&format!("/hook/door/{new}"), 3), called(&format!("/hook/door/{old}?x=1"), 4)), (202, 202));
    for hook in ["base", "door"] {
        for wrong in ["", "/x", &format!("/{new}/"), &format!("/{new}x"), &format!("?/{new}"), &format!("/x?{new}")] {
            assert_eq!(called(&format!("/hook/{hook}{wrong}"), 5), 401, "{hook}{wrong}");
        }
    }
    daemon.until("each is held once", |status| status["held"] == 4);
    let shown = [daemon.tell(&["hook", "list"]), daemon.tell(&["status"]), home.log()].concat();
    assert!(!shown.contains(new) && !shown.contains(old) && shown.contains("door"), "{shown}");
    daemon.stop();
}

/// What is answered tells nothing of why.
#[test]
fn all_refusals_are_alike() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let body = says("canary");
    let answer = |path: &str, stamp: u64, secret: &str| {
        let mut answer = send(&at, request(path, &body, stamp, secret).as_bytes()).unwrap();
        answer.head.retain(|line| !line.starts_with("date:"));
        answer
    };
    let unknown = answer("/hook/nobody", now(), SECRET);
    assert_eq!((unknown.status, unknown.body.as_str()), (401, ""));
    assert_eq!(answer("/hook/team", now(), OTHER), unknown);
    assert_eq!(answer("/hook/team", now() - 3_600, SECRET), unknown);
    assert_eq!(answer("/hook/std", now(), SECRET), unknown);
    assert_eq!(daemon.count("held"), 0);
    daemon.stop();
}
