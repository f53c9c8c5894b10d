//! How fast its conversation moves.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Weekday;

use crate::limits::judgement::{BURST_WITHIN, LIVE_WITHIN, PACE_GAPS, SLOW_PACE};
use crate::model::history::facts::Held;
use crate::model::history::lesson::Says;
use crate::model::signal::Signal;
use crate::urgency::moment::Hours;
use crate::urgency::phrase::{quoted, spoken};
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::found::Found;
use crate::urgency::view::{View, Voice};

/// Senses of what nobody writes who expects to be read tomorrow.
const PRESSING: [Sense; 7] =
    [Sense::Crisis, Sense::AtOnce, Sense::CallMe, Sense::Waiting, Sense::Ping, Sense::Account, Sense::Firing];

/// How long a text is at most that asks whether anybody is there, in octets: a longer one uses the same words otherwise.
const PING_OCTETS: usize = 200;

/// By the sender's clock: the hours of a day's work, wide.
const DAY: std::ops::Range<i8> = 7..20;

/// `live_thread`: I wrote in it within minutes, this answers, and it is still that moment.
pub fn live_thread(view: &View<'_>) -> Option<Found> {
    let history = view.moment.history?;
    let mine = history.mine_before()?;
    if view.message.automated || !within(mine.at, view.now(), LIVE_WITHIN) {
        return None;
    }
    let others = history.thread.burst(history.at, LIVE_WITHIN).max(1);
    let ago = spoken(span(mine.at, view.now()));
    let share = if others > 1 || history.answers_me || history.awaited().is_some() { 100 } else { 80 };
    let evidence = format!("I wrote in its thread {ago} ago, others {others} times in these minutes");
    Some(Found::part(Signal::LiveThread, share, evidence))
}

/// `burst`: its sender had written within minutes before, or asks whether anybody is there. Machines, lists and
/// who talks to a whole channel do so without waiting for me.
pub fn burst(view: &View<'_>) -> Option<Found> {
    if view.message.automated || view.voice != Voice::Person {
        return None;
    }
    let before = view.moment.history.and_then(|history| Some((history.sender_before()?, history.at)));
    let again = before.filter(|(before, at)| within(*before, *at, BURST_WITHIN));
    let again = again.map(|(before, at)| format!("its sender wrote {} before", spoken(span(before, at))));
    let is_brief = view.body.folded.len() <= PING_OCTETS;
    let asked = view.hits(Sense::Ping).next().filter(|_| is_brief);
    let asked = asked.map(|(words, hit)| quoted(words.at(&hit.span)));
    let share = match (&again, &asked) {
        (Some(_), Some(_)) => 100,
        (Some(_), None) => 70,
        (None, Some(_)) => 60,
        (None, None) => return None,
    };
    Some(Found { signal: Signal::Burst, share, evidence: again.into_iter().chain(asked).collect() })
}

/// `awaited`: it is the first word of others since I wrote. It counts in full where I asked something.
pub fn awaited(view: &View<'_>) -> Option<Found> {
    let history = view.moment.history?;
    if view.message.automated {
        return None;
    }
    let mine = history.awaited()?;
    let after = spoken(span(mine.at, history.at));
    let (share, what) = if mine.says == Says::Asks { (100, "a question of mine") } else { (60, "what I wrote") };
    Some(Found::part(Signal::Awaited, share, format!("it answers {what} after {after}, nobody had before")))
}

/// `off_hours`: its sender sits at night or at the weekend, by the offset of its Date, or I do not work; and nothing in
/// it presses. A machine has no hours, and who writes to me alone in a chat knows mine.
pub fn off_hours(view: &View<'_>) -> Option<Found> {
    let message = view.message;
    if view.is_direct_chat() || message.automated || PRESSING.iter().any(|sense| view.says(*sense)) {
        return None;
    }
    let theirs = sender_hours(view);
    let mine = view.moment.working == Hours::Outside;
    let mine = mine.then(|| "it came outside my working hours".to_owned());
    let share = match (&theirs, &mine) {
        (Some((share, _)), None) => *share,
        (_, Some(_)) => 100,
        (None, None) => return None,
    };
    let evidence = theirs.map(|(_, evidence)| evidence).into_iter().chain(mine).collect();
    Some(Found { signal: Signal::OffHours, share, evidence })
}

