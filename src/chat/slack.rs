//! Slack, Events API: signed JSON, one event a request.

mod blocks;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Nature, Reach, Sender, What};
use super::field;
use super::hook::Hook;
use super::names::Introduction;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::sign::{self, Hash};
use crate::limits;

/// Slack.
pub struct Slack;

/// Subtypes that are messages; all others tell of the channel itself.
const MESSAGES: [&str; 5] = ["", "bot_message", "file_share", "me_message", "thread_broadcast"];

/// What stands for blocks in the text of programs that wrote none.
const PLACEHOLDERS: [&str; 2] = ["This content can't be displayed.", "This content can’t be displayed."];

impl Service for Slack {
    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let stamp = request.header("X-Slack-Request-Timestamp").ok_or(Refusal::Unproven("timestamp missing"))?;
        let signature = request.header("X-Slack-Signature").ok_or(Refusal::Unproven("signature missing"))?;
        sign::fresh(stamp, request.now, limits::judgement::HOOK_WINDOW)?;
        let tag =
            signature.strip_prefix("v0=").and_then(sign::hex).ok_or(Refusal::Unproven("signature not readable"))?;
        sign::signed(Hash::Sha256, &hook.secrets, &[b"v0:", stamp.as_bytes(), b":", request.body], &tag)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        // Slash commands and buttons are forms; nobody set them up here.
        if request.is_media("application/x-www-form-urlencoded") {
            return Ok(Said::Events(Vec::new()));
        }
        let body = field::json(request.body)?;
        if field::text(&body, "/type") == Some("url_verification") {
            let challenge = field::text(&body, "/challenge").ok_or(Refusal::Unreadable("challenge missing"))?;
            return Ok(Said::Handshake(Handshake { answer: Answer::text(200, challenge), secret: None }));
        }
        Ok(Said::Events(event(&body).into_iter().collect()))
    }

    fn introduces(&self, request: &Request<'_>) -> Vec<Introduction> {
        let body = field::json(request.body).unwrap_or_default();
        body.pointer("/event").and_then(introduction).into_iter().collect()
    }
}

/// Who came, or is called otherwise now; which channel was made, or is. Some messages bring their sender's names along.
fn introduction(event: &Value) -> Option<Introduction> {
    let shown = |names: [&str; 3]| names.iter().find_map(|name| field::id(event, name).filter(|name| !name.is_empty()));
    let (id, name) = match field::text(event, "/type")? {
        "user_change" | "team_join" | "user_profile_changed" => {
            let names = ["/user/profile/display_name", "/user/real_name", "/user/name"];
            (field::id(event, "/user/id")?, shown(names)?)
        }
        "channel_created" | "channel_rename" | "group_rename" => {
            (field::id(event, "/channel/id")?, format!("#{}", field::text(event, "/channel/name")?))
        }
        "message" => {
            let names = ["/user_profile/display_name", "/user_profile/real_name", "/user_profile/name"];
            (field::id(event, "/user")?, shown(names)?)
        }
        _ => return None,
    };
    Some(Introduction { id, name })
}

