//! A cast played from its chains: each step is compared at once, and anything can be taken back.

use super::script::{Part, Script};
use super::send_order::SendOrder;
use super::terms::Terms;
use super::world::{Kept, Retold, Stand, World};
use crate::actor::{Called, Ended, Input};
use crate::call::{HostAnswer, HostCall};
use crate::chain::Invocation;
use crate::event::{Event, Verb};
use crate::id::{ActorId, Time};
use crate::profile::{Begun, Rules};
use crate::revive::id_map::Ids;
use crate::run::Factory;
use crate::scenario::Scenario;
use std::sync::Arc;

/// The longest sleep: whoever is at the end of its chain in the middle of a call sleeps so.
pub(super) const FOR_EVER: Time = Time(u64::MAX / 2);

/// Where two sides cannot be reconciled: what a chain has next, and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Whose chain.
    pub actor: ActorId,
    /// The event in it.
    pub place: usize,
    /// What is there in its place.
    pub found: String,
}

/// How far one actor's part was played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The part that is next to begin.
    pub next: usize,
    /// Whether the part before it is under way.
    pub open: bool,
    /// The move of it whose answer is awaited.
    pub inside: Option<usize>,
    /// Events of the chain up to here were made.
    pub reached: usize,
    /// What was sent last.
    pub sent: LastSent,
    /// How many messages in the mailbox were found to be in their places.
    pub verified: usize,
    /// How many lines were logged since the component itself is played, and how many other calls it made in the part under way.
    pub logs: usize,
    pub made: usize,
}

/// What a participant sent last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastSent {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Of its chain: this move of this part.
    Move {
        /// The part.
        part: usize,
        /// The how manieth of it.
        at: usize,
    },
    /// Without a chain: what comes after so many of its timers.
    AfterTimers(usize),
}

impl Cursor {
    /// Whether this move of this part was made. Who has no chain has one part, with a move after each of its timers.
    pub(super) fn has_sent(&self, part: usize, at: usize) -> bool {
        match self.sent {
            LastSent::Nothing => false,
            LastSent::Move { part: last_part, at: last } => (last_part, last) >= (part, at),
            LastSent::AfterTimers(fired) => (0, fired) >= (part, at),
        }
    }

    /// How many timers of a participant without a chain went off.
    pub(super) fn timers_fired(&self) -> usize {
        if let LastSent::AfterTimers(fired) = self.sent { fired } else { 0 }
    }
}

/// A cast that is played from its scripts.
pub struct ScriptedCast {
    pub(super) stand: Stand,
    pub(super) scripts: Vec<Option<Arc<Script>>>,
    /// How far each participant is.
    pub cursors: Vec<Cursor>,
    pub(super) others: Vec<Option<Retold>>,
    pub(super) factories: Vec<Factory>,
    /// Which ids stand for which.
    pub ids: Ids,
    pub(super) terms: Terms,
    pub(super) before: Arc<SendOrder>,
    /// How many commands in the queue of the loop were found to be in their places.
    pub(super) queued: usize,
    /// What happened so far, and when.
    pub path: Vec<(Event, Time)>,
}

/// Where a cast was.
#[derive(Clone)]
pub struct Mark {
    kept: Kept,
    cursors: Vec<Cursor>,
    turns: Vec<usize>,
    ids: usize,
    queued: usize,
    /// How long the path was.
    pub steps: usize,
}

impl ScriptedCast {
    /// The scenario's cast, with these parts.
    pub fn new(
        scenario: &Scenario,
        scripts: &[Option<Arc<Script>>],
        ids: Ids,
        terms: Terms,
        before: &Arc<SendOrder>,
    ) -> ScriptedCast {
        let mut setting = Arc::clone(&scenario.setting);
        let plain = Arc::make_mut(&mut setting);
        plain.clock = terms.clock();
        plain.watched.clear();
        let others = scenario.factories.iter().zip(scripts);
        ScriptedCast {
            others: others.map(|(factory, script)| script.is_none().then(|| Retold::new(factory))).collect(),
            factories: scenario.factories.clone(),
            stand: Stand::new(World::new(setting, scenario.profile)),
            scripts: scripts.to_vec(),
            cursors: vec![Cursor::default(); scripts.len()],
            ids,
            terms,
            before: Arc::clone(before),
            queued: 0,
            path: Vec::new(),
        }
    }

    /// The cast starts.
    ///
    /// # Errors
    /// Where a chain says otherwise.
    pub fn start(&mut self) -> Result<(), Clash> {
        for place in 0..self.cursors.len() {
            let world = self.stand.world();
            if let Begun::Turn(who, input) = world.rules.start(&mut world.state, ActorId(place as u32)) {
                self.turn(who, input)?;
            }
        }
        self.check_puts()
    }

