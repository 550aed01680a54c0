//! The profile `theater-0.2`: generation A, where the runtime's one loop routes messages.
//!
//! A host call is over when its command is in the command queue. Whoever the message is for may be unknown, dead or
//! deaf: the sender is told Ok. The registry of channels, the mailbox of the target and that of the initiator learn of
//! a channel at three different times, which is where R2 to R5 and R14 come from.

use super::Begun;
use super::actors::request_word;
use super::theater::{
    CHANNEL_CLOSED, Command, InHand, LOOP, Mail, Order, Target, Task, Theater, Waker, refused,
};
use crate::actor::Called;
use crate::call::{ChannelName, HostAnswer, HostCall, Opened, Refusal, RequestName, Within};
use crate::choice::Resource;
use crate::digest::{Digest, mix};
use crate::event::{Event, Verb};
use crate::id::{ActorId, CallId, ChannelId};
use crate::message_server::*;
use crate::payload::Payload;
use crate::state::{State, WaitsFor};

/// A call that is about messages; another is given back.
pub fn call(rules: &mut Theater, state: &mut State, me: ActorId, call: HostCall) -> Result<Called, HostCall> {
    Ok(match call {
        HostCall::Send { to, data } => match Target::of(&state.setting.directory, &to) {
            Ok(to) => {
                let message = ActorMessage::Send(ActorSend { data });
                state.learn(me, message.digest());
                match rules.is_client(me) {
                    true => rules.post_from_outside(state, me, &to, message),
                    false => queue(rules, state, me, Command::Message { to, message, ack: None }),
                }
            }
            Err(refusal) => Called::Answered(HostAnswer::Refused(refusal)),
        },
        HostCall::Request { to, data, within } => match Target::of(&state.setting.directory, &to) {
            Ok(to) => request(rules, state, me, to, data, within),
            Err(refusal) => Called::Answered(HostAnswer::Refused(refusal)),
        },
        HostCall::OpenChannel { to, data, within } => match Target::of(&state.setting.directory, &to) {
            Ok(to) => open(rules, state, me, to, data, within),
            Err(refusal) => Called::Answered(HostAnswer::Refused(refusal)),
        },
        HostCall::SendOnChannel { channel, data } => {
            state.learn(me, mix(Digest::of(channel.to_string().as_bytes()), Digest::of(&data)));
            queue(rules, state, me, Command::OnChannel { channel, data, ack: None })
        }
        HostCall::CloseChannel { channel } => {
            state.learn(me, Digest::of(channel.to_string().as_bytes()));
            queue(rules, state, me, Command::Close { channel, ack: None })
        }
        HostCall::ListOutstandingRequests => {
            let outstanding = &state.participant(me).channels.outstanding_requests;
            Called::Answered(HostAnswer::Requests(outstanding.iter().map(|(id, _)| *id).collect()))
        }
        HostCall::RespondToRequest { request, data } => Called::Answered(respond(state, me, &request, data)),
        HostCall::CancelRequest { request } => Called::Answered(cancel(state, me, &request)),
        HostCall::Shutdown { data } => {
            state.learn(me, Digest::of(data.as_deref().unwrap_or_default()));
            queue(rules, state, me, Command::Stop { actor: me, at_once: false })
        }
        HostCall::Stop { actor, at_once } => match state.setting.directory.resolve(&actor) {
            Ok(actor) => queue(rules, state, me, Command::Stop { actor, at_once }),
            Err(refusal) => Called::Answered(HostAnswer::Refused(refusal)),
        },
        other => return Err(other),
    })
}

/// The call is over when the command is in the queue.
fn queue(rules: &mut Theater, state: &mut State, me: ActorId, command: Command) -> Called {
    if rules.queue.has_room() {
        rules.enqueue(state, me, command, Waker::Nobody);
        return Called::Answered(HostAnswer::Done);
    }
    let id = state.wait(me, WaitsFor::Runtime, None);
    rules.enqueue(state, me, command, Waker::Tell(me, id, HostAnswer::Done));
    Called::Suspended
}

fn request(
    rules: &mut Theater,
    state: &mut State,
    me: ActorId,
    to: Target,
    data: Payload,
    within: Option<Within>,
) -> Called {
    let within = within.or(state.setting.request_timeout.map(Within::from));
    let client = rules.is_client(me);
    let waits_for = to.known().filter(|_| client).map_or(WaitsFor::Runtime, WaitsFor::Reply);
    let reply_to = state.wait(me, waits_for, within);
    let message = ActorMessage::Request(ActorRequest { reply_to, data });
    state.learn(me, message.digest());
    if client {
        return rules.post_from_outside(state, me, &to, message);
    }
    rules.enqueue(state, me, Command::Message { to, message, ack: None }, Waker::Nobody);
    Called::Suspended
}

