//! A world by hand, and what the monitor says of it.

mod builtins;
mod monitor;
mod predicates;
mod random;

use super::*;
use crate::actor::{Failure, FailureKind};
use crate::call::HostAnswer;
use crate::id::{ActorId, CallId, ChannelId, Time};
use crate::limits::Limits;
use crate::payload::Payload;
use crate::state::*;
use serde_json::Value;
use std::sync::Arc;

pub(super) const A: ActorId = ActorId(0);
pub(super) const B: ActorId = ActorId(1);
pub(super) const CLIENT: ActorId = ActorId(2);

pub(super) fn directory() -> Directory {
    Directory::new(["a", "b", "client"].map(|name| (name.to_owned(), None)))
}

/// Two actors and a client.
pub(super) fn world() -> State {
    State::new(Arc::new(Setting {
        theater: crate::theater::Settings::default(),
        directory: directory(),
        roles: vec![Role::Actor, Role::Actor, Role::Client],
        states: vec![None, None, None],
        clock: Clock::Loose,
        latency: Latency::Constant(Time::ZERO),
        links: Vec::new(),
        request_timeout: None,
        open_timeout: None,
        early_timers: 0,
        limits: Limits { messages: 2, ..Limits::default() },
        variables: Vec::new(),
        watched: Vec::new(),
    }))
}

/// Something that happens in a step of its own.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Observe(ActorId, &'static str, Value),
    State(ActorId, &'static str),
    Answer(HostAnswer),
    Fail(ActorId, FailureKind),
    Lose,
    Open(ActorId, u64),
    Close(ActorId, u64),
    Stop(ActorId),
    Time(u64),
    Nothing,
}

pub(super) fn observe(actor: ActorId, key: &'static str, value: impl Into<Value>) -> Act {
    Act::Observe(actor, key, value.into())
}

pub(super) fn act(state: &mut State, act: &Act) {
    state.step += 1;
    let step = state.step;
    match act {
        Act::Observe(actor, key, value) => {
            let seen = Observation { step, actor: *actor, key: (*key).to_owned(), value: value.clone() };
            state.record.observations.push(seen);
            state.record.changes += 1;
        }
        Act::State(actor, text) => {
            state.participant_mut(*actor).state = Some(Payload::from(*text));
            state.see_state(*actor);
        }
        Act::Answer(answer) => state.see_reply(CLIENT, Some(A), answer),
        Act::Fail(actor, kind) => {
            let failure = Failure { kind: *kind, message: "boom".into(), backtrace: Vec::new() };
            let seen = FailureSeen { step, actor: *actor, handling: "handle-send", from: CLIENT, failure };
            state.record.failures.push(seen);
            state.record.changes += 1;
        }
        Act::Lose => state.lose(String::new),
        Act::Open(actor, channel) => state.participant_mut(*actor).channels.open(ChannelId(*channel), B),
        Act::Close(actor, channel) => {
            let channels = &mut state.participant_mut(*actor).channels.active_channels;
            channels.change(&ChannelId(*channel), |state| state.is_open = false).expect("a channel");
        }
        Act::Stop(actor) => state.participant_mut(*actor).status = Status::Stopped("stopped"),
        Act::Time(millis) => state.now = Time::from_millis(*millis),
        Act::Nothing => {}
    }
}

pub(super) fn spec(text: &str) -> Spec {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A monitor of one property of a scenario, and of no built-in one.
pub(super) fn monitor(text: &str) -> Monitor {
    let property = Property::compile(&spec(text), &directory()).expect(text);
    Monitor::new([property].into(), Builtins::NONE)
}

/// What a monitor says of a whole run.
pub(super) fn run(monitor: &mut Monitor, acts: &[Act]) -> Option<Violation> {
    let mut state = world();
    monitor.reset();
    if let Some(violation) = monitor.check(&state) {
        return Some(violation);
    }
    for one in acts {
        act(&mut state, one);
        if let Some(violation) = monitor.check(&state) {
            return Some(violation);
        }
    }
    monitor.settle(&state)
}

/// Makes a participant wait.
pub(super) fn wait(state: &mut State, who: ActorId, waits_for: WaitsFor, within: Option<Time>) -> CallId {
    state.wait(who, waits_for, within.map(Into::into))
}
