//! A set of words that is quick to ask.

/// A set of 64-bit digests with a bound. It is asked once for each run, of which there may be millions a second: so it
/// is a table with open addressing, and since it is never gone through but sorted, its inner order decides nothing.
#[derive(Clone, Debug, Default)]
pub struct Words {
    slots: Vec<u64>,
    /// Zero marks a free slot, so the word zero is kept apart.
    zero: bool,
    count: usize,
    most: usize,
}

impl Words {
    /// An empty set that takes at most so many words.
    pub fn new(most: usize) -> Words {
        Words { slots: vec![0; 64], zero: false, count: 0, most }
    }

    /// Adds a word; whether it was new. A full set takes none, and says that it knew it.
    #[inline]
    pub fn add(&mut self, word: u64) -> bool {
        let place = self.place(word);
        let known = if word == 0 { self.zero } else { self.slots[place] == word };
        if known || self.is_full() {
            return false;
        }
        match word {
            0 => self.zero = true,
            _ => self.slots[place] = word,
        }
        self.count += 1;
        if self.count * 2 > self.slots.len() {
            self.grow();
        }
        true
    }

    /// Where a word is, or would be.
    #[inline]
    fn place(&self, word: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 7 & mask;
        while self.slots[place] != 0 && self.slots[place] != word {
            place = (place + 1) & mask;
        }
        place
    }

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
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it takes no more.
    pub fn is_full(&self) -> bool {
        self.count >= self.most
    }

    /// All words, in order.
    pub fn sorted(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.slots.iter().copied().filter(|word| *word != 0).collect();
        all.extend(self.zero.then_some(0));
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_set() {
        let mut words = Words::new(1000);
        let all: Vec<u64> = (0..900u64).map(|n| n.wrapping_mul(0x1234_5678_9abc_def1)).collect();
        assert!(all.iter().all(|word| words.add(*word)));
        assert!(!all.iter().any(|word| words.add(*word)));
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert_eq!(words.sorted(), sorted);
    }

    #[test]
    fn a_full_set_takes_no_more() {
        let mut words = Words::new(2);
        assert!(words.add(0) && words.add(5));
        assert!(words.is_full() && !words.add(7));
        assert_eq!(words.len(), 2);
    }
}
