//! How far a run explains a chain: event by event, ids mapped one to one.

use super::schedule::Tied;
use crate::chain::{
    Answer, ChainEvent, ChainForm, Decoded, ENVIRONMENT, Generation, MESSAGING, RANDOM, RUNTIME, TIMING,
    decode, summary,
};
use crate::revive::event_pieces::flat;
use crate::revive::id_map::Ids;
use crate::revive::record::Entry;
use crate::revive::replay::reencode;
use crate::run::{Outcome, chain};
use crate::scenario::{REAL, Scenario};

/// How far one actor's chain is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The actor.
    pub actor: String,
    /// The events of the chain that the run made again.
    pub matched: usize,
    /// The events that were to be made: the runtime's own, and what the chain does not hold, left out.
    pub of: usize,
    /// Whether the run's chain has the very head that the recorded one has.
    pub same_head: bool,
    /// The first event that is not explained: its place, what the chain says, what the run did.
    pub unlike: Option<(usize, String, String)>,
}

/// Compares what an actor did in a run with its chain.
pub fn explain(scenario: &Scenario, outcome: &Outcome, tied: &Tied, ids: &mut Ids) -> Explained {
    let (actor, record) = (tied.actor, &tied.record);
    let directory = &scenario.setting.directory;
    let form = if record.generation == Generation::B { ChainForm::B } else { ChainForm::A };
    let made = outcome.acts.as_ref().map(|acts| chain(acts, actor, form, directory)).unwrap_or_default();
    let same_head =
        made.last().map(|event| event.hash) == record.entries.last().map(|entry| entry.event.hash);
    // A real clock is answered from the record, where it was compared, as what is not served.
    let real = record.entries.iter().filter_map(|entry| clock(&entry.said)).any(|time| time >= Some(REAL));
    let counts = |event_type: &str, said: &Decoded| {
        counts(event_type, said, record.silent) && !(real && clock(said).is_some())
    };
    let made: Vec<(ChainEvent, Decoded)> = made
        .into_iter()
        .map(|event| {
            let said = decode(&event);
            (event, said)
        })
        .filter(|(event, said)| counts(&event.event_type, said))
        .collect();
    let wanted: Vec<(usize, &Entry)> = record
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| counts(&entry.event.event_type, &entry.said))
        .collect();
    let mut explained = Explained {
        actor: directory.name(actor).to_owned(),
        matched: 0,
        of: wanted.len(),
        same_head,
        unlike: None,
    };
    for (count, (place, entry)) in wanted.iter().enumerate() {
        let ours = made.get(count);
        if !ours.is_some_and(|(_, said)| same(said, &entry.said, ids)) {
            let did = ours.map_or_else(|| "nothing more".to_owned(), |(event, _)| summary(event));
            explained.unlike = Some((*place, summary(&entry.event), did));
            break;
        }
        explained.matched += 1;
    }
    explained
}

/// Whether an event is one that a run here makes too.
fn counts(event_type: &str, said: &Decoded, silent: bool) -> bool {
    let of_the_runtime = matches!(said, Decoded::SetUp { .. } | Decoded::Stopped);
    let unrecorded = silent && event_type.starts_with(MESSAGING);
    !of_the_runtime && !unrecorded && !unserved(said)
}

/// Whether an event is of an import that no profile serves: it was compared when the actor was driven from its chain, and a run does not
/// record it.
fn unserved(said: &Decoded) -> bool {
    let (Decoded::Host { interface, .. }
    | Decoded::HostBegan { interface, .. }
    | Decoded::HostEnded { interface, .. }) = said
    else {
        return false;
    };
    ![MESSAGING, RUNTIME, RANDOM, TIMING, ENVIRONMENT].iter().any(|known| interface == known)
}

/// The time that an event of `timing.now` tells, if it is one, and tells any.
fn clock(said: &Decoded) -> Option<Option<u64>> {
    let now = |interface: &str, function: &str| interface == TIMING && function == "now";
    match said {
        Decoded::HostBegan { interface, function, .. } if now(interface, function) => Some(None),
        Decoded::HostEnded { interface, function, answer } if now(interface, function) => match answer {
            Answer::Val(val) => Some(val.as_unsigned()),
            _ => Some(None),
        },
        Decoded::Host { interface, function, output, .. } if now(interface, function) => {
            Some(reencode::meaning(output).as_u64())
        }
        _ => None,
    }
}

/// Whether two events say the same but for ids.
fn same(made: &Decoded, recorded: &Decoded, ids: &mut Ids) -> bool {
    let ((ours, our_bytes), (theirs, their_bytes)) = (flat(made), flat(recorded));
    ours == theirs
        && our_bytes.len() == their_bytes.len()
        && our_bytes.iter().zip(&their_bytes).all(|(a, b)| ids.alike(a, b, true))
}
