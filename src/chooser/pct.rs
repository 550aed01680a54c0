//! Probabilistic concurrency testing.

use super::dice::{Dice, flow};
use crate::choice::Offered;

/// PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte: "A Randomized Scheduler with Probabilistic Guarantees of Finding
/// Bugs", ASPLOS 2010), for messages.
///
/// Each flow of events (a lane, a caller's answers) gets a random priority, and the ready event of the highest flow happens
/// next. At `depth - 1` random points of the run the flow that is about to go on falls below all others. A bug that
/// `depth` ordering constraints suffice to show is found with a probability of at least 1/(n·k^(depth-1)) a run, for n
/// flows and k points.
///
/// Flows are drawn as they appear, which is what PCTCP does with its chains ("Randomized Testing of Distributed
/// Systems with Probabilistic Guarantees", Ozkan, Majumdar, Niksic, Befrouei, Weissenbacher, OOPSLA 2018). Points are only steps at which
/// another event waits for the same actor, since only there can the order matter (taPCTCP: "Trace Aware Random
/// Testing for Distributed Systems", Ozkan, Majumdar, Oraee, OOPSLA 2019): that makes k small.
#[derive(Clone, Debug, Default)]
pub(super) struct Pct {
    dice: Dice,
    /// The points, the last one first.
    points: Vec<u64>,
    /// The flows that fell, in the order in which they did: the last is the lowest.
    fallen: Vec<u64>,
    racy: u64,
}

impl Pct {
    /// Begins a run of about `length` racy steps.
    pub fn begin(&mut self, mut dice: Dice, depth: u32, length: u64) {
        self.fallen.clear();
        self.points.clear();
        self.racy = 0;
        self.points.extend((1..depth).map(|_| 1 + dice.below(length.max(1))));
        self.points.sort_unstable_by(|a, b| b.cmp(a));
        self.dice = dice;
    }

    fn priority(&self, flow: u64) -> u64 {
        match self.fallen.iter().rposition(|fallen| *fallen == flow) {
            Some(place) => (self.fallen.len() - place) as u64,
            None => self.dice.of(flow) | 1 << 63,
        }
    }

    fn highest(&self, offered: &Offered<'_>) -> usize {
        if self.fallen.is_empty() {
            let ranked = offered.events().enumerate().map(|(i, event)| (self.dice.of_flow(event), i));
            return ranked.max().map_or(0, |(_, i)| i);
        }
        let ranked = offered.events().enumerate().map(|(i, event)| (self.priority(flow(event)), i));
        ranked.max().map_or(0, |(_, i)| i)
    }

    pub fn next(&mut self, offered: &Offered<'_>) -> usize {
        let mut chosen = self.highest(offered);
        if self.points.is_empty() || !meets(offered, chosen) {
            return chosen;
        }
        self.racy += 1;
        while self.points.last().is_some_and(|point| *point <= self.racy) {
            self.points.pop();
            self.fallen.push(flow(offered.candidates[chosen].event()));
            chosen = self.highest(offered);
        }
        chosen
    }
}

/// Whether another event waits for the same actor as this one.
pub(super) fn meets(offered: &Offered<'_>, chosen: usize) -> bool {
    let to = offered.candidates[chosen].event().to;
    offered.events().enumerate().any(|(i, event)| event.to == to && i != chosen)
}
