//! A scenario: a cast, what happens to it, and what must hold.

mod client;
mod compile;
mod expected;
mod failing;
mod file;
mod imports;
mod keyed;
mod named;
mod recording;
#[cfg(feature = "cli")]
mod schema;
mod script;
mod source;
mod steps;
mod substitute;
mod theater;
mod tree;
mod words;

pub use client::Client;
pub use failing::InitFails;
pub use file::*;
pub use imports::ImportSpec;
pub(crate) use imports::REAL;
pub use named::Named;
#[cfg(feature = "cli")]
pub use schema::schema;
pub use script::check_name;
pub use steps::{Action, Body, Script, ScriptStep, Target};
pub(crate) use substitute::in_bytes;
pub use theater::{LikeSpec, TheaterSpec};

use crate::error::{Error, Result};
use crate::payload::Payload;
use crate::profile::Profile;
use crate::property::{Builtins, Monitor, Property};
use crate::run::{Factory, Simulation};
use crate::state::{Clock, Setting};
use source::{At, Source};
use std::sync::Arc;

/// Where actors come from: components by path, native actors by name.
///
/// ```
/// use rehearsal::error::{Error, Result};
/// use rehearsal::limits::Limits;
/// use rehearsal::native::{Context, answering};
/// use rehearsal::scenario::{ActorSpec, Loaded, Loader, Scenario};
/// /// Knows one actor, whatever a scenario calls it.
/// struct Doubles;
/// impl Loader for Doubles {
///     fn actor(&mut self, _: &str, spec: &ActorSpec, _: &Limits) -> Result<Loaded> {
///         if spec.native.as_deref() != Some("double") {
///             return Err(Error::input("here all actors are `double`"));
///         }
///         let make = || -> Box<dyn rehearsal::actor::Actor> {
///             Box::new(answering(async |_: &Context, number: u64| Ok(number * 2)))
///         };
///         Ok(Loaded { factory: std::sync::Arc::new(make), hash: None, shows_state: false })
///     }
/// }
/// let text = r#"{"rehearsal": 1, "name": "double", "actors": {"d": {"native": "double"}},
///     "clients": {"a": [{"request": {"to": "d", "body": {"json": 4}}, "expect": {"json": 8}}]}}"#;
/// let scenario = Scenario::parse(text, "double.json", &mut Doubles).unwrap();
/// let stage = rehearsal::Stage::new(scenario);
/// assert!(stage.run(rehearsal::chooser::Fifo).passed());
/// ```
pub trait Loader {
    /// What makes an actor of this description, and a hash of its code where it has one.
    ///
    /// # Errors
    /// When there is no such component or native actor, or it cannot be used.
    fn actor(&mut self, name: &str, spec: &ActorSpec, limits: &crate::limits::Limits) -> Result<Loaded>;

    /// What must hold beside what the file says: closures, which no file can have.
    fn properties(&self) -> Vec<Property> {
        Vec::new()
    }
}

/// An actor's maker.
#[derive(Clone)]
pub struct Loaded {
    /// Makes the actor.
    pub factory: Factory,
    /// A hash of its code, in hex, where it has one.
    pub hash: Option<String>,
    /// Whether its own [`state`](crate::actor::Actor::state) is to be asked for.
    pub shows_state: bool,
}

/// A component in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentUsed {
    /// The actor.
    pub actor: String,
    /// The file, as the scenario names it.
    pub path: String,
    /// A hash of its bytes, in hex.
    pub hash: String,
}

/// A scenario, ready to run.
#[derive(Clone)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// A sentence on what it shows.
    pub about: Option<String>,
    /// The file it was read from, as it was named.
    pub path: String,
    /// A hash of its text, in hex.
    pub hash: String,
    /// The components in its cast.
    pub components: Vec<ComponentUsed>,
    /// Whose delivery rules hold.
    pub profile: Profile,
    /// What does not change in a run.
    pub setting: Arc<Setting>,
    /// What must hold.
    pub properties: Arc<[Property]>,
    /// What must hold without being asked for.
    pub builtins: Builtins,
    pub(crate) factories: Vec<Factory>,
    pub(crate) shows_state: Vec<bool>,
}

