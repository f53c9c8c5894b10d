//! Cards: texts laid out in a tree, where a message has no text of its own.

use serde_json::Value;

use crate::limits;

/// The texts that stand at these keys, or anywhere below them, a line each: in the order of the keys, then of the lists.
/// The tree is no deeper than `serde_json` reads.
pub fn texts(card: &Value, keys: &[&str]) -> String {
    let mut lines = Vec::new();
    gather(card, keys, &mut lines);
    lines.join("\n")
}

fn gather<'c>(card: &'c Value, keys: &[&str], lines: &mut Vec<&'c str>) {
    match card {
        Value::Array(list) => list.iter().for_each(|one| gather(one, keys, lines)),
        Value::Object(fields) => {
            for value in keys.iter().filter_map(|key| fields.get(*key)) {
                match value {
                    Value::String(text) if !text.is_empty() && lines.len() < limits::judgement::HOOK_LIST => {
                        lines.push(text);
                    }
                    other => gather(other, keys, lines),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::texts;

    #[test]
    fn a_card_is_read_from_its_title_on() {
        let card =
            json!({"body": [{"text": "below", "style": "big"}, {"items": [{"text": "deep"}]}], "title": "above"});
        assert_eq!(texts(&card, &["title", "body", "items", "text"]), "above\nbelow\ndeep");
        assert_eq!(texts(&json!("text"), &["text"]), "");
    }
}
