//! A search through all there is.

use super::batch::{Batch, Seen};
use super::cover::{Cover, Covered};
use super::failure::Hit;
use super::pool::Pool;
use super::{Options, Progress, Shard, Strategy};
use crate::choice::{Chooser, Halt};
use crate::error::{Error, Result};
use crate::run::{Keep, Verdict};
use crate::scenario::Scenario;
use crate::state::Clock;
use crate::walk::{self, Walk};
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
        return Err(Error::input(told).note("each of its executions follows from those before it"));
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
        let pruned = matches!(outcome.verdict, Verdict::Halted(Halt::Pruned));
        if !pruned {
            let run = pool.runs + batch.runs;
            seen.take(&mut watcher, run, &mut batch);
            let choices = || watcher.choices();
            let steps = outcome.steps;
            ended = batch.judge(&outcome, |property| Hit {
                run,
                seed: options.seed,
                property,
                choices: choices(),
                steps,
                difference: None,
            });
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
    watch(&pool.progress(options.runs));
    pool
}
