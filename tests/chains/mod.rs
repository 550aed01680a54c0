//! What several tests of chains need: the chains of a run as files would hold them.
#![allow(dead_code)]

use rehearsal::chain::{self, ChainEvent, ChainForm};
use rehearsal::id::ActorId;
use rehearsal::revive::Record;
use rehearsal::run::{Outcome, chain as chain_of};
use rehearsal::scenario::Scenario;
use rehearsal::state::Role;
use std::path::Path;
use std::sync::Arc;

/// The chain in a file.
pub fn read(path: &Path) -> Record {
    Record::read(chain::open(path, chain::Limits::default()).unwrap().remove(0)).unwrap()
}

/// These events as a file would hold them.
pub fn record(name: &str, events: &[ChainEvent]) -> Record {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.json"));
    let mut bytes = Vec::new();
    chain::write_array(&mut bytes, events).unwrap();
    std::fs::write(&path, bytes).unwrap();
    read(&path)
}

/// Links and hashes events anew.
pub fn seal(events: &mut [ChainEvent]) {
    let mut before = None;
    for event in events {
        event.parent_hash = before;
        event.seal();
        before = Some(event.hash);
    }
}

/// The chains of a recorded run; those without events are left out.
pub fn of_run(
    scenario: &Scenario,
    outcome: &Outcome,
    form: ChainForm,
    change: impl Fn(&mut Vec<ChainEvent>),
) -> Vec<(ActorId, Arc<Record>)> {
    let directory = &scenario.setting.directory;
    let roles = scenario.setting.roles.iter().enumerate();
    let actors = roles.filter(|(_, role)| **role == Role::Actor).map(|(place, _)| ActorId(place as u32));
    let mut found = Vec::new();
    for actor in actors {
        let mut events = chain_of(outcome.acts.as_ref().unwrap(), actor, form, directory);
        change(&mut events);
        if !events.is_empty() {
            found.push((actor, Arc::new(record(directory.name(actor), &events))));
        }
    }
    found
}