fn event(body: &Value) -> Option<Event> {
    let event = body.pointer("/event")?;
    let known = matches!(field::text(event, "/type"), Some("message" | "app_mention"));
    let subtype = field::text(event, "/subtype").unwrap_or_default();
    // What has answers leaves a stone behind when it is deleted.
    let is_stone = field::text(event, "/message/subtype") == Some("tombstone");
    let edited = subtype == "message_changed" && event.pointer("/message/edited").is_some();
    let told = match subtype {
        "message_changed" if edited || is_stone => event.pointer("/message")?,
        "message_deleted" => event.pointer("/previous_message").unwrap_or(event),
        other if MESSAGES.contains(&other) => event,
        _ => return None,
    };
    if !known {
        return None;
    }
    // The outer "ts" of an edit is that of the edit.
    let ids = [(event, "/deleted_ts"), (told, "/ts"), (event, "/previous_message/ts")];
    let id = ids.iter().find_map(|(value, pointer)| field::text(value, pointer))?.to_owned();
    let what = match subtype {
        "message_changed" if !is_stone => What::Edit { of: id.clone() },
        "message_changed" | "message_deleted" => What::Delete { of: id.clone() },
        _ => What::Message,
    };
    let words = Words::of(told);
    let edited_at = field::text(told, "/edited/ts").filter(|_| matches!(what, What::Edit { .. })).and_then(stamp);
    let bot = subtype == "bot_message" || field::text(told, "/bot_id").is_some();
    Some(Event {
        what,
        dedupe: vec![field::text(body, "/event_id").unwrap_or(&id).to_owned()],
        at: edited_at.or_else(|| stamp(&id)),
        id,
        sender: Sender {
            id: field::id(told, "/user").or_else(|| field::id(told, "/bot_id")),
            name: field::id(told, "/username").or_else(|| field::id(told, "/bot_profile/name")),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: field::id(event, "/channel"),
            reach: if field::text(event, "/channel_type") == Some("im") { Reach::Direct } else { Reach::Several },
            sort: field::id(event, "/channel_type"),
            team_id: field::id(body, "/team_id"),
            ..Channel::default()
        },
        plain: words.plain(),
        mentions: mentions(&unquoted(&words.whole)),
        text: words.text,
        thread: field::id(told, "/thread_ts"),
        attachments: field::list(told, "/files").len(),
        ..Event::default()
    })
}

/// What a message says.
struct Words {
    /// Its text.
    text: String,
    /// The text and what programs attach to it; empty where the text is only shared: whoever shares names nobody.
    whole: String,
}

impl Words {
    fn of(told: &Value) -> Self {
        let written = field::text(told, "/text").filter(|text| !PLACEHOLDERS.contains(text));
        let (text, attached) = match written {
            Some(text) => (text.to_owned(), blocks::attached(told)),
            None => (blocks::own(told), String::new()),
        };
        if text.is_empty() {
            return Self { text: blocks::shared(told), whole: String::new() };
        }
        let whole = if attached.is_empty() { text.clone() } else { format!("{text}\n{attached}") };
        Self { text, whole }
    }

    /// As it is shown, without quotations; all of it, where it is nothing else.
    fn plain(&self) -> String {
        let own = plain(&unquoted(&self.whole));
        if own.trim().is_empty() { plain(&self.text) } else { own }
    }
}

/// A text without its quotations: lines behind `>`, and all that follows `>>>`; both are escaped.
fn unquoted(text: &str) -> String {
    let lines = text.split_inclusive('\n').take_while(|line| !line.starts_with("&gt;&gt;&gt;"));
    lines.filter(|line| !line.starts_with("&gt;")).collect()
}

/// Seconds and microseconds, as text: as a float it would lose digits.
fn stamp(ts: &str) -> Option<Timestamp> {
    let (seconds, micros) = ts.split_once('.')?;
    let micros: i32 = micros.get(..6)?.parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, micros.checked_mul(1_000)?).ok()
}

/// What stands in angle brackets: `<@U1|name>`, `<!here>`, `<https://...|label>`.
fn marks(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(mark, _)| mark))
}

fn mentions(text: &str) -> Mentions {
    let mut mentions = Mentions::default();
    for mark in marks(text) {
        let bare = mark.split('|').next().unwrap_or_default();
        if let Some(user) = bare.strip_prefix('@') {
            mentions.users.push(user.to_owned());
        } else if let Some(group) = bare.strip_prefix("!subteam^") {
            mentions.groups.push(group.to_owned());
        } else if let Some(all @ ("here" | "channel" | "everyone")) = bare.strip_prefix('!') {
            mentions.broadcast.push(all.to_owned());
        }
    }
    mentions
}

/// The text as it is shown: marks by their labels, three characters unescaped.
fn plain(text: &str) -> String {
    let mut pieces = text.split('<');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let Some((mark, rest)) = piece.split_once('>') else {
            out.push('<');
            out.push_str(piece);
            continue;
        };
        let (target, label) = mark.split_once('|').unwrap_or((mark, ""));
        let shown = if label.is_empty() { target.trim_start_matches(['#', '!']) } else { label };
        out.push_str(shown);
        out.push_str(rest);
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
