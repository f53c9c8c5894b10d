//! Services that sign the address they send to: it is the public one, however the proxy before the hook has changed it.

use tidings::chat;
use tidings::chat::answer::Taken;
use tidings::chat::hook::Hook;
use tidings::chat::request::Request;
use tidings::chat::setting::{Setting, Settings};
use tidings::chat::sign::{self, Hash};

use crate::chat_rig::{fields, hook, now};

const SECRET: &str = "a secret of the yard";

/// Whether a request to `url` with this tag in this header field is believed.
fn is_taken(hook: &Hook, (method, url, body): (&str, &str, &str), headers: &[(&str, &str)]) -> bool {
    let headers = fields(headers);
    let request = Request { method, url, below: "", headers: &headers, body: body.as_bytes(), now: now() };
    matches!(chat::take(hook, &request), Taken::Events { .. })
}

fn tag(pieces: &[&str]) -> String {
    let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
    sign::to_base64(&sign::hmac(Hash::Sha1, SECRET.as_bytes(), &pieces))
}

/// Addresses as they are called from outside, as they are signed, and whether they are the same.
const ADDRESSES: &[(&str, &str, bool)] = &[
    ("https://yard.example/tidings/hook/sms", "https://yard.example/tidings/hook/sms", true),
    // The prefix that the proxy strips, the inner address, the other scheme, another host.
    ("https://yard.example/tidings/hook/sms", "https://yard.example/hook/sms", false),
    ("https://yard.example/tidings/hook/sms", "http://127.0.0.1:8460/hook/sms", false),
    ("https://yard.example/tidings/hook/sms", "http://yard.example/tidings/hook/sms", false),
    ("https://yard.example/tidings/hook/sms", "https://other.example/tidings/hook/sms", false),
    // Nothing of an address is tidied up.
    ("https://yard.example/hook/sms", "https://yard.example/hook/sms/", false),
    ("https://yard.example/hook/sms/", "https://yard.example/hook/sms/", true),
    ("https://yard.example/hook/sms", "https://yard.example//hook/sms", false),
    ("https://yard.example/hook/sms", "https://Yard.example/hook/sms", false),
    ("https://yard.example/hook/sms?of=a%20b&c", "https://yard.example/hook/sms?of=a%20b&c", true),
    ("https://yard.example/hook/sms?of=a%20b&c", "https://yard.example/hook/sms?of=a+b&c", false),
    ("https://yard.example/hook/sms?of=a%20b&c", "https://yard.example/hook/sms", false),
];

/// Ports that Twilio now signs and now does not.
const PORTS: &[(&str, &str, bool)] = &[
    ("https://yard.example/hook/sms", "https://yard.example:443/hook/sms", true),
    ("https://yard.example/hook/sms", "https://yard.example:80/hook/sms", false),
    ("https://yard.example:8443/hook/sms", "https://yard.example:8443/hook/sms", true),
    ("https://yard.example:8443/hook/sms", "https://yard.example/hook/sms", true),
    ("https://yard.example:8443/hook/sms", "https://yard.example:443/hook/sms", false),
    ("http://yard.example/hook/sms", "http://yard.example:80/hook/sms", true),
    ("https://yard.example?of=1", "https://yard.example:443?of=1", true),
    ("https://ada:word@yard.example/hook/sms", "https://ada:word@yard.example:443/hook/sms", true),
];

#[test]
fn twilio_signs_address_and_fields() {
    let hook = hook("twilio", &[SECRET], &[]);
    let media = ("Content-Type", "application/x-www-form-urlencoded");
    for (url, signed, expected) in ADDRESSES.iter().chain(PORTS) {
        let tag = tag(&[signed, "BodyhiFrom+15550100MessageSidS1"]);
        // Whatever a proxy, or somebody before it, says of the address is not asked.
        let headers =
            [media, ("X-Twilio-Signature", tag.as_str()), ("X-Forwarded-Host", "other.example"), ("Host", "inner")];
        let body = "MessageSid=S1&From=%2B15550100&Body=hi";
        assert_eq!(is_taken(&hook, ("POST", url, body), &headers), *expected, "{url} signed as {signed}");
    }
}

#[test]
fn twilio_by_get_has_its_fields_in_the_address() {
    let hook = hook("twilio", &[SECRET], &[]);
    let url = "https://yard.example/hook/sms?MessageSid=S1&From=%2B15550100&Body=hi+there";
    let headers = fields(&[("X-Twilio-Signature", &tag(&[url]))]);
    let request = Request { method: "GET", url, below: "", headers: &headers, body: b"", now: now() };
    let Taken::Events { events, .. } = chat::take(&hook, &request) else { panic!("refused") };
    assert_eq!(events[0].text, "hi there");
}

#[test]
fn trello_signs_body_and_registered_address() {
    for (registered, signed, expected) in ADDRESSES {
        let mut hook = hook("trello", &[SECRET], &[]);
        hook.settings.0.insert("callback_url".to_owned(), Setting::Text((*registered).to_owned()));
        let tag = tag(&["{}", signed]);
        // The address of the request does not count.
        let call = ("POST", "http://127.0.0.1:8460/hook/sms", "{}");
        assert_eq!(is_taken(&hook, call, &[("X-Trello-Webhook", &tag)]), *expected, "{registered} signed as {signed}");
    }
}

#[test]
fn any_other_signs_what_its_template_says() {
    let rule = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(key, rule)| ((*key).to_owned(), Setting::Text((*rule).to_owned())));
        Setting::Table(Settings(pairs.collect()))
    };
    for (url, signed, expected) in ADDRESSES {
        let mut hook = hook("generic", &[SECRET], &[]);
        let auth = [
            ("type", "hmac"),
            ("algorithm", "sha1"),
            ("encoding", "base64"),
            ("header", "X-Tag"),
            ("signed", "{url}|{body}"),
        ];
        hook.settings.0.insert("auth".to_owned(), rule(&auth));
        hook.settings.0.insert("mapping".to_owned(), rule(&[("text", "/text")]));
        let tag = tag(&[signed, "|", r#"{"text":"{url}"}"#]);
        let call = ("POST", *url, r#"{"text":"{url}"}"#);
        assert_eq!(is_taken(&hook, call, &[("X-Tag", &tag)]), *expected, "{url} signed as {signed}");
    }
}
