//! Looking for an order: the likeliest event first, and where a chain says otherwise, back to the last choice.
//!
//! The chains are the oracle: each step is compared at once, and a message that stands in a mailbox where the chain has
//! another ends the try there and then. States that led nowhere are known again, in whatever order they were
//! reached.

use super::scripted_cast::{Clash, Mark, ScriptedCast};
use crate::event::Event;
use crate::id::{ActorId, Time};
use crate::revive::id_map::Ids;
use crate::state::Clock;
use std::collections::BTreeSet;

/// A state is kept every so many steps, from which others are reached again.
const STRIDE: usize = 32;
/// How many steps after a dead end every state with a choice is kept.
const CAREFUL: usize = 512;
/// How many states are kept.
const MOST_MARKS: usize = 512;
/// How many steps may bring no try farther than those before: where an order is found, it is found in far fewer.
const PATIENCE: u64 = 25_000;
/// How many more for each event.
const PATIENCE_FOR_EVENT: u64 = 100;
/// Who asks for very many steps has more of these too: this part of them.
const PATIENCE_OF_MOST: u64 = 128;
/// Up to so many events made, the way of every try that is the farthest is kept.
const SHORT: usize = 2000;
/// Beyond that only of one that is farther by this part.
const GOOD_DEAL: usize = 32;
/// How many states that led nowhere are remembered.
const MOST_SEEN: usize = 2_000_000;

/// What was found.
pub struct OrderFound {
    /// The events, and when each was.
    pub path: Vec<(Event, Time)>,
    /// What was drawn, in order.
    pub drawn: Vec<u64>,
    /// How many steps were tried, and how often a choice was taken back.
    pub steps: u64,
    /// How often.
    pub returns: u64,
    /// How many times there was more than one way to go on.
    pub choices: usize,
    /// Which ids stand for which.
    pub(super) ids: Ids,
    /// Under which clock.
    pub clock: Clock,
    /// Whether every chain was made again.
    pub complete: bool,
    /// Whether the bound on steps ended it; else, where it is not complete, there is no order.
    pub bounded: bool,
    /// The dead end that came farthest, and how far each actor was there.
    pub clash: Option<Clash>,
    /// How many events of each participant's chain were made at most in one try, the farthest.
    pub reached: Vec<usize>,
    /// Who went on where its chain ends.
    pub beyond: Vec<ActorId>,
}

impl OrderFound {
    /// How many events of all chains were made at most in one try.
    pub(super) fn events(&self) -> usize {
        self.reached.iter().sum()
    }
}

/// A point at which there was a choice.
struct Fork {
    at: usize,
    options: Vec<Event>,
    next: usize,
    print: Option<u64>,
}

/// The try that came farthest, and the farthest of which the way is kept.
struct Best {
    reached: usize,
    way: usize,
    found: OrderFound,
}

/// A search.
pub struct Search<'a> {
    cast: &'a mut ScriptedCast,
    most: u64,
    forks: Vec<Fork>,
    marks: Vec<Mark>,
    seen: BTreeSet<u64>,
    steps: u64,
    returns: u64,
    careful: usize,
    best: Option<Best>,
    /// At which step a try was last seen to be farther than any before, and how many steps there may be without.
    gained: u64,
    patience: u64,
}

