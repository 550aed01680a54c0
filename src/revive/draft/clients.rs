//! Clients that send an actor what no chain sent.

use super::Known;
use super::addresses::finder;
use super::client_role::Client;
use super::steps::bytes;
use super::unsent_channel_messages::Stray;
use crate::chain::{Invocation, MESSAGING, Reply};
use crate::id::ActorId;
use crate::revive::HostMove;
use crate::revive::message_key::MessageKey;
use crate::revive::record::ChainRecord;
use crate::scenario::{ChannelSpec, OnChannelSpec, OpenSpec, Step, ToSpec};
use std::collections::{BTreeMap, BTreeSet};

/// What a client calls the channel that it opens.
const CHANNEL: &str = "channel";

/// What the chains send, by what its receiver's chain would have of it.
fn supply(actors: &[Known<'_>], addresses: &[Option<String>]) -> BTreeMap<MessageKey, usize> {
    let mut sent: BTreeMap<MessageKey, usize> = BTreeMap::new();
    let find = finder(addresses);
    let calls = actors.iter().flat_map(|actor| actor.report.sent());
    for key in calls.filter_map(|call| MessageKey::sent(call, &find)) {
        let count = key.receivers();
        *sent.entry(key).or_default() += count;
    }
    sent
}

/// The clients that send the actors what no chain sent, actor by actor, and what came over channels that they did not open.
pub(super) fn from_outside(
    actors: &[Known<'_>],
    addresses: &[Option<String>],
    forced: &BTreeSet<(usize, usize)>,
) -> (Vec<Client>, Vec<Stray>) {
    let mut sent = supply(actors, addresses);
    let (mut clients, mut strays) = (Vec::new(), Vec::new());
    for (place, actor) in actors.iter().enumerate() {
        let who = ActorId(place as u32);
        let mut senders = Senders::to(&actor.name);
        let mut scripts = actor.report.script.iter();
        for (at, _, call) in actor.record.calls() {
            let moves = scripts.next().map_or(&[][..], Vec::as_slice);
            let Some(key) = MessageKey::handled(who, &call) else { continue };
            let inside = !forced.contains(&(place, at));
            if let Some(count) = sent.get_mut(&key).filter(|count| inside && **count > 0) {
                *count -= 1;
                continue;
            }
            let own = own_client(actor.record, (at, &call), moves);
            strays.extend(senders.send(call, own).map(|(channel, data)| Stray {
                actor: place,
                place: at,
                channel,
                data,
            }));
        }
        clients.extend(senders.all());
    }
    (clients, strays)
}

/// The clients that send one actor what no chain sent: one for all that comes one after the other, and one for each
/// request that is answered later and for each channel.
struct Senders<'a> {
    to: &'a str,
    /// What comes one after the other.
    main: Vec<Step>,
    others: Vec<Client>,
    /// Which of the others opened a channel, by its id in the chain.
    channels: BTreeMap<String, usize>,
}

/// What came over a channel that no client opened: the channel, and the bytes; none for a close.
type Unopened = (String, Option<Vec<u8>>);

impl Senders<'_> {
    fn to(to: &str) -> Senders<'_> {
        Senders { to, main: Vec::new(), others: Vec::new(), channels: BTreeMap::new() }
    }

    /// Sends what a call was made with; with `own` from a client that sends nothing else. What came over a channel that
    /// none of them opened is handed back.
    fn send(&mut self, call: Invocation, own: bool) -> Option<Unopened> {
        let to = |data: &[u8]| Box::new(ToSpec { to: self.to.to_owned(), body: bytes(data) });
        match call {
            Invocation::Send(data) => self.main.push(Step { send: Some(to(&data)), ..Step::default() }),
            Invocation::Request(_, data) => {
                let step = Step { request: Some(to(&data)), ..Step::default() };
                if own { self.alone(step) } else { self.main.push(step) }
            }
            Invocation::ChannelOpen(id, data) => {
                let open = OpenSpec { to: self.to.to_owned(), body: bytes(&data), name: CHANNEL.to_owned() };
                self.channels.insert(id, self.others.len());
                self.alone(Step { open_channel: Some(Box::new(open)), ..Step::default() });
            }
            Invocation::ChannelMessage(id, data) => {
                let Some(steps) = self.over(&id) else { return Some((id, Some(data))) };
                let spec = OnChannelSpec { channel: CHANNEL.to_owned(), body: bytes(&data) };
                steps.push(Step { send_on_channel: Some(Box::new(spec)), ..Step::default() });
            }
            Invocation::ChannelClose(id) => {
                let Some(steps) = self.over(&id) else { return Some((id, None)) };
                let spec = ChannelSpec { channel: CHANNEL.to_owned() };
                steps.push(Step { close_channel: Some(spec), ..Step::default() });
            }
            Invocation::Init(_) | Invocation::Other => {}
        }
        None
    }

    fn alone(&mut self, step: Step) {
        self.others.push(Client::sends_alone(self.to, self.others.len(), step));
    }

    /// What the client does that opened a channel.
    fn over(&mut self, channel: &str) -> Option<&mut Vec<Step>> {
        let client = *self.channels.get(channel)?;
        self.others.get_mut(client).map(|client| &mut client.steps)
    }

    fn all(self) -> impl Iterator<Item = Client> {
        let main = (!self.main.is_empty()).then(|| Client::sends(self.to, self.main));
        main.into_iter().chain(self.others)
    }
}

/// Whether the message of the call at `at` is sent by a client of its own.
pub(in crate::revive) fn own_client(
    record: &ChainRecord,
    (at, call): (usize, &Invocation),
    moves: &[HostMove],
) -> bool {
    match call {
        Invocation::Request(..) => waits(moves) || later(record, at),
        Invocation::ChannelOpen(..) => true,
        _ => false,
    }
}

/// Whether a handler waited for others: meanwhile more may have come from outside, behind it.
fn waits(moves: &[HostMove]) -> bool {
    moves.iter().any(|made| made.call.name().starts_with(MESSAGING))
}

/// Whether the request at `at` was not answered by its own handler.
fn later(record: &ChainRecord, at: usize) -> bool {
    let end = record.end_of(at).map(|end| record.entries[end].reply());
    !matches!(end, Some(Some(Reply::Request(Some(_)))))
}
