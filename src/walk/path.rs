//! The path of one execution of [`dpor`](super::dpor), what was reversed on it, and what is to be explored beside it.

use super::Options;
use super::order::{Order, Print, dependent};
use super::part::{Part, Sleeper};
use super::tree::{Branch, Step, insert, leads, size};
use crate::choice::{Chooser, Draw, Halt, Offered, Resource, Sealed};
use crate::event::{Event, Verb};

/// Whether another step may make this event impossible for good.
fn may_be_taken_back(event: Event) -> bool {
    let of_its_own = event.verb == Verb::Stop && event.from == event.to;
    of_its_own || matches!(event.verb, Verb::Route | Verb::Handle | Verb::Run)
}

/// A question on the path.
#[derive(Debug, Default)]
struct Frame {
    sleep: Vec<Sleeper>,
    /// What is still to be explored here.
    todo: Vec<Branch>,
    /// What was offered and may never happen once another step is taken: timers, and the answer to a call that the step ends
    /// without it.
    rivals: Vec<Event>,
}

impl Frame {
    /// Adds a branch of one event, unless it is known; whether it was added.
    fn also(&mut self, event: Event) -> bool {
        let known = self.sleep.iter().any(|sleeper| sleeper.event == event)
            || self.todo.iter().any(|branch| branch.event == event);
        if !known {
            self.todo.push(Branch { event, print: None, then: Vec::new(), extra: true });
        }
        !known
    }

    /// From here on its sleepers stand for themselves alone.
    fn sleepers_cover_themselves_alone(&mut self) {
        self.sleep.iter_mut().for_each(|sleeper| sleeper.covers_independent = false);
    }
}

/// The path of the execution and what is to be explored beside it.
#[derive(Debug)]
pub(super) struct Path {
    options: Options,
    /// Of what the path is one: at the questions before it begins, nothing is to be explored.
    part: Part,
    frames: Vec<Frame>,
    /// The step taken at each question; the last frame's may be missing, when the path ends there.
    steps: Vec<Step>,
    order: Order,
    /// What the next execution takes at the last frame, and what is to follow.
    turn: Option<Branch>,
    guide: Vec<Branch>,
    pub(super) depth: usize,
    /// The messages that were left when the run ended.
    pub(super) left: Vec<(Event, u64)>,
    /// Whether any step set a timer that may come early.
    timed: bool,
    /// Whether any step touched a queue of a profile's runtime.
    queues: bool,
    /// How many branches wait.
    waiting: usize,
    pub(super) drew: bool,
    pub(super) too_deep: bool,
    pub(super) too_many: bool,
    #[cfg(test)]
    pub(super) blind_to: fn(Resource) -> bool,
}

impl Path {
    /// The path of which nothing is known.
    pub(super) fn new(options: Options, part: Part) -> Path {
        Path {
            options,
            part,
            frames: Vec::new(),
            steps: Vec::new(),
            order: Order::default(),
            turn: None,
            guide: Vec::new(),
            depth: 0,
            left: Vec::new(),
            timed: false,
            queues: false,
            waiting: 0,
            drew: false,
            too_deep: false,
            too_many: false,
            #[cfg(test)]
            blind_to: |_| false,
        }
    }

    /// A question that was not asked before: makes its frame, and gives the answer.
    fn ask(&mut self, offered: &Offered<'_>) -> Result<Event, Halt> {
        if self.depth as u64 >= self.options.depth {
            self.too_deep = true;
            return Err(Halt::Enough);
        }
        if let Some(event) = self.part.given(self.depth) {
            self.frames.push(Frame::default());
            return Ok(event);
        }
        let mut frame = Frame::default();
        if self.depth == self.part.prefix.len() {
            frame.sleep.clone_from(&self.part.sleep);
        } else if let (Some(last), Some(step)) = (self.frames.last(), self.steps.last()) {
            let sleeps =
                |sleeper: &&Sleeper| !dependent((sleeper.event, &sleeper.print), (step.event, &step.print));
            frame.sleep.extend(last.sleep.iter().filter(sleeps).cloned());
        }
        frame.todo = std::mem::take(&mut self.guide);
        let guided = !frame.todo.is_empty();
        // A timer may turn out not to be the first: then the search goes on here as it likes, and what came before is
        // explored like everything else.
        frame.todo.retain(|branch| {
            let possible = offered.position(branch.event).is_some();
            self.waiting -= if possible { 0 } else { 1 + size(&branch.then) };
            possible
        });
        let ordinary = offered.ordinary().len();
        if frame.todo.is_empty() {
            if guided {
                frame.sleepers_cover_themselves_alone();
            }
            let all = offered.candidates.iter().enumerate();
            let (_, first) = all
                .filter(|(_, first)| frame.sleep.iter().all(|sleeper| sleeper.event != first.event()))
                .min_by_key(|(place, first)| (*place >= ordinary, first.age))
                .ok_or(Halt::Pruned)?;
            self.waiting += usize::from(frame.also(first.event()));
        }
        if ordinary == 0 {
            // Which of several timers comes first, when nothing else can happen, is always a question.
            for event in offered.events() {
                self.waiting += usize::from(frame.also(event));
            }
        }
        self.frames.push(frame);
        self.turn = self.pop_branch();
        self.take_branch(offered)
    }

