//! The strategies of a search: one chooser, begun anew for each run.

use super::dice::Dice;
use super::pct::{Pct, meets};
use super::pos::{Pos, Rounds, Weights};
use crate::choice::{Chooser, Draw, Halt, Offered};
use crate::digest::mix;
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// A strategy that answers at random, by name.
///
/// ```
/// use rehearsal::chooser::Sampling;
/// assert_eq!("pct:5".parse(), Ok(Sampling::Pct(5)));
/// assert_eq!(Sampling::default().to_string(), "mix");
/// assert!("ptc".parse::<Sampling>().unwrap_err().to_string().contains("did you mean `pct`?"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sampling {
    /// The quiet run, again and again.
    Fifo,
    /// Every answer alike likely.
    Random,
    /// Probabilistic concurrency testing of this depth.
    Pct(u32),
    /// Partial order sampling.
    Pos,
    /// Random weights.
    Weights,
    /// All flows alike, round by round.
    Rounds,
    /// One of the others for each run, so that no class of bugs is out of reach. The shares follow from runs-to-find measured
    /// on bugs of each class: PCT of depth 1 to 5 finds what needs few forced switches, a random walk and
    /// weights what needs many likely ones, rounds what needs a fair alternation.
    #[default]
    Mix,
}

const DEEPEST: u32 = 100;

impl FromStr for Sampling {
    type Err = Error;

    fn from_str(name: &str) -> Result<Sampling> {
        const NAMES: [&str; 7] = ["fifo", "random", "pct", "pos", "weights", "rounds", "mix"];
        Ok(match name {
            "fifo" => Sampling::Fifo,
            "random" => Sampling::Random,
            "pct" => Sampling::Pct(3),
            "pos" => Sampling::Pos,
            "weights" => Sampling::Weights,
            "rounds" => Sampling::Rounds,
            "mix" => Sampling::Mix,
            other => match other.strip_prefix("pct:").map(str::parse) {
                Some(Ok(depth)) if (1..=DEEPEST).contains(&depth) => Sampling::Pct(depth),
                Some(_) => {
                    let told = format!("the depth of `{other}` must be a whole number from 1 to {DEEPEST}");
                    return Err(Error::input(told));
                }
                None => {
                    return Err(Error::input(format!("there is no strategy `{other}`"))
                        .nearest(other, NAMES.into_iter().chain(["dfs", "dpor"]))
                        .note("the strategies are `mix`, `random`, `pct[:DEPTH]`, `pos`, `weights`, `rounds`, `fifo`"));
                }
            },
        })
    }
}

impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sampling::Fifo => f.write_str("fifo"),
            Sampling::Random => f.write_str("random"),
            Sampling::Pct(depth) => write!(f, "pct:{depth}"),
            Sampling::Pos => f.write_str("pos"),
            Sampling::Weights => f.write_str("weights"),
            Sampling::Rounds => f.write_str("rounds"),
            Sampling::Mix => f.write_str("mix"),
        }
    }
}

/// The seed of run `run` of a search with this base seed.
pub fn seed_of(base: u64, run: u64) -> u64 {
    mix(mix(base, 0x5ea7c4), run)
}

/// A chooser for any number of runs: [`begin`](Sampler::begin) decides all that one run will answer, from a seed alone.
///
/// ```
/// use rehearsal::chooser::{Sampler, Sampling};
/// let mut sampler = Sampler::new("pct:3".parse().unwrap(), 30);
/// sampler.begin(7);
/// assert_eq!(sampler.now().to_string(), "pct:3");
/// ```
#[derive(Clone, Debug)]
pub struct Sampler {
    strategy: Sampling,
    now: Sampling,
    length: u64,
    dice: Dice,
    pct: Pct,
    pos: Pos,
    rounds: Rounds,
    weights: Weights,
    /// Steps at which two events met at one actor.
    racy: u64,
}

impl Sampler {
    /// A chooser of this strategy, for a scenario whose quiet run has `length` steps at which two events meet at one
    /// actor.
    pub fn new(strategy: Sampling, length: u64) -> Sampler {
        let mut sampler = Sampler {
            strategy,
            now: strategy,
            length,
            dice: Dice::default(),
            pct: Pct::default(),
            pos: Pos::default(),
            rounds: Rounds::default(),
            weights: Weights::default(),
            racy: 0,
        };
        sampler.begin(0);
        sampler
    }

    /// Begins a run: all its answers follow from `seed`.
    pub fn begin(&mut self, seed: u64) {
        let mut dice = Dice::new(seed);
        self.racy = 0;
        self.now = match self.strategy {
            Sampling::Mix => share(dice.below(SHARES)),
            other => other,
        };
        match self.now {
            Sampling::Pct(depth) => {
                let length = self.assumed(&mut dice);
                self.pct.begin(dice, depth, length);
            }
            Sampling::Pos => self.pos.begin(dice),
            Sampling::Rounds => self.rounds.begin(dice),
            Sampling::Weights => self.weights.begin(dice),
            Sampling::Fifo | Sampling::Random | Sampling::Mix => {}
        }
        self.dice = dice;
    }

