//! What was put into the queue of the runtime's loop, or the router's, before what; and who sent what was handled.
//!
//! That is a queue, and so are the mailboxes behind it: of two messages that an actor handled one after the other, the first was
//! sent first, whoever sent them. Host calls of one turn follow each other at once, unless the queue is full: so where a chain has somebody
//! else's message between those of one turn, which answers the first of them, the queue was full there.

use super::inside_messages::finder;
use super::schedule::Tied;
use super::script::Script;
use super::scripted_cast::ScriptedCast;
use crate::call::{Address, HostCall};
use crate::chain::Invocation;
use crate::id::ActorId;
use crate::profile::{Profile, Rules};
use crate::revive::HostMove;
use crate::revive::message_key::MessageKey;
use crate::scenario::Scenario;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A host call: whose, in which part, the how manieth of it.
pub(super) type Sent = (ActorId, usize, usize);

/// How many parts are looked through for what answers a message.
const MOST_BACK: usize = 64;

/// How many messages of one channel are compared, one with another, to find which of those sent were handled.
const MOST_LOOKS: usize = 10_000_000;

/// What came before what.
#[derive(Clone, Debug, Default)]
pub struct SendOrder {
    /// What must have been sent before.
    earlier: BTreeMap<Sent, Vec<Sent>>,
    /// What each part handles, by participant.
    begun_by: Vec<BTreeMap<usize, Sent>>,
    /// What most likely was handled where.
    likely: BTreeMap<Sent, (ActorId, usize)>,
    /// Whether somebody must have found the queue full.
    needs_room: bool,
}

/// What was sent and what was handled of one kind, all of it by one actor.
#[derive(Default)]
pub(super) struct Kind {
    pub sent: Vec<Sent>,
    pub handled: Vec<(ActorId, usize)>,
}

/// What went over one channel, by participant.
#[derive(Default)]
struct Channel<'a> {
    sent: BTreeMap<ActorId, Vec<(Sent, &'a [u8])>>,
    handled: BTreeMap<ActorId, Vec<(usize, &'a [u8])>>,
    closes: Vec<Sent>,
    told: Vec<(ActorId, usize)>,
}

impl Channel<'_> {
    /// Where among what `from` sent is what `to` handled: one after the other, since what is lost of it was sent before the channel was known,
    /// or after it was closed. Nothing where that is not certain.
    fn found(&self, from: ActorId, to: ActorId) -> Option<usize> {
        let (sent, handled) = (self.sent.get(&from)?, self.handled.get(&to)?);
        let (mut looks, mut found) = (0, None);
        for at in 0..=sent.len().checked_sub(handled.len())? {
            let alike = sent[at..].iter().zip(handled).take_while(|(one, other)| one.1 == other.1).count();
            looks += alike + 1;
            if looks > MOST_LOOKS || alike == handled.len() && found.replace(at).is_some() {
                return None;
            }
        }
        found
    }
}

/// What was sent and what was handled, kind by kind.
#[derive(Default)]
struct All<'a> {
    plain: BTreeMap<MessageKey, Kind>,
    channels: BTreeMap<String, Channel<'a>>,
}

impl<'a> All<'a> {
    fn handled(&mut self, (who, part): (ActorId, usize), call: &'a Invocation) {
        match call {
            Invocation::ChannelMessage(id, data) => {
                let channel = self.channels.entry(id.clone()).or_default();
                channel.handled.entry(who).or_default().push((part, data));
            }
            Invocation::ChannelClose(id) => {
                self.channels.entry(id.clone()).or_default().told.push((who, part));
            }
            call => {
                let key = MessageKey::handled_not_over_channel(who, call);
                key.into_iter().for_each(|key| self.plain.entry(key).or_default().handled.push((who, part)));
            }
        }
    }

