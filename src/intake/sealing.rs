//! Sealing: from what waits to an edition with its letters, their bytes fixed and durable before any is sent.

use std::collections::HashSet;

use jiff::Timestamp;
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::warn;

use super::desk::Desk;
use super::history;
use crate::civil::earlier;
use crate::digest;
use crate::digest::draw::{Draw, Drawn};
use crate::digest::link::Links;
use crate::digest::order::{Caps, ComposeError, Composed, Draft, Order, Sender, Topics, Week};
use crate::digest::originals::Originals;
use crate::digest::own::Templates;
use crate::digest::settings::{Format, Settings};
use crate::digest::sheet::Sheet;
use crate::health::Health;
use crate::limits;
use crate::mark::MarkKey;
use crate::model::edition::{Claim, Edition, EditionKind, Letter};
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::name::DigestName;
use crate::store::change::Changed;
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::view::{Past, Sealed};

/// What all editions of this Tidings have in common.
#[derive(Clone, Debug)]
pub struct Press {
    /// Who the letters are from.
    pub from: Sender,
    /// The key of their mark.
    pub mark: MarkKey,
    /// Where it is said when a person's template fails.
    pub health: Health,
}

/// One issue to be sealed.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Of what.
    pub kind: EditionKind,
    /// The slot it answers.
    pub slot: Timestamp,
    /// How often it was sealed anew.
    pub revision: u32,
    /// What is to be in it, in order of arrival.
    pub items: Vec<Identity>,
    /// Since when its reader was on a vacation that this ends. What is sealed anew does not know of it.
    pub away_since: Option<Timestamp>,
    /// How much its reader has seen meanwhile.
    pub seen_meanwhile: usize,
    /// How much a rule has dropped since the last one.
    pub dropped: usize,
    /// The largest letter that the server takes, octets.
    pub max_bytes: Option<u64>,
    /// Who gets it; `None`: as the settings say.
    pub to: Option<Vec<String>>,
    /// What it is to its items.
    pub claim: Claim,
    /// Whether it carries the mails themselves, where its digest does.
    pub carries: Carries,
}

/// Whether an issue carries the mails themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Those that were fetched for it.
    Fetched,
    /// None.
    Nothing,
    /// None, because the server did not take them: it says so.
    Refused,
}

/// Why an issue was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The letter cannot be written.
    #[error("cannot write the letter: {0}")]
    Compose(#[from] ComposeError),
}

/// What became of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// It is sealed, and durable.
    Now {
        /// How many items its letters list; what found no room waits on.
        items: usize,
    },
    /// Its slot has an edition already, or one of its items is in another one.
    Before,
    /// Nothing of it waits any more.
    Nothing,
}

/// Seals an issue.
///
/// # Errors
/// As `SealError` says; nothing was sealed then.
pub async fn seal(
    store: &Store,
    (desk, press): (&Desk, &Press),
    issue: &Issue,
    now: Timestamp,
) -> Result<Issued, SealError> {
    let drawn = draw(store, desk, issue).await?;
    if drawn.items.is_empty() {
        return Ok(Issued::Nothing);
    }
    let week = week(store, desk, &issue.kind, now);
    let originals = originals(store, desk, issue, &drawn.items).await?;
    let Composed { drafts, faults, items, .. } = compose((desk, press), issue, (drawn, originals), (now, week))?;
    faults.iter().for_each(|fault| warn!(person = %desk.person, "a template is not used: {fault}"));
    let named = &letter_settings(desk, &issue.kind).templates;
    // A digest without any says nothing of those of another.
    if *named != Templates::default() {
        let said = faults.first().map(|fault| format!("a digest was sent by the template that is built in: {fault}"));
        press.health.degrade_person(&desk.person, "template", said);
    }
    let mut parts: Vec<(Edition, Vec<Letter>)> = Vec::new();
    for draft in drafts {
        let (edition, letter) = file(store, desk, issue, draft, now).await?;
        match parts.iter_mut().find(|(part, _)| part.id == edition.id) {
            Some((part, letters)) => {
                part.letters.push(letter.id);
                letters.push(letter);
            }
            None => parts.push((edition, vec![letter])),
        }
    }
    let proof = store.seal(parts).await?;
    Ok(if *proof.get() == Changed::Yes { Issued::Now { items: items.len() } } else { Issued::Before })
}

/// How much a rule has dropped since a digest was last done; nothing for what is no digest.
pub fn dropped(store: &Store, desk: &Desk, kind: &EditionKind) -> usize {
    let mark = kind.digest().and_then(|name| store.slot_mark(&desk.person, name));
    mark.map_or(0, |mark| store.dropped_since(&desk.person, mark))
}

/// What the last seven days were like for a person, as the store knows; `None` for what is no digest, and where nothing
/// waited or no letter went.
pub fn week(store: &Store, desk: &Desk, kind: &EditionKind, now: Timestamp) -> Option<Week> {
    kind.digest()?;
    let since = earlier(now, limits::judgement::DIGEST_WEEK);
    let Past { waited, longest, passed } = store.past_since(&desk.person, since);
    let is_ours = |sealed: &Sealed| matches!(sealed.kind, EditionKind::Digest(_) | EditionKind::Overdue);
    let sealed = store.sealed_since(&desk.person, since).into_iter().filter(is_ours);
    let issues: HashSet<(EditionKind, Timestamp)> = sealed.map(|sealed| (sealed.kind, sealed.slot)).collect();
    // What left by hand alone says nothing of letters.
    (waited > 0 && !issues.is_empty()).then_some(Week { waited, letters: issues.len(), longest, passed })
}

