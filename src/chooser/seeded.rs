//! The quiet run, and the random one.

use crate::choice::{Chooser, Draw, Halt, Offered};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Always the mildest answer: what has waited longest, and the least number.
///
/// ```
/// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
/// let hello = Rehearsal::new("hello")
///     .actor("log", || builtin("log").unwrap())
///     .client("alice", Steps::new().send("log", "a"))
///     .client("bob", Steps::new().send("log", "b"));
/// let run = hello.stage().unwrap().run(Fifo);
/// let got: Vec<_> = run.observations().iter().map(|seen| seen.value.as_str().unwrap()).collect();
/// assert_eq!(got, ["a", "b"], "what was sent first comes first");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Fifo;

impl Chooser for Fifo {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        Ok(offered.mildest())
    }

    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        Ok(0)
    }
}

/// Whole random numbers: ChaCha with eight rounds, the same on every machine.
#[derive(Clone, Debug)]
pub struct Generator(ChaCha8Rng);

impl Generator {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Generator {
        Generator(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Any word.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, by multiplication (Lemire: "Fast Random Integer Generation in an Interval", ACM TOMACS 29,
    /// 2019, without the rejection). A bound of 0 stands for 2⁶⁴. A bound below 2¹⁶ takes 32 random bits, and its bias is at
    /// most `bound` in 2³²; any other takes 64, and its bias is at most `bound` in 2⁶⁴.
    ///
    /// ```
    /// use rehearsal::chooser::Generator;
    /// let mut generator = Generator::new(7);
    /// assert!((0..100).all(|_| generator.below(3) < 3));
    /// ```
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        match bound {
            0 => self.word(),
            1..=0xffff => self.below_few(bound),
            _ => ((u128::from(self.word()) * u128::from(bound)) >> 64) as u64,
        }
    }

    /// A number below this, which is below 2¹⁶: half the random bits suffice for a choice among few.
    #[inline(always)]
    fn below_few(&mut self, bound: u64) -> u64 {
        (u64::from(self.0.next_u32()) * bound) >> 32
    }
}

/// Every answer alike likely, from a seed.
///
/// ```
/// use rehearsal::{Rehearsal, Steps, chooser::Seeded, native::builtin};
/// let race = ["a", "b", "c"].into_iter().fold(
///     Rehearsal::new("race").actor("log", || builtin("log").unwrap()),
///     |race, name| race.client(name, Steps::new().send("log", name)),
/// );
/// let stage = race.stage().unwrap();
/// let digest = |seed| stage.run(Seeded::new(seed)).digest();
/// assert_eq!(digest(7), digest(7), "a seed is a run");
/// assert!((0..20).any(|seed| digest(seed) != digest(7)));
/// ```
#[derive(Clone, Debug)]
pub struct Seeded(Generator);

impl Seeded {
    /// A chooser with this seed.
    pub fn new(seed: u64) -> Seeded {
        Seeded(Generator::new(seed))
    }

    #[inline(never)]
    fn among_many(&mut self, count: u64) -> u64 {
        self.0.below(count)
    }
}

impl Chooser for Seeded {
    #[inline]
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        let count = offered.candidates.len() as u64;
        // Nearly all questions are among few, and need not wait for the way of the others to be prepared.
        Ok(if count < 1 << 16 { self.0.below_few(count) } else { self.among_many(count) } as usize)
    }

    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        Ok(self.0.below(draw.bound))
    }
}
