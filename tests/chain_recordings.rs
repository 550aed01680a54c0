//! The recordings of real Theater runtimes, and what becomes of them when one byte is changed.

use rehearsal::chain::*;
use std::path::{Path, PathBuf};

/// Every recorded chain, in order of their names.
fn recordings() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            if path.is_dir() {
                walk(&path, found);
            } else if name.ends_with(".json") && name != "meta.json" && name != "order.json" {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk("tests/data/chains".as_ref(), &mut found);
    found.sort();
    found
}

fn events(path: &Path) -> Vec<ChainEvent> {
    let mut events = Vec::new();
    for mut chain in open(path, Limits::default()).unwrap() {
        while let Some(stored) = chain.events.next_event().unwrap() {
            events.push(stored.event.clone());
        }
    }
    events
}

fn verify_bytes(bytes: &[u8]) -> Result<VerifyReport, ChainError> {
    verify(&mut ChainReader::new(bytes, "chain", Limits::default())?)
}

fn written(events: &[ChainEvent]) -> Vec<u8> {
    let mut file = Vec::new();
    write_array(&mut file, events).unwrap();
    file
}

#[test]
fn every_recording_holds() {
    let paths = recordings();
    assert_eq!(paths.len(), 23);
    let mut total = 0;
    for path in paths {
        let mut chains = open(&path, Limits::default()).unwrap();
        let report = verify(&mut *chains[0].events).unwrap();
        assert!(report.holds() && report.unverified.is_none(), "{}: {report}", path.display());
        let expect = match path.iter().nth(3).unwrap().to_str().unwrap() {
            "router-2026-01-03" => Generation::Between,
            "runtime-2025-07-10" => Generation::A,
            _ => Generation::B,
        };
        assert_eq!(report.generations.into_iter().collect::<Vec<_>>(), [expect], "{}", path.display());
        total += report.events;
    }
    assert_eq!(total, 762);
}

/// Theater's rule once more, by other means.
#[test]
fn serde_and_sha1_give_the_same_hashes() {
    use sha1::{Digest, Sha1};
    for path in recordings() {
        let file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let ours = events(&path);
        for (event, ours) in file.as_array().unwrap().iter().zip(&ours) {
            let mut bare = event.clone();
            bare["hash"] = serde_json::json!([]);
            let hash: [u8; 20] = Sha1::digest(bare.to_string()).into();
            assert_eq!(hash_of(ours), EventHash(hash));
        }
    }
}

#[test]
fn what_is_read_is_written_again() {
    for path in recordings() {
        let original = std::fs::read(&path).unwrap();
        let again = written(&events(&path));
        // The two from the public repository are printed prettily; ours are as we write.
        if !path.starts_with("tests/data/chains/theater-repository") {
            assert!(original == again, "{}", path.display());
        }
        assert!(verify_bytes(&again).unwrap().holds());
    }
}

#[test]
fn what_stands_beside_the_chains_is_no_chain() {
    for name in ["meta.json", "order.json"] {
        let path = Path::new("tests/data/chains/router-2026-01-14/e1-echo").join(name);
        let error = verify_bytes(&std::fs::read(path).unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("expected an event"), "{error}");
    }
}

#[test]
fn one_byte_changed_is_named() {
    let chain = events(Path::new("tests/data/chains/router-2026-01-14/e1-echo/echo.json"));
    let mut changed = chain.clone();
    changed[3].data[40] ^= 1;
    let report = verify_bytes(&written(&changed)).unwrap();
    let expect = Break::Hash { index: 3, computed: hash_of(&changed[3]), recorded: chain[3].hash };
    assert_eq!((report.first_break, report.breaks, report.gap_count), (Some(expect), 1, 0));

    let mut changed = chain.clone();
    changed[3].hash.0[0] ^= 1;
    let report = verify_bytes(&written(&changed)).unwrap();
    let expect = Break::Hash { index: 3, computed: chain[3].hash, recorded: changed[3].hash };
    assert_eq!((report.first_break, report.breaks, report.gap_count), (Some(expect), 1, 1));

    for field in 0..3 {
        let mut changed = chain.clone();
        match field {
            0 => changed[3].event_type.to_mut().push('x'),
            1 => changed[3].parent_hash = None,
            _ => changed[3].timestamp = Some(0),
        }
        let report = verify_bytes(&written(&changed)).unwrap();
        assert!(matches!(report.first_break, Some(Break::Hash { index: 3, .. })), "{field}");
        assert_eq!((report.breaks, report.gap_count), (1, 0), "{field}");
    }
}

/// Each bit of a small file, one after the other: it does not hold, or it cannot be read, or the
/// change is to white space or to how a text is written.
#[test]
fn no_flipped_bit_goes_unnoticed() {
    let chain = events(Path::new("tests/data/chains/runtime-2025-07-10/e1-echo/echo.json"));
    let file = written(&chain[25..28]);
    let gap = verify_bytes(&file).unwrap();
    assert_eq!((gap.breaks, gap.gap_count), (0, 1));
    for place in 0..file.len() * 8 {
        let mut changed = file.clone();
        changed[place / 8] ^= 1 << (place % 8);
        if let Ok(report) = verify_bytes(&changed) {
            let same_place = report.gaps == gap.gaps && report.breaks == 0 && report.unhashed.is_none();
            let blank = changed[place / 8].is_ascii_whitespace();
            assert!(!same_place || blank, "bit {place}: {report}");
        }
    }
}

