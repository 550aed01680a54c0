//! From a failing run to a failure that can be shown: recorded, shrunk, told apart from others.

use super::cover::{Cover, Covered};
use super::findings::{Findings, Found, PartialOrderDigest, group};
use super::pool::Pool;
use super::repeat::Difference;
use super::{Options, Progress, Search, Shard};
use crate::choice::{Choice, Chooser};
use crate::chooser::{Recorded, Replay};
use crate::property::Kind;
use crate::run::{Keep, Outcome};
use crate::scenario::Scenario;
use crate::shrink::{self, Budget, Shrunk};
use crate::state::Clock;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// A run that failed, and the answers that make it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its number.
    pub run: u64,
    /// Its seed.
    pub seed: u64,
    /// What it broke.
    pub property: String,
    /// Its answers.
    pub choices: Vec<Choice>,
    /// Its steps.
    pub steps: u64,
    /// Where it did not repeat, if that is what is wrong.
    pub difference: Option<Difference>,
}

/// A failure, with all that is known of it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What results tell of it.
    pub found: Found,
    /// What it was cut down to; its outcome is recorded in full.
    pub shrunk: Shrunk,
    /// Where two runs differed, if that is what is wrong.
    pub difference: Option<Difference>,
}

/// Turns what was seen into results.
pub(super) fn conclude(
    scenario: &Scenario,
    options: &Options,
    pool: Pool,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Search {
    let mut all: Vec<Failure> = Vec::new();
    let progress = pool.progress(None);
    let mut spent = 0;
    for hit in &pool.hits {
        let shrink = options.shrink && !stop.load(Ordering::Relaxed);
        let failure = settle(scenario, hit, shrink, &mut |at| {
            watch(&Progress { shrinking: Some(spent + at.runs), ..progress });
        });
        spent += failure.shrunk.runs;
        all.push(failure);
    }
    let mut findings = findings(scenario, options, &pool);
    findings.failures = group(all.iter().map(|failure| &failure.found));
    // Moved and not copied: a long run's record is large.
    let mut representative = |found: &Found| {
        let same = |known: &Failure| known.found.run == found.run && known.found.property == found.property;
        Some(all.swap_remove(all.iter().position(same)?))
    };
    let failures = findings
        .failures
        .iter()
        .filter_map(|found| Some(Failure { found: found.clone(), ..representative(found)? }))
        .collect();
    Search { findings, failures, stopped: pool.stopped }
}

fn findings(scenario: &Scenario, options: &Options, pool: &Pool) -> Findings {
    let names = scenario.setting.directory.names();
    let told = |event: crate::event::Event| event.name(names).to_string();
    let somes =
        scenario.properties.iter().zip(pool.sometimes.iter().copied().chain(std::iter::repeat(false)));
    let somes = somes.filter_map(|(property, seen)| {
        let Kind::Sometimes { required } = property.kind() else { return None };
        Some((property.name().to_owned(), seen, required))
    });
    let somes: Vec<_> = somes.collect();
    Findings {
        form: 1,
        scenario: scenario.path.clone(),
        name: scenario.name.clone(),
        hash: scenario.hash.clone(),
        profile: scenario.profile.name().to_owned(),
        clock: "loose".to_owned(),
        strategy: options.strategy.to_string(),
        fingerprint: super::fingerprint_name(options.fingerprint).to_owned(),
        seed: options.seed,
        shards: (options.shard != Shard::WHOLE).then(|| options.shard.to_string()).into_iter().collect(),
        parts: if options.shard == Shard::WHOLE { [].into() } else { pool.parts.clone() },
        runs: pool.runs,
        blocked: pool.blocked,
        repeats: pool.repeats,
        steps: pool.steps,
        states: pool.states,
        complete: pool.complete,
        orders: pool.orders.sorted().into_iter().map(PartialOrderDigest).collect(),
        races: pool
            .races
            .iter()
            .map(|((a, b), bits)| (format!("{} | {}", told(*a), told(*b)), *bits))
            .collect(),
        timers: pool.timers.iter().map(|(timer, fired)| (told(*timer), *fired)).collect(),
        required: somes.iter().filter(|(_, _, required)| *required).map(|(name, ..)| name.clone()).collect(),
        sometimes: somes.into_iter().map(|(name, seen, _)| (name, seen)).collect(),
        failing: pool.failing.clone(),
        failures: Vec::new(),
        bounds_hit: pool.bounds_hit.clone(),
    }
}

/// Shrinks a failing run, and makes it once more with everything recorded.
fn settle(
    scenario: &Scenario,
    hit: &Hit,
    shrink: bool,
    progress: &mut dyn FnMut(&shrink::Progress),
) -> Failure {
    let mut shrunk = match shrink && hit.difference.is_none() {
        true => {
            let budget = Budget::of(hit.steps);
            shrink::shrink(scenario, Clock::Loose, &hit.choices, &hit.property, budget, progress)
        }
        false => as_found(scenario, hit),
    };
    let (outcome, shape) = record(scenario, &shrunk.choices, &hit.property);
    shrunk.verified &= outcome.verdict.breaks(&hit.property);
    shrunk.outcome = outcome;
    let names = scenario.setting.directory.names();
    let schedule = shrunk.choices.iter().filter_map(|choice| match choice {
        Choice::Next(event) => Some(event.name(names).to_string()),
        Choice::Drew(..) => None,
    });
    let notes = match (&hit.difference, shrunk.outcome.verdict.violation()) {
        (Some(difference), _) => difference.facts(),
        (None, violation) => violation.map(|violation| violation.facts.clone()).unwrap_or_default(),
    };
    let found = Found {
        property: hit.property.clone(),
        run: hit.run + 1,
        seed: hit.seed,
        steps: if hit.difference.is_some() { hit.steps } else { shrunk.steps },
        from_steps: hit.steps,
        minimal: shrunk.minimal,
        verified: shrunk.verified,
        shape: format!("{shape:016x}"),
        schedule: schedule.collect(),
        notes,
        runs: BTreeSet::from([hit.run + 1]),
        trace: None,
    };
    Failure { found, shrunk, difference: hit.difference.clone() }
}

/// A failing run that is not shrunk.
fn as_found(scenario: &Scenario, hit: &Hit) -> Shrunk {
    let (outcome, _) = record(scenario, &hit.choices, &hit.property);
    Shrunk {
        choices: hit.choices.clone(),
        steps: outcome.steps,
        from: outcome.steps,
        runs: 1,
        minimal: false,
        verified: true,
        measure: shrink::Measure { steps: outcome.steps, ..shrink::Measure::default() },
        race: None,
        waits: Vec::new(),
        unneeded: Vec::new(),
        outcome,
    }
}

/// Makes a run again with everything recorded; and its partial order.
fn record(scenario: &Scenario, choices: &[Choice], property: &str) -> (Outcome, u64) {
    let mut simulation = scenario.simulation(Some(Clock::Loose));
    let answers: Vec<Recorded> = choices.iter().copied().map(Recorded::from).collect();
    let chooser = || -> Box<dyn Chooser> { Box::new(Replay::new(answers.clone(), scenario.names())) };
    simulation.run_towards(Some(property), Keep::default(), &chooser);
    let cover = Cover::new(scenario.setting.roles.len());
    let replay = Box::new(Covered::new(Replay::new(answers, scenario.names()), cover));
    let (outcome, replay) = simulation.run_again(replay, Keep { trace: true, acts: true });
    (outcome, replay.cover.order())
}
