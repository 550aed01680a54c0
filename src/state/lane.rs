//! The FIFO lanes between two participants.

use super::mail::{List, Mail};
use super::ready::NOWHERE;
use crate::event::{Event, Verb};
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

/// The way from one participant to another. What is under way on it [is in order](Lanes::messages).
#[derive(Clone, Debug)]
pub struct Lane {
    /// Who sends.
    pub from: ActorId,
    /// Who receives.
    pub to: ActorId,
    /// How many were sent.
    pub sent: u32,
    /// How many were delivered.
    pub taken: u32,
    /// When the last one arrives: the next cannot come before it.
    pub last_arrival: Time,
    pub(super) list: List,
    pub(super) place: u32,
}

impl Lane {
    fn new(from: ActorId, to: ActorId) -> Lane {
        let (sent, taken, last_arrival) = (0, 0, Time::ZERO);
        Lane { from, to, sent, taken, last_arrival, list: List::EMPTY, place: NOWHERE }
    }

    /// How many messages are under way.
    pub fn waiting(&self) -> u32 {
        self.sent - self.taken
    }

    /// The event that its oldest message is delivered.
    pub(super) fn delivery(&self) -> Event {
        Event::new(Verb::Deliver, self.from, self.to, self.taken + 1)
    }

    /// Its oldest message was taken out: where that was among what is ready, and whether another one follows it.
    #[inline(always)]
    pub(super) fn advance(&mut self) -> (u32, bool) {
        self.taken += 1;
        (std::mem::replace(&mut self.place, NOWHERE), !self.list.is_empty())
    }
}

/// All lanes, found by their ends, and what is under way on them.
#[derive(Debug, Default)]
pub struct Lanes {
    pub(super) lanes: Vec<Lane>,
    pub(super) mail: Mail,
    /// Per sender: the receiver that it sent to last, and that lane. Most senders go on to the same one.
    recent: Vec<(ActorId, u32)>,
    /// Per sender: the receivers and lanes, by receiver.
    outgoing: Vec<Vec<(ActorId, u32)>>,
    /// Per receiver: the lanes.
    incoming: Vec<Vec<u32>>,
}

impl Clone for Lanes {
    /// A copy has room for the messages that are there: a search keeps many, and lanes once were full.
    fn clone(&self) -> Lanes {
        let mut mail = Mail::default();
        let copy = |lane: &Lane| {
            let mut list = List::EMPTY;
            self.messages(lane).for_each(|envelope| *mail.push(&mut list) = envelope.clone());
            Lane { list, ..lane.clone() }
        };
        let lanes = self.lanes.iter().map(copy).collect();
        let (recent, outgoing, incoming) = (self.recent.clone(), self.outgoing.clone(), self.incoming.clone());
        Lanes { lanes, mail, recent, outgoing, incoming }
    }
}

impl Lanes {
    pub(super) fn new(participants: usize) -> Lanes {
        Lanes {
            lanes: Vec::new(),
            mail: Mail::default(),
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
                self.lanes.push(Lane::new(from, to));
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

    /// What is under way on a lane of these, the oldest first.
    pub fn messages(&self, lane: &Lane) -> impl Iterator<Item = &Envelope> {
        self.mail.iter(lane.list)
    }

    /// The oldest message that is under way on a lane of these.
    #[inline(always)]
    pub fn head(&self, lane: &Lane) -> Option<&Envelope> {
        self.mail.front(lane.list)
    }

    pub(super) fn incoming(&self, to: ActorId) -> &[u32] {
        &self.incoming[to.index()]
    }

    /// Empties every lane and keeps its memory. The lanes stay: which exist does not decide anything.
    pub(super) fn clear(&mut self) {
        for lane in &mut self.lanes {
            *lane = Lane::new(lane.from, lane.to);
        }
        self.mail.clear();
    }
}
