//! Runs side by side: threads are made here, for [`parts`](super::parts) too, and nowhere else in the library. Each has a
//! stage of its own, and none sees another's; what they bring is put together in the order of the run numbers, so that
//! nothing depends on how many they were.

use super::batch::{Batch, Worker};
use super::pool::Pool;
use super::{Options, Progress, quiet_length};
use crate::chooser::Sampling;
use crate::scenario::Scenario;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

/// A piece has at most so many runs, and about so many steps.
const MOST_RUNS: u64 = 4096;
const STEPS: u64 = 1 << 17;

/// A search at random, with as many threads as wanted.
pub(super) fn sample(
    scenario: &Scenario,
    sampling: Sampling,
    options: &Options,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Pool {
    let length = quiet_length(scenario);
    let pieces = Pieces::new(options.places(), options.jobs);
    let of = (!options.endless).then_some(pieces.places);
    let mut pool = Pool::new();
    if options.jobs <= 1 {
        let mut worker = Worker::new(scenario, options, sampling, length);
        pieces.work(&mut worker, stop, &mut |batch| {
            pool.add(batch);
            watch(&pool.progress(of));
        });
    } else {
        let work = |give: &mpsc::Sender<Batch>| {
            let mut worker = Worker::new(scenario, options, sampling, length);
            pieces.work(&mut worker, stop, &mut |batch| {
                let _ = give.send(batch);
            });
        };
        side_by_side(options.jobs, work, |take| {
            in_order(take, &mut |batch| {
                pool.add(batch);
                watch(&pool.progress(of));
            });
        });
    }
    let ended = pieces.failed.load(Ordering::Relaxed) != u64::MAX;
    pool.stopped = stop.load(Ordering::Relaxed) && !ended && pool.runs < pieces.places;
    pool
}

/// Does the same work with so many threads, and meanwhile puts together what they give.
pub(super) fn side_by_side<T: Send, R>(
    jobs: usize,
    work: impl Fn(&mpsc::Sender<T>) + Sync,
    join: impl FnOnce(mpsc::Receiver<T>) -> R,
) -> R {
    let (give, take) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let (give, work) = (give.clone(), &work);
            scope.spawn(move || work(&give));
        }
        drop(give);
        join(take)
    })
}

/// Hands pieces on in the order of their runs, up to the first that ends the search: what lies above is dropped, for
/// a search by one alone would never have come there.
fn in_order(take: mpsc::Receiver<Batch>, add: &mut dyn FnMut(Batch)) {
    let mut waiting: BTreeMap<u64, (u64, Batch)> = BTreeMap::new();
    let (mut next, mut over) = (0, false);
    for batch in take {
        waiting.insert(batch.from, (batch.planned, batch));
        while !over && let Some((planned, batch)) = waiting.remove(&next) {
            next += planned;
            over = batch.last;
            add(batch);
        }
    }
    // After a stop there may be gaps: what was made is kept all the same.
    for (_, (_, batch)) in waiting {
        if !over {
            over = batch.last;
            add(batch);
        }
    }
}

/// The places of a shard, given out piece by piece.
struct Pieces {
    jobs: u64,
    places: u64,
    next: AtomicU64,
    /// The lowest place that failed.
    failed: AtomicU64,
    runs: AtomicU64,
    steps: AtomicU64,
}

impl Pieces {
    fn new(places: u64, jobs: usize) -> Pieces {
        let jobs = jobs.max(1) as u64;
        let (next, runs, steps) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Pieces { jobs, places, next, failed: AtomicU64::new(u64::MAX), runs, steps }
    }

    /// How many runs the next piece should have: few while nothing is known of them, fewer the longer they are, and few at the
    /// end, so that no thread waits long for the last of another.
    fn size(&self) -> u64 {
        let runs = self.runs.load(Ordering::Relaxed);
        let each = self.steps.load(Ordering::Relaxed) / runs.max(1) + 1;
        let left = self.places.saturating_sub(self.next.load(Ordering::Relaxed));
        let share = left / (4 * self.jobs) + 1;
        (STEPS / each).clamp(1, MOST_RUNS).min(runs / 2 + 1).min(share)
    }

    fn work(&self, worker: &mut Worker<'_>, stop: &AtomicBool, give: &mut dyn FnMut(Batch)) {
        loop {
            let size = self.size();
            let from = self.next.fetch_add(size, Ordering::Relaxed);
            let over = from >= self.places || from > self.failed.load(Ordering::Relaxed);
            if over || stop.load(Ordering::Relaxed) {
                return;
            }
            let count = size.min(self.places - from);
            let mut batch = worker.batch(from, count, stop, &self.failed);
            batch.planned = size;
            self.runs.fetch_add(batch.runs, Ordering::Relaxed);
            self.steps.fetch_add(batch.steps, Ordering::Relaxed);
            give(batch);
        }
    }
}
