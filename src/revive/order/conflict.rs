//! What cannot be reconciled, where no order explains the chains: the fewest events that stand against each other.
//!
//! Each chain says what came before what at its actor. A message was sent before it was handled, an answer given before it
//! was had, and what one actor sent another was handled in the order in which it was sent. Where these lead in a circle,
//! the shortest such circle is the conflict.

use super::inside_messages::finder;
use super::schedule::Tied;
use super::scripted_cast::Clash;
use super::search::OrderFound;
use crate::call::HostAnswer;
use crate::chain::{Generation, summary};
use crate::id::ActorId;
use crate::revive::message_key::MessageKey;
use crate::revive::wording::shortened;
use crate::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A point of a chain: twice the place of an event where it begins, and one more where it ends.
type Place = (ActorId, usize);

/// How many events are looked at for a circle.
const MOST_STARTS: usize = 2000;

/// The events that stand against each other, line by line.
pub fn conflict(scenario: &Scenario, tied: &[Tied], found: &OrderFound) -> Vec<String> {
    let told = Told { scenario, tied };
    if let Some(lines) = told.diverged() {
        return lines;
    }
    let order = Order::of(scenario, tied);
    let circle = order.circle();
    if !circle.is_empty() {
        return circle.iter().map(|(from, to, why)| told.against(*from, *to, why)).collect();
    }
    let mut lines: Vec<String> = found.clash.iter().map(|clash| told.clash(clash)).collect();
    match order.passed_over {
        Some((sent, later)) => {
            lines.push(told.against(
                sent,
                later,
                "was sent before what is handled there, and is not handled",
            ));
        }
        None => lines.extend(told.waiting(&found.reached)),
    }
    lines
}

struct Told<'a> {
    scenario: &'a Scenario,
    tied: &'a [Tied],
}

impl Told<'_> {
    fn event(&self, (actor, point): Place) -> String {
        let place = point / 2;
        let name = self.scenario.setting.directory.name(actor);
        let entry =
            self.tied.iter().find(|one| one.actor == actor).and_then(|one| one.record.entries.get(place));
        let said = entry.map_or_else(|| "the end".to_owned(), |entry| shortened(&summary(&entry.event)));
        format!("event {place} of `{name}`, {said},")
    }

    fn against(&self, from: Place, to: Place, why: &str) -> String {
        format!("{} {why}: {}", self.event(from), self.event(to).trim_end_matches(','))
    }

    fn diverged(&self) -> Option<Vec<String>> {
        let found = self.tied.iter().filter_map(|one| {
            let found = one.report.divergence.as_ref()?;
            let event = self.event((one.actor, 2 * found.event));
            Some(format!("{event} is not what its component does: {}", found.made.0))
        });
        Some(found.collect::<Vec<_>>()).filter(|lines| !lines.is_empty())
    }

    fn clash(&self, clash: &Clash) -> String {
        format!(
            "{} cannot be where the others lead to: {}",
            self.event((clash.actor, 2 * clash.place)),
            clash.found
        )
    }

    /// What each actor that is not at its end waits for.
    fn waiting<'b>(&'b self, reached: &'b [usize]) -> impl Iterator<Item = String> + 'b {
        self.tied.iter().filter_map(|one| {
            let at = *reached.get(one.actor.index())?;
            let next = one.record.entries.iter().enumerate().skip(at).find(|(_, entry)| !entry.own())?.0;
            Some(format!("{} is never reached", self.event((one.actor, 2 * next))))
        })
    }
}

/// What must come before what. An event that is a call and its answer begins and ends: each is a point.
#[derive(Default)]
struct Order {
    points: BTreeMap<ActorId, BTreeSet<usize>>,
    after: BTreeMap<Place, Vec<(Place, &'static str)>>,
    /// Something sent and not handled, and what was handled that was sent later by the same actor to the same.
    passed_over: Option<(Place, Place)>,
}

/// A message that was sent: the points at which its call began and ended, whether it went well, and whether it is answered.
#[derive(Clone, Copy)]
struct Sent {
    began: Place,
    ended: Place,
    well: bool,
    answered: bool,
}

type Sendings = BTreeMap<MessageKey, BTreeMap<ActorId, VecDeque<Sent>>>;

impl Order {
    fn of(scenario: &Scenario, tied: &[Tied]) -> Order {
        let mut order = Order::default();
        let mut sendings = sendings(scenario, tied);
        for one in tied {
            order.handled(one, &mut sendings);
        }
        for (actor, points) in std::mem::take(&mut order.points) {
            let points: Vec<usize> = points.into_iter().collect();
            for pair in points.windows(2) {
                order.edge((actor, pair[0]), (actor, pair[1]), IN_CHAIN);
            }
        }
        order
    }

    fn edge(&mut self, from: Place, to: Place, why: &'static str) {
        for (actor, point) in [from, to] {
            self.points.entry(actor).or_default().insert(point);
        }
        self.after.entry(from).or_default().push((to, why));
    }

