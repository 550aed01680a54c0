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
    /// It returned this error, and did nothing else before that: the component is not asked.
    ErrorAtOnce(String),
    /// It trapped, with this text, and did nothing else before that.
    TrapAtOnce(String),
}

keyed!(InitFails);

impl Keyed for InitFails {
    const WHAT: &'static str =
        "a failure of `init`: `{\"error\": TEXT}` or `{\"trap\": TEXT}`, or either with `_at_once`";
    const KEYS: &'static [&'static str] = &["error", "trap", "error_at_once", "trap_at_once"];

    fn value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<InitFails, A::Error> {
        let text = map.next_value()?;
        Ok(match key {
            "trap" => InitFails::Trap(text),
            "error_at_once" => InitFails::ErrorAtOnce(text),
            "trap_at_once" => InitFails::TrapAtOnce(text),
            _ => InitFails::Error(text),
        })
    }
}

impl InitFails {
    fn at_once(&self) -> bool {
        matches!(self, InitFails::ErrorAtOnce(_) | InitFails::TrapAtOnce(_))
    }

    fn ended(&self) -> Ended {
        match self {
            InitFails::Error(text) | InitFails::ErrorAtOnce(text) => {
                Ended::failed(FailureKind::ReturnedError, text.as_str())
            }
            InitFails::Trap(text) | InitFails::TrapAtOnce(text) => {
                Ended::failed(FailureKind::Trap, text.as_str())
            }
        }
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
        if self.inside && self.fails.at_once() {
            return self.fails.ended();
        }
        match self.inner.turn(input, turn) {
            // With the state that it is given here it may fail otherwise.
            Ended::Returned(_) | Ended::Failed(_) if self.inside => self.fails.ended(),
            ended => ended,
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
