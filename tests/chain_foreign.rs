//! Chains as a real system makes them: every id drawn at random, the addresses too. From the command line, as they would be tried: with the
//! scenario, and with a drafted one; and the trace that is written is followed to its end.
#![cfg(feature = "wasm")]

mod chains;

use chains::foreign::Drawn;
use rehearsal::chain::{ChainForm, MESSAGING};
use rehearsal::chooser::Seeded;
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::run::{Keep, Outcome};
use rehearsal::scenario::{LikeSpec, Scenario, ScenarioFile};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Those that rightly are not explained by a draft, and why: what the runtime's parameters were is in no chain, and no real one has these.
const NOT: [(&str, &str); 4] = [
    ("theater/repaired/r2-early", "who opened a channel knows it before its peer"),
    ("theater/repaired/r4-slam", "who opened a channel knows it before its peer"),
    ("theater/repaired/r9-outstanding", "a request is known before its handler ends"),
    ("theater/repaired/s1-router-waits", "the router waits for no handler"),
];

fn target() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

fn scenarios() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["", "theater", "theater/repaired", "correct", "canaries"] {
        for entry in std::fs::read_dir(Path::new("scenarios").join(folder)).unwrap() {
            found.push(entry.unwrap().path());
        }
    }
    found.retain(|path| path.extension().is_some_and(|end| end == "json"));
    found.sort();
    found
}

/// The scenario with its components named from anywhere, and its router as real ones were.
fn placed(path: &Path, folder: &Path) -> (ScenarioFile, Scenario, PathBuf) {
    let mut file = rehearsal::scenario::read(&std::fs::read_to_string(path).unwrap(), "it").unwrap();
    for (_, actor) in &mut file.actors.0 {
        if let Some(component) = &mut actor.component {
            let at = path.parent().unwrap().join(&*component).canonicalize().unwrap();
            *component = at.display().to_string();
        }
    }
    if file.profile.as_deref() == Some("theater-0.3") {
        file.theater.get_or_insert_default().like = Some(LikeSpec::B);
    }
    let at = folder.join("given.json");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(&at, serde_json::to_string_pretty(&file).unwrap()).unwrap();
    let scenario = load::scenario(&at, Some(target().join("components")), None).unwrap();
    (file, scenario, at)
}

/// The chains of a run as files, their ids drawn anew if they are to be `foreign`.
fn written(
    scenario: &Scenario,
    outcome: &Outcome,
    form: &str,
    folder: &Path,
    foreign: bool,
) -> Vec<(String, PathBuf)> {
    let mut drawn = Drawn::new(7, &BTreeSet::new());
    let chain_form = if form == "a" { ChainForm::A } else { ChainForm::B };
    let chains = chains::of_run(scenario, outcome, chain_form, |events| {
        if form == "silent" {
            events.retain(|event| !event.event_type.starts_with(MESSAGING));
        }
    });
    let file = |(actor, record): (rehearsal::id::ActorId, std::sync::Arc<rehearsal::revive::ChainRecord>)| {
        let mut events: Vec<_> = record.entries.iter().map(|entry| entry.event.clone()).collect();
        if foreign {
            drawn.chain(&mut events);
        }
        let name = scenario.setting.directory.name(actor).to_owned();
        let path = folder.join(format!("{name}.json"));
        let mut bytes = Vec::new();
        rehearsal::chain::write_array(&mut bytes, &events).unwrap();
        std::fs::write(&path, bytes).unwrap();
        (name, path)
    };
    chains.into_iter().map(file).collect()
}

/// What the command printed, where its status is another one.
fn told(command: &mut Command, status: impl Fn(i32) -> bool) -> Option<String> {
    let output = command.env("REHEARSAL_CACHE", target().join("components")).output().unwrap();
    let code = output.status.code().unwrap_or(-1);
    let text = [&output.stdout[..], &output.stderr].concat();
    (!status(code)).then(|| format!("status {code}\n{}", String::from_utf8_lossy(&text)))
}

fn rehearsal() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rehearsal"))
}

/// Explained, and followed: else what was said instead.
fn wrong(chains: &[(String, PathBuf)], arguments: &[String], trace: &Path) -> Option<String> {
    let mut schedule = rehearsal();
    schedule.args(["chain", "schedule"]).args(arguments).arg("-o").arg(trace);
    schedule.args(chains.iter().map(|(_, path)| path));
    // A trace that shows a failure again is followed too.
    told(&mut schedule, |code| code == 0)
        .or_else(|| told(rehearsal().arg("replay").arg(trace), |code| code < 2))
}

