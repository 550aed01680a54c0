//! What an actor is to the scheduler: something that takes an input and works until it is idle
//! or awaits an answer.

use crate::call::{Address, HostAnswer, HostCall};
use crate::id::{ActorId, ChannelId, RequestId};
use crate::payload::Payload;
use serde::{Deserialize, Serialize};
use std::any::Any;

/// An actor of the cast: a component (`guest::Guest`, with the feature `wasm`) or native Rust.
///
/// Components are isolated from each other by their memories. Native actors are not: two of them that share a
/// `static` or an `Arc` see each other, and what passes between them there passes by the door, unseen
/// and unrepeatable. Keep what an actor knows in its own fields.
pub trait Actor {
    /// One turn: handles `input` until it is done or suspends in a host call that
    /// [`Turn::call`] answered with [`Called::Suspended`]; then the next input is
    /// [`Input::Answer`].
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended;

    /// Goes back to the state before [`Input::Init`], so that the next run need not build a new actor;
    /// `false` when it cannot, and then a new one is made.
    fn reset(&mut self) -> bool {
        false
    }

    /// The state as bytes, best as JSON, for properties and state fingerprints to look at.
    /// An actor that hands its state back with each turn, as guests do, need not say it again.
    fn state(&self) -> Option<Payload> {
        None
    }

    /// Whether [`state`](Actor::state) tells all that the actor knows between two turns. State
    /// fingerprints are sound only then.
    fn tells_all(&self) -> bool {
        self.state().is_some()
    }

    /// The actor as it is now, where it can be copied: a search that comes back to a point need not tell it again all that it
    /// was told before.
    fn copy(&self) -> Option<Box<dyn Actor>> {
        None
    }

    /// Whether it may ask for [its own chain](HostCall::GetChain). Then what the cast does is kept in every run, so that
    /// the answer is the same whether or not the run is recorded; to others an empty chain is given.
    fn reads_chain(&self) -> bool {
        false
    }
}

impl Actor for Box<dyn Actor> {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        (**self).turn(input, turn)
    }
    fn reset(&mut self) -> bool {
        (**self).reset()
    }
    fn state(&self) -> Option<Payload> {
        (**self).state()
    }
    fn tells_all(&self) -> bool {
        (**self).tells_all()
    }
    fn copy(&self) -> Option<Box<dyn Actor>> {
        (**self).copy()
    }
    fn reads_chain(&self) -> bool {
        (**self).reads_chain()
    }
}

/// What a turn begins with. The state of a guest travels beside it, see [`Turn::state`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// `actor.init`: once, before anything else.
    Init,
    /// `handle-send`.
    Send {
        /// The message.
        data: Payload,
    },
    /// `handle-request`.
    Request {
        /// The name under which it may be answered later.
        id: RequestId,
        /// The message.
        data: Payload,
    },
    /// `handle-channel-open`.
    ChannelOpen {
        /// The channel that would be.
        channel: ChannelId,
        /// The first message.
        data: Payload,
    },
    /// `handle-channel-message`.
    ChannelMessage {
        /// Where it came.
        channel: ChannelId,
        /// The message.
        data: Payload,
    },
    /// `handle-channel-close`.
    ChannelClose {
        /// Which was closed.
        channel: ChannelId,
    },
    /// An export that no profile calls: only where an actor is driven from its chain.
    Foreign(Box<crate::call::ForeignExport>),
    /// The answer to the host call in which the turn before suspended.
    Answer(HostAnswer),
}

impl Input {
    /// The name of the export that handles it; an answer has none.
    pub fn export(&self) -> Option<&'static str> {
        Some(match self {
            Input::Init => "init",
            Input::Send { .. } => "handle-send",
            Input::Request { .. } => "handle-request",
            Input::ChannelOpen { .. } => "handle-channel-open",
            Input::ChannelMessage { .. } => "handle-channel-message",
            Input::ChannelClose { .. } => "handle-channel-close",
            Input::Answer(_) | Input::Foreign(_) => return None,
        })
    }
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// The handler returned.
    Returned(Returned),
    /// The actor waits for the answer to its last host call.
    Awaiting,
    /// The handler did not come to an end of its own.
    Failed(Failure),
}

impl Ended {
    /// A handler that returned and has nothing to say.
    pub const DONE: Ended = Ended::Returned(Returned { state: NewState::Kept, reply: Reply::Nothing });

    /// A request that is answered.
    pub fn reply(data: impl Into<Payload>) -> Ended {
        Ended::Returned(Returned { state: NewState::Kept, reply: Reply::Answer(Some(data.into())) })
    }

    /// A request that will be answered later, by
    /// [`HostCall::RespondToRequest`].
    pub fn later() -> Ended {
        Ended::Returned(Returned { state: NewState::Kept, reply: Reply::Answer(None) })
    }

    /// A channel that is accepted, or not.
    pub fn accept(accept: ChannelAccept) -> Ended {
        Ended::Returned(Returned { state: NewState::Kept, reply: Reply::Accept(accept) })
    }

    /// A handler that failed.
    pub fn failed(kind: FailureKind, message: impl Into<String>) -> Ended {
        Ended::Failed(Failure { kind, message: message.into(), backtrace: Vec::new() })
    }
}

/// What a handler returned.
#[derive(Clone, Debug, PartialEq)]
pub struct Returned {
    /// The state it handed back.
    pub state: NewState,
    /// Its answer, where its caller wants one.
    pub reply: Reply,
}

/// What becomes of the state that the host keeps for an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewState {
    /// The actor keeps its own.
    Kept,
    /// As a guest returned it; nothing erases it.
    Replaced(Option<Payload>),
}