    fn sent(&mut self, sent: Sent, call: &'a HostCall, find: &dyn Fn(&Address) -> Option<ActorId>) {
        match call {
            HostCall::SendOnChannel { channel, data } => {
                let channel = self.channels.entry(channel.to_string()).or_default();
                channel.sent.entry(sent.0).or_default().push((sent, &data[..]));
            }
            HostCall::CloseChannel { channel } => {
                self.channels.entry(channel.to_string()).or_default().closes.push(sent);
            }
            call => {
                let key = MessageKey::sent_to_actor(call, find);
                key.into_iter().for_each(|key| self.plain.entry(key).or_default().sent.push(sent));
            }
        }
    }
}

impl SendOrder {
    /// Where nothing is known of it.
    pub fn none(participants: usize) -> SendOrder {
        SendOrder { begun_by: vec![BTreeMap::new(); participants], ..SendOrder::default() }
    }

    /// What these chains say of it; with `likely` also who most likely sent which of messages that are alike. Where ids tell that, they
    /// tell it better.
    pub fn of(
        scenario: &Scenario,
        (tied, told): (&[Tied], &[Option<String>]),
        scripts: &[Option<Arc<Script>>],
        likely: bool,
    ) -> SendOrder {
        let mut before = SendOrder::none(scripts.len());
        let (find, router) = (finder(scenario, tied, told), scenario.profile == Profile::Theater03);
        let mut all = All::default();
        for (place, script) in scripts.iter().enumerate() {
            let who = ActorId(place as u32);
            for (part, one) in script.iter().flat_map(|script| script.parts.iter().enumerate()) {
                all.handled((who, part), &one.call);
                // What is sent while a channel is being opened is lost in version 0.2, whatever follows.
                let opens = matches!(one.call, Invocation::ChannelOpen(..)) && !router;
                let counts = |made: &HostMove| !opens || !matches!(made.call, HostCall::SendOnChannel { .. });
                for (at, made) in one.moves.iter().enumerate().filter(|(_, made)| counts(made)) {
                    all.sent((who, part, at), &made.call, &find);
                }
            }
        }
        let (certain, guessed) = super::identical_messages::pairs(&all.plain);
        let likely = if likely { guessed } else { Vec::new() };
        let lanes = scenario.profile == Profile::Actors;
        before.likely = certain.iter().chain(&likely).map(|(handled, sent)| (*sent, *handled)).collect();
        for ((who, part), sent) in certain.into_iter().chain(likely.into_iter().filter(|_| lanes)) {
            before.begun_by[who.index()].insert(part, sent);
        }
        if lanes {
            return before; // There is no such queue.
        }
        all.channels.values().for_each(|channel| before.over(channel));
        before.link();
        before.needs_room = before
            .earlier
            .iter()
            .any(|(later, earlier)| earlier.iter().any(|earlier| before.answers_itself(*earlier, *later)));
        before
    }

    fn over(&mut self, channel: &Channel<'_>) {
        let close = channel.closes.first().filter(|_| channel.closes.len() == 1);
        for (who, part) in close.iter().flat_map(|_| &channel.told) {
            self.begun_by[who.index()].extend(close.map(|close| (*part, *close)));
        }
        for (from, sent) in &channel.sent {
            let others = || channel.handled.keys().filter(|to| *to != from);
            let lost_after = |sent: Sent| close.filter(|close| close.0 != *from).map(|close| (sent, *close));
            let Some(to) = others().next().filter(|_| others().count() == 1) else {
                // All of it was lost: most likely since it came too late.
                let lost = sent.first().filter(|_| others().next().is_none());
                self.lost(lost.and_then(|(lost, _)| lost_after(*lost)));
                continue;
            };
            let Some(first) = channel.found(*from, *to) else { continue };
            let handled = &channel.handled[to];
            for ((part, _), (sent, _)) in handled.iter().zip(&sent[first..]) {
                self.begun_by[to.index()].insert(*part, *sent);
            }
            self.lost(sent.get(first + handled.len()).and_then(|(lost, _)| lost_after(*lost)));
        }
    }

    /// What was lost was sent after the close.
    fn lost(&mut self, found: Option<(Sent, Sent)>) {
        found.into_iter().for_each(|(lost, close)| self.earlier.entry(lost).or_default().push(close));
    }

