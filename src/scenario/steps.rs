//! A client's script: what it does, step by step.

use super::expected::Expected;
use super::file::BytesSpec;
use crate::call::Within;
use crate::id::{ActorId, Time};
use crate::payload::Payload;

/// A client's script, ready to run.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The steps, in order.
    pub steps: Vec<ScriptStep>,
}

impl Script {
    /// A copy that shares no bytes with this one.
    pub(super) fn apart(&self) -> Script {
        let mut script = self.clone();
        for step in &mut script.steps {
            let (Action::Send(_, body)
            | Action::Request(_, body)
            | Action::Open(_, body, _)
            | Action::OnChannel(_, body)) = &mut step.action
            else {
                continue;
            };
            if let Body::Ready(bytes) = body {
                *bytes = Payload::from(&bytes[..]);
            }
        }
        script
    }
}

/// One step of a script.
#[derive(Clone, Debug)]
pub struct ScriptStep {
    /// What is done.
    pub action: Action,
    /// How long its outcome may take.
    pub within: Option<Time>,
    /// What the outcome must be.
    pub expect: Option<Box<Expected>>,
    /// What is kept of it: names, and JSON pointers.
    pub capture: Vec<(String, String)>,
}

impl ScriptStep {
    /// What most steps are: a message whose receiver and bytes are known beforehand, and of which nothing is expected.
    #[inline]
    pub(super) fn plain(&self) -> Option<(ActorId, &Payload)> {
        match &self.action {
            Action::Send(Target::Known(to), Body::Ready(data)) if self.asks_nothing() => Some((*to, data)),
            _ => None,
        }
    }

    fn asks_nothing(&self) -> bool {
        self.expect.is_none() && self.capture.is_empty()
    }

    /// How long the outcome may take: patience where an outcome is expected, and a deadline that may come early where
    /// either is well.
    pub(super) fn within(&self) -> Option<Within> {
        let patient = self.expect.as_ref().is_some_and(|expect| expect.spec.refused.is_none());
        self.within.map(|span| Within { span, patient })
    }
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends a message.
    Send(Target, Body),
    /// Sends a request and waits.
    Request(Target, Body),
    /// Opens a channel, to be known by this name.
    Open(Target, Body, String),
    /// Sends over a channel.
    OnChannel(String, Body),
    /// Closes a channel.
    Close(String),
    /// Lets time pass.
    Wait(Time),
    /// Asks an actor to stop, or ends it at once.
    Stop(ActorId, bool),
    /// Waits for a message.
    Expect,
}

/// Whom a step is for.
#[derive(Clone, Debug)]
pub enum Target {
    /// A participant.
    Known(ActorId),
    /// An address, perhaps with captures in it.
    Text(String),
}

/// What a step sends.
#[derive(Clone, Debug)]
pub enum Body {
    /// These bytes.
    Ready(Payload),
    /// Bytes with captures in them.
    Template(BytesSpec),
}
