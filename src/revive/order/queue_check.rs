//! Whether what was put into queues and mailboxes is in its place: both are queues, so that what is not will never be handled
//! as recorded.

use super::equal_but_ids;
use super::event_ranking::May;
use super::scripted_cast::{Clash, ScriptedCast};
use crate::actor::Input;
use crate::chain::Invocation;
use crate::id::{ActorId, ChannelId};
use crate::message_server::ActorMessage;
use crate::profile::{Rules, Theater};

impl ScriptedCast {
    /// Looks whether what was put into mailboxes is in its place: what is not will never be handled as recorded.
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn check_puts(&mut self) -> Result<(), Clash> {
        if matches!(self.stand.get().rules, Rules::Actors) {
            return Ok(());
        }
        for place in 0..self.cursors.len() {
            let who = ActorId(place as u32);
            while let Some((at, message)) = self.unverified(who) {
                if let Some(part) = self.expected_put(who, at, &message)
                    && let May::Never(clash) = self.judge_message(who, &message, part)
                {
                    return Err(clash);
                }
                self.cursors[place].verified = at + 1;
            }
        }
        if self.terms.queue_certain() { self.check_queue() } else { Ok(()) }
    }

    /// The first message in a mailbox that was not looked at.
    fn unverified(&self, who: ActorId) -> Option<(usize, ActorMessage)> {
        let Rules::Theater(rules) = &self.stand.get().rules else { return None };
        self.script(who)?;
        let at = self.cursors[who.index()].verified;
        rules.units[who.index()].mailbox.iter().nth(at).map(|mail| (at, mail.message.clone()))
    }

    /// The part that a message which was just put there would begin, where that is certain: the runtime of 0.2 may yet
    /// drop what comes over a channel, and who is told to stop handles no more.
    fn expected_put(&self, who: ActorId, at: usize, message: &ActorMessage) -> Option<usize> {
        let Rules::Theater(rules) = &self.stand.get().rules else { return None };
        let rules: &Theater = rules;
        let unit = &rules.units[who.index()];
        if unit.stopping || unit.paused {
            return None;
        }
        // Counted among messages of its kind alone, wherever it stands.
        match rules.is_router() {
            true => self.expected(who, at),
            false if plain(message) => self.expected_plain(who, at),
            false => self.expected_on_channel(who, at, message),
        }
    }

    fn expected_plain(&self, who: ActorId, at: usize) -> Option<usize> {
        let Rules::Theater(rules) = &self.stand.get().rules else { return None };
        let script = self.script(who)?;
        let unit = &rules.units[who.index()];
        let held = || unit.operations.iter().chain(&unit.submits).filter(|held| held.input != Input::Init);
        let ahead = || unit.mailbox.iter().take(at);
        let plain_ahead = held().filter(|held| plain_input(&held.input)).count()
            + ahead().filter(|mail| plain(&mail.message)).count();
        let next = self.cursors[who.index()].next;
        let found = script.plain(next, plain_ahead)?;
        // What came over channels and was handled before it must be ahead of it.
        let others_ahead = held().filter(|held| over(&held.input).is_some()).count()
            + ahead().filter(|mail| over_channel(&mail.message)).count();
        let missing = script.over_channels(next, others_ahead);
        Some(missing.map_or(found, |place| place.min(found)))
    }

