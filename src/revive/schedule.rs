//! An order of deliveries that explains the chains of several actors of one run, checked by running it.

use super::ids::Ids;
use super::record::{Entry, Record};
use super::weave::{Line, Loom, Shared, Weaver};
use crate::chain::{
    ChainEvent, ChainForm, Decoded, Generation, Invocation, MESSAGING, Reply, decode, summary,
};
use crate::id::ActorId;
use crate::property::{Builtins, Monitor};
use crate::run::{Keep, Outcome, Simulation, chain};
use crate::scenario::Scenario;
use crate::state::Clock;
use std::sync::Arc;

/// How many orders are tried where the chains leave a choice.
const MOST_TRIES: usize = 256;

/// How far one actor's chain is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The actor.
    pub actor: String,
    /// The events of the chain that the run made again.
    pub matched: usize,
    /// The events that were to be made: the runtime's own, and what the chain does not hold, left out.
    pub of: usize,
    /// Whether the run's chain has the very head that the recorded one has.
    pub same_head: bool,
    /// The first event that is not explained: its place, what the chain says, what the run did.
    pub unlike: Option<(usize, String, String)>,
}

/// An order that was found, or the one that came nearest.
pub struct Woven {
    /// The run, recorded.
    pub outcome: Outcome,
    /// Each actor that has a chain.
    pub actors: Vec<Explained>,
    /// How many orders were tried.
    pub tries: usize,
    /// How many times the chains left a choice.
    pub choices: usize,
}

impl Woven {
    /// Whether every chain is explained.
    pub fn holds(&self) -> bool {
        self.actors.iter().all(|actor| actor.unlike.is_none())
    }

    fn matched(&self) -> usize {
        self.actors.iter().map(|actor| actor.matched).sum()
    }
}

/// Finds an order of events of `scenario` that explains `chains`. Where there is none, the one that explains most.
pub fn schedule(scenario: &Scenario, chains: &[(ActorId, Arc<Record>)]) -> Woven {
    let mut picks: Vec<usize> = Vec::new();
    let mut best: Option<Woven> = None;
    for tries in 1..=MOST_TRIES {
        let (woven, forks) = weave(scenario, chains, &picks, tries);
        if woven.holds() {
            return woven;
        }
        if best.as_ref().is_none_or(|best| woven.matched() > best.matched()) {
            best = Some(woven);
        }
        match another(forks) {
            Some(next) => picks = next,
            None => break,
        }
    }
    let mut best = best.unwrap_or_else(|| unreachable!("at least one order was tried"));
    best.tries = MOST_TRIES.min(best.tries.max(1));
    best
}

/// The next choices to try: the last one that has another, changed.
fn another(mut forks: Vec<(usize, usize)>) -> Option<Vec<usize>> {
    while let Some((pick, many)) = forks.pop() {
        if pick + 1 < many {
            let mut picks: Vec<usize> = forks.iter().map(|(pick, _)| *pick).collect();
            picks.push(pick + 1);
            return Some(picks);
        }
    }
    None
}

fn weave(
    scenario: &Scenario,
    chains: &[(ActorId, Arc<Record>)],
    picks: &[usize],
    tries: usize,
) -> (Woven, Vec<(usize, usize)>) {
    let mut setting = Arc::clone(&scenario.setting);
    Arc::make_mut(&mut setting).clock = Clock::Loose;
    let mut lines: Vec<Option<Line>> = vec![None; scenario.factories.len()];
    for (actor, record) in chains {
        lines[actor.index()] = Some(Line::new(record));
    }
    let shared = Shared::new(lines, &setting.directory, picks);
    let watched = scenario.factories.iter().enumerate();
    let watched = watched.map(|(place, factory)| shared.watch(ActorId(place as u32), factory)).collect();
    let monitor = Monitor::new(Arc::new([]), Builtins::NONE);
    let mut simulation =
        Simulation::new(setting, scenario.profile, watched, monitor, scenario.shows_state.clone());
    let keep = Keep { trace: true, acts: true };
    let (outcome, _) = simulation.run(Box::new(Weaver(shared.clone())), keep);
    let mut loom = shared.loom();
    let actors =
        chains.iter().map(|(actor, record)| explain(scenario, &outcome, *actor, record, &mut loom)).collect();
    let forks = loom.forks.clone();
    (Woven { outcome, actors, tries, choices: forks.len() }, forks)
}

