//! The one door: everything that could go more than one way is asked here, and answered by a chooser.
//!
//! A run is a pure function of the scenario and the answers. What does not pass through this door cannot vary.

mod learned;
mod offered;

pub use learned::{Footprint, Look, Resource, Sealed};
pub use offered::{Candidate, Offered};

use crate::event::Event;
use crate::id::ActorId;
use std::any::Any;
use std::fmt;

/// What a number is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// How long a message takes.
    Latency,
    /// A guest's `random` interface.
    Random,
    /// Shutdown or mail, where `select!` would leave it to chance.
    Select,
}

impl Purpose {
    /// The word in traces.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Latency => "latency",
            Purpose::Random => "random",
            Purpose::Select => "select",
        }
    }

    /// The purpose of a word of a trace.
    pub fn of(word: &str) -> Option<Purpose> {
        [Purpose::Latency, Purpose::Random, Purpose::Select].into_iter().find(|p| p.word() == word)
    }
}

/// A question for a number below `bound`; the mildest answer is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Draw {
    /// What for.
    pub purpose: Purpose,
    /// Whose.
    pub actor: ActorId,
    /// How many answers there are; 0 stands for 2⁶⁴.
    pub bound: u64,
}

/// Why a run ended before its time. It is latched at the door, and never mistaken for an actor's failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Halt {
    /// What was to be followed wants something that cannot happen here.
    Diverged(Divergence),
    /// The chooser has no more answers, and will not make any up.
    Exhausted,
    /// A search knows that nothing new lies ahead.
    Pruned,
    /// A search has all it needed of this run, or may go no deeper.
    Enough,
}

/// Where following a record failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The step, from 1.
    pub step: u64,
    /// What the record says.
    pub wanted: String,
    /// What is possible here.
    pub found: Vec<String>,
    /// The line of the record, from 1.
    pub line: usize,
}

/// An answerer of questions. Seeds, strategies, fuzz bytes, recorded traces and searches are all choosers.
pub trait Chooser: Any + Send {
    /// Which of the offered events happens next: an index into `offered.candidates`, of which there is one at least.
    ///
    /// # Errors
    /// When the run should end here.
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt>;

    /// A number below `draw.bound`.
    ///
    /// # Errors
    /// When the run should end here.
    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt>;

    /// Whether this chooser wants [`sealed`](Chooser::sealed) to be called, footprint and all.
    fn watches(&self) -> bool {
        false
    }

    /// Whether this chooser wants the states that native actors [show](crate::actor::Actor::state) to be up to date after each
    /// turn, as fingerprints do. Properties that look at states have them in any case.
    fn looks_at_states(&self) -> bool {
        true
    }

    /// What this chooser, in this run, wants to know of the state. Only choosers that [watch](Chooser::watches) are asked.
    fn look(&self) -> Look {
        Look::Away
    }

    /// Whether it wants to know it before the next question: then [`visits`](Chooser::visits) comes before
    /// [`next`](Chooser::next), and also where there is nothing left to ask.
    fn looks(&self) -> bool {
        false
    }

    /// Learns the fingerprint of the state in which the next question is asked.
    ///
    /// # Errors
    /// When the run should end here.
    fn visits(&mut self, fingerprint: u64) -> Result<(), Halt> {
        let _ = fingerprint;
        Ok(())
    }

    /// Learns what a step did.
    ///
    /// # Errors
    /// When the run should end here.
    fn sealed(&mut self, step: &Sealed<'_>) -> Result<(), Halt> {
        let _ = step;
        Ok(())
    }

    /// Learns, when the run is over, of an event that did not happen: the first message of a lane, or a timer. `cause` is the step in which it came about.
    fn leaves(&mut self, event: Event, cause: u64) {
        let _ = (event, cause);
    }
}

impl Chooser for Box<dyn Chooser> {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        (**self).next(offered)
    }
    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        (**self).draw(draw)
    }
    fn watches(&self) -> bool {
        (**self).watches()
    }
    fn looks_at_states(&self) -> bool {
        (**self).looks_at_states()
    }
    fn look(&self) -> Look {
        (**self).look()
    }
    fn looks(&self) -> bool {
        (**self).looks()
    }
    fn visits(&mut self, fingerprint: u64) -> Result<(), Halt> {
        (**self).visits(fingerprint)
    }
    fn leaves(&mut self, event: Event, cause: u64) {
        (**self).leaves(event, cause);
    }
    fn sealed(&mut self, step: &Sealed<'_>) -> Result<(), Halt> {
        (**self).sealed(step)
    }
}

/// An answer, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// This event happened.
    Next(Event),
    /// This number was drawn.
    Drew(Draw, u64),
}

