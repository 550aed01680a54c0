//! Every layout: a chain made at random, laid out, read, and found to be the same and to hold.

use proptest::collection::vec;
use proptest::prelude::*;
use rehearsal::chain::*;
use std::fmt::Write as _;

/// Chains of both forms, some data of every kind, the odd text.
fn chains() -> impl Strategy<Value = Vec<ChainEvent>> {
    let data = prop_oneof![vec(any::<u8>(), 0..40), "\\PC{0,30}".prop_map(String::into_bytes)];
    let event = ("[a-z:/\\-é\"\\\\]{0,20}", data, any::<u64>(), "\\PC{0,20}");
    (any::<bool>(), vec(event, 0..8)).prop_map(|(dated, events)| {
        let mut chain = ChainBuilder::new(if dated { ChainForm::A } else { ChainForm::B });
        for (event_type, data, at, said) in events {
            chain.append(event_type, data, at, &said);
        }
        chain.take_events()
    })
}

fn json(event: &ChainEvent) -> serde_json::Value {
    let mut bytes = Vec::new();
    event.write_json(&mut bytes);
    serde_json::from_slice(&bytes).unwrap()
}

fn hash_json(hash: Option<EventHash>) -> serde_json::Value {
    hash.map_or(serde_json::Value::Null, |hash| serde_json::json!(hash.0))
}

/// Reads a chain that must be laid out as `layout`, and what verifying found.
fn read(bytes: &[u8], layout: Layout) -> (Vec<Stored>, VerifyReport) {
    let mut reader = ChainReader::new(bytes, "chain", Limits::default()).unwrap();
    assert_eq!(reader.layout(), layout);
    let mut stored = Vec::new();
    while let Some(event) = reader.next_event().unwrap() {
        stored.push(event.clone());
    }
    let mut again = ChainReader::new(bytes, "chain", Limits::default()).unwrap();
    let report = verify(&mut again).unwrap();
    let indexes: Vec<u64> = stored.iter().map(|stored| stored.index).collect();
    assert_eq!(indexes, (0..report.events).collect::<Vec<_>>());
    (stored, report)
}

fn check(bytes: &[u8], layout: Layout, expect: &[ChainEvent]) {
    let (stored, report) = read(bytes, layout);
    assert!(report.holds() && report.unverified.is_none(), "{report}");
    assert_eq!(report.head, expect.last().map(|event| event.hash));
    let events: Vec<ChainEvent> = stored.into_iter().map(|stored| stored.event).collect();
    assert_eq!(events, expect);
}

