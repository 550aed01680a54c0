//! An order of events that explains the chains of several actors of one run, checked by running it.

use super::drive_cast::{self, replay_cast};
use super::explanation::{Explained, explain};
use super::follow_order::FollowedOrder;
use super::outside_senders;
use super::script::Script;
use super::scripted_cast::ScriptedCast;
use super::search::{OrderFound, Search};
use super::send_order::SendOrder;
use super::terms::{self, Certain, Terms};
use crate::error::Result;
use crate::id::ActorId;
use crate::profile::Profile;
use crate::property::{Builtins, Monitor};
use crate::revive::id_map::Ids;
use crate::revive::message_key::addressee;
use crate::revive::record::ChainRecord;
use crate::revive::report::Report;
use crate::run::{Keep, Outcome, Simulation};
use crate::scenario::{Scenario, ScenarioFile};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many steps are tried in all, unless more are asked for.
pub const MOST_STEPS: u64 = 4_000_000;
/// How many are tried at first.
const FEW: Steps = Steps { least: 100_000, each_event: 8 };
/// How many are tried in each way before more are in any.
const FEWER: Steps = Steps { least: 4_000, each_event: 2 };
/// How many are tried for an order in which ids, or times, are the very same: it is soon seen where there is none.
const MOST_STRICT: u64 = 200_000;
/// How many are tried for such an order before any other.
const FEW_STRICT: u64 = 10_000;
/// What part of all is tried in each way but the last ones.
const MOST_PART: u64 = 4;

/// How many steps are tried: so many for each event of the chains, and no fewer than `least`.
struct Steps {
    least: u64,
    each_event: u64,
}

impl Steps {
    fn of(&self, tied: &[Tied]) -> u64 {
        let events: usize = tied.iter().map(|one| one.record.entries.len()).sum();
        self.least.max(events as u64 * self.each_event)
    }
}

/// A chain, whose it is, and what came of driving that actor from it.
#[derive(Clone)]
pub struct Tied {
    /// The actor.
    pub actor: ActorId,
    /// Its chain.
    pub record: Arc<ChainRecord>,
    /// What came of it.
    pub report: Report,
}

/// How many steps are to be tried at first: where chains determine an order it is found in these. Before any more are, what else may explain the
/// chains is tried.
pub fn quick(tied: &[Tied], most: u64) -> u64 {
    FEW.of(tied).min(most)
}

/// An order that was found, or the one that came nearest.
pub struct Woven {
    /// The run, recorded.
    pub outcome: Outcome,
    /// Each actor that has a chain.
    pub actors: Vec<Explained>,
    /// How the search went.
    pub found: OrderFound,
    /// Whether the run went as the order says.
    pub followed: bool,
    /// What cannot be reconciled, where there is no order.
    pub conflict: Vec<String>,
}

impl Woven {
    /// Whether every chain is explained.
    pub fn holds(&self) -> bool {
        self.actors.iter().all(|actor| actor.unlike.is_none())
    }
}

/// Finds an order of events of `scenario` that explains `chains`. Where there is none, the one that explains most.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, ChainReader, Limits, Opened, write_array};
/// use rehearsal::id::ActorId;
/// use rehearsal::load::FileLoader;
/// use rehearsal::revive::{ChainRecord, MOST_STEPS, schedule};
/// use rehearsal::scenario::Scenario;
/// use std::sync::Arc;
///
/// // Two clients, and nothing says whose message is there first.
/// let text = r#"{"rehearsal": 1, "name": "two", "actors": {"a": {"native": "echo"}}, "clients": {
///     "one": [{"send": {"to": "a", "body": {"text": "1"}}}],
///     "two": [{"send": {"to": "a", "body": {"text": "2"}}}]}}"#;
/// let scenario = Scenario::parse(text, "two.json", &mut FileLoader::new(".", None))?;
///
/// // By the chain of `a` it was that of `two`.
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// for (export, params) in [
///     ("theater:simple/actor.init", &b"null"[..]),
///     ("theater:simple/message-server-client.handle-send", b"[[50]]"),
///     ("theater:simple/message-server-client.handle-send", b"[[49]]"),
/// ] {
///     chain.wasm_call(export, params, 0);
///     chain.wasm_result(export, Some(b""), b"null", 0);
/// }
/// let mut file = Vec::new();
/// write_array(&mut file, chain.events())?;
/// let events = ChainReader::new(std::io::Cursor::new(file), "a.json", Limits::default())?;
/// let record = ChainRecord::read(Opened { name: "a.json".into(), events: Box::new(events) })?;
///
/// let woven = schedule(&scenario, &[(ActorId(0), Arc::new(record))], MOST_STEPS)?;
/// assert!(woven.holds());
/// let delivered: Vec<ActorId> = woven.found.path.iter().map(|(event, _)| event.from).collect();
/// assert_eq!(delivered, [scenario.setting.directory.find("two").unwrap(), scenario.setting.directory.find("one").unwrap()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When a chain asks for something that cannot be made here.
pub fn schedule(scenario: &Scenario, chains: &[(ActorId, Arc<ChainRecord>)], most: u64) -> Result<Woven> {
    Ok(schedule_tied(scenario, &replay_cast(scenario, chains)?, most))
}

