//! What the running daemon has said, as lists and sheets for people.

use std::fmt::Write;

use jiff::Timestamp;

use super::reasons::Reasons;
use super::whom::Zones;
use super::{headline, show};
use crate::civil::Zone;
use crate::control::wire::{Held, HookStatus, ItemDetail, OutboxLetter, Status};

/// Without year and zone: nothing is held for longer than a year, and a list is wide enough.
fn shortly(at: &str, zone: &Zone) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| show::this_year(at, zone))
}

/// A table whose lines say whose they are, where there are several persons.
fn table(zones: &Zones<'_>, header: &[&str], rows: Vec<(&str, Vec<String>)>) -> String {
    if !zones.are_several() {
        return show::table(header, &rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>());
    }
    let header: Vec<&str> = std::iter::once("PERSON").chain(header.iter().copied()).collect();
    let whose = |(person, row): (&str, Vec<String>)| std::iter::once(person.to_owned()).chain(row).collect();
    show::table(&header, &rows.into_iter().map(whose).collect::<Vec<_>>())
}

/// How the daemon is.
pub fn status(status: &Status, letters: &[OutboxLetter], zones: &Zones<'_>) -> String {
    let mut out = headline::headline(status, letters, zones);
    let outbox = show::count(status.outbox, "letter", "letters");
    let _ = write!(out, "\n{} held, {outbox} to send", status.held);
    if status.errands > 0 {
        let _ = write!(out, ", {} to be done in mailboxes", show::count(status.errands, "errand", "errands"));
    }
    out.push('\n');
    out.push('\n');
    let rows = status
        .sources
        .iter()
        .map(|source| {
            let zone = zones.of_person(&source.person);
            let last = source.last_sync.as_deref().map_or_else(|| "never".to_owned(), |at| show::when(at, zone));
            (
                source.person.as_str(),
                vec![source.name.clone(), source.state.clone(), show::when(&source.since, zone), last],
            )
        })
        .collect();
    out.push_str(&table(zones, &["ACCOUNT", "STATE", "SINCE", "LAST LOOK"], rows));
    for source in status.sources.iter().filter(|source| source.note.is_some()) {
        let whose = if zones.are_several() { format!("{}/", source.person) } else { String::new() };
        let _ = writeln!(out, "  {whose}{}: {}", source.name, source.note.as_deref().unwrap_or_default());
    }
    out.push('\n');
    let rows = status
        .due
        .iter()
        .map(|due| {
            let zone = zones.of_person(&due.person);
            let slot = due.slot.as_deref().map_or_else(|| "never".to_owned(), |slot| show::when(slot, zone));
            (due.person.as_str(), vec![due.digest.clone(), due.items.to_string(), slot])
        })
        .collect();
    out.push_str(&table(zones, &["DIGEST", "HELD", "NEXT"], rows));
    if !status.hooks.is_empty() {
        out.push('\n');
        out.push_str(&hooks(&status.hooks, zones));
    }
    out
}

/// The hooks, and below them what is wrong with each.
pub fn hooks(hooks: &[HookStatus], zones: &Zones<'_>) -> String {
    if hooks.is_empty() {
        return "there is no hook; write a [[chat]] to have one\n".to_owned();
    }
    let zone = |hook: &HookStatus| zones.of_person(hook.readers.first().map_or("", String::as_str));
    let rows: Vec<Vec<String>> = hooks
        .iter()
        .map(|hook| {
            let last = hook.last.as_deref().map_or_else(|| "never".to_owned(), |at| show::when(at, zone(hook)));
            let (taken, refused) = (hook.taken.to_string(), hook.refused.to_string());
            let state = if hook.shut.is_some() { "shut" } else { "open" }.to_owned();
            vec![hook.name.clone(), hook.kind.clone(), hook.readers.join(", "), state, taken, refused, last]
        })
        .collect();
    let mut out = show::table(&["HOOK", "KIND", "FOR", "STATE", "TAKEN", "REFUSED", "LAST TAKEN"], &rows);
    for hook in hooks {
        let at = |at: &Option<String>| at.as_deref().map(|at| show::when(at, zone(hook))).unwrap_or_default();
        if let Some(why) = &hook.shut {
            let _ = writeln!(out, "  {}: takes no request: {why}", hook.name);
        }
        if let Some(why) = &hook.refusal {
            let _ = writeln!(out, "  {}: refused {}: {why}", hook.name, at(&hook.refused_at));
        }
        if let Some(why) = &hook.unfetched {
            let _ = writeln!(out, "  {}: no text was fetched {}: {why}", hook.name, at(&hook.unfetched_at));
        }
        if hook.expected_until.is_some() {
            let _ = writeln!(out, "  {}: the handshake is taken until {}", hook.name, at(&hook.expected_until));
        }
        if hook.learned {
            let _ = writeln!(out, "  {}: has the secret of a handshake", hook.name);
        }
    }
    out
}

