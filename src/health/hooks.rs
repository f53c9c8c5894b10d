//! What came to each hook since the daemon started.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::limits;
use crate::model::name::{HookName, PersonName};

/// What is known of one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookHealth {
    /// What the log and `/metrics` call it: a name that is a secret is cut.
    pub shown: String,
    /// The service: `slack`.
    pub kind: &'static str,
    /// For whom its messages are.
    pub readers: Vec<PersonName>,
    /// Whether a handshake of its service brings the secret.
    pub brings_secret: bool,
    /// Why it takes no request: a secret of it cannot be read.
    pub shut: Option<String>,
    /// Requests that were taken.
    pub taken: u64,
    /// When the last of them came.
    pub last: Option<Timestamp>,
    /// Requests that were refused.
    pub refused: u64,
    /// Why one was refused last, and when that was first so of late.
    pub refusal: Option<(Timestamp, &'static str)>,
    /// Why the text of a reference was not fetched last, and when that was first so of late; `None`: the last one was.
    pub unfetched: Option<(Timestamp, &'static str)>,
}

impl HookHealth {
    /// One to which nothing came.
    pub fn new((shown, kind): (String, &'static str), readers: Vec<PersonName>) -> Self {
        Self {
            shown,
            kind,
            readers,
            brings_secret: false,
            shut: None,
            taken: 0,
            last: None,
            refused: 0,
            refusal: None,
            unfetched: None,
        }
    }
}

/// All hooks by name.
#[derive(Clone, Debug, Default)]
pub struct Hooks(pub BTreeMap<HookName, HookHealth>);

impl Hooks {
    /// These are the hooks now; what came to those that stay is kept.
    pub fn are(&mut self, mut hooks: BTreeMap<HookName, HookHealth>) {
        for (name, hook) in &mut hooks {
            if let Some(HookHealth { taken, last, refused, refusal, unfetched, .. }) = self.0.remove(name) {
                (hook.taken, hook.last, hook.refused, hook.refusal) = (taken, last, refused, refusal);
                hook.unfetched = unfetched;
            }
        }
        self.0 = hooks;
    }

    /// A request was taken.
    pub fn took(&mut self, hook: &HookName, now: Timestamp) {
        if let Some(hook) = self.0.get_mut(hook) {
            hook.taken += 1;
            hook.last = Some(now);
        }
    }

    /// A request was refused. Returns whether that is news: not the same as a moment ago.
    pub fn refused(&mut self, hook: &HookName, why: &'static str, now: Timestamp) -> bool {
        let Some(hook) = self.0.get_mut(hook) else { return false };
        hook.refused += 1;
        is_news(&mut hook.refusal, (now, why))
    }

    /// The text of a reference was fetched.
    pub fn fetched(&mut self, hook: &HookName) {
        if let Some(hook) = self.0.get_mut(hook) {
            hook.unfetched = None;
        }
    }

    /// The text of a reference was not fetched. Returns whether that is news: not the same as a moment ago.
    pub fn fetched_nothing(&mut self, hook: &HookName, why: &'static str, now: Timestamp) -> bool {
        self.0.get_mut(hook).is_some_and(|hook| is_news(&mut hook.unfetched, (now, why)))
    }
}

/// Puts down why something failed. Returns whether that is news: not the same as a moment ago.
fn is_news(known: &mut Option<(Timestamp, &'static str)>, (now, why): (Timestamp, &'static str)) -> bool {
    let is_known = |(at, last): (Timestamp, &str)| {
        last == why && now.duration_since(at).unsigned_abs() < limits::ground::REFUSAL_SAID
    };
    if known.is_some_and(is_known) {
        return false;
    }
    *known = Some((now, why));
    true
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::{SignedDuration, Timestamp};

    use super::{HookHealth, Hooks};
    use crate::model::name::HookName;

    #[test]
    fn a_refusal_is_news_once_a_minute_and_counts_stay_over_a_reload() {
        let (mut hooks, team) = (Hooks::default(), HookName::new("team"));
        let at = |seconds: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let open = || BTreeMap::from([(team.clone(), HookHealth::new((team.to_string(), "slack"), Vec::new()))]);
        hooks.are(open());
        assert!(hooks.refused(&team, "signature wrong", at(0)));
        assert!(!hooks.refused(&team, "signature wrong", at(59)));
        assert!(hooks.refused(&team, "too old", at(59)));
        assert!(hooks.refused(&team, "too old", at(120)));
        hooks.took(&team, at(121));
        hooks.are(open());
        let known = hooks.0.get(&team);
        let figures = known.map(|hook| (hook.taken, hook.refused, hook.last));
        assert_eq!(figures, Some((1, 4, Some(at(121)))));
        assert!(hooks.fetched_nothing(&team, "the service refuses the token", at(130)));
        assert!(!hooks.fetched_nothing(&team, "the service refuses the token", at(131)));
        hooks.are(open());
        assert!(hooks.0.get(&team).is_some_and(|hook| hook.unfetched.is_some()), "kept over a reload");
        hooks.fetched(&team);
        assert!(hooks.0.get(&team).is_some_and(|hook| hook.unfetched.is_none()), "until one is fetched");
        hooks.are(BTreeMap::new());
        assert!(!hooks.refused(&team, "too old", at(500)), "it is gone");
    }
}
