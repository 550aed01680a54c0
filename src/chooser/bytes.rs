//! Bytes as answers: what a fuzzer, or a file given with `--answers`, decides.

use crate::choice::{Chooser, Draw, Halt, Offered};

/// Answers questions from bytes. The meaning is stable, so that corpora live on:
///
/// - a question with one answer takes no byte;
/// - "which event next" among `n` takes one byte (two, little end first, when `n > 256`), and the answer is that number
///   modulo `n`, counted in canonical order: what has waited longest first, timers last;
/// - a number below `bound` takes as many bytes as `bound - 1` has, little end first, modulo `bound`;
/// - where the bytes end, every answer is the mildest, as 0 is. So no bytes at all are the quiet run.
///
/// ```
/// use rehearsal::{Rehearsal, Steps, chooser::Bytes, native::builtin};
/// let race = Rehearsal::new("race")
///     .actor("log", || builtin("log").unwrap())
///     .client("alice", Steps::new().send("log", "a"))
///     .client("bob", Steps::new().send("log", "b"));
/// let stage = race.stage().unwrap();
/// let first = |bytes: &[u8]| stage.run(Bytes::new(bytes)).observations()[0].value.clone();
/// assert_eq!((first(&[]), first(&[0]), first(&[1]), first(&[2])), ("a".into(), "a".into(), "b".into(), "a".into()));
/// ```
#[derive(Clone, Debug)]
pub struct Bytes {
    bytes: Vec<u8>,
    at: usize,
}

impl Bytes {
    /// A chooser that reads these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Bytes {
        Bytes { bytes: bytes.into(), at: 0 }
    }

    fn take(&mut self, count: usize) -> u64 {
        let mut word = 0;
        for place in 0..count {
            let byte = self.bytes.get(self.at).copied().unwrap_or(0);
            self.at += 1;
            word |= u64::from(byte) << (8 * place);
        }
        word
    }
}

impl Chooser for Bytes {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        let count = offered.candidates.len();
        if count == 1 {
            return Ok(0);
        }
        let width = if count > 256 { 2 } else { 1 };
        match self.take(width) as usize % count {
            0 => Ok(offered.mildest()),
            rank => Ok(offered.canonical()[rank]),
        }
    }

    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        let most = draw.bound.wrapping_sub(1);
        let word = self.take(most.checked_ilog2().map_or(1, |bits| bits as usize / 8 + 1));
        Ok(if draw.bound == 0 { word } else { word % draw.bound })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::{Candidate, Purpose};
    use crate::event::{Event, Verb};
    use crate::id::ActorId;

    #[test]
    fn the_meaning_of_bytes_is_as_documented() {
        let event = |n| Event::new(Verb::Deliver, ActorId(0), ActorId(1), n);
        let candidates = [(1, 9), (2, 2), (3, 1)].map(|(number, age)| Candidate::new(event(number), age));
        let offered = Offered { candidates: &candidates, timers: 1, step: 0 };
        let mut bytes = Bytes::new([1, 3, 0x34, 0x12]);
        assert_eq!(bytes.next(&offered), Ok(0), "the second oldest that is no timer");
        assert_eq!(bytes.next(&offered), Ok(1), "3 modulo 3 is the mildest");
        let draw = Draw { purpose: Purpose::Random, actor: ActorId(0), bound: 0x10000 };
        assert_eq!(bytes.draw(&draw), Ok(0x1234));
        assert_eq!(bytes.draw(&draw), Ok(0));
        assert_eq!(bytes.next(&offered), Ok(1));
    }
}
