//! Chains of kinds that the recordings at hand do not show, and that Theater can have recorded.
#![cfg(feature = "wasm")]

mod chains;

use chains::parent;
use rehearsal::chain::{ChainEvent, ChainForm};
use rehearsal::chooser::Seeded;
use rehearsal::id::ActorId;
use rehearsal::limits::Limits;
use rehearsal::load::{self, FileLoader};
use rehearsal::profile::Profile;
use rehearsal::revive::{self, ChainRecord, Known, MOST_STEPS, ReplayOptions, Report, Tied};
use rehearsal::run::Keep;
use rehearsal::scenario::{Scenario, ScenarioFile};
use rehearsal::state::Clock;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

fn replay(record: ChainRecord, component: &str) -> Report {
    let loaded = load::component(Path::new(component), None, &Limits::default()).unwrap();
    revive::replay(&Arc::new(record), &loaded.factory, &ReplayOptions::default()).unwrap()
}

/// Theater's own test of WASI's clocks: every hash of it comes back.
#[test]
fn imports_that_nobody_serves_are_answered_from_the_record() {
    let clocks = "tests/data/chains/theater-repository/wasi-clocks-test.json";
    let report = replay(chains::read(Path::new(clocks)), "tests/data/wasi-clocks.wat");
    assert_eq!((report.divergence.as_ref(), report.matched, report.own), (None, 15, 1));

    // An argument that is not the recorded one is told.
    let record = chains::read(Path::new(clocks));
    let mut events: Vec<ChainEvent> = record.entries.iter().map(|entry| entry.event.clone()).collect();
    let text = String::from_utf8(events[5].data.clone()).unwrap();
    events[5].data = text.replace("50000000", "50000001").into_bytes();
    chains::seal(&mut events);
    let report = replay(chains::record("changed", &events), "tests/data/wasi-clocks.wat");
    assert_eq!(report.divergence.unwrap().event, 5);

    // Of another answer it makes another state; the state that it was given is in no chain, and might be why.
    let mut events: Vec<ChainEvent> = record.entries.iter().map(|entry| entry.event.clone()).collect();
    let text = String::from_utf8(events[13].data.clone()).unwrap();
    events[13].data =
        text.replace(r#""output":{"List":[{"U32":0}]}"#, r#""output":{"List":[]}"#).into_bytes();
    chains::seal(&mut events);
    let report = replay(chains::record("changed", &events), "tests/data/wasi-clocks.wat");
    assert_eq!(report.carried.len(), 1);
}

#[test]
fn supervisors_are_driven_and_their_callbacks_called() {
    let component = "scenarios/actors/supervisor-user.wasm";
    let report = replay(chains::record("parent", &parent("child.toml")), component);
    assert!(report.holds(), "{:?}", report.divergence);
    assert_eq!(report.calls, 4);
    let report = replay(chains::record("parent", &parent("other.toml")), component);
    assert_eq!(report.divergence.unwrap().event, 3);

    // Generation B has nothing of them: what it was told is found from what follows.
    let mut silent = parent("child.toml");
    silent.retain(|event| !event.event_type.contains("supervisor"));
    chains::seal(&mut silent);
    let report = replay(chains::record("parent", &silent), component);
    assert!(report.holds(), "{:?}", report.divergence);
    assert_eq!(report.unrecorded.get("spawn"), Some(&2));
    assert!(report.inferred.iter().any(|one| one.taken.contains("no file") && one.borne_out));
}

#[test]
fn chains_whose_own_links_do_not_hold_say_so_first() {
    let path = Path::new("tests/data/chains/router-2026-01-14/e1-echo/echo.json");
    let sound = chains::read(path);
    assert_eq!(sound.unsound, None);
    let events: Vec<ChainEvent> = sound.entries.iter().map(|entry| entry.event.clone()).collect();
    let why = |events: &[ChainEvent]| chains::record("echo", events).unsound.map(|found| found.place);
    let mut circle = events.clone();
    circle[5].parent_hash = Some(events[9].hash);
    circle[5].seal();
    assert_eq!(why(&circle), Some(5));
    let mut changed = events.clone();
    changed[3].data[0] ^= 1;
    assert_eq!(why(&changed), Some(3));
    assert_eq!(why(&[&events[..4], &events[3..]].concat()), Some(4));
    assert_eq!(why(&[&events[..4], &events[..1]].concat()), Some(4));
    // A gap is a gap.
    assert_eq!(why(&[&events[..4], &events[5..]].concat()), None);
    let report = replay(chains::record("echo", &circle), "scenarios/actors/lab-a.wasm");
    let told = report.human("again");
    let (expect, found) = (events[4].hash.to_string(), events[9].hash.to_string());
    assert!(told.starts_with("error: the chain itself does not hold: event 5"), "{told}");
    assert!(told.contains(&expect) && told.contains(&found), "{told}");
}

fn parse(file: &Value) -> Scenario {
    Scenario::parse(&file.to_string(), "unseen.json", &mut FileLoader::new("scenarios/actors", None)).unwrap()
}

/// The chains of a run of two scripted actors under `theater-0.2`, and what is made of them alone.
fn drafted(cast: Value, clients: Value) -> (revive::Woven, ScenarioFile, Vec<String>) {
    let file = json!({
        "rehearsal": 1, "name": "unseen", "profile": "theater-0.2", "actors": cast, "clients": clients,
        "early_timers": 0, "properties": [],
    });
    let scenario = parse(&file);
    let mut simulation = scenario.simulation(Some(Clock::Loose));
    let (outcome, _) = simulation.run(Box::new(Seeded::new(1)), Keep { trace: true, acts: true });
    let chains = chains::of_run(&scenario, &outcome, ChainForm::A, |_| ());
    let options = ReplayOptions { profile: Some(Profile::Theater02), ..ReplayOptions::default() };
    let reports: Vec<Report> = chains
        .iter()
        .map(|(actor, record)| revive::replay(record, &scenario.factory(*actor), &options).unwrap())
        .collect();
    let known: Vec<Known<'_>> = chains
        .iter()
        .zip(&reports)
        .map(|((actor, record), report)| Known {
            name: scenario.setting.directory.name(*actor).to_owned(),
            component: "lab-c.wasm".to_owned(),
            record,
            report,
        })
        .collect();
    let (draft, notes) = revive::draft(&known, Profile::Theater02, false);
    let tied: Vec<Tied> = chains
        .iter()
        .zip(&reports)
        .enumerate()
        .map(|(place, ((_, record), report))| Tied {
            actor: ActorId(place as u32),
            record: Arc::clone(record),
            report: report.clone(),
        })
        .collect();
    let mut load = |draft: &ScenarioFile| Ok(parse(&serde_json::to_value(draft).unwrap()));
    let (_, woven) = revive::schedule_draft(draft.clone(), &tied, MOST_STEPS, &mut load).unwrap();
    (woven, draft, notes)
}

#[test]
fn who_is_at_neither_end_of_a_channel_is_a_client_too() {
    let cast = json!({"a": {"component": "lab-c.wasm"}, "b": {"component": "lab-c.wasm"}});
    let channel = rehearsal::id::ChannelId::of(ActorId(0), ActorId(1), 1).to_string();
    let clients = json!({
        "x": [{"send": {"to": "a", "body": {"json": [["open", "${actor.b}", "hi"]]}}}],
        "y": [
            {"wait": "10ms"}, {"send_on_channel": {"channel": channel, "body": {"text": "from nowhere"}}},
            {"wait": "10ms"}, {"close_channel": {"channel": channel}},
        ],
    });
    let (woven, draft, notes) = drafted(cast, clients);
    assert!(woven.holds() && woven.followed, "{:?}", woven.actors);
    let over = draft.clients.0.iter().filter(|(name, _)| name.starts_with("outside-over-channel"));
    assert_eq!((over.count(), notes.len()), (2, 2), "{notes:?}");
}

#[test]
fn a_failed_init_is_carried_into_the_draft() {
    let cast = json!({
        "a": {"component": "lab-c.wasm", "state": {"json": {"cfg": {"init_err": "no"}}}},
        "b": {"component": "lab-c.wasm"},
    });
    let clients = json!({"x": [{"wait": "10ms"}, {"send": {"to": "b", "body": {"json": [["request", "${actor.a}", "hi"]]}}}]});
    let (woven, draft, _) = drafted(cast, clients);
    assert!(woven.holds(), "{:?}", woven.actors);
    assert!(draft.actors.0[0].1.init_fails.is_some());
}

/// Each recorded experiment as a scenario that says what came from outside, and nothing of when.
#[test]
fn scenarios_that_say_nothing_of_when_explain_the_recordings() {
    for folder in [
        "router-2026-01-03/e3-channel",
        "router-2026-01-14/e3-channel",
        "runtime-2025-07-10/e3-channel",
        "runtime-2025-07-10/e11-defer",
    ] {
        let folder = Path::new("tests/data/chains").join(folder);
        let meta: Value = serde_json::from_slice(&std::fs::read(folder.join("meta.json")).unwrap()).unwrap();
        let profile =
            if folder.to_string_lossy().contains("runtime") { "theater-0.2" } else { "theater-0.3" };
        let mut cast = serde_json::Map::new();
        for actor in meta["actors"].as_array().unwrap() {
            let spec = json!({"component": actor["component"], "id": actor["id"], "state": {"text": actor["init_state"]}});
            cast.insert(actor["name"].as_str().unwrap().to_owned(), spec);
        }
        let outside = meta["outside"].as_array().unwrap().iter();
        let steps: Vec<Value> = outside
            .filter(|step| step["op"] != "spawn")
            .map(|step| json!({step["op"].as_str().unwrap(): {"to": step["to"], "body": {"text": step["data"]}}}))
            .collect();
        let file = json!({
            "rehearsal": 1, "name": "recorded", "profile": profile, "actors": cast, "clients": {"outside": steps},
        });
        let scenario = parse(&file);
        let chains: Vec<(ActorId, Arc<ChainRecord>)> = scenario
            .names()
            .iter()
            .filter(|name| *name != "outside")
            .map(|name| {
                let actor = scenario.setting.directory.find(name).unwrap();
                (actor, Arc::new(chains::read(&folder.join(format!("{name}.json")))))
            })
            .collect();
        let tied = revive::replay_cast(&scenario, &chains).unwrap();
        assert!(!revive::schedule_tied(&scenario, &tied, MOST_STEPS).holds(), "{}", folder.display());
        let mut load = |draft: &ScenarioFile| Ok(parse(&serde_json::to_value(draft).unwrap()));
        let read: ScenarioFile = serde_json::from_value(file).unwrap();
        let found =
            revive::schedule_loosely(&read, scenario.profile, &tied, (MOST_STEPS, false), &mut load).unwrap();
        let (_, woven, how) = found.unwrap_or_else(|| panic!("{}", folder.display()));
        assert!(woven.followed && how.contains("wait"), "{how}");
    }
}

/// What no profile serves is answered from the actor's own chain in a schedule too, and in the runs that follow from it.
#[test]
fn imports_that_nobody_serves_are_answered_in_a_schedule() {
    let mut events = parent("child.toml");
    // No profile makes a call of a supervisor's own exports.
    let exit = events.iter().position(|event| String::from_utf8_lossy(&event.data).contains("child-exit"));
    events.drain(exit.unwrap()..exit.unwrap() + 3);
    chains::seal(&mut events);
    let record = Arc::new(chains::record("parent", &events));
    let file = json!({
        "rehearsal": 1, "name": "supervisor", "profile": "theater-0.2", "early_timers": 2, "properties": [],
        "actors": {"parent": {
            "component": "supervisor-user.wasm", "id": "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c", "state": {"text": "s"},
        }},
        "clients": {"x": [
            {"wait": "1ms"}, {"send": {"to": "parent", "body": {"text": "child.toml"}}},
            {"wait": "1ms"}, {"send": {"to": "parent", "body": {"text": "none.toml"}}},
        ]},
    });
    let mut any = FileLoader::new("scenarios/actors", None).for_replay();
    let loose = Scenario::parse(&file.to_string(), "unseen.json", &mut any).unwrap();
    let chains = [(ActorId(0), Arc::clone(&record))];
    let report = revive::replay_cast(&loose, &chains).unwrap().remove(0).report;
    assert!(report.holds(), "{:?}", report.divergence);
    let mut answered = file.clone();
    answered["actors"]["parent"]["imports"] = serde_json::to_value(revive::imports(&report)).unwrap();
    assert_eq!(answered["actors"]["parent"]["imports"].as_array().unwrap().len(), 2);
    let woven = revive::schedule(&parse(&answered), &chains, MOST_STEPS).unwrap();
    assert!(woven.holds() && woven.followed, "{:?} {:?}", woven.actors, woven.conflict);

    // Fewer answers than calls: the run is another one than the chain's.
    answered["actors"]["parent"]["imports"].as_array_mut().unwrap().pop();
    let woven = revive::schedule(&parse(&answered), &chains, MOST_STEPS).unwrap();
    assert!(!woven.holds());
    // And without any the component is not taken.
    let mut strict = FileLoader::new("scenarios/actors", None);
    assert!(Scenario::parse(&file.to_string(), "unseen.json", &mut strict).is_err());
}

#[test]
fn a_mark_before_the_text_and_the_ends_of_lines_are_nothing() {
    let path = Path::new("tests/data/chains/router-2026-01-14/e1-echo/echo.json");
    let text = std::fs::read_to_string(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("echo.json");
    for changed in [format!("\u{feff}{text}"), text.replace('\n', "\r\n"), format!("\u{feff}\r\n {text}\r\n")]
    {
        std::fs::write(&at, changed).unwrap();
        let (read, plain) = (chains::read(&at), chains::read(path));
        assert_eq!(read.unsound, None);
        let hashes =
            |record: &ChainRecord| record.entries.iter().map(|entry| entry.event.hash).collect::<Vec<_>>();
        assert_eq!(hashes(&read), hashes(&plain));
    }
    // Elsewhere it is what it is.
    std::fs::write(&at, text.replacen('[', "[\u{feff}", 1)).unwrap();
    let opened = rehearsal::chain::open(&at, rehearsal::chain::Limits::default()).unwrap().remove(0);
    assert!(ChainRecord::read(opened).is_err());
}
