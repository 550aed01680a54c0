//! What may happen next in a cast that is played from its chains: an event that a chain has no place for is not tried.

use super::equal_but_ids;
use super::scripted_cast::{Clash, ScriptedCast};
use crate::actor::Input;
use crate::chain::Invocation;
use crate::event::{Event, Verb};
use crate::id::ActorId;
use crate::message_server::{ActorMessage, Asker};
use crate::profile::{Rules, Server};
use crate::revive::draft::ClientRole;
use crate::state::Status;

/// When an event is to be tried: the lowest first. The first number says what kind of event it is, the others which of that kind.
pub(super) type Rank = (u8, u64, u64);

/// What is to be said of an event that is offered.
pub(super) enum May {
    Go(Rank),
    NotNow,
    Never(Clash),
}

/// At once: nothing is lost by it.
const AT_ONCE: Rank = (0, 0, 0);
/// In its turn.
const IN_TURN: Rank = (TURN, 0, 0);
/// What is in its turn, by the time that its chain tells.
const TURN: u8 = 1;
/// An actor stops, or is ended, which was asked for before.
const STOPS: Rank = (TURN, 1, 0);
/// A timer goes off for which an actor waits, whose chain goes on then.
const WAKES: Rank = (2, 0, 0);
/// A message is taken by who handles no more.
const TAKEN_AT_END: Rank = (2, 1, 0);
/// An answer is had where the chain ends.
const ANSWERED_AT_END: Rank = (2, 2, 0);
/// A message is taken behind an operation that never ends.
const TAKEN_BEHIND: Rank = (2, 3, 0);
/// A timer, when all is quiet.
const TIMER: Rank = (3, 0, 0);
/// The loop that carries messages, where somebody is to find its queue full.
const LATE: Rank = (3, 2, 0);
/// A runtime's own timeout.
const TIMEOUT: Rank = (4, 0, 0);
/// Somebody outside stops an actor, which may never have been: what a runtime does by itself is likelier.
const STOPPED: Rank = (4, 1, 0);
/// A timeout, where it frees only somebody whose chain ends while it waits.
const LAST: Rank = (5, 0, 0);

/// How far an actor is in its chain is told in this many parts of it.
const SHARES: u64 = 1000;

impl ScriptedCast {
    /// What may happen next, the likeliest first.
    ///
    /// # Errors
    /// When some chain can never be made again from here.
    pub fn options(&mut self) -> Result<Vec<Event>, Clash> {
        let at_will = self.terms.at_will();
        let state = &mut self.stand.world().state;
        if at_will {
            state.offer_at_will()
        } else {
            state.offer()
        };
        let offered = state.offered();
        let order = offered.canonical().into_iter();
        let events: Vec<Event> = order.map(|place| offered.candidates[place].event()).collect();
        state.withdraw_offer();
        let mut found: Vec<(Rank, Event)> = Vec::new();
        for event in events {
            match self.may(event) {
                May::Go(rank) => found.push((rank, event)),
                May::NotNow => {}
                May::Never(clash) => return Err(clash),
            }
        }
        if self.fills() {
            found
                .iter_mut()
                .filter(|(_, event)| event.verb == Verb::Route)
                .for_each(|(rank, _)| *rank = LATE);
        }
        found.sort_by_key(|(rank, _)| *rank);
        Ok(found.into_iter().map(|(_, event)| event).collect())
    }

    fn may(&mut self, event: Event) -> May {
        let who = event.to;
        let scripted = self.script(who).is_some() && !self.is_free(who);
        match event.verb {
            Verb::Fire if !scripted && self.sends_too_early(who) => May::NotNow,
            Verb::Fire if !scripted => {
                let name = self.stand.get().state.name(who);
                let stops = ClientRole::told_by(name) == Some(ClientRole::MayStop);
                May::Go(if stops { STOPPED } else { TIMER })
            }
            Verb::Expire => May::Go(if self.frees_nobody(who) { LAST } else { TIMEOUT }),
            _ if !scripted => May::Go(IN_TURN),
            Verb::Deliver => self.may_deliver(event),
            Verb::Handle => self.may_handle(who),
            Verb::Run => self.may_run(who),
            Verb::Start => match self.next_part(who).map(|part| &part.call) {
                Some(Invocation::Init(_)) => May::Go(self.in_turn(who)),
                // A chain that was cut off at its beginning says nothing of it; any other says that it never ran.
                _ if self.script(who).is_some_and(|script| script.record.gaps.contains(&0)) => {
                    May::Go(IN_TURN)
                }
                _ => May::NotNow,
            },
            Verb::Answer => self.may_answer(who),
            Verb::Fire => match self.cursors[who.index()].inside {
                Some(_) if !self.complete(who) => May::Go(WAKES),
                _ => May::NotNow,
            },
            Verb::Route | Verb::Task => May::Go(IN_TURN),
            Verb::Stop | Verb::Terminate => May::Go(STOPS),
        }
    }

