//! A smaller schedule that still fails: answers are given back to the mildest one, chunk by chunk.

use super::stage::{Run, Stage};
use crate::choice::Choice;
use crate::chooser::Guided;
use crate::report::broken;

/// How many runs it may take.
const MOST_RUNS: usize = 2_000;

/// The smallest run found that breaks the same property: what is left of its answers was tried one by one, and each is
/// needed. Every result is a run that was made, so that none is claimed that cannot be shown.
pub(crate) fn smaller(stage: &Stage, run: Run) -> Run {
    let Some(property) = broken(run.verdict()) else { return run };
    let Some(record) = &run.outcome().record else { return run };
    let mut search = Search { stage, property, steps: run.outcome().steps, left: MOST_RUNS };
    let mut kept = record.choices.clone();
    if !search.still_fails(&kept) {
        return run;
    }
    let mut size = kept.len();
    while size > 0 && search.left > 0 {
        let before = kept.len();
        search.without_chunks(&mut kept, size);
        size = if kept.len() < before && size == 1 { 1 } else { size / 2 };
    }
    let seed = run.trace_ref().header.seed;
    let shown = stage.run_as(Box::new(Guided::new(kept)), seed, &run.trace_ref().header.strategy);
    if broken(shown.verdict()).as_ref() == Some(&search.property) { shown } else { run }
}

struct Search<'a> {
    stage: &'a Stage,
    property: String,
    steps: u64,
    left: usize,
}

impl Search<'_> {
    fn still_fails(&mut self, choices: &[Choice]) -> bool {
        self.left = self.left.saturating_sub(1);
        let outcome = self.stage.outcome(Guided::new(choices.iter().copied()));
        let fails = broken(&outcome.verdict).as_ref() == Some(&self.property) && outcome.steps <= self.steps;
        if fails {
            self.steps = outcome.steps;
        }
        fails
    }

    /// Drops each chunk of this size without which the run still fails, from the end.
    fn without_chunks(&mut self, kept: &mut Vec<Choice>, size: usize) {
        let mut end = kept.len();
        while end > 0 && self.left > 0 {
            let start = end.saturating_sub(size);
            let mut fewer = kept.clone();
            fewer.drain(start..end);
            if self.still_fails(&fewer) {
                *kept = fewer;
            }
            end = start;
        }
    }
}
