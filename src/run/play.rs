//! How a run goes on: the start of the cast, step by step to the end, and past a panic.

use super::{Bound, Halted, Simulation, Verdict};
use crate::actor::{Actor, Ended, FailureKind, Input, Turn, panic_text};
use crate::choice::Look;
use crate::event::Event;
use crate::id::ActorId;
use crate::profile::Begun;
use crate::property::{Builtin, Violation};
use std::panic::resume_unwind;

/// Where a run is: what a panic in a turn interrupts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// In no turn: a panic is the engine's own.
    Between,
    /// The cast starts: this participant's turn.
    Start(usize),
    /// The turn of a step in progress, whose event is this one.
    Step(Event),
}

impl Simulation {
    /// The cast starts, from this participant on, and then step by step to the end.
    pub(super) fn play(&mut self, first: usize) -> Verdict {
        match self.start(first) {
            Ok(None) if self.desk.get().state.overfull() => self.out_of(Bound::Messages),
            Ok(None) => self.steps(),
            Ok(Some(violation)) => Verdict::Violated(violation),
            Err(Halted) => self.halted(),
        }
    }

    /// Goes on where a turn panicked: that is its actor's failure, and nobody else's.
    pub(super) fn resume(&mut self, panic: Box<dyn std::any::Any + Send>) -> Verdict {
        let place = std::mem::replace(&mut self.place, Place::Between);
        if matches!(place, Place::Between) {
            resume_unwind(panic);
        }
        let actor = self.desk.world().turn_of;
        let mut ended = self.end_turn(actor, Ended::failed(FailureKind::Trap, panic_text(&*panic)));
        // What a panic leaves behind is nobody's state: the actor begins anew.
        self.renew(actor.index());
        self.cast[actor.index()].used = true;
        if let Place::Step(event) = place {
            self.desk.world().state.up_to_date(event.to);
            ended = ended.and_then(|()| self.seal(event));
        }
        match (ended, place) {
            (Err(Halted), _) => self.halted(),
            (Ok(()), Place::Start(id)) => self.play(id + 1),
            (Ok(()), _) => self.verdict().unwrap_or_else(|| self.steps()),
        }
    }

    /// The cast starts, in order, before the first question; but for those whose `init` is an event.
    fn start(&mut self, first: usize) -> Result<Option<Violation>, Halted> {
        for id in first..self.cast.len() {
            let world = self.desk.world();
            if let Begun::Turn(who, _) = world.rules.start(&mut world.state, ActorId(id as u32)) {
                self.init(who)?;
            }
        }
        let found = self.monitor.check(&self.desk.get().state);
        Ok(found.and_then(|violation| self.judge(violation)))
    }

    /// The first turn of all. Its input is made where it is read, and not copied on the way.
    #[inline(always)]
    fn init(&mut self, who: ActorId) -> Result<(), Halted> {
        let world = self.desk.world();
        if world.acts.is_some() {
            world.record_input(who, &Input::Init);
        }
        self.takes_turn(Place::Start(who.index()), who);
        let ended = self.cast[who.index()].actor.turn(Input::Init, &mut Turn::new(&mut self.desk));
        self.end_turn(who, ended)
    }

    /// A property is broken: whether it ends the run, or another one does that was broken by the same step.
    #[cold]
    fn judge(&mut self, violation: Violation) -> Option<Violation> {
        let mut next = Some(violation);
        while let Some(violation) = next {
            if self.until.ends(&violation) {
                return Some(violation);
            }
            self.passed.push(violation);
            next = self.monitor.further();
        }
        None
    }

    fn steps(&mut self) -> Verdict {
        loop {
            let mut world = self.desk.world();
            let open = world.state.offer();
            if self.look != Look::Away {
                if self.look().is_err() {
                    return self.halted();
                }
                world = self.desk.world();
            }
            if !open {
                return self.settle();
            }
            if world.state.ready.timers() == world.state.ready.len() {
                if let Some(violation) = self.monitor.quiet(&world.state)
                    && let Some(violation) = self.judge(violation)
                {
                    return Verdict::Violated(violation);
                }
                world = self.desk.world();
            }
            if world.state.step >= world.state.most().steps {
                return self.out_of(Bound::Steps);
            }
            if self.step().is_err() {
                return self.halted();
            }
            let state = &self.desk.get().state;
            if self.monitor.has_news(state)
                && let Some(verdict) = self.verdict()
            {
                return verdict;
            }
        }
    }

    /// Nothing can happen any more.
    fn settle(&mut self) -> Verdict {
        self.settled = true;
        let found = self.monitor.settle(&self.desk.get().state);
        match found.and_then(|violation| self.judge(violation)) {
            Some(violation) => Verdict::Violated(violation),
            None => self.held(),
        }
    }

    /// Whether a step ended the run.
    fn verdict(&mut self) -> Option<Verdict> {
        let found = self.monitor.check(&self.desk.get().state);
        match found.and_then(|violation| self.judge(violation)) {
            Some(violation) => Some(Verdict::Violated(violation)),
            None => self.desk.get().state.overfull().then(|| self.out_of(Bound::Messages)),
        }
    }

    /// Nothing was broken, but for what the run went past.
    fn held(&self) -> Verdict {
        self.passed.first().cloned().map_or(Verdict::Held, Verdict::Violated)
    }

    /// A bound ends the run: that is a failure, unless the scenario waives it.
    #[cold]
    fn out_of(&mut self, bound: Bound) -> Verdict {
        if self.monitor.holds_to(Builtin::Bounds) {
            return match bound {
                Bound::Steps => Verdict::OutOfSteps,
                Bound::Messages => Verdict::OutOfMessages,
            };
        }
        self.cut = Some(bound);
        let state = &mut self.desk.world().state;
        state.record.note(state.step, || format!("cut: {}, a bound that is waived", bound.told()));
        self.held()
    }
}
