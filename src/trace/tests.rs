use super::*;

const TEXT: &str = "rehearsal-trace 1 scenario=\"a b.json\" hash=12 seed=7 strategy=random profile=actors clock=loose\n\
    component echo x.wasm 34\ndeliver alice -> echo #1 @00000000000000ff\n  about request \"hello\"\n\
    draw latency alice 3 below 9\noutcome failed steps=1 time=0s digest=ff property=\"no trap\"\n";

#[test]
fn a_trace_reads_back() {
    let trace = Trace::parse(TEXT, "t").unwrap();
    assert_eq!(trace.text(), TEXT);
    assert_eq!(trace.header.scenario, "a b.json");
    let names = ["echo".to_owned(), "alice".to_owned()];
    assert_eq!(trace.answers(&names, "t").unwrap().len(), 2);
    assert_eq!(trace.ending.unwrap().property.as_deref(), Some("no trap"));
}

/// What fuzzing found: each read back as something else.
#[test]
fn odd_words_read_back() {
    let odd = [
        TEXT.replace("digest=ff property=\"no", "digest=f=\"no"),
        TEXT.replace("hash=12", "hash=\"1 2\""),
        TEXT.replace("clock=loose", "clock=\"\""),
        TEXT.replace("component echo", "component \"e cho\""),
        TEXT.replace("outcome failed", "outcome f=\"a b\""),
    ];
    for text in odd {
        if let Ok(trace) = Trace::parse(&text, "t") {
            let written = trace.text();
            assert_eq!(Trace::parse(&written, "t").map(|again| again.text()), Ok(written), "{text}");
        }
    }
}

#[test]
fn comments_are_skipped() {
    let commented =
        TEXT.replace("@00000000000000ff", "@00000000000000ff # a remark").replace("draw", "# remark\ndraw");
    let trace = Trace::parse(&commented, "t").unwrap();
    assert_eq!(trace.text(), TEXT);
}

#[test]
fn what_is_no_trace_is_told_with_its_line() {
    let told = |text: &str| Trace::parse(text, "t").unwrap_err().to_string();
    assert!(told("").contains("an empty file is no trace"));
    assert!(told("hello").starts_with("error: a trace begins with `rehearsal-trace 1`\n  --> t:1:1"));
    assert!(told(&TEXT.replace("deliver", "delivr")).contains("did you mean `deliver`?"));
    assert!(told(&TEXT.replace("@00000000000000ff", "@xyz")).contains("t:3:27"));
    assert!(told(&format!("{TEXT}deliver a -> b #1")).contains("here is more"));
}
