//! Runs tried, and the best of them so far.

use super::follow::{Follower, Measure};
use super::plan::Plan;
use super::{Phase, Progress};
use crate::event::Event;
use crate::run::{Keep, Simulation, Verdict};
use std::any::Any;

/// A run that was tried.
pub(super) struct Ran {
    pub verdict: Verdict,
    pub plan: Plan,
    /// At each step, what would have been the mildest.
    pub mild: Vec<Event>,
    pub measure: Measure,
}

/// Tries plans, within a budget, and keeps the mildest run that breaks the property.
pub(super) struct Trials<'a> {
    pub simulation: Simulation,
    property: &'a str,
    budget: u64,
    pub spent: u64,
    /// Something was left untried.
    pub cut: bool,
    /// Steps at the beginning.
    pub from: u64,
    pub phase: Phase,
    progress: &'a mut dyn FnMut(&Progress),
    pub best: Ran,
}

/// Follows a plan to its end, or to the limit.
pub(super) fn follow(simulation: &mut Simulation, plan: Plan, limit: u64) -> Ran {
    let (outcome, chooser) = simulation.run(Box::new(Follower::new(plan, limit)), Keep::default());
    let chooser: Box<dyn Any> = chooser;
    match chooser.downcast::<Follower>() {
        Ok(follower) => {
            let Follower { taken, mild, measure, .. } = *follower;
            Ran { verdict: outcome.verdict, plan: taken, mild, measure }
        }
        Err(_) => unreachable!("a run gives its chooser back"),
    }
}

impl<'a> Trials<'a> {
    /// Begins with a run that is known to break the property; nothing, if following it does not.
    pub fn new(
        mut simulation: Simulation,
        property: &'a str,
        plan: Plan,
        budget: u64,
        progress: &'a mut dyn FnMut(&Progress),
    ) -> Option<Trials<'a>> {
        let from = plan.steps.len() as u64;
        let best = follow(&mut simulation, plan, from);
        let phase = Phase::Cut;
        let breaks = best.verdict.breaks(property);
        let trials =
            Trials { simulation, property, budget, spent: 2, cut: false, from, phase, progress, best };
        breaks.then_some(trials)
    }

    /// Whether the budget has ended.
    pub fn over(&mut self) -> bool {
        let over = self.spent >= self.budget;
        self.cut |= over;
        over
    }

    /// Takes a plan's run over, if it breaks the property and is milder than the best so far.
    pub fn improve(&mut self, plan: Plan) -> bool {
        if self.over() {
            return false;
        }
        self.spent += 1;
        let ran = follow(&mut self.simulation, plan, self.best.measure.steps);
        let better = ran.measure < self.best.measure && ran.verdict.breaks(self.property);
        if better {
            self.best = ran;
        }
        self.tell();
        better
    }

    /// Follows a plan beyond the steps of the best: what came of it, and whether it breaks the property.
    pub fn see(&mut self, plan: Plan, limit: u64) -> (Ran, bool) {
        self.spent += 1;
        let ran = follow(&mut self.simulation, plan, limit);
        self.tell();
        let breaks = ran.verdict.breaks(self.property);
        (ran, breaks)
    }

    fn tell(&mut self) {
        (self.progress)(&Progress {
            phase: self.phase,
            runs: self.spent,
            budget: self.budget,
            from: self.from,
            best: self.best.measure,
        });
    }
}
