//! A fast 64-bit digest, the same on every machine: the history of an actor, the identity of a
//! message, the fingerprint of a state.
//!
//! The mixer is the folded multiply of wyhash and foldhash: two words are multiplied to 128 bits and the
//! halves are folded. It is no cryptographic hash: chains use SHA-1, searches use this.

mod set;

pub(crate) use set::{DigestSet, Inserted};

const KEY: u64 = 0x9e37_79b9_7f4a_7c15;
const STEP: u64 = 0xd6e8_feb8_6659_fd93;

/// Folds two words into one; the order of the two matters.
#[inline(always)]
pub fn mix(a: u64, b: u64) -> u64 {
    let wide = u128::from(a ^ KEY) * u128::from(b.wrapping_mul(STEP) ^ b.rotate_left(29) ^ STEP);
    let folded = (wide as u64) ^ ((wide >> 64) as u64);
    folded ^ a.rotate_left(17) ^ b.wrapping_mul(KEY)
}

/// A rolling digest of words and bytes.
///
/// ```
/// use rehearsal::digest::Digest;
/// let mut one = Digest::default();
/// one.word(1);
/// one.bytes(b"hello");
/// let mut other = Digest::default();
/// other.bytes(b"hello");
/// other.word(1);
/// assert_ne!(one, other);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u64);

impl Digest {
    /// Takes in one word.
    #[inline]
    pub fn word(&mut self, word: u64) {
        self.0 = mix(self.0, word);
    }

    /// Takes in bytes and how many there are.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return self.word(STEP);
        }
        // How many there are need not be mixed in by itself: the first of them mixes it.
        let mut state = self.0.wrapping_add((bytes.len() as u64 + 1).wrapping_mul(STEP));
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            state = mix(state, u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            state = mix(state, short_word(rest));
        }
        self.0 = state;
    }

    /// The digest of one piece of bytes.
    pub fn of(bytes: &[u8]) -> u64 {
        let mut digest = Digest::default();
        digest.bytes(bytes);
        digest.0
    }
}

/// One to seven bytes as a word, the first the lowest. They are read in two or three parts that may overlap: what is first
/// copied beside zeros, byte by byte, and then read as a word is read late.
#[inline(always)]
fn short_word(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (length - 4));
    }
    let at = |place: usize| u64::from(bytes[place]) << (8 * place);
    at(0) | at(length / 2) | at(length - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_same_on_every_machine() {
        assert_eq!(Digest::of(b""), mix(0, STEP));
        let seen: Vec<u64> = (0..64u64).map(|n| mix(n, 1)).collect();
        let mut distinct = seen.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), seen.len());
    }

    #[test]
    fn short_words_are_as_if_zeros_followed() {
        for length in 1..8 {
            let bytes = [0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7];
            let mut padded = [0; 8];
            padded[..length].copy_from_slice(&bytes[..length]);
            assert_eq!(short_word(&bytes[..length]), u64::from_le_bytes(padded));
        }
    }

    #[test]
    fn pieces_are_not_one() {
        let all = |pieces: &[&str]| {
            let mut digest = Digest::default();
            pieces.iter().for_each(|piece| digest.bytes(piece.as_bytes()));
            digest.0
        };
        let sorts: [&[&str]; 7] =
            [&["a\0"], &["", "a"], &["a", ""], &["", "", "a"], &["a"], &["", "a", "b\0"], &["a\0", "", "b"]];
        let mut digests = sorts.map(all).to_vec();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), sorts.len());
    }

    #[test]
    fn padding_is_not_content() {
        assert_ne!(Digest::of(b"a"), Digest::of(b"a\0"));
        assert_ne!(Digest::of(b"12345678"), Digest::of(b"12345678\0"));
    }
}
