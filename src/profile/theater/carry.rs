//! The way of a message: into the queue, through the loop, into mailboxes.

use super::*;
use crate::message_server::ActorMessage;

/// How a message got into a mailbox.
enum Put {
    In,
    Waits,
    Closed,
}

/// Why a message is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    /// Its receiver is gone: it never was in a mailbox.
    Outside(&'static str),
    /// It was in a mailbox that is no more.
    Inside(&'static str),
}

impl Theater {
    /// Puts a command into the queue; whether there was room at once.
    pub fn enqueue(&mut self, state: &mut State, from: ActorId, command: Command, waker: Waker) -> bool {
        let number = self.unit(from).count();
        let order = Order { from, number, command };
        state.learn_runtime(LOOP, order.digest());
        self.queue.push(order, waker)
    }

    /// Who waited is told, or goes on.
    pub fn wake(&mut self, state: &mut State, waker: Waker) {
        match waker {
            Waker::Nobody => {}
            Waker::Tell(from, call, answer) => {
                state.answer_now(from, call, answer);
            }
            Waker::Loop => self.carry_on(state),
        }
    }

    /// Takes a command's messages in hand, and carries them as far as mailboxes have room.
    pub fn carry(&mut self, state: &mut State, in_hand: InHand) {
        self.in_hand = Some(in_hand);
        self.carry_on(state);
    }

    fn carry_on(&mut self, state: &mut State) {
        let Some(mut in_hand) = self.in_hand.take() else { return };
        state.runtime_waits = None;
        state.learn_runtime(LOOP, 2);
        while let Some((to, mail)) = in_hand.deliveries.pop_front() {
            match self.put(state, to, mail, Waker::Loop) {
                Put::In => {}
                Put::Closed => in_hand.met_closed = true,
                Put::Waits => {
                    state.runtime_waits = Some((to, "to make room in its mailbox"));
                    self.in_hand = Some(in_hand);
                    return;
                }
            }
        }
        if let Some((call, good, bad)) = in_hand.ack.take() {
            let answer = if in_hand.met_closed { bad } else { good };
            state.answer_now(call.owner, call, answer);
        }
        if let Some((_, target)) = in_hand.opening.filter(|_| !in_hand.met_closed)
            && !self.settings.router_awaits_nobody
        {
            state.runtime_waits = Some((target, "to decide about a channel"));
            self.in_hand = Some(in_hand);
        }
    }

    /// The router goes on when what it waited for is decided.
    pub fn stop_waiting(&mut self, state: &mut State, call: CallId) {
        let waited = |in_hand: &InHand| in_hand.opening.is_some_and(|(opening, _)| opening == call);
        if self.in_hand.as_ref().is_some_and(waited) {
            self.in_hand = None;
            state.runtime_waits = None;
            state.learn_runtime(LOOP, 3);
        }
    }

    fn put(&mut self, state: &mut State, to: ActorId, mail: Mail, waker: Waker) -> Put {
        state.learn_runtime(
            1 + to.0,
            mix(mail.message.digest(), u64::from(mail.from.0) << 32 | u64::from(mail.number)),
        );
        self.stir(to);
        if self.unit(to).closed {
            self.drop_mail(state, to, mail, Dropped::Outside("the mailbox is closed"));
            return Put::Closed;
        }
        match self.unit(to).mailbox.push(mail, waker) {
            true => Put::In,
            false => Put::Waits,
        }
    }

    /// What the actor's own tasks put into its mailbox waits for room if need be, and nobody is told.
    pub fn put_own(&mut self, state: &mut State, to: ActorId, message: ActorMessage) {
        let number = self.unit(to).count();
        self.put(state, to, Mail { from: to, number, message }, Waker::Nobody);
    }

    /// A client's message enters the mailbox directly: it comes from outside of the runtime. `sent` is the call of a
    /// plain send, which waits while the mailbox is full. Whether the mailbox took it at once; a refusal where nobody
    /// else tells the client.
    pub fn post_from_outside(
        &mut self,
        state: &mut State,
        me: ActorId,
        to: &Target,
        message: ActorMessage,
    ) -> Called {
        let number = self.unit(me).count();
        let mail = Mail { from: me, number, message };
        let wants_answer = matches!(mail.message, ActorMessage::Request(_));
        if let Some(to) = to.known() {
            state.touch(Resource::Runtime(1 + to.0), false);
        }
        let known = to.known().filter(|to| self.units[to.index()].registered);
        let Some(to) = known else { return self.outside_to_nobody(state, me, to, mail) };
        if wants_answer {
            self.put(state, to, mail, Waker::Nobody);
            return Called::Suspended;
        }
        if self.unit(to).closed {
            self.put(state, to, mail, Waker::Nobody);
            return Called::Answered(refused(CHANNEL_CLOSED));
        }
        if self.unit(to).mailbox.has_room() {
            self.put(state, to, mail, Waker::Nobody);
            return Called::Answered(HostAnswer::Done);
        }
        let id = state.wait(me, WaitsFor::Reply(to), None);
        self.put(state, to, mail, Waker::Tell(to, id, HostAnswer::Done));
        Called::Suspended
    }

    fn outside_to_nobody(&mut self, state: &mut State, me: ActorId, to: &Target, mail: Mail) -> Called {
        let text = match to {
            Target::Known(id) => state.setting.directory.address(*id).to_owned(),
            Target::Nobody(text) => text.clone(),
        };
        let answer = match self.generation {
            Generation::A => None,
            Generation::B | Generation::C => Some(HostAnswer::Refused(Refusal::UnknownActor(text))),
        };
        let call = match &mail.message {
            ActorMessage::Request(request) => Some(request.reply_to),
            _ => None,
        };
        if let (Some(call), Some(answer)) = (call, answer.clone()) {
            state.answer_now(me, call, answer);
            return Called::Suspended;
        }
        if self.generation == Generation::A || call.is_some() {
            self.drop_mail(state, to.known().unwrap_or(me), mail, Dropped::Outside("there is no such actor"));
        }
        match call {
            Some(_) => Called::Suspended,
            None => Called::Answered(answer.unwrap_or(HostAnswer::Done)),
        }
    }

    /// A message for an actor that the runtime does not know, or no longer.
    pub fn drop_unknown(&mut self, state: &mut State, to: Option<ActorId>, mail: Mail) {
        let named = to.unwrap_or(mail.from);
        self.drop_mail(state, named, mail, Dropped::Outside("there is no such actor"));
    }

    /// A message is dropped, and with it what its sender may wait for.
    pub(super) fn drop_mail(&mut self, state: &mut State, to: ActorId, mail: Mail, why: Dropped) {
        let (from, kind) = (mail.from, mail.message.kind());
        let (Dropped::Outside(told) | Dropped::Inside(told)) = why;
        let setting = std::sync::Arc::clone(&state.setting);
        let line = |word: &str| {
            let (from, to) = (setting.directory.name(from), setting.directory.name(to));
            format!("{word} {kind} {from} -> {to} #{}: {told}", mail.number)
        };
        // B and C tell the sender of what never got in.
        let silent = self.generation == Generation::A || matches!(why, Dropped::Inside(_));
        match &mail.message {
            ActorMessage::Send(_) | ActorMessage::ChannelMessage(_) if silent => state.lose(|| line("lost")),
            ActorMessage::Request(request) => {
                state.record.note(state.step, || line("dropped"));
                state.answer_now(to, request.reply_to, refused(CHANNEL_CLOSED));
            }
            ActorMessage::ChannelOpen(open) => {
                state.record.note(state.step, || line("dropped"));
                let text = match (self.generation, why) {
                    (_, Dropped::Inside(_)) => {
                        return self.undecided(state, to, open.reply_to, open.channel_id);
                    }
                    (Generation::A, _) => "Error opening channel: Failed to send channel open message",
                    (Generation::B, _) => "Failed to receive channel open response: channel closed",
                    (Generation::C, _) => "Failed to receive response: channel closed",
                };
                if self.settings.register_at_open {
                    self.registry.remove(&open.channel_id);
                }
                state.answer_now(to, open.reply_to, refused(text));
            }
            _ => state.record.note(state.step, || line("dropped")),
        }
    }
}
