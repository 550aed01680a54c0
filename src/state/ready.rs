//! The set of events that may happen next, kept up to date and never rebuilt.
//!
//! Adding and removing are constant-time: an event is removed by its place, which its owner (a lane, a call)
//! remembers, and the last event takes the place. The timers that may go off are put behind
//! the others for the length of a question.

use crate::choice::Waiting;
use crate::event::Event;

/// No place: the event is not in the set.
pub const NOWHERE: u32 = u32::MAX;

/// Events, how long they have waited, and where the state keeps what they are about.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    events: Vec<Event>,
    waiting: Vec<Waiting>,
    // Narrower than the length before it, so that nobody reads the two as one just after one was written.
    timers: u32,
}

impl Ready {
    #[inline(always)]
    pub(super) fn add(&mut self, event: Event, age: u64, slot: u32) -> u32 {
        debug_assert_eq!(self.timers, 0, "timers are behind the others");
        let place = self.events.len() as u32;
        self.events.push(event);
        self.waiting.push(Waiting { age, slot });
        place
    }

    /// Removes the event at `place`; tells which event took its place, if another did.
    #[inline(always)]
    pub(super) fn remove(&mut self, place: u32) -> Option<(Event, u32)> {
        let (event, waiting) = (self.events.pop()?, self.waiting.pop()?);
        let place = place as usize;
        if place == self.events.len() {
            return None;
        }
        (self.events[place], self.waiting[place]) = (event, waiting);
        Some((event, waiting.slot))
    }

    pub(super) fn offer_timer(&mut self, event: Event, age: u64) {
        self.events.push(event);
        self.waiting.push(Waiting { age, slot: 0 });
        self.timers += 1;
    }

    #[inline(always)]
    pub(super) fn withdraw_timers(&mut self) {
        if self.timers > 0 {
            let ordinary = self.events.len() - self.timers as usize;
            self.events.truncate(ordinary);
            self.waiting.truncate(ordinary);
            self.timers = 0;
        }
    }

    /// How many of the events, at the end, are timers.
    pub fn timers(&self) -> usize {
        self.timers as usize
    }

    /// The events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How long they have waited, in the order of the events.
    pub fn waiting(&self) -> &[Waiting] {
        // As long as the events, whose length is at hand: pointer and length of one vector are otherwise read as one word of
        // twice the width, which waits for the length just written, and for every write before it.
        &self.waiting[..self.events.len()]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.waiting.clear();
        self.timers = 0;
    }
}
