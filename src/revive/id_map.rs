//! Ids that the real system drew at random, mapped one to one to those of a run here.

use crate::actor::{Ended, Reply, Returned};
use crate::call::{Address, ChannelName, HostCall, RequestName};
use crate::payload::Payload;
use std::collections::BTreeMap;

/// A channel's id as text: `ch_` and sixteen digits.
const CHANNEL: usize = 19;
/// A UUID as text.
const UUID: usize = 36;

/// Which id of the run stands for which id of the chains.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    forward: BTreeMap<Vec<u8>, Vec<u8>>,
    back: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The ids of the run, in the order in which they were mapped.
    bound: Vec<Vec<u8>>,
    /// Each id stands for itself alone: the chains are of a run of ours.
    strict: bool,
}

impl Ids {
    /// No ids yet; with `strict` each is to stand for itself.
    pub fn new(strict: bool) -> Ids {
        Ids { strict, ..Ids::default() }
    }

    /// How many ids are mapped.
    pub fn len(&self) -> usize {
        self.bound.len()
    }

    /// Forgets what was mapped after there were `length`.
    pub fn back_to(&mut self, length: usize) {
        for run in self.bound.drain(length..) {
            if let Some(chain) = self.forward.remove(&run) {
                self.back.remove(&chain);
            }
        }
    }

    /// The run's id for one of the chains, where it is known.
    pub fn ours(&self, chain: &str) -> Option<&str> {
        self.back.get(chain.as_bytes()).and_then(|run| std::str::from_utf8(run).ok())
    }

    /// The chains' id for one of the run, where it is known.
    pub fn theirs(&self, run: &str) -> Option<&str> {
        self.forward.get(run.as_bytes()).and_then(|chain| std::str::from_utf8(chain).ok())
    }

    /// A recorded call with the run's ids.
    pub fn translated(&self, call: &HostCall) -> HostCall {
        let channel = |name: &ChannelName| match self.ours(&name.to_string()) {
            Some(ours) => ChannelName::Text(ours.to_owned()),
            None => name.clone(),
        };
        let request = |name: &RequestName| match self.ours(&name.to_string()) {
            Some(ours) => RequestName::Text(ours.to_owned()),
            None => name.clone(),
        };
        let address = |to: &Address| match to {
            Address::Text(text) => Address::Text(self.ours(text).unwrap_or(text).to_owned()),
            other => other.clone(),
        };
        match call {
            HostCall::Send { to, data } => HostCall::Send { to: address(to), data: self.in_bytes(data) },
            HostCall::Request { to, data, .. } => {
                HostCall::Request { to: address(to), data: self.in_bytes(data), within: None }
            }
            HostCall::OpenChannel { to, data, .. } => {
                HostCall::OpenChannel { to: address(to), data: self.in_bytes(data), within: None }
            }
            HostCall::SendOnChannel { channel: name, data } => {
                HostCall::SendOnChannel { channel: channel(name), data: self.in_bytes(data) }
            }
            HostCall::CloseChannel { channel: name } => HostCall::CloseChannel { channel: channel(name) },
            HostCall::RespondToRequest { request: name, data } => {
                HostCall::RespondToRequest { request: request(name), data: self.in_bytes(data) }
            }
            HostCall::CancelRequest { request: name } => HostCall::CancelRequest { request: request(name) },
            other => other.clone(),
        }
    }

    /// A recorded payload with the run's ids, as far as they are known.
    pub fn in_bytes(&self, data: &Payload) -> Payload {
        let changed = changed(data, &self.back);
        changed.map_or_else(|| data.clone(), |changed| Payload::from(&changed[..]))
    }

    /// Bytes of the run with the chains' ids, as far as they are known.
    pub fn in_theirs(&self, data: &[u8]) -> Vec<u8> {
        changed(data, &self.forward).unwrap_or_else(|| data.to_vec())
    }

    /// How a recorded call of an export ended, with the run's ids.
    pub fn in_ended(&self, ended: &Ended) -> Ended {
        let Ended::Returned(Returned { state, reply: Reply::Answer(Some(data)) }) = ended else {
            return ended.clone();
        };
        Ended::Returned(Returned { state: state.clone(), reply: Reply::Answer(Some(self.in_bytes(data))) })
    }

    /// Maps one id to another, if neither is mapped otherwise.
    pub fn bind(&mut self, run: &[u8], chain: &[u8]) -> bool {
        match (self.forward.get(run), self.back.get(chain)) {
            (Some(known), _) => known == chain,
            (None, Some(_)) => false,
            (None, None) if self.strict && run != chain => false,
            (None, None) => {
                self.bound.push(run.to_vec());
                self.forward.insert(run.to_vec(), chain.to_vec());
                self.back.insert(chain.to_vec(), run.to_vec());
                true
            }
        }
    }

