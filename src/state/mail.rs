//! The messages of all lanes: lists, each in order, through one pool of envelopes that are filled where they lie.
//!
//! A message goes through here in every step of a run. It is written into its place field by field rather than built
//! beside it and copied: such a copy reads in wide words what was just written in narrow ones, and waits for it. And the
//! place is the one that was left last: however many lanes there are, what is written is near at hand.

use super::lane::Envelope;
use super::ready::NOWHERE;
use crate::message_server::{ActorMessage, ActorSend};
use crate::payload::Payload;

/// The messages on one lane: the places of the oldest and of the newest. It belongs to one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List {
    first: u32,
    last: u32,
}

impl List {
    pub(super) const EMPTY: List = List { first: NOWHERE, last: NOWHERE };

    /// Whether there is none.
    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.first == NOWHERE
    }
}

/// An envelope, and the place of the next one: of its list, or of those that hold no message.
#[derive(Debug)]
struct Slot {
    envelope: Envelope,
    next: u32,
}

/// The envelopes of all lists. Those that hold no message hold a plain one of no bytes.
#[derive(Debug)]
pub(super) struct Mail {
    slots: Vec<Slot>,
    /// The place that was left last; from there on, those that were left before it.
    free: u32,
}

impl Default for Mail {
    fn default() -> Mail {
        Mail { slots: Vec::new(), free: NOWHERE }
    }
}

impl Mail {
    /// No list yet, and room for so many messages.
    pub(super) fn with_room(messages: usize) -> Mail {
        Mail { slots: Vec::with_capacity(messages), free: NOWHERE }
    }

    /// The oldest message of a list.
    #[inline(always)]
    pub(super) fn front(&self, list: List) -> Option<&Envelope> {
        self.slots.get(list.first as usize).map(|slot| &slot.envelope)
    }

    /// All of them, the oldest first.
    pub(super) fn iter(&self, list: List) -> impl Iterator<Item = &Envelope> {
        let first = self.slots.get(list.first as usize);
        let all = std::iter::successors(first, |slot| self.slots.get(slot.next as usize));
        all.map(|slot| &slot.envelope)
    }

    /// A place behind the others of a list, to be filled.
    #[inline(always)]
    pub(super) fn push(&mut self, list: &mut List) -> &mut Envelope {
        let place = match self.free {
            NOWHERE => self.grow(),
            place => place,
        };
        match list.first {
            NOWHERE => list.first = place,
            _ => self.slots[list.last as usize].next = place,
        }
        list.last = place;
        let slot = &mut self.slots[place as usize];
        self.free = std::mem::replace(&mut slot.next, NOWHERE);
        &mut slot.envelope
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        let place = self.slots.len() as u32;
        self.slots.push(Slot { envelope: Envelope::empty(), next: NOWHERE });
        place
    }

    /// Takes the oldest message of a list out.
    #[inline]
    pub(super) fn pop(&mut self, list: &mut List) -> Option<Envelope> {
        let place = list.first;
        let slot = self.slots.get_mut(place as usize)?;
        let taken = std::mem::replace(&mut slot.envelope, Envelope::empty());
        list.first = std::mem::replace(&mut slot.next, self.free);
        self.free = place;
        Some(taken)
    }

    /// Takes the oldest message of a list out, where it is a plain one: its digest, the step that sent it, and where its
    /// [bytes](Mail::bytes) still lie.
    #[inline(always)]
    pub(super) fn pop_plain(&mut self, list: &mut List) -> Option<(u64, u64, u32)> {
        let place = list.first;
        let slot = self.slots.get_mut(place as usize)?;
        let ActorMessage::Send(_) = slot.envelope.message else { return None };
        list.first = std::mem::replace(&mut slot.next, self.free);
        self.free = place;
        Some((slot.envelope.digest, slot.envelope.cause, place))
    }

    /// The bytes of a plain message that was just taken out, to be taken from where they lie to where they are used.
    #[inline(always)]
    pub(super) fn bytes(&mut self, place: u32) -> &mut Payload {
        match &mut self.slots[place as usize].envelope.message {
            ActorMessage::Send(ActorSend { data }) => data,
            _ => unreachable!("what was taken out was a plain message"),
        }
    }

    /// Empties all lists, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.free = NOWHERE;
    }
}

#[cfg(test)]
impl Mail {
    /// How many messages it has room for.
    pub(super) fn room(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn send(mail: &mut Mail, list: &mut List, digest: u64) {
        let place = mail.push(list);
        assert_eq!(place.message, Envelope::empty().message, "there is nothing to drop");
        place.message = ActorMessage::Send(ActorSend { data: Payload::from(digest.to_string()) });
        place.digest = digest;
    }

    proptest! {
        #[test]
        fn lists_are_queues(steps in proptest::collection::vec((0..5u8, 0..3usize), 0..200)) {
            let mut mail = Mail::default();
            let (mut lists, mut models) = ([List::EMPTY; 3], [const { VecDeque::new() }; 3]);
            let mut most = 0;
            for (number, (step, which)) in steps.into_iter().enumerate() {
                let (list, model) = (&mut lists[which], &mut models[which]);
                match step {
                    0..=2 => {
                        send(&mut mail, list, number as u64);
                        model.push_back(number as u64);
                    }
                    3 => prop_assert_eq!(mail.pop(list).map(|envelope| envelope.digest), model.pop_front()),
                    _ => {
                        let taken = mail.pop_plain(list);
                        prop_assert_eq!(taken.map(|taken| taken.0), model.pop_front());
                        if let Some((digest, _, place)) = taken {
                            let data = std::mem::take(mail.bytes(place));
                            prop_assert_eq!(data, Payload::from(digest.to_string()));
                        }
                    }
                }
                for (list, model) in lists.iter().zip(&models) {
                    prop_assert_eq!(list.is_empty(), model.is_empty());
                    prop_assert_eq!(mail.front(*list).map(|envelope| envelope.digest), model.front().copied());
                    prop_assert!(mail.iter(*list).map(|envelope| envelope.digest).eq(model.iter().copied()));
                }
                most = most.max(models.iter().map(VecDeque::len).sum());
                prop_assert_eq!(mail.room(), most, "places are used again");
            }
        }
    }
}
