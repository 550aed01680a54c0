//! Which two deliveries raced: the pair whose reversal makes the failure vanish.

use super::trials::{Ran, Trials};
use super::{Phase, budget_for};
use crate::event::Event;
use crate::run::Verdict;

/// Two events of which either may come first, and with the second before the first the property holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// What came first.
    pub first: Event,
    /// What came second.
    pub second: Event,
    /// The step of the first, from 1.
    pub first_step: u64,
    /// The step of the second.
    pub second_step: u64,
    /// What is broken in its place with the second before the first, where not all holds then.
    pub instead: Option<String>,
}

/// The most pairs that are tried.
const MOST: u64 = 1000;

/// After so many runs in a row that did not end within the limit, none will.
const ENDLESS: u32 = 4;

/// Looks for the pair: neighbours first, the latest of them first, those that reach one participant before others. The first is
/// put off until after the second, the rest keeps its order, and the run goes on mildly to its end.
pub(super) fn find(trials: &mut Trials<'_>) -> Option<Race> {
    trials.phase = Phase::Race;
    if trials.best.never_ends_mildly() {
        return None;
    }
    let steps = trials.best.plan.steps.clone();
    let limit = (steps.len() as u64).saturating_mul(4).saturating_add(10_000);
    // Every run starts the whole cast again: its price is that of the long run that it began with.
    let mut left = budget_for(trials.from).min(MOST);
    let mut endless = 0;
    // A pair with which all holds tells more than one with which something else breaks.
    let mut second_best = None;
    for at_one in [true, false] {
        for away in 1..steps.len() {
            for first in (0..steps.len() - away).rev() {
                let (a, b) = (steps[first].event, steps[first + away].event);
                if a.flow() == b.flow() || (a.to == b.to) != at_one {
                    continue;
                }
                if left == 0 || endless == ENDLESS {
                    return second_best;
                }
                left -= 1;
                let plan = trials.best.plan.moved(first..first + 1, first + away + 1);
                let (ran, breaks) = trials.see(plan, limit);
                let ends = !matches!(ran.verdict, Verdict::Halted(_) | Verdict::OutOfSteps) && !ran.cut;
                endless = if ends { 0 } else { endless + 1 };
                if !breaks && ended(&ran) && reversed(&ran, a, b) {
                    let (first_step, second_step) = (first as u64 + 1, (first + away) as u64 + 1);
                    let instead = ran.verdict.broken().map(str::to_owned);
                    let holds = instead.is_none();
                    let race = Race { first: a, second: b, first_step, second_step, instead };
                    if holds {
                        return Some(race);
                    }
                    second_best.get_or_insert(race);
                }
            }
        }
    }
    second_best
}

/// Whether the run came to an end of its own.
fn ended(ran: &Ran) -> bool {
    matches!(ran.verdict, Verdict::Held | Verdict::Violated(_)) && !ran.cut
}

/// Whether the second came before the first.
fn reversed(ran: &Ran, first: Event, second: Event) -> bool {
    let mut both = ran.plan.steps.iter().map(|step| step.event);
    both.find(|event| *event == first || *event == second) == Some(second)
}
