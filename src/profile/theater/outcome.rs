//! The end of an operation, and what it means to who waits.

use super::*;
use crate::actor::{Failure, FailureKind, Input, NewState, Reply, Returned};
use crate::digest::Digest;
use crate::message_server::Asker;
use crate::state::Status;

impl Theater {
    pub(super) fn end_turn(&mut self, state: &mut State, me: ActorId, ended: Ended) {
        let waiting = state.call(me).is_some();
        if ended == Ended::Awaiting && waiting {
            return;
        }
        // A handler that is over does not look at the answer to a call that it left open.
        let left = state.end_call(me).map(|call| (call.id.number, call.answer.take()));
        if let Some((number, late)) = left {
            actors::note_late(state, me, number, late, || "the caller's handler is over".to_owned());
        }
        if self.is_client(me) {
            return;
        }
        let asker = self.unit(me).running.as_ref().map_or(Asker::Nobody, |operation| operation.asker);
        let failure = match ended {
            Ended::Returned(returned) => match misfit(asker, &returned.reply) {
                None => return self.returned(state, me, returned),
                Some(text) => Ended::failed(FailureKind::MalformedResult, text),
            },
            Ended::Awaiting => Ended::failed(FailureKind::MalformedResult, "awaits without a call"),
            failed => failed,
        };
        if let Ended::Failed(failure) = failure {
            self.failed(state, me, failure);
        }
    }

    /// The state is always replaced: who returns none erases it.
    fn returned(&mut self, state: &mut State, me: ActorId, returned: Returned) {
        if let NewState::Replaced(new) = returned.state {
            state.learn(me, new.as_deref().map_or(0, Digest::of));
            state.participant_mut(me).state = new;
        }
        state.see_state(me);
        state.participant_mut(me).handling = None;
        let Some(operation) = self.unit(me).running.take() else { return };
        if operation.input == Input::Init {
            self.unit(me).initialised = true;
            state.learn_runtime(1 + me.0, 9);
        }
        match self.release(state, me, &operation) {
            true => self.tell(state, me, operation.asker, returned.reply),
            false if operation.input != Input::Init => {
                let (step, name) = (state.step, state.setting.directory.name(me));
                let number = operation.number;
                state.record.note(step, || format!("late {name} #{number}: nobody waits for its outcome"));
            }
            false => {}
        }
        self.note_stopped(state, me);
    }

    /// The mailbox loop has the outcome of its operation, if it still waits for it.
    fn release(&mut self, state: &mut State, me: ActorId, operation: &Operation) -> bool {
        let Server::Waits(number, alarm) = self.unit(me).server else { return false };
        if number != operation.number || !operation.awaited {
            return false;
        }
        state.end_alarm(Event::new(Verb::Expire, me, me, number), alarm);
        self.unit(me).server = Server::Idle;
        true
    }

    fn tell(&mut self, state: &mut State, me: ActorId, asker: Asker, reply: Reply) {
        match (asker, reply) {
            (Asker::Request(call, id), Reply::Answer(Some(data))) => {
                state.learn(me, Digest::of(&data));
                let requests = &mut state.participant_mut(me).channels.outstanding_requests;
                let before = requests.len();
                requests.retain(|(_, held)| *held != call);
                let answered = self.settings.outstanding_at_once && requests.len() == before;
                if self.generation == Generation::A && answered {
                    let (step, name) = (state.step, state.setting.directory.name(me));
                    state.record.note(step, || format!("twice {name}: request {id} was answered before"));
                } else {
                    state.answer_now(me, call, HostAnswer::Bytes(data));
                }
            }
            (Asker::Request(call, id), _) => match self.generation {
                // Only now does the host know the request: R9.
                Generation::A if !self.settings.outstanding_at_once => {
                    state.participant_mut(me).channels.outstanding_requests.push((id, call));
                }
                Generation::A => {}
                Generation::B | Generation::C => self.tell_failed(state, me, asker),
            },
            (Asker::Open(call, channel), Reply::Accept(accept)) => {
                state.learn(me, u64::from(accept.accepted));
                self.decided(state, me, (call, channel), accept.accepted);
            }
            _ => {}
        }
    }

    /// What the mailbox loop tells when an operation came to no good end: it drops its sender, except where version
    /// 0.3.8 answers with nothing in it.
    pub(super) fn tell_failed(&mut self, state: &mut State, me: ActorId, asker: Asker) {
        match asker {
            Asker::Nobody => {}
            Asker::Request(call, _) => {
                let answer = match self.generation {
                    Generation::C => HostAnswer::Bytes(Payload::EMPTY),
                    _ => refused(CHANNEL_CLOSED),
                };
                state.answer_now(me, call, answer);
            }
            Asker::Open(call, channel) => self.undecided(state, me, call, channel),
        }
    }

    fn decided(&mut self, state: &mut State, me: ActorId, opening: (CallId, ChannelId), accepted: bool) {
        match (self.generation, accepted) {
            (Generation::A, true) => theater_02::accepted(self, state, me, opening),
            (Generation::A, false) => theater_02::rejected(self, state, me, opening),
            (_, accepted) => theater_03::decided(self, state, me, opening, accepted),
        }
    }

    /// Nobody will decide about a channel any more.
    pub(super) fn undecided(&mut self, state: &mut State, me: ActorId, call: CallId, channel: ChannelId) {
        match self.generation {
            Generation::A => theater_02::undecided(self, state, me, (call, channel)),
            _ => theater_03::undecided(self, state, me, call),
        }
    }

    fn failed(&mut self, state: &mut State, me: ActorId, failure: Failure) {
        actors::record_failure(state, me, failure);
        let Some(operation) = self.unit(me).running.take() else { return };
        state.learn_runtime(1 + me.0, 5);
        self.unit(me).paused = true;
        if self.release(state, me, &operation) {
            if let (Asker::Request(call, _), true) = (operation.asker, self.settings.outstanding_at_once) {
                let requests = &mut state.participant_mut(me).channels.outstanding_requests;
                requests.retain(|(_, held)| *held != call);
            }
            self.tell_failed(state, me, operation.asker);
            if self.generation != Generation::C {
                // `call_function` unwraps the inner error: the mailbox task panics.
                self.close_mailbox(state, me);
            }
        }
        if self.generation != Generation::A {
            self.spawn(state, Event::new(Verb::Stop, me, me, 1), Task::Signal(false));
        }
        self.note_stopped(state, me);
    }

    /// An actor has stopped when its mailbox loop and its last operation are over.
    pub(super) fn note_stopped(&mut self, state: &mut State, who: ActorId) {
        let unit = &self.units[who.index()];
        let over = unit.stopping && unit.server == Server::Gone && unit.running.is_none();
        if over && state.participant(who).status == Status::Idle {
            state.participant_mut(who).status = Status::Stopped("stopped");
            state.learn(who, Digest::of(b"stopped"));
            state.record.changes += 1;
            let (step, name) = (state.step, state.setting.directory.name(who));
            state.record.note(step, || format!("end {name}: stopped"));
        }
    }
}

/// What is wrong with an answer of another sort than was asked for.
fn misfit(asker: Asker, reply: &Reply) -> Option<&'static str> {
    let fits = match asker {
        Asker::Nobody => true,
        Asker::Request(..) => matches!(reply, Reply::Answer(_)),
        Asker::Open(..) => matches!(reply, Reply::Accept(_)),
    };
    (!fits).then_some("the handler returned an answer of another sort than was asked for")
}
