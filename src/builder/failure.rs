//! A failed run, told: what broke, how it came to that, and what to do.

use super::stage::Run;
use crate::choice::Halt;
use crate::report;
use crate::run::Verdict;
use std::fmt;

/// A failed run in the grammar of a compiler's messages.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    what: String,
    place: String,
    timeline: String,
    facts: Vec<String>,
    help: Vec<String>,
}

impl Failure {
    /// The failure of a run; nothing when it passed.
    pub(crate) fn of(run: &Run) -> Option<Failure> {
        let what = match run.violation() {
            Some(broken) => format!("property `{}` does not hold", broken.property),
            None => match run.verdict() {
                Verdict::Halted(Halt::Diverged(at)) => {
                    format!("the trace cannot be followed at step {}", at.step)
                }
                verdict => {
                    let told = report::failure(verdict, "")?;
                    told.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned()
                }
            },
        };
        Some(Failure {
            what,
            place: run.trace_ref().header.scenario.clone(),
            timeline: run.timeline(),
            facts: run.violation().map(|broken| broken.facts.clone()).unwrap_or_default(),
            help: Vec::new(),
        })
    }

    /// Adds where it was found.
    pub(crate) fn found(mut self, place: &str) -> Failure {
        self.place = format!("{}, {place}", self.place);
        self
    }

    /// Adds what to do.
    pub(crate) fn help(mut self, text: String) -> Failure {
        self.help.push(text);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.what)?;
        writeln!(f, "  --> {}\n", self.place)?;
        writeln!(f, "{}", self.timeline)?;
        for fact in &self.facts {
            writeln!(f, "note: {fact}")?;
        }
        for help in &self.help {
            writeln!(f, "help: {help}")?;
        }
        Ok(())
    }
}