    /// Where the chain tells times, what it has next comes at its time.
    fn in_turn(&self, who: ActorId) -> Rank {
        let time = self.script(who).and_then(|script| script.time(self.next_part(who)?.place));
        self.at_time(who, time)
    }

    /// At one time who is farthest behind is first: so all go on beside each other, as they did.
    fn at_time(&self, who: ActorId, time: Option<u64>) -> Rank {
        let all = self.script(who).map_or(1, |script| script.record.entries.len().max(1)) as u64;
        let share = self.cursors[who.index()].reached as u64 * SHARES / all;
        (TURN, time.unwrap_or(0), share)
    }

    /// The part from `from` on is begun, or gone on with, if nothing that it sends would be too early.
    fn go_on_at(&self, who: ActorId, part: usize, from: usize, time: Option<u64>) -> May {
        match self.early(who, part, from) {
            true => May::NotNow,
            false => {
                let (first, time, share) = self.at_time(who, time);
                // Whose message is needed first is first; who sends nothing hinders nobody.
                May::Go((first, time, self.distance(who, part, from).unwrap_or(share / SHARES)))
            }
        }
    }

    fn may_deliver(&mut self, event: Event) -> May {
        let world = self.stand.get();
        let lanes = &world.state.lanes;
        let head = lanes.find(event.from, event.to).and_then(|lane| lanes.head(lane));
        let Some(message) = head.map(|head| head.message.clone()) else {
            return May::NotNow;
        };
        let gone = matches!(world.state.participant(event.to).status, Status::Stopped(_));
        if gone || !self.admits(event.to, &message) {
            return May::Go(AT_ONCE);
        }
        let Some(part) = self.next_part(event.to).map(|part| part.call.clone()) else { return May::NotNow };
        let another = self.is_from_another(event.to, self.cursors[event.to.index()].next, event.from);
        match !another && equal_but_ids::message(&mut self.ids, &message, &part) {
            true => May::Go(self.in_turn(event.to)),
            false => May::NotNow,
        }
    }

    /// Whether a message that is taken now reaches a handler.
    fn admits(&self, who: ActorId, message: &ActorMessage) -> bool {
        let world = self.stand.get();
        let router = matches!(&world.rules, Rules::Theater(rules) if rules.is_router());
        let channels = &world.state.participant(who).channels.active_channels;
        let theater = matches!(&world.rules, Rules::Theater(_));
        match message {
            ActorMessage::ChannelInitiated(_) => false,
            _ if router => true,
            ActorMessage::ChannelMessage(m) => channels.get(&m.channel_id).is_some_and(|known| known.is_open),
            ActorMessage::ChannelClose(m) => {
                channels.get(&m.channel_id).is_some_and(|known| theater || !known.told_of_close)
            }
            _ => true,
        }
    }

    /// Whether the one that waits for what the loop is at has come to the end of its chain, waiting.
    fn frees_nobody(&self, who: ActorId) -> bool {
        let Rules::Theater(rules) = &self.stand.get().rules else { return false };
        let unit = &rules.units[who.index()];
        let Server::Waits(number, _) = unit.server else { return false };
        let held = unit.running.iter().chain(&unit.operations).find(|held| held.number == number);
        let (Some(Asker::Request(call, _)) | Some(Asker::Open(call, _))) = held.map(|held| held.asker) else {
            return false;
        };
        self.script(call.owner).is_some()
            && self.complete(call.owner)
            && self.cursors[call.owner.index()].open
    }

