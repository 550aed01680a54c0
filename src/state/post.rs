//! How a message comes to be on its lane.

use super::charge::Over;
use super::*;
use crate::choice::Choices;
use crate::message_server::{ActorMessage, ActorSend};
use std::cmp::Reverse;
use std::convert::Infallible;

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// A bound is exceeded.
    Over(Over),
    /// The door did not answer.
    RunOver,
}

impl State {
    fn link(&self, from: ActorId, to: ActorId) -> Latency {
        let own = self.setting.links.iter().find(|link| link.0 == from && link.1 == to);
        own.map_or(self.setting.latency, |link| link.2)
    }

    /// How long something takes from one participant to another: a question at the door under the strict clock, and
    /// nothing at all under the loose one, where latencies order nothing.
    #[inline(always)]
    pub(super) fn transit(
        &mut self,
        choices: &mut Choices,
        from: ActorId,
        to: ActorId,
    ) -> Result<Time, Halted> {
        match self.clock {
            Clock::Loose => Ok(Time::ZERO),
            Clock::Strict => self.draw_transit(choices, from, to),
        }
    }

    fn draw_transit(&mut self, choices: &mut Choices, from: ActorId, to: ActorId) -> Result<Time, Halted> {
        let latency = self.link(from, to);
        let answer = choices.draw(latency.draw(from)).ok_or(Halted)?;
        let span = latency.of(answer);
        self.learn(from, span.0);
        Ok(self.now.after(span))
    }

    /// Sends a message down its lane; the sender's history has it.
    ///
    /// # Errors
    /// When the door is closed.
    #[inline]
    pub fn post(
        &mut self,
        choices: &mut Choices,
        from: ActorId,
        to: ActorId,
        message: ActorMessage,
    ) -> Result<(), Halted> {
        let content = message.digest();
        let arrival = self.transit(choices, from, to)?;
        let free = |_: &mut Participant, _: &mut u64| Ok::<(), Infallible>(());
        let Ok(()) = self.put(from, to, content, arrival, free, |place| *place = message);
        Ok(())
    }

    /// The same for a plain message of this digest and length, which counts against the bounds: its bytes are written to
    /// where they will be read, in one piece.
    ///
    /// # Errors
    /// When a bound is exceeded, or the door is closed.
    #[inline(always)]
    pub(crate) fn post_send(
        &mut self,
        choices: &mut Choices,
        from: ActorId,
        to: ActorId,
        content: u64,
        length: u64,
        data: impl FnOnce() -> Payload,
    ) -> Result<(), Unsent> {
        if self.clock == Clock::Strict {
            return self.post_charged(choices, from, to, data());
        }
        let most = self.most;
        let charge = |sender: &mut Participant, run: &mut u64| sender.charge(most, run, 1, length);
        let sent = self.put(from, to, content, Time::ZERO, charge, |place| match place {
            // What was there has nothing to drop.
            ActorMessage::Send(ActorSend { data: place }) => {
                std::mem::forget(std::mem::replace(place, data()))
            }
            other => *other = ActorMessage::Send(ActorSend { data: data() }),
        });
        sent.map_err(Unsent::Over)
    }

    #[inline(never)]
    fn post_charged(
        &mut self,
        choices: &mut Choices,
        from: ActorId,
        to: ActorId,
        data: Payload,
    ) -> Result<(), Unsent> {
        self.charge(from, 1, data.len() as u64).map_err(Unsent::Over)?;
        let message = ActorMessage::Send(ActorSend { data });
        self.post(choices, from, to, message).map_err(|Halted| Unsent::RunOver)
    }

    /// Puts a message on its lane, if its sender may cause it: that is what `charge` says.
    #[inline(always)]
    fn put<E>(
        &mut self,
        from: ActorId,
        to: ActorId,
        content: u64,
        arrival: Time,
        charge: impl FnOnce(&mut Participant, &mut u64) -> Result<(), E>,
        fill: impl FnOnce(&mut ActorMessage),
    ) -> Result<(), E> {
        let sender = &mut self.participants[from.index()];
        charge(sender, &mut self.bytes)?;
        self.age = self.age.wrapping_add(1);
        let age = self.age;
        if sender.recent.0 != to || sender.recent.1 == NOWHERE {
            sender.recent = (to, self.lanes.between(from, to));
        }
        let slot = sender.recent.1;
        let Lanes { lanes, mail, .. } = &mut self.lanes;
        let lane = &mut lanes[slot as usize];
        let alone = lane.list.is_empty();
        lane.sent += 1;
        let number = lane.sent;
        let ends = u64::from(from.0) << 32 | u64::from(to.0);
        let digest = mix(content.wrapping_add(number.into()), ends);
        sender.history.word(digest);
        let arrival = arrival.max(lane.last_arrival);
        lane.last_arrival = arrival;
        let place = mail.push(&mut lane.list);
        fill(&mut place.message);
        (place.digest, place.arrival, place.age, place.cause) = (digest, arrival, age, self.step);
        self.under_way = self.under_way.wrapping_add(1);
        if self.under_way > self.most.messages {
            self.overfull = true;
            self.record.changes += 1;
        }
        if alone {
            let event = Event::new(Verb::Deliver, from, to, number);
            if arrival > self.now {
                self.arrivals.push(Reverse((arrival, age, event, slot)));
            } else if lane.place == NOWHERE && self.participants[to.index()].open {
                lane.place = self.ready.add(event, age, slot);
            }
        }
        Ok(())
    }
}
