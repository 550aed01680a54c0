//! What may happen next: the question.

use crate::event::{Event, Packed};

/// Something that may happen next.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    event: Packed,
    /// When it came about, as a count: the lowest is what has waited longest.
    pub age: u64,
    /// Where the state keeps what it is about.
    pub(crate) slot: u32,
}

impl Candidate {
    /// An event that came about at this count.
    pub fn new(event: Event, age: u64) -> Candidate {
        Candidate::kept(event, age, 0)
    }

    /// One that the state keeps more about.
    #[inline(always)]
    pub(crate) fn kept(event: Event, age: u64, slot: u32) -> Candidate {
        Candidate { event: Packed::new(event), age, slot }
    }

    /// What may happen.
    #[inline(always)]
    pub fn event(&self) -> Event {
        self.event.event()
    }
}

/// What may happen next. The order is that of the engine's bookkeeping and has no meaning of its
/// own; the ages have.
#[derive(Clone, Copy)]
pub struct Offered<'a> {
    /// What may happen next: messages and answers first, then timers.
    pub candidates: &'a [Candidate],
    /// How many of them, at the end, are timers: at most all.
    pub timers: usize,
    /// How many steps were taken before this one.
    pub step: u64,
}

impl<'a> Offered<'a> {
    /// The events, in the order of the candidates.
    pub fn events(&self) -> impl ExactSizeIterator<Item = Event> + use<'a> {
        self.candidates.iter().map(Candidate::event)
    }

    fn split(&self) -> (&'a [Candidate], &'a [Candidate]) {
        self.candidates.split_at(self.candidates.len().saturating_sub(self.timers))
    }

    /// Those that are no timers.
    pub fn ordinary(&self) -> &'a [Candidate] {
        self.split().0
    }

    /// The timers among them.
    pub fn timer_events(&self) -> impl ExactSizeIterator<Item = Event> + use<'a> {
        self.split().1.iter().map(Candidate::event)
    }

    /// The mildest answer: what has waited longest; a timer only when there is nothing else.
    pub fn mildest(&self) -> usize {
        let pool = if self.ordinary().is_empty() { self.candidates } else { self.ordinary() };
        let aged = pool.iter().enumerate().map(|(place, candidate)| (candidate.age, place));
        aged.min().map_or(0, |(_, place)| place)
    }

    /// Indices in canonical order: by age, timers last.
    pub fn canonical(&self) -> Vec<usize> {
        let ordinary = self.ordinary().len();
        let mut order: Vec<usize> = (0..self.candidates.len()).collect();
        order.sort_unstable_by_key(|&i| (i >= ordinary, self.candidates[i].age));
        order
    }

    /// The place of an event, if it is offered.
    pub fn position(&self, event: Event) -> Option<usize> {
        self.events().position(|offered| offered == event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Verb;
    use crate::id::ActorId;

    #[test]
    fn the_mildest_is_the_oldest_and_no_timer() {
        let event = |number| Event::new(Verb::Deliver, ActorId(0), ActorId(1), number);
        let candidates = [(1, 5), (2, 3), (3, 1)].map(|(number, age)| Candidate::new(event(number), age));
        let offered = Offered { candidates: &candidates, timers: 1, step: 0 };
        assert_eq!(offered.mildest(), 1);
        assert_eq!(offered.canonical(), [1, 0, 2]);
    }
}
