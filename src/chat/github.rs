//! GitHub: comments, reviews, issues, assignments and alarms of a repository, one file of JSON each.

use serde_json::Value;

use super::answer::Refusal;
use super::event::{AlertState, Channel, Event, Nature, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, mark, sign};

/// GitHub.
pub struct GitHub;

impl Service for GitHub {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        sign::hub(&hook.secrets, request, "X-Hub-Signature-256")
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let payload = request.form("payload").filter(|_| request.is_media("application/x-www-form-urlencoded"));
        let body = field::json(payload.as_ref().map_or(request.body, |payload| payload.as_bytes()))?;
        let kind = request.header("X-GitHub-Event").ok_or(Refusal::Unreadable("X-GitHub-Event missing"))?;
        let delivery = request.header("X-GitHub-Delivery").unwrap_or_default();
        Ok(Said::Events(event(kind, &body, delivery).into_iter().collect()))
    }
}

fn event(kind: &str, body: &Value, delivery: &str) -> Option<Event> {
    let action = field::text(body, "/action").unwrap_or_default();
    let (told, text) = match kind {
        "issue_comment" | "commit_comment" | "pull_request_review_comment" | "discussion_comment" => {
            ("/comment", "/body")
        }
        "pull_request_review" => ("/review", "/body"),
        "issues" => ("/issue", "/body"),
        "pull_request" => ("/pull_request", "/body"),
        "discussion" => ("/discussion", "/body"),
        "dependabot_alert" | "code_scanning_alert" | "secret_scanning_alert" => {
            ("/alert", "/security_advisory/summary")
        }
        _ => return None,
    };
    let told = body.pointer(told)?;
    let id = field::id(told, "/id").or_else(|| field::id(told, "/number"))?;
    let what = what(kind, action, &id)?;
    // A review may say no more than its outcome: `changes_requested`.
    let outcome =
        || field::text(told, "/state").filter(|_| kind == "pull_request_review").map(|it| it.replace('_', " "));
    let text = field::text(told, text).map(str::to_owned).or_else(outcome).unwrap_or_default();
    let text = text.as_str();
    let subject = ["/issue/title", "/pull_request/title", "/discussion/title", "/alert/rule/description"];
    let thread = ["/issue/number", "/pull_request/number", "/discussion/number", "/comment/commit_id", "/alert/number"];
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field::id(body, pointer));
    let bot = field::text(body, "/sender/type") == Some("Bot")
        || field::text(body, "/sender/login").is_some_and(|login| login.ends_with("[bot]"));
    let mut mentions = mark::mentions(text, &[]);
    (mentions.groups, mentions.users) = mentions.users.into_iter().partition(|name| name.contains('/'));
    let at = match &what {
        What::Edit { .. } => ["/updated_at", "/submitted_at", "/created_at"],
        _ => ["/created_at", "/submitted_at", "/updated_at"],
    };
    Some(Event {
        what,
        dedupe: vec![delivery.to_owned()],
        id,
        sender: Sender {
            id: first(&["/sender/id"]),
            name: first(&["/sender/login"]),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: first(&["/repository/id"]),
            name: first(&["/repository/full_name"]),
            ..Channel::default()
        },
        subject: first(&subject),
        text: text.to_owned(),
        plain: mark::plain(text),
        thread: first(&thread),
        at: at.iter().find_map(|pointer| field::instant(told, pointer)),
        mentions,
        permalink: field::id(told, "/html_url"),
        ..Event::default()
    })
}

/// What an action does; labels, milestones and the like say nothing to anybody.
fn what(kind: &str, action: &str, id: &str) -> Option<What> {
    let is_comment = kind.ends_with("comment") || kind == "pull_request_review";
    let alert = |state| What::Alert { status: action.to_owned(), state };
    Some(match action {
        "created" | "submitted" if is_comment => What::Message,
        "edited" if is_comment => What::Edit { of: id.to_owned() },
        "deleted" | "dismissed" if is_comment => What::Delete { of: id.to_owned() },
        "assigned" | "review_requested" => What::Assignment,
        "created" | "appeared_in_branch" | "reopened" if kind.ends_with("alert") => alert(AlertState::Firing),
        "fixed" | "resolved" | "dismissed" | "auto_dismissed" | "closed_by_user" => alert(AlertState::Resolved),
        "opened" | "closed" | "reopened" | "merged" | "created" | "answered" | "ready_for_review" => What::Task,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::event;
    use crate::chat::event::What;

    #[test]
    fn a_name_in_code_or_an_address_is_no_mention() {
        let body = json!({"action": "created", "comment": {"id": 1, "body": "`@ana` a@bob.example @carl @org/team"}});
        let event = event("issue_comment", &body, "d").unwrap_or_default();
        assert_eq!(event.mentions.users, ["carl"]);
        assert_eq!(event.mentions.groups, ["org/team"]);
    }

    #[test]
    fn an_edit_names_what_it_changes() {
        let body = json!({"action": "edited", "comment": {"id": 7, "body": "new"}});
        let what = event("issue_comment", &body, "d").unwrap_or_default().what;
        assert_eq!(what, What::Edit { of: "7".to_owned() });
        assert!(event("star", &json!({"action": "created"}), "d").is_none());
        assert!(event("issues", &json!({"action": "labeled", "issue": {"id": 1}}), "d").is_none());
    }
}
