//! What is counted while the program runs: plain counters that everybody adds to.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::readings::{Hook, Readings, Source};
use super::words::{Called, Decided, Done, Edition, Failure, Sent};
use crate::limits;

/// Names of labels with their values. Values are our own words and names from the configuration, nothing else: what
/// strangers write must not become a series.
pub type Labels = Vec<(&'static str, String)>;

/// What became of a request to a hook that is not there.
const UNKNOWN: &str = "unknown";

/// Counters of one kind, told apart by labels.
pub type Counters = Family<Labels, Counter>;

/// The counters of this run of the program. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    messages: Counters,
    editions: Counters,
    letters: Counters,
    uncertain: Counter,
    errands: Counters,
    failures: Counters,
    requests: Counters,
    events: Counters,
    barrier: Histogram,
    judge: Histogram,
    mismatches: Gauge,
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            messages: Counters::default(),
            editions: Counters::default(),
            letters: Counters::default(),
            uncertain: Counter::default(),
            errands: Counters::default(),
            failures: Counters::default(),
            requests: Counters::default(),
            events: Counters::default(),
            barrier: Histogram::new(limits::ground::BARRIER_BUCKETS),
            judge: Histogram::new(limits::ground::JUDGE_BUCKETS),
            mismatches: Gauge::default(),
        }
    }
}

impl Metrics {
    /// A new message was accepted from an account.
    pub fn message(&self, (person, account): (&str, &str), decided: Decided) {
        self.0.messages.get_or_create(&of_account(person, account, ("decision", decided.as_str()))).inc();
    }

    /// A new message was accepted from a hook. Told apart by its service: the name of a hook may be a secret.
    pub fn post(&self, (person, kind): (&str, &str), decided: Decided) {
        self.0.messages.get_or_create(&of_service(person, kind, decided.as_str())).inc();
    }

    /// An edition was sealed.
    pub fn edition(&self, person: &str, kind: Edition) {
        self.0.editions.get_or_create(&of_person(person, ("kind", kind.as_str()))).inc();
    }

    /// An attempt to send a letter has ended.
    pub fn letter(&self, sent: Sent) {
        self.0.letters.get_or_create(&outcome(sent.as_str())).inc();
    }

    /// Nobody knows whether a letter was taken.
    pub fn uncertain(&self) {
        self.0.uncertain.inc();
    }

    /// An errand was answered.
    pub fn errand(&self, (person, account): (&str, &str), done: Done) {
        self.0.errands.get_or_create(&of_account(person, account, ("outcome", done.as_str()))).inc();
    }

    /// An account ceased to be watched.
    pub fn failure(&self, (person, account): (&str, &str), why: Failure) {
        self.0.failures.get_or_create(&of_account(person, account, ("reason", why.as_str()))).inc();
    }

    /// A request came to a hook of this service, shown under this name.
    pub fn called(&self, (shown, kind): (&str, &str), became: Called) {
        self.0.requests.get_or_create(&of_hook(shown, kind, Some(became.as_str()))).inc();
    }

    /// A request came to a hook that is not there. Which one it named is nobody's business.
    pub fn unknown(&self) {
        self.0.requests.get_or_create(&outcome(UNKNOWN)).inc();
    }

    /// So many events came in a request that was taken.
    pub fn events(&self, (shown, kind): (&str, &str), count: usize) {
        self.0.events.get_or_create(&of_hook(shown, kind, None)).inc_by(count as u64);
    }

    /// A barrier of the store took this long.
    pub fn barrier(&self, took: Duration) {
        self.0.barrier.observe(took.as_secs_f64());
    }

    /// Reading and judging a message took this long.
    pub fn judged(&self, took: Duration) {
        self.0.judge.observe(took.as_secs_f64());
    }

    /// So many counts and records did not agree at the last audit.
    pub fn mismatches(&self, count: usize) {
        self.0.mismatches.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Puts all of them into a registry, each series that can be from the beginning: one that appears with its first event
    /// hides that event from `rate()`.
    pub fn register(&self, registry: &mut Registry, readings: &Readings) {
        let counted = &*self.0;
        for Source { person, account, .. } in &readings.sources {
            let all = |counters: &Counters, label, words: &[&str]| {
                words.iter().for_each(|word| drop(counters.get_or_create(&of_account(person, account, (label, word)))));
            };
            all(&counted.messages, "decision", &Decided::ALL.map(Decided::as_str));
            all(&counted.errands, "outcome", &Done::ALL.map(Done::as_str));
            all(&counted.failures, "reason", &Failure::ALL.map(Failure::as_str));
        }
        for person in &readings.people {
            for kind in Edition::ALL {
                drop(counted.editions.get_or_create(&of_person(&person.name, ("kind", kind.as_str()))));
            }
        }
        drop(counted.requests.get_or_create(&outcome(UNKNOWN)));
        for Hook { shown, kind, readers, .. } in &readings.hooks {
            for became in Called::ALL {
                drop(counted.requests.get_or_create(&of_hook(shown, kind, Some(became.as_str()))));
            }
            drop(counted.events.get_or_create(&of_hook(shown, kind, None)));
            for (person, decided) in readers.iter().flat_map(|person| Decided::ALL.map(|decided| (person, decided))) {
                drop(counted.messages.get_or_create(&of_service(person, kind, decided.as_str())));
            }
        }
        for sent in Sent::ALL {
            drop(counted.letters.get_or_create(&outcome(sent.as_str())));
        }
        let text = "New messages of an account, or of a kind of hook, by what was decided";
        registry.register("messages", text, counted.messages.clone());
        registry.register("editions", "Sealed editions, a part of a digest each", counted.editions.clone());
        registry.register("letters", "Attempts to send a letter, by outcome", counted.letters.clone());
        let text = "Attempts to send a letter of which nobody knows the outcome";
        registry.register("uncertain_sends", text, counted.uncertain.clone());
        registry.register("errands", "Errands in mailboxes, by outcome", counted.errands.clone());
        let text = "How often an account ceased to be watched, by reason";
        registry.register("source_failures", text, counted.failures.clone());
        registry.register("hook_requests", "Requests to hooks, by what became of them", counted.requests.clone());
        let text = "Events in requests that were taken, those that come again with them";
        registry.register("hook_events", text, counted.events.clone());
        let text = "Time to make a group of changes durable";
        registry.register_with_unit("store_barrier", text, Unit::Seconds, counted.barrier.clone());
        registry.register_with_unit("judge", "Time to read and judge a message", Unit::Seconds, counted.judge.clone());
        let text = "Counts and records that did not agree at the last audit";
        registry.register("store_mismatches", text, counted.mismatches.clone());
    }
}

fn of_person(person: &str, label: (&'static str, &str)) -> Labels {
    vec![("person", person.to_owned()), (label.0, label.1.to_owned())]
}

fn of_account(person: &str, account: &str, label: (&'static str, &str)) -> Labels {
    vec![("person", person.to_owned()), ("account", account.to_owned()), (label.0, label.1.to_owned())]
}

fn of_service(person: &str, kind: &str, decision: &str) -> Labels {
    vec![("person", person.to_owned()), ("kind", kind.to_owned()), ("decision", decision.to_owned())]
}

fn of_hook(shown: &str, kind: &str, outcome: Option<&str>) -> Labels {
    let labels = [("hook", Some(shown)), ("kind", Some(kind)), ("outcome", outcome)];
    labels.into_iter().filter_map(|(label, value)| Some((label, value?.to_owned()))).collect()
}

fn outcome(word: &str) -> Labels {
    vec![("outcome", word.to_owned())]
}