    /// Where it is.
    pub fn mark(&self) -> Mark {
        Mark {
            kept: self.stand.get().keep(),
            cursors: self.cursors.clone(),
            turns: self.others.iter().map(|other| other.as_ref().map_or(0, Retold::turns)).collect(),
            ids: self.ids.len(),
            queued: self.queued,
            steps: self.path.len(),
        }
    }

    /// Goes back there.
    pub fn back_to(&mut self, mark: &Mark) {
        self.stand.world().back_to(&mark.kept);
        self.cursors.clone_from(&mark.cursors);
        for (other, turns) in self.others.iter_mut().zip(&mark.turns) {
            other.iter_mut().for_each(|other| other.back_to(*turns));
            // A component that is played only from some point on is made anew there.
        }
        self.ids.back_to(mark.ids);
        self.queued = mark.queued;
        self.path.truncate(mark.steps);
    }

    /// The part of a participant that has one.
    pub fn script(&self, who: ActorId) -> Option<&Arc<Script>> {
        self.scripts[who.index()].as_ref()
    }

    /// The part that is next to begin.
    pub fn next_part(&self, who: ActorId) -> Option<&Part> {
        self.script(who)?.parts.get(self.cursors[who.index()].next)
    }

    /// Whether a participant's chain has its beginning.
    pub fn begins(&self, who: ActorId) -> bool {
        let mut parts = self.script(who).into_iter().flat_map(|script| &script.parts);
        parts.any(|part| matches!(part.call, Invocation::Init(_)))
    }

    /// Whether all of a participant's chain was made again.
    pub fn complete(&self, who: ActorId) -> bool {
        let Some(script) = self.script(who) else { return true };
        let cursor = &self.cursors[who.index()];
        if cursor.next < script.parts.len() {
            return false;
        }
        let Some(last) = script.parts.last().filter(|_| cursor.open) else { return true };
        if last.tail.is_some() && script.record.silent {
            return cursor.logs >= last.logs;
        }
        let from = cursor.inside.unwrap_or(last.moves.len());
        let answered = |made: &crate::revive::HostMove| made.answer.is_some() && !made.unrecorded;
        last.end.is_none() && !last.moves[from..].iter().any(answered)
    }

    /// Whether every chain was made again.
    pub fn all_complete(&self) -> bool {
        (0..self.cursors.len()).all(|place| self.complete(ActorId(place as u32)))
    }

    /// Lets an event happen.
    ///
    /// # Errors
    /// Where a chain says otherwise.
    pub fn step(&mut self, event: Event) -> Result<(), Clash> {
        let at_will = self.terms.at_will();
        let world = self.stand.world();
        let open = if at_will { world.state.offer_at_will() } else { world.state.offer() };
        let place = world.state.offered().position(event).filter(|_| open);
        if event.verb == Verb::Fire && at_will {
            // Each in its own millisecond: their deadlines are to be in this order.
            world.state.now = world.state.now.after(Time::from_millis(1));
        }
        let Some((event, slot)) = place.and_then(|place| world.state.choose(place)) else { return Ok(()) };
        let begun = world.begin(event, slot);
        self.path.push((event, self.stand.get().state.now));
        if event.verb == Verb::Route {
            self.queued = self.queued.saturating_sub(1);
        }
        if event.verb == Verb::Fire && self.script(event.to).is_none() {
            let cursor = &mut self.cursors[event.to.index()];
            cursor.sent = LastSent::AfterTimers(cursor.timers_fired() + 1);
        }
        if event.verb == Verb::Handle {
            let cursor = &mut self.cursors[event.to.index()];
            cursor.verified = cursor.verified.saturating_sub(1);
        }
        match begun {
            Begun::Turn(who, input) => self.turn(who, input)?,
            Begun::Kill(who) => self.cursors[who.index()].inside = None,
            Begun::Nothing => {}
        }
        let state = &mut self.stand.world().state;
        state.up_to_date(event.to);
        self.check_puts()
    }

    fn turn(&mut self, me: ActorId, input: Input) -> Result<(), Clash> {
        let in_tail = self.in_tail(me) && matches!(input, Input::Answer(_));
        let goes_on = self.goes_on(me, &input);
        let ended = match &mut self.others[me.index()] {
            Some(other) if self.scripts[me.index()].is_none() => other.turn(me, input, &mut self.stand),
            Some(_) if in_tail => self.tail(me, input)?,
            _ if goes_on => self.freely(me, input),
            _ => self.play(me, input)?,
        };
        self.stand.world().commit(me, ended);
        Ok(())
    }

    fn play(&mut self, me: ActorId, input: Input) -> Result<Ended, Clash> {
        let from = match input {
            Input::Answer(answer) => {
                let Some(at) = self.cursors[me.index()].inside.take() else { return Ok(Ended::Awaiting) };
                self.compare(me, at, &answer)?;
                at + 1
            }
            Input::Init if !self.begins(me) => return Ok(Ended::DONE),
            input => {
                self.begin(me, &input)?;
                if let Some(before) = self.tail_of(me).cloned() {
                    self.hand_over(me, before.as_ref());
                    return self.tail(me, input);
                }
                0
            }
        };
        self.go_on(me, from)
    }

