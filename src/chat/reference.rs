//! References: what a service sends instead of a message, and what its API is asked for the text.

use super::event::{Event, What};
use super::setting::{Key, Need, Shape};
use crate::limits;

/// Where the API of a service is that sends mere references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Everybody asks the same one, whose URL begins so; no slash is at its end.
    At(&'static str),
    /// Each site has its own, so that the configuration has to name it.
    OfSite,
}

/// What an API is asked by GET for the text of one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Path and query, which follow the API's URL; begins with a slash. Nothing of it but ids comes from the payload.
    pub target: String,
    /// Header fields beside the token.
    pub headers: &'static [(&'static str, &'static str)],
}

/// The key of those services whose API is everywhere the same.
pub const ELSEWHERE: Key = Key {
    name: "api",
    shape: Shape::Url,
    need: Need::May,
    about: "The address where texts are asked for with `token` instead of the service's own: that of a proxy of yours.",
};

/// The key of those whose API each site has for itself.
pub const OF_SITE: Key =
    Key { name: "api", shape: Shape::Url, need: Need::May, about: "The address of the site, which `token` needs." };

/// Kind, id and change of a reference whose resource is written `KIND/ID`. `None`: it is none, or its id may not stand in a
/// path.
pub fn parts(event: &Event) -> Option<(&str, &str, &str)> {
    let What::Thin { resource, change } = &event.what else { return None };
    let (kind, id) = resource.split_once('/')?;
    is_id(id).then_some((kind, id, change.as_str()))
}

/// Whether an id of a payload may stand in a path: what nobody takes for a slash, a dot, an escape or the end of a line, so
/// that it names one thing and never another host or path.
pub fn is_id(id: &str) -> bool {
    (1..=limits::judgement::REFERENCE_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Octets of its texts: it waits in memory until its own text is fetched.
pub fn weight(event: &Event) -> usize {
    let what = match &event.what {
        What::Thin { resource, change } => resource.len().saturating_add(change.len()),
        _ => 0,
    };
    let lists = event.dedupe.iter().chain(&event.mentions.users).map(String::len);
    let own = [event.id.len(), event.text.len(), event.plain.len()];
    own.into_iter().chain(lists).fold(what, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{is_id, parts, weight};
    use crate::chat;
    use crate::chat::event::{Event, What};
    use crate::chat::kind::Kind;
    use crate::limits;

    fn of(resource: &str) -> Event {
        let what = What::Thin { resource: resource.to_owned(), change: "added".to_owned() };
        Event { what, ..Event::default() }
    }

    #[test]
    fn an_id_names_one_thing_and_no_path() {
        for id in ["12345", "153104cd-477e-809d-8dc4-ff2d96ae3090", "aB-9"] {
            assert!(is_id(id), "{id}");
        }
        let long = "1".repeat(limits::judgement::REFERENCE_ID + 1);
        let hostile = [
            "",
            ".",
            "..",
            "1/..",
            "/",
            "../users/me",
            "%2f",
            "1%2F2",
            "1\n2",
            "1\r\nHost: x",
            "1 2",
            "1?x=",
            "1#",
            "@x",
            "é",
        ];
        for id in hostile.into_iter().chain([long.as_str()]) {
            assert!(!is_id(id), "{id:?}");
            assert_eq!(parts(&of(&format!("task/{id}"))), None, "{id:?}");
        }
        assert_eq!(parts(&of("task/12")), Some(("task", "12", "added")));
        assert_eq!(parts(&of("task")), None);
        assert_eq!(parts(&Event::default()), None);
    }

    #[test]
    fn what_waits_is_weighed() {
        assert_eq!(weight(&of("task/12")), 12);
        assert_eq!(weight(&Event { dedupe: vec!["x".repeat(100)], ..of("task/12") }), 112);
    }
    /// What the services look for, and what they might find there.
    const KEYS: [&str; 28] = [
        "data",
        "gid",
        "text",
        "html_text",
        "created_by",
        "name",
        "target",
        "notes",
        "assignee",
        "id",
        "rich_text",
        "plain_text",
        "mention",
        "user",
        "properties",
        "type",
        "title",
        "body",
        "view",
        "storage",
        "value",
        "version",
        "container",
        "message",
        "content",
        "mentions",
        "from",
        "attachments",
    ];
    const TEXTS: [&str; 7] = [
        "1",
        "title",
        "comment",
        "<a data-asana-type=\"user\" data-asana-gid=\"",
        "<ri:user ri:userkey=\"x",
        "<blockquote><",
        "{\"body\":[[1]]}",
    ];

    fn answer() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            prop::sample::select(&TEXTS[..]).prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 96, 8, |inner| {
            let name = prop::sample::select(&KEYS[..]).prop_map(str::to_owned);
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                btree_map(name, inner, 0..10).prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_answered_is_read(answer in answer()) {
            for kind in [Kind::Asana, Kind::Notion, Kind::Confluence, Kind::TeamsGraph, Kind::Slack] {
                for resource in ["story/1", "task/1", "comment/1", "page/1", "chats('1')/messages('1')"] {
                    let reference = Event { id: "1".to_owned(), ..of(resource) };
                    let told = chat::told(kind, &reference, answer.to_string().as_bytes());
                    prop_assert!(told.is_none_or(|told| told.plain.len() <= 2 * limits::judgement::SIGNAL_OCTETS));
                }
            }
        }

        #[test]
        fn whatever_bytes_are_answered_are_read(answer in vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(chat::told(Kind::Asana, &of("story/1"), &answer), None);
        }
    }
}
