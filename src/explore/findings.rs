//! What a search found, as sets: so that the findings of all shards make those of the whole.

use super::{MOST_HITS, MOST_ORDERS, MOST_RACES, MOST_TIMERS};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A failure, as results tell it: all failing runs whose smallest form is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The property.
    pub property: String,
    /// The lowest number of a run that failed so, from 1.
    pub run: u64,
    /// That run's seed.
    pub seed: u64,
    /// The steps of the smallest form.
    pub steps: u64,
    /// The steps of the run as it was found.
    pub from_steps: u64,
    /// Whether it is as small as it gets; not so where the budget for shrinking ended first.
    pub minimal: bool,
    /// Whether it showed again when its answers were followed.
    pub verified: bool,
    /// The partial order of the smallest form, in hex: equal for equal failures.
    pub shape: String,
    /// The smallest form: the names of its events, in order.
    pub schedule: Vec<String>,
    /// What shows that the property does not hold.
    pub notes: Vec<String>,
    /// The runs that failed so, of those that were looked at.
    pub runs: BTreeSet<u64>,
    /// The file of the trace, where one was written.
    pub trace: Option<String>,
}

/// What stands for a partial order: a digest that is equal for all orders of independent events. Results have it as sixteen hexadecimal
/// digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PartialOrderDigest(pub u64);

impl From<PartialOrderDigest> for String {
    fn from(digest: PartialOrderDigest) -> String {
        format!("{:016x}", digest.0)
    }
}

impl TryFrom<String> for PartialOrderDigest {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<PartialOrderDigest, String> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digest = digits.then(|| u64::from_str_radix(&text, 16).ok()).flatten();
        let wrong = || format!("expected the sixteen hexadecimal digits of a partial order, found `{text}`");
        digest.map(PartialOrderDigest).ok_or_else(wrong)
    }
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// The version of this form: 1.
    pub form: u32,
    /// The scenario's file.
    pub scenario: String,
    /// The scenario's name.
    pub name: String,
    /// The hash of its text.
    pub hash: String,
    /// Whose delivery rules held.
    pub profile: String,
    /// The clock: searches use the loose one.
    pub clock: String,
    /// The strategy.
    pub strategy: String,
    /// What made two states one.
    pub fingerprint: String,
    /// The base seed.
    pub seed: u64,
    /// Which shards these are, as `I/N`; none when it is the whole.
    pub shards: BTreeSet<String>,
    /// Where a search through all orders was cut into parts, and these are some of them: how many runs each has, by number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<u64, u64>,
    /// Complete executions.
    pub runs: u64,
    /// Executions that ended where nothing new lay ahead.
    pub blocked: u64,
    /// Runs made again to compare.
    pub repeats: u64,
    /// Events that happened in the runs.
    pub steps: u64,
    /// States seen, where they were told apart.
    pub states: Option<u64>,
    /// Whether all there is in these shards was seen, but for `bounds_hit`.
    pub complete: bool,
    /// The partial orders seen.
    pub orders: BTreeSet<PartialOrderDigest>,
    /// Pairs of events that raced: 1, the first one came first; 2, the other; 3, both were seen.
    pub races: BTreeMap<String, u8>,
    /// Timers that could go off, and whether they ever did.
    pub timers: BTreeMap<String, bool>,
    /// For each `sometimes`, whether it was seen.
    pub sometimes: BTreeMap<String, bool>,
    /// The `sometimes` that must be seen.
    pub required: BTreeSet<String>,
    /// Failing runs, by property.
    pub failing: BTreeMap<String, u64>,
    /// The failures, the lowest run first.
    pub failures: Vec<Found>,
    /// Every bound that cut something.
    pub bounds_hit: BTreeSet<String>,
}

impl Findings {
    /// How many pairs raced, and how many of them were seen in both orders.
    pub fn race_counts(&self) -> (usize, usize) {
        (self.races.len(), self.races.values().filter(|bits| **bits == 3).count())
    }

    /// The timers that never went off.
    pub fn never_fired(&self) -> Vec<&str> {
        self.timers.iter().filter(|(_, fired)| !**fired).map(|(name, _)| name.as_str()).collect()
    }

    /// The `sometimes` that were never seen.
    pub fn never_seen(&self) -> Vec<&str> {
        self.sometimes.iter().filter(|(_, seen)| !**seen).map(|(name, _)| name.as_str()).collect()
    }

