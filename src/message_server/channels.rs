//! What one actor's message server knows: its channels, and the requests that it has not answered.
//!
//! All of it is local: what the other end of a channel knows is its own, and learned by message. So the
//! steps of two actors never meet here, and their order never matters.

use super::known::KnownChannels;
use super::message::*;
use crate::actor::Input;
use crate::call::{ChannelName, Refusal, RequestName};
use crate::id::{ActorId, CallId, ChannelId, RequestId};

/// The state of one channel at one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelState {
    /// Whether messages may still be sent, and are still taken.
    pub is_open: bool,
    /// The other end.
    pub peer: ActorId,
    /// Whether the actor's `handle-channel-close` was called: it is, once.
    pub told_of_close: bool,
}

/// Who asked for what the actor is handling, so that a failure can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Nobody waits.
    Nobody,
    /// A request, and the name its receiver knows it by.
    Request(CallId, RequestId),
    /// Somebody who would open a channel.
    Open(CallId, ChannelId),
}

/// What becomes of a message at its receiver.
#[derive(Clone, Debug, PartialEq)]
pub enum Admission {
    /// A handler takes it.
    Handle(Input, Asker),
    /// The server takes it; there is nothing to handle.
    Absorbed,
    /// It is dropped, and the trace says why.
    Dropped(&'static str, ChannelId),
}

/// The channels and outstanding requests of one actor.
///
/// ```
/// use rehearsal::call::{ChannelName, Refusal};
/// use rehearsal::id::{ActorId, ChannelId};
/// use rehearsal::message_server::*;
///
/// let (mut channels, peer, channel) = (Channels::default(), ActorId(1), ChannelId(7));
/// channels.open(channel, peer);
/// let hello = || {
///     ActorMessage::ChannelMessage(ActorChannelMessage { channel_id: channel, data: "hello".into() })
/// };
/// assert!(matches!(channels.admit(hello()), Admission::Handle(_, Asker::Nobody)));
/// let name = ChannelName::Id(channel);
/// assert_eq!(channels.close(&name), Ok((channel, peer)));
/// assert_eq!(channels.admit(hello()), Admission::Dropped("message for closed channel", channel));
/// assert_eq!(channels.peer(&name), Err(Refusal::ClosedChannel(channel.to_string())));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// Every channel that this actor has, or had.
    pub active_channels: KnownChannels,
    /// Requests received and not yet answered, in order of arrival.
    pub outstanding_requests: Vec<(RequestId, CallId)>,
}

impl Channels {
    /// Takes a message in: changes what is known, and says what is to be handled. The `actors` profile's
    /// rules: a channel's message is handled only while the channel is open here, its close once.
    #[inline(always)]
    pub fn admit(&mut self, message: ActorMessage) -> Admission {
        match message {
            ActorMessage::Send(m) => Admission::Handle(Input::Send { data: m.data }, Asker::Nobody),
            ActorMessage::Request(m) => {
                let id = RequestId::of(m.reply_to);
                self.outstanding_requests.push((id, m.reply_to));
                Admission::Handle(Input::Request { id, data: m.data }, Asker::Request(m.reply_to, id))
            }
            ActorMessage::ChannelOpen(m) => {
                let input = Input::ChannelOpen { channel: m.channel_id, data: m.data };
                Admission::Handle(input, Asker::Open(m.reply_to, m.channel_id))
            }
            ActorMessage::ChannelMessage(m) => match self.active_channels.get(&m.channel_id) {
                Some(state) if state.is_open => Admission::Handle(
                    Input::ChannelMessage { channel: m.channel_id, data: m.data },
                    Asker::Nobody,
                ),
                Some(_) => Admission::Dropped("message for closed channel", m.channel_id),
                None => Admission::Dropped("message for unknown channel", m.channel_id),
            },
            ActorMessage::ChannelClose(m) => self.admit_close(m.channel_id),
            ActorMessage::ChannelInitiated(m) => {
                self.open(m.channel_id, m.target_id);
                Admission::Absorbed
            }
        }
    }

