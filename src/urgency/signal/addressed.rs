//! To whom a message speaks.

pub mod named;

use crate::limits;
use crate::model::mailing_list;
use crate::model::message::{Address, Audience, Chat, Kind, Mention};
use crate::model::signal::Signal;
use crate::urgency::signal::found::Found;
use crate::urgency::view::{View, Voice};
use named::Named;

/// `to_me_alone`: a person wrote it, and I am its only recipient.
pub fn to_me_alone(view: &View<'_>) -> Option<Found> {
    let evidence = match view.message.kind {
        Kind::Chat(Chat { audience: Audience::Direct, .. }) => "it was said to me alone",
        Kind::Mail if is_to_me_alone(view) && is_personal(view) => "I am its only recipient",
        Kind::Chat(_) | Kind::Mail => return None,
    };
    Some(Found::whole(Signal::ToMeAlone, evidence.to_owned()))
}

/// `mentions_me`: a chat's own mark names me, a group of mine or everybody; or its text calls me by my name. In a mail to
/// me alone to be greeted says nothing, nor what a machine puts into a letter to many.
pub fn mentions_me(view: &View<'_>) -> Option<Found> {
    let marked = match view.message.kind {
        Kind::Chat(Chat { mention: Mention::Me, .. }) => {
            return Some(Found::whole(Signal::MentionsMe, "it mentions me".to_owned()));
        }
        Kind::Chat(Chat { mention: Mention::Group, .. }) => Some((40, "it mentions a group that I am in")),
        Kind::Chat(Chat { mention: Mention::Everyone, .. }) => Some((25, "it mentions everybody")),
        Kind::Chat(Chat { mention: Mention::Nobody, .. }) | Kind::Mail => None,
    };
    if let Some((share, words)) = by_text(view) {
        return Some(Found::part(Signal::MentionsMe, share, words));
    }
    marked.map(|(share, evidence)| Found::part(Signal::MentionsMe, share, evidence.to_owned()))
}

/// `courtesy_copy`: I am in Cc and not in To.
pub fn courtesy_copy(view: &View<'_>) -> Option<Found> {
    let is_me = |address: &Address| view.moment.is_me(&address.address);
    let only_in_cc = view.message.cc.iter().any(is_me) && !view.message.to.iter().any(is_me);
    only_in_cc.then(|| Found::whole(Signal::CourtesyCopy, "I am only in Cc".to_owned()))
}

/// `many_recipients`: To and Cc name many, or nobody.
pub fn many_recipients(view: &View<'_>) -> Option<Found> {
    let message = view.message;
    let many = message.to.len().saturating_add(message.cc.len());
    if many >= limits::judgement::MANY_RECIPIENTS {
        let share = if many >= limits::judgement::CROWD_RECIPIENTS { 100 } else { 60 };
        return Some(Found::part(Signal::ManyRecipients, share, format!("it has {many} recipients")));
    }
    // The group that a sender writes where all recipients are in Bcc (RFC 5322 section 3.4).
    let hidden = message.headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("To") && header.value.to_ascii_lowercase().contains("undisclosed")
    });
    hidden.then(|| Found::part(Signal::ManyRecipients, 60, "it does not say who its recipients are".to_owned()))
}

/// `broadcast`: it was said to a channel and names nobody, me neither.
pub fn broadcast(view: &View<'_>) -> Option<Found> {
    let Kind::Chat(Chat { audience: Audience::Channel, mention: Mention::Nobody }) = view.message.kind else {
        return None;
    };
    let names_me = by_text(view).is_some();
    (!names_me).then(|| Found::whole(Signal::Broadcast, "it was said to a channel and mentions nobody".to_owned()))
}

fn is_to_me_alone(view: &View<'_>) -> bool {
    let mut all = view.message.to.iter().chain(&view.message.cc).peekable();
    all.peek().is_some() && all.all(|address| view.moment.is_me(&address.address))
}

/// Whether a person may have written it, to people.
fn is_personal(view: &View<'_>) -> bool {
    match view.voice {
        Voice::Person => true,
        Voice::Machine => false,
        Voice::Crowd => matches!(view.message.kind, Kind::Chat(_)) || mailing_list::is_discussion(view.message),
    }
}

