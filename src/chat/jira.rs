//! Jira: comments and issues of a site.

use jiff::Timestamp;
use serde_json::Value;

use super::answer::Refusal;
use super::event::{Channel, Event, Mentions, Nature, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, sign};

/// Jira.
pub struct Jira;

impl Service for Jira {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        sign::hub(&hook.secrets, request, "X-Hub-Signature")
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let delivery = request.header("X-Atlassian-Webhook-Identifier").unwrap_or_default();
        Ok(Said::Events(event(&body, delivery).into_iter().collect()))
    }
}

fn event(body: &Value, delivery: &str) -> Option<Event> {
    let kind = field::text(body, "/webhookEvent")?;
    let is_comment = kind.starts_with("comment_");
    let told = body.pointer(if is_comment { "/comment" } else { "/issue" })?;
    let id = field::id(told, "/id")?;
    let assigned = || {
        let mut changed = field::list(body, "/changelog/items").iter();
        changed.any(|item| field::text(item, "/field") == Some("assignee"))
    };
    let what = match kind {
        "comment_created" => What::Message,
        "comment_updated" => What::Edit { of: id.clone() },
        "comment_deleted" => What::Delete { of: id.clone() },
        "jira:issue_updated" if assigned() => What::Assignment,
        "jira:issue_created" | "jira:issue_updated" | "jira:issue_deleted" => What::Task,
        _ => return None,
    };
    let text = field::text(told, if is_comment { "/body" } else { "/fields/description" }).unwrap_or_default();
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field::id(body, pointer));
    let who = |part: &str| {
        let of = |whose: &str| field::id(body, &format!("{whose}/{part}"));
        if is_comment { of("/comment/author") } else { of("/user") }
    };
    let time = field::since_1970(body, "/timestamp");
    let stamp = first(&["/timestamp"]).unwrap_or_default();
    Some(Event {
        dedupe: match delivery {
            "" => vec![kind.to_owned(), id.clone(), stamp],
            known => vec![known.to_owned()],
        },
        sender: Sender {
            id: who("accountId").or_else(|| who("name")),
            name: who("displayName"),
            nature: if who("accountType").as_deref() == Some("app") { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: first(&["/issue/fields/project/key"]),
            name: first(&["/issue/fields/project/name"]),
            ..Channel::default()
        },
        subject: first(&["/issue/fields/summary"]),
        text: text.to_owned(),
        plain: plain(text),
        thread: first(&["/issue/key"]),
        at: if matches!(what, What::Edit { .. }) { time } else { created(told).or(time) },
        mentions: mentions(text),
        weight: first(&["/issue/fields/priority/name"]).map(|name| ("priority", name)).into_iter().collect(),
        permalink: permalink(body, is_comment.then_some(&id).map(String::as_str)),
        what,
        id,
        ..Event::default()
    })
}

/// `2024-07-31T13:08:13.985+0530`: an offset without a colon.
fn created(told: &Value) -> Option<Timestamp> {
    let written = field::text(told, "/created")?;
    Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", written).ok().or_else(|| written.parse().ok())
}

/// What was written anew; all of it, where it is nothing but code and quotations.
fn plain(text: &str) -> String {
    let plain = without_code(text);
    if plain.trim().is_empty() { text.trim().to_owned() } else { plain.trim().to_owned() }
}

/// A text without `{code}`, `{noformat}` and `{quote}`, and without lines behind `bq.`.
fn without_code(text: &str) -> String {
    let lines: String = text.split_inclusive('\n').filter(|line| !line.starts_with("bq. ")).collect();
    ["{code", "{noformat", "{quote"].iter().fold(lines, |text, fence| {
        let mut pieces = text.split(fence);
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for (index, piece) in pieces.enumerate() {
            // Every second fence closes; what opens may have a language: `{code:java}`.
            if index % 2 == 1 {
                out.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
            }
        }
        out
    })
}

/// `[~accountid:ID]` in the cloud, `[~NAME]` elsewhere; each once.
fn mentions(text: &str) -> Mentions {
    let plain = without_code(text);
    let mut users: Vec<String> = Vec::new();
    for mark in plain.split("[~").skip(1) {
        let Some((name, _)) = mark.split_once(']') else { continue };
        let name = name.strip_prefix("accountid:").unwrap_or(name).to_owned();
        if !users.contains(&name) {
            users.push(name);
        }
    }
    Mentions { users, ..Mentions::default() }
}

/// The site stands in the addresses of its API.
fn permalink(body: &Value, comment: Option<&str>) -> Option<String> {
    let own = field::text(body, "/issue/self")?;
    let site = own.split("/rest/").next().filter(|site| site.starts_with("http"))?;
    let key = field::text(body, "/issue/key")?;
    Some(match comment {
        Some(id) => format!("{site}/browse/{key}?focusedCommentId={id}"),
        None => format!("{site}/browse/{key}"),
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn names_in_code_are_no_mentions() {
        assert_eq!(mentions("{quote}[~bob] asks{quote}\nbq. [~carl]\n[~ana]").users, ["ana"]);
        assert_eq!(mentions("[~ana] {code:java}[~bob]{code} {noformat}[~carl]{noformat} [~ana]").users, ["ana"]);
    }
}
