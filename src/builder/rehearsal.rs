//! A scenario, written in Rust.

use super::stage::Stage;
use super::steps::Steps;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::id::Time;
use crate::limits::Limits;
use crate::load::FileLoader;
use crate::native::{Handler, Native};
use crate::profile::Profile;
use crate::property::{Builtin, Property, Spec};
use crate::scenario::{
    ActorSpec, BytesSpec, ClockSpec, Duration, LatencySpec, LinkSpec, Loaded, Loader, Named, Scenario,
    ScenarioFile,
};
use crate::state::{Clock, Latency};
use std::path::PathBuf;
use std::sync::Arc;

/// A scenario that is built in Rust: a cast, clients, and what must hold. It becomes the same [`Scenario`] that a scenario
/// file does.
///
/// ```
/// use rehearsal::native::{Context, answering};
/// use rehearsal::property::Property;
/// use rehearsal::{Rehearsal, Steps, json};
///
/// let counter = || {
///     let mut count = 0;
///     answering(async move |context: &Context, add: u64| {
///         count += add;
///         context.observe("count", count);
///         Ok(count)
///     })
/// };
/// let stage = Rehearsal::new("counting")
///     .actor("counter", counter)
///     .client("alice", Steps::new().request("counter", json(1)))
///     .client("bob", Steps::new().request("counter", json(2)))
///     .property(Property::always("at most three", |state| {
///         state.observed("count").all(|count| count.as_u64() <= Some(3))
///     }))
///     .stage()
///     .unwrap();
/// assert!(stage.run(rehearsal::chooser::Seeded::new(7)).passed());
/// ```
#[derive(Clone)]
#[must_use]
pub struct Rehearsal {
    pub(super) file: ScenarioFile,
    natives: Vec<(String, Loaded)>,
    properties: Vec<Property>,
    folder: PathBuf,
}

/// What stands where a file would name a native actor.
const IN_RUST: &str = "in Rust";

impl Rehearsal {
    /// A scenario with nobody in it. Its name is that of its saved cases: keep it, and give no two the same.
    pub fn new(name: &str) -> Rehearsal {
        let file = ScenarioFile {
            schema: None,
            rehearsal: 1,
            name: name.to_owned(),
            about: None,
            profile: None,
            clock: Some(ClockSpec::Loose),
            latency: None,
            links: Vec::new(),
            timeouts: None,
            early_timers: None,
            limits: None,
            environment: Named::default(),
            actors: Named::default(),
            clients: Named::default(),
            properties: Vec::new(),
            waive: Vec::new(),
            theater: None,
        };
        Rehearsal { file, natives: Vec::new(), properties: Vec::new(), folder: PathBuf::new() }
    }

