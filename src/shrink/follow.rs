//! Follows a plan as far as it applies, as mildly as may be where it does not, and measures the run.

use super::plan::Plan;
use crate::choice::{Chooser, Draw, Halt, Offered};
use crate::event::Event;

/// How far a run is from the mildest one. Runs are compared field by field, in this order; less is milder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measure {
    /// Steps taken.
    pub steps: u64,
    /// Timers that went off while something else could have happened.
    pub early: u64,
    /// Numbers drawn that are not 0.
    pub drawn: u64,
    /// The sum of the numbers drawn.
    pub sum: u128,
    /// Switches (preemptions, in the words of the field): steps that neither are the mildest nor go on with the queue of the
    /// step before.
    pub switches: u64,
    /// Changes of the queue although the one before had more.
    pub changes: u64,
    /// How many older events were overtaken, counted at each step.
    pub overtaken: u64,
}

/// Not in the plan.
const UNKNOWN: u32 = u32::MAX;

/// At each question, the first event of the plan that is offered is taken, and the mildest where none is. An event that cannot
/// happen in its turn is not given up: it happens as soon as it can. So one step can be left out of a plan
/// and what followed from it goes with it, as long as the rest has enough to do.
pub(super) struct Follower {
    plan: Plan,
    /// Where each event is in the plan, by event; put in order when it is first needed, which in a run along its plan is late.
    places: Vec<(Event, u32)>,
    /// The place after the last event that was taken from the plan: most often the next one is there.
    next: u32,
    /// What was offered last, and its places in the plan: between two questions little changes.
    known: Vec<(Event, u32)>,
    limit: u64,
    /// The numbers of the step in hand that are left.
    draws: std::ops::Range<usize>,
    last: Option<Event>,
    /// What was done.
    pub taken: Plan,
    /// At each step, what would have been the mildest.
    pub mild: Vec<Event>,
    /// How mild it was.
    pub measure: Measure,
}

impl Follower {
    /// Follows `plan` for at most `limit` steps.
    pub fn new(plan: Plan, limit: u64) -> Follower {
        let draws = 0..plan.at_start;
        Follower {
            plan,
            places: Vec::new(),
            next: 0,
            known: Vec::new(),
            limit,
            draws,
            last: None,
            taken: Plan::default(),
            mild: Vec::new(),
            measure: Measure::default(),
        }
    }

    fn place(&mut self, event: Event) -> u32 {
        if self.plan.steps.get(self.next as usize).is_some_and(|step| step.event == event) {
            return self.next;
        }
        if self.places.is_empty() {
            let steps = self.plan.steps.iter().enumerate();
            self.places.extend(steps.map(|(place, step)| (step.event, place as u32)));
            self.places.sort_unstable();
        }
        let found = self.places.binary_search_by_key(&event, |(known, _)| *known);
        found.map_or(UNKNOWN, |at| self.places[at].1)
    }

    /// The first event of the plan that is offered.
    fn wanted(&mut self, offered: &Offered<'_>) -> Option<usize> {
        self.known.truncate(offered.candidates.len());
        let mut first = (UNKNOWN, 0);
        for (i, event) in offered.events().enumerate() {
            let place = match self.known.get(i) {
                Some((known, place)) if *known == event => *place,
                _ => {
                    let place = self.place(event);
                    match self.known.get_mut(i) {
                        Some(known) => *known = (event, place),
                        None => self.known.push((event, place)),
                    }
                    place
                }
            };
            if place < first.0 {
                first = (place, i);
            }
        }
        (first.0 != UNKNOWN).then_some(first.1)
    }

    fn weigh(&mut self, offered: &Offered<'_>, chosen: usize, mildest: usize) {
        let ordinary = offered.ordinary();
        let event = offered.candidates[chosen].event();
        let measure = &mut self.measure;
        measure.steps += 1;
        measure.early += u64::from(chosen >= ordinary.len() && !ordinary.is_empty());
        let before = self.last.map(Event::flow);
        let goes_on = before == Some(event.flow());
        measure.switches += u64::from(chosen != mildest && !goes_on);
        if let Some(before) = before.filter(|_| !goes_on) {
            let more = ordinary.iter().any(|other| other.event().flow() == before);
            measure.changes += u64::from(more);
        }
        if chosen != mildest {
            let age = offered.candidates[chosen].age;
            let older = ordinary.iter().filter(|other| other.age < age).count();
            measure.overtaken += older as u64;
        }
    }
}

impl Chooser for Follower {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        if offered.step >= self.limit {
            return Err(Halt::Enough);
        }
        let wanted = self.wanted(offered);
        let mildest = offered.mildest();
        let chosen = wanted.unwrap_or(mildest);
        self.weigh(offered, chosen, mildest);
        let event = offered.candidates[chosen].event();
        self.draws = match wanted.map(|i| self.known[i].1) {
            Some(place) => {
                self.next = place + 1;
                self.plan.steps[place as usize].draws()
            }
            None => 0..0,
        };
        self.mild.push(offered.candidates[mildest].event());
        self.taken.step(event);
        self.last = Some(event);
        Ok(chosen)
    }

    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        let left = self.plan.draws[self.draws.clone()].iter();
        let same = |(wanted, _): &(Draw, u64)| wanted.purpose == draw.purpose && wanted.actor == draw.actor;
        let found = left.clone().position(same);
        let number = match found {
            Some(at) => {
                let (_, number) = self.plan.draws[self.draws.start + at];
                self.draws.start += at + 1;
                if draw.bound == 0 { number } else { number.min(draw.bound - 1) }
            }
            None => 0,
        };
        self.measure.drawn += u64::from(number != 0);
        self.measure.sum += u128::from(number);
        self.taken.drew(*draw, number);
        Ok(number)
    }

    fn looks_at_states(&self) -> bool {
        false
    }
}
