//! Microsoft Teams through Graph: change notifications, with the message itself encrypted in them or to be fetched.

use std::collections::BTreeSet;

use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Nature, Reach, Sender, What};
use super::hook::Hook;
use super::proof::Proof;
use super::reference::{self, Api, Question};
use super::request::Request;
use super::sealed;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape, Wrong};
use super::{card, field, jwt, mark, page, sign};
use crate::limits;
use crate::text;

/// Teams, through Graph.
pub struct TeamsGraph;

/// The application that publishes change notifications.
const PUBLISHER: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";

const fn key(name: &'static str, shape: Shape, need: Need, about: &'static str) -> Key {
    Key { name, shape, need, about }
}

const KEYS: &[Key] = &[
    key("client_state", Shape::Secrets, Need::Must, "The clientState that the subscription was made with."),
    key(
        "app_ids",
        Shape::List,
        Need::May,
        "The ids of the applications that subscribe; needed for encrypted messages.",
    ),
    key("tenant", Shape::Text, Need::May, "The tenant's id; needed for encrypted messages."),
    key("publisher_appid", Shape::Text, Need::May, "Who publishes; default that of Microsoft Graph."),
    key("jwks_file", Shape::File, Need::May, "The keys that sign validation tokens, as Microsoft publishes them."),
    key(
        "decrypt_key_file",
        Shape::SecretFile,
        Need::May,
        "The private key (PKCS #8, base64 or PEM) of the certificate.",
    ),
    reference::ELSEWHERE,
];

impl Service for TeamsGraph {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Other("\"client_state\"")
    }

    /// What opens a message and proves it comes together, or not at all: then only that something changed is heard.
    fn wrong(&self, _name: Option<&str>, settings: &Settings) -> Vec<Wrong> {
        const TOGETHER: [&str; 4] = ["app_ids", "tenant", "jwks_file", "decrypt_key_file"];
        let given = |key: &&str| settings.0.contains_key(*key);
        let mut wrong = Vec::new();
        if TOGETHER.iter().any(given) {
            let missing = TOGETHER.iter().filter(|key| !given(key));
            let text = "is missing, without which no message can be opened; write it, or remove the others";
            wrong.extend(missing.map(|key| Wrong { key: (*key).to_owned(), text: text.to_owned() }));
        }
        if settings.file("jwks_file").is_some_and(|keys| !jwt::are_keys(keys)) {
            wrong.push(Wrong { key: "jwks_file".to_owned(), text: jwt::NO_KEYS.to_owned() });
        }
        if settings.file("decrypt_key_file").is_some_and(|key| !sealed::is_key(key)) {
            let text = "holds no private key (PKCS #8) as PEM or base64; write one that is not encrypted";
            wrong.push(Wrong { key: "decrypt_key_file".to_owned(), text: text.to_owned() });
        }
        wrong
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn api(&self) -> Option<Api> {
        Some(Api::At("https://graph.microsoft.com/v1.0"))
    }

    /// Get chatMessage (learn.microsoft.com/graph/api/chatmessage-get), which has these paths and no query. What was deleted
    /// is not asked for.
    fn question(&self, reference: &Event) -> Option<Question> {
        let What::Thin { resource, change } = &reference.what else { return None };
        let target = path(resource).filter(|_| matches!(change.as_str(), "created" | "updated"))?;
        Some(Question { target, headers: &[] })
    }

    fn told(&self, reference: &Event, answer: &Value) -> Option<Event> {
        let What::Thin { change, .. } = &reference.what else { return None };
        message(answer, change).filter(|told| told.id == reference.id)
    }

    /// A question whether the address is served is proven by nothing. Every item must bear the secret of its subscription;
    /// where a message is in it, the tokens beside must be right, too.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.query("validationToken").is_some() {
            return Ok(());
        }
        let body = field::json(request.body)?;
        if !field::list(&body, "/value").iter().any(|item| is_known(hook, item)) {
            return Err(Refusal::Unproven("clientState wrong"));
        }
        let tokens = field::list(&body, "/validationTokens");
        let is_rich = field::list(&body, "/value").iter().any(|item| item.get("encryptedContent").is_some());
        if tokens.is_empty() && is_rich {
            return Err(Refusal::Unproven("validation token missing"));
        }
        tokens.iter().try_for_each(|token| valid(hook, token.as_str().unwrap_or_default(), request))
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if let Some(token) = request.query("validationToken") {
            return Ok(Said::Handshake(Handshake { answer: Answer::text(200, &token), secret: None }));
        }
        let body = field::json(request.body)?;
        let known = field::events(&body, "/value")?.iter().filter(|item| is_known(hook, item));
        let events: Result<Vec<Option<Event>>, Refusal> = known.map(|item| event(hook, item)).collect();
        Ok(Said::Events(events?.into_iter().flatten().collect()))
    }

    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::empty(202)
    }
}

