//! Ten thousand live guests, in a process of their own so that its memory is theirs.
#![cfg(all(feature = "wasm", target_os = "linux"))]

mod guest_support;

use guest_support::*;
use rehearsal::actor::Ended;
use rehearsal::guest::{Engine, GuestComponent, MOST_GUESTS, Settings, Source};

/// Memory of this process that is really there, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn ten_thousand_guests_fit_in_512_mib() {
    const GUESTS: usize = 10_000;
    const _: () = assert!(GUESTS <= MOST_GUESTS as usize);
    let engine = Engine::shared(Settings::for_guests(GUESTS as u32)).unwrap();
    // A guest as bindings generators make it, with a stack, an allocator and the tables that tie its imports up.
    let source = Source::new("lab-a.wasm", &include_bytes!("../scenarios/actors/lab-a.wasm")[..]);
    let component = GuestComponent::load(source, &engine, None).unwrap();
    let mut stages: Vec<Stage> = (0..GUESTS).map(|_| Stage::new(&component)).collect();
    for stage in &mut stages {
        assert!(returned(&stage.send("hello")));
        assert_eq!(
            stage.send(r#"[["request", "peer", "hello"]]"#),
            Ended::Awaiting,
            "suspended in a request"
        );
    }
    let used = resident();
    println!("{} MiB, {} KiB a guest", used >> 20, used / 1024 / GUESTS as u64);
    assert!(used <= 512 << 20, "{} MiB", used >> 20);
    for (n, stage) in stages.iter_mut().enumerate() {
        assert!(returned(&stage.answer(&n.to_string())));
    }
}
