//! Walks against each other: all orders one by one, and what is left of them.

mod agree;
mod cast;
mod count;

use super::*;
use crate::run::{Keep, Simulation};
use crate::state::Status;
use std::collections::BTreeSet;

/// What a walk showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shown {
    violated: BTreeSet<String>,
    /// What the actors hold in the end, and how it ended.
    ends: BTreeSet<(String, Vec<String>)>,
    /// The digests of complete runs.
    digests: BTreeSet<u64>,
    sometimes: Vec<bool>,
    runs: u64,
}

fn end(outcome: &Outcome, simulation: &Simulation) -> (String, Vec<String>) {
    let ended = match outcome.verdict {
        Verdict::Held | Verdict::Violated(_) => "settled",
        _ => outcome.verdict.word(),
    };
    let all = simulation.state().participants.iter().map(|participant| {
        let status = match &participant.status {
            Status::Idle => "idle",
            Status::Awaiting => "awaiting",
            Status::Stopped(why) => why,
        };
        format!("{status} {}", participant.state.as_ref().map_or("".into(), |state| state.text()))
    });
    (ended.to_owned(), all.collect())
}

impl Shown {
    fn take(&mut self, outcome: &Outcome, simulation: &Simulation) {
        self.sometimes.resize(outcome.sometimes.len(), false);
        self.sometimes.iter_mut().zip(&outcome.sometimes).for_each(|(all, seen)| *all |= seen);
        self.violated.extend(outcome.passed.iter().map(|violation| violation.property.clone()));
        if matches!(outcome.verdict, Verdict::Halted(_)) {
            return;
        }
        self.runs += 1;
        self.digests.insert(outcome.digest);
        self.ends.insert(end(outcome, simulation));
    }

    fn join(&mut self, other: Shown) {
        self.sometimes.resize(other.sometimes.len(), false);
        self.sometimes.iter_mut().zip(&other.sometimes).for_each(|(all, seen)| *all |= seen);
        self.violated.extend(other.violated);
        self.ends.extend(other.ends);
        self.digests.extend(other.digests);
        self.runs += other.runs;
    }
}

/// The parts of a search.
fn parts(case: &cast::Case, reduced: bool, most: usize) -> Vec<Part> {
    let mut simulation = case.simulation();
    split(reduced, most, Options::default(), &mut |chooser| simulation.run(chooser, Keep::default()).1)
}

fn walk_of(reduced: bool, part: &Part) -> Box<dyn Walk> {
    match reduced {
        true => dpor_of(Options::default(), part.clone()).expect("a walk"),
        false => dfs_of(Options::default(), part.clone()),
    }
}

/// Walks to the end; nothing where that takes more executions than `most`.
fn walk(simulation: &mut Simulation, walk: &mut dyn Walk, most: u64) -> Option<Shown> {
    let mut shown = Shown::default();
    let mut executions = 0;
    while let Some(chooser) = walk.next() {
        executions += 1;
        if executions > most {
            return None;
        }
        let (outcome, chooser) = simulation.run(chooser, Keep::default());
        shown.take(&outcome, simulation);
        walk.done(chooser, &outcome);
    }
    assert!(walk.complete());
    Some(shown)
}

fn options(fingerprint: Fingerprint) -> Options {
    Options { fingerprint, ..Options::default() }
}
