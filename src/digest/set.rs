//! A set of digests with a bound.

/// What became of a digest that was put into a [`DigestSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// It was not in the set, and is now.
    New,
    /// It was in the set before.
    Known,
    /// It is not in the set, and there is no room for it: what that means only the caller can say.
    Full,
}

/// A set of 64-bit digests with a bound. It is asked once for each run, of which there may be millions a second: so it
/// is a table with open addressing, and since it is never gone through but sorted, its inner order decides nothing.
#[derive(Clone, Debug)]
pub(crate) struct DigestSet {
    /// A power of two of places, of which no more than half are taken.
    slots: Vec<u64>,
    /// Zero marks a free place, so the digest zero is kept apart.
    zero: bool,
    count: usize,
    most: usize,
}

impl DigestSet {
    /// An empty set that takes at most so many digests.
    pub(crate) fn new(most: usize) -> DigestSet {
        DigestSet { slots: vec![0; 64], zero: false, count: 0, most }
    }

    /// Adds a digest, unless it is known or there is no room.
    #[inline]
    pub(crate) fn insert(&mut self, word: u64) -> Inserted {
        let place = self.place(word);
        let known = if word == 0 { self.zero } else { self.slots[place] == word };
        if known {
            return Inserted::Known;
        }
        if self.is_full() {
            return Inserted::Full;
        }
        match word {
            0 => self.zero = true,
            _ => self.slots[place] = word,
        }
        self.count += 1;
        if self.count * 2 > self.slots.len() {
            self.grow();
        }
        Inserted::New
    }

    /// Where a digest is, or would be.
    #[inline]
    fn place(&self, word: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 7 & mask;
        while self.slots[place] != 0 && self.slots[place] != word {
            place = (place + 1) & mask;
        }
        place
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![0; self.slots.len() * 2];
        for word in std::mem::replace(&mut self.slots, larger) {
            if word != 0 {
                let place = self.place(word);
                self.slots[place] = word;
            }
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Whether it takes no more.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= self.most
    }

    /// All digests, in order.
    pub(crate) fn sorted(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.slots.iter().copied().filter(|word| *word != 0).collect();
        all.extend(self.zero.then_some(0));
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set() {
        let (mut set, mut model) = (DigestSet::new(1 << 20), BTreeSet::new());
        for n in 0..20_000u64 {
            let word = crate::digest::mix(n % 7_000, 5);
            let told = if model.insert(word) { Inserted::New } else { Inserted::Known };
            assert_eq!(set.insert(word), told);
        }
        for word in [0, 1] {
            model.insert(word);
            assert_eq!((set.insert(word), set.insert(word)), (Inserted::New, Inserted::Known));
        }
        assert_eq!(set.len(), model.len());
        assert_eq!(set.sorted(), model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_full_set_knows_what_it_knows() {
        let mut set = DigestSet::new(2);
        assert_eq!([0, 5].map(|word| set.insert(word)), [Inserted::New; 2]);
        assert!(set.is_full());
        assert_eq!([7, 7].map(|word| set.insert(word)), [Inserted::Full; 2]);
        assert_eq!([0, 5].map(|word| set.insert(word)), [Inserted::Known; 2]);
        assert_eq!((set.len(), set.sorted()), (2, vec![0, 5]));
        let mut none = DigestSet::new(0);
        assert_eq!([0, 1].map(|word| none.insert(word)), [Inserted::Full; 2]);
    }
}
