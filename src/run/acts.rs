//! What the actors of one run did, call by call: what event chains are made of.

use crate::actor::{Ended, Input};
use crate::call::{HostAnswer, HostCall};
use crate::id::{ActorId, Time};
use crate::payload::Payload;

/// One thing that an actor did, or that was done to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// An export is called.
    Called(Input),
    /// A host call came back.
    Host(HostCall, HostAnswer),
    /// A host call was made, and its handler ended without the answer.
    LeftBehind(HostCall),
    /// The export returned, with the state that the host keeps from now on.
    Ended(&'static str, Ended, Option<Payload>),
}

/// An act, and when it was.
#[derive(Clone, Debug, PartialEq)]
pub struct ActSeen {
    /// The step; 0 is the start.
    pub step: u64,
    /// The virtual time.
    pub time: Time,
    /// What.
    pub act: Act,
}

/// The acts of every actor, in order.
#[derive(Clone, Debug, Default)]
pub struct Acts {
    seen: Vec<Vec<ActSeen>>,
    suspended: Vec<Option<HostCall>>,
}

impl Acts {
    /// No acts yet, with room for as many of each actor: what a run before it came to.
    pub(super) fn with_room(room: &[usize]) -> Acts {
        let seen = room.iter().map(|acts| Vec::with_capacity(*acts)).collect();
        Acts { seen, suspended: vec![None; room.len()] }
    }

    /// How many acts of each actor there are.
    pub(super) fn room(&self) -> Vec<usize> {
        self.seen.iter().map(Vec::len).collect()
    }

    pub(super) fn add(&mut self, step: u64, time: Time, actor: ActorId, act: Act) {
        if let Some(seen) = self.seen.get_mut(actor.index()) {
            seen.push(ActSeen { step, time, act });
        }
    }

    pub(super) fn suspend(&mut self, actor: ActorId, call: HostCall) {
        if let Some(suspended) = self.suspended.get_mut(actor.index()) {
            *suspended = Some(call);
        }
    }

    pub(super) fn resume(&mut self, step: u64, time: Time, actor: ActorId, answer: &HostAnswer) {
        if let Some(call) = self.suspended.get_mut(actor.index()).and_then(Option::take) {
            self.add(step, time, actor, Act::Host(call, answer.clone()));
        }
    }

    /// The actor's handler ended: what it was suspended in was left behind.
    pub(super) fn leave(&mut self, step: u64, time: Time, actor: ActorId) {
        if let Some(call) = self.suspended.get_mut(actor.index()).and_then(Option::take) {
            self.add(step, time, actor, Act::LeftBehind(call));
        }
    }

    /// What one actor did.
    pub fn of(&self, actor: ActorId) -> &[ActSeen] {
        self.seen.get(actor.index()).map_or(&[], Vec::as_slice)
    }

    /// The call in which an actor was suspended at the end.
    pub fn suspended(&self, actor: ActorId) -> Option<&HostCall> {
        self.suspended.get(actor.index())?.as_ref()
    }
}