fn hold(path: &Path, seed: u64, bad: &mut Vec<String>) {
    let name = path.strip_prefix("scenarios").unwrap().with_extension("").display().to_string();
    for form in ["a", "b", "silent"] {
        let folder = target().join("foreign").join(format!("{}-{seed}-{form}", name.replace('/', "-")));
        let _ = std::fs::remove_dir_all(&folder);
        let (file, scenario, at) = placed(path, &folder);
        // Only the router's last tree left messaging calls out.
        if form == "silent" && scenario.profile != Profile::Theater03 {
            continue;
        }
        let mut simulation = scenario.simulation(None);
        let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep { trace: false, acts: true });
        let chains = written(&scenario, &outcome, form, &folder, true);
        if chains.is_empty() {
            continue;
        }
        let mut ways = vec![("given", vec![format!("--scenario={}", at.display())])];
        ways.extend(to_draft(&file, &scenario, &chains).map(|draft| ("drafted", draft)));
        for (way, arguments) in ways {
            let not = NOT.iter().find(|(other, _)| *other == name && way == "drafted");
            match (wrong(&chains, &arguments, &folder.join(format!("{way}.trace"))), not) {
                (Some(said), None) => bad.push(format!("{name} seed {seed} {form} {way}: {said}")),
                (None, Some((_, why))) => bad.push(format!("{name} {form} {way} is explained: {why}")),
                _ => {}
            }
        }
    }
}

/// What has the command draft a scenario, if every actor with a chain is a component.
fn to_draft(file: &ScenarioFile, scenario: &Scenario, chains: &[(String, PathBuf)]) -> Option<Vec<String>> {
    let component = |(name, _): &(String, PathBuf)| {
        let (_, spec) = file.actors.0.iter().find(|(known, _)| known == name)?;
        Some(format!("--component={name}={}", spec.component.as_ref()?))
    };
    let mut draft = chains.iter().map(component).collect::<Option<Vec<String>>>()?;
    draft.push(format!("--profile={}", scenario.profile.name()));
    Some(draft)
}

#[test]
fn every_scenario_comes_back_whatever_its_ids_are() {
    let mut bad = Vec::new();
    for path in scenarios() {
        let seeds = if path.starts_with("scenarios/theater") { 2 } else { 1 };
        (0..seeds).for_each(|seed| hold(&path, seed, &mut bad));
    }
    assert!(bad.is_empty(), "{} are not as they should be:\n{}", bad.len(), bad.join("\n"));
}

/// Some addresses are given in the scenario, others derived from names: a draft has only the chains, and in generation B no `init` tells them.
#[test]
fn addresses_that_are_given_and_such_that_are_derived_are_told_apart() {
    for named in ["front", "middle", "back"] {
        let folder = target().join("foreign").join(format!("mixed-{named}"));
        let (mut file, _, at) = placed(Path::new("scenarios/forward-chain.json"), &folder);
        let (_, spec) = file.actors.0.iter_mut().find(|(known, _)| known == named).unwrap();
        spec.id = Some("7a9c1f52-90a4-4b15-8c11-f0d3a1c5e210".to_owned());
        std::fs::write(&at, serde_json::to_string(&file).unwrap()).unwrap();
        let scenario = load::scenario(&at, Some(target().join("components")), None).unwrap();
        let (outcome, _) =
            scenario.simulation(None).run(Box::new(Seeded::new(1)), Keep { trace: false, acts: true });
        for form in ["a", "b"] {
            let chains = written(&scenario, &outcome, form, &folder, false);
            let draft = to_draft(&file, &scenario, &chains).unwrap();
            assert_eq!(wrong(&chains, &draft, &folder.join("o.trace")), None, "{named} {form}");
        }
    }
}

/// Of real recordings the chain of one end of a channel alone: who stands in for the other sends what came from there.
#[test]
fn what_came_over_a_channel_from_who_has_no_chain_is_sent_by_who_stands_in_for_it() {
    for recorded in ["runtime-2025-07-10", "router-2026-01-03", "router-2026-01-14"] {
        let folder = target().join("foreign").join(format!("missing-{recorded}"));
        std::fs::create_dir_all(&folder).unwrap();
        let opener = PathBuf::from(format!("tests/data/chains/{recorded}/e3-channel/opener.json"));
        let draft = ["--component=opener=scenarios/actors/lab-a.wasm".to_owned()];
        let trace = folder.join("o.trace");
        assert_eq!(wrong(&[("opener".to_owned(), opener)], &draft, &trace), None, "{recorded}");
        let draft = std::fs::read_to_string(folder.join("o.json")).unwrap();
        assert!(draft.contains("stand-in over channel"), "{draft}");
    }
}
