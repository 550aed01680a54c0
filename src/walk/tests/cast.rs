//! Small scenarios from a seed: actors that react by a table, clients with a script, properties over both.

use crate::actor::{Actor, Called, ChannelAccept, Ended, FailureKind, Input, Turn};
use crate::call::{Address, ChannelName, HostAnswer, HostCall, Within};
use crate::chooser::Generator;
use crate::id::{ActorId, ChannelId, Time};
use crate::limits::Limits;
use crate::payload::Payload;
use crate::profile::Profile;
use crate::property::{Builtin, Builtins, Monitor, Property, Spec, compile, watched};
use crate::run::{Factory, Simulation, Until};
use crate::state::{Clock, Directory, Latency, Role, Setting, State, Watched};
use std::collections::VecDeque;
use std::sync::Arc;

/// Something that a participant does.
#[derive(Clone, Debug)]
pub enum Op {
    Send(u32, u8),
    Request(u32, u8, Option<u64>),
    Observe(&'static str),
    Sleep(u64),
    Open(u32),
    OnChannel(u8),
    Close,
    Stop(u32, bool),
    Receive(Option<u64>),
    Shutdown,
    Fail,
}

/// What a participant does at the start, and on a message of each sort.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub start: Vec<Op>,
    pub on: [Vec<Op>; 3],
    /// Whether its state depends on the order of what it got.
    pub ordered: bool,
    pub tells: bool,
}

/// Plays a part.
struct Player {
    part: Arc<Part>,
    value: u64,
    channel: Option<ChannelId>,
    todo: VecDeque<Op>,
    asked: bool,
}

impl Player {
    fn new(part: Arc<Part>) -> Player {
        Player { part, value: 0, channel: None, todo: VecDeque::new(), asked: false }
    }

    fn absorb(&mut self, word: u64) {
        let scale = if self.part.ordered { 5 } else { 1 };
        self.value = (self.value * scale + word + 1) % 101;
    }

    fn begin(&mut self, data: &Payload, asked: bool) {
        let sort = data.first().copied().unwrap_or(0) % 3;
        self.absorb(sort.into());
        self.todo = self.part.on[usize::from(sort)].clone().into();
        self.asked = asked;
    }

    fn go(&mut self, turn: &mut Turn<'_>) -> Ended {
        while let Some(op) = self.todo.pop_front() {
            let to = |to: u32| Address::Id(ActorId(to));
            let data = |sort: u8| Payload::from(&[sort]);
            let within = |ms: Option<u64>| ms.map(|ms| Within::from(Time::from_millis(ms)));
            let call = match op {
                Op::Send(who, sort) => HostCall::Send { to: to(who), data: data(sort) },
                Op::Request(who, sort, ms) => {
                    HostCall::Request { to: to(who), data: data(sort), within: within(ms) }
                }
                Op::Observe(key) => HostCall::Log { text: format!("observe {key} {}", self.value % 3) },
                Op::Sleep(ms) => HostCall::Sleep { span: Time::from_millis(ms) },
                Op::Open(who) => HostCall::OpenChannel { to: to(who), data: data(0), within: None },
                Op::OnChannel(sort) => match self.channel {
                    Some(id) => HostCall::SendOnChannel { channel: ChannelName::Id(id), data: data(sort) },
                    None => continue,
                },
                Op::Close => match self.channel.take() {
                    Some(id) => HostCall::CloseChannel { channel: ChannelName::Id(id) },
                    None => continue,
                },
                Op::Stop(who, at_once) => HostCall::Stop { actor: to(who), at_once },
                Op::Receive(ms) => {
                    let within = within(ms).map(|within| Within { patient: true, ..within });
                    HostCall::Receive { within, resumed: false }
                }
                Op::Shutdown => HostCall::Shutdown { data: None },
                Op::Fail => return Ended::failed(FailureKind::Trap, "the part says so"),
            };
            match turn.call(call) {
                Called::Suspended => return Ended::Awaiting,
                Called::Answered(HostAnswer::Refused(_)) => self.absorb(20),
                Called::Answered(_) => {}
                Called::Stop(kind, text) => return Ended::failed(kind, text),
            }
        }
        if self.asked { Ended::reply(vec![(self.value % 3) as u8]) } else { Ended::DONE }
    }
}

