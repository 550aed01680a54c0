//! What one run covered: its partial order, the deliveries that raced in it, the timers that it could have fired.

use crate::choice::{Choice, Chooser, Draw, Footprint, Halt, Look, Offered, Resource, Sealed};
use crate::digest::mix;
use crate::event::{Event, Verb};

/// Above so many entries (steps × participants) the races of a run are not looked for.
const LARGEST: usize = 1 << 22;

/// Two events of which either may come first, the lesser first.
pub type Pair = (Event, Event);

/// The last steps that touched a resource, as digests.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    wrote: u64,
    read: u64,
}

/// Watches a run as it goes on.
#[derive(Debug)]
pub struct Cover {
    actors: Vec<Last>,
    others: Vec<(Resource, Last)>,
    order: u64,
    steps: Vec<(Event, u64)>,
    /// The numbers drawn, with how many steps were taken before.
    drawn: Vec<(usize, Choice)>,
    timers: Vec<Event>,
    /// Steps begun.
    open: usize,
    clocks: Vec<u32>,
    latest: Vec<u32>,
}

impl Cover {
    /// A watcher of runs among so many participants.
    pub fn new(participants: usize) -> Cover {
        Cover {
            actors: vec![Last::default(); participants],
            others: Vec::new(),
            order: 0,
            steps: Vec::new(),
            drawn: Vec::new(),
            timers: Vec::new(),
            open: 0,
            clocks: Vec::new(),
            latest: vec![0; participants],
        }
    }

    /// Forgets the run.
    pub fn clear(&mut self) {
        self.actors.fill(Last::default());
        self.others.clear();
        self.order = 0;
        self.steps.clear();
        self.drawn.clear();
        self.open = 0;
        self.timers.clear();
    }

    /// The run's partial order (its Mazurkiewicz trace) as a digest: the same for all orders of independent
    /// events, since each event's word stands for itself and for the events before it that it depends on, and the words
    /// are added up.
    pub fn order(&self) -> u64 {
        self.order
    }

    /// The answers given, which repeat the run.
    pub fn choices(&self) -> Vec<Choice> {
        let mut drawn = self.drawn.iter().peekable();
        let mut all = Vec::with_capacity(self.steps.len() + self.drawn.len());
        for (place, (event, _)) in self.steps.iter().enumerate() {
            while let Some((_, choice)) = drawn.next_if(|(open, _)| *open <= place) {
                all.push(*choice);
            }
            all.push(Choice::Next(*event));
        }
        all.extend(drawn.map(|(_, choice)| *choice));
        all
    }

    /// The answers given up to the end of this step.
    pub fn choices_until(&self, step: u64) -> Vec<Choice> {
        let mut all = self.choices();
        let mut next = all.iter().enumerate().filter(|(_, choice)| matches!(choice, Choice::Next(_)));
        if let Some((place, _)) = next.nth(step as usize) {
            all.truncate(place);
        }
        all
    }

    /// The timers that could go off at some point.
    pub fn timers(&self) -> &[Event] {
        &self.timers
    }

    /// The timers that went off.
    pub fn fired(&self) -> impl Iterator<Item = Event> {
        self.steps.iter().map(|(event, _)| *event).filter(|event| event.verb == Verb::Fire)
    }

    #[inline(always)]
    fn sealed(&mut self, step: &Sealed<'_>) {
        let event = step.event;
        let word = match &step.footprint.touched[..] {
            [(Resource::Actor(actor), true)] => {
                let last = &mut self.actors[actor.index()];
                let word = mix(event.word(), mix(last.wrote, last.read));
                *last = Last { wrote: word, read: 0 };
                word
            }
            _ => self.joined(event, step.footprint),
        };
        self.order = self.order.wrapping_add(mix(word, 1));
        self.steps.push((event, step.cause));
    }

    fn joined(&mut self, event: Event, footprint: &Footprint) -> u64 {
        let mut before = 0u64;
        for (resource, written) in &footprint.touched {
            let Last { wrote, read } = *self.last(*resource);
            let read = if *written { read } else { 0 };
            before = before.wrapping_add(mix(name(*resource), mix(wrote, read)));
        }
        let word = mix(event.word(), before);
        for (resource, written) in &footprint.touched {
            let last = self.last(*resource);
            match written {
                true => *last = Last { wrote: word, read: 0 },
                false => last.read = last.read.wrapping_add(mix(word, 2)),
            }
        }
        word
    }

