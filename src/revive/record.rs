//! A chain in memory, read once and decoded.

use crate::chain::{
    Break, ChainEvent, Decoded, EventHash, Generation, Invocation, MESSAGING, Opened, Reply, Verifier,
    VerifyReport, decode,
};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// The most bytes of payloads that a chain to be replayed may have: it is held in memory.
const MOST_BYTES: u64 = 256 << 20;
/// The most events.
const MOST_EVENTS: usize = 1_000_000;

/// An event, and what it says.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event as recorded.
    pub event: ChainEvent,
    /// What it says.
    pub said: Decoded,
}

impl Entry {
    /// Whether it is the runtime's own, and the actor has no part in it.
    pub fn own(&self) -> bool {
        matches!(self.said, Decoded::SetUp { .. } | Decoded::Stopped)
    }

    /// The reply that it holds, where it is the end of a call that went well.
    pub fn reply(&self) -> Option<Reply> {
        match &self.said {
            Decoded::Returned { export, result, .. } => Some(Reply::of(export, result)),
            _ => None,
        }
    }
}

/// What does not hold in a chain itself: nothing can be said of an actor by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsound {
    /// The event.
    pub place: usize,
    /// What it has, and what it should have.
    pub hashes: (EventHash, EventHash),
    /// The same in words, as `chain verify` tells it.
    pub told: String,
}

/// A whole chain.
#[derive(Clone, Debug)]
pub struct ChainRecord {
    /// Where it came from.
    pub name: String,
    /// Its events.
    pub entries: Vec<Entry>,
    /// Which Theater wrote it.
    pub generation: Generation,
    /// Whether it keeps no messaging host calls: generation B, and not one among its events.
    pub silent: bool,
    /// Places before which events are missing.
    pub gaps: Vec<usize>,
    /// What does not hold in the chain itself, and is no mere gap.
    pub unsound: Option<Unsound>,
}

impl ChainRecord {
    /// Reads a chain.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or is of a form that cannot be brought back to life.
    pub fn read(opened: Opened) -> Result<ChainRecord> {
        let name = opened.name.clone();
        let none = || Error::input("this chain has no events").in_file(&name);
        ChainRecord::if_any(opened)?.ok_or_else(none)
    }

    /// Reads a chain, which may have no events: then there is nothing to bring back to life.
    ///
    /// # Errors
    /// As [`ChainRecord::read`].
    pub fn if_any(opened: Opened) -> Result<Option<ChainRecord>> {
        ChainRecord::read_within(opened, MOST_EVENTS, MOST_BYTES)
    }

