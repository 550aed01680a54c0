//! How a run ended.

use super::Acts;
use crate::choice::{Choice, Halt};
use crate::id::Time;
use crate::property::Violation;
use crate::state::Note;

/// A bound of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Bound {
    /// `limits.steps`.
    Steps,
    /// `limits.messages`.
    Messages,
}

impl Bound {
    /// What it bounds, as a search lists it.
    pub fn told(self) -> &'static str {
        match self {
            Bound::Steps => "steps of a run",
            Bound::Messages => "messages under way",
        }
    }
}

/// What a run showed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing can happen any more, and all held.
    Held,
    /// A property does not hold.
    Violated(Violation),
    /// The chooser ended it.
    Halted(Halt),
    /// The bound on steps ended it: nothing is proved.
    OutOfSteps,
    /// The bound on messages under way ended it.
    OutOfMessages,
}

impl Verdict {
    /// The word for it in reports and traces.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Held => "passed",
            Verdict::Violated(_) | Verdict::OutOfSteps | Verdict::OutOfMessages => "failed",
            Verdict::Halted(Halt::Diverged(_)) => "diverged",
            Verdict::Halted(_) => "stopped",
        }
    }

    /// The name of the property that is broken.
    pub fn broken(&self) -> Option<&str> {
        match self {
            Verdict::Violated(violation) => Some(&violation.property),
            Verdict::OutOfSteps => Some("bounds hold (steps)"),
            Verdict::OutOfMessages => Some("bounds hold (messages)"),
            _ => None,
        }
    }

    /// Whether it is this property that is broken.
    pub fn breaks(&self, property: &str) -> bool {
        self.broken() == Some(property)
    }

    /// The property that does not hold.
    pub fn violation(&self) -> Option<&Violation> {
        match self {
            Verdict::Violated(violation) => Some(violation),
            _ => None,
        }
    }
}

/// Which broken property ends a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// The first.
    #[default]
    First,
    /// This one alone.
    Broken(String),
    /// None: the run goes on to its end, and breaks what it broke on the way.
    End,
}

impl Until {
    pub(super) fn ends(&self, violation: &Violation) -> bool {
        match self {
            Until::First => true,
            Until::Broken(property) => *property == violation.property,
            Until::End => false,
        }
    }
}

/// What was recorded of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Every answer, in order.
    pub choices: Vec<Choice>,
    /// The digest of the world after each step.
    pub digests: Vec<u64>,
    /// The lines that steps brought with them.
    pub notes: Vec<Note>,
}

/// How a run ended, and what was kept of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it showed.
    pub verdict: Verdict,
    /// How many events happened.
    pub steps: u64,
    /// The digest of the whole run.
    pub digest: u64,
    /// The virtual time at its end.
    pub time: Time,
    /// Whether it went on until nothing could happen any more.
    pub settled: bool,
    /// The bound that ended it, where the scenario waives that bounds hold: then nothing is known of what would have come.
    pub cut: Option<Bound>,
    /// What was broken and did not end the run, in order: what [`Until`] says.
    pub passed: Vec<Violation>,
    /// For each `sometimes`, whether it was seen.
    pub sometimes: Vec<bool>,
    /// What was recorded, where it was wanted.
    pub record: Option<RunRecord>,
    /// What the actors did, where it was wanted.
    pub acts: Option<Acts>,
}
