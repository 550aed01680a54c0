//! Weaving chains together: a run in which each delivery is the one that its receiver's chain has next.
//!
//! Each participant is wrapped so that what it sends is seen: the heads of the lanes are known, and the door opens only to
//! what some chain can take. Where two messages would do, the choice is noted and another is tried if it led nowhere.

use super::drawn::{draws, random};
use super::ids::Ids;
use super::record::Record;
use crate::actor::{Actor, Called, Ended, Host, Input, Turn};
use crate::call::{Address, HostCall};
use crate::chain::{Invocation, RANDOM, Val};
use crate::choice::{Chooser, Draw, Halt, Offered, Purpose};
use crate::event::{Event, Verb};
use crate::id::{ActorId, CallId, ChannelId, RequestId};
use crate::payload::Payload;
use crate::run::Factory;
use crate::state::Directory;
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A message on its way, as its receiver's chain would have it.
#[derive(Clone, Debug)]
struct Parcel {
    export: &'static str,
    data: Payload,
    channel: Option<ChannelId>,
    /// As what its receiver would know it, if it is a request.
    request: Option<RequestId>,
}

/// What a chain has next for its actor.
#[derive(Clone, Debug)]
pub struct Line {
    /// The chain.
    pub record: Arc<Record>,
    calls: Vec<(usize, Invocation)>,
    next: usize,
    /// The random numbers that the chain holds, each with its function; none where it does not hold them whole.
    drawn: VecDeque<(String, Option<Val>)>,
}

impl Line {
    /// A line that begins with the first message of `record`.
    pub fn new(record: &Arc<Record>) -> Line {
        let messages = record.calls().filter(|(_, _, call)| !matches!(call, Invocation::Init(_)));
        let calls = messages.map(|(place, _, call)| (place, call)).collect();
        let drawn = record.entries.iter().filter_map(|entry| random(&entry.said)).collect();
        Line { record: Arc::clone(record), calls, next: 0, drawn }
    }

    /// The place of the first call that was not made, if there is one.
    pub fn left(&self) -> Option<usize> {
        self.calls.get(self.next).map(|(place, _)| *place)
    }
}

/// All that is known while a run is woven.
#[derive(Default)]
pub struct Loom {
    /// The chains, by participant.
    pub lines: Vec<Option<Line>>,
    /// Which ids stand for which.
    pub ids: Ids,
    directory: Directory,
    lanes: BTreeMap<(ActorId, ActorId), VecDeque<Parcel>>,
    ends: BTreeMap<ChannelId, (ActorId, ActorId)>,
    opened: BTreeMap<ActorId, u32>,
    picks: Vec<usize>,
    draws: VecDeque<u64>,
    /// How many calls each participant has waited in.
    waits: BTreeMap<ActorId, u32>,
    /// The choices that were made: which, and of how many.
    pub forks: Vec<(usize, usize)>,
}

/// A loom that the participants and the door share.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Loom>>);

impl Shared {
    /// A loom for these chains; the first choices are `picks`.
    pub fn new(lines: Vec<Option<Line>>, directory: &Directory, picks: &[usize]) -> Shared {
        let mut ids = Ids::default();
        for (place, line) in lines.iter().enumerate() {
            let told = line.as_ref().and_then(|line| line.record.address());
            if let Some(told) = told {
                ids.bind(directory.address(ActorId(place as u32)).as_bytes(), told.as_bytes());
            }
        }
        let (directory, picks) = (directory.clone(), picks.to_vec());
        Shared(Arc::new(Mutex::new(Loom { lines, ids, directory, picks, ..Loom::default() })))
    }

    /// The loom itself.
    pub fn loom(&self) -> MutexGuard<'_, Loom> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What makes the participant `me`, watched.
    pub fn watch(&self, me: ActorId, factory: &Factory) -> Factory {
        let (shared, factory) = (self.clone(), Arc::clone(factory));
        Arc::new(move || Box::new(Watched { inner: factory(), me, shared: shared.clone() }))
    }
}

impl Loom {
    fn push(
        &mut self,
        from: ActorId,
        to: ActorId,
        export: &'static str,
        data: &Payload,
        channel: Option<ChannelId>,
    ) {
        let call = CallId { owner: from, number: self.waits.get(&from).copied().unwrap_or_default() };
        let request = (export == "handle-request").then(|| RequestId::of(call));
        let parcel = Parcel { export, data: data.clone(), channel, request };
        self.lanes.entry((from, to)).or_default().push_back(parcel);
    }

