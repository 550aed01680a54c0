//! What `chain show` prints of the recordings, one of each kind.

use rehearsal::chain::{Limits, open, show};

fn shown(path: &str) -> String {
    let mut text = Vec::new();
    for mut chain in open(format!("tests/data/chains/{path}").as_ref(), Limits::default()).unwrap() {
        show(&mut *chain.events, &mut text).unwrap();
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn generation_a() {
    insta::assert_snapshot!(shown("runtime-2025-07-10/e3-channel/opener.json"));
    insta::assert_snapshot!(shown("runtime-2025-07-10/e11-defer/deferrer.json"));
}

#[test]
fn the_form_between() {
    insta::assert_snapshot!(shown("router-2026-01-03/e5-trap-request/victim.json"));
}

#[test]
fn generation_b() {
    insta::assert_snapshot!(shown("router-2026-01-14/e3-channel/opener.json"));
    insta::assert_snapshot!(shown("theater-repository/runtime-test.json"));
    insta::assert_snapshot!(shown("theater-repository/wasi-clocks-test.json"));
}
