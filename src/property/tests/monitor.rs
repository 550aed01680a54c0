//! When properties are judged, what is remembered, and what is watched.

use super::*;

fn violated(text: &str, acts: &[Act]) -> Option<(u64, Vec<String>)> {
    run(&mut monitor(text), acts).map(|violation| (violation.step, violation.facts))
}

const LATE: &str = r#"{"name": "p", "eventually": {"observed": {"key": "k"}}, "within": "5s"}"#;

#[test]
fn always_and_never_name_the_step() {
    let acts = [Act::Nothing, observe(A, "k", 1), observe(A, "k", 2), Act::Nothing];
    let told = violated(r#"{"name": "p", "never": {"observed": {"key": "k", "equals": 2}}}"#, &acts);
    assert_eq!(told, Some((3, vec!["`a` observed `k` 2 at step 3".into()])));
    let told = violated(r#"{"name": "p", "always": {"stopped": "a"}}"#, &acts).expect("a violation");
    assert_eq!(told, (0, vec!["it does not hold at the start".into(), "`a` has not stopped".into()]));
}

#[test]
fn eventually_waits_for_the_end() {
    let eventually = r#"{"name": "p", "eventually": {"observed": {"key": "k"}}}"#;
    assert_eq!(violated(eventually, &[Act::Nothing, observe(A, "k", 1), Act::Nothing]), None);
    let told =
        ["it did not come about, and at 0s nothing can happen any more", "nobody observed `k` with anything"];
    assert_eq!(violated(eventually, &[Act::Nothing]), Some((1, told.map(str::to_owned).to_vec())));
}

#[test]
fn eventually_within_a_time_ends_with_it() {
    assert_eq!(violated(LATE, &[Act::Time(5000), observe(A, "k", 1), Act::Time(9000)]), None);
    let (step, facts) = violated(LATE, &[Act::Time(5000), Act::Time(5001), Act::Nothing]).expect("too late");
    assert_eq!((step, facts[0].as_str()), (2, "it did not come about within 5s, and it is 5001ms now"));
    assert!(violated(LATE, &[Act::Nothing]).is_some(), "nothing can happen any more");
}

#[test]
fn sometimes_breaks_nothing_and_is_seen() {
    let mut monitor = monitor(r#"{"name": "p", "sometimes": {"stopped": "a"}, "required": true}"#);
    assert_eq!(run(&mut monitor, &[Act::Nothing]), None);
    assert_eq!(monitor.seen(), [false]);
    assert_eq!(run(&mut monitor, &[Act::Stop(A), Act::Nothing]), None);
    assert_eq!(monitor.seen(), [true]);
    assert_eq!(monitor.properties()[0].kind(), Kind::Sometimes { required: true });
}

#[test]
fn closures_are_properties() {
    let seen = |state: &State| !state.record.observations.is_empty();
    let properties = [
        Property::always("always", move |state| !seen(state)),
        Property::never("never", seen),
        Property::eventually("eventually", |state| state.step > 9).within(Time::from_millis(7)),
        Property::sometimes("sometimes", seen).required(),
    ];
    let mut monitor = Monitor::new(properties.into(), Builtins::NONE);
    let mut state = world();
    assert_eq!(monitor.check(&state), None);
    act(&mut state, &observe(A, "k", 1));
    state.now = Time::from_millis(8);
    let names: Vec<String> = std::iter::from_fn(|| monitor.check(&state)).map(|told| told.property).collect();
    assert_eq!(names, ["always", "never", "eventually"], "each is told, one by one, and once");
    assert_eq!(monitor.seen(), [false, false, false, true]);
    assert_eq!(monitor.settle(&state), None);
}

#[test]
fn a_monitor_is_used_again() {
    let mut monitor = monitor(r#"{"name": "p", "always": {"distinct": {"key": "k"}}}"#);
    let fresh = monitor.digest();
    assert_eq!(run(&mut monitor, &[observe(A, "k", 1), observe(A, "k", 2)]), None);
    assert_ne!(monitor.digest(), fresh);
    assert!(run(&mut monitor, &[observe(A, "k", 1), observe(A, "k", 1)]).is_some());
    monitor.reset();
    assert_eq!(monitor.digest(), fresh);
}

#[test]
fn the_digest_has_what_matters_and_no_more() {
    let after = |text: &str, acts: &[Act]| {
        let (mut monitor, mut state) = (monitor(text), world());
        for one in acts {
            act(&mut state, one);
            assert_eq!(monitor.check(&state), None);
        }
        monitor.digest()
    };
    let (one, two) = (observe(A, "k", 1), observe(A, "k", 2));
    let distinct = r#"{"name": "p", "always": {"distinct": {"key": "k"}}}"#;
    let (there, back) = ([one.clone(), two.clone()], [two.clone(), one.clone()]);
    assert_eq!(after(distinct, &there), after(distinct, &back));
    assert_ne!(after(distinct, &there), after(distinct, &there[..1]));
    let few = r#"{"name": "p", "always": {"count": {"key": "k", "at_least": 0}}}"#;
    assert_eq!(after(few, &there), after(few, &there[..1]), "counts above all bounds");
    let last = r#"{"name": "p", "sometimes": {"last": {"key": "k", "equals": 3}}}"#;
    assert_eq!(after(last, &there), after(last, &[]));
    let order = r#"{"name": "p", "sometimes": {"order": {"key": "k", "values": [1, 2, 3]}}}"#;
    assert_ne!(after(order, &there), after(order, &back));
    assert_ne!(after(LATE, &[Act::Time(1)]), after(LATE, &[Act::Time(2)]), "the time, while it is open");
    let early = observe(A, "k", 0);
    assert_eq!(after(LATE, &[early.clone(), Act::Time(1)]), after(LATE, &[early, Act::Time(2)]));
}

#[test]
fn properties_over_several_participants_are_watched() {
    let watch = |predicate: &str| {
        let text = format!(r#"{{"name": "p", "always": {predicate}}}"#);
        watched(&[Property::compile(&spec(&text), &directory()).expect("fine")], 3).remove(0)
    };
    let nothing = Watched::default();
    let same = watch(r#"{"same": [{"actor": "a"}, {"actor": "b"}]}"#);
    assert_eq!(same, Watched { states: vec![A, B], ..Watched::default() });
    assert_eq!(watch(r#"{"same": [{"actor": "a", "pointer": "/x"}, {"actor": "a"}]}"#), nothing);
    let order = watch(r#"{"order": {"key": "k", "values": [1, 2]}}"#);
    assert_eq!(order, Watched { keys: vec!["k".into()], ..Watched::default() });
    assert_eq!(watch(r#"{"order": {"key": "k", "actor": "a", "values": [1, 2]}}"#), nothing);
    assert_eq!(watch(r#"{"distinct": {"key": "k"}}"#), nothing, "it is broken in every order or in none");
    let mixed = watch(r#"{"any": [{"stopped": "a"}, {"not": {"reply": {"client": "client"}}}]}"#);
    assert_eq!(mixed, Watched { states: vec![A], replies: vec![CLIENT], ..Watched::default() });
    let everybody = vec![A, B, CLIENT];
    assert_eq!(watch(r#"{"lost": {"not_equals": 1}}"#).states, everybody);
    assert_eq!(watched(&[Property::never("p", |_| false)], 3)[0].states, everybody);
    let late = Property::compile(&spec(LATE), &directory()).expect("fine");
    assert!(late.sees_everything() && watched(&[late], 3)[0].states == everybody);
}
