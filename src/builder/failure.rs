//! A failed run as it was, in the grammar of a compiler's messages.

use super::stage::Run;
use crate::choice::Halt;
use crate::report;
use crate::run::Verdict;
use std::fmt::Write as _;

/// What broke, and how it came to that; nothing when the run passed.
pub(crate) fn told(run: &Run) -> Option<String> {
    let what = match run.verdict() {
        Verdict::Violated(broken) => format!("property `{}` does not hold", broken.property),
        Verdict::Halted(Halt::Diverged(at)) => format!("the trace cannot be followed at step {}", at.step),
        verdict => {
            let told = report::failure(verdict, "")?;
            told.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned()
        }
    };
    let place = &run.scenario().path;
    let mut out = format!("error: {what}\n  --> {place}\n\n{}\n", run.timeline());
    for fact in run.violation().iter().flat_map(|broken| &broken.facts) {
        let _ = writeln!(out, "note: {fact}");
    }
    Some(out)
}
