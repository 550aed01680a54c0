//! Random words for the searching strategies: begun anew in no time, since a tiny run has no time to lose.

use crate::digest::mix;
use crate::event::Event;

/// Words from a key and a counter, by the [mixer](mix) of the digests: beginning anew costs nothing, where a stream cipher
/// first fills a block that a run of six steps never uses up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dice {
    key: u64,
    count: u64,
}

impl Dice {
    /// Dice that fall as this seed says.
    pub fn new(seed: u64) -> Dice {
        Dice { key: mix(seed, 0x5eed), count: 0 }
    }

    /// Any word.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.count += 1;
        mix(self.key, self.count)
    }

    /// A number below `bound`; a bound of 0 stands for 2⁶⁴. The bias is at most `bound` in 2⁶⁴.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        match bound {
            0 => self.word(),
            _ => ((u128::from(self.word()) * u128::from(bound)) >> 64) as u64,
        }
    }

    /// The word of a thing: drawn once and for all when the thing appears, and yet remembered nowhere.
    #[inline]
    pub fn of(&self, thing: u64) -> u64 {
        mix(self.key ^ 0x7e11, thing)
    }

    /// The word of an event's flow.
    #[inline]
    pub fn of_flow(&self, event: Event) -> u64 {
        self.of(flow(event))
    }
}

/// An event's flow in one word.
#[inline]
pub(super) fn flow(event: Event) -> u64 {
    let wide = event.flow();
    (wide as u64) ^ ((wide >> 64) as u64) << 56
}
