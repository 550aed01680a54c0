//! A check: many runs of one scenario, the old failures first.

use super::failure::Failure;
use super::rehearsal::Rehearsal;
use super::saved::{self, Saved};
use super::smaller::smaller;
use super::stage::{Run, Stage, failed};
use crate::chooser::{Fifo, Seeded};
use crate::error::{Error, Result};
use crate::property::Kind;
use std::fmt;

/// Checks a scenario under many schedules, from a fixed seed, and panics with a timeline when a property does not hold; failing
/// cases are kept [beside the test](crate::beside) and run first next time. [`Check`] has the knobs.
///
/// ```
/// use rehearsal::{Rehearsal, Steps};
/// let hello = Rehearsal::new("hello")
///     .actor("echo", || rehearsal::native::builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello").expects("hello"));
/// rehearsal::check!(hello);
/// ```
#[macro_export]
macro_rules! check {
    ($rehearsal:expr $(,)?) => {
        $crate::Check::new($rehearsal).saved($crate::beside!()).assert()
    };
}

/// Many runs of one scenario: saved cases, then the quiet run, then one run for each seed.
///
/// ```
/// use rehearsal::{Check, Rehearsal, Steps};
/// let hello = Rehearsal::new("hello")
///     .actor("echo", || rehearsal::native::builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello").expects("hello"));
/// let report = Check::new(hello).runs(50).seed(3).run().unwrap();
/// assert_eq!(report.runs(), 51);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Check {
    rehearsal: Rehearsal,
    runs: u64,
    seed: u64,
    saved: Option<Saved>,
}

/// What a check that found nothing has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    name: String,
    seed: u64,
    runs: u64,
    notes: Vec<String>,
}

impl Checked {
    /// How many runs were made, saved cases apart.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// What deserves a look: saved cases that hold now, a `sometimes` that was never seen.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` held in {} runs from seed {}", self.name, self.runs, self.seed)?;
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}

/// A failure that a check found; its text is the report: what broke, the timeline, and what to do.
#[derive(Clone)]
pub struct Found {
    run: Run,
    text: String,
}