    /// A random number will be drawn: it is the one that the chain has next.
    fn foresee(&mut self, me: ActorId, call: &HostCall) {
        if !call.name().starts_with(RANDOM) {
            return;
        }
        self.draws.clear();
        let Some(Some(line)) = self.lines.get_mut(me.index()) else { return };
        if line.drawn.front().is_some_and(|(function, _)| call.name().ends_with(function.as_str()))
            && let Some((_, Some(val))) = line.drawn.pop_front()
        {
            self.draws = draws(call, &val).unwrap_or_default().into();
        }
    }

    /// A host call was made: what it put on its way.
    fn sent(&mut self, me: ActorId, call: &HostCall) {
        let known = |to: &Address| self.directory.resolve(to).ok();
        match call {
            HostCall::Send { to, data } => {
                if let Some(to) = known(to) {
                    self.push(me, to, "handle-send", data, None);
                }
            }
            HostCall::Request { to, data, .. } => {
                if let Some(to) = known(to) {
                    self.push(me, to, "handle-request", data, None);
                }
            }
            HostCall::OpenChannel { to, data, .. } => {
                if let Some(to) = known(to) {
                    let number = self.opened.entry(me).or_default();
                    *number += 1;
                    let channel = ChannelId::of(me, to, *number);
                    self.ends.insert(channel, (me, to));
                    self.push(me, to, "handle-channel-open", data, Some(channel));
                }
            }
            HostCall::SendOnChannel { channel, data } => {
                if let Some((channel, peer)) = self.other_end(me, channel.id()) {
                    self.push(me, peer, "handle-channel-message", data, Some(channel));
                }
            }
            HostCall::CloseChannel { channel } => {
                if let Some((channel, peer)) = self.other_end(me, channel.id()) {
                    for end in [peer, me] {
                        self.push(me, end, "handle-channel-close", &Payload::EMPTY, Some(channel));
                    }
                }
            }
            _ => {}
        }
    }

    fn other_end(&self, me: ActorId, channel: Option<ChannelId>) -> Option<(ChannelId, ActorId)> {
        let channel = channel?;
        let (opener, target) = *self.ends.get(&channel)?;
        Some((channel, if opener == me { target } else { opener }))
    }

    /// Whether the head of a lane is what its receiver's chain has next; `None` where the receiver has no chain.
    fn fits(&mut self, event: Event) -> Option<bool> {
        let Loom { lines, ids, lanes, .. } = self;
        let line = lines.get(event.to.index())?.as_ref()?;
        let parcel = lanes.get(&(event.from, event.to)).and_then(VecDeque::front);
        let (Some(parcel), Some((_, call))) = (parcel, line.calls.get(line.next)) else { return Some(false) };
        let (export, channel, data): (_, Option<&String>, &[u8]) = match call {
            Invocation::Send(data) => ("handle-send", None, data),
            Invocation::Request(_, data) => ("handle-request", None, data),
            Invocation::ChannelOpen(id, data) => ("handle-channel-open", Some(id), data),
            Invocation::ChannelMessage(id, data) => ("handle-channel-message", Some(id), data),
            Invocation::ChannelClose(id) => ("handle-channel-close", Some(id), &[]),
            _ => return Some(false),
        };
        let same_channel = match (parcel.channel, channel) {
            (Some(ours), Some(theirs)) => ids.alike(ours.to_string().as_bytes(), theirs.as_bytes(), false),
            _ => true,
        };
        Some(export == parcel.export && same_channel && ids.alike(&parcel.data, data, false))
    }

    /// An export is called with this: the ids in it are those of the chain's next call.
    fn took(&mut self, me: ActorId, input: &Input) {
        let Some(Some(line)) = self.lines.get_mut(me.index()) else { return };
        let Some((_, call)) = line.calls.get(line.next) else { return };
        let (ours, theirs) = match (input, call) {
            (Input::Request { id, .. }, Invocation::Request(theirs, _)) => (id.to_string(), theirs),
            (
                Input::ChannelOpen { channel, .. }
                | Input::ChannelMessage { channel, .. }
                | Input::ChannelClose { channel },
                Invocation::ChannelOpen(theirs, _)
                | Invocation::ChannelMessage(theirs, _)
                | Invocation::ChannelClose(theirs),
            ) => (channel.to_string(), theirs),
            _ => (String::new(), &String::new()),
        };
        if !ours.is_empty() {
            self.ids.bind(ours.as_bytes(), theirs.as_bytes());
        }
        line.next += 1;
    }

