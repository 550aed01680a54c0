//! A fingerprint of what is in queues, tables and tasks: all of it that decides what can happen next.

use super::*;
use crate::digest::Digest;

impl Theater {
    /// The fingerprint of the content, not of the history: two orders that led to the same have the same.
    pub fn print(&self) -> u64 {
        let mut digest = Digest::default();
        self.queue.all().for_each(|order| digest.word(order.digest()));
        if let Some(in_hand) = &self.in_hand {
            digest.word(in_hand.deliveries.len() as u64 + 1);
            for (to, mail) in &in_hand.deliveries {
                digest.word(mix(to.0.into(), mail_word(mail)));
            }
            let opening = in_hand.opening.map_or(0, |(call, _)| call_word(call));
            digest.word(opening ^ in_hand.ack.as_ref().map_or(0, |(call, ..)| !call_word(*call)));
        }
        for (channel, participants) in &self.registry {
            digest.word(channel.0);
            participants.iter().for_each(|who| digest.word(who.0.into()));
        }
        self.tasks.keys().for_each(|event| digest.word(event.word()));
        self.units.iter().for_each(|unit| unit_print(unit, &mut digest));
        digest.0
    }
}

fn unit_print(unit: &Unit, digest: &mut Digest) {
    unit.mailbox.all().for_each(|mail| digest.word(mail_word(mail)));
    let (server, number) = match unit.server {
        Server::Idle => (1, 0),
        Server::Waits(number, _) => (2, number),
        Server::Submits => (3, 0),
        Server::Gone => (4, 0),
    };
    digest.word(server << 32 | u64::from(number));
    for operation in unit.operations.iter().chain(&unit.submits).chain(&unit.running) {
        let awaited = u64::from(operation.awaited);
        digest.word(mix(operation.digest, u64::from(operation.number) << 1 | awaited));
    }
    let flags = [unit.closed, unit.initialised, unit.paused, unit.stopping, unit.registered];
    digest.word(flags.into_iter().fold(1, |word, flag| word << 1 | u64::from(flag)));
    digest.word(u64::from(unit.sent) << 32 | u64::from(unit.submitted));
}

fn mail_word(mail: &Mail) -> u64 {
    mix(mail.message.digest(), u64::from(mail.from.0) << 32 | u64::from(mail.number))
}

fn call_word(call: CallId) -> u64 {
    1 + (u64::from(call.owner.0) << 32 | u64::from(call.number))
}
