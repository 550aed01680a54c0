//! The loop: one run, from its first question to its outcome.

mod acts;
pub(crate) mod chains;
mod desk;
mod outcome;

pub use acts::{Act, ActSeen, Acts};
pub use chains::chain;
pub use outcome::{Outcome, RunRecord, Until, Verdict};

use crate::actor::{Actor, Ended, FailureKind, Input, Turn};
use crate::choice::{Choices, Chooser, Halt, Look, Sealed};
use crate::event::Event;
use crate::id::ActorId;
use crate::profile::{Begun, Profile, Rules};
use crate::property::{Monitor, Violation};
use crate::state::{Halted, Role, Setting, State};
use desk::{Desk, World};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Makes an actor, afresh for each run that cannot reset the one before.
pub type Factory = Arc<dyn Fn() -> Box<dyn Actor> + Send + Sync>;

/// What is to be kept of a run besides its outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// The answers, the digests of every step, and the lines of the trace.
    pub trace: bool,
    /// What every actor did, for chains.
    pub acts: bool,
}

/// A cast on its stage: runs a scenario as often as wanted, and keeps its memory from run to run.
pub struct Simulation {
    factories: Vec<Factory>,
    cast: Vec<Box<dyn Actor>>,
    used: Vec<bool>,
    shows_state: Vec<bool>,
    /// What the chooser wants to know of the state.
    look: Look,
    /// Whose state, as it was shown last, tells all (kept up to date where states are looked at).
    tells: Vec<bool>,
    desk: Desk,
    monitor: Monitor,
    keep: Keep,
    digests: Vec<u64>,
    /// Whether anybody looks at what native actors show of their states.
    shows: bool,
    settled: bool,
    until: Until,
    /// What was broken before the end, where the run goes on past it.
    passed: Vec<Violation>,
}

impl Simulation {
    /// A stage for these participants. `shows_state` tells whose own [`Actor::state`] is to be asked for after each
    /// turn.
    pub fn new(
        setting: Arc<Setting>,
        profile: Profile,
        factories: Vec<Factory>,
        monitor: Monitor,
        shows_state: Vec<bool>,
    ) -> Simulation {
        let cast: Vec<Box<dyn Actor>> = factories.iter().map(|make| make()).collect();
        let world = World {
            rules: Rules::of(profile, &setting),
            state: State::new(setting),
            choices: Choices::new(Box::new(crate::chooser::Fifo), false),
            acts: None,
            turn_of: ActorId(0),
        };
        Simulation {
            used: vec![false; cast.len()],
            look: Look::Away,
            tells: vec![false; cast.len()],
            factories,
            cast,
            shows_state,
            desk: Desk::new(world),
            monitor,
            keep: Keep::default(),
            digests: Vec::new(),
            shows: true,
            settled: false,
            until: Until::First,
            passed: Vec::new(),
        }
    }

    /// Which broken property ends the runs from now on.
    pub fn goes_on(&mut self, until: Until) {
        self.until = until;
    }

    /// One run, with this chooser at the door. The chooser is given back with the outcome.
    pub fn run(&mut self, chooser: Box<dyn Chooser>, keep: Keep) -> (Outcome, Box<dyn Chooser>) {
        self.reset(chooser, keep);
        self.settled = false;
        self.passed.clear();
        let verdict = match self.start() {
            Ok(None) => self.steps(),
            Ok(Some(violation)) => Verdict::Violated(violation),
            Err(Halted) => self.halted(),
        };
        self.finish(verdict)
    }

    /// Follows a record towards the property that it breaks: past another one that is broken on the way, where there is no
    /// coming there before that. The next runs go on past the same.
    pub fn run_towards(
        &mut self,
        property: Option<&str>,
        keep: Keep,
        chooser: &dyn Fn() -> Box<dyn Chooser>,
    ) -> Outcome {
        self.until = Until::First;
        let (outcome, _) = self.run(chooser(), keep);
        let Some(property) = property.filter(|_| matches!(outcome.verdict, Verdict::Violated(_))) else {
            return outcome;
        };
        if outcome.verdict.breaks(property) {
            return outcome;
        }
        self.until = Until::Broken(property.to_owned());
        let (second, _) = self.run(chooser(), keep);
        if second.verdict.breaks(property) {
            return second;
        }
        self.until = Until::First;
        outcome
    }

    /// The same for a chooser of a known type, which a search uses again and again.
    pub fn run_again<C: Chooser>(&mut self, chooser: Box<C>, keep: Keep) -> (Outcome, Box<C>) {
        let (outcome, chooser) = self.run(chooser, keep);
        let chooser: Box<dyn std::any::Any> = chooser;
        (outcome, chooser.downcast().expect("the door gives back the chooser that it was given"))
    }