    /// Whether the bytes of the run are those of the chain but for ids that are mapped, or may be. With `bind`, those
    /// that may be are.
    pub fn alike(&mut self, run: &[u8], chain: &[u8], bind: bool) -> bool {
        if run.len() != chain.len() {
            return false;
        }
        let mut at = 0;
        while at < run.len() {
            let length = id_at(&run[at..]).filter(|length| id_at(&chain[at..]) == Some(*length));
            match length {
                Some(length) => {
                    let (ours, theirs) = (&run[at..at + length], &chain[at..at + length]);
                    let well = if bind { self.bind(ours, theirs) } else { self.may_bind(ours, theirs) };
                    if !well {
                        return false;
                    }
                    at += length;
                }
                None if run[at] == chain[at] => at += 1,
                None => return false,
            }
        }
        true
    }

    fn may_bind(&self, run: &[u8], chain: &[u8]) -> bool {
        match (self.forward.get(run), self.back.get(chain)) {
            (Some(known), _) => known == chain,
            (None, other) => other.is_none() && (!self.strict || run == chain),
        }
    }
}

/// Bytes with other ids, if there are any in them.
fn changed(data: &[u8], ids: &BTreeMap<Vec<u8>, Vec<u8>>) -> Option<Vec<u8>> {
    let (mut changed, mut at): (Option<Vec<u8>>, _) = (None, 0);
    while at < data.len() {
        let length = id_at(&data[at..]);
        if let Some(length) = length
            && let Some(other) = ids.get(&data[at..at + length])
        {
            changed.get_or_insert_with(|| data.to_vec())[at..at + length].copy_from_slice(other);
        }
        at += length.unwrap_or(1);
    }
    changed
}

/// The ids that stand in the same places of two texts that are the same otherwise; nothing where they are not.
pub(super) fn beside<'a>(one: &'a [u8], other: &'a [u8]) -> Option<Vec<(&'a [u8], &'a [u8])>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < one.len().max(other.len()) {
        match (id_at(one.get(at..)?), id_at(other.get(at..)?)) {
            (Some(length), Some(same)) if length == same => {
                found.push((&one[at..at + length], &other[at..at + length]));
                at += length;
            }
            _ if one.get(at)? == other.get(at)? => at += 1,
            _ => return None,
        }
    }
    Some(found)
}

/// How long the id is that the text begins with, if it does.
fn id_at(text: &[u8]) -> Option<usize> {
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    if text.first() == Some(&b'c') && text.starts_with(b"ch_") {
        return text.get(3..CHANNEL).filter(|digits| hex(digits)).map(|_| CHANNEL);
    }
    // It is asked at every byte of every payload.
    if text.get(8) != Some(&b'-') || text.get(13) != Some(&b'-') {
        return None;
    }
    let uuid = text.get(..UUID)?;
    let dashes = [8, 13, 18, 23];
    let plain = uuid.iter().enumerate().all(|(place, byte)| match dashes.contains(&place) {
        true => *byte == b'-',
        false => byte.is_ascii_hexdigit(),
    });
    plain.then_some(UUID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_get_the_ids_of_the_run() {
        let mut ids = Ids::default();
        assert!(ids.bind(b"ch_00000000000000aa", b"ch_00000000000000bb"));
        let known = Payload::from(&b"x ch_00000000000000bb, ch_00000000000000cc"[..]);
        assert_eq!(&ids.in_bytes(&known)[..], b"x ch_00000000000000aa, ch_00000000000000cc");
    }

    #[test]
    fn what_stands_beside_what_is_told() {
        let ids: [&[u8]; 2] = [b"ch_00000000000000aa", b"ch_00000000000000bb"];
        let text = |id: &[u8]| [b"a ", id, b" b"].concat();
        assert_eq!(beside(&text(ids[0]), &text(ids[1])), Some(vec![(ids[0], ids[1])]));
        assert_eq!(beside(b"ab", b"ac"), None);
        assert_eq!(beside(b"ab", b"abc"), None);
        assert_eq!(beside(b"ab", b"ab"), Some(Vec::new()));
    }

    #[test]
    fn ids_are_mapped_one_to_one() {
        let mut ids = Ids::default();
        let (a, b) = (b"x ch_00000000000000aa y", b"x ch_00000000000000bb y");
        assert!(ids.alike(a, b, false) && ids.alike(a, b, true) && ids.alike(a, b, false));
        assert!(!ids.alike(a, a, true), "it stands for another already");
        assert!(!ids.alike(b, b, true), "another stands for it already");
        assert!(!ids.alike(b"x", b"y", true) && !ids.alike(b"x", b"xx", true));
    }
}
