//! Many runs of one scenario: a search for the order that breaks a promise.
//!
//! Run `i` answers its questions from a seed that follows from the base seed and `i` alone. So a search can be
//! cut into [shards](Shard), spread over [jobs](Options::jobs), stopped and repeated, and always comes to the same: what
//! it found is made of sets and of the lowest run numbers, and nothing in it depends on who ran what when.
//!
//! Searches run under the loose clock: latencies order nothing there, any ready event may happen next, and deadlines are events.
//!
//! Memory does not grow with the number of runs: every set has a bound ([`MOST_ORDERS`], [`MOST_RACES`],
//! [`MOST_TIMERS`], [`MOST_HITS`]), and a bound that was reached is named in
//! [`bounds_hit`](Findings::bounds_hit).

mod batch;
mod cover;
mod exhaust;
mod failure;
mod findings;
mod jobs;
mod parts;
mod pool;
mod repeat;

#[cfg(test)]
mod tests;

pub use cover::{Cover, Covered, Pair};
pub use failure::{Failure, Hit};
pub use findings::{Findings, Found, PartialOrderDigest};
pub use repeat::Difference;

use crate::chooser::{Sampler, Sampling};
use crate::error::{Error, Result};
use crate::run::Keep;
use crate::scenario::Scenario;
use crate::state::Clock;
use crate::walk::Fingerprint;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

/// So many partial orders are told apart.
pub const MOST_ORDERS: usize = 1 << 20;
/// So many pairs of racing events are kept.
pub const MOST_RACES: usize = 1 << 16;
/// So many timers are kept.
pub const MOST_TIMERS: usize = 1 << 16;
/// So many failing runs of one property are shrunk and told apart; more are counted.
pub const MOST_HITS: usize = 8;
/// So many runs a search at random makes, unless the user says otherwise.
pub const MOST_RUNS: u64 = 10_000;
/// So many runs at the beginning of a search are made twice, unless the user says otherwise.
pub const REPEATED: u64 = 16;
/// A search through all orders that takes no more executions is not cut into parts, unless the user says otherwise.
pub const SMALL: u64 = 1 << 12;

/// How a search answers.
///
/// ```
/// use rehearsal::Strategy;
/// assert_eq!("dpor".parse(), Ok(Strategy::Dpor));
/// assert_eq!(Strategy::default().to_string(), "mix");
/// assert!(Strategy::Dfs.is_exhaustive() && !Strategy::default().is_exhaustive());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// At random.
    Sample(Sampling),
    /// Depth first, through all orders.
    Dfs,
    /// Through all partial orders.
    Dpor,
}

impl Default for Strategy {
    fn default() -> Strategy {
        Strategy::Sample(Sampling::Mix)
    }
}

impl Strategy {
    /// Whether the search ends when all was seen.
    pub fn is_exhaustive(self) -> bool {
        !matches!(self, Strategy::Sample(_))
    }
}

impl FromStr for Strategy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Strategy> {
        match name {
            "dfs" => Ok(Strategy::Dfs),
            "dpor" => Ok(Strategy::Dpor),
            other => {
                other.parse().map(Strategy::Sample).map_err(|e: Error| e.note("or exhaustive: `dfs`, `dpor`"))
            }
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Strategy::Sample(sampling) => sampling.fmt(f),
            Strategy::Dfs => f.write_str("dfs"),
            Strategy::Dpor => f.write_str("dpor"),
        }
    }
}

