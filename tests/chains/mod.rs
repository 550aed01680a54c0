//! What several tests of chains need: the chains of a run as files would hold them.
#![allow(dead_code)]

pub mod foreign;

use rehearsal::chain::{self, ChainBuilder, ChainEvent, ChainForm, HostCall, Val};
use rehearsal::id::ActorId;
use rehearsal::revive::ChainRecord;
use rehearsal::run::{Outcome, chain as chain_of};
use rehearsal::scenario::Scenario;
use rehearsal::state::Role;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// The chain in a file.
pub fn read(path: &Path) -> ChainRecord {
    ChainRecord::read(chain::open(path, chain::Limits::default()).unwrap().remove(0)).unwrap()
}

/// These events as a file would hold them.
pub fn record(name: &str, events: &[ChainEvent]) -> ChainRecord {
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
) -> Vec<(ActorId, Arc<ChainRecord>)> {
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

/// A supervisor's chain in generation A, whose words for it are not those of the functions; with `spawned`, the manifest.
pub fn parent(spawned: &str) -> Vec<ChainEvent> {
    const CLIENT: &str = "theater:simple/message-server-client";
    const INIT: &str = "theater:simple/actor.init";
    let mut chain = ChainBuilder::new(ChainForm::A);
    let spawn = "theater:simple/supervisor/spawn";
    let child = "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c";
    let mut events = Vec::new();
    let supervisor = |data: serde_json::Value| ChainEvent {
        event_type: spawn.into(),
        data: json!({ "Supervisor": data }).to_string().into_bytes(),
        timestamp: Some(0),
        description: Some(None),
        ..ChainEvent::default()
    };
    chain.wasm_call(INIT, format!("[\"{child}\"]").as_bytes(), 0);
    chain.wasm_result(INIT, Some(b"s"), b"null", 0);
    chain.wasm_call(&format!("{CLIENT}.handle-send"), json!([b"child.toml"]).to_string().as_bytes(), 0);
    events.append(&mut chain.take_events());
    events.push(supervisor(json!({"SpawnChildCall": {"manifest_path": spawned}})));
    events.push(supervisor(json!({"SpawnChildResult": {"child_id": child, "success": true}})));
    let exit = "theater:simple/supervisor-handlers.handle-child-exit";
    chain.wasm_result(&format!("{CLIENT}.handle-send"), Some(b"s"), b"null", 0);
    chain.wasm_call(exit, json!([child, b"bye"]).to_string().as_bytes(), 0);
    let log = HostCall::new("theater:simple/runtime", "log", vec![Val::text("observe child \"exit\"")]);
    chain.host_call(&log, &Val::unit(), 0);
    chain.wasm_result(exit, Some(b"s"), b"null", 0);
    chain.wasm_call(&format!("{CLIENT}.handle-send"), json!([b"none.toml"]).to_string().as_bytes(), 0);
    events.append(&mut chain.take_events());
    events.push(supervisor(json!({"SpawnChildCall": {"manifest_path": "none.toml"}})));
    events.push(supervisor(json!({"Error": {"operation": "spawn", "child_id": null, "message": "no file"}})));
    chain.wasm_error(&format!("{CLIENT}.handle-send"), "Failed to call function: no file", 0);
    events.append(&mut chain.take_events());
    seal(&mut events);
    events
}