    /// Takes the next branch of the last frame.
    fn take_branch(&mut self, offered: &Offered<'_>) -> Result<Event, Halt> {
        let branch = self.turn.take().ok_or(Halt::Pruned)?;
        if offered.position(branch.event).is_none() {
            self.waiting -= size(&branch.then);
            return Err(Halt::Pruned);
        }
        self.guide = branch.then;
        if let Some(frame) = self.frames.last_mut() {
            frame.rivals.clear();
            frame.rivals.extend(offered.timer_events());
            // In the Theater profiles a step may take back what was offered: a stop or the next message, not both.
            frame.rivals.extend(offered.events().filter(|event| may_be_taken_back(*event)));
            if matches!(branch.event.verb, Verb::Fire | Verb::Terminate) {
                let answer = |event: &Event| event.verb == Verb::Answer && event.to == branch.event.to;
                frame.rivals.extend(offered.events().find(answer));
            }
        }
        Ok(branch.event)
    }

    fn pop_branch(&mut self) -> Option<Branch> {
        let frame = self.frames.last_mut()?;
        if frame.todo.is_empty() {
            return None;
        }
        self.waiting -= 1;
        let branch = frame.todo.remove(0);
        if branch.extra {
            frame.sleepers_cover_themselves_alone();
        }
        Some(branch)
    }

    /// Puts the new steps in order, and reverses the races among them.
    pub(super) fn learn(&mut self) {
        let mut races = Vec::new();
        let fresh = self.order.len();
        for later in self.order.len()..self.steps.len() {
            let step = &self.steps[later];
            let parents = [step.cause.checked_sub(1).map(|cause| cause as u32), None];
            self.order.push(step.event, &step.print, parents, |earlier| races.push((earlier, later)));
        }
        for (earlier, later) in races {
            if let Some(earlier) = self.reversible(earlier, later) {
                self.reverse(earlier, later);
            }
        }
        for step in fresh.max(self.part.prefix.len())..self.steps.len() {
            self.consider_rivals(step);
        }
        self.consider_left();
    }

    /// What this step made impossible must be tried in its place: a timer that is not offered after it, the answer to a
    /// call that ended without it. Such an event happens nowhere in this execution, and so it has no race here: it is
    /// planned at once, and after all that does not need this step, for it may wait so long.
    fn consider_rivals(&mut self, step: usize) {
        let taken = self.steps[step].event;
        let mut rivals = std::mem::take(&mut self.frames[step].rivals);
        for rival in &rivals {
            let still = self.frames.get(step + 1).is_some_and(|next| next.rivals.contains(rival));
            if *rival != taken && !still {
                self.waiting += usize::from(self.frames[step].also(*rival));
                self.suppose(*rival, 0, true, |path, later, _| {
                    let sequence = path.beside(step, later);
                    if sequence.len() > 1 {
                        path.plan(step, sequence, true);
                    }
                });
            }
        }
        std::mem::swap(&mut self.frames[step].rivals, &mut rivals);
    }

    /// What never happened, and now cannot: messages to a participant that waits in a handler, which may come before that
    /// began, and timers that were still set when the run was cut short. Each is taken for a last step.
    fn consider_left(&mut self) {
        for (event, cause) in std::mem::take(&mut self.left) {
            self.suppose(event, cause, event.verb == Verb::Fire, |path, later, mut races| {
                if event.verb == Verb::Deliver {
                    races =
                        (0..later).rfind(|&step| path.steps[step].event.to == event.to).into_iter().collect();
                }
                for earlier in races {
                    if let Some(earlier) = path.reversible(earlier, later) {
                        path.reverse(earlier, later);
                    }
                }
            });
        }
    }

    /// For a moment, an event that never happened is the last step. `then` is told which one, and its races.
    fn suppose(
        &mut self,
        event: Event,
        cause: u64,
        wall: bool,
        then: impl FnOnce(&mut Path, usize, Vec<usize>),
    ) {
        let later = self.steps.len();
        let own = self.steps.iter().rfind(|step| step.event.to == event.to);
        let reach = own.map_or(Vec::new(), |own| own.reach.clone());
        let print = Print { wall, ..Print::default() };
        let parents = [cause.checked_sub(1).map(|cause| cause as u32), None];
        let mut races = Vec::new();
        self.order.push(event, &print, parents, |earlier| races.push(earlier));
        self.steps.push(Step { event, print, cause, open: false, early_timers: 0, reach });
        then(self, later, races);
        let steps = &self.steps;
        self.order.truncate(later, |step| (steps[step].event, &steps[step].print));
        self.steps.truncate(later);
    }

