//! A compiled predicate: names are resolved, and what looks at the run lies flat.

use super::history::{Fold, Memory, Whose};
use super::lens::{Lenses, Part};
use super::matcher::{Matcher, whole};
use crate::actor::FailureKind;
use crate::call::{HostAnswer, Received};
use crate::id::ActorId;
use crate::payload::Payload;
use crate::state::{FailureSeen, ReplySeen, State, Status};
use serde_json::Value;

/// How leaves are joined; a leaf is named by its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Leaf(usize),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

/// Something that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf {
    /// Observations.
    Seen(Whose, Fold),
    /// Answers of a client that fit.
    Reply(ActorId, Wanted),
    /// How many answers a client got.
    Answered(ActorId, Matcher),
    /// Failed turns.
    Failed(Option<ActorId>, Option<FailureKind>),
    /// Messages that were dropped.
    Lost(Matcher),
    /// A part of a state.
    State(Part, Matcher),
    /// Parts that are equal.
    Same(Vec<Part>),
    /// Parts and their sum.
    Sum(Vec<Part>, Matcher),
    /// Open channels.
    Channels(ActorId, Matcher),
    /// Whether somebody has stopped.
    Stopped(ActorId),
}

/// Which answers are meant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    /// Those that are no refusals and fit.
    Fitting(Box<Matcher>),
    /// Refusals, with this text in them if there is one.
    Refused(Option<String>),
}

/// What a predicate depends on, as bits: so that it is evaluated again only after a change of one of them.
pub(super) mod source {
    pub(crate) const OBSERVATIONS: u8 = 1;
    pub(crate) const REPLIES: u8 = 2;
    pub(crate) const FAILURES: u8 = 4;
    pub(crate) const LOST: u8 = 8;
    pub(crate) const STATES: u8 = 16;
    /// What no counter tells of.
    pub(crate) const EVERY_STEP: u8 = 32;
    /// Everything that a monitor has to remember.
    pub(crate) const HISTORY: u8 = OBSERVATIONS | REPLIES | FAILURES | LOST;
    pub(crate) const ALL: u8 = HISTORY | STATES | EVERY_STEP;
}

impl Leaf {
    /// What it depends on.
    pub(super) fn source(&self) -> u8 {
        match self {
            Leaf::Seen(..) => source::OBSERVATIONS,
            Leaf::Reply(..) | Leaf::Answered(..) => source::REPLIES,
            Leaf::Failed(..) => source::FAILURES,
            Leaf::Lost(_) => source::LOST,
            Leaf::State(..) | Leaf::Same(_) | Leaf::Sum(..) => source::STATES,
            Leaf::Channels(..) | Leaf::Stopped(_) => source::EVERY_STEP,
        }
    }

    /// The parts of states that it looks at.
    pub(super) fn parts(&self) -> &[Part] {
        match self {
            Leaf::State(part, _) => std::slice::from_ref(part),
            Leaf::Same(parts) | Leaf::Sum(parts, _) => parts,
            _ => &[],
        }
    }

    /// Whether it holds now.
    pub(super) fn holds(&self, state: &State, lenses: &Lenses, memory: &Memory) -> bool {
        match self {
            Leaf::Seen(_, fold) => fold.holds(memory),
            Leaf::Reply(..) | Leaf::Failed(..) => memory.first.is_some(),
            Leaf::Answered(_, matcher) | Leaf::Lost(matcher) => matcher.admits_whole(memory.count.into()),
            Leaf::State(part, matcher) => lenses.value(part).is_some_and(|value| matcher.admits(value)),
            Leaf::Same(parts) => same(lenses, parts),
            Leaf::Sum(parts, matcher) => sum(lenses, parts).is_some_and(|total| matcher.admits_whole(total)),
            Leaf::Channels(actor, matcher) => matcher.admits_whole(open_channels(state, *actor).into()),
            Leaf::Stopped(actor) => matches!(state.participant(*actor).status, Status::Stopped(_)),
        }
    }

    /// A digest of what it remembers, as far as it can still matter.
    pub(super) fn digest(&self, memory: &Memory) -> u64 {
        match self {
            Leaf::Seen(_, fold) => fold.digest(memory),
            Leaf::Reply(..) | Leaf::Failed(..) => u64::from(memory.first.is_some()),
            Leaf::Answered(_, matcher) | Leaf::Lost(matcher) => memory.count.min(matcher.ceiling()),
            _ => 0,
        }
    }

