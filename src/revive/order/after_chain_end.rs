//! Where a chain ends before those of its peers: its component goes on without it.
//!
//! Whoever crashed, or whose file was cut off, left a chain that says nothing of what came then. Its peers' chains may.

use super::relaxed_scenario::apart;
use super::schedule::{Tied, Woven, follow, search_beyond};
use super::scripted_cast::{Clash, FOR_EVER, ScriptedCast};
use super::world::Retold;
use crate::actor::{Called, Ended, Input};
use crate::call::HostCall;
use crate::error::Result as Read;
use crate::id::ActorId;
use crate::payload::Payload;
use crate::profile::Profile;
use crate::scenario::{Scenario, ScenarioFile};
use std::collections::BTreeSet;

/// How many steps are tried, where actors go on beyond the ends of their chains.
pub const MOST_BEYOND: u64 = 400_000;
/// How many clients a draft may get.
const MOST_CLIENTS: usize = 1000;

/// Looks for an order that explains the chains in a draft, where whoever is at the end of its chain goes on, played by its component.
/// What the draft has clients send may then come from them: so each step is a client of its own, and who is not needed goes. `load` reads
/// a scenario.
///
/// # Errors
/// When the draft cannot be read.
pub fn draft_beyond(
    draft: &ScenarioFile,
    profile: Profile,
    tied: &[Tied],
    most: u64,
    load: &mut dyn FnMut(&ScenarioFile) -> Read<Scenario>,
) -> Read<Option<(Scenario, Woven)>> {
    let (whole, most) = (draft.clone(), most.min(MOST_BEYOND));
    let mut split = apart(whole.clone(), "step-");
    if profile != Profile::Actors {
        split = super::relaxed_scenario::waiting(split);
    }
    let split = (split.clients.0.len() > whole.clients.0.len()).then_some(split);
    for draft in [Some(whole), split].into_iter().flatten() {
        if draft.clients.0.len() > MOST_CLIENTS {
            break;
        }
        let scenario = load(&draft)?;
        let found = search_beyond(&scenario, tied, true, most);
        if !found.complete {
            continue;
        }
        let of = |name: &str| scenario.setting.directory.find(name);
        let busy: BTreeSet<ActorId> =
            found.path.iter().flat_map(|(event, _)| [event.from, event.to]).collect();
        let mut fewer = draft.clone();
        fewer.clients.0.retain(|(name, _)| of(name).is_some_and(|client| busy.contains(&client)));
        let lean = load(&fewer)?;
        let again = search_beyond(&lean, tied, true, most);
        let (scenario, woven) = match again.complete {
            true => follow(fewer, &lean, tied, again, load)?,
            false => follow(draft, &scenario, tied, found, load)?,
        };
        if woven.holds() {
            return Ok(Some((scenario, woven)));
        }
    }
    Ok(None)
}

impl ScriptedCast {
    /// The state before the part under way, where its component is to play it: the chain ends in it, and keeps no messaging calls, or
    /// is to be gone on from.
    pub(super) fn tail_of(&self, me: ActorId) -> Option<&Option<Payload>> {
        let (script, cursor) = (self.script(me)?, &self.cursors[me.index()]);
        let plays = script.record.silent || self.terms.beyond && script.after.is_some();
        let last = cursor.next.checked_sub(1).filter(|_| cursor.open && plays);
        last.and_then(|last| script.parts.get(last)?.tail.as_ref())
    }

    /// Whether a participant is in the part that its component plays.
    pub fn in_tail(&self, me: ActorId) -> bool {
        self.tail_of(me).is_some()
    }

    /// Whether a participant is behind the end of its chain, and goes on.
    pub(super) fn is_free(&self, me: ActorId) -> bool {
        let cursor = &self.cursors[me.index()];
        let over = |script: &std::sync::Arc<super::script::Script>| {
            script.after.is_some() && !cursor.open && cursor.next >= script.parts.len()
        };
        self.terms.beyond && self.script(me).is_some_and(over)
    }

    /// The same for this input: the beginning of an actor whose chain lacks its own was before it.
    pub(super) fn goes_on(&self, me: ActorId, input: &Input) -> bool {
        let headless =
            *input == Input::Init && self.script(me).is_some_and(|script| !script.parts.is_empty());
        self.is_free(me) && !headless
    }

