//! Random predicates over random observations: the monitor, which never looks twice, against an evaluation from
//! scratch; its digest, against what comes after; and what it need not watch, against other orders.

use super::super::matcher::canonical;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Seen = (ActorId, &'static str, i64);

fn acts(seen: &[Seen]) -> Vec<Act> {
    seen.iter().map(|(actor, key, value)| observe(*actor, key, *value)).collect()
}

fn values<'a>(seen: &'a [Seen], key: &'a str, actor: &'a Option<String>) -> Vec<(usize, Value)> {
    let name = |id: ActorId| if id == A { "a" } else { "b" };
    let all = seen.iter().enumerate();
    let some = all.filter(|(_, s)| s.1 == key && actor.as_deref().is_none_or(|actor| actor == name(s.0)));
    some.map(|(place, s)| (place, Value::from(s.2))).collect()
}

/// What a predicate means, said in the simplest way.
fn from_scratch(predicate: &Predicate, seen: &[Seen]) -> bool {
    let of = |key, actor| values(seen, key, actor);
    match predicate {
        Predicate::Observed(p) => of(&p.key, &p.actor).iter().any(|(_, v)| p.matcher().admits(v)),
        Predicate::Every(p) => of(&p.key, &p.actor).iter().all(|(_, v)| p.matcher().admits(v)),
        Predicate::Last(p) => of(&p.key, &p.actor).last().is_some_and(|(_, v)| p.matcher().admits(v)),
        Predicate::Count(p) => {
            let counted = |v: &Value| p.value.as_ref().is_none_or(|only| only == v);
            let count = of(&p.key, &p.actor).iter().filter(|(_, v)| counted(v)).count();
            p.matcher().admits_whole(count as i128)
        }
        Predicate::Values(p) => {
            let set = |values: Vec<Value>| values.iter().map(canonical).collect::<BTreeSet<_>>();
            let found = set(of(&p.key, &p.actor).into_iter().map(|(_, v)| v).collect());
            match (&p.are, &p.within) {
                (Some(are), _) => found == set(are.clone()),
                (_, within) => found.is_subset(&set(within.clone().unwrap_or_default())),
            }
        }
        Predicate::Order(p) => {
            let all = of(&p.key, &p.actor);
            let mut rest = all.iter();
            p.values.iter().all(|wanted| rest.any(|(_, v)| v == wanted))
        }
        Predicate::Before(p) => {
            let all = of(&p.key, &p.actor);
            let first = |wanted: &Value| all.iter().find(|(_, v)| v == wanted).map(|(place, _)| *place);
            matches!((first(&p.first), first(&p.then)), (Some(one), Some(other)) if one < other)
        }
        Predicate::Distinct(p) => {
            let all = of(&p.key, &p.actor);
            all.iter().map(|(_, v)| canonical(v)).collect::<BTreeSet<_>>().len() == all.len()
        }
        Predicate::Not(inner) => !from_scratch(inner, seen),
        Predicate::All(inner) => inner.iter().all(|p| from_scratch(p, seen)),
        Predicate::Any(inner) => inner.iter().any(|p| from_scratch(p, seen)),
        other => panic!("{other:?} is not generated"),
    }
}

/// When the property is broken, if it is: the number of observations before.
fn broken(kind: &str, predicate: &Predicate, seen: &[Seen]) -> Option<u64> {
    let held = |count: &usize| from_scratch(predicate, &seen[..*count]);
    let mut all = 0..=seen.len();
    let place = match kind {
        "always" => all.find(|count| !held(count)),
        "never" => all.find(held),
        "eventually" => (!all.any(|count| held(&count))).then_some(seen.len()),
        _ => None,
    };
    place.map(|place| place as u64)
}

fn seen() -> impl Strategy<Value = Vec<Seen>> {
    let actor = prop_oneof![Just(A), Just(B)];
    proptest::collection::vec((actor, prop_oneof![3 => Just("k"), 1 => Just("l")], 0i64..4), 0..9)
}

