//! What travels between actors, and what leaves an actor.

use crate::call::HostAnswer;
use crate::digest::Digest;
use crate::id::{ActorId, CallId, ChannelId};
use crate::payload::Payload;

/// A message in an actor's mailbox: Theater's six, with a call's id where Theater has a oneshot sender.
#[derive(Clone, Debug, PartialEq)]
pub enum ActorMessage {
    /// Wants an answer.
    Request(ActorRequest),
    /// Wants none.
    Send(ActorSend),
    /// Wants a decision about a channel.
    ChannelOpen(ActorChannelOpen),
    /// Came over a channel.
    ChannelMessage(ActorChannelMessage),
    /// A channel is closed.
    ChannelClose(ActorChannelClose),
    /// A channel that this actor opened was accepted.
    ChannelInitiated(ActorChannelInitiated),
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorRequest {
    /// Who waits for the answer.
    pub reply_to: CallId,
    /// The message.
    pub data: Payload,
}

/// A message without an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorSend {
    /// The message.
    pub data: Payload,
}

/// A request to open a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorChannelOpen {
    /// The channel that would be.
    pub channel_id: ChannelId,
    /// Who waits for the decision, and would be the other end.
    pub reply_to: CallId,
    /// The first message.
    pub data: Payload,
}

/// A message over a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorChannelMessage {
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub data: Payload,
}

/// The end of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorChannelClose {
    /// The channel.
    pub channel_id: ChannelId,
}

/// The beginning of a channel, at the end that opened it.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorChannelInitiated {
    /// The channel.
    pub channel_id: ChannelId,
    /// The other end.
    pub target_id: ActorId,
    /// What it was opened with.
    pub initial_msg: Payload,
}

impl ActorMessage {
    /// A digest of kind and content.
    #[inline(always)]
    pub fn digest(&self) -> u64 {
        match self {
            ActorMessage::Request(m) => digest_of(1, call_word(m.reply_to), &m.data),
            ActorMessage::Send(m) => ActorMessage::digest_of_send(&m.data),
            ActorMessage::ChannelOpen(m) => digest_of(3, m.channel_id.0 ^ call_word(m.reply_to), &m.data),
            ActorMessage::ChannelMessage(m) => digest_of(4, m.channel_id.0, &m.data),
            ActorMessage::ChannelClose(m) => digest_of(5, m.channel_id.0, &[]),
            ActorMessage::ChannelInitiated(m) => digest_of(6, m.channel_id.0, &m.initial_msg),
        }
    }

    /// The digest of a plain message with these bytes.
    #[inline(always)]
    pub(crate) fn digest_of_send(data: &[u8]) -> u64 {
        digest_of(2, 0, data)
    }

    /// How many bytes it carries.
    pub fn size(&self) -> usize {
        self.data().map_or(0, |data| data.len())
    }

    /// The bytes it carries.
    pub fn data(&self) -> Option<&Payload> {
        match self {
            ActorMessage::Request(m) => Some(&m.data),
            ActorMessage::Send(m) => Some(&m.data),
            ActorMessage::ChannelOpen(m) => Some(&m.data),
            ActorMessage::ChannelMessage(m) => Some(&m.data),
            ActorMessage::ChannelInitiated(m) => Some(&m.initial_msg),
            ActorMessage::ChannelClose(_) => None,
        }
    }

    /// The kind, in the word that traces use.
    pub fn kind(&self) -> &'static str {
        match self {
            ActorMessage::Request(_) => "request",
            ActorMessage::Send(_) => "send",
            ActorMessage::ChannelOpen(_) => "open",
            ActorMessage::ChannelMessage(_) => "message",
            ActorMessage::ChannelClose(_) => "close",
            ActorMessage::ChannelInitiated(_) => "initiated",
        }
    }
}

#[inline(always)]
fn digest_of(kind: u64, id: u64, data: &[u8]) -> u64 {
    let mut digest = Digest::default();
    digest.word(kind << 56 ^ id);
    digest.bytes(data);
    digest.0
}

fn call_word(call: CallId) -> u64 {
    u64::from(call.owner.0) << 32 | u64::from(call.number)
}

/// What leaves an actor, with the sender's id. The profile decides who carries it, and where.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TheaterCommand {
    /// A message to an actor's mailbox.
    SendMessage {
        /// Who sends it.
        sender_id: ActorId,
        /// Whose mailbox.
        actor_id: ActorId,
        /// What.
        actor_message: ActorMessage,
    },
    /// A channel is asked for; the answer goes to `reply_to`, whose owner is the initiator.
    ChannelOpen {
        /// Who waits for the decision.
        reply_to: CallId,
        /// Who decides.
        target_id: ActorId,
        /// The channel that would be.
        channel_id: ChannelId,
        /// The first message.
        initial_message: Payload,
    },
    /// A message over a channel, to the participants other than its sender.
    ChannelMessage {
        /// The channel.
        channel_id: ChannelId,
        /// Who sends it.
        sender_id: ActorId,
        /// What.
        message: Payload,
    },
    /// The end of a channel.
    ChannelClose {
        /// The channel.
        channel_id: ChannelId,
        /// Who ends it.
        sender_id: ActorId,
    },
    /// The answer to a request or to a channel's opening: what goes through a oneshot sender in Theater.
    Respond {
        /// Who answers.
        sender_id: ActorId,
        /// Which call.
        reply_to: CallId,
        /// The answer.
        answer: HostAnswer,
    },
    /// The actor asks to be stopped.
    ShuttingDown {
        /// Who.
        actor_id: ActorId,
        /// What its parent would be told.
        data: Option<Payload>,
    },
    /// A handler failed.
    ActorError {
        /// Whose.
        actor_id: ActorId,
        /// How.
        error: super::ActorError,
    },
}
