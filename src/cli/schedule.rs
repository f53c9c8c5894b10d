//! `tidings schedule`: when digests run and quiet hours are, with the changes of summer time marked.

use clap::Args;
use jiff::Timestamp;

use super::shared::{Common, Ended, load};
use super::{json, show, whom};
use crate::intake::desk::Desk;
use crate::limits;

/// Arguments of `tidings schedule`. A slot that a digest skips, because it falls on a holiday, is left out.
#[derive(Clone, Debug, Args)]
pub struct Schedule {
    /// How many slots of each digest
    #[arg(long, value_name = "N", default_value_t = 5)]
    next: usize,
    /// From this moment on (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = show::time)]
    at: Option<Timestamp>,
}

/// Prints the next slots and quiet hours.
///
/// # Errors
/// When `--at` is no time.
pub async fn schedule(common: &Common, schedule: &Schedule) -> anyhow::Result<Ended> {
    let now = schedule.at.unwrap_or_else(show::now);
    let config = match load(common).await {
        Ok(config) => config,
        Err(ended) => return Ok(ended),
    };
    let people = match whom::all(&config, common) {
        Ok(people) => people,
        Err(ended) => return Ok(ended),
    };
    let next = schedule.next.min(limits::front::SCHEDULE_SHOWN);
    let moments: Vec<json::Moment> = people.iter().flat_map(|person| moments(&person.desk, now, next)).collect();
    if common.json {
        show::out(&json::line(&moments)?);
        return Ok(Ended::Done);
    }
    let whose = |person: &str| if people.len() > 1 { format!("{person}: ") } else { String::new() };
    let rows: Vec<Vec<String>> = moments
        .iter()
        .map(|moment| match moment {
            json::Moment::Slot { digest, person, utc, local, note } => {
                let note = match note {
                    Some("holiday") => "a holiday",
                    Some("gap") => "the clock goes forward over this time",
                    Some(_) => "the clock goes back: the first of the two",
                    None => "",
                };
                vec![format!("{}digest {digest}", whose(person)), local.clone(), utc.clone(), note.to_owned()]
            }
            json::Moment::Quiet { quiet, person, utc, local, until_local, .. } => {
                let what = format!("{}quiet {quiet}", whose(person));
                vec![what, local.clone(), utc.clone(), format!("until {until_local}")]
            }
        })
        .collect();
    show::out(&show::table(&["WHAT", "LOCAL", "UTC", ""], &rows));
    for desk in people.iter().map(|person| &person.desk) {
        for plan in desk.digests.iter().filter(|plan| plan.schedule.never_runs()) {
            show::out(&format!("{}digest {} never runs\n", whose(desk.person.as_str()), plan.letter.name));
        }
    }
    Ok(Ended::Done)
}

fn moments(desk: &Desk, now: Timestamp, next: usize) -> Vec<json::Moment> {
    let person = || desk.person.to_string();
    let is_off = |instant| desk.almanac.days.contains(desk.zone.local(instant).date());
    let mut moments = Vec::new();
    for plan in &desk.digests {
        for slot in plan.schedule.slots_after(&desk.zone, now).take(next) {
            moments.push(json::Moment::Slot {
                digest: plan.letter.name.to_string(),
                person: person(),
                utc: slot.instant.to_string(),
                local: show::local(slot.instant, &desk.zone),
                note: slot.note.map(|note| note.as_str()).or_else(|| is_off(slot.instant).then_some("holiday")),
            });
        }
    }
    for time in desk.quiet_hours(None).next_times(now, next) {
        moments.push(json::Moment::Quiet {
            quiet: time.name.unwrap_or("pause").to_owned(),
            person: person(),
            utc: time.start.instant.to_string(),
            local: show::local(time.start.instant, &desk.zone),
            until_utc: time.end.instant.to_string(),
            until_local: show::local(time.end.instant, &desk.zone),
        });
    }
    moments
}
