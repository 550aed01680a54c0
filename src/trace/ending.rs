//! How a recorded run ended: the last line of a trace.

use super::value;
use crate::error::{Error, Result};
use crate::run::Outcome;
use std::fmt;

/// How a recorded run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// `passed`, `failed`, …
    pub outcome: String,
    /// Steps taken.
    pub steps: u64,
    /// Virtual time, as text.
    pub time: String,
    /// The digest of the whole run, in hex.
    pub digest: String,
    /// The property that does not hold.
    pub property: Option<String>,
}

impl Ending {
    /// Reads the words behind `outcome`.
    pub(super) fn parse(words: &[String]) -> Result<Ending> {
        let (outcome, facts) = words.split_first().ok_or_else(|| Error::input("the outcome is missing"))?;
        let words = ["passed", "failed", "stopped", "diverged"];
        if !words.contains(&outcome.as_str()) {
            return Err(Error::input(format!("`{outcome}` is no outcome of a run")).nearest(outcome, words));
        }
        let mut ending = Ending { outcome: outcome.clone(), ..Ending::default() };
        for fact in facts {
            let (key, value) = fact.split_once('=').unwrap_or((fact, ""));
            match key {
                "steps" => {
                    ending.steps = value.parse().map_err(|_| Error::input("`steps` is a whole number"))?
                }
                "time" => ending.time = value.to_owned(),
                "digest" => ending.digest = value.to_owned(),
                "property" => ending.property = Some(value.to_owned()),
                other => {
                    let error = Error::input(format!("the outcome of a trace has no `{other}`"));
                    return Err(error.nearest(other, ["steps", "time", "digest", "property"]));
                }
            }
        }
        Ok(ending)
    }

    /// How a run ended.
    pub fn of(outcome: &Outcome) -> Ending {
        Ending {
            outcome: outcome.verdict.word().to_owned(),
            steps: outcome.steps,
            time: outcome.time.to_string(),
            digest: format!("{:016x}", outcome.digest),
            property: outcome.verdict.broken().map(str::to_owned),
        }
    }

    /// Whether a run ended like this, as far as is known of it.
    ///
    /// ```
    /// use rehearsal::trace::{Ending, Trace};
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let hello = Rehearsal::new("hello")
    ///     .actor("echo", || builtin("echo").unwrap())
    ///     .client("alice", Steps::new().request("echo", "hello"));
    /// let run = hello.stage().unwrap().run(Fifo);
    /// assert!(run.trace().ending.unwrap().is_of(run.outcome()));
    /// let short = Trace::parse("rehearsal-trace 1 scenario=hello\noutcome passed steps=2\n", "t").unwrap();
    /// assert!(short.ending.unwrap().is_of(run.outcome()), "what it does not say does not count");
    /// assert!(!Ending { outcome: "failed".into(), ..Ending::of(run.outcome()) }.is_of(run.outcome()));
    /// ```
    pub fn is_of(&self, outcome: &Outcome) -> bool {
        let other = Ending::of(outcome);
        let same = |mine: &str, other: &str| mine.is_empty() || mine == other;
        self.outcome == other.outcome
            && (self.steps == other.steps)
            && same(&self.time, &other.time)
            && same(&self.digest, &other.digest)
            && self.property == other.property
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (outcome, time, digest) = (value(&self.outcome), value(&self.time), value(&self.digest));
        write!(f, "outcome {outcome} steps={} time={time} digest={digest}", self.steps)?;
        match &self.property {
            Some(property) => write!(f, " property={}", value(property)),
            None => Ok(()),
        }
    }
}
