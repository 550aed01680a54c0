//! The ends of turns, and of actors.

use super::begin::give_up;
use super::{handling, reply};
use crate::actor::{Ended, Failure, FailureKind, Input, NewState, Reply, Returned};
use crate::call::{HostAnswer, Refusal};
use crate::choice::Choices;
use crate::digest::Digest;
use crate::id::{ActorId, CallId, ChannelId};
use crate::message_server::*;
use crate::state::{FailureSeen, Halted, Handling, State, Status};

/// A turn is over.
#[inline(always)]
pub fn commit(state: &mut State, choices: &mut Choices, me: ActorId, ended: Ended) -> Result<(), Halted> {
    match ended {
        Ended::Awaiting if state.call(me).is_some() => return Ok(()),
        Ended::Awaiting => {
            let (kind, message) = (FailureKind::MalformedResult, "awaits without a call".to_owned());
            fail(state, choices, me, Failure { kind, message, backtrace: Vec::new() })?;
        }
        Ended::Returned(returned) => {
            leave_call(state, choices, me, "the caller's handler is over")?;
            finish(state, choices, me, returned)?;
        }
        Ended::Failed(failure) => fail(state, choices, me, failure)?,
    }
    if state.participant(me).shutting_down {
        stop(state, choices, me, "stopped")?;
    }
    Ok(())
}

/// The short way of the commonest end of a turn: a handler returned that keeps its own state and that nobody asked, and its
/// actor is as open to messages as it was. Whether it was one; then the run's digest, where it is kept, is up to date as well.
#[inline(always)]
pub(crate) fn commit_plain(state: &mut State, me: ActorId, ended: &Ended) -> bool {
    let Ended::Returned(Returned { state: NewState::Kept, reply: Reply::Nothing }) = ended else {
        return false;
    };
    let who = state.participant_mut(me);
    let asked = who.handling.as_ref().is_some_and(|handling| handling.asker != Asker::Nobody);
    if asked || who.shutting_down || !who.is_idle() {
        return false;
    }
    who.handling = None;
    state.refresh(me);
    state.see_state(me);
    true
}

#[inline(always)]
fn finish(state: &mut State, choices: &mut Choices, me: ActorId, returned: Returned) -> Result<(), Halted> {
    if let NewState::Replaced(new) = returned.state {
        state.learn(me, new.as_deref().map_or(0, Digest::of));
        state.participant_mut(me).state = new;
    }
    state.see_state(me);
    let handling = &mut state.participant_mut(me).handling;
    let asker = handling.as_ref().map_or(Asker::Nobody, |handling| handling.asker);
    *handling = None;
    if asker == Asker::Nobody {
        return Ok(());
    }
    answer(state, choices, me, asker, returned.reply)
}

/// Somebody asked for what was handled.
fn answer(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    asker: Asker,
    given: Reply,
) -> Result<(), Halted> {
    match (asker, &given) {
        (Asker::Request(..), Reply::Answer(Some(data))) => state.learn(me, Digest::of(data)),
        (Asker::Open(..), Reply::Accept(accept)) => state.learn(me, u64::from(accept.accepted)),
        _ => {}
    }
    match state.participant_mut(me).channels.settle(asker, given) {
        Settled::Nothing => Ok(()),
        Settled::Respond(call, answer) => reply(state, choices, me, call, answer),
        Settled::AnsweredBefore => {
            let (step, who) = (state.step, state.setting.directory.name(me));
            state.record.note(step, || format!("twice {who}: the request was answered before"));
            Ok(())
        }
        Settled::WrongSort => {
            state.participant_mut(me).handling = Some(handling(&Input::Init, asker, me, 0));
            let (kind, message) = (FailureKind::MalformedResult, Settled::WRONG_SORT.to_owned());
            fail(state, choices, me, Failure { kind, message, backtrace: Vec::new() })
        }
    }
}

fn fail(state: &mut State, choices: &mut Choices, me: ActorId, failure: Failure) -> Result<(), Halted> {
    let kind = failure.kind;
    leave_call(state, choices, me, "the caller's handler is over")?;
    let handled = record_failure(state, me, failure);
    let export = handled.as_ref().map_or("init", |handled| handled.export);
    let asker = handled.map_or(Asker::Nobody, |handled| handled.asker);
    match state.participant_mut(me).channels.settle_failure(asker, kind, export) {
        Settled::Respond(call, answer) => reply(state, choices, me, call, answer),
        _ => Ok(()),
    }
}

/// Notes a failed turn: in the history, the trace and the record. Gives what was being handled.
pub(in crate::profile) fn record_failure(
    state: &mut State,
    me: ActorId,
    failure: Failure,
) -> Option<Handling> {
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

/// Whoever made a call is over before the call is: an answer on its way is late, and a channel that may open is closed.
fn leave_call(state: &mut State, choices: &mut Choices, who: ActorId, why: &str) -> Result<(), Halted> {
    let Some(call) = state.end_call(who) else { return Ok(()) };
    let (number, waits_for, late) = (call.id.number, std::mem::take(&mut call.waits_for), call.answer.take());
    give_up(state, choices, who, number, &waits_for, late, || why.to_owned())
}

/// Ends a participant: whoever waits for it is told, and so is the other end of each of its channels.
pub(super) fn stop(
    state: &mut State,
    choices: &mut Choices,
    who: ActorId,
    why: &'static str,
) -> Result<(), Halted> {
    if matches!(state.participant(who).status, Status::Stopped(_)) {
        return Ok(());
    }
    leave_call(state, choices, who, &format!("the caller is {why}"))?;
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
