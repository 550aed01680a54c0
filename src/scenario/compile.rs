//! From the file's form to what runs: names become ids, paths components, durations nanoseconds.

use super::client::{Action, Body, Client, Script, ScriptStep, Target};
use super::file::*;
use super::substitute;
use super::{ComponentUsed, Loader, Scenario};
use crate::error::{Error, Result};
use crate::id::ActorId;
use crate::limits::Limits;
use crate::payload::Payload;
use crate::profile::Profile;
use crate::property::{self, Builtins, Property};
use crate::state::{Clock, Directory, Latency, Role, Setting};
use sha1::{Digest, Sha1};
use std::sync::Arc;

/// Points an error at the first place in the file where `name` stands in quotes.
pub(super) fn place(error: Error, text: &str, path: &str, name: &str) -> Error {
    let quoted = format!("\"{name}\"");
    let error = error.in_file(path);
    match text.find(&quoted) {
        Some(at) => {
            let line = text[..at].matches('\n').count() + 1;
            let column = text[..at].rsplit('\n').next().map_or(0, |before| before.chars().count()) + 1;
            error.at(line, column, text)
        }
        None => error,
    }
}

struct Compiler<'a> {
    file: &'a ScenarioFile,
    text: &'a str,
    path: &'a str,
    directory: Directory,
}

pub(super) fn compile(
    file: &ScenarioFile,
    text: &str,
    path: &str,
    loader: &mut dyn Loader,
) -> Result<Scenario> {
    let compiler = Compiler::new(file, text, path)?;
    // What can be told without loading anything is told first.
    let profile = compiler.profile()?;
    let (mut properties, builtins) = compiler.properties()?;
    properties.extend(loader.properties());
    let scripts = file.clients.0.iter().map(|(name, steps)| compiler.script(name, steps).map(Arc::new));
    let scripts: Vec<Arc<Script>> = scripts.collect::<Result<_>>()?;
    let limits = file.limits.clone().unwrap_or_default();
    let mut factories: Vec<crate::run::Factory> = Vec::new();
    let mut shows_state = Vec::new();
    let mut components = Vec::new();
    for (name, spec) in &file.actors.0 {
        let loaded = loader.actor(name, spec, &limits);
        let loaded = loaded.map_err(|error| match &error.place() {
            Some(_) => error,
            None => compiler.placed(error, spec.component.as_ref().or(spec.native.as_ref()).unwrap_or(name)),
        })?;
        if let (Some(path), Some(hash)) = (&spec.component, loaded.hash) {
            components.push(ComponentUsed { actor: name.clone(), path: path.clone(), hash });
        }
        factories.push(match &spec.init_fails {
            Some(fails) => super::failing::failing(loaded.factory, fails),
            None => loaded.factory,
        });
        shows_state.push(loaded.shows_state);
    }
    for script in scripts {
        factories.push(Arc::new(move || Box::new(Client::new(Arc::clone(&script)))));
        shows_state.push(false);
    }
    let setting = compiler.setting(limits, &properties)?;
    Ok(Scenario {
        name: file.name.clone(),
        about: file.about.clone(),
        path: path.to_owned(),
        hash: short_hash(text.as_bytes()),
        components,
        profile,
        setting: Arc::new(setting),
        properties: properties.into(),
        builtins,
        factories,
        shows_state,
    })
}

/// The first twelve hex digits of a SHA-1.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

