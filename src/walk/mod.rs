//! Walks over all schedules of a scenario, by running it again and again: `dfs` and `dpor`.
//!
//! A [`Walk`] hands out the chooser of the next execution and takes it back with what the run showed; who runs it, and
//! where, is not its business. It expects runs that go on past what they break
//! ([`Until::End`](crate::run::Until)), or that nothing is asked of it after the first that does. A walk is sequential: the next chooser follows from the runs before.
//! But a search can be [cut](split) into parts, each of them a walk of its own.

mod dfs;
mod dpor;
mod order;
mod part;
mod path;
mod tree;

#[cfg(test)]
mod tests;

pub use part::Part;

use crate::choice::{Chooser, Halt};
use crate::error::{Error, Result};
use crate::run::{Bound, Outcome, Verdict};

/// An exhaustive search, execution by execution.
pub trait Walk: Send {
    /// The chooser of the next execution; nothing when nothing is left.
    fn next(&mut self) -> Option<Box<dyn Chooser>>;

    /// Takes the chooser back, with what its run showed.
    fn done(&mut self, chooser: Box<dyn Chooser>, outcome: &Outcome);

    /// Whether the whole space was covered, under the bounds of [`bounds_hit`](Walk::bounds_hit). It was not where a run was
    /// [cut](Outcome::cut): what lies beyond a bound that is waived was never seen.
    fn complete(&self) -> bool;

    /// How many states were seen, where states are told apart.
    fn states(&self) -> Option<u64>;

    /// How many executions ended where nothing new lay ahead: they are no runs.
    fn blocked(&self) -> u64;

    /// Every bound that cut something, in words.
    fn bounds_hit(&self) -> Vec<String>;
}

/// What makes two states one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fingerprint {
    /// Nothing: every order is its own.
    #[default]
    None,
    /// What every participant has seen and done: merges the orders of independent events.
    History,
    /// What every participant holds now, and what is under way: merges far more.
    State,
}

/// What a walk is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which states are one.
    pub fingerprint: Fingerprint,
    /// How many steps deep the walk goes at most.
    pub depth: u64,
    /// How many states, or branches not yet taken, are kept at most.
    pub entries: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { fingerprint: Fingerprint::None, depth: 20_000, entries: 1 << 24 }
    }
}

/// Depth-first search through all orders, in canonical order.
pub fn dfs(options: Options) -> Box<dyn Walk> {
    dfs_of(options, Part::default())
}

/// The same, of a part.
pub fn dfs_of(options: Options, part: Part) -> Box<dyn Walk> {
    Box::new(dfs::Dfs::new(options, part))
}

/// Dynamic partial-order reduction: one execution for all orders that differ only in the order of independent steps.
///
/// # Errors
/// With fingerprints: a search that sleeps on what it has explored must not stop where it has been.
pub fn dpor(options: Options) -> Result<Box<dyn Walk>> {
    dpor_of(options, Part::default())
}

/// The same, of a part.
///
/// # Errors
/// As [`dpor`].
pub fn dpor_of(options: Options, part: Part) -> Result<Box<dyn Walk>> {
    if options.fingerprint != Fingerprint::None {
        let error = Error::input("`dpor` does not go together with fingerprints of states");
        return Err(error
            .note("a state that was seen with other steps asleep may have a future that was never explored")
            .help("use `--strategy dfs --fingerprint state`, or `--strategy dpor --fingerprint none`"));
    }
    Ok(Box::new(dpor::Dpor::new(options, part)))
}

/// Cuts a search into about `most` parts, in order; `run` makes a run with a chooser and gives it back.
///
/// All parts together show what the whole does; with [`dpor`], some more executions are broken off. Nothing but the scenario and
/// these arguments decides what they are. Parts of a search with fingerprints do not know of each other's states, and do again what
/// others did.
pub fn split(
    reduced: bool,
    most: usize,
    options: Options,
    run: &mut dyn FnMut(Box<dyn Chooser>) -> Box<dyn Chooser>,
) -> Vec<Part> {
    part::split(reduced, most, options.depth, run)
}

fn is_pruned(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, Verdict::Halted(Halt::Pruned))
}

/// Notes the bounds that cut this run.
fn limited(bounds: &mut Vec<String>, outcome: &Outcome, drew: bool, depth: Option<u64>) {
    let mut add = |text: String| {
        if !bounds.contains(&text) {
            bounds.push(text);
        }
    };
    if drew {
        add("random draws: one answer of many".to_owned());
    }
    if let Some(depth) = depth {
        add(format!("depth: {depth} steps"));
    }
    match outcome.verdict {
        Verdict::OutOfSteps => add(Bound::Steps.told().to_owned()),
        Verdict::OutOfMessages => add(Bound::Messages.told().to_owned()),
        _ => {}
    }
    if let Some(bound) = outcome.cut {
        add(bound.told().to_owned());
    }
}
