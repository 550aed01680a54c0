//! What happened before what in one execution, and which steps depend on each other.

use crate::choice::{Resource, Sealed};
use crate::event::{Event, Verb};
use crate::id::Time;
use std::collections::BTreeMap;

/// What a step touches, as far as others may touch it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Print {
    /// What it touches besides the participant whose step it is, and whether it writes.
    pub touched: Vec<(Resource, bool)>,
    /// It depends on everything.
    pub wall: bool,
    /// For which points in time it set a timer or took one back; nothing where that is not known.
    pub deadlines: Option<Vec<Time>>,
}

impl Default for Print {
    fn default() -> Print {
        Print { touched: Vec::new(), wall: false, deadlines: Some(Vec::new()) }
    }
}

impl Print {
    /// What a step showed. One that ends a call without its answer depends on whoever might have answered, and so on
    /// everything.
    pub fn of(sealed: &Sealed<'_>) -> Print {
        let own = Resource::Actor(sealed.event.to);
        let touched = sealed.footprint.touched.iter().filter(|(resource, _)| *resource != own);
        let wall = matches!(sealed.event.verb, Verb::Fire | Verb::Expire | Verb::Terminate);
        let deadlines = Some(sealed.footprint.deadlines.clone());
        Print { touched: touched.copied().collect(), wall, deadlines }
    }
}

/// Whether one may hide the other's timer: of those that may come early, only the earliest may.
fn hides(one: &Print, other: &Print) -> bool {
    match (&one.deadlines, &other.deadlines) {
        (Some(mine), Some(theirs)) => mine.iter().any(|at| theirs.iter().any(|other| at != other)),
        (Some(known), None) | (None, Some(known)) => !known.is_empty(),
        (None, None) => true,
    }
}

/// Whether the order of two steps can matter.
pub(super) fn dependent(one: (Event, &Print), other: (Event, &Print)) -> bool {
    let ((one, mine), (other, theirs)) = (one, other);
    if one.to == other.to || mine.wall || theirs.wall || hides(mine, theirs) {
        return true;
    }
    let at = |event: Event, print: &Print| {
        print.touched.iter().any(|(resource, _)| *resource == Resource::Actor(event.to))
    };
    at(one, theirs)
        || at(other, mine)
        || mine.touched.iter().any(|(resource, wrote)| {
            theirs.touched.iter().any(|(known, written)| resource == known && (*wrote || *written))
        })
}

/// The relation "happened before" among the steps of a path: for each step the set of those before it, as bits. It is
/// kept for the common beginning of one execution and the next.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Row `i` has `i / 64 + 1` words.
    rows: Vec<u64>,
    len: usize,
    /// The steps that touched each thing, in order, and whether they wrote.
    touched: BTreeMap<Resource, Vec<(u32, bool)>>,
    /// The steps of each participant.
    actors: Vec<Vec<u32>>,
    /// The steps that depend on everything.
    walls: Vec<u32>,
    /// The steps that set timers or took some back.
    timed: Vec<(u32, Vec<Time>)>,
    candidates: Vec<u32>,
}

fn start(row: usize) -> usize {
    let (full, rest) = (row / 64, row % 64);
    32 * full * (full + 1) + rest * (full + 1)
}

impl Order {
    /// How many steps are in order.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether `earlier` happened before `later`.
    #[inline]
    pub fn before(&self, earlier: usize, later: usize) -> bool {
        earlier < later && self.rows[start(later) + earlier / 64] >> (earlier % 64) & 1 == 1
    }

