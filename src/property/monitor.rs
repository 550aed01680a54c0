//! The judge of one run: it looks at the state after each step, and remembers what it must.

use super::builtin::{Builtin, Builtins};
use super::builtin_violations;
use super::compiled::{Body, Kind, Property};
use super::lens::Lenses;
use super::rule::source;
use super::verdict::{Standing, Violation};
use super::waits;
use super::watcher::{Story, Watcher};
use crate::digest::{Digest, mix};
use crate::id::Time;
use crate::state::{Record, State};
use std::collections::VecDeque;
use std::sync::Arc;

/// How far a monitor has looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Looked {
    observations: usize,
    replies: usize,
    failures: usize,
    unmet: usize,
    lost: u64,
    overfull: bool,
}

impl Looked {
    fn at(state: &State) -> Looked {
        let record = &state.record;
        Looked {
            observations: record.observations.len(),
            replies: record.replies.len(),
            failures: record.failures.len(),
            unmet: record.unmet.len(),
            lost: record.lost,
            overfull: state.overfull(),
        }
    }

    /// What is new since `before`, as bits.
    fn news(&self, before: &Looked) -> u8 {
        let bit = |new: bool, bit: u8| if new { bit } else { 0 };
        bit(self.observations != before.observations, source::OBSERVATIONS)
            | bit(self.replies != before.replies, source::REPLIES)
            | bit(self.failures != before.failures, source::FAILURES)
            | bit(self.lost != before.lost, source::LOST)
    }
}

/// Judges properties along one run: [`check`](Monitor::check) after the start and after each step, and
/// [`settle`](Monitor::settle) when nothing can happen any more.
///
/// A violated property is told once, and the monitor goes on: a caller that wants all violations of a run asks until
/// there is none and lets the run continue; one that stops at the first calls [`reset`](Monitor::reset) for the next run.
#[derive(Debug)]
pub struct Monitor {
    properties: Arc<[Property]>,
    builtins: Builtins,
    watchers: Vec<Watcher>,
    lenses: Lenses,
    story: Option<Story>,
    seen: Vec<bool>,
    pending: VecDeque<Violation>,
    looked: Looked,
    /// The record's count of changes at the last look, and of changed states where some property looks at them.
    changes: (u64, u64),
    looks_at_states: bool,
    /// Nobody looked yet.
    fresh: bool,
    /// Some property looks at what the record does not count.
    each_step: bool,
    /// Look, whatever the record says: `each_step`, or violations wait to be told.
    restless: bool,
    /// The record's count of changes does not tell all: restless, or states or the time are looked at.
    watchful: bool,
    /// The earliest time by which something must have come about that has not.
    due: Time,
    now: Time,
    digest: u64,
    deadlock_told: bool,
    settled: bool,
}

const NEVER: Time = Time(u64::MAX);

impl Monitor {
    /// A monitor of these properties and these built-in ones.
    pub fn new(properties: Arc<[Property]>, builtins: Builtins) -> Monitor {
        let parts = properties.iter().flat_map(|property| property.leaves()).flat_map(|leaf| leaf.parts());
        let coded = properties.iter().any(|property| matches!(property.body, Body::Code(_)));
        let mut monitor = Monitor {
            watchers: properties.iter().map(Watcher::new).collect(),
            lenses: Lenses::new(parts.map(|part| part.actor)),
            story: coded.then(Story::default),
            seen: vec![false; properties.len()],
            pending: VecDeque::new(),
            looked: Looked::default(),
            changes: (0, 0),
            looks_at_states: coded,
            fresh: true,
            each_step: properties.iter().any(|property| property.sources & source::EVERY_STEP != 0),
            restless: true,
            watchful: true,
            due: NEVER,
            now: Time::ZERO,
            digest: 0,
            deadlock_told: false,
            settled: false,
            properties,
            builtins,
        };
        monitor.looks_at_states |= !monitor.lenses.is_empty();
        monitor.reset();
        monitor
    }

    /// Forgets the run, for the next one.
    pub fn reset(&mut self) {
        self.watchers.iter_mut().for_each(Watcher::clear);
        self.story = self.story.take().map(|_| Story::default());
        self.seen.fill(false);
        self.pending.clear();
        self.looked = Looked::default();
        (self.fresh, self.restless) = (true, true);
        (self.deadlock_told, self.settled) = (false, false);
        self.now = Time::ZERO;
        self.stand();
    }