/// The path of a message of which a notification writes the resource as `chats('ID')/messages('ID')`. `None`: it is the
/// resource of something else, or a key in it cannot stand in a path as it is (RFC 3986 section 3.3).
fn path(resource: &str) -> Option<String> {
    let stands = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'@');
    let part = |part: &'_ str| {
        let (name, rest) = part.split_once("('")?;
        let key = rest.strip_suffix("')")?;
        // A key of dots alone would leave the path.
        let is_key = key.bytes().all(stands) && key.bytes().any(|byte| byte.is_ascii_alphanumeric());
        is_key.then(|| (name.to_owned(), key.to_owned()))
    };
    if resource.len() > limits::judgement::REFERENCE_RESOURCE {
        return None;
    }
    let parts = resource.split('/').map(part).collect::<Option<Vec<(String, String)>>>()?;
    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    let is_message = matches!(
        names.as_slice(),
        ["teams", "channels", "messages"] | ["teams", "channels", "messages", "replies"] | ["chats", "messages"]
    );
    is_message.then(|| parts.iter().map(|(name, key)| format!("/{name}/{key}")).collect())
}

fn is_known(hook: &Hook, item: &Value) -> bool {
    let state = field::text(item, "/clientState").unwrap_or_default();
    sign::is_token(hook.settings.secrets("client_state"), state)
}

fn valid(hook: &Hook, token: &str, request: &Request<'_>) -> Result<(), Refusal> {
    let settings = &hook.settings;
    let keys = settings.file("jwks_file").ok_or(Refusal::Unproven("no keys are configured"))?;
    let claims = jwt::claims(token, keys, request.now)?;
    let apps: Vec<&str> = settings.list("app_ids").iter().map(String::as_str).collect();
    let tenant = settings.text("tenant").ok_or(Refusal::Unproven("tenant is not configured"))?;
    let (first, second) =
        (format!("https://sts.windows.net/{tenant}/"), format!("https://login.microsoftonline.com/{tenant}/v2.0"));
    let publisher = settings.text("publisher_appid").unwrap_or(PUBLISHER);
    let is_right = jwt::is_one_of(&claims, "/aud", &apps)
        && jwt::is_one_of(&claims, "/iss", &[&first, &second])
        && ["/appid", "/azp"].iter().any(|claim| jwt::is_one_of(&claims, claim, &[publisher]));
    if is_right { Ok(()) } else { Err(Refusal::Unproven("token of another issuer, audience or publisher")) }
}

