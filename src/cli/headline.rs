//! What stands first in `status`: that all is well, or what is wrong and what to do about it.

use jiff::Timestamp;

use super::show;
use super::whom::Zones;
use crate::control::wire::{HookStatus, OutboxLetter, PauseReason, SourceStatus, Status};

/// The first lines; ends with a line feed.
pub fn headline(status: &Status, letters: &[OutboxLetter], zones: &Zones<'_>) -> String {
    let troubles = troubles(status, letters, zones);
    let mut out = match troubles.len() {
        0 if status.sources.iter().any(is_beginning) => "no trouble so far\n".to_owned(),
        0 => "all is well\n".to_owned(),
        1 => "1 thing is wrong:\n".to_owned(),
        many => format!("{many} things are wrong:\n"),
    };
    for (sign, texts) in [('!', troubles), ('-', notes(status, zones))] {
        // Lines of their own, not wrapped: they are searched for, and copied.
        texts.iter().for_each(|text| out.push_str(&format!("{sign} {}\n", text.replace('\n', "\n  "))));
    }
    out
}

/// What somebody should look at, the worst first.
fn troubles(status: &Status, letters: &[OutboxLetter], zones: &Zones<'_>) -> Vec<String> {
    let mut troubles: Vec<String> = status.degraded.iter().map(|why| format!("DEGRADED: {why}")).collect();
    for source in &status.sources {
        let Some(error) = &source.error else { continue };
        let (name, zone) = (named(source, zones), zones.of_person(&source.person));
        let next = source.next_try.as_ref().map(|next| format!("\nnext try {}", show::exactly(next, zone)));
        let is_away = source.state == "failed";
        let away =
            if is_away { format!(" is not watched since {}", show::when(&source.since, zone)) } else { String::new() };
        troubles.push(format!("account {name}{away}: {error}{}", next.unwrap_or_default()));
    }
    troubles.extend(status.hooks.iter().filter_map(shut));
    troubles.extend(status.hooks.iter().filter_map(|hook| deaf(hook, zones)));
    let stuck: Vec<&OutboxLetter> =
        letters.iter().filter(|one| one.next_try.is_some() && one.error.is_some()).collect();
    if let Some(first) = stuck.first() {
        let count = match stuck.len() {
            1 => "a letter cannot be sent".to_owned(),
            many => format!("{many} letters cannot be sent"),
        };
        let error = first.error.as_deref().unwrap_or_default();
        let next = stuck.iter().filter_map(|one| one.next_try.as_deref()).min().unwrap_or_default();
        let next = show::exactly(next, zones.of_person(&first.person));
        troubles.push(format!("{count}: {error}\nnext try {next}; `tidings outbox` shows what waits"));
    }
    troubles.extend(status.holidays.iter().map(|file| {
        let whose = if zones.are_several() { format!(" of {}", file.person) } else { String::new() };
        format!("holidays{whose} in {:?}: {}\nuntil then its days count as ordinary ones", file.file, file.error)
    }));
    if status.failed > 0 {
        let letters = show::count(status.failed, "letter", "letters");
        troubles.push(format!(
            "{letters} failed, and what was in them waits again\n`tidings outbox` says why, `tidings outbox retry ID` tries once more"
        ));
    }
    troubles
}

/// What one should know, and need not mend.
fn notes(status: &Status, zones: &Zones<'_>) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for pause in &status.paused {
        let whose = if zones.are_several() { format!("{}: ", pause.person) } else { String::new() };
        let until = show::when(&pause.until, zones.of_person(&pause.person));
        notes.push(match pause.reason {
            None => format!("{whose}paused until {until}: only critical messages pass; `tidings resume` ends it"),
            Some(PauseReason::Vacation) => format!(
                "{whose}on vacation until {until}: only critical messages pass, the rest comes then in one digest; `tidings resume` ends it"
            ),
        });
    }
    for source in status.sources.iter().filter(|source| is_beginning(source)) {
        let since = show::when(&source.since, zones.of_person(&source.person));
        notes.push(format!("account {} is {} since {since}", named(source, zones), source.state));
    }
    notes.extend(status.hooks.iter().filter_map(|hook| unheard(hook, zones)));
    notes.extend(status.hooks.iter().filter_map(unfetched));
    if status.uncertain > 0 {
        let letters = show::count(status.uncertain, "letter", "letters");
        notes.push(format!(
            "{letters} of which nobody knows whether the server took it: it is looked for, or sent once more, by itself"
        ));
    }
    notes
}

