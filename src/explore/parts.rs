//! A large search through all there is, cut into parts: side by side, or some of them only.
//!
//! Each part is a walk of its own, on a stage of its own, and what it shows follows from the part alone. They are put together in their
//! order, which is the order in which one alone would make them: so runs have their numbers, and what lies behind a
//! part that ends the search is dropped. Parts that are made before their turn are few, for each holds sets.
//!
//! The threads are made by [`jobs`](super::jobs); how one of them waits until its part may be made is here.

use super::batch::{Batch, LOOKED_AT};
use super::exhaust::{End, Follower, Rules, walk_of};
use super::jobs::side_by_side;
use super::pool::Pool;
use super::{Options, Progress, Shard, Strategy};
use crate::error::{Error, Result};
use crate::run::Keep;
use crate::scenario::Scenario;
use crate::walk::{self, Part};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};

/// A search is cut into about so many parts.
const PARTS: usize = 64;
/// So many parts for each thread may be made before their turn.
const AHEAD: usize = 4;

/// Makes a search in parts.
pub(super) fn search(
    mut follower: Follower<'_>,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Pool> {
    let (scenario, options) = (follower.scenario, follower.options);
    let shard = options.shard;
    if shard != Shard::WHOLE && options.runs.is_some() {
        let told =
            format!("a search as large as this with `{}` has no shards under `--runs`", options.strategy);
        return Err(Error::input(told)
            .note("how many runs lie before those of a shard depends on what the other shards find")
            .help("leave out `--runs`"));
    }
    let reduced = options.strategy == Strategy::Dpor;
    let cut = walk::split(reduced, PARTS, walk::Options::default(), &mut |chooser| {
        follower.simulation.run(chooser, Keep::default()).1
    });
    let own = (0..).zip(cut).filter(|(number, _)| number % shard.count == shard.index);
    let parts = Parts {
        scenario,
        options,
        all: own.collect(),
        next: AtomicUsize::new(0),
        ended: AtomicUsize::new(usize::MAX),
        merged: Mutex::new(0),
        moved: Condvar::new(),
        stop,
    };
    let work = |give: &mpsc::Sender<Told>| {
        let mut leaves = Leaves { parts: &parts, well: false };
        parts.work(give);
        leaves.well = true;
    };
    Ok(side_by_side(options.jobs, work, |take| parts.join(take, &mut follower, watch)))
}

/// What a thread tells.
enum Told {
    /// Some more executions.
    Piece(Progress),
    /// A part as a whole.
    Part(usize, Box<Made>),
}

/// A part that was followed.
struct Made {
    pool: Pool,
    end: End,
}

/// All parts of a shard.
struct Parts<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    /// With their numbers among those of all shards.
    all: Vec<(u64, Part)>,
    next: AtomicUsize,
    /// The first that ends the search.
    ended: AtomicUsize,
    /// How many were put together.
    merged: Mutex<usize>,
    moved: Condvar,
    stop: &'a AtomicBool,
}

/// Wakes those who wait when a thread ends. One that ends by a panic leaves a part that never comes, and nobody is to wait for
/// it: the panic is told once all have ended.
struct Leaves<'a> {
    parts: &'a Parts<'a>,
    well: bool,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        if !self.well {
            self.parts.ended.store(0, Ordering::Relaxed);
        }
        // Under the lock, or one who is about to wait would miss it.
        let merged = self.parts.merged.lock();
        self.parts.moved.notify_all();
        drop(merged);
    }
}