    /// The next part begins: is it that of the message?
    fn begin(&mut self, me: ActorId, input: &Input) -> Result<(), Clash> {
        let script = self.scripts[me.index()].clone();
        let next = self.cursors[me.index()].next;
        let Some(part) = script.as_ref().and_then(|script| script.parts.get(next)) else {
            let place = script.map_or(0, |script| script.record.entries.len());
            return Err(Clash { actor: me, place, found: super::equal_but_ids::told_input(input) });
        };
        if !super::equal_but_ids::input(&mut self.ids, input, &part.call, true) {
            let found = super::equal_but_ids::told_input(input);
            return Err(Clash { actor: me, place: part.place, found });
        }
        let cursor = &mut self.cursors[me.index()];
        (cursor.next, cursor.open, cursor.reached) = (next + 1, true, part.place + 1);
        self.in_time(me, part.place)
    }

    /// Under the same times: is it the time of that event?
    fn in_time(&self, me: ActorId, place: usize) -> Result<(), Clash> {
        let now = self.stand.get().state.now.as_millis();
        let told = self.script(me).and_then(|script| script.time(place));
        match told.filter(|told| self.terms.same_times() && *told != now) {
            Some(_) => Err(Clash { actor: me, place, found: format!("{now} ms") }),
            None => Ok(()),
        }
    }

    /// Makes the moves of the part that is open.
    fn go_on(&mut self, me: ActorId, from: usize) -> Result<Ended, Clash> {
        let Some(script) = self.scripts[me.index()].clone() else { return Ok(Ended::DONE) };
        let place = self.cursors[me.index()].next - 1;
        let Some(part) = script.parts.get(place) else { return Ok(Ended::DONE) };
        for (at, made) in part.moves.iter().enumerate().skip(from) {
            if let Some((first, ..)) = self.in_order((me, place, at)) {
                let found =
                    format!("what `{}` sent before it is not sent yet", self.stand.get().state.name(first));
                return Err(Clash { actor: me, place: made.place, found });
            }
            self.cursors[me.index()].sent = LastSent::Move { part: place, at };
            let call = self.ids.translated(&made.call);
            match self.stand.world().call(me, call, made.answer.as_ref()) {
                Called::Answered(answer) => self.compare(me, at, &answer)?,
                Called::Suspended => {
                    self.cursors[me.index()].inside = Some(at);
                    return Ok(Ended::Awaiting);
                }
                Called::Stop(_, why) => {
                    return Err(Clash { actor: me, place: made.place, found: why.to_owned() });
                }
            }
        }
        match &part.end {
            Some((place, ended)) => {
                let cursor = &mut self.cursors[me.index()];
                (cursor.open, cursor.reached) = (false, place + 1);
                self.in_time(me, *place)?;
                Ok(self.ids.in_ended(ended))
            }
            None => {
                // The chain says no more: whatever it does next, nobody has seen it.
                self.stand.world().call(me, HostCall::Sleep { span: FOR_EVER }, None);
                Ok(Ended::Awaiting)
            }
        }
    }

    /// Is the answer to this move the recorded one?
    pub(super) fn compare(&mut self, me: ActorId, at: usize, ours: &HostAnswer) -> Result<(), Clash> {
        let Some(script) = self.scripts[me.index()].clone() else { return Ok(()) };
        let made = &script.parts[self.cursors[me.index()].next - 1].moves[at];
        let Some(theirs) = &made.answer else { return Ok(()) };
        let alike = super::equal_but_ids::answer(&mut self.ids, ours, theirs, true);
        if !alike && made.sure {
            return Err(Clash { actor: me, place: made.place, found: crate::revive::wording::shown(ours) });
        }
        if !made.unrecorded {
            let cursor = &mut self.cursors[me.index()];
            cursor.reached = cursor.reached.max(made.place + 1);
            self.in_time(me, made.place)?;
        }
        Ok(())
    }

    /// A fingerprint of all that decides what can happen from here.
    pub fn print(&self) -> u64 {
        let world = self.stand.get();
        let words = self.cursors.iter().enumerate().map(|(place, cursor)| match &self.scripts[place] {
            Some(_) => {
                let word = (cursor.next as u64) << 32
                    | cursor.inside.map_or(0, |at| at as u64 + 1) << 1
                    | u64::from(cursor.open);
                // What its component did is in no chain.
                let own = self.others[place].as_ref().is_some_and(|other| other.turns() > 0);
                if own { crate::digest::mix(word, world.state.participants[place].history.0) } else { word }
            }
            None => world.state.participants[place].history.0,
        });
        let timed = !self.terms.at_will();
        let state = world.state.content_print(&words.collect::<Vec<_>>(), timed);
        match &world.rules {
            Rules::Actors => state,
            Rules::Theater(rules) => crate::digest::mix(state, rules.print()),
        }
    }
}