    /// Whether it can only come to hold, and whether it can only cease to.
    pub(super) fn trend(&self) -> (bool, bool) {
        match self {
            Leaf::Seen(_, fold) => fold.trend(),
            Leaf::Reply(..) | Leaf::Failed(..) | Leaf::Stopped(_) => (true, false),
            Leaf::Answered(_, matcher) | Leaf::Lost(matcher) => matcher.trend(),
            _ => (false, false),
        }
    }

    /// Takes in what a client was told, at `place` of the record.
    pub(super) fn take_reply(&self, memory: &mut Memory, place: usize, reply: &ReplySeen) {
        match self {
            Leaf::Reply(client, wanted) if *client == reply.client && memory.first.is_none() => {
                memory.first = wanted.admits(&reply.answer).then_some(place);
            }
            Leaf::Answered(client, _) if *client == reply.client => {
                memory.count += u64::from(answer(&reply.answer).is_some());
            }
            _ => {}
        }
    }

    /// Takes in a failed turn, at `place` of the record.
    pub(super) fn take_failure(&self, memory: &mut Memory, place: usize, seen: &FailureSeen) {
        if let Leaf::Failed(actor, kind) = self
            && memory.first.is_none()
            && actor.is_none_or(|actor| actor == seen.actor)
            && kind.is_none_or(|kind| kind == seen.failure.kind)
        {
            memory.first = Some(place);
        }
    }
}

impl Wanted {
    fn admits(&self, told: &HostAnswer) -> bool {
        match (self, told) {
            (Wanted::Refused(None), HostAnswer::Refused(_)) => true,
            (Wanted::Refused(Some(text)), HostAnswer::Refused(refusal)) => refusal.to_string().contains(text),
            (Wanted::Fitting(matcher), told) => answer(told).is_some_and(|value| matcher.admits(&value)),
            (Wanted::Refused(_), _) => false,
        }
    }
}

/// What a client was told, as a value: bytes as JSON where they are JSON, else as text; an accepted channel as its first
/// message, or `null`. Refusals, closes and the end of a wait are no answers.
pub(super) fn answer(told: &HostAnswer) -> Option<Value> {
    match told {
        HostAnswer::Bytes(data) => Some(value(data)),
        HostAnswer::Received(Received::Message(data) | Received::OnChannel(_, data)) => Some(value(data)),
        HostAnswer::Opened(opened) => {
            let first = opened.message.as_ref();
            Some(first.map_or(Value::Null, value))
        }
        _ => None,
    }
}

fn value(data: &Payload) -> Value {
    data.json().unwrap_or_else(|| Value::String(data.text().into_owned()))
}

/// How many channels a participant has open.
pub(super) fn open_channels(state: &State, actor: ActorId) -> u64 {
    let channels = &state.participant(actor).channels.active_channels;
    channels.iter().filter(|(_, channel)| channel.is_open).count() as u64
}

fn same(lenses: &Lenses, parts: &[Part]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return true };
    lenses.value(first).is_some_and(|value| rest.iter().all(|part| lenses.value(part) == Some(value)))
}

/// The sum of the parts, if each is a whole number.
pub(super) fn sum(lenses: &Lenses, parts: &[Part]) -> Option<i128> {
    parts.iter().try_fold(0i128, |total, part| total.checked_add(whole(lenses.value(part)?)?))
}

impl Tree {
    /// Whether it holds, given whether each leaf does.
    pub(super) fn holds(&self, leaf: &impl Fn(usize) -> bool) -> bool {
        match self {
            Tree::Leaf(place) => leaf(*place),
            Tree::Not(inner) => !inner.holds(leaf),
            Tree::All(inner) => inner.iter().all(|tree| tree.holds(leaf)),
            Tree::Any(inner) => inner.iter().any(|tree| tree.holds(leaf)),
        }
    }

    /// Whether it can only come to hold, and whether it can only cease to, given that of each leaf.
    pub(super) fn trend(&self, leaves: &[Leaf]) -> (bool, bool) {
        match self {
            Tree::Leaf(place) => leaves[*place].trend(),
            Tree::Not(inner) => {
                let (rises, falls) = inner.trend(leaves);
                (falls, rises)
            }
            Tree::All(inner) | Tree::Any(inner) => inner
                .iter()
                .map(|tree| tree.trend(leaves))
                .fold((true, true), |all, one| (all.0 && one.0, all.1 && one.1)),
        }
    }
}