/// How directly its text calls me by my name, in percent, and in what words.
fn by_text(view: &View<'_>) -> Option<(u8, String)> {
    let alone = match view.message.kind {
        Kind::Chat(Chat { audience, .. }) => audience == Audience::Direct,
        Kind::Mail => is_to_me_alone(view),
    };
    if alone || !is_personal(view) {
        return None;
    }
    Some(match named::find((&view.message.own_text, &view.body.folded), (view.moment.name, view.moment.me))? {
        Named::Called(words) => (100, format!("it calls me: {words}")),
        Named::Greeted(words) => (60, format!("it greets me: {words}")),
    })
}

#[cfg(test)]
mod tests {
    use super::{broadcast, courtesy_copy, many_recipients, mentions_me, to_me_alone};
    use crate::model::message::{Audience, Mention};
    use crate::urgency::signal::rig::{address, chat, header, mail};

    #[test]
    fn who_is_alone_is_meant() {
        mail("Key", "Where is it?").check(to_me_alone, 100);
        mail("Key", "").with(|mail| mail.to = vec![address("Ada+shop@example.org")]).check(to_me_alone, 100);
        mail("Key", "").with(|mail| mail.cc.push(address("eve@example.net"))).check(to_me_alone, 0);
        mail("Key", "").with(|mail| mail.to.clear()).check(to_me_alone, 0);
        mail("Offers", "").with(|mail| mail.headers.push(header("List-Unsubscribe: <x>"))).check(to_me_alone, 0);
        mail("Receipt", "").with(|mail| mail.automated = true).check(to_me_alone, 0);
        chat(Audience::Direct, Mention::Nobody, "ciao").check(to_me_alone, 100);
        chat(Audience::Channel, Mention::Me, "ciao").check(to_me_alone, 0);
    }

    #[test]
    fn who_is_named_is_meant() {
        let channel = |mention, text| chat(Audience::Channel, mention, text);
        channel(Mention::Me, "look").check(mentions_me, 100);
        channel(Mention::Group, "look").check(mentions_me, 40);
        channel(Mention::Everyone, "look").check(mentions_me, 25);
        channel(Mention::Everyone, "Ada, look").check(mentions_me, 100);
        channel(Mention::Nobody, "look").check(mentions_me, 0);
        channel(Mention::Nobody, "the tag `@ada` is free").check(mentions_me, 0);
        channel(Mention::Nobody, "> @ada look\nI did").check(mentions_me, 0);
        let many = |text| mail("Plan", text).with(|mail| mail.to.push(address("eve@example.net")));
        many("Hi Ada and Eve,\nit works.").check(mentions_me, 60);
        many("Hi both,\n@Ada take the first half.").check(mentions_me, 100);
        many("Hi Eve,\nwe saw Ada there.").check(mentions_me, 0);
        many("Dear Ada, our offers").with(|mail| mail.automated = true).check(mentions_me, 0);
        mail("Plan", "Hi Ada,\nit works.").check(mentions_me, 0);
    }

    #[test]
    fn copies_and_crowds_are_not_for_me() {
        let cc = |mail: &mut crate::model::message::Message| {
            mail.cc = std::mem::replace(&mut mail.to, vec![address("eve@example.net")]);
        };
        mail("Plan", "").with(cc).check(courtesy_copy, 100);
        mail("Plan", "").check(courtesy_copy, 0);
        mail("Plan", "").with(|mail| mail.cc = mail.to.clone()).check(courtesy_copy, 0);
        let many = |count: usize| {
            mail("Plan", "").with(|mail| mail.cc = (1..count).map(|n| address(&format!("{n}@example.net"))).collect())
        };
        many(4).check(many_recipients, 0);
        many(5).check(many_recipients, 60);
        many(12).check(many_recipients, 100);
        let hidden = header("To: undisclosed-recipients:;");
        mail("Plan", "").with(|mail| mail.headers.push(hidden)).check(many_recipients, 60);
    }

    #[test]
    fn a_channel_is_not_me() {
        chat(Audience::Channel, Mention::Nobody, "it works now").check(broadcast, 100);
        chat(Audience::Channel, Mention::Nobody, "ada: it works now").check(broadcast, 0);
        chat(Audience::Channel, Mention::Everyone, "it works now").check(broadcast, 0);
        chat(Audience::Direct, Mention::Nobody, "it works now").check(broadcast, 0);
        mail("It works now", "").check(broadcast, 0);
    }
}
