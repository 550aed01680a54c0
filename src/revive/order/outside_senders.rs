//! Which of a scenario's clients sent what no chain did: what comes from outside is in the order of its receiver's chain.
//!
//! Where nobody whose chain is known sent such a message, and clients send as many as were handled, it is certain which of them began which call,
//! but for those that are alike and come from several. Of these, one that stays unanswered by its handler is sent by a client that sends
//! nothing else, as drafts have it: who sends more would wait for its answer for ever.

use super::inside_messages::finder;
use super::schedule::Tied;
use super::send_order::{SendOrder, Sent};
use crate::error::Error;
use crate::id::ActorId;
use crate::revive::HostMove;
use crate::revive::draft::own_client;
use crate::revive::message_key::MessageKey;
use crate::scenario::{BytesSpec, Scenario, ScenarioFile, Step};
use std::collections::{BTreeMap, BTreeSet};

/// A call of an export, the client that sent what began it, and after how many of its waits, if it did so right after one.
pub(super) type Begun = ((ActorId, usize), (ActorId, Option<usize>));

/// A step of a client that sends one message.
#[derive(Clone, Copy)]
struct Sends {
    client: ActorId,
    after: Option<usize>,
    /// Whether the client sends nothing else, but for what goes over a channel.
    alone: bool,
}

/// A call of an export, and whether its message is one that a client of its own sends.
type Handled = ((ActorId, usize), bool);

/// Who began what, call by call of each actor.
pub(super) fn begun(
    file: &ScenarioFile,
    scenario: &Scenario,
    (tied, told): (&[Tied], &[Option<String>]),
) -> Vec<Begun> {
    let find = finder(scenario, tied, told);
    let inside: BTreeSet<MessageKey> = tied
        .iter()
        .flat_map(|one| one.report.sent())
        .filter_map(|call| MessageKey::sent_to_actor(call, &find))
        .collect();
    let mut handled: BTreeMap<MessageKey, Vec<Handled>> = BTreeMap::new();
    for one in tied {
        for (part, ((at, _, call), moves)) in one.record.calls().zip(&one.report.script).enumerate() {
            let moves: &[HostMove] = moves;
            if let Some(key) =
                MessageKey::handled_not_over_channel(one.actor, &call).filter(|key| !inside.contains(key))
            {
                let own = own_client(&one.record, (at, &call), moves);
                handled.entry(key).or_default().push(((one.actor, part), own));
            }
        }
    }
    let sent = sent(file, scenario);
    let pairs = handled.iter().filter_map(|(key, handled)| Some(matched(handled, sent.get(key)?)));
    let mut found: Vec<Begun> = pairs.flatten().collect();
    found.sort();
    found
}

/// What clients send, in the order of their steps.
fn sent(file: &ScenarioFile, scenario: &Scenario) -> BTreeMap<MessageKey, Vec<Sends>> {
    let mut sent: BTreeMap<MessageKey, Vec<Sends>> = BTreeMap::new();
    let directory = &scenario.setting.directory;
    for (name, steps) in &file.clients.0 {
        // Who expects something may also be woken since it did not come.
        let Some(client) = directory.find(name).filter(|_| steps.iter().all(|step| step.expect.is_none()))
        else {
            continue;
        };
        let alone = steps.iter().filter(|step| said(step).is_some()).count() == 1;
        let (mut waits, mut waited) = (0, false);
        for step in steps {
            waits += usize::from(step.wait.is_some());
            if let Some((to, export, body)) = said(step)
                && let Some(to) = directory.find(to)
                && let Ok(data) = crate::scenario::in_bytes(body, &|name| Err(Error::input(name)))
            {
                let after = waited.then_some(waits);
                sent.entry(MessageKey::to(Some(to), export, &data)).or_default().push(Sends {
                    client,
                    after,
                    alone,
                });
            }
            waited = step.wait.is_some();
        }
    }
    sent
}

/// To whom a step sends what.
fn said(step: &Step) -> Option<(&str, &'static str, &BytesSpec)> {
    let send = step.send.as_ref().map(|to| (&*to.to, "handle-send", &to.body));
    let request = step.request.as_ref().map(|to| (&*to.to, "handle-request", &to.body));
    let open = step.open_channel.as_ref().map(|to| (&*to.to, "handle-channel-open", &to.body));
    send.or(request).or(open)
}

/// Which of these messages, all alike, began which of these calls; nothing where that is not certain.
fn matched(handled: &[Handled], sent: &[Sends]) -> Vec<Begun> {
    if handled.len() != sent.len() {
        return Vec::new();
    }
    let pair = |(handled, sends): (&Handled, &Sends)| (handled.0, (sends.client, sends.after));
    let busy: BTreeSet<ActorId> =
        sent.iter().filter(|sends| !sends.alone).map(|sends| sends.client).collect();
    if busy.is_empty() || sent.iter().all(|sends| sends.client == sent[0].client) {
        return handled.iter().zip(sent).map(pair).collect();
    }
    let alone = || sent.iter().filter(|sends| sends.alone);
    let own = || handled.iter().filter(|(_, own)| *own);
    if busy.len() > 1 || own().count() != alone().count() {
        return Vec::new();
    }
    let rest = handled.iter().filter(|(_, own)| !own).zip(sent.iter().filter(|sends| !sends.alone));
    own().zip(alone()).chain(rest).map(pair).collect()
}

impl SendOrder {
    /// With what clients sent: under `theater` they send what one actor handles in the order in which it does, since all of it goes into one
    /// mailbox.
    pub(super) fn with(mut self, begun: &[Begun], theater: bool) -> SendOrder {
        let mut last: BTreeMap<ActorId, Sent> = BTreeMap::new();
        for ((to, part), (client, after)) in begun {
            self.begins(*to, *part, (*client, 0, after.unwrap_or(0)));
            let Some(after) = after.filter(|_| theater) else { continue };
            let sent = (*client, 0, after);
            let before = last.insert(*to, sent);
            before
                .into_iter()
                .filter(|before| before.0 != *client)
                .for_each(|before| self.follows(sent, before));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: &[bool], sent: &[(u32, bool)], expect: &[u32]) {
        let handled: Vec<Handled> =
            own.iter().enumerate().map(|(part, own)| ((ActorId(0), part), *own)).collect();
        let sends =
            |(client, alone): &(u32, bool)| Sends { client: ActorId(*client), after: None, alone: *alone };
        let mut found = matched(&handled, &sent.iter().map(sends).collect::<Vec<_>>());
        found.sort();
        assert_eq!(found.iter().map(|(_, (client, _))| client.0).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn what_is_alike_is_told_apart_by_who_is_answered() {
        check(&[false, true, false], &[(1, false), (1, false), (2, true)], &[1, 2, 1]);
        check(&[true, true], &[(1, true), (2, true)], &[1, 2]);
        check(&[true, false], &[(1, false), (1, false)], &[1, 1]);
        // As many as were handled, but not of the same kind.
        check(&[true, true], &[(1, false), (2, true)], &[]);
        check(&[false, false], &[(1, false), (2, false)], &[]);
        check(&[false, false], &[(1, false)], &[]);
    }
}
