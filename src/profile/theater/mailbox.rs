//! The mailbox loop, and the loop that runs operations.

use super::*;
use crate::actor::Input;
use crate::call::Received;
use crate::digest::Digest;
use crate::message_server::{ActorMessage, Asker};
use crate::state::Handling;

impl Theater {
    /// The mailbox loop takes its next message.
    pub(super) fn take_mail(&mut self, state: &mut State, who: ActorId) -> Begun {
        let Some(mail) = self.pop_mail(state, who) else { return Begun::Nothing };
        actors::describe(state, &mail.message);
        let digest = mix(mail.message.digest(), u64::from(mail.from.0) << 32 | u64::from(mail.number));
        state.learn(who, digest);
        let from = mail.from;
        let Some(message) = self.admit(state, who, mail) else { return Begun::Nothing };
        let Some((input, asker)) = unit::call_of(message) else { return Begun::Nothing };
        if let (Asker::Request(call, id), true) = (asker, self.settings.outstanding_at_once)
            && self.generation == Generation::A
        {
            state.participant_mut(who).channels.outstanding_requests.push((id, call));
        }
        let operation = Operation { number: 0, from, input, digest, asker, awaited: true };
        self.unit(who).server = Server::Submits;
        self.unit(who).submits = Some(operation);
        self.submit_held(state, who);
        self.run_if_alone(state, who)
    }

    fn pop_mail(&mut self, state: &mut State, who: ActorId) -> Option<Mail> {
        self.unit(who).takes.take(state);
        state.learn_runtime(1 + who.0, 1);
        let (mail, waker) = self.unit(who).mailbox.pop()?;
        self.wake(state, waker);
        Some(mail)
    }

    /// Generation A looks whether the actor knows the channel; the others hand on everything.
    fn admit(&mut self, state: &mut State, who: ActorId, mail: Mail) -> Option<ActorMessage> {
        if self.generation != Generation::A {
            return Some(mail.message);
        }
        let channels = &mut state.participant_mut(who).channels;
        let known = |id| channels.active_channels.get(id).map(|known| known.is_open);
        let why = match &mail.message {
            ActorMessage::ChannelMessage(m) => match known(&m.channel_id) {
                Some(true) => return Some(mail.message),
                Some(false) => "message for closed channel",
                None => "message for unknown channel",
            },
            ActorMessage::ChannelClose(m) => {
                match channels.active_channels.change(&m.channel_id, |known| known.is_open = false) {
                    Some(()) => return Some(mail.message),
                    None => "close of unknown channel",
                }
            }
            ActorMessage::ChannelInitiated(m) => {
                channels.open(m.channel_id, m.target_id);
                return None;
            }
            _ => return Some(mail.message),
        };
        self.drop_mail(state, who, mail, carry::Dropped::Inside(why));
        None
    }

    /// What the mailbox loop holds enters the operation queue when there is room, and the loop's timer starts.
    pub(super) fn submit_held(&mut self, state: &mut State, who: ActorId) {
        let room = self.units[who.index()].operations.len() < self.settings.operation_queue;
        if !room || self.units[who.index()].submits.is_none() {
            return;
        }
        let timeout = self.settings.call_timeout;
        let number = self.next_operation(who);
        let alarm = state.set_alarm(Event::new(Verb::Expire, who, who, number), timeout);
        let unit = self.unit(who);
        if let Some(operation) = unit.submits.take() {
            unit.operations.push_back(Operation { number, ..operation });
            unit.server = Server::Waits(number, alarm);
        }
    }

    fn next_operation(&mut self, who: ActorId) -> u32 {
        let unit = self.unit(who);
        unit.submitted += 1;
        unit.submitted
    }

    /// `init` is an operation among the others.
    pub(super) fn submit_init(&mut self, state: &mut State, who: ActorId) -> Begun {
        let number = self.next_operation(who);
        let init = Operation {
            number,
            from: who,
            input: Input::Init,
            digest: 0,
            asker: Asker::Nobody,
            awaited: false,
        };
        self.unit(who).operations.push_back(init);
        self.run_if_alone(state, who)
    }

