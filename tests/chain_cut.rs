//! Chains that end before those of their peers: a file that was cut off, an actor that crashed.
#![cfg(all(feature = "wasm", feature = "cli"))]

mod chains;
#[allow(dead_code)]
mod session;

use rehearsal::chain::ChainEvent;
use serde_json::{Value, json};
use session::Session;
use std::path::Path;

/// An experiment with one chain cut off after so many events.
struct Cut<'a> {
    folder: &'a str,
    chain: &'a str,
    events: usize,
    /// Whose last acknowledgement is to be another.
    changed: Option<&'a str>,
}

impl Cut<'_> {
    /// Writes the chains; the arguments that name their components.
    fn write(&self, session: &Session) -> (Value, String) {
        let folder = Path::new("tests/data/chains").join(self.folder);
        let meta: Value = serde_json::from_slice(&std::fs::read(folder.join("meta.json")).unwrap()).unwrap();
        let mut arguments = String::new();
        for actor in meta["actors"].as_array().unwrap() {
            let (name, component) = (actor["name"].as_str().unwrap(), actor["component"].as_str().unwrap());
            let record = chains::read(&folder.join(format!("{name}.json")));
            let mut events: Vec<ChainEvent> = record.entries.into_iter().map(|entry| entry.event).collect();
            if name == self.chain {
                events.truncate(self.events);
            }
            if self.changed == Some(name) {
                refuse(&mut events);
            }
            let mut bytes = Vec::new();
            rehearsal::chain::write_array(&mut bytes, &events).unwrap();
            session.write(&format!("{name}.json"), bytes);
            arguments.push_str(&format!(" --component {name}=scenarios/actors/{component} {name}.json"));
        }
        (meta, arguments)
    }

    fn drafted(&self) -> (Session, String) {
        let session = Session::new();
        let (_, arguments) = self.write(&session);
        let told = session.told(&format!("chain schedule -o made/o.trace{arguments}"));
        (session, told)
    }
}

/// Makes the last `ack` that came over a channel a `nak`, in the call as in the states that follow.
fn refuse(events: &mut [ChainEvent]) {
    let digits = |text: &str| text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",");
    let (ack, nak) = (digits("ack"), digits("nak"));
    let last = events.iter().rposition(|event| String::from_utf8_lossy(&event.data).contains(&digits(&ack)));
    for (place, event) in events.iter_mut().enumerate().skip(last.unwrap()) {
        let text = String::from_utf8(event.data.clone()).unwrap();
        let (from, to) =
            if Some(place) == last { (digits(&ack), digits(&nak)) } else { (ack.clone(), nak.clone()) };
        if let Some((before, after)) = text.rsplit_once(&from) {
            event.data = format!("{before}{to}{after}").into_bytes();
        }
    }
    chains::seal(events);
}

fn played(name: &str) -> String {
    format!(
        "note: the chain of `{name}` ends before the others: what `{name}` did afterwards was played by its component"
    )
}

/// The component of whoever is at the end of its chain goes on: with its acknowledgements the other chain is explained.
#[test]
fn who_is_at_the_end_of_its_chain_goes_on() {
    for (folder, chain, events) in [
        ("router-2026-01-03/e3-channel", "peer", 36),
        ("router-2026-01-14/e3-channel", "peer", 5),
        ("router-2026-01-14/e3-channel", "peer", 6),
        ("router-2026-01-14/e5-err-request", "victim", 2),
        ("runtime-2025-07-10/e3-channel", "peer", 27),
    ] {
        let (session, told) = Cut { folder, chain, events, changed: None }.drafted();
        assert!(told.starts_with("$") && told.contains("\nexplained: "), "{folder} {events}: {told}");
        assert!(told.contains(&played(chain)), "{told}");
        let told = session.told("replay made/o.trace");
        assert!(told.ends_with("--- status 0\n"), "{told}");
    }
}

/// Whole chains need nobody's going on, and are not said to.
#[test]
fn whole_chains_are_taken_as_they_are() {
    let whole = Cut { folder: "router-2026-01-14/e3-channel", chain: "peer", events: 99, changed: None };
    let (_, told) = whole.drafted();
    assert!(told.contains("\nexplained: ") && !told.contains("ends before the others"), "{told}");
}

/// What no component does stays unexplained: here its peer has had an acknowledgement that it never sends.
#[test]
fn going_on_explains_no_contradiction() {
    for events in [5, 99] {
        let folder = "router-2026-01-14/e3-channel";
        let (_, told) = Cut { folder, chain: "peer", events, changed: Some("opener") }.drafted();
        assert!(told.contains("no order under") && told.ends_with("--- status 1\n"), "{told}");
        assert!(!told.contains("does not follow its own chain"), "{told}");
    }
}

/// With a scenario, its clients say what came after the end of the chain too.
#[test]
fn with_a_scenario_all_goes_on() {
    let cut = Cut { folder: "router-2026-01-14/e3-channel", chain: "opener", events: 8, changed: None };
    let session = Session::new();
    let (meta, _) = cut.write(&session);
    let mut cast = serde_json::Map::new();
    for actor in meta["actors"].as_array().unwrap() {
        let component = format!("scenarios/actors/{}", actor["component"].as_str().unwrap());
        let spec = json!({"component": component, "id": actor["id"], "state": {"text": actor["init_state"]}});
        cast.insert(actor["name"].as_str().unwrap().to_owned(), spec);
    }
    let outside = meta["outside"].as_array().unwrap().iter().filter(|step| step["op"] == "send");
    let steps = outside.map(|step| json!({"send": {"to": step["to"], "body": {"text": step["data"]}}}));
    let paced: Vec<Value> = steps.flat_map(|step| [json!({"wait": "10ms"}), step]).collect();
    let file = json!({
        "rehearsal": 1, "name": "cut", "profile": "theater-0.3", "theater": {"like": "b"}, "actors": cast,
        "clients": {"outside": paced},
    });
    session.write("s.json", file.to_string());
    let told =
        session.told("chain schedule --scenario s.json -o made/o.trace --format json opener.json peer.json");
    assert!(
        told.contains("\"outcome\": \"explained\"") && told.contains("\"beyond\": [\n    \"opener\"\n  ]"),
        "{told}"
    );
}
