//! What is wrong with `auth`, `handshake` and `mapping`: told when the configuration is read, not when nothing comes.

use minijinja::Environment;

use super::proof;
use crate::chat::setting::{Setting, Settings, Wrong};
use crate::civil::duration;
use crate::limits;

/// Keys of a mapping whose value is a pointer, a template, or the same for every message.
const TEXTS: [&str; 12] = [
    "id",
    "text",
    "subject",
    "sender_id",
    "sender_name",
    "channel_id",
    "channel_name",
    "thread_id",
    "reply_to_id",
    "permalink",
    "priority",
    "time",
];
/// Keys of a mapping whose value is a pointer.
const POINTERS: [&str; 3] = ["items", "sender_is_bot", "mentions"];
const ALGORITHMS: [&str; 3] = ["sha1", "sha256", "sha512"];
const ENCODINGS: [&str; 2] = ["hex", "base64"];
const POINTER: &str = "write a JSON pointer, which begins with a slash: \"/event/id\"";

/// All of it; `name` is the hook's, where it has no secret beside it.
pub fn wrong(name: Option<&str>, settings: &Settings) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if let Some(table) = settings.table("auth") {
        auth(name, &mut Look { table, path: "auth", wrong: &mut wrong });
    }
    if let Some(table) = settings.table("handshake") {
        handshake(&mut Look { table, path: "handshake", wrong: &mut wrong });
    }
    if let Some(table) = settings.table("mapping") {
        mapping(&mut Look { table, path: "mapping", wrong: &mut wrong });
    }
    wrong
}

/// A table that is looked at.
struct Look<'a> {
    table: &'a Settings,
    path: &'a str,
    wrong: &'a mut Vec<Wrong>,
}

impl<'a> Look<'a> {
    fn note(&mut self, key: &str, text: impl Into<String>) {
        self.wrong.push(Wrong { key: format!("{}.{key}", self.path), text: text.into() });
    }

    /// Notes all other keys.
    fn keys(&mut self, known: &[&str]) {
        let unknown: Vec<&String> = self.table.0.keys().filter(|key| !known.contains(&key.as_str())).collect();
        for key in unknown {
            self.note(key, format!("is not known here; write {}, or remove it", alternatives(known)));
        }
    }

    /// A text that is not empty.
    fn text(&mut self, key: &str) -> Option<&'a str> {
        match self.table.0.get(key)? {
            Setting::Text(text) if !text.is_empty() => return Some(text),
            Setting::Text(_) => self.note(key, "is empty; write something, or remove it"),
            _ => self.note(key, "holds more than one value; write a string in quotes"),
        }
        None
    }

    fn need(&mut self, key: &str, example: &str) -> Option<&'a str> {
        if !self.table.0.contains_key(key) {
            self.note(key, format!("is missing; write {example}"));
        }
        self.text(key)
    }

    fn word(&mut self, key: &str, words: &[&str]) {
        if let Some(text) = self.text(key).filter(|text| !words.contains(text)) {
            self.note(key, format!("cannot be {text:?}; write {}", alternatives(words)));
        }
    }

    fn list(&mut self, key: &str) {
        match self.table.0.get(key) {
            None => {}
            Some(Setting::List(list)) if !list.is_empty() => {}
            Some(_) => self.note(key, "holds no list; write the values in brackets: [\"P1\"]"),
        }
    }

    fn table(&mut self, key: &str) -> Option<&'a Settings> {
        match self.table.0.get(key)? {
            Setting::Table(table) => return Some(table),
            _ => self.note(key, "holds no table; write { pointer = \"/severity\", ... }"),
        }
        None
    }
}

fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}

fn auth(name: Option<&str>, look: &mut Look<'_>) {
    let Some(way) = look.need("type", &alternatives(&proof::TYPES)) else { return };
    match way {
        "hmac" => hmac(look),
        "header" => {
            look.keys(&["type", "header"]);
            look.need("header", "the name of the header field with the secret");
        }
        "query" => {
            look.keys(&["type", "name"]);
            look.text("name");
        }
        "field" => {
            look.keys(&["type", "field"]);
            if let Some(text) = look.need("field", POINTER).filter(|text| !is_pointer(text)) {
                look.note("field", format!("cannot be {text:?}; {POINTER}"));
            }
        }
        "bearer" | "basic" | "standard-webhooks" => look.keys(&["type"]),
        "path" => {
            look.keys(&["type"]);
            let least = limits::judgement::HOOK_PATH_SECRET;
            if name.is_some_and(|name| name.chars().count() < least) {
                let text = format!(
                    "makes the hook's name its secret, which is too short; give it {least} random characters, or write `secret`, the last part of the address then"
                );
                look.note("type", text);
            }
        }
        _ => look.word("type", &proof::TYPES),
    }
}