/// Many programs write UTC wherever they are: that offset says nothing of the hour.
fn sender_hours(view: &View<'_>) -> Option<(u8, String)> {
    let sent = view.message.sent_at.filter(|sent| sent.offset.seconds() != 0 && sent.instant <= view.now())?;
    let local = sent.offset.to_datetime(sent.instant);
    let said = || local.strftime("%a %H:%M").to_string();
    if !DAY.contains(&local.hour()) {
        return Some((100, format!("it was written at {} by its sender's clock", said())));
    }
    let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
    weekend.then(|| (50, format!("it was written on {} by its sender's clock", said())))
}

/// `slow_thread`: the time between its messages is hours or days, this one's, too.
pub fn slow_thread(view: &View<'_>) -> Option<Found> {
    let history = view.moment.history?;
    let mut gaps: Vec<Duration> = history.gaps().into_iter().take(PACE_GAPS).collect();
    let latest = *gaps.first()?;
    gaps.sort_unstable();
    let pace = *gaps.get(gaps.len() / 2)?;
    if latest.min(pace) < SLOW_PACE {
        return None;
    }
    let share = if gaps.len() > 1 { 100 } else { 60 };
    Some(Found::part(Signal::SlowThread, share, format!("its thread moves every {}", spoken(pace))))
}

/// `reply_to_held`: what it answers, or its thread, is waiting in a digest. What is said in a channel by itself answers
/// nothing, though all of the channel is one conversation.
pub fn reply_to_held(view: &View<'_>) -> Option<Found> {
    if view.message.is_said_by_itself() {
        return None;
    }
    match view.moment.history?.held {
        Held::Parent => Some(Found::whole(Signal::ReplyToHeld, "what it answers is waiting in a digest".to_owned())),
        Held::Thread => {
            Some(Found::part(Signal::ReplyToHeld, 60, "a message of its thread is waiting in a digest".to_owned()))
        }
        Held::Nothing => None,
    }
}

/// Whether one moment lies at most so long before another.
fn within(before: Timestamp, after: Timestamp, time: Duration) -> bool {
    Duration::try_from(after.duration_since(before)).is_ok_and(|span| span <= time)
}

