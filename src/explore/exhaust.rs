//! A search through all there is.

use super::batch::{Batch, Seen};
use super::cover::{Cover, Covered};
use super::failure::Hit;
use super::pool::Pool;
use super::{Options, Progress, Shard, Strategy};
use crate::choice::{Chooser, Halt};
use crate::error::{Error, Result};
use crate::run::{Keep, Outcome, Until, Verdict};
use crate::scenario::Scenario;
use crate::state::Clock;
use crate::walk::{self, Fingerprint, Walk};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// So many executions between two reports of progress.
const PIECE: u64 = 256;

/// Follows a walk to its end. It is one thread's work, whatever the jobs: each execution follows from those before.
pub(super) fn search(
    scenario: &Scenario,
    options: &Options,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Pool> {
    if options.shard != Shard::WHOLE {
        let told = format!("the strategy `{}` cannot be cut into shards", options.strategy);
        let why = match (options.strategy, options.fingerprint) {
            (Strategy::Dfs, Fingerprint::None) => "each of its executions follows from the one before it",
            (Strategy::Dfs, _) => "a shard would not know which states the others have seen",
            _ => "what it leaves out in one branch follows from what it saw in the branches before",
        };
        return Err(Error::input(told).note(why).help("search at random in shards: `--strategy mix`"));
    }
    let walk = walk_of(options)?;
    Ok(follow(scenario, options, walk, stop, watch))
}

fn walk_of(options: &Options) -> Result<Box<dyn Walk>> {
    let walking = walk::Options { fingerprint: options.fingerprint, ..walk::Options::default() };
    match options.strategy {
        Strategy::Dpor => walk::dpor(walking),
        _ => Ok(walk::dfs(walking)),
    }
}

/// Counts a run with all that it broke; whether it failed.
fn judge(options: &Options, run: u64, outcome: &Outcome, cover: &Cover, batch: &mut Batch) -> bool {
    let seed = options.seed;
    let hit = |property, step| {
        let choices = cover.choices_until(step);
        Hit { run, seed, property, choices, steps: step, difference: None }
    };
    if outcome.passed.is_empty() {
        return batch.judge(outcome, |property| hit(property, outcome.steps));
    }
    batch.count(outcome);
    let mut told = BTreeSet::new();
    for violation in &outcome.passed {
        if told.insert(&violation.property) {
            batch.failed(violation.property.clone(), |property| hit(property, violation.step));
        }
    }
    true
}

fn follow(
    scenario: &Scenario,
    options: &Options,
    mut walk: Box<dyn Walk>,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Pool {
    let mut pool = Pool::new();
    let mut seen = Seen::new();
    let mut simulation = scenario.simulation(Some(Clock::Loose));
    if options.keep_going {
        // A second failure may lie beyond the first, and no other run of a reduced search would come there.
        simulation.goes_on(Until::End);
    }
    let mut cover = Some(Cover::new(scenario.setting.roles.len()));
    let mut batch = Batch::default();
    let mut executions = 0u64;
    let mut ended = false;
    let places = options.places();
    while pool.runs + batch.runs < places {
        if stop.load(Ordering::Relaxed) {
            pool.stopped = true;
            break;
        }
        let (Some(chooser), Some(mut watcher)) = (walk.next(), cover.take()) else { break };
        watcher.clear();
        let covered: Box<Covered<Box<dyn Chooser>>> = Box::new(Covered::new(chooser, watcher));
        let (outcome, covered) = simulation.run_again(covered, Keep::default());
        let Covered { inner, cover: mut watcher, .. } = *covered;
        // What breaks a promise on its way to where the search has been before is a run like any other: with fingerprints
        // of states, that a handler trapped may be forgotten by then.
        let pruned = matches!(outcome.verdict, Verdict::Halted(Halt::Pruned));
        if !pruned || (options.strategy == Strategy::Dfs && !outcome.passed.is_empty()) {
            let run = pool.runs + batch.runs;
            seen.take(&mut watcher, run, &mut batch);
            ended = judge(options, run, &outcome, &watcher, &mut batch);
        } else {
            batch.saw(&outcome);
        }
        cover = Some(watcher);
        walk.done(inner, &outcome);
        executions += 1;
        if executions.is_multiple_of(PIECE) {
            pool.add(std::mem::take(&mut batch));
            pool.states = walk.states();
            watch(&pool.progress(options.runs));
        }
        if ended && !options.keep_going {
            break;
        }
    }
    pool.add(batch);
    pool.blocked = walk.blocked();
    pool.states = walk.states();
    pool.complete = walk.complete();
    pool.bounds_hit.extend(walk.bounds_hit());
    if options.fingerprint == Fingerprint::State {
        let names = scenario.setting.directory.names();
        pool.bounds_hit.extend(simulation.tell_less().map(|who| {
            let name = &names[who.index()];
            format!("states: `{name}` does not tell all of its own, and its history stands for it")
        }));
    }
    watch(&pool.progress(options.runs));
    pool
}
