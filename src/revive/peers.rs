//! What the chains of one run say of each other, looked up by what was sent: read once, however many ask.

use super::record::ChainRecord;
use crate::chain::{Invocation, Reply};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many answers to the same bytes are kept.
const MOST_ALIKE: usize = 64;

/// What was answered to requests, and which channels were opened, by the bytes that they came with.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    replies: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    channels: BTreeMap<Vec<u8>, Vec<String>>,
}

impl Peers {
    /// What these chains say.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a ChainRecord>) -> Arc<Peers> {
        let mut peers = Peers::default();
        records.into_iter().for_each(|record| peers.read(record));
        Arc::new(peers)
    }

    fn read(&mut self, record: &ChainRecord) {
        for (place, _, call) in record.calls() {
            match call {
                Invocation::Request(_, asked) => {
                    let end = record.end_of(place).map(|end| record.entries[end].reply());
                    if let Some(Some(Reply::Request(Some(told)))) = end {
                        keep(self.replies.entry(asked).or_default(), told);
                    }
                }
                Invocation::ChannelOpen(id, first) => keep(self.channels.entry(first).or_default(), id),
                _ => {}
            }
        }
    }

    /// What was answered to a request with these bytes, each answer once.
    pub fn replies(&self, data: &[u8]) -> &[Vec<u8>] {
        self.replies.get(data).map_or(&[], Vec::as_slice)
    }

    /// The channels that were opened with these bytes.
    pub fn channels(&self, data: &[u8]) -> &[String] {
        self.channels.get(data).map_or(&[], Vec::as_slice)
    }
}

fn keep<T: PartialEq>(kept: &mut Vec<T>, one: T) {
    if kept.len() < MOST_ALIKE && !kept.contains(&one) {
        kept.push(one);
    }
}
