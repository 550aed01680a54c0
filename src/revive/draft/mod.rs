//! A scenario drafted from chains alone: the cast from the components, the states that explain their beginnings, and
//! clients that send what no chain sent.

mod address_assignment;
pub(super) mod addresses;
mod cast;
mod circular_requests;
mod client_role;
mod clients;
mod stand_ins;
mod steps;
mod stops;
mod unsent_channel_messages;

use crate::profile::Profile;
use crate::revive::record::ChainRecord;
use crate::revive::report::Report;
use crate::scenario::{ActorSpec, LikeSpec, Named, ScenarioFile, TheaterSpec};
use addresses::addresses;
pub(super) use cast::init_fails;
pub use cast::{imports, profile_of};
use client_role::Client;
pub use client_role::ClientRole;
pub(super) use clients::own_client;
pub use stand_ins::STAND_IN;
use std::collections::BTreeSet;
pub(super) use steps::{bytes, paced};

/// The name of a scenario that was drafted.
pub const DRAFT_NAME: &str = "from chains";

/// One actor of the draft.
pub struct Known<'a> {
    /// Its name.
    pub name: String,
    /// Its component's file, as the scenario is to name it.
    pub component: String,
    /// Its chain.
    pub record: &'a ChainRecord,
    /// What came of driving it from its chain: the host calls that it made.
    pub report: &'a Report,
}

