//! From a call to its answer: proven and read, judged, kept, answered.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::join_all;
use tracing::{debug, error, info, warn};

use super::fetch::Queue;
use super::hooks::Doorway;
use super::kit::Kit;
use super::plan::{self, Around, Step};
use crate::chat;
use crate::chat::answer::{Answer, Handshake, Taken};
use crate::chat::event::Event;
use crate::chat::hook::Hook;
use crate::chat::registry;
use crate::chat::request::Request;
use crate::hook::call::{Call, Receive, Reply};
use crate::limits;
use crate::metrics::words::Called;
use crate::model::history::lesson::Lesson;
use crate::model::identity::Id;
use crate::model::item::{Item, Settled};
use crate::model::message::Message;
use crate::model::verdict::Placement;
use crate::secret::Secret;
use crate::store::change::{Accepted, Changed};
use crate::store::committed::Committed;
use crate::store::fault::StoreError;
use crate::store::view::HookMemory;

/// Takes the calls of all hooks.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// What it works with.
    pub kit: Kit,
    /// Where the texts of references are asked for.
    pub fetches: Queue,
}

impl Receive for Receiver {
    fn refused(&self, hook: &str, why: &'static str) {
        match self.known(hook) {
            Some(doorway) => self.note(&doorway, why),
            None => self.kit.store.metrics().unknown(),
        }
    }

    fn put_off(&self, hook: &str) {
        match self.known(hook) {
            Some(doorway) => self.count(&doorway, Called::Later),
            None => self.kit.store.metrics().unknown(),
        }
    }

    fn receive(&self, call: Call) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(self.take(call))
    }
}

/// What a call asks for.
enum Asked {
    Told(Box<Told>),
    /// A secret is to be kept before this is answered.
    Secret(Secret, Answer),
    Said(Answer),
    Refused(&'static str, Answer),
}

/// What a request told.
struct Told {
    /// How many events.
    events: usize,
    /// What they ask to be done.
    steps: Vec<Step>,
    /// Names that it brought.
    news: Vec<(Id, String)>,
    /// What of it is a mere reference, whose text is to be fetched.
    references: Vec<Event>,
    /// What it is answered once all is kept.
    answer: Answer,
}

impl Receiver {
    async fn take(&self, call: Call) -> Reply {
        let hooks = self.kit.hooks.borrow().clone();
        let Some(doorway) = hooks.named(&call.hook) else {
            debug!("a request to a hook that is not there is refused");
            self.kit.store.metrics().unknown();
            return Reply::Said(Answer::empty(401));
        };
        let size = call.body.len() as u64;
        let (around, url) = (self.kit.around(&doorway, size), hooks.url(&call.target));
        let theirs = Arc::clone(&doorway);
        let asked = tokio::task::spawn_blocking(move || asked(&theirs, &call, &url, &around)).await;
        let hook = doorway.shown.as_str();
        match asked {
            Ok(Some(Asked::Told(told))) => {
                let Told { events, steps, news, references, answer } = *told;
                let ((), kept) = tokio::join!(self.kit.learn(&doorway, news), self.keep(hook, steps));
                if kept.is_ok() {
                    self.kit.store.metrics().events((hook, doorway.kind), events);
                    // Only what is kept: the rest is sent again.
                    self.fetches.add(&doorway, references, size);
                }
                self.kept(&doorway, kept, answer)
            }
            Ok(Some(Asked::Secret(secret, answer))) => {
                let memory = HookMemory { expected_until: None, secret: Some(secret) };
                let kept = self.kit.store.keep_hook(&doorway.name, memory).await;
                if kept.is_ok() {
                    info!(hook, "the handshake of the service was taken, and its secret is kept");
                }
                self.kept(&doorway, kept.map(|()| Vec::new()), answer)
            }
            Ok(Some(Asked::Said(answer))) => {
                self.count(&doorway, Called::Handshake);
                Reply::Said(answer)
            }
            Ok(Some(Asked::Refused(why, answer))) => {
                self.note(&doorway, why);
                Reply::Said(answer)
            }
            Ok(None) => self.later(&doorway),
            Err(_) => {
                error!(hook, "a request could not be read; please report this");
                self.later(&doorway)
            }
        }
    }

    fn known(&self, hook: &str) -> Option<Arc<Doorway>> {
        self.kit.hooks.borrow().named(hook)
    }

    fn count(&self, doorway: &Doorway, became: Called) {
        self.kit.store.metrics().called((&doorway.shown, doorway.kind), became);
    }

    fn later(&self, doorway: &Doorway) -> Reply {
        self.count(doorway, Called::Later);
        Reply::Later
    }

    /// Notes a refusal, and says it where it is news.
    fn note(&self, doorway: &Doorway, why: &'static str) {
        self.count(doorway, Called::Refused);
        if self.kit.health.hook_refused(&doorway.name, why, self.kit.clock.now()) {
            info!(hook = doorway.shown, "a request is refused: {why}");
        }
    }

    fn kept(&self, doorway: &Doorway, kept: Result<Vec<Committed<()>>, StoreError>, answer: Answer) -> Reply {
        match kept {
            Ok(proofs) => {
                self.count(doorway, Called::Taken);
                self.kit.health.hook_took(&doorway.name, self.kit.clock.now());
                if proofs.is_empty() { Reply::Said(answer) } else { Reply::Kept(answer, proofs) }
            }
            Err(cause) => {
                warn!(hook = doorway.shown, "a request is to be sent again, since it cannot be kept: {cause}");
                self.later(doorway)
            }
        }
    }

