//! How an actor begins, and how it ends.

use super::carry::Dropped;
use super::*;
use crate::actor::Input;
use crate::digest::Digest;
use crate::message_server::Asker;

impl Theater {
    /// A participant of the cast begins: clients with their script; actors with `init`, which is a task of its own in A and
    /// B, and in C is over before the actor can be reached.
    pub fn start(&mut self, state: &mut State, who: ActorId) -> Begun {
        if self.is_client(who) {
            return Begun::Turn(who, Input::Init);
        }
        if self.generation != Generation::C {
            self.spawn(state, Event::new(Verb::Start, who, who, 1), Task::Init);
            return Begun::Nothing;
        }
        self.unit(who).submitted += 1;
        let init = Operation {
            number: 1,
            from: who,
            input: Input::Init,
            digest: 0,
            asker: Asker::Nobody,
            awaited: false,
        };
        self.unit(who).running = Some(init);
        actors::begin_init(state, who);
        Begun::Turn(who, Input::Init)
    }

    /// An actor is told to stop: it begins no operation any more. One that runs goes on, and its caller still gets the
    /// outcome (R12); what is queued behind it is given up. The mailbox loop learns of it when it next looks, and
    /// may take a message before (R13).
    pub(super) fn signal(&mut self, state: &mut State, who: ActorId, at_once: bool) -> Begun {
        if self.unit(who).stopping {
            return Begun::Nothing;
        }
        state.learn(who, Digest::of(b"told to stop"));
        state.learn_runtime(1 + who.0, 6);
        self.stir(who);
        self.unit(who).stopping = true;
        if self.settings.drain_on_stop {
            self.unit(who).registered = false;
            self.note_stopped(state, who);
            return Begun::Nothing;
        }
        let queued: Vec<Operation> = self.unit(who).operations.drain(..).collect();
        for operation in queued.into_iter().filter(|operation| operation.awaited) {
            self.give_up(state, who, operation);
        }
        let aborts = at_once && self.generation == Generation::A;
        if let Some(operation) = self.unit(who).running.take_if(|_| aborts) {
            let left = state.end_call(who).map(|call| (call.id.number, call.answer.take()));
            if let Some((number, late)) = left {
                actors::note_late(state, who, number, late, || "the caller is terminated".to_owned());
            }
            state.participant_mut(who).handling = None;
            if operation.awaited {
                self.give_up(state, who, operation);
            }
            self.note_stopped(state, who);
            return Begun::Kill(who);
        }
        self.note_stopped(state, who);
        Begun::Nothing
    }

    /// The runtime's loop signals an actor that it has forgotten (A).
    pub fn told_to_stop(&mut self, state: &mut State, who: ActorId, at_once: bool) -> Begun {
        self.signal(state, who, at_once)
    }

    /// The actor drops an operation that the mailbox loop waits for: `Operation channel closed`.
    fn give_up(&mut self, state: &mut State, who: ActorId, operation: Operation) {
        if let Server::Waits(number, alarm) = self.unit(who).server
            && number == operation.number
        {
            state.end_alarm(Event::new(Verb::Expire, who, who, number), alarm);
            self.unit(who).server = Server::Idle;
        }
        self.tell_failed(state, who, operation.asker);
    }

    /// The mailbox loop sees that it is to stop, and ends. In B and C its mailbox takes messages a little longer: S8.
    pub(super) fn end_loop(&mut self, state: &mut State, who: ActorId) -> Begun {
        self.unit(who).ends.take(state);
        state.learn(who, Digest::of(b"the loop ends"));
        state.learn_runtime(1 + who.0, 7);
        self.unit(who).server = Server::Gone;
        if self.generation == Generation::A {
            self.close_mailbox(state, who);
        } else {
            self.spawn(state, Event::new(Verb::Task, who, who, 1), Task::Drop);
        }
        self.note_stopped(state, who);
        Begun::Nothing
    }

    /// The mailbox's receiver is dropped, with what is in it.
    pub(super) fn close_mailbox(&mut self, state: &mut State, who: ActorId) {
        state.learn_runtime(1 + who.0, 8);
        let unit = self.unit(who);
        unit.server = Server::Gone;
        let unregister = unit.stopping && unit.registered && !unit.closed;
        unit.closed = true;
        let (inside, waiting) = unit.mailbox.drain();
        for mail in inside {
            self.drop_mail(state, who, mail, Dropped::Inside("the mailbox loop is gone"));
        }
        for (mail, waker) in waiting {
            self.drop_mail(state, who, mail, Dropped::Outside("the mailbox is closed"));
            match waker {
                Waker::Tell(_, call, _) => {
                    state.answer_now(who, call, refused(CHANNEL_CLOSED));
                }
                Waker::Loop => {
                    if let Some(in_hand) = &mut self.in_hand {
                        in_hand.met_closed = true;
                    }
                    self.wake(state, Waker::Loop);
                }
                Waker::Nobody => {}
            }
        }
        if unregister && self.generation != Generation::A {
            self.enqueue(state, who, Command::Unregister, Waker::Nobody);
        }
        self.stir(who);
    }
}
