//! Scenarios as text, run in this process: how each ended, and the lines that its steps brought with them.
#![allow(dead_code, reason = "each test file uses some of it")]

use rehearsal::choice::Chooser;
use rehearsal::chooser::{Fifo, Seeded};
use rehearsal::load::FileLoader;
use rehearsal::run::{Keep, Outcome};
use rehearsal::scenario::Scenario;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A run, as tests look at it.
pub struct Told {
    pub outcome: Outcome,
    pub notes: Vec<String>,
    /// Messages that were dropped.
    pub lost: u64,
    /// Of each turn that failed: `ACTOR EXPORT: KIND: MESSAGE`.
    pub failed: Vec<String>,
}

impl Told {
    #[track_caller]
    pub fn has(&self, note: &str) {
        assert!(self.notes.iter().any(|line| line == note), "{note}\nis none of\n{}", self.notes.join("\n"));
    }

    /// Nothing was broken.
    #[track_caller]
    pub fn holds(&self) {
        assert_eq!(
            self.outcome.verdict.word(),
            "passed",
            "{:?}\n{}",
            self.outcome.verdict,
            self.notes.join("\n")
        );
    }
}

/// A scenario of this text, with what all have put in. Paths are relative to `scenarios/`.
pub fn scenario(mut text: Value) -> Scenario {
    let whole = text.as_object_mut().expect("an object");
    whole.entry("rehearsal").or_insert(1.into());
    whole.entry("name").or_insert("told".into());
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut loader = FileLoader::new(folder, Some(cache));
    Scenario::parse(&text.to_string(), "told.json", &mut loader).unwrap_or_else(|error| panic!("{error}"))
}

/// The quiet run of a scenario, under its own clock.
pub fn run(text: Value) -> Told {
    run_by(&scenario(text), Box::new(Fifo))
}

/// The lines of some orders of a scenario, each once.
pub fn lines_of_orders(text: Value) -> BTreeSet<String> {
    let scenario = scenario(text);
    (0..200).flat_map(|seed| run_by(&scenario, Box::new(Seeded::new(seed))).notes).collect()
}

fn run_by(scenario: &Scenario, chooser: Box<dyn Chooser>) -> Told {
    let mut simulation = scenario.simulation(None);
    let (mut outcome, _) = simulation.run(chooser, Keep { trace: true, acts: false });
    let notes = outcome.record.take().expect("a record").notes.into_iter().map(|note| note.text).collect();
    let state = simulation.state();
    let failed = state.record.failures.iter().map(|seen| {
        let (kind, message) = (seen.failure.kind.name(), &seen.failure.message);
        format!("{} {}: {kind}: {message}", state.name(seen.actor), seen.handling)
    });
    Told { outcome, notes, lost: state.record.lost, failed: failed.collect() }
}
