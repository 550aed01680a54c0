//! A piece of a search: some runs in a row, made by one worker.

use super::cover::{Cover, Covered, Pair};
use super::failure::Hit;
use super::{MOST_HITS, MOST_ORDERS, MOST_RACES, Options, repeat};
use crate::chooser::{Sampler, Sampling, seed_of};
use crate::digest::{DigestSet, Inserted};
use crate::event::Event;
use crate::report;
use crate::run::{Bound, Keep, Outcome, Simulation, Verdict};
use crate::scenario::Scenario;
use crate::state::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The races of every run below this number are looked for; from then on, those of one order in [`SAMPLE`].
pub(super) const LOOKED_AT: u64 = 10_000;
pub(super) const SAMPLE: u64 = 16;

/// What some runs in a row showed: only what the worker had not seen before.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The place of the first run in its shard.
    pub from: u64,
    /// How many runs it was to have.
    pub planned: u64,
    pub runs: u64,
    pub repeats: u64,
    pub steps: u64,
    pub orders: Vec<u64>,
    pub races: Vec<(Pair, u8)>,
    pub timers: Vec<(Event, bool)>,
    pub sometimes: Vec<bool>,
    pub hits: Vec<Hit>,
    pub failing: BTreeMap<String, u64>,
    /// From which run on the races were looked for in one order of so many, if there was one.
    pub sampled: Option<u64>,
    /// Whether the races of some runs were not looked for, since they were too long.
    pub too_long: bool,
    /// The bounds that are waived and cut a run.
    pub cut: BTreeSet<Bound>,
    /// Whether the search ends here.
    pub last: bool,
}

/// What a worker has seen, so that it tells nothing twice.
#[derive(Debug)]
pub(super) struct Seen {
    orders: DigestSet,
    races: BTreeMap<Pair, u8>,
    timers: BTreeSet<(Event, bool)>,
    looked_at: u64,
}

impl Seen {
    /// Nothing yet. The races of every run with a lower number than `looked_at` are looked for.
    pub fn new(looked_at: u64) -> Seen {
        let orders = DigestSet::new(MOST_ORDERS);
        Seen { orders, races: BTreeMap::new(), timers: BTreeSet::new(), looked_at }
    }

    /// Takes in what a finished run covered.
    #[inline]
    pub fn take(&mut self, cover: &mut Cover, run: u64, batch: &mut Batch) {
        for timer in cover.timers() {
            if self.timers.insert((*timer, false)) {
                batch.timers.push((*timer, false));
            }
        }
        if !cover.timers().is_empty() {
            let fired = cover.fired().filter(|timer| self.timers.insert((*timer, true)));
            batch.timers.extend(fired.map(|timer| (timer, true)));
        }
        let order = cover.order();
        let looked = run < self.looked_at;
        if !looked {
            batch.sampled = Some(self.looked_at);
        }
        // What a full set does not know is told no more: the bound is named, and the count stays there.
        if self.orders.insert(order) == Inserted::New {
            batch.orders.push(order);
            if looked || order.is_multiple_of(SAMPLE) {
                self.races(cover, batch);
            }
        }
    }

    fn races(&mut self, cover: &mut Cover, batch: &mut Batch) {
        let looked = cover.races(|pair, lesser_first| {
            let bit = if lesser_first { 1 } else { 2 };
            match self.races.get_mut(&pair) {
                Some(known) if *known & bit != 0 => {}
                Some(known) => {
                    *known |= bit;
                    batch.races.push((pair, bit));
                }
                None => {
                    if self.races.len() < MOST_RACES {
                        self.races.insert(pair, bit);
                    }
                    batch.races.push((pair, bit));
                }
            }
        });
        batch.too_long |= !looked;
    }
}

impl Batch {
    /// Counts a run, and keeps it if it failed; whether it did.
    pub fn judge(&mut self, outcome: &Outcome, hit: impl FnOnce(String) -> Hit) -> bool {
        self.count(outcome);
        match &outcome.verdict {
            Verdict::Held | Verdict::Halted(_) => false,
            verdict => {
                self.failed(report::broken(verdict).unwrap_or_default(), hit);
                true
            }
        }
    }

