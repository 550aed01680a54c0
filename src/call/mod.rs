//! What an actor may ask of its host, and what it may be told.
//!
//! Guests and native actors ask for the same things in the same words: an import of a component
//! becomes a [`HostCall`], and its result is a [`HostAnswer`].

mod answer;
mod foreign;

pub use answer::{ChainLink, HostAnswer, Opened, Received, Refusal};
pub use foreign::{Foreign, ForeignExport, Given};

use crate::id::{ActorId, ChannelId, RequestId, Time};
use crate::payload::Payload;
use std::fmt;

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A participant that the sender knows by its id: native actors, clients.
    Id(ActorId),
    /// The text of an address, as guests have it.
    Text(String),
    /// A participant's name, or the text of an address: native actors, which are told no addresses.
    Name(String),
}

impl From<ActorId> for Address {
    #[inline(always)]
    fn from(id: ActorId) -> Self {
        Address::Id(id)
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Address::Text(text.to_owned())
    }
}

/// Something an actor asks of its host. Durations are virtual nanoseconds unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HostCall {
    /// `message-server-host.send`: a message without an answer.
    Send {
        /// The receiver.
        to: Address,
        /// What it gets.
        data: Payload,
    },
    /// `message-server-host.request`: a message and its answer; suspends.
    Request {
        /// The receiver.
        to: Address,
        /// What it gets.
        data: Payload,
        /// A deadline of its own; without one, the scenario's.
        within: Option<Within>,
    },
    /// `message-server-host.open-channel`; suspends until the target decides.
    OpenChannel {
        /// The target.
        to: Address,
        /// The first message, which the target decides by.
        data: Payload,
        /// A deadline of its own; without one, the scenario's.
        within: Option<Within>,
    },
    /// `message-server-host.send-on-channel`.
    SendOnChannel {
        /// The channel's id, as text: guests may say anything.
        channel: ChannelName,
        /// What the other end gets.
        data: Payload,
    },
    /// `message-server-host.close-channel`.
    CloseChannel {
        /// The channel.
        channel: ChannelName,
    },
    /// `message-server-host.list-outstanding-requests`.
    ListOutstandingRequests,
    /// `message-server-host.respond-to-request`.
    RespondToRequest {
        /// Which request, as the receiver knows it.
        request: RequestName,
        /// The answer.
        data: Payload,
    },
    /// `message-server-host.cancel-request`.
    CancelRequest {
        /// Which request.
        request: RequestName,
    },
    /// `runtime.log`.
    Log {
        /// One line; `observe KEY JSON` is an observation.
        text: String,
    },
    /// `runtime.get-chain`.
    GetChain,
    /// `runtime.shutdown`: the actor stops after this turn.
    Shutdown {
        /// What its parent would be told.
        data: Option<Payload>,
    },
    /// `timing.now`, answered in whole milliseconds of virtual time. It begins at 0 with the run, in every profile: it is not
    /// the time since 1970 that a real system tells, unless a scenario's `imports` give that.
    Now,
    /// `timing.sleep`; suspends.
    Sleep {
        /// How long.
        span: Time,
    },
    /// `timing.deadline`; suspends until that time.
    Deadline {
        /// When, on the clock of [`Now`](HostCall::Now); what has passed is no wait.
        at: Time,
    },
    /// `random.random-bytes`.
    RandomBytes {
        /// How many: 1 MiB (1,048,576) at most. More is refused.
        length: u32,
    },
    /// `random.random-range`.
    RandomRange {
        /// The least.
        min: u64,
        /// One more than the most.
        max: u64,
    },
    /// `random.random-float`, in `[0, 1)`, answered as its 53 bits.
    RandomFloat,
    /// `random.generate-uuid`.
    GenerateUuid,
    /// Waits for any message (clients only); suspends.
    Receive {
        /// How long; without it, for ever.
        within: Option<Within>,
        /// Goes on with the wait before, which a message ended that was not the one: `within` is what it was then.
        resumed: bool,
    },
    /// Asks for another participant to be stopped, between two turns or at once (clients only).
    Stop {
        /// Who.
        actor: Address,
        /// In the middle of a turn if need be.
        at_once: bool,
    },
    /// Tells that an expectation was not met (clients only).
    Unmet {
        /// Which, and how.
        text: String,
    },
    /// `environment.get-var`.
    GetVar {
        /// Its name.
        name: String,
    },
    /// `environment.list-vars`.
    ListVars,
    /// `environment.exists`.
    VarExists {
        /// Its name.
        name: String,
    },
    /// A function that no profile serves: only where an actor is driven from its chain.
    Foreign(Box<Foreign>),
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// In virtual time.
    pub span: Time,
    /// Whether it is a test's patience and no deadline of the system's: under the loose clock it then runs out
    /// only when nothing else can happen, since a deadline that comes early says nothing about the actors.
    pub patient: bool,
}