    fn reset(&mut self, chooser: Box<dyn Chooser>, keep: Keep) {
        for id in 0..self.cast.len() {
            if self.used[id] {
                self.renew(id);
            }
        }
        self.keep = keep;
        self.digests.clear();
        self.monitor.reset();
        let kept = keep.trace || keep.acts;
        self.shows = kept || chooser.looks_at_states() || self.monitor.looks_at_states();
        let world = self.desk.world();
        world.choices = Choices::new(chooser, keep.trace);
        world.acts = keep.acts.then(|| Acts::new(self.cast.len()));
        world.state.record.notes = keep.trace.then(Vec::new);
        world.state.clear();
        world.state.watching = world.choices.watches();
        self.look = if world.state.watching { world.choices.look() } else { Look::Away };
        world.rules.clear();
    }

    /// Brings an actor back to its beginning.
    fn renew(&mut self, id: usize) {
        if !self.cast[id].reset() {
            self.cast[id] = (self.factories[id])();
        }
        self.used[id] = false;
    }

    /// The cast starts, in order, before the first question; but for those whose `init` is an event.
    fn start(&mut self) -> Result<Option<Violation>, Halted> {
        for id in 0..self.cast.len() {
            let world = self.desk.world();
            if let Begun::Turn(who, input) = world.rules.start(&mut world.state, ActorId(id as u32)) {
                self.turn(who, input)?;
            }
        }
        let found = self.monitor.check(&self.desk.get().state);
        Ok(found.and_then(|violation| self.judge(violation)))
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
            let world = self.desk.world();
            let open = world.state.offer();
            if self.look != Look::Away && self.look().is_err() {
                return self.halted();
            }
            let world = self.desk.world();
            if !open {
                self.settled = true;
                let found = self.monitor.settle(&world.state);
                return match found.and_then(|violation| self.judge(violation)) {
                    Some(violation) => Verdict::Violated(violation),
                    None => self.passed.first().cloned().map_or(Verdict::Held, Verdict::Violated),
                };
            }
            if world.state.ready.timers() == world.state.ready.len()
                && let Some(violation) = self.monitor.quiet(&world.state)
                && let Some(violation) = self.judge(violation)
            {
                return Verdict::Violated(violation);
            }
            let world = self.desk.world();
            if world.state.step >= world.state.setting.limits.steps {
                return Verdict::OutOfSteps;
            }
            if self.step().is_err() {
                return self.halted();
            }
            if let Some(violation) = self.monitor.check(&self.desk.get().state)
                && let Some(violation) = self.judge(violation)
            {
                return Verdict::Violated(violation);
            }
            if self.desk.get().state.overfull() {
                return Verdict::OutOfMessages;
            }
        }
    }

    /// Shows the chooser the state, if it wants to see it.
    fn look(&mut self) -> Result<(), Halted> {
        let world = self.desk.world();
        if !world.choices.looks() {
            return Ok(());
        }
        let fingerprint = match self.look {
            Look::Away => return Ok(()),
            Look::History => world.state.history_print(self.monitor.digest()),
            Look::State => world.state.state_print(self.monitor.digest(), &self.tells),
        };
        world.choices.visit(fingerprint);
        world.choices.halt().map_or(Ok(()), |_| Err(Halted))
    }

    #[inline]
    fn step(&mut self) -> Result<(), Halted> {
        let world = self.desk.world();
        let index = world.choices.next(&world.state.offered()).ok_or(Halted)?;
        let (event, slot) = world.state.choose(index).ok_or(Halted)?;
        match world.rules.begin(&mut world.state, &mut world.choices, event, slot)? {
            Begun::Turn(actor, input) => self.turn(actor, input)?,
            Begun::Kill(actor) => {
                self.renew(actor.index());
                self.used[actor.index()] = true;
            }
            Begun::Nothing => {}
        }
        self.seal(event)
    }

    /// One turn of one actor: its effects are kept, whatever comes after.
    #[inline(always)]
    fn turn(&mut self, actor: ActorId, input: Input) -> Result<(), Halted> {
        let id = actor.index();
        let world = self.desk.world();
        world.turn_of = actor;
        if world.acts.is_some() {
            world.record_input(actor, &input);
        }
        self.used[id] = true;
        let cast = &mut self.cast[id];
        let desk = &mut self.desk;
        let turned = catch_unwind(AssertUnwindSafe(|| cast.turn(input, &mut Turn::new(desk))));
        let panicked = turned.is_err();
        let ended = turned.unwrap_or_else(|panic| Ended::failed(FailureKind::Trap, panic_text(&*panic)));
        let world = self.desk.world();
        if world.choices.halt().is_some() {
            return Err(Halted);
        }
        if self.shows
            && self.shows_state[id]
            && let Some(shown) = self.cast[id].state()
        {
            world.state.participant_mut(actor).state = Some(shown);
        }
        if self.look == Look::State && ended != Ended::Awaiting {
            self.tells[id] = self.cast[id].tells_all();
        }
        let kept = world.acts.is_some().then(|| ended.clone());
        let export = world.state.participant(actor).handling.as_ref().map_or("init", |h| h.export);
        world.rules.commit(&mut world.state, &mut world.choices, actor, ended)?;
        if let Some(ended) = kept {
            world.record_end(actor, export, ended);
        }
        world.state.refresh(actor);
        world.state.gate(actor);
        if panicked {
            // What a panic leaves behind is nobody's state: the actor begins anew.
            self.renew(id);
            self.used[id] = true;
        }
        Ok(())
    }

    #[inline]
    fn seal(&mut self, event: Event) -> Result<(), Halted> {
        let world = self.desk.world();
        world.state.refresh(event.to);
        world.state.gate(event.to);
        if self.keep.trace {
            self.digests.push(world.state.digest());
        }
        if world.state.watching {
            world.state.see_step(event.to);
            let (digest, cause) = (world.state.digest(), world.state.cause());
            let (open, early_timers) = (world.state.was_open(), world.state.early_timers_left());
            let (footprint, reach) = (&world.state.footprint, world.state.reach(event.to));
            let sealed = Sealed { event, digest, footprint, cause, open, early_timers, reach };
            world.choices.seal(&sealed);
            if world.choices.halt().is_some() {
                return Err(Halted);
            }
        }
        Ok(())
    }

    fn halted(&mut self) -> Verdict {
        let halt = self.desk.get().choices.halt().cloned();
        Verdict::Halted(halt.unwrap_or(Halt::Enough))
    }

    fn finish(&mut self, verdict: Verdict) -> (Outcome, Box<dyn Chooser>) {
        let sometimes = self.monitor.seen().to_vec();
        let keep = self.keep;
        let world = self.desk.world();
        if world.state.watching {
            world.state.left().for_each(|(event, cause)| world.choices.leave(event, cause));
        }
        let record = keep.trace.then(|| RunRecord {
            choices: world.choices.take_answers(),
            digests: std::mem::take(&mut self.digests),
            notes: world.state.record.notes.take().unwrap_or_default(),
        });
        let outcome = Outcome {
            verdict,
            steps: world.state.step,
            digest: world.state.digest(),
            time: world.state.now,
            settled: self.settled,
            sometimes,
            passed: std::mem::take(&mut self.passed),
            record,
            acts: world.acts.take(),
        };
        let door = std::mem::replace(&mut world.choices, Choices::new(Box::new(crate::chooser::Fifo), false));
        (outcome, door.into_chooser())
    }

    /// The actors of which the last run's chooser was told less than their whole state.
    pub fn tell_less(&self) -> impl Iterator<Item = ActorId> {
        let less = self.tells.iter().zip(&self.desk.get().state.participants).enumerate();
        let less = less.filter(|(_, (tells, who))| !**tells && who.role == Role::Actor);
        less.map(|(place, _)| ActorId(place as u32))
    }

    /// The state as the last run left it.
    pub fn state(&self) -> &State {
        &self.desk.get().state
    }
}

impl World {
    fn record_input(&mut self, actor: ActorId, input: &Input) {
        let (step, now) = (self.state.step, self.state.now);
        if self.state.participant(actor).role == Role::Client {
            return;
        }
        let address = self.state.setting.directory.address(actor).to_owned();
        if let Some(acts) = &mut self.acts {
            match input {
                Input::Answer(answer) => acts.resume(step, now, actor, answer),
                other => acts.add(step, now, actor, Act::Called(other.clone(), address)),
            }
        }
    }

    fn record_end(&mut self, actor: ActorId, export: &'static str, ended: Ended) {
        let (step, now) = (self.state.step, self.state.now);
        let state = self.state.participant(actor).state.clone();
        if ended != Ended::Awaiting
            && self.state.participant(actor).role == Role::Actor
            && let Some(acts) = &mut self.acts
        {
            acts.add(step, now, actor, Act::Ended(export, ended, state));
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
