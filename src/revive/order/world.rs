//! The world in which an order is looked for: state and rules, which can be put back to where they were.

use super::script::draws;
use crate::actor::{Actor, Called, Ended, FailureKind, Host, Input, Turn};
use crate::call::{HostAnswer, HostCall};
use crate::choice::{Choices, Chooser, Draw, Halt, Offered, Purpose};
use crate::id::ActorId;
use crate::payload::Payload;
use crate::profile::{Profile, Rules};
use crate::revive::id_map::Ids;
use crate::revive::lending::Lent;
use crate::run::Factory;
use crate::state::{Setting, State};
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is drawn: what is wanted next, and what was given.
#[derive(Clone, Default)]
pub struct Drawn(Arc<Mutex<(VecDeque<u64>, Vec<u64>)>>);

impl Drawn {
    fn hold(&self) -> MutexGuard<'_, (VecDeque<u64>, Vec<u64>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was drawn so far.
    pub fn given(&self) -> Vec<u64> {
        self.hold().1.clone()
    }
}

impl Chooser for Drawn {
    fn next(&mut self, _: &Offered<'_>) -> Result<usize, Halt> {
        Err(Halt::Enough)
    }
    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        let mut held = self.hold();
        let own = draw.purpose == Purpose::Random;
        let number = own.then(|| held.0.pop_front()).flatten().unwrap_or(0);
        let number = if draw.bound == 0 { number } else { number % draw.bound };
        held.1.push(number);
        Ok(number)
    }
}

/// State, rules, and whose turn it is.
pub struct World {
    /// The state.
    pub state: State,
    /// The profile's rules.
    pub rules: Rules,
    /// What is drawn.
    pub drawn: Drawn,
    choices: Choices,
    turn_of: ActorId,
    /// How the host calls of this turn went on.
    told: Vec<Called>,
    /// The ids of the one whose turn it is, where its component is played with what is recorded.
    pub(super) ids: Option<Ids>,
    /// How many lines were logged in this turn.
    pub(super) logs: usize,
    /// How the calls of this turn went on that have to do with others, or with chance.
    pub(super) made: Vec<Called>,
    /// The recorded answers to such calls, from here on.
    pub(super) wanted: VecDeque<Option<HostAnswer>>,
}

/// What a world is put back to.
#[derive(Clone)]
pub struct Kept {
    state: State,
    rules: Rules,
    drawn: usize,
}

impl World {
    /// A world at the start.
    pub fn new(setting: Arc<Setting>, profile: Profile) -> World {
        let drawn = Drawn::default();
        World {
            rules: Rules::of(profile, &setting),
            state: State::new(setting),
            choices: Choices::new(Box::new(drawn.clone()), false),
            drawn,
            turn_of: ActorId(0),
            told: Vec::new(),
            ids: None,
            logs: 0,
            made: Vec::new(),
            wanted: VecDeque::new(),
        }
    }

    /// What it can be put back to.
    pub fn keep(&self) -> Kept {
        let drawn = self.drawn.hold().1.len();
        Kept { state: self.state.clone(), rules: self.rules.clone(), drawn }
    }

    /// Puts it back.
    pub fn back_to(&mut self, kept: &Kept) {
        self.state.clone_from(&kept.state);
        self.rules.clone_from(&kept.rules);
        self.drawn.hold().1.truncate(kept.drawn);
    }

    /// Puts an event's consequences in motion.
    pub fn begin(&mut self, event: crate::event::Event, slot: u32) -> crate::profile::Begun {
        let begun = self.rules.begin(&mut self.state, &mut self.choices, event, slot);
        begun.unwrap_or(crate::profile::Begun::Nothing)
    }

    /// A turn is over.
    pub fn commit(&mut self, me: ActorId, ended: Ended) {
        // The door draws whatever is asked: it is never closed.
        let _ = self.rules.commit(&mut self.state, &mut self.choices, me, ended);
        self.state.up_to_date(me);
        // Nobody looks at what happened, and it would be copied with every state that is kept.
        self.state.record = crate::state::Record::default();
    }

    /// A host call of an actor; `wanted` is the answer that a random number is to be drawn for.
    pub fn call(&mut self, me: ActorId, call: HostCall, wanted: Option<&HostAnswer>) -> Called {
        let wanted = wanted.map(|wanted| draws(&call, wanted)).unwrap_or_default();
        self.drawn.hold().0 = wanted.into();
        let called = self.rules.call(&mut self.state, &mut self.choices, me, call);
        called.unwrap_or(Called::Stop(FailureKind::Trap, "the run is over"))
    }
}

impl Host for World {
    fn call(&mut self, call: HostCall) -> Called {
        let call = match &self.ids {
            Some(ids) => ids.translated(&call),
            None => call,
        };
        self.logs += usize::from(matches!(call, HostCall::Log { .. }));
        let matters = super::script::matters(&call);
        let wanted = if matters { self.wanted.pop_front().flatten() } else { None };
        let called = match call {
            HostCall::GetChain => Called::Answered(HostAnswer::Chain(Vec::new())),
            call => World::call(self, self.turn_of, call, wanted.as_ref()),
        };
        if matters {
            self.made.push(called.clone());
        }
        self.told.push(called.clone());
        called
    }
    fn state(&self) -> Option<Payload> {
        self.state.participant(self.turn_of).state.clone()
    }
    fn address(&self) -> &str {
        self.state.setting.directory.address(self.turn_of)
    }
    fn lend(&mut self) -> Box<dyn Host> {
        unreachable!("the stand lends the world")
    }
    fn take_back(&mut self, _: Box<dyn Host>) {}
}