    fn admit_close(&mut self, channel: ChannelId) -> Admission {
        let told = self.active_channels.change(&channel, |state| {
            state.is_open &= state.told_of_close;
            std::mem::replace(&mut state.told_of_close, true)
        });
        match told {
            Some(false) => Admission::Handle(Input::ChannelClose { channel }, Asker::Nobody),
            Some(true) => Admission::Dropped("close of closed channel", channel),
            None => Admission::Dropped("close of unknown channel", channel),
        }
    }

    /// Notes an open channel to `peer`.
    pub fn open(&mut self, channel: ChannelId, peer: ActorId) {
        let state = ChannelState { is_open: true, peer, told_of_close: false };
        self.active_channels.insert(channel, state);
    }

    /// The other end of a channel that this actor has open.
    ///
    /// # Errors
    /// When it is unknown here, or closed.
    pub fn peer(&self, name: &ChannelName) -> Result<(ChannelId, ActorId), Refusal> {
        let known = name.id().and_then(|id| self.active_channels.get(&id).map(|state| (id, state)));
        match known {
            Some((id, state)) if state.is_open => Ok((id, state.peer)),
            Some(_) => Err(Refusal::ClosedChannel(name.to_string())),
            None => Err(Refusal::UnknownChannel(name.to_string())),
        }
    }

    /// Closes this end of a channel, and says who has the other.
    ///
    /// # Errors
    /// When it is unknown here, or closed.
    pub fn close(&mut self, name: &ChannelName) -> Result<(ChannelId, ActorId), Refusal> {
        let (id, peer) = self.peer(name)?;
        self.active_channels.change(&id, |state| state.is_open = false);
        Ok((id, peer))
    }

    /// Takes an outstanding request out, to answer or to cancel it.
    ///
    /// # Errors
    /// When it is not outstanding.
    pub fn take_request(&mut self, name: &RequestName) -> Result<CallId, Refusal> {
        let place =
            name.id().and_then(|id| self.outstanding_requests.iter().position(|(known, _)| *known == id));
        match place {
            Some(place) => Ok(self.outstanding_requests.remove(place).1),
            None => Err(Refusal::UnknownRequest(name.to_string())),
        }
    }

    /// Forgets everything, keeping the memory.
    pub fn clear(&mut self) {
        self.active_channels.clear();
        self.outstanding_requests.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    const CHANNEL: ChannelId = ChannelId(9);

    fn message() -> ActorMessage {
        ActorMessage::ChannelMessage(ActorChannelMessage { channel_id: CHANNEL, data: Payload::from("hi") })
    }

    #[test]
    fn messages_are_taken_only_over_open_channels() {
        let mut channels = Channels::default();
        assert_eq!(channels.admit(message()), Admission::Dropped("message for unknown channel", CHANNEL));
        channels.open(CHANNEL, ActorId(1));
        assert!(matches!(channels.admit(message()), Admission::Handle(..)));
        assert_eq!(channels.close(&ChannelName::Id(CHANNEL)), Ok((CHANNEL, ActorId(1))));
        assert_eq!(channels.admit(message()), Admission::Dropped("message for closed channel", CHANNEL));
    }

    #[test]
    fn a_close_is_told_once() {
        let mut channels = Channels::default();
        let close = || ActorMessage::ChannelClose(ActorChannelClose { channel_id: CHANNEL });
        assert_eq!(channels.admit(close()), Admission::Dropped("close of unknown channel", CHANNEL));
        channels.open(CHANNEL, ActorId(1));
        assert!(matches!(channels.admit(close()), Admission::Handle(..)));
        assert_eq!(channels.admit(close()), Admission::Dropped("close of closed channel", CHANNEL));
        let name = ChannelName::Text(CHANNEL.to_string());
        assert_eq!(channels.peer(&name), Err(Refusal::ClosedChannel("ch_0000000000000009".into())));
    }

    #[test]
    fn a_request_is_answered_once() {
        let mut channels = Channels::default();
        let call = CallId { owner: ActorId(2), number: 1 };
        channels.admit(ActorMessage::Request(ActorRequest { reply_to: call, data: Payload::EMPTY }));
        let name = RequestName::Text(RequestId::of(call).to_string());
        assert_eq!(channels.take_request(&name), Ok(call));
        assert!(matches!(channels.take_request(&name), Err(Refusal::UnknownRequest(_))));
    }
}
