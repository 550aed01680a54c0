//! The chains of several actors of one run, explained together by an order of deliveries that is checked by running it.
#![cfg(feature = "wasm")]

use rehearsal::chain::{self, ChainForm};
use rehearsal::chooser::{Replay, Seeded};
use rehearsal::id::ActorId;
use rehearsal::limits::Limits;
use rehearsal::load::{self, FileLoader};
use rehearsal::revive::{self, Known, Options, Record, Report, Woven, schedule};
use rehearsal::run::{Keep, Outcome, chain as chain_of};
use rehearsal::scenario::Scenario;
use rehearsal::state::{Clock, Role};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn records(path: &Path) -> Record {
    Record::read(chain::open(path, chain::Limits::default()).unwrap().remove(0)).unwrap()
}

/// The chains of a recorded run, as files would hold them.
fn chains(scenario: &Scenario, outcome: &Outcome, form: ChainForm) -> Vec<(ActorId, Arc<Record>)> {
    let folder = tempfile::tempdir().unwrap();
    let directory = &scenario.setting.directory;
    let roles = scenario.setting.roles.iter().enumerate();
    let actors = roles.filter(|(_, role)| **role == Role::Actor).map(|(place, _)| ActorId(place as u32));
    let mut found = Vec::new();
    for actor in actors {
        let events = chain_of(outcome.acts.as_ref().unwrap(), actor, form, directory);
        let path = folder.path().join(format!("{}.json", directory.name(actor)));
        let mut bytes = Vec::new();
        chain::write_array(&mut bytes, &events).unwrap();
        std::fs::write(&path, bytes).unwrap();
        if !events.is_empty() {
            found.push((actor, Arc::new(records(&path))));
        }
    }
    found
}

/// Recorded run, chains, schedule, run: the same heads.
#[test]
fn what_we_record_ourselves_comes_back_with_the_same_heads() {
    let names = [
        "hello",
        "bank",
        "three-by-two",
        "forward-chain",
        "deferred-reply",
        "ring",
        "fan-in",
        "channel-life",
    ];
    for name in names {
        let path = PathBuf::from(format!("scenarios/{name}.json"));
        let scenario = load::scenario(&path, None, Some("actors")).unwrap();
        for seed in 0..5 {
            let mut simulation = scenario.simulation(Some(Clock::Loose));
            let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep { trace: true, acts: true });
            for form in [ChainForm::A, ChainForm::B] {
                // Generation A does not keep the bytes that were drawn.
                if form == ChainForm::A && name == "environment-and-random" {
                    continue;
                }
                let woven = schedule(&scenario, &chains(&scenario, &outcome, form));
                assert!(woven.holds(), "{name}, seed {seed}: {:?}", woven.actors);
                let same = woven.actors.iter().all(|actor| actor.same_head);
                assert!(same || form == ChainForm::A, "{name}, seed {seed}: {:?}", woven.actors);
            }
        }
    }
}

/// The recordings: folders with what their chains were made by.
fn recorded() -> Vec<(PathBuf, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for folder in ["router-2026-01-03", "router-2026-01-14", "runtime-2025-07-10"] {
        for entry in std::fs::read_dir(Path::new("tests/data/chains").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::read(path.join("meta.json")).unwrap();
            let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let actors = meta["actors"].as_array().unwrap().iter();
            found.push((path, actors.map(|one| (text(&one["name"]), text(&one["component"]))).collect()));
        }
    }
    found.sort();
    found
}

/// Drafts a scenario from chains and weaves it.
fn drafted(folder: &Path, actors: &[(String, String)]) -> (Scenario, Woven) {
    let chains: Vec<Arc<Record>> =
        actors.iter().map(|(name, _)| Arc::new(records(&folder.join(format!("{name}.json"))))).collect();
    let limits = Limits::default();
    let play = |(place, (_, component)): (usize, &(String, String))| -> Report {
        let peers = chains.iter().enumerate().filter(|(other, _)| *other != place);
        let options =
            Options { peers: peers.map(|(_, peer)| (**peer).clone()).collect(), ..Options::default() };
        let path = Path::new("scenarios/actors").join(component);
        let loaded = load::component(&path, None, &limits).unwrap();
        revive::replay(&chains[place], &loaded.factory, &options).unwrap()
    };
    let reports: Vec<Report> = actors.iter().enumerate().map(play).collect();
    let known: Vec<Known<'_>> = actors
        .iter()
        .enumerate()
        .map(|(place, (name, component))| Known {
            name: name.clone(),
            component: component.clone(),
            record: &chains[place],
            report: &reports[place],
        })
        .collect();
    let profile = revive::profile_of(chains.iter().map(|chain| &**chain));
    let text = serde_json::to_string(&revive::draft(&known, profile)).unwrap();
    let scenario =
        Scenario::parse(&text, "draft.json", &mut FileLoader::new("scenarios/actors", None)).unwrap();
    let find = |name: &str| scenario.setting.directory.find(name).unwrap();
    let tied: Vec<(ActorId, Arc<Record>)> =
        actors.iter().zip(&chains).map(|((name, _), chain)| (find(name), Arc::clone(chain))).collect();
    let woven = schedule(&scenario, &tied);
    (scenario, woven)
}

#[test]
fn every_recording_is_explained_and_its_order_can_be_followed() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 12);
    for (folder, actors) in recorded {
        let (scenario, woven) = drafted(&folder, &actors);
        assert!(woven.holds(), "{}: {:?}", folder.display(), woven.actors);
        let record = woven.outcome.record.as_ref().unwrap();
        let answers = record.choices.iter().copied().map(Into::into).collect();
        let mut simulation = scenario.simulation(Some(Clock::Loose));
        let again = Replay::new(answers, scenario.names());
        let (outcome, _) = simulation.run(Box::new(again), Keep { trace: true, acts: false });
        let followed = outcome.record.unwrap().choices;
        assert_eq!(followed[..], record.choices[..followed.len()], "{}", folder.display());
    }
}

#[test]
fn what_cannot_be_reconciled_is_named() {
    let path = PathBuf::from("scenarios/bank.json");
    let scenario = load::scenario(&path, None, Some("actors")).unwrap();
    let mut simulation = scenario.simulation(Some(Clock::Loose));
    let run = |simulation: &mut rehearsal::run::Simulation, seed| {
        simulation.run(Box::new(Seeded::new(seed)), Keep { trace: true, acts: true }).0
    };
    let first = chains(&scenario, &run(&mut simulation, 0), ChainForm::B);
    // One actor's chain of another run, in which it heard something else.
    let other =
        (1..50).map(|seed| chains(&scenario, &run(&mut simulation, seed), ChainForm::B)).find(|other| {
            other.iter().zip(&first).any(|((_, a), (_, b))| {
                a.entries.last().map(|e| e.event.hash) != b.entries.last().map(|e| e.event.hash)
            })
        });
    let other = other.expect("orders differ");
    let place = (0..first.len())
        .find(|&place| {
            first[place].1.entries.last().map(|e| e.event.hash)
                != other[place].1.entries.last().map(|e| e.event.hash)
        })
        .unwrap();
    let mut shorter = (*first[place].1).clone();
    let last = shorter.entries.len() - 1;
    shorter.entries[last] = other[place].1.entries[0].clone();
    let mut mixed = first.clone();
    mixed[place].1 = Arc::new(shorter);
    let woven = schedule(&scenario, &mixed);
    assert!(!woven.holds());
    assert!(
        woven.actors.iter().any(|actor| actor.unlike.as_ref().is_some_and(|(event, _, _)| *event == last))
    );
}
