//! Predicates over what has happened so far, as folds: each remembers what it must of the past, and never looks at an
//! observation twice.

use super::matcher::{Matcher, canonical};
use crate::digest::{Digest, mix};
use crate::id::ActorId;
use crate::state::Observation;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Observations with one key, and whose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Whose {
    pub(super) key: String,
    pub(super) actor: Option<ActorId>,
}

impl Whose {
    pub(super) fn has(&self, seen: &Observation) -> bool {
        self.key == seen.key && self.actor.is_none_or(|actor| actor == seen.actor)
    }
}

/// What is made of the observations.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fold {
    /// Some one fits.
    Observed(Matcher),
    /// All fit.
    Every(Matcher),
    /// The last one fits.
    Last(Matcher),
    /// How many there are (with this value) fits.
    Count(Option<Value>, Matcher),
    /// Exactly these values, in canonical text.
    Are(BTreeSet<String>),
    /// No other values.
    Within(BTreeSet<String>),
    /// These values in this order.
    Order(Vec<Value>),
    /// The first value's first occurrence comes before the second's.
    Before(Value, Value),
    /// No value twice.
    Distinct,
}

/// What a predicate remembers. Which fields are used, and for what, is the fold's business; places are indices into the
/// record, and serve reports only.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Memory {
    /// A count: of observations, of answers, of values found in order, of lost messages.
    pub(super) count: u64,
    /// Where the deciding event is: the first that fits, the first that does not, the last.
    pub(super) first: Option<usize>,
    /// Where its counterpart is.
    pub(super) second: Option<usize>,
    /// Whether the last one fits.
    pub(super) holds: bool,
    /// The values seen, in canonical text, and where first.
    pub(super) values: BTreeMap<String, usize>,
    /// A digest of the above values, or of a whole history.
    pub(super) sum: u64,
}

impl Memory {
    /// Forgets everything, keeping what memory it can.
    pub(super) fn clear(&mut self) {
        self.values.clear();
        (self.count, self.sum, self.holds) = (0, 0, false);
        (self.first, self.second) = (None, None);
    }

    fn learn_value(&mut self, text: String, place: usize) -> Option<usize> {
        if let Some(earlier) = self.values.get(&text) {
            return Some(*earlier);
        }
        // A sum: a set has no order.
        self.sum = self.sum.wrapping_add(Digest::of(text.as_bytes()));
        self.values.insert(text, place);
        None
    }
}

impl Fold {
    /// Takes in the observation at `place` of the record.
    pub(super) fn take(&self, memory: &mut Memory, place: usize, value: &Value) {
        match self {
            Fold::Observed(matcher) if memory.first.is_none() && matcher.admits(value) => {
                memory.first = Some(place)
            }
            Fold::Every(matcher) if memory.first.is_none() && !matcher.admits(value) => {
                memory.first = Some(place)
            }
            Fold::Observed(_) | Fold::Every(_) => {}
            Fold::Last(matcher) => {
                memory.first = Some(place);
                memory.holds = matcher.admits(value);
            }
            Fold::Count(only, _) => {
                if only.as_ref().is_none_or(|only| only == value) {
                    memory.count += 1;
                    memory.first = Some(place);
                }
            }
            Fold::Are(known) | Fold::Within(known) => self.take_member(known, memory, place, value),
            Fold::Order(values) => {
                if values.get(memory.count as usize) == Some(value) {
                    memory.count += 1;
                    memory.first = Some(place);
                }
            }
            Fold::Before(first, then) => {
                if memory.first.is_none() && value == first {
                    memory.first = Some(place);
                }
                if memory.second.is_none() && value == then {
                    memory.second = Some(place);
                }
            }
            Fold::Distinct => take_distinct(memory, place, value),
        }
    }

    fn take_member(&self, known: &BTreeSet<String>, memory: &mut Memory, place: usize, value: &Value) {
        if memory.first.is_some() {
            return;
        }
        let text = canonical(value);
        if !known.contains(&text) {
            memory.first = Some(place);
        } else if matches!(self, Fold::Are(_)) {
            memory.learn_value(text, place);
        }
    }

    /// Whether the predicate holds.
    pub(super) fn holds(&self, memory: &Memory) -> bool {
        match self {
            Fold::Observed(_) => memory.first.is_some(),
            Fold::Every(_) | Fold::Within(_) | Fold::Distinct => memory.first.is_none(),
            Fold::Last(_) => memory.holds,
            Fold::Count(_, matcher) => matcher.admits_whole(memory.count.into()),
            Fold::Are(known) => memory.first.is_none() && memory.values.len() == known.len(),
            Fold::Order(values) => memory.count == values.len() as u64,
            Fold::Before(..) => matches!((memory.first, memory.second), (Some(a), Some(b)) if a < b),
        }
    }

    /// A digest of all that can still matter of what is remembered. With the observations to come it decides
    /// the predicate for ever after; where a predicate cannot change any more, it is constant.
    pub(super) fn digest(&self, memory: &Memory) -> u64 {
        match self {
            Fold::Observed(_) | Fold::Every(_) | Fold::Within(_) => u64::from(memory.first.is_some()),
            Fold::Last(_) => u64::from(memory.holds),
            Fold::Count(_, matcher) => memory.count.min(matcher.ceiling()),
            Fold::Order(_) => memory.count,
            Fold::Before(..) => match (memory.first, memory.second) {
                (None, None) => 0,
                (Some(_), None) => 1,
                (Some(first), Some(second)) if first < second => 2,
                _ => 3,
            },
            Fold::Are(_) | Fold::Distinct => match memory.first {
                Some(_) => 1,
                None => mix(2, memory.sum),
            },
        }
    }

    /// Whether the predicate can only come to hold, and whether it can only cease to, whatever is observed,
    /// in whatever order.
    pub(super) fn trend(&self) -> (bool, bool) {
        match self {
            Fold::Observed(_) => (true, false),
            Fold::Every(_) | Fold::Within(_) | Fold::Distinct => (false, true),
            Fold::Count(_, matcher) => matcher.trend(),
            Fold::Last(_) | Fold::Are(_) | Fold::Order(_) | Fold::Before(..) => (false, false),
        }
    }
}

fn take_distinct(memory: &mut Memory, place: usize, value: &Value) {
    if memory.first.is_some() {
        return;
    }
    if let Some(earlier) = memory.learn_value(canonical(value), place) {
        // Nothing can mend it: the values need not be known any more.
        memory.clear();
        (memory.first, memory.second) = (Some(earlier), Some(place));
    }
}
