//! One participant: an actor of the cast, or a client.

use super::ready::NOWHERE;
use crate::call::HostAnswer;
use crate::digest::{Digest, mix};
use crate::id::{ActorId, Time};
use crate::message_server::{Asker, Channels};
use crate::payload::Payload;

/// What sort of participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An actor of the cast.
    Actor,
    /// A client: it has a script and no chain.
    Client,
}

/// What a participant is at.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Between two turns.
    Idle,
    /// In a handler that waits for the answer to a [call](super::State::call).
    Awaiting,
    /// Gone, and why.
    Stopped(&'static str),
}

/// An answer on its way to its caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the caller will be told.
    pub answer: HostAnswer,
    /// Who answered.
    pub from: ActorId,
    /// When it arrives at the earliest (strict clock).
    pub arrival: Time,
    /// When it came about, as a count of everything.
    pub age: u64,
    /// The step in which it was given.
    pub cause: u64,
    pub(super) place: u32,
}

/// What a call waits for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum WaitsFor {
    /// The reply of this participant.
    Reply(ActorId),
    /// The decision of this participant about a channel, opened with this message.
    Decision(ActorId, Payload),
    /// A point in virtual time.
    #[default]
    Time,
    /// A message of any sort (clients).
    Message,
    /// Room in a queue of the runtime's, or the runtime's own answer (Theater profiles).
    Runtime,
}

impl WaitsFor {
    /// The participant that could end the wait.
    pub fn whom(&self) -> Option<ActorId> {
        match self {
            WaitsFor::Reply(to) | WaitsFor::Decision(to, _) => Some(*to),
            WaitsFor::Time | WaitsFor::Message | WaitsFor::Runtime => None,
        }
    }
}

/// The message that a participant is handling, and what handling it has used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Handling {
    /// The export that handles it.
    pub export: &'static str,
    /// Who waits for the outcome.
    pub asker: Asker,
    /// Who sent it.
    pub from: ActorId,
    /// A digest of it.
    pub digest: u64,
    /// Host calls made.
    pub host_calls: u32,
    /// Bytes sent, logged and answered.
    pub effect_bytes: u64,
    /// The answers that its host calls were given, digested: what a suspended actor knows.
    pub told: Digest,
}

impl Handling {
    /// A message that begins to be handled: nothing is used up yet.
    #[inline(always)]
    pub(crate) fn new(export: &'static str, asker: Asker, from: ActorId, digest: u64) -> Handling {
        let (host_calls, effect_bytes, told) = (0, 0, Digest::default());
        Handling { export, asker, from, digest, host_calls, effect_bytes, told }
    }
}

/// A participant, as plain state.
// What a message's way touches comes first, in two lines of the cache: among many actors, each step waits for those.
#[derive(Clone, Debug)]
#[repr(C, align(128))]
pub struct Participant {
    /// A digest of all that it has seen and done.
    pub history: Digest,
    /// What of the run's digest is this participant's, where that is kept up to date.
    pub(super) share: u64,
    /// Its sort.
    pub role: Role,
    /// Whether its lanes' heads are among what is ready.
    pub(super) open: bool,
    /// Whether it asked to be stopped after this turn.
    pub shutting_down: bool,
    /// How many calls it has made.
    pub calls: u32,
    /// Whom it sent to last, and on which lane: most go on to the same one.
    pub(super) recent: (ActorId, u32),
    /// What it is handling, if anything.
    pub handling: Option<Handling>,
    /// What it is at.
    pub status: Status,
    /// Its message server.
    pub channels: Channels,
    /// The state that the host keeps for it.
    pub state: Option<Payload>,
    /// How many channels it has asked for.
    pub opened: u32,
    /// How many times it asked another to stop.
    pub stops: u32,
    /// Until when a client that waits for a message waits, across the messages that are not the one.
    pub receives_until: Option<Time>,
}

impl Participant {
    pub(super) fn new(role: Role) -> Participant {
        Participant {
            history: Digest::default(),
            share: 0,
            role,
            open: true,
            shutting_down: false,
            calls: 0,
            recent: (ActorId(0), NOWHERE),
            handling: None,
            status: Status::Idle,
            channels: Channels::default(),
            state: None,
            opened: 0,
            stops: 0,
            receives_until: None,
        }
    }

    /// Back to the start, keeping memory.
    pub(super) fn clear(&mut self, state: &Option<Payload>) {
        self.status = Status::Idle;
        self.handling = None;
        self.channels.clear();
        // Most are given none.
        if state.is_some() || self.state.is_some() {
            self.state.clone_from(state);
        }
        self.history = Digest::default();
        (self.calls, self.opened, self.stops) = (0, 0, 0);
        self.shutting_down = false;
        self.receives_until = None;
        self.share = 0;
        self.open = true;
    }

    /// Its share of the run's digest, as its history has it. Who has seen and done nothing has none.
    pub(super) fn share(&self, place: usize) -> u64 {
        if self.history == Digest::default() { 0 } else { mix(place as u64 + 1, self.history.0) }
    }

    /// Brings its share of the run's digest up to date with its history; gives by how much it changed.
    pub(super) fn share_anew(&mut self, id: ActorId) -> u64 {
        let share = self.share(id.index());
        share.wrapping_sub(std::mem::replace(&mut self.share, share))
    }

    /// Whether it is between two turns, and its lanes' heads are among what is ready.
    #[inline(always)]
    pub(crate) fn is_idle(&self) -> bool {
        self.open && matches!(self.status, Status::Idle)
    }
}
