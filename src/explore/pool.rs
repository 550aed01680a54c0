//! The pieces of a search, put together in the order of their runs.

use super::batch::{Batch, LOOKED_AT, SAMPLE};
use super::cover::Pair;
use super::failure::Hit;
use super::{MOST_HITS, MOST_ORDERS, MOST_RACES, MOST_TIMERS, Progress};
use crate::digest::DigestSet;
use crate::event::Event;
use std::collections::{BTreeMap, BTreeSet};

/// All that a search has seen so far.
#[derive(Debug)]
pub(super) struct Pool {
    pub runs: u64,
    pub repeats: u64,
    pub blocked: u64,
    pub steps: u64,
    pub orders: DigestSet,
    pub races: BTreeMap<Pair, u8>,
    pub timers: BTreeMap<Event, bool>,
    pub sometimes: Vec<bool>,
    pub hits: Vec<Hit>,
    pub failing: BTreeMap<String, u64>,
    pub bounds_hit: BTreeSet<String>,
    /// How many runs each part has, by the parts' numbers, where the search was cut into parts.
    pub parts: BTreeMap<u64, u64>,
    pub states: Option<u64>,
    pub complete: bool,
    pub stopped: bool,
    fresh: (u64, u64),
}

impl Pool {
    pub fn new() -> Pool {
        Pool {
            runs: 0,
            repeats: 0,
            blocked: 0,
            steps: 0,
            orders: DigestSet::new(MOST_ORDERS),
            races: BTreeMap::new(),
            timers: BTreeMap::new(),
            sometimes: Vec::new(),
            hits: Vec::new(),
            failing: BTreeMap::new(),
            bounds_hit: BTreeSet::new(),
            parts: BTreeMap::new(),
            states: None,
            complete: false,
            stopped: false,
            fresh: (0, 0),
        }
    }

    /// Takes the next piece in. Pieces come in the order of their runs, so what a full set leaves out is the same
    /// whoever made them.
    pub fn add(&mut self, batch: Batch) {
        self.runs += batch.runs;
        self.repeats += batch.repeats;
        self.steps += batch.steps;
        let before = self.orders.len();
        for order in &batch.orders {
            self.orders.insert(*order);
        }
        self.note_full();
        if let Some(from) = batch.sampled {
            let told = if from == LOOKED_AT { "run" } else { "each part's run" };
            let told =
                format!("racing pairs: from {told} {from} on, those of one order in {SAMPLE} are looked for");
            self.bounds_hit.insert(told);
        }
        self.bounds_hit.extend(batch.cut.iter().map(|bound| bound.told().to_owned()));
        if batch.too_long {
            self.bounds_hit.insert("racing pairs: not looked for in runs this long".to_owned());
        }
        self.fresh = ((self.orders.len() - before) as u64, batch.runs);
        self.saw(batch.races, batch.timers, batch.sometimes);
        self.failed(batch.failing, batch.hits);
    }

    /// Takes in what another pool holds, whose runs come next.
    pub fn join(&mut self, other: Pool) {
        let before = self.runs;
        self.runs += other.runs;
        self.repeats += other.repeats;
        self.blocked += other.blocked;
        self.steps += other.steps;
        for order in other.orders.sorted() {
            self.orders.insert(order);
        }
        self.bounds_hit.extend(other.bounds_hit);
        self.note_full();
        self.saw(other.races, other.timers, other.sometimes);
        let hits = other.hits.into_iter().map(|hit| Hit { run: before + hit.run, ..hit });
        self.failed(other.failing, hits);
    }

    fn note_full(&mut self) {
        if self.orders.is_full() {
            self.bounds_hit.insert(format!("distinct partial orders are told apart up to {MOST_ORDERS}"));
        }
    }

    fn saw(
        &mut self,
        races: impl IntoIterator<Item = (Pair, u8)>,
        timers: impl IntoIterator<Item = (Event, bool)>,
        sometimes: Vec<bool>,
    ) {
        let Pool { bounds_hit, .. } = self;
        for (pair, bits) in races {
            let join = |known: &mut u8, bits| *known |= bits;
            add(&mut self.races, pair, bits, MOST_RACES, bounds_hit, "racing pairs are kept", join);
        }
        for (timer, fired) in timers {
            let join = |known: &mut bool, fired| *known |= fired;
            add(&mut self.timers, timer, fired, MOST_TIMERS, bounds_hit, "timers are kept", join);
        }
        self.sometimes.resize(self.sometimes.len().max(sometimes.len()), false);
        self.sometimes.iter_mut().zip(sometimes).for_each(|(all, one)| *all |= one);
    }

    fn failed(&mut self, failing: BTreeMap<String, u64>, hits: impl IntoIterator<Item = Hit>) {
        for (property, count) in failing {
            *self.failing.entry(property).or_default() += count;
        }
        for hit in hits {
            if self.hits.iter().filter(|known| known.property == hit.property).count() < MOST_HITS {
                self.hits.push(hit);
            }
        }
    }

    pub fn progress(&self, of: Option<u64>) -> Progress {
        Progress {
            runs: self.runs,
            of,
            steps: self.steps,
            distinct: self.orders.len() as u64,
            fresh: self.fresh,
            states: self.states,
            failing: self.failing.values().sum(),
            shrinking: None,
        }
    }
}

fn add<K: Ord, V>(
    all: &mut BTreeMap<K, V>,
    key: K,
    value: V,
    most: usize,
    bounds_hit: &mut BTreeSet<String>,
    what: &str,
    join: impl FnOnce(&mut V, V),
) {
    if let Some(known) = all.get_mut(&key) {
        join(known, value);
    } else if all.len() < most {
        all.insert(key, value);
    } else {
        bounds_hit.insert(format!("{what} up to {most}"));
    }
}
