//! A schedule as something to edit: events in order, each with the numbers that were drawn during its turn.
//!
//! Numbers stay with the event that they were drawn for, so that a step can go and the others keep theirs.

use crate::choice::{Choice, Draw};
use crate::event::Event;
use std::ops::Range;

/// One step: an event, and where its numbers are among the plan's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub event: Event,
    first: u32,
    count: u32,
}

impl Step {
    /// Where its numbers are.
    pub fn draws(&self) -> Range<usize> {
        self.first as usize..(self.first + self.count) as usize
    }
}

/// Events wanted, in order, and numbers wanted with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub draws: Vec<(Draw, u64)>,
    /// How many numbers, at the front, were drawn before the first event.
    pub at_start: usize,
}

impl Plan {
    /// The plan that these answers followed.
    pub fn of(choices: &[Choice]) -> Plan {
        let mut plan = Plan::default();
        for choice in choices {
            match choice {
                Choice::Next(event) => plan.step(*event),
                Choice::Drew(draw, number) => plan.drew(*draw, *number),
            }
        }
        plan
    }

    /// Adds an event.
    pub fn step(&mut self, event: Event) {
        self.steps.push(Step { event, first: self.draws.len() as u32, count: 0 });
    }

    /// Adds a number to the last event.
    pub fn drew(&mut self, draw: Draw, number: u64) {
        self.draws.push((draw, number));
        match self.steps.last_mut() {
            Some(step) => step.count += 1,
            None => self.at_start += 1,
        }
    }

    /// The answers that follow it, when it was taken from a run.
    pub fn choices(&self) -> Vec<Choice> {
        let drew = |range: Range<usize>| self.draws[range].iter().map(|(draw, n)| Choice::Drew(*draw, *n));
        let mut choices: Vec<Choice> = drew(0..self.at_start).collect();
        for step in &self.steps {
            choices.push(Choice::Next(step.event));
            choices.extend(drew(step.draws()));
        }
        choices
    }

    /// The plan with other steps: some of its own, in any order.
    pub fn with(&self, steps: Vec<Step>) -> Plan {
        Plan { steps, draws: self.draws.clone(), at_start: self.at_start }
    }

    /// The plan without the steps in `range`.
    pub fn without(&self, range: Range<usize>) -> Plan {
        let mut steps = Vec::with_capacity(self.steps.len() - range.len());
        steps.extend_from_slice(&self.steps[..range.start]);
        steps.extend_from_slice(&self.steps[range.end..]);
        self.with(steps)
    }

    /// The plan with the steps in `range` moved to before the step at `to`, which is outside of it.
    pub fn moved(&self, range: Range<usize>, to: usize) -> Plan {
        let mut steps = self.steps.clone();
        if to <= range.start {
            steps[to..range.end].rotate_right(range.len());
        } else {
            steps[range.start..to].rotate_left(range.len());
        }
        self.with(steps)
    }
}