/// A part of a search: of `count` shards, the one that makes the runs `index`, `index + count`, and so on; or, where a search
/// through all orders is large, the parts of those numbers.
///
/// ```
/// use rehearsal::explore::Shard;
/// let second: Shard = "1/4".parse().unwrap();
/// assert_eq!([0, 1, 2].map(|place| second.run(place)), [1, 5, 9]);
/// assert_eq!((second.share(9), Shard::WHOLE.share(9)), (2, 9));
/// assert!("5/4".parse::<Shard>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u64,
    /// Of how many.
    pub count: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { index: 0, count: 1 };

    /// The number of this shard's `place`-th run.
    pub fn run(self, place: u64) -> u64 {
        self.index + place * self.count
    }

    /// How many of the first `runs` runs are this shard's.
    ///
    /// # Panics
    /// When there are no shards, `count` being 0.
    pub fn share(self, runs: u64) -> u64 {
        runs.saturating_sub(self.index).div_ceil(self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    /// Reads `I/N`. Those who count from 0 and those who count from 1 are both right: `N/N` is `0/N`.
    fn from_str(text: &str) -> Result<Shard> {
        let wrong = || {
            Error::input(format!("expected a shard `I/N` such as `0/4`, found `{text}`"))
                .note("I counts from 0; `4/4` is the same shard as `0/4`, for those who count from 1")
        };
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let index: u64 = index.trim().parse().map_err(|_| wrong())?;
        let count: u64 = count.trim().parse().map_err(|_| wrong())?;
        match count > 0 && index <= count {
            true => Ok(Shard { index: index % count, count }),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// What a search is to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// How it answers.
    pub strategy: Strategy,
    /// What makes two states one (exhaustive strategies).
    pub fingerprint: Fingerprint,
    /// The base seed.
    pub seed: u64,
    /// How many runs, all shards together; without it 10,000, or as many as an exhaustive strategy needs.
    pub runs: Option<u64>,
    /// Goes on until it is stopped, whatever `runs` says.
    pub endless: bool,
    /// How many threads.
    pub jobs: usize,
    /// Which part.
    pub shard: Shard,
    /// Whether it goes on after the first failing run.
    pub keep_going: bool,
    /// The runs with lower numbers are made twice and compared step by step.
    pub repeat: u64,
    /// Whether failing runs are shrunk.
    pub shrink: bool,
    /// A search through all orders that takes more executions is cut into parts, which jobs and shards make apart. All shards
    /// of a search are to have the same.
    pub small: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            strategy: Strategy::default(),
            fingerprint: Fingerprint::None,
            seed: 0,
            runs: None,
            endless: false,
            jobs: 1,
            shard: Shard::WHOLE,
            keep_going: false,
            repeat: REPEATED,
            shrink: true,
            small: SMALL,
        }
    }
}

impl Options {
    /// How many runs are this search's, as a place in its shard.
    fn places(&self) -> u64 {
        match (self.endless, self.runs) {
            (true, _) => u64::MAX / 4 / self.shard.count,
            (false, Some(runs)) => self.shard.share(runs),
            (false, None) if self.strategy.is_exhaustive() => u64::MAX,
            (false, None) => self.shard.share(MOST_RUNS),
        }
    }
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Runs made.
    pub runs: u64,
    /// Of so many, if that is known.
    pub of: Option<u64>,
    /// Events that happened in them.
    pub steps: u64,
    /// Partial orders seen.
    pub distinct: u64,
    /// How many of those in the last piece of work, out of how many runs there.
    pub fresh: (u64, u64),
    /// States seen, where they are told apart.
    pub states: Option<u64>,
    /// Failing runs.
    pub failing: u64,
    /// Runs spent on shrinking, once that has begun.
    pub shrinking: Option<u64>,
}

/// What a search came to.
#[derive(Debug)]
pub struct Search {
    /// What was seen.
    pub findings: Findings,
    /// The failures, with all that is known of each, in the order of `findings.failures`.
    pub failures: Vec<Failure>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// Searches. `stop` may be set at any time: what was found until then is kept. `watch` is told how far it is, now and
/// then.
///
/// # Errors
/// When the options do not fit each other.
///
/// ```
/// use rehearsal::explore::{Options, explore};
/// use rehearsal::load::FileLoader;
/// use rehearsal::scenario::Scenario;
/// # use std::sync::atomic::AtomicBool;
/// let text = r#"{"rehearsal": 1, "name": "race", "actors": {"log": {"native": "log"}},
///     "clients": {"a": [{"send": {"to": "log", "body": {"text": "a"}}}],
///                 "b": [{"send": {"to": "log", "body": {"text": "b"}}}]},
///     "properties": [{"name": "a is first", "never": {"before": {"key": "got", "first": "b", "then": "a"}}}]}"#;
/// let scenario = Scenario::parse(text, "race.json", &mut FileLoader::new(".", None)).unwrap();
/// let search = explore(&scenario, &Options::default(), &AtomicBool::new(false), &mut |_| {}).unwrap();
/// assert_eq!(search.failures[0].found.property, "a is first");
/// ```
pub fn explore(
    scenario: &Scenario,
    options: &Options,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Search> {
    explore_until(scenario, options, stop, stop, watch)
}

/// Searches until `over` is set, as when the time that it was given has passed, and then still cuts down what it found; `stop` ends that too.
///
/// # Errors
/// As [`explore`].
///
/// ```
/// use rehearsal::explore::{Options, explore_until};
/// use rehearsal::{Rehearsal, Steps, native::builtin};
/// use std::sync::atomic::{AtomicBool, Ordering};
/// let hello = Rehearsal::new("hello")
///     .actor("echo", || builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello"));
/// let (over, stop) = (AtomicBool::new(false), AtomicBool::new(false));
/// let options = Options { endless: true, ..Options::default() };
/// let search = explore_until(&hello.scenario().unwrap(), &options, &over, &stop, &mut |progress| {
///     over.store(progress.runs >= 100, Ordering::Relaxed);
/// });
/// let search = search.unwrap();
/// assert!(search.stopped && search.findings.runs >= 100);
/// ```
pub fn explore_until(
    scenario: &Scenario,
    options: &Options,
    over: &AtomicBool,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Search> {
    let pool = match options.strategy {
        Strategy::Sample(sampling) => {
            if options.fingerprint != Fingerprint::None {
                let told = format!("the strategy `{sampling}` tells no states apart");
                return Err(Error::input(told).note("`--fingerprint` goes with `dfs` and `dpor`"));
            }
            jobs::sample(scenario, sampling, options, over, watch)
        }
        _ => exhaust::search(scenario, options, over, watch)?,
    };
    Ok(failure::conclude(scenario, options, pool, stop, watch))
}

/// The name of a fingerprint on the command line.
pub fn fingerprint_name(fingerprint: Fingerprint) -> &'static str {
    match fingerprint {
        Fingerprint::None => "none",
        Fingerprint::History => "history",
        Fingerprint::State => "state",
    }
}

/// How many steps of the quiet run have two events meeting at one actor: what PCT takes a run's length to be. It is a function
/// of the scenario alone, so every shard and every job comes to the same.
pub fn quiet_length(scenario: &Scenario) -> u64 {
    let quiet = Box::new(Sampler::new(Sampling::Fifo, 1));
    let mut simulation = scenario.simulation(Some(Clock::Loose));
    simulation.run_again(quiet, Keep::default()).1.racy().max(2)
}
