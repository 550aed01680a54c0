//! A client's script, from the file's form: each name must be known where it is used, and each step do one thing.

use super::compile::Compiler;
use super::expected::Expected;
use super::file::*;
use super::source::At;
use super::steps::{Action, Body, Script, ScriptStep, Target};
use super::substitute;
use crate::call::Address;
use crate::error::{Error, Result};
use crate::id::ActorId;
use serde_json::Value;

/// What captures and channels may be called, as participants are.
const NAMED: &str = "a name is made of letters, digits, `-`, `_` and `.`";

/// Whether this can be the name of something.
///
/// # Errors
/// When it cannot: what a name is made of.
///
/// ```
/// use rehearsal::scenario::check_name;
/// assert_eq!(check_name("teller-2"), Ok(()));
/// assert!(check_name("two tellers").is_err());
/// ```
pub fn check_name(name: &str) -> Result<()> {
    match !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) {
        true => Ok(()),
        false => Err(Error::input(format!("`{name}` cannot be a name")).note(NAMED)),
    }
}

impl Compiler<'_> {
    pub(super) fn script(&self, client: &str, steps: &[Step]) -> Result<Script> {
        let clients = At::TOP.key("clients");
        let all = clients.key(client);
        let mut known = Vec::new();
        let mut script = Script::default();
        for (place, step) in steps.iter().enumerate() {
            let at = all.item(place);
            let compiled = self.step(step, &mut known, &at);
            script.steps.push(compiled.map_err(|error| {
                self.source.at(error, &at).note(format!("in step {} of client `{client}`", place + 1))
            })?);
        }
        Ok(script)
    }

    pub(super) fn participant(&self, name: &str, at: &At<'_>) -> Result<ActorId> {
        self.directory.find(name).ok_or_else(|| {
            let names = self.directory.names().iter().map(String::as_str);
            let error = Error::input(format!("no actor or client is called `{name}`")).nearest(name, names);
            self.source.at_named(error, at)
        })
    }

    fn target(&self, to: &str, known: &[String], at: &At<'_>) -> Result<Target> {
        if to.contains("${") {
            let text = substitute::partly(to, &|name| self.address_or(name, known, at));
            return text.map(Target::Text).map_err(|error| self.source.at(error, at));
        }
        let found = self.directory.find(to);
        match found.or_else(|| self.directory.resolve(&Address::Text(to.to_owned())).ok()) {
            Some(id) => Ok(Target::Known(id)),
            // What looks like an address is one: a script may well write to nobody.
            None if to.contains('-') && to.len() >= 32 => Ok(Target::Text(to.to_owned())),
            None => self.participant(to, at).map(Target::Known),
        }
    }

    /// Replaces `${actor.NAME}` by addresses, and leaves captures for later.
    fn addresses(&self, text: &str, at: &At<'_>) -> Result<String> {
        substitute::partly(text, &|name| self.address_of(name, at))
    }

    fn address_of(&self, name: &str, at: &At<'_>) -> Result<Option<String>> {
        let Some(who) = name.strip_prefix("actor.") else { return Ok(None) };
        match self.directory.find(who) {
            Some(id) => Ok(Some(self.directory.address(id).to_owned())),
            None => {
                let names = self.directory.names().iter().map(String::as_str);
                let error = Error::input(format!("`{name}`: no actor or client is called `{who}`"));
                Err(self.source.at_used(error.nearest(who, names), at, name))
            }
        }
    }

    /// The same, where each capture must be known.
    fn address_or(&self, name: &str, known: &[String], at: &At<'_>) -> Result<Option<String>> {
        let found = self.address_of(name, at)?;
        if found.is_none() && !known.iter().any(|known| known == name) {
            let error = Error::input(format!("nothing before this step captures `{name}`"));
            let error = error.nearest(name, known.iter().map(String::as_str));
            return Err(self.source.at_used(error, at, name));
        }
        Ok(found)
    }

    pub(super) fn bytes(&self, spec: &BytesSpec, at: &At<'_>) -> Result<BytesSpec> {
        Ok(match spec {
            BytesSpec::Text(text) => BytesSpec::Text(self.addresses(text, at)?),
            BytesSpec::Json(value) => {
                let change = |text: &str| self.addresses(text, at).map(Value::String);
                BytesSpec::Json(substitute::in_json(value, &change)?)
            }
            BytesSpec::Base64(raw) => {
                substitute::in_bytes(spec, &|_| Ok(Value::Null))
                    .map_err(|error| self.source.at(error, &at.key("base64")))?;
                BytesSpec::Base64(raw.clone())
            }
        })
    }

    fn body(&self, spec: &BytesSpec, known: &[String], at: &At<'_>) -> Result<Body> {
        let body = at.key("body");
        if !matches!(spec, BytesSpec::Base64(_)) && !substitute::mentions(spec) {
            // A copy with nothing changed in it would be as large as what it is a copy of.
            return self.ready(spec, &body);
        }
        let mut captures = false;
        for name in substitute::used(spec) {
            captures |= self.address_or(&name, known, &body)?.is_none();
        }
        let partly = self.bytes(spec, &body).map_err(|error| self.source.at(error, &body))?;
        if captures {
            return Ok(Body::Template(partly));
        }
        self.ready(&partly, &body)
    }

    fn ready(&self, spec: &BytesSpec, at: &At<'_>) -> Result<Body> {
        let bytes = substitute::in_bytes(spec, &|name| Ok(name.into()));
        bytes.map(Body::Ready).map_err(|error| self.source.at(error, at))
    }

    fn step(&self, step: &Step, known: &mut Vec<String>, at: &At<'_>) -> Result<ScriptStep> {
        let actions = self.actions(step, known, at)?;
        let action = match <[Action; 1]>::try_from(actions) {
            Ok([action]) => action,
            Err(several) if several.is_empty() && step.expect.is_some() => Action::Expect,
            Err(several) => {
                let told = format!("a step does one thing, and this one does {}", several.len());
                return Err(Error::input(told).note(
                    "one of `send`, `request`, `open_channel`, `send_on_channel`, `close_channel`, `wait`, `stop`, \
                     `terminate`, or `expect` alone",
                ));
            }
        };
        let expect = step.expect.as_ref().map(|spec| self.expected(spec, &action, known, &at.key("expect")));
        let expect = expect.transpose()?.map(Box::new);
        if let Action::Open(_, _, name) = &action {
            check_name(name).map_err(|error| self.source.at(error, &at.key("open_channel").key("as")))?;
            known.push(name.clone());
        }
        self.captures(step, &action, known, at)?;
        let within = step.within.map(|span| span.0);
        Ok(ScriptStep { action, within, expect, capture: step.capture.0.clone() })
    }

    /// What a step keeps of what comes, if anything does.
    fn captures(&self, step: &Step, action: &Action, known: &mut Vec<String>, at: &At<'_>) -> Result<()> {
        let answered = matches!(action, Action::Request(..) | Action::Open(..) | Action::Expect);
        for (key, given) in [("capture", !step.capture.is_empty()), ("within", step.within.is_some())] {
            if given && !answered {
                let told = format!("`{key}` is for what comes back, and to this step nothing does");
                let note = "a `request`, an `open_channel` or an `expect` alone waits for something";
                return Err(self.source.at_key(Error::input(told).note(note), &at.key(key)));
            }
        }
        let all = at.key("capture");
        for (name, pointer) in &step.capture.0 {
            check_name(name).map_err(|error| self.source.at_key(error, &all.key(name)))?;
            if name.starts_with("actor.") {
                let told = format!("`{name}` cannot be captured: `${{actor.NAME}}` is an address");
                return Err(self.source.at_key(Error::input(told), &all.key(name)));
            }
            if let Some(help) = substitute::no_pointer(pointer) {
                let error = Error::input(format!("`{pointer}` is not a JSON pointer")).help(help);
                return Err(self.source.at(error, &all.key(name)));
            }
            known.push(name.clone());
        }
        Ok(())
    }

    fn actions(&self, step: &Step, known: &[String], at: &At<'_>) -> Result<Vec<Action>> {
        let mut actions = Vec::new();
        let to = |to: &str, body: &BytesSpec, at: &At<'_>| -> Result<(Target, Body)> {
            Ok((self.target(to, known, &at.key("to"))?, self.body(body, known, at)?))
        };
        if let Some(send) = &step.send {
            let (to, body) = to(&send.to, &send.body, &at.key("send"))?;
            actions.push(Action::Send(to, body));
        }
        if let Some(request) = &step.request {
            let (to, body) = to(&request.to, &request.body, &at.key("request"))?;
            actions.push(Action::Request(to, body));
        }
        if let Some(open) = &step.open_channel {
            let (to, body) = to(&open.to, &open.body, &at.key("open_channel"))?;
            actions.push(Action::Open(to, body, open.name.clone()));
        }
        if let Some(send) = &step.send_on_channel {
            let at = at.key("send_on_channel");
            let name = self.channel(&send.channel, known, &at.key("channel"))?;
            actions.push(Action::OnChannel(name, self.body(&send.body, known, &at)?));
        }
        if let Some(close) = &step.close_channel {
            let at = at.key("close_channel");
            actions.push(Action::Close(self.channel(&close.channel, known, &at.key("channel"))?));
        }
        actions.extend(step.wait.map(|span| Action::Wait(span.0)));
        for (key, actor, at_once) in [("stop", &step.stop, false), ("terminate", &step.terminate, true)] {
            if let Some(actor) = actor {
                actions.push(Action::Stop(self.participant(actor, &at.key(key))?, at_once));
            }
        }
        Ok(actions)
    }

    /// A channel that an earlier step opened, or the text of an id, perhaps with captures in it.
    fn channel(&self, name: &str, known: &[String], at: &At<'_>) -> Result<String> {
        if name.contains("${") {
            let text = substitute::partly(name, &|name| self.address_or(name, known, at));
            return text.map_err(|error| self.source.at(error, at));
        }
        if known.iter().any(|known| known == name) || name.starts_with("ch_") {
            return Ok(name.to_owned());
        }
        let error = Error::input(format!("no step before this one opens a channel `{name}`"));
        let error = error.nearest(name, known.iter().map(String::as_str));
        Err(self.source.at(error.note("a channel's own id begins with `ch_`"), at))
    }

    fn expected(
        &self,
        spec: &ExpectSpec,
        action: &Action,
        known: &[String],
        at: &At<'_>,
    ) -> Result<Expected> {
        for (key, name) in [("channel", &spec.channel), ("closed", &spec.closed)] {
            if let Some(name) = name {
                self.channel(name, known, &at.key(key))?;
            }
        }
        let expected = Expected::new(spec, action, &|name| self.address_or(name, known, at));
        expected.map_err(|error| self.source.at_named(error, at))
    }
}