    /// Who did something that its chain does not hold, since it ends before.
    pub(super) fn went_on(&self) -> Vec<ActorId> {
        let all = (0..self.cursors.len()).map(|place| ActorId(place as u32));
        let beyond = |who: &ActorId| {
            let turns = self.others[who.index()].as_ref().map_or(0, Retold::turns);
            let cursor = &self.cursors[who.index()];
            let part = cursor.next.checked_sub(1).and_then(|last| self.script(*who)?.parts.get(last));
            let inside = part.is_some_and(|part| self.in_tail(*who) && cursor.made > part.moves.len());
            self.terms.beyond && self.script(*who).is_some() && turns > 0 && (self.is_free(*who) || inside)
        };
        all.filter(beyond).collect()
    }

    /// From here on a component plays, with this state. Ids in it are the chains'; what it gets from here on has the run's.
    pub(super) fn hand_over(&mut self, me: ActorId, state: Option<&Payload>) {
        let state = state.map(|state| self.ids.in_bytes(state));
        self.stand.world().state.participant_mut(me).state = state;
        self.others[me.index()] = Some(Retold::new(&self.factories[me.index()]));
        let cursor = &mut self.cursors[me.index()];
        (cursor.logs, cursor.made) = (0, 0);
    }

    /// One turn of its component.
    fn its_own(&mut self, me: ActorId, input: Input) -> Ended {
        let Some(other) = &mut self.others[me.index()] else { return Ended::Awaiting };
        self.stand.world().ids = Some(std::mem::take(&mut self.ids));
        let ended = other.turn(me, input, &mut self.stand);
        let world = self.stand.world();
        self.ids = world.ids.take().unwrap_or_default();
        world.wanted.clear();
        self.cursors[me.index()].logs += world.logs;
        ended
    }

    /// A turn behind the end of the chain.
    pub(super) fn freely(&mut self, me: ActorId, input: Input) -> Ended {
        if self.others[me.index()].as_ref().is_none_or(|other| other.turns() == 0) {
            let after = self.script(me).and_then(|script| script.after.clone().flatten());
            self.hand_over(me, after.as_ref());
        }
        self.its_own(me, input)
    }

    /// The end of a chain, in the middle of a call: what was done after the last event only the component can tell, and where the chain
    /// keeps no messaging calls, also what was done before it.
    pub(super) fn tail(&mut self, me: ActorId, input: Input) -> Result<Ended, Clash> {
        let Some(script) = self.script(me).cloned() else { return Ok(Ended::Awaiting) };
        let Some(part) = script.parts.get(self.cursors[me.index()].next - 1) else {
            return Ok(Ended::Awaiting);
        };
        let silent = script.record.silent;
        if let (Some(at), Input::Answer(answer)) = (self.cursors[me.index()].inside.take(), &input) {
            self.compare(me, at, answer)?;
        }
        let first = self.cursors[me.index()].made;
        let wanted = part.moves.iter().skip(first).filter(|_| !silent);
        self.stand.world().wanted = wanted.map(|made| made.answer.clone()).collect();
        let ended = self.its_own(me, input);
        let made = std::mem::take(&mut self.stand.world().made);
        self.cursors[me.index()].made = first + made.len();
        for (at, called) in made.iter().enumerate().map(|(at, called)| (first + at, called)) {
            match called {
                _ if silent || at >= part.moves.len() => {}
                Called::Answered(answer) => self.compare(me, at, answer)?,
                Called::Suspended => self.cursors[me.index()].inside = Some(at),
                Called::Stop(_, why) => {
                    return Err(Clash { actor: me, place: part.moves[at].place, found: (*why).to_owned() });
                }
            }
        }
        if ended == Ended::Awaiting {
            return Ok(ended);
        }
        if self.terms.beyond && script.after.is_some() {
            return self.past_tail(me, ended);
        }
        // The chain does not have this: nobody has seen it.
        self.stand.world().call(me, HostCall::Sleep { span: FOR_EVER }, None);
        Ok(Ended::Awaiting)
    }

    /// The call in which the chain ends is over: what the chain has of it must have been made.
    fn past_tail(&mut self, me: ActorId, ended: Ended) -> Result<Ended, Clash> {
        let Some(script) = self.script(me).cloned() else { return Ok(ended) };
        let cursor = &mut self.cursors[me.index()];
        let part = &script.parts[cursor.next - 1];
        let left = part.moves.iter().skip(cursor.made).find(|made| made.answer.is_some() && !made.unrecorded);
        let place = left.map(|made| made.place).or((cursor.logs < part.logs).then_some(part.place));
        if let Some(place) = place {
            return Err(Clash { actor: me, place, found: "the end of the call".to_owned() });
        }
        (cursor.open, cursor.reached) = (false, script.record.entries.len());
        Ok(ended)
    }
}
