//! The end of a turn, and of a server: who is told what.

use super::channels::{Asker, Channels};
use super::error::{ActorError, MessageServerError};
use super::functions;
use super::handle::ActorHandle;
use super::host::{Handled, MessageServerHost};
use super::message::{ActorMessage, TheaterCommand};
use super::office::Office;
use super::queue::Permit;
use super::settle::Settled;
use crate::actor::{Ended, Failure, FailureKind, Reply};
use crate::call::{ChannelName, HostAnswer, Refusal};
use crate::id::{CallId, ChannelId};

impl MessageServerHost {
    /// Does what the end of a turn demands; gives the reply, unless the handler waits.
    pub(super) fn settle(
        &mut self,
        ended: Result<Ended, ActorError>,
    ) -> Result<Option<Reply>, MessageServerError> {
        let waits = self.awaiting().is_some();
        if matches!(ended, Ok(Ended::Awaiting)) && waits {
            return Ok(None);
        }
        self.desk.office().waiting = None;
        let Handled { export, asker } =
            self.handling.take().unwrap_or(Handled { export: "init", asker: Asker::Nobody });
        let wrong = |message: &str| Failure {
            kind: FailureKind::MalformedResult,
            message: message.to_owned(),
            backtrace: Vec::new(),
        };
        let failure = match ended {
            Ok(Ended::Returned(returned)) => {
                let later = matches!(returned.reply, Reply::Answer(None));
                let waits = !later && self.desk.office().channels.awaits(asker);
                let reply = returned.reply.clone();
                match self.tell(waits, |channels| channels.settle(asker, reply))? {
                    Settled::WrongSort => wrong(Settled::WRONG_SORT),
                    Settled::AnsweredBefore => {
                        self.desk.office().warn("the request was answered before");
                        return Ok(Some(returned.reply));
                    }
                    Settled::Nothing | Settled::Respond(..) => return Ok(Some(returned.reply)),
                }
            }
            Ok(Ended::Failed(failure)) => failure,
            Ok(Ended::Awaiting) => wrong("awaits without a call"),
            Err(gone) => {
                // Where there is no room, whoever asked is told when the server ends.
                self.tell_stop(asker).inspect_err(|_| self.handling = Some(Handled { export, asker }))?;
                return Err(gone.into());
            }
        };
        Err(self.fail(asker, export, failure))
    }

    /// Settles with whoever asked, and sends the answer on its way. If somebody waits for one, its place is taken first:
    /// where there is none, nothing is changed, and a request stays outstanding.
    fn tell(
        &mut self,
        waits: bool,
        settle: impl FnOnce(&mut Channels) -> Settled,
    ) -> Result<Settled, MessageServerError> {
        let office = self.desk.office();
        let room = if waits { Some(room(office)?) } else { None };
        let settled = settle(&mut office.channels);
        if let (Settled::Respond(reply_to, answer), Some(room)) = (&settled, room) {
            let (sender_id, answer) = (office.me, answer.clone());
            room.send(TheaterCommand::Respond { sender_id, reply_to: *reply_to, answer });
        }
        Ok(settled)
    }

    fn tell_stop(&mut self, asker: Asker) -> Result<(), MessageServerError> {
        let waits = self.desk.office().channels.awaits(asker);
        self.tell(waits, |channels| channels.settle_stop(asker)).map(|_| ())
    }

    /// A turn failed: whoever asked is told that it did, and the runtime how.
    fn fail(&mut self, asker: Asker, export: &'static str, failure: Failure) -> MessageServerError {
        let waits = self.desk.office().channels.awaits(asker);
        let told = self.tell(waits, |channels| channels.settle_failure(asker, failure.kind, export));
        let office = self.desk.office();
        if let Err(error) = told {
            office.warn(error);
        }
        let error = match failure.kind {
            FailureKind::MissingExport => ActorError::FunctionNotFound(export.to_owned()),
            _ => ActorError::Failed(failure),
        };
        match office.room("error") {
            Ok(room) => room.send(TheaterCommand::ActorError { actor_id: office.me, error: error.clone() }),
            Err(refusal) => office.warn(refusal),
        }
        error.into()
    }

    /// Tells everybody who waits for this actor that it stopped, and closes the mailbox and the channels. When there is no
    /// more room, it can be called again for the rest.
    pub(super) fn end(&mut self, handle: &ActorHandle) -> Result<(), MessageServerError> {
        self.desk.office().me = handle.id();
        if let Some(Handled { asker, .. }) = self.handling {
            self.tell_stop(asker)?;
            self.handling = None;
            self.desk.office().waiting = None;
            handle.abandon();
        }
        while let Some(&(id, call)) = self.outstanding_requests().first() {
            self.tell_stop(Asker::Request(call, id))?;
        }
        self.mailbox_rx.close();
        let office = self.desk.office();
        while !self.mailbox_rx.is_empty() {
            let room = room(office)?;
            match self.mailbox_rx.recv() {
                Ok(ActorMessage::Request(left)) => room.send(stopped(office, left.reply_to)),
                Ok(ActorMessage::ChannelOpen(left)) => room.send(stopped(office, left.reply_to)),
                Ok(left) => office.warn(format_args!("left in the mailbox: {}", left.kind())),
                Err(_) => {}
            }
        }
        let known = office.channels.active_channels.iter();
        let open: Vec<ChannelId> = known.filter(|(_, state)| state.is_open).map(|(id, _)| *id).collect();
        for channel in open {
            let room = room(office)?;
            let closed = functions::close_channel(&mut office.channels, office.me, &ChannelName::Id(channel));
            if let Ok(command) = closed {
                room.send(command);
            }
        }
        Ok(())
    }
}

fn room(office: &Office) -> Result<Permit<TheaterCommand>, MessageServerError> {
    office.room("response").map_err(|refusal| MessageServerError::HandlerError(refusal.to_string()))
}

fn stopped(office: &Office, reply_to: CallId) -> TheaterCommand {
    let answer = HostAnswer::Refused(Refusal::Stopped);
    TheaterCommand::Respond { sender_id: office.me, reply_to, answer }
}
