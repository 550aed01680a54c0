//! The host functions of `theater:simple/message-server-host`: what each makes of an actor's call.
//!
//! They validate, and turn what is valid into a [`TheaterCommand`] with the sender's id; who carries that is the
//! profile's business. The engine's `actors` profile and [`MessageServerHost`](super::MessageServerHost) both call
//! these, so there is one meaning of each. What they refuse is told in the words of [`Refusal`], a closed set: nothing
//! of another actor's inside is in it.

use super::channels::Channels;
use super::directory::Directory;
use super::message::*;
use crate::call::{Address, ChannelName, HostAnswer, Refusal, RequestName};
use crate::id::{ActorId, CallId, ChannelId, RequestId};
use crate::payload::Payload;

/// `send`: a message without an answer, to somebody who exists.
///
/// # Errors
/// When the address is none, or nobody's.
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

/// `request`: a message to `actor_id`, whose answer `reply_to` waits for.
#[inline(always)]
pub fn request(reply_to: CallId, actor_id: ActorId, data: Payload) -> TheaterCommand {
    let actor_message = ActorMessage::Request(ActorRequest { reply_to, data });
    TheaterCommand::SendMessage { sender_id: reply_to.owner, actor_id, actor_message }
}

/// Whom `open-channel` is for.
///
/// # Errors
/// When the address is none, nobody's, or the caller's own.
pub fn channel_target(directory: &Directory, me: ActorId, to: &Address) -> Result<ActorId, Refusal> {
    match directory.resolve(to)? {
        target if target == me => Err(Refusal::ChannelToSelf),
        target => Ok(target),
    }
}

/// `open-channel`: asks `target_id` to decide; the decision goes to `reply_to`, whose owner is the initiator.
pub fn open_channel(
    reply_to: CallId,
    target_id: ActorId,
    channel_id: ChannelId,
    initial_message: Payload,
) -> TheaterCommand {
    TheaterCommand::ChannelOpen { reply_to, target_id, channel_id, initial_message }
}

/// `send-on-channel`: over a channel that the sender has open.
///
/// # Errors
/// When the sender does not have it, or it is closed.
pub fn send_on_channel(
    channels: &Channels,
    sender_id: ActorId,
    channel: &ChannelName,
    message: Payload,
) -> Result<TheaterCommand, Refusal> {
    let (channel_id, _) = channels.peer(channel)?;
    Ok(TheaterCommand::ChannelMessage { channel_id, sender_id, message })
}

/// `close-channel`: closes the sender's end at once; both ends will be told.
///
/// # Errors
/// When the sender does not have it, or it is closed.
pub fn close_channel(
    channels: &mut Channels,
    sender_id: ActorId,
    channel: &ChannelName,
) -> Result<TheaterCommand, Refusal> {
    let (channel_id, _) = channels.close(channel)?;
    Ok(TheaterCommand::ChannelClose { channel_id, sender_id })
}

/// `list-outstanding-requests`: in order of arrival.
pub fn list_outstanding_requests(channels: &Channels) -> Vec<RequestId> {
    channels.outstanding_requests.iter().map(|(id, _)| *id).collect()
}

/// `respond-to-request`: an answer that was not given by the handler.
///
/// # Errors
/// When the request is not outstanding.
pub fn respond_to_request(
    channels: &mut Channels,
    sender_id: ActorId,
    request: &RequestName,
    data: Payload,
) -> Result<TheaterCommand, Refusal> {
    let reply_to = channels.take_request(request)?;
    Ok(TheaterCommand::Respond { sender_id, reply_to, answer: HostAnswer::Bytes(data) })
}

/// `cancel-request`: there will be no answer, and the requester is told so.
///
/// # Errors
/// When the request is not outstanding.
pub fn cancel_request(
    channels: &mut Channels,
    sender_id: ActorId,
    request: &RequestName,
) -> Result<TheaterCommand, Refusal> {
    let reply_to = channels.take_request(request)?;
    let answer = HostAnswer::Refused(Refusal::Cancelled);
    Ok(TheaterCommand::Respond { sender_id, reply_to, answer })
}