fn leaf() -> impl Strategy<Value = String> {
    let whose = prop_oneof![2 => Just(""), 1 => Just(r#", "actor": "a""#), 1 => Just(r#", "actor": "b""#)];
    let test = prop_oneof![
        (0..4).prop_map(|n| format!(r#""equals": {n}"#)),
        (0..4).prop_map(|n| format!(r#""not_equals": {n}"#)),
        (0..4).prop_map(|n| format!(r#""at_least": {n}"#)),
        (0..4).prop_map(|n| format!(r#""at_most": {n}"#)),
        (0..4, 0..4).prop_map(|(n, m)| format!(r#""one_of": [{n}, {m}]"#)),
    ];
    (0..11, whose, test, 0..4, 0..4).prop_map(|(kind, whose, test, n, m)| {
        let body = format!(r#""key": "k"{whose}"#);
        match kind {
            0 => format!(r#"{{"observed": {{{body}, {test}}}}}"#),
            1 => format!(r#"{{"every": {{{body}, {test}}}}}"#),
            2 => format!(r#"{{"last": {{{body}, {test}}}}}"#),
            3 | 4 => format!(r#"{{"count": {{{body}, {test}}}}}"#),
            5 => format!(r#"{{"count": {{{body}, "value": {n}, {test}}}}}"#),
            6 => format!(r#"{{"values": {{{body}, "are": [{n}, {m}]}}}}"#),
            7 => format!(r#"{{"values": {{{body}, "within": [{n}, {m}]}}}}"#),
            8 => format!(r#"{{"order": {{{body}, "values": [{n}, {m}, {n}]}}}}"#),
            9 => format!(r#"{{"before": {{{body}, "first": {n}, "then": {m}}}}}"#),
            _ => format!(r#"{{"distinct": {{{body}}}}}"#),
        }
    })
}

fn predicate() -> impl Strategy<Value = String> {
    leaf().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|p| format!(r#"{{"not": {p}}}"#)),
            proptest::collection::vec(inner.clone(), 1..3)
                .prop_map(|ps| format!(r#"{{"all": [{}]}}"#, ps.join(", "))),
            proptest::collection::vec(inner, 1..3)
                .prop_map(|ps| format!(r#"{{"any": [{}]}}"#, ps.join(", "))),
        ]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("always"), Just("never"), Just("eventually"), Just("sometimes")]
}

fn property(kind: &str, predicate: &str) -> String {
    format!(r#"{{"name": "p", "{kind}": {predicate}}}"#)
}

/// Feeds a monitor and gives what it says of what comes after the first `from` acts, and whether it has seen it.
fn rest(monitor: &mut Monitor, acts: &[Act], from: usize) -> (bool, u64) {
    let mut state = world();
    monitor.reset();
    let mut broken = monitor.check(&state).is_some();
    let mut digest = monitor.digest();
    for (place, one) in acts.iter().enumerate() {
        act(&mut state, one);
        broken |= monitor.check(&state).is_some();
        if place + 1 == from {
            digest = monitor.digest();
        }
    }
    (broken | monitor.settle(&state).is_some(), digest)
}

/// The observations of two actors in another order, each one's own kept.
fn shuffled(seen: &[Seen], order: &[bool]) -> Vec<Seen> {
    let mut of: [std::collections::VecDeque<Seen>; 2] = Default::default();
    seen.iter().for_each(|s| of[usize::from(s.0 == B)].push_back(*s));
    let picks = order.iter().map(|pick| usize::from(*pick)).chain(std::iter::repeat(0));
    let drawn = picks.take(seen.len()).filter_map(|pick| match of[pick].pop_front() {
        Some(seen) => Some(seen),
        None => of[1 - pick].pop_front(),
    });
    drawn.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_monitor_agrees_with_an_evaluation_from_scratch(kind in kind(), text in predicate(), seen in seen()) {
        let predicate: Predicate = serde_json::from_str(&text).expect("a predicate");
        let mut monitor = monitor(&property(kind, &text));
        let violation = run(&mut monitor, &acts(&seen));
        prop_assert_eq!(violation.map(|violation| violation.step), broken(kind, &predicate, &seen));
        if kind == "sometimes" {
            let came = (0..=seen.len()).any(|count| from_scratch(&predicate, &seen[..count]));
            prop_assert_eq!(monitor.seen(), [came]);
        }
    }

    #[test]
    fn equal_digests_have_equal_futures(
        kind in kind(), text in predicate(), one in seen(), other in seen(), then in seen(),
    ) {
        let mut monitor = monitor(&property(kind, &text));
        let after = |monitor: &mut Monitor, past: &[Seen]| {
            let all: Vec<Seen> = past.iter().chain(&then).copied().collect();
            rest(monitor, &acts(&all), past.len())
        };
        let (first, digest) = after(&mut monitor, &one);
        let (second, same) = after(&mut monitor, &other);
        prop_assert!(digest != same || first == second);
    }

    #[test]
    fn what_is_not_watched_has_one_verdict_for_all_orders(
        kind in kind(), text in predicate(), seen in seen(), order in proptest::collection::vec(any::<bool>(), 9),
    ) {
        let mut monitor = monitor(&property(kind, &text));
        if watched(monitor.properties(), 3)[0] == Watched::default() {
            let other = shuffled(&seen, &order);
            let came = |monitor: &mut Monitor, seen: &[Seen]| (run(monitor, &acts(seen)).is_some(), monitor.seen()[0]);
            prop_assert_eq!(came(&mut monitor, &seen), came(&mut monitor, &other));
        }
    }
}

#[test]
fn a_long_run_is_judged_in_one_pass() {
    let mut state = world();
    let texts = [
        r#"{"name": "1", "always": {"distinct": {"key": "k"}}}"#,
        r#"{"name": "2", "always": {"count": {"key": "k", "at_most": 1000000}}}"#,
        r#"{"name": "3", "never": {"order": {"key": "k", "values": [5, 4]}}}"#,
    ];
    let specs: Vec<Spec> = texts.iter().map(|text| spec(text)).collect();
    let (properties, builtins) = compile(&specs, &[], &directory()).expect("fine");
    let mut monitor = Monitor::new(properties.into(), builtins);
    for number in 0..200_000 {
        act(&mut state, &observe(A, "k", number));
        assert_eq!(monitor.check(&state), None);
    }
    assert_eq!(monitor.settle(&state), None);
}
