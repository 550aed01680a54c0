//! What a chooser may learn of a step, and of the state before a question.

use crate::event::Event;
use crate::id::{ActorId, Time};

/// What a chooser learns of a step when it is over.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    /// The event that happened.
    pub event: Event,
    /// The digest of the whole world after it.
    pub digest: u64,
    /// What it touched.
    pub footprint: &'a Footprint,
    /// The step (from 1) in which this event came about: its message was sent, its timer was set. 0 is the start.
    pub cause: u64,
    /// Whether the participant whose step it was took messages before it.
    pub open: bool,
    /// How often a timer may still overtake a ready event, after it.
    pub early_timers: u32,
    /// The properties that some step of this participant might touch.
    pub reach: &'a [u32],
}

/// What a step touched, the actor whose turn it was among it: two steps that touch nothing in common, of which at
/// least one would write, may be swapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The resources touched, and whether written.
    pub touched: Vec<(Resource, bool)>,
    /// The points in virtual time for which a timer was set, or taken back, where timers may come early: the earliest
    /// hides the others.
    pub deadlines: Vec<Time>,
}

/// Something that more than one actor's steps may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// An actor: its state, its mailbox.
    Actor(ActorId),
    /// The virtual clock.
    Clock,
    /// What a property looks at: all that it can see.
    Property(u32),
    /// A queue or a table of a profile's runtime.
    Runtime(u32),
}

impl Footprint {
    /// Nothing was touched yet.
    pub fn clear(&mut self) {
        self.touched.clear();
        self.deadlines.clear();
    }

    /// Notes that `resource` was read, or written.
    pub fn touch(&mut self, resource: Resource, written: bool) {
        match self.touched.iter_mut().find(|(known, _)| *known == resource) {
            Some((_, known)) => *known |= written,
            None => self.touched.push((resource, written)),
        }
    }

    /// Whether the order of two steps can matter.
    pub fn meets(&self, other: &Footprint) -> bool {
        self.touched.iter().any(|(mine, wrote)| {
            other.touched.iter().any(|(theirs, written)| mine == theirs && (*wrote || *written))
        })
    }
}

/// What a chooser wants to know of the state before a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing.
    Away,
    /// A digest of what every participant has seen and done.
    History,
    /// A digest of what every participant holds now.
    State,
}
