//! What has happened that properties, reports and traces look at.

use crate::actor::Failure;
use crate::call::HostAnswer;
use crate::id::ActorId;
use crate::payload::Payload;

/// An actor's observation: a log line `observe KEY JSON`.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The step.
    pub step: u64,
    /// Whose.
    pub actor: ActorId,
    /// What.
    pub key: String,
    /// The value; text that is no JSON is taken as text.
    pub value: serde_json::Value,
}

/// A failed turn.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureSeen {
    /// The step.
    pub step: u64,
    /// Whose.
    pub actor: ActorId,
    /// The export that was at work.
    pub handling: &'static str,
    /// Who sent what it handled.
    pub from: ActorId,
    /// How it failed.
    pub failure: Failure,
}

/// What a call of a client gave.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplySeen {
    /// The step.
    pub step: u64,
    /// Which client.
    pub client: ActorId,
    /// Who replied.
    pub from: Option<ActorId>,
    /// What it was told.
    pub answer: HostAnswer,
}

/// A line of the trace that is no question: what a step brought with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The step.
    pub step: u64,
    /// The line.
    pub text: String,
}

/// The record of a run.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Observations, in order.
    pub observations: Vec<Observation>,
    /// Failed turns, in order.
    pub failures: Vec<FailureSeen>,
    /// Expectations of clients that were not met, in order: the step, the client, what was wrong.
    pub unmet: Vec<(u64, ActorId, String)>,
    /// What clients were told, in order.
    pub replies: Vec<ReplySeen>,
    /// Messages that were dropped.
    pub lost: u64,
    /// Lines for the trace, when somebody wants them.
    pub notes: Option<Vec<Note>>,
    /// Counts up whenever something above changes, so that properties need not look in vain.
    pub changes: u64,
    /// Counts up whenever a participant's state may have changed: the same for properties that look at states.
    pub states: u64,
}

impl Record {
    pub(super) fn clear(&mut self) {
        self.observations.clear();
        self.failures.clear();
        self.unmet.clear();
        self.replies.clear();
        self.lost = 0;
        if let Some(notes) = &mut self.notes {
            notes.clear();
        }
        (self.changes, self.states) = (0, 0);
    }

    /// Adds a line to the trace, if there is one.
    #[inline]
    pub fn note(&mut self, step: u64, text: impl FnOnce() -> String) {
        if let Some(notes) = &mut self.notes {
            notes.push(Note { step, text: text() });
        }
    }
}

/// Reads `observe KEY JSON`.
pub(super) fn observation(text: &str) -> Option<(&str, serde_json::Value)> {
    let rest = text.strip_prefix("observe ")?.trim_start();
    let (key, value) = rest.split_once(' ').unwrap_or((rest, "null"));
    let value = value.trim();
    let read = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.to_owned()));
    (!key.is_empty()).then_some((key, read))
}

/// Bytes as a trace shows them: text where they are short text, else how many there are.
pub fn shown(data: &Payload) -> String {
    const LONGEST: usize = 60;
    match std::str::from_utf8(data) {
        Ok(text) if text.len() <= LONGEST && !text.chars().any(char::is_control) => format!("{text:?}"),
        Ok(text) if !text.chars().any(char::is_control) => {
            let cut = (0..=LONGEST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            format!("{:?}... {} bytes", &text[..cut], data.len())
        }
        _ => format!("{} bytes", data.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn observations_are_read() {
        assert_eq!(observation("observe paid 3"), Some(("paid", json!(3))));
        assert_eq!(observation("observe who bob"), Some(("who", json!("bob"))));
        assert_eq!(observation("observe done"), Some(("done", json!(null))));
        assert_eq!(observation("observed paid 3"), None);
        assert_eq!(observation("observe  "), None);
    }

    #[test]
    fn long_bytes_are_cut() {
        assert_eq!(shown(&Payload::from("hi")), "\"hi\"");
        assert_eq!(shown(&Payload::from(&[0u8, 1])), "2 bytes");
        assert!(shown(&Payload::from("é".repeat(50))).ends_with("... 100 bytes"));
    }
}
