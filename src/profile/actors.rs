//! The profile `actors`: the asynchronous actor model.
//!
//! One FIFO lane for each ordered pair of participants; any lane's head may be delivered next; delivery and handling
//! are one event. An actor in the middle of a handler takes no message. Answers to calls travel outside the
//! lanes. Everything that an actor does depends on what it knows itself: so two steps of two actors commute,
//! and what is proved here holds for every runtime that keeps the order between two actors.

use super::{Begun, services};
use crate::actor::{Called, Ended, Failure, FailureKind, Input, NewState, Reply, Returned};
use crate::call::{Address, HostAnswer, HostCall, Opened, Received, Refusal, Within};
use crate::choice::Choices;
use crate::digest::{Digest, mix};
use crate::event::{Event, Verb};
use crate::id::{ActorId, CallId, ChannelId, RequestId, Time};
use crate::message_server::*;
use crate::payload::Payload;
use crate::state::{Call, Envelope, FailureSeen, Halted, Handling, Role, State, Status, WaitsFor, shown};

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

pub(super) fn request_word(call: CallId) -> u64 {
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

/// An event happens: what turn it causes, if any.
pub fn begin(state: &mut State, choices: &mut Choices, event: Event, slot: u32) -> Result<Begun, Halted> {
    match event.verb {
        Verb::Deliver => match state.take_head(slot) {
            Some(envelope) => deliver(state, choices, event, envelope),
            None => Ok(Begun::Nothing),
        },
        Verb::Answer => Ok(resume(state, event.to)),
        Verb::Fire => fire(state, choices, event.to),
        Verb::Stop => {
            state.take_token(slot);
            state.participant_mut(event.to).shutting_down = true;
            if state.participant(event.to).status == Status::Idle {
                stop(state, choices, event.to, "stopped")?;
            }
            Ok(Begun::Nothing)
        }
        Verb::Terminate => {
            state.take_token(slot);
            stop(state, choices, event.to, "terminated")?;
            Ok(Begun::Kill(event.to))
        }
        Verb::Start | Verb::Route | Verb::Handle | Verb::Task | Verb::Run | Verb::Expire => {
            Ok(Begun::Nothing)
        }
    }
}

fn deliver(
    state: &mut State,
    choices: &mut Choices,
    event: Event,
    envelope: Envelope,
) -> Result<Begun, Halted> {
    let (from, to) = (event.from, event.to);
    state.learn(to, envelope.digest);
    describe(state, &envelope.message);
    if let Status::Stopped(why) = state.participant(to).status {
        return bounce(state, choices, event, envelope, why, Refusal::Stopped);
    }
    if state.participant(to).role == Role::Client {
        return deliver_to_client(state, choices, event, envelope);
    }
    match state.participant_mut(to).channels.admit(envelope.message) {
        Admission::Handle(input, asker) => {
            state.participant_mut(to).handling = Some(handling(&input, asker, from, envelope.digest));
            Ok(Begun::Turn(to, input))
        }
        Admission::Absorbed => Ok(Begun::Nothing),
        Admission::Dropped(why, channel) => {
            drop_for_channel(state, event, why, channel);
            Ok(Begun::Nothing)
        }
    }
}

pub(super) fn describe(state: &mut State, message: &ActorMessage) {
    let step = state.step;
    state.record.note(step, || match (message, message.data()) {
        (ActorMessage::ChannelMessage(m), _) => format!("about message {} {}", m.channel_id, shown(&m.data)),
        (ActorMessage::ChannelClose(m), _) => format!("about close {}", m.channel_id),
        (ActorMessage::ChannelOpen(m), _) => format!("about open {} {}", m.channel_id, shown(&m.data)),
        (other, data) => format!("about {} {}", other.kind(), data.map(shown).unwrap_or_default()),
    });
}

pub(super) fn handling(input: &Input, asker: Asker, from: ActorId, digest: u64) -> Handling {
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

/// A message reaches one that will not handle it: whoever waits for an answer is told.
fn bounce(
    state: &mut State,
    choices: &mut Choices,
    event: Event,
    envelope: Envelope,
    why: &str,
    refusal: Refusal,
) -> Result<Begun, Halted> {
    let setting = std::sync::Arc::clone(&state.setting);
    state.lose(|| format!("lost {}: the receiver is {why}", event.name(setting.directory.names())));
    match envelope.message {
        ActorMessage::Request(m) => {
            reply(state, choices, event.to, m.reply_to, HostAnswer::Refused(refusal))?
        }
        ActorMessage::ChannelOpen(m) => {
            reply(state, choices, event.to, m.reply_to, HostAnswer::Refused(refusal))?;
        }
        _ => {}
    }
    Ok(Begun::Nothing)
}

fn drop_for_channel(state: &mut State, event: Event, why: &str, channel: ChannelId) {
    let setting = std::sync::Arc::clone(&state.setting);
    let line = || format!("lost {}: {why} {channel}", event.name(setting.directory.names()));
    if why.starts_with("close") {
        // A second close says nothing that is not known: no message is lost.
        state.record.note(state.step, line);
    } else {
        state.lose(line);
    }
}

fn deliver_to_client(
    state: &mut State,
    choices: &mut Choices,
    event: Event,
    envelope: Envelope,
) -> Result<Begun, Halted> {
    let to = event.to;
    let refusal = match &envelope.message {
        ActorMessage::Request(_) => Some(Refusal::NoHandler("handle-request")),
        ActorMessage::ChannelOpen(_) => Some(Refusal::Rejected),
        _ => None,
    };
    if let Some(refusal) = refusal {
        return bounce(state, choices, event, envelope, "a client, which answers nothing", refusal);
    }
    let received = match state.participant_mut(to).channels.admit(envelope.message) {
        Admission::Handle(Input::Send { data }, _) => Received::Message(data),
        Admission::Handle(Input::ChannelMessage { channel, data }, _) => Received::OnChannel(channel, data),
        Admission::Handle(Input::ChannelClose { channel }, _) => Received::Closed(channel),
        Admission::Dropped(why, channel) => {
            drop_for_channel(state, event, why, channel);
            return Ok(Begun::Nothing);
        }
        Admission::Handle(..) | Admission::Absorbed => return Ok(Begun::Nothing),
    };
    if state.participant(to).call().is_none() {
        return Ok(Begun::Nothing); // The script is over: it arrived, and nobody looks.
    }
    state.end_call(to);
    let answer = HostAnswer::Received(received);
    state.see_reply(to, Some(event.from), &answer);
    Ok(Begun::Turn(to, Input::Answer(answer)))
}

fn resume(state: &mut State, owner: ActorId) -> Begun {
    let Some(Call { waits_for, answer: Some(answer), .. }) = state.end_call(owner) else {
        return Begun::Nothing;
    };
    if let (HostAnswer::Opened(opened), WaitsFor::Decision(target_id, initial_msg)) =
        (&answer.answer, waits_for)
    {
        let message = ActorChannelInitiated { channel_id: opened.channel, target_id, initial_msg };
        state.participant_mut(owner).channels.admit(ActorMessage::ChannelInitiated(message));
    }
    give(state, owner, Some(answer.from), answer.answer)
}

/// Ends a wait with an answer: the turn goes on.
pub(super) fn give(state: &mut State, owner: ActorId, from: Option<ActorId>, answer: HostAnswer) -> Begun {
    let word = answer.digest();
    state.learn(owner, word);
    if let Some(handling) = &mut state.participant_mut(owner).handling {
        handling.told.word(word);
    }
    if state.participant(owner).role == Role::Client {
        state.see_reply(owner, from, &answer);
    }
    let step = state.step;
    state.record.note(step, || match &answer {
        HostAnswer::Bytes(data) => format!("about answer {}", shown(data)),
        HostAnswer::Opened(Opened { channel, message: Some(first) }) => {
            format!("about opened {channel} {}", shown(first))
        }
        HostAnswer::Opened(Opened { channel, message: None }) => format!("about opened {channel}"),
        HostAnswer::Refused(refusal) => format!("about refused {refusal}"),
        _ => "about awake".to_owned(),
    });
    Begun::Turn(owner, Input::Answer(answer))
}

fn fire(state: &mut State, choices: &mut Choices, owner: ActorId) -> Result<Begun, Halted> {
    let Some(call) = state.end_call(owner) else { return Ok(Begun::Nothing) };
    let span = call.deadline.map_or(Time::ZERO, |(_, span)| span);
    if let Some(late) = call.answer {
        let (step, directory) = (state.step, &state.setting.directory);
        let (from, to) = (directory.name(late.from), directory.name(owner));
        state.record.note(step, || format!("late {from} -> {to} #{}: timed out before it", call.id.number));
    }
    let answer = match call.waits_for {
        WaitsFor::Time => HostAnswer::Done,
        WaitsFor::Decision(target, _) => {
            // The target may still accept: its end must not stay open for ever.
            let channel_id = ChannelId::of(owner, target, state.participant(owner).opened);
            let close = ActorMessage::ChannelClose(ActorChannelClose { channel_id });
            post(state, choices, owner, target, close)?;
            HostAnswer::Refused(Refusal::TimedOut(span))
        }
        WaitsFor::Reply(_) | WaitsFor::Message | WaitsFor::Runtime => {
            HostAnswer::Refused(Refusal::TimedOut(span))
        }
    };
    Ok(give(state, owner, None, answer))
}

/// Ends a participant: whoever waits for it is told, and so is the other end of each of its channels.
fn stop(state: &mut State, choices: &mut Choices, who: ActorId, why: &'static str) -> Result<(), Halted> {
    if matches!(state.participant(who).status, Status::Stopped(_)) {
        return Ok(());
    }
    state.end_call(who);
    let participant = state.participant_mut(who);
    participant.status = Status::Stopped(why);
    let handled = participant.handling.take();
    let waiting: Vec<CallId> =
        participant.channels.outstanding_requests.iter().map(|(_, call)| *call).collect();
    let open = participant.channels.active_channels.iter().filter(|(_, channel)| channel.is_open);
    let peers: Vec<(ChannelId, ActorId)> = open.map(|(id, channel)| (*id, channel.peer)).collect();
    participant.channels.clear();
    let opening = match handled.map(|handled| handled.asker) {
        Some(Asker::Open(call, _)) => Some(call),
        _ => None,
    };
    state.learn(who, Digest::of(why.as_bytes()));
    for call in waiting.into_iter().chain(opening) {
        reply(state, choices, who, call, HostAnswer::Refused(Refusal::Stopped))?;
    }
    for (channel_id, peer) in peers {
        state.post(choices, who, peer, ActorMessage::ChannelClose(ActorChannelClose { channel_id }))?;
    }
    let (step, name) = (state.step, state.setting.directory.name(who));
    state.record.note(step, || format!("end {name}: {why}"));
    Ok(())
}

/// A turn is over.
pub fn commit(state: &mut State, choices: &mut Choices, me: ActorId, ended: Ended) -> Result<(), Halted> {
    match ended {
        Ended::Awaiting if state.participant(me).call().is_some() => return Ok(()),
        Ended::Awaiting => {
            let failure = Ended::failed(FailureKind::MalformedResult, "awaits without a call");
            return commit(state, choices, me, failure);
        }
        Ended::Returned(returned) => finish(state, choices, me, returned)?,
        Ended::Failed(failure) => fail(state, choices, me, failure)?,
    }
    if state.participant(me).shutting_down {
        stop(state, choices, me, "stopped")?;
    }
    Ok(())
}

fn finish(state: &mut State, choices: &mut Choices, me: ActorId, returned: Returned) -> Result<(), Halted> {
    if let NewState::Replaced(new) = returned.state {
        state.learn(me, new.as_deref().map_or(0, Digest::of));
        state.participant_mut(me).state = new;
    }
    state.see_state(me);
    let asker = state.participant_mut(me).handling.take().map_or(Asker::Nobody, |handling| handling.asker);
    match (asker, returned.reply) {
        (Asker::Nobody, _) | (Asker::Request(..), Reply::Answer(None)) => Ok(()),
        (Asker::Request(call, id), Reply::Answer(Some(data))) => {
            state.learn(me, Digest::of(&data));
            let name = crate::call::RequestName::Id(id);
            match state.participant_mut(me).channels.take_request(&name) {
                Ok(_) => reply(state, choices, me, call, HostAnswer::Bytes(data)),
                Err(_) => {
                    let (step, who) = (state.step, state.setting.directory.name(me));
                    state.record.note(step, || format!("twice {who}: the request was answered before"));
                    Ok(())
                }
            }
        }
        (Asker::Open(call, channel), Reply::Accept(accept)) => {
            state.learn(me, u64::from(accept.accepted));
            let message = accept.message.map(Payload::from);
            let answer = match accept.accepted {
                true => {
                    state.participant_mut(me).channels.open(channel, call.owner);
                    HostAnswer::Opened(Opened { channel, message })
                }
                false => HostAnswer::Refused(Refusal::Rejected),
            };
            reply(state, choices, me, call, answer)
        }
        (asker, _) => {
            let text = "the handler returned an answer of another sort than was asked for";
            state.participant_mut(me).handling = Some(handling(&Input::Init, asker, me, 0));
            let kind = FailureKind::MalformedResult;
            fail(state, choices, me, Failure { kind, message: text.into(), backtrace: Vec::new() })
        }
    }
}

fn fail(state: &mut State, choices: &mut Choices, me: ActorId, failure: Failure) -> Result<(), Halted> {
    let kind = failure.kind;
    let handled = record_failure(state, me, failure);
    let export = handled.as_ref().map_or("init", |handled| handled.export);
    let refusal = match kind {
        FailureKind::ReturnedError => Refusal::HandlerError,
        FailureKind::MissingExport => Refusal::NoHandler(export),
        _ => Refusal::HandlerFailed,
    };
    match handled.map_or(Asker::Nobody, |handled| handled.asker) {
        Asker::Nobody => Ok(()),
        Asker::Open(call, _) => reply(state, choices, me, call, HostAnswer::Refused(refusal)),
        Asker::Request(call, id) => {
            let name = crate::call::RequestName::Id(id);
            match state.participant_mut(me).channels.take_request(&name) {
                Ok(_) => reply(state, choices, me, call, HostAnswer::Refused(refusal)),
                Err(_) => Ok(()), // It was answered before the handler failed.
            }
        }
    }
}

/// Notes a failed turn: in the history, the trace and the record. Gives what was being handled.
pub(super) fn record_failure(state: &mut State, me: ActorId, failure: Failure) -> Option<Handling> {
    state.end_call(me);
    let handled = state.participant_mut(me).handling.take();
    state.learn(me, Digest::of(failure.kind.name().as_bytes()));
    let (step, name) = (state.step, state.setting.directory.name(me));
    let export = handled.as_ref().map_or("init", |handled| handled.export);
    let kind = failure.kind;
    state.record.note(step, || {
        format!("failed {name} {export}: {}: {}", kind.name(), failure.message.escape_debug())
    });
    let from = handled.as_ref().map_or(me, |handled| handled.from);
    state.record.failures.push(FailureSeen { step, actor: me, handling: export, from, failure });
    state.record.changes += 1;
    state.see_state(me);
    handled
}
