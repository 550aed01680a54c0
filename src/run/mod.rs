//! The loop: one run, from its first question to its outcome.

mod acts;
pub(crate) mod chains;
mod desk;
mod outcome;
mod play;

pub use acts::{Act, ActSeen, Acts};
pub use chains::chain;
pub use outcome::{Bound, Outcome, RunRecord, Until, Verdict};

use crate::actor::{Actor, Ended, Input, Turn};
use crate::choice::{Choices, Chooser, Halt, Look, Sealed};
use crate::event::Event;
use crate::id::ActorId;
use crate::profile::{Begun, Profile, Rules, actors};
use crate::property::{Monitor, Violation};
use crate::state::{Halted, Setting, State};
use desk::{Desk, World};
use play::Place;
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

/// An actor of the cast, and whether it has had a turn in this run.
struct Seat {
    actor: Box<dyn Actor>,
    used: bool,
}

/// A cast on its stage: runs a scenario as often as wanted, and keeps its memory from run to run.
pub struct Simulation {
    factories: Vec<Factory>,
    cast: Vec<Seat>,
    shows_state: Vec<bool>,
    /// What the chooser wants to know of the state.
    look: Look,
    /// Whose state, as it was shown last, tells all (kept up to date where states are looked at).
    tells: Vec<bool>,
    desk: Desk,
    monitor: Monitor,
    keep: Keep,
    /// How much every actor did in the last run that kept it: the next is like it.
    room: Vec<usize>,
    digests: Vec<u64>,
    /// Whether anybody looks at what native actors show of their states.
    shows: bool,
    /// Whether the chooser or the trace is told of each step.
    steps_told: bool,
    /// Whether somebody looks at an actor after each of its turns.
    turns_told: bool,
    settled: bool,
    cut: Option<Bound>,
    place: Place,
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
        let cast: Vec<Seat> = factories.iter().map(|make| Seat { actor: make(), used: false }).collect();
        let world = World {
            rules: Rules::of(profile, &setting),
            state: State::new(setting),
            choices: Choices::new(Box::new(crate::chooser::Fifo), false),
            acts: None,
            reads_chain: cast.iter().map(|seat| seat.actor.reads_chain()).collect(),
            turn_of: ActorId(0),
            plain: false,
        };
        Simulation {
            look: Look::Away,
            tells: vec![false; cast.len()],
            room: vec![0; cast.len()],
            factories,
            cast,
            shows_state,
            desk: Desk::new(world),
            monitor,
            keep: Keep::default(),
            digests: Vec::new(),
            shows: true,
            steps_told: true,
            turns_told: true,
            settled: false,
            cut: None,
            place: Place::Between,
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
        let outcome = self.run_out(chooser, keep);
        (outcome, self.chooser_back())
    }

    /// One run; the chooser stays at the door.
    fn run_out(&mut self, chooser: Box<dyn Chooser>, keep: Keep) -> Outcome {
        self.reset(chooser, keep);
        (self.settled, self.cut, self.place) = (false, None, Place::Between);
        self.passed.clear();
        // One landing place for the whole run, not one for each turn: most turns do not panic.
        let mut played = catch_unwind(AssertUnwindSafe(|| self.play(0)));
        loop {
            match played {
                Ok(verdict) => return self.finish(verdict),
                Err(panic) => played = catch_unwind(AssertUnwindSafe(|| self.resume(panic))),
            }
        }
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
        let outcome = self.run_out(chooser, keep);
        let chooser: Box<dyn std::any::Any> = self.chooser_back();
        (outcome, chooser.downcast().expect("the door gives back the chooser that it was given"))
    }