    /// Ties what an actor handled to who sent it, where only one can have.
    fn handled(&mut self, one: &Tied, sendings: &mut Sendings) {
        let mut of_sender: BTreeMap<ActorId, Vec<(Sent, Place)>> = BTreeMap::new();
        for (place, _, call) in one.record.calls() {
            let Some(key) = MessageKey::handled_not_over_channel(one.actor, &call) else { continue };
            let Some(senders) = sendings.get_mut(&key).filter(|senders| senders.len() == 1) else { continue };
            let Some((sender, waiting)) = senders.iter_mut().next() else { continue };
            let Some(sent) = waiting.pop_front() else { continue };
            let here = (one.actor, 2 * place);
            of_sender.entry(*sender).or_default().push((sent, here));
            self.edge(sent.began, here, "sends what is handled there");
            if let Some(end) = one.record.end_of(place).filter(|_| sent.answered) {
                self.edge((one.actor, 2 * end), sent.ended, "is the answer that was had there");
            }
        }
        for pairs in of_sender.values_mut() {
            pairs.sort_by_key(|(sent, _)| sent.began);
            for pair in pairs.windows(2) {
                self.edge(pair[0].1, pair[1].1, "was sent to it before, by the same actor,");
            }
        }
        let left = sendings.iter().filter(|(key, _)| key.to == Some(one.actor));
        for (sender, sent) in left.flat_map(|(_, senders)| {
            senders.iter().flat_map(|(who, left)| left.iter().map(move |sent| (who, sent)))
        }) {
            let handled = of_sender.get(sender).and_then(|pairs| pairs.last());
            if let Some((_, here)) = handled.filter(|(last, _)| sent.well && last.began > sent.began) {
                self.passed_over.get_or_insert((sent.began, *here));
            }
        }
    }

    /// The shortest circle, event by event.
    fn circle(&self) -> Vec<(Place, Place, &'static str)> {
        let mut best: Vec<(Place, Place, &'static str)> = Vec::new();
        let across = |edges: &Vec<(Place, &str)>| edges.iter().any(|(_, why)| *why != IN_CHAIN);
        for (start, _) in self.after.iter().filter(|(_, edges)| across(edges)).take(MOST_STARTS) {
            let found = self.circle_from(*start);
            if !found.is_empty() && (best.is_empty() || found.len() < best.len()) {
                best = found;
            }
        }
        best
    }

    fn circle_from(&self, start: Place) -> Vec<(Place, Place, &'static str)> {
        let mut from: BTreeMap<Place, (Place, &'static str)> = BTreeMap::new();
        let mut next = VecDeque::from([start]);
        while let Some(here) = next.pop_front() {
            for (to, why) in self.after.get(&here).into_iter().flatten() {
                if from.contains_key(to) {
                    continue;
                }
                from.insert(*to, (here, why));
                if *to == start {
                    return short(start, &from);
                }
                next.push_back(*to);
            }
        }
        Vec::new()
    }
}

const IN_CHAIN: &str = "comes, in its chain, before";

/// The way round, steps along one chain taken together.
fn short(start: Place, from: &BTreeMap<Place, (Place, &'static str)>) -> Vec<(Place, Place, &'static str)> {
    let (mut way, mut at) = (Vec::new(), start);
    while let Some((before, why)) = from.get(&at) {
        way.push((*before, at, *why));
        at = *before;
        if at == start {
            break;
        }
    }
    way.reverse();
    let mut short: Vec<(Place, Place, &'static str)> = Vec::new();
    for (from, to, why) in way {
        match short.last_mut().filter(|(.., last)| *last == IN_CHAIN && why == IN_CHAIN) {
            Some(last) => last.1 = to,
            None => short.push((from, to, why)),
        }
    }
    short
}

/// What the chains send, by what its receiver's chain would have of it.
fn sendings(scenario: &Scenario, tied: &[Tied]) -> Sendings {
    let told = super::drive_cast::told(scenario, tied);
    let find = finder(scenario, tied, &told);
    let mut sendings = Sendings::new();
    for one in tied {
        for made in one.report.script.iter().flatten().filter(|made| !made.unrecorded) {
            let Some(key) = MessageKey::sent_to_actor(&made.call, &find) else { continue };
            // In generation A the call and its answer are two events.
            let two = one.record.generation != Generation::B && made.answer.is_some();
            let began = (one.actor, 2 * made.place.saturating_sub(usize::from(two)));
            let sent = Sent {
                began,
                ended: (one.actor, 2 * made.place + 1),
                well: !matches!(made.answer, Some(HostAnswer::Refused(_)) | None),
                answered: matches!(made.answer, Some(HostAnswer::Bytes(_) | HostAnswer::Text(_))),
            };
            sendings.entry(key).or_default().entry(one.actor).or_default().push_back(sent);
        }
    }
    sendings
}