fn span(before: Timestamp, after: Timestamp) -> Duration {
    Duration::try_from(after.duration_since(before)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::{awaited, burst, live_thread, off_hours, reply_to_held, slow_thread};
    use crate::model::history::facts::Held;
    use crate::model::history::lesson::{Lesson, Says};
    use crate::model::message::{Audience, Mention, Post, SentAt};
    use crate::urgency::moment::Hours;
    use crate::urgency::phrases::sense::Sense;
    use crate::urgency::signal::rig::{at, chat, header, mail, word};

    #[test]
    fn a_thread_lives_while_we_answer_one_another() {
        let of = |words: &[Lesson]| mail("Re: plan", "Yes.").after(words);
        of(&[word("ben", "a", 9), word("me", "b", 5)]).check(live_thread, 100);
        of(&[word("me", "b", 5)]).check(live_thread, 100);
        // Eve has answered me already: this is one more in the room.
        of(&[word("me", "b", 14), word("eve", "c", 13)]).check(live_thread, 100);
        of(&[word("me", "b", 16)]).check(live_thread, 0);
        of(&[word("ben", "a", 5), word("eve", "c", 4)]).check(live_thread, 0);
        of(&[]).check(live_thread, 0);
        of(&[word("me", "b", -3)]).check(live_thread, 0);
        of(&[word("me", "b", 5)]).judged("2027-01-12T11:30:00Z").check(live_thread, 0);
        of(&[word("me", "b", 5)]).with(|mail| mail.automated = true).check(live_thread, 0);
        mail("Re: plan", "Yes.").check(live_thread, 0);
    }

    #[test]
    fn who_writes_again_waits() {
        let of = |words: &[Lesson]| mail("Plan", "So?").after(words);
        of(&[word("ben", "a", 3)]).check(burst, 70);
        let elsewhere = Lesson { ancestors: Vec::new(), ..word("ben", "other", 3) };
        of(&[elsewhere]).check(burst, 70);
        of(&[word("ben", "a", 3)]).says(Sense::Ping, "so?").check(burst, 100);
        of(&[]).says(Sense::Ping, "so?").check(burst, 60);
        mail("Plan", "hello??").check(burst, 60);
        of(&[word("ben", "a", 11)]).check(burst, 0);
        of(&[word("eve", "a", 3)]).check(burst, 0);
        of(&[word("ben", "a", -3)]).check(burst, 0);
        let channel = chat(Audience::Channel, Mention::Nobody, "and it works").after(&[word("ben", "a", 3)]);
        channel.check(burst, 0);
        chat(Audience::Direct, Mention::Nobody, "and?").after(&[word("ben", "a", 3)]).check(burst, 70);
        // What I wrote to him is not his.
        of(&[word("me", "a", 3)]).check(burst, 0);
        of(&[word("ben", "a", 3)]).with(|mail| mail.automated = true).check(burst, 0);
        mail("Tired??", "Buy").with(|mail| mail.headers.push(header("List-Unsubscribe: <u>"))).check(burst, 0);
        mail("Plan", &("word ".repeat(60) + "??")).check(burst, 0);
    }

    #[test]
    fn the_first_answer_is_awaited() {
        let of = |words: &[Lesson]| mail("Re: plan", "Yes.").after(words);
        let asked = |minutes| Lesson { says: Says::Asks, ..word("me", "b", minutes) };
        of(&[asked(300)]).check(awaited, 100);
        of(&[word("me", "b", 300)]).check(awaited, 60);
        of(&[word("ben", "a", 400), asked(300)]).check(awaited, 100);
        of(&[asked(300), word("eve", "c", 200)]).check(awaited, 0);
        of(&[asked(-5)]).check(awaited, 0);
        of(&[word("ben", "a", 400)]).check(awaited, 0);
        of(&[asked(300)]).with(|mail| mail.automated = true).check(awaited, 0);
        // Somebody who answers later takes nothing from this one.
        of(&[asked(300), word("eve", "c", -5)]).check(awaited, 100);
    }

    #[test]
    fn nights_and_weekends_are_off() {
        let sent = |when: &str, hours: i8| {
            let sent_at = SentAt { instant: at(when), offset: Offset::constant(hours) };
            mail("Plan", "When it suits.").with(|mail| mail.sent_at = Some(sent_at))
        };
        sent("2027-01-12T10:00:00Z", -8).check(off_hours, 100);
        sent("2027-01-12T10:00:00Z", 1).check(off_hours, 0);
        // A Saturday.
        sent("2027-01-09T10:00:00Z", 1).check(off_hours, 50);
        // Written in UTC, wherever that was.
        sent("2027-01-12T03:00:00Z", 0).check(off_hours, 0);
        sent("2027-01-12T10:00:00Z", -8).says(Sense::AtOnce, "when it").check(off_hours, 0);
        sent("2027-01-12T10:00:00Z", -8).with(|mail| mail.automated = true).check(off_hours, 0);
        let mut rig = mail("Plan", "When it suits.");
        rig.check(off_hours, 0);
        rig.working = Hours::Inside;
        rig.check(off_hours, 0);
        rig.working = Hours::Outside;
        rig.check(off_hours, 100);
        let mut rig = chat(Audience::Direct, Mention::Nobody, "home soon");
        rig.working = Hours::Outside;
        rig.check(off_hours, 0);
    }

    #[test]
    fn a_thread_has_its_own_pace() {
        let of = |words: &[Lesson]| mail("Re: plan", "Yes.").after(words);
        let (hour, day) = (60, 1_440);
        of(&[word("eve", "a", 6 * day), word("me", "b", 4 * day), word("eve", "c", day)]).check(slow_thread, 100);
        of(&[word("eve", "a", 5 * hour)]).check(slow_thread, 60);
        of(&[word("eve", "a", 2 * day), word("me", "b", 2)]).check(slow_thread, 0);
        of(&[word("eve", "a", 5 * hour), word("ben", "b", 298), word("eve", "c", 297)]).check(slow_thread, 0);
        of(&[]).check(slow_thread, 0);
        of(&[word("eve", "a", -5 * hour)]).check(slow_thread, 0);
    }

    #[test]
    fn what_answers_the_held_may_wait() {
        let check = |held, share| {
            let mut rig = mail("Re: plan", "Yes.").after(&[]);
            rig.history.as_mut().into_iter().for_each(|history| history.held = held);
            rig.check(reply_to_held, share);
        };
        check(Held::Parent, 100);
        check(Held::Thread, 60);
        check(Held::Nothing, 0);
    }

    #[test]
    fn what_is_said_in_a_channel_answers_nothing() {
        let check = |root: &str, share| {
            let rig = chat(Audience::Channel, Mention::Nobody, "and it works").after(&[]);
            let mut rig = rig.with(|chat| {
                chat.post = Some(Post::default());
                chat.thread.references = vec![root.to_owned()];
            });
            rig.history.as_mut().into_iter().for_each(|history| history.held = Held::Thread);
            rig.check(reply_to_held, share);
        };
        check("chat:team:C1:", 0);
        check("chat:team:C1:1.1", 60);
    }
}