impl Scenario {
    /// Reads a scenario from its text; `path` is for errors and traces.
    ///
    /// # Errors
    /// For what is no scenario: with line and column, and a nearest name.
    ///
    /// ```
    /// use rehearsal::load::FileLoader;
    /// use rehearsal::scenario::Scenario;
    /// let read = |text: &str| Scenario::parse(text, "hello.json", &mut FileLoader::new(".", None));
    /// let text = r#"{"rehearsal": 1, "name": "hello", "actors": {"echo": {"native": "echo"}},
    ///  "clients": {"alice": [{"request": {"to": "echo", "body": {"text": "hello"}}}]}}"#;
    /// let scenario = read(text).unwrap();
    /// assert_eq!(scenario.names()[..], ["echo", "alice"].map(String::from));
    ///
    /// let error = read(&text.replace(r#""to": "echo""#, r#""to": "ecko""#)).err().unwrap().to_string();
    /// assert!(error.contains("hello.json:2:") && error.contains("did you mean `echo`?"));
    /// ```
    pub fn parse(text: &str, path: &str, loader: &mut dyn Loader) -> Result<Scenario> {
        let source = Source::read(text, path)?;
        compile::compile(&read_file(&source)?, text, &source, path, loader)
    }

    /// A scenario that was built in Rust: the file's form, and a loader that has the rest.
    pub(crate) fn of(file: &ScenarioFile, loader: &mut dyn Loader) -> Result<Scenario> {
        let twice = |named: Vec<&String>| -> Option<String> {
            let again = named.iter().enumerate().find(|(place, name)| named[..*place].contains(name));
            again.map(|(_, name)| (*name).clone())
        };
        if let Some(name) = twice(file.actors.0.iter().map(|(name, _)| name).collect()) {
            return Err(Error::input(format!("two actors are called `{name}`")).in_file(&*file.name));
        }
        let mut scenario = compile::compile(file, "", &Source::none(&file.name), &file.name, loader)?;
        let text = serde_json::to_vec(file).map_err(|error| Error::input(error.to_string()))?;
        scenario.hash = compile::short_hash(&text);
        Ok(scenario)
    }

    /// A stage for this scenario, under the clock that it names or another.
    ///
    /// ```
    /// use rehearsal::chooser::Fifo;
    /// use rehearsal::{Rehearsal, Steps, native::builtin, run::Keep};
    /// let hello = Rehearsal::new("hello")
    ///     .actor("echo", || builtin("echo").unwrap())
    ///     .client("alice", Steps::new().request("echo", "hello"));
    /// let mut simulation = hello.scenario().unwrap().simulation(None);
    /// let (outcome, _) = simulation.run(Box::new(Fifo), Keep::default());
    /// assert_eq!((outcome.verdict.word(), outcome.steps), ("passed", 2));
    /// assert_eq!(simulation.state().under_way(), 0);
    /// ```
    pub fn simulation(&self, clock: Option<Clock>) -> Simulation {
        let mut setting = Arc::clone(&self.setting);
        if let Some(clock) = clock.filter(|clock| *clock != setting.clock) {
            Arc::make_mut(&mut setting).clock = clock;
        }
        if setting.states.iter().any(Option::is_some) {
            // Bytes of its own: each run takes them anew, and a count that threads share goes from core to core.
            for state in Arc::make_mut(&mut setting).states.iter_mut().flatten() {
                *state = Payload::from(&state[..]);
            }
        }
        let monitor = Monitor::new(Arc::clone(&self.properties), self.builtins.clone());
        Simulation::new(setting, self.profile, self.factories.clone(), monitor, self.shows_state.clone())
    }

    /// What makes a participant.
    ///
    /// # Panics
    /// When `who` is none of this scenario's.
    pub fn factory(&self, who: crate::id::ActorId) -> Factory {
        Arc::clone(&self.factories[who.index()])
    }

    /// The names of the participants, in order of their ids.
    pub fn names(&self) -> Arc<[String]> {
        self.setting.directory.names().into()
    }
}

/// Reads the file's form.
///
/// # Errors
/// With line, column and the line itself.
///
/// ```
/// let text = r#"{"rehearsal": 1, "name": "hello", "actors": {"echo": {"native": "echo"}}}"#;
/// let file = rehearsal::scenario::read(text, "hello.json").unwrap();
/// assert_eq!(file.actors.0[0].1.native.as_deref(), Some("echo"));
/// let error = rehearsal::scenario::read(r#"{"rehearsal": 2}"#, "hello.json").unwrap_err();
/// assert_eq!(error.message(), "this scenario is of form 2, and only form 1 can be read");
/// ```
pub fn read(text: &str, path: &str) -> Result<ScenarioFile> {
    read_file(&Source::read(text, path)?)
}

fn read_file(source: &Source<'_>) -> Result<ScenarioFile> {
    // What another form has in it is not looked at.
    let form = At::TOP.key("rehearsal");
    match source.number(&form) {
        None | Some(1) => words::read(source),
        Some(other) => {
            let told = format!("this scenario is of form {other}, and only form 1 can be read");
            Err(source.at(Error::input(told), &form))
        }
    }
}