fn open(
    rules: &mut Theater,
    state: &mut State,
    me: ActorId,
    to: Target,
    data: Payload,
    within: Option<Within>,
) -> Called {
    let within = within.or(state.setting.open_timeout.map(Within::from));
    let opener = state.participant_mut(me);
    opener.opened += 1;
    let channel = ChannelId::of(me, to.known().unwrap_or(me), opener.opened);
    let reply_to = state.wait(me, WaitsFor::Runtime, within);
    state.learn(me, mix(channel.0, Digest::of(&data)));
    rules.enqueue(state, me, Command::Open { to, channel, reply_to, data }, Waker::Nobody);
    Called::Suspended
}

fn respond(state: &mut State, me: ActorId, request: &RequestName, data: Payload) -> HostAnswer {
    let call = match state.participant_mut(me).channels.take_request(request) {
        Ok(call) => call,
        Err(refusal) => return HostAnswer::Refused(refusal),
    };
    state.learn(me, mix(request_word(call), Digest::of(&data)));
    // The text is the bytes, as Rust's Debug prints them: it is what a oneshot gives back.
    let text = format!("Failed to send response: {:?}", &data[..]);
    match state.answer_now(me, call, HostAnswer::Bytes(data)) {
        true => HostAnswer::Done,
        false => refused(text),
    }
}

fn cancel(state: &mut State, me: ActorId, request: &RequestName) -> HostAnswer {
    match state.participant_mut(me).channels.take_request(request) {
        Ok(call) => {
            state.learn(me, request_word(call));
            state.answer_now(me, call, refused(CHANNEL_CLOSED));
            HostAnswer::Done
        }
        Err(refusal) => HostAnswer::Refused(refusal),
    }
}

/// The runtime's loop takes a command.
pub fn route(rules: &mut Theater, state: &mut State, order: Order) -> Begun {
    let (from, number) = (order.from, order.number);
    let mail = |message| Mail { from, number, message };
    match order.command {
        Command::Message { to, message, .. } => {
            if let (ActorMessage::Request(request), Some(to)) = (&message, to.known()) {
                state.now_waits_for(request.reply_to, WaitsFor::Reply(to));
            }
            deliver(rules, state, to, mail(message));
        }
        Command::Open { to, channel, reply_to, data } => {
            route_open(rules, state, (to, channel), reply_to, (data, number));
        }
        Command::OnChannel { channel, data, .. } => {
            let found = channel.id().and_then(|id| Some((id, rules.registry.get(&id)?.clone())));
            let Some((channel_id, participants)) = found else {
                lose(state, from, number, ("message", "no actors are registered for the channel"), &channel);
                return Begun::Nothing;
            };
            let message = ActorMessage::ChannelMessage(ActorChannelMessage { channel_id, data });
            // Everybody but the sender: one who is no participant reaches both.
            let others: Vec<ActorId> = participants.into_iter().filter(|who| *who != from).collect();
            if others.is_empty() {
                lose(state, from, number, ("message", "nobody else is left on the channel"), &channel);
            }
            deliver_to_all(rules, state, others, &mail(message));
        }
        Command::Close { channel, .. } => {
            let found = channel.id().and_then(|id| Some((id, rules.registry.remove(&id)?)));
            let Some((channel_id, participants)) = found else {
                let (step, name) = (state.step, state.setting.directory.name(from));
                state
                    .record
                    .note(step, || format!("dropped close {name} #{number}: {channel} is not registered"));
                return Begun::Nothing;
            };
            let message = ActorMessage::ChannelClose(ActorChannelClose { channel_id });
            deliver_to_all(rules, state, participants, &mail(message));
        }
        Command::Register { channel, initiator, target } => {
            register_late(rules, state, channel, [initiator, target]);
        }
        Command::Stop { actor, at_once } => return stop(rules, state, actor, at_once),
        Command::Unregister => {}
    }
    Begun::Nothing
}

fn lose(state: &mut State, from: ActorId, number: u32, (kind, why): (&str, &str), channel: &ChannelName) {
    let setting = std::sync::Arc::clone(&state.setting);
    state.lose(|| format!("lost {kind} {} #{number}: {why} {channel}", setting.directory.name(from)));
}

fn deliver(rules: &mut Theater, state: &mut State, to: Target, mail: Mail) {
    match to.known().filter(|to| rules.units[to.index()].registered) {
        Some(to) => deliver_to_all(rules, state, vec![to], &mail),
        None => rules.drop_unknown(state, to.known(), mail),
    }
}

fn deliver_to_all(rules: &mut Theater, state: &mut State, to: Vec<ActorId>, mail: &Mail) {
    let mut in_hand = InHand::default();
    for who in to {
        match rules.units[who.index()].registered {
            true => in_hand.deliveries.push_back((who, mail.clone())),
            false => rules.drop_unknown(state, Some(who), mail.clone()),
        }
    }
    rules.carry(state, in_hand);
}