    /// Judges after a step, and after the start. Where nothing that is looked at has changed, it returns at once.
    ///
    /// Several violations of one step come one by one: each call gives the next.
    #[inline]
    pub fn check(&mut self, state: &State) -> Option<Violation> {
        if self.has_news(state) { self.judge(state) } else { None }
    }

    /// Whether there is anything to judge after a step.
    #[inline(always)]
    pub(crate) fn has_news(&mut self, state: &State) -> bool {
        (state.record.changes != self.changes.0 || self.watchful) && self.has_other_news(state)
    }

    fn has_other_news(&mut self, state: &State) -> bool {
        self.now = state.now;
        let calm = self.changes_of(state) == self.changes && state.now <= self.due;
        !calm || self.restless
    }

    fn watch(&mut self) {
        self.watchful = self.restless || self.looks_at_states || self.due != NEVER;
    }

    fn judge(&mut self, state: &State) -> Option<Violation> {
        self.look(state);
        self.tell()
    }

    /// Judges when timers are all that remains: a cycle of waits is a deadlock even if a deadline would end it. It looks
    /// at each participant once.
    pub fn quiet(&mut self, state: &State) -> Option<Violation> {
        self.judge_deadlock(state);
        self.tell()
    }

    /// Judges when nothing can happen any more: deadlock, stuck calls, messages that will never be delivered, and
    /// what should have come about.
    ///
    /// Several violations come one by one, as with [`check`](Monitor::check).
    pub fn settle(&mut self, state: &State) -> Option<Violation> {
        if !self.settled {
            self.settled = true;
            self.now = state.now;
            self.look(state);
            self.judge_end(state);
            self.stand();
        }
        self.tell()
    }

    /// For each property, in order: whether it has come about. That is what a search collects of `sometimes`; an
    /// `eventually` tells it too.
    pub fn seen(&self) -> &[bool] {
        &self.seen
    }

    /// Whether the run is held to this built-in property.
    pub(crate) fn holds_to(&self, builtin: Builtin) -> bool {
        self.builtins.holds(builtin)
    }

    /// Whether some property looks at participants' states.
    pub fn looks_at_states(&self) -> bool {
        self.looks_at_states
    }

    #[inline]
    fn changes_of(&self, state: &State) -> (u64, u64) {
        (state.record.changes, if self.looks_at_states { state.record.states } else { 0 })
    }

    /// The properties that are judged.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// A digest of all that the monitor remembers and that can still matter: a part of every fingerprint of a state,
    /// for states that were reached with different memories may end differently.
    ///
    /// It is sound to take two states with equal digests, and equal participants and messages under way, for one: what
    /// the monitor will say after any further steps is a function of the state, of what those steps add to the record,
    /// and of
    /// - what each predicate remembers of the observations, replies, failures and losses so far. Each is a fold: the
    ///   next memory follows from the last one and what is new. The digest leaves out only what can no longer make a
    ///   difference: places in the record (which serve reports), counts above the highest bound, all detail of
    ///   a predicate that cannot change any more;
    /// - which `eventually` is satisfied, and what was violated. A `sometimes` that was seen is left out: the search
    ///   that merges the states has seen it;
    /// - the time, while an `eventually` with a time is open;
    /// - for closures, the lists of the record.
    ///
    /// It is kept up to date by [`check`](Monitor::check), in time that does not grow with the run.
    pub fn digest(&self) -> u64 {
        if self.due == NEVER { self.digest } else { mix(self.digest, self.now.0) }
    }

    /// What else the last look found.
    pub fn further(&mut self) -> Option<Violation> {
        self.tell()
    }

    fn tell(&mut self) -> Option<Violation> {
        let next = self.pending.pop_front();
        self.restless = self.each_step || !self.pending.is_empty();
        self.watch();
        next
    }

    fn look(&mut self, state: &State) {
        let before = std::mem::replace(&mut self.looked, Looked::at(state));
        self.changes = self.changes_of(state);
        if before != self.looked {
            self.judge_builtins(state, &before);
        }
        if !self.properties.is_empty() {
            self.judge_properties(state, &before);
        }
    }

    fn judge_properties(&mut self, state: &State, before: &Looked) {
        let mut news = self.looked.news(before) | source::EVERY_STEP;
        if self.lenses.refresh(state) {
            news |= source::STATES;
        }
        if news & source::HISTORY != 0 {
            self.remember(&state.record, before);
        }
        if std::mem::take(&mut self.fresh) {
            news = source::ALL;
        }
        let late = state.now > self.due;
        let mut stood = false;
        let all = self.watchers.iter_mut().zip(self.properties.iter()).zip(&mut self.seen);
        for ((watcher, property), seen) in all {
            let looks = property.sources & news != 0 || late;
            if looks && watcher.standing == Standing::Open {
                self.pending.extend(watcher.judge(property, state, &self.lenses));
                *seen = watcher.standing == Standing::Satisfied;
                stood |= watcher.standing != Standing::Open;
            }
        }
        if stood || news & source::HISTORY != 0 {
            self.stand();
        }
    }

