//! The profile `actors`: the asynchronous actor model.
//!
//! One FIFO lane for each ordered pair of participants; any lane's head may be delivered next; delivery and handling
//! are one event. An actor in the middle of a handler takes no message. Answers to calls travel outside the
//! lanes. Everything that an actor does depends on what it knows itself: so two steps of two actors commute,
//! and what is proved here holds for every runtime that keeps the order between two actors.

mod begin;
mod commit;

pub use begin::begin;
pub(crate) use begin::begin_plain;
pub(super) use begin::{begin_init, describe, give, note_late};
pub use commit::commit;
pub(crate) use commit::commit_plain;
pub(super) use commit::record_failure;

use super::services;
use crate::actor::{Called, Input};
use crate::call::{Address, HostAnswer, HostCall, Refusal, Within};
use crate::choice::Choices;
use crate::digest::{Digest, mix};
use crate::event::{Event, Verb};
use crate::id::{ActorId, CallId, ChannelId, RequestId, Time};
use crate::message_server::*;
use crate::payload::Payload;
use crate::state::{Halted, Handling, State, WaitsFor};

/// A call that an actor makes of its host.
#[inline(always)]
pub fn call(state: &mut State, choices: &mut Choices, me: ActorId, call: HostCall) -> Result<Called, Halted> {
    let answer = match call {
        HostCall::Send { to, data } => match functions::send(&state.setting.directory, me, &to, data) {
            Ok(command) => {
                carry_message(state, choices, command)?;
                HostAnswer::Done
            }
            Err(refusal) => HostAnswer::Refused(noted(state, me, refusal)),
        },
        HostCall::Request { to, data, within } => return request(state, choices, me, &to, data, within),
        HostCall::OpenChannel { to, data, within } => {
            return open_channel(state, choices, me, &to, data, within);
        }
        HostCall::SendOnChannel { channel, data } => {
            let command = functions::send_on_channel(&state.participant(me).channels, me, &channel, data);
            let command = command.map_err(|refusal| noted(state, me, refusal));
            leave(state, choices, command)?
        }
        HostCall::CloseChannel { channel } => {
            let command = functions::close_channel(&mut state.participant_mut(me).channels, me, &channel);
            let command = command.map_err(|refusal| noted(state, me, refusal));
            leave(state, choices, command)?
        }
        HostCall::ListOutstandingRequests => {
            HostAnswer::Requests(functions::list_outstanding_requests(&state.participant(me).channels))
        }
        HostCall::RespondToRequest { request, data } => {
            let command =
                functions::respond_to_request(&mut state.participant_mut(me).channels, me, &request, data);
            leave(state, choices, command)?
        }
        HostCall::CancelRequest { request } => {
            let command = functions::cancel_request(&mut state.participant_mut(me).channels, me, &request);
            leave(state, choices, command)?
        }
        HostCall::Shutdown { data } => {
            state.participant_mut(me).shutting_down = true;
            state.learn(me, Digest::of(data.as_deref().unwrap_or_default()));
            HostAnswer::Done
        }
        HostCall::Receive { within, resumed } => {
            let until = state.participant(me).receives_until.filter(|_| resumed);
            let left = until.map(|until| Time(until.0.saturating_sub(state.now.0)));
            let within = within.map(|within| Within { span: left.unwrap_or(within.span), ..within });
            let until = within.map(|within| state.now.after(within.span));
            state.participant_mut(me).receives_until = until;
            state.wait(me, WaitsFor::Message, within);
            return Ok(Called::Suspended);
        }
        HostCall::Stop { actor, at_once } => stop_other(state, me, &actor, at_once),
        other => match services::serve(state, choices, me, other)? {
            Ok(called) => return Ok(called),
            Err(_) => HostAnswer::Refused(Refusal::Invalid("this host does not serve the call")),
        },
    };
    Ok(Called::Answered(answer))
}

pub(in crate::profile) fn request_word(call: CallId) -> u64 {
    RequestId::of(call).0 as u64
}

#[inline(always)]
fn post(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    to: ActorId,
    message: ActorMessage,
) -> Result<(), Halted> {
    state.post(choices, me, to, message)
}

/// A command leaves its actor, where the host function gave one.
fn leave(
    state: &mut State,
    choices: &mut Choices,
    command: Result<TheaterCommand, Refusal>,
) -> Result<HostAnswer, Halted> {
    match command {
        Ok(command) => carry(state, choices, command).map(|()| HostAnswer::Done),
        Err(refusal) => Ok(HostAnswer::Refused(refusal)),
    }
}

/// The short way for what most commands are; the compiler sees which it is.
#[inline(always)]
fn carry_message(state: &mut State, choices: &mut Choices, command: TheaterCommand) -> Result<(), Halted> {
    match command {
        TheaterCommand::SendMessage { sender_id, actor_id, actor_message } => {
            post(state, choices, sender_id, actor_id, actor_message)
        }
        other => carry(state, choices, other),
    }
}

