//! The imports: each becomes a [`HostCall`] through the guest's [`Port`], and its answer the import's result.

use super::interface::Function;
use super::limiter::Limiter;
use super::wire::{Read, Told, WireChain};
use crate::call::{Address, ChannelName, HostCall, RequestName};
use crate::id::Time;
use crate::payload::Payload;
use crate::port::Port;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentNamedList, Lift, Linker, LinkerInstance, Lower, WasmList};

/// What a guest's store holds for its host.
pub(super) struct Context {
    pub port: Port,
    pub limiter: Limiter,
}

type Store<'a> = StoreContextMut<'a, Context>;
type At<'a, 'l> = &'a mut LinkerInstance<'l, Context>;
type Bytes = WasmList<u8>;
type Defined = wasmtime::Result<()>;

/// Defines one function of [`IMPORTS`].
pub(super) fn define(linker: &mut Linker<Context>, function: &Function) -> Defined {
    let at = &mut linker.instance(function.interface)?;
    match function.interface.rsplit('/').next() {
        Some("message-server-host") => define_messages(at, function.name),
        Some("runtime") => define_runtime(at, function.name),
        Some("timing") => define_timing(at, function.name),
        Some("random") => define_random(at, function.name),
        Some("environment") => define_environment(at, function.name),
        _ => unserved(function.name),
    }
}

/// A name of [`IMPORTS`] that nothing here defines: a test defines them all.
fn unserved(name: &str) -> Defined {
    Err(wasmtime::Error::msg(format!("`{name}` is listed and not served")))
}

/// Whether a function may suspend its caller, in some profile. The others get their answer at once in all of them, so
/// that a guest which imports nothing else needs no stack of its own.
pub(super) fn suspends(function: &Function) -> bool {
    match function.interface.rsplit('/').next() {
        Some("message-server-host") => function.name != "list-outstanding-requests",
        Some("timing") => function.name != "now",
        _ => function.name == "shutdown",
    }
}

/// Defines an import that may suspend.
fn suspending<P, R>(at: At<'_, '_>, name: &str, ask: fn(&Store<'_>, P) -> HostCall) -> Defined
where
    P: ComponentNamedList + Lift + 'static,
    R: Read + Lower + Send + Sync + 'static,
    (R,): ComponentNamedList + Lower,
{
    at.func_wrap_async(name, move |store, params: P| {
        let begun = store.data().port.begin(ask(&store, params));
        Box::new(async move {
            let answer = match begun? {
                Some(answer) => answer,
                None => store.data().port.answer().await,
            };
            Ok((R::read(answer)?,))
        })
    })
}

/// Defines an import that is answered at once.
fn immediate<P, R>(at: At<'_, '_>, name: &str, ask: fn(P) -> HostCall) -> Defined
where
    P: ComponentNamedList + Lift + 'static,
    R: Read + Lower + Send + Sync + 'static,
    (R,): ComponentNamedList + Lower,
{
    at.func_wrap(name, move |store, params: P| Ok((R::read(store.data().port.call_now(ask(params))?)?,)))
}

/// The guest's bytes, copied once.
fn payload(store: &Store<'_>, bytes: &Bytes) -> Payload {
    Payload::from(bytes.as_le_slice(store))
}

fn define_messages(at: At<'_, '_>, name: &str) -> Defined {
    match name {
        "send" => suspending::<_, Told<()>>(at, name, |store, (to, data): (String, Bytes)| HostCall::Send {
            to: Address::Text(to),
            data: payload(store, &data),
        }),
        "request" => suspending::<_, Told<Vec<u8>>>(at, name, |store, (to, data): (String, Bytes)| {
            HostCall::Request { to: Address::Text(to), data: payload(store, &data), within: None }
        }),
        "open-channel" => suspending::<_, Told<String>>(at, name, |store, (to, data): (String, Bytes)| {
            HostCall::OpenChannel { to: Address::Text(to), data: payload(store, &data), within: None }
        }),
        "send-on-channel" => {
            suspending::<_, Told<()>>(at, name, |store, (channel, data): (String, Bytes)| {
                HostCall::SendOnChannel { channel: ChannelName::Text(channel), data: payload(store, &data) }
            })
        }
        "close-channel" => suspending::<_, Told<()>>(at, name, |_, (channel,): (String,)| {
            HostCall::CloseChannel { channel: ChannelName::Text(channel) }
        }),
        "respond-to-request" => suspending::<_, Told<()>>(at, name, |store, (id, data): (String, Bytes)| {
            HostCall::RespondToRequest { request: RequestName::Text(id), data: payload(store, &data) }
        }),
        "cancel-request" => suspending::<_, Told<()>>(at, name, |_, (id,): (String,)| {
            HostCall::CancelRequest { request: RequestName::Text(id) }
        }),
        "list-outstanding-requests" => {
            immediate::<_, Vec<String>>(at, name, |()| HostCall::ListOutstandingRequests)
        }
        _ => unserved(name),
    }
}

fn define_runtime(at: At<'_, '_>, name: &str) -> Defined {
    match name {
        "log" => at.func_wrap(name, |store: Store<'_>, (text,): (String,)| {
            <()>::read(store.data().port.call_now(HostCall::Log { text })?)
        }),
        "get-chain" => immediate::<_, WireChain>(at, name, |()| HostCall::GetChain),
        "shutdown" => suspending::<_, Told<()>>(at, name, |store, (data,): (Option<Bytes>,)| {
            HostCall::Shutdown { data: data.map(|bytes| payload(store, &bytes)) }
        }),
        _ => unserved(name),
    }
}

fn define_timing(at: At<'_, '_>, name: &str) -> Defined {
    match name {
        "now" => immediate::<_, u64>(at, name, |()| HostCall::Now),
        "sleep" => suspending::<_, Told<()>>(at, name, |_, (ms,): (u64,)| HostCall::Sleep {
            span: Time::from_millis(ms),
        }),
        "deadline" => suspending::<_, Told<()>>(at, name, |_, (ms,): (u64,)| HostCall::Deadline {
            at: Time::from_millis(ms),
        }),
        _ => unserved(name),
    }
}

fn define_random(at: At<'_, '_>, name: &str) -> Defined {
    match name {
        "random-bytes" => {
            immediate::<_, Told<Vec<u8>>>(at, name, |(length,)| HostCall::RandomBytes { length })
        }
        "random-range" => {
            immediate::<_, Told<u64>>(at, name, |(min, max)| HostCall::RandomRange { min, max })
        }
        "random-float" => immediate::<_, Told<f64>>(at, name, |()| HostCall::RandomFloat),
        "generate-uuid" => immediate::<_, Told<String>>(at, name, |()| HostCall::GenerateUuid),
        _ => unserved(name),
    }
}

fn define_environment(at: At<'_, '_>, name: &str) -> Defined {
    match name {
        "get-var" => immediate::<_, Option<String>>(at, name, |(name,)| HostCall::GetVar { name }),
        "list-vars" => immediate::<_, Vec<(String, String)>>(at, name, |()| HostCall::ListVars),
        "exists" => immediate::<_, bool>(at, name, |(name,)| HostCall::VarExists { name }),
        _ => unserved(name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::interface::IMPORTS;
    use super::*;

    #[test]
    fn all_that_is_listed_is_served() {
        let engine = wasmtime::Engine::default();
        let mut linker = Linker::new(&engine);
        for function in &IMPORTS {
            define(&mut linker, function).unwrap_or_else(|error| panic!("{}: {error}", function.path()));
        }
    }
}
