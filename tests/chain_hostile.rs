//! Files that mean harm, or are broken: a clear error, bounded memory, never a panic.

use proptest::collection::vec;
use proptest::prelude::*;
use rehearsal::chain::*;
use std::io::Read;

const HASH: &str = "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]";
const HEX: &str = "0101010101010101010101010101010101010101";

fn small() -> Limits {
    Limits { event_bytes: 1000, depth: 16, folder_events: 100 }
}

/// What reading all of a chain says: its report, or the error, on one line each.
fn outcome(bytes: &[u8]) -> String {
    let found =
        ChainReader::new(bytes, "x", small()).and_then(|mut reader| show(&mut reader, &mut std::io::sink()));
    match found {
        Ok(report) => format!("ok: {}", report.to_string().lines().next().unwrap()),
        Err(error) => error.to_string().replace("\n  --> ", " @ "),
    }
}

#[test]
fn each_says_what_is_wrong_and_where() {
    let event = |fields: &str| format!("[{{{fields}}}]");
    let good = format!(r#""hash":{HASH},"parent_hash":null,"event_type":"wasm","data":[1]"#);
    let deep = format!(r#"{good},"x":{}{}"#, "[".repeat(20), "]".repeat(20));
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", b"".to_vec()),
        ("only white space", b" \n ".to_vec()),
        ("not a chain", b"hello".to_vec()),
        ("UTF-16", b"\xff\xfe[\0]\0".to_vec()),
        ("a number", b"17".to_vec()),
        ("an object of another kind", br#"{"actors":[]}"#.to_vec()),
        ("an array of another kind", b"[\n[1,2]]".to_vec()),
        ("a head without its events", HASH.into()),
        ("no event", b"[]".to_vec()),
        ("no event, then more", b"[] []".to_vec()),
        ("cut in the array", b"[".to_vec()),
        ("cut after an event", format!("[{{{good}}}").into()),
        ("cut in an event", format!("[{{{good}").into()),
        ("cut in the data", br#"[{"data":[1,2"#.to_vec()),
        ("a comma too many", format!("[{{{good}}},]").into()),
        ("a comma too few", format!("[{{{good}}}{{{good}}}]").into()),
        ("a short hash", event(r#""hash":[1,2]"#).into()),
        ("a long hash", event(&format!(r#""hash":[{}1]"#, "1,".repeat(20))).into()),
        ("a very long hash", event(&format!(r#""hash":[{}1]"#, "1,".repeat(9000))).into()),
        ("a short hexadecimal hash", event(r#""hash":"abc""#).into()),
        ("a hash of another kind", event(r#""hash":7"#).into()),
        ("a short parent", event(r#""parent_hash":[]"#).into()),
        ("no hash", event(r#""event_type":"a","data":[]"#).into()),
        ("no type", event(&format!(r#""hash":{HASH},"data":[]"#)).into()),
        ("no data", event(&format!(r#""hash":{HASH},"event_type":"a""#)).into()),
        ("a field twice", event(&format!(r#"{good},"data":[1]"#)).into()),
        ("data of another kind", event(&good.replace("[1]", r#""text""#)).into()),
        ("data that is no byte", event(&good.replace("[1]", "[1,256]")).into()),
        ("data that is no whole number", event(&good.replace("[1]", "[1.0]")).into()),
        ("data that is too long", event(&good.replace("[1]", &format!("[{}1]", "1,".repeat(1000)))).into()),
        ("a type that is too long", event(&good.replace("wasm", &"w".repeat(1001))).into()),
        ("a type of another kind", event(&good.replace(r#""wasm""#, "1")).into()),
        ("a time before 1970", event(&format!(r#"{good},"timestamp":-1"#)).into()),
        ("a time too late", event(&format!(r#"{good},"timestamp":18446744073709551616"#)).into()),
        ("deep JSON", event(&deep).into()),
        ("half of a pair", event(r#""event_type":"\ud800""#).into()),
        ("the other half of a pair", event(r#""event_type":"\udc00""#).into()),
        ("no such escape", event(r#""event_type":"\x""#).into()),
        ("a line end in a text", event("\"event_type\":\"a\nb\"").into()),
        ("not UTF-8", [&b"[{\"event_type\":\"a"[..], b"\xff\"}]"].concat()),
        ("two heads", format!(r#"{{"current_hash":null,"events":[],"current_hash":{HASH}}}"#).into()),
        ("a head without events", br#"{"current_hash":null}"#.to_vec()),
        ("two heads before", br#"{"current_hash":null,"current_hash":null,"events":[]}"#.to_vec()),
        ("a head and more without events", br#"{"a":1,"current_hash":null,"hash":[]}"#.to_vec()),
        ("an object of another kind", br#"{"a":{"b":[1]},"c":2}"#.to_vec()),
        ("events twice", br#"{"events":[],"events":[]}"#.to_vec()),
        (".chain: a short hash", b"EVENT abc\n".to_vec()),
        (".chain: cut after the hash", format!("EVENT {HEX}\n").into()),
        (".chain: a length that is none", format!("EVENT {HEX}\n{HEX}\nwasm\n-1\n\n").into()),
        (".chain: a length that is too long", format!("EVENT {HEX}\n{HEX}\nwasm\n99999999999\n\n").into()),
        (".chain: cut in the data", format!("EVENT {HEX}\n{HEX}\nwasm\n9\n\nabc").into()),
        (".chain: more data than said", format!("EVENT {HEX}\n{HEX}\nwasm\n2\n\nabc\n\n").into()),
        (".chain: no empty line", format!("EVENT {HEX}\n{HEX}\nwasm\n2\nabc\n\n").into()),
        (".chain: not UTF-8", [format!("EVENT {HEX}\n{HEX}\n").as_bytes(), b"\xff\n"].concat()),
        ("CLI: no parent", format!("EVENT [0badcafe] {HEX}\ntype: x\n").into()),
        ("CLI: cut", format!("EVENT [0badcafe] {HEX}\n").into()),
        (
            "CLI: data that is too long",
            format!("EVENT [0badcafe] {HEX}\nparent: none\ntype: x\nsize: 1\n{}", "x\n".repeat(1000)).into(),
        ),
        ("three lines: no hash", b"---\nparent: root\n".to_vec()),
        ("three lines: a long rule", b"-----\n".to_vec()),
        ("three lines: a short parent", format!("---\nhash: {HEX}\nparent: 12\n").into()),
    ];
    let said: String =
        table.iter().map(|(what, bytes)| format!("{what}\n    {}\n", outcome(bytes))).collect();
    insta::assert_snapshot!(said);
}

/// A file of any length without an end, that is never held in memory.
struct Endless {
    head: &'static [u8],
    again: &'static [u8],
    given: usize,
    most: usize,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        assert!(self.given < self.most, "read on and on");
        for byte in out.iter_mut() {
            *byte = match self.head.get(self.given) {
                Some(head) => *head,
                None => self.again[(self.given - self.head.len()) % self.again.len()],
            };
            self.given += 1;
        }
        Ok(out.len())
    }
}

#[test]
fn what_never_ends_is_given_up() {
    let endless: [(&'static [u8], &'static [u8]); 9] = [
        (b"[{\"data\":[", b"1,"),
        (b"[{\"hash\":[", b"1,"),
        (b"[{\"event_type\":\"", b"x"),
        (b"[{\"description\":\"", b"\\u0041"),
        (b"[{\"", b"x"),
        (b"[{\"x\":", b"["),
        (b"[{\"x\":", b"{\"a\":"),
        (b"EVENT ", b"x"),
        (b"---\n", b"x"),
    ];
    for (head, again) in endless {
        let endless = Endless { head, again, given: 0, most: 8 << 20 };
        let mut reader = ChainReader::new(endless, "x", Limits { event_bytes: 1 << 20, ..small() }).unwrap();
        assert!(reader.next_event().is_err());
        assert!(reader.next_event().unwrap().is_none(), "no more after an error");
    }
}

fn folder(events: &[(&str, String)], head: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["events", "chains"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    for (name, event) in events {
        std::fs::write(folder.path().join("events").join(name), event).unwrap();
    }
    std::fs::write(folder.path().join("chains/actor"), head).unwrap();
    folder
}

fn in_folder(events: &[(&str, String)], head: &str) -> String {
    let folder = folder(events, head);
    let found = open(folder.path(), small()).and_then(|mut chains| verify(&mut *chains[0].events));
    match found {
        Ok(report) => report.to_string(),
        Err(error) => error.to_string().replace(&folder.path().display().to_string(), "DIR"),
    }
}

#[test]
fn folders_that_mean_harm() {
    let (one, two) = (HEX, "0202020202020202020202020202020202020202");
    let event = |hash: &str, parent: &str| {
        format!(r#"{{"hash":"{hash}","parent_hash":{parent},"event_type":"x","data":[1]}}"#)
    };
    let cycle = [(one, event(one, &format!("\"{two}\""))), (two, event(two, &format!("\"{one}\"")))];
    let error = in_folder(&cycle, HASH);
    assert!(
        error.starts_with(&format!("expected a chain, found a cycle of parents through {one}")),
        "{error}"
    );
    let own = [(one, event(one, &format!("\"{one}\"")))];
    assert!(in_folder(&own, HASH).contains("a cycle of parents"));
    assert!(in_folder(&[], HASH).starts_with("expected the event 0101"));
    let other = [(one, event(two, "null"))];
    assert!(in_folder(&other, HASH).starts_with(&format!("expected the event {one}, found the event {two}")));
    let twice = [(one, event(one, "null") + &event(one, "null"))];
    assert!(in_folder(&twice, HASH).starts_with("expected one event, found another after it"));
    assert!(in_folder(&[(one, "[]".into())], HASH).starts_with("expected one event, found a JSON array"));
    assert!(in_folder(&[], "[1,2]").starts_with("expected a hash of 20 bytes, found 2"));
    assert!(in_folder(&[], "null null").starts_with("expected the end of the file, found `n`"));
    assert_eq!(in_folder(&[], "null"), "holds: 0 events, no generation, events and chains folders");
    let gap = [(one, event(one, &format!("\"{two}\"")))];
    let report = in_folder(&gap, HASH);
    assert!(report.starts_with("does not hold: 1 event,"), "{report}");
}

#[test]
fn a_chain_in_folders_has_a_bound() {
    let mut chain = ChainBuilder::new(ChainForm::B);
    (0..101).for_each(|_| chain.wasm_call("x", b"null", 0));
    let written: Vec<(String, String)> = chain
        .events()
        .iter()
        .map(|event| {
            let mut json = Vec::new();
            event.write_json(&mut json);
            (event.hash.to_string(), String::from_utf8(json).unwrap())
        })
        .collect();
    let files: Vec<(&str, String)> =
        written.iter().map(|(name, json)| (name.as_str(), json.clone())).collect();
    let last = format!("\"{}\"", chain.head().unwrap());
    assert!(in_folder(&files, &last).starts_with("expected a chain of at most 100 events"));
}

#[test]
fn payloads_that_mean_harm_are_only_not_decoded() {
    let deep = format!("{{\"Wasm\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    let typed = "{\"category\":\"HostFunction\",\"interface\":\"a\",\"function\":\"b\",\"input\":";
    let table = [
        deep.clone(),
        format!("{typed}{}", "{\"Tuple\":[".repeat(5000)),
        format!("{typed}{{\"U8\":256}},\"output\":[]}}"),
        format!("[{}1]", "[],".repeat(2_000_000)),
        "{\"category\":\"HostFunction\"}".into(),
        "{\"category\":7}".into(),
        "{\"Wasm\":{\"WasmCall\":{\"function_name\":7}}}".into(),
        "{\"Message\":{\"SendMessageCall\":{}}}".into(),
        "{\"Random\":{\"type\":\"random_bytes_call\",\"requested_size\":99999999999}}".into(),
        "null".into(),
        String::new(),
    ];
    for data in table {
        let event = ChainEvent { event_type: "a/b".into(), data: data.into(), ..ChainEvent::default() };
        assert!(matches!(decode(&event), Decoded::Unknown { .. }), "{:?}", summary(&event));
        assert!(summary(&event).chars().count() < 400);
    }
}

/// Bytes that look like parts of chains, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..8),
        proptest::sample::select(vec![
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "\"",
            "null",
            "1",
            "255",
            "256",
            "\\u",
            "\n",
            " ",
            "\"hash\":",
            HASH,
            HEX,
            "\"parent_hash\":",
            "\"event_type\":",
            "\"wasm\"",
            "\"data\":",
            "\"timestamp\":",
            "\"description\":",
            "{\"events\":",
            "\"current_hash\":",
            "EVENT ",
            "EVENT [0badcafe] ",
            "---\n",
            "hash: ",
            "parent: ",
            "root",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_panic(bytes in pieces()) {
        outcome(&bytes);
    }

    #[test]
    fn no_payload_panics(bytes in pieces(), event_type in "[a-z/-]{0,12}") {
        let starts = ["", "{\"Message\":", "{\"category\":\"HostFunction\",", "{\"category\":\"Handler\",\"Message\":", "CGRF"];
        for start in starts {
            let data = [start.as_bytes(), &bytes].concat();
            summary(&ChainEvent { event_type: event_type.clone().into(), data, ..ChainEvent::default() });
        }
    }

    /// A good file that is cut or changed somewhere: as good as read, or an error.
    #[test]
    fn no_damage_panics(at in any::<proptest::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut file = std::fs::read("tests/data/chains/runtime-2025-07-10/e1-echo/echo.json").unwrap();
        let at = at.index(file.len() - 2);
        if cut { file.truncate(at) } else { file[at] = byte }
        let read = ChainReader::new(&file[..], "x", Limits::default()).and_then(|mut reader| verify(&mut reader));
        prop_assert!(!cut || read.is_err());
    }
}