#[test]
fn gaps_are_told_apart() {
    let chain = events(Path::new("tests/data/chains/router-2026-01-14/e1-echo/echo.json"));
    let kinds = |events: &[ChainEvent]| {
        let report = verify_bytes(&written(events)).unwrap();
        assert!(!report.holds() && report.breaks == 0);
        report.gaps.iter().map(|gap| (gap.index, gap.kind)).collect::<Vec<_>>()
    };
    let without = [&chain[..4], &chain[5..]].concat();
    assert_eq!(kinds(&without), [(4, GapKind::Missing)]);
    assert_eq!(kinds(&chain[2..]), [(0, GapKind::Missing)]);
    let repeated = [&chain[..4], &chain[3..]].concat();
    assert_eq!(kinds(&repeated), [(4, GapKind::Repeated)]);
    assert_eq!(kinds(&[&chain[..4], &chain[..4]].concat()), [(4, GapKind::Root)]);
    let mut fork = chain[3].clone();
    fork.data.push(b' ');
    fork.seal();
    let forked = [&chain[..4], &[fork.clone()]].concat();
    assert_eq!(kinds(&forked), [(4, GapKind::Fork)]);
    let report = verify_bytes(&written(&without)).unwrap();
    let expect =
        format!("gap before event 4: expected the parent {}, found {}", chain[3].hash, chain[4].hash);
    assert!(report.to_string().contains(&expect), "{report}");
}

/// Every event that says all it was made from is made again, to the byte, with its sentence.
#[test]
fn the_builder_makes_what_theater_recorded() {
    let (mut made, mut of) = (0, 0);
    for path in recordings() {
        let form = match path.iter().nth(3).unwrap().to_str().unwrap() {
            "runtime-2025-07-10" => ChainForm::A,
            "router-2026-01-14" => ChainForm::B,
            _ => continue,
        };
        let mut began = None;
        for event in events(&path) {
            of += 1;
            let mut chain = ChainBuilder::new(form);
            let at = event.timestamp.unwrap_or_default();
            if !again(&mut chain, &event, at, &mut began) {
                continue;
            }
            let again = chain.events().last().unwrap();
            let what = format!("{}: {}", path.display(), String::from_utf8_lossy(&event.data));
            assert_eq!(again.event_type, event.event_type, "{what}");
            assert_eq!(String::from_utf8_lossy(&again.data), String::from_utf8_lossy(&event.data));
            assert_eq!(again.description, event.description, "{what}");
            made += 1;
        }
    }
    // What is not made again is the set-up of generation A, 25 events for each of its eight actors.
    assert_eq!((made, of), (295, 495));
}

fn again(chain: &mut ChainBuilder, event: &ChainEvent, at: u64, began: &mut Option<HostCall>) -> bool {
    let decoded = decode(event);
    match &decoded {
        Decoded::Call { export, params } => chain.wasm_call(export, params, at),
        Decoded::Returned { export, state, result } => {
            chain.wasm_result(export, state.as_deref(), result, at)
        }
        Decoded::Failed { export, message } => chain.wasm_error(export, message, at),
        Decoded::Stopped => chain.stopped(at),
        Decoded::Log { .. } => chain.host_call(&decoded.host_call().unwrap(), &Val::unit(), at),
        Decoded::Host { output: Recorded::Val(output), .. } => {
            let call = decoded.host_call().unwrap();
            chain.host_call(&call, output, at);
        }
        Decoded::HostBegan { interface, function, input } => {
            let whole = |arg: &Arg| match arg {
                Arg::Val(val) => val.clone(),
                Arg::Size(size) => Val::bytes(vec![0; *size as usize]),
            };
            let call = HostCall::new(interface.clone(), function.clone(), input.iter().map(whole).collect());
            chain.host_begins(&call, at);
            *began = Some(call);
        }
        Decoded::HostEnded { answer, .. } => {
            let mut call = began.take().unwrap();
            let output = match answer {
                Answer::Val(val) => val.clone(),
                Answer::Refused { channel } => {
                    call.channel = Some(channel.clone());
                    Val::err("Channel request rejected by target actor")
                }
                Answer::Lost { known } => panic!("{known}"),
            };
            chain.host_ends(&call, &output, at);
        }
        Decoded::SetUp { .. } => return false,
        other => panic!("{other:?}"),
    }
    true
}

#[test]
fn nothing_in_the_recordings_is_unknown() {
    for path in recordings() {
        for event in events(&path) {
            let decoded = decode(&event);
            assert!(!matches!(decoded, Decoded::Unknown { .. } | Decoded::Cgrf), "{decoded:?}");
            if let Decoded::Call { export, params } = &decoded {
                assert_ne!(Invocation::of(export, params), Invocation::Other, "{export}");
            }
            if let Decoded::Returned { export, result, .. } = &decoded {
                assert_ne!(Reply::of(export, result), Reply::Other, "{export}");
            }
        }
    }
}

/// The vector of generation C (Theater 0.3.8, commit 30eba8fd): packr-abi 0.5.0 gave its bytes, and their hash, as that Theater
/// makes one, is the SHA-1 below.
#[test]
fn the_vector_of_generation_c() {
    let hex = include_str!("data/cgrf-handle-send.hex").trim();
    let data: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    assert_eq!(data.len(), 299);
    let event = ChainEvent { event_type: "wasm".into(), data, ..ChainEvent::default() };
    assert_eq!(hash_of(&event).to_string(), "cf464bd4f1eb180e1676da23817aa09b8a68c0d5");
    assert_eq!(Generation::of(&event), Generation::C);
    assert_eq!(summary(&event), "CGRF, 299 bytes, not decoded");
}