fn explain(
    scenario: &Scenario,
    outcome: &Outcome,
    actor: ActorId,
    record: &Record,
    loom: &mut Loom,
) -> Explained {
    let directory = &scenario.setting.directory;
    let form = if record.generation == Generation::B { ChainForm::B } else { ChainForm::A };
    let made = outcome.acts.as_ref().map(|acts| chain(acts, actor, form, directory)).unwrap_or_default();
    let same_head =
        made.last().map(|event| event.hash) == record.entries.last().map(|entry| entry.event.hash);
    let made: Vec<(ChainEvent, Decoded)> = made
        .into_iter()
        .map(|event| {
            let said = decode(&event);
            (event, said)
        })
        .filter(|(event, said)| counts(&event.event_type, said, record.silent))
        .collect();
    let wanted: Vec<(usize, &Entry)> = record
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| counts(&entry.event.event_type, &entry.said, record.silent))
        .collect();
    let mut explained = Explained {
        actor: directory.name(actor).to_owned(),
        matched: 0,
        of: wanted.len(),
        same_head,
        unlike: None,
    };
    for (count, (place, entry)) in wanted.iter().enumerate() {
        let ours = made.get(count);
        if !ours.is_some_and(|(_, said)| same(said, &entry.said, &mut loom.ids)) {
            let did = ours.map_or_else(|| nothing(loom, actor), |(event, _)| summary(event));
            explained.unlike = Some((*place, summary(&entry.event), did));
            break;
        }
        explained.matched += 1;
    }
    explained
}

fn nothing(loom: &Loom, actor: ActorId) -> String {
    let left = loom.lines[actor.index()].as_ref().and_then(Line::left);
    match left {
        Some(place) => format!("nothing: no message that anyone sent is that of event {place}"),
        None => "nothing more".to_owned(),
    }
}

/// Whether an event is one that a run here makes too.
fn counts(event_type: &str, said: &Decoded, silent: bool) -> bool {
    let of_the_runtime = matches!(said, Decoded::SetUp { .. } | Decoded::Stopped);
    let unrecorded = silent && event_type.starts_with(MESSAGING);
    !of_the_runtime && !unrecorded
}

/// Whether two events say the same but for ids.
fn same(made: &Decoded, recorded: &Decoded, ids: &mut Ids) -> bool {
    let ((ours, our_bytes), (theirs, their_bytes)) = (flat(made), flat(recorded));
    ours == theirs
        && our_bytes.len() == their_bytes.len()
        && our_bytes.iter().zip(&their_bytes).all(|(a, b)| ids.alike(a, b, true))
}

/// An event as a word and bytes that may hold ids.
fn flat(said: &Decoded) -> (String, Vec<Vec<u8>>) {
    match said {
        Decoded::Call { export, params } => {
            let parts = match Invocation::of(export, params) {
                Invocation::Init(_) => vec![],
                Invocation::Send(data) => vec![data],
                Invocation::Request(id, data)
                | Invocation::ChannelOpen(id, data)
                | Invocation::ChannelMessage(id, data) => vec![id.into_bytes(), data],
                Invocation::ChannelClose(id) => vec![id.into_bytes()],
                Invocation::Other => vec![params.clone()],
            };
            (format!("call {export}"), parts)
        }
        Decoded::Returned { export, state, result } => {
            let (word, reply) = match Reply::of(export, result) {
                Reply::Request(Some(reply)) => ("answers", reply),
                Reply::Accept { accepted, message } => {
                    (if accepted { "accepts" } else { "refuses" }, message.unwrap_or_default())
                }
                _ => ("returns", result.clone()),
            };
            let stateless = if state.is_none() { " no state" } else { "" };
            (format!("{export} {word}{stateless}"), vec![state.clone().unwrap_or_default(), reply])
        }
        Decoded::Failed { export, message } => {
            let trapped = message.starts_with("Failed to call function: Failed to call WebAssembly");
            let message = if trapped { "trap" } else { message };
            (format!("{export} fails"), vec![message.as_bytes().to_vec()])
        }
        Decoded::Log { message } => ("log".to_owned(), vec![message.clone().into_bytes()]),
        Decoded::HostBegan { interface, function, input } => {
            (format!("{interface}/{function}"), vec![format!("{input:?}").into_bytes()])
        }
        Decoded::HostEnded { interface, function, answer } => {
            (format!("{interface}/{function} ends"), vec![format!("{answer:?}").into_bytes()])
        }
        Decoded::Host { interface, function, input, output } => {
            (format!("{interface}/{function}"), vec![format!("{input:?} {output:?}").into_bytes()])
        }
        other => (format!("{other:?}"), Vec::new()),
    }
}