    fn may_handle(&mut self, who: ActorId) -> May {
        let Rules::Theater(rules) = &self.stand.get().rules else { return May::NotNow };
        let unit = &rules.units[who.index()];
        let Some(message) = unit.mailbox.first().map(|mail| mail.message.clone()) else { return May::NotNow };
        let (ends, router) = (unit.paused || unit.stopping, rules.is_router());
        if !self.admits(who, &message) {
            return May::Go(AT_ONCE);
        }
        if ends {
            return May::Go(TAKEN_AT_END);
        }
        let Some(place) = self.expected(who, 0) else {
            // Behind an operation that the chain ends in, or that ended last of all, what comes waits for ever; its sender may not: it has
            // an answer when the loop gives up what it took. And time does not go on while it is not taken.
            let stuck = self.terms.stuck || !router && self.complete(who);
            return if stuck && self.cursors[who.index()].open { May::Go(TAKEN_BEHIND) } else { May::NotNow };
        };
        self.judge_message(who, &message, place)
    }

    pub(super) fn judge_message(&mut self, who: ActorId, message: &ActorMessage, part: usize) -> May {
        let Some(script) = self.script(who).cloned() else { return May::NotNow };
        let next = part == self.cursors[who.index()].next;
        let (place, part) = (part, &script.parts[part]);
        match equal_but_ids::message(&mut self.ids, message, &part.call) {
            true if next => self.go_on_at(who, place, 0, script.time(part.place)),
            true => May::Go(self.at_time(who, script.time(part.place))),
            false => May::Never(Clash { actor: who, place: part.place, found: equal_but_ids::told(message) }),
        }
    }

    fn may_run(&mut self, who: ActorId) -> May {
        let Rules::Theater(rules) = &self.stand.get().rules else { return May::NotNow };
        let Some(operation) = rules.units[who.index()].operations.front() else { return May::NotNow };
        let input = operation.input.clone();
        let Some(part) = self.next_part(who).cloned() else { return May::NotNow };
        match equal_but_ids::input(&mut self.ids, &input, &part.call, false) {
            true => {
                let (next, time) = (self.cursors[who.index()].next, self.in_turn(who).1);
                self.go_on_at(who, next, 0, Some(time))
            }
            false => {
                May::Never(Clash { actor: who, place: part.place, found: equal_but_ids::told_input(&input) })
            }
        }
    }

    fn may_answer(&mut self, who: ActorId) -> May {
        let cursor = self.cursors[who.index()];
        let Some(script) = self.script(who).cloned() else { return May::NotNow };
        if self.in_tail(who) {
            return May::Go(if self.complete(who) { ANSWERED_AT_END } else { IN_TURN });
        }
        let Some(made) = cursor.inside.and_then(|at| script.parts.get(cursor.next - 1)?.moves.get(at)) else {
            return May::NotNow;
        };
        let call = self.stand.get().state.call(who);
        let Some(ours) = call.and_then(|call| call.answer.as_ref()).map(|answer| answer.answer.clone())
        else {
            return May::NotNow;
        };
        let Some(theirs) = &made.answer else { return May::NotNow };
        if !equal_but_ids::answer(&mut self.ids, &ours, theirs, false) && made.sure {
            return May::Never(Clash {
                actor: who,
                place: made.place,
                found: crate::revive::wording::shown(&ours),
            });
        }
        if self.complete(who) {
            return May::Go(ANSWERED_AT_END);
        }
        let at = cursor.inside.map_or(0, |at| at + 1);
        self.go_on_at(who, cursor.next - 1, at, script.time(made.place))
    }

    /// The part that the message at `place` in a mailbox would begin: mailboxes are queues, so the next but so many.
    pub(super) fn expected(&self, who: ActorId, place: usize) -> Option<usize> {
        let Rules::Theater(rules) = &self.stand.get().rules else { return None };
        let script = self.script(who)?;
        let unit = &rules.units[who.index()];
        let held = unit.operations.iter().chain(&unit.submits);
        let held = held.filter(|operation| operation.input != Input::Init).count();
        let parts = script.parts.iter().enumerate().skip(self.cursors[who.index()].next);
        let mut fitting = parts.filter(|(_, part)| !matches!(part.call, Invocation::Init(_)));
        fitting.nth(held + place).map(|(place, _)| place)
    }
}