    fn read_within(mut opened: Opened, most_events: usize, most_bytes: u64) -> Result<Option<ChainRecord>> {
        let name = opened.name.clone();
        let told = |error: crate::chain::ChainError| Error::input(error.in_file(&name).to_string());
        let (mut entries, mut bytes) = (Vec::new(), 0u64);
        let mut verifier = Verifier::new(opened.events.layout());
        while let Some(stored) = opened.events.next_event().map_err(told)? {
            let place = entries.len();
            verifier.take(stored);
            if let Some(lost) = stored.lost {
                return Err(Error::input("this chain cannot be replayed")
                    .in_file(&name)
                    .note(lost.to_string()));
            }
            bytes = bytes.saturating_add(stored.event.data.len() as u64);
            if place >= most_events || bytes > most_bytes {
                return Err(Error::input("this chain is too large to be brought back to life")
                    .in_file(&name)
                    .note(format!(
                        "at most {most_events} events and {} MB of payloads are held",
                        most_bytes >> 20
                    )));
            }
            let said = decode(&stored.event);
            if said == Decoded::Cgrf {
                return Err(Error::input(format!(
                    "event {place} is in the CGRF form, which is not decoded here"
                ))
                .in_file(&name)
                .note("generation C's chains are verified and shown, not replayed"));
            }
            entries.push(Entry { event: stored.event.clone(), said });
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let verified = verifier.finish(opened.events.told_head());
        Ok(Some(ChainRecord::of(name, entries, &verified)))
    }

    fn of(name: String, entries: Vec<Entry>, verified: &VerifyReport) -> ChainRecord {
        let generation = entries.iter().find(|entry| !entry.own()).unwrap_or(&entries[0]);
        let generation = Generation::of(&generation.event);
        let messaging = |entry: &Entry| entry.event.event_type.starts_with(MESSAGING);
        let silent = generation == Generation::B && !entries.iter().any(messaging);
        let mut record = ChainRecord { name, entries, generation, silent, gaps: Vec::new(), unsound: None };
        for place in 0..record.entries.len() {
            let event = &record.entries[place].event;
            let before = place.checked_sub(1).map(|before| record.entries[before].event.hash);
            if event.parent_hash != before {
                record.gaps.push(place);
            }
        }
        record.unsound = record.unsound(verified);
        record
    }

    /// What is no mere gap: a hash that does not hold, and links that lead back into the chain.
    fn unsound(&self, verified: &VerifyReport) -> Option<Unsound> {
        let none = EventHash::default();
        match &verified.first_break {
            Some(found @ Break::Hash { index, computed, recorded }) => {
                let (place, hashes) = (*index as usize, (*recorded, *computed));
                return Some(Unsound { place, hashes, told: found.to_string() });
            }
            Some(found @ Break::Head { last, told }) => {
                let hashes = (told.unwrap_or(none), last.unwrap_or(none));
                return Some(Unsound { place: self.entries.len() - 1, hashes, told: found.to_string() });
            }
            None => {}
        }
        let mut known: BTreeMap<EventHash, usize> = BTreeMap::new();
        for (place, entry) in self.entries.iter().enumerate() {
            let hash = entry.event.hash;
            if let Some(other) = known.insert(hash, place) {
                let told = format!("event {place} has the hash of event {other}: found {hash} again");
                return Some(Unsound { place, hashes: (hash, hash), told });
            }
        }
        self.gaps.iter().find_map(|place| {
            let parent = self.entries[*place].event.parent_hash;
            let before = place.checked_sub(1).map(|before| self.entries[before].event.hash);
            let other = parent.and_then(|parent| known.get(&parent).copied());
            let found = match (parent, other) {
                (Some(parent), Some(other)) => format!("{parent}, that of event {other}"),
                (None, _) if *place > 0 => "none: another chain begins".to_owned(),
                _ => return None,
            };
            let expected = before.map_or_else(|| "none".to_owned(), |before| before.to_string());
            let told =
                format!("event {place} does not follow: expected the parent {expected}, found {found}");
            Some(Unsound { place: *place, hashes: (parent.unwrap_or(none), before.unwrap_or(none)), told })
        })
    }

    /// What is said of a gap.
    pub fn gap(&self, place: usize) -> String {
        let or_none =
            |hash: Option<EventHash>| hash.map_or_else(|| "none".to_owned(), |hash| hash.to_string());
        let found = or_none(self.entries[place].event.parent_hash);
        match place.checked_sub(1) {
            None => format!("the chain begins before its first event, whose parent is {found}"),
            Some(before) => {
                let expected = or_none(Some(self.entries[before].event.hash));
                format!(
                    "events are missing before event {place}: expected the parent {expected}, found {found}"
                )
            }
        }
    }

    /// The calls of exports: the place of each and what it is.
    pub fn calls(&self) -> impl Iterator<Item = (usize, &str, Invocation)> {
        self.entries.iter().enumerate().filter_map(|(place, entry)| match &entry.said {
            Decoded::Call { export, params } => {
                Some((place, export.as_str(), Invocation::of(export, params)))
            }
            _ => None,
        })
    }

    /// The actor's own address, where its `init` was told it.
    pub fn address(&self) -> Option<String> {
        self.calls().find_map(|(_, _, call)| match call {
            Invocation::Init(id) => id,
            _ => None,
        })
    }

    /// How the call that begins at `place` ended, where the chain tells it.
    pub fn end_of(&self, place: usize) -> Option<usize> {
        let later = self.entries.iter().enumerate().skip(place + 1);
        for (later, entry) in later {
            match entry.said {
                Decoded::Returned { .. } | Decoded::Failed { .. } => return Some(later),
                Decoded::Call { .. } => return None,
                _ => {}
            }
        }
        None
    }
}

/// A chain in memory, as if it had been read.
#[cfg(test)]
pub(super) fn of_events(name: &str, events: Vec<ChainEvent>) -> ChainRecord {
    let entries = events.into_iter().map(|event| Entry { said: decode(&event), event }).collect();
    ChainRecord::of(name.to_owned(), entries, &Verifier::new(crate::chain::Layout::Array).finish(None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{ChainBuilder, ChainForm, Limits, open, write_array};

    /// What is said of a chain of so many events, with eight bytes of payload or more each, where so much is held.
    fn told(events: usize, most_events: usize, most_bytes: u64) -> Option<String> {
        let mut chain = ChainBuilder::new(ChainForm::B);
        (0..events).for_each(|_| chain.wasm_call("f", b"[]", 0));
        let mut text = Vec::new();
        let events = chain.take_events();
        let bytes: u64 = events.iter().map(|event| event.data.len() as u64).sum();
        write_array(&mut text, &events).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let opened = open(file.path(), Limits::default()).unwrap().remove(0);
        let most = if most_bytes == 0 { bytes } else { most_bytes.min(bytes - 1) };
        ChainRecord::read_within(opened, most_events, most).err().map(|error| error.to_string())
    }

    #[test]
    fn no_more_is_held_than_the_bounds_say() {
        assert_eq!(told(5, 5, 0), None, "as much as there may be");
        let more = told(6, 5, 0).unwrap();
        assert!(more.contains("too large") && more.contains("at most 5 events"), "{more}");
        let larger = told(5, 5, u64::MAX).unwrap();
        assert!(larger.contains("too large"), "{larger}");
        assert_eq!((MOST_EVENTS, MOST_BYTES), (1_000_000, 256 << 20), "as the README says");
    }
}
