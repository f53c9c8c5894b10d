//! Asana: references to what happened; its secret comes in a handshake, and the texts are to be fetched.

use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Sender, What};
use super::hook::Hook;
use super::proof::Proof;
use super::reference::{self, Api, Question};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Settings};
use super::sign::{self, Hash};
use super::{field, mark, page};
use crate::limits;
use crate::secret::Secret;
use crate::text;

/// Asana.
pub struct Asana;

/// Of a story, which is a comment or what the system notes. What it is about is named `target`.
const STORY: &str = "text,html_text,created_by.name,target.name,target.permalink_url";
/// Of a task.
const TASK: &str = "name,notes,permalink_url,assignee.gid,assignee.name";

impl Service for Asana {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Handshake
    }

    fn keys(&self) -> &'static [Key] {
        &[reference::ELSEWHERE]
    }

    fn api(&self) -> Option<Api> {
        Some(Api::At("https://app.asana.com/api/1.0"))
    }

    /// Get a story, get a task, input/output options (`opt_fields`): developers.asana.com/reference/getstory, gettask. What
    /// was deleted, or removed from somewhere, is not asked for.
    fn question(&self, reference: &Event) -> Option<Question> {
        let (kind, id, change) = reference::parts(reference)?;
        let fields = match (kind, change) {
            ("story", "added" | "changed" | "undeleted") => STORY,
            ("task", "added" | "changed" | "undeleted") => TASK,
            _ => return None,
        };
        let kinds = if kind == "story" { "stories" } else { "tasks" };
        Some(Question { target: format!("/{kinds}/{id}?opt_fields={fields}"), headers: &[] })
    }

    fn told(&self, reference: &Event, answer: &Value) -> Option<Event> {
        let (kind, id, change) = reference::parts(reference)?;
        let told = answer.get("data").filter(|told| field::id(told, "/gid").is_none_or(|gid| gid == id))?;
        Some(if kind == "story" { story(reference, told)? } else { task((reference, change), told)? })
    }

    /// A handshake is proven by nothing: it is taken only where there is no secret yet, and while one is expected.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.header("X-Hook-Secret").is_some() {
            return if hook.secrets.is_empty() { Ok(()) } else { Err(Refusal::Unproven("there is a secret already")) };
        }
        let tag = request.header("X-Hook-Signature").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = sign::hex(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        sign::signed(Hash::Sha256, &hook.secrets, &[request.body], &tag)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if let Some(secret) = request.header("X-Hook-Secret") {
            if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Refusal::Unreadable("secret not readable"));
            }
            let answer = Answer::empty(200).with("X-Hook-Secret", secret);
            return Ok(Said::Handshake(Handshake { answer, secret: Some(Secret::new(secret.to_owned())) }));
        }
        let body = field::json(request.body)?;
        Ok(Said::Events(field::events(&body, "/events")?.iter().filter_map(event).collect()))
    }
}

fn event(told: &Value) -> Option<Event> {
    let id = field::id(told, "/resource/gid")?;
    let kind = field::text(told, "/resource/resource_type").unwrap_or_default();
    let action = field::text(told, "/action")?;
    let changed = field::text(told, "/change/field").unwrap_or_default();
    let stamp = field::text(told, "/created_at").unwrap_or_default();
    let user = field::id(told, "/user/gid");
    let dedupe = [action, kind, &id, changed, stamp, user.as_deref().unwrap_or_default()];
    Some(Event {
        what: What::Thin { resource: format!("{kind}/{id}"), change: action.to_owned() },
        dedupe: dedupe.map(str::to_owned).to_vec(),
        sender: Sender { id: user, ..Sender::default() },
        channel: Channel::default(),
        thread: field::id(told, "/parent/gid"),
        at: stamp.parse().ok(),
        id,
        ..Event::default()
    })
}

/// Who said what about which task. Mentions are links in `html_text` (developers.asana.com/docs/rich-text): where that is
/// missing nobody is known to be named.
fn story(reference: &Event, told: &Value) -> Option<Event> {
    let [html, words] = ["/html_text", "/text"].map(|key| field::text(told, key).unwrap_or_default());
    let words = text::first_bytes(words, limits::judgement::SIGNAL_OCTETS);
    let own = mark::without_blockquotes(page::beginning(html, limits::judgement::SIGNAL_OCTETS));
    // Lines end there as in plain text; in a page they would be spaces.
    let plain = page::text(&own.replace('\n', "<br>"));
    let plain = if plain.is_empty() { words.to_owned() } else { plain };
    let subject = field::id(told, "/target/name");
    (!plain.is_empty() || subject.is_some()).then(|| Event {
        sender: Sender { name: field::id(told, "/created_by/name"), ..reference.sender.clone() },
        subject,
        text: words.to_owned(),
        plain,
        mentions: Mentions { users: users(&own), ..Mentions::default() },
        permalink: field::id(told, "/target/permalink_url"),
        ..reference.clone()
    })
}

/// The people behind the links of a rich text. Other links lead to tasks and projects.
fn users(html: &str) -> Vec<String> {
    let links = html.split("<a ").skip(1).filter_map(|rest| rest.split('>').next());
    let users = links.filter(|link| link.contains("data-asana-type=\"user\""));
    let ids = users.filter_map(|link| link.split_once("data-asana-gid=\"")?.1.split('"').next());
    ids.filter(|id| reference::is_id(id)).take(limits::judgement::HOOK_LIST).map(str::to_owned).collect()
}

