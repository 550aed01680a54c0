//! Parts of a search that are explored apart, by anybody, in any order, and together show what the whole does.
//!
//! The first levels of the tree of executions are cut open: at each question there, *every* event is a branch, in order, and the
//! branches before it are asleep in it as far as they are independent of it (sleep sets: Godefroid, *Partial-order methods
//! for the verification of concurrent systems*, 1996). That takes nothing away: whatever a race inside a part asks for at such a question is a
//! branch there already. And it adds nothing but executions that are broken off, since of all orders of independent steps
//! only one keeps clear of what is asleep. So a part needs nothing of what the others saw: its beginning and its sleepers say all.
//!
//! Where to cut changes the cost and not what is seen: those leaves are opened first that are near the root and have few sleepers, for
//! they hold the most. Events of one participant are neighbours, which leaves the first of the next one's with all of them
//! asleep, and soon broken off.

use super::order::{Print, dependent};
use crate::choice::{Chooser, Draw, Halt, Offered, Sealed};
use crate::event::Event;
use crate::id::ActorId;
use std::any::Any;

/// A step that need not be taken: whatever it leads to is explored elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Sleeper {
    pub event: Event,
    pub print: Print,
    /// Whether it also stands for executions that begin with what it is independent of (in the paper's words: whether weak
    /// initials count). For those that hold it back until something depends on it, the reversal of that race was planned where
    /// it was explored. It is so unless what was planned there may be lost in a branch that no race asked for.
    pub covers_independent: bool,
}

/// All executions that begin so, but for those that sleepers stand for.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub(super) prefix: Vec<Event>,
    pub(super) sleep: Vec<Sleeper>,
}

impl Part {
    /// The event that is taken at this depth, where that is no question here.
    pub(super) fn given(&self, depth: usize) -> Option<Event> {
        self.prefix.get(depth).copied()
    }
}

/// Goes to where a part begins, and looks at what may happen there.
#[derive(Debug)]
struct Scout {
    prefix: Vec<Event>,
    depth: usize,
    /// What the last step of the beginning touched.
    print: Print,
    /// What may happen then: nothing where the run is over by then.
    offered: Vec<Event>,
}

impl Chooser for Scout {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        let Some(event) = self.prefix.get(self.depth) else {
            self.offered =
                offered.canonical().into_iter().map(|place| offered.candidates[place].event()).collect();
            return Err(Halt::Enough);
        };
        self.depth += 1;
        offered.position(*event).ok_or(Halt::Pruned)
    }

    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        Ok(0)
    }

    fn watches(&self) -> bool {
        true
    }

    fn sealed(&mut self, sealed: &Sealed<'_>) -> Result<(), Halt> {
        self.print = Print::of(sealed);
        Ok(())
    }
}

/// A part, and what may happen at its beginning.
#[derive(Debug)]
struct Leaf {
    part: Part,
    offered: Vec<Event>,
}

impl Leaf {
    fn is_asleep(&self, event: Event) -> bool {
        self.part.sleep.iter().any(|sleeper| sleeper.event == event)
    }

    /// The lower, the more lies below it, as far as one can guess.
    fn rank(&self) -> usize {
        self.part.prefix.len() + self.part.sleep.len()
    }
}

/// Makes a run with a chooser and gives it back.
type Run<'a> = &'a mut dyn FnMut(Box<dyn Chooser>) -> Box<dyn Chooser>;

/// Cuts a search into about so many parts, in the order in which one alone would explore them. `reduced` says whether they are for
/// [`dpor`](super::dpor) or for [`dfs`](super::dfs), and `depth` how deep a cut may be.
pub(super) fn split(reduced: bool, most: usize, depth: u64, run: Run<'_>) -> Vec<Part> {
    let Some(root) = scout(Part::default(), run) else { return vec![Part::default()] };
    let mut leaves = vec![root.0];
    while leaves.len() < most {
        let open = leaves.iter().enumerate();
        let open = open
            .filter(|(_, leaf)| !leaf.offered.is_empty() && (leaf.part.prefix.len() as u64) < depth.min(64));
        let Some((place, _)) = open.min_by_key(|(place, leaf)| (leaf.rank(), *place)) else { break };
        let children = open_up(&leaves[place], reduced, run);
        leaves.splice(place..=place, children);
    }
    leaves.into_iter().map(|leaf| leaf.part).collect()
}

/// Goes to where a part begins; what its last step touched, too. Nothing where the way there is no way.
fn scout(part: Part, run: Run<'_>) -> Option<(Leaf, Print)> {
    let scout = Scout { prefix: part.prefix.clone(), depth: 0, print: Print::default(), offered: Vec::new() };
    let scout: Box<dyn Any> = run(Box::new(scout));
    let scout = scout.downcast::<Scout>().ok()?;
    (scout.depth == part.prefix.len()).then_some((Leaf { part, offered: scout.offered }, scout.print))
}

/// The parts that a part consists of: one for each event that may happen at its beginning and is not asleep.
fn open_up(leaf: &Leaf, reduced: bool, run: Run<'_>) -> Vec<Leaf> {
    let mut sleep = leaf.part.sleep.clone();
    let mut children = Vec::new();
    for event in if reduced { neighbours(&leaf.offered) } else { leaf.offered.clone() } {
        if leaf.is_asleep(event) {
            continue;
        }
        let prefix = leaf.part.prefix.iter().copied().chain([event]).collect();
        let Some((mut child, print)) = scout(Part { prefix, sleep: Vec::new() }, run) else { continue };
        if reduced {
            let free = |sleeper: &&Sleeper| !dependent((sleeper.event, &sleeper.print), (event, &print));
            child.part.sleep = sleep.iter().filter(free).cloned().collect();
            sleep.push(Sleeper { event, print, covers_independent: false });
        }
        // Where all that may happen is asleep, nothing is left to explore.
        if child.offered.is_empty() || !child.offered.iter().all(|event| child.is_asleep(*event)) {
            children.push(child);
        }
    }
    children
}

/// The events, those of one participant beside each other.
fn neighbours(offered: &[Event]) -> Vec<Event> {
    let mut order: Vec<ActorId> = Vec::new();
    for event in offered {
        if !order.contains(&event.to) {
            order.push(event.to);
        }
    }
    let mut events = offered.to_vec();
    events.sort_by_key(|event| order.iter().position(|to| *to == event.to));
    events
}
