//! Events: what turn one causes, if any.

use super::commit::stop;
use super::{handling, post, reply};
use crate::actor::Input;
use crate::call::{HostAnswer, Opened, Received, Refusal};
use crate::choice::Choices;
use crate::event::{Event, Verb};
use crate::id::{ActorId, ChannelId, Time};
use crate::message_server::*;
use crate::payload::Payload;
use crate::profile::Begun;
use crate::state::{Answer, Envelope, Halted, Handling, Role, State, Status, WaitsFor, shown};

/// An event happens: what turn it causes, if any.
#[inline(always)]
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

/// The short way of the commonest event, the delivery of a plain message to an actor between two turns, where nobody is
/// to be told of it: no detour by an envelope and by what else might be done with it. What its receiver's turn begins
/// with, to be taken from where it lies, if it is one.
#[inline(always)]
pub(crate) fn begin_plain(state: &mut State, event: Event, slot: u32) -> Option<&mut Payload> {
    let to = state.participants.get_mut(event.to.index())?;
    let idle = matches!(to.status, Status::Idle) && to.role == Role::Actor;
    if !idle || event.verb != Verb::Deliver {
        return None;
    }
    let taken = state.lanes.take_plain(slot)?;
    to.history.word(taken.digest);
    to.handling = Some(Handling::new("handle-send", Asker::Nobody, event.from, taken.digest));
    state.head_taken(slot, taken.head);
    Some(state.lanes.taken_bytes(taken.bytes_at))
}

/// An actor's `init` begins. It is under the bounds of a handled message. A client's is its script, which has an end.
#[inline(always)]
pub(in crate::profile) fn begin_init(state: &mut State, who: ActorId) {
    let participant = state.participant_mut(who);
    if participant.role == Role::Actor {
        participant.handling = Some(handling(&Input::Init, Asker::Nobody, who, 0));
    }
}

#[inline(always)]
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

#[inline(always)]
pub(in crate::profile) fn describe(state: &mut State, message: &ActorMessage) {
    if state.record.notes.is_some() {
        note_message(state, message);
    }
}

fn note_message(state: &mut State, message: &ActorMessage) {
    let step = state.step;
    state.record.note(step, || match (message, message.data()) {
        (ActorMessage::ChannelMessage(m), _) => format!("about message {} {}", m.channel_id, shown(&m.data)),
        (ActorMessage::ChannelClose(m), _) => format!("about close {}", m.channel_id),
        (ActorMessage::ChannelOpen(m), _) => format!("about open {} {}", m.channel_id, shown(&m.data)),
        (other, data) => format!("about {} {}", other.kind(), data.map(shown).unwrap_or_default()),
    });
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
    let line = || format!("lost {}: the receiver is {why}", event.name(setting.directory.names()));
    match &envelope.message {
        // Who is gone need not be told that a channel is: no message is lost.
        ActorMessage::ChannelClose(_) => state.record.note(state.step, line),
        _ => state.lose(line),
    }
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
    if state.call(to).is_none() {
        // It arrived, and nobody looks: it is not lost.
        let (step, names) = (state.step, state.setting.directory.names());
        state.record.note(step, || format!("unread {}: the script is over", event.name(names)));
        return Ok(Begun::Nothing);
    }
    state.end_call(to);
    let answer = HostAnswer::Received(received);
    state.see_reply(to, Some(event.from), &answer);
    Ok(Begun::Turn(to, Input::Answer(answer)))
}

fn resume(state: &mut State, owner: ActorId) -> Begun {
    let Some(call) = state.end_call(owner) else { return Begun::Nothing };
    let Some(answer) = call.answer.take() else { return Begun::Nothing };
    let waits_for = std::mem::take(&mut call.waits_for);
    if let (HostAnswer::Opened(opened), WaitsFor::Decision(target_id, initial_msg)) =
        (&answer.answer, waits_for)
    {
        let message = ActorChannelInitiated { channel_id: opened.channel, target_id, initial_msg };
        state.participant_mut(owner).channels.admit(ActorMessage::ChannelInitiated(message));
    }
    give(state, owner, Some(answer.from), answer.answer)
}

/// Ends a wait with an answer: the turn goes on.
pub(in crate::profile) fn give(
    state: &mut State,
    owner: ActorId,
    from: Option<ActorId>,
    answer: HostAnswer,
) -> Begun {
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
    let (number, waits_for, late) = (call.id.number, std::mem::take(&mut call.waits_for), call.answer.take());
    give_up(state, choices, owner, number, &waits_for, late, || "timed out before it".to_owned())?;
    let answer = match waits_for {
        WaitsFor::Time => HostAnswer::Done,
        _ => HostAnswer::Refused(Refusal::TimedOut(span)),
    };
    Ok(give(state, owner, None, answer))
}

/// An answer was on its way to a call that is over: a line of the trace.
pub(in crate::profile) fn note_late(
    state: &mut State,
    owner: ActorId,
    number: u32,
    late: Option<Answer>,
    why: impl FnOnce() -> String,
) {
    let Some(late) = late else { return };
    let (step, directory) = (state.step, &state.setting.directory);
    let (from, to) = (directory.name(late.from), directory.name(owner));
    state.record.note(step, || format!("late {from} -> {to} #{number}: {}", why()));
}

/// Nobody waits in a call any more: an answer on its way is late. If it was for the decision about a channel, the target may
/// still accept, or has: its end must not stay open for ever.
pub(super) fn give_up(
    state: &mut State,
    choices: &mut Choices,
    owner: ActorId,
    number: u32,
    waits_for: &WaitsFor,
    late: Option<Answer>,
    why: impl FnOnce() -> String,
) -> Result<(), Halted> {
    let opens = late.as_ref().is_none_or(|late| matches!(late.answer, HostAnswer::Opened(_)));
    note_late(state, owner, number, late, why);
    let WaitsFor::Decision(target, _) = *waits_for else { return Ok(()) };
    if !opens {
        return Ok(());
    }
    let channel_id = ChannelId::of(owner, target, state.participant(owner).opened);
    let close = ActorMessage::ChannelClose(ActorChannelClose { channel_id });
    post(state, choices, owner, target, close)
}
