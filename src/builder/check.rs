//! A check: many runs of one scenario, the old failures first.

use super::generated;
use super::rehearsal::Rehearsal;
use super::saved::{self, Saved};
use super::stage::{Run, Stage, failed};
use super::story::{Story, kept};
use crate::error::{Error, Result};
use crate::explore::{self, Options, Search, Strategy};
use crate::report;
use crate::state::Clock;
use crate::walk::Fingerprint;
use std::fmt;
use std::path::Path;
use std::sync::atomic::AtomicBool;

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

/// A search for a run of one scenario that breaks a promise: saved cases first, then the same runs that `rehearsal explore` makes, under
/// the same [strategies](Strategy), and what is found is cut down in the same way.
///
/// ```
/// use rehearsal::{Check, Rehearsal, Steps, Strategy};
/// let hello = Rehearsal::new("hello")
///     .actor("echo", || rehearsal::native::builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello").expects("hello"))
///     .client("bob", Steps::new().request("echo", "ho").expects("ho"));
/// let checked = Check::new(hello.clone()).runs(50).seed(3).run().unwrap();
/// assert_eq!(checked.runs(), 50);
///
/// // Where there are finitely many orders, a search can see them all: and then it is a proof.
/// let checked = Check::new(hello).strategy(Strategy::Dpor).run().unwrap();
/// assert!(checked.complete());
/// assert_eq!(checked.to_string(), "`hello` held: every order was covered in 2 runs");
/// ```
#[derive(Clone)]
#[must_use]
pub struct Check {
    rehearsal: Rehearsal,
    options: Options,
    saved: Option<Saved>,
}

/// What a check that found nothing has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    name: String,
    how: String,
    runs: u64,
    complete: bool,
    notes: Vec<String>,
}

impl Checked {
    /// How many runs were made, saved cases apart.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Whether every order was covered, by an exhaustive strategy: up to the bounds that the notes name.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// What deserves a look: saved cases that hold now, a `sometimes` that was never seen, a bound that cut something.
    ///
    /// ```
    /// use rehearsal::property::Property;
    /// use rehearsal::{Check, Rehearsal, Steps, native::builtin};
    /// let hello = Rehearsal::new("hello")
    ///     .actor("echo", || builtin("echo").unwrap())
    ///     .client("alice", Steps::new().request("echo", "hello"))
    ///     .property(Property::sometimes("somebody stops", |_| false));
    /// let checked = Check::new(hello).runs(10).run().unwrap();
    /// assert_eq!(checked.notes(), ["`somebody stops` was not seen in any of 10 runs"]);
    /// ```
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checked { name, how, .. } = self;
        let runs = if self.runs == 1 { "1 run".to_owned() } else { format!("{} runs", self.runs) };
        match self.complete {
            true => write!(f, "`{name}` held: every order was covered in {runs}")?,
            false => write!(f, "`{name}` held in {runs}, {how}")?,
        }
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
///
/// ```
/// use rehearsal::property::Property;
/// use rehearsal::{Check, CheckError, Rehearsal, Steps, Strategy, native::builtin};
/// let log = || builtin("log").unwrap();
/// let two = Rehearsal::new("two")
///     .actor("log", log)
///     .client("alice", Steps::new().send("log", "a"))
///     .client("bob", Steps::new().send("log", "b"));
///
/// // What breaks is found, and cut down.
/// let ordered = two.clone().property(Property::never("bob is first", |state| {
///     state.observed("got").next().is_some_and(|first| first == "b")
/// }));
/// let Err(CheckError::Found(found)) = Check::new(ordered).run() else { panic!("it holds") };
/// assert_eq!(found.run().violation().unwrap().property, "bob is first");
/// assert!(found.to_string().starts_with("error: property `bob is first` does not hold"));
///
/// // What must be seen at least once, and never was, fails the check as a whole.
/// let three = Property::sometimes("three come", |state| state.observed("got").count() == 3).required();
/// let error = Check::new(two.property(three)).strategy(Strategy::Dpor).run().unwrap_err();
/// assert!(matches!(error, CheckError::NeverSeen(_)));
/// ```
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

/// So many runs a check at random makes, unless told otherwise: what a test may take.
const USUAL: u64 = 1_000;

impl Check {
    /// A check of this scenario: a thousand runs of the strategy `mix` from seed 0, nothing kept.
    pub fn new(rehearsal: Rehearsal) -> Check {
        Check { rehearsal, options: Options::default(), saved: None }
    }

    /// At most how many runs; without it a thousand, or as many as an exhaustive strategy needs, however many that are.
    pub fn runs(mut self, runs: u64) -> Check {
        self.options.runs = Some(runs);
        self
    }

    /// The seed that all runs' seeds follow from.
    pub fn seed(mut self, seed: u64) -> Check {
        self.options.seed = seed;
        self
    }

    /// How to search: [`Strategy::Dpor`] and [`Strategy::Dfs`] go through all there is.
    pub fn strategy(mut self, strategy: Strategy) -> Check {
        self.options.strategy = strategy;
        self
    }