fn event(hook: &Hook, item: &Value) -> Result<Option<Event>, Refusal> {
    // Subscriptions that want to be renewed have no change.
    let (Some(change), Some(resource)) = (field::text(item, "/changeType"), field::text(item, "/resource")) else {
        return Ok(None);
    };
    let Some(id) = field::id(item, "/resourceData/id") else { return Ok(None) };
    let dedupe = || {
        let parts = ["/subscriptionId", "/resource", "/changeType", "/resourceData/@odata.etag", "/resourceData/etag"];
        parts.iter().filter_map(|part| field::id(item, part)).collect()
    };
    match item.get("encryptedContent") {
        Some(content) => {
            let key = hook.settings.file("decrypt_key_file").ok_or(Refusal::Unproven("no key to decrypt with"))?;
            let told = sealed::open(content, key)?;
            Ok(message(&told, change))
        }
        None => Ok(Some(Event {
            what: What::Thin { resource: resource.to_owned(), change: change.to_owned() },
            dedupe: dedupe(),
            id,
            ..Event::default()
        })),
    }
}

/// What happened to a chatMessage, as it was inside a notification or as Graph has it.
pub fn message(told: &Value, change: &str) -> Option<Event> {
    let id = field::id(told, "/id")?;
    if field::text(told, "/messageType").is_some_and(|kind| kind != "message") {
        return None;
    }
    let is_gone = change == "deleted" || field::text(told, "/deletedDateTime").is_some();
    let edited = field::id(told, "/lastEditedDateTime");
    let what = match change {
        _ if is_gone => What::Delete { of: id.clone() },
        // Without a time of its edit somebody has only reacted.
        "updated" => edited.as_ref().map(|_| What::Edit { of: id.clone() })?,
        _ => What::Message,
    };
    let is_edit = matches!(what, What::Edit { .. });
    let html =
        text::first_bytes(field::text(told, "/body/content").unwrap_or_default(), limits::judgement::SIGNAL_OCTETS);
    let is_html = field::text(told, "/body/contentType") == Some("html");
    let channel = field::id(told, "/channelIdentity/channelId");
    let own = mark::without_blockquotes(html);
    let (all, own_marks) = (marks(html), marks(&own));
    // Who is named in a quotation alone was named before.
    let rings = |mark: &&Value| {
        field::id(mark, "/id").is_none_or(|id| own_marks.contains(id.as_str()) || !all.contains(id.as_str()))
    };
    let marks = field::list(told, "/mentions").iter().filter(rings);
    let (mut users, mut groups, mut broadcast) = (Vec::new(), Vec::new(), Vec::new());
    for mark in marks {
        let of = |whom: &str| field::id(mark, &format!("/mentioned/{whom}/id"));
        users.extend(of("user"));
        groups.extend(of("tag"));
        broadcast.extend(field::id(mark, "/mentioned/conversation/conversationIdentityType"));
    }
    let bot = told.pointer("/from/application").is_some_and(Value::is_object);
    let who = if bot { "application" } else { "user" };
    Some(Event {
        dedupe: std::iter::once(id.clone()).chain(edited).collect(),
        what,
        sender: Sender {
            id: field::id(told, &format!("/from/{who}/id")),
            name: field::id(told, &format!("/from/{who}/displayName")),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            reach: if channel.is_none() { Reach::Direct } else { Reach::Several },
            id: channel.or_else(|| field::id(told, "/chatId")),
            team_id: field::id(told, "/channelIdentity/teamId"),
            ..Channel::default()
        },
        subject: field::id(told, "/subject"),
        text: html.to_owned(),
        plain: shown(told, if is_html { page::text(&own) } else { html.to_owned() }),
        thread: field::id(told, "/replyToId").or_else(|| Some(id.clone())),
        reply_to: field::id(told, "/replyToId"),
        at: field::instant(told, if is_edit { "/lastEditedDateTime" } else { "/createdDateTime" }),
        mentions: Mentions { users, groups, broadcast },
        weight: field::id(told, "/importance").map(|importance| ("importance", importance)).into_iter().collect(),
        permalink: field::id(told, "/webUrl").filter(|url| url.starts_with("http")),
        attachments: attachments(told).count(),
        id,
        ..Event::default()
    })
}