    fn link(&mut self) {
        for handled in &self.begun_by {
            for (earlier, later) in handled.values().zip(handled.values().skip(1)) {
                if earlier.0 != later.0 {
                    self.earlier.entry(*later).or_default().push(*earlier);
                }
            }
        }
    }

    /// What begins a part, where nothing is known of it yet.
    pub(super) fn begins(&mut self, who: ActorId, part: usize, sent: Sent) {
        self.begun_by[who.index()].entry(part).or_insert(sent);
    }

    /// What must have been sent before.
    pub(super) fn follows(&mut self, later: Sent, earlier: Sent) {
        self.earlier.entry(later).or_default().push(earlier);
    }

    /// Whether what `later` waits for can only come of what the same turn sent before it.
    fn answers_itself(&self, earlier: Sent, (who, part, at): Sent) -> bool {
        let begun = self.begun_by[earlier.0.index()].range(..=earlier.1).rev().take(MOST_BACK);
        begun.map(|(_, sent)| *sent).any(|sent| sent.0 == who && sent.1 == part && sent.2 < at)
    }
}

/// Whether a call goes into the queue, and whether its caller waits for more than room in it.
fn queues(call: &HostCall) -> Option<bool> {
    match call {
        HostCall::Request { .. } | HostCall::OpenChannel { .. } => Some(true),
        HostCall::Send { .. } | HostCall::SendOnChannel { .. } | HostCall::CloseChannel { .. } => Some(false),
        HostCall::Shutdown { .. } | HostCall::Stop { .. } => Some(false),
        _ => None,
    }
}

impl ScriptedCast {
    /// Whether what must have been sent before this was sent.
    pub(super) fn in_order(&self, sent: Sent) -> Option<Sent> {
        let earlier = self.before.earlier.get(&sent).filter(|_| self.terms.senders_certain())?;
        earlier.iter().copied().find(|(who, part, at)| !self.cursors[who.index()].has_sent(*part, *at))
    }

    /// Whether a client whose next timer goes off now would send what others must have sent something before.
    pub(super) fn sends_too_early(&self, who: ActorId) -> bool {
        self.in_order((who, 0, self.cursors[who.index()].timers_fired() + 1)).is_some()
    }

    /// How long it is until what a participant sends first, in this part from `from` on, is handled: counted in what its receiver handles before.
    pub(super) fn distance(&self, who: ActorId, part: usize, from: usize) -> Option<u64> {
        let mut sent = self.before.likely.range((who, part, from)..(who, part + 1, 0));
        let (_, (to, place)) = sent.next().filter(|_| self.terms.senders_certain())?;
        Some(place.saturating_sub(self.cursors[to.index()].next) as u64)
    }

    /// Whether what begins a part was sent by somebody else than `from`.
    pub(super) fn is_from_another(&self, who: ActorId, part: usize, from: ActorId) -> bool {
        let sent = self.before.begun_by[who.index()].get(&part).filter(|_| self.terms.senders_certain());
        sent.is_some_and(|sent| sent.0 != from)
    }

    /// Whether the queue is to be as full as it can be: somebody must find it so.
    pub(super) fn fills(&self) -> bool {
        self.terms.senders_certain() && self.before.needs_room
    }

    /// Whether a participant that made the moves of a part from `from` on now would send something too early.
    pub(super) fn early(&self, who: ActorId, part: usize, from: usize) -> bool {
        let Rules::Theater(rules) = &self.stand.get().rules else { return false };
        let script = self.script(who).filter(|_| self.terms.senders_certain());
        let Some(part_made) = script.and_then(|script| script.parts.get(part)) else { return false };
        let mut room = rules.queue.room();
        let moves = &part_made.moves;
        for (at, made) in moves.iter().enumerate().skip(from) {
            let Some(waits) = queues(&made.call) else { continue };
            if self.in_order((who, part, at)).is_some() {
                return true;
            }
            if waits || room == 0 || rules.is_router() {
                break;
            }
            room -= 1;
        }
        false
    }
}
