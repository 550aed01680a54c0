//! The loop of a message server: mail, answers and the shutdown.

use super::channels::{Admission, Asker};
use super::error::{ActorError, MessageServerError};
use super::handle::ActorHandle;
use super::host::{Handled, MessageServerHost, Served};
use super::message::{ActorChannelInitiated, ActorMessage, TheaterCommand};
use super::queue::ReceiveError;
use super::shutdown::ShutdownReceiver;
use crate::actor::{Ended, Input, Reply};
use crate::call::{HostAnswer, HostCall};
use crate::choice::{Choices, Draw, Purpose};
use crate::id::{ActorId, CallId};

impl MessageServerHost {
    /// Serves the mailbox until there is a reason to come back; see [`Served`].
    ///
    /// * `actor_handle`: the actor whose handlers are called. It is the same one each time.
    /// * `shutdown_receiver`: says that the server is to end.
    /// * `choices`: the door. Whether a shutdown that is signalled comes before the mail that is there, or before the end
    ///   of the handler that waits, is asked there ([`Purpose::Select`]): 0 is the mail or the handler, 1 the shutdown.
    ///   Where there is neither, the shutdown is no question.
    ///
    /// A message that fails is an `error:` [line](MessageServerHost::lines), and the next is taken. When the server ends,
    /// or the actor is gone, everybody who waits for the actor is told [`Refusal::Stopped`](crate::call::Refusal::Stopped):
    /// whoever asked for what the handler in hand does, the requests that were left for later, those in the mailbox. Open
    /// channels are closed. So is the mailbox, and what else is in it is lost, each message with a `warning:` line.
    ///
    /// # Errors
    /// [`ActorError::ChannelClosed`] when the actor is gone: there is nobody to serve.
    /// [`HandlerError`](MessageServerError::HandlerError) when mail is left or somebody is not told yet, since the queue to the
    /// runtime is full: make room and start again.
    pub fn start(
        &mut self,
        actor_handle: &ActorHandle,
        shutdown_receiver: &ShutdownReceiver,
        choices: &mut Choices,
    ) -> Result<Served, MessageServerError> {
        loop {
            if actor_handle.is_stopped() {
                self.end(actor_handle)?;
                return Err(ActorError::ChannelClosed.into());
            }
            if shutdown_receiver.is_signalled() {
                match self.shutdown_first(actor_handle.id(), choices) {
                    Some(true) => return self.end(actor_handle).map(|()| Served::Shutdown),
                    Some(false) => {}
                    None => return Ok(Served::Halted),
                }
            }
            if let Some(waiting) = self.awaiting() {
                return Ok(Served::Awaiting(waiting.call));
            }
            match self.mailbox_rx.recv() {
                Ok(message) => {
                    if let Err(error) = self.process_message(message, actor_handle) {
                        self.desk.office().lines.push(format!("error: {error}"));
                    }
                }
                Err(ReceiveError::Empty) => return Ok(Served::Yielded),
                Err(ReceiveError::Closed) => return self.end(actor_handle).map(|()| Served::Closed),
            }
        }
    }

    /// Whether the shutdown comes before what else there is to do; nothing when the door is closed.
    fn shutdown_first(&self, actor: ActorId, choices: &mut Choices) -> Option<bool> {
        if self.awaiting().is_none() && self.mailbox_rx.is_empty() {
            return Some(true);
        }
        choices.draw(Draw { purpose: Purpose::Select, actor, bound: 2 }).map(|answer| answer == 1)
    }

