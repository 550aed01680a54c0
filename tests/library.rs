//! The library as a dev-dependency: a planted lost update is found, shrunk, saved, run first, and holds after the fix.

#[path = "library/bank.rs"]
mod bank;
#[path = "../examples/native_bank.rs"]
mod native_bank;

use bank::bank;
use rehearsal::chooser::{Bytes, Fifo, Seeded};
use rehearsal::native::{Context, answering};
use rehearsal::property::Property;
use rehearsal::run::Verdict;
use rehearsal::{Cases, Check, CheckError, Rehearsal, Saved, Steps, Strategy, json, oracle};

fn found(error: CheckError) -> rehearsal::Found {
    match error {
        CheckError::Found(found) => *found,
        other => panic!("{other}"),
    }
}

#[test]
fn a_lost_update_is_found_shrunk_saved_and_run_first() {
    let folder = tempfile::tempdir().unwrap();
    let saved = Saved::in_folder(folder.path().join("bank.rehearsal"));
    let check = |fixed| Check::new(bank("lost update", fixed)).saved(saved.clone()).run();

    let first = found(check(false).unwrap_err());
    let told = first.to_string();
    assert!(
        told.starts_with("error: property `no deposit is lost` does not hold\n  --> lost update, "),
        "{told}"
    );
    assert!(told.contains("   step  time  event\n") && told.contains("cargo test"), "{told}");
    let kept = saved.of("lost update").unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].1.starts_with("rehearsal-trace 1 "), "{}", kept[0].1);

    // Run first next time: no second case is made of it.
    let again = found(check(false).unwrap_err());
    assert!(again.to_string().contains("a saved case"), "{again}");
    assert_eq!(saved.of("lost update").unwrap().len(), 1);

    // After the fix the old case is followed as far as it applies, and all holds.
    let checked = check(true).unwrap();
    assert_eq!(checked.runs(), 1_000);
    assert!(checked.notes()[0].contains("lost-update.1.trace holds now"), "{checked}");
}

/// The three texts of a run that are kept in snapshots, of a run that fails.
#[test]
fn a_failure_has_a_stable_text() {
    use rehearsal::chain::{ChainForm, lines};
    let found = found(Check::new(bank("stable", false)).run().unwrap_err());
    insta::assert_snapshot!("report", found.to_string());
    insta::assert_snapshot!("timeline", found.run().timeline());
    insta::assert_snapshot!("chain", lines(&found.run().chain("ledger", ChainForm::B).unwrap()));
}

/// The README's first test is the first bank of `examples/native_bank.rs`, word for word.
#[test]
fn the_readme_has_a_test_that_finds_something() {
    let code = |line: &&str| !line.starts_with("//");
    let example = include_str!("../examples/native_bank.rs");
    let lines = example.lines().filter(code).skip_while(|line| line.is_empty());
    let block: Vec<&str> = lines.collect();
    let end = block.iter().position(|line| *line == "}").unwrap();
    let block = block[..=end].join("\n").replace("pub fn", "fn");
    assert!(block.starts_with("use ") && block.contains("fn bank() -> Rehearsal {\n"), "{block}");
    assert!(
        include_str!("../README.md").contains(&block),
        "the bank of examples/native_bank.rs is not in it"
    );
    let told = found(Check::new(native_bank::bank()).run().unwrap_err()).to_string();
    assert!(told.contains("raced with"), "{told}");
    assert!(Check::new(native_bank::mended()).run().is_ok());
}

#[test]
fn a_small_space_is_proved() {
    for strategy in [Strategy::Dpor, Strategy::Dfs] {
        let checked = Check::new(bank("proved", true)).strategy(strategy).run().unwrap();
        assert!(checked.complete(), "{checked}");
        assert!(checked.to_string().contains("every order was covered"), "{checked}");
        assert!(Check::new(bank("proved", false)).strategy(strategy).run().is_err());
    }
    assert!(!Check::new(bank("proved", true)).runs(10).run().unwrap().complete());
}

#[test]
fn what_a_failure_does_without_is_told() {
    let idle = || answering(async |_: &Context, (): ()| Ok(()));
    let never = Property::never("two at once", |state| state.observed("balance").any(|sum| *sum == 20));
    let more = bank("less", false).actor("idle", idle).client("carol", Steps::new().send("idle", json(())));
    let told = found(Check::new(more.property(never)).run().unwrap_err()).to_string();
    assert!(told.contains("property `two at once` does not hold"), "{told}");
    assert!(told.contains("`idle` takes no part") && told.contains("`carol` takes no part"), "{told}");
}

