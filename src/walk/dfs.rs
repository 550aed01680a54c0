//! Depth first through all schedules, one execution per path, in canonical order.
//!
//! Without fingerprints every order is run. With them an execution ends where its state was seen before: the future of a
//! state does not depend on how it was reached ([`state::fingerprint`](crate::state)), and the one before had, or will have,
//! all of it explored, since the search goes deep before it goes on. A run that is cut there is blocked, not complete. (Where the
//! scenario waives bounds and one of them cut what came after the state, less is explored, and the search is not complete.)

use super::part::Part;
use super::{Fingerprint, Options, Walk, limited};
use crate::choice::{Chooser, Draw, Halt, Look, Offered};
use crate::digest::{DigestSet, Inserted};
use crate::run::Outcome;
use std::any::Any;

/// A question on the path: its answers are `answers[start..]`, up to the next question's.
#[derive(Clone, Copy, Debug)]
struct Frame {
    start: usize,
    /// Which of them is taken.
    taken: usize,
}

/// The path of the execution, and the states that were seen.
#[derive(Debug)]
struct Path {
    options: Options,
    /// Of what the path is one.
    part: Part,
    frames: Vec<Frame>,
    /// The answers to every question on the path, in canonical order, as the engine numbers them.
    answers: Vec<u32>,
    depth: usize,
    seen: DigestSet,
    drew: bool,
    too_deep: bool,
}

impl Path {
    /// Goes to the next path; whether there is one.
    fn advance(&mut self) -> bool {
        while let Some(frame) = self.frames.last_mut() {
            frame.taken += 1;
            if frame.start + frame.taken < self.answers.len() {
                return true;
            }
            self.answers.truncate(frame.start);
            self.frames.pop();
        }
        false
    }

    /// Whether the question is one that was not asked before.
    fn is_new(&self) -> bool {
        self.depth >= self.frames.len()
    }
}

impl Chooser for Path {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        if self.is_new() {
            if self.depth as u64 >= self.options.depth {
                self.too_deep = true;
                return Err(Halt::Enough);
            }
            self.frames.push(Frame { start: self.answers.len(), taken: 0 });
            match (self.part.given(self.depth), offered.candidates.len()) {
                (Some(event), _) => self.answers.push(offered.position(event).ok_or(Halt::Pruned)? as u32),
                (None, 1) => self.answers.push(0),
                _ => self.answers.extend(offered.canonical().into_iter().map(|index| index as u32)),
            }
        }
        let frame = self.frames[self.depth];
        self.depth += 1;
        Ok(self.answers[frame.start + frame.taken] as usize)
    }

    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        self.drew = true;
        Ok(0)
    }

    fn watches(&self) -> bool {
        self.options.fingerprint != Fingerprint::None
    }

    fn look(&self) -> Look {
        match self.options.fingerprint {
            Fingerprint::None => Look::Away,
            Fingerprint::History => Look::History,
            Fingerprint::State => Look::State,
        }
    }

    fn looks(&self) -> bool {
        self.is_new()
    }

    fn visits(&mut self, fingerprint: u64) -> Result<(), Halt> {
        match self.seen.insert(fingerprint) {
            // A state that there is no room for is new each time: work is done twice then, and nothing left out.
            Inserted::New | Inserted::Full => Ok(()),
            Inserted::Known => Err(Halt::Pruned),
        }
    }
}

/// Depth-first search.
#[derive(Debug)]
pub(super) struct Dfs {
    path: Option<Box<Path>>,
    options: Options,
    blocked: u64,
    states: u64,
    over: bool,
    /// A run was cut at a bound that is waived.
    cut: bool,
    full: bool,
    bounds: Vec<String>,
}

impl Dfs {
    pub(super) fn new(options: Options, part: Part) -> Dfs {
        let path = Path {
            options,
            part,
            frames: Vec::new(),
            answers: Vec::new(),
            depth: 0,
            seen: DigestSet::new(options.entries),
            drew: false,
            too_deep: false,
        };
        Dfs {
            path: Some(Box::new(path)),
            options,
            blocked: 0,
            states: 0,
            over: false,
            cut: false,
            full: false,
            bounds: Vec::new(),
        }
    }
}

impl Walk for Dfs {
    fn next(&mut self) -> Option<Box<dyn Chooser>> {
        let mut path = self.path.take().filter(|_| !self.over)?;
        path.depth = 0;
        Some(path)
    }

    fn done(&mut self, chooser: Box<dyn Chooser>, outcome: &Outcome) {
        let chooser: Box<dyn Any> = chooser;
        let Ok(mut path) = chooser.downcast::<Path>() else { return };
        self.blocked += u64::from(super::is_pruned(outcome));
        self.states = path.seen.len() as u64;
        self.cut |= outcome.cut.is_some();
        limited(&mut self.bounds, outcome, path.drew, path.too_deep.then_some(self.options.depth));
        if self.options.fingerprint != Fingerprint::None && path.seen.is_full() && !self.full {
            self.full = true;
            self.bounds.push(format!("states are told apart up to {}", self.options.entries));
        }
        self.over = !path.advance();
        self.path = Some(path);
    }

    fn over(&self) -> bool {
        self.over
    }

    fn complete(&self) -> bool {
        self.over && !self.cut
    }

    fn states(&self) -> Option<u64> {
        (self.options.fingerprint != Fingerprint::None).then_some(self.states)
    }

    fn blocked(&self) -> u64 {
        self.blocked
    }

    fn bounds_hit(&self) -> Vec<String> {
        self.bounds.clone()
    }
}
