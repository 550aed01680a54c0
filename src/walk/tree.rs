//! Wakeup trees: the beginnings of executions that are still to be made at one question (Abdulla, Aronis, Jonsson, Sagonas:
//! *Optimal dynamic partial order reduction*, POPL 2014, section 6).

use super::order::{Order, Print, dependent};
use crate::choice::Resource;
use crate::event::Event;

/// A step that was taken: what the search knows of it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub event: Event,
    pub print: Print,
    /// The step in which it came about, from 1; 0 is the start.
    pub cause: u64,
    /// Whether the participant took messages before it.
    pub open: bool,
    /// How often a timer may overtake an event, after it.
    pub early_timers: u32,
    /// The properties that a step of this participant may touch, whatever comes before it.
    pub reach: Vec<u32>,
}

impl Step {
    /// What the step may touch where other steps come before it: no more than this.
    ///
    /// Of a step in a profile with queues of its own nothing is known that way.
    pub fn anywhere(&self, queues: bool) -> Print {
        let touched = self.reach.iter().map(|property| (Resource::Property(*property), true)).collect();
        // Whether it will set timers is not known; where none may come early any more, that is no matter.
        let deadlines = (self.early_timers == 0).then(Vec::new);
        Print { touched, wall: self.print.wall || queues, deadlines }
    }
}

/// How many nodes a tree has.
pub(super) fn size(tree: &[Branch]) -> usize {
    tree.iter().map(|branch| 1 + size(&branch.then)).sum()
}

/// A node of a wakeup tree: a step, and what is to follow it. Where nothing is, the search goes on as it likes.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub event: Event,
    /// What it will touch, where an execution that had the same before it has shown that.
    pub print: Option<Print>,
    pub then: Vec<Branch>,
    /// No race asked for it.
    pub extra: bool,
}

/// Whether `event` may come first in an execution that is equal, but for the order of independent steps, to one that begins
/// with `sequence` (steps by number): a weak initial. Where it is one of them, its place is given.
pub(super) fn leads(
    event: Event,
    print: Option<&Print>,
    sequence: &[usize],
    steps: &[Step],
    order: &Order,
) -> Option<Option<usize>> {
    match sequence.iter().position(|&step| steps[step].event == event) {
        Some(place) => {
            let own = &steps[sequence[place]];
            let free = |&step: &usize| {
                // The last one is about to be moved: what it will touch there is foreseen, not known.
                let moved = place + 1 == sequence.len();
                let met = moved && dependent((event, &own.print), (steps[step].event, &steps[step].print));
                !order.before(step, sequence[place]) && !met
            };
            sequence[..place].iter().all(free).then_some(Some(place))
        }
        None => {
            let print = print?;
            let free = |step: &Step| !dependent((event, print), (step.event, &step.print));
            sequence.iter().all(|&step| free(&steps[step])).then_some(None)
        }
    }
}

/// Puts a sequence of steps into a tree, unless an execution that the tree holds already will show the same. Gives how
/// many nodes were added.
pub(super) fn insert(
    tree: &mut Vec<Branch>,
    mut sequence: Vec<usize>,
    steps: &[Step],
    order: &Order,
    extra: bool,
) -> usize {
    let mut level = tree;
    loop {
        let found = level.iter().enumerate().find_map(|(place, branch)| {
            leads(branch.event, branch.print.as_ref(), &sequence, steps, order).map(|used| (place, used))
        });
        let Some((place, used)) = found else { break };
        if level[place].then.is_empty() {
            return 0;
        }
        if let Some(used) = used {
            sequence.remove(used);
        }
        level = &mut level[place].then;
    }
    let added = sequence.len();
    let chain = sequence.into_iter().rev().fold(Vec::new(), |then, step| {
        let Step { event, print, .. } = &steps[step];
        // What a timer does is known only when it is allowed to: it stands for nothing but itself.
        let print = (!print.wall).then(|| print.clone());
        vec![Branch { event: *event, print, then, extra }]
    });
    level.extend(chain);
    added
}
