//! The edits that are tried, coarse ones first.

use super::Phase;
use super::plan::{Plan, Step};
use super::trials::Trials;
use crate::event::Event;

/// Tries every edit until none makes the run milder, or the budget ends.
pub(super) fn minimise(trials: &mut Trials<'_>) {
    if trials.never_ends_mildly() {
        return;
    }
    // What a fine edit has changed may make room for a coarse one: so it ends only where all of them failed in a row.
    loop {
        let before = trials.best.measure;
        trials.cut = false;
        every_edit(trials);
        if trials.best.measure != before && !trials.over() {
            continue;
        }
        // Where a share alone has ended, there is more to try.
        if !trials.cut || !std::mem::take(&mut trials.shares) || trials.over() {
            return;
        }
    }
}

fn every_edit(trials: &mut Trials<'_>) {
    trials.phase = Phase::Cut;
    trials.improve(Plan::default());
    trials.phase = Phase::Drop;
    // Whole participants first: a long run of many is short after that, and every later run cheap.
    // Where runs are so long that few can be made, the other edits must have theirs.
    trials.share(4, |trials| drop_sets(trials, &|event| [event.from.0.into(), event.to.0.into()]));
    trials.share(4, |trials| drop_sets(trials, &|event| [event.flow(); 2]));
    trials.phase = Phase::Cut;
    truncate(trials);
    trials.phase = Phase::Drop;
    trials.share(2, drop_chunks);
    loop {
        let before = trials.best.measure;
        trials.phase = Phase::Soften;
        merge_blocks(trials);
        make_milder(trials);
        lower_draws(trials);
        trials.phase = Phase::Drop;
        drop_steps(trials, 1);
        if trials.best.measure == before || trials.over() {
            return;
        }
    }
}

/// The shortest beginning after which going on mildly is enough. That need not be monotone: this looks where it would be if it were.
fn truncate(trials: &mut Trials<'_>) {
    let (mut low, mut high) = (0, trials.best.plan.steps.len());
    let whole = trials.best.plan.clone();
    while low < high && !trials.over() {
        let middle = low + (high - low) / 2;
        let steps = whole.steps[..middle].to_vec();
        match trials.improve(whole.with(steps)) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
}

/// Leaves out all events of some participants, or some queues: halves of them first, then ever fewer.
fn drop_sets(trials: &mut Trials<'_>, units: &dyn Fn(Event) -> [u128; 2]) {
    let all = |trials: &Trials<'_>| {
        let mut all: Vec<u128> = trials.best.plan.steps.iter().flat_map(|step| units(step.event)).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let mut known = all(trials);
    let mut size = known.len() / 2;
    while size > 0 && !trials.over() {
        let mut at = 0;
        while at < known.len() && !trials.over() {
            let chunk = &known[at..known.len().min(at + size)];
            let plan = &trials.best.plan;
            let hit = |step: &&Step| units(step.event).iter().any(|unit| chunk.binary_search(unit).is_ok());
            let steps = plan.steps.iter().filter(|step| !hit(step)).copied().collect();
            let candidate = plan.with(steps);
            if trials.improve(candidate) {
                known = all(trials);
            } else {
                at += size;
            }
        }
        size /= 2;
    }
}

/// Leaves out pieces of the schedule: halves first, then ever shorter ones (ddmin; Zeller and Hildebrandt, 2002).
fn drop_chunks(trials: &mut Trials<'_>) {
    let mut size = trials.best.plan.steps.len() / 2;
    while size > 1 && !trials.over() {
        drop_steps(trials, size);
        size /= 2;
    }
}

fn drop_steps(trials: &mut Trials<'_>, size: usize) {
    let mut at = 0;
    while at < trials.best.plan.steps.len() && !trials.over() {
        let end = (at + size).min(trials.best.plan.steps.len());
        let candidate = trials.best.plan.without(at..end);
        if !trials.improve(candidate) {
            at += size;
        }
    }
}

/// Blocks: as many steps in a row of one queue as there are. Gives where each begins, and the end.
fn blocks(plan: &Plan) -> Vec<usize> {
    let steps = &plan.steps;
    let first = |&i: &usize| i == 0 || steps[i].event.flow() != steps[i - 1].event.flow();
    (0..steps.len()).filter(first).chain([steps.len()]).collect()
}

/// Joins blocks of one queue, so that few switches remain.
fn merge_blocks(trials: &mut Trials<'_>) {
    let mut at = 0;
    loop {
        let starts = blocks(&trials.best.plan);
        if at + 1 >= starts.len() || trials.over() {
            return;
        }
        if !merge_block(trials, &starts, at) {
            at += 1;
        }
    }
}

/// Moves a block next to an earlier or later one of its queue, or before the one before it.
fn merge_block(trials: &mut Trials<'_>, starts: &[usize], at: usize) -> bool {
    let plan = trials.best.plan.clone();
    let flow = |block: usize| plan.steps[starts[block]].event.flow();
    let range = starts[at]..starts[at + 1];
    let count = starts.len() - 1;
    let same = |block: &usize| flow(*block) == flow(at);
    let before = (0..at).rev().find(same);
    let after = (at + 1..count).find(same);
    if let Some(before) = before
        && trials.improve(plan.moved(range.clone(), starts[before + 1]))
    {
        return true;
    }
    if let Some(after) = after
        && trials.improve(plan.moved(range.clone(), starts[after]))
    {
        return true;
    }
    at > 0 && trials.improve(plan.moved(range, starts[at - 1]))
}

/// At each step, what would have been the mildest comes first instead; and neighbours are exchanged.
fn make_milder(trials: &mut Trials<'_>) {
    let mut at = 0;
    while at < trials.best.plan.steps.len() && !trials.over() {
        let plan = &trials.best.plan;
        let mild = trials.best.mild[at];
        let later = plan.steps[at..].iter().position(|step| step.event == mild).filter(|&away| away > 0);
        let candidate = later.map(|away| plan.moved(at + away..at + away + 1, at));
        let exchanged = (at + 1 < plan.steps.len()).then(|| plan.moved(at + 1..at + 2, at));
        let better = candidate.is_some_and(|candidate| trials.improve(candidate))
            || exchanged.is_some_and(|candidate| trials.improve(candidate));
        if !better {
            at += 1;
        }
    }
}

/// Numbers drawn go to 0, all of them, half of them, each; and what cannot goes as low as it can.
fn lower_draws(trials: &mut Trials<'_>) {
    let mut size = trials.best.plan.draws.len();
    while size > 0 && !trials.over() {
        let mut at = 0;
        while at < trials.best.plan.draws.len() && !trials.over() {
            let mut candidate = trials.best.plan.clone();
            let end = (at + size).min(candidate.draws.len());
            let zeroed = candidate.draws[at..end].iter_mut().filter(|(_, number)| *number != 0);
            let changed = zeroed.map(|(_, number)| *number = 0).count();
            if changed > 0 && trials.improve(candidate) {
                continue;
            }
            if size == 1 && changed > 0 {
                lower_draw(trials, at);
            }
            at += size;
        }
        size /= 2;
    }
}

fn lower_draw(trials: &mut Trials<'_>, at: usize) {
    let mut low = 0;
    while let Some(number) = trials.best.plan.draws.get(at).map(|(_, number)| *number)
        && low < number
        && !trials.over()
    {
        let mut candidate = trials.best.plan.clone();
        let middle = low + (number - low) / 2;
        candidate.draws[at].1 = middle;
        if !trials.improve(candidate) {
            low = middle + 1;
        }
    }
}
