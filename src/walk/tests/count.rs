//! How many executions and states well-known scenarios take.

use super::cast::Case;
use super::*;

fn runs(case: &Case, mut by: Box<dyn Walk>) -> (u64, u64, Option<u64>) {
    let shown = walk(&mut case.simulation(), &mut *by, 100_000).expect("an end");
    assert_eq!(by.bounds_hit(), Vec::<String>::new());
    (shown.runs, by.blocked(), by.states())
}

#[test]
fn three_clients_with_two_messages_each_have_ninety_orders() {
    let case = Case::plain(1, vec![Case::sends(&[0, 0]); 3]);
    let none = options(Fingerprint::None);
    assert_eq!(runs(&case, dpor(none).expect("a walk")), (90, 0, None));
    assert_eq!(runs(&case, dfs(none)), (90, 0, None));
}

#[test]
fn noise_is_left_out() {
    let mut clients = vec![Case::sends(&[0, 0, 0]); 2];
    clients.extend((1..9).map(|own| Case::sends(&[own; 3])));
    let case = Case::plain(9, clients);
    assert_eq!(runs(&case, dpor(options(Fingerprint::None)).expect("a walk")), (20, 0, None));
}

#[test]
fn a_hot_actor_whose_state_forgets_the_order_has_few_states() {
    let case = Case::plain(1, vec![Case::sends(&[0; 10]); 3]);
    let (runs, blocked, states) = runs(&case, dfs(options(Fingerprint::State)));
    assert_eq!((runs, states), (1, Some(1331)));
    assert_eq!(blocked, 3 * 10 * 11 * 11 - 1330);
}

#[test]
fn bounds_are_told() {
    let case = Case::plain(1, vec![Case::sends(&[0, 0]); 3]);
    for mut by in [
        dfs(Options { depth: 4, ..Options::default() }),
        dpor(Options { depth: 4, ..Options::default() }).expect("a walk"),
    ] {
        walk(&mut case.simulation(), &mut *by, 100_000).expect("an end");
        assert_eq!(by.bounds_hit(), ["depth: 4 steps"]);
    }
    let mut few = dpor(Options { entries: 3, ..Options::default() }).expect("a walk");
    let mut simulation = case.simulation();
    while let Some(chooser) = few.next() {
        let (outcome, chooser) = simulation.run(chooser, Keep::default());
        few.done(chooser, &outcome);
    }
    assert!(!few.complete());
    assert_eq!(few.bounds_hit(), ["branches to take: 3"]);
}

#[test]
fn a_full_set_of_states_is_told() {
    let case = Case::plain(1, vec![Case::sends(&[0, 0]); 3]);
    let mut few = dfs(Options { fingerprint: Fingerprint::State, entries: 5, ..Options::default() });
    let shown = walk(&mut case.simulation(), &mut *few, 100_000).expect("an end");
    assert_eq!((few.states(), few.complete()), (Some(5), true));
    assert!(shown.runs > 1, "work is done twice, and nothing left out");
    assert_eq!(few.bounds_hit(), ["states are told apart up to 5"]);
}

#[test]
fn reduction_and_fingerprints_do_not_go_together() {
    assert!(dpor(options(Fingerprint::State)).is_err());
}
