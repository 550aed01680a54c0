//! A client: a participant that follows a script.

use super::file::ExpectSpec;
use super::steps::{Action, Body, Script, ScriptStep, Target};
use super::substitute;
use crate::actor::{Actor, Called, Ended, Input, Turn};
use crate::call::{Address, ChannelName, HostAnswer, HostCall, Received};
use crate::error::{Error, Result};
use crate::payload::Payload;
use crate::property::matches;
use crate::state::shown;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// A client in the middle of its script.
#[derive(Clone)]
pub struct Client {
    script: Rc<Script>,
    at: usize,
    captures: BTreeMap<String, Value>,
    channels: BTreeMap<String, ChannelName>,
    skipped: VecDeque<Received>,
}

enum Flow {
    Next,
    Awaiting,
    Over,
}

impl Client {
    /// A client at the beginning of its script.
    pub fn new(script: Arc<Script>) -> Client {
        // A copy of its own: a count of references that threads share goes from core to core at every turn.
        let script = Rc::new(script.apart());
        let (captures, channels) = (BTreeMap::new(), BTreeMap::new());
        Client { script, at: 0, captures, channels, skipped: VecDeque::new() }
    }

    /// Goes on until a step must wait, or the script ends.
    fn advance(&mut self, turn: &mut Turn<'_>) -> Ended {
        let script = Rc::clone(&self.script);
        while let Some(step) = script.steps.get(self.at) {
            if let Some((to, data)) = step.plain() {
                match turn.host().post(to, data) {
                    None | Some(Called::Answered(_)) => self.at += 1,
                    Some(Called::Suspended) => return Ended::Awaiting,
                    Some(Called::Stop(..)) => return Ended::DONE,
                }
                continue;
            }
            match self.perform(step, turn) {
                Ok(Flow::Next) => self.at += 1,
                Ok(Flow::Awaiting) => return Ended::Awaiting,
                Ok(Flow::Over) => return Ended::DONE,
                Err(error) => return self.unmet(turn, error.message()),
            }
        }
        Ended::DONE
    }

    fn unmet(&mut self, turn: &mut Turn<'_>, text: &str) -> Ended {
        let text = format!("in step {} of its script, {text}", self.at + 1);
        turn.call(HostCall::Unmet { text });
        self.at = self.script.steps.len();
        Ended::DONE
    }

    fn perform(&mut self, step: &ScriptStep, turn: &mut Turn<'_>) -> Result<Flow> {
        let call = match &step.action {
            Action::Send(to, body) => HostCall::Send { to: self.target(to)?, data: self.body(body)? },
            Action::Request(to, body) => {
                HostCall::Request { to: self.target(to)?, data: self.body(body)?, within: step.within() }
            }
            Action::Open(to, body, _) => {
                HostCall::OpenChannel { to: self.target(to)?, data: self.body(body)?, within: step.within() }
            }
            Action::OnChannel(name, body) => {
                HostCall::SendOnChannel { channel: self.channel(name)?, data: self.body(body)? }
            }
            Action::Close(name) => HostCall::CloseChannel { channel: self.channel(name)? },
            Action::Wait(span) => HostCall::Sleep { span: *span },
            Action::Stop(actor, at_once) => HostCall::Stop { actor: Address::Id(*actor), at_once: *at_once },
            Action::Expect => return self.expect(step, turn, false),
        };
        Ok(match turn.call(call) {
            Called::Answered(answer) => self.judge(step, answer, turn)?,
            Called::Suspended => Flow::Awaiting,
            Called::Stop(..) => Flow::Over,
        })
    }

    fn find(&self, name: &str) -> Result<Value> {
        let found = self.captures.get(name).cloned();
        let channel = || self.channels.get(name).map(|channel| channel.to_string().into());
        found.or_else(channel).ok_or_else(|| Error::input(format!("nothing was captured as `{name}`")))
    }

    fn replaced(&self, text: &str) -> Result<String> {
        substitute::replace(text, &|name| self.find(name).map(substitute::as_text))
    }

    fn target(&self, to: &Target) -> Result<Address> {
        match to {
            Target::Known(id) => Ok(Address::Id(*id)),
            Target::Text(text) => Ok(Address::Text(self.replaced(text)?)),
        }
    }