    fn reset(&mut self, chooser: Box<dyn Chooser>, keep: Keep) {
        for id in 0..self.cast.len() {
            if self.cast[id].used {
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
        let keeps = keep.acts || world.reads_chain.contains(&true);
        world.acts = keeps.then(|| Acts::with_room(&self.room));
        world.plain = !keeps && !keep.trace && matches!(world.rules, Rules::Actors);
        world.state.record.notes = keep.trace.then(Vec::new);
        world.state.clear();
        world.state.watching = world.choices.watches();
        self.look = if world.state.watching { world.choices.look() } else { Look::Away };
        self.steps_told = keep.trace || world.state.watching;
        world.state.keeps_digest = self.steps_told;
        self.turns_told = self.shows && self.shows_state.contains(&true) || self.look == Look::State;
        world.rules.clear();
    }

    /// Brings an actor back to its beginning.
    fn renew(&mut self, id: usize) {
        let seat = &mut self.cast[id];
        if !seat.actor.reset() {
            seat.actor = (self.factories[id])();
        }
        seat.used = false;
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
        if world.plain
            && let Some(data) = actors::begin_plain(&mut world.state, event, slot)
        {
            world.turn_of = event.to;
            self.place = Place::Step(event);
            let seat = &mut self.cast[event.to.index()];
            seat.used = true;
            // From where it lies to where it is read, without a stop between.
            let input = Input::Send { data: std::mem::take(data) };
            let ended = seat.actor.turn(input, &mut Turn::new(&mut self.desk));
            self.end_turn(event.to, ended)?;
            return self.seal(event);
        }
        match world.rules.begin(&mut world.state, &mut world.choices, event, slot)? {
            Begun::Turn(actor, input) => {
                self.turn(event, actor, input)?;
                if actor == event.to {
                    return self.seal(event);
                }
            }
            Begun::Kill(actor) => {
                self.renew(actor.index());
                self.cast[actor.index()].used = true;
            }
            Begun::Nothing => {}
        }
        self.desk.world().state.up_to_date(event.to);
        self.seal(event)
    }

    /// One turn of one actor, in the step of this event: its effects are kept, whatever comes after.
    #[inline(always)]
    fn turn(&mut self, event: Event, actor: ActorId, input: Input) -> Result<(), Halted> {
        let world = self.desk.world();
        if world.acts.is_some() {
            world.record_input(actor, &input);
        }
        self.takes_turn(Place::Step(event), actor);
        let ended = self.cast[actor.index()].actor.turn(input, &mut Turn::new(&mut self.desk));
        self.end_turn(actor, ended)
    }

    #[inline(always)]
    fn takes_turn(&mut self, place: Place, actor: ActorId) {
        self.desk.world().turn_of = actor;
        self.cast[actor.index()].used = true;
        self.place = place;
    }

    /// Keeps what an actor shows of its state, and whether it tells all, where anybody looks at that.
    fn tell_turn(&mut self, who: ActorId, awaiting: bool) {
        let id = who.index();
        if self.shows
            && self.shows_state[id]
            && let Some(shown) = self.cast[id].actor.state()
        {
            self.desk.world().state.show(who, shown);
        }
        if self.look == Look::State && !awaiting {
            self.tells[id] = self.cast[id].actor.tells_all();
        }
    }

    #[inline(always)]
    fn end_turn(&mut self, actor: ActorId, ended: Ended) -> Result<(), Halted> {
        self.place = Place::Between;
        let world = self.desk.world();
        if world.choices.halt().is_some() {
            return Err(Halted);
        }
        if self.turns_told {
            self.tell_turn(actor, ended == Ended::Awaiting);
        }
        let world = self.desk.world();
        if world.plain && actors::commit_plain(&mut world.state, actor, &ended) {
            // There is nothing in it to drop, and that is not looked for.
            std::mem::forget(ended);
            return Ok(());
        }
        let ended = world.bounded(ended);
        if world.acts.is_some() {
            world.commit_recorded(actor, ended)?;
        } else {
            world.rules.commit(&mut world.state, &mut world.choices, actor, ended)?;
        }
        world.state.up_to_date(actor);
        Ok(())
    }

    #[inline(always)]
    fn seal(&mut self, event: Event) -> Result<(), Halted> {
        if self.steps_told { self.seal_watched(event) } else { Ok(()) }
    }

    /// Tells the chooser what the step in progress did.
    fn seal_watched(&mut self, event: Event) -> Result<(), Halted> {
        let world = self.desk.world();
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

    fn chooser_back(&mut self) -> Box<dyn Chooser> {
        self.desk.world().choices.exchange(Box::new(crate::chooser::Fifo))
    }

    fn finish(&mut self, verdict: Verdict) -> Outcome {
        let sometimes = self.monitor.seen().to_vec();
        let keep = self.keep;
        let world = self.desk.world();
        if matches!(verdict, Verdict::Halted(_)) {
            // It may have ended in the middle of a turn.
            world.state.refresh_all();
        }
        if world.state.watching {
            world.state.left().for_each(|(event, cause)| world.choices.leave(event, cause));
        }
        let record = keep.trace.then(|| RunRecord {
            choices: world.choices.take_answers(),
            digests: std::mem::take(&mut self.digests),
            notes: world.state.record.notes.take().unwrap_or_default(),
        });
        debug_assert!(world.state.digest_is_kept(), "some participant's history is ahead of the digest");
        let acts = world.acts.take().inspect(|acts| self.room = acts.room()).filter(|_| keep.acts);
        Outcome {
            verdict,
            steps: world.state.step,
            digest: world.state.digest(),
            time: world.state.now,
            settled: self.settled,
            cut: self.cut,
            sometimes,
            passed: std::mem::take(&mut self.passed),
            record,
            acts,
        }
    }

    /// The actors of which the last run's chooser was told less than their whole state.
    pub fn tell_less(&self) -> impl Iterator<Item = ActorId> {
        let less = self.tells.iter().zip(&self.desk.get().state.participants).enumerate();
        let less = less.filter(|(_, (tells, who))| !**tells && who.role == crate::state::Role::Actor);
        less.map(|(place, _)| ActorId(place as u32))
    }

    /// The state as the last run left it.
    pub fn state(&self) -> &State {
        &self.desk.get().state
    }
}
