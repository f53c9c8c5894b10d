//! Notion: references to pages and comments; its secret comes in a handshake, and the texts are to be fetched.

use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Nature, Sender, What};
use super::hook::Hook;
use super::proof::Proof;
use super::reference::{self, Api, Question};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Settings};
use super::{field, sign};
use crate::limits;
use crate::secret::Secret;
use crate::text;

/// Notion.
pub struct Notion;

/// The version of the API that is spoken: the page on comments names it. A newer one changes nothing for who names an older
/// one (developers.notion.com/reference/versioning).
const VERSION: &str = "2025-09-03";

impl Service for Notion {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Handshake
    }

    fn keys(&self) -> &'static [Key] {
        &[reference::ELSEWHERE]
    }

    fn api(&self) -> Option<Api> {
        Some(Api::At("https://api.notion.com"))
    }

    /// Retrieve a comment, retrieve a page: developers.notion.com/reference/retrieve-comment, retrieve-a-page. The header
    /// with the version is required there. What was deleted is not asked for.
    fn question(&self, reference: &Event) -> Option<Question> {
        let (kind, id, change) = reference::parts(reference)?;
        let kinds = match kind {
            _ if change.ends_with(".deleted") => return None,
            "comment" => "comments",
            "page" => "pages",
            _ => return None,
        };
        Some(Question { target: format!("/v1/{kinds}/{id}"), headers: &[("Notion-Version", VERSION)] })
    }

    fn told(&self, reference: &Event, answer: &Value) -> Option<Event> {
        let (kind, id, _) = reference::parts(reference)?;
        // With dashes or without them it is the same id.
        let is_asked_for = field::id(answer, "/id").is_some_and(|told| told.replace('-', "") == id.replace('-', ""));
        match (is_asked_for, kind) {
            (true, "comment") => comment(reference, answer),
            (true, "page") => page(reference, answer),
            _ => None,
        }
    }

    /// A handshake is proven by nothing: it is taken only where there is no secret yet, and while one is expected.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.header("X-Notion-Signature").is_none() && hook.secrets.is_empty() {
            let body = field::json(request.body)?;
            let asked = field::text(&body, "/verification_token").is_some();
            return if asked { Ok(()) } else { Err(Refusal::Unproven("signature missing")) };
        }
        sign::hub(&hook.secrets, request, "X-Notion-Signature")
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        if let Some(token) = field::text(&body, "/verification_token") {
            // Signed with a known secret it is only repeated.
            let secret = hook.secrets.is_empty().then(|| Secret::new(token.to_owned()));
            return Ok(Said::Handshake(Handshake { answer: Answer::empty(200), secret }));
        }
        let (Some(id), Some(change)) = (field::id(&body, "/entity/id"), field::text(&body, "/type")) else {
            return Ok(Said::Events(Vec::new()));
        };
        let delivery = field::id(&body, "/id").ok_or(Refusal::Unreadable("event without an id"))?;
        let kind = field::text(&body, "/entity/type").unwrap_or_default();
        let page = field::id(&body, "/data/page_id").or_else(|| (kind == "page").then(|| id.clone()));
        let bot = field::text(&body, "/authors/0/type") == Some("bot");
        let permalink = page.as_ref().map(|page| format!("https://www.notion.so/{}", page.replace('-', "")));
        Ok(Said::Events(vec![Event {
            what: What::Thin { resource: format!("{kind}/{id}"), change: change.to_owned() },
            dedupe: vec![delivery],
            sender: Sender {
                id: field::id(&body, "/authors/0/id"),
                name: None,
                nature: if bot { Nature::Bot } else { Nature::Person },
            },
            channel: Channel {
                team_id: field::id(&body, "/workspace_id"),
                team: field::id(&body, "/workspace_name"),
                ..Channel::default()
            },
            thread: page,
            at: field::instant(&body, "/timestamp"),
            permalink,
            id,
            ..Event::default()
        }]))
    }
}

/// What a comment says. Names of people are in it only where it mentions them: of its author there is an id.
fn comment(reference: &Event, told: &Value) -> Option<Event> {
    let plain = plain(told, "/rich_text");
    let pieces = field::list(told, "/rich_text").iter();
    let users = pieces.filter_map(|piece| field::id(piece, "/mention/user/id")).collect();
    (!plain.is_empty()).then(|| Event {
        text: plain.clone(),
        plain,
        mentions: Mentions { users, ..Mentions::default() },
        ..reference.clone()
    })
}

