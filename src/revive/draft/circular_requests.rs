//! What cannot have been sent by whoever seems to have: who asks each other in a circle was asked by somebody outside first.

use super::addresses::finder;
use crate::chain::Invocation;
use crate::id::ActorId;
use crate::revive::message_key::MessageKey;
use crate::revive::record::ChainRecord;
use crate::revive::report::Report;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A call of an export: where its chain has it, its message, and what it sends.
struct Part {
    place: usize,
    time: Option<u64>,
    key: Option<MessageKey>,
    sends: Vec<MessageKey>,
}

/// The calls, by actor and place, whose messages came from outside although others sent enough of them: not one of these was sent before.
pub(super) fn forced(
    actors: &[(&ChainRecord, &Report)],
    addresses: &[Option<String>],
) -> BTreeSet<(usize, usize)> {
    let mut parts: Vec<VecDeque<Part>> =
        actors.iter().enumerate().map(|(place, actor)| parts(place, *actor, addresses)).collect();
    // What nobody here sent is there from the beginning.
    let mut there: BTreeMap<MessageKey, usize> = BTreeMap::new();
    for part in parts.iter().flatten() {
        part.key.iter().for_each(|key| *there.entry(key.clone()).or_default() += 1);
    }
    for key in parts.iter().flatten().flat_map(|part| &part.sends) {
        there.entry(key.clone()).and_modify(|left| *left = left.saturating_sub(key.receivers()));
    }
    let mut forced = BTreeSet::new();
    loop {
        let mut went = false;
        for own in &mut parts {
            while let Some(part) = own.pop_front_if(|part| takes(part, &mut there)) {
                part.sends.into_iter().for_each(|key| puts(key, &mut there));
                went = true;
            }
        }
        if went {
            continue;
        }
        let first = parts.iter().enumerate().filter_map(|(actor, own)| {
            let part = own.front()?;
            let plain = part.key.as_ref().is_some_and(|key| key.to.is_some());
            plain.then_some((part.time.unwrap_or(0), actor, part.place))
        });
        let Some((_, actor, place)) = first.min() else { return forced };
        forced.insert((actor, place));
        let sends = parts[actor].pop_front().map(|part| part.sends).unwrap_or_default();
        sends.into_iter().for_each(|key| puts(key, &mut there));
    }
}

/// How many messages must have come from outside.
pub(super) fn outside(actors: &[(&ChainRecord, &Report)], addresses: &[Option<String>]) -> usize {
    let mut left: BTreeMap<MessageKey, usize> = BTreeMap::new();
    let parts: Vec<Part> =
        actors.iter().enumerate().flat_map(|(place, actor)| parts(place, *actor, addresses)).collect();
    parts.iter().flat_map(|part| &part.sends).for_each(|key| puts(key.clone(), &mut left));
    let nobodys = |part: &&Part| {
        let Some(key) = part.key.as_ref().filter(|key| key.to.is_some()) else { return false };
        let count = left.entry(key.clone()).or_default();
        let none = *count == 0;
        *count = count.saturating_sub(1);
        none
    };
    let outside = parts.iter().filter(nobodys).count();
    outside + forced(actors, addresses).len()
}

/// What was sent is there, as often as it may be handled.
fn puts(key: MessageKey, there: &mut BTreeMap<MessageKey, usize>) {
    let count = key.receivers();
    *there.entry(key).or_default() += count;
}

/// Whether a call can be: its message is there, and is taken.
fn takes(part: &Part, there: &mut BTreeMap<MessageKey, usize>) -> bool {
    let Some(key) = &part.key else { return true };
    let Some(count) = there.get_mut(key).filter(|count| **count > 0) else { return false };
    *count -= 1;
    true
}

fn parts(
    place: usize,
    (record, report): (&ChainRecord, &Report),
    addresses: &[Option<String>],
) -> VecDeque<Part> {
    let mut scripts = report.script.iter();
    let find = finder(addresses);
    let part = |(at, _, call): (usize, &str, Invocation)| {
        let moves = scripts.next().map_or(&[][..], Vec::as_slice);
        let sends = moves.iter().filter_map(|made| MessageKey::sent(&made.call, &find)).collect();
        let time = record.entries[at].event.timestamp;
        Part { place: at, time, key: MessageKey::handled(ActorId(place as u32), &call), sends }
    };
    record.calls().map(part).collect()
}
