//! How what the signals said is written.

use serde::{Deserialize, Serialize};

use crate::model::name::RuleName;
use crate::model::signal::{By, Fired, Points, Signal, Tally};
use crate::model::verdict::Over;

/// What the signals said: points in hundredths, signals by their names, which are stable.
#[derive(Serialize, Deserialize)]
pub struct TallyPart {
    score: i32,
    urgent_at: i32,
    low_at: i32,
    fired: Vec<FiredPart>,
}

#[derive(Serialize, Deserialize)]
struct FiredPart {
    by: ByPart,
    points: i32,
    evidence: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum ByPart {
    Signal(String),
    Rule(String),
}

/// How it is over.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum OverPart {
    /// Expired.
    Expired,
    /// Settled.
    Settled,
}

impl TallyPart {
    /// The part for a tally.
    pub fn of(tally: &Tally) -> Self {
        Self {
            score: tally.score.hundredths(),
            urgent_at: tally.urgent_at.hundredths(),
            low_at: tally.low_at.hundredths(),
            fired: tally.fired.iter().map(FiredPart::of).collect(),
        }
    }

    /// The tally. A signal that is no more, or not yet known here, is left out: what it gave is in the sum.
    pub fn read(self) -> Tally {
        Tally {
            score: Points::of_hundredths(self.score),
            urgent_at: Points::of_hundredths(self.urgent_at),
            low_at: Points::of_hundredths(self.low_at),
            fired: self.fired.into_iter().filter_map(FiredPart::read).collect(),
        }
    }
}

impl FiredPart {
    fn of(fired: &Fired) -> Self {
        let by = match &fired.by {
            By::Signal(signal) => ByPart::Signal(signal.name().to_owned()),
            By::Rule(rule) => ByPart::Rule(rule.as_str().to_owned()),
        };
        Self { by, points: fired.points.hundredths(), evidence: fired.evidence.clone() }
    }

    fn read(self) -> Option<Fired> {
        let by = match self.by {
            ByPart::Signal(name) => By::Signal(Signal::named(&name)?),
            ByPart::Rule(name) => By::Rule(RuleName::new(name)),
        };
        Some(Fired { by, points: Points::of_hundredths(self.points), evidence: self.evidence })
    }
}

impl OverPart {
    /// The part.
    pub fn of(over: Over) -> Self {
        match over {
            Over::Expired => Self::Expired,
            Over::Settled => Self::Settled,
        }
    }

    /// What it stands for.
    pub fn read(self) -> Over {
        match self {
            Self::Expired => Over::Expired,
            Self::Settled => Over::Settled,
        }
    }
}
