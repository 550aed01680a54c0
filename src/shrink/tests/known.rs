//! Failures whose smallest form is known.

use super::*;

/// A run of these events, wanted in this order.
fn wanted(scenario: &Scenario, order: &str) -> Vec<Choice> {
    let names = scenario.setting.directory.names();
    let event = |word: &str| {
        let text = format!("deliver {} -> server #{}", &word[..1], &word[1..]);
        Choice::Next(crate::event::Event::parse(&text, names).expect("an event"))
    };
    let choices: Vec<Choice> = order.split_whitespace().map(event).collect();
    let outcome = outcome_of(scenario, Box::new(Guided::new(choices)));
    outcome.record.expect("recorded").choices
}

fn senders(scenario: &Scenario, shrunk: &Shrunk) -> String {
    let mut senders: String = names(scenario, shrunk).iter().filter_map(|name| name.chars().nth(8)).collect();
    let mut last = ' ';
    senders.retain(|c| std::mem::replace(&mut last, c) != c);
    senders
}

#[test]
fn chain_comes_down_to_its_three_switches() {
    let chain = orders(&[("b8", "a3"), ("a8", "c3"), ("c8", "b10")]);
    // Everything that may lie elsewhere does.
    let order = "a1 c1 b1 b2 a2 b3 c2 b4 b5 b6 b7 b8 b9 a3 a4 a5 a6 a7 a8 a9 c3 a10 c4 c5 c6 c7 c8 c9 b10";
    let choices = wanted(&chain, order);
    let shrunk = shrunk(&chain, &choices, "not all");
    assert_eq!(shrunk.from, 29);
    assert_eq!((shrunk.steps, shrunk.minimal, shrunk.verified), (26, true, true));
    assert_eq!(senders(&chain, &shrunk), "bacb");
    assert_minimal(&chain, &shrunk, "not all");
}