impl Found {
    /// The failing run, as small as it could be made.
    pub fn run(&self) -> &Run {
        &self.run
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Found {}

/// How a check ended that did not hold.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CheckError {
    /// A property does not hold.
    Found(Box<Found>),
    /// A `sometimes` that is required was never seen to hold.
    NeverSeen(String),
    /// The scenario cannot be built, or a case cannot be read or saved.
    Broken(Error),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::Found(found) => found.fmt(f),
            CheckError::NeverSeen(text) => f.write_str(text),
            CheckError::Broken(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CheckError {}

impl From<Error> for CheckError {
    fn from(error: Error) -> Self {
        CheckError::Broken(error)
    }
}

impl Check {
    /// A check of this scenario: a thousand runs from seed 0, nothing kept.
    pub fn new(rehearsal: Rehearsal) -> Check {
        Check { rehearsal, runs: 1_000, seed: 0, saved: None }
    }

    /// How many runs, beside the quiet one.
    pub fn runs(mut self, runs: u64) -> Check {
        self.runs = runs;
        self
    }

    /// The seed of the first run; the next has the next.
    pub fn seed(mut self, seed: u64) -> Check {
        self.seed = seed;
        self
    }

    /// Where failing cases are kept: [`beside!`](crate::beside) the test, most often.
    pub fn saved(mut self, saved: Saved) -> Check {
        self.saved = Some(saved);
        self
    }

    /// Runs, and panics with the whole story when something does not hold.
    ///
    /// # Panics
    /// When a property does not hold, or the check cannot be made.
    #[track_caller]
    pub fn assert(self) {
        match self.run() {
            Ok(checked) => eprintln!("{checked}"),
            Err(error) => panic!("\n{error}"),
        }
    }

    /// Runs: the saved cases, the quiet run, then a run for each seed.
    ///
    /// # Errors
    /// With the first failure, shrunk; or why the check cannot be made.
    pub fn run(&self) -> std::result::Result<Checked, CheckError> {
        let stage = self.rehearsal.stage()?;
        let name = self.rehearsal.name().to_owned();
        let mut checked = Checked { name, seed: self.seed, ..Checked::default() };
        self.saved_cases(&stage, &mut checked)?;
        let mut seen = vec![false; stage.scenario().properties.len()];
        for place in 0..=self.runs {
            let seed = self.seed.wrapping_add(place.saturating_sub(1));
            let outcome = if place == 0 { stage.outcome(Fifo) } else { stage.outcome(Seeded::new(seed)) };
            checked.runs += 1;
            seen.iter_mut().zip(&outcome.sometimes).for_each(|(all, one)| *all |= one);
            if failed(&outcome.verdict) {
                let run = match place {
                    0 => stage.run_as(Box::new(Fifo), 0, "fifo"),
                    _ => stage.run_as(Box::new(Seeded::new(seed)), seed, "random"),
                };
                return Err(self.found(&stage, run, place, seed)?);
            }
        }
        never_seen(&stage, &seen, &mut checked)?;
        Ok(checked)
    }

    fn saved_cases(&self, stage: &Stage, checked: &mut Checked) -> std::result::Result<(), CheckError> {
        let Some(saved) = &self.saved else { return Ok(()) };
        for (path, text) in saved.of(self.rehearsal.name())? {
            let shown = saved::short(&path);
            let run = stage.regress(&saved::read(&path, &text)?);
            match old_failure(&run, &shown) {
                Some(text) => return Err(CheckError::Found(Box::new(Found { run, text }))),
                None => checked
                    .notes
                    .push(format!("the saved case {shown} holds now; remove it when it is obsolete")),
            }
        }
        Ok(())
    }

    fn found(&self, stage: &Stage, run: Run, place: u64, seed: u64) -> Result<CheckError> {
        let before = run.outcome().steps;
        let run = smaller(stage, run);
        let which = if place == 0 {
            "the quiet run".to_owned()
        } else {
            format!("run {place} of {}, seed {seed}", self.runs)
        };
        let after = run.outcome().steps;
        let shrunk =
            if after < before { format!(", shrunk from {before} steps to {after}") } else { String::new() };
        let failure = Failure::of(&run).map(|failure| failure.found(&format!("{which}{shrunk}")));
        let help = match &self.saved {
            Some(saved) => {
                let path = saved.save(self.rehearsal.name(), &run.trace_ref().text(), None)?;
                kept(&saved::short(&path))
            }
            None => format!("to reproduce\n    Check::new(…).seed({seed}).runs(1)"),
        };
        let text = failure.map(|failure| failure.help(help).to_string()).unwrap_or_default();
        Ok(CheckError::Found(Box::new(Found { run, text })))
    }
}

/// What to do with a case that was saved.
pub(crate) fn kept(path: &str) -> String {
    format!("the case is saved, and runs first next time; to look at it\n    rehearsal show {path}")
}

/// The report of a saved case that fails; nothing when it holds.
pub(crate) fn old_failure(run: &Run, path: &str) -> Option<String> {
    if !failed(run.verdict()) {
        return None;
    }
    let failure = Failure::of(run)?.found("a saved case");
    Some(failure.help(format!("the case is saved; to look at it\n    rehearsal show {path}")).to_string())
}

fn never_seen(stage: &Stage, seen: &[bool], checked: &mut Checked) -> std::result::Result<(), CheckError> {
    for (property, seen) in stage.scenario().properties.iter().zip(seen) {
        let Kind::Sometimes { required } = property.kind() else { continue };
        let told = format!("`{}` was not seen in any of {} runs", property.name(), checked.runs);
        match (seen, required) {
            (true, _) => {}
            (false, false) => checked.notes.push(told),
            (false, true) => return Err(CheckError::NeverSeen(format!("error: {told}"))),
        }
    }
    Ok(())
}
