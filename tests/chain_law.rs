//! The law: a recorded run gives chains; `chain schedule` gives an order for them; that order, run, gives the same chains.
//! Held over generated casts of the scripted actor, under every profile, with the scenario and with a drafted one, and
//! over what generation B leaves out.
#![cfg(feature = "wasm")]

mod chains;

use rehearsal::chain::{ChainForm, MESSAGING};
use rehearsal::chooser::Seeded;
use rehearsal::id::ActorId;
use rehearsal::load::FileLoader;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, ChainRecord, Known, Peers, ReplayOptions, Report, Tied, Woven};
use rehearsal::run::{Keep, Outcome};
use rehearsal::scenario::{Scenario, ScenarioFile};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// Whole numbers from a seed (splitmix64): the same casts every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % below
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize].clone()
    }
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// A script for the scripted actor.
fn script(dice: &mut Dice, actors: usize, depth: u32) -> Value {
    let steps = 1 + dice.roll(3);
    (0..steps).map(|_| operation(dice, actors, depth)).collect()
}

fn operation(dice: &mut Dice, actors: usize, depth: u32) -> Value {
    let to = format!("${{actor.{}}}", dice.one(&NAMES[..actors]));
    let word = format!("w{}", dice.roll(4));
    let payload = |dice: &mut Dice| match depth > 0 && dice.roll(2) == 0 {
        true => script(dice, actors, depth - 1),
        false => json!(word),
    };
    match dice.roll(16) {
        0..=2 => json!(["send", to, payload(dice)]),
        3..=4 => json!(["request", to, payload(dice)]),
        5..=6 => json!(["open", to, payload(dice)]),
        7..=9 => json!(["chan", "$ch", payload(dice)]),
        10 => json!(["close", "$ch"]),
        11 => json!(["result"]),
        12 => json!(["chanloop", "$ch", 3, "t"]),
        13 => json!(["defer"]),
        14 => json!(["respond", "$0", word]),
        _ => match dice.roll(5) {
            0 => json!(["err", "boom"]),
            1 => json!(["trap"]),
            2 => json!(["list"]),
            3 => json!(["sendloop", to, 4, word]),
            _ => json!(["cancel", "$0"]),
        },
    }
}

fn state(dice: &mut Dice, actors: usize) -> Value {
    let mut cfg = serde_json::Map::new();
    if dice.roll(3) == 0 {
        cfg.insert("on_open".into(), json!([["chan", "$ch", "hello"]]));
    }
    if dice.roll(3) == 0 {
        cfg.insert(
            "on_close".into(),
            json!([["send", format!("${{actor.{}}}", dice.one(&NAMES[..actors])), "bye"]]),
        );
    }
    if dice.roll(8) == 0 {
        cfg.insert("reject".into(), json!(true));
    }
    json!({ "cfg": cfg })
}

/// A cast and what happens to it.
fn scenario(seed: u64, profile: &str, like: Option<&str>) -> Value {
    let mut dice = Dice(seed);
    let actors = 2 + dice.roll(3) as usize;
    let component =
        if profile == "theater-0.2" { "lab-c.wasm" } else { dice.one(&["lab-a.wasm", "lab-c.wasm"]) };
    let cast: serde_json::Map<String, Value> = (0..actors)
        .map(|place| {
            (
                NAMES[place].to_owned(),
                json!({"component": component, "state": {"json": state(&mut dice, actors)}}),
            )
        })
        .collect();
    let mut clients = serde_json::Map::new();
    for place in 0..1 + dice.roll(2) {
        let steps = (0..1 + dice.roll(4)).map(|_| {
            let body = json!({"json": script(&mut dice, actors, 2)});
            let to = dice.one(&NAMES[..actors]);
            match dice.roll(8) {
                0..=4 => json!({"send": {"to": to, "body": body}}),
                5..=6 => json!({"request": {"to": to, "body": body}}),
                _ => json!({"wait": "1ms"}),
            }
        });
        clients.insert(format!("client{place}"), steps.collect());
    }
    let mut made = json!({
        "rehearsal": 1, "name": format!("cast {seed}"), "profile": profile, "actors": cast, "clients": clients,
        "properties": [], "early_timers": 4,
    });
    if let Some(like) = like {
        made["theater"] = json!({ "like": like });
    }
    made
}

fn parse(text: &str) -> Scenario {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("components");
    Scenario::parse(text, "law.json", &mut FileLoader::new("scenarios/actors", Some(cache))).unwrap()
}

/// Whether the chains keep messaging calls.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Form {
    A,
    B,
    /// As generation B recorded them: without any messaging call.
    Silent,
}