/// A hook that nothing can be sent to.
fn shut(hook: &HookStatus) -> Option<String> {
    let why = hook.shut.as_ref()?;
    Some(format!("hook {:?} takes no request: {why}\nthen reload; its service sends again for a while", hook.name))
}

/// A hook that has believed nothing yet; `None`: it has, or nothing came.
fn deaf(hook: &HookStatus, zones: &Zones<'_>) -> Option<String> {
    let name = &hook.name;
    let why = hook.refusal.as_ref().filter(|_| hook.taken == 0 && hook.shut.is_none())?;
    let refused = match hook.refused {
        1 => "the one request that came".to_owned(),
        many => format!("all {many} requests that came"),
    };
    let (at, advice) =
        (refused_at(hook, zones), "nothing of it is heard; mostly its secret is not that of the service");
    Some(format!("hook {name:?} has refused {refused}, the last at {at}: {why}\n{advice}"))
}

/// A hook whose references stay without their texts.
fn unfetched(hook: &HookStatus) -> Option<String> {
    let why = hook.unfetched.as_ref()?;
    Some(format!("hook {:?} says what happened, without its text: {why}", hook.name))
}

/// A hook that takes and refuses: whoever knows its name may send it what is wrong.
fn unheard(hook: &HookStatus, zones: &Zones<'_>) -> Option<String> {
    let at = |at: &Option<String>| at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
    let is_last = at(&hook.refused_at) > at(&hook.last);
    let why = hook.refusal.as_ref().filter(|_| is_last && hook.taken > 0 && hook.shut.is_none())?;
    let at = refused_at(hook, zones);
    Some(format!("hook {:?} refused what came last, at {at}: {why}", hook.name))
}

fn refused_at(hook: &HookStatus, zones: &Zones<'_>) -> String {
    let zone = zones.of_person(hook.readers.first().map_or("", String::as_str));
    show::when(hook.refused_at.as_deref().unwrap_or_default(), zone)
}

/// `"work"`, or where there are several persons `"ada/work"`.
fn named(source: &SourceStatus, zones: &Zones<'_>) -> String {
    let name = &source.name;
    if zones.are_several() { format!("{:?}", format!("{}/{name}", source.person)) } else { format!("{name:?}") }
}

