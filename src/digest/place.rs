//! Where a chat message was said, in words.

use super::clean;
use crate::limits;
use crate::model::message::{Audience, Chat, Kind, Message, Post};

/// The channel as people call it: `#ops`, `Build board`; `None`: it was said to me alone, or nowhere that has a name.
pub fn channel(message: &Message) -> Option<String> {
    let post = message.post.as_ref()?;
    if matches!(message.kind, Kind::Chat(Chat { audience: Audience::Direct, .. })) {
        return None;
    }
    let name = post.channel_name.as_deref().unwrap_or(&post.channel);
    Some(clean::line(name, limits::judgement::DIGEST_FIELD))
        .filter(|name| !name.is_empty())
        .map(|name| clean::isolate(&name))
}

/// Through which hook: `through "team" (slack)`; for mail, into which account.
pub fn whence(message: &Message) -> String {
    let source = clean::line(&message.source, limits::judgement::DIGEST_FIELD);
    match &message.post {
        Some(Post { service, .. }) => format!("through \"{source}\" ({service})"),
        None => format!("into the account \"{source}\""),
    }
}

/// What stands above messages of one channel: `#ops, team`; `Direct messages, team`.
pub fn heading(message: &Message) -> String {
    let source = clean::line(&message.source, limits::judgement::DIGEST_FIELD);
    let channel = channel(message).unwrap_or_else(|| "Direct messages".to_owned());
    format!("{channel}, {source}")
}
