//! What both Theater profiles share: an actor's mailbox, its mailbox loop and its operations, and the queue in front of
//! the one task that carries messages: the runtime's loop (0.2) or the router (0.3).
//!
//! Facts are those of Theater's own code at three commits: A is bee460b1 (2025-07-10), B is c50b1871 (2026-01-14), C is
//! 30eba8fd (version 0.3.8). What tokio and the order of spawned tasks leave to chance there is a question here; what a
//! single task does in one go is one event.
//!
//! Not modelled, since nothing of it is within reach of a scenario: supervision (R15, S9), subscribers to events (R16),
//! the saving of chains at a stop (R11), `register()` and what clones of a handler share (S4, S6, S7). Latencies do not
//! apply: all of this happens in one process.

mod carry;
mod command;
mod life;
mod mailbox;
mod outcome;
mod print;
mod queue;
#[cfg(test)]
mod tests;
mod unit;

pub use command::{Command, Order, Target};
pub use queue::{Bounded, Waker};
pub use unit::{CHANNEL_CLOSED, Mail, Operation, Server, Unit, refused};

use super::{Begun, actors, services, theater_02, theater_03};
use crate::actor::{Called, Ended};
use crate::call::{HostAnswer, HostCall, Refusal, Within};
use crate::choice::{Choices, Resource};
use crate::digest::mix;
use crate::event::{Event, Verb};
use crate::id::{ActorId, CallId, ChannelId, Time};
use crate::payload::Payload;
use crate::state::{Halted, Role, Setting, State, WaitsFor};
use crate::theater::{Like, Settings};
use std::collections::{BTreeMap, VecDeque};
use unit::Slot;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// The runtime's loop routes messages.
    A,
    /// The router, in the component model's last tree.
    B,
    /// The router of version 0.3.8.
    C,
}

/// A spawned task that has something left to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Calls `init`.
    Init,
    /// Registers an accepted channel, then tells its initiator (A).
    Register(CallId, ChannelId),
    /// Tells the initiator's own mailbox of the channel (A).
    Initiated(ChannelId, ActorId, Payload),
    /// Tells an actor to stop.
    Signal(bool),
    /// Drops the mailbox of an actor whose loop has ended (B, C).
    Drop,
}

/// The channels that the runtime knows: their participants.
pub type Registry = BTreeMap<ChannelId, Vec<ActorId>>;

/// What the loop has in hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InHand {
    /// Messages that are still to be put into mailboxes.
    pub deliveries: VecDeque<(ActorId, Mail)>,
    /// Whom the router tells how that went, and what if it went well and if a mailbox was closed.
    pub ack: Option<(CallId, HostAnswer, HostAnswer)>,
    /// The opening whose decision the router waits for once the message is in the mailbox.
    pub opening: Option<(CallId, ActorId)>,
    /// Whether a mailbox was closed.
    pub met_closed: bool,
}

/// Which queue or table a step touched: the runtime's loop with its queue and registry is one, each unit is one.
pub const LOOP: u32 = 0;

/// The state of the rules.
#[derive(Clone, Debug)]
pub struct Theater {
    /// Which engine.
    pub generation: Generation,
    /// What is set.
    pub settings: Settings,
    /// The units, by participant.
    pub units: Vec<Unit>,
    clients: Vec<bool>,
    /// The command queue, or the router's.
    pub queue: Bounded<Order>,
    /// What the loop is in the middle of, if it had to wait.
    pub in_hand: Option<InHand>,
    /// The channels.
    pub registry: Registry,
    tasks: BTreeMap<Event, (u32, Task)>,
    route: Slot,
    dirty: Vec<ActorId>,
}

impl Theater {
    /// The rules of version 0.2, or of 0.3, for these participants.
    pub fn new(router: bool, setting: &Setting) -> Theater {
        let settings = setting.theater;
        let generation = match (router, settings.like) {
            (false, _) => Generation::A,
            (true, Like::B) => Generation::B,
            (true, Like::C) => Generation::C,
        };
        let bound = if router { settings.router_queue } else { settings.command_queue };
        let clients: Vec<bool> = setting.roles.iter().map(|role| *role == Role::Client).collect();
        Theater {
            generation,
            settings,
            units: clients.iter().map(|client| Unit::new(&settings, *client)).collect(),
            clients,
            queue: Bounded::new(bound),
            in_hand: None,
            registry: Registry::new(),
            tasks: BTreeMap::new(),
            route: Slot::default(),
            dirty: Vec::new(),
        }
    }