    /// The step that `later`, which depends on `earlier`, could have come before, if there is one: `earlier` itself, or, for
    /// a message to a participant that was in the middle of a handler, the step in which that began.
    fn reversible(&self, mut earlier: usize, later: usize) -> Option<usize> {
        let other = &self.steps[later];
        if other.event.verb == Verb::Deliver && self.steps[earlier].event.to == other.event.to {
            while !self.steps[earlier].open {
                earlier = (0..earlier).rev().find(|&step| self.steps[step].event.to == other.event.to)?;
            }
            let one = self.steps[earlier].event;
            if one.verb == Verb::Deliver && one.from == other.event.from {
                return None;
            }
        }
        if let Some(cause) = other.cause.checked_sub(1).map(|cause| cause as usize)
            && (cause == earlier || self.order.before(earlier, cause))
        {
            return None;
        }
        if other.event.verb == Verb::Fire {
            // Without the budget a timer goes off where nothing else can happen, and there every timer has its branch.
            let left = earlier.checked_sub(1).map_or(u32::MAX, |before| self.steps[before].early_timers);
            return (left > 0).then_some(earlier);
        }
        Some(earlier)
    }

    /// Sees to it that `later` is tried before `earlier`.
    fn reverse(&mut self, earlier: usize, later: usize) {
        // Without `earlier` before it, `later` may touch other things than it did.
        let expected = self.steps[later].anywhere(self.queues);
        let guessed = self.timed && expected.deadlines.is_none();
        let shown = std::mem::replace(&mut self.steps[later].print, expected);
        let extra = guessed || self.queues || shown.touched != self.steps[later].print.touched;
        self.plan(earlier, self.beside(earlier, later), extra);
        self.steps[later].print = shown;
    }

    /// All that does not need `earlier`, and then `later`.
    fn beside(&self, earlier: usize, later: usize) -> Vec<usize> {
        let between = earlier + 1..self.steps.len();
        let free = between.filter(|&step| step != later && !self.order.before(earlier, step));
        free.chain([later]).collect()
    }

    /// Plans an execution that goes on with `sequence` at a question, unless another shows the same.
    fn plan(&mut self, place: usize, sequence: Vec<usize>, extra: bool) {
        // Where parts begin, everything is a branch of some part.
        if place < self.part.prefix.len() {
            return;
        }
        let frame = &mut self.frames[place];
        let asleep = frame.sleep.iter().any(|sleeper| {
            let print = sleeper.covers_independent.then_some(&sleeper.print);
            leads(sleeper.event, print, &sequence, &self.steps, &self.order).is_some()
        });
        if asleep {
            return;
        }
        if self.waiting + sequence.len() > self.options.entries {
            self.too_many = true;
            return;
        }
        self.waiting += insert(&mut frame.todo, sequence, &self.steps, &self.order, extra);
    }

    /// Goes to the next branch; whether there is one.
    pub(super) fn advance(&mut self) -> bool {
        while self.frames.len() > self.part.prefix.len() {
            let place = self.frames.len() - 1;
            if let Some(step) = self.steps.get(place) {
                let sleeper =
                    Sleeper { event: step.event, print: step.print.clone(), covers_independent: true };
                self.frames[place].sleep.push(sleeper);
                let steps = &self.steps;
                self.order.truncate(place, |step| (steps[step].event, &steps[step].print));
                self.steps.truncate(place);
            }
            self.waiting -= size(&std::mem::take(&mut self.guide));
            self.turn = self.pop_branch();
            if self.turn.is_some() {
                return true;
            }
            self.frames.pop();
        }
        false
    }
}

impl Chooser for Path {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        let event = if self.depth < self.steps.len() {
            self.steps[self.depth].event
        } else if self.depth < self.frames.len() {
            self.take_branch(offered)?
        } else {
            self.ask(offered)?
        };
        self.depth += 1;
        offered.position(event).ok_or(Halt::Pruned)
    }

    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        self.drew = true;
        Ok(0)
    }

    fn watches(&self) -> bool {
        true
    }

    fn sealed(&mut self, sealed: &Sealed<'_>) -> Result<(), Halt> {
        if self.depth > self.steps.len() {
            #[cfg_attr(not(test), expect(unused_mut))]
            let mut print = Print::of(sealed);
            #[cfg(test)]
            print.touched.retain(|(resource, _)| !(self.blind_to)(*resource));
            self.timed |= print.deadlines.as_ref().is_some_and(|deadlines| !deadlines.is_empty());
            self.queues |= print.touched.iter().any(|(resource, _)| matches!(resource, Resource::Runtime(_)));
            let Sealed { event, cause, open, early_timers, .. } = *sealed;
            let reach = sealed.reach.into();
            self.steps.push(Step { event, print, cause, open, early_timers, reach });
        }
        Ok(())
    }

    fn leaves(&mut self, event: Event, cause: u64) {
        self.left.push((event, cause));
    }
}
