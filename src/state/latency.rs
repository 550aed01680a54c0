//! How long a message takes, in whole virtual nanoseconds.

use crate::choice::{Draw, Purpose};
use crate::id::{ActorId, Time};

/// A distribution of latencies. Every draw is a whole number, and the mildest answer, 0, is the least latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Always the same.
    Constant(Time),
    /// Any whole number of nanoseconds from the least to the most, all alike.
    Uniform(Time, Time),
    /// At least the first; half of the messages take at most `1 ×` the second more, a quarter up to `3 ×`, an
    /// eighth up to `7 ×`, and so on up to `1023 ×`: a tail as heavy as that of a Pareto distribution with
    /// exponent 1.
    LongTailed(Time, Time),
}

/// The answers that a long-tailed draw may have.
const TAIL_BITS: u32 = 24;
const TAIL_OCTAVES: u32 = 10;

impl Latency {
    /// The question to ask at the door.
    pub fn draw(self, sender: ActorId) -> Draw {
        let bound = match self {
            Latency::Constant(_) => 1,
            Latency::Uniform(least, most) => most.0.saturating_sub(least.0).saturating_add(1).max(1),
            Latency::LongTailed(..) => 1 << TAIL_BITS,
        };
        Draw { purpose: Purpose::Latency, actor: sender, bound }
    }

    /// The latency that an answer stands for.
    ///
    /// ```
    /// use rehearsal::id::Time;
    /// use rehearsal::state::Latency;
    /// let tail = Latency::LongTailed(Time(10), Time(100));
    /// assert_eq!(tail.of(0), Time(10));
    /// assert!(tail.of((1 << 24) - 1) <= Time(10 + 1023 * 100));
    /// ```
    pub fn of(self, answer: u64) -> Time {
        match self {
            Latency::Constant(time) => time,
            Latency::Uniform(least, _) => Time(least.0.saturating_add(answer)),
            Latency::LongTailed(least, typical) => {
                let word = (answer as u32) << (32 - TAIL_BITS);
                let octave = word.leading_ones().min(TAIL_OCTAVES - 1);
                let start = (1u64 << octave) - 1;
                // What is left of the answer's bits below the octave's own is the place inside it.
                let left =
                    if octave == TAIL_OCTAVES - 1 { TAIL_BITS - octave } else { TAIL_BITS - octave - 1 };
                let inside = answer & ((1 << left) - 1);
                let width = u128::from(typical.0) * (1u128 << octave);
                let part = (width * u128::from(inside)) >> left;
                let tail = typical.0.saturating_mul(start).saturating_add(part as u64);
                Time(least.0.saturating_add(tail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_milder_answer_is_never_later() {
        let tail = Latency::LongTailed(Time(1_000), Time(1_000_000));
        let step = (1 << TAIL_BITS) / 4096;
        let times: Vec<Time> = (0..4096).map(|n| tail.of(n * step)).collect();
        assert!(times.is_sorted());
        let median = times[2048].0 - 1_000;
        assert!((900_000..=1_100_000).contains(&median), "half come within the typical span: {median}");
    }

    #[test]
    fn uniform_covers_its_ends() {
        let uniform = Latency::Uniform(Time(5), Time(9));
        let bound = uniform.draw(ActorId(0)).bound;
        assert_eq!((uniform.of(0), uniform.of(bound - 1)), (Time(5), Time(9)));
        assert_eq!(Latency::Constant(Time(3)).draw(ActorId(0)).bound, 1);
    }
}