    /// Back to the start.
    pub fn clear(&mut self) {
        let bound = match self.generation {
            Generation::A => self.settings.command_queue,
            Generation::B | Generation::C => self.settings.router_queue,
        };
        self.units = self.clients.iter().map(|client| Unit::new(&self.settings, *client)).collect();
        self.queue = Bounded::new(bound);
        self.in_hand = None;
        self.registry.clear();
        self.tasks.clear();
        self.route = Slot::default();
        self.dirty.clear();
    }

    /// The unit of a participant.
    pub fn unit(&mut self, who: ActorId) -> &mut Unit {
        &mut self.units[who.index()]
    }

    /// Whether a router carries messages, which looks at nothing again when they are handled.
    pub fn is_router(&self) -> bool {
        self.generation != Generation::A
    }

    /// Whether it is a client.
    pub fn is_client(&self, who: ActorId) -> bool {
        self.clients[who.index()]
    }

    /// Notes that what a unit can do next may have changed.
    pub fn stir(&mut self, who: ActorId) {
        if !self.dirty.contains(&who) {
            self.dirty.push(who);
        }
    }

    /// Offers a task that is to run once.
    pub fn spawn(&mut self, state: &mut State, event: Event, task: Task) {
        if let std::collections::btree_map::Entry::Vacant(free) = self.tasks.entry(event) {
            free.insert((state.offer_token(event), task));
        }
    }

    /// An actor makes a call of its host.
    pub fn call(
        &mut self,
        state: &mut State,
        choices: &mut Choices,
        me: ActorId,
        call: HostCall,
    ) -> Result<Called, Halted> {
        let called = match call {
            HostCall::Receive { within, resumed } => receive(state, me, within, resumed),
            call => {
                let own = match self.generation {
                    Generation::A => theater_02::call(self, state, me, call),
                    Generation::B | Generation::C => theater_03::call(self, state, me, call),
                };
                match own {
                    Ok(called) => called,
                    Err(call) => {
                        let refusal = Refusal::Invalid("this host does not serve the call");
                        let unserved = Called::Answered(HostAnswer::Refused(refusal));
                        services::serve(state, choices, me, call)?.unwrap_or(unserved)
                    }
                }
            }
        };
        self.stir(me);
        self.settle(state);
        Ok(called)
    }

    /// An event happens: what turn it causes, if any.
    pub fn begin(&mut self, state: &mut State, event: Event) -> Begun {
        let who = event.to;
        let begun = match event.verb {
            Verb::Route => {
                self.route.take(state);
                self.route(state)
            }
            Verb::Handle if self.is_client(who) => self.client_takes(state, who),
            Verb::Handle => self.take_mail(state, who),
            Verb::Run => {
                self.unit(who).runs.take(state);
                self.run(state, who)
            }
            Verb::Answer => self.resume(state, who),
            Verb::Fire => self.fire(state, who),
            Verb::Expire => self.expire(state, event),
            Verb::Stop if self.unit(who).ends.is(event) => self.end_loop(state, who),
            Verb::Start | Verb::Task | Verb::Stop | Verb::Terminate => self.perform(state, event),
            Verb::Deliver => Begun::Nothing,
        };
        self.stir(who);
        self.settle(state);
        begun
    }

    /// A turn is over.
    pub fn commit(&mut self, state: &mut State, me: ActorId, ended: Ended) {
        self.end_turn(state, me, ended);
        self.stir(me);
        self.settle(state);
    }

    fn route(&mut self, state: &mut State) -> Begun {
        let Some((order, waker)) = self.queue.pop() else { return Begun::Nothing };
        state.learn_runtime(LOOP, mix(order.digest(), 1));
        self.wake(state, waker);
        match self.generation {
            Generation::A => theater_02::route(self, state, order),
            Generation::B | Generation::C => {
                theater_03::route(self, state, order);
                Begun::Nothing
            }
        }
    }

