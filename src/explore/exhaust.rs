//! A search through all there is.
//!
//! A small one is one walk, and its runs are dealt out to the shards, each of which makes them all. A large one is cut into
//! [parts], whoever makes it. Which of the two it is follows from the scenario and the options, so that jobs and shards come to
//! the same.

use super::batch::{Batch, Seen};
use super::cover::{Cover, Covered};
use super::failure::Hit;
use super::pool::Pool;
use super::{Options, Progress, Shard, Strategy, parts};
use crate::choice::{Chooser, Halt};
use crate::error::{Error, Result};
use crate::run::{Keep, Outcome, Simulation, Until, Verdict};
use crate::scenario::Scenario;
use crate::state::Clock;
use crate::walk::{self, Fingerprint, Part, Walk};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// So many executions between two reports of progress.
const PIECE: u64 = 256;
/// A search that takes more steps than this is cut into parts, however few its executions are.
const SMALL_STEPS: u64 = 1 << 19;

/// Follows all walks there are to their end.
pub(super) fn search(
    scenario: &Scenario,
    options: &Options,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Pool> {
    let mut walk = walk_of(options, Part::default())?;
    let alone = options.fingerprint != Fingerprint::None;
    if alone && options.shard != Shard::WHOLE {
        let told = "a search that tells states apart cannot be cut into shards";
        return Err(Error::input(told)
            .note("a shard would not know which states the others have seen")
            .help("use `--fingerprint none`, or `--strategy dpor`"));
    }
    let (executions, steps) = if alone { (u64::MAX, u64::MAX) } else { (options.small, SMALL_STEPS) };
    let (runs, shard, repeat) = (options.runs.unwrap_or(u64::MAX), options.shard, options.repeat);
    let rules = Rules { runs, executions, steps, shard, repeat, looked_at: super::batch::LOOKED_AT };
    let mut follower = Follower::new(scenario, options);
    let mut pool = Pool::new();
    let go_on = || !stop.load(Ordering::Relaxed);
    let end = follower.follow(&mut *walk, &rules, &go_on, &mut |batch, walk| {
        pool.add(batch);
        pool.states = walk.states();
        watch(&pool.progress(options.runs));
    });
    if end == End::Large && !walk.over() {
        return parts::search(follower, stop, watch);
    }
    pool.blocked = shard.share(walk.blocked());
    pool.complete = walk.complete();
    pool.stopped = end == End::Stopped;
    pool.bounds_hit.extend(walk.bounds_hit());
    if options.fingerprint == Fingerprint::State {
        let names = scenario.setting.directory.names();
        pool.bounds_hit.extend(follower.simulation.tell_less().map(|who| {
            let name = &names[who.index()];
            format!("states: `{name}` does not tell all of its own, and its history stands for it")
        }));
    }
    Ok(pool)
}

/// The walk of a strategy through a part of the space.
pub(super) fn walk_of(options: &Options, part: Part) -> Result<Box<dyn Walk>> {
    let walking = walk::Options { fingerprint: options.fingerprint, ..walk::Options::default() };
    match options.strategy {
        Strategy::Dpor => walk::dpor_of(walking, part),
        _ => Ok(walk::dfs_of(walking, part)),
    }
}

/// How far to follow a walk, and what to look at.
pub(super) struct Rules {
    /// At most so many runs, executions and steps.
    pub runs: u64,
    pub executions: u64,
    pub steps: u64,
    /// Whose runs count.
    pub shard: Shard,
    /// The runs with lower numbers are made twice.
    pub repeat: u64,
    /// The races of every run with a lower number are looked for.
    pub looked_at: u64,
}

/// Why following a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// There is no more of it, or all the runs that were asked for were made.
    Over,
    /// A run failed, and one is enough.
    Failed,
    /// It was told to.
    Stopped,
    /// It takes more than it was to take.
    Large,
}

/// Makes the executions of walks, one after the other, on a stage of its own.
pub(super) struct Follower<'a> {
    pub scenario: &'a Scenario,
    pub options: &'a Options,
    pub simulation: Simulation,
    cover: Option<Cover>,
}

impl<'a> Follower<'a> {
    pub fn new(scenario: &'a Scenario, options: &'a Options) -> Follower<'a> {
        let mut simulation = scenario.simulation(Some(Clock::Loose));
        if options.keep_going {
            // A second failure may lie beyond the first, and no other run of a reduced search would come there.
            simulation.goes_on(Until::End);
        }
        let cover = Some(Cover::new(scenario.setting.roles.len()));
        Follower { scenario, options, simulation, cover }
    }

    /// Follows a walk; `tell` is given what it shows piece by piece.
    pub fn follow(
        &mut self,
        walk: &mut dyn Walk,
        rules: &Rules,
        go_on: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Batch, &dyn Walk),
    ) -> End {
        let mut seen = Seen::new(rules.looked_at);
        let mut batch = Batch::default();
        let (mut runs, mut executions, mut steps) = (0, 0u64, 0);
        let end = loop {
            if runs >= rules.runs {
                break End::Over;
            }
            if !go_on() {
                break End::Stopped;
            }
            if executions >= rules.executions || steps >= rules.steps {
                break End::Large;
            }
            let Some(chooser) = walk.next() else { break End::Over };
            let (outcome, chooser, failed) = self.one(chooser, rules, &mut runs, &mut seen, &mut batch);
            walk.done(chooser, &outcome);
            executions += 1;
            steps += outcome.steps;
            if executions.is_multiple_of(PIECE) {
                tell(std::mem::take(&mut batch), walk);
            }
            if failed && !self.options.keep_going {
                break End::Failed;
            }
        };
        tell(batch, walk);
        end
    }

    /// One execution; whether it failed.
    fn one(
        &mut self,
        chooser: Box<dyn Chooser>,
        rules: &Rules,
        runs: &mut u64,
        seen: &mut Seen,
        batch: &mut Batch,
    ) -> (Outcome, Box<dyn Chooser>, bool) {
        let mut cover = self.cover.take().unwrap_or_else(|| Cover::new(self.scenario.setting.roles.len()));
        cover.clear();
        let run = *runs;
        let repeated = run < rules.repeat;
        let covered: Box<Covered<Box<dyn Chooser>>> = Box::new(Covered::new(chooser, cover));
        let keep = Keep { trace: repeated, acts: false };
        let (outcome, covered) = self.simulation.run_again(covered, keep);
        let Covered { inner, mut cover, .. } = *covered;
        // What breaks a promise on its way to where the search has been before is a run like any other: with fingerprints
        // of states, that a handler trapped may be forgotten by then.
        let pruned = matches!(outcome.verdict, Verdict::Halted(Halt::Pruned));
        let mut failed = false;
        if pruned && (self.options.strategy != Strategy::Dfs || outcome.passed.is_empty()) {
            batch.saw(&outcome);
        } else {
            *runs += 1;
            // What is another shard's is looked at like one's own, and then forgotten.
            let mut others = Batch::default();
            let own = run % rules.shard.count == rules.shard.index;
            let batch = if own { batch } else { &mut others };
            if own {
                seen.take(&mut cover, run, batch);
            }
            failed = judge(self.options.seed, run, &outcome, &cover, batch);
            if repeated {
                let (scenario, seed) = (self.scenario, self.options.seed);
                failed |= batch.repeat((run, seed), scenario, &mut self.simulation, &outcome, &cover);
            }
        }
        self.cover = Some(cover);
        (outcome, inner, failed)
    }
}

/// Counts a run with all that it broke; whether it failed.
fn judge(seed: u64, run: u64, outcome: &Outcome, cover: &Cover, batch: &mut Batch) -> bool {
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