    /// Whether something is wrong: a failure, or a `sometimes` that must be seen and was not; of that one, the whole
    /// decides, for what one shard did not see another may have.
    pub fn failed(&self) -> bool {
        let unseen = || self.never_seen().iter().any(|name| self.required.contains(*name));
        !self.failing.is_empty() || self.shards.is_empty() && unseen()
    }

    /// Whether the whole space was covered, and not only that of some shards.
    pub fn is_complete(&self) -> bool {
        self.complete && self.shards.is_empty()
    }

    /// Puts the findings of several shards together: those of all shards make those of the whole, under `keep_going` and as
    /// long as no set is full, for what a full one leaves out depends on who filled it.
    ///
    /// # Errors
    /// When they are not of one search, or a shard is there twice.
    ///
    /// ```
    /// use rehearsal::explore::{Findings, Options, explore};
    /// use rehearsal::load::FileLoader;
    /// use rehearsal::scenario::Scenario;
    /// # use std::sync::atomic::AtomicBool;
    /// let text = r#"{"rehearsal": 1, "name": "race", "actors": {"log": {"native": "log"}},
    ///     "clients": {"a": [{"send": {"to": "log", "body": {"text": "a"}}}],
    ///                 "b": [{"send": {"to": "log", "body": {"text": "b"}}}]}}"#;
    /// let scenario = Scenario::parse(text, "race.json", &mut FileLoader::new(".", None)).unwrap();
    /// let shard = |name: &str| {
    ///     let options = Options { shard: name.parse().unwrap(), runs: Some(100), ..Options::default() };
    ///     explore(&scenario, &options, &AtomicBool::new(false), &mut |_| {}).unwrap().findings
    /// };
    /// let whole = Findings::merge(&[shard("1/3"), shard("0/3"), shard("2/3")]).unwrap();
    /// assert_eq!((whole.runs, whole.orders.len(), whole.race_counts()), (100, 2, (1, 1)));
    /// let error = Findings::merge(&[shard("1/3"), shard("1/3")]).unwrap_err();
    /// assert_eq!(error.message(), "shard 1/3 is there twice");
    /// ```
    pub fn merge(all: &[Findings]) -> Result<Findings> {
        let Some(first) = all.first() else { return Err(Error::input("there is nothing to merge")) };
        let mut whole = Findings {
            runs: 0,
            blocked: 0,
            repeats: 0,
            steps: 0,
            failing: BTreeMap::new(),
            failures: Vec::new(),
            shards: BTreeSet::new(),
            parts: BTreeMap::new(),
            ..first.clone()
        };
        for part in all {
            part.belongs_to(first)?;
            if part.shards.is_empty() && all.len() > 1 {
                let told = "one of these results is of a whole search, and nothing can be added to it";
                return Err(Error::input(told));
            }
            whole.join(part)?;
        }
        if let [one, other, ..] = whole.shard_counts()[..] {
            let told = format!("these are shards of two searches, one of {one} and one of {other} shards");
            return Err(Error::input(told));
        }
        whole.cut();
        let numbered: Vec<Found> = all.iter().flat_map(|part| part.numbered_in(&whole.parts)).collect();
        whole.failures = group(numbered.iter());
        if whole.is_whole() {
            whole.shards.clear();
            whole.parts.clear();
        }
        Ok(whole)
    }