    fn body(&self, body: &Body) -> Result<Payload> {
        match body {
            Body::Ready(bytes) => Ok(bytes.clone()),
            Body::Template(spec) => substitute::in_bytes(spec, &|name| self.find(name)),
        }
    }

    fn channel(&self, name: &str) -> Result<ChannelName> {
        match self.channels.get(name) {
            Some(channel) => Ok(channel.clone()),
            None => Ok(ChannelName::Text(self.replaced(name)?)),
        }
    }

    /// What a step expects, with what was captured so far.
    fn expected<'s>(&self, step: &'s ScriptStep) -> Result<Option<Cow<'s, ExpectSpec>>> {
        step.expect.as_ref().map(|expected| expected.filled(&|name| self.find(name))).transpose()
    }

    /// A call has an outcome: is it as expected?
    fn judge(&mut self, step: &ScriptStep, answer: HostAnswer, turn: &mut Turn<'_>) -> Result<Flow> {
        if let (Action::Open(_, _, name), HostAnswer::Opened(opened)) = (&step.action, &answer) {
            self.channels.insert(name.clone(), ChannelName::Id(opened.channel));
        }
        if let Some(expected) = self.expected(step)?
            && let Err(found) = outcome_matches(&expected, &answer)
        {
            self.unmet(turn, &format!("expected {}, found {found}", told(&expected)));
            return Ok(Flow::Over);
        }
        let bytes = match &answer {
            HostAnswer::Bytes(data) => Some(data.clone()),
            HostAnswer::Opened(opened) => opened.message.clone(),
            _ => None,
        };
        self.capture(step, bytes)?;
        Ok(Flow::Next)
    }

    fn capture(&mut self, step: &ScriptStep, bytes: Option<Payload>) -> Result<()> {
        for (name, pointer) in &step.capture {
            let bytes = bytes
                .as_ref()
                .ok_or_else(|| Error::input(format!("nothing came to capture `{name}` from")))?;
            let value = bytes.json().unwrap_or_else(|| Value::String(bytes.text().into_owned()));
            let part = value.pointer(pointer).ok_or_else(|| {
                Error::input(format!("nothing at `{pointer}` to capture `{name}` from in {}", shown(bytes)))
            })?;
            self.captures.insert(name.clone(), part.clone());
        }
        Ok(())
    }

    /// Waits for a message that is like what the step expects; others are kept for later steps.
    fn expect(&mut self, step: &ScriptStep, turn: &mut Turn<'_>, resumed: bool) -> Result<Flow> {
        let Some(expected) = self.expected(step)? else { return Ok(Flow::Next) };
        let like = |message: &Received| self.message_matches(&expected, message);
        if !resumed && let Some(place) = self.skipped.iter().position(like) {
            let message = self.skipped.remove(place);
            self.capture(step, message.and_then(bytes_of))?;
            return Ok(Flow::Next);
        }
        turn.call(HostCall::Receive { within: step.within(), resumed });
        Ok(Flow::Awaiting)
    }

    fn message_matches(&self, expected: &ExpectSpec, message: &Received) -> bool {
        let over = |name: &String, id| self.channels.get(name).and_then(ChannelName::id) == Some(id);
        match message {
            Received::Closed(id) => expected.closed.as_ref().is_some_and(|name| over(name, *id)),
            Received::Message(data) => {
                expected.closed.is_none() && expected.channel.is_none() && bytes_match(expected, data)
            }
            Received::OnChannel(id, data) => {
                expected.closed.is_none()
                    && expected.channel.as_ref().is_none_or(|name| over(name, *id))
                    && bytes_match(expected, data)
            }
        }
    }

    fn answered(&mut self, answer: HostAnswer, turn: &mut Turn<'_>) -> Ended {
        let script = Rc::clone(&self.script);
        let Some(step) = script.steps.get(self.at) else { return Ended::DONE };
        let expected = match self.expected(step) {
            Ok(expected) => expected,
            Err(error) => return self.unmet(turn, error.message()),
        };
        let flow = match (answer, &expected) {
            (HostAnswer::Received(message), Some(expected)) if self.message_matches(expected, &message) => {
                self.capture(step, bytes_of(message)).map(|()| Flow::Next)
            }
            (HostAnswer::Received(message), _) => {
                self.skipped.push_back(message);
                self.expect(step, turn, true)
            }
            (HostAnswer::Refused(refusal), Some(expected)) if matches!(step.action, Action::Expect) => {
                let came = match self.skipped.back() {
                    Some(last) => format!(
                        "; what came last was {}",
                        bytes_of(last.clone()).map_or("a close".into(), |b| shown(&b))
                    ),
                    None => String::new(),
                };
                Err(Error::input(format!(
                    "expected {}, found nothing of the sort: {refusal}{came}",
                    told(expected)
                )))
            }
            (answer, _) => self.judge(step, answer, turn),
        };
        match flow {
            Ok(Flow::Next) => {
                self.at += 1;
                self.advance(turn)
            }
            Ok(Flow::Awaiting) => Ended::Awaiting,
            Ok(Flow::Over) => Ended::DONE,
            Err(error) => self.unmet(turn, error.message()),
        }
    }
}

