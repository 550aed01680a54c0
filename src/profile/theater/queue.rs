//! A bounded queue, as tokio's `mpsc`: who finds it full waits, first come, first in.

use crate::call::HostAnswer;
use crate::id::{ActorId, CallId};
use std::collections::VecDeque;

/// What happens when an item that had to wait gets in.
#[derive(Clone, Debug, PartialEq)]
pub enum Waker {
    /// Nobody is told.
    Nobody,
    /// This call is answered so, by this participant.
    Tell(ActorId, CallId, HostAnswer),
    /// The runtime's loop, or the router, goes on.
    Loop,
}

/// A queue with room for a number of items, and those who wait for room.
#[derive(Clone, Debug)]
pub struct Bounded<T> {
    bound: usize,
    items: VecDeque<T>,
    waiting: VecDeque<(T, Waker)>,
}

impl<T> Bounded<T> {
    /// An empty queue with room for `bound` items.
    pub fn new(bound: usize) -> Bounded<T> {
        Bounded { bound, items: VecDeque::new(), waiting: VecDeque::new() }
    }

    /// Puts an item in, or makes it wait; whether it is in.
    pub fn push(&mut self, item: T, waker: Waker) -> bool {
        let room = self.has_room();
        match room {
            true => self.items.push_back(item),
            false => self.waiting.push_back((item, waker)),
        }
        room
    }

    /// Whether an item that is put in now gets in at once.
    pub fn has_room(&self) -> bool {
        self.items.len() < self.bound && self.waiting.is_empty()
    }

    /// How many items would get in at once.
    pub fn room(&self) -> usize {
        if self.waiting.is_empty() { self.bound.saturating_sub(self.items.len()) } else { 0 }
    }

    /// Takes the first item out; the first that waits gets in.
    pub fn pop(&mut self) -> Option<(T, Waker)> {
        let item = self.items.pop_front()?;
        let Some((next, waker)) = self.waiting.pop_front() else { return Some((item, Waker::Nobody)) };
        self.items.push_back(next);
        Some((item, waker))
    }

    /// The first item.
    pub fn first(&self) -> Option<&T> {
        self.items.front()
    }

    /// The items, the first first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// The items, and then those that wait for room.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.items.iter().chain(self.waiting.iter().map(|(item, _)| item))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Empties the queue: what was in it, and who waited.
    pub fn drain(&mut self) -> (Vec<T>, Vec<(T, Waker)>) {
        (self.items.drain(..).collect(), self.waiting.drain(..).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_gets_in_in_order() {
        let mut queue = Bounded::new(1);
        assert!(queue.push(1, Waker::Nobody));
        assert!(!queue.push(2, Waker::Loop));
        assert!(!queue.push(3, Waker::Nobody));
        assert_eq!(queue.pop(), Some((1, Waker::Loop)));
        assert!(!queue.push(4, Waker::Nobody), "nobody overtakes");
        assert_eq!(queue.pop(), Some((2, Waker::Nobody)));
        assert_eq!(queue.pop(), Some((3, Waker::Nobody)));
        assert_eq!(queue.first(), Some(&4));
        assert_eq!(queue.drain(), (vec![4], Vec::new()));
        assert!(queue.is_empty());
    }
}