fn hmac(look: &mut Look<'_>) {
    look.keys(&[
        "type",
        "algorithm",
        "encoding",
        "header",
        "prefix",
        "signed",
        "timestamp_header",
        "timestamp_field",
        "id_header",
        "tolerance",
    ]);
    look.word("algorithm", &ALGORITHMS);
    look.word("encoding", &ENCODINGS);
    look.need("header", "the name of the header field with the signature");
    let (stamp, id) = (look.text("timestamp_header"), look.text("id_header"));
    let field = look.text("timestamp_field");
    if let Some(text) = field.filter(|text| !is_pointer(text)) {
        look.note("timestamp_field", format!("cannot be {text:?}; {POINTER}"));
    }
    if !matches!(look.table.0.get("prefix"), None | Some(Setting::Text(_))) {
        look.note("prefix", "holds more than one value; write a string in quotes");
    }
    if let Some(text) = look.text("tolerance") {
        if let Err(error) = duration::parse(text) {
            look.note("tolerance", format!("is no time: {error}"));
        } else if stamp.is_none() && field.is_none() {
            let text = "has no meaning without \"timestamp_header\" or \"timestamp_field\"; remove it, or name one";
            look.note("tolerance", text);
        }
    }
    let signed = look.text("signed").unwrap_or("{body}");
    if let Some(mark) = proof::unknown_mark(signed) {
        look.note("signed", format!("has no mark {mark:?}; write {{body}}, {{timestamp}}, {{id}} or {{url}}"));
    } else if !signed.contains("{body}") {
        look.note("signed", "leaves the body out, which anybody could then change; write {body} in it");
    }
    for (mark, key, field) in [("{timestamp}", "timestamp_header", stamp), ("{id}", "id_header", id)] {
        match (signed.contains(mark), field) {
            (true, None) if !look.table.0.contains_key(key) => {
                look.note(
                    key,
                    format!("is missing, and {mark} stands in \"signed\"; write the name of the header field"),
                );
            }
            (false, Some(_)) => {
                look.note(key, format!("is not signed, and so proves nothing; write {mark} in \"signed\""))
            }
            _ => {}
        }
    }
}

fn handshake(look: &mut Look<'_>) {
    const KEYS: [&str; 3] = ["echo_field", "echo_query", "echo_header"];
    look.keys(&KEYS);
    if !KEYS.iter().any(|key| look.table.0.contains_key(*key)) {
        let text = format!("is missing; write {}", alternatives(&KEYS));
        look.note("echo_field", text);
    }
    if let Some(text) = look.text("echo_field").filter(|text| !text.starts_with('/')) {
        look.note("echo_field", format!("cannot be {text:?}; {POINTER}"));
    }
    look.text("echo_query");
    look.text("echo_header");
}

fn mapping(look: &mut Look<'_>) {
    let known: Vec<&str> = POINTERS.into_iter().chain(TEXTS).chain(["urgency", "settles"]).collect();
    look.keys(&known);
    if !look.table.0.contains_key("text") && !look.table.0.contains_key("subject") {
        look.note("text", "is missing, as \"subject\" is, so that no message says anything; write text = \"/text\"");
    }
    for key in POINTERS {
        // The whole payload may be the list.
        if key == "items" && look.table.text(key) == Some("") {
            continue;
        }
        if let Some(text) = look.text(key).filter(|text| !is_pointer(text)) {
            look.note(key, format!("cannot be {text:?}; {POINTER}"));
        }
    }
    for key in TEXTS {
        if let Some(text) = look.text(key) {
            rule(look, key, text);
        }
    }
    let words = ["critical", "urgent", "normal", "low"];
    for (key, lists) in [("urgency", &words[..]), ("settles", &["values"])] {
        if let Some(table) = look.table(key) {
            let path = format!("{}.{key}", look.path);
            values(&mut Look { table, path: &path, wrong: look.wrong }, lists);
        }
    }
}

/// `urgency` and `settles`: where a value stands, and which values mean what.
fn values(look: &mut Look<'_>, lists: &[&str]) {
    let known: Vec<&str> = ["pointer"].into_iter().chain(lists.iter().copied()).collect();
    look.keys(&known);
    if let Some(text) = look.need("pointer", "where the value stands: pointer = \"/severity\"") {
        rule(look, "pointer", text);
    }
    lists.iter().for_each(|key| look.list(key));
    if !lists.iter().any(|key| look.table.0.contains_key(*key)) {
        let key = lists.first().copied().unwrap_or_default();
        look.note(key, format!("is missing; write {} with the values that mean it", alternatives(lists)));
    }
}

fn rule(look: &mut Look<'_>, key: &str, text: &str) {
    let is_template = text.contains("{{") || text.contains("{%");
    if text.starts_with('/') {
        if !is_pointer(text) {
            look.note(key, format!("cannot be {text:?}; {POINTER}, and has ~0 and ~1 for ~ and / in a name"));
        }
    } else if key == "time" {
        look.note(key, format!("cannot be {text:?}; {POINTER}"));
    } else if is_template {
        if let Err(error) = Environment::new().template_from_str(text) {
            let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            look.note(key, format!("is no template: {why}; write \"{{{{ summary }}}}: {{{{ detail }}}}\""));
        }
    } else if matches!(key, "id" | "pointer") {
        look.note(key, format!("is {text:?} for every message; {POINTER}, or a template"));
    }
}

