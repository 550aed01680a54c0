//! What stands behind a turn: the state, the rules, and the door.

use super::acts::{Act, Acts};
use super::chains::links;
use crate::actor::{Called, Ended, FailureKind, Host, Input, Reply, Returned};
use crate::call::{Address, HostAnswer, HostCall};
use crate::choice::Choices;
use crate::id::ActorId;
use crate::message_server::ActorMessage;
use crate::payload::Payload;
use crate::profile::Rules;
use crate::state::{Halted, Role, State, Unsent};
use std::any::Any;

/// The world as an actor meets it.
#[derive(Debug)]
pub(super) struct World {
    pub state: State,
    pub rules: Rules,
    pub choices: Choices,
    pub acts: Option<Acts>,
    /// Who may ask for its own chain.
    pub reads_chain: Vec<bool>,
    pub turn_of: ActorId,
    /// Whether plain messages go the short way: where nobody is to be told of them, in the profile `actors`.
    pub plain: bool,
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
    #[inline]
    fn send(&mut self, to: ActorId, data: Payload) -> bool {
        let world = self.world();
        if !world.sends_plainly(to) {
            return world.post_any(to, data).is_none();
        }
        let word = ActorMessage::digest_of_send(&data);
        world.post_plainly(to, data.len(), word, || data).is_ok()
    }
    #[inline]
    fn post(&mut self, to: ActorId, data: &Payload) -> Option<Called> {
        self.world().post(to, data)
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
    #[inline(always)]
    fn call(&mut self, call: HostCall) -> Called {
        match call {
            HostCall::Send { to: Address::Id(to), data } if self.sends_plainly(to) => {
                let word = ActorMessage::digest_of_send(&data);
                let sent = self.post_plainly(to, data.len(), word, || data);
                sent.map_or_else(stopped_by, |()| Called::Answered(HostAnswer::Done))
            }
            call => self.call_any(call),
        }
    }
    #[inline(always)]
    fn post(&mut self, to: ActorId, data: &Payload) -> Option<Called> {
        if !self.sends_plainly(to) {
            return self.post_any(to, data.clone());
        }
        let word = ActorMessage::digest_of_send(data);
        self.post_plainly(to, data.len(), word, || data.clone()).err().map(stopped_by)
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
    /// Any call, the short way or not.
    #[inline(always)]
    fn call_any(&mut self, call: HostCall) -> Called {
        if let Err(over) = self.state.charge(self.turn_of, 1, call.size()) {
            return stopped_by(Unsent::Over(over));
        }
        match call {
            HostCall::GetChain => self.chain_so_far(),
            call if self.acts.is_some() => self.recorded(call),
            call => self.carried(call),
        }
    }

    #[inline(never)]
    fn post_any(&mut self, to: ActorId, data: Payload) -> Option<Called> {
        match self.call_any(HostCall::Send { to: to.into(), data }) {
            Called::Answered(HostAnswer::Done) => None,
            other => Some(other),
        }
    }

    /// Whether a message may go the short way of the commonest call.
    #[inline(always)]
    fn sends_plainly(&self, to: ActorId) -> bool {
        self.plain && to.index() < self.state.participants.len()
    }

    #[inline(always)]
    fn post_plainly(
        &mut self,
        to: ActorId,
        length: usize,
        content: u64,
        data: impl FnOnce() -> Payload,
    ) -> Result<(), Unsent> {
        self.state.post_send(&mut self.choices, self.turn_of, to, content, length as u64, data)
    }

    #[inline(always)]
    fn carried(&mut self, call: HostCall) -> Called {
        match self.rules.call(&mut self.state, &mut self.choices, self.turn_of, call) {
            Ok(called) => called,
            Err(Halted) => stopped_by(Unsent::RunOver),
        }
    }

    /// Answers `runtime.get-chain`. The answer counts as bytes that the message caused: a chain that was read is in the chain.
    fn chain_so_far(&mut self) -> Called {
        let (me, directory) = (self.turn_of, &self.state.setting.directory);
        let acts = self.acts.as_ref().filter(|_| self.reads_chain[me.index()]);
        let chain = acts.map(|acts| links(acts, me, directory)).unwrap_or_default();
        let bytes = chain.iter().map(|link| link.data.len() as u64).sum();
        if let Err(over) = self.state.charge(self.turn_of, 0, bytes) {
            return stopped_by(Unsent::Over(over));
        }
        let answer = HostAnswer::Chain(chain);
        if let Some(acts) = &mut self.acts {
            acts.add(self.state.step, self.state.now, me, Act::Host(HostCall::GetChain, answer.clone()));
        }
        Called::Answered(answer)
    }

    /// Makes a call, and keeps what was asked and answered.
    #[inline(never)]
    fn recorded(&mut self, call: HostCall) -> Called {
        let called = self.carried(call.clone());
        let (step, now, me) = (self.state.step, self.state.now, self.turn_of);
        if let Some(acts) = &mut self.acts {
            match &called {
                Called::Answered(answer) => acts.add(step, now, me, Act::Host(call, answer.clone())),
                Called::Suspended => acts.suspend(me, call),
                Called::Stop(..) => {}
            }
        }
        called
    }

    /// A turn is over: what it answers counts against the bytes of the message that it handled.
    #[inline]
    pub fn bounded(&mut self, ended: Ended) -> Ended {
        let bytes = match &ended {
            Ended::Returned(Returned { reply: Reply::Answer(Some(data)), .. }) => data.len(),
            Ended::Returned(Returned { reply: Reply::Accept(accept), .. }) => {
                accept.message.as_ref().map_or(0, Vec::len)
            }
            Ended::Failed(failure) => {
                // It has failed already; what it says is kept all the same.
                self.state.bytes = self.state.bytes.saturating_add(failure.message.len() as u64);
                return ended;
            }
            _ => return ended,
        };
        match self.state.charge(self.turn_of, 0, bytes as u64) {
            Err(over) => Ended::failed(FailureKind::LimitExceeded, over.text()),
            Ok(()) => ended,
        }
    }
}

#[cold]
fn stopped_by(unsent: Unsent) -> Called {
    match unsent {
        Unsent::Over(over) => Called::Stop(FailureKind::LimitExceeded, over.text()),
        Unsent::RunOver => Called::Stop(FailureKind::Trap, "the run is over"),
    }
}

impl World {
    /// Keeps what a turn begins with.
    pub fn record_input(&mut self, actor: ActorId, input: &Input) {
        let (step, now) = (self.state.step, self.state.now);
        if self.state.participant(actor).role == Role::Client {
            return;
        }
        if let Some(acts) = &mut self.acts {
            match input {
                Input::Answer(answer) => acts.resume(step, now, actor, answer),
                other => acts.add(step, now, actor, Act::Called(other.clone())),
            }
        }
    }

    /// Ends a turn, and keeps how it ended.
    #[inline(never)]
    pub fn commit_recorded(&mut self, actor: ActorId, ended: Ended) -> Result<(), Halted> {
        let handling = self.state.participant(actor).handling.as_ref();
        let (export, kept) = (handling.map_or("init", |handling| handling.export), ended.clone());
        self.rules.commit(&mut self.state, &mut self.choices, actor, ended)?;
        self.record_end(actor, export, kept);
        Ok(())
    }

    fn record_end(&mut self, actor: ActorId, export: &'static str, ended: Ended) {
        let (step, now) = (self.state.step, self.state.now);
        let state = self.state.participant(actor).state.clone();
        if ended != Ended::Awaiting
            && self.state.participant(actor).role == Role::Actor
            && let Some(acts) = &mut self.acts
        {
            acts.leave(step, now, actor);
            acts.add(step, now, actor, Act::Ended(export, ended, state));
        }
    }
}
