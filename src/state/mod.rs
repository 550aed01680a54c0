//! The plain state of a run: participants, lanes, calls, timers, virtual time, digests.
//!
//! Here is what every profile needs and none decides: how an event becomes ready, and how it ceases to be. Who
//! carries what where is the [profile](crate::profile)'s business.

mod at_will;
mod calls;
mod charge;
mod clock;
mod fingerprint;
mod lane;
mod latency;
mod mail;
mod participant;
mod post;
mod ready;
mod record;
mod schedule;
mod seen;

pub use crate::message_server::Directory;
pub use calls::Call;
pub use lane::{Envelope, Lane, Lanes};
pub use latency::Latency;
pub use participant::{Answer, Handling, Participant, Role, Status, WaitsFor};
pub(crate) use post::Unsent;
pub use ready::{NOWHERE, Ready};
pub use record::{FailureSeen, Note, Observation, Record, ReplySeen, shown};
pub use schedule::Halted;

use crate::choice::{Footprint, Offered, Resource};
use crate::digest::mix;
use crate::event::{Event, Verb};
use crate::id::{ActorId, Time};
use crate::limits::Limits;
use crate::payload::Payload;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

/// Whether latencies order what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// A discrete-event simulation: only the earliest events may happen next.
    Strict,
    /// Any ready event may happen next, and a timer at any point within the budget.
    Loose,
}

/// What does not change in a run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Names and addresses.
    pub directory: Directory,
    /// The roles, by participant.
    pub roles: Vec<Role>,
    /// The states that the scenario gives the actors.
    pub states: Vec<Option<Payload>>,
    /// The clock.
    pub clock: Clock,
    /// How long messages take.
    pub latency: Latency,
    /// How long they take between these two.
    pub links: Vec<(ActorId, ActorId, Latency)>,
    /// When a request gives up, if ever.
    pub request_timeout: Option<Time>,
    /// When the opening of a channel gives up, if ever.
    pub open_timeout: Option<Time>,
    /// How often a timer may overtake a ready event under the loose clock.
    pub early_timers: u32,
    /// Bounds.
    pub limits: Limits,
    /// What can be set of the Theater profiles.
    pub theater: crate::theater::Settings,
    /// The environment's variables, by name.
    pub variables: Vec<(String, String)>,
    /// For every property: whether it sees more than one participant, and then what it sees.
    pub watched: Vec<Watched>,
}

/// The bounds that are looked at again and again in a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    pub host_calls: u32,
    pub effect_bytes: u64,
    pub steps: u64,
    pub messages: u64,
    pub run_bytes: u64,
}

impl Most {
    fn of(limits: &Limits) -> Most {
        let Limits { host_calls, effect_bytes, steps, messages, run_bytes, .. } = *limits;
        Most { host_calls, effect_bytes, steps, messages, run_bytes }
    }
}

/// What a property looks at, so that two events that it can see are not taken for independent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Observations with these keys.
    pub keys: Vec<String>,
    /// The states of these participants.
    pub states: Vec<ActorId>,
    /// The replies that these clients get.
    pub replies: Vec<ActorId>,
}

impl Setting {
    /// The properties that some step of this participant might touch.
    fn reach(&self, id: ActorId) -> Vec<u32> {
        let sees = |w: &Watched| !w.keys.is_empty() || w.states.contains(&id) || w.replies.contains(&id);
        let places = self.watched.iter().enumerate().filter(|(_, watched)| sees(watched));
        places.map(|(place, _)| place as u32).collect()
    }
}