/// What is to be listed of an issue.
///
/// # Errors
/// When the store fails.
pub async fn draw(store: &Store, desk: &Desk, issue: &Issue) -> Result<Drawn, StoreError> {
    let settings = letter_settings(desk, &issue.kind);
    let mut draw = Draw::new(&settings);
    // In the order in which they lie in the store, where neighbours share a page.
    let mut items = issue.items.clone();
    items.sort_unstable();
    for some in items.chunks(limits::memory::VIEW_BATCH) {
        draw.take(store.items(some.to_vec()).await?);
    }
    Ok(draw.finish())
}

/// The letters of an issue as they would be sealed now; the same bytes that `seal` fixes.
///
/// # Errors
/// When the templates fail.
pub fn compose(
    (desk, press): (&Desk, &Press),
    issue: &Issue,
    (Drawn { items, left }, originals): (Drawn, Originals),
    (now, week): (Timestamp, Option<Week>),
) -> Result<Composed, ComposeError> {
    let mut settings = letter_settings(desk, &issue.kind);
    if let Some(to) = &issue.to {
        settings.to.clone_from(to);
    }
    let order = Order {
        person: &desk.person,
        person_name: desk.name.as_deref(),
        zone: &desk.zone,
        from: &press.from,
        settings: &settings,
        links: links(desk),
        kind: &issue.kind,
        slot: issue.slot,
        revision: issue.revision,
        now,
        topics: topics(desk, &items),
        items,
        seen_meanwhile: issue.seen_meanwhile,
        dropped: issue.dropped,
        held_back: left,
        away_since: issue.away_since,
        week,
        caps: Caps { max_items: settings.max_items, max_bytes: issue.max_bytes },
        originals,
        mark: &press.mark,
        domain: domain(&press.from.address),
    };
    beside(|| digest::compose(&order))
}

/// Does what takes long (letters of thousands of items a third of a second) while another thread goes on with the tasks of
/// this one. Where there is only one, in tests, they wait.
fn beside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// What the items that are over speak of.
fn topics(desk: &Desk, items: &[Item]) -> Topics {
    let over = items.iter().filter(|item| item.verdict.over.is_some());
    over.filter_map(|item| Some((item.message.identity, history::topic_of(desk, item)?))).collect()
}

/// What was fetched for an issue, where its digest carries mails.
async fn originals(store: &Store, desk: &Desk, issue: &Issue, items: &[Item]) -> Result<Originals, StoreError> {
    let carries = issue.kind.digest().and_then(|name| desk.plan(name)).is_some_and(|plan| plan.letter.attach);
    match issue.carries {
        Carries::Fetched if carries => {
            let mails = items.iter().filter(|item| item.message.post.is_none());
            Ok(Originals::Attach(store.unshelve(mails.map(|item| item.message.identity).collect()).await?))
        }
        Carries::Refused => Ok(Originals::Refused),
        Carries::Fetched | Carries::Nothing => Ok(Originals::None),
    }
}

/// The webmail of each account that has one.
fn links(desk: &Desk) -> Links<'_> {
    let webmail = desk.accounts.iter().map(|(name, filing)| Some((name.as_str(), filing.webmail.as_ref()?)));
    webmail.flatten().collect()
}

/// Of whom, to whom and when a single letter of ours is.
pub fn sheet<'a>((desk, press): (&'a Desk, &'a Press), to: &'a str, now: Timestamp) -> Sheet<'a> {
    let domain = domain(&press.from.address);
    Sheet { from: &press.from, to, zone: &desk.zone, now, mark: &press.mark, domain }
}

/// What stands behind the `@` of our Message-IDs: the domain that our letters are from.
pub fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

/// Who gets the letters of this kind.
pub fn recipients(desk: &Desk, kind: &EditionKind) -> Vec<String> {
    letter_settings(desk, kind).to
}

/// How the letters of this kind are written: a digest's own settings; for what could wait no longer, and for a digest
/// that the configuration no longer has, those of the first digest.
fn letter_settings(desk: &Desk, kind: &EditionKind) -> Settings {
    let named = kind.digest().and_then(|name| desk.plan(name));
    match named.or(desk.digests.first()) {
        Some(plan) => plan.letter.clone(),
        None => Settings {
            name: DigestName::new("overdue"),
            to: desk.addresses.first().cloned().into_iter().collect(),
            subject: String::new(),
            max_items: limits::hands::OVERDUE_MAX_ITEMS,
            attach: false,
            format: Format::default(),
            templates: Templates::default(),
        },
    }
}

async fn file(
    store: &Store,
    desk: &Desk,
    issue: &Issue,
    draft: Draft,
    now: Timestamp,
) -> Result<(Edition, Letter), StoreError> {
    let size = draft.bytes.len() as u64;
    let body = (store.spool(draft.bytes).await?, size);
    let number = (issue.kind.clone(), issue.slot, issue.revision, draft.part);
    let mut edition = Edition::open(&desk.person, number, (draft.items, issue.claim), now);
    let letter = edition.address(draft.recipient, draft.message_id, body);
    Ok((edition, letter))
}
