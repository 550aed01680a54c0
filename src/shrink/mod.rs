//! Shrinking: from a run that breaks a property to the mildest run that still does.
//!
//! A candidate is a list of wanted events; it is followed as far as it applies and as mildly as may be where it does
//! not. What comes of it is taken over when it breaks the same property and its [`Measure`] is less than the best so far:
//! fewer steps, then no early timers, then numbers towards 0, then fewer switches (preemptions), then less overtaking. The measure
//! falls with every candidate taken, so shrinking ends, and where it ended by itself no step can be left out and
//! none made milder by the edits that are tried. The last run is an exact replay: what is handed back was seen to fail.
//!
//! The edits: stop earlier, leave out participants, queues, pieces, single steps (delta debugging: Zeller and
//! Hildebrandt, *Simplifying and isolating failure-inducing input*, 2002; for schedules of actors: Scott et al.,
//! *Minimizing faulty executions of distributed systems*, 2016), join what one queue delivers, take what waited longest, draw less.

mod follow;
mod passes;
mod plan;
mod race;
mod reduce;
mod trials;

#[cfg(test)]
mod tests;

pub use follow::Measure;
pub use race::Race;
pub use reduce::{Reduced, Reducer};

use crate::choice::{Choice, Chooser};
use crate::chooser::{Recorded, Replay};
use crate::id::ActorId;
use crate::property;
use crate::run::{Keep, Outcome, Simulation};
use crate::scenario::Scenario;
use crate::state::{Clock, State};
use plan::Plan;
use trials::Trials;

/// What shrinking is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looks for an earlier end.
    Cut,
    /// Leaves out steps.
    Drop,
    /// Makes what is left milder.
    Soften,
    /// Looks for the two deliveries that raced.
    Race,
}

/// How far shrinking has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// Runs spent.
    pub runs: u64,
    /// Runs allowed, or that the allowed steps will do for if runs stay as long as the best so far.
    pub budget: u64,
    /// Steps at the beginning.
    pub from: u64,
    /// The best so far.
    pub best: Measure,
}

/// What shrinking came to.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The answers of the smallest run that was found.
    pub choices: Vec<Choice>,
    /// Its steps.
    pub steps: u64,
    /// The steps of the run at the beginning.
    pub from: u64,
    /// Runs spent.
    pub runs: u64,
    /// Whether every edit was tried in vain: not so when the budget ended first.
    pub minimal: bool,
    /// Whether a last exact replay broke the property. If not, nothing was shrunk: the answers handed in do not show it
    /// again.
    pub verified: bool,
    /// How mild it is.
    pub measure: Measure,
    /// The two events whose order decides, where there are two alone.
    pub race: Option<Race>,
    /// Who waited for whom at the end, a line each.
    pub waits: Vec<String>,
    /// The actors and clients that nothing in it comes from or reaches.
    pub unneeded: Vec<ActorId>,
    /// How the last replay ended, with its full record.
    pub outcome: Outcome,
}

/// What shrinking may spend on trying edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// So many runs.
    pub runs: u64,
    /// So many steps in all of them; a run counts at least as many as there are participants.
    pub steps: u64,
}

impl Budget {
    /// What is worth spending on a run of so many steps: as many runs as [`budget_for`] says where all are that long, and
    /// more where they become shorter.
    pub fn of(steps: u64) -> Budget {
        Budget { runs: MOST_RUNS, steps: steps.saturating_mul(LEAST_RUNS).max(MOST_STEPS) }
    }

    /// The budget for a cast of so many components: their steps take longer, and fewer of them have to do.
    fn among(self, components: usize, steps: u64) -> Budget {
        let fewer = (self.steps / COMPONENT).max(steps.saturating_mul(LEAST_RUNS)).min(self.steps);
        Budget { steps: if components > 0 { fewer } else { self.steps }, ..self }
    }
}

impl From<u64> for Budget {
    /// So many runs, of any length.
    fn from(runs: u64) -> Budget {
        Budget { runs, steps: u64::MAX }
    }
}

const MOST_STEPS: u64 = 100_000_000;
const LEAST_RUNS: u64 = 100;
const MOST_RUNS: u64 = 20_000;

/// As many steps of native actors take as long as one of a component.
const COMPONENT: u64 = 30;

/// How many runs are worth spending on a run of so many steps: some 10⁸ steps in all, and neither very few nor very many runs.
///
/// ```
/// use rehearsal::shrink::budget_for;
/// assert_eq!([1, 10_000, 10_000_000].map(budget_for), [20_000, 10_000, 100]);
/// ```
pub fn budget_for(steps: u64) -> u64 {
    (MOST_STEPS / steps.max(1)).clamp(LEAST_RUNS, MOST_RUNS)
}