/// Carries what leaves an actor: a message down the lane between the two, an answer outside of the lanes.
fn carry(state: &mut State, choices: &mut Choices, command: TheaterCommand) -> Result<(), Halted> {
    match command {
        TheaterCommand::SendMessage { sender_id, actor_id, actor_message } => {
            post(state, choices, sender_id, actor_id, actor_message)
        }
        TheaterCommand::ChannelOpen { reply_to, target_id, channel_id, initial_message } => {
            let open = ActorChannelOpen { channel_id, reply_to, data: initial_message };
            post(state, choices, reply_to.owner, target_id, ActorMessage::ChannelOpen(open))
        }
        TheaterCommand::ChannelMessage { channel_id, sender_id, message } => {
            let channel = state.participant(sender_id).channels.active_channels.get(&channel_id);
            let Some(peer) = channel.map(|channel| channel.peer) else { return Ok(()) };
            let message = ActorChannelMessage { channel_id, data: message };
            post(state, choices, sender_id, peer, ActorMessage::ChannelMessage(message))
        }
        TheaterCommand::ChannelClose { channel_id, sender_id } => {
            let channel = state.participant(sender_id).channels.active_channels.get(&channel_id);
            let Some(peer) = channel.map(|channel| channel.peer) else { return Ok(()) };
            // Both ends are told, the closer too: so Theater documents `close-channel`, and its generation A does it.
            let close = || ActorMessage::ChannelClose(ActorChannelClose { channel_id });
            post(state, choices, sender_id, peer, close())?;
            post(state, choices, sender_id, sender_id, close())
        }
        TheaterCommand::Respond { sender_id, reply_to, answer } => {
            let word = match &answer {
                HostAnswer::Bytes(data) => mix(request_word(reply_to), Digest::of(data)),
                _ => request_word(reply_to),
            };
            state.learn(sender_id, word);
            reply(state, choices, sender_id, reply_to, answer)
        }
        // What an actor's end or failure leads to is decided where its turn ends.
        TheaterCommand::ShuttingDown { .. } | TheaterCommand::ActorError { .. } => Ok(()),
    }
}

fn request(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    to: &Address,
    data: Payload,
    within: Option<Within>,
) -> Result<Called, Halted> {
    let to = match state.setting.directory.resolve(to) {
        Ok(to) => to,
        Err(refusal) => return Ok(Called::Answered(HostAnswer::Refused(noted(state, me, refusal)))),
    };
    let within = within.or(state.setting.request_timeout.map(Within::from));
    let reply_to = state.wait(me, WaitsFor::Reply(to), within);
    carry_message(state, choices, functions::request(reply_to, to, data))?;
    Ok(Called::Suspended)
}

fn open_channel(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    to: &Address,
    data: Payload,
    within: Option<Within>,
) -> Result<Called, Halted> {
    let to = match functions::channel_target(&state.setting.directory, me, to) {
        Ok(to) => to,
        Err(refusal) => return Ok(Called::Answered(HostAnswer::Refused(noted(state, me, refusal)))),
    };
    let within = within.or(state.setting.open_timeout.map(Within::from));
    let opener = state.participant_mut(me);
    opener.opened += 1;
    let channel_id = ChannelId::of(me, to, opener.opened);
    let reply_to = state.wait(me, WaitsFor::Decision(to, data.clone()), within);
    carry(state, choices, functions::open_channel(reply_to, to, channel_id, data))?;
    Ok(Called::Suspended)
}

/// The use of an unknown or a closed channel, or of an address that is nobody's, is a line of the trace.
#[cold]
fn noted(state: &mut State, me: ActorId, refusal: Refusal) -> Refusal {
    let (step, name) = (state.step, state.setting.directory.name(me));
    state.record.note(step, || format!("refused {name}: {refusal}"));
    refusal
}

fn stop_other(state: &mut State, me: ActorId, actor: &Address, at_once: bool) -> HostAnswer {
    let to = match state.setting.directory.resolve(actor) {
        Ok(to) => to,
        Err(refusal) => return HostAnswer::Refused(refusal),
    };
    let asker = state.participant_mut(me);
    asker.stops += 1;
    let number = asker.stops;
    state.learn(me, u64::from(to.0) << 1 | u64::from(at_once));
    let verb = if at_once { Verb::Terminate } else { Verb::Stop };
    state.offer_token(Event::new(verb, me, to, number));
    HostAnswer::Done
}

/// Answers a call.
fn reply(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    call: CallId,
    answer: HostAnswer,
) -> Result<(), Halted> {
    state.answer(choices, me, call, answer).map(|_| ())
}

pub(in crate::profile) fn handling(input: &Input, asker: Asker, from: ActorId, digest: u64) -> Handling {
    Handling::new(input.export().unwrap_or("init"), asker, from, digest)
}
