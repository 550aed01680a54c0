//! The walk [`dpor`](super::dpor()), on the [path](super::path) of one execution after the other. Why it leaves nothing
//! out is said in the documentation of [`walk`](super).

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

    fn over(&self) -> bool {
        self.over
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