    /// Counts a run.
    pub fn count(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.steps += outcome.steps;
        self.cut.extend(outcome.cut);
        self.saw(outcome);
    }

    /// Notes which `sometimes` an execution saw.
    pub fn saw(&mut self, outcome: &Outcome) {
        if !outcome.sometimes.is_empty() {
            self.sometimes.resize(outcome.sometimes.len(), false);
            self.sometimes.iter_mut().zip(&outcome.sometimes).for_each(|(all, one)| *all |= one);
        }
    }

    pub fn failed(&mut self, property: String, hit: impl FnOnce(String) -> Hit) {
        let count = self.failing.entry(property.clone()).or_default();
        *count += 1;
        if *count <= MOST_HITS as u64 {
            self.hits.push(hit(property));
        }
    }

    /// Makes a recorded run once more, and keeps it as failing where the two differ; whether they do.
    pub fn repeat(
        &mut self,
        (run, seed): (u64, u64),
        scenario: &Scenario,
        simulation: &mut Simulation,
        outcome: &Outcome,
        cover: &Cover,
    ) -> bool {
        // What a search has ended early has no end that the second run could come to.
        let (Some(record), false) = (&outcome.record, matches!(outcome.verdict, Verdict::Halted(_))) else {
            return false;
        };
        self.repeats += 1;
        let difference = repeat::again(scenario, simulation, outcome, record);
        let Some(difference) = difference else { return false };
        let (choices, steps) = (cover.choices(), difference.step);
        let hit = |property| Hit { run, seed, property, choices, steps, difference: Some(difference) };
        self.failed(repeat::PROPERTY.to_owned(), hit);
        true
    }
}

/// Makes runs, one after the other, on a stage of its own.
pub(super) struct Worker<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    simulation: Simulation,
    chooser: Option<Box<Covered<Sampler>>>,
    seen: Seen,
}

impl<'a> Worker<'a> {
    pub fn new(scenario: &'a Scenario, options: &'a Options, sampling: Sampling, length: u64) -> Worker<'a> {
        let cover = Cover::new(scenario.setting.roles.len());
        Worker {
            scenario,
            options,
            simulation: scenario.simulation(Some(Clock::Loose)),
            chooser: Some(Box::new(Covered::new(Sampler::new(sampling, length), cover))),
            seen: Seen::new(LOOKED_AT),
        }
    }

    /// The runs of these places, unless the search is stopped, or ended by a run that failed at a lower place.
    pub fn batch(&mut self, from: u64, count: u64, stop: &AtomicBool, failed: &AtomicU64) -> Batch {
        let mut batch = Batch { from, ..Batch::default() };
        for place in from..from + count {
            if stop.load(Ordering::Relaxed) || place > failed.load(Ordering::Relaxed) {
                break;
            }
            if self.one(place, &mut batch) && !self.options.keep_going {
                failed.fetch_min(place, Ordering::Relaxed);
                batch.last = true;
                break;
            }
        }
        batch
    }

    /// One run; whether it failed.
    #[inline]
    fn one(&mut self, place: u64, batch: &mut Batch) -> bool {
        let run = self.options.shard.run(place);
        let seed = seed_of(self.options.seed, run);
        let repeated = run < self.options.repeat;
        let Some(mut chooser) = self.chooser.take() else { return false };
        chooser.inner.begin(seed);
        chooser.cover.clear();
        let keep = Keep { trace: repeated, acts: false };
        let (outcome, mut chooser) = self.simulation.run_again(chooser, keep);
        self.seen.take(&mut chooser.cover, run, batch);
        let cover = &chooser.cover;
        let hit = |property| Hit {
            run,
            seed,
            property,
            choices: cover.choices(),
            steps: outcome.steps,
            difference: None,
        };
        let mut failed = batch.judge(&outcome, hit);
        if repeated {
            failed |= batch.repeat((run, seed), self.scenario, &mut self.simulation, &outcome, cover);
        }
        self.chooser = Some(chooser);
        failed
    }
}
