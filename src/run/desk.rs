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
use crate::state::{Halted, Role, State};
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
        self.world().send(to, data)
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
                let stopped = self.post_plainly(to, data.len(), word, || data);
                stopped.unwrap_or(Called::Answered(HostAnswer::Done))
            }
            call => self.call_any(call),
        }
    }
    #[inline(always)]
    fn send(&mut self, to: ActorId, data: Payload) -> bool {
        if !self.sends_plainly(to) {
            return self.post_any(to, data).is_none();
        }
        let word = ActorMessage::digest_of_send(&data);
        self.post_plainly(to, data.len(), word, || data).is_none()
    }
    #[inline(always)]
    fn post(&mut self, to: ActorId, data: &Payload) -> Option<Called> {
        if !self.sends_plainly(to) {
            return self.post_any(to, data.clone());
        }
        let word = ActorMessage::digest_of_send(data);
        self.post_plainly(to, data.len(), word, || data.clone())
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
        if let Some(stop) = self.charge_more(1, call.size()) {
            return stop;
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

    /// Whether a message may go the short way of the commonest call: where nobody is to be told of it.
    #[inline(always)]
    fn sends_plainly(&self, to: ActorId) -> bool {
        let known = to.index() < self.state.participants.len();
        known && self.acts.is_none() && matches!(self.rules, Rules::Actors)
    }

    #[inline(always)]
    fn post_plainly(
        &mut self,
        to: ActorId,
        length: usize,
        content: u64,
        data: impl FnOnce() -> Payload,
    ) -> Option<Called> {
        let over = self.charge_more(1, length as u64);
        if over.is_some() {
            return over;
        }
        let sent = self.state.post_send(&mut self.choices, self.turn_of, to, content, data);
        sent.err().map(|_| Called::Stop(FailureKind::Trap, "the run is over"))
    }

    #[inline(always)]
    fn carried(&mut self, call: HostCall) -> Called {
        match self.rules.call(&mut self.state, &mut self.choices, self.turn_of, call) {
            Ok(called) => called,
            Err(_) => Called::Stop(FailureKind::Trap, "the run is over"),
        }
    }

    /// Answers `runtime.get-chain`. The answer counts as bytes that the message caused: a chain that was read is in the chain.
    fn chain_so_far(&mut self) -> Called {
        let (me, directory) = (self.turn_of, &self.state.setting.directory);
        let acts = self.acts.as_ref().filter(|_| self.reads_chain[me.index()]);
        let chain = acts.map(|acts| links(acts, me, directory)).unwrap_or_default();
        let bytes = chain.iter().map(|link| link.data.len() as u64).sum();
        if let Some(stop) = self.charge_bytes(bytes) {
            return stop;
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
        match self.charge_bytes(bytes as u64) {
            Some(Called::Stop(kind, told)) => Ended::failed(kind, told),
            _ => ended,
        }
    }

    fn charge_bytes(&mut self, bytes: u64) -> Option<Called> {
        self.charge_more(0, bytes)
    }

    /// Counts calls and bytes against the bounds of one handled message, and of the run.
    #[inline(always)]
    fn charge_more(&mut self, calls: u32, bytes: u64) -> Option<Called> {
        let most = self.state.most();
        // A client's script has an end: what it causes is in the scenario.
        let handling = self.state.participants[self.turn_of.index()].handling.as_mut()?;
        handling.host_calls += calls;
        handling.effect_bytes = handling.effect_bytes.saturating_add(bytes);
        self.state.bytes = self.state.bytes.saturating_add(bytes);
        let (calls, bytes) =
            (handling.host_calls > most.host_calls, handling.effect_bytes > most.effect_bytes);
        if !calls && !bytes && self.state.bytes <= most.run_bytes {
            return None;
        }
        Some(World::over(calls, bytes))
    }

    #[cold]
    fn over(calls: bool, bytes: bool) -> Called {
        let over = match (calls, bytes) {
            (true, _) => "more host calls than one message may cause",
            (false, true) => "more bytes than one message may cause",
            (false, false) => "more bytes than a whole run may cause",
        };
        Called::Stop(FailureKind::LimitExceeded, over)
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
