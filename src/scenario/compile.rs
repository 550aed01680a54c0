//! From the file's form to what runs: names become ids, paths components, durations nanoseconds.

use super::client::{Action, Body, Client, Script, ScriptStep, Target};
use super::expected::Expected;
use super::file::*;
use super::substitute;
use super::{ComponentUsed, Loader, Scenario};
use crate::call::Address;
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
    // A name in `${…}` stands in the middle of a text.
    match text.find(&quoted).or_else(|| text.find(&format!("${{{name}}}"))) {
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
        let factory = match &spec.imports {
            Some(answers) => super::imports::answered(loaded.factory, answers),
            None => loaded.factory,
        };
        factories.push(match &spec.init_fails {
            Some(fails) => super::failing::failing(factory, fails),
            None => factory,
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

    fn target(&self, to: &str, known: &[String]) -> Result<Target> {
        if to.contains("${") {
            let text = substitute::partly(to, &|name| self.address_or(name, known))?;
            return Ok(Target::Text(text));
        }
        let found = self.directory.find(to);
        match found.or_else(|| self.directory.resolve(&Address::Text(to.to_owned())).ok()) {
            Some(id) => Ok(Target::Known(id)),
            // What looks like an address is one: a script may well write to nobody.
            None if to.contains('-') && to.len() >= 32 => Ok(Target::Text(to.to_owned())),
            None => self.participant(to).map(Target::Known),
        }
    }

    /// Replaces `${actor.NAME}` by addresses, and leaves captures for later.
    fn addresses(&self, text: &str) -> Result<String> {
        substitute::partly(text, &|name| self.address_of(name))
    }

    fn address_of(&self, name: &str) -> Result<Option<String>> {
        match name.strip_prefix("actor.") {
            Some(who) => Ok(Some(self.directory.address(self.participant(who)?).to_owned())),
            None => Ok(None),
        }
    }

    /// The same, where each capture must be known.
    fn address_or(&self, name: &str, known: &[String]) -> Result<Option<String>> {
        let found = self.address_of(name)?;
        if found.is_none() && !known.iter().any(|known| known == name) {
            let error = Error::input(format!("nothing before this step captures `{name}`"));
            return Err(self.placed(error.nearest(name, known.iter().map(String::as_str)), name));
        }
        Ok(found)
    }

    fn bytes(&self, spec: &BytesSpec) -> Result<BytesSpec> {
        Ok(match spec {
            BytesSpec::Text(text) => BytesSpec::Text(self.addresses(text)?),
            BytesSpec::Json(value) => {
                BytesSpec::Json(substitute::in_json(value, &|text| self.addresses(text))?)
            }
            BytesSpec::Base64(raw) => {
                substitute::in_bytes(spec, &|_| Ok(String::new()))?;
                BytesSpec::Base64(raw.clone())
            }
        })
    }

    fn body(&self, spec: &BytesSpec, known: &[String]) -> Result<Body> {
        let mut captures = false;
        for name in substitute::used(spec) {
            captures |= self.address_or(&name, known)?.is_none();
        }
        let partly = self.bytes(spec)?;
        if captures {
            return Ok(Body::Template(partly));
        }
        substitute::in_bytes(&partly, &|name| Ok(name.to_owned())).map(Body::Ready)
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
        let expect = step.expect.as_ref().map(|spec| self.expected(spec, &action, known)).transpose()?;
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
        Ok(ScriptStep { action, within, expect, capture: step.capture.0.clone() })
    }

    fn actions(&self, step: &Step, known: &[String]) -> Result<Vec<Action>> {
        let mut actions = Vec::new();
        if let Some(send) = &step.send {
            actions.push(Action::Send(self.target(&send.to, known)?, self.body(&send.body, known)?));
        }
        if let Some(request) = &step.request {
            actions.push(Action::Request(self.target(&request.to, known)?, self.body(&request.body, known)?));
        }
        if let Some(open) = &step.open_channel {
            let (to, body) = (self.target(&open.to, known)?, self.body(&open.body, known)?);
            actions.push(Action::Open(to, body, open.name.clone()));
        }
        if let Some(send) = &step.send_on_channel {
            let name = self.channel(&send.channel, known)?;
            actions.push(Action::OnChannel(name, self.body(&send.body, known)?));
        }
        if let Some(close) = &step.close_channel {
            actions.push(Action::Close(self.channel(&close.channel, known)?));
        }
        actions.extend(step.wait.map(|span| Action::Wait(span.0)));
        for (actor, at_once) in [(&step.stop, false), (&step.terminate, true)] {
            if let Some(actor) = actor {
                actions.push(Action::Stop(self.participant(actor)?, at_once));
            }
        }
        Ok(actions)
    }

    /// A channel that an earlier step opened, or the text of an id, perhaps with captures in it.
    fn channel(&self, name: &str, known: &[String]) -> Result<String> {
        if name.contains("${") {
            return substitute::partly(name, &|name| self.address_or(name, known));
        }
        if known.iter().any(|known| known == name) || name.starts_with("ch_") {
            return Ok(name.to_owned());
        }
        let error = Error::input(format!("no step before this one opens a channel `{name}`"));
        let error = error.nearest(name, known.iter().map(String::as_str));
        Err(self.placed(error.note("a channel's own id begins with `ch_`"), name))
    }

    fn expected(&self, spec: &ExpectSpec, action: &Action, known: &[String]) -> Result<Expected> {
        for name in spec.channel.iter().chain(&spec.closed) {
            self.channel(name, known)?;
        }
        Expected::new(spec, action, &|name| self.address_or(name, known))
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

    /// What cannot be meant of a native actor that comes with the tool is told, rather than left out.
    fn native_states(&self, states: &[Option<Payload>]) -> Result<()> {
        for ((name, spec), state) in self.file.actors.0.iter().zip(states) {
            let Some(native) = &spec.native else { continue };
            if spec.fresh {
                let told = format!("`{name}` is a native actor, and `fresh` is for components");
                return Err(self.placed(Error::input(told), name));
            }
            let builtin = crate::native::NAMES.contains(&native.as_str());
            let refused = state.as_ref().filter(|_| builtin);
            if let Some(told) = refused.and_then(|state| crate::native::refuses(native, state)) {
                return Err(self.placed(Error::input(told), name));
            }
        }
        Ok(())
    }

    fn setting(&self, limits: Limits, properties: &[Property]) -> Result<Setting> {
        let file = self.file;
        let states = file.actors.0.iter().map(|(name, spec)| match &spec.state {
            Some(state) => {
                let bytes = substitute::in_bytes(&self.bytes(state)?, &|name| Ok(format!("${{{name}}}")));
                bytes.map(Some).map_err(|error| self.placed(error, name))
            }
            None => Ok(None),
        });
        let mut states: Vec<Option<Payload>> = states.collect::<Result<_>>()?;
        self.native_states(&states)?;
        states.resize(self.directory.names().len(), None);
        let mut roles = vec![Role::Actor; file.actors.0.len()];
        roles.resize(self.directory.names().len(), Role::Client);
        let links = file.links.iter().map(|link| {
            let latency = latency(link.latency).map_err(|error| self.placed(error, "links"));
            Ok((self.participant(&link.from)?, self.participant(&link.to)?, latency?))
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
            latency: file
                .latency
                .map_or(Ok(Latency::Constant(crate::id::Time::ZERO)), latency)
                .map_err(|error| self.placed(error, "latency"))?,
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
