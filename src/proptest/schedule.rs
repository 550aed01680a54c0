//! Schedules as values: they shrink towards the quiet run.

use crate::chooser::Bytes;
use ::proptest::prelude::Rng;
use ::proptest::strategy::{NewTree, Strategy, ValueTree};
use ::proptest::test_runner::TestRunner;
use std::fmt;

/// The answers of one run, as [`Bytes`] reads them: 0 is the mildest, and where they end all are. What a failing one
/// did is told by the timeline; its own text says how much of it is not mild.
///
/// ```
/// use rehearsal::proptest::Schedule;
/// use rehearsal::{Rehearsal, Steps, native::builtin};
/// let hello = Rehearsal::new("hello")
///     .actor("echo", || builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello"));
/// let schedule = Schedule::from(vec![0, 3]);
/// assert!(hello.stage().unwrap().run(schedule.chooser()).passed());
/// assert_eq!(format!("{schedule:?}"), "a schedule of 2 answers, not the mildest at [2]");
/// assert_eq!(format!("{:?}", Schedule::default()), "the quiet schedule");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Schedule(Vec<u8>);

impl Schedule {
    /// The answers.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A chooser that gives these answers.
    pub fn chooser(&self) -> Bytes {
        Bytes::new(self.0.clone())
    }
}

impl From<Vec<u8>> for Schedule {
    fn from(bytes: Vec<u8>) -> Self {
        Schedule(bytes)
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bold: Vec<usize> = (1..).zip(&self.0).filter(|(_, byte)| **byte != 0).map(|(at, _)| at).collect();
        match bold[..] {
            [] => f.write_str("the quiet schedule"),
            _ => write!(f, "a schedule of {} answers, not the mildest at {bold:?}", self.0.len()),
        }
    }
}

/// Schedules of up to 128 answers.
pub fn schedules() -> Schedules {
    schedules_of(128)
}

/// Schedules of up to this many answers; beyond them a run is quiet.
pub fn schedules_of(most: usize) -> Schedules {
    Schedules { most }
}

/// A strategy for schedules: half of them answer everything at random, the others are quiet but for a few answers. A failing one
/// shrinks by ending earlier, by blocks of answers becoming the mildest, and by milder single answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedules {
    most: usize,
}

impl Strategy for Schedules {
    type Tree = Shrinking;
    type Value = Schedule;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let random = runner.rng();
        let word = random.next_u64();
        let mut bytes = vec![0; self.most];
        if word & 1 == 0 {
            random.fill_bytes(&mut bytes);
        } else if self.most > 0 {
            for _ in 0..(word >> 1) % 6 {
                let at = random.next_u64();
                bytes[(at >> 8) as usize % self.most] = at as u8;
            }
        }
        Ok(Shrinking {
            best: bytes.clone(),
            trial: bytes,
            pass: Pass::Cut(self.most.div_ceil(2)),
            begun: false,
        })
    }
}

/// A schedule on its way to a milder one.
#[derive(Clone, Debug)]
pub struct Shrinking {
    best: Vec<u8>,
    trial: Vec<u8>,
    pass: Pass,
    begun: bool,
}

#[derive(Clone, Copy, Debug)]
enum Pass {
    /// This many answers off the end.
    Cut(usize),
    /// A block of this size from there becomes mild.
    Quiet(usize, usize),
    /// This answer becomes half.
    Halve(usize),
    Over,
}

impl Shrinking {
    /// Goes on after a trial that failed as well, or did not.
    fn proceed(&mut self, kept: bool) {
        self.pass = match self.pass {
            Pass::Cut(size) if kept => Pass::Cut(size.min(self.best.len())),
            Pass::Cut(size) if size > 1 => Pass::Cut(size / 2),
            Pass::Cut(_) => Pass::Quiet(self.best.len().div_ceil(2), 0),
            Pass::Quiet(size, at) => Pass::Quiet(size, at + size),
            Pass::Halve(at) if kept => Pass::Halve(at),
            Pass::Halve(at) => Pass::Halve(at + 1),
            Pass::Over => Pass::Over,
        };
    }

    /// Makes the next trial; whether there is one.
    fn next(&mut self) -> bool {
        loop {
            self.trial.clone_from(&self.best);
            match self.pass {
                Pass::Cut(size) if size > 0 && size <= self.best.len() => {
                    self.trial.truncate(self.best.len() - size);
                    return true;
                }
                Pass::Cut(_) => self.pass = Pass::Quiet(self.best.len().div_ceil(2), 0),
                Pass::Quiet(0, _) => self.pass = Pass::Halve(0),
                Pass::Quiet(size, at) if at >= self.best.len() => {
                    self.pass = Pass::Quiet(if size == 1 { 0 } else { size.div_ceil(2) }, 0);
                }
                Pass::Quiet(size, at) => {
                    let end = (at + size).min(self.best.len());
                    if self.best[at..end].iter().any(|byte| *byte != 0) {
                        self.trial[at..end].fill(0);
                        return true;
                    }
                    self.pass = Pass::Quiet(size, end);
                }
                Pass::Halve(at) if at >= self.best.len() => self.pass = Pass::Over,
                Pass::Halve(at) if self.best[at] > 1 => {
                    self.trial[at] /= 2;
                    return true;
                }
                Pass::Halve(at) => self.pass = Pass::Halve(at + 1),
                Pass::Over => return false,
            }
        }
    }
}

impl ValueTree for Shrinking {
    type Value = Schedule;

    fn current(&self) -> Schedule {
        Schedule(self.trial.clone())
    }

    fn simplify(&mut self) -> bool {
        self.best.clone_from(&self.trial);
        if self.begun {
            self.proceed(true);
        }
        self.begun = true;
        self.next()
    }

    fn complicate(&mut self) -> bool {
        if !self.begun {
            return false;
        }
        self.proceed(false);
        self.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrinks as a runner would: the smallest schedule found that still fails.
    fn shrunk(mut tree: Shrinking, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut more = tree.simplify();
        for _ in 0..100_000 {
            if !more {
                return tree.current().0;
            }
            more = if fails(tree.current().bytes()) { tree.simplify() } else { tree.complicate() };
        }
        panic!("shrinking does not end");
    }

    #[test]
    fn schedules_shrink_to_what_is_needed() {
        let mut runner = TestRunner::deterministic();
        for _ in 0..50 {
            let tree = schedules().new_tree(&mut runner).unwrap();
            let first = tree.current();
            assert!(shrunk(tree.clone(), |_| true).is_empty());
            assert_eq!(shrunk(tree.clone(), |bytes| bytes == first.bytes()), first.bytes());
            let fails = |bytes: &[u8]| bytes.get(9).is_some_and(|byte| *byte >= 3);
            if fails(first.bytes()) {
                let least = shrunk(tree, fails);
                assert_eq!(least.len(), 10);
                assert!(least[..9].iter().all(|byte| *byte == 0) && (3..6).contains(&least[9]));
            }
        }
    }

    #[test]
    fn a_schedule_is_told_in_words() {
        assert_eq!(format!("{:?}", Schedule::default()), "the quiet schedule");
        let told = format!("{:?}", Schedule::from(vec![0, 7, 0, 1]));
        assert_eq!(told, "a schedule of 4 answers, not the mildest at [2, 4]");
    }
}