    /// A native actor, and how to make it: it is made anew for each run unless it can [reset](Actor::reset) itself.
    pub fn actor<A: Actor + 'static>(
        mut self,
        name: &str,
        make: impl Fn() -> A + Send + Sync + 'static,
    ) -> Rehearsal {
        let factory: crate::run::Factory = Arc::new(move || Box::new(make()));
        self.natives.push((name.to_owned(), Loaded { factory, hash: None, shows_state: true }));
        self.with(name, ActorSpec { native: Some(IN_RUST.to_owned()), ..ActorSpec::default() })
    }

    /// A native actor made of [handlers](Handler), and how to make them.
    ///
    /// ```
    /// use rehearsal::native::{Context, Handler};
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, payload::Payload};
    /// struct Loud;
    /// impl Handler for Loud {
    ///     async fn handle_request(&mut self, _: &Context, data: Payload) -> Result<Option<Payload>, String> {
    ///         Ok(Some(data.text().to_uppercase().into()))
    ///     }
    /// }
    /// let hello = Rehearsal::new("hello")
    ///     .handler("loud", || Loud)
    ///     .client("alice", Steps::new().request("loud", "hello").expects("HELLO"));
    /// assert!(hello.stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn handler<H: Handler>(self, name: &str, make: impl Fn() -> H + Send + Sync + 'static) -> Rehearsal {
        self.actor(name, move || Native::new(make()))
    }

    /// A component, by its file (feature `wasm`).
    pub fn component(self, name: &str, path: &str) -> Rehearsal {
        self.with(name, ActorSpec { component: Some(path.to_owned()), ..ActorSpec::default() })
    }

    fn with(mut self, name: &str, spec: ActorSpec) -> Rehearsal {
        self.file.actors.0.push((name.to_owned(), spec));
        self
    }

    fn last(mut self, change: impl FnOnce(&mut ActorSpec)) -> Rehearsal {
        match self.file.actors.0.last_mut() {
            Some((_, spec)) => change(spec),
            None => panic!("there is no actor yet that this could go with"),
        }
        self
    }

    /// The state of the last actor before its `init`.
    ///
    /// # Panics
    /// When there is no actor.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, json, native::builtin};
    /// let counting = Rehearsal::new("counting")
    ///     .actor("counter", || builtin("counter").unwrap())
    ///     .state(json(41))
    ///     .client("alice", Steps::new().request("counter", "").expects(json(42)));
    /// assert!(counting.stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn state(self, state: impl Into<BytesSpec>) -> Rehearsal {
        let state = state.into();
        self.last(|spec| spec.state = Some(state))
    }

    /// The address of the last actor; without one, a UUID derived from its name.
    ///
    /// # Panics
    /// When there is no actor.
    pub fn address(self, address: &str) -> Rehearsal {
        self.last(|spec| spec.id = Some(address.to_owned()))
    }

    /// The folder that components' paths start from; without one, where the process runs: for a test, its package.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Rehearsal {
        self.folder = folder.into();
        self
    }

    /// A client; one of the same name is replaced.
    pub fn client(mut self, name: &str, steps: Steps) -> Rehearsal {
        let steps = steps.into_inner();
        match self.file.clients.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = steps,
            None => self.file.clients.0.push((name.to_owned(), steps)),
        }
        self
    }

    /// What must hold, as a closure over the world.
    pub fn property(mut self, property: Property) -> Rehearsal {
        self.properties.push(property);
        self
    }

    /// What must hold, as a scenario file says it.
    ///
    /// ```
    /// use rehearsal::Rehearsal;
    /// let text = r#"{"name": "each is paid once", "always": {"distinct": {"key": "paid"}}}"#;
    /// let bank = Rehearsal::new("bank").spec(serde_json::from_str(text).unwrap());
    /// # let _ = bank;
    /// ```
    pub fn spec(mut self, spec: Spec) -> Rehearsal {
        self.file.properties.push(spec);
        self
    }

    /// Does without a property that holds unless it is waived.
    ///
    /// ```
    /// use rehearsal::native::{Context, answering};
    /// use rehearsal::property::Builtin;
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo};
    /// let broken = || answering(async |_: &Context, _: u64| -> Result<u64, String> { panic!("out of order") });
    /// let asks = Rehearsal::new("asks")
    ///     .actor("broken", broken)
    ///     .client("alice", Steps::new().request("broken", "1").expects_refusal("failed"));
    /// let run = asks.stage().unwrap().run(Fifo);
    /// assert_eq!(run.violation().unwrap().property, "no trap");
    /// assert!(asks.waive(Builtin::Trap).stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn waive(mut self, builtin: Builtin) -> Rehearsal {
        self.file.waive.push(builtin);
        self
    }

    /// A sentence on what it shows.
    pub fn about(mut self, about: &str) -> Rehearsal {
        self.file.about = Some(about.to_owned());
        self
    }

    /// Whose delivery rules hold; [`Profile::Actors`] unless said otherwise.
    pub fn profile(mut self, profile: Profile) -> Rehearsal {
        self.file.profile = Some(profile.name().to_owned());
        self
    }

    /// Whether latencies order what happens. Without a word it is loose: anything ready may happen next.
    pub fn clock(mut self, clock: Clock) -> Rehearsal {
        self.file.clock = Some(match clock {
            Clock::Strict => ClockSpec::Strict,
            Clock::Loose => ClockSpec::Loose,
        });
        self
    }

    /// How long messages take, under the strict clock.
    ///
    /// ```
    /// use rehearsal::state::{Clock, Latency};
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, id::Time, native::builtin};
    /// let far = Rehearsal::new("far")
    ///     .actor("echo", || builtin("echo").unwrap())
    ///     .client("alice", Steps::new().request("echo", "hello"))
    ///     .clock(Clock::Strict)
    ///     .latency(Latency::Constant(Time::from_millis(20)));
    /// let run = far.stage().unwrap().run(Fifo);
    /// assert_eq!(run.outcome().time, Time::from_millis(40), "there and back");
    /// ```
    pub fn latency(mut self, latency: Latency) -> Rehearsal {
        self.file.latency = Some(latency_spec(latency));
        self
    }

    /// How long messages from one participant to another take.
    pub fn link(mut self, from: &str, to: &str, latency: Latency) -> Rehearsal {
        let latency = latency_spec(latency);
        self.file.links.push(LinkSpec { from: from.to_owned(), to: to.to_owned(), latency });
        self
    }

    /// When a request gives up, in virtual time; without a word, never.
    ///
    /// ```
    /// use rehearsal::native::{Context, answering};
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, id::Time};
    /// let slow = || {
    ///     answering(async |context: &Context, number: u64| {
    ///         context.sleep(Time::from_millis(60_000)).await;
    ///         Ok(number)
    ///     })
    /// };
    /// let late = Rehearsal::new("late")
    ///     .actor("slow", slow)
    ///     .client("alice", Steps::new().request("slow", "1").expects_refusal("Timed out after 5s"))
    ///     .request_timeout(Time::from_millis(5_000));
    /// assert!(late.stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn request_timeout(mut self, span: Time) -> Rehearsal {
        self.file.timeouts.get_or_insert_default().request = Some(Duration(span));
        self
    }

    /// When the opening of a channel gives up, in virtual time; without a word, never.
    pub fn open_timeout(mut self, span: Time) -> Rehearsal {
        self.file.timeouts.get_or_insert_default().open_channel = Some(Duration(span));
        self
    }

    /// How often a timer may overtake a ready event under the loose clock; once unless said otherwise.
    pub fn early_timers(mut self, count: u32) -> Rehearsal {
        self.file.early_timers = Some(count);
        self
    }

    /// Bounds.
    pub fn limits(mut self, limits: Limits) -> Rehearsal {
        self.file.limits = Some(limits);
        self
    }

    /// A variable of the environment that the actors see.
    pub fn variable(mut self, name: &str, value: &str) -> Rehearsal {
        self.file.environment.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// The scenario, ready to run.
    ///
    /// # Errors
    /// For names that are not there or twice there, and components that cannot be loaded.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps};
    /// let lost = Rehearsal::new("lost").client("alice", Steps::new().send("ecko", "hello"));
    /// let error = lost.scenario().err().expect("there is no such actor");
    /// assert!(error.message().contains("`ecko`"));
    /// ```
    pub fn scenario(&self) -> Result<Scenario> {
        Scenario::of(&self.file, &mut self.cast())
    }

    pub(super) fn cast(&self) -> Cast<'_> {
        let files = FileLoader::new(&self.folder, None);
        Cast { natives: &self.natives, properties: &self.properties, files }
    }

    /// A stage to run it on.
    ///
    /// # Errors
    /// As [`scenario`](Rehearsal::scenario).
    pub fn stage(&self) -> Result<Stage> {
        self.scenario().map(Stage::new)
    }
}

fn latency_spec(latency: Latency) -> LatencySpec {
    match latency {
        Latency::Constant(span) => LatencySpec::Constant(Duration(span)),
        Latency::Uniform(least, most) => LatencySpec::Uniform(Duration(least), Duration(most)),
        Latency::LongTailed(least, typical) => {
            LatencySpec::LongTailed { least: Duration(least), typical: Duration(typical) }
        }
    }
}

/// Native actors by their names, closures, and everything else from files.
pub(super) struct Cast<'a> {
    natives: &'a [(String, Loaded)],
    properties: &'a [Property],
    files: FileLoader,
}

impl Loader for Cast<'_> {
    fn actor(&mut self, name: &str, spec: &ActorSpec, limits: &Limits) -> Result<Loaded> {
        if spec.native.as_deref() != Some(IN_RUST) {
            return self.files.actor(name, spec, limits);
        }
        let known = self.natives.iter().find(|(known, _)| known == name);
        known.map(|(_, loaded)| loaded.clone()).ok_or_else(|| Error::input(format!("nobody made `{name}`")))
    }

    fn properties(&self) -> Vec<Property> {
        self.properties.to_vec()
    }
}