impl Actor for Player {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Init => self.todo = self.part.start.clone().into(),
            Input::Send { data } | Input::ChannelMessage { data, .. } => self.begin(&data, false),
            Input::Request { data, .. } => self.begin(&data, true),
            Input::ChannelOpen { channel, .. } => {
                self.absorb(7);
                self.channel = Some(channel);
                return Ended::accept(ChannelAccept { accepted: true, message: None });
            }
            Input::ChannelClose { .. } | Input::Foreign(_) => self.absorb(8),
            Input::Answer(answer) => {
                if let HostAnswer::Opened(opened) = &answer {
                    self.channel = Some(opened.channel);
                }
                self.absorb(10 + answer.digest() % 7);
            }
        }
        self.go(turn)
    }

    fn reset(&mut self) -> bool {
        *self = Player::new(Arc::clone(&self.part));
        true
    }

    fn state(&self) -> Option<Payload> {
        let channel = self.channel.map_or(0, |id| id.0);
        Some(Payload::from(format!("{{\"n\":{},\"channel\":{channel}}}", self.value)))
    }

    fn tells_all(&self) -> bool {
        self.part.tells
    }
}

/// A scenario.
#[derive(Clone, Debug)]
pub struct Case {
    pub profile: Profile,
    pub actors: Vec<Part>,
    pub clients: Vec<Part>,
    pub early_timers: u32,
    pub timeout: Option<u64>,
    pub specs: Vec<String>,
    /// `never`: the first two actors have these values at once.
    pub coded: Option<(u64, u64)>,
    pub lost: bool,
}

/// Which features cases have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    pub timers: bool,
    pub calls: bool,
    pub stops: bool,
    pub properties: bool,
}

pub const ALL: Features = Features { timers: true, calls: true, stops: true, properties: true };

struct Maker {
    random: Generator,
    features: Features,
    actors: u64,
    clients: u64,
}

impl Maker {
    fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn whom(&mut self) -> u32 {
        match self.below(12) {
            0 => (self.actors + self.below(self.clients)) as u32,
            _ => self.below(self.actors) as u32,
        }
    }

    fn op(&mut self, below: u8, client: bool) -> Option<Op> {
        let Features { timers, calls, stops, .. } = self.features;
        let sort = |maker: &mut Maker| maker.below(below.into()) as u8;
        let kind = self.below(16);
        Some(match kind {
            0..=4 if below > 0 => Op::Send(self.whom(), sort(self)),
            5..=7 if below > 0 && calls => {
                let ms = if timers && self.below(2) == 0 { Some(1 + self.below(2)) } else { None };
                Op::Request(self.whom(), sort(self), ms)
            }
            8 | 9 => Op::Observe(["k", "l"][self.below(2) as usize]),
            10 if timers => Op::Sleep(1 + self.below(2)),
            11 if calls => Op::Open(self.below(self.actors) as u32),
            12 if calls && below > 0 => Op::OnChannel(sort(self)),
            13 if calls => Op::Close,
            14 if client && stops => Op::Stop(self.below(self.actors) as u32, self.below(2) == 0),
            14 if !client && stops && self.below(4) == 0 => Op::Shutdown,
            15 if client && calls => Op::Receive(if timers { Some(1 + self.below(3)) } else { None }),
            15 if self.below(6) == 0 => Op::Fail,
            _ if below > 0 => Op::Send(self.whom(), sort(self)),
            _ => return None,
        })
    }

    fn ops(&mut self, most: u64, below: u8, client: bool) -> Vec<Op> {
        let count = self.below(most + 1);
        (0..count).filter_map(|_| self.op(below, client)).collect()
    }

    fn part(&mut self) -> Part {
        let on = [self.ops(1, 0, false), self.ops(2, 1, false), self.ops(2, 2, false)];
        Part { start: Vec::new(), on, ordered: self.below(2) == 0, tells: self.below(8) != 0 }
    }

    fn client(&mut self) -> Part {
        let start = self.ops(3, 3, true);
        Part { start, ordered: true, ..Part::default() }
    }