/// The state of a run.
#[derive(Clone, Debug)]
pub struct State {
    /// What does not change.
    pub setting: Arc<Setting>,
    /// Virtual time.
    pub now: Time,
    /// Steps begun.
    pub step: u64,
    /// The participants, actors first.
    pub participants: Vec<Participant>,
    /// Messages under way.
    pub lanes: Lanes,
    /// What may happen next.
    pub ready: Ready,
    /// What has happened that properties and reports look at.
    pub record: Record,
    /// What the step in progress touched.
    pub footprint: Footprint,
    /// Whether anybody reads footprints.
    pub watching: bool,
    /// Whether the run's digest is kept up to date from step to step. Where nobody is told of steps it is enough to make it at
    /// the end.
    pub(crate) keeps_digest: bool,
    /// Whom the runtime's loop, or the router, waits for, and what for (Theater profiles).
    pub runtime_waits: Option<(ActorId, &'static str)>,
    /// The setting's clock and bounds, near at hand.
    clock: Clock,
    most: Most,
    timers: BTreeSet<(Time, u64, Event)>,
    /// How long clients wait for what they expect ([`Within::patient`](crate::call::Within)): no deadlines of the system
    /// under test.
    patience: BTreeSet<(Time, u64, Event)>,
    /// A profile's own timers.
    alarms: BTreeSet<(Time, u64, Event)>,
    arrivals: BinaryHeap<schedule::Arrival>,
    tokens: Vec<schedule::Token>,
    free_tokens: Vec<u32>,
    calls: calls::Calls,
    early_timers: u32,
    was_open: bool,
    /// For each participant, the properties that its steps may touch.
    reach: Arc<[Vec<u32>]>,
    under_way: u64,
    /// Bytes that the run has caused so far: see [`Limits::run_bytes`].
    pub(crate) bytes: u64,
    age: u64,
    cause: u64,
    /// The shares of the run's digest that are kept up to date: a profile's runtime's, and the participants' if
    /// `keeps_digest` says so.
    heads: u64,
    /// What has happened to each queue and table of a profile's runtime.
    runtime: Vec<crate::digest::Digest>,
    overfull: bool,
    noted: Time,
}

impl State {
    /// The state before anything has happened.
    pub fn new(setting: Arc<Setting>) -> State {
        let participants = setting.roles.iter().map(|role| Participant::new(*role)).collect::<Vec<_>>();
        let count = participants.len();
        let reach = (0..count as u32).map(|id| setting.reach(ActorId(id))).collect();
        let mut state = State {
            early_timers: setting.early_timers,
            clock: setting.clock,
            most: Most::of(&setting.limits),
            setting,
            now: Time::ZERO,
            step: 0,
            participants,
            lanes: Lanes::new(count),
            ready: Ready::default(),
            record: Record::default(),
            footprint: Footprint::default(),
            watching: false,
            keeps_digest: true,
            runtime_waits: None,
            timers: BTreeSet::new(),
            patience: BTreeSet::new(),
            alarms: BTreeSet::new(),
            arrivals: BinaryHeap::new(),
            tokens: Vec::new(),
            free_tokens: Vec::new(),
            calls: calls::Calls::new(count),
            was_open: false,
            reach,
            under_way: 0,
            bytes: 0,
            age: 0,
            cause: 0,
            heads: 0,
            runtime: Vec::new(),
            overfull: false,
            noted: Time::ZERO,
        };
        state.clear();
        state
    }

    /// Back to the start, keeping memory.
    pub fn clear(&mut self) {
        for (participant, state) in self.participants.iter_mut().zip(&self.setting.states) {
            participant.clear(state);
        }
        (self.now, self.noted) = (Time::ZERO, Time::ZERO);
        (self.step, self.age, self.cause, self.heads, self.under_way, self.bytes) = (0, 0, 0, 0, 0, 0);
        self.early_timers = self.setting.early_timers;
        self.overfull = false;
        self.lanes.clear();
        self.ready.clear();
        self.record.clear();
        self.footprint.clear();
        // Clearing an empty set takes longer than looking whether it is empty.
        for timers in [&mut self.timers, &mut self.patience, &mut self.alarms] {
            if !timers.is_empty() {
                timers.clear();
            }
        }
        self.runtime_waits = None;
        self.runtime.clear();
        self.arrivals.clear();
        self.tokens.clear();
        self.free_tokens.clear();
        self.calls.clear();
    }

    #[inline(always)]
    pub(crate) fn most(&self) -> Most {
        self.most
    }

    /// The participant with this id.
    pub fn participant(&self, id: ActorId) -> &Participant {
        &self.participants[id.index()]
    }

    /// The participant with this id, to change.
    pub fn participant_mut(&mut self, id: ActorId) -> &mut Participant {
        &mut self.participants[id.index()]
    }

    /// The name of a participant.
    pub fn name(&self, id: ActorId) -> &str {
        self.setting.directory.name(id)
    }

    /// The question that is open now: what may happen next.
    pub fn offered(&self) -> Offered<'_> {
        let ready = &self.ready;
        Offered { candidates: ready.candidates(), timers: ready.timers(), step: self.step }
    }

    /// The digest of the whole run so far: of all that the participants have seen and done, and the time. What is
    /// under way follows from that, since participants are deterministic.
    pub fn digest(&self) -> u64 {
        mix(self.sum_of_shares(), self.now.0)
    }

    /// Takes `word` into what a participant has seen and done.
    #[inline]
    pub fn learn(&mut self, id: ActorId, word: u64) {
        self.participants[id.index()].history.word(word);
    }