impl<'a> Search<'a> {
    /// A search that takes no more than `most` steps.
    pub fn new(cast: &'a mut ScriptedCast, most: u64) -> Search<'a> {
        let events: usize = cast.scripts.iter().flatten().map(|script| script.record.entries.len()).sum();
        let patience = (PATIENCE + PATIENCE_FOR_EVENT * events as u64).max(most / PATIENCE_OF_MOST);
        Search {
            cast,
            most,
            forks: Vec::new(),
            marks: Vec::new(),
            seen: BTreeSet::new(),
            steps: 0,
            returns: 0,
            careful: 0,
            best: None,
            gained: 0,
            patience,
        }
    }

    /// Looks for an order in which every chain is made again.
    pub fn run(mut self) -> OrderFound {
        let mut went = self.cast.start();
        self.marks.push(self.cast.mark());
        loop {
            let next = match went {
                Ok(()) if self.cast.all_complete() => return self.found(None, false),
                Ok(()) => self.choose(),
                Err(clash) => self.dead(Some(clash)),
            };
            if self.steps >= self.most.min(self.gained + self.patience) {
                let gained = self.gained;
                self.note(None);
                if self.steps >= self.most || self.gained == gained {
                    return self.give_up(true);
                }
            }
            let Some(event) = next else { return self.give_up(false) };
            self.steps += 1;
            went = self.cast.step(event);
        }
    }

    /// The next event from here, or from the last choice.
    fn choose(&mut self) -> Option<Event> {
        let options = match self.cast.options() {
            Ok(options) if options.is_empty() => return self.dead(None),
            Ok(options) => options,
            Err(clash) => return self.dead(Some(clash)),
        };
        let at = self.cast.path.len();
        let last = self.marks.last().map_or(0, |mark| mark.steps);
        let careful = at < self.careful;
        if at >= last + STRIDE || careful && at > last && options.len() > 1 {
            self.keep();
        }
        let first = options[0];
        if options.len() > 1 {
            let print = careful.then(|| self.cast.print());
            if print.is_some_and(|print| self.seen.contains(&print)) {
                return self.dead(None);
            }
            self.forks.push(Fork { at, options, next: 0, print });
        }
        Some(first)
    }

    fn keep(&mut self) {
        if self.marks.len() >= MOST_MARKS {
            // The older, the sparser.
            let mut place = 0;
            let half = self.marks.len() / 2;
            self.marks.retain(|_| {
                place += 1;
                place == 1 || place > half || place % 2 == 0
            });
        }
        self.marks.push(self.cast.mark());
    }

    /// It leads nowhere: the next event of the last choice that has one.
    fn dead(&mut self, clash: Option<Clash>) -> Option<Event> {
        self.note(clash);
        self.returns += 1;
        self.careful = self.careful.max(self.cast.path.len() + CAREFUL);
        loop {
            let fork = self.forks.last_mut()?;
            fork.next += 1;
            if let Some(event) = fork.options.get(fork.next).copied() {
                let at = fork.at;
                self.return_to(at);
                return Some(event);
            }
            if let Some(print) = fork.print.filter(|_| self.seen.len() < MOST_SEEN) {
                self.seen.insert(print);
            }
            self.forks.pop();
        }
    }

    /// Puts the cast back to when it had taken so many steps.
    fn return_to(&mut self, at: usize) {
        while self.marks.last().is_some_and(|mark| mark.steps > at) {
            self.marks.pop();
        }
        let Some(mark) = self.marks.last() else { return };
        let from = mark.steps;
        let again: Vec<Event> = self.cast.path[from..at].iter().map(|(event, _)| *event).collect();
        self.cast.back_to(mark);
        for event in &again {
            self.steps += 1;
            // It went well before.
            let _ = self.cast.step(*event);
        }
        if at > from + STRIDE / 2 {
            self.keep();
        }
    }

    /// Remembers the try that came farthest: its dead end always, its way where it is a good deal longer, since ways are
    /// long and dead ends many.
    fn note(&mut self, clash: Option<Clash>) {
        let reached: usize = self.cast.cursors.iter().map(|cursor| cursor.reached).sum();
        match &mut self.best {
            Some(best) if reached <= best.reached => return,
            Some(best) if reached > SHORT && reached < best.way + best.way / GOOD_DEAL => {
                best.reached = reached;
                best.found.clash = clash;
                best.found.reached = self.cast.cursors.iter().map(|cursor| cursor.reached).collect();
            }
            _ => {
                let found = self.tell(clash, false);
                self.best = Some(Best { reached, way: reached, found });
            }
        }
        self.gained = self.steps;
    }

    fn tell(&self, clash: Option<Clash>, complete: bool) -> OrderFound {
        OrderFound {
            path: self.cast.path.clone(),
            drawn: self.cast.stand.get().drawn.given(),
            steps: self.steps,
            returns: self.returns,
            choices: self.forks.len(),
            complete,
            ids: self.cast.ids.clone(),
            clock: self.cast.terms.clock(),
            bounded: false,
            clash,
            reached: self.cast.cursors.iter().map(|cursor| cursor.reached).collect(),
            beyond: self.cast.went_on(),
        }
    }

    fn found(self, clash: Option<Clash>, bounded: bool) -> OrderFound {
        OrderFound { bounded, ..self.tell(clash, true) }
    }

    fn give_up(self, bounded: bool) -> OrderFound {
        let (steps, returns) = (self.steps, self.returns);
        let best = self.best.map(|best| best.found);
        let found = best.unwrap_or_else(|| unreachable!("a search that gives up has come to a dead end"));
        OrderFound { steps, returns, bounded, ..found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{ChainBuilder, ChainForm};
    use crate::revive::order::schedule::scripts;
    use crate::revive::order::send_order::SendOrder;
    use crate::revive::order::terms::{Certain, Same, Terms, Timers};
    use crate::revive::{self, Tied};
    use crate::scenario::Scenario;
    use serde_json::json;
    use std::sync::Arc;

    /// A scenario in which clients send one actor one word each, all alike, and a chain of that actor with so many of them, and what nobody sent.
    fn alike(clients: usize, handled: usize, unsent: bool) -> (Scenario, Vec<Tied>) {
        let script = json!([{ "wait": "1ms" }, { "send": { "to": "a", "body": { "text": "x" } } }]);
        let script: serde_json::Map<_, _> =
            (0..clients).map(|place| (format!("client{place}"), script.clone())).collect();
        let file = json!({ "rehearsal": 1, "name": "alike", "profile": "theater-0.3", "clients": script, "actors": { "a": { "native": "echo" } } });
        let mut loader = crate::load::FileLoader::new(".", None);
        let scenario = Scenario::parse(&file.to_string(), "alike.json", &mut loader).unwrap();
        let mut chain = ChainBuilder::new(ChainForm::B);
        let mut made = |function: &str, params: &[u8]| {
            chain.wasm_call(function, params, 0);
            // The native `echo` shows that it keeps nothing.
            chain.wasm_result(function, Some(b""), b"null", 0);
        };
        made("theater:simple/actor.init", b"null");
        let send = "theater:simple/message-server-client.handle-send";
        (0..handled).for_each(|_| made(send, json!([b"x"]).to_string().as_bytes()));
        if unsent {
            made(send, json!([b"nobody sent this"]).to_string().as_bytes());
        }
        let record = Arc::new(crate::revive::record::of_events("a", chain.take_events()));
        let tied = revive::replay_cast(&scenario, &[(ActorId(0), record)]).unwrap();
        assert!(tied[0].report.holds(), "{:?}", tied[0].report.divergence);
        (scenario, tied)
    }

    /// A search with so much patience, or as much as searches have; how much that was, and what was found.
    fn searched(
        (scenario, tied): &(Scenario, Vec<Tied>),
        most: u64,
        patience: Option<u64>,
    ) -> (u64, OrderFound) {
        let scripts = scripts(scenario, tied, &crate::revive::order::drive_cast::told(scenario, tied));
        let terms = Terms {
            same: Same::Nothing,
            timers: Timers::AtWill,
            certain: Certain::Queue,
            stuck: false,
            beyond: false,
        };
        let before = Arc::new(SendOrder::none(scripts.len()));
        let mut cast = ScriptedCast::new(scenario, &scripts, Ids::default(), terms, &before);
        let mut search = Search::new(&mut cast, most);
        let usual = search.patience;
        search.patience = patience.unwrap_or(usual);
        (usual, search.run())
    }

    #[test]
    fn a_search_that_gains_goes_on() {
        let all = alike(60, 60, false);
        let (_, found) = searched(&all, 1_000_000, Some(10));
        assert!(found.complete && found.steps > 100, "{} steps", found.steps);
        // But not beyond what it may take in all.
        let (_, found) = searched(&all, 50, Some(10));
        assert!(!found.complete && found.bounded && found.steps == 50, "{} steps", found.steps);
    }

    #[test]
    fn a_search_that_gains_nothing_is_given_up() {
        let hopeless = alike(18, 17, true);
        let (usual, found) = searched(&hopeless, 200_000, Some(500));
        assert_eq!(usual, 25_000 + 100 * 38, "so much, and so much an event");
        assert!(!found.complete && found.bounded, "{} steps", found.steps);
        assert!((500..1500).contains(&found.steps), "{} steps", found.steps);
        // Who asks for very many steps has more patience too.
        assert_eq!(searched(&hopeless, 12_800_000, Some(500)).0, 100_000);
    }

    #[test]
    fn where_there_is_no_order_that_is_found_out() {
        let (_, found) = searched(&alike(3, 2, true), 200_000, None);
        assert!(!found.complete && !found.bounded, "{} steps", found.steps);
    }
}
