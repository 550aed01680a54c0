//! What is said of a property.

use super::builtin::Builtin;
use serde::Serialize;

/// A property that does not hold, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Its name.
    pub property: String,
    /// The step after which it did not hold; 0 is the start.
    pub step: u64,
    /// Which built-in property, if it is one.
    pub builtin: Option<Builtin>,
    /// What was seen, line by line, each fit for a `note:`.
    pub facts: Vec<String>,
}

/// How a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may still be broken, or still come about.
    Open,
    /// It came about: nothing more is asked of it.
    Satisfied,
    /// It was broken: that is told once.
    Violated,
}