impl Parts<'_> {
    /// Makes parts until there are none.
    fn work(&self, give: &mpsc::Sender<Told>) {
        let mut follower = Follower::new(self.scenario, self.options);
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            if place >= self.all.len() || !self.may_begin(place) {
                return;
            }
            let runs = self.options.runs.unwrap_or(u64::MAX);
            let made = self.make(&mut follower, place, runs, &mut |piece| {
                let _ = give.send(Told::Piece(piece));
            });
            if made.end == End::Failed {
                self.ended.fetch_min(place, Ordering::Relaxed);
            }
            let _ = give.send(Told::Part(place, Box::new(made)));
        }
    }

    fn is_wanted(&self, place: usize) -> bool {
        place <= self.ended.load(Ordering::Relaxed) && !self.stop.load(Ordering::Relaxed)
    }

    /// Waits until a part is near its turn; whether it is still wanted.
    fn may_begin(&self, place: usize) -> bool {
        let ahead = AHEAD * self.options.jobs.max(1);
        let merged = self.merged.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |merged: &mut usize| self.is_wanted(place) && place >= merged.saturating_add(ahead);
        drop(self.moved.wait_while(merged, wait).unwrap_or_else(PoisonError::into_inner));
        self.is_wanted(place)
    }

    /// Follows a part, for at most so many runs.
    fn make(
        &self,
        follower: &mut Follower<'_>,
        place: usize,
        runs: u64,
        tell: &mut dyn FnMut(Progress),
    ) -> Made {
        let mut pool = Pool::new();
        let (number, part) = &self.all[place];
        // The options fit each other: the whole was tried with them.
        let Ok(mut walk) = walk_of(self.options, part.clone()) else { return Made { pool, end: End::Over } };
        let repeat = match self.options.repeat {
            u64::MAX => u64::MAX,
            repeat => repeat * u64::from(*number == 0),
        };
        let looked_at = LOOKED_AT / PARTS as u64;
        let (executions, steps, shard) = (u64::MAX, u64::MAX, Shard::WHOLE);
        let rules = Rules { runs, executions, steps, shard, repeat, looked_at };
        let end = follower.follow(&mut *walk, &rules, &|| self.is_wanted(place), &mut |batch, _| {
            tell(piece(&batch));
            pool.add(batch);
        });
        pool.blocked = walk.blocked();
        pool.complete = walk.complete();
        pool.bounds_hit.extend(walk.bounds_hit());
        Made { pool, end }
    }

    /// Puts what the threads tell together.
    fn join(
        &self,
        take: mpsc::Receiver<Told>,
        follower: &mut Follower<'_>,
        watch: &mut dyn FnMut(&Progress),
    ) -> Pool {
        let mut whole = Pool::new();
        whole.complete = true;
        let mut waiting: BTreeMap<usize, Box<Made>> = BTreeMap::new();
        let mut at = Progress { of: self.options.runs, ..Progress::default() };
        let (mut next, mut over) = (0, false);
        for told in take {
            match told {
                Told::Piece(piece) => {
                    more(&mut at, &piece);
                    watch(&at);
                }
                Told::Part(place, made) => {
                    waiting.insert(place, made);
                }
            }
            while !over && let Some(made) = waiting.remove(&next) {
                over = self.add(&mut whole, next, *made, follower);
                next += 1;
            }
            *self.merged.lock().unwrap_or_else(PoisonError::into_inner) = next;
            self.moved.notify_all();
        }
        // After a stop there may be gaps: what was made is kept all the same.
        for (place, made) in waiting {
            if !over {
                over = self.add(&mut whole, place, *made, follower);
            }
        }
        let all = whole.parts.len() == self.all.len();
        whole.complete = all && whole.complete;
        whole.stopped = self.stop.load(Ordering::Relaxed) && !over && !whole.complete;
        whole
    }

    /// Adds a part; whether the search ends with it.
    fn add(&self, whole: &mut Pool, place: usize, mut made: Made, follower: &mut Follower<'_>) -> bool {
        let left = self.options.runs.unwrap_or(u64::MAX) - whole.runs;
        if made.pool.runs > left {
            // It was made without knowing how many lie before it, and what it saw too much cannot be taken out again.
            made = self.make(follower, place, left, &mut |_| {});
        }
        let full = made.pool.runs >= left;
        whole.complete &= made.pool.complete;
        whole.parts.insert(self.all[place].0, made.pool.runs);
        whole.join(made.pool);
        if full {
            self.ended.fetch_min(place, Ordering::Relaxed);
        }
        full || made.end == End::Failed
    }
}

/// What a piece adds to the progress.
fn piece(batch: &Batch) -> Progress {
    let (runs, steps, distinct) = (batch.runs, batch.steps, batch.orders.len() as u64);
    let failing = batch.failing.values().sum();
    Progress { runs, steps, distinct, failing, ..Progress::default() }
}

fn more(at: &mut Progress, piece: &Progress) {
    at.runs += piece.runs;
    at.steps += piece.steps;
    at.distinct += piece.distinct;
    at.failing += piece.failing;
    at.fresh = (piece.distinct, piece.runs);
}
