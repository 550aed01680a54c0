//! What the tests of guests share: components, and a host that notes what it was asked.
#![allow(dead_code, reason = "each test file uses some of it")]

use rehearsal::actor::{Actor, Called, Ended, Failure, Host, Input, NewState, Reply, Returned, Turn};
use rehearsal::call::{HostAnswer, HostCall};
use rehearsal::guest::{Engine, Guest, GuestComponent, Settings, Source};
use rehearsal::id::{ChannelId, RequestId};
use rehearsal::limits::Limits;
use rehearsal::payload::Payload;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

/// Answers what it was told to answer, else with what is mildest, and keeps all calls.
#[derive(Default)]
pub struct Fake {
    pub calls: Vec<HostCall>,
    pub answers: VecDeque<Called>,
    pub state: Option<Payload>,
}

impl Host for Fake {
    fn call(&mut self, call: HostCall) -> Called {
        let called = self.answers.pop_front().unwrap_or(match &call {
            HostCall::Request { .. } | HostCall::OpenChannel { .. } | HostCall::Sleep { .. } => {
                Called::Suspended
            }
            HostCall::ListOutstandingRequests => Called::Answered(HostAnswer::Requests(Vec::new())),
            _ => Called::Answered(HostAnswer::Done),
        });
        self.calls.push(call);
        called
    }

    fn state(&self) -> Option<Payload> {
        self.state.clone()
    }

    fn address(&self) -> &str {
        "11111111-2222-4333-8444-555555555555"
    }

    fn lend(&mut self) -> Box<dyn Host> {
        Box::new(std::mem::take(self))
    }

    fn take_back(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        *self = *lent.downcast().expect("what was lent comes back");
    }
}

/// A guest with a host of its own, which keeps the state that it hands back.
pub struct Stage {
    pub guest: Guest,
    pub host: Fake,
}

impl Stage {
    pub fn new(component: &GuestComponent) -> Stage {
        Stage::limited(component, |_| {})
    }

    pub fn limited(component: &GuestComponent, set: impl FnOnce(&mut Limits)) -> Stage {
        let mut limits = Limits::default();
        set(&mut limits);
        Stage { guest: Guest::new(component, &Arc::new(limits)), host: Fake::default() }
    }

    pub fn turn(&mut self, input: Input) -> Ended {
        let ended = self.guest.turn(input, &mut Turn::new(&mut self.host));
        if let Ended::Returned(Returned { state: NewState::Replaced(state), .. }) = &ended {
            self.host.state.clone_from(state);
        }
        ended
    }

    pub fn send(&mut self, data: impl Into<Payload>) -> Ended {
        self.turn(Input::Send { data: data.into() })
    }

    pub fn request(&mut self, data: impl Into<Payload>) -> Ended {
        self.turn(Input::Request { id: RequestId(7), data: data.into() })
    }

    pub fn answer(&mut self, data: &str) -> Ended {
        self.turn(Input::Answer(HostAnswer::Bytes(data.into())))
    }

    /// Sends what must fail.
    pub fn fails(&mut self, data: impl Into<Payload>) -> Failure {
        match self.send(data) {
            Ended::Failed(failure) => failure,
            other => panic!("did not fail: {other:?}"),
        }
    }

    pub fn state(&self) -> String {
        self.host.state.as_ref().map(|state| state.text().into_owned()).unwrap_or_default()
    }
}

/// The answer in what a handler of requests returned.
pub fn reply(ended: &Ended) -> Option<String> {
    match ended {
        Ended::Returned(Returned { reply: Reply::Answer(answer), .. }) => {
            answer.as_ref().map(|bytes| bytes.text().into_owned())
        }
        other => panic!("no answer to a request: {other:?}"),
    }
}

pub fn returned(ended: &Ended) -> bool {
    matches!(ended, Ended::Returned(_))
}

pub fn channel() -> ChannelId {
    ChannelId(0xab)
}

pub fn engine() -> Engine {
    Engine::shared(Settings::for_guests(100)).expect("an engine")
}

pub const PROBE: &str = include_str!("probe.wat");

pub fn load(name: &str, text: &str) -> GuestComponent {
    GuestComponent::load(Source::new(name, text), &engine(), None).unwrap_or_else(|error| panic!("{error}"))
}

pub fn probe() -> GuestComponent {
    load("probe.wat", PROBE)
}