/// The answer of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The caller wants none.
    Nothing,
    /// To a request; `None` is "later".
    Answer(Option<Payload>),
    /// To a channel that would be opened.
    Accept(ChannelAccept),
    /// Of an [export that no profile calls](Input::Foreign): what it returned beside the state, as JSON.
    Foreign(Payload),
}

/// An actor's answer to a request to open a channel.
///
/// ```
/// use rehearsal::message_server::ChannelAccept;
///
/// // Accept a channel with a response message
/// let accept = ChannelAccept {
///     accepted: true,
///     message: Some(b"Hello, I accept your channel request".to_vec()),
/// };
///
/// // Reject a channel
/// let reject = ChannelAccept {
///     accepted: false,
///     message: Some(b"Sorry, I cannot accept your channel request".to_vec()),
/// };
/// # assert_ne!(accept, reject);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelAccept {
    /// Whether the channel is open from now on.
    pub accepted: bool,
    /// A first message back. Theater never delivers it; here the trace and native openers have it.
    pub message: Option<Vec<u8>>,
}

/// A turn that did not come to an end of its own. Only reports have the message and the backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// What it said.
    pub message: String,
    /// The guest's frames, innermost first.
    pub backtrace: Vec<String>,
}

/// The sorts of failure, each with its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailureKind {
    /// A WebAssembly trap, or a panic of a native actor.
    Trap,
    /// The fuel of one handled message ran out: an endless loop, most likely.
    EndlessLoop,
    /// The guest asked for more memory than it may have, and gave up.
    MemoryExhausted,
    /// The handler returned an error.
    ReturnedError,
    /// What the handler returned cannot be read.
    MalformedResult,
    /// There is no handler for what was to be handled.
    MissingExport,
    /// More host calls, or more bytes sent, than one message may cause.
    LimitExceeded,
}

impl FailureKind {
    /// The name in traces and reports.
    pub fn name(self) -> &'static str {
        match self {
            FailureKind::Trap => "trap",
            FailureKind::EndlessLoop => "endless loop",
            FailureKind::MemoryExhausted => "memory exhausted",
            FailureKind::ReturnedError => "returned error",
            FailureKind::MalformedResult => "malformed result",
            FailureKind::MissingExport => "missing export",
            FailureKind::LimitExceeded => "limit exceeded",
        }
    }
}

/// What a panic said, for reports.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

/// How a host call goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Called {
    /// At once, with this answer.
    Answered(HostAnswer),
    /// The actor must end its turn with [`Ended::Awaiting`]; the answer comes as the next input.
    Suspended,
    /// The actor must end its turn at once with a failure of this kind and text: a bound is
    /// exceeded, or the run is over.
    Stop(FailureKind, &'static str),
}

/// What stands behind a turn: the world, and the door.
pub trait Host: Any + Send {
    /// Makes a host call for the actor whose turn it is.
    fn call(&mut self, call: HostCall) -> Called;
    /// Sends a message to a participant known by its id; whether it could be sent. It is [`HostCall::Send`], and a host may
    /// have a shorter way for it: it is what most actors do most.
    fn send(&mut self, to: ActorId, data: Payload) -> bool {
        matches!(self.call(HostCall::Send { to: to.into(), data }), Called::Answered(HostAnswer::Done))
    }
    /// The same with bytes that are sent again and again; what came of it, where the message was not simply sent.
    fn post(&mut self, to: ActorId, data: &Payload) -> Option<Called> {
        match self.call(HostCall::Send { to: to.into(), data: data.clone() }) {
            Called::Answered(HostAnswer::Done) => None,
            other => Some(other),
        }
    }
    /// The state that the host keeps for the actor, as the last turn left it.
    fn state(&self) -> Option<Payload>;
    /// The actor's own address.
    fn address(&self) -> &str;
    /// Whether it answers [imports that no profile serves](HostCall::Foreign), from a record.
    fn has_record(&self) -> bool {
        false
    }
    /// Gives the host away for the length of a turn, to where a borrow cannot go: into a guest's store.
    fn lend(&mut self) -> Box<dyn Host>;
    /// Takes back what was lent.
    fn take_back(&mut self, lent: Box<dyn Host>);
}

/// One turn of one actor: its way to the host.
pub struct Turn<'a> {
    host: &'a mut dyn Host,
}

impl<'a> Turn<'a> {
    /// A turn served by `host`.
    pub fn new(host: &'a mut dyn Host) -> Self {
        Turn { host }
    }

    /// Makes a host call.
    #[inline]
    pub fn call(&mut self, call: HostCall) -> Called {
        self.host.call(call)
    }

    /// The state that the host keeps for this actor.
    pub fn state(&self) -> Option<Payload> {
        self.host.state()
    }

    /// The actor's own address.
    pub fn address(&self) -> &str {
        self.host.address()
    }

    /// The host itself, for [`Port`](crate::port::Port).
    pub fn host(&mut self) -> &mut dyn Host {
        self.host
    }

    /// Notes an observation for properties and reports: `value` is JSON text.
    pub fn observe(&mut self, key: &str, value: impl std::fmt::Display) {
        self.log(format!("observe {key} {value}"));
    }

    /// Writes a line to the trace.
    pub fn log(&mut self, text: impl Into<String>) {
        self.host.call(HostCall::Log { text: text.into() });
    }

    /// Sends a message; whether it could be sent.
    #[inline]
    pub fn send(&mut self, to: impl Into<Address>, data: impl Into<Payload>) -> bool {
        match to.into() {
            Address::Id(to) => self.host.send(to, data.into()),
            to => {
                let call = HostCall::Send { to, data: data.into() };
                matches!(self.host.call(call), Called::Answered(HostAnswer::Done))
            }
        }
    }
}
