//! From a failing run to its story: as short as it can be made, and told as the command tells it.

use super::rehearsal::Rehearsal;
use super::stage::{Run, Stage};
use crate::chooser::{Recorded, Replay};
use crate::report::{FailureTold, failure_text};
use crate::scenario::Scenario;
use crate::shrink::{self, Budget, Reduced, Reducer, Shrunk};

/// A failing run, cut down.
pub(crate) struct Story {
    /// The smallest run that was found.
    pub run: Run,
    property: String,
    shrunk: Shrunk,
    reduced: Option<Reduced>,
}

/// A property test tells a story for each failing case on its way to the smallest; this is spent on each.
const CASE_RUNS: u64 = 500;

impl Story {
    /// The story of a failing run; nothing when it did not fail.
    pub fn of(rehearsal: &Rehearsal, run: &Run) -> Option<Story> {
        let budget = Budget::of(run.outcome().steps);
        let story = Story::within(run, budget)?;
        Some(story.without_needless(rehearsal))
    }

    /// The same for one case of many: quick, and in the scenario as it is.
    pub fn of_case(run: &Run) -> Option<Story> {
        Story::within(run, Budget { runs: CASE_RUNS, ..Budget::of(run.outcome().steps) })
    }

    fn within(run: &Run, budget: Budget) -> Option<Story> {
        let property = run.verdict().broken()?.to_owned();
        let choices = &run.outcome().record.as_ref()?.choices;
        let scenario = run.scenario();
        let clock = scenario.setting.clock;
        let shrunk = shrink::shrink(scenario, clock, choices, &property, budget, &mut |_| {});
        let header = &run.trace_ref().header;
        Some(Story::new(scenario, property, shrunk, header.seed, &header.strategy))
    }

    /// The story of a run that a search has found and cut down.
    pub fn found(
        rehearsal: &Rehearsal,
        scenario: &Scenario,
        failure: &crate::explore::Failure,
        how: &str,
    ) -> Story {
        let found = &failure.found;
        let story = Story::new(scenario, found.property.clone(), failure.shrunk.clone(), found.seed, how);
        if failure.difference.is_none() { story.without_needless(rehearsal) } else { story }
    }

    fn new(scenario: &Scenario, property: String, shrunk: Shrunk, seed: u64, strategy: &str) -> Story {
        let answers: Vec<Recorded> = shrunk.choices.iter().copied().map(Recorded::from).collect();
        let stage = Stage::new(scenario.clone());
        let run = stage.run_as(Box::new(Replay::new(answers, scenario.names())), seed, strategy);
        Story { run, property, shrunk, reduced: None }
    }

    /// Looks for the client steps and actors that the run does without.
    fn without_needless(mut self, rehearsal: &Rehearsal) -> Story {
        let scenario = self.run.scenario();
        let Ok(text) = serde_json::to_string(&rehearsal.file) else { return self };
        let mut loader = rehearsal.cast();
        let (clock, property, shrunk) = (scenario.setting.clock, self.property.as_str(), &self.shrunk);
        if shrunk.verified {
            let mut reducer = Reducer { scenario, text: &text, loader: &mut loader, clock, property, shrunk };
            self.reduced = reducer.reduce();
        }
        self
    }

    /// The story: what broke, the timeline, why, and what to do.
    pub fn told(&self, of: &str, run: Option<(u64, u64)>, help: &str) -> String {
        let scenario = self.run.scenario();
        let text = failure_text(&FailureTold {
            property: &self.property,
            scenario: &format!("{}{of}", scenario.path),
            run,
            shrunk: &self.shrunk,
            reduced: self.reduced.as_ref(),
            names: scenario.setting.directory.names(),
            trace: None,
        });
        format!("{text}{help}")
    }
}

/// What to do with a case that was kept in this file.
pub(crate) fn kept(path: &str) -> String {
    format!("help: the case is kept in {path}, and runs first; to reproduce\n    cargo test\n")
}
