//! Hostile requests to every kind of hook. From the top of the repository, for one kind:
//!
//! ```text
//! cargo run --manifest-path tests/fuzz/Cargo.toml --example seed -- ../shared/vectors tests/fuzz/corpus
//! TIDINGS_FUZZ_KIND=slack cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none chat tests/fuzz/corpus/slack -- \
//!     -timeout=2 -max_len=16384 -max_total_time=600
//! ```
//!
//! Without the variable the first octet of an input says which kind. No fuzzer makes an HMAC: so what a service reads is
//! read without its proof, too. Promised are no panic, bounded events, the same answer to the same request, and header
//! fields that hold one line.
#![no_main]

mod case;

use case::{Case, octets};
use libfuzzer_sys::fuzz_target;
use tidings::chat;
use tidings::chat::answer::{Answer, Taken};
use tidings::chat::event::{Event, What};
use tidings::chat::registry;
use tidings::chat::service::Said;
use tidings::limits::judgement::HOOK_LIST;

/// How many octets of events an octet of a request may become, beside what is always there.
const GROWTH: usize = 32;
const BASE: usize = 64 * 1024;

fuzz_target!(|input: &[u8]| {
    let Some(case) = Case::of(input) else { return };
    let (hook, request) = (&case.hook, case.request());
    let service = registry::service(hook.kind);
    let taken = chat::take(hook, &request);
    assert!(is_same(&taken, &chat::take(hook, &request)), "another answer to the same request");
    match &taken {
        Taken::Events { events, answer } => {
            one_line(answer);
            assert!(events.len() <= HOOK_LIST, "{} events", events.len());
            assert!(*answer == service.thanks(hook), "an answer that comes from the request");
        }
        Taken::Handshake(handshake) => one_line(&handshake.answer),
        Taken::Refused { answer, .. } => one_line(answer),
    }
    // The same octets as the answer of an API that is asked for the text of a reference.
    for resource in ["story/1", "task/1", "comment/1", "page/1", "chats('1')/messages('1')"] {
        let what = What::Thin { resource: resource.to_owned(), change: "created".to_owned() };
        let told = chat::told(hook.kind, &Event { what, id: "1".to_owned(), ..Event::default() }, request.body);
        let octets = told.iter().map(octets).sum::<usize>();
        assert!(octets <= GROWTH * input.len() + BASE, "{octets} octets of a text from {}", input.len());
    }
    match service.read(hook, &request) {
        Ok(Said::Events(events)) => {
            for question in events.iter().filter_map(|event| chat::question(hook.kind, event)) {
                let is_plain = question.target.bytes().all(|byte| byte.is_ascii_graphic());
                let leaves = question.target.split(['/', '?']).any(|part| part == "..");
                assert!(is_plain && question.target.starts_with('/') && !leaves, "{question:?}");
            }
            assert!(events.len() <= HOOK_LIST, "{} events", events.len());
            let octets: usize = events.iter().map(octets).sum();
            assert!(octets <= GROWTH * input.len() + BASE, "{octets} octets of events from {}", input.len());
        }
        Ok(Said::Handshake(handshake)) => {
            assert!(matches!(handshake.answer.status, 200 | 204 | 400), "a handshake with another status");
            one_line(&handshake.answer);
        }
        Err(refusal) => one_line(&service.refuse(hook, &refusal)),
    }
});

/// Secrets cannot be compared: of a handshake its answer is.
fn is_same(one: &Taken, other: &Taken) -> bool {
    match (one, other) {
        (Taken::Events { events, answer }, Taken::Events { events: others, answer: theirs }) => {
            events == others && answer == theirs
        }
        (Taken::Handshake(handshake), Taken::Handshake(theirs)) => handshake.answer == theirs.answer,
        (Taken::Refused { refusal, answer }, Taken::Refused { refusal: other, answer: theirs }) => {
            refusal == other && answer == theirs
        }
        _ => false,
    }
}

fn one_line(answer: &Answer) {
    let plain = |text: &str| !text.contains(|c: char| c.is_control());
    assert!(answer.headers.iter().all(|(name, value)| plain(name) && plain(value)), "a header field of several lines");
}
