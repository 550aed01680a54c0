//! The messages of one lane, in order: a ring of envelopes that are filled where they lie.
//!
//! A message goes through here in every step of a run. It is written into its place field by field rather than built
//! beside it and copied: such a copy reads in wide words what was just written in narrow ones, and waits for it.

use super::lane::Envelope;
use crate::message_server::{ActorMessage, ActorSend};
use crate::payload::Payload;

/// The messages on one lane, the oldest first.
#[derive(Debug, Default)]
pub struct Queue {
    /// As many as a power of two, or none. Those that hold no message hold a plain one of no bytes.
    slots: Vec<Envelope>,
    first: usize,
    length: usize,
}

impl Clone for Queue {
    /// A copy has room for the messages that are there: a search keeps many, and lanes once were full.
    fn clone(&self) -> Queue {
        let room = if self.length == 0 { 0 } else { self.length.next_power_of_two() };
        let mut slots = Vec::with_capacity(room);
        slots.extend(self.iter().cloned());
        slots.resize_with(room, Envelope::empty);
        Queue { slots, first: 0, length: self.length }
    }
}

impl Queue {
    /// The oldest message.
    #[inline(always)]
    pub fn front(&self) -> Option<&Envelope> {
        if self.length == 0 { None } else { self.slots.get(self.first) }
    }

    /// How many there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Envelope> {
        let (late, early) = self.slots.split_at(self.first);
        early.iter().chain(late).take(self.length)
    }

    /// A place behind the others, to be filled.
    #[inline(always)]
    pub(super) fn push(&mut self) -> &mut Envelope {
        if self.length == self.slots.len() {
            self.grow();
        }
        let place = self.first.wrapping_add(self.length) & self.slots.len().wrapping_sub(1);
        self.length = self.length.wrapping_add(1);
        &mut self.slots[place]
    }

    #[cold]
    fn grow(&mut self) {
        self.slots.rotate_left(self.first);
        self.first = 0;
        let wanted = (self.slots.len() * 2).max(1);
        self.slots.resize_with(wanted, Envelope::empty);
    }

    /// Takes the oldest message out.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Envelope> {
        if self.length == 0 {
            return None;
        }
        let taken = std::mem::replace(&mut self.slots[self.first], Envelope::empty());
        self.advance();
        Some(taken)
    }

    /// Takes the oldest message out, where it is a plain one: its digest, the step that sent it, and where its
    /// [bytes](Queue::bytes) still lie.
    #[inline(always)]
    pub(super) fn pop_plain(&mut self) -> Option<(u64, u64, usize)> {
        if self.length == 0 {
            return None;
        }
        let place = self.first;
        let head = &self.slots[place];
        let ActorMessage::Send(_) = head.message else { return None };
        let taken = (head.digest, head.cause, place);
        self.advance();
        Some(taken)
    }

    /// The bytes of a plain message that was just taken out, to be taken from where they lie to where they are used.
    #[inline(always)]
    pub(super) fn bytes(&mut self, place: usize) -> &mut Payload {
        match &mut self.slots[place].message {
            ActorMessage::Send(ActorSend { data }) => data,
            _ => unreachable!("what was taken out was a plain message"),
        }
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.first = (self.first + 1) & (self.slots.len() - 1);
        self.length -= 1;
    }

    /// Empties it, and keeps its memory.
    pub(super) fn clear(&mut self) {
        while self.pop().is_some() {}
        self.first = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn send(queue: &mut Queue, digest: u64) {
        let place = queue.push();
        place.message = ActorMessage::Send(ActorSend { data: Payload::from(digest.to_string()) });
        place.digest = digest;
    }

    proptest! {
        #[test]
        fn it_is_a_queue(steps in proptest::collection::vec(0..5u8, 0..200)) {
            let (mut queue, mut model) = (Queue::default(), VecDeque::new());
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    0..=2 => {
                        send(&mut queue, number as u64);
                        model.push_back(number as u64);
                    }
                    3 => prop_assert_eq!(queue.pop().map(|envelope| envelope.digest), model.pop_front()),
                    _ => {
                        let taken = queue.pop_plain();
                        prop_assert_eq!(taken.map(|taken| taken.0), model.pop_front());
                        if let Some((digest, _, place)) = taken {
                            let data = std::mem::take(queue.bytes(place));
                            prop_assert_eq!(data, Payload::from(digest.to_string()));
                        }
                    }
                }
                prop_assert_eq!(queue.front().map(|envelope| envelope.digest), model.front().copied());
                prop_assert_eq!(queue.len(), model.len());
                prop_assert!(queue.iter().map(|envelope| envelope.digest).eq(model.iter().copied()));
                let mut copy = queue.clone();
                send(&mut copy, u64::MAX);
                prop_assert!(copy.slots.len() <= 2 * (model.len() + 1));
                prop_assert!(copy.iter().map(|envelope| envelope.digest).eq(model.iter().copied().chain([u64::MAX])));
            }
            queue.clear();
            prop_assert!(queue.is_empty() && queue.slots.iter().all(|slot| slot.message == Envelope::empty().message));
        }
    }
}
