//! Stands in for an actor of which nothing is known but what it answered.

use crate::actor::{Actor, ChannelAccept, Ended, Input, Turn};
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The bytes of the request, or of the channel's first message.
    pub to: Bytes,
    /// The answer; without one a request stays without, and a channel is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Bytes>,
}

/// Answers as its state says: each request as one with these bytes was answered, the first one first, the last one again. A channel is
/// accepted unless the state says that it was refused. All else it takes and does nothing.
#[derive(Default)]
pub(super) struct StandIn {
    asked: BTreeMap<Vec<u8>, usize>,
}

/// The answers in a state.
pub(super) fn answers(state: &Payload) -> Option<Vec<Answered>> {
    serde_json::from_slice(state).ok()
}

impl StandIn {
    fn answer(&mut self, asked: &[u8], turn: &Turn<'_>) -> Option<Option<Payload>> {
        let all = turn.state().as_ref().and_then(answers).unwrap_or_default();
        let mut fitting = all.iter().filter(|one| one.to.get() == asked);
        let count = self.asked.entry(asked.to_vec()).or_default();
        let last = all.iter().rfind(|one| one.to.get() == asked);
        let one = fitting.nth(*count).or(last)?;
        *count += 1;
        Some(one.with.as_ref().map(|with| Payload::from(with.get())))
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
            _ => Ended::DONE,
        }
    }

    fn reset(&mut self) -> bool {
        self.asked.clear();
        true
    }
}
