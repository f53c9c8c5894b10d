//! `tidings explain`: synchronous or asynchronous, and why.

use std::fs::File;
use std::io;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;

use super::cut::Cut;
use super::judged::{self, AsOf, Judged, Sample};
use super::live::Asking;
use super::reasons::{self, Reasons};
use super::shared::{Common, Ended, load};
use super::{json, live, show, turns, whom};
use crate::civil::Zone;
use crate::control::wire::Tally;
use crate::limits;
use crate::model::verdict::{Placement, Reason, Then};
use crate::text;
use crate::urgency::judgement::PassedOver;
use crate::urgency::turn::Change;

/// Arguments of `tidings explain`.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// A mail as a file, `-` for standard input, or the id of an item that the daemon knows
    #[arg(value_name = "FILE|-|ID")]
    what: String,
    /// As of this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = show::time)]
    at: Option<Timestamp>,
}

/// Explains a mail, or an item of the daemon.
///
/// # Errors
/// When the file cannot be read.
pub async fn explain(common: &Common, explain: &Explain) -> anyhow::Result<Ended> {
    let is_file = explain.what == "-" || std::path::Path::new(&explain.what).exists();
    let is_id = !explain.what.is_empty() && explain.what.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_file && is_id {
        return live::item(common, &explain.what, Asking::Explain).await;
    }
    let config = match load(common).await {
        Ok(config) => config,
        Err(ended) => return Ok(ended),
    };
    let person = match whom::one(&config, common) {
        Ok(person) => person,
        Err(ended) => return Ok(ended),
    };
    let cut = read(&explain.what)?;
    let now = explain.at.unwrap_or_else(show::now);
    let account = person.accounts.first().map(|account| &account.name);
    let sample = Sample { account, cut: &cut, received_at: now };
    // What is known of threads and senders is the daemon's, and what it says of an item it said with that.
    let message = judged::message(&person.desk, &sample);
    let judged = judged::judge(&person.desk, message, None, AsOf::Moment(now));
    let turns_if = judged::turn(&person.desk, &judged, None);
    let tally = match &judged.verdict.reason {
        Reason::Signals(tally) => Some(tally.into()),
        _ => None,
    };
    let without_rule = if turns_if.is_none() { judged::without_rule(&person.desk, &judged) } else { None };
    let passed_over = judged::passed_over(&person.desk, &judged);
    let explained = Explained { zone: &person.desk.zone, judged: &judged, tally, passed_over, turns_if, without_rule };
    if common.json {
        show::out(&json::line(&explained.json())?);
    } else {
        show::out(&explained.text());
    }
    Ok(Ended::Done)
}

/// Reads the beginning of a mail, as much of it as the daemon does.
fn read(what: &str) -> anyhow::Result<Cut> {
    if what == "-" {
        return Cut::of(io::stdin().lock()).context("cannot read standard input");
    }
    let hint = "name a file with one mail, `-` for standard input, or the id of an item";
    let open = File::open(what).and_then(Cut::of);
    open.with_context(|| format!("cannot read \"{what}\"; {hint}"))
}

struct Explained<'a> {
    zone: &'a Zone,
    judged: &'a Judged,
    tally: Option<Tally>,
    passed_over: Vec<PassedOver>,
    turns_if: Option<Change>,
    /// The level that it would have without the rule that decided, where no single change turns the outcome.
    without_rule: Option<&'static str>,
}

