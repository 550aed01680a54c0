//! What is to be said beside the counts.

use rehearsal::revive::{self, ClientRole, Report, Woven};
use rehearsal::scenario::{ActorSpec, Scenario, ScenarioFile};
use std::collections::BTreeMap;

/// Which imports of an actor were answered from its chain.
pub fn answered_imports(name: &str, report: &Report) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in revive::imports(report) {
        *counts.entry(format!("{}.{}", one.interface, one.function)).or_default() += 1;
    }
    let line = |(function, count): (String, usize)| {
        let calls = if count == 1 { "call" } else { "calls" };
        match function == "theater:simple/timing.now" {
            true => {
                format!("the clock was a real one: {count} {calls} of `{name}` answered from its own chain")
            }
            false => {
                format!(
                    "no profile serves `{function}`: {count} {calls} of `{name}` answered from its own chain"
                )
            }
        }
    };
    counts.into_iter().map(line).collect()
}

/// Who has no chain here and was dealt with by those who have: a stand-in does what is known of it.
pub fn stand_ins(draft: &ScenarioFile) -> Vec<String> {
    let stand_ins =
        draft.actors.0.iter().filter(|(_, spec)| spec.native.as_deref() == Some(revive::STAND_IN));
    let line = |(name, spec): &(String, ActorSpec)| {
        let to = spec.id.as_deref().unwrap_or_default();
        format!(
            "no chain here is that of {to}: `{name}` stands in for it, and answers as it did. Its chain and `--component NAME=WASM`, or a \
             `--scenario` with an actor whose `id` it is, would tell more"
        )
    };
    stand_ins.map(line).collect()
}

/// Who went on where its chain ends.
pub fn gone_on<'a>(scenario: &'a Scenario, woven: &Woven) -> Vec<&'a str> {
    let names = woven.found.beyond.iter().map(|who| scenario.setting.directory.name(*who));
    names.filter(|_| woven.holds()).collect()
}

/// What is to be said of them.
pub fn beyond(scenario: &Scenario, woven: &Woven) -> Vec<String> {
    let line = |name: &str| {
        format!(
            "the chain of `{name}` ends before the others: what `{name}` did afterwards was played by its component, and is checked only \
             against theirs"
        )
    };
    gone_on(scenario, woven).into_iter().map(line).collect()
}

/// What is to be said of clients of a draft that send over channels of others.
pub fn over_channels(scenario: &Scenario) -> Option<String> {
    let over = |name: &String| ClientRole::told_by(name) == Some(ClientRole::OverChannel);
    let any = scenario.names().iter().any(over);
    any.then(|| {
        "what came over a channel, and no chain sent, is sent by a client that knows the channel".to_owned()
    })
}
