//! Confluence Data Center: only what happened to which page or comment; its text is to be fetched.

use serde_json::Value;

use super::answer::Refusal;
use super::event::{Event, Mentions, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::reference::{self, Api, Question};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Settings};
use super::{field, mark, page, sign};
use crate::limits;
use crate::text;

/// Confluence.
pub struct Confluence;

impl Service for Confluence {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn keys(&self) -> &'static [Key] {
        &[reference::OF_SITE]
    }

    fn api(&self) -> Option<Api> {
        Some(Api::OfSite)
    }

    /// Get content by id, with what is to be expanded (docs.atlassian.com/ConfluenceServer/rest: `content/{id}`); a personal
    /// access token goes as Bearer (from 7.9 on). What was removed is not asked for.
    fn question(&self, reference: &Event) -> Option<Question> {
        let (kind, id, change) = reference::parts(reference)?;
        let is_there = !["_removed", "_trashed", "_deleted"].iter().any(|gone| change.ends_with(gone));
        (is_there && matches!(kind, "page" | "blogpost" | "comment")).then(|| Question {
            target: format!("/rest/api/content/{id}?expand=body.view,body.storage,version,container"),
            headers: &[],
        })
    }

    fn told(&self, reference: &Event, answer: &Value) -> Option<Event> {
        let (kind, id, change) = reference::parts(reference)?;
        field::id(answer, "/id").filter(|told| told == id)?;
        let is_new = kind == "comment" || change.ends_with("_created");
        content(reference, answer, if is_new { News::All } else { News::Change })
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        sign::hub(&hook.secrets, request, "X-Hub-Signature")
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let Some(change) = field::text(&body, "/event") else { return Ok(Said::Events(Vec::new())) };
        let kind = change.split('_').next().unwrap_or_default();
        let kind = if kind == "blog" { "blogpost" } else { kind };
        let Some(id) = field::id(&body, &format!("/{kind}/id")) else { return Ok(Said::Events(Vec::new())) };
        let stamp = field::id(&body, "/timestamp").unwrap_or_default();
        Ok(Said::Events(vec![Event {
            what: What::Thin { resource: format!("{kind}/{id}"), change: change.to_owned() },
            dedupe: vec![change.to_owned(), id.clone(), stamp],
            sender: Sender { id: field::id(&body, "/userKey"), ..Sender::default() },
            thread: field::id(&body, &format!("/{kind}/parent/id")),
            at: field::since_1970(&body, "/timestamp"),
            id,
            ..Event::default()
        }]))
    }
}

/// What of a content is news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// Everything that it says.
    All,
    /// Only what its last author says of the change: the page itself was read before.
    Change,
}

/// A page, blog post or comment. A mention is a `ri:user` in the storage format, by the same key by which a webhook names
/// who did it; the view has their names.
fn content(reference: &Event, told: &Value, news: News) -> Option<Event> {
    let body = |form: &str| {
        let html = field::text(told, &format!("/body/{form}/value")).unwrap_or_default();
        mark::without_blockquotes(page::beginning(html, limits::judgement::SIGNAL_OCTETS))
    };
    let (plain, users) = match news {
        News::All => (page::text(&body("view")), users(&body("storage"))),
        News::Change => (page::text(field::text(told, "/version/message").unwrap_or_default()), Vec::new()),
    };
    // A comment has a title of its own, which is that of its page with "Re:" before it.
    let of_page = field::id(told, "/container/title").filter(|_| field::text(told, "/type") == Some("comment"));
    let subject = of_page.or_else(|| field::id(told, "/title"));
    (subject.is_some() || !plain.is_empty()).then(|| Event {
        sender: Sender { name: field::id(told, "/version/by/displayName"), ..reference.sender.clone() },
        subject,
        text: plain.clone(),
        plain,
        mentions: Mentions { users, ..Mentions::default() },
        permalink: link(told),
        ..reference.clone()
    })
}

fn users(storage: &str) -> Vec<String> {
    let by = |name| mark::attributes(storage, ("ri:user", name)).into_iter();
    by("ri:userkey")
        .chain(by("ri:username"))
        .map(|id| text::first_bytes(id, limits::judgement::HOOK_ID).to_owned())
        .collect()
}

