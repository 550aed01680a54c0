//! Stand-ins in a draft for those who have no chain: what others had of them is all that is known of them.
//!
//! What they sent came from outside, as all that no chain sent, but for what went over channels: they are told to send that.

use super::Known;
use super::addresses::address;
use crate::call::{HostAnswer, HostCall, Refusal};
use crate::native::{Answered, Bytes};
use crate::profile::Profile;
use crate::scenario::{ActorSpec, BytesSpec};
use std::collections::{BTreeMap, BTreeSet};

/// What stand-ins are called.
pub const STAND_IN: &str = "stand-in";

/// The stand-ins for whoever answered and is not among `addresses`: names and specs. Under the runtime of 0.2 nobody is told that a message
/// reached nobody; elsewhere who was sent something was there.
pub(super) fn stand_ins(
    actors: &[Known<'_>],
    addresses: &[Option<String>],
    profile: Profile,
) -> Vec<(String, ActorSpec)> {
    let mut found: BTreeMap<String, Vec<Answered>> = BTreeMap::new();
    // Where some other actor's address is told by no chain, it may be this one.
    let alone = |from: usize| (0..actors.len()).all(|place| place == from || addresses[place].is_some());
    let made = actors
        .iter()
        .enumerate()
        .flat_map(|(from, actor)| actor.report.script.iter().flatten().map(move |made| (from, made)));
    for (from, made) in made.filter(|(_, made)| made.sure) {
        let closed = |refusal: &Refusal| {
            profile == Profile::Theater03 && refusal.to_string() == "channel closed" && alone(from)
        };
        let (to, answered) = match (&made.call, &made.answer) {
            (HostCall::Send { to, .. }, Some(HostAnswer::Done)) if profile != Profile::Theater02 => {
                (to, None)
            }
            (HostCall::Request { to, data, .. }, Some(HostAnswer::Bytes(with))) => {
                (to, Some(Answered { to: Bytes::of(data), with: Some(Bytes::of(with)) }))
            }
            (HostCall::OpenChannel { to, data, .. }, Some(HostAnswer::Text(_))) => {
                (to, Some(Answered { to: Bytes::of(data), with: Some(Bytes::of(b"")) }))
            }
            (HostCall::OpenChannel { to, data, .. }, Some(HostAnswer::Refused(refusal)))
                if refusal.to_string().contains("rejected") =>
            {
                (to, Some(Answered { to: Bytes::of(data), with: None }))
            }
            // It had a mailbox, which was closed: it was stopped. Who never was is not found.
            (HostCall::Send { to, .. }, Some(HostAnswer::Refused(refusal))) if closed(refusal) => (to, None),
            // So is who asks one that does not answer.
            (HostCall::Request { to, data, .. }, Some(HostAnswer::Refused(refusal))) if closed(refusal) => {
                (to, Some(Answered { to: Bytes::of(data), with: None }))
            }
            _ => continue,
        };
        let Some(to) = address(to).filter(|to| !addresses.contains(&Some(to.clone()))) else { continue };
        found.entry(to).or_default().extend(answered);
    }
    // An actor that has a chain may be called so itself.
    let mut taken: BTreeSet<String> = actors.iter().map(|actor| actor.name.clone()).collect();
    let spec = |(place, (id, answers)): (usize, (String, Vec<Answered>))| {
        let state = serde_json::to_value(&answers).unwrap_or_default();
        let spec = ActorSpec {
            native: Some(STAND_IN.to_owned()),
            id: Some(id),
            state: Some(BytesSpec::Json(state)),
            ..ActorSpec::default()
        };
        (super::free(format!("{STAND_IN}-{}", place + 1), &mut taken), spec)
    };
    found.into_iter().enumerate().map(spec).collect()
}
