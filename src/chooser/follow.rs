//! Following a record: exactly, or as far as it applies.

use crate::choice::{Choice, Chooser, Divergence, Draw, Halt, Offered, Purpose, Sealed};
use crate::event::Event;
use crate::id::ActorId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// One recorded answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The answer.
    pub choice: Choice,
    /// The digest of the world after the step, where it is to be compared.
    pub digest: Option<u64>,
    /// The line of the trace, from 1; 0 where there is none.
    pub line: usize,
}

impl From<Choice> for Recorded {
    fn from(choice: Choice) -> Self {
        Recorded { choice, digest: None, line: 0 }
    }
}

/// Follows a record answer by answer, and compares digests; where it cannot, the run is diverged. Where the record ends, the run
/// is exhausted, which is another thing.
#[derive(Clone, Debug)]
pub struct Replay {
    record: Vec<Recorded>,
    at: usize,
    names: Arc<[String]>,
    open: Option<Recorded>,
    step: u64,
}

impl Replay {
    /// A chooser that follows `record` among participants of these names.
    pub fn new(record: Vec<Recorded>, names: Arc<[String]>) -> Replay {
        Replay { record, at: 0, names, open: None, step: 0 }
    }

    fn diverged(&self, wanted: Recorded, found: Vec<String>) -> Halt {
        let line = wanted.line;
        Halt::Diverged(Divergence { step: self.step + 1, wanted: self.told(wanted.choice), found, line })
    }

    fn told(&self, choice: Choice) -> String {
        match choice {
            Choice::Next(event) => event.name(&self.names).to_string(),
            Choice::Drew(draw, number) => {
                let name = self.names.get(draw.actor.index()).map_or("?", String::as_str);
                format!("draw {} {name} {number}", draw.purpose.word())
            }
        }
    }

    fn take(&mut self) -> Result<Recorded, Halt> {
        let wanted = self.record.get(self.at).copied().ok_or(Halt::Exhausted)?;
        self.at += 1;
        Ok(wanted)
    }
}

impl Chooser for Replay {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        const MOST_SHOWN: usize = 8;
        self.step = offered.step;
        let wanted = self.take()?;
        let place = match wanted.choice {
            Choice::Next(event) => offered.position(event),
            Choice::Drew(..) => None,
        };
        self.open = Some(wanted);
        place.ok_or_else(|| {
            let order = offered.canonical();
            let shown = order.iter().take(MOST_SHOWN);
            let mut found: Vec<String> =
                shown.map(|&i| offered.candidates[i].event().name(&self.names).to_string()).collect();
            if order.len() > MOST_SHOWN {
                found.push(format!("and {} more", order.len() - MOST_SHOWN));
            }
            self.diverged(wanted, found)
        })
    }

    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        let wanted = self.take()?;
        match wanted.choice {
            Choice::Drew(recorded, number) if recorded == *draw => Ok(number),
            _ => {
                let name = self.names.get(draw.actor.index()).map_or("?", String::as_str);
                let asked = format!("draw {} {name} below {}", draw.purpose.word(), draw.bound);
                Err(self.diverged(wanted, vec![asked]))
            }
        }
    }

    fn watches(&self) -> bool {
        true
    }

    fn sealed(&mut self, step: &Sealed<'_>) -> Result<(), Halt> {
        match self.open.take() {
            Some(wanted) if wanted.digest.is_some_and(|digest| digest != step.digest) => {
                let told = self.told(wanted.choice);
                let recorded = wanted.digest.unwrap_or_default();
                Err(Halt::Diverged(Divergence {
                    step: self.step + 1,
                    wanted: format!("{told} @{recorded:016x}"),
                    found: vec![format!("{told} @{:016x}", step.digest)],
                    line: wanted.line,
                }))
            }
            _ => Ok(()),
        }
    }
}

/// Follows what still applies of a record, in its order, and answers mildly where nothing of it does.
///
/// ```
/// use rehearsal::{Rehearsal, Steps, chooser::{Bytes, Guided}, native::builtin};
/// let cast = Rehearsal::new("race")
///     .actor("log", || builtin("log").unwrap())
///     .client("alice", Steps::new().send("log", "a"))
///     .client("bob", Steps::new().send("log", "b"));
/// let trace = cast.stage().unwrap().run(Bytes::new([1])).trace();
///
/// // There is a third client by now, and bob still comes first.
/// let grown = cast.client("carol", Steps::new().send("log", "c")).stage().unwrap();
/// let known = trace.answers_known(grown.scenario().setting.directory.names());
/// let run = grown.run(Guided::new(known.iter().map(|answer| answer.choice)));
/// assert_eq!(run.observations()[0].value, "b");
/// assert!(run.passed());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Guided {
    events: BTreeMap<Event, usize>,
    draws: BTreeMap<(Purpose, ActorId), VecDeque<u64>>,
    /// How many events of the record have happened.
    pub followed: usize,
}

impl Guided {
    /// A chooser that follows `choices` as far as they apply.
    pub fn new(choices: impl IntoIterator<Item = Choice>) -> Guided {
        let mut guided = Guided::default();
        for (place, choice) in choices.into_iter().enumerate() {
            match choice {
                Choice::Next(event) => {
                    guided.events.entry(event).or_insert(place);
                }
                Choice::Drew(draw, number) => {
                    guided.draws.entry((draw.purpose, draw.actor)).or_default().push_back(number);
                }
            }
        }
        guided
    }
}

impl Chooser for Guided {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        let known = offered.events().enumerate();
        let applies = known.filter_map(|(i, event)| self.events.get(&event).map(|place| (*place, i)));
        match applies.min() {
            Some((_, i)) => {
                self.events.remove(&offered.candidates[i].event());
                self.followed += 1;
                Ok(i)
            }
            None => Ok(offered.mildest()),
        }
    }

    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        let queue = self.draws.get_mut(&(draw.purpose, draw.actor));
        Ok(queue.and_then(VecDeque::pop_front).unwrap_or(0))
    }
}
