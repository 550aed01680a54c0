//! The profile `theater-0.3`: generations B and C, where a router of its own carries messages.
//!
//! A host call is over when the router has put its message into the recipient's mailbox, or could not. The router is one
//! task: while it waits, for room in a mailbox (S2) or for the decision about a channel (S1), every message of the
//! system waits for it.

use super::theater::{
    CHANNEL_CLOSED, Command, Generation, InHand, LOOP, Mail, Order, Target, Task, Theater, Waker, refused,
};
use crate::actor::Called;
use crate::call::{ChannelName, HostAnswer, HostCall, Opened, Refusal, Within};
use crate::choice::Resource;
use crate::digest::{Digest, mix};
use crate::event::{Event, Verb};
use crate::id::{ActorId, CallId, ChannelId};
use crate::message_server::*;
use crate::payload::Payload;
use crate::state::{State, WaitsFor};

/// A call that is about messages; another is given back.
pub fn call(rules: &mut Theater, state: &mut State, me: ActorId, call: HostCall) -> Result<Called, HostCall> {
    let target = |state: &State, to| Target::of(&state.setting.directory, to);
    let refuse = |refusal| Called::Answered(HostAnswer::Refused(refusal));
    Ok(match call {
        HostCall::Send { to, data } => match target(state, &to) {
            Ok(to) => send(rules, state, me, to, data),
            Err(refusal) => refuse(refusal),
        },
        HostCall::Request { to, data, within } => match target(state, &to) {
            Ok(to) => request(rules, state, me, to, data, within),
            Err(refusal) => refuse(refusal),
        },
        HostCall::OpenChannel { to, data, within } => match target(state, &to) {
            Ok(to) => open(rules, state, me, to, data, within),
            Err(refusal) => refuse(refusal),
        },
        HostCall::SendOnChannel { channel, data } => match parse(&channel) {
            Some(text) => Called::Answered(refused(text)),
            None => {
                state.learn(me, mix(Digest::of(channel.to_string().as_bytes()), Digest::of(&data)));
                acknowledged(rules, state, me, |ack| Command::OnChannel { channel, data, ack })
            }
        },
        HostCall::CloseChannel { channel } => match parse(&channel) {
            Some(text) => Called::Answered(refused(text)),
            None => {
                state.learn(me, Digest::of(channel.to_string().as_bytes()));
                acknowledged(rules, state, me, |ack| Command::Close { channel, ack })
            }
        },
        // Nothing ever enters the table of outstanding requests.
        HostCall::ListOutstandingRequests => Called::Answered(HostAnswer::Requests(Vec::new())),
        HostCall::RespondToRequest { request, .. } | HostCall::CancelRequest { request } => {
            refuse(Refusal::UnknownRequest(request.to_string()))
        }
        HostCall::Shutdown { data } => {
            state.learn(me, Digest::of(data.as_deref().unwrap_or_default()));
            rules.spawn(state, Event::new(Verb::Stop, me, me, 1), Task::Signal(false));
            Called::Answered(HostAnswer::Done)
        }
        HostCall::Stop { actor, at_once } => match state.setting.directory.resolve(&actor) {
            Ok(actor) => {
                let stopper = state.participant_mut(me);
                stopper.stops += 1;
                let number = stopper.stops;
                state.learn(me, u64::from(actor.0));
                let verb = if at_once { Verb::Terminate } else { Verb::Stop };
                rules.spawn(state, Event::new(verb, me, actor, number), Task::Signal(at_once));
                Called::Answered(HostAnswer::Done)
            }
            Err(refusal) => refuse(refusal),
        },
        other => return Err(other),
    })
}

/// What is wrong with the text of a channel's id, as far as the host looks.
fn parse(channel: &ChannelName) -> Option<&'static str> {
    match channel {
        ChannelName::Text(text) if text.is_empty() => {
            Some("Failed to parse channel ID: Channel ID cannot be empty")
        }
        ChannelName::Text(text) if !text.starts_with("ch_") => {
            Some("Failed to parse channel ID: Channel ID must start with 'ch_' prefix")
        }
        _ => None,
    }
}

