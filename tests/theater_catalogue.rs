//! The catalogue of Theater's own races: each scenario shows its race in some order, and its repaired twin in none.
#![cfg(feature = "wasm")]

use rehearsal::chooser::Seeded;
use rehearsal::explore::{Options, explore};
use rehearsal::load;
use rehearsal::run::{Keep, Verdict};
use rehearsal::scenario::Scenario;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Orders tried of a scenario until one fails, and of a twin.
const ORDERS: u64 = 150;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/theater")
}

fn scenario(path: &Path) -> Scenario {
    load::scenario(path, None, None).unwrap_or_else(|error| panic!("{error}"))
}

/// The scenarios in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let named = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut names: Vec<String> =
        named.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

/// The first order that breaks something: its seed, and what it breaks.
fn broken(scenario: &Scenario) -> Option<(u64, String)> {
    let mut simulation = scenario.simulation(None);
    (0..ORDERS).find_map(|seed| {
        let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep::default());
        match outcome.verdict {
            Verdict::Held => None,
            Verdict::Violated(violation) => Some((seed, violation.property)),
            other => Some((seed, format!("{other:?}"))),
        }
    })
}

#[test]
fn every_race_is_found_and_its_twin_is_clean() {
    let names = names(&folder());
    assert_eq!(names.len(), 18);
    for name in names {
        let race = scenario(&folder().join(&name));
        assert!(broken(&race).is_some(), "{name}: not found in {ORDERS} orders");
        let twin = scenario(&folder().join("repaired").join(&name));
        assert_eq!(broken(&twin), None, "repaired/{name}");
    }
}

#[test]
fn the_finite_twins_are_clean_in_every_order() {
    for name in names(&folder()) {
        let twin = scenario(&folder().join("repaired").join(&name));
        let options = Options { strategy: "dpor".parse().expect("a strategy"), ..Options::default() };
        let search = explore(&twin, &options, &AtomicBool::new(false), &mut |_| {}).expect("a search");
        assert!(search.findings.complete && search.failures.is_empty(), "repaired/{name}");
    }
}

#[test]
fn every_scenario_has_a_twin_and_a_place_on_the_page() {
    let all = names(&folder());
    assert_eq!(all, names(&folder().join("repaired")));
    let page = std::fs::read_to_string(folder().join("README.md")).expect("the page");
    for name in all {
        assert!(page.contains(&format!("({name})")), "{name} is not on the page");
    }
}
