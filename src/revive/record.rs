//! A chain in memory, read once and decoded.

use crate::chain::{
    ChainEvent, Decoded, EventHash, Generation, Invocation, MESSAGING, Opened, decode, hash_of,
};
use crate::error::{Error, Result};

/// The most bytes of payloads that a chain to be replayed may have: it is held in memory.
const MOST_BYTES: u64 = 2 << 30;
/// The most events.
const MOST_EVENTS: usize = 4_000_000;

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
}

/// A whole chain.
#[derive(Clone, Debug)]
pub struct Record {
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
    /// The first event whose hash does not hold: its place, and what the hash should be.
    pub broken: Option<(usize, EventHash)>,
}

impl Record {
    /// Reads a chain.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or is of a form that cannot be brought back to life.
    pub fn read(mut opened: Opened) -> Result<Record> {
        let name = opened.name.clone();
        let told = |error: crate::chain::ChainError| Error::input(error.in_file(&name).to_string());
        let (mut entries, mut bytes) = (Vec::new(), 0u64);
        while let Some(stored) = opened.events.next_event().map_err(told)? {
            let place = entries.len();
            if let Some(lost) = stored.lost {
                return Err(Error::input("this chain cannot be replayed")
                    .in_file(&name)
                    .note(lost.to_string()));
            }
            bytes = bytes.saturating_add(stored.event.data.len() as u64);
            if place >= MOST_EVENTS || bytes > MOST_BYTES {
                return Err(Error::input("this chain is too large to be replayed").in_file(&name));
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
            return Err(Error::input("this chain has no events").in_file(&name));
        }
        Ok(Record::of(name, entries))
    }

    fn of(name: String, entries: Vec<Entry>) -> Record {
        let generation = entries.iter().find(|entry| !entry.own()).unwrap_or(&entries[0]);
        let generation = Generation::of(&generation.event);
        let messaging = |entry: &Entry| entry.event.event_type.starts_with(MESSAGING);
        let silent = generation == Generation::B && !entries.iter().any(messaging);
        let mut record = Record { name, entries, generation, silent, gaps: Vec::new(), broken: None };
        for place in 0..record.entries.len() {
            let event = &record.entries[place].event;
            let computed = hash_of(event);
            if computed != event.hash && record.broken.is_none() {
                record.broken = Some((place, computed));
            }
            let before = place.checked_sub(1).map(|before| record.entries[before].event.hash);
            if event.parent_hash != before {
                record.gaps.push(place);
            }
        }
        record
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
