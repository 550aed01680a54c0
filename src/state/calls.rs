//! The calls that participants wait in, apart from them: among many participants, most wait for nothing.

use super::participant::{Answer, Status, WaitsFor};
use super::{Participant, State};
use crate::id::{ActorId, CallId, Time};

/// A call that its owner waits in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// Which.
    pub id: CallId,
    /// For what.
    pub waits_for: WaitsFor,
    /// When it gives up, and after how long.
    pub deadline: Option<(Time, Time)>,
    /// Whether the deadline is a test's patience, see [`Within`](crate::call::Within).
    pub patient: bool,
    /// The answer, on its way.
    pub answer: Option<Answer>,
    /// The step in which it was made.
    pub since: u64,
    /// When it was made, as a count of everything that came about.
    pub age: u64,
}

/// The last call of each participant, and how many of them wait in theirs.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    last: Vec<Call>,
    waiting: usize,
}

impl Calls {
    pub(super) fn new(participants: usize) -> Calls {
        Calls { last: vec![Call::default(); participants], waiting: 0 }
    }

    #[inline(always)]
    pub(super) fn begin(&mut self, participant: &mut Participant, call: Call) {
        participant.status = Status::Awaiting;
        self.waiting += 1;
        let place = call.id.owner.index();
        self.last[place] = call;
    }

    /// Ends the call that the participant waits in; it may be looked at until the next one begins.
    #[inline(always)]
    pub(super) fn end(&mut self, participant: &mut Participant, owner: ActorId) -> Option<&mut Call> {
        if participant.status != Status::Awaiting {
            return None;
        }
        participant.status = Status::Idle;
        self.waiting -= 1;
        Some(&mut self.last[owner.index()])
    }

    /// The call that a participant waits in.
    #[inline]
    pub(super) fn of(&mut self, participants: &[Participant], owner: ActorId) -> Option<&mut Call> {
        let waits = participants[owner.index()].status == Status::Awaiting;
        waits.then(|| &mut self.last[owner.index()])
    }

    /// Where whoever waited waits no more.
    pub(super) fn clear(&mut self) {
        self.waiting = 0;
    }
}

impl State {
    /// The call that a participant waits in.
    #[inline]
    pub fn call(&self, owner: ActorId) -> Option<&Call> {
        let waits = self.participants[owner.index()].status == Status::Awaiting;
        waits.then(|| &self.calls.last[owner.index()])
    }

    #[inline]
    pub(super) fn call_mut(&mut self, owner: ActorId) -> Option<&mut Call> {
        self.calls.of(&self.participants, owner)
    }

    /// Whether no participant waits in a call.
    pub fn nobody_waits(&self) -> bool {
        let waits = |one: &&Participant| one.status == Status::Awaiting;
        debug_assert_eq!(self.calls.waiting, self.participants.iter().filter(waits).count());
        self.calls.waiting == 0
    }

    /// Whether a message may be handled now by this participant: between two turns, or gone, where it is dropped. A client
    /// that waits for any message takes it in the middle of its script.
    #[inline]
    pub fn takes_messages(&self, id: ActorId) -> bool {
        self.call(id).is_none_or(|call| call.waits_for == WaitsFor::Message && call.answer.is_none())
    }
}
