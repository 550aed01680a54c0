//! Cases that come from elsewhere: a property test's, a fuzzer's. Each is a schedule, and perhaps clients.

use super::check::{holds_now, old_failure};
use super::generated;
use super::rehearsal::Rehearsal;
use super::saved::{self, Saved};
use super::stage::{Run, Stage, failed};
use super::steps::Steps;
use super::story::{Story, kept};
use crate::chooser::Bytes;
use crate::error::Result;
use std::cell::RefCell;
use std::path::PathBuf;

/// A scenario under cases that come from elsewhere. It is built once; saved cases run first; a failing case is told with its
/// timeline, and kept: while a generator shrinks, each smaller case takes the place of the one before.
///
/// ```
/// use rehearsal::{Cases, Rehearsal, Steps};
/// let hello = Rehearsal::new("hello")
///     .actor("echo", || rehearsal::native::builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello").expects("hello"));
/// let cases = Cases::new(hello, rehearsal::beside!());
/// assert_eq!(cases.hold(&[0, 1, 2]), Ok(()));
/// ```
pub struct Cases {
    rehearsal: Rehearsal,
    stage: Stage,
    saved: Option<Saved>,
    /// Where the failing case of this process is kept.
    place: RefCell<Option<PathBuf>>,
}

impl Cases {
    /// The cases of a test, after the saved ones were run.
    ///
    /// # Panics
    /// When a saved case still fails, or the scenario cannot be built: with the whole story.
    #[track_caller]
    pub fn new(rehearsal: Rehearsal, saved: Saved) -> Cases {
        let cases = match Cases::of(rehearsal, Some(saved)) {
            Ok(cases) => cases,
            Err(error) => panic!("\n{error}"),
        };
        match cases.run_saved() {
            Ok(notes) => notes.iter().for_each(|note| eprintln!("note: {note}")),
            Err(told) => panic!("\n{told}"),
        }
        cases
    }

    /// Cases of which none is kept: a fuzzer keeps its own.
    ///
    /// # Panics
    /// When the scenario cannot be built.
    #[track_caller]
    pub fn unsaved(rehearsal: Rehearsal) -> Cases {
        match Cases::of(rehearsal, None) {
            Ok(cases) => cases,
            Err(error) => panic!("\n{error}"),
        }
    }

    fn of(rehearsal: Rehearsal, saved: Option<Saved>) -> Result<Cases> {
        let stage = rehearsal.stage()?;
        Ok(Cases { rehearsal, stage, saved, place: RefCell::new(None) })
    }

    /// The stage that schedules run on.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Runs the saved cases: notes on those that hold now, or the story of the first that does not.
    fn run_saved(&self) -> std::result::Result<Vec<String>, String> {
        let mut notes = Vec::new();
        let Some(saved) = &self.saved else { return Ok(notes) };
        for (path, text) in saved.of(self.rehearsal.name()).map_err(|e| e.to_string())? {
            match old_failure(&self.rehearsal, &self.stage, &path, &text).map_err(|e| e.to_string())? {
                Some((_, told)) => return Err(told),
                None => notes.push(holds_now(&path)),
            }
        }
        Ok(notes)
    }

    fn with(&self, clients: impl IntoIterator<Item = (String, Steps)>) -> Rehearsal {
        clients.into_iter().fold(self.rehearsal.clone(), |all, (name, steps)| all.client(&name, steps))
    }

    /// Whether the scenario holds under this schedule: bytes, as [`Bytes`] reads them.
    ///
    /// # Errors
    /// With the story of the failure.
    ///
    /// ```
    /// use rehearsal::property::Property;
    /// use rehearsal::{Cases, Rehearsal, Steps, native::builtin};
    /// let two = Rehearsal::new("two")
    ///     .actor("log", || builtin("log").unwrap())
    ///     .client("alice", Steps::new().send("log", "a"))
    ///     .client("bob", Steps::new().send("log", "b"))
    ///     .property(Property::never("bob is first", |state| {
    ///         state.observed("got").next().is_some_and(|first| first == "b")
    ///     }));
    /// let cases = Cases::unsaved(two);
    /// assert_eq!(cases.hold(&[]), Ok(()), "no bytes at all are the quiet run");
    /// assert!(cases.hold(&[1]).unwrap_err().contains("property `bob is first` does not hold"));
    /// ```
    pub fn hold(&self, schedule: &[u8]) -> std::result::Result<(), String> {
        if !failed(&self.stage.outcome(Bytes::new(schedule)).verdict) {
            return Ok(());
        }
        let run = self.stage.run_as(Box::new(Bytes::new(schedule)), 0, "answers");
        Err(self.told(&run, String::new()))
    }

    /// Whether it holds under this schedule with these clients, in the place of those of the same names.
    ///
    /// # Errors
    /// With the story of the failure, or of a client that asks for somebody who is not there.
    ///
    /// ```
    /// use rehearsal::{Cases, Move, Play, Rehearsal, Steps, native::builtin};
    /// let echo = Rehearsal::new("echo").actor("echo", || builtin("echo").unwrap());
    /// let cases = Cases::unsaved(echo);
    /// let generated = Play(vec![Move::Request(0, "hello"), Move::Wait(3)]);
    /// assert_eq!(cases.hold_with([("alice", generated.steps(&["echo"]))], &[]), Ok(()));
    /// let wrong = Steps::new().request("echo", "hello").expects("hullo");
    /// assert!(cases.hold_with([("alice", wrong)], &[]).unwrap_err().contains("expectations"));
    /// ```
    pub fn hold_with<'a>(
        &self,
        clients: impl IntoIterator<Item = (&'a str, Steps)>,
        schedule: &[u8],
    ) -> std::result::Result<(), String> {
        let clients: Vec<(String, Steps)> =
            clients.into_iter().map(|(name, steps)| (name.to_owned(), steps)).collect();
        let rehearsal = self.with(clients.clone());
        let stage = rehearsal.stage().map_err(|error| error.to_string())?;
        if !failed(&stage.outcome(Bytes::new(schedule)).verdict) {
            return Ok(());
        }
        let run = stage.run_as(Box::new(Bytes::new(schedule)), 0, "answers");
        let steps: Vec<_> = clients.into_iter().map(|(name, steps)| (name, steps.into_inner())).collect();
        Err(self.told(&run, generated::told(steps.iter().map(|(name, steps)| (name.as_str(), &steps[..])))))
    }

    fn told(&self, run: &Run, clients: String) -> String {
        let Some(story) = Story::of_case(run) else { return run.failure().unwrap_or_default() };
        let trace = story.run.trace_ref().text();
        // The header stays the first line: what reads traces knows a file by it.
        let text = match trace.split_once('\n') {
            Some((header, rest)) => format!("{header}\n{clients}{rest}"),
            None => trace,
        };
        let help = self.saved.as_ref().map(|saved| {
            let place = self.place.borrow().clone();
            match saved.save(self.rehearsal.name(), &text, place.as_deref()) {
                Ok(path) => {
                    let help = kept(&saved::short(&path));
                    *self.place.borrow_mut() = Some(path);
                    help
                }
                Err(error) => format!("note: the case could not be kept: {}\n", error.message()),
            }
        });
        let clients = clients.replace("# ", "");
        story.told(", a generated case", None, &format!("{clients}{}", help.unwrap_or_default()))
    }
}