/// The numbers of the marks in a page: `<at id="0">`.
fn marks(html: &str) -> BTreeSet<&str> {
    html.split("<at id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// What hangs on a message, but for the message that it answers.
fn attachments(told: &Value) -> impl Iterator<Item = &Value> {
    let all = field::list(told, "/attachments").iter();
    all.filter(|one| field::text(one, "/contentType") != Some("messageReference"))
}

/// The text; where there is none, what cards show: JSON inside of JSON.
fn shown(told: &Value, plain: String) -> String {
    if !plain.is_empty() {
        return plain;
    }
    let cards = attachments(told).filter_map(|one| field::json(field::text(one, "/content")?.as_bytes()).ok());
    let texts =
        cards.map(|card| card::texts(&card, &["title", "subtitle", "body", "items", "columns", "facts", "text"]));
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::TeamsGraph;
    use crate::chat::event::{Event, What};
    use crate::chat::service::Service;

    const CHANNEL: &str = "teams('fbe2bf47-16c8')/channels('19:4a95f7d8@thread.tacv2')/messages('1614618259349')";

    fn of(resource: &str, change: &str) -> Event {
        let what = What::Thin { resource: resource.to_owned(), change: change.to_owned() };
        Event { what, id: "1614618259349".to_owned(), ..Event::default() }
    }

    #[test]
    fn messages_are_asked_for_and_nothing_else() {
        let check = |resource: &str, change: &str, expected: Option<String>| {
            assert_eq!(TeamsGraph.question(&of(resource, change)).map(|one| one.target), expected, "{resource}");
        };
        let channel = "/teams/fbe2bf47-16c8/channels/19:4a95f7d8@thread.tacv2/messages/1614618259349";
        let chat = "chats('19:8ea0e38b_5b6d@unq.gbl.spaces')/messages('1612289765949')";
        for (resource, path) in [
            (CHANNEL, channel),
            (&format!("{CHANNEL}/replies('1')"), &format!("{channel}/replies/1")),
            (chat, "/chats/19:8ea0e38b_5b6d@unq.gbl.spaces/messages/1612289765949"),
        ] {
            check(resource, "created", Some(path.to_owned()));
            check(resource, "updated", Some(path.to_owned()));
            check(resource, "deleted", None);
        }
        let long = format!("chats('{}')/messages('1')", "1".repeat(600));
        for resource in [
            "",
            "users('1')",
            "teams('1')",
            "chats('1')/messages",
            "chats('..')/messages('1')",
            "chats('1')/../messages('1')",
            "chats('1/..')/messages('1')",
            "chats('%2f')/messages('1')",
            "chats('1\n')/messages('1')",
            "chats('1')/messages('1')?$expand=x",
            "chats('1')/messages('1')/replies('1')",
            "/chats('1')/messages('1')",
            "chats('')/messages('1')",
            "chats(1)/messages(1)",
            &long,
        ] {
            check(resource, "created", None);
        }
    }

    #[test]
    fn a_message_is_read_as_one_that_came_with_its_notification() {
        let answer = json!({"id": "1614618259349", "messageType": "message", "body": {"contentType": "html", "content": "<p>Is it <b>down</b>?</p>"},
            "from": {"user": {"id": "u1", "displayName": "Ben"}}, "channelIdentity": {"teamId": "t", "channelId": "c"}});
        let event = TeamsGraph.told(&of(CHANNEL, "created"), &answer).unwrap();
        assert_eq!((event.plain.as_str(), event.sender.name.as_deref()), ("Is it down?", Some("Ben")));
        for answer in
            [json!(null), json!({"id": "2"}), json!({"id": "1614618259349", "messageType": "systemEventMessage"})]
        {
            assert_eq!(TeamsGraph.told(&of(CHANNEL, "created"), &answer), None, "{answer}");
        }
        assert_eq!(TeamsGraph.told(&of(CHANNEL, "updated"), &answer), None, "somebody reacted");
    }
}
