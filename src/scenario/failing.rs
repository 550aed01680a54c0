//! An actor whose `init` is known to have failed, and not why: a chain says so.

use super::keyed::{Keyed, keyed};
use crate::actor::{Actor, Ended, FailureKind, Input, Turn};
use crate::payload::Payload;
use crate::run::Factory;
use serde::Serialize;
use serde::de::MapAccess;
use std::sync::Arc;

/// How `init` ended in a recording, whatever the component does with the state that it is given here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InitFails {
    /// It returned this error.
    Error(String),
    /// It trapped, with this text.
    Trap(String),
}

keyed!(InitFails);

impl Keyed for InitFails {
    const WHAT: &'static str = "a failure of `init`: `{\"error\": TEXT}` or `{\"trap\": TEXT}`";
    const KEYS: &'static [&'static str] = &["error", "trap"];

    fn value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<InitFails, A::Error> {
        let text = map.next_value()?;
        Ok(if key == "trap" { InitFails::Trap(text) } else { InitFails::Error(text) })
    }
}

struct Failing {
    inner: Box<dyn Actor>,
    fails: InitFails,
    inside: bool,
}

impl Actor for Failing {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        self.inside = match input {
            Input::Init => true,
            Input::Answer(_) => self.inside,
            _ => false,
        };
        let ended = self.inner.turn(input, turn);
        match (&self.fails, &ended) {
            _ if !self.inside => ended,
            (_, Ended::Awaiting | Ended::Failed(_)) => ended,
            (InitFails::Error(text), _) => Ended::failed(FailureKind::ReturnedError, text.as_str()),
            (InitFails::Trap(text), _) => Ended::failed(FailureKind::Trap, text.as_str()),
        }
    }
    fn reset(&mut self) -> bool {
        self.inside = false;
        self.inner.reset()
    }
    fn state(&self) -> Option<Payload> {
        self.inner.state()
    }
    fn tells_all(&self) -> bool {
        self.inner.tells_all()
    }
    fn reads_chain(&self) -> bool {
        self.inner.reads_chain()
    }
}

/// Makes the same actor, but that its `init` fails.
pub(super) fn failing(factory: Factory, fails: &InitFails) -> Factory {
    let fails = fails.clone();
    Arc::new(move || Box::new(Failing { inner: factory(), fails: fails.clone(), inside: false }))
}