    fn last(&mut self, resource: Resource) -> &mut Last {
        if let Resource::Actor(actor) = resource {
            return &mut self.actors[actor.index()];
        }
        let place = self.others.iter().position(|(known, _)| *known == resource).unwrap_or_else(|| {
            self.others.push((resource, Last::default()));
            self.others.len() - 1
        });
        &mut self.others[place].1
    }

    /// A number was drawn: what follows at this actor depends on it.
    fn drew(&mut self, draw: &Draw, number: u64) {
        let number = if draw.bound == 0 { number } else { number % draw.bound };
        self.drawn.push((self.open, Choice::Drew(*draw, number)));
        let actor = draw.actor;
        let last = &mut self.actors[actor.index()];
        last.wrote = mix(last.wrote ^ 3, number);
    }

    /// The pairs of events that raced: neighbours at one actor of which neither happened before the other (Lamport 1978; told by
    /// vector clocks), with whether the lesser came first. It is the same for all orders of independent events.
    ///
    /// Whether they were looked for: not in a run of too many steps among too many participants.
    pub fn races(&mut self, mut found: impl FnMut(Pair, bool)) -> bool {
        let width = self.actors.len();
        if self.steps.len().saturating_mul(width) > LARGEST {
            return false;
        }
        self.clocks.clear();
        self.clocks.resize(self.steps.len() * width, 0);
        self.latest.fill(0);
        for place in 0..self.steps.len() {
            let (event, cause) = self.steps[place];
            let to = event.to.index();
            let (before, own) = self.clocks.split_at_mut(place * width);
            let own = &mut own[..width];
            let row = |step: usize| &before[(step - 1) * width..step * width];
            if cause > 0 && cause as usize <= place {
                own.copy_from_slice(row(cause as usize));
            }
            let last = self.latest[to];
            if last > 0 {
                let (other, _) = self.steps[last as usize - 1];
                if own[to] < last && other.flow() != event.flow() {
                    found((event.min(other), event.max(other)), other < event);
                }
                own.iter_mut()
                    .zip(row(last as usize))
                    .for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
            }
            own[to] = place as u32 + 1;
            self.latest[to] = place as u32 + 1;
        }
        true
    }
}

fn name(resource: Resource) -> u64 {
    match resource {
        Resource::Actor(actor) => u64::from(actor.0),
        Resource::Clock => 1 << 40,
        Resource::Property(place) => 1 << 41 | u64::from(place),
        Resource::Runtime(place) => 1 << 42 | u64::from(place),
    }
}

/// A chooser whose runs are watched.
#[derive(Debug)]
pub struct Covered<C> {
    /// The chooser.
    pub inner: C,
    /// What its run covers.
    pub cover: Cover,
    watches: bool,
}

impl<C: Chooser> Covered<C> {
    /// Watches this chooser's runs.
    pub fn new(inner: C, cover: Cover) -> Covered<C> {
        Covered { watches: inner.watches(), inner, cover }
    }
}

impl<C: Chooser> Chooser for Covered<C> {
    #[inline]
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        for timer in offered.timer_events() {
            if !self.cover.timers.contains(&timer) {
                self.cover.timers.push(timer);
            }
        }
        let chosen = self.inner.next(offered)?;
        self.cover.open += 1;
        Ok(chosen)
    }

    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        let number = self.inner.draw(draw)?;
        self.cover.drew(draw, number);
        Ok(number)
    }

    fn watches(&self) -> bool {
        true
    }

    fn looks_at_states(&self) -> bool {
        self.inner.looks_at_states()
    }

    fn look(&self) -> Look {
        self.inner.look()
    }

    fn looks(&self) -> bool {
        self.inner.looks()
    }

    fn visits(&mut self, fingerprint: u64) -> Result<(), Halt> {
        self.inner.visits(fingerprint)
    }

    fn leaves(&mut self, event: Event, cause: u64) {
        self.inner.leaves(event, cause);
    }

    #[inline]
    fn sealed(&mut self, step: &Sealed<'_>) -> Result<(), Halt> {
        self.cover.sealed(step);
        if self.watches { self.inner.sealed(step) } else { Ok(()) }
    }
}