    /// Brings what follows from a participant up to date with it: the run's digest, and which messages are ready.
    #[inline]
    pub fn up_to_date(&mut self, id: ActorId) {
        self.refresh(id);
        self.gate(id);
    }

    /// Brings the run's digest up to date with one participant's, where it is kept up to date.
    #[inline(always)]
    pub(crate) fn refresh(&mut self, id: ActorId) {
        if self.keeps_digest {
            let change = self.participants[id.index()].share_anew(id);
            self.heads = self.heads.wrapping_add(change);
        }
    }

    /// Brings the run's digest up to date with everybody's.
    pub(crate) fn refresh_all(&mut self) {
        (0..self.participants.len() as u32).for_each(|id| self.refresh(ActorId(id)));
    }

    /// The sum of all shares of the run's digest, of the participants and of a profile's runtime.
    pub(super) fn sum_of_shares(&self) -> u64 {
        if self.keeps_digest { self.heads } else { self.heads.wrapping_add(self.shares()) }
    }

    /// The participants' shares of the run's digest, made anew.
    fn shares(&self) -> u64 {
        let shares =
            self.participants.iter().enumerate().map(|(place, participant)| participant.share(place));
        shares.fold(0, u64::wrapping_add)
    }

    /// Whether the digest that was kept up to date is the one that would be made now.
    pub(crate) fn digest_is_kept(&self) -> bool {
        let kept =
            self.participants.iter().fold(0u64, |sum, participant| sum.wrapping_add(participant.share));
        !self.keeps_digest || kept == self.shares()
    }

    /// Takes `word` into what has happened to a queue or table of a profile's runtime, and notes that the step
    /// touched it. What is in it follows from that and the participants' histories.
    pub fn learn_runtime(&mut self, place: u32, word: u64) {
        self.touch(Resource::Runtime(place), true);
        if self.runtime.len() <= place as usize {
            self.runtime.resize(place as usize + 1, crate::digest::Digest::default());
        }
        let history = &mut self.runtime[place as usize];
        let share = |history: u64| if history == 0 { 0 } else { mix(!u64::from(place), history) };
        let old = share(history.0);
        history.word(word);
        self.heads = self.heads.wrapping_sub(old).wrapping_add(share(history.0));
    }

    /// Notes that the step in progress touched something.
    #[inline]
    pub fn touch(&mut self, resource: Resource, written: bool) {
        if self.watching {
            self.footprint.touch(resource, written);
        }
    }

    /// Whether more messages are under way than the limit allows: then the run must end.
    pub fn overfull(&self) -> bool {
        self.overfull
    }

    /// How many messages are under way.
    pub fn under_way(&self) -> u64 {
        self.under_way
    }

    /// The step in which the event of the step in progress came about.
    pub fn cause(&self) -> u64 {
        self.cause
    }

    /// The properties that some step of this participant might touch.
    pub fn reach(&self, id: ActorId) -> &[u32] {
        &self.reach[id.index()]
    }

    /// What has not happened and might have: of each lane the first message, whether or not its receiver takes any now, and
    /// the timers that may come early. With each goes the step in which it came about.
    pub fn left(&self) -> impl Iterator<Item = (Event, u64)> {
        let heads = self.lanes.iter().filter_map(|lane| {
            let head = self.lanes.head(lane)?;
            Some((lane.delivery(), head.cause))
        });
        let since = |event: &Event| self.call(event.to).map_or(0, |call| call.since);
        heads.chain(self.timers.iter().map(move |(_, _, event)| (*event, since(event))))
    }

    /// Whether the participant of the step in progress took messages before it.
    pub fn was_open(&self) -> bool {
        self.was_open
    }

    /// How often a timer may still overtake a ready event.
    pub fn early_timers_left(&self) -> u32 {
        self.early_timers
    }

    /// The timers that are set, earliest first.
    pub fn timers(&self) -> impl Iterator<Item = (Time, Event)> {
        let mut all: Vec<(Time, u64, Event)> =
            self.timers.iter().chain(&self.patience).chain(&self.alarms).copied().collect();
        all.sort_unstable();
        all.into_iter().map(|(time, _, event)| (time, event))
    }

    /// A count of everything that comes about, for ages.
    pub(crate) fn tick(&mut self) -> u64 {
        // Of nothing that is counted in 64 bits there ever are so many that the count overflows.
        self.age = self.age.wrapping_add(1);
        self.age
    }
}
