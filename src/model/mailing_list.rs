//! By what a mail shows that it came by a list, and whether people write to one another there.

use super::message::{Header, Message};

/// Header fields that only mail of lists has (RFC 2369, RFC 2919), and the two that older programs write.
const LIST_FIELDS: [&str; 6] =
    ["List-Id", "List-Post", "List-Unsubscribe", "List-Subscribe", "List-Help", "Mailing-List"];

/// Fields of lists to which subscribers write (RFC 2369 section 3.4; Mailman; ezmlm).
const DISCUSSION_FIELDS: [&str; 4] = ["List-Post", "X-BeenThere", "X-Mailing-List", "Mailing-List"];

/// The field by which all bulk mail is known.
const PRECEDENCE: &str = "Precedence";

/// By what a list is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign<'m> {
    /// By its List-Id.
    Id(&'m str),
    /// By the header field of this name.
    Field(&'m str),
}

/// By what it is known that a message came by a list: its List-Id, one of its other header fields, or `Precedence: list`.
pub fn sign(message: &Message) -> Option<Sign<'_>> {
    if let Some(id) = &message.list_id {
        return Some(Sign::Id(id));
    }
    let is_sign = |header: &&Header| {
        LIST_FIELDS.iter().any(|name| header.name.eq_ignore_ascii_case(name))
            || header.name.eq_ignore_ascii_case(PRECEDENCE) && header.value.trim().eq_ignore_ascii_case("list")
    };
    message.headers.iter().find(is_sign).map(|header| Sign::Field(&header.name))
}

/// Whether people write to the list that it came by: it is a conversation and no newsletter. Where no field tells, the
/// list itself is a recipient: `ducks@lists.example.org` is `ducks.lists.example.org` (RFC 2919 section 2).
pub fn is_discussion(message: &Message) -> bool {
    let says_no = |header: &Header| header.value.trim().to_ascii_uppercase().starts_with("NO");
    if let Some(post) = field(message, &DISCUSSION_FIELDS) {
        return !says_no(post);
    }
    let Some(id) = &message.list_id else { return false };
    message.to.iter().chain(&message.cc).any(|to| to.address.to_lowercase().replacen('@', ".", 1) == *id)
}

/// Takes all header fields away but those that are read here.
pub fn keep_only_its(headers: &mut Vec<Header>) {
    let is_its = |header: &Header| {
        let mut names = LIST_FIELDS.iter().chain(&DISCUSSION_FIELDS).chain(&[PRECEDENCE]);
        names.any(|name| header.name.eq_ignore_ascii_case(name))
    };
    headers.retain(is_its);
    headers.shrink_to_fit();
}

/// The first field with one of these names.
pub fn field<'m>(message: &'m Message, names: &[&str]) -> Option<&'m Header> {
    message.headers.iter().find(|header| names.iter().any(|name| header.name.eq_ignore_ascii_case(name)))
}
