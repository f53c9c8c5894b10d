//! Digests by hand: preview, and now.

use jiff::Timestamp;
use tracing::warn;

use super::kit::{Operator, Trouble};
use crate::civil::later;
use crate::control::wire::Reply;
use crate::digest::originals::Originals;
use crate::intake::asking::{Asked, Asking};
use crate::intake::desk::{Desk, Plan};
use crate::intake::sealing::{self, Carries, Issue, Issued, SealError};
use crate::intake::slots;
use crate::limits;
use crate::model::edition::{Claim, EditionId, EditionKind, Fate};
use crate::model::identity::Identity;
use crate::model::name::DigestName;

/// When `digest now` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When the edition is sealed.
    Sealed,
    /// When its letters are final.
    Sent,
}

/// A digest as it would be sealed now; nothing is changed.
///
/// # Errors
/// When there is no such digest, its templates fail, or the store fails.
pub async fn preview(operator: &Operator, desk: &Desk, name: Option<&str>) -> Result<Reply, Trouble> {
    let plan = plan(desk, name)?;
    let now = operator.clock.now();
    let issue = issue(operator, (desk, plan), (now, 0), waiting(operator, desk, plan));
    let drawn = sealing::draw(&operator.store, desk, &issue).await?;
    if drawn.items.is_empty() {
        return Err(Trouble::Refused(format!("nothing waits for the digest \"{}\"", plan.letter.name)));
    }
    let week = sealing::week(&operator.store, desk, &issue.kind, now);
    let originals = if plan.letter.attach { Originals::WhenSent } else { Originals::None };
    let composed = sealing::compose((desk, &operator.press), &issue, (drawn, originals), (now, week))
        .map_err(|error| Trouble::Refused(error.to_string()))?;
    composed.faults.iter().for_each(|fault| warn!(person = %desk.person, "a template is not used: {fault}"));
    let mut drafts = composed.drafts;
    let first = drafts.first().map(|draft| draft.recipient.clone());
    drafts.retain(|draft| Some(&draft.recipient) == first.as_ref());
    let (text, html) = drafts.into_iter().map(|draft| (draft.text, draft.html)).unzip();
    Ok(Reply::Preview { text, html })
}

/// Seals a digest now, after the same look at what is in other hands that a slot makes.
///
/// # Errors
/// When there is no such digest, nothing waits, or the store fails.
pub async fn now(operator: &Operator, desk: &Desk, name: Option<&str>, until: Until) -> Result<Reply, Trouble> {
    let plan = plan(desk, name)?;
    let seen = ask(operator, desk, &plan.letter.name).await?;
    let now = operator.clock.now();
    let ids = waiting(operator, desk, plan);
    if ids.is_empty() {
        return Err(Trouble::Refused(format!("nothing waits for the digest \"{}\"", plan.letter.name)));
    }
    let issue = issue(operator, (desk, plan), (now, seen), ids);
    let sealed =
        sealing::seal(&operator.store, (desk, &operator.press), &issue, now).await.map_err(|error| match error {
            SealError::Store(error) => Trouble::Store(error),
            SealError::Compose(error) => Trouble::Refused(error.to_string()),
        })?;
    let Issued::Now { items } = sealed else {
        return Err(Trouble::Refused("the items were sealed by something else meanwhile".to_owned()));
    };
    let id = EditionId::of(&desk.person, &issue.kind, issue.slot, issue.revision, 1);
    if until == Until::Sealed {
        return Ok(Reply::Done { said: format!("edition {id} is sealed, with {items} items") });
    }
    sent(operator, desk, &issue, items).await
}

/// Waits until no part of the issue is open.
async fn sent(operator: &Operator, desk: &Desk, issue: &Issue, items: usize) -> Result<Reply, Trouble> {
    let deadline = later(operator.clock.now(), limits::hands::DIGEST_NOW_WAIT);
    loop {
        let mut open = 0_usize;
        let mut failed = 0_usize;
        for part in (1_u32..).take(limits::judgement::DIGEST_PARTS) {
            let id = EditionId::of(&desk.person, &issue.kind, issue.slot, issue.revision, part);
            match operator.store.edition(id).await?.map(|edition| edition.fate) {
                Some(Fate::Open) => open += 1,
                Some(Fate::Failed) => failed += 1,
                Some(Fate::Sent | Fate::Done) | None => {}
            }
        }
        if open == 0 && failed == 0 {
            return Ok(Reply::Done { said: format!("sent, with {items} items") });
        }
        if open == 0 {
            return Err(Trouble::Refused("a part could not be sent: see `tidings outbox`".to_owned()));
        }
        let now = operator.clock.now();
        if now >= deadline {
            return Err(Trouble::Refused("sealed, but not sent yet: see `tidings outbox`".to_owned()));
        }
        operator.clock.wait_until(later(now, limits::hands::DIGEST_NOW_LOOK)).await;
    }
}

async fn ask(operator: &Operator, desk: &Desk, name: &DigestName) -> Result<usize, Trouble> {
    let mut asking = Asking::default();
    loop {
        let now = operator.clock.now();
        let waiting = operator.store.waiting(&desk.person);
        match asking.ask(&operator.store, (desk, Some(name)), &waiting, now).await? {
            Asked::Answered(answers) => return Ok(answers.seen),
            Asked::Until(until) => {
                operator.clock.wait_until(until.min(later(now, limits::hands::DIGEST_NOW_LOOK))).await;
            }
        }
    }
}

fn plan<'a>(desk: &'a Desk, name: Option<&str>) -> Result<&'a Plan, Trouble> {
    let found = match name {
        None => desk.digests.first(),
        Some(name) => desk.plan(&DigestName::new(name)),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = desk.digests.iter().map(|plan| plan.letter.name.as_str()).collect();
        Trouble::Refused(match name {
            None => "no digest is configured".to_owned(),
            Some(name) => format!("there is no digest \"{name}\"; there are: {}", names.join(", ")),
        })
    })
}

fn waiting(operator: &Operator, desk: &Desk, plan: &Plan) -> Vec<Identity> {
    let all = operator.store.waiting(&desk.person);
    all.iter().filter(|one| slots::belongs(desk, plan, one)).map(|one| one.identity).collect()
}

fn issue(
    operator: &Operator,
    (desk, plan): (&Desk, &Plan),
    (slot, seen_meanwhile): (Timestamp, usize),
    items: Vec<Identity>,
) -> Issue {
    let kind = EditionKind::Digest(plan.letter.name.clone());
    let dropped = sealing::dropped(&operator.store, desk, &kind);
    let (max_bytes, to, claim, carries) = (None, None, Claim::Holds, Carries::Fetched);
    let away_since = None;
    Issue { kind, slot, revision: 0, items, away_since, seen_meanwhile, dropped, max_bytes, to, claim, carries }
}
