//! One actor's tasks: its mailbox loop, and the loop that runs its operations.

use super::queue::Bounded;
use crate::actor::Input;
use crate::call::HostAnswer;
use crate::event::Event;
use crate::id::{ActorId, RequestId, Time};
use crate::message_server::{ActorMessage, Asker};
use crate::state::State;
use crate::theater::Settings;
use std::collections::VecDeque;

/// A message in a mailbox: whose, and which of theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Who sent it.
    pub from: ActorId,
    /// The sender's own count.
    pub number: u32,
    /// What.
    pub message: ActorMessage,
}

/// An operation: a call of one export.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The actor's own count.
    pub number: u32,
    /// Who sent what it handles.
    pub from: ActorId,
    /// What is called.
    pub input: Input,
    /// A digest of the message.
    pub digest: u64,
    /// Whom the mailbox loop would answer.
    pub asker: Asker,
    /// Whether the mailbox loop still waits for it. When it has given up, the operation runs all the same.
    pub awaited: bool,
}

/// What the mailbox loop is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// At its `select!`, between two messages.
    Idle,
    /// Waits for the operation of this number; its timer.
    Waits(u32, (Time, u64)),
    /// Waits for room in the operation queue.
    Submits,
    /// It has ended.
    Gone,
}

/// An event that is offered while something holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slot(Option<(Event, u32)>);

impl Slot {
    /// Offers this event from now on, in place of another.
    pub fn offer(&mut self, state: &mut State, wanted: Option<Event>) {
        if self.0.map(|(event, _)| event) == wanted {
            return;
        }
        if let Some((_, token)) = self.0.take() {
            state.withdraw_token(token);
        }
        self.0 = wanted.map(|event| (event, state.offer_token(event)));
    }

    /// The event happens.
    pub fn take(&mut self, state: &mut State) {
        if let Some((_, token)) = self.0.take() {
            state.take_token(token);
        }
    }

    /// Whether it is this event that is offered.
    pub fn is(&self, event: Event) -> bool {
        self.0.is_some_and(|(offered, _)| offered == event)
    }
}

/// The tasks of one participant; of a client, its mailbox alone.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What waits for the mailbox loop.
    pub mailbox: Bounded<Mail>,
    /// Whether the mailbox's receiver is gone: whoever sends to it is told `channel closed`.
    pub closed: bool,
    /// The mailbox loop.
    pub server: Server,
    /// What the mailbox loop has taken and cannot submit yet.
    pub submits: Option<Operation>,
    /// What waits for the actor.
    pub operations: VecDeque<Operation>,
    /// What the actor is at.
    pub running: Option<Operation>,
    /// Whether `init` is over.
    pub initialised: bool,
    /// Whether the actor takes no more operations since one failed.
    pub paused: bool,
    /// Whether it was told to stop.
    pub stopping: bool,
    /// Whether the runtime, or the router, knows it.
    pub registered: bool,
    /// Counts what it sends.
    pub sent: u32,
    /// Counts its operations.
    pub submitted: u32,
    /// The next message is taken.
    pub takes: Slot,
    /// The next operation runs.
    pub runs: Slot,
    /// The mailbox loop ends.
    pub ends: Slot,
}

impl Unit {
    /// At the start. A client's mailbox has no bound: a server of Theater's own reads it.
    pub fn new(settings: &Settings, client: bool) -> Unit {
        Unit {
            mailbox: Bounded::new(if client { usize::MAX } else { settings.mailbox }),
            closed: false,
            server: Server::Idle,
            submits: None,
            operations: VecDeque::new(),
            running: None,
            initialised: false,
            paused: false,
            stopping: false,
            registered: true,
            sent: 0,
            submitted: 0,
            takes: Slot::default(),
            runs: Slot::default(),
            ends: Slot::default(),
        }
    }

    /// The next number of what it sends.
    pub fn count(&mut self) -> u32 {
        self.sent += 1;
        self.sent
    }
}

/// What a message calls, and who waits for the outcome. `ChannelInitiated` calls nothing.
pub fn call_of(message: ActorMessage) -> Option<(Input, Asker)> {
    Some(match message {
        ActorMessage::Send(m) => (Input::Send { data: m.data }, Asker::Nobody),
        ActorMessage::Request(m) => {
            let id = RequestId::of(m.reply_to);
            (Input::Request { id, data: m.data }, Asker::Request(m.reply_to, id))
        }
        ActorMessage::ChannelOpen(m) => {
            let input = Input::ChannelOpen { channel: m.channel_id, data: m.data };
            (input, Asker::Open(m.reply_to, m.channel_id))
        }
        ActorMessage::ChannelMessage(m) => {
            (Input::ChannelMessage { channel: m.channel_id, data: m.data }, Asker::Nobody)
        }
        ActorMessage::ChannelClose(m) => (Input::ChannelClose { channel: m.channel_id }, Asker::Nobody),
        ActorMessage::ChannelInitiated(_) => return None,
    })
}

/// One of Theater's own texts.
pub fn refused(text: impl Into<String>) -> HostAnswer {
    HostAnswer::Refused(crate::call::Refusal::Theater(text.into()))
}

/// What tokio says of a sender that was dropped.
pub const CHANNEL_CLOSED: &str = "channel closed";