    /// An operation that has nothing to wait for runs in the same step.
    fn run_if_alone(&mut self, state: &mut State, who: ActorId) -> Begun {
        match self.units[who.index()].operations.len() == 1 && self.can_run(who) {
            true => self.run(state, who),
            false => Begun::Nothing,
        }
    }

    pub(super) fn run(&mut self, state: &mut State, who: ActorId) -> Begun {
        let Some(operation) = self.unit(who).operations.pop_front() else { return Begun::Nothing };
        state.learn(who, mix(operation.digest, u64::from(operation.number)));
        let input = operation.input.clone();
        let handling: Handling = actors::handling(&input, operation.asker, operation.from, operation.digest);
        state.participant_mut(who).handling = Some(handling);
        self.unit(who).running = Some(operation);
        Begun::Turn(who, input)
    }

    /// The mailbox loop gives up its operation, which stays where it is and runs or goes on all the same.
    pub(super) fn expire(&mut self, state: &mut State, event: Event) -> Begun {
        let who = event.to;
        let Server::Waits(number, alarm) = self.unit(who).server else { return Begun::Nothing };
        state.end_alarm(event, alarm);
        if number != event.number {
            return Begun::Nothing;
        }
        state.learn(who, Digest::of(b"expired"));
        state.learn_runtime(1 + who.0, 4);
        let (step, name) = (state.step, state.setting.directory.name(who));
        state.record.note(step, || format!("about {name} operation #{number} timed out, and stays queued"));
        self.abandon(state, who, number);
        Begun::Nothing
    }

    /// The mailbox loop is done with an operation that is not over: who waits is told what it tells then.
    pub(super) fn abandon(&mut self, state: &mut State, who: ActorId, number: u32) {
        let unit = self.unit(who);
        unit.server = Server::Idle;
        let of = unit.running.iter_mut().chain(&mut unit.operations).find(|held| held.number == number);
        let Some(operation) = of else { return };
        operation.awaited = false;
        let asker = operation.asker;
        if let (Asker::Request(call, _), true) = (asker, self.settings.outstanding_at_once) {
            let requests = &mut state.participant_mut(who).channels.outstanding_requests;
            requests.retain(|(_, held)| *held != call);
        }
        self.tell_failed(state, who, asker);
    }

    /// A client takes its next message: in the middle of its script where it waits for one.
    pub(super) fn client_takes(&mut self, state: &mut State, who: ActorId) -> Begun {
        let Some(mail) = self.pop_mail(state, who) else { return Begun::Nothing };
        actors::describe(state, &mail.message);
        state.learn(who, mix(mail.message.digest(), u64::from(mail.from.0)));
        let received = match mail.message {
            ActorMessage::Send(m) => Received::Message(m.data),
            ActorMessage::ChannelMessage(m) => Received::OnChannel(m.channel_id, m.data),
            ActorMessage::ChannelClose(m) => Received::Closed(m.channel_id),
            _ => {
                // A client answers nothing: whoever asks it finds nobody there.
                self.drop_mail(state, who, mail, carry::Dropped::Inside("a client answers nothing"));
                return Begun::Nothing;
            }
        };
        if state.call(who).is_none() {
            // It arrived, and nobody looks: it is not lost.
            let (step, directory) = (state.step, &state.setting.directory);
            let (from, to) = (directory.name(mail.from), directory.name(who));
            state.record.note(step, || format!("unread {from} -> {to} #{}: the script is over", mail.number));
            return Begun::Nothing;
        }
        state.end_call(who);
        let answer = HostAnswer::Received(received);
        state.see_reply(who, Some(mail.from), &answer);
        Begun::Turn(who, Input::Answer(answer))
    }
}
