//! The set of events that may happen next, kept up to date and never rebuilt.
//!
//! Adding and removing are constant-time: an event is removed by its place, which its owner (a lane, a call)
//! remembers, and the last event takes the place. The timers that may go off are put behind
//! the others for the length of a question.

use crate::event::Event;

/// No place: the event is not in the set.
pub const NOWHERE: u32 = u32::MAX;

/// Events, their ages, and where the state keeps what they are about.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    pub(super) events: Vec<Event>,
    pub(super) ages: Vec<u64>,
    slots: Vec<u32>,
    timers: usize,
}

impl Ready {
    pub(super) fn add(&mut self, event: Event, age: u64, slot: u32) -> u32 {
        debug_assert_eq!(self.timers, 0, "timers are behind the others");
        self.events.push(event);
        self.ages.push(age);
        self.slots.push(slot);
        (self.events.len() - 1) as u32
    }

    /// Removes the event at `place`; tells which event took its place, if another did.
    pub(super) fn remove(&mut self, place: u32) -> Option<(Event, u32)> {
        let place = place as usize;
        self.events.swap_remove(place);
        self.ages.swap_remove(place);
        self.slots.swap_remove(place);
        self.events.get(place).map(|event| (*event, self.slots[place]))
    }

    pub(super) fn offer_timer(&mut self, event: Event, age: u64) {
        self.events.push(event);
        self.ages.push(age);
        self.timers += 1;
    }

    pub(super) fn withdraw_timers(&mut self) {
        let ordinary = self.events.len() - self.timers;
        self.events.truncate(ordinary);
        self.ages.truncate(ordinary);
        self.timers = 0;
    }

    /// How many of the events, at the end, are timers.
    pub fn timers(&self) -> usize {
        self.timers
    }

    /// The events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The ages, in the order of the events.
    pub fn ages(&self) -> &[u64] {
        &self.ages
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn slot(&self, place: usize) -> u32 {
        self.slots[place]
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.ages.clear();
        self.slots.clear();
        self.timers = 0;
    }
}
