//! The actors of a scenario driven from their chains, whose addresses are others than those of the scenario.
//!
//! States and messages of a scenario name its own addresses, and a chain those that the real system drew. What an actor does with the one
//! shows, at the event at which it goes another way, which stands for which: then it is driven again with that.

use super::schedule::Tied;
use super::shown_state::shown;
use crate::error::Result;
use crate::id::ActorId;
use crate::revive::draft::addresses::addresses;
use crate::revive::id_map::{Ids, beside};
use crate::revive::peers::Peers;
use crate::revive::record::ChainRecord;
use crate::revive::replay::{ReplayOptions, replay};
use crate::revive::report::Report;
use crate::scenario::Scenario;
use crate::state::Directory;
use std::sync::Arc;

/// How many times one actor is driven again.
const MOST_TIMES: usize = 64;

/// Drives every actor from its chain, as the scenario makes it.
///
/// # Errors
/// When a chain asks for something that cannot be made here.
pub fn replay_cast(scenario: &Scenario, chains: &[(ActorId, Arc<ChainRecord>)]) -> Result<Vec<Tied>> {
    let peers = Peers::of(chains.iter().map(|(_, record)| &**record));
    let directory = Arc::new(scenario.setting.directory.clone());
    let mut ids = Ids::default();
    let mut one = |(actor, record): &(ActorId, Arc<ChainRecord>)| {
        let factory = shown(&scenario.factories[actor.index()], scenario.shows_state[actor.index()]);
        let mut times = 0;
        loop {
            let ours = directory.address(*actor);
            let address = record.address().is_none().then(|| ids.theirs(ours).unwrap_or(ours).to_owned());
            let state = scenario.setting.states[actor.index()].as_ref();
            let options = ReplayOptions {
                // Without a state of the scenario's, what explains the chain is looked for.
                state: state.map(|state| ids.in_theirs(state)),
                address,
                peers: Arc::clone(&peers),
                profile: Some(scenario.profile),
                directory: Arc::clone(&directory),
            };
            let report = replay(record, &factory, &options)?;
            times += 1;
            if times == MOST_TIMES || !learned(&report, &directory, &mut ids) {
                return Ok(Tied { actor: *actor, record: Arc::clone(record), report });
            }
        }
    };
    chains.iter().map(&mut one).collect()
}

/// Whether the event at which an actor went another way tells an address that was not known.
fn learned(report: &Report, directory: &Directory, ids: &mut Ids) -> bool {
    let Some(found) = &report.divergence else { return false };
    let pairs: Option<Vec<_>> = found.apart.iter().map(|(made, recorded)| beside(made, recorded)).collect();
    let (mut fresh, known) = (ids.clone(), ids.len());
    let all = || (0..directory.names().len()).map(|place| directory.address(ActorId(place as u32)));
    let own = |id: &[u8]| all().any(|address| address.as_bytes() == id);
    // An address of the scenario's own stands for itself.
    let well = pairs
        .iter()
        .flatten()
        .flatten()
        .filter(|(ours, theirs)| ours != theirs)
        .all(|(ours, theirs)| own(ours) && !own(theirs) && fresh.bind(ours, theirs));
    let learned = well && fresh.len() > known;
    if learned {
        *ids = fresh;
    }
    learned
}

/// Which addresses of the chains are certain to stand for which of the scenario's: states and actors' own addresses were given in both.
pub(super) fn certain(scenario: &Scenario, tied: &[Tied]) -> Ids {
    let mut ids = Ids::new(false);
    for one in tied {
        let mut bound = ids.clone();
        let ours = scenario.setting.directory.address(one.actor);
        let own = one.record.address().or_else(|| one.report.address.clone().filter(|told| told != ours));
        if own.is_none_or(|own| bound.bind(ours.as_bytes(), own.as_bytes())) {
            ids = bound;
        }
        if let (Some(ours), Some(theirs)) = (&scenario.setting.states[one.actor.index()], &one.report.state) {
            let mut bound = ids.clone();
            if ours[..] != theirs[..] && bound.alike(ours, theirs, true) {
                ids = bound;
            }
        }
    }
    ids
}

/// Which address each actor has in the chains, as far as these tell.
pub(super) fn told(scenario: &Scenario, tied: &[Tied]) -> Vec<Option<String>> {
    let chains: Vec<(&ChainRecord, &Report)> = tied.iter().map(|one| (&*one.record, &one.report)).collect();
    let (ids, voted) = (certain(scenario, tied), addresses(&chains));
    let of = |one: &Tied| ids.theirs(scenario.setting.directory.address(one.actor)).map(str::to_owned);
    let certain: Vec<Option<String>> = tied.iter().map(of).collect();
    let free = |told: &String| !certain.contains(&Some(told.clone()));
    certain.iter().zip(voted).map(|(known, voted)| known.clone().or(voted.filter(free))).collect()
}

/// The addresses that actors have in their chains, as far as these tell.
///
/// # Errors
/// When a chain asks for something that cannot be made here.
pub fn told_addresses(
    scenario: &Scenario,
    chains: &[(ActorId, Arc<ChainRecord>)],
) -> Result<Vec<(ActorId, String)>> {
    let peers = Peers::of(chains.iter().map(|(_, record)| &**record));
    let one = |(actor, record): &(ActorId, Arc<ChainRecord>)| {
        // The scenario's states may name other addresses: what explains the chain is looked for.
        let options = ReplayOptions {
            peers: Arc::clone(&peers),
            profile: Some(scenario.profile),
            ..ReplayOptions::default()
        };
        let factory = shown(&scenario.factories[actor.index()], scenario.shows_state[actor.index()]);
        replay(record, &factory, &options)
    };
    let reports = chains.iter().map(one).collect::<Result<Vec<Report>>>()?;
    let tied = chains.iter().zip(reports).map(|((actor, record), report)| Tied {
        actor: *actor,
        record: Arc::clone(record),
        report,
    });
    let tied: Vec<Tied> = tied.collect();
    let told = tied.iter().zip(told(scenario, &tied));
    Ok(told.filter_map(|(one, told)| Some((one.actor, told?))).collect())
}
