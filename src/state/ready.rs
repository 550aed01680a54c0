//! The set of events that may happen next, kept up to date and never rebuilt.
//!
//! Adding and removing are constant-time: an event is removed by its place, which its owner (a lane, a call)
//! remembers, and the last event takes the place. The timers that may go off are put behind
//! the others for the length of a question.

use crate::choice::Candidate;
use crate::event::Event;

/// No place: the event is not in the set.
pub const NOWHERE: u32 = u32::MAX;

/// What may happen next.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    candidates: Vec<Candidate>,
    // Narrower than the length before it, so that nobody reads the two as one just after one was written.
    timers: u32,
}

impl Ready {
    #[inline(always)]
    pub(super) fn add(&mut self, event: Event, age: u64, slot: u32) -> u32 {
        debug_assert_eq!(self.timers, 0, "timers are behind the others");
        let place = self.candidates.len() as u32;
        self.candidates.push(Candidate::kept(event, age, slot));
        place
    }

    /// Removes the event at `place`; tells which one took its place, if another did.
    #[inline(always)]
    pub(super) fn remove(&mut self, place: u32) -> Option<Candidate> {
        let last = self.candidates.len().checked_sub(1)?;
        if place as usize == last {
            self.candidates.truncate(last);
            return None;
        }
        self.candidates.swap_remove(place as usize);
        self.candidates.get(place as usize).copied()
    }

    pub(super) fn offer_timer(&mut self, event: Event, age: u64) {
        self.candidates.push(Candidate::new(event, age));
        self.timers += 1;
    }

    #[inline(always)]
    pub(super) fn withdraw_timers(&mut self) {
        if self.timers > 0 {
            let ordinary = self.candidates.len() - self.timers as usize;
            self.candidates.truncate(ordinary);
            self.timers = 0;
        }
    }

    /// How many of the events, at the end, are timers.
    pub fn timers(&self) -> usize {
        self.timers as usize
    }

    /// The events, the timers behind the others.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.candidates.clear();
        self.timers = 0;
    }
}