fn route_open(
    rules: &mut Theater,
    state: &mut State,
    (to, channel_id): (Target, ChannelId),
    reply_to: CallId,
    (data, number): (Payload, u32),
) {
    let from = reply_to.owner;
    let alive = |to: &ActorId| rules.units[to.index()].registered && !rules.is_client(*to);
    let refusal = match to.known() {
        Some(to) if to == from => Some("Error opening channel: Cannot open channel to self"),
        Some(to) if alive(&to) => None,
        _ => Some("Error opening channel: Target actor not found"),
    };
    if let Some(text) = refusal {
        state.answer_now(from, reply_to, refused(text));
        return;
    }
    let Some(target) = to.known() else { return };
    if rules.settings.register_at_open && !rules.units[target.index()].closed {
        rules.registry.insert(channel_id, vec![from, target]);
        state.participant_mut(from).channels.open(channel_id, target);
        state.participant_mut(target).channels.open(channel_id, from);
    }
    state.now_waits_for(reply_to, WaitsFor::Decision(target, data.clone()));
    let message = ActorMessage::ChannelOpen(ActorChannelOpen { channel_id, reply_to, data });
    deliver_to_all(rules, state, vec![target], &Mail { from, number, message });
}

/// The target's handler accepted: its own mailbox knows the channel now, and a spawned task will see to the rest.
pub fn accepted(rules: &mut Theater, state: &mut State, me: ActorId, (call, channel): (CallId, ChannelId)) {
    if rules.settings.register_at_open {
        let opened = HostAnswer::Opened(Opened { channel, message: None });
        state.answer_now(me, call, opened);
        return;
    }
    state.participant_mut(me).channels.open(channel, call.owner);
    let event = Event::new(Verb::Task, me, call.owner, call.number);
    rules.spawn(state, event, Task::Register(call, channel));
}

/// The spawned task: the registration is queued, then the initiator is told.
pub fn register(rules: &mut Theater, state: &mut State, target: ActorId, call: CallId, channel: ChannelId) {
    let initiator = call.owner;
    let opened = HostAnswer::Opened(Opened { channel, message: None });
    let command = Command::Register { channel, initiator, target };
    let waker = Waker::Tell(target, call, opened.clone());
    if rules.enqueue(state, initiator, command, waker) {
        state.answer_now(target, call, opened);
    }
}

/// The spawned task: the initiator's own mailbox is told of the channel.
pub fn initiated(
    rules: &mut Theater,
    state: &mut State,
    me: ActorId,
    (channel_id, target_id, initial_msg): (ChannelId, ActorId, Payload),
) {
    let message = ActorChannelInitiated { channel_id, target_id, initial_msg };
    rules.put_own(state, me, ActorMessage::ChannelInitiated(message));
}

fn register_late(rules: &mut Theater, state: &mut State, channel: ChannelId, participants: [ActorId; 2]) {
    // Nothing looks whether they are still there: an entry for one who stopped stays for ever (R14).
    let gone = participants.into_iter().find(|who| !rules.units[who.index()].registered);
    rules.registry.insert(channel, participants.to_vec());
    if let Some(gone) = gone {
        let setting = std::sync::Arc::clone(&state.setting);
        let line =
            || format!("lost registration {channel}: {} had stopped before", setting.directory.name(gone));
        state.lose(line);
    }
}

/// The target's handler declined.
pub fn rejected(rules: &mut Theater, state: &mut State, me: ActorId, (call, channel): (CallId, ChannelId)) {
    forget(rules, state, me, call, channel);
    state.answer_now(me, call, refused(Refusal::Rejected.to_string()));
}

/// Nobody will decide any more.
pub fn undecided(rules: &mut Theater, state: &mut State, me: ActorId, (call, channel): (CallId, ChannelId)) {
    forget(rules, state, me, call, channel);
    state.answer_now(me, call, refused("Error opening channel: Failed to receive channel open response"));
}

fn forget(rules: &mut Theater, state: &mut State, me: ActorId, call: CallId, channel: ChannelId) {
    if rules.settings.register_at_open && rules.registry.remove(&channel).is_some() {
        state.learn_runtime(LOOP, channel.0);
        state.participant_mut(me).channels.active_channels.remove(&channel);
        state.participant_mut(call.owner).channels.active_channels.remove(&channel);
    }
}

/// The runtime forgets the actor and takes it off its channels, whose other ends are told nothing.
fn stop(rules: &mut Theater, state: &mut State, actor: ActorId, at_once: bool) -> Begun {
    if !rules.units[actor.index()].registered || rules.is_client(actor) {
        return Begun::Nothing; // Stopping somebody unknown is Ok.
    }
    // Whoever sends to it from outside looks there, past the runtime's loop.
    state.touch(Resource::Runtime(1 + actor.0), true);
    rules.unit(actor).registered = false;
    for participants in rules.registry.values_mut() {
        participants.retain(|who| *who != actor);
    }
    rules.told_to_stop(state, actor, at_once)
}