    /// What makes two states one, for [`Strategy::Dfs`].
    pub fn fingerprint(mut self, fingerprint: Fingerprint) -> Check {
        self.options.fingerprint = fingerprint;
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

    /// Runs: the saved cases, then the search.
    ///
    /// # Errors
    /// With the first failure, shrunk; or why the check cannot be made.
    pub fn run(&self) -> std::result::Result<Checked, CheckError> {
        let asked = self.rehearsal.scenario()?;
        let strict = asked.setting.clock == Clock::Strict;
        // Searches run under the loose clock; and so does what is told of them.
        let stage = Stage::under(asked, Clock::Loose);
        let mut checked = Checked { name: self.rehearsal.name().to_owned(), ..Checked::default() };
        self.saved_cases(&stage, &mut checked)?;
        let options = self.options();
        let search = explore::explore(stage.scenario(), &options, &AtomicBool::new(false), &mut |_| {})?;
        if let Some(failure) = search.failures.first() {
            return Err(self.found(&stage, &options, failure)?);
        }
        if strict {
            let told = "a search looks at the loose clock, where latencies order nothing";
            checked.notes.push(told.to_owned());
        }
        checked.how = format!("strategy {}, seed {}", options.strategy, options.seed);
        concluded(&search, checked)
    }

    fn options(&self) -> Options {
        let mut options = self.options.clone();
        if !options.strategy.is_exhaustive() {
            options.runs.get_or_insert(USUAL);
        }
        options
    }

    fn saved_cases(&self, stage: &Stage, checked: &mut Checked) -> std::result::Result<(), CheckError> {
        let Some(saved) = &self.saved else { return Ok(()) };
        for (path, text) in saved.of(self.rehearsal.name())? {
            match old_failure(&self.rehearsal, stage, &path, &text)? {
                Some((run, text)) => return Err(CheckError::Found(Box::new(Found { run, text }))),
                None => checked.notes.push(holds_now(&path)),
            }
        }
        Ok(())
    }

    fn found(&self, stage: &Stage, options: &Options, failure: &explore::Failure) -> Result<CheckError> {
        let how = options.strategy.to_string();
        let story = Story::found(&self.rehearsal, stage.scenario(), failure, &how);
        let number = failure.found.run;
        let again = || {
            let Options { strategy, seed, .. } = options;
            let strategy = match *strategy == Strategy::default() {
                true => String::new(),
                false => format!(".strategy(\"{strategy}\".parse()?)"),
            };
            format!("help: to reproduce\n    Check::new(…){strategy}.seed({seed}).runs({number})\n")
        };
        let run = Some((number, options.runs.unwrap_or(number)));
        let text = match (&failure.difference, &self.saved) {
            (Some(_), _) => {
                let place = format!("{}, run {number}", stage.scenario().path);
                format!("{}{}", report::unrepeatable(&place, &failure.found.notes), again())
            }
            (None, Some(saved)) => {
                let path = saved.save(self.rehearsal.name(), &story.run.trace_ref().text(), None)?;
                story.told("", run, &kept(&saved::short(&path)))
            }
            (None, None) => story.told("", run, &again()),
        };
        Ok(CheckError::Found(Box::new(Found { run: story.run, text })))
    }
}

/// What is said of a saved case that no longer fails.
pub(crate) fn holds_now(path: &Path) -> String {
    format!("the saved case {} holds now; remove it when it is obsolete", saved::short(path))
}

/// Runs a saved case, with the clients that it brings: the run and its story, or nothing when it holds.
pub(crate) fn old_failure(
    rehearsal: &Rehearsal,
    stage: &Stage,
    path: &Path,
    text: &str,
) -> Result<Option<(Run, String)>> {
    let shown = saved::short(path);
    let trace = saved::read(path, text)?;
    let clients = generated::read(text, &shown)?;
    let own = clients.is_empty();
    let whole =
        clients.into_iter().fold(rehearsal.clone(), |all, (name, steps)| all.client(&name, steps.into()));
    let run = if own { stage.regress(&trace) } else { whole.stage()?.regress(&trace) };
    if !failed(run.verdict()) {
        return Ok(None);
    }
    Ok(Some(match Story::of(&whole, &run) {
        Some(story) => {
            let told = story.told(", a saved case", None, &kept(&shown));
            (story.run, told)
        }
        None => {
            let told = run.failure().unwrap_or_default();
            (run, told)
        }
    }))
}

fn concluded(search: &Search, mut checked: Checked) -> std::result::Result<Checked, CheckError> {
    let findings = &search.findings;
    checked.runs = findings.runs;
    checked.complete = findings.complete;
    for name in findings.never_seen() {
        let told = format!("`{name}` was not seen in any of {} runs", findings.runs);
        if findings.required.contains(name) {
            return Err(CheckError::NeverSeen(format!("error: {told}")));
        }
        checked.notes.push(told);
    }
    checked.notes.extend(findings.bounds_hit.iter().map(|bound| format!("a bound was hit: {bound}")));
    Ok(checked)
}
