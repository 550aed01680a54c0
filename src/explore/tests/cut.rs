//! Searches through all orders, cut up: whoever makes which part of them, the result is one.

use super::*;
use proptest::{
    collection::vec, prelude::ProptestConfig, prop_assert, prop_assert_eq, proptest, sample::select,
};

/// The words that clients send to logs, and promises that some orders break.
fn logs(clients: &[Vec<(u8, u8)>]) -> Scenario {
    logs_with(clients, true)
}

fn logs_with(clients: &[Vec<(u8, u8)>], promises: bool) -> Scenario {
    let mut names: Vec<u8> = clients.iter().flatten().map(|(log, _)| *log).collect();
    names.sort_unstable();
    names.dedup();
    let actors: Vec<String> =
        names.iter().map(|name| format!(r#""log{name}": {{"native": "log"}}"#)).collect();
    let send = |(log, word): &(u8, u8)| {
        format!(r#"{{"send": {{"to": "log{log}", "body": {{"text": "w{word}"}}}}}}"#)
    };
    let script = |steps: &Vec<(u8, u8)>| steps.iter().map(send).collect::<Vec<_>>().join(",");
    let scripts: Vec<String> = clients
        .iter()
        .enumerate()
        .map(|(place, steps)| format!(r#""c{place}": [{}]"#, script(steps)))
        .collect();
    let last = |log: u8, word: u8| {
        format!(r#"{{"last": {{"key": "got", "actor": "log{log}", "equals": "w{word}"}}}}"#)
    };
    let (first, other) = (names[0], *names.last().unwrap());
    let promised = format!(
        r#"{{"name": "order", "never": {{"before": {{"key": "got", "first": "w1", "then": "w0"}}}}}},
           {{"name": "ends", "never": {{"all": [{}, {}]}}}}, {{"name": "seen", "sometimes": {}}}"#,
        last(first, 0),
        last(other, 1),
        last(first, 1),
    );
    let text = format!(
        r#"{{"rehearsal": 1, "name": "logs", "actors": {{{}}}, "clients": {{{}}}, "properties": [{}]}}"#,
        actors.join(","),
        scripts.join(","),
        if promises { promised.as_str() } else { "" },
    );
    Scenario::parse(&text, "logs.json", &mut load::FileLoader::new(".", None)).unwrap()
}

/// All there is of a result that shards can know together.
fn merged(scenario: &Scenario, options: &Options, count: u64) -> Findings {
    let parts: Vec<Findings> = (0..count)
        .map(|index| search(scenario, &Options { shard: Shard { index, count }, ..options.clone() }).findings)
        .collect();
    assert!(parts.iter().all(|part| !part.is_complete()), "a shard is not the whole");
    let text = serde_json::to_string(&parts).unwrap();
    Findings::merge(&serde_json::from_str::<Vec<Findings>>(&text).unwrap()).unwrap()
}

/// Compares without printing thousands of orders.
fn same(one: &Findings, other: &Findings, told: &str) {
    assert!(one.orders == other.orders, "orders: {told}");
    let rest = |findings: &Findings| Findings { orders: [].into(), ..findings.clone() };
    assert_eq!(rest(one), rest(other), "{told}");
}

fn holds(scenario: &Scenario, options: &Options) -> Findings {
    let whole = search(scenario, options).findings;
    for jobs in [2, 3] {
        let several = search(scenario, &Options { jobs, ..options.clone() }).findings;
        same(&several, &whole, &format!("{jobs} jobs"));
    }
    if options.keep_going && options.runs.is_none() {
        // More shards than parts, where that costs little.
        let most = if whole.runs > 1_000 { 5 } else { 70 };
        for count in [2, 3, most] {
            same(&merged(scenario, options, count), &whole, &format!("{count} shards"));
        }
    }
    whole
}

fn cut(strategy: Strategy, small: u64) -> Options {
    Options { strategy, small, keep_going: true, ..quick() }
}

#[test]
fn small_searches_are_dealt_out() {
    for name in ["three-by-two", "noise", "canaries/lost-update"] {
        let scenario = file(name);
        let options = Options { shrink: true, repeat: 16, ..cut(Strategy::Dpor, SMALL) };
        let whole = holds(&scenario, &options);
        assert!(whole.is_complete() && whole.parts.is_empty(), "{name}");
        let one = search(&scenario, &Options { shard: Shard { index: 1, count: 3 }, ..options }).findings;
        assert_eq!(one.runs, Shard { index: 1, count: 3 }.share(whole.runs), "{name}");
    }
}

#[test]
fn large_searches_are_cut() {
    // Four messages of each of three clients at one log: 12! / 4!^3 orders.
    let hot = logs(&[vec![(0, 0); 4], vec![(0, 1); 4], vec![(0, 2); 4]]);
    for strategy in [Strategy::Dpor, Strategy::Dfs] {
        let whole = holds(&hot, &cut(strategy, SMALL));
        assert_eq!((whole.runs, whole.blocked, whole.is_complete()), (34_650, 0, true));
        let shard = Shard { index: 0, count: 2 };
        let half = search(&hot, &Options { shard, ..cut(strategy, SMALL) }).findings;
        assert!((1..34_650).contains(&half.runs) && half.parts.len() > 10);
    }
    // Two logs that have nothing to do with each other, with 90 orders each; without the promise about both, which joins them.
    let clients = [[(0, 0); 2], [(0, 1); 2], [(0, 2); 2], [(1, 0); 2], [(1, 1); 2], [(1, 2); 2]];
    let two = logs_with(&clients.map(|steps| steps.to_vec()), false);
    let whole = holds(&two, &cut(Strategy::Dpor, SMALL));
    assert_eq!((whole.runs, whole.orders.len(), whole.is_complete()), (8_100, 8_100, true));
    assert!(whole.blocked < 8_100 / 2, "{}", whole.blocked);
}

#[test]
fn a_number_of_runs_is_kept_to() {
    let hot = logs(&[vec![(0, 0); 4], vec![(0, 1); 4], vec![(0, 2); 4]]);
    for runs in [1, 100, 5_000, 20_000, 34_650, 40_000] {
        let options = Options { runs: Some(runs), ..cut(Strategy::Dpor, SMALL) };
        let whole = holds(&hot, &options);
        assert_eq!((whole.runs, whole.complete), (runs.min(34_650), runs >= 34_650));
        let shard = Shard { index: 0, count: 2 };
        let part = explore(&hot, &Options { shard, ..options }, &AtomicBool::new(false), &mut |_| {});
        assert_eq!(part.is_ok(), runs < SMALL, "{runs}");
    }
}

#[test]
fn the_first_part_that_fails_ends_a_search() {
    let clients: Vec<Vec<(u8, u8)>> =
        vec![vec![(0, 2), (0, 2), (0, 0)], vec![(0, 2), (0, 2), (0, 1)], vec![(0, 3); 3]];
    let scenario = logs(&clients);
    for small in [1, 50, SMALL] {
        for strategy in [Strategy::Dpor, Strategy::Dfs] {
            let options = Options { keep_going: false, shrink: true, ..cut(strategy, small) };
            let whole = holds(&scenario, &options);
            assert_eq!(whole.failing.values().sum::<u64>(), 1);
            assert_eq!(whole.failures[0].run, whole.runs);
            assert!(whole.failures[0].verified && !whole.complete);
        }
    }
}

#[test]
fn a_stop_keeps_the_parts_that_were_made() {
    let hot = logs(&[vec![(0, 1); 5], vec![(0, 0); 5], vec![(0, 2); 5]]);
    for jobs in [1, 3] {
        let stop = AtomicBool::new(false);
        let options = Options { jobs, ..cut(Strategy::Dpor, 10) };
        let found = explore(&hot, &options, &stop, &mut |at| {
            stop.store(at.runs > 2_000, Ordering::Relaxed);
        })
        .unwrap();
        assert!(found.stopped && !found.findings.complete);
        assert!(found.findings.runs > 2_000 && !found.failures.is_empty());
    }
}

#[test]
fn what_one_shard_did_not_see_another_may_have() {
    let text = r#"{"rehearsal": 1, "name": "must", "actors": {"log": {"native": "log"}},
        "clients": {"a": [{"send": {"to": "log", "body": {"text": "a"}}}], "b": [{"send": {"to": "log", "body": {"text": "b"}}}]},
        "properties": [{"name": "b is last", "required": true,
            "sometimes": {"last": {"key": "got", "equals": "b"}}}]}"#;
    let scenario = Scenario::parse(text, "must.json", &mut load::FileLoader::new(".", None)).unwrap();
    let shard = |index| {
        let shard = Shard { index, count: 3 };
        search(&scenario, &Options { shard, ..cut(Strategy::Dpor, SMALL) }).findings
    };
    let all = [shard(0), shard(1), shard(2)];
    assert!(all.iter().all(|part| !part.failed()));
    assert!(all.iter().any(|part| part.runs == 0 && !part.never_seen().is_empty()));
    assert!(!Findings::merge(&all).unwrap().failed());
    assert!(!Findings::merge(&all[..2]).unwrap().is_complete());
}

#[test]
fn told_states_have_no_shards() {
    let shard = Shard { index: 0, count: 2 };
    let options = Options { fingerprint: Fingerprint::State, shard, ..cut(Strategy::Dfs, SMALL) };
    let error = explore(&file("hot"), &options, &AtomicBool::new(false), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("cannot be cut into shards"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Shards make the whole, and jobs change nothing, wherever the search is cut.
    #[test]
    fn however_it_is_cut(
        clients in vec(vec((0u8..3, 0u8..3), 1..4), 2..4),
        small in select(vec![1u64, 20, SMALL]),
        dpor: bool,
        keep_going: bool,
        shrink: bool,
    ) {
        let strategy = if dpor { Strategy::Dpor } else { Strategy::Dfs };
        let repeat = small % 7;
        let whole = holds(&logs(&clients), &Options { keep_going, shrink, repeat, ..cut(strategy, small) });
        if keep_going {
            let plain = search(&logs(&clients), &Options { repeat, ..cut(strategy, u64::MAX) }).findings;
            prop_assert!(whole.complete);
            prop_assert_eq!((whole.runs, &whole.orders, &whole.failing), (plain.runs, &plain.orders, &plain.failing));
            prop_assert_eq!((&whole.races, &whole.sometimes, &whole.timers), (&plain.races, &plain.sometimes, &plain.timers));
        }
    }
}