    /// Writes everything, in groups that share a barrier. What one message asks for stays in order.
    async fn keep(&self, hook: &str, steps: Vec<Step>) -> Result<Vec<Committed<()>>, StoreError> {
        let mut proofs = Vec::new();
        let mut rest = steps.into_iter().peekable();
        while rest.peek().is_some() {
            let (mut some, mut touched) = (Vec::new(), HashSet::new());
            while some.len() < limits::hands::ACCEPT_AT_ONCE
                && let Some(step) = rest.next_if(|step| step.identity().is_none_or(|id| !touched.contains(&id)))
            {
                touched.extend(step.identity());
                some.push(step);
            }
            for proof in join_all(some.into_iter().map(|step| self.write(hook, step))).await {
                proofs.extend(proof?);
            }
        }
        Ok(proofs)
    }

    async fn write(&self, hook: &str, step: Step) -> Result<Option<Committed<()>>, StoreError> {
        let Kit { store, clock, .. } = &self.kit;
        let proof = match step {
            Step::Accept(item, lesson) => self.accept(hook, item, lesson).await?,
            Step::Amend(item, lesson) => match store.item(item.message.identity).await? {
                None => self.accept(hook, item, lesson).await?,
                Some(known) => return self.amend(&known, *item).await,
            },
            Step::TakeBack(item) => {
                let (id, at) = (item.message.identity, clock.now());
                match store.item(id).await? {
                    None => store.accept(*item, Vec::new()).await?.bare(),
                    Some(_) => store.withdraw(id, Settled::TakenBack, at, Vec::new()).await?.bare(),
                }
            }
            Step::Mine(lesson, answered) => {
                let at = clock.now();
                for item in answered {
                    let _: Committed<_> = store.withdraw(item, Settled::InOtherHands, at, Vec::new()).await?;
                }
                store.learn(vec![*lesson], None).await?;
                return Ok(None);
            }
        };
        Ok(Some(proof))
    }

    async fn accept(
        &self,
        hook: &str,
        item: Box<Item>,
        lesson: Option<Box<Lesson>>,
    ) -> Result<Committed<()>, StoreError> {
        let (id, placement) = (item.message.identity, item.placement.clone());
        let proof = self.kit.store.accept_and_learn(*item, Vec::new(), lesson.map(|lesson| *lesson)).await?;
        if *proof.get() == Accepted::New {
            match placement {
                Placement::Hold { due_at, deliver_by, .. } => info!(%id, hook, %due_at, %deliver_by, "is held"),
                Placement::Drop => info!(%id, hook, "is in no digest"),
                Placement::Pass | Placement::Ignore => debug!(%id, hook, "is left alone"),
            }
        }
        Ok(proof.bare())
    }

    /// A change that is older than what is known of the message changes nothing; a message that waits no more stays as it
    /// was sent.
    async fn amend(&self, known: &Item, item: Item) -> Result<Option<Committed<()>>, StoreError> {
        let edited_at = |message: &Message| message.post.as_ref().and_then(|post| post.edited_at);
        let Item { mut message, verdict, placement, .. } = item;
        if edited_at(&message).is_some_and(|at| edited_at(&known.message).is_some_and(|known| known > at)) {
            return Ok(None);
        }
        message.received_at = known.message.received_at;
        let id = message.identity;
        let proof = self.kit.store.amend(message, verdict, placement).await?;
        if *proof.get() == Changed::Yes {
            info!(%id, "was changed by its sender, and judged again");
        }
        Ok(Some(proof.bare()))
    }
}

/// Proves and reads a request, and judges what it says. Blocking. `None`: nobody can prove it now.
fn asked(doorway: &Doorway, call: &Call, url: &str, around: &Around) -> Option<Asked> {
    let hook = around.hook(doorway)?;
    let memory = around.store.hook(&doorway.name);
    let request = Request {
        method: &call.method,
        url,
        below: &call.below,
        headers: &call.headers,
        body: &call.body,
        now: around.now,
    };
    if memory.expected_until.is_some_and(|until| until > around.now) {
        // Whoever begins anew proves nothing by a secret of before.
        let bare = Hook { secrets: Vec::new(), ..hook.clone() };
        if let Taken::Handshake(Handshake { answer, secret: Some(secret) }) = chat::take(&bare, &request) {
            return Some(Asked::Secret(secret, answer));
        }
    }
    Some(match chat::take(&hook, &request) {
        Taken::Events { events, answer } => {
            let news = hook.names.news(registry::service(hook.kind).introduces(&request), &events);
            let hook = Hook { names: hook.names.knowing(&news), ..hook };
            let (count, steps) = (events.len(), plan::steps((doorway, &hook), &events, around));
            let references = references(doorway, &hook, events);
            Asked::Told(Box::new(Told { events: count, steps, news, references, answer }))
        }
        Taken::Handshake(Handshake { answer, secret: None }) => Asked::Said(answer),
        Taken::Handshake(Handshake { secret: Some(_), .. }) => {
            Asked::Refused("a handshake that nobody awaits: run `tidings hook expect`", Answer::empty(401))
        }
        Taken::Refused { refusal, answer } => Asked::Refused(refusal.why(), answer),
    })
}

/// Those of the events whose text is to be fetched; none where nobody has said with what.
fn references(doorway: &Doorway, hook: &Hook, events: Vec<Event>) -> Vec<Event> {
    if doorway.asking.is_none() {
        return Vec::new();
    }
    events.into_iter().filter(|event| chat::question(hook.kind, event).is_some()).collect()
}
