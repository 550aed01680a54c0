//! Dynamic partial-order reduction: one execution for all orders that differ only in the order of independent steps.
//!
//! The algorithm is that of wakeup trees with sleep sets (Abdulla, Aronis, Jonsson, Sagonas: *Optimal dynamic partial order
//! reduction*, POPL 2014). Each event is a process of one step. Two steps are dependent when they are of one participant or
//! touch what one property sees; one happened before the other when there is a chain of dependences and causes from it.
//! Actors bring with them what that paper leaves aside:
//! - an actor that waits in a handler takes no message. The message races with the step in which the handler began, not with
//!   the one in which it went on; one that is never delivered races too;
//! - a timer, or an order to end an actor at once, ends a call without its answer. Both are taken to depend on everything: it
//!   matters who would have answered, how many timers may still come early, and whether anything else was possible. What such
//!   a step, or an answer, makes impossible happens nowhere in the execution: it gets a branch where it was possible;
//! - where timers alone are left, each has its branch.
//!
//! - of the timers that may come early, the earliest hides the others: steps that set or take back timers for different points
//!   in time depend on each other. What a step takes away (a timer, an answer) is planned in its place, after all
//!   that need not wait for it;
//! - such a plan comes from no race that was seen, and neither does one whose last step may touch more than it did: below
//!   it, a step that is asleep stands for itself alone, and not for what it is independent of, as in source sets with sleep
//!   sets (section 5 of the paper), which bear any such addition;
//! - a run goes on past what it breaks, so that no promise hides another.
//!
//! What a reversed step will touch is foreseen from above (`Step::anywhere`), since it has another past then. A reversal that
//! turns out to be impossible (a timer that is not the first) is no proof of anything: the search goes on from
//! where it failed as from any other place.
//!
//! Without timers, stops, the queues of the Theater profiles and properties over several participants there is one execution for
//! each Mazurkiewicz trace; with them there may be some more, and blocked ones. `tests/agree.rs` runs thousands of
//! generated scenarios in every profile, each also in every order, and compares the sets of traces, outcomes and violations.
//! Memory is that of one path and its branches, both bounded; the relation among the n steps of a path takes n²/16 bytes.

use super::part::Part;
use super::path::Path;
use super::{Options, Walk, is_pruned, limited};
use crate::choice::Chooser;
#[cfg(test)]
use crate::choice::Resource;
use crate::run::Outcome;
use std::any::Any;

/// Optimal dynamic partial-order reduction.
#[derive(Debug)]
pub(super) struct Dpor {
    path: Option<Box<Path>>,
    options: Options,
    blocked: u64,
    over: bool,
    /// A run was cut at a bound that is waived.
    cut: bool,
    lost: bool,
    bounds: Vec<String>,
}

impl Dpor {
    pub(super) fn new(options: Options, part: Part) -> Dpor {
        let path = Path::new(options, part);
        let path = Some(Box::new(path));
        Dpor { path, options, blocked: 0, over: false, cut: false, lost: false, bounds: Vec::new() }
    }

    /// One that takes steps for independent which both touch these things: wrong, for tests of the tests.
    #[cfg(test)]
    pub(super) fn blind_to(resources: fn(Resource) -> bool) -> Dpor {
        let mut dpor = Dpor::new(Options::default(), Part::default());
        dpor.path.iter_mut().for_each(|path| path.blind_to = resources);
        dpor
    }
}

impl Walk for Dpor {
    fn next(&mut self) -> Option<Box<dyn Chooser>> {
        let mut path = self.path.take().filter(|_| !self.over)?;
        path.depth = 0;
        path.left.clear();
        Some(path)
    }

    fn done(&mut self, chooser: Box<dyn Chooser>, outcome: &Outcome) {
        let chooser: Box<dyn Any> = chooser;
        let Ok(mut path) = chooser.downcast::<Path>() else { return };
        self.blocked += u64::from(is_pruned(outcome));
        path.learn();
        self.cut |= outcome.cut.is_some();
        limited(&mut self.bounds, outcome, path.drew, path.too_deep.then_some(self.options.depth));
        if path.too_many && !self.lost {
            self.lost = true;
            self.bounds.push(format!("branches to take: {}", self.options.entries));
        }
        self.over = !path.advance();
        self.path = Some(path);
    }

    fn complete(&self) -> bool {
        self.over && !self.lost && !self.cut
    }

    fn states(&self) -> Option<u64> {
        None
    }

    fn blocked(&self) -> u64 {
        self.blocked
    }

    fn bounds_hit(&self) -> Vec<String> {
        self.bounds.clone()
    }
}
