//! `tidings schedule`: when digests run and quiet hours are, with the changes of summer time marked.

use clap::Args;
use jiff::Timestamp;

use super::shared::{Common, Ended, load};
use super::{json, show};
use crate::limits;

/// Arguments of `tidings schedule`.
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
    let desk = &config.person;
    let next = schedule.next.min(limits::front::SCHEDULE_SHOWN);
    let mut moments = Vec::new();
    for plan in &desk.digests {
        for slot in plan.schedule.slots_after(&desk.zone, now).take(next) {
            moments.push(json::Moment::Slot {
                digest: plan.letter.name.to_string(),
                utc: slot.instant.to_string(),
                local: show::local(slot.instant, &desk.zone),
                note: slot.note.map(|note| note.as_str()),
            });
        }
    }
    for time in desk.quiet_hours(None).next_times(now, next) {
        moments.push(json::Moment::Quiet {
            quiet: time.name.unwrap_or("pause").to_owned(),
            utc: time.start.instant.to_string(),
            local: show::local(time.start.instant, &desk.zone),
            until_utc: time.end.instant.to_string(),
            until_local: show::local(time.end.instant, &desk.zone),
        });
    }
    if common.json {
        show::out(&json::line(&moments)?);
        return Ok(Ended::Done);
    }
    let rows: Vec<Vec<String>> = moments
        .iter()
        .map(|moment| match moment {
            json::Moment::Slot { digest, utc, local, note } => {
                let note = match note {
                    Some("gap") => "the clock goes forward over this time",
                    Some(_) => "the clock goes back: the first of the two",
                    None => "",
                };
                vec![format!("digest {digest}"), local.clone(), utc.clone(), note.to_owned()]
            }
            json::Moment::Quiet { quiet, utc, local, until_local, .. } => {
                vec![format!("quiet {quiet}"), local.clone(), utc.clone(), format!("until {until_local}")]
            }
        })
        .collect();
    show::out(&show::table(&["WHAT", "LOCAL", "UTC", ""], &rows));
    for plan in desk.digests.iter().filter(|plan| plan.schedule.never_runs()) {
        show::out(&format!("digest {} never runs\n", plan.letter.name));
    }
    Ok(Ended::Done)
}
