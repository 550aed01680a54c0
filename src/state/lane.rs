//! The FIFO lanes between two participants.

use super::queue::Queue;
use super::ready::NOWHERE;
use crate::id::{ActorId, Time};
use crate::message_server::{ActorMessage, ActorSend};
use crate::payload::Payload;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// What is sent.
    pub message: ActorMessage,
    /// A digest of the message and of which of its lane it is.
    pub digest: u64,
    /// When it arrives at the earliest (strict clock).
    pub arrival: Time,
    /// When it was sent, as a count of everything that came about.
    pub age: u64,
    /// The step in which it was sent; 0 is the start.
    pub cause: u64,
}

impl Envelope {
    /// One that holds no message.
    pub(super) fn empty() -> Envelope {
        let message = ActorMessage::Send(ActorSend { data: Payload::EMPTY });
        Envelope { message, digest: 0, arrival: Time::ZERO, age: 0, cause: 0 }
    }
}

/// The messages from one participant to another, in order.
// In one line of the cache, not in halves of two.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Lane {
    /// Who sends.
    pub from: ActorId,
    /// Who receives.
    pub to: ActorId,
    /// What is on its way.
    pub queue: Queue,
    /// How many were delivered.
    pub taken: u32,
    /// When the last one arrives: the next cannot come before it.
    pub last_arrival: Time,
    pub(super) place: u32,
}

/// All lanes, found by their ends.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    pub(super) lanes: Vec<Lane>,
    /// Per sender: the receiver that it sent to last, and that lane. Most senders go on to the same one.
    recent: Vec<(ActorId, u32)>,
    /// Per sender: the receivers and lanes, by receiver.
    outgoing: Vec<Vec<(ActorId, u32)>>,
    /// Per receiver: the lanes.
    incoming: Vec<Vec<u32>>,
}

impl Lanes {
    pub(super) fn new(participants: usize) -> Lanes {
        Lanes {
            lanes: Vec::new(),
            recent: vec![(ActorId(0), NOWHERE); participants],
            outgoing: vec![Vec::new(); participants],
            incoming: vec![Vec::new(); participants],
        }
    }

    /// The lane from one participant to another, made when there is none.
    #[inline]
    pub(super) fn between(&mut self, from: ActorId, to: ActorId) -> u32 {
        match self.recent[from.index()] {
            (receiver, slot) if receiver == to && slot != NOWHERE => slot,
            _ => {
                let slot = self.search(from, to);
                self.recent[from.index()] = (to, slot);
                slot
            }
        }
    }

    fn search(&mut self, from: ActorId, to: ActorId) -> u32 {
        let outgoing = &mut self.outgoing[from.index()];
        match outgoing.binary_search_by_key(&to, |(receiver, _)| *receiver) {
            Ok(place) => outgoing[place].1,
            Err(place) => {
                let slot = self.lanes.len() as u32;
                outgoing.insert(place, (to, slot));
                self.incoming[to.index()].push(slot);
                let lane = Lane {
                    from,
                    to,
                    queue: Queue::default(),
                    taken: 0,
                    last_arrival: Time::ZERO,
                    place: NOWHERE,
                };
                self.lanes.push(lane);
                slot
            }
        }
    }

    /// The lane from one participant to another, if anything was ever sent there.
    pub fn find(&self, from: ActorId, to: ActorId) -> Option<&Lane> {
        let outgoing = self.outgoing.get(from.index())?;
        let place = outgoing.binary_search_by_key(&to, |(receiver, _)| *receiver).ok()?;
        self.lanes.get(outgoing[place].1 as usize)
    }

    /// All lanes, in no order of meaning.
    pub fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter()
    }

    pub(super) fn incoming(&self, to: ActorId) -> &[u32] {
        &self.incoming[to.index()]
    }

    /// Empties every lane and keeps its memory. The lanes stay: which exist does not decide anything.
    pub(super) fn clear(&mut self) {
        for lane in &mut self.lanes {
            lane.queue.clear();
            lane.taken = 0;
            lane.last_arrival = Time::ZERO;
            lane.place = NOWHERE;
        }
    }
}
