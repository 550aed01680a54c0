//! A bounded set of digests.

/// A set of words that are digests already: open addressing, the word is its own hash. When it is full, it takes in nothing
/// more, and what it does not know is new each time: a search then does work twice, and leaves nothing out.
#[derive(Debug)]
pub(super) struct Set {
    /// Zero is an empty place.
    slots: Vec<u64>,
    len: usize,
    most: usize,
}

impl Set {
    pub(super) fn new(most: usize) -> Set {
        Set { slots: Vec::new(), len: 0, most }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether it takes in no more.
    pub(super) fn is_full(&self) -> bool {
        self.len >= self.most
    }

    /// Takes a word in; whether it is new.
    pub(super) fn insert(&mut self, word: u64) -> bool {
        // Zero marks what is empty: its place is taken by another word, as good as any.
        let word = if word == 0 { 1 } else { word };
        if self.len * 2 >= self.slots.len() && self.len < self.most {
            self.grow();
        }
        match self.find(word) {
            Ok(_) => false,
            Err(place) => {
                if self.len < self.most {
                    self.slots[place] = word;
                    self.len += 1;
                }
                true
            }
        }
    }

    fn find(&self, word: u64) -> Result<usize, usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut place = word as usize & mask;
        loop {
            match self.slots.get(place) {
                Some(0) | None => return Err(place),
                Some(known) if *known == word => return Ok(place),
                Some(_) => place = (place + 1) & mask,
            }
        }
    }

    fn grow(&mut self) {
        let wider = (self.slots.len() * 2).max(64);
        for word in std::mem::replace(&mut self.slots, vec![0; wider]) {
            if word != 0
                && let Err(place) = self.find(word)
            {
                self.slots[place] = word;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set() {
        let (mut set, mut model) = (Set::new(1 << 20), BTreeSet::new());
        for n in 0..20_000u64 {
            let word = crate::digest::mix(n % 7_000, 5);
            assert_eq!(set.insert(word), model.insert(word));
        }
        assert_eq!(set.len(), model.len());
        assert!(set.insert(0) && !set.insert(0));
    }

    #[test]
    fn a_full_set_knows_what_it_knows() {
        let mut set = Set::new(2);
        assert!(set.insert(7) && set.insert(8) && set.insert(9) && set.insert(9));
        assert!(!set.insert(7) && !set.insert(8));
        assert_eq!(set.len(), 2);
        let mut none = Set::new(0);
        assert!(none.insert(1) && none.insert(1));
    }
}