/// Which page it is: its title is the one property of that type, under whatever name.
fn page(reference: &Event, told: &Value) -> Option<Event> {
    let properties = told.get("properties")?.as_object()?;
    let title = properties.values().find(|property| field::text(property, "/type") == Some("title"))?;
    let title = plain(title, "/title");
    (!title.is_empty()).then(|| Event {
        subject: Some(title),
        permalink: field::id(told, "/url").or_else(|| reference.permalink.clone()),
        ..reference.clone()
    })
}

/// A rich text without its marks.
fn plain(told: &Value, pointer: &str) -> String {
    let mut plain = String::new();
    for piece in field::list(told, pointer) {
        let left = limits::judgement::SIGNAL_OCTETS.saturating_sub(plain.len());
        plain.push_str(text::first_bytes(field::text(piece, "/plain_text").unwrap_or_default(), left));
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Notion;
    use crate::chat::event::{Event, What};
    use crate::chat::service::Service;

    const ID: &str = "153104cd-477e-809d-8dc4-ff2d96ae3090";

    fn of(kind: &str, id: &str, change: &str) -> Event {
        let what = What::Thin { resource: format!("{kind}/{id}"), change: change.to_owned() };
        Event { what, permalink: Some("https://www.notion.so/0".to_owned()), ..Event::default() }
    }

    #[test]
    fn comments_and_pages_are_asked_for_and_nothing_else() {
        let check = |event: &Event, expected: Option<&str>| {
            let question = Notion.question(event);
            assert_eq!(question.as_ref().map(|one| one.target.as_str()), expected);
            assert!(question.is_none_or(|one| one.headers == [("Notion-Version", "2025-09-03")]));
        };
        check(&of("comment", ID, "comment.created"), Some("/v1/comments/153104cd-477e-809d-8dc4-ff2d96ae3090"));
        check(&of("page", "0ef1", "page.content_updated"), Some("/v1/pages/0ef1"));
        check(&of("comment", ID, "comment.deleted"), None);
        check(&of("database", ID, "database.created"), None);
        for id in ["..", "a/../b", "%2e%2e", "a?b", "a\r\nX: y", ""] {
            check(&of("page", id, "page.created"), None);
        }
    }

    #[test]
    fn a_comment_has_its_words_and_whom_it_names() {
        let answer = json!({"object": "comment", "id": ID, "created_by": {"object": "user", "id": "e450"}, "rich_text": [
            {"type": "mention", "mention": {"type": "user", "user": {"object": "user", "id": "c7c1"}}, "plain_text": "@Ada"},
            {"type": "text", "text": {"content": " is it down?"}, "plain_text": " is it down?"},
            {"type": "text", "plain_text": 5}, null,
        ]});
        let event = Notion.told(&of("comment", ID, "comment.created"), &answer).unwrap();
        assert_eq!(
            (event.plain.as_str(), event.mentions.users.as_slice()),
            ("@Ada is it down?", &["c7c1".to_owned()][..])
        );
        assert_eq!(event.permalink.as_deref(), Some("https://www.notion.so/0"));
        assert_eq!(Notion.told(&of("comment", "other", "comment.created"), &answer), None);
    }

    #[test]
    fn a_page_has_its_title() {
        let answer = json!({"id": ID.replace('-', ""), "url": "https://www.notion.so/Roof-153104cd", "properties": {
            "Due": {"type": "date"}, "Name": {"id": "title", "type": "title", "title": [{"plain_text": "The "}, {"plain_text": "roof"}]},
        }});
        let event = Notion.told(&of("page", ID, "page.created"), &answer).unwrap();
        assert_eq!((event.subject.as_deref(), event.plain.as_str()), (Some("The roof"), ""));
        assert_eq!(event.permalink.as_deref(), Some("https://www.notion.so/Roof-153104cd"));
    }

    #[test]
    fn what_does_not_fit_is_absent() {
        for answer in [
            json!(null),
            json!({"id": ID}),
            json!({"id": ID, "rich_text": {"plain_text": "x"}, "properties": []}),
            json!({"id": ID, "rich_text": [[[]]], "properties": {"a": {"type": "title", "title": "x"}, "b": 1}}),
        ] {
            for kind in ["comment", "page"] {
                assert_eq!(Notion.told(&of(kind, ID, ""), &answer), None, "{answer}");
            }
        }
        let long = json!({"id": ID, "rich_text": vec![json!({"plain_text": "ä".repeat(10_000)}); 50]});
        let event = Notion.told(&of("comment", ID, ""), &long).unwrap();
        assert_eq!(event.plain.len(), 16 * 1024);
    }
}