impl Explained<'_> {
    fn evidence(&self) -> Vec<String> {
        match &self.judged.verdict.reason {
            Reason::Rule { evidence, .. } => evidence.clone(),
            Reason::NoRule | Reason::Signals(_) => Vec::new(),
            Reason::NeverHeld(why) => vec![format!("never held: {}", why.as_str())],
            Reason::Unjudged(why) => vec![why.clone()],
        }
    }

    fn turns_if(&self) -> Option<String> {
        let change = self.turns_if.as_ref()?;
        Some(turns::words(change, self.judged.message.kind, self.zone))
    }

    /// Why no single change turns it.
    fn stays(&self) -> String {
        match (self.judged.rule(), &self.without_rule) {
            (Some(rule), Some(level)) => format!("(no single change does: without rule {rule:?} it would be {level})"),
            _ => "(no single change does)".to_owned(),
        }
    }

    fn json(&self) -> json::Explained {
        let Judged { message, placement, at, .. } = self.judged;
        let (digest, slot, deliver_by, passes_at) = match placement {
            Placement::Pass => (None, None, None, Some(at.to_string())),
            Placement::Drop | Placement::Ignore => (None, None, None, None),
            Placement::Hold { due_at, then, deliver_by } => {
                let deliver_by = Some(deliver_by.to_string());
                match then {
                    Then::Pass => (None, None, deliver_by, Some(due_at.to_string())),
                    Then::Digest(name) => (Some(name.to_string()), Some(due_at.to_string()), deliver_by, None),
                }
            }
        };
        json::Explained {
            id: message.identity.to_string(),
            urgency: self.judged.level(),
            mode: reasons::mode(self.judged.level()),
            rule: self.judged.rule().map(str::to_owned),
            evidence: self.evidence(),
            score: self.tally.as_ref().map(|tally| tally.score),
            threshold: self.tally.as_ref().map(|tally| tally.urgent_at),
            signals: self.tally.as_ref().map(|tally| tally.signals.clone()).unwrap_or_default(),
            rules_scored: self.tally.as_ref().map(|tally| tally.rules.clone()).unwrap_or_default(),
            subject: message.subject.clone(),
            from: message.sender.as_ref().map(|sender| sender.address.clone()),
            excerpt: text::excerpt(&message.own_text, limits::front::EXPLAIN_EXCERPT),
            attachments: message.attachments.iter().map(|attachment| attachment.name.clone()).collect(),
            notes: message.notes.clone(),
            outcome: self.judged.outcome(),
            digest,
            slot,
            deliver_by,
            passes_at,
            rules_passed_over: self
                .passed_over
                .iter()
                .map(|over| json::PassedOver { name: over.rule.to_string(), failed: over.failed.clone() })
                .collect(),
            turns_if: self.turns_if(),
            standing: None,
        }
    }

    fn text(&self) -> String {
        let message = &self.judged.message;
        let evidence = self.evidence();
        let reasons = Reasons {
            level: self.judged.level(),
            rule: self.judged.rule(),
            tally: self.tally.as_ref(),
            evidence: &evidence,
        };
        let mut out = reasons.text();
        let mut line = |key: &str, value: &str| out.push_str(&show::field(key, value));
        line("outcome", &self.outcome());
        if self.judged.asked_rules() {
            line("turns if", &self.turns_if().unwrap_or_else(|| self.stays()));
        }
        line("from", message.sender.as_ref().map_or("(nobody)", |sender| &sender.address));
        if let Some(sent) = message.sent_at {
            line("written", &show::by_its_clock(sent));
        }
        line("subject", &message.subject);
        for attachment in &message.attachments {
            let name = if attachment.name.is_empty() { "(no name)" } else { &attachment.name };
            line("attachment", &format!("{name}, {} bytes", attachment.size));
        }
        line("id", &message.identity.to_string());
        for note in &message.notes {
            line("note", note);
        }
        let text = text::first_chars(&message.own_text, limits::front::EXPLAIN_EXCERPT);
        line("judged text", if text.is_empty() { "(none)" } else { text });
        if text.len() < message.own_text.len() {
            line("", "…");
        }
        for over in &self.passed_over {
            line("passed over", &format!("\"{}\": {}", over.rule, over.failed));
        }
        out
    }

    fn outcome(&self) -> String {
        let zone = self.zone;
        match &self.judged.placement {
            Placement::Pass => "passes at once".to_owned(),
            Placement::Drop => "is filed, in no digest".to_owned(),
            Placement::Ignore => "is left alone".to_owned(),
            Placement::Hold { due_at, then: Then::Pass, .. } => {
                format!("is held and passes at the end of quiet hours, {}", show::local(*due_at, zone))
            }
            Placement::Hold { due_at, then: Then::Digest(name), deliver_by } => format!(
                "is held for the digest \"{name}\" at {}; leaves at the latest {}",
                show::local(*due_at, zone),
                show::local(*deliver_by, zone)
            ),
        }
    }
}