fn bytes_of(message: Received) -> Option<Payload> {
    match message {
        Received::Message(data) | Received::OnChannel(_, data) => Some(data),
        Received::Closed(_) => None,
    }
}

fn bytes_match(expected: &ExpectSpec, data: &Payload) -> bool {
    use base64::Engine as _;
    let text = expected.text.as_ref().is_none_or(|text| text.as_bytes() == &data[..]);
    let json =
        expected.json.as_ref().is_none_or(|json| data.json().is_some_and(|value| matches(json, &value)));
    let raw = expected.base64.as_ref().is_none_or(|raw| {
        base64::engine::general_purpose::STANDARD.decode(raw).is_ok_and(|raw| raw[..] == data[..])
    });
    text && json && raw
}

/// Whether the outcome of a call is as expected; what it was instead.
fn outcome_matches(expected: &ExpectSpec, answer: &HostAnswer) -> std::result::Result<(), String> {
    match (answer, &expected.refused) {
        (HostAnswer::Refused(refusal), Some(text)) if refusal.to_string().contains(text.as_str()) => Ok(()),
        (HostAnswer::Refused(refusal), _) => Err(format!("a refusal: {refusal}")),
        (HostAnswer::Bytes(data), None) if bytes_match(expected, data) => Ok(()),
        (HostAnswer::Bytes(data), _) => Err(shown(data)),
        (HostAnswer::Opened(opened), None) => {
            let message = opened.message.clone().unwrap_or_default();
            if bytes_match(expected, &message) { Ok(()) } else { Err(shown(&message)) }
        }
        (_, Some(_)) => Err("that it worked".into()),
        (_, None) => Ok(()),
    }
}

fn told(expected: &ExpectSpec) -> String {
    let ExpectSpec { text, json, base64, refused, closed, channel } = expected;
    let mut parts = Vec::new();
    parts.extend(text.as_ref().map(|text| format!("{text:?}")));
    parts.extend(json.as_ref().map(|json| format!("JSON like {json}")));
    parts.extend(base64.as_ref().map(|raw| format!("the bytes {raw}")));
    parts.extend(refused.as_ref().map(|text| format!("a refusal with {text:?}")));
    parts.extend(closed.as_ref().map(|name| format!("the close of `{name}`")));
    if parts.is_empty() {
        parts.push("anything".into());
    }
    parts.extend(channel.as_ref().map(|name| format!("over `{name}`")));
    parts.join(" ")
}

impl Actor for Client {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Init => self.advance(turn),
            Input::Answer(answer) => self.answered(answer, turn),
            _ => Ended::DONE,
        }
    }

    fn copy(&self) -> Option<Box<dyn Actor>> {
        Some(Box::new(self.clone()))
    }

    fn reset(&mut self) -> bool {
        self.at = 0;
        // Clearing an empty map takes longer than looking whether it is empty.
        if !self.captures.is_empty() || !self.channels.is_empty() {
            self.captures.clear();
            self.channels.clear();
        }
        self.skipped.clear();
        true
    }
}