    /// The runtime of 0.2 looks whether the channel is open when it takes the message: where that is certain already, the call
    /// that it must be.
    fn expected_on_channel(&self, who: ActorId, at: usize, message: &ActorMessage) -> Option<usize> {
        let Rules::Theater(rules) = &self.stand.get().rules else { return None };
        let (script, unit) = (self.script(who)?, &rules.units[who.index()]);
        let (channel, closes) = match message {
            ActorMessage::ChannelMessage(m) => (m.channel_id, false),
            ActorMessage::ChannelClose(m) => (m.channel_id, true),
            _ => return None,
        };
        let known = self.stand.get().state.participant(who).channels.active_channels.get(&channel);
        let mut open = known.map(|known| known.is_open);
        let held = unit.operations.iter().chain(&unit.submits);
        let mut ahead = held.filter(|operation| over(&operation.input) == Some(channel)).count();
        for mail in unit.mailbox.iter().take(at) {
            match &mail.message {
                ActorMessage::ChannelInitiated(m) if m.channel_id == channel => open = Some(true),
                ActorMessage::ChannelMessage(m) if m.channel_id == channel && open == Some(true) => {
                    ahead += 1
                }
                ActorMessage::ChannelClose(m) if m.channel_id == channel && open.is_some() => {
                    ahead += 1;
                    open = Some(false);
                }
                _ => {}
            }
        }
        // Where it is not known yet, it will be dropped, unless a handler is about to accept it.
        let open = open?;
        if !open && !closes {
            return None; // It will be dropped.
        }
        let next = self.cursors[who.index()].next;
        let found = self.ids.theirs(&channel.to_string()).and_then(|id| script.over_channel(id, next, ahead));
        // Where the chain has none more of it, the next call that is sure to come after it is as good as any.
        found.or_else(|| self.expected_plain(who, at))
    }

    /// Looks at the commands that wait for the loop: those to one actor are handled in this order, but for what comes from
    /// outside.
    fn check_queue(&mut self) -> Result<(), Clash> {
        let Rules::Theater(rules) = &self.stand.get().rules else { return Ok(()) };
        let all = rules.queue.all().count();
        let fresh: Vec<ActorId> =
            rules.queue.all().skip(self.queued).filter_map(|order| Some(order.carries()?.0)).collect();
        self.queued = all;
        for who in fresh {
            self.check_queued_for(who)?;
        }
        Ok(())
    }

    fn check_queued_for(&mut self, who: ActorId) -> Result<(), Clash> {
        let Rules::Theater(rules) = &self.stand.get().rules else { return Ok(()) };
        let unit = &rules.units[who.index()];
        if unit.stopping || unit.paused || unit.closed || !unit.registered {
            return Ok(());
        }
        let Some(script) = self.script(who).cloned() else { return Ok(()) };
        let waiting: Vec<Input> = rules
            .queue
            .all()
            .filter_map(|order| order.carries())
            .filter(|(to, _)| *to == who)
            .map(|(_, input)| input)
            .collect();
        let inside = unit.mailbox.all().filter(|mail| plain(&mail.message)).count();
        let held =
            unit.operations.iter().chain(&unit.submits).filter(|operation| plain_input(&operation.input));
        let skipped = held.count() + inside;
        let next = self.cursors[who.index()].next;
        let parts = script.parts.iter().skip(next).filter(|part| plain_call(&part.call));
        let mut parts = parts.skip(skipped);
        for input in waiting {
            loop {
                let Some(part) = parts.next() else { return Ok(()) };
                if equal_but_ids::input(&mut self.ids, &input, &part.call, false) {
                    break;
                }
                if part.inside {
                    let found = equal_but_ids::told_input(&input);
                    return Err(Clash { actor: who, place: part.place, found });
                }
            }
        }
        Ok(())
    }
}

/// The channel that an input is about, if it came over one.
fn over(input: &Input) -> Option<ChannelId> {
    match input {
        Input::ChannelMessage { channel, .. } | Input::ChannelClose { channel } => Some(*channel),
        _ => None,
    }
}

fn over_channel(message: &ActorMessage) -> bool {
    matches!(message, ActorMessage::ChannelMessage(_) | ActorMessage::ChannelClose(_))
}

fn plain_input(input: &Input) -> bool {
    matches!(input, Input::Send { .. } | Input::Request { .. } | Input::ChannelOpen { .. })
}

fn plain_call(call: &Invocation) -> bool {
    matches!(call, Invocation::Send(_) | Invocation::Request(..) | Invocation::ChannelOpen(..))
}

/// Whether a message is handled whatever is known of channels.
fn plain(message: &ActorMessage) -> bool {
    matches!(message, ActorMessage::Send(_) | ActorMessage::Request(_) | ActorMessage::ChannelOpen(_))
}
