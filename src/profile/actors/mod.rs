//! The profile `actors`: the asynchronous actor model.
//!
//! One FIFO lane for each ordered pair of participants; any lane's head may be delivered next; delivery and handling
//! are one event. An actor in the middle of a handler takes no message. Answers to calls travel outside the
//! lanes. Everything that an actor does depends on what it knows itself: so two steps of two actors commute,
//! and what is proved here holds for every runtime that keeps the order between two actors.

mod begin;
mod commit;

pub use begin::begin;
pub use commit::commit;

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
pub fn call(state: &mut State, choices: &mut Choices, me: ActorId, call: HostCall) -> Result<Called, Halted> {
    let answer = match call {
        HostCall::Send { to, data } => send(state, choices, me, &to, data)?,
        HostCall::Request { to, data, within } => return request(state, choices, me, &to, data, within),
        HostCall::OpenChannel { to, data, within } => {
            return open_channel(state, choices, me, &to, data, within);
        }
        HostCall::SendOnChannel { channel, data } => match state.participant(me).channels.peer(&channel) {
            Ok((channel_id, peer)) => {
                let message = ActorMessage::ChannelMessage(ActorChannelMessage { channel_id, data });
                post(state, choices, me, peer, message)?
            }
            Err(refusal) => refuse_channel(state, me, refusal),
        },
        HostCall::CloseChannel { channel } => match state.participant_mut(me).channels.close(&channel) {
            Ok((channel_id, peer)) => {
                // Both ends are told, the closer too: the document's rule, and generation A's.
                let close = || ActorMessage::ChannelClose(ActorChannelClose { channel_id });
                post(state, choices, me, peer, close())?;
                post(state, choices, me, me, close())?
            }
            Err(refusal) => refuse_channel(state, me, refusal),
        },
        HostCall::ListOutstandingRequests => {
            let outstanding = &state.participant(me).channels.outstanding_requests;
            HostAnswer::Requests(outstanding.iter().map(|(id, _)| *id).collect())
        }
        HostCall::RespondToRequest { request, data } => {
            match state.participant_mut(me).channels.take_request(&request) {
                Ok(call) => {
                    state.learn(me, mix(request_word(call), Digest::of(&data)));
                    reply(state, choices, me, call, HostAnswer::Bytes(data))?;
                    HostAnswer::Done
                }
                Err(refusal) => HostAnswer::Refused(refusal),
            }
        }
        HostCall::CancelRequest { request } => {
            match state.participant_mut(me).channels.take_request(&request) {
                Ok(call) => {
                    state.learn(me, request_word(call));
                    reply(state, choices, me, call, HostAnswer::Refused(Refusal::Cancelled))?;
                    HostAnswer::Done
                }
                Err(refusal) => HostAnswer::Refused(refusal),
            }
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

fn request_word(call: CallId) -> u64 {
    RequestId::of(call).0 as u64
}

fn post(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    to: ActorId,
    message: ActorMessage,
) -> Result<HostAnswer, Halted> {
    state.learn(me, mix(message.digest(), u64::from(to.0)));
    state.post(choices, me, to, message)?;
    Ok(HostAnswer::Done)
}

fn send(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    to: &Address,
    data: Payload,
) -> Result<HostAnswer, Halted> {
    match state.setting.directory.resolve(to) {
        Ok(to) => post(state, choices, me, to, ActorMessage::Send(ActorSend { data })),
        Err(refusal) => Ok(HostAnswer::Refused(refusal)),
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
        Err(refusal) => return Ok(Called::Answered(HostAnswer::Refused(refusal))),
    };
    let within = within.or(state.setting.request_timeout.map(Within::from));
    let reply_to = state.wait(me, WaitsFor::Reply(to), within);
    post(state, choices, me, to, ActorMessage::Request(ActorRequest { reply_to, data }))?;
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
    let refused = |refusal| Ok(Called::Answered(HostAnswer::Refused(refusal)));
    let to = match state.setting.directory.resolve(to) {
        Ok(to) if to == me => return refused(Refusal::ChannelToSelf),
        Ok(to) => to,
        Err(refusal) => return refused(refusal),
    };
    let within = within.or(state.setting.open_timeout.map(Within::from));
    let opener = state.participant_mut(me);
    opener.opened += 1;
    let channel_id = ChannelId::of(me, to, opener.opened);
    let reply_to = state.wait(me, WaitsFor::Decision(to, data.clone()), within);
    let message = ActorMessage::ChannelOpen(ActorChannelOpen { channel_id, reply_to, data });
    post(state, choices, me, to, message)?;
    Ok(Called::Suspended)
}

fn refuse_channel(state: &mut State, me: ActorId, refusal: Refusal) -> HostAnswer {
    let (step, name) = (state.step, state.setting.directory.name(me));
    state.record.note(step, || format!("refused {name}: {refusal}"));
    HostAnswer::Refused(refusal)
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

/// Answers a call; an answer that nobody waits for any more is a line of the trace.
fn reply(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    call: CallId,
    answer: HostAnswer,
) -> Result<(), Halted> {
    if !state.answer(choices, me, call, answer)? {
        let (step, directory) = (state.step, &state.setting.directory);
        let (from, to) = (directory.name(me), directory.name(call.owner));
        state.record.note(step, || format!("late {from} -> {to} #{}: nobody waits for it", call.number));
    }
    Ok(())
}

fn handling(input: &Input, asker: Asker, from: ActorId, digest: u64) -> Handling {
    Handling {
        export: input.export().unwrap_or("init"),
        asker,
        from,
        digest,
        host_calls: 0,
        effect_bytes: 0,
        told: Digest::default(),
    }
}