/// The call is over when the router says so.
fn acknowledged(
    rules: &mut Theater,
    state: &mut State,
    me: ActorId,
    command: impl FnOnce(Option<CallId>) -> Command,
) -> Called {
    let ack = state.wait(me, WaitsFor::Runtime, None);
    rules.enqueue(state, me, command(Some(ack)), Waker::Nobody);
    Called::Suspended
}

fn send(rules: &mut Theater, state: &mut State, me: ActorId, to: Target, data: Payload) -> Called {
    let message = ActorMessage::Send(ActorSend { data });
    state.learn(me, message.digest());
    match rules.is_client(me) {
        true => rules.post_from_outside(state, me, &to, message),
        false => acknowledged(rules, state, me, |ack| Command::Message { to, message, ack }),
    }
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
    // The acknowledgement of a request tells its caller nothing of its own: it waits on, for the reply.
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

/// The router takes a command.
pub fn route(rules: &mut Theater, state: &mut State, order: Order) {
    let (from, number) = (order.from, order.number);
    match order.command {
        Command::Message { to, message, ack } => {
            route_message(rules, state, (from, number), to, message, ack)
        }
        Command::Open { to, channel, reply_to, data } => {
            route_open(rules, state, (to, channel), reply_to, (data, number));
        }
        Command::OnChannel { channel, data, ack } => {
            route_on_channel(rules, state, (from, number), &channel, data, ack);
        }
        Command::Close { channel, ack } => route_close(rules, state, (from, number), &channel, ack),
        Command::Unregister => {
            // Whoever sends to it from outside looks there, past the router.
            state.touch(Resource::Runtime(1 + from.0), true);
            rules.unit(from).registered = false;
        }
        Command::Register { .. } | Command::Stop { .. } => {}
    }
}

fn address(state: &State, to: &Target) -> String {
    match to {
        Target::Known(id) => state.setting.directory.address(*id).to_owned(),
        Target::Nobody(text) => text.clone(),
    }
}

fn tell(state: &mut State, call: Option<CallId>, answer: HostAnswer) {
    if let Some(call) = call {
        state.answer_now(call.owner, call, answer);
    }
}

fn registered(rules: &Theater, to: &Target) -> Option<ActorId> {
    to.known().filter(|to| rules.units[to.index()].registered)
}

fn route_message(
    rules: &mut Theater,
    state: &mut State,
    (from, number): (ActorId, u32),
    to: Target,
    message: ActorMessage,
    ack: Option<CallId>,
) {
    let reply_to = match &message {
        ActorMessage::Request(request) => Some(request.reply_to),
        _ => None,
    };
    let Some(known) = registered(rules, &to) else {
        let refusal = HostAnswer::Refused(Refusal::UnknownActor(address(state, &to)));
        tell(state, ack.or(reply_to), refusal);
        return;
    };
    if let Some(call) = reply_to {
        state.now_waits_for(call, WaitsFor::Reply(known));
    }
    let mail = Mail { from, number, message };
    let ack = ack.map(|call| (call, HostAnswer::Done, refused(CHANNEL_CLOSED)));
    rules.carry(state, InHand { deliveries: [(known, mail)].into(), ack, ..InHand::default() });
}

fn route_open(
    rules: &mut Theater,
    state: &mut State,
    (to, channel_id): (Target, ChannelId),
    reply_to: CallId,
    (data, number): (Payload, u32),
) {
    let from = reply_to.owner;
    let Some(target) = registered(rules, &to).filter(|to| !rules.is_client(*to)) else {
        let text = format!("Error opening channel: Actor not found: Actor({})", address(state, &to));
        tell(state, Some(reply_to), refused(text));
        return;
    };
    // Nobody looks whether it is the initiator itself: a self-open waits for itself.
    state.now_waits_for(reply_to, WaitsFor::Decision(target, data.clone()));
    let message = ActorMessage::ChannelOpen(ActorChannelOpen { channel_id, reply_to, data });
    let mail = Mail { from, number, message };
    let opening = Some((reply_to, target));
    rules.carry(state, InHand { deliveries: [(target, mail)].into(), opening, ..InHand::default() });
}

/// The router has the decision: it registers the channel before it does anything else.
pub fn decided(
    rules: &mut Theater,
    state: &mut State,
    me: ActorId,
    (call, channel): (CallId, ChannelId),
    accepted: bool,
) {
    let rejected = match rules.generation {
        Generation::C => "Channel request rejected",
        _ => "Channel request rejected by target actor",
    };
    let answer = match accepted {
        true => {
            rules.registry.insert(channel, vec![call.owner, me]);
            HostAnswer::Opened(Opened { channel, message: None })
        }
        false => refused(rejected),
    };
    state.learn_runtime(LOOP, mix(channel.0, u64::from(accepted)));
    state.answer_now(me, call, answer);
    rules.stop_waiting(state, call);
}

/// Nobody will decide any more.
pub fn undecided(rules: &mut Theater, state: &mut State, me: ActorId, call: CallId) {
    let text = "Error opening channel: Actor didn't respond to channel open: channel closed";
    state.answer_now(me, call, refused(text));
    rules.stop_waiting(state, call);
}

fn route_on_channel(
    rules: &mut Theater,
    state: &mut State,
    (from, number): (ActorId, u32),
    channel: &ChannelName,
    data: Payload,
    ack: Option<CallId>,
) {
    let found = channel.id().and_then(|id| Some((id, rules.registry.get(&id)?)));
    let Some((channel_id, participants)) = found else {
        return tell(state, ack, HostAnswer::Refused(Refusal::UnknownChannel(channel.to_string())));
    };
    let Some(other) = other_end(participants, from) else {
        return tell(state, ack, HostAnswer::Refused(Refusal::NotParticipant));
    };
    if !rules.units[other.index()].registered {
        let text = format!("Recipient actor not found: {}", state.setting.directory.address(other));
        return tell(state, ack, refused(text));
    }
    let message = ActorMessage::ChannelMessage(ActorChannelMessage { channel_id, data });
    let mail = Mail { from, number, message };
    let ack = ack.map(|call| (call, HostAnswer::Done, refused(CHANNEL_CLOSED)));
    rules.carry(state, InHand { deliveries: [(other, mail)].into(), ack, ..InHand::default() });
}

/// The end of a channel that is not `from`; nothing for one who is no participant. One who opened to itself has
/// itself at the other end.
fn other_end(participants: &[ActorId], from: ActorId) -> Option<ActorId> {
    match participants {
        [initiator, target] if *initiator == from => Some(*target),
        [initiator, target] if *target == from => Some(*initiator),
        _ => None,
    }
}

fn route_close(
    rules: &mut Theater,
    state: &mut State,
    (from, number): (ActorId, u32),
    channel: &ChannelName,
    ack: Option<CallId>,
) {
    let found = channel.id().and_then(|id| Some((id, rules.registry.get(&id)?.clone())));
    let Some((channel_id, participants)) = found else {
        return tell(state, ack, HostAnswer::Refused(Refusal::UnknownChannel(channel.to_string())));
    };
    let other = other_end(&participants, from);
    if other.is_some() || !rules.settings.close_checks_first {
        // The entry is gone before anybody looks who closes it.
        rules.registry.remove(&channel_id);
    }
    let Some(other) = other else {
        return tell(state, ack, HostAnswer::Refused(Refusal::NotParticipant));
    };
    let mut in_hand =
        InHand { ack: ack.map(|call| (call, HostAnswer::Done, HostAnswer::Done)), ..InHand::default() };
    if rules.units[other.index()].registered {
        let message = ActorMessage::ChannelClose(ActorChannelClose { channel_id });
        in_hand.deliveries.push_back((other, Mail { from, number, message }));
    }
    rules.carry(state, in_hand);
}
