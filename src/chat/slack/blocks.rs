//! What a message of Slack shows where its text is empty: blocks and attachments, written as its text would be.

use serde_json::Value;

use crate::chat::field;

/// The text of blocks and of attachments, a line each; empty where they show none. What is shared from elsewhere is left
/// out: [`shared`] has it.
pub fn own(told: &Value) -> String {
    let mut lines: Vec<String> = field::list(told, "/blocks").iter().flat_map(block).collect();
    lines.extend(field::list(told, "/attachments").iter().filter(|one| !is_shared(one)).flat_map(attachment));
    lines.join("\n")
}

/// The text of messages that somebody shares: words of others.
pub fn shared(told: &Value) -> String {
    let shared = field::list(told, "/attachments").iter().filter(|one| is_shared(one));
    shared.flat_map(attachment).collect::<Vec<_>>().join("\n")
}

/// The text of attachments beside a text: what a program adds, and no preview of a link.
pub fn attached(told: &Value) -> String {
    let is_preview = |one: &&Value| ["/from_url", "/original_url"].iter().any(|mark| field::text(one, mark).is_some());
    let added = field::list(told, "/attachments").iter().filter(|one| !is_shared(one) && !is_preview(one));
    added.flat_map(attachment).collect::<Vec<_>>().join("\n")
}

fn is_shared(attachment: &Value) -> bool {
    ["/is_share", "/is_msg_unfurl", "/is_reply_unfurl"].iter().any(|mark| field::is_true(attachment, mark))
}

/// Blocks; without them the older parts; without those what stands for all of it.
fn attachment(told: &Value) -> Vec<String> {
    let blocks: Vec<String> = field::list(told, "/blocks").iter().flat_map(block).collect();
    if !blocks.is_empty() {
        return blocks;
    }
    let part = |value: &Value, name: &str| field::text(value, name).map(str::to_owned);
    let mut lines: Vec<String> = ["/pretext", "/title", "/text"].iter().filter_map(|name| part(told, name)).collect();
    let fields = field::list(told, "/fields").iter();
    lines.extend(fields.flat_map(|one| [part(one, "/title"), part(one, "/value")]).flatten());
    if lines.is_empty() {
        lines.extend(part(told, "/fallback"));
    }
    lines
}

fn block(told: &Value) -> Vec<String> {
    match field::text(told, "/type").unwrap_or_default() {
        "rich_text" => field::list(told, "/elements").iter().map(rich).collect(),
        "image" | "video" => [told.get("title").and_then(object), field::text(told, "/alt_text").map(escaped)]
            .into_iter()
            .flatten()
            .take(1)
            .collect(),
        _ => {
            let parts = field::list(told, "/fields").iter().chain(field::list(told, "/elements"));
            told.get("text").into_iter().chain(parts).filter_map(object).collect()
        }
    }
}

/// A text object, or a text: only what is plain holds no marks.
fn object(told: &Value) -> Option<String> {
    let text = told.as_str().or_else(|| field::text(told, "/text")).filter(|text| !text.is_empty())?;
    Some(if field::text(told, "/type") == Some("plain_text") { escaped(text) } else { text.to_owned() })
}

fn rich(section: &Value) -> String {
    let inside = || field::list(section, "/elements").iter();
    match field::text(section, "/type").unwrap_or_default() {
        "rich_text_list" => inside().map(line).collect::<Vec<_>>().join("\n"),
        "rich_text_quote" => format!("&gt; {}", line(section).replace('\n', "\n&gt; ")),
        "rich_text_preformatted" => format!("```{}```", line(section)),
        _ => line(section),
    }
}

fn line(section: &Value) -> String {
    field::list(section, "/elements").iter().map(inline).collect()
}

fn inline(told: &Value) -> String {
    let part = |name: &str| field::text(told, name).unwrap_or_default();
    let text = escaped(part("/text"));
    match part("/type") {
        "text" if field::is_true(told, "/style/code") => format!("`{text}`"),
        "user" => format!("<@{}>", part("/user_id")),
        "usergroup" => format!("<!subteam^{}>", part("/usergroup_id")),
        "broadcast" => format!("<!{}>", part("/range")),
        "channel" => format!("<#{}>", part("/channel_id")),
        "link" if text.is_empty() => escaped(part("/url")),
        "emoji" => format!(":{}:", part("/name")),
        "date" => escaped(part("/fallback")),
        _ => text,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
