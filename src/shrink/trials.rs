//! Runs tried, and the best of them so far.

use super::follow::{Follower, Measure};
use super::plan::Plan;
use super::{Budget, Phase, Progress};
use crate::event::Event;
use crate::run::{Keep, Simulation, Verdict};
use std::any::Any;

/// A run that was tried.
pub(super) struct Ran {
    pub verdict: Verdict,
    /// Whether a bound that is waived cut it.
    pub cut: bool,
    pub plan: Plan,
    /// At each step, what would have been the mildest.
    pub mild: Vec<Event>,
    pub measure: Measure,
}

impl Ran {
    /// Whether it never ends although everything in it went as mildly as may be: then it is no race.
    pub fn never_ends_mildly(&self) -> bool {
        let went = self.plan.steps.iter().map(|step| step.event);
        matches!(self.verdict, Verdict::OutOfSteps) && went.eq(self.mild.iter().copied())
    }
}

/// Tries plans, within a budget, and keeps the mildest run that breaks the property.
pub(super) struct Trials<'a> {
    pub simulation: Simulation,
    property: &'a str,
    budget: Budget,
    pub spent: u64,
    /// Steps spent.
    walked: u64,
    /// How many steps may have been spent when the edit at work has to end.
    lid: u64,
    /// Whether edits have shares of the budget.
    pub shares: bool,
    /// Even the shortest run costs so many steps: the cast starts anew.
    least: u64,
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
            Ran { verdict: outcome.verdict, cut: outcome.cut.is_some(), plan: taken, mild, measure }
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
        budget: Budget,
        progress: &'a mut dyn FnMut(&Progress),
    ) -> Option<Trials<'a>> {
        let from = plan.steps.len() as u64;
        let best = follow(&mut simulation, plan, from);
        let phase = Phase::Cut;
        let breaks = best.verdict.breaks(property);
        let least = simulation.state().participants.len() as u64;
        let trials = Trials {
            simulation,
            property,
            budget,
            spent: 2,
            walked: 2 * from.max(least),
            lid: u64::MAX,
            shares: true,
            least,
            cut: false,
            from,
            phase,
            progress,
            best,
        };
        breaks.then_some(trials)
    }

    /// Whether the budget has ended.
    pub fn over(&mut self) -> bool {
        let steps = self.budget.steps.min(self.lid);
        let over = self.spent >= self.budget.runs || self.walked >= steps;
        self.cut |= over;
        over
    }

    /// Lets an edit spend at most one part in so many of the steps that are left.
    pub fn share(&mut self, parts: u64, edit: impl FnOnce(&mut Self)) {
        let left = self.budget.steps.saturating_sub(self.walked);
        self.lid = if self.shares { self.walked.saturating_add(left / parts) } else { u64::MAX };
        edit(self);
        self.lid = u64::MAX;
    }

    fn spend(&mut self, ran: &Ran) {
        self.spent += 1;
        self.walked = self.walked.saturating_add(ran.measure.steps.max(self.least));
    }

    /// Takes a plan's run over, if it breaks the property and is milder than the best so far.
    pub fn improve(&mut self, plan: Plan) -> bool {
        if self.over() {
            return false;
        }
        let ran = follow(&mut self.simulation, plan, self.best.measure.steps);
        self.spend(&ran);
        let better = ran.measure < self.best.measure && ran.verdict.breaks(self.property);
        if better {
            self.best = ran;
        }
        self.tell();
        better
    }

    /// Whether the run that nothing is asked of never ends either; then it is the best: no run that never ends is shorter than
    /// another, and which of so many steps could have been exchanged is of no interest.
    pub fn never_ends_mildly(&mut self) -> bool {
        if !matches!(self.best.verdict, Verdict::OutOfSteps) {
            return false;
        }
        let (ran, breaks) = self.see(Plan::default(), self.best.measure.steps);
        let endless = breaks && ran.never_ends_mildly();
        if endless {
            self.best = ran;
        }
        endless
    }

    /// Follows a plan beyond the steps of the best: what came of it, and whether it breaks the property.
    pub fn see(&mut self, plan: Plan, limit: u64) -> (Ran, bool) {
        let ran = follow(&mut self.simulation, plan, limit);
        self.spend(&ran);
        self.tell();
        let breaks = ran.verdict.breaks(self.property);
        (ran, breaks)
    }

    fn tell(&mut self) {
        let each = self.best.measure.steps.max(self.least).max(1);
        let left = self.budget.steps.saturating_sub(self.walked) / each;
        (self.progress)(&Progress {
            phase: self.phase,
            runs: self.spent,
            budget: self.budget.runs.min(self.spent.saturating_add(left)),
            from: self.from,
            best: self.best.measure,
        });
    }
}