/// Where the world stands, and can be lent away for a turn.
pub struct Stand(Option<Box<World>>);

impl Stand {
    /// A stand for this world.
    pub fn new(world: World) -> Stand {
        Stand(Some(Box::new(world)))
    }

    /// The world.
    ///
    /// # Panics
    /// When it is lent away, which it is only inside of a turn.
    pub fn world(&mut self) -> &mut World {
        self.0.as_mut().expect("the world is lent only for a turn")
    }

    /// The world, to look at.
    pub fn get(&self) -> &World {
        self.0.as_ref().expect("the world is lent only for a turn")
    }
}

impl Host for Stand {
    fn call(&mut self, call: HostCall) -> Called {
        Host::call(self.world(), call)
    }
    fn state(&self) -> Option<Payload> {
        Host::state(self.get())
    }
    fn address(&self) -> &str {
        Host::address(self.get())
    }
    fn lend(&mut self) -> Box<dyn Host> {
        self.0.take().expect("the world is lent once")
    }
    fn take_back(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        self.0 = lent.downcast::<World>().ok();
    }
}

/// A turn as it went: what began it, and what its host calls gave.
type Told = (Input, Option<Payload>, Vec<Called>);

/// A participant without a chain: it is run, and what it was told is kept, so that it can be brought to any point again.
pub struct Retold {
    factory: Factory,
    actor: Box<dyn Actor>,
    past: Vec<Told>,
    /// What it was after how many turns, where it can be copied.
    copies: Vec<(usize, Box<dyn Actor>)>,
    /// Whether the actor is where its past says.
    fresh: bool,
}

impl Retold {
    /// A participant at its beginning.
    pub fn new(factory: &Factory) -> Retold {
        Retold {
            factory: Arc::clone(factory),
            actor: factory(),
            past: Vec::new(),
            copies: Vec::new(),
            fresh: true,
        }
    }

    /// How many turns it had.
    pub fn turns(&self) -> usize {
        self.past.len()
    }

    /// Puts it back to when it had this many turns.
    pub fn back_to(&mut self, turns: usize) {
        if self.past.len() > turns {
            self.past.truncate(turns);
            self.copies.retain(|(at, _)| *at <= turns);
            self.fresh = false;
        }
    }

    /// One turn.
    pub fn turn(&mut self, me: ActorId, input: Input, stand: &mut Stand) -> Ended {
        if !self.fresh {
            self.tell_again(stand.get().state.setting.directory.address(me).to_owned());
        }
        let world = stand.world();
        world.turn_of = me;
        world.told.clear();
        world.made.clear();
        world.logs = 0;
        let state = Host::state(world);
        let actor = &mut self.actor;
        let begun = input.clone();
        let ended = catch_unwind(AssertUnwindSafe(|| actor.turn(begun, &mut Turn::new(stand))));
        self.past.push((input, state, std::mem::take(&mut stand.world().told)));
        self.keep();
        ended.unwrap_or_else(|_| {
            self.fresh = false;
            Ended::failed(FailureKind::Trap, "a panic")
        })
    }

    fn keep(&mut self) {
        const EVERY: usize = 16;
        let due = self.past.len() >= self.copies.last().map_or(0, |(at, _)| *at) + EVERY;
        if let Some(copy) = due.then(|| self.actor.copy()).flatten() {
            self.copies.push((self.past.len(), copy));
        }
    }

    fn tell_again(&mut self, address: String) {
        let from = match self.copies.last().and_then(|(at, copy)| Some((*at, copy.copy()?))) {
            Some((at, copy)) => {
                self.actor = copy;
                at
            }
            None => {
                if !self.actor.reset() {
                    self.actor = (self.factory)();
                }
                0
            }
        };
        for (input, state, told) in &self.past[from..] {
            let (state, told) = (state.clone(), told.iter().cloned().collect());
            let mut past = Past { told, state, address: address.clone() };
            let _ =
                catch_unwind(AssertUnwindSafe(|| self.actor.turn(input.clone(), &mut Turn::new(&mut past))));
        }
        self.fresh = true;
    }
}

/// A host that gives what was given before.
#[derive(Default)]
struct Past {
    told: VecDeque<Called>,
    state: Option<Payload>,
    address: String,
}

impl Host for Past {
    fn call(&mut self, _: HostCall) -> Called {
        self.told.pop_front().unwrap_or(Called::Stop(FailureKind::Trap, "the past is over"))
    }
    fn state(&self) -> Option<Payload> {
        self.state.clone()
    }
    fn address(&self) -> &str {
        &self.address
    }
    fn lend(&mut self) -> Box<dyn Host> {
        self.give()
    }
    fn take_back(&mut self, lent: Box<dyn Host>) {
        self.take(lent);
    }
}
