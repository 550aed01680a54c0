//! What the end of a handler means for whoever asked.

use super::channels::{Asker, Channels};
use crate::actor::{FailureKind, Reply};
use crate::call::{HostAnswer, Opened, Refusal, RequestName};
use crate::id::CallId;
use crate::payload::Payload;

/// What is to be done when a handler has come to its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// Nothing: nobody waits, or the answer comes later.
    Nothing,
    /// Somebody is told.
    Respond(CallId, HostAnswer),
    /// It answers a request that was answered or cancelled before: nobody is told again.
    AnsweredBefore,
    /// The answer is not of the sort that was asked for: the turn has failed.
    WrongSort,
}

impl Settled {
    /// What the failure of a turn says whose answer is of the wrong sort.
    pub const WRONG_SORT: &'static str = "the handler returned an answer of another sort than was asked for";
}

impl Channels {
    /// A handler returned `reply`. An accepted channel is open here from now on.
    pub fn settle(&mut self, asker: Asker, reply: Reply) -> Settled {
        match (asker, reply) {
            (Asker::Nobody, _) | (Asker::Request(..), Reply::Answer(None)) => Settled::Nothing,
            (Asker::Request(call, id), Reply::Answer(Some(data))) => {
                match self.take_request(&RequestName::Id(id)) {
                    Ok(_) => Settled::Respond(call, HostAnswer::Bytes(data)),
                    Err(_) => Settled::AnsweredBefore,
                }
            }
            (Asker::Open(call, channel), Reply::Accept(accept)) if accept.accepted => {
                self.open(channel, call.owner);
                let message = accept.message.map(Payload::from);
                Settled::Respond(call, HostAnswer::Opened(Opened { channel, message }))
            }
            (Asker::Open(call, _), Reply::Accept(_)) => {
                Settled::Respond(call, HostAnswer::Refused(Refusal::Rejected))
            }
            _ => Settled::WrongSort,
        }
    }

    /// A handler failed: its caller learns that it did and no more, unless it was answered before.
    pub fn settle_failure(&mut self, asker: Asker, kind: FailureKind, export: &'static str) -> Settled {
        let refusal = match kind {
            FailureKind::ReturnedError => Refusal::HandlerError,
            FailureKind::MissingExport => Refusal::NoHandler(export),
            _ => Refusal::HandlerFailed,
        };
        self.refuse(asker, refusal)
    }

    /// The actor is no more: its caller learns that it stopped, unless it was answered before.
    pub fn settle_stop(&mut self, asker: Asker) -> Settled {
        self.refuse(asker, Refusal::Stopped)
    }

    /// Whether anybody waits for this handler's end: not the sender of a request that was answered before.
    pub fn awaits(&self, asker: Asker) -> bool {
        match asker {
            Asker::Nobody => false,
            Asker::Open(..) => true,
            Asker::Request(_, id) => self.outstanding_requests.iter().any(|(known, _)| *known == id),
        }
    }

    fn refuse(&mut self, asker: Asker, refusal: Refusal) -> Settled {
        let answer = HostAnswer::Refused(refusal);
        match asker {
            Asker::Nobody => Settled::Nothing,
            Asker::Open(call, _) => Settled::Respond(call, answer),
            Asker::Request(call, id) => match self.take_request(&RequestName::Id(id)) {
                Ok(_) => Settled::Respond(call, answer),
                Err(_) => Settled::AnsweredBefore,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::ChannelAccept;
    use crate::id::{ActorId, ChannelId};
    use crate::message_server::{ActorMessage, ActorRequest, Admission};

    const CALL: CallId = CallId { owner: ActorId(3), number: 1 };
    const CHANNEL: ChannelId = ChannelId(7);

    fn asked() -> (Channels, Asker) {
        let mut channels = Channels::default();
        let request = ActorMessage::Request(ActorRequest { reply_to: CALL, data: Payload::EMPTY });
        match channels.admit(request) {
            Admission::Handle(_, asker) => (channels, asker),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_is_settled_once() {
        let (mut channels, asker) = asked();
        assert_eq!(channels.settle(asker, Reply::Answer(None)), Settled::Nothing);
        let answer = || Reply::Answer(Some("yes".into()));
        let told = Settled::Respond(CALL, HostAnswer::Bytes("yes".into()));
        assert_eq!(channels.settle(asker, answer()), told);
        assert_eq!(channels.settle(asker, answer()), Settled::AnsweredBefore);
        let failed = channels.settle_failure(asker, FailureKind::Trap, "handle-request");
        assert_eq!(failed, Settled::AnsweredBefore);
    }

    #[test]
    fn a_stop_is_told_to_who_waits() {
        let (mut channels, asker) = asked();
        assert!(channels.awaits(asker) && channels.awaits(Asker::Open(CALL, CHANNEL)));
        let told = Settled::Respond(CALL, HostAnswer::Refused(Refusal::Stopped));
        assert_eq!(channels.settle_stop(asker), told);
        assert!(!channels.awaits(asker) && channels.outstanding_requests.is_empty());
        assert_eq!(channels.settle_stop(asker), Settled::AnsweredBefore);
        assert_eq!(
            (channels.settle_stop(Asker::Nobody), channels.awaits(Asker::Nobody)),
            (Settled::Nothing, false)
        );
    }

    #[test]
    fn a_failure_tells_its_sort_and_no_more() {
        for (kind, refusal) in [
            (FailureKind::Trap, Refusal::HandlerFailed),
            (FailureKind::ReturnedError, Refusal::HandlerError),
            (FailureKind::MissingExport, Refusal::NoHandler("handle-request")),
        ] {
            let (mut channels, asker) = asked();
            let told = channels.settle_failure(asker, kind, "handle-request");
            assert_eq!(told, Settled::Respond(CALL, HostAnswer::Refused(refusal)));
        }
    }

    #[test]
    fn only_an_accepted_channel_is_open() {
        for accepted in [true, false] {
            let mut channels = Channels::default();
            let accept = ChannelAccept { accepted, message: None };
            channels.settle(Asker::Open(CALL, CHANNEL), Reply::Accept(accept));
            assert_eq!(channels.active_channels.contains_key(&CHANNEL), accepted);
        }
    }

    #[test]
    fn an_answer_of_another_sort_is_a_failure() {
        let (mut channels, asker) = asked();
        assert_eq!(channels.settle(asker, Reply::Accept(ChannelAccept::default())), Settled::WrongSort);
        assert_eq!(channels.settle(Asker::Open(CALL, CHANNEL), Reply::Nothing), Settled::WrongSort);
    }
}