impl From<Time> for Within {
    fn from(span: Time) -> Self {
        Within { span, patient: false }
    }
}

/// A channel as its user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelName {
    /// By id.
    Id(ChannelId),
    /// By text, which may be anything.
    Text(String),
}

impl ChannelName {
    /// The id, where the text is one of ours.
    pub fn id(&self) -> Option<ChannelId> {
        match self {
            ChannelName::Id(id) => Some(*id),
            ChannelName::Text(text) => ChannelId::parse(text),
        }
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChannelName::Id(id) => id.fmt(f),
            ChannelName::Text(text) => text.fmt(f),
        }
    }
}

/// An outstanding request as the actor that answers it names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestName {
    /// By id.
    Id(RequestId),
    /// By text, which may be anything.
    Text(String),
}

impl RequestName {
    /// The id, where the text is one.
    pub fn id(&self) -> Option<RequestId> {
        match self {
            RequestName::Id(id) => Some(*id),
            RequestName::Text(text) => RequestId::parse(text),
        }
    }
}

impl fmt::Display for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestName::Id(id) => id.fmt(f),
            RequestName::Text(text) => text.fmt(f),
        }
    }
}

/// Why a turn ends in which an actor makes a call that waits while another is under way: one of the answers would find nobody.
pub(crate) const SECOND_CALL: &str = "a second call while one is under way: an actor waits in one at a time";

impl HostCall {
    /// Whether the actor waits for the answer whatever the profile. In the Theater profiles it waits for the runtime in others too.
    pub(crate) fn waits(&self) -> bool {
        use HostCall::{Deadline, Foreign, OpenChannel, Receive, Request, Sleep};
        matches!(
            self,
            Request { .. }
                | OpenChannel { .. }
                | Sleep { .. }
                | Deadline { .. }
                | Receive { .. }
                | Foreign(_)
        )
    }

    /// How many bytes the call carries.
    #[inline]
    pub fn size(&self) -> u64 {
        let bytes = match self {
            HostCall::Send { data, .. }
            | HostCall::Request { data, .. }
            | HostCall::OpenChannel { data, .. }
            | HostCall::SendOnChannel { data, .. }
            | HostCall::RespondToRequest { data, .. } => data.len(),
            HostCall::Log { text } => text.len(),
            HostCall::Shutdown { data } => data.as_ref().map_or(0, |data| data.len()),
            HostCall::RandomBytes { length } => *length as usize,
            _ => 0,
        };
        bytes as u64
    }

    /// The interface and the function, as components import them.
    pub fn name(&self) -> &'static str {
        match self {
            HostCall::Send { .. } => "theater:simple/message-server-host/send",
            HostCall::Request { .. } => "theater:simple/message-server-host/request",
            HostCall::OpenChannel { .. } => "theater:simple/message-server-host/open-channel",
            HostCall::SendOnChannel { .. } => "theater:simple/message-server-host/send-on-channel",
            HostCall::CloseChannel { .. } => "theater:simple/message-server-host/close-channel",
            HostCall::ListOutstandingRequests => {
                "theater:simple/message-server-host/list-outstanding-requests"
            }
            HostCall::RespondToRequest { .. } => "theater:simple/message-server-host/respond-to-request",
            HostCall::CancelRequest { .. } => "theater:simple/message-server-host/cancel-request",
            HostCall::Log { .. } => "theater:simple/runtime/log",
            HostCall::GetChain => "theater:simple/runtime/get-chain",
            HostCall::Shutdown { .. } => "theater:simple/runtime/shutdown",
            HostCall::Now => "theater:simple/timing/now",
            HostCall::Sleep { .. } => "theater:simple/timing/sleep",
            HostCall::Deadline { .. } => "theater:simple/timing/deadline",
            HostCall::RandomBytes { .. } => "theater:simple/random/random-bytes",
            HostCall::RandomRange { .. } => "theater:simple/random/random-range",
            HostCall::RandomFloat => "theater:simple/random/random-float",
            HostCall::GenerateUuid => "theater:simple/random/generate-uuid",
            HostCall::GetVar { .. } => "theater:simple/environment/get-var",
            HostCall::ListVars => "theater:simple/environment/list-vars",
            HostCall::VarExists { .. } => "theater:simple/environment/exists",
            HostCall::Receive { .. } => "receive",
            HostCall::Stop { .. } => "stop",
            HostCall::Unmet { .. } => "unmet",
            HostCall::Foreign(_) => "an import that is not served",
        }
    }
}