fn told(scenario: &Scenario, outcome: &Outcome, form: Form) -> Vec<(ActorId, Arc<ChainRecord>)> {
    let written = if form == Form::A { ChainForm::A } else { ChainForm::B };
    chains::of_run(scenario, outcome, written, |events| {
        if form == Form::Silent {
            events.retain(|event| !event.event_type.starts_with(MESSAGING));
            chains::seal(events);
        }
    })
}

/// Only the chains: the cast is known, what came from outside is not.
fn drafted(
    scenario: &Scenario,
    component: &str,
    chains: &[(ActorId, Arc<ChainRecord>)],
    profile: &str,
) -> Woven {
    let peers = Peers::of(chains.iter().map(|(_, record)| &**record));
    let rules = Profile::find(profile).unwrap();
    let play = |(actor, record): &(ActorId, Arc<ChainRecord>)| -> Report {
        let options =
            ReplayOptions { peers: Arc::clone(&peers), profile: Some(rules), ..ReplayOptions::default() };
        revive::replay(record, &scenario.factory(*actor), &options).unwrap()
    };
    let reports: Vec<Report> = chains.iter().map(play).collect();
    let known = chains.iter().zip(&reports).map(|((actor, record), report)| Known {
        name: scenario.setting.directory.name(*actor).to_owned(),
        component: component.to_owned(),
        record,
        report,
    });
    let (mut draft, _) = revive::draft(&known.collect::<Vec<_>>(), rules, false);
    if let Some(theater) = &mut draft.theater {
        theater.like = match scenario.setting.theater.like {
            rehearsal::theater::Like::B => Some(rehearsal::scenario::LikeSpec::B),
            rehearsal::theater::Like::C => Some(rehearsal::scenario::LikeSpec::C),
        };
    }
    let tied = chains.iter().zip(reports).enumerate().map(|(place, ((_, record), report))| Tied {
        actor: ActorId(place as u32),
        record: Arc::clone(record),
        report,
    });
    let mut load = |draft: &ScenarioFile| Ok(parse(&serde_json::to_string(draft).unwrap()));
    let tied: Vec<Tied> = tied.collect();
    revive::schedule_draft(draft, &tied, revive::MOST_STEPS, &mut load).unwrap().1
}

/// What is wrong with it, if anything is.
fn wrong(woven: &Woven, same: bool) -> Option<String> {
    let steps = woven.found.steps;
    if !woven.holds() {
        let found = &woven.found;
        return Some(format!(
            "not explained, {steps} steps, bounded {}, complete {}: {:?}\n   {:?}",
            found.bounded, found.complete, found.clash, woven.actors
        ));
    }
    if !woven.followed {
        return Some("the order was not followed".to_owned());
    }
    let other = woven.actors.iter().find(|actor| !actor.same_head).filter(|_| same);
    other.map(|actor| format!("another head: {}", actor.actor))
}

fn hold(seed: u64, profile: &str, like: Option<&str>) -> Vec<String> {
    let file = scenario(seed, profile, like);
    let mut scenario = parse(&file.to_string());
    let component = file["actors"]["a"]["component"].as_str().unwrap();
    let clock = rehearsal::state::Clock::Loose;
    scenario.properties = Arc::new([]);
    let mut simulation = scenario.simulation(Some(clock));
    let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep { trace: true, acts: true });
    let mut bad = Vec::new();
    for form in [Form::A, Form::B, Form::Silent] {
        let chains = told(&scenario, &outcome, form);
        // Only the router's last tree left them out.
        if chains.is_empty() || form == Form::Silent && profile != "theater-0.3" {
            continue;
        }
        let woven = revive::schedule(&scenario, &chains, revive::MOST_STEPS).unwrap();
        if let Some(wrong) = wrong(&woven, form != Form::Silent) {
            bad.push(format!("{profile} {like:?} {seed} {form:?} with the scenario: {wrong}"));
        }
        // What an actor was given that began before its `init` is in no chain, and need not show.
        let begins = |record: &ChainRecord| {
            record.calls().next().is_some_and(|(_, export, _)| export.ends_with(".init"))
        };
        if !chains.iter().all(|(_, record)| begins(record)) {
            continue;
        }
        let woven = drafted(&scenario, component, &chains, profile);
        if let Some(wrong) = wrong(&woven, false) {
            bad.push(format!("{profile} {like:?} {seed} {form:?} drafted: {wrong}"));
        }
    }
    bad
}

/// How many casts, each under every profile.
const CASES: u64 = 40;

#[test]
fn recorded_runs_come_back_with_the_same_heads() {
    let profiles =
        [("theater-0.2", None), ("theater-0.3", Some("b")), ("theater-0.3", Some("c")), ("actors", None)];
    let each = (0..CASES).flat_map(|seed| profiles.map(|(profile, like)| hold(seed, profile, like)));
    let bad: Vec<String> = each.flatten().collect();
    assert!(bad.is_empty(), "{} are not as they should be:\n{}", bad.len(), bad.join("\n"));
}
