//! Where a scenario is run, and what a run shows.

use super::failure;
use crate::chain::{ChainEvent, ChainForm};
use crate::choice::{Chooser, Halt};
use crate::chooser::{Guided, Replay};
use crate::error::Result;
use crate::property::Violation;
use crate::report;
use crate::run::{Keep, Outcome, Simulation, Verdict};
use crate::scenario::Scenario;
use crate::state::{Clock, Observation};
use crate::trace::Trace;
use std::cell::RefCell;
use std::sync::Arc;

/// A scenario and its cast, kept from run to run: the first run makes the actors, the others reuse what they can.
///
/// ```
/// use rehearsal::chooser::Seeded;
/// use rehearsal::{Rehearsal, Steps};
///
/// let stage = Rehearsal::new("hello")
///     .actor("echo", || rehearsal::native::builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello").expects("hello"))
///     .stage()
///     .unwrap();
/// let run = stage.run(Seeded::new(1));
/// assert!(run.passed());
/// assert!(run.timeline().contains("deliver alice -> echo #1"));
/// assert_eq!(stage.replay(&run.trace()).unwrap().digest(), run.digest());
/// ```
pub struct Stage {
    scenario: Scenario,
    simulation: RefCell<Simulation>,
}

impl Stage {
    /// A stage for this scenario.
    pub fn new(scenario: Scenario) -> Stage {
        let simulation = RefCell::new(scenario.simulation(None));
        Stage { scenario, simulation }
    }

    /// The same under this clock, whatever the scenario says.
    pub(crate) fn under(mut scenario: Scenario, clock: Clock) -> Stage {
        if scenario.setting.clock != clock {
            Arc::make_mut(&mut scenario.setting).clock = clock;
        }
        Stage::new(scenario)
    }

    /// A stage with the clock of this trace, unless this one has it.
    fn like(&self, trace: &Trace) -> Option<Stage> {
        let clock = if trace.header.clock == "strict" { Clock::Strict } else { Clock::Loose };
        (clock != self.scenario.setting.clock).then(|| Stage::under(self.scenario.clone(), clock))
    }

    /// What is run here.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// One run, recorded. Seeds, bytes, a strategy of one's own: all are choosers.
    pub fn run(&self, chooser: impl Chooser + 'static) -> Run {
        self.run_as(Box::new(chooser), 0, "chooser")
    }

    pub(crate) fn run_as(&self, chooser: Box<dyn Chooser>, seed: u64, strategy: &str) -> Run {
        let mut simulation = self.simulation.borrow_mut();
        let (outcome, _) = simulation.run(chooser, Keep { trace: true, acts: true });
        let observations = simulation.state().record.observations.clone();
        let header = self.scenario.header(seed, strategy, self.scenario.setting.clock);
        let trace = self.scenario.trace(header, &outcome).unwrap_or_default();
        Run { outcome, observations, trace, scenario: self.scenario.clone() }
    }

    /// One run of which nothing but its outcome is kept: as fast as it goes.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Seeded, native::builtin};
    /// let stage = Rehearsal::new("hello")
    ///     .actor("echo", || builtin("echo").unwrap())
    ///     .client("alice", Steps::new().request("echo", "hello"))
    ///     .stage()
    ///     .unwrap();
    /// assert!((0..100).all(|seed| stage.outcome(Seeded::new(seed)).steps == 2));
    /// ```
    pub fn outcome(&self, chooser: impl Chooser + 'static) -> Outcome {
        self.outcome_with(Box::new(chooser)).0
    }

    pub(crate) fn outcome_with(&self, chooser: Box<dyn Chooser>) -> (Outcome, Box<dyn Chooser>) {
        self.simulation.borrow_mut().run(chooser, Keep::default())
    }

    /// Follows a trace answer by answer; the verdict of a run that cannot is [`Halt::Diverged`].
    ///
    /// # Errors
    /// When the trace names somebody who is not in this cast.
    ///
    /// ```
    /// use rehearsal::choice::Halt;
    /// use rehearsal::run::Verdict;
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let cast = Rehearsal::new("hello").actor("echo", || builtin("echo").unwrap());
    /// let greets = cast.clone().client("alice", Steps::new().request("echo", "hello"));
    /// let trace = greets.stage().unwrap().run(Fifo).trace();
    ///
    /// // In another scenario it may not be possible to follow.
    /// let only_waits = cast.client("alice", Steps::new().wait(rehearsal::id::Time::from_millis(1)));
    /// let stage = only_waits.stage().unwrap();
    /// let run = stage.replay(&trace).unwrap();
    /// let Verdict::Halted(Halt::Diverged(at)) = run.verdict() else { panic!("it was followed") };
    /// assert_eq!((at.step, at.wanted.as_str()), (1, "deliver alice -> echo #1"));
    /// // What still applies of it always is.
    /// assert!(stage.regress(&trace).passed());
    /// ```
    pub fn replay(&self, trace: &Trace) -> Result<Run> {
        if let Some(stage) = self.like(trace) {
            return stage.replay(trace);
        }
        let answers = trace.answers(self.scenario.setting.directory.names(), &trace.header.scenario)?;
        let chooser = Replay::new(answers, self.scenario.names());
        Ok(self.run_as(Box::new(chooser), trace.header.seed, &trace.header.strategy))
    }