/// Which task it is. Its description is news only where the task is new: else it would be judged again with each change.
fn task((reference, change): (&Event, &str), told: &Value) -> Option<Event> {
    let subject = field::id(told, "/name")?;
    let notes = field::text(told, "/notes").filter(|_| change == "added").unwrap_or_default();
    let notes = text::first_bytes(notes, limits::judgement::SIGNAL_OCTETS);
    // As `event` lists what makes it unique. Whoever is given a task is named by that.
    let is_given = reference.dedupe.get(3).is_some_and(|changed| changed == "assignee");
    let assignee = ["/assignee/gid", "/assignee/name"].map(|key| field::id(told, key));
    let users = assignee.into_iter().flatten().filter(|_| is_given || change == "added").collect();
    Some(Event {
        subject: Some(subject),
        text: notes.to_owned(),
        plain: notes.to_owned(),
        mentions: Mentions { users, ..Mentions::default() },
        permalink: field::id(told, "/permalink_url"),
        ..reference.clone()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Asana;
    use crate::chat::event::{Event, What};
    use crate::chat::service::Service;

    fn of(resource: &str, change: &str, changed: &str) -> Event {
        let what = What::Thin { resource: resource.to_owned(), change: change.to_owned() };
        let dedupe = [change, "", "", changed, "", ""].map(str::to_owned).to_vec();
        Event { what, dedupe, ..Event::default() }
    }

    fn told(event: &Event, answer: &Value) -> Option<(String, String, Vec<String>)> {
        let told = Asana.told(event, answer)?;
        assert_eq!(told.what, event.what);
        Some((told.subject.unwrap_or_default(), told.plain, told.mentions.users))
    }

    #[test]
    fn stories_and_tasks_are_asked_for_and_nothing_else() {
        let check = |resource: &str, change: &str, expected: Option<&str>| {
            let question = Asana.question(&of(resource, change, ""));
            assert_eq!(question.as_ref().map(|one| one.target.as_str()), expected, "{resource} {change}");
        };
        let story = "/stories/5678?opt_fields=text,html_text,created_by.name,target.name,target.permalink_url";
        check("story/5678", "added", Some(story));
        let task = "/tasks/12?opt_fields=name,notes,permalink_url,assignee.gid,assignee.name";
        check("task/12", "changed", Some(task));
        for (resource, change) in [
            ("task/12", "deleted"),
            ("project/12", "added"),
            ("story/..", "added"),
            ("story/1%2f2", "added"),
            ("story/1\n", "added"),
        ] {
            check(resource, change, None);
        }
    }

    #[test]
    fn a_comment_has_its_words_its_author_and_whom_it_names() {
        let answer = json!({"data": {
            "gid": "5678", "text": "https://app.asana.com/0/1/list can you look?\nIt is down.",
            "html_text": "<body><a data-asana-gid=\"77\" data-asana-type=\"user\" href=\"x\">@Ada</a> can you look?\nIt is <b>down</b>. \
                <a data-asana-type=\"task\" data-asana-gid=\"9\">Roof</a></body>",
            "created_by": {"gid": "4", "name": "Ben"},
            "target": {"gid": "12", "name": "Mend the roof", "permalink_url": "https://app.asana.com/0/0/12"},
        }});
        let event = Asana.told(&of("story/5678", "added", ""), &answer).unwrap();
        assert_eq!(event.plain, "@Ada can you look?\nIt is down. Roof");
        assert_eq!((event.subject.as_deref(), event.sender.name.as_deref()), (Some("Mend the roof"), Some("Ben")));
        assert_eq!(event.mentions.users, ["77"]);
        assert_eq!(event.permalink.as_deref(), Some("https://app.asana.com/0/0/12"));
    }

    #[test]
    fn a_description_is_news_once_and_a_task_is_given_to_somebody() {
        let answer =
            json!({"data": {"name": "Mend the roof", "notes": "By noon.", "assignee": {"gid": "77", "name": "Ada"}}});
        let check = |change: &str, changed: &str, plain: &str, users: &[&str]| {
            let users = users.iter().map(|id| (*id).to_owned()).collect();
            let expected = ("Mend the roof".to_owned(), plain.to_owned(), users);
            assert_eq!(told(&of("task/12", change, changed), &answer), Some(expected), "{change} {changed}");
        };
        check("added", "", "By noon.", &["77", "Ada"]);
        check("changed", "assignee", "", &["77", "Ada"]);
        check("changed", "due_on", "", &[]);
    }

    #[test]
    fn what_does_not_fit_is_absent() {
        let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
        for answer in [
            json!(null),
            json!([]),
            json!({"data": 5}),
            json!({"data": {"text": deep, "html_text": 7}}),
            json!({"data": {"gid": "1"}}),
        ] {
            assert_eq!(told(&of("story/5678", "added", ""), &answer), None, "{answer}");
            assert_eq!(told(&of("task/5678", "added", ""), &answer), None, "{answer}");
        }
        let long = json!({"data": {"text": "ä".repeat(1 << 20), "html_text": "<a ".repeat(1 << 18)}});
        assert!(told(&of("story/5678", "added", ""), &long).is_some_and(|(_, plain, _)| plain.len() <= 16 * 1024));
    }
}