/// A scenario in which `actors` may have made their chains, and what is to be said of what came from outside. Where chains were `cut` off, whose
/// an address is that none of them tells is guessed.
pub fn draft(actors: &[Known<'_>], profile: Profile, cut: bool) -> (ScenarioFile, Vec<String>) {
    let chains: Vec<(&ChainRecord, &Report)> =
        actors.iter().map(|actor| (actor.record, actor.report)).collect();
    let mut addresses = addresses(&chains);
    if cut {
        addresses::guessed(&chains, &mut addresses);
    }
    let forced = circular_requests::forced(&chains, &addresses);
    let (mut clients, strays) = clients::from_outside(actors, &addresses, &forced);
    let stand_ins = stand_ins::stand_ins(actors, &addresses, profile);
    // In the order of the draft's cast.
    addresses.extend(stand_ins.iter().map(|(_, spec)| spec.id.clone()));
    let (over, notes) = unsent_channel_messages::clients(&strays, actors, (&stand_ins, &addresses), profile);
    clients.extend(over);
    clients.extend(stops::stops(actors, (&stand_ins, &addresses), &strays, profile));
    unsent_channel_messages::in_the_runs_ids(&mut clients, actors, &addresses);
    for client in clients.iter_mut().filter(|client| client.role.waits(profile)) {
        client.steps = paced(std::mem::take(&mut client.steps));
    }
    if let [client] = &mut clients[..] {
        "outside".clone_into(&mut client.name);
    }
    set_apart(&mut clients, actors);
    let cast = actors.iter().zip(&addresses);
    let cast = cast.map(|(actor, address)| (actor.name.clone(), cast::spec(actor, address.as_ref())));
    (scenario_file(actors, cast.chain(stand_ins).collect(), clients, profile), notes)
}

fn scenario_file(
    actors: &[Known<'_>],
    cast: Vec<(String, ActorSpec)>,
    clients: Vec<Client>,
    profile: Profile,
) -> ScenarioFile {
    // The recordings of the router are older than version 0.3.8, and unlike it in what B is.
    let like = (profile == Profile::Theater03).then_some(LikeSpec::B);
    ScenarioFile {
        schema: None,
        rehearsal: 1,
        name: DRAFT_NAME.to_owned(),
        about: Some("Drafted from event chains: what no chain sent is sent by clients.".to_owned()),
        profile: Some(profile.name().to_owned()),
        clock: None,
        latency: None,
        links: Vec::new(),
        timeouts: None,
        early_timers: None,
        limits: Some(cast::generous(actors)),
        theater: like.map(|like| TheaterSpec { like: Some(like), ..TheaterSpec::default() }),
        environment: Named(cast::environment(actors)),
        actors: Named(cast),
        clients: Named(clients.into_iter().map(|client| (client.name, client.steps)).collect()),
        properties: Vec::new(),
        waive: Vec::new(),
    }
}

/// Gives no client a name that is taken: an actor may be called `outside` itself, and `outside-a-1` come of `a` and of `a-1`.
fn set_apart(clients: &mut [Client], actors: &[Known<'_>]) {
    let mut taken: BTreeSet<String> = actors.iter().map(|actor| actor.name.clone()).collect();
    for client in clients {
        client.name = free(std::mem::take(&mut client.name), &mut taken);
    }
}

/// A name like this that is not taken, and is then.
fn free(mut name: String, taken: &mut BTreeSet<String>) -> String {
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, Ended, Input, Turn};
    use crate::call::{Address, HostAnswer, HostCall};
    use crate::chain::{ChainBuilder, ChainForm};
    use crate::revive::{HostMove, ReplayOptions, replay};
    use crate::run::Factory;
    use std::sync::Arc;

    struct Idle;

    impl Actor for Idle {
        fn turn(&mut self, _: Input, _: &mut Turn<'_>) -> Ended {
            Ended::DONE
        }
    }

    /// The chain of an actor that got a message, and its report: what it did itself it `made`.
    fn handled_one(name: &str, made: Option<HostCall>) -> (String, Arc<ChainRecord>, Report) {
        let mut chain = ChainBuilder::new(ChainForm::B);
        for (export, params) in [
            ("theater:simple/actor.init", &b"null"[..]),
            ("theater:simple/message-server-client.handle-send", b"[[120]]"),
        ] {
            chain.wasm_call(export, params, 0);
            chain.wasm_result(export, None, b"null", 0);
        }
        let record = Arc::new(crate::revive::record::of_events(name, chain.take_events()));
        let idle: Factory = Arc::new(|| Box::new(Idle));
        let mut report = replay(&record, &idle, &ReplayOptions::default()).unwrap();
        assert!(report.holds(), "{:?}", report.divergence);
        let made = made.map(|call| {
            let answer = Some(HostAnswer::Done);
            HostMove { place: 3, call, answer, sure: true, unrecorded: false }
        });
        report.script[1].extend(made);
        (name.to_owned(), record, report)
    }

    fn drafted(actors: &[(String, Arc<ChainRecord>, Report)], profile: Profile) -> ScenarioFile {
        let known = actors.iter().map(|(name, record, report)| Known {
            name: name.clone(),
            component: "any.wasm".to_owned(),
            record,
            report,
        });
        draft(&known.collect::<Vec<_>>(), profile, false).0
    }

    #[test]
    fn a_client_that_sends_is_not_called_as_one_that_stops() {
        let actors = ["stop-x", "x", "over-channel-1"].map(|name| handled_one(name, None));
        let draft = drafted(&actors, Profile::Actors);
        let names: Vec<&str> = draft.clients.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["outside-to-stop-x", "outside-x", "outside-to-over-channel-1"]);
        for (name, steps) in &draft.clients.0 {
            assert_eq!(ClientRole::told_by(name), None, "{name}");
            // What waits in a lane needs no wait before it is sent.
            assert!(steps.iter().all(|step| step.wait.is_none()), "{name}: {steps:?}");
        }
        let [stops, at_once] = Client::may_stop("x");
        for client in [stops, at_once, Client::over_channel(0, Default::default())] {
            assert_eq!(ClientRole::told_by(&client.name), Some(client.role), "{}", client.name);
        }
    }

    #[test]
    fn a_stand_in_is_not_called_as_who_has_a_chain() {
        let to = Address::Text("1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c".into());
        let sends = HostCall::Send { to, data: b"hi"[..].into() };
        let actors = [handled_one("stand-in-1", Some(sends))];
        let draft = drafted(&actors, Profile::Actors);
        let names: Vec<&str> = draft.actors.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["stand-in-1", "stand-in-1_"]);
        let steps = &draft.clients.0[0].1;
        assert!(steps.iter().all(|step| step.wait.is_none()), "it is no stand-in: {steps:?}");
    }
}
