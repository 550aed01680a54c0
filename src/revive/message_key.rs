//! A message by what its receiver's chain has of it: so what was sent is found among what was handled.

use super::draft::addresses::address;
use crate::call::{Address, HostCall};
use crate::chain::Invocation;
use crate::id::ActorId;

/// What of a message stands in its receiver's chain. Ids of requests do not count: the sender's chain has others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey {
    /// Who gets it; nobody where it goes over a channel, which may have it at either end, or to an address that is nobody's here.
    pub to: Option<ActorId>,
    /// The export that handles it.
    pub export: &'static str,
    /// The channel that it goes over, if it does.
    pub channel: String,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl MessageKey {
    /// A message to somebody, and not over a channel.
    pub fn to(to: Option<ActorId>, export: &'static str, data: &[u8]) -> MessageKey {
        MessageKey { to, export, channel: String::new(), data: data.to_vec() }
    }

    fn over(channel: String, export: &'static str, data: &[u8]) -> MessageKey {
        MessageKey { to: None, export, channel, data: data.to_vec() }
    }

    /// What a host call sends, if it sends anything; `find` knows who has which address.
    pub fn sent(call: &HostCall, find: &dyn Fn(&Address) -> Option<ActorId>) -> Option<MessageKey> {
        Some(match call {
            HostCall::SendOnChannel { channel, data } => {
                MessageKey::over(channel.to_string(), "handle-channel-message", data)
            }
            HostCall::CloseChannel { channel } => {
                MessageKey::over(channel.to_string(), "handle-channel-close", &[])
            }
            call => {
                let (to, export, data) = addressed(call)?;
                MessageKey::to(find(to), export, data)
            }
        })
    }

    /// What a host call sends to somebody known, and not over a channel.
    pub fn sent_to_actor(call: &HostCall, find: &dyn Fn(&Address) -> Option<ActorId>) -> Option<MessageKey> {
        let (to, export, data) = addressed(call)?;
        Some(MessageKey::to(Some(find(to)?), export, data))
    }

    /// What a host call sends, but not over a channel, whoever it is for.
    pub fn sent_to_anybody(call: &HostCall) -> Option<MessageKey> {
        let (_, export, data) = addressed(call)?;
        Some(MessageKey::to(None, export, data))
    }

    /// What an actor handled.
    pub fn handled(who: ActorId, call: &Invocation) -> Option<MessageKey> {
        match call {
            Invocation::ChannelMessage(id, data) => {
                Some(MessageKey::over(id.clone(), "handle-channel-message", data))
            }
            Invocation::ChannelClose(id) => Some(MessageKey::over(id.clone(), "handle-channel-close", &[])),
            call => MessageKey::handled_not_over_channel(who, call),
        }
    }

    /// What an actor handled that did not come over a channel.
    pub fn handled_not_over_channel(who: ActorId, call: &Invocation) -> Option<MessageKey> {
        let (export, data) = match call {
            Invocation::Send(data) => ("handle-send", data),
            Invocation::Request(_, data) => ("handle-request", data),
            Invocation::ChannelOpen(_, data) => ("handle-channel-open", data),
            Invocation::ChannelMessage(..)
            | Invocation::ChannelClose(_)
            | Invocation::Init(_)
            | Invocation::Other => return None,
        };
        Some(MessageKey::to(Some(who), export, data))
    }

    /// The same message, whoever gets it.
    pub fn for_anybody(self) -> MessageKey {
        MessageKey { to: None, ..self }
    }

    /// How many may handle what was sent once: both ends may be told that a channel is closed.
    pub fn receivers(&self) -> usize {
        if self.export == "handle-channel-close" { 2 } else { 1 }
    }
}

/// Where a call sends what, if it sends anything but over a channel: the address, the export that handles it, the bytes.
fn addressed(call: &HostCall) -> Option<(&Address, &'static str, &[u8])> {
    match call {
        HostCall::Send { to, data } => Some((to, "handle-send", data)),
        HostCall::Request { to, data, .. } => Some((to, "handle-request", data)),
        HostCall::OpenChannel { to, data, .. } => Some((to, "handle-channel-open", data)),
        _ => None,
    }
}

/// The address that a call is for, as Theater prints it.
pub fn addressee(call: &HostCall) -> Option<String> {
    addressed(call).and_then(|(to, ..)| address(to))
}
