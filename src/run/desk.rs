//! What stands behind a turn: the state, the rules, and the door.

use super::acts::{Act, Acts};
use crate::actor::{Called, FailureKind, Host};
use crate::call::{HostAnswer, HostCall};
use crate::choice::Choices;
use crate::id::ActorId;
use crate::payload::Payload;
use crate::profile::Rules;
use crate::state::State;
use std::any::Any;

/// The world as an actor meets it.
#[derive(Debug)]
pub(super) struct World {
    pub state: State,
    pub rules: Rules,
    pub choices: Choices,
    pub acts: Option<Acts>,
    pub turn_of: ActorId,
}

/// A world that can be lent away for a turn.
#[derive(Debug)]
pub(super) struct Desk(Option<Box<World>>);

impl Desk {
    pub fn new(world: World) -> Desk {
        Desk(Some(Box::new(world)))
    }

    /// The world.
    ///
    /// # Panics
    /// When it is lent away, which it is only inside of a turn.
    #[inline]
    pub fn world(&mut self) -> &mut World {
        self.0.as_mut().expect("the world is lent only for a turn")
    }

    pub fn get(&self) -> &World {
        self.0.as_ref().expect("the world is lent only for a turn")
    }
}

impl Host for Desk {
    #[inline]
    fn call(&mut self, call: HostCall) -> Called {
        self.world().call(call)
    }
    fn state(&self) -> Option<Payload> {
        self.get().state()
    }
    fn address(&self) -> &str {
        self.get().address()
    }
    fn lend(&mut self) -> Box<dyn Host> {
        self.0.take().expect("the world is lent once")
    }
    fn take_back(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        self.0 = lent.downcast::<World>().ok();
    }
}

impl Host for World {
    #[inline]
    fn call(&mut self, call: HostCall) -> Called {
        let me = self.turn_of;
        if let Some(stop) = self.charge(&call) {
            return stop;
        }
        if matches!(call, HostCall::GetChain) {
            let chain = self.acts.as_ref().map(|acts| acts.chain_of(me)).unwrap_or_default();
            return Called::Answered(HostAnswer::Chain(chain));
        }
        let kept = self.acts.as_ref().map(|_| call.clone());
        let Ok(called) = self.rules.call(&mut self.state, &mut self.choices, me, call) else {
            return Called::Stop(FailureKind::Trap, "the run is over");
        };
        if let (Some(acts), Some(call)) = (&mut self.acts, kept) {
            let (step, now) = (self.state.step, self.state.now);
            match &called {
                Called::Answered(answer) => acts.add(step, now, me, Act::Host(call, answer.clone())),
                _ => acts.suspend(me, call),
            }
        }
        called
    }
    fn state(&self) -> Option<Payload> {
        self.state.participant(self.turn_of).state.clone()
    }
    fn address(&self) -> &str {
        self.state.setting.directory.address(self.turn_of)
    }
    fn lend(&mut self) -> Box<dyn Host> {
        unreachable!("a world that is lent is not lent again")
    }
    fn take_back(&mut self, _: Box<dyn Host>) {}
}

impl World {
    /// Counts a call against the bounds of one handled message.
    #[inline]
    fn charge(&mut self, call: &HostCall) -> Option<Called> {
        let limits = &self.state.setting.limits;
        let (most_calls, most_bytes) = (limits.host_calls, limits.effect_bytes);
        let handling = self.state.participants[self.turn_of.index()].handling.as_mut()?;
        handling.host_calls += 1;
        handling.effect_bytes = handling.effect_bytes.saturating_add(call.size());
        let over = if handling.host_calls > most_calls {
            "more host calls than one message may cause"
        } else if handling.effect_bytes > most_bytes {
            "more bytes than one message may cause"
        } else {
            return None;
        };
        Some(Called::Stop(FailureKind::LimitExceeded, over))
    }
}