#[test]
fn an_actor_that_does_not_repeat_is_told() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let fickle = || {
        answering(async |context: &Context, (): ()| {
            context.observe("run", RUNS.fetch_add(1, Ordering::Relaxed));
            Ok(())
        })
    };
    let fickle = Rehearsal::new("fickle")
        .actor("fickle", fickle)
        .client("alice", Steps::new().send("fickle", json(())));
    let told = found(Check::new(fickle).run().unwrap_err()).to_string();
    assert!(told.starts_with("error: a run does not repeat\n  --> fickle, run 1\n"), "{told}");
    assert!(told.contains("`fickle`"), "{told}");
}

#[test]
fn a_strict_scenario_is_searched_under_the_loose_clock_and_replayed_under_it() {
    use rehearsal::id::Time;
    use rehearsal::state::{Clock, Latency};
    let strict = |fixed| {
        let slow = Latency::Constant(Time::from_millis(50));
        bank("strict", fixed).clock(Clock::Strict).link("bob", "ben", slow)
    };
    let found = found(Check::new(strict(false)).run().unwrap_err());
    let stage = strict(false).stage().unwrap();
    assert_eq!(stage.replay(&found.run().trace()).unwrap().digest(), found.run().digest());
    let checked = Check::new(strict(true)).run().unwrap();
    assert!(checked.to_string().contains("loose clock"), "{checked}");
}

#[test]
fn what_is_found_is_shrunk_to_what_it_needs() {
    // Thirty bystanders' messages, and one pair whose order matters.
    let server = || {
        let mut last = 0;
        answering(async move |context: &Context, number: u32| {
            if number < 100 && last == 101 {
                context.observe("overtaken", number);
            }
            last = number;
            Ok(())
        })
    };
    let many = (0..15).fold(Steps::new(), |steps, n| steps.send("server", json(n)));
    let late =
        (0..4).fold(Steps::new(), |steps, n| steps.send("server", json(if n == 3 { 101 } else { 102 })));
    let race = Rehearsal::new("race")
        .actor("server", server)
        .client("many", many)
        .client("late", late)
        .property(Property::never("overtaken", |state| state.observed("overtaken").next().is_some()));
    let found = found(Check::new(race).seed(5).run().unwrap_err());
    // Four from one client, one from the other: fewer cannot do it.
    assert_eq!(found.run().outcome().steps, 5, "{found}");
}

#[test]
fn the_same_scenario_by_every_road_is_the_same_run() {
    let stage = bank("roads", false).stage().unwrap();
    let run = stage.run(Seeded::new(3));
    assert_eq!(stage.outcome(Seeded::new(3)).digest, run.digest());
    assert_eq!(stage.replay(&run.trace()).unwrap().digest(), run.digest());
    assert_eq!(stage.regress(&run.trace()).digest(), run.digest());
    assert_eq!(stage.run(Bytes::new([])).digest(), stage.run(Fifo).digest());
    for byte in 0..=255u8 {
        oracle::schedule(&stage, &[byte, byte.wrapping_mul(7), byte / 3, 1, 2, 3, byte]);
    }
    // A closure may look at anything, and makes every step depend on every other: without it.
    let mut fixed = bank("roads", true).scenario().unwrap();
    fixed.properties = [].into();
    std::sync::Arc::make_mut(&mut fixed.setting).watched.clear();
    let fixed = rehearsal::Stage::new(fixed);
    let tried: usize = (0..50u8).map(|byte| oracle::independence(&fixed, &[byte, 1, byte / 2, 2], 20)).sum();
    assert!(tried > 100, "{tried} pairs are too few to mean anything");
}

#[test]
fn an_old_trace_of_actors_that_are_gone_is_followed_as_far_as_it_applies() {
    let stage = bank("old", false).stage().unwrap();
    let mut trace = stage.run(Seeded::new(3)).trace();
    let text = trace.text().replace("ben", "bill");
    trace = rehearsal::trace::Trace::parse(&text, "old").unwrap();
    assert!(stage.replay(&trace).is_err());
    assert!(matches!(stage.regress(&trace).verdict(), Verdict::Held | Verdict::Violated(_)));
}

