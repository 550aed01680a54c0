//! What is said of a property.

use super::builtin::Builtin;
use serde::Serialize;

/// A property that does not hold, and what shows it.
///
/// ```
/// use rehearsal::native::{Context, answering};
/// use rehearsal::{Rehearsal, Steps, chooser::Fifo};
/// // Each asks the other, and is asked meanwhile: nobody answers.
/// let asks = |name: &'static str, other: &'static str| {
///     move || {
///         answering(async move |context: &Context, number: u64| {
///             context.ask::<u64, u64>(other, &number).await.map_err(|_| format!("{name} was refused"))
///         })
///     }
/// };
/// let ring = Rehearsal::new("ring")
///     .actor("one", asks("one", "two"))
///     .actor("two", asks("two", "one"))
///     .client("alice", Steps::new().send("one", "1"));
/// let run = ring.stage().unwrap().run(Fifo);
/// let broken = run.violation().unwrap();
/// assert_eq!((broken.property.as_str(), broken.step), ("no deadlock", 2));
/// assert!(broken.facts[0].contains("`one` waits for `two`"));
/// ```
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