/// The door: it asks the chooser, latches what stops the run, and keeps the answers when they are to be recorded.
pub struct Choices {
    chooser: Box<dyn Chooser>,
    halt: Option<Halt>,
    answers: Option<Vec<Choice>>,
}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choices").field("halt", &self.halt).finish_non_exhaustive()
    }
}

impl Choices {
    /// A door with this chooser behind it; `record` keeps every answer.
    pub fn new(chooser: Box<dyn Chooser>, record: bool) -> Choices {
        Choices { chooser, halt: None, answers: record.then(Vec::new) }
    }

    /// Asks what happens next; nothing when the run is halted.
    #[inline]
    pub fn next(&mut self, offered: &Offered<'_>) -> Option<usize> {
        if self.halt.is_some() {
            return None;
        }
        match self.chooser.next(offered) {
            Ok(index) => {
                if let Some(answers) = &mut self.answers {
                    answers.push(Choice::Next(offered.candidates.get(index)?.event()));
                }
                Some(index)
            }
            Err(halt) => self.latch(halt),
        }
    }

    /// Draws a number below `draw.bound`; nothing when the run is halted. One possible answer is no question.
    pub fn draw(&mut self, draw: Draw) -> Option<u64> {
        if draw.bound == 1 {
            return Some(0);
        }
        if self.halt.is_some() {
            return None;
        }
        match self.chooser.draw(&draw) {
            Ok(number) => {
                let number = if draw.bound == 0 { number } else { number % draw.bound };
                if let Some(answers) = &mut self.answers {
                    answers.push(Choice::Drew(draw, number));
                }
                Some(number)
            }
            Err(halt) => self.latch(halt),
        }
    }

    /// Completes a step.
    #[inline]
    pub fn seal(&mut self, step: &Sealed<'_>) {
        if self.halt.is_none()
            && let Err(halt) = self.chooser.sealed(step)
        {
            self.halt = Some(halt);
        }
    }

    /// What the chooser wants to know of the state.
    pub fn look(&self) -> Look {
        self.chooser.look()
    }

    /// Whether it wants to know it now.
    #[inline]
    pub fn looks(&self) -> bool {
        self.chooser.looks()
    }

    /// Tells the fingerprint of the state before a question.
    pub fn visit(&mut self, fingerprint: u64) {
        if self.halt.is_none()
            && let Err(halt) = self.chooser.visits(fingerprint)
        {
            self.halt = Some(halt);
        }
    }

    /// Tells of a message that was left at the end of the run.
    pub fn leave(&mut self, event: Event, cause: u64) {
        self.chooser.leaves(event, cause);
    }

    fn latch<T>(&mut self, halt: Halt) -> Option<T> {
        self.halt.get_or_insert(halt);
        None
    }

    /// Whether the chooser wants to learn of each step.
    pub fn watches(&self) -> bool {
        self.chooser.watches()
    }

    /// Whether the chooser wants actors' states.
    pub fn looks_at_states(&self) -> bool {
        self.chooser.looks_at_states()
    }

    /// What stopped the run, if anything did.
    pub fn halt(&self) -> Option<&Halt> {
        self.halt.as_ref()
    }

    /// Takes the recorded answers so far.
    pub fn take_answers(&mut self) -> Vec<Choice> {
        self.answers.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Gives the chooser back, so that a strategy can keep what it learned, and puts another one in its place.
    pub fn exchange(&mut self, other: Box<dyn Chooser>) -> Box<dyn Chooser> {
        std::mem::replace(&mut self.chooser, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Verb;

    struct Stubborn;
    impl Chooser for Stubborn {
        fn next(&mut self, _: &Offered<'_>) -> Result<usize, Halt> {
            Err(Halt::Exhausted)
        }
        fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
            Ok(7)
        }
    }

    fn event(number: u32) -> Event {
        Event::new(Verb::Deliver, ActorId(0), ActorId(1), number)
    }

    #[test]
    fn a_halt_is_latched() {
        let mut choices = Choices::new(Box::new(Stubborn), true);
        let draw = Draw { purpose: Purpose::Random, actor: ActorId(0), bound: 5 };
        assert_eq!(choices.draw(draw), Some(2));
        let offered = Offered { candidates: &[Candidate::new(event(1), 0)], timers: 0, step: 0 };
        assert_eq!(choices.next(&offered), None);
        assert_eq!(choices.halt(), Some(&Halt::Exhausted));
        assert_eq!(choices.draw(draw), None);
        assert_eq!(choices.take_answers(), [Choice::Drew(draw, 2)]);
    }

    #[test]
    fn footprints_meet_where_one_writes() {
        let print =
            |resource, written| Footprint { touched: vec![(resource, written)], ..Footprint::default() };
        let actor = Resource::Actor(ActorId(1));
        assert!(print(actor, true).meets(&print(actor, false)));
        assert!(!print(actor, false).meets(&print(actor, false)));
        assert!(!print(actor, true).meets(&print(Resource::Clock, true)));
    }
}
