//! What a guest gets, by operation, circumstance and profile: the table of `src/profile/README.md`.

use super::lab::LabLoader;
use super::{CAST, notes, seen, tell};
use crate::chooser::Fifo;
use crate::id::{ActorId, ChannelId};
use crate::run::Keep;
use crate::scenario::Scenario;
use crate::state::Directory;
use serde_json::{Value, json};

/// The columns: a heading, a profile, and what is set of it.
const COLUMNS: [(&str, &str, &str); 4] = [
    ("`actors`", "actors", "{}"),
    ("`theater-0.2`", "theater-0.2", "{}"),
    ("`theater-0.3`, like b", "theater-0.3", r#"{"like": "b"}"#),
    ("`theater-0.3`", "theater-0.3", "{}"),
];

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A row: what `a` does last, and what was before; one step after the other, with time between them.
struct Row {
    operation: &'static str,
    circumstance: &'static str,
    /// The scripts of `b`.
    other: Value,
    before: Vec<Value>,
    /// What `a` does.
    does: Value,
    after: Vec<Value>,
}

fn row(operation: &'static str, circumstance: &'static str, does: Value) -> Row {
    Row { operation, circumstance, other: json!({}), before: Vec::new(), does, after: Vec::new() }
}

impl Row {
    fn with(self, other: Value) -> Row {
        Row { other, ..self }
    }
    fn after(self, before: Vec<Value>) -> Row {
        Row { before, ..self }
    }
    fn then(self, after: Vec<Value>) -> Row {
        Row { after, ..self }
    }

    fn scenario(&self, profile: &str, theater: &str) -> Scenario {
        let wait = || json!({ "wait": "1ms" });
        let act = tell("a", json!([self.does.clone()]));
        let steps = self.before.iter().chain([&act]).chain(&self.after);
        let steps: Vec<Value> = steps.flat_map(|step| [wait(), step.clone()]).collect();
        let lab = |config: &Value| json!({ "native": "lab", "state": { "json": config } });
        let text = json!({
            "rehearsal": 1, "name": "t", "profile": profile,
            "theater": serde_json::from_str::<Value>(theater).unwrap_or_default(),
            "actors": { "a": lab(&json!({})), "b": lab(&self.other), "c": lab(&json!({})) },
            "clients": { "client": steps },
            "waive": ["trap", "deadlock", "stuck call", "expectations", "bounds"],
        });
        let addresses = CAST.map(|name| (name.to_owned(), Directory::derived(name))).to_vec();
        match Scenario::parse(&text.to_string(), "t.json", &mut LabLoader(addresses)) {
            Ok(scenario) => scenario,
            Err(error) => panic!("{}: {error}", self.circumstance),
        }
    }

    fn cell(&self, profile: &str, theater: &str) -> String {
        let scenario = self.scenario(profile, theater);
        let mut simulation = scenario.simulation(None);
        let (outcome, _) = simulation.run(Box::new(Fifo), Keep { trace: true, acts: false });
        let word = self.does[0].as_str().unwrap_or_default().trim_end_matches("_to");
        let all = seen(&simulation);
        let told = all.iter().rev().find_map(|line| line.strip_prefix(&format!("a {word} ")));
        let told = told.map_or_else(|| "waits for ever".to_owned(), str::to_owned);
        let told = told.replace(&Directory::derived("b"), "UUID").replace(NOBODY, "UUID");
        let told = told.replace(&Directory::derived("a"), "UUID").replace(&channel(), "CHANNEL");
        let late = if outcome.time.0 >= 3_000_000_000_000 {
            format!(" after {} s", outcome.time.0 / 1_000_000_000)
        } else {
            String::new()
        };
        let lost = if notes(&outcome).iter().any(|note| note.starts_with("lost")) { ", lost" } else { "" };
        match told.as_str() {
            "ok" => format!("Ok{lost}{late}"),
            "waits for ever" => told,
            _ => format!("`{told}`{late}"),
        }
    }
}

/// The first channel that `a` opens to `b`.
fn channel() -> String {
    ChannelId::of(ActorId(0), ActorId(1), 1).to_string()
}

fn rows() -> Vec<Row> {
    let stop = || vec![json!({ "stop": "b" })];
    let fail = || vec![tell("b", json!([["err", "no"]]))];
    let opened = |more: Vec<Value>| {
        let open = tell("a", json!([["open", "${actor.b}", "x"]]));
        [open].into_iter().chain(more).collect::<Vec<Value>>()
    };
    let mut rows = Vec::new();
    for (operation, circumstance, to) in [
        ("send", "to an actor", "${actor.b}"),
        ("send", "`bob`, which is no address", "bob"),
        ("send", "an address that is nobody's", NOBODY),
        ("request", "to an actor", "${actor.b}"),
        ("request", "`bob`, which is no address", "bob"),
        ("request", "an address that is nobody's", NOBODY),
        ("open", "to an actor, which accepts", "${actor.b}"),
        ("open", "an address that is nobody's", NOBODY),
        ("open", "to itself", "${actor.a}"),
    ] {
        rows.push(row(operation, circumstance, json!([operation, to, "x"])));
    }
    for operation in ["send", "request", "open"] {
        let does = || json!([operation, "${actor.b}", "x"]);
        rows.push(row(operation, "to an actor that has stopped", does()).after(stop()));
        rows.push(row(operation, "to an actor of which a handler failed before", does()).after(fail()));
    }
    let ask = || json!(["request", "${actor.b}", "x"]);
    rows.push(
        row("request", "the handler returns an error", ask()).with(json!({ "request": [["err", "no"]] })),
    );
    rows.push(row("request", "the handler traps", ask()).with(json!({ "request": [["trap"]] })));
    let later = || json!({ "request": [["later"]] });
    let respond = vec![tell("b", json!([["respond", "done"]]))];
    rows.push(row("request", "answered later, by respond-to-request", ask()).with(later()).then(respond));
    let cancel = vec![tell("b", json!([["cancel"]]))];
    rows.push(row("request", "cancelled later, by cancel-request", ask()).with(later()).then(cancel));
    rows.push(
        row("request", "the receiver sends a request back", ask())
            .with(json!({ "request": [["request", "${actor.a}", "y"]] })),
    );
    let open = || json!(["open", "${actor.b}", "x"]);
    rows.push(row("open", "the target declines", open()).with(json!({ "reject": true })));
    rows.push(
        row("open", "the handler returns an error", open()).with(json!({ "on_open": [["err", "no"]] })),
    );
    rows.push(
        row("open", "the handler sends to a third actor", open())
            .with(json!({ "on_open": [["send", "${actor.c}", "y"]] })),
    );
    rows.extend(channel_rows(&stop, &opened));
    rows.push(
        row("list-outstanding-requests", "one is left for later", json!(["list"]))
            .after(vec![tell("b", json!([["request", "${actor.a}", [["later"]]]]))]),
    );
    rows.push(
        row("respond-to-request", "one that is left for later", json!(["respond", "x"]))
            .after(vec![tell("b", json!([["request", "${actor.a}", [["later"]]]]))]),
    );
    rows.push(row("respond-to-request", "twice", json!(["respond", "x"])).after(vec![
        tell("b", json!([["request", "${actor.a}", [["later"]]]])),
        tell("a", json!([["respond", "x"]])),
    ]));
    rows
}

type Opened<'a> = &'a dyn Fn(Vec<Value>) -> Vec<Value>;

fn channel_rows(stop: &dyn Fn() -> Vec<Value>, opened: Opened<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let close = || tell("a", json!([["close"]]));
    for (operation, name) in [("chan", "send-on-channel"), ("close", "close-channel")] {
        let does = |id: &str| json!([format!("{operation}_to"), id, "x"]);
        let known = channel();
        rows.push(row(name, "an open channel", does(&known)).after(opened(vec![])));
        rows.push(row(name, "no text at all", does("")));
        rows.push(row(name, "`nonsense`", does("nonsense")));
        rows.push(row(name, "a channel that never was", does("ch_00000000000000ff")));
        rows.push(row(name, "a channel that is closed", does(&known)).after(opened(vec![close()])));
        rows.push(row(name, "a channel whose other end has stopped", does(&known)).after(opened(stop())));
        let foreign = vec![tell("b", json!([["open", "${actor.c}", "x"]]))];
        let theirs = ChannelId::of(ActorId(1), ActorId(2), 1).to_string();
        rows.push(row(name, "a channel of two others", does(&theirs)).after(foreign));
    }
    rows
}

fn table() -> String {
    let mut out = String::from("| operation | circumstance |");
    COLUMNS.iter().for_each(|(heading, ..)| out.push_str(&format!(" {heading} |")));
    out.push_str("\n|---|---|---|---|---|---|\n");
    for row in rows() {
        out.push_str(&format!("| {} | {} |", row.operation, row.circumstance));
        for (_, profile, theater) in COLUMNS {
            out.push_str(&format!(" {} |", row.cell(profile, theater)));
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_table_of_the_docs_is_what_happens() {
    let page = include_str!("../../README.md");
    let start = page.find("| operation |").expect("a table");
    let end = page[start..].find("\n\n").map_or(page.len(), |end| start + end + 1);
    let table = table();
    assert!(page[start..end] == table, "the table in src/profile/README.md should be\n\n{table}");
}