    /// Whether the head of a lane is known to its receiver by the very id that the chain has: where a run of ours was
    /// recorded, two requests that are otherwise alike are told apart.
    fn very_same(&self, event: Event) -> bool {
        let line = self.lines.get(event.to.index()).and_then(Option::as_ref);
        let parcel = self.lanes.get(&(event.from, event.to)).and_then(VecDeque::front);
        match (parcel.and_then(|parcel| parcel.request), line.and_then(|line| line.calls.get(line.next))) {
            (Some(id), Some((_, Invocation::Request(recorded, _)))) => id.to_string() == *recorded,
            _ => false,
        }
    }

    /// One of those that would do.
    fn pick(&mut self, among: &[usize]) -> usize {
        if among.len() == 1 {
            return among[0];
        }
        let pick = self.picks.get(self.forks.len()).copied().unwrap_or(0).min(among.len() - 1);
        self.forks.push((pick, among.len()));
        among[pick]
    }

    /// Which of the offered events to let happen.
    fn choose(&mut self, offered: &Offered<'_>) -> Option<usize> {
        let (mut fitting, mut timers): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        let (mut free, mut last) = (None, None);
        for place in offered.canonical() {
            let event = offered.events[place];
            match event.verb {
                Verb::Fire => timers.push(place),
                Verb::Expire => last = last.or(Some(place)),
                Verb::Deliver => match self.fits(event) {
                    Some(true)
                        if fitting.first().is_none_or(|first| offered.events[*first].to == event.to) =>
                    {
                        fitting.push(place);
                    }
                    Some(_) => {}
                    None => free = free.or(Some(place)),
                },
                _ => free = free.or(Some(place)),
            }
        }
        // What happens outside of the chains takes nothing from them, and may be what they wait for.
        let chosen = match free {
            Some(place) => place,
            None if !fitting.is_empty() => {
                fitting.sort_by_key(|place| !self.very_same(offered.events[*place]));
                self.pick(&fitting)
            }
            None if !timers.is_empty() => self.pick(&timers),
            None => last?,
        };
        let event = offered.events[chosen];
        if event.verb == Verb::Deliver
            && let Some(lane) = self.lanes.get_mut(&(event.from, event.to))
        {
            lane.pop_front();
        }
        Some(chosen)
    }
}

/// The door of a run that is woven.
pub struct Weaver(pub Shared);

impl Chooser for Weaver {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        self.0.loom().choose(offered).ok_or(Halt::Enough)
    }

    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        let own = draw.purpose == Purpose::Random;
        Ok(if own { self.0.loom().draws.pop_front().unwrap_or(0) } else { 0 })
    }
}

/// A participant whose host calls are seen.
struct Watched {
    inner: Box<dyn Actor>,
    me: ActorId,
    shared: Shared,
}

impl Actor for Watched {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        if !matches!(input, Input::Answer(_) | Input::Init) {
            self.shared.loom().took(self.me, &input);
        }
        let address = turn.address().to_owned();
        let lent = turn.host().lend();
        let mut seen = Seen { inner: Some(lent), me: self.me, shared: self.shared.clone(), address };
        let ended = self.inner.turn(input, &mut Turn::new(&mut seen));
        if let Some(lent) = seen.inner.take() {
            turn.host().take_back(lent);
        }
        ended
    }

    fn reset(&mut self) -> bool {
        self.inner.reset()
    }

    fn state(&self) -> Option<Payload> {
        self.inner.state()
    }

    fn tells_all(&self) -> bool {
        self.inner.tells_all()
    }
}

/// The host of a watched participant.
#[derive(Default)]
struct Seen {
    inner: Option<Box<dyn Host>>,
    me: ActorId,
    shared: Shared,
    address: String,
}

impl Host for Seen {
    fn call(&mut self, call: HostCall) -> Called {
        let Some(inner) = &mut self.inner else {
            return Called::Stop(crate::actor::FailureKind::Trap, "a host call outside of any turn");
        };
        self.shared.loom().foresee(self.me, &call);
        let called = inner.call(call.clone());
        let went = match &called {
            Called::Answered(answer) => !matches!(answer, crate::call::HostAnswer::Refused(_)),
            Called::Suspended => true,
            Called::Stop(..) => false,
        };
        if called == Called::Suspended {
            *self.shared.loom().waits.entry(self.me).or_default() += 1;
        }
        if went {
            self.shared.loom().sent(self.me, &call);
        }
        called
    }

    fn state(&self) -> Option<Payload> {
        self.inner.as_ref().and_then(|inner| inner.state())
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn lend(&mut self) -> Box<dyn Host> {
        Box::new(std::mem::take(self))
    }

    fn take_back(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        if let Ok(lent) = lent.downcast::<Seen>() {
            *self = *lent;
        }
    }
}