impl<'a> Compiler<'a> {
    fn new(file: &'a ScenarioFile, text: &'a str, path: &'a str) -> Result<Compiler<'a>> {
        let bare = |error| place(error, text, path, "name");
        let actors = file.actors.0.iter().map(|(name, spec)| (name.clone(), spec.id.clone()));
        let clients = file.clients.0.iter().map(|(name, _)| (name.clone(), None));
        let mut known: Vec<(String, Option<String>)> = Vec::new();
        for (name, id) in actors.chain(clients) {
            let plain = |c: char| c.is_alphanumeric() || "_-.".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                let told = "a name is made of letters, digits, `-`, `_` and `.`";
                return Err(place(
                    Error::input(format!("`{name}` cannot be a name")).note(told),
                    text,
                    path,
                    &name,
                ));
            }
            if known.iter().any(|(other, _)| *other == name) {
                let told = format!("`{name}` is the name of an actor and of a client");
                return Err(place(Error::input(told), text, path, &name));
            }
            known.push((name, id));
        }
        if known.is_empty() {
            return Err(bare(Error::input("a scenario needs an actor or a client")));
        }
        let directory = Directory::new(known);
        let mut addresses: Vec<&str> =
            (0..directory.names().len()).map(|id| directory.address(ActorId(id as u32))).collect();
        addresses.sort_unstable();
        if let Some(twice) = addresses.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(place(
                Error::input(format!("two participants have the address `{}`", twice[0])),
                text,
                path,
                twice[0],
            ));
        }
        Ok(Compiler { file, text, path, directory: directory.clone() })
    }

    fn placed(&self, error: Error, name: &str) -> Error {
        place(error, self.text, self.path, name)
    }

    fn participant(&self, name: &str) -> Result<ActorId> {
        self.directory.find(name).ok_or_else(|| {
            let names = self.directory.names().iter().map(String::as_str);
            let error = Error::input(format!("no actor or client is called `{name}`")).nearest(name, names);
            self.placed(error, name)
        })
    }

    fn target(&self, to: &str) -> Result<Target> {
        if to.contains("${") {
            let text = self.addresses(to)?;
            return Ok(Target::Text(text));
        }
        match self.directory.find(to) {
            Some(id) => Ok(Target::Known(id)),
            // What looks like an address is one: a script may well write to nobody.
            None if to.contains('-') && to.len() >= 32 => Ok(Target::Text(to.to_owned())),
            None => self.participant(to).map(Target::Known),
        }
    }

    /// Replaces `${actor.NAME}` by addresses, and leaves captures for later.
    fn addresses(&self, text: &str) -> Result<String> {
        substitute::replace(text, &|name| self.address_of(name))
    }

    fn address_of(&self, name: &str) -> Result<String> {
        match name.strip_prefix("actor.") {
            Some(who) => Ok(self.directory.address(self.participant(who)?).to_owned()),
            None => Ok(format!("${{{name}}}")),
        }
    }

    fn bytes(&self, spec: &BytesSpec) -> Result<BytesSpec> {
        Ok(match spec {
            BytesSpec::Text(text) => BytesSpec::Text(self.addresses(text)?),
            BytesSpec::Json(value) => {
                BytesSpec::Json(substitute::in_json(value, &|name| self.address_of(name))?)
            }
            BytesSpec::Base64(raw) => {
                substitute::in_bytes(spec, &|_| Ok(String::new()))?;
                BytesSpec::Base64(raw.clone())
            }
        })
    }

    fn body(&self, spec: &BytesSpec, known: &[String]) -> Result<Body> {
        let captured = substitute::used(spec);
        let of_client = captured.iter().filter(|name| !name.starts_with("actor."));
        for name in of_client.clone() {
            if !known.contains(name) {
                let error = Error::input(format!("nothing before this step captures `{name}`"));
                return Err(self.placed(error.nearest(name, known.iter().map(String::as_str)), name));
            }
        }
        if of_client.count() > 0 {
            return Ok(Body::Template(self.bytes(spec)?));
        }
        substitute::in_bytes(spec, &|name| self.address_of(name)).map(Body::Ready)
    }

    fn script(&self, client: &str, steps: &[Step]) -> Result<Script> {
        let mut known = Vec::new();
        let mut script = Script::default();
        for (place, step) in steps.iter().enumerate() {
            let compiled = self.step(step, &mut known);
            script.steps.push(compiled.map_err(|error| match error.place() {
                Some(_) => error.note(format!("in step {} of client `{client}`", place + 1)),
                None => {
                    self.placed(error, client).note(format!("in step {} of client `{client}`", place + 1))
                }
            })?);
        }
        Ok(script)
    }

    fn step(&self, step: &Step, known: &mut Vec<String>) -> Result<ScriptStep> {
        let actions = self.actions(step, known)?;
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
        if let Action::Open(_, _, name) = &action {
            known.push(name.clone());
        }
        for (name, pointer) in &step.capture.0 {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                return Err(self.placed(Error::input(format!("`{pointer}` is not a JSON pointer")), pointer));
            }
            known.push(name.clone());
        }
        let within = step.within.map(|span| span.0);
        Ok(ScriptStep { action, within, expect: step.expect.clone(), capture: step.capture.0.clone() })
    }

    fn actions(&self, step: &Step, known: &[String]) -> Result<Vec<Action>> {
        let mut actions = Vec::new();
        if let Some(send) = &step.send {
            actions.push(Action::Send(self.target(&send.to)?, self.body(&send.body, known)?));
        }
        if let Some(request) = &step.request {
            actions.push(Action::Request(self.target(&request.to)?, self.body(&request.body, known)?));
        }
        if let Some(open) = &step.open_channel {
            let (to, body) = (self.target(&open.to)?, self.body(&open.body, known)?);
            actions.push(Action::Open(to, body, open.name.clone()));
        }
        if let Some(send) = &step.send_on_channel {
            actions.push(Action::OnChannel(send.channel.clone(), self.body(&send.body, known)?));
        }
        actions.extend(step.close_channel.as_ref().map(|close| Action::Close(close.channel.clone())));
        actions.extend(step.wait.map(|span| Action::Wait(span.0)));
        for (actor, at_once) in [(&step.stop, false), (&step.terminate, true)] {
            if let Some(actor) = actor {
                actions.push(Action::Stop(self.participant(actor)?, at_once));
            }
        }
        Ok(actions)
    }

    fn profile(&self) -> Result<Profile> {
        match &self.file.profile {
            None => Ok(Profile::Actors),
            Some(name) => Profile::find(name).map_err(|error| self.placed(error, name)),
        }
    }

    fn properties(&self) -> Result<(Vec<Property>, Builtins)> {
        // One at a time first, so that an error can be placed at its property.
        for spec in &self.file.properties {
            if let Err(error) = property::compile(std::slice::from_ref(spec), &[], &self.directory) {
                let name = spec.name.as_deref().unwrap_or("properties");
                return Err(self.placed(error, name));
            }
        }
        let compiled = property::compile(&self.file.properties, &self.file.waive, &self.directory);
        compiled.map_err(|error| self.placed(error, "properties"))
    }

    fn setting(&self, limits: Limits, properties: &[Property]) -> Result<Setting> {
        let file = self.file;
        let states = file.actors.0.iter().map(|(_, spec)| match &spec.state {
            Some(state) => {
                substitute::in_bytes(&self.bytes(state)?, &|name| Ok(format!("${{{name}}}"))).map(Some)
            }
            None => Ok(None),
        });
        let mut states: Vec<Option<Payload>> = states.collect::<Result<_>>()?;
        states.resize(self.directory.names().len(), None);
        let mut roles = vec![Role::Actor; file.actors.0.len()];
        roles.resize(self.directory.names().len(), Role::Client);
        let links = file.links.iter().map(|link| {
            Ok((self.participant(&link.from)?, self.participant(&link.to)?, latency(link.latency)?))
        });
        let timeouts = file.timeouts.clone().unwrap_or_default();
        let mut variables = file.environment.0.clone();
        variables.sort();
        Ok(Setting {
            theater: file.theater.clone().unwrap_or_default().settings(),
            directory: self.directory.clone(),
            roles,
            states,
            clock: match file.clock {
                Some(ClockSpec::Strict) | None => Clock::Strict,
                Some(ClockSpec::Loose) => Clock::Loose,
            },
            latency: file.latency.map_or(Ok(Latency::Constant(crate::id::Time::ZERO)), latency)?,
            links: links.collect::<Result<_>>()?,
            request_timeout: timeouts.request.map(|span| span.0),
            open_timeout: timeouts.open_channel.map(|span| span.0),
            early_timers: file.early_timers.unwrap_or(1),
            limits,
            variables,
            watched: property::watched(properties, self.directory.names().len()),
        })
    }
}

fn latency(spec: LatencySpec) -> Result<Latency> {
    match spec {
        LatencySpec::Constant(time) => Ok(Latency::Constant(time.0)),
        LatencySpec::Uniform(least, most) if least.0 <= most.0 => Ok(Latency::Uniform(least.0, most.0)),
        LatencySpec::Uniform(least, most) => {
            Err(Error::input(format!("the least latency, {}, is more than the most, {}", least.0, most.0)))
        }
        LatencySpec::LongTailed { least, typical } => Ok(Latency::LongTailed(least.0, typical.0)),
    }
}