/// Where a browser finds it: the site says where it is itself.
fn link(told: &Value) -> Option<String> {
    let (base, path) = (field::id(told, "/_links/base")?, field::id(told, "/_links/webui")?);
    path.starts_with('/').then(|| format!("{}{path}", base.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Confluence;
    use crate::chat::event::{Event, What};
    use crate::chat::service::Service;

    fn of(kind: &str, id: &str, change: &str) -> Event {
        let what = What::Thin { resource: format!("{kind}/{id}"), change: change.to_owned() };
        Event { what, ..Event::default() }
    }

    fn answer() -> Value {
        json!({
            "id": "393219", "type": "comment", "title": "Re: The roof", "container": {"id": "1", "title": "The roof"},
            "version": {"by": {"displayName": "Ben", "username": "ben"}, "message": "Typo <b>mended</b>", "number": 2},
            "body": {
                "view": {"value": "<p>@Ada is it &amp; was it down?</p><blockquote>no</blockquote>"},
                "storage": {"value": "<p><ac:link><ri:user ri:userkey=\"8a7f80\" /></ac:link> is it</p>\
                    <blockquote><ri:user ri:userkey=\"other\"/></blockquote>"},
            },
            "_links": {"base": "https://wiki.example.org/c/", "webui": "/display/FS/Roof?focusedCommentId=393219"},
        })
    }

    #[test]
    fn contents_are_asked_for_and_nothing_else() {
        let check = |event: &Event, expected: Option<&str>| {
            assert_eq!(Confluence.question(event).map(|one| one.target).as_deref(), expected, "{event:?}");
        };
        let target = "/rest/api/content/393219?expand=body.view,body.storage,version,container";
        check(&of("comment", "393219", "comment_created"), Some(target));
        check(&of("blogpost", "393219", "blog_created"), Some(target));
        check(&of("page", "393219", "page_trashed"), None);
        check(&of("user", "393219", "user_created"), None);
        for id in ["..", "1/child", "%2e", "1?x", "1\n", ""] {
            check(&of("page", id, "page_created"), None);
        }
    }

    #[test]
    fn a_comment_has_its_words_its_author_and_whom_it_names() {
        let event = Confluence.told(&of("comment", "393219", "comment_created"), &answer()).unwrap();
        assert_eq!(event.plain, "@Ada is it & was it down?");
        assert_eq!((event.subject.as_deref(), event.sender.name.as_deref()), (Some("The roof"), Some("Ben")));
        assert_eq!(event.mentions.users, ["8a7f80"]);
        let link = "https://wiki.example.org/c/display/FS/Roof?focusedCommentId=393219";
        assert_eq!(event.permalink.as_deref(), Some(link));
    }

    #[test]
    fn of_a_page_that_was_changed_the_change_is_news() {
        let mut page = answer();
        page["type"] = json!("page");
        let told = |change: &str| Confluence.told(&of("page", "393219", change), &page).unwrap();
        assert_eq!(
            (told("page_updated").plain.as_str(), told("page_updated").mentions.users.len()),
            ("Typo mended", 0)
        );
        assert_eq!(told("page_created").plain, "@Ada is it & was it down?");
        assert_eq!(told("page_created").subject.as_deref(), Some("Re: The roof"));
    }

    #[test]
    fn what_does_not_fit_is_absent() {
        let event = of("page", "393219", "page_created");
        for answer in
            [json!(7), json!({"id": "1", "title": "x"}), json!({"id": 393_219, "body": {"view": []}, "_links": 1})]
        {
            assert_eq!(Confluence.told(&event, &answer), None, "{answer}");
        }
        let odd = json!({"id": "393219", "title": "x", "_links": {"base": "https://a", "webui": "@evil.example/"}});
        assert_eq!(Confluence.told(&event, &odd).unwrap().permalink, None);
        let long = json!({"id": "393219", "body": {"view": {"value": "<p>".repeat(1 << 20)}, "storage": {"value": "<ri:user ".repeat(1 << 20)}}});
        assert_eq!(Confluence.told(&event, &long), None);
    }
}