    /// Takes what is new in the record into the memories.
    fn remember(&mut self, record: &Record, before: &Looked) {
        let open = self.watchers.iter_mut().zip(self.properties.iter());
        for (watcher, property) in open.filter(|(watcher, _)| watcher.standing == Standing::Open) {
            let wanted = property.sources;
            if wanted & source::OBSERVATIONS != 0 {
                for (place, seen) in record.observations.iter().enumerate().skip(before.observations) {
                    watcher.observe(property, place, seen);
                }
            }
            if wanted & source::REPLIES != 0 {
                for (place, seen) in record.replies.iter().enumerate().skip(before.replies) {
                    watcher.reply(property, place, seen);
                }
            }
            if wanted & source::FAILURES != 0 {
                for (place, seen) in record.failures.iter().enumerate().skip(before.failures) {
                    watcher.failure(property, place, seen);
                }
            }
            watcher.lost(property, record.lost);
        }
        if let Some(story) = &mut self.story {
            record.observations.iter().skip(before.observations).for_each(|seen| story.observe(seen));
            record.replies.iter().skip(before.replies).for_each(|seen| story.reply(seen));
            record.failures.iter().skip(before.failures).for_each(|seen| story.failure(seen));
            record.unmet.iter().skip(before.unmet).for_each(|(_, client, text)| story.unmet(*client, text));
            story.lost(record.lost);
        }
    }

    /// Brings up to date what follows from the memories and the standings: the digest, and what is due.
    fn stand(&mut self) {
        let mut digest = Digest::default();
        let mut coded = false;
        self.due = NEVER;
        for (watcher, property) in self.watchers.iter().zip(self.properties.iter()) {
            digest.word(watcher.digest(property));
            if watcher.standing == Standing::Open {
                coded |= matches!(property.body, Body::Code(_));
                if let Kind::Eventually { within: Some(time) } = property.kind() {
                    self.due = self.due.min(time);
                }
            }
        }
        if let Some(story) = self.story.as_ref().filter(|_| coded) {
            digest.word(story.digest());
        }
        self.digest = digest.0;
        self.watch();
    }

    fn violate(&mut self, builtin: Builtin, step: u64, facts: Vec<String>) {
        if self.builtins.holds(builtin) {
            let property = self.builtins.name(builtin).to_owned();
            self.pending.push_back(Violation { property, step, builtin: Some(builtin), facts });
        }
    }

    fn judge_builtins(&mut self, state: &State, before: &Looked) {
        // All that was lost so far is told with each loss: not where nobody is told.
        let loss = self.builtins.holds(Builtin::LostMessage);
        let found = builtin_violations::failures(state, before.failures)
            .chain(builtin_violations::unmet(state, before.unmet))
            .chain(builtin_violations::overfull(state, before.overfull))
            .chain(loss.then(|| builtin_violations::lost(state, before.lost)).flatten());
        found.for_each(|(builtin, facts)| self.violate(builtin, state.step, facts));
    }

    fn judge_deadlock(&mut self, state: &State) {
        if self.deadlock_told || !self.builtins.holds(Builtin::Deadlock) {
            return;
        }
        if let Some(members) = waits::deadlock(state) {
            self.deadlock_told = true;
            self.violate(Builtin::Deadlock, state.step, vec![waits::told_cycle(state, &members)]);
        }
    }

    fn judge_waits(&mut self, state: &State) {
        self.judge_deadlock(state);
        // Who waits in a cycle, or for one that does, is stuck for that reason: it is told once.
        if !self.deadlock_told {
            builtin_violations::stuck(state)
                .into_iter()
                .for_each(|(builtin, facts)| self.violate(builtin, state.step, facts));
        }
    }

    fn judge_end(&mut self, state: &State) {
        // At the end of most runs, nobody waits.
        if !state.nobody_waits() {
            self.judge_waits(state);
        }
        builtin_violations::undelivered(state)
            .into_iter()
            .for_each(|(builtin, facts)| self.violate(builtin, state.step, facts));
        let open = self.watchers.iter_mut().zip(self.properties.iter());
        for (watcher, property) in open {
            self.pending.extend(watcher.settle(property, state, &self.lenses));
        }
    }
}
