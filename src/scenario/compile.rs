//! From the file's form to what runs: names become ids, paths components, durations nanoseconds.

use super::client::Client;
use super::file::*;
use super::script::check_name;
use super::source::{At, Source};
use super::steps::Script;
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

pub(super) struct Compiler<'a> {
    file: &'a ScenarioFile,
    pub(super) source: &'a Source<'a>,
    pub(super) directory: Directory,
}

pub(super) fn compile(
    file: &ScenarioFile,
    text: &str,
    source: &Source<'_>,
    path: &str,
    loader: &mut dyn Loader,
) -> Result<Scenario> {
    let compiler = Compiler::new(file, source)?;
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
        let code = if spec.component.is_some() { "component" } else { "native" };
        let loaded = loaded.map_err(|error| compiler.at_actor(error, name, code))?;
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
    fn new(file: &'a ScenarioFile, source: &'a Source<'a>) -> Result<Compiler<'a>> {
        let actors = file.actors.0.iter().map(|(name, spec)| ("actors", name.clone(), spec.id.clone()));
        let clients = file.clients.0.iter().map(|(name, _)| ("clients", name.clone(), None));
        let (mut known, mut names) = (Vec::new(), std::collections::BTreeSet::new());
        for (list, name, id) in actors.chain(clients) {
            let at_name = |error| source.at_key(error, &At::TOP.key(list).key(&name));
            check_name(&name).map_err(at_name)?;
            if !names.insert(name.clone()) {
                return Err(at_name(Error::input(format!(
                    "`{name}` is the name of an actor and of a client"
                ))));
            }
            if let Some(told) = id.as_deref().and_then(no_address) {
                return Err(source.at(Error::input(told), &At::TOP.key(list).key(&name).key("id")));
            }
            known.push((name, id));
        }
        if known.is_empty() {
            let error = Error::input("a scenario needs an actor or a client");
            return Err(source.at(error, &At::TOP.key("actors")));
        }
        let directory = Directory::new(known);
        let compiler = Compiler { file, source, directory };
        compiler.addresses_differ()?;
        Ok(compiler)
    }

    /// No two participants have one address: who is sent to must be one. The same UUID in two forms is the same address.
    fn addresses_differ(&self) -> Result<()> {
        let mut known = std::collections::BTreeMap::new();
        for (place, name) in self.directory.names().iter().enumerate() {
            let address = self.directory.address(ActorId(place as u32));
            let Some(first) = known.insert(address, name) else { continue };
            // The address of one may be what is derived from the other's name: that one has no `id` to point at.
            let given = |name: &String| self.source.has(&At::TOP.key("actors").key(name).key("id"));
            let (at, other) = if given(name) { (name, first) } else { (first, name) };
            let error = Error::input(format!("`{at}` has the address of `{other}`, `{address}`"));
            return Err(self.source.at(error, &At::TOP.key("actors").key(at).key("id")));
        }
        Ok(())
    }

    /// Points at a key of an actor; without it, at the actor's name.
    fn at_actor(&self, error: Error, name: &str, key: &str) -> Error {
        let actors = At::TOP.key("actors");
        let actor = actors.key(name);
        match self.source.has(&actor.key(key)) {
            true => self.source.at(error, &actor.key(key)),
            false => self.source.at_key(error, &actor),
        }
    }

    fn profile(&self) -> Result<Profile> {
        match &self.file.profile {
            None => Ok(Profile::Actors),
            Some(name) => Profile::find(name).map_err(|error| self.source.at(error, &At::TOP.key("profile"))),
        }
    }

    fn properties(&self) -> Result<(Vec<Property>, Builtins)> {
        let all = At::TOP.key("properties");
        // One more at a time, so that an error can be placed at its property.
        for count in 1..=self.file.properties.len() {
            let (before, last) = self.file.properties.split_at(count - 1);
            if let Err(error) = property::compile(&last[..1], &self.file.waive, &self.directory) {
                return Err(self.source.at_named(error, &all.item(count - 1)));
            }
            let name = last[0].name.as_deref();
            if name.is_some() && before.iter().any(|spec| spec.name.as_deref() == name) {
                let error = Error::input(format!("two properties are called `{}`", name.unwrap_or_default()));
                return Err(self.source.at(error, &all.item(count - 1).key("name")));
            }
        }
        let compiled = property::compile(&self.file.properties, &self.file.waive, &self.directory);
        compiled.map_err(|error| self.source.at_named(error, &all))
    }

    /// What cannot be meant of a native actor that comes with the tool is told, rather than left out.
    fn native_states(&self, states: &[Option<Payload>]) -> Result<()> {
        for ((name, spec), state) in self.file.actors.0.iter().zip(states) {
            let Some(native) = &spec.native else { continue };
            if spec.fresh {
                let told = format!("`{name}` is a native actor, and `fresh` is for components");
                return Err(self.at_actor(Error::input(told), name, "fresh"));
            }
            let builtin = crate::native::NAMES.contains(&native.as_str());
            let refused = state.as_ref().filter(|_| builtin);
            if let Some(told) = refused.and_then(|state| crate::native::refuses(native, state)) {
                return Err(self.at_actor(Error::input(told), name, "state"));
            }
        }
        Ok(())
    }

    fn setting(&self, limits: Limits, properties: &[Property]) -> Result<Setting> {
        let file = self.file;
        let actors = At::TOP.key("actors");
        let states = file.actors.0.iter().map(|(name, spec)| match &spec.state {
            Some(state) => {
                let at = actors.key(name);
                let bytes = self.bytes(state, &at.key("state"));
                let bytes = bytes.and_then(|state| {
                    substitute::in_bytes(&state, &|name| Ok(format!("${{{name}}}").into()))
                });
                bytes.map(Some).map_err(|error| self.at_actor(error, name, "state"))
            }
            None => Ok(None),
        });
        let mut states: Vec<Option<Payload>> = states.collect::<Result<_>>()?;
        self.native_states(&states)?;
        states.resize(self.directory.names().len(), None);
        let mut roles = vec![Role::Actor; file.actors.0.len()];
        roles.resize(self.directory.names().len(), Role::Client);
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
                .map_err(|error| self.source.at(error, &At::TOP.key("latency")))?,
            links: self.links()?,
            request_timeout: timeouts.request.map(|span| span.0),
            open_timeout: timeouts.open_channel.map(|span| span.0),
            early_timers: file.early_timers.unwrap_or(1),
            limits,
            variables,
            watched: property::watched(properties, self.directory.names().len()),
        })
    }

    /// The links, each named once: of two, neither can be meant more than the other.
    fn links(&self) -> Result<Vec<(ActorId, ActorId, Latency)>> {
        let all = At::TOP.key("links");
        let mut known = std::collections::BTreeSet::new();
        let mut links = Vec::new();
        for (place, link) in self.file.links.iter().enumerate() {
            let at = all.item(place);
            let from = self.participant(&link.from, &at.key("from"))?;
            let to = self.participant(&link.to, &at.key("to"))?;
            let latency = latency(link.latency).map_err(|error| self.source.at(error, &at.key("latency")))?;
            if !known.insert((from, to)) {
                let told = format!("the link from `{}` to `{}` is given twice", link.from, link.to);
                return Err(self.source.at(Error::input(told), &at));
            }
            links.push((from, to, latency));
        }
        Ok(links)
    }
}

/// What is wrong with an address that a scenario gives.
fn no_address(id: &str) -> Option<String> {
    match id {
        "" => Some("an empty text is no address".to_owned()),
        _ if id.contains(char::is_control) => Some("an address has no control characters".to_owned()),
        _ if id.contains("${") => Some("nothing is put in for `${` in an address".to_owned()),
        _ => None,
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
