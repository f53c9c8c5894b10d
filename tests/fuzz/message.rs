//! What hostile events become for a reader. From the top of the repository, for one kind:
//!
//! ```text
//! cargo run --manifest-path tests/fuzz/Cargo.toml --example seed -- ../shared/vectors tests/fuzz/corpus
//! TIDINGS_FUZZ_KIND=slack cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none message tests/fuzz/corpus/slack -- \
//!     -timeout=2 -max_len=16384 -max_total_time=600
//! ```
//!
//! The events are what the service reads in an input, and one that is made of the input's lines. Promised are no panic,
//! bounded and clean strings, and one identity for a message, its edits and its deletion.
#![no_main]

mod case;

use case::{Case, event, strings};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use tidings::chat::event::{Event, What};
use tidings::chat::hook::Hook;
use tidings::chat::message::{Reader, identity, message};
use tidings::chat::registry;
use tidings::chat::service::Said;
use tidings::limits::mail::{MAIL_NAME_CHARS, MAIL_OWN_TEXT_BYTES};
use tidings::model::message::Message;
use tidings::model::name::PersonName;
use tidings::text;

/// Octets of a string that is no own text: names have so many characters, ids of a channel and a message are joined.
const OCTETS: usize = 4 * 4 * MAIL_NAME_CHARS;

fuzz_target!(|input: &[u8]| {
    let Some(case) = Case::of(input) else { return };
    let (hook, request) = (&case.hook, case.request());
    if let Ok(Said::Events(events)) = registry::service(hook.kind).read(hook, &request) {
        events.iter().for_each(|event| hold(hook, event, request.now));
    }
    hold(hook, &event(request.body), request.now);
});

fn hold(hook: &Hook, event: &Event, now: Timestamp) {
    let person = PersonName::new("ada");
    let reader = Reader { person: &person, me: &hook.me };
    let told = message(hook, event, reader, (now, 1));
    assert!(told == message(hook, event, reader, (now, 1)), "another message of the same event");
    assert!(told.identity == identity(hook, event, &person), "another identity");
    clean(&told);
    assert!(told.received_at <= now, "received later than now");
    if let What::Edit { of } | What::Delete { of } = &event.what {
        let first = Event { what: What::Message, id: of.clone(), ..event.clone() };
        assert!(identity(hook, &first, &person) == told.identity, "an edit is another message");
        assert!(
            message(hook, &first, reader, (now, 1)).message_id == told.message_id,
            "an edit has another Message-ID"
        );
    }
}

fn clean(told: &Message) {
    for text in strings(told) {
        assert!(text == text::clean_line(text), "a string that is not clean: {text:?}");
        assert!(text.len() <= OCTETS, "a string of {} octets", text.len());
    }
    let own = &told.own_text;
    assert!(own.len() <= 2 * MAIL_OWN_TEXT_BYTES, "an own text of {} octets", own.len());
    assert!(!own.contains(|c: char| (c.is_control() && c != '\n') || text::is_invisible(c)), "{own:?}");
}
