//! Instances that are set back and used again: nobody can tell them from new ones.
#![cfg(feature = "wasm")]

mod guest_support;

use guest_support::*;
use proptest::prelude::*;
use rehearsal::actor::Actor;
use rehearsal::chooser::Seeded;
use rehearsal::guest::GuestComponent;
use rehearsal::load;
use rehearsal::run::Keep;
use std::path::{Path, PathBuf};

fn keeper() -> GuestComponent {
    load("keeper.wat", include_str!("guest_support/keeper.wat"))
}

/// What a guest shows after each order.
fn shown(stage: &mut Stage, orders: &str) -> Vec<String> {
    let shown = orders.chars().map(|order| {
        let fails = !returned(&stage.send(order.to_string()));
        if fails { "failed".to_owned() } else { stage.state() }
    });
    shown.collect()
}

/// Work on a thread of its own, where nobody left an instance.
fn alone<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("no panic"))
}

#[test]
fn nothing_is_left_of_what_was_there_before() {
    let component = keeper();
    let mut stage = Stage::new(&component);
    assert_eq!(shown(&mut stage, "cwgv"), ["12a0-", "12b1-", "13b10", "13b11"]);
    assert_ne!(shown(&mut stage, "r"), ["02a0-"], "an instance keeps what it hides");
    assert!(stage.guest.reset());
    assert_eq!(shown(&mut stage, "r"), ["02a0-"], "reset");
    assert_eq!(shown(&mut stage, "Gvwc")[3], "1Pb11", "it has moved");
    drop(stage);
    let mut next = Stage::new(&component);
    assert_eq!(shown(&mut next, "rg"), ["02a0-", "03a00"], "dropped, and the next begins");
}

#[test]
fn what_failed_or_waits_is_not_used_again() {
    let component = keeper();
    let mut stage = Stage::new(&component);
    assert_eq!(shown(&mut stage, "cwtr"), ["12a0-", "12b1-", "failed", "02a0-"]);
    let probe = probe();
    let mut waiting = Stage::new(&probe);
    waiting.send("count");
    assert_eq!(waiting.send("q"), rehearsal::actor::Ended::Awaiting);
    assert!(waiting.guest.reset());
    waiting.send("count");
    assert_eq!(waiting.state(), "1");
}

#[test]
fn another_guests_limits_are_not_kept() {
    let component = keeper();
    let narrow = |pages: u64| Stage::limited(&component, |limits| limits.memory_bytes = pages * 65536);
    assert_eq!(shown(&mut narrow(3), "ggg"), ["03a00", "03a00", "03a00"]);
    assert_eq!(shown(&mut narrow(5), "gggg"), ["03a00", "04a00", "05a00", "05a00"]);
    assert_eq!(shown(&mut narrow(3), "gg"), ["03a00", "03a00"]);
    // It has not even the room to begin with.
    assert_eq!(shown(&mut narrow(1), "r"), ["failed"]);
    assert_eq!(shown(&mut narrow(2), "rg"), ["02a0-", "02a0-"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever was done with instances before, each new life of a guest is as that of one alone.
    #[test]
    fn every_life_is_a_first(lives in prop::collection::vec("[cwgGvtr]{0,8}", 1..8)) {
        let component = keeper();
        let mut stage = Stage::new(&component);
        for orders in &lives {
            let first = alone(|| shown(&mut Stage::new(&component), orders));
            prop_assert_eq!(shown(&mut stage, orders), first);
            if orders.len() % 2 == 0 {
                stage.guest.reset();
            } else {
                stage = Stage::new(&component);
            }
            stage.host.state = None;
        }
    }
}

/// The scenarios with components.
fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|kind| kind == "json")).collect();
    files.retain(|file| std::fs::read_to_string(file).expect("a file").contains("\"component\""));
    files.sort();
    files
}

#[test]
fn a_run_with_used_instances_is_the_run_with_new_ones() {
    let files = scenarios();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let scenario = load::scenario(&file, None, None).expect("a scenario");
        let digest = |simulation: &mut rehearsal::run::Simulation, seed| {
            simulation.run(Box::new(Seeded::new(seed)), Keep::default()).0.digest
        };
        let mut again = scenario.simulation(None);
        for seed in 0..4 {
            let used = digest(&mut again, seed);
            let new = alone(|| digest(&mut scenario.simulation(None), seed));
            assert_eq!(used, new, "{} with seed {seed}", file.display());
        }
    }
}
