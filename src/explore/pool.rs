//! The pieces of a search, put together in the order of their runs.

use super::batch::{Batch, LOOKED_AT, SAMPLE};
use super::cover::Pair;
use super::failure::Hit;
use super::words::Words;
use super::{MOST_HITS, MOST_ORDERS, MOST_RACES, MOST_TIMERS, Progress};
use crate::event::Event;
use std::collections::{BTreeMap, BTreeSet};

/// All that a search has seen so far.
#[derive(Debug)]
pub(super) struct Pool {
    pub runs: u64,
    pub repeats: u64,
    pub blocked: u64,
    pub steps: u64,
    pub orders: Words,
    pub races: BTreeMap<Pair, u8>,
    pub timers: BTreeMap<Event, bool>,
    pub sometimes: Vec<bool>,
    pub hits: Vec<Hit>,
    pub failing: BTreeMap<String, u64>,
    pub bounds_hit: BTreeSet<String>,
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
            orders: Words::new(MOST_ORDERS),
            races: BTreeMap::new(),
            timers: BTreeMap::new(),
            sometimes: Vec::new(),
            hits: Vec::new(),
            failing: BTreeMap::new(),
            bounds_hit: BTreeSet::new(),
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
            self.orders.add(*order);
        }
        if self.orders.is_full() {
            self.bounds_hit.insert(format!("distinct partial orders are told apart up to {MOST_ORDERS}"));
        }
        if batch.sampled {
            let told = format!(
                "racing pairs: from run {LOOKED_AT} on, those of one order in {SAMPLE} are looked for"
            );
            self.bounds_hit.insert(told);
        }
        if batch.too_long {
            self.bounds_hit.insert("racing pairs: not looked for in runs this long".to_owned());
        }
        self.fresh = ((self.orders.len() - before) as u64, batch.runs);
        for (pair, bits) in batch.races {
            add(
                &mut self.races,
                pair,
                bits,
                MOST_RACES,
                &mut self.bounds_hit,
                "racing pairs are kept",
                |known, bits| {
                    *known |= bits;
                },
            );
        }
        for (timer, fired) in batch.timers {
            add(
                &mut self.timers,
                timer,
                fired,
                MOST_TIMERS,
                &mut self.bounds_hit,
                "timers are kept",
                |known, fired| {
                    *known |= fired;
                },
            );
        }
        self.sometimes.resize(self.sometimes.len().max(batch.sometimes.len()), false);
        self.sometimes.iter_mut().zip(batch.sometimes).for_each(|(all, one)| *all |= one);
        for (property, count) in batch.failing {
            *self.failing.entry(property).or_default() += count;
        }
        for hit in batch.hits {
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