/// The same where the actors were driven from their chains already.
pub fn schedule_tied(scenario: &Scenario, tied: &[Tied], most: u64) -> Woven {
    let found = search(scenario, tied, None, most);
    weave(scenario, tied, found)
}

/// The same, where whoever is at the end of its chain goes on, played by its component: the chain was cut off there.
pub fn schedule_beyond(scenario: &Scenario, tied: &[Tied], most: u64) -> Woven {
    let found = search_beyond(scenario, tied, false, most);
    weave(scenario, tied, found)
}

/// The same for a scenario that was drafted: what comes from outside comes when it suits, and the draft is made to say when.
/// `load` reads a scenario.
///
/// # Errors
/// When the draft cannot be read.
pub fn schedule_draft(
    draft: ScenarioFile,
    tied: &[Tied],
    most: u64,
    load: &mut dyn FnMut(&ScenarioFile) -> Result<Scenario>,
) -> Result<(Scenario, Woven)> {
    let scenario = load(&draft)?;
    let found = search(&scenario, tied, Some(&draft), most);
    follow(draft, &scenario, tied, found, load)
}

/// Makes a draft say when, as it was found.
pub(super) fn follow(
    mut draft: ScenarioFile,
    scenario: &Scenario,
    tied: &[Tied],
    found: OrderFound,
    load: &mut dyn FnMut(&ScenarioFile) -> Result<Scenario>,
) -> Result<(Scenario, Woven)> {
    super::follow_order::set_waits(&mut draft, scenario.setting.directory.names(), &found.path);
    let scenario = load(&draft)?;
    let woven = weave(&scenario, tied, found);
    Ok((scenario, woven))
}

/// The parts that the actors have in a run.
pub(super) fn scripts(
    scenario: &Scenario,
    tied: &[Tied],
    told: &[Option<String>],
) -> Vec<Option<Arc<Script>>> {
    let mut scripts: Vec<Option<Script>> = vec![None; scenario.factories.len()];
    for one in tied {
        scripts[one.actor.index()] = Some(Script::of(&one.record, &one.report));
    }
    super::inside_messages::mark(scenario, tied, told, &mut scripts);
    scripts.into_iter().map(|script| script.map(Arc::new)).collect()
}

/// Looks for an order in which actors go on where their chains end. Who sent what is not certain then.
pub(super) fn search_beyond(scenario: &Scenario, tied: &[Tied], at_will: bool, most: u64) -> OrderFound {
    let told = drive_cast::told(scenario, tied);
    let scripts = scripts(scenario, tied, &told);
    let ids = known_ids(scenario, tied, Some(&told)).unwrap_or_default();
    let terms = Terms { certain: Certain::Queue, beyond: true, ..Terms::least(scenario, at_will) };
    let before = Arc::new(SendOrder::none(scripts.len()));
    let look = |terms: Terms| {
        let mut cast = ScriptedCast::new(scenario, &scripts, ids.clone(), terms, &before);
        Search::new(&mut cast, most).run()
    };
    let found = look(terms);
    if found.complete {
        found
    } else {
        look(Terms { certain: Certain::Nothing, ..terms.under_loose_clock() })
    }
}

/// Looks for an order: where every id is the run's own first, as a run of ours is told by its ids; then without. In each way a few steps first:
/// where chains determine an order it is found in these, and where they do not, another way may find it sooner.
fn search(scenario: &Scenario, tied: &[Tied], draft: Option<&ScenarioFile>, most: u64) -> OrderFound {
    let asked = Asked::of(scenario, tied, draft);
    let mut ways = terms::ways(scenario, draft.is_some());
    let ours = super::own_ids::may_be_ours(scenario, tied);
    ways.retain(|terms| ours || !terms.same_ids());
    let few = FEWER.of(tied).min(most);
    let mut nearest: Option<OrderFound> = None;
    for bound in [few, most] {
        let mut left = Vec::new();
        for terms in ways {
            let Some(found) = asked.look(terms, steps(terms, bound, few, most)) else { continue };
            if found.complete {
                return found;
            }
            let bounded = found.bounded;
            if !terms.same_ids() && nearest.as_ref().is_none_or(|nearest| found.events() > nearest.events()) {
                nearest = Some(found);
            }
            // Where the bound ended it, more of the same would only take longer.
            if bounded && bound > few && !terms.senders_certain() {
                return nearest
                    .unwrap_or_else(|| unreachable!("a search without the run's own ids was made"));
            }
            left.extend(bounded.then_some(terms));
        }
        ways = left;
    }
    nearest.unwrap_or_else(|| unreachable!("at least one search was made"))
}

