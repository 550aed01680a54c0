//! What a monitor remembers of one property, and of a run for the sake of closures.

use super::compiled::{Body, Kind, Property};
use super::facts;
use super::history::Memory;
use super::lens::Lenses;
use super::matcher::canonical;
use super::rule::Leaf;
use super::verdict::{Standing, Violation};
use crate::digest::Digest;
use crate::id::Time;
use crate::state::{FailureSeen, Observation, ReplySeen, State};

/// What is remembered of one property.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) standing: Standing,
    memories: Vec<Memory>,
}

impl Watcher {
    pub(super) fn new(property: &Property) -> Watcher {
        Watcher { standing: Standing::Open, memories: vec![Memory::default(); property.leaves().len()] }
    }

    pub(super) fn clear(&mut self) {
        self.standing = Standing::Open;
        self.memories.iter_mut().for_each(Memory::clear);
    }

    fn leaves<'a>(&'a mut self, property: &'a Property) -> impl Iterator<Item = (&'a Leaf, &'a mut Memory)> {
        property.leaves().iter().zip(&mut self.memories)
    }

    /// Takes in an observation, at `place` of the record.
    pub(super) fn observe(&mut self, property: &Property, place: usize, seen: &Observation) {
        for (leaf, memory) in self.leaves(property) {
            if let Leaf::Seen(whose, fold) = leaf
                && whose.has(seen)
            {
                fold.take(memory, place, &seen.value);
            }
        }
    }

    /// Takes in what a client was told.
    pub(super) fn reply(&mut self, property: &Property, place: usize, seen: &ReplySeen) {
        self.leaves(property).for_each(|(leaf, memory)| leaf.take_reply(memory, place, seen));
    }

    /// Takes in a failed turn.
    pub(super) fn failure(&mut self, property: &Property, place: usize, seen: &FailureSeen) {
        self.leaves(property).for_each(|(leaf, memory)| leaf.take_failure(memory, place, seen));
    }

    /// Takes in how many messages were lost so far.
    pub(super) fn lost(&mut self, property: &Property, lost: u64) {
        let counters = self.leaves(property).filter(|(leaf, _)| matches!(leaf, Leaf::Lost(_)));
        counters.for_each(|(_, memory)| memory.count = lost);
    }

    fn holds(&self, property: &Property, state: &State, lenses: &Lenses) -> bool {
        match &property.body {
            Body::Code(holds) => holds(state),
            Body::Rules(tree, leaves) => {
                tree.holds(&|place| leaves[place].holds(state, lenses, &self.memories[place]))
            }
        }
    }

    /// Judges the property after a step.
    pub(super) fn judge(&mut self, property: &Property, state: &State, lenses: &Lenses) -> Option<Violation> {
        match property.kind() {
            Kind::Eventually { within: Some(time) } if state.now > time => {
                Some(self.violate(property, state, lenses, Some(time)))
            }
            kind => match (kind, self.holds(property, state, lenses)) {
                (Kind::Always, false) | (Kind::Never, true) => {
                    Some(self.violate(property, state, lenses, None))
                }
                (Kind::Eventually { .. } | Kind::Sometimes { .. }, true) => {
                    self.standing = Standing::Satisfied;
                    None
                }
                _ => None,
            },
        }
    }

    /// Judges the property when nothing can happen any more.
    pub(super) fn settle(
        &mut self,
        property: &Property,
        state: &State,
        lenses: &Lenses,
    ) -> Option<Violation> {
        let open = self.standing == Standing::Open && matches!(property.kind(), Kind::Eventually { .. });
        open.then(|| self.violate(property, state, lenses, None))
    }

    fn violate(
        &mut self,
        property: &Property,
        state: &State,
        lenses: &Lenses,
        late: Option<Time>,
    ) -> Violation {
        self.standing = Standing::Violated;
        let mut told = Vec::new();
        match property.kind() {
            Kind::Eventually { .. } => {
                told.push(match late {
                    Some(time) => format!("it did not come about within {time}, and it is {} now", state.now),
                    None => {
                        format!("it did not come about, and at {} nothing can happen any more", state.now)
                    }
                });
            }
            _ if state.step == 0 => told.push("it does not hold at the start".into()),
            _ => {}
        }
        if let Body::Rules(tree, leaves) = &property.body {
            let scene = facts::Scene { state, lenses, leaves, memories: &self.memories };
            scene.explain(tree, property.kind() == Kind::Never, &mut told);
        }
        Violation { property: property.name().to_owned(), step: state.step, builtin: None, facts: told }
    }

    /// A digest of what is remembered, as far as it can still matter. A `sometimes` that was seen matters to no run:
    /// a search has it already.
    pub(super) fn digest(&self, property: &Property) -> u64 {
        match (self.standing, property.kind()) {
            (Standing::Satisfied, Kind::Sometimes { .. }) => 0,
            (Standing::Satisfied, _) => 1,
            (Standing::Violated, _) => 2,
            (Standing::Open, _) => {
                let mut digest = Digest::default();
                for (leaf, memory) in property.leaves().iter().zip(&self.memories) {
                    digest.word(leaf.digest(memory));
                }
                digest.0
            }
        }
    }
}

/// Digests of the record's lists, for closures, which may look at them all. One digest for each: how the lists
/// interlock shows only in step numbers, which closures must not look at.
#[derive(Debug, Default)]
pub(super) struct Story {
    observations: Digest,
    replies: Digest,
    failures: Digest,
    unmet: Digest,
    lost: u64,
}

impl Story {
    pub(super) fn observe(&mut self, seen: &Observation) {
        self.observations.word(seen.actor.0.into());
        self.observations.bytes(seen.key.as_bytes());
        self.observations.bytes(canonical(&seen.value).as_bytes());
    }

    pub(super) fn reply(&mut self, seen: &ReplySeen) {
        let from = seen.from.map_or(0, |from| u64::from(from.0) + 1);
        self.replies.word(u64::from(seen.client.0) << 32 ^ from);
        self.replies.word(seen.answer.digest());
    }

    pub(super) fn failure(&mut self, seen: &FailureSeen) {
        self.failures.word(u64::from(seen.actor.0) << 32 | u64::from(seen.from.0));
        self.failures.bytes(seen.handling.as_bytes());
        self.failures.bytes(seen.failure.kind.name().as_bytes());
        self.failures.bytes(seen.failure.message.as_bytes());
    }

    pub(super) fn unmet(&mut self, client: crate::id::ActorId, text: &str) {
        self.unmet.word(client.0.into());
        self.unmet.bytes(text.as_bytes());
    }

    pub(super) fn lost(&mut self, lost: u64) {
        self.lost = lost;
    }

    pub(super) fn digest(&self) -> u64 {
        let mut digest = Digest::default();
        let lists = [self.observations, self.replies, self.failures, self.unmet];
        lists.into_iter().for_each(|list| digest.word(list.0));
        digest.word(self.lost);
        digest.0
    }
}
