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

    /// Its oldest message, of this cause, was taken out.
    #[inline(always)]
    fn advance(&mut self, cause: u64) -> HeadTaken {
        self.taken += 1;
        HeadTaken { cause, place: std::mem::replace(&mut self.place, NOWHERE), more: !self.list.is_empty() }
    }
}

/// What was known of the head of a lane, which was taken out.
pub(crate) struct HeadTaken {
    /// The step that sent it.
    pub(super) cause: u64,
    /// Where it was among what is ready.
    pub(super) place: u32,
    /// Whether another message follows it.
    pub(super) more: bool,
}

/// A plain message that was taken from its lane, and whose bytes still lie where they were.
pub(crate) struct PlainTaken {
    pub digest: u64,
    pub bytes_at: u32,
    pub head: HeadTaken,
}

/// All lanes, found by their ends, and what is under way on them.
#[derive(Debug, Default)]
pub struct Lanes {
    pub(super) lanes: Vec<Lane>,
    pub(super) mail: Mail,
    /// Per sender: the receivers and lanes, by receiver.
    outgoing: Vec<Vec<(ActorId, u32)>>,
    /// Per receiver: the lanes.
    incoming: Vec<Vec<u32>>,
}

impl Clone for Lanes {
    /// A copy has room for the messages that are there: a search keeps many, and lanes once were full.
    fn clone(&self) -> Lanes {
        let messages = self.lanes.iter().map(|lane| lane.waiting() as usize).sum();
        let mut mail = Mail::with_room(messages);
        let copy = |lane: &Lane| {
            let mut list = List::EMPTY;
            self.messages(lane).for_each(|envelope| *mail.push(&mut list) = envelope.clone());
            Lane { list, ..lane.clone() }
        };
        let lanes = self.lanes.iter().map(copy).collect();
        Lanes { lanes, mail, outgoing: self.outgoing.clone(), incoming: self.incoming.clone() }
    }
}

impl Lanes {
    pub(super) fn new(participants: usize) -> Lanes {
        Lanes {
            lanes: Vec::new(),
            mail: Mail::default(),
            outgoing: vec![Vec::new(); participants],
            incoming: vec![Vec::new(); participants],
        }
    }

    /// The lane from one participant to another, made when there is none.
    pub(super) fn between(&mut self, from: ActorId, to: ActorId) -> u32 {
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

    #[inline(always)]
    pub(super) fn take(&mut self, slot: u32) -> Option<(Envelope, HeadTaken)> {
        let lane = self.lanes.get_mut(slot as usize)?;
        let envelope = self.mail.pop(&mut lane.list)?;
        let head = lane.advance(envelope.cause);
        Some((envelope, head))
    }

    /// Takes the oldest message of a lane, where it is a plain one. [What follows](super::State::head_taken) is still to be done.
    #[inline(always)]
    pub(crate) fn take_plain(&mut self, slot: u32) -> Option<PlainTaken> {
        let lane = self.lanes.get_mut(slot as usize)?;
        let (digest, cause, bytes_at) = self.mail.pop_plain(&mut lane.list)?;
        Some(PlainTaken { digest, bytes_at, head: lane.advance(cause) })
    }

    /// The bytes of a plain message that was just taken.
    #[inline(always)]
    pub(crate) fn taken_bytes(&mut self, bytes_at: u32) -> &mut Payload {
        self.mail.bytes(bytes_at)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn put(lanes: &mut Lanes, slot: u32, text: &str) {
        let Lanes { lanes, mail, .. } = lanes;
        let place = mail.push(&mut lanes[slot as usize].list);
        place.message = ActorMessage::Send(ActorSend { data: text.into() });
        lanes[slot as usize].sent += 1;
    }

    fn told(lanes: &Lanes) -> Vec<Vec<String>> {
        let text = |held: &Envelope| held.message.data().expect("it carries bytes").text().into_owned();
        lanes.iter().map(|lane| lanes.messages(lane).map(text).collect()).collect()
    }

    #[test]
    fn a_copy_has_the_messages_and_room_for_no_more() {
        let (a, b, c) = (ActorId(0), ActorId(1), ActorId(2));
        let mut lanes = Lanes::new(3);
        let (one, other) = (lanes.between(a, b), lanes.between(c, b));
        for text in ["1", "2", "3"] {
            put(&mut lanes, one, text);
            put(&mut lanes, other, text);
        }
        let taken = [one, other, one].map(|slot| lanes.take(slot).expect("there is one").0);
        assert!(taken.iter().all(|envelope| envelope.message.size() == 1));
        let mut copy = lanes.clone();
        assert_eq!(told(&copy), [vec!["3"], vec!["2", "3"]]);
        assert_eq!((lanes.mail.room(), copy.mail.room()), (6, 3));
        put(&mut copy, one, "4");
        assert_eq!(told(&copy), [vec!["3", "4"], vec!["2", "3"]]);
        assert_eq!(told(&lanes), [vec!["3"], vec!["2", "3"]], "they share nothing");
    }
}
