//! The functions of `theater:simple`: those that are served to a component and those that are called on it, with
//! their types as text. Types are compared as text so that an error can show both.

use super::error::LoadError;
use crate::error::nearest;
use std::fmt::Write as _;
use wasmtime::component::types::{ComponentFunc, Type};

/// One function of one interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub interface: &'static str,
    pub name: &'static str,
    /// The types it may have.
    pub types: &'static [&'static str],
}

const fn function(interface: &'static str, name: &'static str, types: &'static [&'static str]) -> Function {
    Function { interface, name, types }
}

impl Function {
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.interface, self.name)
    }
}

/// Messages to others.
pub const MESSAGE_SERVER_HOST: &str = "theater:simple/message-server-host";
/// Messages from others.
pub const MESSAGE_SERVER_CLIENT: &str = "theater:simple/message-server-client";
/// What every actor exports.
pub const ACTOR: &str = "theater:simple/actor";
/// Types that other interfaces use; it has no functions.
pub(super) const TYPES: &str = "theater:simple/types";
const RUNTIME: &str = "theater:simple/runtime";
const TIMING: &str = "theater:simple/timing";
const RANDOM: &str = "theater:simple/random";
const ENVIRONMENT: &str = "theater:simple/environment";

const TOLD: &str = "func(string, list<u8>) -> result<_, string>";
const CHAIN: &str = "func() -> record { events: list<record { hash: u64, event: record \
                     { event-type: string, parent: option<u64>, data: list<u8> } }> }";

/// What a component may import.
pub(super) const IMPORTS: [Function; 21] = [
    function(MESSAGE_SERVER_HOST, "send", &[TOLD]),
    function(MESSAGE_SERVER_HOST, "request", &["func(string, list<u8>) -> result<list<u8>, string>"]),
    function(MESSAGE_SERVER_HOST, "open-channel", &["func(string, list<u8>) -> result<string, string>"]),
    function(MESSAGE_SERVER_HOST, "send-on-channel", &[TOLD]),
    function(MESSAGE_SERVER_HOST, "close-channel", &["func(string) -> result<_, string>"]),
    function(MESSAGE_SERVER_HOST, "list-outstanding-requests", &["func() -> list<string>"]),
    function(MESSAGE_SERVER_HOST, "respond-to-request", &[TOLD]),
    function(MESSAGE_SERVER_HOST, "cancel-request", &["func(string) -> result<_, string>"]),
    function(RUNTIME, "log", &["func(string)"]),
    function(RUNTIME, "get-chain", &[CHAIN]),
    function(RUNTIME, "shutdown", &["func(option<list<u8>>) -> result<_, string>"]),
    function(TIMING, "now", &["func() -> u64"]),
    function(TIMING, "sleep", &["func(u64) -> result<_, string>"]),
    function(TIMING, "deadline", &["func(u64) -> result<_, string>"]),
    function(RANDOM, "random-bytes", &["func(u32) -> result<list<u8>, string>"]),
    function(RANDOM, "random-range", &["func(u64, u64) -> result<u64, string>"]),
    function(RANDOM, "random-float", &["func() -> result<f64, string>"]),
    function(RANDOM, "generate-uuid", &["func() -> result<string, string>"]),
    function(ENVIRONMENT, "get-var", &["func(string) -> option<string>"]),
    function(ENVIRONMENT, "list-vars", &["func() -> list<tuple<string, string>>"]),
    function(ENVIRONMENT, "exists", &["func(string) -> bool"]),
];

/// What a component may export, in the order of [`Export`].
pub(super) const EXPORTS: [Function; 6] = [
    function(
        ACTOR,
        "init",
        &[
            "func(option<list<u8>>) -> result<tuple<option<list<u8>>>, string>",
            "func(option<list<u8>>, tuple<string>) -> result<tuple<option<list<u8>>>, string>",
        ],
    ),
    function(
        MESSAGE_SERVER_CLIENT,
        "handle-send",
        &["func(option<list<u8>>, tuple<list<u8>>) -> result<tuple<option<list<u8>>>, string>"],
    ),
    function(
        MESSAGE_SERVER_CLIENT,
        "handle-request",
        &["func(option<list<u8>>, tuple<string, list<u8>>) \
           -> result<tuple<option<list<u8>>, tuple<option<list<u8>>>>, string>"],
    ),
    function(
        MESSAGE_SERVER_CLIENT,
        "handle-channel-open",
        &["func(option<list<u8>>, tuple<string, list<u8>>) -> result<tuple<option<list<u8>>, \
           tuple<record { accepted: bool, message: option<list<u8>> }>>, string>"],
    ),
    function(
        MESSAGE_SERVER_CLIENT,
        "handle-channel-message",
        &["func(option<list<u8>>, tuple<string, list<u8>>) -> result<tuple<option<list<u8>>>, string>"],
    ),
    function(
        MESSAGE_SERVER_CLIENT,
        "handle-channel-close",
        &["func(option<list<u8>>, tuple<string>) -> result<tuple<option<list<u8>>>, string>"],
    ),
];

