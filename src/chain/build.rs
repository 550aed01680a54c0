//! Making a chain: events in the words of a generation, each linked to the one before it.

use super::call::{HostCall, RUNTIME};
use super::event::{ChainEvent, EventHash, EventHasher, put_bytes, put_text};
use super::form_a;
use super::val::Val;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The words of a chain: those of generation A or those of generation B.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm};
/// let form: ChainForm = "a".parse()?;
/// let timestamp = |form| {
///     let mut chain = ChainBuilder::new(form);
///     chain.wasm_call("theater:simple/actor.init", b"null", 5);
///     chain.events()[0].timestamp
/// };
/// assert_eq!((timestamp(form), timestamp(ChainForm::B)), (Some(5), None));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChainForm {
    /// Timestamps, descriptions, and two events for most host calls.
    A,
    /// Four fields, and one event for a host call, after it. Theater records no messaging calls in
    /// this generation; that it is done here, in its form, is our own.
    #[default]
    B,
}

/// The type of every event of an export.
const WASM: Cow<'static, str> = Cow::Borrowed("wasm");

impl FromStr for ChainForm {
    type Err = String;

    fn from_str(text: &str) -> Result<ChainForm, String> {
        match text {
            "a" => Ok(ChainForm::A),
            "b" => Ok(ChainForm::B),
            _ => Err(format!("expected `a` or `b`, found `{text}`")),
        }
    }
}

impl fmt::Display for ChainForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == ChainForm::A { "a" } else { "b" })
    }
}

/// A chain in the making. Times are milliseconds since 1970, and kept by form A only.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, HostCall, Val};
/// let mut chain = ChainBuilder::new(ChainForm::A);
/// let call = HostCall::messaging("send", vec![Val::text("bob"), Val::bytes(b"hi".to_vec())]);
/// chain.host_begins(&call, 5);
/// chain.host_ends(&call, &Val::err("channel closed"), 6);
/// assert_eq!(chain.events().len(), 2);
/// let said = chain.events()[1].description.clone().unwrap();
/// assert_eq!(said.as_deref(), Some("Failed to send message to bob: channel closed"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ChainBuilder {
    form: ChainForm,
    head: Option<EventHash>,
    events: Vec<ChainEvent>,
    hasher: EventHasher,
    /// Where a payload is printed before its length is known.
    payload: Vec<u8>,
}

impl ChainBuilder {
    /// A chain without events.
    pub fn new(form: ChainForm) -> ChainBuilder {
        ChainBuilder { form, ..ChainBuilder::default() }
    }

    /// Makes room for so many more events.
    pub(crate) fn reserve(&mut self, events: usize) {
        self.events.reserve(events);
    }

    /// The form that its events have.
    pub fn form(&self) -> ChainForm {
        self.form
    }

    /// The hash of the last event.
    pub fn head(&self) -> Option<EventHash> {
        self.head
    }

    /// The events, since the beginning or since they were last taken.
    pub fn events(&self) -> &[ChainEvent] {
        &self.events
    }

    /// Takes the events out, so that they can be written; the chain goes on after them.
    ///
    /// ```
    /// use rehearsal::chain::{ChainBuilder, ChainForm};
    /// let mut chain = ChainBuilder::new(ChainForm::B);
    /// chain.wasm_call("theater:simple/actor.init", b"null", 0);
    /// let first = chain.take_events();
    /// chain.wasm_result("theater:simple/actor.init", Some(b"{}"), b"null", 0);
    /// assert_eq!(chain.events()[0].parent_hash, Some(first[0].hash));
    /// ```
    pub fn take_events(&mut self) -> Vec<ChainEvent> {
        std::mem::take(&mut self.events)
    }

    /// Appends an event; `at` and `description` are kept by form A only.
    pub fn append(
        &mut self,
        event_type: impl Into<Cow<'static, str>>,
        data: Vec<u8>,
        at: u64,
        description: &str,
    ) {
        self.append_described(event_type.into(), data, at, || description.to_owned());
    }

    /// Appends an event whose description is made only where it is kept.
    fn append_described(
        &mut self,
        event_type: Cow<'static, str>,
        data: Vec<u8>,
        at: u64,
        description: impl FnOnce() -> String,
    ) {
        let dated = self.form == ChainForm::A;
        let mut event = ChainEvent {
            hash: EventHash::default(),
            parent_hash: self.head,
            event_type,
            data,
            timestamp: dated.then_some(at),
            description: dated.then(|| Some(description())),
        };
        event.hash = self.hasher.hash(&event);
        self.head = Some(event.hash);
        self.events.push(event);
    }

    /// Records the call of an export, such as `theater:simple/actor.init`, with its parameters as JSON.
    pub fn wasm_call(&mut self, function: &str, params: &[u8], at: u64) {
        let data = self.wasm("WasmCall", function, "params", |data| push_bytes(data, params));
        self.append_described(WASM, data, at, || format!("Wasm call to function '{function}'"));
    }

