//! What the runtime's loop, or the router, is told to do.

use crate::actor::Input;
use crate::call::{Address, ChannelName, Refusal};
use crate::digest::{Digest, mix};
use crate::id::{ActorId, CallId, ChannelId};
use crate::message_server::ActorMessage;
use crate::payload::Payload;
use crate::state::Directory;

/// Whom a message is for, as far as its sender can know: that an address is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A participant, alive or not.
    Known(ActorId),
    /// An address that is nobody's.
    Nobody(String),
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is not one. Nothing else is looked at here, as in Theater.
    pub fn of(directory: &Directory, address: &Address) -> Result<Target, Refusal> {
        match directory.resolve(address) {
            Ok(id) => Ok(Target::Known(id)),
            Err(Refusal::UnknownActor(text)) => Ok(Target::Nobody(text)),
            Err(refusal) => Err(refusal),
        }
    }

    /// The participant.
    pub fn known(&self) -> Option<ActorId> {
        match self {
            Target::Known(id) => Some(*id),
            Target::Nobody(_) => None,
        }
    }
}

/// A command. `ack` is the call of the sender that waits for the router's own answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A send or a request.
    Message { to: Target, message: ActorMessage, ack: Option<CallId> },
    /// A channel is asked for.
    Open { to: Target, channel: ChannelId, reply_to: CallId, data: Payload },
    /// A message over a channel.
    OnChannel { channel: ChannelName, data: Payload, ack: Option<CallId> },
    /// The end of a channel.
    Close { channel: ChannelName, ack: Option<CallId> },
    /// An accepted channel enters the registry (0.2).
    Register { channel: ChannelId, initiator: ActorId, target: ActorId },
    /// An actor is to stop (0.2).
    Stop { actor: ActorId, at_once: bool },
    /// A stopped actor leaves the router's table (0.3).
    Unregister,
}

/// A command in a queue, by whom, and which of theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Who gives it.
    pub from: ActorId,
    /// The giver's own count.
    pub number: u32,
    /// What.
    pub command: Command,
}

impl Order {
    /// The participant that the command is about, for its name in traces.
    pub fn to(&self) -> ActorId {
        match &self.command {
            Command::Message { to, .. } | Command::Open { to, .. } => to.known().unwrap_or(self.from),
            Command::Register { target, .. } => *target,
            Command::Stop { actor, .. } => *actor,
            Command::OnChannel { .. } | Command::Close { .. } | Command::Unregister => self.from,
        }
    }

    /// What it brings an actor that is known, as that actor will be called with it; nothing for what goes over channels.
    pub fn carries(&self) -> Option<(ActorId, Input)> {
        match &self.command {
            Command::Message { to, message, .. } => {
                let (input, _) = super::unit::call_of(message.clone())?;
                Some((to.known()?, input))
            }
            Command::Open { to, channel, data, .. } => {
                let input = Input::ChannelOpen { channel: *channel, data: data.clone() };
                Some((to.known()?, input))
            }
            _ => None,
        }
    }

    /// A digest of all of it.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest(mix(u64::from(self.from.0), u64::from(self.number)));
        digest.word(u64::from(self.to().0));
        match &self.command {
            Command::Message { message, to, .. } => {
                digest.word(message.digest());
                if let Target::Nobody(text) = to {
                    digest.bytes(text.as_bytes());
                }
            }
            Command::Open { channel, data, .. } => {
                digest.word(channel.0);
                digest.bytes(data);
            }
            Command::OnChannel { channel, data, .. } => {
                digest.bytes(channel.to_string().as_bytes());
                digest.bytes(data);
            }
            Command::Close { channel, .. } => digest.bytes(channel.to_string().as_bytes()),
            Command::Register { channel, .. } => digest.word(channel.0 ^ 1),
            Command::Stop { at_once, .. } => digest.word(2 + u64::from(*at_once)),
            Command::Unregister => digest.word(4),
        }
        digest.0
    }
}