    /// Forgets all steps from `len` on; `event` and `print` tell what they were.
    pub fn truncate<'a>(&mut self, len: usize, step: impl Fn(usize) -> (Event, &'a Print)) {
        while self.len > len {
            self.len -= 1;
            let (event, print) = step(self.len);
            self.actors[event.to.index()].pop();
            for (resource, _) in &print.touched {
                self.touched.get_mut(resource).map(Vec::pop);
            }
            if print.wall {
                self.walls.pop();
            }
            self.timed.pop_if(|(step, _)| *step as usize == self.len);
        }
        self.rows.truncate(start(self.len));
    }

    /// Puts the next step in order. `parents` are the steps it could not have happened without. `race` is told of each
    /// earlier step that it depends on with nothing in between and that is no parent.
    pub fn push(
        &mut self,
        event: Event,
        print: &Print,
        parents: [Option<u32>; 2],
        mut race: impl FnMut(usize),
    ) {
        let step = self.len;
        self.rows.resize(start(step + 1), 0);
        self.len += 1;
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        self.gather(event, print, &mut candidates);
        candidates.extend(parents.into_iter().flatten());
        candidates.sort_unstable_by(|a, b| b.cmp(a));
        candidates.dedup();
        for &earlier in &candidates {
            if !self.before(earlier as usize, step) {
                self.follow(earlier as usize, step);
                if !parents.contains(&Some(earlier)) {
                    race(earlier as usize);
                }
            }
        }
        self.candidates = candidates;
        self.note(step as u32, event, print);
    }

    /// The earlier steps that may be the last ones which this one depends on.
    fn gather(&self, event: Event, print: &Print, candidates: &mut Vec<u32>) {
        if print.wall {
            candidates.extend(0..self.len as u32 - 1);
            return;
        }
        candidates.extend(self.actors.get(event.to.index()).and_then(|steps| steps.last()));
        candidates.extend(self.walls.last());
        for (resource, wrote) in &print.touched {
            for (step, written) in self.touched.get(resource).into_iter().flatten().rev() {
                if *wrote || *written {
                    candidates.push(*step);
                }
                if *written {
                    break;
                }
            }
            if let Resource::Actor(other) = resource {
                candidates.extend(self.actors.get(other.index()).and_then(|steps| steps.last()));
            }
        }
        let mine = print.deadlines.as_deref().unwrap_or_default();
        if !mine.is_empty() {
            let hidden =
                |(_, theirs): &&(u32, Vec<Time>)| mine.iter().any(|at| theirs.iter().any(|t| t != at));
            candidates.extend(self.timed.iter().filter(hidden).map(|(step, _)| *step));
        }
        let own = self.touched.get(&Resource::Actor(event.to));
        candidates.extend(own.into_iter().flatten().map(|(step, _)| *step));
    }

    /// What happened before `earlier`, and `earlier` itself, happened before `later`.
    fn follow(&mut self, earlier: usize, later: usize) {
        let (head, tail) = self.rows.split_at_mut(start(later));
        let from = start(earlier);
        for (word, known) in tail.iter_mut().zip(&head[from..from + earlier / 64 + 1]) {
            *word |= known;
        }
        tail[earlier / 64] |= 1 << (earlier % 64);
    }

    fn note(&mut self, step: u32, event: Event, print: &Print) {
        let place = event.to.index();
        if self.actors.len() <= place {
            self.actors.resize_with(place + 1, Vec::new);
        }
        self.actors[place].push(step);
        for (resource, written) in &print.touched {
            self.touched.entry(*resource).or_default().push((step, *written));
        }
        if print.wall {
            self.walls.push(step);
        }
        if let Some(deadlines) = print.deadlines.as_ref().filter(|deadlines| !deadlines.is_empty()) {
            self.timed.push((step, deadlines.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ActorId;

    fn to(actor: u32, number: u32) -> Event {
        Event::new(Verb::Deliver, ActorId(9), ActorId(actor), number)
    }

    #[test]
    fn rows_have_their_places() {
        let mut place = 0;
        for row in 0..300 {
            assert_eq!(start(row), place);
            place += row / 64 + 1;
        }
    }

    #[test]
    fn races_are_those_with_nothing_between() {
        let mut order = Order::default();
        let plain = Print::default();
        let seen = Print { touched: vec![(Resource::Property(0), true)], ..Print::default() };
        let mut races = Vec::new();
        let mut push = |order: &mut Order, event, print: &Print, parent| {
            let step = order.len();
            order.push(event, print, [parent, None], |earlier| races.push((earlier, step)));
        };
        push(&mut order, to(1, 1), &seen, None);
        push(&mut order, to(1, 2), &plain, None);
        push(&mut order, to(2, 1), &plain, Some(1));
        push(&mut order, to(1, 3), &plain, None);
        push(&mut order, to(3, 1), &seen, None);
        push(&mut order, to(4, 1), &Print { wall: true, ..Print::default() }, None);
        push(&mut order, to(5, 1), &plain, None);
        assert_eq!(races, [(0, 1), (1, 3), (0, 4), (4, 5), (3, 5), (2, 5), (5, 6)]);
        assert!(order.before(0, 2) && !order.before(2, 3) && order.before(0, 6));
    }
}
