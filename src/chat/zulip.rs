//! Zulip, outgoing webhook bots: JSON with a token in it; its rendered text says who is mentioned.

use super::answer::{Answer, Refusal};
use super::event::{Channel, Event, Mentions, Reach, Sender};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, mark, sign};

/// Zulip.
pub struct Zulip;

impl Service for Zulip {
    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let body = field::json(request.body)?;
        sign::token_in(&body, &hook.secrets)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let message = body.pointer("/message").ok_or(Refusal::Unreadable("no message"))?;
        let id = field::id(message, "/id").ok_or(Refusal::Unreadable("message without an id"))?;
        let text = field::text(message, "/content").unwrap_or_default();
        let is_direct = field::text(message, "/type") == Some("private");
        let html = field::text(message, "/rendered_content").unwrap_or_default();
        let bot = field::text(&body, "/bot_full_name").unwrap_or_default();
        let shown = if bot.is_empty() { text.to_owned() } else { text.replace(&format!("@**{bot}**"), "") };
        Ok(Said::Events(vec![Event {
            dedupe: vec![id.clone()],
            id,
            sender: Sender {
                id: field::id(message, "/sender_id"),
                name: field::id(message, "/sender_full_name"),
                ..Sender::default()
            },
            channel: Channel {
                id: field::id(message, "/stream_id"),
                name: field::id(message, "/display_recipient"),
                reach: if is_direct { Reach::Direct } else { Reach::Several },
                ..Channel::default()
            },
            text: text.to_owned(),
            plain: mark::plain(&shown),
            thread: field::id(message, "/subject"),
            at: field::since_1970(message, "/timestamp"),
            mentions: mentions(html),
            ..Event::default()
        }]))
    }

    /// `content` would be published.
    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::json(200, r#"{"response_not_required":true}"#.to_owned())
    }
}

/// Whom the rendered text marks: silent mentions have a class of their own, and in code and quotations no name is marked.
fn mentions(html: &str) -> Mentions {
    let mut mentions = Mentions::default();
    for tag in mark::without_blockquotes(html).split("<span ").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let class = attribute(tag, "class").unwrap_or_default();
        let is = |name: &str| class.split(' ').any(|one| one == name);
        if is("silent") {
            continue;
        }
        if let Some(group) = attribute(tag, "data-user-group-id").filter(|_| is("user-group-mention")) {
            mentions.groups.push(group.to_owned());
        } else if is("topic-mention") {
            mentions.broadcast.push("topic".to_owned());
        } else if let Some(user) = attribute(tag, "data-user-id").filter(|_| is("user-mention")) {
            match user {
                "*" => mentions.broadcast.push("all".to_owned()),
                user => mentions.users.push(user.to_owned()),
            }
        }
    }
    mentions
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut found = tag.split(name).skip(1).filter_map(|rest| rest.strip_prefix("=\""));
    found.next()?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn the_rendered_text_says_who_is_mentioned() {
        let check = |html: &str, users: &[&str], groups: &[&str], broadcast: &[&str]| {
            let found = mentions(html);
            assert_eq!(
                (found.users, found.groups, found.broadcast),
                (own(users), own(groups), own(broadcast)),
                "{html}"
            );
        };
        let ana = r#"<span class="user-mention" data-user-id="7">@Ana</span>"#;
        check(&format!("<p>{ana} look</p>"), &["7"], &[], &[]);
        check(r#"<p><span class="user-mention silent" data-user-id="7">Ana</span></p>"#, &[], &[], &[]);
        check(r#"<span class="user-group-mention" data-user-group-id="3">@ops</span>"#, &[], &["3"], &[]);
        check(
            r#"<span class="user-mention channel-wildcard-mention" data-user-id="*">@all</span>"#,
            &[],
            &[],
            &["all"],
        );
        check(&format!("<blockquote><p>{ana}</p></blockquote><p>yes</p>"), &[], &[], &[]);
        let nested = format!("<blockquote>{ana}<blockquote>{ana}</blockquote>{ana}</blockquote>no");
        check(&nested, &[], &[], &[]);
        check("<p><code>@**Ana**</code></p>", &[], &[], &[]);
    }

    fn own(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }
}
