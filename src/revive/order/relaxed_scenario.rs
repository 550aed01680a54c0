//! A scenario whose clients say what came from outside, and not when: made to wait where the chains have others first.
//!
//! In Theater what comes from outside enters a mailbox at once. A client without waits is there with all that it sends before
//! anybody else has moved, and real clients hardly ever are.

use super::schedule::{Tied, Woven, follow, schedule_draft, search_beyond};
use crate::error::Result;
use crate::profile::Profile;
use crate::revive::draft::{bytes, init_fails, paced};
use crate::scenario::{LikeSpec, Scenario, ScenarioFile, Step, TheaterSpec};

/// Looks for an order that explains the chains in scenarios that are like `file` but say less of when, the likest first:
/// that scenario, what was found, and in what the scenario is another. `beyond`: whoever is at the end of its chain goes on. `load` reads one.
///
/// # Errors
/// When one cannot be read.
pub fn schedule_loosely(
    file: &ScenarioFile,
    profile: Profile,
    tied: &[Tied],
    (most, beyond): (u64, bool),
    load: &mut dyn FnMut(&ScenarioFile) -> Result<Scenario>,
) -> Result<Option<(Scenario, Woven, String)>> {
    let most = most.min(MOST_LOOSELY);
    for (changed, how) in others(file, profile, tied) {
        let (scenario, woven) = match beyond {
            false => schedule_draft(changed, tied, most, load)?,
            true => {
                let scenario = load(&changed)?;
                let found = search_beyond(&scenario, tied, true, most);
                follow(changed, &scenario, tied, found, load)?
            }
        };
        if woven.holds() {
            return Ok(Some((scenario, woven, how.join("; "))));
        }
    }
    Ok(None)
}

/// How many steps are tried in each.
const MOST_LOOSELY: u64 = 400_000;

const STATES: &str = "actors begin with the states that explain their chains, which it does not give";
const LIKE_B: &str =
    "its router is as on 2026-01-14 (`\"theater\": {\"like\": \"b\"}`), which it does not say";
const WAITS: &str = "its clients wait where the chains have others first";
const SPLIT: &str =
    "each step of a client is a client of its own: some came while earlier ones were not answered";

type Changed = (ScenarioFile, Vec<&'static str>);

fn others(file: &ScenarioFile, profile: Profile, tied: &[Tied]) -> Vec<Changed> {
    let mut own = file.clone();
    own.profile = Some(profile.name().to_owned());
    let stated = with_states(&mut own, tied).then_some(STATES);
    let told = own.theater.as_ref().is_some_and(|theater| theater.like.is_some());
    let mut bases: Vec<Changed> = vec![(own.clone(), stated.into_iter().collect())];
    if profile == Profile::Theater03 && !told {
        bases.push((like_b(own), stated.into_iter().chain([LIKE_B]).collect()));
    }
    // The first of them is the scenario itself, unless it got states: then it was tried before.
    let mut found: Vec<Changed> = bases.iter().filter(|(_, how)| !how.is_empty()).cloned().collect();
    if profile == Profile::Actors {
        return found;
    }
    let with = |how: &[&'static str], more: &[&'static str]| [how, more].concat();
    found.extend(bases.iter().map(|(base, how)| (waiting(base.clone()), with(how, &[WAITS]))));
    for (base, how) in &bases {
        let apart = apart(base.clone(), "");
        if apart.clients.0.len() > base.clients.0.len() {
            found.push((waiting(apart), with(how, &[WAITS, SPLIT])));
        }
    }
    found
}

/// Gives the actors that have no state the one that explains their chain; whether any got one.
fn with_states(file: &mut ScenarioFile, tied: &[Tied]) -> bool {
    let mut any = false;
    for (place, (_, actor)) in file.actors.0.iter_mut().enumerate() {
        let Some(one) = tied.iter().find(|one| one.actor.index() == place) else { continue };
        if actor.state.is_some() {
            continue;
        }
        if let Some(message) = &one.report.init_failed {
            actor.init_fails = Some(init_fails(&one.record, message));
            any = true;
        }
        if let Some(state) = &one.report.state {
            actor.state = Some(bytes(state));
            any = true;
        }
    }
    any
}

fn like_b(mut file: ScenarioFile) -> ScenarioFile {
    file.theater.get_or_insert_with(TheaterSpec::default).like = Some(LikeSpec::B);
    file
}

pub(super) fn waiting(mut file: ScenarioFile) -> ScenarioFile {
    file.clients.0.iter_mut().for_each(|(_, steps)| *steps = paced(std::mem::take(steps)));
    file
}

/// Each step a client of its own, where none needs what another one left.
pub(super) fn apart(mut file: ScenarioFile, word: &str) -> ScenarioFile {
    let alone = |step: &Step| {
        let acts = step.send.is_some() || step.request.is_some();
        (acts || step.stop.is_some() || step.terminate.is_some()) && step.capture.is_empty()
    };
    let clients = std::mem::take(&mut file.clients.0).into_iter().flat_map(|(name, mut steps)| {
        steps.retain(|step| step.wait.is_none());
        if steps.len() < 2 || !steps.iter().all(alone) {
            return vec![(name, steps)];
        }
        let named = |(place, step)| (format!("{name}-{word}{}", place + 1), vec![step]);
        steps.into_iter().enumerate().map(named).collect()
    });
    file.clients.0 = clients.collect();
    file
}