/// Whether it has yet to say anything of its account.
fn is_beginning(source: &SourceStatus) -> bool {
    source.error.is_none() && source.state == "connecting"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use expect_test::{Expect, expect};

    use super::headline;
    use crate::cli::whom::Zones;
    use crate::control::wire::{HookStatus, OutboxLetter, PausedPerson, SourceStatus, Status};

    fn well() -> Status {
        let source = SourceStatus {
            name: "work".to_owned(),
            person: "me".to_owned(),
            state: "watching".to_owned(),
            since: "MON".to_owned(),
            last_sync: Some("TUE".to_owned()),
            error: None,
            note: None,
            next_try: None,
        };
        Status {
            sources: vec![source],
            held: 3,
            sealed: 0,
            due: Vec::new(),
            outbox: 0,
            uncertain: 0,
            failed: 0,
            errands: 0,
            degraded: None,
            paused_until: None,
            paused: Vec::new(),
            holidays: Vec::new(),
            hooks: vec![hook()],
        }
    }

    fn hook() -> HookStatus {
        HookStatus {
            name: "team".to_owned(),
            kind: "slack".to_owned(),
            readers: vec!["me".to_owned()],
            taken: 0,
            last: None,
            refused: 0,
            refusal: None,
            refused_at: None,
            expected_until: None,
            learned: false,
            shut: None,
            unfetched: None,
            unfetched_at: None,
        }
    }

    fn paused() -> PausedPerson {
        PausedPerson { person: "me".to_owned(), until: "THU".to_owned(), reason: None }
    }

    fn letter(error: &str) -> OutboxLetter {
        OutboxLetter {
            id: "ab".to_owned(),
            person: "me".to_owned(),
            to: "ada@example.org".to_owned(),
            stage: "ready".to_owned(),
            attempts: 2,
            next_try: Some("WED".to_owned()),
            error: (!error.is_empty()).then(|| error.to_owned()),
            size: 1,
        }
    }

    fn check(change: impl FnOnce(&mut Status), letters: &[OutboxLetter], expected: &Expect) {
        let mut status = well();
        change(&mut status);
        expected.assert_eq(&headline(&status, letters, &Zones::of_all(None)));
    }

    #[test]
    fn well_is_one_line() {
        check(|_| {}, &[], &expect!["all is well\n"]);
        check(|status| status.outbox = 1, &[letter("")], &expect!["all is well\n"]);
    }

    #[test]
    fn a_wrong_password() {
        let change = |status: &mut Status| {
            status.sources[0].state = "failed".to_owned();
            status.sources[0].error = Some("the server refused the login (name or password)".to_owned());
            status.sources[0].next_try = Some("TUE".to_owned());
        };
        check(
            change,
            &[],
            &expect![[r#"
                1 thing is wrong:
                ! account "work" is not watched since MON: the server refused the login (name or password)
                  next try TUE
            "#]],
        );
    }

    #[test]
    fn a_server_that_takes_no_letters() {
        check(
            |status| status.outbox = 2,
            &[letter("connect: refused"), letter("connect: refused")],
            &expect![[r#"
                1 thing is wrong:
                ! 2 letters cannot be sent: connect: refused
                  next try WED; `tidings outbox` shows what waits
            "#]],
        );
    }

    #[test]
    fn a_hook_that_hears_nothing() {
        let refuses = |status: &mut Status| {
            status.hooks[0].refused = 12;
            status.hooks[0].refusal = Some("signature wrong".to_owned());
            status.hooks[0].refused_at = Some("2027-01-13T03:04:05Z".to_owned());
        };
        check(
            refuses,
            &[],
            &expect![[r#"
                1 thing is wrong:
                ! hook "team" has refused all 12 requests that came, the last at Wed 13 Jan 2027 03:04 UTC: signature wrong
                  nothing of it is heard; mostly its secret is not that of the service
            "#]],
        );
        let took = |at: &'static str| {
            move |status: &mut Status| {
                refuses(status);
                (status.hooks[0].taken, status.hooks[0].last) = (3, Some(at.to_owned()));
            }
        };
        check(took("2027-01-13T03:04:06Z"), &[], &expect!["all is well\n"]);
        check(
            took("2027-01-13T03:04:04Z"),
            &[],
            &expect![[r#"
                all is well
                - hook "team" refused what came last, at Wed 13 Jan 2027 03:04 UTC: signature wrong
            "#]],
        );
        check(
            |status| status.hooks[0].shut = Some("cannot read the secret in \"/s\"".to_owned()),
            &[],
            &expect![[r#"
                1 thing is wrong:
                ! hook "team" takes no request: cannot read the secret in "/s"
                  then reload; its service sends again for a while
            "#]],
        );
    }

    #[test]
    fn several_at_once() {
        let change = |status: &mut Status| {
            status.degraded = Some("the disk is nearly full, so nothing is held".to_owned());
            status.failed = 1;
            status.uncertain = 1;
            status.paused = vec![paused()];
            status.sources[0].error = Some("the mailbox \"Held\" takes nothing".to_owned());
        };
        check(
            change,
            &[],
            &expect![[r#"
                3 things are wrong:
                ! DEGRADED: the disk is nearly full, so nothing is held
                ! account "work": the mailbox "Held" takes nothing
                ! 1 letter failed, and what was in them waits again
                  `tidings outbox` says why, `tidings outbox retry ID` tries once more
                - paused until THU: only critical messages pass; `tidings resume` ends it
                - 1 letter of which nobody knows whether the server took it: it is looked for, or sent once more, by itself
            "#]],
        );
    }

    #[test]
    fn a_pause_and_a_beginning_are_no_faults() {
        check(
            |status| status.paused = vec![paused()],
            &[],
            &expect![[r#"
            all is well
            - paused until THU: only critical messages pass; `tidings resume` ends it
        "#]],
        );
        check(
            |status| status.sources[0].state = "connecting".to_owned(),
            &[],
            &expect![[r#"
            no trouble so far
            - account "work" is connecting since MON
        "#]],
        );
    }
}