    /// Records what an export returned: the state it left, and its result as JSON (`null` for none).
    pub fn wasm_result(&mut self, function: &str, state: Option<&[u8]>, result: &[u8], at: u64) {
        let data = self.wasm("WasmResult", function, "result", |data| {
            data.push(b'[');
            match state {
                Some(state) => push_bytes(data, state),
                None => data.extend_from_slice(b"null"),
            }
            data.push(b',');
            push_bytes(data, result);
            data.push(b']');
        });
        self.append_described(WASM, data, at, || format!("Wasm call to function '{function}' completed"));
    }

    /// Records that an export failed, by an error that it returned or by a trap.
    pub fn wasm_error(&mut self, function: &str, message: &str, at: u64) {
        let data = self.wasm("WasmError", function, "message", |data| push_text(data, message));
        self.append_described(WASM, data, at, || format!("Wasm call to function '{function}' failed"));
    }

    /// The payload of a `wasm` event, printed by hand: these are most of a chain.
    fn wasm(
        &mut self,
        variant: &str,
        function: &str,
        field: &str,
        value: impl FnOnce(&mut Vec<u8>),
    ) -> Vec<u8> {
        let data = &mut self.payload;
        data.clear();
        let first: &[u8] =
            if self.form == ChainForm::A { b"{\"Wasm\":{\"" } else { b"{\"category\":\"Wasm\",\"" };
        let last: &[u8] = if self.form == ChainForm::A { b"}}}" } else { b"}}" };
        data.extend_from_slice(first);
        data.extend_from_slice(variant.as_bytes());
        data.extend_from_slice(b"\":{\"function_name\":");
        push_text(data, function);
        data.extend_from_slice(b",\"");
        data.extend_from_slice(field.as_bytes());
        data.extend_from_slice(b"\":");
        value(data);
        data.extend_from_slice(last);
        data.to_vec()
    }

    /// Records that a host call begins, in form A; form B has nothing to say yet.
    pub fn host_begins(&mut self, call: &HostCall, at: u64) {
        if self.form == ChainForm::A {
            let draft = form_a::begins(call);
            self.append_draft(draft, at);
        }
    }

    /// Records that a host call ended with `output`, the value its WIT signature gives.
    pub fn host_ends(&mut self, call: &HostCall, output: &Val, at: u64) {
        match self.form {
            ChainForm::A => {
                let draft = form_a::ends(call, output, at);
                self.append_draft(draft, at);
            }
            ChainForm::B => {
                self.payload.clear();
                form_b(&mut self.payload, call, output);
                let data = self.payload.to_vec();
                self.append(call.event_type(), data, at, "");
            }
        }
    }

    /// Records a host call that began and ended at once.
    pub fn host_call(&mut self, call: &HostCall, output: &Val, at: u64) {
        self.host_begins(call, at);
        self.host_ends(call, output, at);
    }

    /// Records that the runtime stopped the actor, in form B; Theater's form A has no such event.
    pub fn stopped(&mut self, at: u64) {
        if self.form == ChainForm::B {
            let data = self.wasm("WasmCall", "shutdown", "params", |data| data.extend_from_slice(b"[]"));
            self.append("shutdown", data, at, "");
        }
    }

    fn append_draft(&mut self, draft: Option<form_a::Draft>, at: u64) {
        if let Some(draft) = draft {
            self.append(draft.event_type, draft.data.to_string().into_bytes(), at, &draft.description);
        }
    }
}

fn push_bytes(json: &mut Vec<u8>, bytes: &[u8]) {
    put_bytes(&mut |text| json.extend_from_slice(text), bytes);
}

fn push_text(json: &mut Vec<u8>, text: &str) {
    put_text(&mut |text| json.extend_from_slice(text), text);
}

/// Appends the payload of a host call as generation B records it.
fn form_b(json: &mut Vec<u8>, call: &HostCall, output: &Val) {
    json.extend_from_slice(b"{\"category\":\"HostFunction\",\"interface\":");
    push_text(json, &call.interface);
    json.extend_from_slice(b",\"function\":");
    push_text(json, &call.function);
    json.extend_from_slice(b",\"input\":");
    // What `HostCall::input_val` gives, without a copy.
    match &call.input[..] {
        [one] => one.push_json(json),
        many => Val::push_tuple(many, json),
    }
    json.extend_from_slice(b",\"output\":");
    // Theater records of `shutdown` only whether it went well.
    if call.interface == RUNTIME && call.function == "shutdown" {
        Val::Bool(output.failure().is_none()).push_json(json);
    } else {
        output.push_json(json);
    }
    json.push(b'}');
}