    /// How many racy steps PCT takes the run to have: most often as many as the quiet run, which depends on nothing but
    /// the scenario; at times, fewer or more, on a logarithmic scale, for a run of another course may be much longer.
    fn assumed(&self, dice: &mut Dice) -> u64 {
        match dice.below(8) {
            0 => 1 << dice.below(u64::from(self.length.max(1).ilog2()) + 4),
            _ => self.length,
        }
    }

    /// The strategy of the run that was begun.
    pub fn now(&self) -> Sampling {
        self.now
    }

    /// How many steps of the run so far had another event waiting for the same actor; counted by `fifo`.
    pub fn racy(&self) -> u64 {
        self.racy
    }
}

const SHARES: u64 = 20;

fn share(place: u64) -> Sampling {
    match place {
        0..3 => Sampling::Random,
        3 => Sampling::Pct(1),
        4..7 => Sampling::Pct(2),
        7..12 => Sampling::Pct(3),
        12..15 => Sampling::Pct(5),
        15 => Sampling::Pos,
        16..18 => Sampling::Weights,
        _ => Sampling::Rounds,
    }
}

impl Chooser for Sampler {
    #[inline(always)]
    fn next(&mut self, offered: &Offered<'_>) -> std::result::Result<usize, Halt> {
        let count = offered.candidates.len();
        if count == 1 && self.now != Sampling::Pos {
            return Ok(0);
        }
        Ok(match self.now {
            Sampling::Random | Sampling::Mix => self.dice.below(count as u64) as usize,
            Sampling::Pct(_) => self.pct.next(offered),
            Sampling::Pos => self.pos.next(offered),
            Sampling::Weights => self.weights.next(offered),
            Sampling::Rounds => self.rounds.next(offered),
            Sampling::Fifo => {
                let chosen = offered.mildest();
                self.racy += u64::from(meets(offered, chosen));
                chosen
            }
        })
    }

    fn draw(&mut self, draw: &Draw) -> std::result::Result<u64, Halt> {
        Ok(if self.now == Sampling::Fifo { 0 } else { self.dice.below(draw.bound) })
    }

    fn looks_at_states(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::Candidate;
    use crate::event::{Event, Verb};
    use crate::id::ActorId;

    fn orders(strategy: &str, seed: u64) -> Vec<usize> {
        let mut sampler = Sampler::new(strategy.parse().unwrap(), 10);
        sampler.begin(seed);
        let mut taken = [0u32; 3];
        let mut order = Vec::new();
        for step in 0..15 {
            let lanes: Vec<u32> = (0..3).filter(|lane| taken[*lane as usize] < 5).collect();
            let next = |lane: u32| {
                Event::new(Verb::Deliver, ActorId(1 + lane), ActorId(0), taken[lane as usize] + 1)
            };
            let candidates: Vec<_> = lanes.iter().map(|lane| Candidate::new(next(*lane), 1)).collect();
            let place = sampler.next(&Offered { candidates: &candidates, timers: 0, step }).unwrap();
            taken[lanes[place] as usize] += 1;
            order.push(lanes[place] as usize);
        }
        order
    }

    #[test]
    fn every_strategy_is_a_function_of_its_seed() {
        for strategy in ["fifo", "random", "pct", "pct:1", "pct:5", "pos", "weights", "rounds", "mix"] {
            let all: Vec<Vec<usize>> = (0..50).map(|seed| orders(strategy, seed)).collect();
            assert_eq!(all, (0..50).map(|seed| orders(strategy, seed)).collect::<Vec<_>>(), "{strategy}");
            let mut distinct = all.clone();
            distinct.sort();
            distinct.dedup();
            let least = match strategy {
                "fifo" => 1,
                "pct:1" => 5,
                "rounds" => 15,
                _ => 25,
            };
            assert!(distinct.len() >= least, "{strategy} made {} orders of 50", distinct.len());
        }
    }

    #[test]
    fn pct_switches_as_often_as_its_depth_says() {
        for seed in 0..200 {
            let switches = |order: &[usize]| order.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert_eq!(switches(&orders("pct:1", seed)), 2, "lanes run out one after the other");
            assert!(switches(&orders("pct:3", seed)) <= 4);
        }
    }

    #[test]
    fn names_read_back() {
        for name in ["fifo", "random", "pct:2", "pos", "weights", "rounds", "mix"] {
            assert_eq!(name.parse::<Sampling>().unwrap().to_string(), name);
        }
        assert!("pct:0".parse::<Sampling>().is_err());
        let told = "randon".parse::<Sampling>().unwrap_err().to_string();
        assert!(told.contains("did you mean `random`?"), "{told}");
    }
}
