//! The law over every scenario that is here: a recorded run gives chains; `chain schedule` gives an order for them; that order, run,
//! gives the same chains. With the scenario and with a drafted one, with the run's own ids and with such as a real system draws.
#![cfg(feature = "wasm")]

mod chains;

use rehearsal::chain::ChainForm;
use rehearsal::chooser::Seeded;
use rehearsal::id::ActorId;
use rehearsal::load::{self, FileLoader};
use rehearsal::profile::Profile;
use rehearsal::revive::{self, ChainRecord, Known, MOST_STEPS, Peers, ReplayOptions, Report, Tied, Woven};
use rehearsal::run::Keep;
use rehearsal::scenario::{Scenario, ScenarioFile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FOLDERS: [&str; 5] = ["", "theater", "theater/repaired", "correct", "canaries"];

fn scenarios() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(Path::new("scenarios").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// With the scenario; where that does not explain them, with one whose actors have the addresses of the chains.
fn with_scenario(
    path: &Path,
    file: &ScenarioFile,
    scenario: &Scenario,
    chains: &[(ActorId, Arc<ChainRecord>)],
) -> Woven {
    let woven = revive::schedule(scenario, chains, MOST_STEPS).unwrap();
    if woven.holds() {
        return woven;
    }
    let mut file = file.clone();
    for (actor, told) in revive::told_addresses(scenario, chains).unwrap() {
        file.actors.0[actor.index()].1.id = Some(told);
    }
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("components");
    let mut loader = FileLoader::new(path.parent().unwrap(), Some(cache));
    match Scenario::parse(&serde_json::to_string(&file).unwrap(), "it.json", &mut loader) {
        Ok(scenario) => revive::schedule(&scenario, chains, MOST_STEPS).unwrap(),
        Err(_) => woven,
    }
}

/// Where the components are, if every actor with a chain is one.
fn components(
    path: &Path,
    file: &ScenarioFile,
    scenario: &Scenario,
    chains: &[(ActorId, Arc<ChainRecord>)],
) -> Option<Vec<String>> {
    let folder = path.parent().unwrap();
    let of = |actor: &ActorId| {
        let name = scenario.setting.directory.name(*actor);
        let spec = file.actors.0.iter().find(|(known, _)| known == name).map(|(_, spec)| spec)?;
        Some(folder.join(spec.component.as_ref()?).canonicalize().unwrap().display().to_string())
    };
    chains.iter().map(|(actor, _)| of(actor)).collect()
}

fn drafted(
    file: &ScenarioFile,
    scenario: &Scenario,
    components: &[String],
    chains: &[(ActorId, Arc<ChainRecord>)],
) -> Woven {
    let rules = scenario.profile;
    let peers = Peers::of(chains.iter().map(|(_, record)| &**record));
    let play = |(actor, record): &(ActorId, Arc<ChainRecord>)| -> Report {
        let options =
            ReplayOptions { peers: Arc::clone(&peers), profile: Some(rules), ..ReplayOptions::default() };
        revive::replay(record, &scenario.factory(*actor), &options).unwrap()
    };
    let reports: Vec<Report> = chains.iter().map(play).collect();
    let known =
        chains.iter().zip(&reports).zip(components).map(|(((actor, record), report), component)| Known {
            name: scenario.setting.directory.name(*actor).to_owned(),
            component: component.clone(),
            record,
            report,
        });
    let known: Vec<Known<'_>> = known.collect();
    let drafted = |cut: bool| {
        let (mut draft, _) = revive::draft(&known, rules, cut);
        // What the runtime's parameters were is in no chain.
        if rules != Profile::Actors {
            let like = match scenario.setting.theater.like {
                rehearsal::theater::Like::B => rehearsal::scenario::LikeSpec::B,
                rehearsal::theater::Like::C => rehearsal::scenario::LikeSpec::C,
            };
            let spec = file.theater.clone().unwrap_or_default();
            draft.theater = Some(rehearsal::scenario::TheaterSpec { like: Some(like), ..spec });
        }
        draft
    };
    let tied = chains.iter().zip(reports.iter()).enumerate().map(|(place, ((_, record), report))| Tied {
        actor: ActorId(place as u32),
        record: Arc::clone(record),
        report: report.clone(),
    });
    let tied: Vec<Tied> = tied.collect();
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("components");
    let mut load = |draft: &ScenarioFile| {
        let text = serde_json::to_string(draft).unwrap();
        Scenario::parse(&text, "draft.json", &mut FileLoader::new("scenarios/actors", Some(cache.clone())))
    };
    let quick = revive::quick(&tied, MOST_STEPS);
    let (_, woven) = revive::schedule_draft(drafted(false), &tied, quick, &mut load).unwrap();
    if woven.holds() {
        return woven;
    }
    if let Some((_, woven)) = revive::draft_beyond(&drafted(true), rules, &tied, quick, &mut load).unwrap() {
        return woven;
    }
    woven
}

fn wrong(woven: &Woven, same: bool) -> Option<String> {
    let found = &woven.found;
    if !woven.holds() {
        return Some(format!(
            "not explained, {} steps, bounded {}, complete {}: {:?}\n   {:?}\n   {:?}",
            found.steps, found.bounded, found.complete, found.clash, woven.actors, woven.conflict
        ));
    }
    if !woven.followed {
        return Some("the order was not followed".to_owned());
    }
    let other = woven.actors.iter().find(|actor| !actor.same_head).filter(|_| same);
    other.map(|actor| format!("another head: {}", actor.actor))
}

fn hold(path: &Path, seed: u64, bad: &mut Vec<String>) {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("components");
    let scenario = load::scenario(path, Some(cache), None).unwrap();
    let file = rehearsal::scenario::read(&std::fs::read_to_string(path).unwrap(), "it").unwrap();
    let mut simulation = scenario.simulation(None);
    let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep { trace: true, acts: true });
    for form in [ChainForm::A, ChainForm::B] {
        let own = chains::of_run(&scenario, &outcome, form, |_| ());
        // Generation A does not keep the bytes that were drawn.
        if own.is_empty() || form == ChainForm::A && path.ends_with("environment-and-random.json") {
            continue;
        }
        let directory = &scenario.setting.directory;
        let known = (0..directory.names().len()).map(|who| directory.address(ActorId(who as u32)).to_owned());
        let foreign = chains::foreign::renamed(&own, &known.collect());
        let components = components(path, &file, &scenario, &own);
        for (chains, ids) in [(&own, "own"), (&foreign, "foreign")] {
            let what = format!("{} seed {seed} {form:?} {ids} ids", path.display());
            let woven = with_scenario(path, &file, &scenario, chains);
            if let Some(wrong) = wrong(&woven, ids == "own" && form == ChainForm::B) {
                bad.push(format!("{what} with the scenario: {wrong}"));
            }
            if let Some(components) = &components {
                let woven = drafted(&file, &scenario, components, chains);
                if let Some(wrong) = wrong(&woven, false) {
                    bad.push(format!("{what} drafted: {wrong}"));
                }
            }
        }
    }
}

/// How many runs of each.
const SEEDS: u64 = 2;

#[test]
fn every_scenario_comes_back() {
    let mut bad = Vec::new();
    for path in scenarios() {
        (0..SEEDS).for_each(|seed| hold(&path, seed, &mut bad));
    }
    assert!(bad.is_empty(), "{} are not as they should be:\n{}", bad.len(), bad.join("\n"));
}