/// A function that is called on a component; its number is its place in [`EXPORTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Export {
    Init,
    Send,
    Request,
    ChannelOpen,
    ChannelMessage,
    ChannelClose,
}

impl Export {
    pub(super) const ALL: [Export; 6] = [
        Export::Init,
        Export::Send,
        Export::Request,
        Export::ChannelOpen,
        Export::ChannelMessage,
        Export::ChannelClose,
    ];

    pub(super) fn function(self) -> &'static Function {
        &EXPORTS[self as usize]
    }
}

/// Some of the exports: a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ExportSet(u8);

impl ExportSet {
    pub(super) const ALL: ExportSet = ExportSet((1 << EXPORTS.len()) - 1);

    pub(super) fn has(self, export: Export) -> bool {
        self.0 & 1 << export as u8 != 0
    }

    pub(super) fn add(&mut self, export: Export) {
        self.0 |= 1 << export as u8;
    }
}

/// The place of a function in `among`.
///
/// # Errors
/// When there is none of that name.
pub(super) fn place(among: &[Function], interface: &str, name: &str) -> Result<usize, LoadError> {
    let found = among.iter().position(|f| f.interface == interface && f.name == name);
    found.ok_or_else(|| {
        let nearest =
            nearest_function(among, interface, name).or_else(|| nearest_interface(among, interface));
        LoadError::UnknownName { name: format!("{interface}.{name}"), nearest }
    })
}

/// The function of this interface with nearly this name.
pub(super) fn nearest_function(among: &[Function], interface: &str, name: &str) -> Option<String> {
    let names = among.iter().filter(|function| function.interface == interface).map(|function| function.name);
    nearest(name, names).map(|near| format!("{interface}.{near}"))
}

/// The interface with nearly this name, of the same package; a version, which none of ours has, is not looked at.
pub(super) fn nearest_interface(among: &[Function], interface: &str) -> Option<String> {
    let last = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
    let name = interface.split('@').next()?.strip_prefix("theater:")?.rsplit('/').next()?;
    let near = nearest(name, among.iter().map(|function| last(function.interface)))?;
    among.iter().map(|function| function.interface).find(|path| last(path) == near).map(str::to_owned)
}

/// A function's type in WIT's words, without the names of parameters: they do not matter to a call.
pub(super) fn describe(function: &ComponentFunc) -> String {
    let params: Vec<String> = function.params().map(|(_, ty)| describe_type(&ty)).collect();
    let mut text = format!("{}func({})", if function.async_() { "async " } else { "" }, params.join(", "));
    for result in function.results() {
        let _ = write!(text, " -> {}", describe_type(&result));
    }
    text
}

fn describe_type(ty: &Type) -> String {
    let listed = |types: Vec<String>| types.join(", ");
    match ty {
        Type::List(list) => format!("list<{}>", describe_type(&list.ty())),
        Type::Option(option) => format!("option<{}>", describe_type(&option.ty())),
        Type::Tuple(tuple) => {
            format!("tuple<{}>", listed(tuple.types().map(|ty| describe_type(&ty)).collect()))
        }
        Type::Record(record) => {
            let fields = record.fields().map(|field| format!("{}: {}", field.name, describe_type(&field.ty)));
            format!("record {{ {} }}", listed(fields.collect()))
        }
        Type::Variant(variant) => {
            let cases = variant.cases().map(|case| match case.ty {
                Some(ty) => format!("{}({})", case.name, describe_type(&ty)),
                None => case.name.to_owned(),
            });
            format!("variant {{ {} }}", listed(cases.collect()))
        }
        Type::Enum(names) => format!("enum {{ {} }}", listed(names.names().map(str::to_owned).collect())),
        Type::Flags(names) => format!("flags {{ {} }}", listed(names.names().map(str::to_owned).collect())),
        Type::Result(result) => describe_result(result.ok(), result.err()),
        plain => describe_plain(plain).to_owned(),
    }
}

fn describe_result(ok: Option<Type>, err: Option<Type>) -> String {
    match (ok.as_ref().map(describe_type), err.as_ref().map(describe_type)) {
        (None, None) => "result".to_owned(),
        (Some(ok), None) => format!("result<{ok}>"),
        (ok, Some(err)) => format!("result<{}, {err}>", ok.as_deref().unwrap_or("_")),
    }
}

fn describe_plain(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::S8 => "s8",
        Type::U8 => "u8",
        Type::S16 => "s16",
        Type::U16 => "u16",
        Type::S32 => "s32",
        Type::U32 => "u32",
        Type::S64 => "s64",
        Type::U64 => "u64",
        Type::Float32 => "f32",
        Type::Float64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::Own(_) => "own<resource>",
        Type::Borrow(_) => "borrow<resource>",
        Type::Future(_) => "future",
        Type::Stream(_) => "stream",
        Type::ErrorContext => "error-context",
        _ => "a type that no actor uses",
    }
}
