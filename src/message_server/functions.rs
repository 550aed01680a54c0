//! The host functions of `theater:simple/message-server-host`: what each makes of an actor's call.
//!
//! | function | a native actor's way to it | what leaves |
//! |---|---|---|
//! | `send` | [`Context::send`](crate::native::Context::send) | [`SendMessage`](TheaterCommand::SendMessage) |
//! | `request` | [`Context::request`](crate::native::Context::request) | `SendMessage` |
//! | `open-channel` | [`Context::open_channel`](crate::native::Context::open_channel) | [`ChannelOpen`](TheaterCommand::ChannelOpen) |
//! | `send-on-channel` | [`Context::send_on_channel`](crate::native::Context::send_on_channel) | [`ChannelMessage`](TheaterCommand::ChannelMessage) |
//! | `close-channel` | [`Context::close_channel`](crate::native::Context::close_channel) | [`ChannelClose`](TheaterCommand::ChannelClose) |
//! | `list-outstanding-requests` | [`Context::outstanding`](crate::native::Context::outstanding) | nothing |
//! | `respond-to-request` | [`Context::respond`](crate::native::Context::respond) | [`Respond`](TheaterCommand::Respond) |
//! | `cancel-request` | [`Context::cancel`](crate::native::Context::cancel) | `Respond` |
//!
//! They validate, and turn what is valid into a [`TheaterCommand`] with the sender's id; who carries that is the
//! profile's business. The engine's `actors` profile and [`MessageServerHost`](super::MessageServerHost) both call
//! these, so there is one meaning of each. What they refuse is told in the words of [`Refusal`], a closed set: nothing
//! of another actor's inside is in it.
//!
//! Three of them change what the caller's server knows before their command leaves: `close_channel` the channel,
//! `respond_to_request` and `cancel_request` the outstanding requests. Whoever calls them makes sure first that the command
//! can leave, as with [`Sender::reserve`](super::Sender::reserve).

use super::channels::Channels;
use super::directory::Directory;
use super::message::*;
use crate::call::{Address, ChannelName, HostAnswer, Refusal, RequestName};
use crate::id::{ActorId, CallId, ChannelId, RequestId};
use crate::payload::Payload;

/// `send`: a message without an answer, to somebody who exists. `to` is validated, `data` is passed on as it is, and
/// the receiver's `handle-send` will be called with it. The sender goes on at once, and never learns what came of it.
///
/// # Errors
/// [`BadAddress`](Refusal::BadAddress) when the address is none, [`UnknownActor`](Refusal::UnknownActor) when it is nobody's.
#[inline(always)]
pub fn send(
    directory: &Directory,
    sender_id: ActorId,
    to: &Address,
    data: Payload,
) -> Result<TheaterCommand, Refusal> {
    let actor_id = directory.resolve(to)?;
    let actor_message = ActorMessage::Send(ActorSend { data });
    Ok(TheaterCommand::SendMessage { sender_id, actor_id, actor_message })
}

/// `request`: a message to `actor_id`, whom [`Directory::resolve`] found, and whose answer `reply_to` waits for. The sender's
/// handler goes on with what the receiver's `handle-request` returned or what it [responded](respond_to_request) later; or with
/// a [`Refusal`], when it failed, stopped, cancelled the request, or when the time was up. Until then its mailbox waits.
#[inline(always)]
pub fn request(reply_to: CallId, actor_id: ActorId, data: Payload) -> TheaterCommand {
    let actor_message = ActorMessage::Request(ActorRequest { reply_to, data });
    TheaterCommand::SendMessage { sender_id: reply_to.owner, actor_id, actor_message }
}

/// Whom `open-channel` is for.
///
/// # Errors
/// [`BadAddress`](Refusal::BadAddress) when the address is none, [`UnknownActor`](Refusal::UnknownActor) when it is nobody's,
/// [`ChannelToSelf`](Refusal::ChannelToSelf) when it is the caller's own.
pub fn channel_target(directory: &Directory, me: ActorId, to: &Address) -> Result<ActorId, Refusal> {
    match directory.resolve(to)? {
        target if target == me => Err(Refusal::ChannelToSelf),
        target => Ok(target),
    }
}

/// `open-channel`: asks `target_id`, whom [`channel_target`] found, to decide; the decision of its `handle-channel-open`
/// goes to `reply_to`, whose owner is the initiator and waits. `channel_id` is the initiator's to make up, one that no other
/// channel has. If it is accepted, both ends have it open when the initiator goes on: it is told the id, and else
/// [`Rejected`](Refusal::Rejected) or why there was no decision.
pub fn open_channel(
    reply_to: CallId,
    target_id: ActorId,
    channel_id: ChannelId,
    initial_message: Payload,
) -> TheaterCommand {
    TheaterCommand::ChannelOpen { reply_to, target_id, channel_id, initial_message }
}

/// `send-on-channel`: over a channel that the sender has open. The other end's `handle-channel-message` will be called; what is
/// under way when it closes its end is dropped there.
///
/// # Errors
/// [`UnknownChannel`](Refusal::UnknownChannel) when the sender does not have it, [`ClosedChannel`](Refusal::ClosedChannel) when
/// it is closed.
pub fn send_on_channel(
    channels: &Channels,
    sender_id: ActorId,
    channel: &ChannelName,
    message: Payload,
) -> Result<TheaterCommand, Refusal> {
    let (channel_id, _) = channels.peer(channel)?;
    Ok(TheaterCommand::ChannelMessage { channel_id, sender_id, message })
}

/// `close-channel`: closes the sender's end at once. Both ends will be told, by their `handle-channel-close`: the other end may
/// send until then.
///
/// # Errors
/// [`UnknownChannel`](Refusal::UnknownChannel) when the sender does not have it, [`ClosedChannel`](Refusal::ClosedChannel) when
/// it is closed: the second close of two that cross is refused.
pub fn close_channel(
    channels: &mut Channels,
    sender_id: ActorId,
    channel: &ChannelName,
) -> Result<TheaterCommand, Refusal> {
    let (channel_id, _) = channels.close(channel)?;
    Ok(TheaterCommand::ChannelClose { channel_id, sender_id })
}

/// `list-outstanding-requests`: the requests that are not answered yet, in order of arrival. The one in hand is among them.
pub fn list_outstanding_requests(channels: &Channels) -> Vec<RequestId> {
    channels.outstanding_requests.iter().map(|(id, _)| *id).collect()
}

/// `respond-to-request`: an answer that was not given by the handler: after it returned none, or before it returns. A request is
/// answered once.
///
/// # Errors
/// [`UnknownRequest`](Refusal::UnknownRequest) when the request is not outstanding.
pub fn respond_to_request(
    channels: &mut Channels,
    sender_id: ActorId,
    request: &RequestName,
    data: Payload,
) -> Result<TheaterCommand, Refusal> {
    let reply_to = channels.take_request(request)?;
    Ok(TheaterCommand::Respond { sender_id, reply_to, answer: HostAnswer::Bytes(data) })
}

/// `cancel-request`: there will be no answer, and the requester is told so: [`Cancelled`](Refusal::Cancelled).
///
/// # Errors
/// [`UnknownRequest`](Refusal::UnknownRequest) when the request is not outstanding.
pub fn cancel_request(
    channels: &mut Channels,
    sender_id: ActorId,
    request: &RequestName,
) -> Result<TheaterCommand, Refusal> {
    let reply_to = channels.take_request(request)?;
    let answer = HostAnswer::Refused(Refusal::Cancelled);
    Ok(TheaterCommand::Respond { sender_id, reply_to, answer })
}
