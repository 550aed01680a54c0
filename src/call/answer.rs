//! What an actor may be told.

use crate::id::{ChannelId, RequestId, Time};
use crate::payload::Payload;

/// What a host call gives.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HostAnswer {
    /// It worked; there is nothing to tell.
    Done,
    /// Bytes: a reply, random bytes.
    Bytes(Payload),
    /// The channel is open.
    Opened(Opened),
    /// Text: a UUID.
    Text(String),
    /// Text or nothing: a variable.
    MaybeText(Option<String>),
    /// Ids of outstanding requests, in order of arrival.
    Requests(Vec<RequestId>),
    /// Variables, in order of their names.
    Pairs(Vec<(String, String)>),
    /// A whole number: milliseconds, a random number, the 53 bits of a float.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// A message, to whoever waited for any.
    Received(Received),
    /// The actor's own chain so far: hash, event type, parent, data.
    Chain(Vec<ChainLink>),
    /// What a record has for a [function that is not served](super::Foreign).
    Foreign(Box<super::Given>),
    /// It did not work, and this is all that the caller is told.
    Refused(Refusal),
}

/// A message that a client waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A message without an answer.
    Message(Payload),
    /// A message over a channel.
    OnChannel(ChannelId, Payload),
    /// A channel was closed.
    Closed(ChannelId),
}

impl HostAnswer {
    /// A digest of what was answered.
    pub fn digest(&self) -> u64 {
        let mut digest = crate::digest::Digest::default();
        match self {
            HostAnswer::Done => digest.word(1),
            HostAnswer::Bytes(data) => {
                digest.word(2);
                digest.bytes(data);
            }
            HostAnswer::Opened(opened) => {
                digest.word(3 ^ opened.channel.0);
                digest.bytes(opened.message.as_deref().unwrap_or_default());
            }
            HostAnswer::Number(number) => {
                digest.word(4);
                digest.word(*number);
            }
            HostAnswer::Received(Received::Message(data)) => {
                digest.word(5);
                digest.bytes(data);
            }
            HostAnswer::Received(Received::OnChannel(channel, data)) => {
                digest.word(6 ^ channel.0);
                digest.bytes(data);
            }
            HostAnswer::Received(Received::Closed(channel)) => digest.word(7 ^ channel.0),
            HostAnswer::Refused(refusal) => {
                digest.word(8);
                digest.bytes(refusal.to_string().as_bytes());
            }
            other => digest.bytes(format!("{other:?}").as_bytes()),
        }
        digest.0
    }
}

/// An accepted channel, as its opener learns of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The channel.
    pub channel: ChannelId,
    /// The first message of the side that accepted. Theater drops it, and so do guests' hosts;
    /// native actors and the trace have it.
    pub message: Option<Payload>,
}

/// One event of a chain, as `runtime.get-chain` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// Stands for the event's hash.
    pub hash: u64,
    /// The `hash` of the event before.
    pub parent: Option<u64>,
    /// The event's type.
    pub event_type: String,
    /// Its payload.
    pub data: Vec<u8>,
}

/// Why a call did not work: a closed set of texts, so that nothing of one actor's inside leaks to
/// another. What a trap said goes to reports only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The address is not one; the text is the `uuid` crate's, as in Theater.
    #[error("Failed to parse actor ID: {0}")]
    BadAddress(String),
    /// Nobody has this address.
    #[error("Actor not found: {0}")]
    UnknownActor(String),
    /// An actor cannot open a channel to itself.
    #[error("Error opening channel: Cannot open channel to self")]
    ChannelToSelf,
    /// The target decided against it.
    #[error("Channel request rejected by target actor")]
    Rejected,
    /// Nobody knows this channel here.
    #[error("Channel not found: {0}")]
    UnknownChannel(String),
    /// It was open once.
    #[error("Channel is closed: {0}")]
    ClosedChannel(String),
    /// Neither end of the channel is the caller.
    #[error("Sender is not a participant in this channel")]
    NotParticipant,
    /// Not among the outstanding requests.
    #[error("Request ID not found: {0}")]
    UnknownRequest(String),
    /// Nobody waits for this answer any more.
    #[error("Requester is gone: {0}")]
    RequesterGone(String),
    /// The virtual deadline came before the answer.
    #[error("Timed out after {0} of virtual time")]
    TimedOut(Time),
    /// The receiver stopped before it answered.
    #[error("Actor stopped before it answered")]
    Stopped,
    /// The receiver cancelled the request.
    #[error("Request cancelled by the receiver")]
    Cancelled,
    /// The handler returned an error; what it said is in the report.
    #[error("Handler returned an error")]
    HandlerError,
    /// The handler trapped, ran out of a limit, or its result was malformed; the report says which.
    #[error("Handler failed")]
    HandlerFailed,
    /// The receiver has no such handler.
    #[error("Actor has no handler: {0}")]
    NoHandler(&'static str),
    /// A number out of the range that the interface allows.
    #[error("Invalid argument: {0}")]
    Invalid(&'static str),
    /// A text of real Theater's, in one of its profiles.
    #[error("{0}")]
    Theater(String),
}