    /// Processes one message: calls the handler it is for, tells whoever asked, keeps channels and outstanding requests.
    ///
    /// | message | what is done |
    /// |---|---|
    /// | `Send` | `handle-send` is called |
    /// | `Request` | `handle-request` is called, and what it answers is the answer; none is "later" |
    /// | `ChannelOpen` | `handle-channel-open` decides; an accepted channel is open here before the answer leaves |
    /// | `ChannelMessage` | `handle-channel-message` is called if the channel is open here |
    /// | `ChannelClose` | the channel is closed here, and `handle-channel-close` is called, once |
    /// | `ChannelInitiated` | a channel that this actor asked for is open here |
    ///
    /// A message over a channel that is unknown or closed is dropped, and a `warning:` [line](MessageServerHost::lines) says
    /// so. When the handler comes to wait for an answer, this returns, and [`answer`](MessageServerHost::answer)
    /// goes on.
    ///
    /// # Errors
    /// See [`MessageServerError`]. Whoever asked is told before, in one of the closed texts of
    /// [`Refusal`](crate::call::Refusal); nothing but this message's turn is lost. Where the queue to the runtime has no
    /// room for the answer, nobody can be told: a request is then still
    /// [outstanding](MessageServerHost::outstanding_requests), and a channel that was asked for is not open.
    pub fn process_message(
        &mut self,
        msg: ActorMessage,
        actor_handle: &ActorHandle,
    ) -> Result<(), MessageServerError> {
        self.free()?;
        let office = self.desk.office();
        match office.channels.admit(msg) {
            Admission::Handle(input, asker) => {
                let export = input.export().unwrap_or("init");
                self.handling = Some(Handled { export, asker });
                let ended = self.turn(actor_handle, input);
                self.settle(ended).map(|_| ())
            }
            Admission::Absorbed => Ok(()),
            Admission::Dropped(why, channel) => {
                office.warn(format_args!("{why} {channel}"));
                Ok(())
            }
        }
    }

    /// Brings the answer to the call in which the actor waits: its handler goes on. An answer that nobody waits for is a
    /// `warning:` line; a channel that it opens is closed at once, since the target's end would stay open for ever.
    ///
    /// # Errors
    /// As [`process_message`](MessageServerHost::process_message).
    pub fn answer(
        &mut self,
        call: CallId,
        answer: HostAnswer,
        actor_handle: &ActorHandle,
    ) -> Result<(), MessageServerError> {
        let office = self.desk.office();
        let Some(waiting) = office.waiting.take_if(|waiting| waiting.call == call) else {
            office.warn(format_args!("answer to call #{} which nobody waits for", call.number));
            if let HostAnswer::Opened(opened) = answer {
                let (sender_id, channel_id) = (actor_handle.id(), opened.channel);
                match office.room("close") {
                    Ok(room) => room.send(TheaterCommand::ChannelClose { channel_id, sender_id }),
                    Err(refusal) => office.warn(refusal),
                }
            }
            return Ok(());
        };
        if let (HostAnswer::Opened(opened), HostCall::OpenChannel { data, .. }, Some(target_id)) =
            (&answer, &waiting.made, waiting.to)
        {
            let (channel_id, initial_msg) = (opened.channel, data.clone());
            let initiated = ActorChannelInitiated { channel_id, target_id, initial_msg };
            office.channels.admit(ActorMessage::ChannelInitiated(initiated));
        }
        let ended = self.turn(actor_handle, Input::Answer(answer));
        self.settle(ended).map(|_| ())
    }

    /// Calls a function from outside of the mailbox.
    pub(super) fn run(&mut self, handle: &ActorHandle, input: Input) -> Result<Reply, MessageServerError> {
        self.free()?;
        let export = input.export().unwrap_or("init");
        self.handling = Some(Handled { export, asker: Asker::Nobody });
        let ended = self.turn(handle, input);
        self.settle(ended)?.ok_or_else(|| {
            MessageServerError::HandlerError(format!(
                "`{export}` came to wait for an answer: its result is lost"
            ))
        })
    }

    /// Whether the actor can take a message.
    fn free(&self) -> Result<(), MessageServerError> {
        match self.handling {
            Some(Handled { export, .. }) => {
                Err(MessageServerError::HandlerError(format!("the actor is in the middle of `{export}`")))
            }
            None => Ok(()),
        }
    }

    fn turn(&mut self, handle: &ActorHandle, input: Input) -> Result<Ended, ActorError> {
        let office = self.desk.office();
        office.me = handle.id();
        office.address = office.directory.address(handle.id()).to_owned();
        handle.turn(&mut self.desk, input)
    }
}