    fn spec(&mut self, place: usize) -> String {
        let (n, m) = (self.below(12), self.below(3));
        let of = r#""of": [{"actor": "a0", "pointer": "/n"}, {"actor": "a1", "pointer": "/n"}]"#;
        let body = match self.below(9) {
            0 => format!(r#""never": {{"sum": {{{of}, "equals": {n}}}}}"#),
            1 => format!(r#""always": {{"sum": {{{of}, "at_most": {n}}}}}"#),
            2 => format!(r#""never": {{"before": {{"key": "k", "first": {m}, "then": {}}}}}"#, (m + 1) % 3),
            3 => r#""always": {"distinct": {"key": "k"}}"#.to_string(),
            4 => format!(r#""never": {{"last": {{"key": "k", "equals": {m}}}}}"#),
            5 => format!(r#""eventually": {{"observed": {{"key": "l", "equals": {m}}}}}"#),
            6 => r#""never": {"all": [{"stopped": "a0"}, {"not": {"stopped": "a1"}}]}"#.to_string(),
            7 => format!(r#""never": {{"lost": {{"equals": {}}}}}"#, m + 1),
            _ => format!(r#""sometimes": {{"sum": {{{of}, "equals": {n}}}}}"#),
        };
        format!(r#"{{"name": "p{place}", {body}}}"#)
    }
}

impl Case {
    /// The scenario of a seed.
    pub fn new(seed: u64, features: Features) -> Case {
        let mut random = Generator::new(seed);
        let (actors, clients) = (2 + random.below(2), 2 + random.below(2));
        let mut maker = Maker { random, features, actors, clients };
        let parts = (0..actors).map(|_| maker.part()).collect();
        let scripts = (0..clients).map(|_| maker.client()).collect();
        let count = if features.properties { maker.below(3) as usize } else { 0 };
        let specs = (0..count).map(|place| maker.spec(place)).collect();
        let coded = (features.properties && maker.below(6) == 0).then(|| (maker.below(6), maker.below(6)));
        Case {
            profile: Profile::Actors,
            actors: parts,
            clients: scripts,
            early_timers: if features.timers { maker.below(3) as u32 } else { 0 },
            timeout: (features.timers && maker.below(4) == 0).then_some(2),
            specs,
            coded,
            lost: features.properties && maker.below(4) == 0,
        }
    }

    fn directory(&self) -> Directory {
        let actors = (0..self.actors.len()).map(|n| (format!("a{n}"), None));
        Directory::new(actors.chain((0..self.clients.len()).map(|n| (format!("c{n}"), None))))
    }

    fn properties(&self, directory: &Directory) -> (Vec<Property>, Builtins) {
        let specs: Vec<Spec> =
            self.specs.iter().map(|text| serde_json::from_str(text).expect("a property")).collect();
        let (mut properties, mut builtins) = compile(&specs, &[], directory).expect("properties");
        if let Some((one, other)) = self.coded {
            let is = |state: &State, id: u32, wanted: u64| {
                let shown = state.participant(ActorId(id)).state.as_ref();
                shown.is_some_and(|shown| shown.text().starts_with(&format!("{{\"n\":{wanted},")))
            };
            let both = move |state: &State| is(state, 0, one) && is(state, 1, other);
            properties.push(Property::never("coded", both));
        }
        if self.lost {
            builtins = builtins.with(Builtin::LostMessage);
        }
        (properties, builtins)
    }

    /// A stage for it; without `watching`, nobody notes what properties look at.
    pub fn simulation(&self) -> Simulation {
        let directory = self.directory();
        let (properties, builtins) = self.properties(&directory);
        let count = self.actors.len() + self.clients.len();
        let mut roles = vec![Role::Actor; self.actors.len()];
        roles.resize(count, Role::Client);
        let watched: Vec<Watched> = watched(&properties, count);
        let setting = Setting {
            theater: crate::theater::Settings::default(),
            directory,
            roles,
            states: vec![None; count],
            clock: Clock::Loose,
            latency: Latency::Constant(Time::ZERO),
            links: Vec::new(),
            request_timeout: self.timeout.map(Time::from_millis),
            open_timeout: None,
            early_timers: self.early_timers,
            limits: Limits::default(),
            variables: Vec::new(),
            watched,
        };
        let factory = |part: &Part| -> Factory {
            let part = Arc::new(part.clone());
            Arc::new(move || Box::new(Player::new(Arc::clone(&part))))
        };
        let factories = self.actors.iter().chain(&self.clients).map(factory).collect();
        let mut shows = vec![true; self.actors.len()];
        shows.resize(count, false);
        let monitor = Monitor::new(properties.into(), builtins);
        let mut simulation = Simulation::new(Arc::new(setting), self.profile, factories, monitor, shows);
        simulation.goes_on(Until::End);
        simulation
    }

    /// A client sends these, one after the other.
    pub fn sends(to: &[u32]) -> Part {
        Part { start: to.iter().map(|to| Op::Send(*to, 0)).collect(), ..Part::default() }
    }

    /// A plain scenario of clients that send to actors that count.
    pub fn plain(actors: usize, clients: Vec<Part>) -> Case {
        let actors = vec![Part { tells: true, ..Part::default() }; actors];
        let profile = Profile::Actors;
        Case {
            profile,
            actors,
            clients,
            early_timers: 0,
            timeout: None,
            specs: Vec::new(),
            coded: None,
            lost: false,
        }
    }
}