/// How many steps are tried in one way: where `bound` is `few`, before more are in any.
fn steps(terms: Terms, bound: u64, few: u64, most: u64) -> u64 {
    match (bound == few, terms.same_ids()) {
        (true, true) => few.max(FEW_STRICT).min(most),
        (true, false) => few,
        (false, true) => MOST_STRICT.min(most),
        (false, false) if terms.senders_certain() => most / MOST_PART,
        (false, false) => most,
    }
}

/// What is to be explained, and what is known of it whatever is asked of an order.
struct Asked<'a> {
    scenario: &'a Scenario,
    tied: &'a [Tied],
    told: Vec<Option<String>>,
    scripts: Vec<Option<Arc<Script>>>,
    /// What was sent before what, as it is certain.
    certain: Arc<SendOrder>,
    /// The same with what is likely, where ids do not tell more.
    likely: Arc<SendOrder>,
}

impl<'a> Asked<'a> {
    fn of(scenario: &'a Scenario, tied: &'a [Tied], draft: Option<&ScenarioFile>) -> Asked<'a> {
        let told = drive_cast::told(scenario, tied);
        let scripts = scripts(scenario, tied, &told);
        let begun =
            draft.map(|draft| outside_senders::begun(draft, scenario, (tied, &told))).unwrap_or_default();
        let theater = scenario.profile != Profile::Actors;
        let order =
            |likely| Arc::new(SendOrder::of(scenario, (tied, &told), &scripts, likely).with(&begun, theater));
        let (certain, likely) = (order(false), order(true));
        Asked { scenario, tied, told, scripts, certain, likely }
    }

    /// Looks for an order in one way, with no more than so many steps. Nothing where ids are to be the same and cannot be.
    fn look(&self, terms: Terms, most: u64) -> Option<OrderFound> {
        let told = (!terms.same_ids()).then_some(&self.told[..]);
        let ids = known_ids(self.scenario, self.tied, told)?;
        let before = if terms.same_ids() { &self.certain } else { &self.likely };
        let mut cast = ScriptedCast::new(self.scenario, &self.scripts, ids, terms, before);
        Some(Search::new(&mut cast, most).run())
    }
}

/// The addresses of the chains and those of the scenario. Where it is not for the chains to [tell](drive_cast::told), they are to be the same, and
/// there is nothing where they are not.
fn known_ids(scenario: &Scenario, tied: &[Tied], told: Option<&[Option<String>]>) -> Option<Ids> {
    let strict = told.is_none();
    let (mut ids, told) = match told {
        None => (Ids::new(true), tied.iter().map(|one| one.record.address()).collect()),
        Some(told) => (drive_cast::certain(scenario, tied), told.to_vec()),
    };
    // An address of the scenario's own that the chains name is that very one.
    let sent: BTreeSet<String> =
        tied.iter().flat_map(|one| one.report.sent()).filter_map(addressee).collect();
    let named = |ours: &str| sent.contains(ours);
    for (one, told) in tied.iter().zip(told) {
        let ours = scenario.setting.directory.address(one.actor);
        let theirs = match told.as_deref().filter(|_| strict || !named(ours)) {
            Some(told) => told,
            // What comes from outside may yet tell it.
            None if !strict && !named(ours) => continue,
            None => ours,
        };
        if !ids.bind(ours.as_bytes(), theirs.as_bytes()) && strict {
            return None;
        }
    }
    Some(ids)
}

/// Runs the order, and compares what comes of it with the chains.
fn weave(scenario: &Scenario, tied: &[Tied], found: OrderFound) -> Woven {
    let mut setting = Arc::clone(&scenario.setting);
    Arc::make_mut(&mut setting).clock = found.clock;
    let monitor = Monitor::new(Arc::new([]), Builtins::NONE);
    let factories = scenario.factories.clone();
    let mut simulation =
        Simulation::new(setting, scenario.profile, factories, monitor, scenario.shows_state.clone());
    let order = FollowedOrder::new(&found);
    let missed = order.missed();
    let (outcome, _) = simulation.run(Box::new(order), Keep { trace: true, acts: true });
    let mut ids = match found.complete {
        true => found.ids.clone(),
        false => known_ids(scenario, tied, Some(&drive_cast::told(scenario, tied))).unwrap_or_default(),
    };
    let explained = tied.iter().map(|one| explain(scenario, &outcome, one, &mut ids));
    let actors: Vec<Explained> = explained.collect();
    let conflict = if actors.iter().any(|actor| actor.unlike.is_some()) {
        super::conflict::conflict(scenario, tied, &found)
    } else {
        Vec::new()
    };
    Woven { outcome, actors, followed: missed.is_none(), found, conflict }
}