proptest! {
    #[test]
    fn arrays(chain in chains()) {
        let mut file = Vec::new();
        write_array(&mut file, &chain).unwrap();
        check(&file, Layout::Array, &chain);
        let all: Vec<_> = chain.iter().map(json).collect();
        check(&serde_json::to_vec(&all).unwrap(), Layout::Array, &chain);
        check(&serde_json::to_vec_pretty(&all).unwrap(), Layout::Array, &chain);
    }

    #[test]
    fn state_chains(chain in chains()) {
        let head = chain.last().map(|event| event.hash);
        let all: Vec<_> = chain.iter().map(json).collect();
        let told = serde_json::json!({"events": all, "current_hash": hash_json(head)});
        check(&serde_json::to_vec_pretty(&told).unwrap(), Layout::StateChain, &chain);
        let first = serde_json::json!({"current_hash": hash_json(head), "events": all});
        check(&serde_json::to_vec(&first).unwrap(), Layout::StateChain, &chain);
        // What else stands before the events is passed over.
        let (all_text, head_text) = (serde_json::json!(all), hash_json(head));
        for keys in [
            format!(r#"{{"actor_id":"x","m":{{"deep":[1]}},"current_hash":{head_text},"n":[],"events":{all_text},"z":1}}"#),
            format!(r#"{{"version":2,"events":{all_text},"y":null,"current_hash":{head_text}}}"#),
        ] {
            check(keys.as_bytes(), Layout::StateChain, &chain);
        }
        let wrong = serde_json::json!({"events": all, "current_hash": hash_json(Some(EventHash([7; 20])))});
        let (_, report) = read(wrong.to_string().as_bytes(), Layout::StateChain);
        let expect = Break::Head { last: head, told: Some(EventHash([7; 20])) };
        assert_eq!((report.first_break, report.breaks), (Some(expect), 1));
    }

    #[test]
    fn lines(chain in chains()) {
        prop_assume!(!chain.is_empty());
        let mut file = String::new();
        for event in &chain {
            writeln!(file, "{}", json(event)).unwrap();
        }
        check(file.as_bytes(), Layout::Lines, &chain);
        // An event may begin with what no hash covers.
        let first = json(&chain[0]).to_string().replacen('{', r#"{"actor_id":"x","#, 1);
        let (stored, _) = read(first.as_bytes(), Layout::Lines);
        assert_eq!((stored[0].unhashed.as_deref(), &stored[0].event), (Some("actor_id"), &chain[0]));
    }

    #[test]
    fn lines_with_hexadecimal_hashes(chain in chains()) {
        prop_assume!(!chain.is_empty());
        let (mut whole, mut decoded) = (String::new(), String::new());
        for event in &chain {
            let mut line = json(event);
            line["hash"] = event.hash.to_string().into();
            line["parent_hash"] = event.parent_hash.map(|hash| hash.to_string()).into();
            writeln!(whole, "{line}").unwrap();
            line["data"] = serde_json::json!({"Wasm": [1, {"deep": [true, null, "é\n", -1.5e3]}]});
            writeln!(decoded, "{line}").unwrap();
        }
        check(whole.as_bytes(), Layout::Lines, &chain);
        let (stored, report) = read(decoded.as_bytes(), Layout::Lines);
        assert_eq!(report.unverified, Some((chain.len() as u64, Lost::Decoded)));
        assert!(report.holds() && report.to_string().starts_with("cannot be verified"));
        let kept: serde_json::Value = serde_json::from_slice(&stored[0].event.data).unwrap();
        assert_eq!(kept["Wasm"][1]["deep"][2], "é\n");
    }

    #[test]
    fn folders(chain in chains()) {
        let folder = tempfile::tempdir().unwrap();
        let (events, chains) = (folder.path().join("events"), folder.path().join("chains"));
        std::fs::create_dir(&events).unwrap();
        std::fs::create_dir(&chains).unwrap();
        for event in &chain {
            std::fs::write(events.join(event.hash.to_string()), json(event).to_string()).unwrap();
        }
        let head = hash_json(chain.last().map(|event| event.hash));
        std::fs::write(chains.join("some-actor"), head.to_string()).unwrap();
        for path in [folder.path().to_path_buf(), chains.clone(), chains.join("some-actor")] {
            let mut opened = open(&path, Limits::default()).unwrap();
            assert_eq!(opened.len(), 1);
            let mut read = Vec::new();
            while let Some(stored) = opened[0].events.next_event().unwrap() {
                read.push(stored.event.clone());
            }
            assert_eq!(&read, &chain);
            let report = verify(&mut *open(&path, Limits::default()).unwrap().remove(0).events).unwrap();
            assert!(report.holds() && report.layout == Layout::Folders, "{report}");
        }
    }

    #[test]
    fn chain_files(chain in chains()) {
        prop_assume!(!chain.is_empty());
        // This layout has no room for the fields of generation A: its writer came later.
        let mut bare = ChainBuilder::new(ChainForm::B);
        for event in chain {
            bare.append(event.event_type, event.data, 0, "");
        }
        let chain = bare.take_events();
        let mut file = Vec::new();
        for event in &chain {
            let parent = event.parent_hash.unwrap_or_default();
            let (kind, length) = (&event.event_type, event.data.len());
            file.extend(format!("EVENT {}\n{parent}\n{kind}\n{length}\n\n", event.hash).bytes());
            file.extend(&event.data);
            file.extend(b"\n\n");
        }
        check(&file, Layout::Writer, &chain);
    }

    #[test]
    fn texts_that_cannot_be_verified(chain in chains()) {
        prop_assume!(!chain.is_empty());
        let (mut cli, mut three) = (String::new(), String::new());
        for event in &chain {
            let (hash, parent) = (event.hash, event.parent_hash.map(|hash| hash.to_string()));
            let kind = event.event_type.replace('\n', " ");
            let said = parent.clone().unwrap_or("none".into());
            writeln!(cli, "EVENT [0badcafe] {hash}\nparent: {said}\ntype: {kind}\nsize: 12\nwhat\n\never\n").unwrap();
            let said = parent.unwrap_or("root".into());
            writeln!(three, "---\nhash: {hash}\nparent: {said}\nchain-event-payload::wasm(…)").unwrap();
        }
        for (text, layout, lost) in
            [(cli, Layout::Cli, Lost::Lossy), (three, Layout::ThreeLines, Lost::Type)]
        {
            let (stored, report) = read(text.as_bytes(), layout);
            assert_eq!(report.unverified, Some((chain.len() as u64, lost)));
            assert!(report.holds(), "{report}");
            for (stored, event) in stored.iter().zip(&chain) {
                assert_eq!((stored.event.hash, stored.event.parent_hash), (event.hash, event.parent_hash));
            }
        }
    }
}

#[test]
fn the_reason_is_shown_where_nothing_can_be_verified() {
    let text = "---\nhash: 752f94aee6d7d32bccb1794cd22d62ad0f579709\nparent: root\nsome-value(1)\n\
                ---\nhash: b9aa0dcb36a9e1fb4c4842611cfa272c8f629016\nparent: 0000000000000000000000000000000000000001\n";
    let mut shown = Vec::new();
    let mut reader = ChainReader::new(text.as_bytes(), "a.txt", Limits::default()).unwrap();
    show(&mut reader, &mut shown).unwrap();
    insta::assert_snapshot!(String::from_utf8(shown).unwrap());
}

#[test]
fn a_field_that_no_hash_covers_is_told() {
    let mut chain = ChainBuilder::new(ChainForm::B);
    chain.wasm_call("x", b"null", 0);
    let mut event = json(&chain.events()[0]);
    event["paid"] = serde_json::json!({"much": [1, 2, 3]});
    let (_, report) = read(format!("[{event}]").as_bytes(), Layout::Array);
    assert!(report.holds());
    assert!(report.to_string().ends_with("note: the field `paid` is covered by no hash"));
}