/// RFC 6901 section 3.
fn is_pointer(text: &str) -> bool {
    text.starts_with('/') && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::wrong;
    use crate::chat::setting::{Setting, Settings};

    fn settings(value: &Value) -> Settings {
        let setting = |value: &Value| match value {
            Value::Object(_) => Setting::Table(settings(value)),
            Value::Array(list) => Setting::List(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            other => Setting::Text(other.as_str().unwrap_or_default().to_owned()),
        };
        let fields = value.as_object().into_iter().flatten();
        Settings(fields.map(|(key, value)| (key.clone(), setting(value))).collect())
    }

    fn check(value: &Value, keys: &[&str]) {
        let wrong = wrong(Some("door"), &settings(value));
        let found: Vec<&str> = wrong.iter().map(|wrong| wrong.key.as_str()).collect();
        assert_eq!(found, keys, "{value}: {wrong:?}");
    }

    #[test]
    fn ways_to_prove() {
        let auth = |auth: Value, keys: &[&str]| check(&json!({ "auth": auth }), keys);
        auth(json!({"type": "bearer"}), &[]);
        auth(json!({"type": "hmac", "header": "X"}), &[]);
        auth(
            json!({"type": "hmac", "header": "X", "prefix": "", "signed": "v0:{timestamp}:{body}", "timestamp_header": "T",
                    "tolerance": "300s"}),
            &[],
        );
        auth(json!({}), &["auth.type"]);
        auth(json!({"type": "hmc"}), &["auth.type"]);
        auth(json!({"type": "path"}), &["auth.type"]);
        auth(json!({"type": "header"}), &["auth.header"]);
        auth(json!({"type": "bearer", "header": "X"}), &["auth.header"]);
        auth(
            json!({"type": "hmac", "algorithm": "md5", "encoding": "hexx"}),
            &["auth.algorithm", "auth.encoding", "auth.header"],
        );
        auth(json!({"type": "hmac", "header": "X", "signed": "{url}"}), &["auth.signed"]);
        auth(json!({"type": "hmac", "header": "X", "signed": "{time}.{body}"}), &["auth.signed"]);
        auth(json!({"type": "hmac", "header": "X", "signed": "{timestamp}.{body}"}), &["auth.timestamp_header"]);
        auth(json!({"type": "hmac", "header": "X", "timestamp_header": "T"}), &["auth.timestamp_header"]);
        auth(json!({"type": "hmac", "header": "X", "tolerance": "5m"}), &["auth.tolerance"]);
        auth(json!({"type": "hmac", "header": ["X"]}), &["auth.header"]);
        let path = settings(&json!({"auth": {"type": "path"}}));
        assert_eq!((wrong(Some("Jk3vTq8Zr1LxWc5N"), &path), wrong(None, &path)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn handshakes() {
        let handshake = |value: Value, keys: &[&str]| check(&json!({ "handshake": value }), keys);
        handshake(json!({"echo_field": "/challenge"}), &[]);
        handshake(json!({"echo_query": "name"}), &[]);
        handshake(json!({"echo_field": "challenge"}), &["handshake.echo_field"]);
        handshake(json!({"echo": "challenge"}), &["handshake.echo", "handshake.echo_field"]);
    }

    #[test]
    fn mappings() {
        let mapping = |value: Value, keys: &[&str]| check(&json!({ "mapping": value }), keys);
        mapping(json!({"text": "/text", "items": "", "id": "{{ a }}-{{ b }}", "channel_name": "door"}), &[]);
        mapping(json!({"subject": "/a~1b/~0"}), &[]);
        mapping(json!({}), &["mapping.text"]);
        mapping(json!({"txt": "/text"}), &["mapping.txt", "mapping.text"]);
        mapping(json!({"text": "/a~b"}), &["mapping.text"]);
        mapping(json!({"text": "{{ a"}), &["mapping.text"]);
        mapping(json!({"text": ["/a"]}), &["mapping.text"]);
        mapping(json!({"text": "/t", "id": "id"}), &["mapping.id"]);
        mapping(json!({"text": "/t", "time": "{{ at }}"}), &["mapping.time"]);
        mapping(json!({"text": "/t", "items": "events"}), &["mapping.items"]);
        mapping(json!({"text": "/t", "urgency": {"pointer": "/p", "urgent": ["P1"]}}), &[]);
        mapping(
            json!({"text": "/t", "urgency": {"urgent": "P1"}}),
            &["mapping.urgency.pointer", "mapping.urgency.urgent"],
        );
        mapping(
            json!({"text": "/t", "urgency": {"pointer": "p"}}),
            &["mapping.urgency.pointer", "mapping.urgency.critical"],
        );
        mapping(
            json!({"text": "/t", "settles": {"pointer": "/p", "value": ["x"]}}),
            &["mapping.settles.value", "mapping.settles.values"],
        );
        mapping(json!({"text": "/t", "settles": "/state"}), &["mapping.settles"]);
    }
}