    fn belongs_to(&self, first: &Findings) -> Result<()> {
        let same = [
            ("scenario", self.hash == first.hash),
            ("profile", self.profile == first.profile),
            ("strategy", self.strategy == first.strategy),
            ("fingerprint", self.fingerprint == first.fingerprint),
            ("seed", self.seed == first.seed),
        ];
        match same.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(Error::input("these results are not of one search")
                .note(format!("they differ in the {what}"))),
            None => Ok(()),
        }
    }

    fn join(&mut self, part: &Findings) -> Result<()> {
        for shard in &part.shards {
            if !self.shards.insert(shard.clone()) {
                return Err(Error::input(format!("shard {shard} is there twice")));
            }
        }
        for (number, runs) in &part.parts {
            if self.parts.insert(*number, *runs).is_some() {
                return Err(Error::input(format!("part {number} of the search is there twice")));
            }
        }
        self.runs += part.runs;
        self.blocked += part.blocked;
        self.repeats += part.repeats;
        self.steps += part.steps;
        self.complete &= part.complete;
        self.states = self.states.max(part.states);
        self.orders.extend(&part.orders);
        for (pair, bits) in &part.races {
            *self.races.entry(pair.clone()).or_default() |= bits;
        }
        for (timer, fired) in &part.timers {
            *self.timers.entry(timer.clone()).or_default() |= fired;
        }
        for (name, seen) in &part.sometimes {
            *self.sometimes.entry(name.clone()).or_default() |= seen;
        }
        for (property, count) in &part.failing {
            *self.failing.entry(property.clone()).or_default() += count;
        }
        self.bounds_hit.extend(part.bounds_hit.iter().cloned());
        Ok(())
    }

    /// The failures, their runs numbered as they are where there are these parts.
    fn numbered_in(&self, parts: &BTreeMap<u64, u64>) -> impl Iterator<Item = Found> {
        let number = move |run: u64| {
            let mut before = 0;
            for (part, runs) in &self.parts {
                if run <= before + runs {
                    return parts.range(..part).map(|(_, runs)| runs).sum::<u64>() + run - before;
                }
                before += runs;
            }
            run
        };
        self.failures.iter().map(move |found| {
            let runs = found.runs.iter().map(|run| number(*run)).collect();
            Found { run: number(found.run), runs, ..found.clone() }
        })
    }

    /// Keeps the sets within their bounds.
    fn cut(&mut self) {
        if self.orders.len() >= MOST_ORDERS {
            self.bounds_hit.insert(format!("distinct partial orders are told apart up to {MOST_ORDERS}"));
        }
        while self.orders.len() > MOST_ORDERS {
            self.orders.pop_last();
        }
        while self.races.len() > MOST_RACES {
            self.races.pop_last();
        }
        while self.timers.len() > MOST_TIMERS {
            self.timers.pop_last();
        }
    }

    /// Of how many shards these are.
    fn shard_counts(&self) -> Vec<u64> {
        let counts = self.shards.iter().filter_map(|shard| shard.split_once('/')?.1.parse().ok());
        counts.collect::<BTreeSet<u64>>().into_iter().collect()
    }

    /// Whether all shards are there.
    fn is_whole(&self) -> bool {
        self.shard_counts() == [self.shards.len() as u64]
    }

    /// The shards that are not here: how many, and the first few of their names.
    pub fn missing_shards(&self) -> (u64, Vec<String>) {
        const NAMED: usize = 8;
        let count = self.shard_counts().first().copied().unwrap_or(0);
        let missing =
            (0..count).map(|index| format!("{index}/{count}")).filter(|name| !self.shards.contains(name));
        (count.saturating_sub(self.shards.len() as u64), missing.take(NAMED).collect())
    }
}

/// Of each property the lowest failing runs are looked at; those with one shape are one failure.
pub(super) fn group<'a>(all: impl Iterator<Item = &'a Found>) -> Vec<Found> {
    let mut by_property: BTreeMap<&str, BTreeMap<u64, &Found>> = BTreeMap::new();
    for found in all {
        for run in &found.runs {
            by_property.entry(&found.property).or_default().insert(*run, found);
        }
    }
    let mut groups: BTreeMap<(&str, &str), Found> = BTreeMap::new();
    for (property, runs) in &by_property {
        for (run, found) in runs.iter().take(MOST_HITS) {
            let entry = groups.entry((property, &found.shape));
            let group = entry.or_insert_with(|| Found { runs: BTreeSet::new(), ..(*found).clone() });
            group.runs.insert(*run);
        }
    }
    let mut failures: Vec<Found> = groups.into_values().collect();
    failures.sort_by(|a, b| (a.run, &a.property, &a.shape).cmp(&(b.run, &b.property, &b.shape)));
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_orders_are_sixteen_digits() {
        let order = PartialOrderDigest(0xab);
        let text = serde_json::to_string(&order).expect("text");
        assert_eq!(text, "\"00000000000000ab\"");
        assert_eq!(serde_json::from_str::<PartialOrderDigest>(&text).expect("a digest"), order);
        for wrong in ["\"ab\"", "\"+0000000000000ab\"", "\"é0000000000000a\"", "7"] {
            assert!(serde_json::from_str::<PartialOrderDigest>(wrong).is_err(), "{wrong}");
        }
    }
}
