//! Where in a payload what stands: pointers, templates, or words that are always the same.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, context};
use ring::digest;
use serde_json::Value;

use crate::chat::answer::Refusal;
use crate::chat::event::{AlertState, Channel, Event, Mentions, Nature, Sender, What};
use crate::chat::field;
use crate::chat::setting::Settings;
use crate::limits;
use crate::model::verdict::Urgency;
use crate::text;

/// The events of a payload: one, or one for each entry of the list that `items` names. What has neither text nor subject
/// is none.
///
/// # Errors
/// As [`field::events`].
pub fn events(mapping: &Settings, payload: &Value) -> Result<Vec<Event>, Refusal> {
    let rules = Rules { mapping, whole: minijinja::Value::from(Serde(payload)) };
    Ok(match mapping.text("items") {
        Some(pointer) => field::events(payload, pointer)?.iter().filter_map(|item| event(&rules, item)).collect(),
        None => event(&rules, payload).into_iter().collect(),
    })
}

/// The mapping, and the whole payload: in templates it is `payload`, beside the item's own fields.
struct Rules<'a> {
    mapping: &'a Settings,
    whole: minijinja::Value,
}

fn event(rules: &Rules<'_>, item: &Value) -> Option<Event> {
    let mapping = rules.mapping;
    let value = |key: &str| mapping.text(key).and_then(|rule| rules.text(rule, item));
    let (text, subject) = (value("text"), value("subject"));
    if text.is_none() && subject.is_none() {
        return None;
    }
    let text = text.unwrap_or_default();
    let id = value("id").unwrap_or_else(|| fingerprint(item));
    let settles = mapping.table("settles").and_then(|rule| rules.settled(rule, item));
    let mentions = mapping.text("mentions").map(|pointer| field::list(item, pointer)).unwrap_or_default();
    let users = mentions.iter().filter_map(|one| field::id(one, "").or_else(|| field::id(one, "/id")));
    let bot = mapping.text("sender_is_bot").is_some_and(|pointer| field::is_true(item, pointer));
    Some(Event {
        what: match settles {
            Some(status) => What::Alert { status, state: AlertState::Resolved },
            None => What::Message,
        },
        dedupe: vec![id.clone()],
        id,
        sender: Sender {
            id: value("sender_id"),
            name: value("sender_name"),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel { id: value("channel_id"), name: value("channel_name"), ..Channel::default() },
        subject,
        plain: text.clone(),
        text,
        thread: value("thread_id"),
        reply_to: value("reply_to_id"),
        at: mapping.text("time").and_then(|rule| instant(rule, item)),
        mentions: Mentions { users: users.collect(), ..Mentions::default() },
        weight: value("priority").map(|priority| ("priority", priority)).into_iter().collect(),
        permalink: value("permalink").filter(|url| url.starts_with("http")),
        level: mapping.table("urgency").and_then(|rule| rules.level(rule, item)),
        ..Event::default()
    })
}

impl Rules<'_> {
    /// A pointer begins with a slash, a template has braces; all else is the same for every message.
    fn text(&self, rule: &str, item: &Value) -> Option<String> {
        if rule.starts_with('/') {
            return match item.pointer(rule)? {
                Value::Bool(truth) => Some(truth.to_string()),
                _ => field::words(item, rule),
            };
        }
        if !rule.contains("{{") && !rule.contains("{%") {
            return Some(rule.to_owned());
        }
        let mut templates = Environment::new();
        templates.set_fuel(Some(limits::judgement::DIGEST_SUBJECT_FUEL));
        // A field below one that is not there is not there: `{{ a.b or c }}` may be asked.
        templates.set_undefined_behavior(UndefinedBehavior::Chainable);
        let whole = context! { payload => self.whole.clone() };
        let text = templates.render_str(rule, context! { ..minijinja::Value::from(Serde(item)), ..whole }).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn level(&self, rule: &Settings, item: &Value) -> Option<Urgency> {
        let value = rule.text("pointer").and_then(|pointer| self.text(pointer, item))?;
        let levels = [
            ("critical", Urgency::Critical),
            ("urgent", Urgency::Urgent),
            ("normal", Urgency::Normal),
            ("low", Urgency::Low),
        ];
        levels.into_iter().find(|(name, _)| rule.list(name).contains(&value)).map(|(_, level)| level)
    }

    fn settled(&self, rule: &Settings, item: &Value) -> Option<String> {
        let value = rule.text("pointer").and_then(|pointer| self.text(pointer, item))?;
        rule.list("values").contains(&value).then_some(value)
    }
}

fn instant(rule: &str, item: &Value) -> Option<jiff::Timestamp> {
    field::instant(item, rule).or_else(|| field::since_1970(item, rule))
}

/// Without an id a message is what it says.
fn fingerprint(item: &Value) -> String {
    text::hex(digest::digest(&digest::SHA256, item.to_string().as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::events;
    use crate::chat::event::{AlertState, What};
    use crate::chat::setting::{Setting, Settings};
    use crate::model::verdict::Urgency;

    fn mapping(rules: &[(&str, &str)], tables: &[(&str, &str, &str, &[&str])]) -> Settings {
        let text = |rule: &str| Setting::Text(rule.to_owned());
        let mut all: BTreeMap<String, Setting> =
            rules.iter().map(|(key, rule)| ((*key).to_owned(), text(rule))).collect();
        for (key, pointer, list, values) in tables {
            let values = Setting::List(values.iter().map(|value| (*value).to_owned()).collect());
            let table = [("pointer".to_owned(), text(pointer)), ((*list).to_owned(), values)];
            all.insert((*key).to_owned(), Setting::Table(Settings(table.into_iter().collect())));
        }
        Settings(all)
    }

    #[test]
    fn pointers_templates_and_words() {
        let rules = [("items", "/all"), ("id", "/n"), ("text", "{{ a }}: {{ b.c }}"), ("channel_name", "door")];
        let tables: [(&str, &str, &str, &[&str]); 2] =
            [("urgency", "/p", "critical", &["P1"]), ("settles", "/state", "values", &["done"])];
        let payload = json!({"all": [
            {"n": 9_007_199_254_741_210_u64, "a": "x", "b": {"c": 2}, "p": "P1", "state": "open"},
            {"n": 2, "a": "y", "b": {"c": 3}, "p": "P3", "state": "done"},
        ]});
        let found = events(&mapping(&rules, &tables), &payload).unwrap_or_default();
        let shown: Vec<_> = found.iter().map(|event| (event.id.as_str(), event.text.as_str(), event.level)).collect();
        assert_eq!(shown, [("9007199254741210", "x: 2", Some(Urgency::Critical)), ("2", "y: 3", None)]);
        assert_eq!(found.first().and_then(|event| event.channel.name.as_deref()), Some("door"));
        let end = What::Alert { status: "done".to_owned(), state: AlertState::Resolved };
        assert_eq!(found.get(1).map(|event| &event.what), Some(&end));
    }

    #[test]
    fn without_an_id_the_same_words_are_the_same_message() {
        let rules = mapping(&[("text", "/t")], &[]);
        let id = |payload| events(&rules, &payload).ok()?.pop().map(|event| event.id);
        assert_eq!(id(json!({"t": "a"})), id(json!({"t": "a"})));
        assert_ne!(id(json!({"t": "a"})), id(json!({"t": "b"})));
        assert_eq!(id(json!({"t": ""})), None);
    }

    #[test]
    fn a_template_sees_the_whole_and_bears_what_is_not_there() {
        let rules = [("items", "/all"), ("text", "{{ a.b.c or d }}"), ("channel_name", "{{ payload.room }}")];
        let payload =
            json!({"room": "yard", "all": [{"d": "x"}, {"a": {"b": {"c": "y"}}, "payload": {"room": "own"}}]});
        let found = events(&mapping(&rules, &[]), &payload).unwrap_or_default();
        let shown: Vec<_> = found.iter().map(|event| (event.text.as_str(), event.channel.name.as_deref())).collect();
        assert_eq!(shown, [("x", Some("yard")), ("y", Some("own"))]);
    }

    #[test]
    fn a_template_that_never_ends_gives_nothing() {
        let endless = "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}{{ 1 }}";
        assert_eq!(events(&mapping(&[("text", endless)], &[]), &json!({})), Ok(Vec::new()));
    }
}
