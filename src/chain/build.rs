//! Making a chain: events in the words of a generation, each linked to the one before it.

use super::call::{HostCall, RUNTIME};
use super::event::{ChainEvent, EventHash, put_bytes, put_text};
use super::form_a;
use super::val::Val;
use std::fmt;
use std::str::FromStr;

/// The words of a chain: those of generation A or those of generation B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChainForm {
    /// Timestamps, descriptions, and two events for most host calls.
    A,
    /// Four fields, and one event for a host call, after it. Theater records no messaging calls in
    /// this generation; that it is done here, in its form, is our own.
    #[default]
    B,
}

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
    pub fn take_events(&mut self) -> Vec<ChainEvent> {
        std::mem::take(&mut self.events)
    }

    /// Appends an event; `at` and `description` are kept by form A only.
    pub fn append(&mut self, event_type: impl Into<String>, data: Vec<u8>, at: u64, description: &str) {
        self.append_told(event_type.into(), data, at, || description.to_owned());
    }

    /// Appends an event whose description is made only where it is kept.
    fn append_told(&mut self, event_type: String, data: Vec<u8>, at: u64, told: impl FnOnce() -> String) {
        let dated = self.form == ChainForm::A;
        let mut event = ChainEvent {
            hash: EventHash::default(),
            parent_hash: self.head,
            event_type,
            data,
            timestamp: dated.then_some(at),
            description: dated.then(|| Some(told())),
        };
        event.seal();
        self.head = Some(event.hash);
        self.events.push(event);
    }

    /// Records the call of an export, such as `theater:simple/actor.init`, with its parameters as JSON.
    pub fn wasm_call(&mut self, function: &str, params: &[u8], at: u64) {
        let data = self.wasm("WasmCall", function, "params", params.len(), |data| push_bytes(data, params));
        self.append_told("wasm".to_owned(), data, at, || format!("Wasm call to function '{function}'"));
    }

    /// Records what an export returned: the state it left, and its result as JSON (`null` for none).
    pub fn wasm_result(&mut self, function: &str, state: Option<&[u8]>, result: &[u8], at: u64) {
        let length = state.map_or(0, <[u8]>::len) + result.len();
        let data = self.wasm("WasmResult", function, "result", length, |data| {
            data.push(b'[');
            match state {
                Some(state) => push_bytes(data, state),
                None => data.extend_from_slice(b"null"),
            }
            data.push(b',');
            push_bytes(data, result);
            data.push(b']');
        });
        self.append_told("wasm".to_owned(), data, at, || {
            format!("Wasm call to function '{function}' completed")
        });
    }

    /// Records that an export failed, by an error that it returned or by a trap.
    pub fn wasm_error(&mut self, function: &str, message: &str, at: u64) {
        let data = self.wasm("WasmError", function, "message", message.len(), |data| {
            put_text(&mut |text| data.extend_from_slice(text), message)
        });
        self.append_told("wasm".to_owned(), data, at, || {
            format!("Wasm call to function '{function}' failed")
        });
    }

    /// The payload of a `wasm` event, printed by hand: these are most of a chain. `length` is that of the bytes in it.
    fn wasm(
        &self,
        variant: &str,
        function: &str,
        field: &str,
        length: usize,
        value: impl FnOnce(&mut Vec<u8>),
    ) -> Vec<u8> {
        // A byte is three digits and a comma at most.
        let mut data = Vec::with_capacity(80 + function.len() + 4 * length);
        let first: &[u8] =
            if self.form == ChainForm::A { b"{\"Wasm\":{\"" } else { b"{\"category\":\"Wasm\",\"" };
        let last: &[u8] = if self.form == ChainForm::A { b"}}}" } else { b"}}" };
        data.extend_from_slice(first);
        data.extend_from_slice(variant.as_bytes());
        data.extend_from_slice(b"\":{\"function_name\":");
        put_text(&mut |text| data.extend_from_slice(text), function);
        data.extend_from_slice(b",\"");
        data.extend_from_slice(field.as_bytes());
        data.extend_from_slice(b"\":");
        value(&mut data);
        data.extend_from_slice(last);
        data
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
            ChainForm::B => self.append(call.event_type(), form_b(call, output), at, ""),
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
            let data = self.wasm("WasmCall", "shutdown", "params", 0, |data| data.extend_from_slice(b"[]"));
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

/// A host call as generation B records it.
fn form_b(call: &HostCall, output: &Val) -> Vec<u8> {
    let mut json = Vec::with_capacity(256);
    json.extend_from_slice(b"{\"category\":\"HostFunction\",\"interface\":");
    put_text(&mut |text| json.extend_from_slice(text), &call.interface);
    json.extend_from_slice(b",\"function\":");
    put_text(&mut |text| json.extend_from_slice(text), &call.function);
    json.extend_from_slice(b",\"input\":");
    // What `HostCall::input_val` gives, without a copy.
    match &call.input[..] {
        [one] => one.push_json(&mut json),
        many => Val::push_tuple(many, &mut json),
    }
    json.extend_from_slice(b",\"output\":");
    // Theater records of `shutdown` only whether it went well.
    if call.interface == RUNTIME && call.function == "shutdown" {
        Val::Bool(output.failure().is_none()).push_json(&mut json);
    } else {
        output.push_json(&mut json);
    }
    json.push(b'}');
    json
}
