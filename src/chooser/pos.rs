//! Partial order sampling, and orders by rounds.

use super::dice::{Dice, flow};
use crate::choice::Offered;

/// POS (Yuan, Yang, Gu: "Partial Order Aware Concurrency Sampling", CAV 2018): every event gets a random priority when it
/// appears, the highest happens next, and then those that it raced with, which wait for the same actor, are drawn
/// anew. It samples partial orders much more evenly than a random walk where races are spread over actors, and is
/// one where all meet at a single actor.
#[derive(Clone, Debug, Default)]
pub(super) struct Pos {
    dice: Dice,
    /// How many events each actor has seen: it stands for the redrawing.
    seen: Vec<u64>,
}

impl Pos {
    pub fn begin(&mut self, dice: Dice) {
        self.dice = dice;
        self.seen.clear();
    }

    pub fn next(&mut self, offered: &Offered<'_>) -> usize {
        let drawn = |event: crate::event::Event| {
            let seen = self.seen.get(event.to.index()).copied().unwrap_or(0);
            self.dice.of(event.word().wrapping_add(seen))
        };
        let ranked = offered.events().enumerate().map(|(i, event)| (drawn(event), i));
        let chosen = ranked.max().map_or(0, |(_, i)| i);
        let to = offered.candidates[chosen].event().to.index();
        if self.seen.len() <= to {
            self.seen.resize(to + 1, 0);
        }
        self.seen[to] += 1;
        chosen
    }
}

/// All flows advance alike: the n-th event of one goes before the (n+1)-th of another, up to a jitter that is drawn
/// for the run, and with a random order of the flows within a round. That is what equal latencies do in a simulated
/// network: rare alternations are common here, and nobody starves.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounds {
    dice: Dice,
    jitter: u64,
    same_order: bool,
}

impl Rounds {
    pub fn begin(&mut self, mut dice: Dice) {
        // No jitter, or as many as eight rounds, in quarters of a round.
        self.jitter = (1 << dice.below(6)) - 1;
        self.same_order = dice.below(2) == 0;
        self.dice = dice;
    }

    pub fn next(&mut self, offered: &Offered<'_>) -> usize {
        let key = |event: crate::event::Event| {
            let word = self.dice.of(event.word());
            let late = ((u128::from(word) * u128::from(self.jitter + 1)) >> 64) as u64;
            let tie = if self.same_order { self.dice.of(flow(event)) } else { word.rotate_left(32) };
            (u64::from(event.number) * 4 + late, tie)
        };
        let ranked = offered.events().enumerate().map(|(i, event)| (key(event), i));
        ranked.min().map_or(0, |(_, i)| i)
    }
}

/// Random weights: each flow, or each sender, or each receiver, is so much likelier than another to go next, drawn for the
/// run. It is swarm testing (Groce, Zhang, Eide, Chen, Regehr: "Swarm Testing", ISSTA 2012) of speeds: each run leaves
/// something nearly out, which a fair random walk never does.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    dice: Dice,
    whose: u64,
    steepness: u64,
    drawn: Vec<u64>,
}

impl Weights {
    pub fn begin(&mut self, mut dice: Dice) {
        self.whose = dice.below(4);
        self.steepness = 2 + dice.below(7);
        self.dice = dice;
    }

    pub fn next(&mut self, offered: &Offered<'_>) -> usize {
        let mut sum = 0;
        self.drawn.clear();
        for event in offered.events() {
            let thing = match self.whose {
                0 => u64::from(event.from.0),
                1 => u64::from(event.to.0) << 32,
                _ => flow(event),
            };
            sum += 1u64 << (self.dice.of(thing) % self.steepness);
            self.drawn.push(sum);
        }
        let at = self.dice.below(sum);
        self.drawn.partition_point(|upto| *upto <= at)
    }
}
