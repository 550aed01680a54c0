//! Stands in for an actor of which nothing is known but what it answered.

use crate::actor::{Actor, Called, ChannelAccept, Ended, Input, Turn};
use crate::call::{ChannelName, HostCall};
use crate::payload::Payload;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes as a state has them: a text, or numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bytes {
    /// A text.
    Text(String),
    /// Any bytes.
    Raw(Vec<u8>),
}

impl Bytes {
    /// As a text where it is one in which a scenario replaces nothing.
    pub fn of(data: &[u8]) -> Bytes {
        match std::str::from_utf8(data) {
            Ok(text) if !text.contains("${") => Bytes::Text(text.to_owned()),
            _ => Bytes::Raw(data.to_vec()),
        }
    }

    fn get(&self) -> &[u8] {
        match self {
            Bytes::Text(text) => text.as_bytes(),
            Bytes::Raw(data) => data,
        }
    }
}

/// What somebody was asked, and what it answered.
///
/// The state of the native actor `stand-in` is a list of these.
///
/// ```
/// use rehearsal::native::{Answered, Bytes, builtin};
/// use rehearsal::{Rehearsal, Steps, chooser::Fifo, json};
/// let answered = Answered { to: Bytes::of(b"balance"), with: Some(Bytes::of(b"10")) };
/// let bank = Rehearsal::new("bank")
///     .actor("ledger", || builtin("stand-in").unwrap())
///     .state(json([answered]))
///     .client("alice", Steps::new().request("ledger", "balance").expects(json(10)));
/// assert!(bank.stage().unwrap().run(Fifo).passed());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The bytes of the request, or of the channel's first message.
    pub to: Bytes,
    /// The answer; without one a request stays without, and a channel is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Bytes>,
}

/// What a stand-in is told to do at its end of a channel: send this, or close it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The channel.
    #[serde(rename = "stand-in over channel")]
    pub over: String,
    /// What it sends; without it the channel is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Bytes>,
}

impl Told {
    fn call(&self) -> HostCall {
        let channel = ChannelName::Text(self.over.clone());
        match &self.send {
            Some(data) => HostCall::SendOnChannel { channel, data: Payload::from(data.get()) },
            None => HostCall::CloseChannel { channel },
        }
    }
}

/// Answers as its state says: each request as one with these bytes was answered, the first one first, the last one again. A channel is
/// accepted unless the state says that it was refused. A message that [tells](Told) it what to do at its end of a channel has it do that. All
/// else it takes and does nothing.
#[derive(Default)]
pub(super) struct StandIn {
    /// By what was asked. Read from the state once.
    answers: Option<BTreeMap<Vec<u8>, Answers>>,
}

/// The answers to one question.
#[derive(Default)]
struct Answers {
    known: Vec<Option<Payload>>,
    /// How many of them were given.
    given: usize,
}

/// The answers in a state.
pub(super) fn recorded(state: &Payload) -> Option<Vec<Answered>> {
    serde_json::from_slice(state).ok()
}

impl StandIn {
    fn answer(&mut self, asked: &[u8], turn: &Turn<'_>) -> Option<Option<Payload>> {
        let read = || {
            let mut answers: BTreeMap<Vec<u8>, Answers> = BTreeMap::new();
            for Answered { to, with } in turn.state().as_ref().and_then(recorded).unwrap_or_default() {
                let with = with.map(|with| Payload::from(with.get()));
                answers.entry(to.get().to_vec()).or_default().known.push(with);
            }
            answers
        };
        let answers = self.answers.get_or_insert_with(read).get_mut(asked)?;
        let answer = answers.known.get(answers.given).or(answers.known.last())?.clone();
        answers.given += 1;
        Some(answer)
    }
}

impl Actor for StandIn {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Request { data, .. } => match self.answer(&data, turn).flatten() {
                Some(answer) => Ended::reply(answer),
                None => Ended::DONE,
            },
            Input::ChannelOpen { data, .. } => {
                let accepted = self.answer(&data, turn).is_none_or(|answer| answer.is_some());
                Ended::accept(ChannelAccept { accepted, message: None })
            }
            Input::Send { data } => match serde_json::from_slice::<Told>(&data) {
                Ok(told) => match turn.call(told.call()) {
                    Called::Suspended => Ended::Awaiting,
                    _ => Ended::DONE,
                },
                Err(_) => Ended::DONE,
            },
            _ => Ended::DONE,
        }
    }

    fn reset(&mut self) -> bool {
        self.answers = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Host, Reply, Returned};
    use crate::call::HostAnswer;
    use crate::id::{ActorId, CallId, ChannelId, RequestId};

    struct Keeps(&'static str);

    impl Host for Keeps {
        fn call(&mut self, _: HostCall) -> Called {
            Called::Answered(HostAnswer::Done)
        }
        fn state(&self) -> Option<Payload> {
            Some(Payload::from(self.0))
        }
        fn address(&self) -> &str {
            "here"
        }
        fn lend(&mut self) -> Box<dyn Host> {
            unreachable!("a native actor borrows")
        }
        fn take_back(&mut self, _: Box<dyn Host>) {}
    }

    #[test]
    fn it_answers_as_it_did_and_the_last_answer_again() {
        let state = r#"[{"to":"a","with":"1"},{"to":[98],"with":[50]},{"to":"a","with":"3"},{"to":"no"}]"#;
        let (mut actor, mut host) = (StandIn::default(), Keeps(state));
        let id = RequestId::of(CallId { owner: ActorId(0), number: 1 });
        for _ in 0..2 {
            let mut told = Vec::new();
            for asked in ["a", "b", "a", "a", "no", "what"] {
                let data = Payload::from(asked);
                let ended = actor.turn(Input::Request { id, data }, &mut Turn::new(&mut host));
                told.push(match ended {
                    Ended::Returned(Returned { reply: Reply::Answer(Some(data)), .. }) => {
                        data.text().into_owned()
                    }
                    _ => "nothing".to_owned(),
                });
            }
            assert_eq!(told, ["1", "2", "3", "3", "nothing", "nothing"]);
            assert!(actor.reset());
        }
        let channel = ChannelId::of(ActorId(0), ActorId(1), 1);
        for (asked, expect) in [("a", true), ("no", false), ("what", true)] {
            let data = Payload::from(asked);
            let ended = actor.turn(Input::ChannelOpen { channel, data }, &mut Turn::new(&mut host));
            let Ended::Returned(Returned { reply: Reply::Accept(accept), .. }) = ended else {
                panic!("{asked}")
            };
            assert_eq!(accept.accepted, expect, "{asked}");
        }
    }
}