/// Shrinks the run that these answers make, which breaks `property`, within `budget`. Finding the race and the replays
/// before and after are not counted against the budget, but are among the runs told.
///
/// ```
/// use rehearsal::chooser::Bytes;
/// use rehearsal::property::Property;
/// use rehearsal::state::Clock;
/// use rehearsal::{Rehearsal, Steps, native::builtin, shrink::{Budget, shrink}};
/// let many = ["a", "b", "c", "d"].into_iter().fold(
///     Rehearsal::new("many").actor("log", || builtin("log").unwrap()),
///     |many, name| many.client(name, Steps::new().send("log", name)),
/// );
/// let many = many.property(Property::never("d before a", |state| {
///     let place = |name| state.observed("got").position(|got| got == name);
///     place("d").is_some_and(|d| place("a").is_none_or(|a| d < a))
/// }));
/// let stage = many.stage().unwrap();
/// let run = stage.run(Bytes::new([1, 1, 1]));
/// let record = run.outcome().record.as_ref().unwrap();
/// let budget = Budget::of(run.outcome().steps);
/// let shrunk = shrink(stage.scenario(), Clock::Loose, &record.choices, "d before a", budget, &mut |_| {});
/// assert_eq!((shrunk.from, shrunk.steps, shrunk.minimal, shrunk.verified), (3, 1, true, true));
/// ```
pub fn shrink(
    scenario: &Scenario,
    clock: Clock,
    choices: &[Choice],
    property: &str,
    budget: impl Into<Budget>,
    progress: &mut dyn FnMut(&Progress),
) -> Shrunk {
    let mut simulation = scenario.simulation(Some(clock));
    let mut first = replay(&mut simulation, scenario, choices, property);
    let from = first.steps;
    if !first.verdict.breaks(property) {
        return untouched(first, choices, 1, false);
    }
    // What else was recorded of a long run is large, and needed again only where nothing can be shrunk.
    let taken = first.record.take().map_or_else(|| choices.to_vec(), |record| record.choices);
    drop(first);
    let budget = budget.into().among(scenario.components.len(), from);
    let Some(mut trials) = Trials::new(simulation, property, Plan::of(&taken), budget, progress) else {
        let mut simulation = scenario.simulation(Some(clock));
        let again = replay(&mut simulation, scenario, &taken, property);
        let verified = again.verdict.breaks(property);
        return untouched(again, &taken, 3, verified);
    };
    passes::minimise(&mut trials);
    let minimal = !trials.cut;
    let race = race::find(&mut trials);
    let Trials { mut simulation, spent, best, .. } = trials;
    let choices = best.plan.choices();
    let outcome = replay(&mut simulation, scenario, &choices, property);
    if !outcome.verdict.breaks(property) {
        let again = replay(&mut simulation, scenario, &taken, property);
        let verified = again.verdict.breaks(property);
        return untouched(again, &taken, spent + 2, verified);
    }
    Shrunk {
        steps: outcome.steps,
        from,
        runs: spent + 1,
        minimal,
        verified: true,
        measure: best.measure,
        race,
        waits: waits(simulation.state()),
        unneeded: unneeded(scenario, &choices),
        choices,
        outcome,
    }
}

/// What is told when nothing could be shrunk.
fn untouched(outcome: Outcome, choices: &[Choice], runs: u64, verified: bool) -> Shrunk {
    let steps = outcome.steps;
    Shrunk {
        choices: choices.to_vec(),
        steps,
        from: steps,
        runs,
        minimal: false,
        verified,
        measure: Measure { steps, ..Measure::default() },
        race: None,
        waits: Vec::new(),
        unneeded: Vec::new(),
        outcome,
    }
}

fn replay(simulation: &mut Simulation, scenario: &Scenario, choices: &[Choice], property: &str) -> Outcome {
    let record: Vec<Recorded> = choices.iter().copied().map(Recorded::from).collect();
    let keep = Keep { trace: true, acts: false };
    let chooser = || -> Box<dyn Chooser> { Box::new(Replay::new(record.clone(), scenario.names())) };
    simulation.run_towards(Some(property), keep, &chooser)
}

/// More of them are no help to anybody.
const MOST_WAITS: usize = 8;

fn waits(state: &State) -> Vec<String> {
    let everybody = (0..state.participants.len() as u32).map(ActorId);
    let waiting = everybody.filter(|who| state.call(*who).is_some());
    waiting.take(MOST_WAITS).map(|who| property::describe_wait(state, who)).collect()
}

fn unneeded(scenario: &Scenario, choices: &[Choice]) -> Vec<ActorId> {
    let mut needed = vec![false; scenario.setting.roles.len()];
    for choice in choices {
        if let Choice::Next(event) = choice {
            needed[event.from.index()] = true;
            needed[event.to.index()] = true;
        }
    }
    let all = (0..needed.len() as u32).map(ActorId);
    all.filter(|id| !needed[id.index()]).collect()
}