    /// Follows what still applies of an old trace, then finishes the run: the way to run an old failure after the actors
    /// have changed. Lines that name somebody who is gone are passed over.
    pub fn regress(&self, trace: &Trace) -> Run {
        if let Some(stage) = self.like(trace) {
            return stage.regress(trace);
        }
        let names = self.scenario.setting.directory.names();
        let known = trace.lines.iter().filter_map(|line| {
            let one = Trace { lines: vec![line.clone()], ..Trace::default() };
            one.answers(names, &trace.header.scenario).ok()
        });
        let guided = Guided::new(known.flatten().map(|answer| answer.choice));
        self.run_as(Box::new(guided), trace.header.seed, "guided")
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("scenario", &self.scenario.name).finish_non_exhaustive()
    }
}

/// What a recorded run showed.
#[derive(Clone)]
pub struct Run {
    outcome: Outcome,
    observations: Vec<Observation>,
    trace: Trace,
    scenario: Scenario,
}

impl Run {
    /// Whether it came to its end, and all held.
    pub fn passed(&self) -> bool {
        self.outcome.verdict == Verdict::Held
    }

    /// How it ended.
    pub fn verdict(&self) -> &Verdict {
        &self.outcome.verdict
    }

    /// The property that does not hold, and what shows it.
    pub fn violation(&self) -> Option<&Violation> {
        self.outcome.verdict.violation()
    }

    /// All that is known of how it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The digest of the whole run: equal for equal runs.
    pub fn digest(&self) -> u64 {
        self.outcome.digest
    }

    /// What the actors observed, in order.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let stage = Rehearsal::new("hello")
    ///     .actor("log", || builtin("log").unwrap())
    ///     .client("alice", Steps::new().send("log", "one").send("log", "two"))
    ///     .stage()
    ///     .unwrap();
    /// let run = stage.run(Fifo);
    /// let seen: Vec<_> = run.observations().iter().map(|seen| (seen.step, &*seen.key, &seen.value)).collect();
    /// assert_eq!(seen, [(1, "got", &"one".into()), (2, "got", &"two".into())]);
    /// ```
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// The recording: [`Trace::text`] is the form to keep, and to compare with a snapshot.
    pub fn trace(&self) -> Trace {
        self.trace.clone()
    }

    /// The run as a table: step, virtual time, event. Stable, and fit for a snapshot.
    pub fn timeline(&self) -> String {
        report::timeline(&self.trace)
    }

    /// The run and how it ended, in the grammar of a compiler's messages; nothing when it passed.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let stage = Rehearsal::new("hello")
    ///     .actor("echo", || builtin("echo").unwrap())
    ///     .client("alice", Steps::new().request("echo", "hello").expects("hullo"))
    ///     .stage()
    ///     .unwrap();
    /// let told = stage.run(Fifo).failure().unwrap();
    /// assert!(told.starts_with("error: property `expectations hold` does not hold\n  --> hello\n"));
    /// assert!(told.contains("deliver alice -> echo #1"));
    /// ```
    pub fn failure(&self) -> Option<String> {
        failure::told(self)
    }

    /// What an actor did, as an event chain in Theater's form; nothing for a client, or a name that is not there.
    ///
    /// ```
    /// use rehearsal::chain::{ChainForm, lines};
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let stage = Rehearsal::new("hello")
    ///     .actor("echo", || builtin("echo").unwrap())
    ///     .client("alice", Steps::new().send("echo", "hello"))
    ///     .stage()
    ///     .unwrap();
    /// let run = stage.run(Fifo);
    /// let chain = run.chain("echo", ChainForm::B).unwrap();
    /// assert!(lines(&chain).contains("handle-send(\"hello\")"));
    /// assert_eq!(run.chain("alice", ChainForm::B), None, "a client has no chain");
    /// ```
    pub fn chain(&self, actor: &str, form: ChainForm) -> Option<Vec<ChainEvent>> {
        let directory = &self.scenario.setting.directory;
        let id = directory.find(actor)?;
        let is_actor = self.scenario.setting.roles.get(id.index()) == Some(&crate::state::Role::Actor);
        let acts = self.outcome.acts.as_ref().filter(|_| is_actor)?;
        Some(crate::run::chain(acts, id, form, directory))
    }

    pub(crate) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    pub(crate) fn trace_ref(&self) -> &Trace {
        &self.trace
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.outcome.verdict.word())?;
        writeln!(f, ": {}", report::steps(self.outcome.steps))?;
        f.write_str(&self.timeline())
    }
}

/// Whether an outcome is a failure that a test should tell. A search may end a run early, and proves nothing by that.
pub(crate) fn failed(verdict: &Verdict) -> bool {
    !matches!(verdict, Verdict::Held | Verdict::Halted(Halt::Pruned | Halt::Enough | Halt::Exhausted))
}
