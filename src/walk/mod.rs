//! Walks over all schedules of a scenario, by running it again and again: `dfs` and `dpor`.
//!
//! A [`Walk`] hands out the chooser of the next execution and takes it back with what the run showed; who runs it,
//! and where, is not its business. It expects runs that go on past what they break
//! ([`Until::End`](crate::run::Until)), so that no promise hides another, or that nothing is asked of it after the
//! first that does. A walk is sequential: the next chooser follows from the runs before. But a search can be
//! [cut](split) into parts, each of them a walk of its own.
//!
//! # Why the reduced search leaves nothing out
//!
//! [`dpor()`] makes one execution for all orders that differ only in the order of independent steps. The algorithm
//! is that of wakeup trees with sleep sets (Abdulla, Aronis, Jonsson, Sagonas: *Optimal dynamic partial order
//! reduction*, POPL 2014). Each event is a process of one step.
//!
//! **Dependence.** Two steps are dependent when they are of one participant, or when both touch one thing and one
//! of them writes: the virtual clock, a property's view of several participants, a queue of a profile's runtime,
//! another participant ([`Footprint`](crate::choice::Footprint) lists what a step touches). Two independent steps
//! may change places: neither makes the other possible or impossible, both orders lead to the same state, and no
//! property tells them apart. One step happened before another when there is a chain of dependences and causes from
//! it. Executions of the same steps in which the same happened before the same are one Mazurkiewicz trace.
//!
//! **Reversal.** Where two dependent steps have nothing between them, and the later one is no consequence of the
//! earlier, they race. For each race of each execution, one is planned that takes the later step where the earlier
//! was, after all that does not need the earlier; unless a step that is asleep there shows it already. What a
//! reversed step will touch is foreseen from above, since it has another past then. A reversal that turns out to be
//! impossible (a timer that is not the first) is no proof of anything: the search goes on from where it failed as
//! from any other place.
//!
//! **What actors bring with them**, and the paper leaves aside:
//! - An actor that waits in a handler takes no message. The message races with the step in which the handler began,
//!   not with the one in which it went on; one that is never delivered races too.
//! - A timer, or an order to end an actor at once, ends a call without its answer. Both are taken to depend on
//!   everything: it matters who would have answered, how many timers may still come early, and whether anything
//!   else was possible.
//! - What a step makes impossible (a timer, an answer, in the Theater profiles a stop) happens nowhere in the
//!   execution, and so has no race there. It is planned in the place of that step, after all that need not wait for
//!   it.
//! - Of the timers that may come early, the earliest hides the others: steps that set or take back timers for
//!   different points in time depend on each other.
//! - Where timers alone are left, each has its branch.
//!
//! **Additions.** Some plans come from no race that was seen: those for what a step made impossible, and those
//! whose last step may touch more than it did. Below such a plan, a step that is asleep stands for itself alone,
//! and not for what it is independent of. That is the algorithm with source sets and sleep sets (section 5 of the
//! paper), which bears any addition.
//!
//! **Parts.** Where a search is [cut](split), *every* event is a branch at each question above the cut, in order,
//! and the branches before it are asleep in it as far as they are independent of it. So whatever a race inside a
//! part asks for above the cut is a branch there already.
//!
//! **What it costs.** Without timers, stops, the queues of the Theater profiles and properties over several
//! participants there is one execution for each Mazurkiewicz trace. With them there may be some more, and blocked
//! ones, which are no runs. Memory is that of one path and its branches, both bounded; the relation among the *n*
//! steps of a path takes *n*²/16 bytes.
//!
//! **What stands behind it.** The tests in `src/walk/tests/agree.rs` run thousands of generated scenarios in every
//! profile, each in every order and reduced, whole and in parts, and compare the sets of traces, ends and
//! violations. Two of them break the dependence and the parts on purpose, and see that the comparison finds it.
//!
//! # Why a search with fingerprints leaves nothing out
//!
//! [`dfs()`] runs every order. With a [`Fingerprint`], an execution ends where its state was seen before: the
//! future of a state does not depend on how it was reached, and the one before had, or will have, all of it
//! explored. What a state takes in, and how likely it is that two of them fall together, is said in
//! [`state`](crate::state)'s `fingerprint.rs`.

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
///
/// ```
/// use rehearsal::run::Keep;
/// use rehearsal::walk::{Options, dfs, dpor};
/// use rehearsal::{Rehearsal, Steps, native::builtin};
/// let pairs = ["one", "two", "three"].into_iter().fold(Rehearsal::new("pairs"), |pairs, name| {
///     let pairs = pairs.actor(name, || builtin("log").unwrap());
///     pairs.client(&format!("client-of-{name}"), Steps::new().send(name, "hello"))
/// });
/// let mut simulation = pairs.scenario().unwrap().simulation(None);
/// let mut executions = |mut walk: Box<dyn rehearsal::walk::Walk>| {
///     let mut count = 0;
///     while let Some(chooser) = walk.next() {
///         let (outcome, chooser) = simulation.run(chooser, Keep::default());
///         walk.done(chooser, &outcome);
///         count += 1;
///     }
///     assert!(walk.complete());
///     count
/// };
/// // Three messages to three actors have six orders, and no two of them differ in anything that matters.
/// assert_eq!(executions(dfs(Options::default())), 6);
/// assert_eq!(executions(dpor(Options::default()).unwrap()), 1);
/// ```
pub trait Walk: Send {
    /// The chooser of the next execution; nothing when nothing is left.
    fn next(&mut self) -> Option<Box<dyn Chooser>>;

    /// Takes the chooser back, with what its run showed.
    fn done(&mut self, chooser: Box<dyn Chooser>, outcome: &Outcome);

    /// Whether the whole space was covered, under the bounds of [`bounds_hit`](Walk::bounds_hit). It was not where a run was
    /// [cut](Outcome::cut): what lies beyond a bound that is waived was never seen.
    fn complete(&self) -> bool;

    /// Whether there is no further execution, complete or not.
    fn over(&self) -> bool;

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
