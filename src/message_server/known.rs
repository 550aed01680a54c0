//! The channels that an actor has or had: a map that can be copied for next to nothing.
//!
//! Theater forgets none that was closed, so that there are many after a while; and a search for an order copies all that is known at
//! every point to which it may come back. So the map is in pieces, which copies share until one of them changes a piece.

use super::channels::ChannelState;
use crate::digest::mix;
use crate::id::ChannelId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many channels a piece has at most.
const MOST: usize = 64;

type Piece = Vec<(ChannelId, ChannelState)>;

/// Channels by their ids.
#[derive(Clone, Debug, Default)]
pub struct KnownChannels {
    /// In order, none empty.
    pieces: Vec<Arc<Piece>>,
    length: usize,
    /// A sum over all of them, for fingerprints.
    sum: u64,
}

impl PartialEq for KnownChannels {
    fn eq(&self, other: &KnownChannels) -> bool {
        self.length == other.length && self.iter().eq(other.iter())
    }
}

impl Eq for KnownChannels {}

fn word(id: ChannelId, state: &ChannelState) -> u64 {
    let flags = u64::from(state.is_open) << 1 | u64::from(state.told_of_close);
    mix(id.0, u64::from(state.peer.0) << 2 | flags)
}

impl KnownChannels {
    /// The piece in which a channel is, or would be, and its place there.
    fn find(&self, id: ChannelId) -> (usize, Result<usize, usize>) {
        let after = self.pieces.partition_point(|piece| piece[0].0 <= id);
        let at = after.saturating_sub(1);
        let place = self.pieces.get(at).map_or(Err(0), |piece| piece.binary_search_by_key(&id, |one| one.0));
        (at, place)
    }

    /// What is known of a channel.
    #[inline]
    pub fn get(&self, id: &ChannelId) -> Option<&ChannelState> {
        let (at, place) = self.find(*id);
        place.ok().map(|place| &self.pieces[at][place].1)
    }

    /// Whether a channel is known.
    pub fn contains_key(&self, id: &ChannelId) -> bool {
        self.get(id).is_some()
    }

    /// Changes what is known of a channel, if it is known.
    pub fn change<R>(&mut self, id: &ChannelId, how: impl FnOnce(&mut ChannelState) -> R) -> Option<R> {
        let (at, place) = self.find(*id);
        let place = place.ok()?;
        let state = &mut Arc::make_mut(self.pieces.get_mut(at)?)[place].1;
        let before = word(*id, state);
        let result = how(state);
        self.sum = self.sum.wrapping_sub(before).wrapping_add(word(*id, state));
        Some(result)
    }

    /// Notes a channel, or what it is from now on.
    pub fn insert(&mut self, id: ChannelId, state: ChannelState) {
        if self.change(&id, |known| *known = state).is_some() {
            return;
        }
        self.sum = self.sum.wrapping_add(word(id, &state));
        self.length += 1;
        let (at, place) = self.find(id);
        let Some(piece) = self.pieces.get_mut(at) else {
            self.pieces.push(Arc::new(vec![(id, state)]));
            return;
        };
        let piece = Arc::make_mut(piece);
        piece.insert(place.unwrap_or_else(|place| place), (id, state));
        if piece.len() > MOST {
            let rest = piece.split_off(MOST / 2);
            self.pieces.insert(at + 1, Arc::new(rest));
        }
    }

    /// Forgets a channel.
    pub fn remove(&mut self, id: &ChannelId) {
        let (at, Ok(place)) = self.find(*id) else { return };
        let piece = Arc::make_mut(&mut self.pieces[at]);
        let (id, state) = piece.remove(place);
        let empty = piece.is_empty();
        self.length -= 1;
        self.sum = self.sum.wrapping_sub(word(id, &state));
        if empty {
            self.pieces.remove(at);
        }
    }

    /// All of them, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&ChannelId, &ChannelState)> {
        self.pieces.iter().flat_map(|piece| piece.iter().map(|(id, state)| (id, state)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = KnownChannels { pieces: std::mem::take(&mut self.pieces), length: 0, sum: 0 };
        self.pieces.clear();
    }

    /// The same for the same channels, however they came to be known.
    pub fn print(&self) -> u64 {
        mix(self.sum, self.length as u64)
    }

    /// As a map.
    pub fn to_map(&self) -> BTreeMap<ChannelId, ChannelState> {
        self.iter().map(|(id, state)| (*id, *state)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ActorId;

    fn state(peer: u32) -> ChannelState {
        ChannelState { is_open: true, peer: ActorId(peer), told_of_close: false }
    }

    /// Beside a plain map, over many changes; a copy keeps what it had.
    #[test]
    fn it_is_a_map() {
        let (mut known, mut plain) = (KnownChannels::default(), BTreeMap::new());
        let mut copies = Vec::new();
        for step in 0..3000u64 {
            let id = ChannelId(mix(step, 7) % 400);
            match mix(step, 9) % 4 {
                0 | 1 => {
                    known.insert(id, state(step as u32));
                    plain.insert(id, state(step as u32));
                }
                2 => {
                    known.remove(&id);
                    plain.remove(&id);
                }
                _ => {
                    known.change(&id, |state| state.is_open = false);
                    if let Some(state) = plain.get_mut(&id) {
                        state.is_open = false;
                    }
                }
            }
            assert_eq!(known.get(&id), plain.get(&id));
            if step % 100 == 0 {
                assert_eq!(known.to_map(), plain);
                copies.push((known.clone(), plain.clone()));
            }
        }
        for (known, plain) in copies {
            assert_eq!(known.to_map(), plain);
            let mut again = KnownChannels::default();
            plain.iter().rev().for_each(|(id, state)| again.insert(*id, *state));
            assert_eq!((again.print(), again.len()), (known.print(), plain.len()));
            assert!(again == known);
        }
    }
}