#[test]
fn a_chain_and_a_timeline_can_be_read() {
    use rehearsal::chain::ChainForm;
    let run = bank("chains", true).stage().unwrap().run(Fifo);
    assert!(run.passed(), "{run:?}");
    assert!(!run.chain("ledger", ChainForm::B).unwrap().is_empty());
    assert!(run.chain("alice", ChainForm::B).is_none());
    assert!(run.observations().iter().any(|seen| seen.key == "balance"));
    assert!(run.failure().is_none());
}

#[test]
fn what_cannot_be_built_says_why() {
    let told = |rehearsal: Rehearsal| rehearsal.scenario().err().unwrap().to_string();
    let alice = || Steps::new().send("ledgr", "hi");
    let ledger = || rehearsal::native::builtin("sink").unwrap();
    let wrong = Rehearsal::new("wrong").actor("ledger", ledger).client("alice", alice());
    assert!(told(wrong).contains("no actor or client is called `ledgr`"));
    let twice = Rehearsal::new("twice").actor("a", ledger).actor("a", ledger);
    assert!(told(twice).contains("two actors are called `a`"));
    assert!(told(Rehearsal::new("none")).contains("needs an actor"));
}

#[test]
fn a_case_with_generated_clients_is_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let saved = Saved::in_folder(folder.path());
    let make = |fixed| bank("generated", fixed).client("carol", Steps::new());
    let cases = Cases::new(make(false), saved.clone());
    let carol = || Steps::new().request("ben", json(5));
    // Three deposits do not make the sum of two, unless the right one is lost.
    let told = (0..=255u8).find_map(|byte| cases.hold_with([("carol", carol())], &[byte, 1]).err()).unwrap();
    assert!(told.contains("client carol"), "{told}");
    let kept = saved.of("generated").unwrap();
    assert_eq!(kept.len(), 1, "a smaller case takes the place of the one before");
    assert!(kept[0].1.contains("# client carol\n#   {\"request\""), "{}", kept[0].1);
    let checked = Check::new(make(false)).saved(saved.clone()).run();
    assert!(
        found(checked.unwrap_err()).to_string().contains("a saved case"),
        "a check runs it with its clients"
    );
    let first = std::panic::catch_unwind(|| drop(Cases::new(make(false), saved.clone())));
    assert!(first.unwrap_err().downcast_ref::<String>().unwrap().contains("a saved case"));
}

#[cfg(feature = "proptest")]
mod property_tests {
    use super::*;
    use ::proptest::prelude::*;
    use ::proptest::test_runner::{Config, TestError, TestRunner};
    use rehearsal::proptest::{plays, schedules};

    #[test]
    fn a_property_test_finds_the_lost_update_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let saved = Saved::in_folder(folder.path());
        let cases = Cases::new(bank("proptest", false), saved.clone());
        let config = Config { failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new(config);
        let error = runner.run(&schedules(), |schedule| cases.check(&schedule)).unwrap_err();
        let TestError::Fail(why, least) = error else { panic!("{error}") };
        assert!(why.to_string().contains("error: property `no deposit is lost` does not hold"), "{why}");
        assert!(cases.hold(least.bytes()).is_err());
        assert_eq!(saved.of("proptest").unwrap().len(), 1);
        let old = std::panic::catch_unwind(|| drop(Cases::new(bank("proptest", false), saved.clone())));
        assert!(old.is_err(), "the old case runs first");
        drop(Cases::new(bank("proptest", true), saved));
    }

    #[test]
    fn the_fixed_bank_holds_with_any_reader() {
        let cases = Cases::unsaved(bank("any reader", true));
        let config = Config { failure_persistence: None, ..Config::with_cases(64) };
        proptest!(config, |(schedule in schedules(), spans in plays(0u64..1))| {
            // A teller adds nothing for a client that deposits nothing.
            cases.check_with([("dora", spans.steps(&["ann", "ben"]))], &schedule)?;
        });
    }
}

#[cfg(feature = "arbitrary")]
#[test]
fn generated_plays_are_scripts() {
    use arbitrary::{Arbitrary as _, Unstructured};
    let bytes: Vec<u8> = (0..200).collect();
    let play = rehearsal::Play::<u8>::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
    assert_eq!(play.steps(&["ann"]).len(), play.0.len());
}

#[test]
fn a_script_may_speak_before_it_opens_a_channel() {
    use rehearsal::{Move, Play};
    let play = Play(vec![Move::Say(1), Move::Close, Move::Open(0, 2), Move::Say(3)]);
    let clients = [("carol", play.steps(&["ledger", "ann"]))];
    Cases::unsaved(bank("speaks first", true)).hold_with(clients, &[]).unwrap();
}