/// What is held.
pub fn held(items: &[Held], zones: &Zones<'_>) -> String {
    if items.is_empty() {
        return "nothing is held\n".to_owned();
    }
    let rows = items
        .iter()
        .map(|item| {
            let row = vec![
                item.id.chars().take(show::ID_CHARS).collect(),
                item.urgency.clone(),
                item.digest.clone().unwrap_or_else(|| "(passes)".to_owned()),
                shortly(&item.slot, zones.of_person(&item.person)),
                show::cell(&item.from, show::FROM_WIDTH),
                show::cell(&item.subject, show::SUBJECT_WIDTH),
            ];
            (item.person.as_str(), row)
        })
        .collect();
    table(zones, &["ID", "LEVEL", "DIGEST", "LEAVES", "FROM", "SUBJECT"], rows)
}

/// One item, and why it waits.
pub fn item(item: &ItemDetail, zones: &Zones<'_>) -> String {
    let held = &item.held;
    let zone = zones.of_person(&held.person);
    let reasons = Reasons {
        level: Some(held.urgency.as_str()).filter(|level| !level.is_empty()),
        rule: item.rule.as_deref(),
        tally: item.tally.as_ref(),
        evidence: &item.evidence,
    };
    let mut out = reasons.text();
    let mut line = |key: &str, value: &str| out.push_str(&show::field(key, value));
    line("stands", &item.standing);
    if zones.are_several() {
        line("person", &held.person);
    }
    line("id", &held.id);
    line("from", if held.from.is_empty() { "(nobody)" } else { &held.from });
    line("subject", &held.subject);
    line("arrived", &show::when(&held.held_since, zone));
    if let Some(digest) = &held.digest {
        line("digest", &format!("{digest:?} at {}", show::when(&held.slot, zone)));
    }
    if !held.deliver_by.is_empty() {
        line("at latest", &show::when(&held.deliver_by, zone));
    }
    if let Some(place) = &held.place {
        line("lies in", place);
    }
    for attachment in &item.attachments {
        line("attachment", attachment);
    }
    for note in &item.notes {
        line("note", note);
    }
    line("text", if item.excerpt.is_empty() { "(none)" } else { &item.excerpt });
    out
}

/// The letters.
pub fn outbox(letters: &[OutboxLetter], zones: &Zones<'_>) -> String {
    if letters.is_empty() {
        return "no letter waits or has failed\n".to_owned();
    }
    let rows = letters
        .iter()
        .map(|letter| {
            let zone = zones.of_person(&letter.person);
            let row = vec![
                letter.id.chars().take(show::ID_CHARS).collect(),
                letter.stage.clone(),
                letter.attempts.to_string(),
                letter.next_try.as_deref().map_or_else(String::new, |at| show::when(at, zone)),
                show::cell(&letter.to, show::FROM_WIDTH),
                letter.error.clone().unwrap_or_default(),
            ];
            (letter.person.as_str(), row)
        })
        .collect();
    table(zones, &["ID", "STAGE", "TRIES", "NEXT TRY", "TO", "ERROR"], rows)
}
