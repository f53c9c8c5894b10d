//! The transitions as commands to the committer, and its answers.

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::change::{Accepted, Changed, Forgotten, Outcome};
use super::committed::Committed;
use super::fault::StoreError;
use super::view::{Audit, HookMemory, Pause};
use crate::model::edition::{Edition, EditionId, Letter, LetterId, SpoolName};
use crate::model::errand::{Answer, Errand, ErrandId};
use crate::model::history::lesson::{Lesson, SenderKey};
use crate::model::history::study::Study;
use crate::model::identity::{Id, Identity};
use crate::model::item::{Item, Settled};
use crate::model::mailbox::{Cursor, Mailbox};
use crate::model::message::Message;
use crate::model::name::{AccountName, DigestName, HookName, PersonName};
use crate::model::verdict::{Placement, Verdict};

/// One transition to carry out, and whom to tell.
#[derive(Debug)]
pub struct Job {
    /// The transition.
    pub command: Command,
    /// Where its answer goes; nobody may be waiting any more.
    pub reply: oneshot::Sender<Reply>,
}

/// The answer to a job.
pub type Reply = Result<Committed<Done>, StoreError>;

/// A transition.
#[derive(Debug)]
pub enum Command {
    /// `Store::accept`.
    Accept(Box<Item>, Vec<Errand>, Option<Box<Lesson>>),
    /// `Store::advance`.
    Advance(PersonName, AccountName, Mailbox, Cursor),
    /// `Store::replace`.
    Replace(Identity, Box<(Verdict, Placement)>, Vec<Errand>),
    /// `Store::amend`.
    Amend(Box<(Message, Verdict, Placement)>),
    /// `Store::withdraw`.
    Withdraw(Identity, Settled, Timestamp, Vec<Errand>),
    /// `Store::seal`.
    Seal(Vec<Sealing>),
    /// `Store::mark_slot`.
    MarkSlot(PersonName, DigestName, Timestamp),
    /// `Store::begin`.
    Begin(LetterId),
    /// `Store::data_sent`.
    DataSent(LetterId),
    /// `Store::settle`.
    Settle(LetterId, Outcome, Timestamp),
    /// `Store::deliver`.
    Deliver(EditionId, Vec<(Identity, Vec<Errand>)>, Timestamp),
    /// `Store::finish`.
    Finish(EditionId),
    /// `Store::post`.
    Post(Vec<Errand>),
    /// `Store::answer`.
    Answer(Vec<(ErrandId, Answer)>, Timestamp),
    /// `Store::learn`.
    Learn(Vec<Lesson>, Option<(PersonName, AccountName, Mailbox, Study)>),
    /// `Store::forget_sender`.
    ForgetSender(PersonName, SenderKey),
    /// `Store::keep_names`.
    KeepNames(HookName, Vec<(Id, String)>),
    /// `Store::keep_hook`.
    KeepHook(HookName, HookMemory),
    /// `Store::pause`.
    Pause(PersonName, Option<Pause>),
    /// `Store::reschedule`.
    Reschedule(LetterId, Option<Timestamp>, Timestamp),
    /// `Store::expire`.
    Expire(PersonName, Timestamp),
    /// `Store::forget`.
    Forget(PersonName, Vec<Identity>),
    /// `Store::audit`.
    Audit,
    /// `Store::close`.
    Close,
}

/// What a transition did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Of `accept`.
    Accepted(Accepted),
    /// Of a compare-and-set.
    Changed(Changed),
    /// Of `expire`: so many records went.
    Removed(usize),
    /// Of `forget`.
    Forgotten(Forgotten),
    /// Of `audit`.
    Audited(Audit),
    /// Of all others.
    Nothing,
}

/// One part of an issue that is sealed.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The part.
    pub edition: Edition,
    /// Its letters.
    pub letters: Vec<Letter>,
    /// The file that lists its items.
    pub manifest: SpoolName,
}
