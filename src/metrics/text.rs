//! Counters and readings as OpenMetrics text.

use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::atomic::AtomicU64;

use super::counters::{Labels, Metrics};
use super::readings::{Hook, Person, Readings, Source};

/// What every name begins with.
pub const PREFIX: &str = "tidings";
/// The media type of what `write` returns.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Gauges<N = i64, A = std::sync::atomic::AtomicI64> = Family<Labels, Gauge<N, A>>;
type Instants = Gauges<f64, AtomicU64>;

/// All counters and readings; ends with `# EOF`.
///
/// # Errors
/// None in practice: a string takes every text.
pub fn write(metrics: &Metrics, readings: &Readings) -> Result<String, fmt::Error> {
    let mut root = Registry::default();
    let version = vec![("version", env!("CARGO_PKG_VERSION"))];
    let ours = root.sub_registry_with_prefix(PREFIX);
    ours.register("build", "The version that runs", Info::new(version));
    metrics.register(ours, readings);
    of_people(ours, &readings.people);
    of_sources(ours, &readings.sources);
    of_hooks(ours, &readings.hooks);
    let states = |counts: &[(&'static str, usize)]| {
        let gauges = Gauges::<i64>::default();
        counts.iter().for_each(|(state, count)| set(&gauges, vec![("state", (*state).to_owned())], *count));
        gauges
    };
    ours.register("items", "Known messages, by where they stand", states(&readings.items));
    ours.register("outbox", "Letters that are not sent, by how far they are", states(&readings.letters));
    ours.register("lanes_overdue", "Parts of the program that did not move on in time", one(readings.stuck));
    if let Some(free) = readings.free_bytes {
        let text = "Free space on the disk with the state folder";
        ours.register_with_unit("state_free", text, Unit::Bytes, one(usize::try_from(free).unwrap_or(usize::MAX)));
    }
    if let Some(began) = readings.began {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(seconds(began));
        let text = "When the process began, in seconds since 1970";
        root.register_with_unit("process_start_time", text, Unit::Seconds, gauge);
    }
    let mut text = String::new();
    encode(&mut text, &root)?;
    Ok(text)
}

fn of_people(registry: &mut Registry, people: &[Person]) {
    let (degraded, held, overdue) = (Gauges::<i64>::default(), Gauges::<i64>::default(), Gauges::<i64>::default());
    let (oldest, next) = (Instants::default(), Instants::default());
    for person in people {
        let labels = || vec![("person", person.name.clone())];
        set(&degraded, labels(), usize::from(person.degraded));
        set(&held, labels(), person.held);
        set(&overdue, labels(), person.overdue);
        set_instant(&oldest, labels(), person.oldest);
        for (digest, slot) in &person.digests {
            set_instant(&next, [labels(), vec![("digest", digest.clone())]].concat(), *slot);
        }
    }
    registry.register("degraded", "Whether nothing is held, so that all mail passes", degraded);
    registry.register("held", "Messages that wait", held);
    registry.register("held_overdue", "Messages that wait beyond their last moment", overdue);
    let text = "When the message that has waited longest was taken, in seconds since 1970";
    registry.register_with_unit("held_oldest_timestamp", text, Unit::Seconds, oldest);
    let text = "When a digest is next due, in seconds since 1970";
    registry.register_with_unit("digest_next_timestamp", text, Unit::Seconds, next);
}

fn of_sources(registry: &mut Registry, sources: &[Source]) {
    let (states, errands, last) = (Gauges::<i64>::default(), Gauges::<i64>::default(), Instants::default());
    for source in sources {
        let labels = || vec![("person", source.person.clone()), ("account", source.account.clone())];
        for (state, holds) in &source.states {
            let labels = [labels(), vec![("state", (*state).to_owned())]].concat();
            set(&states, labels, usize::from(*holds));
        }
        set(&errands, labels(), source.errands);
        set_instant(&last, labels(), source.last_sync);
    }
    registry.register("source_state", "What an account is doing: 1 for the one state it is in", states);
    registry.register("errands_pending", "Errands to be done in an account", errands);
    let text = "When an account last took everything that was there, in seconds since 1970";
    registry.register_with_unit("source_last_sync_timestamp", text, Unit::Seconds, last);
}

fn of_hooks(registry: &mut Registry, hooks: &[Hook]) {
    let shut = Gauges::<i64>::default();
    for Hook { shown, kind, is_shut, .. } in hooks {
        // Two may be shown alike.
        let labels = vec![("hook", shown.clone()), ("kind", kind.clone())];
        shut.get_or_create(&labels).inc_by(i64::from(*is_shut));
    }
    registry.register("hook_shut", "Whether a hook takes no request, since a secret of it cannot be read", shut);
}

fn set(gauges: &Gauges, labels: Labels, count: usize) {
    gauges.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
}

/// What is not known has no series: a 0 would be 1970.
fn set_instant(gauges: &Instants, labels: Labels, at: Option<Timestamp>) {
    if let Some(at) = at {
        gauges.get_or_create(&labels).set(seconds(at));
    }
}

fn one(count: usize) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    gauge
}

fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}