    fn perform(&mut self, state: &mut State, event: Event) -> Begun {
        let Some((token, task)) = self.tasks.remove(&event) else { return Begun::Nothing };
        state.take_token(token);
        match task {
            Task::Init => self.submit_init(state, event.to),
            Task::Signal(at_once) => self.signal(state, event.to, at_once),
            Task::Drop => {
                self.close_mailbox(state, event.to);
                Begun::Nothing
            }
            Task::Register(call, channel) => {
                theater_02::register(self, state, event.from, call, channel);
                Begun::Nothing
            }
            Task::Initiated(channel, target, data) => {
                theater_02::initiated(self, state, event.to, (channel, target, data));
                Begun::Nothing
            }
        }
    }

    /// Offers what can happen next, where that changed.
    fn settle(&mut self, state: &mut State) {
        while let Some(who) = self.dirty.pop() {
            self.submit_held(state, who);
            let (takes, runs, ends) = self.wanted(state, who);
            let unit = &mut self.units[who.index()];
            unit.takes.offer(state, takes);
            unit.runs.offer(state, runs);
            unit.ends.offer(state, ends);
        }
        let free = self.in_hand.is_none();
        let next = self.queue.first().filter(|_| free);
        let event = next.map(|order| Event::new(Verb::Route, order.from, order.to(), order.number));
        self.route.offer(state, event);
    }

    fn wanted(&self, state: &State, who: ActorId) -> (Option<Event>, Option<Event>, Option<Event>) {
        let unit = &self.units[who.index()];
        let first = unit.mailbox.first();
        let takes = first.map(|mail| Event::new(Verb::Handle, mail.from, who, mail.number));
        if self.is_client(who) {
            return (takes.filter(|_| state.takes_messages(who)), None, None);
        }
        let idle = unit.server == Server::Idle;
        let ready = idle && (unit.initialised || !self.settings.init_first);
        let over = idle && unit.stopping && (first.is_none() || !self.settings.drain_on_stop);
        let next = unit.operations.front().filter(|_| self.can_run(who));
        (
            takes.filter(|_| ready),
            next.map(|operation| Event::new(Verb::Run, who, who, operation.number)),
            over.then(|| Event::new(Verb::Stop, who, who, 2)),
        )
    }

    fn can_run(&self, who: ActorId) -> bool {
        let unit = &self.units[who.index()];
        unit.running.is_none() && !unit.paused && (!unit.stopping || self.settings.drain_on_stop)
    }

    fn resume(&mut self, state: &mut State, owner: ActorId) -> Begun {
        let Some(call) = state.end_call(owner) else { return Begun::Nothing };
        let Some(answer) = call.answer.take() else { return Begun::Nothing };
        let (id, waits_for) = (call.id, std::mem::take(&mut call.waits_for));
        if let (HostAnswer::Opened(opened), WaitsFor::Decision(target, data)) = (&answer.answer, waits_for)
            && self.generation == Generation::A
            && !self.is_client(owner)
            && !self.settings.register_at_open
        {
            let event = Event::new(Verb::Task, owner, owner, id.number);
            self.spawn(state, event, Task::Initiated(opened.channel, target, data));
        }
        actors::give(state, owner, Some(answer.from), answer.answer)
    }

    /// A timer of the scenario's own, or a sleep. Theater has none on requests.
    fn fire(&mut self, state: &mut State, owner: ActorId) -> Begun {
        let Some(call) = state.end_call(owner) else { return Begun::Nothing };
        let span = call.deadline.map_or(Time::ZERO, |(_, span)| span);
        let answer = match call.waits_for {
            WaitsFor::Time => HostAnswer::Done,
            _ => HostAnswer::Refused(Refusal::TimedOut(span)),
        };
        let (number, late) = (call.id.number, call.answer.take());
        actors::note_late(state, owner, number, late, || "timed out before it".to_owned());
        actors::give(state, owner, None, answer)
    }
}

/// A client waits for any message.
fn receive(state: &mut State, me: ActorId, within: Option<Within>, resumed: bool) -> Called {
    let until = state.participant(me).receives_until.filter(|_| resumed);
    let left = until.map(|until| Time(until.0.saturating_sub(state.now.0)));
    let within = within.map(|within| Within { span: left.unwrap_or(within.span), ..within });
    let until = within.map(|within| state.now.after(within.span));
    state.participant_mut(me).receives_until = until;
    state.wait(me, WaitsFor::Message, within);
    Called::Suspended
}
