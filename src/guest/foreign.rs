//! Imports that no profile serves, for components that are driven from their chains: whatever their types, the calls go to the
//! host as values, and what the record has of their results is fitted to the types. Slow, and of no use to a live run.

use super::fit::{fit, mildest};
use super::linker::Context;
use crate::call::{Foreign, Given, HostAnswer, HostCall};
use crate::chain;
use serde_json::Value;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Func, Linker, ResourceType, Val};
use wasmtime::{AsContextMut, StoreContextMut};

/// Stands for every resource of every interface: only its number counts.
pub(super) struct Handle;

/// What of an interface is to be defined.
pub(super) enum Kind {
    Function,
    Resource,
}

impl Kind {
    /// What this item is; nothing for what needs no definition.
    pub(super) fn of(item: &ComponentItem) -> Option<Kind> {
        match item {
            ComponentItem::ComponentFunc(_) => Some(Kind::Function),
            ComponentItem::Resource(_) => Some(Kind::Resource),
            _ => None,
        }
    }
}

/// Defines one.
pub(super) fn define(
    linker: &mut Linker<Context>,
    interface: &str,
    name: &str,
    kind: &Kind,
) -> wasmtime::Result<()> {
    let mut at = linker.instance(interface)?;
    match kind {
        Kind::Resource => at.resource(name, ResourceType::host::<Handle>(), |_, _| Ok(())),
        Kind::Function => {
            let (interface, function) = (interface.to_owned(), name.to_owned());
            at.func_new_async(name, move |mut store, ty, params, results| {
                let (interface, function) = (interface.clone(), function.clone());
                Box::new(async move {
                    let input = all(&mut store, params)?;
                    let call = Foreign { interface, function, input };
                    let given = match store.data().port.begin(HostCall::Foreign(Box::new(call)))? {
                        Some(given) => given,
                        None => store.data().port.answer().await,
                    };
                    give(&mut store, &ty, &given, results)
                })
            })
        }
    }
}

fn give(
    store: &mut StoreContextMut<'_, Context>,
    ty: &ComponentFunc,
    given: &HostAnswer,
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let HostAnswer::Foreign(given) = given else {
        return Err(wasmtime::Error::msg(format!("the host answered with {given:?}")));
    };
    let Some((result, ty)) = results.first_mut().zip(ty.results().next()) else { return Ok(()) };
    let fitted = match &**given {
        Given::Value(value) => fit(store, value, &ty)?,
        Given::Lost { well } => mildest(store, &ty, *well)?,
    };
    *result = fitted.ok_or_else(|| {
        wasmtime::Error::msg(format!("the recorded answer does not fit its type: {given:?}"))
    })?;
    Ok(())
}

/// A value as chains have it; a handle as its number.
pub(super) fn told(store: &mut StoreContextMut<'_, Context>, val: &Val) -> wasmtime::Result<chain::Val> {
    use chain::Val as C;
    let mut one = |val: &Option<Box<Val>>| -> wasmtime::Result<Option<Box<C>>> {
        val.as_deref().map(|val| told(store, val).map(Box::new)).transpose()
    };
    Ok(match val {
        Val::Bool(value) => C::Bool(*value),
        Val::S8(value) => C::S8(*value),
        Val::U8(value) => C::U8(*value),
        Val::S16(value) => C::S16(*value),
        Val::U16(value) => C::U16(*value),
        Val::S32(value) => C::S32(*value),
        Val::U32(value) => C::U32(*value),
        Val::S64(value) => C::S64(*value),
        Val::U64(value) => C::U64(*value),
        Val::Float32(value) => C::Float32(serde_json::Number::from_f64(f64::from(*value))),
        Val::Float64(value) => C::Float64(serde_json::Number::from_f64(*value)),
        Val::Char(value) => C::Char(*value),
        Val::String(value) => C::String(value.clone()),
        Val::Option(value) => C::Option(one(value)?),
        Val::Variant(case, value) => C::Variant(case.clone(), one(value)?),
        Val::Result(Ok(value)) => C::Result(Ok(one(value)?)),
        Val::Result(Err(value)) => C::Result(Err(one(value)?)),
        Val::Enum(case) => C::Enum(case.clone()),
        Val::Flags(names) => C::Flags(names.clone()),
        Val::Tuple(items) => C::Tuple(all(store, items)?),
        Val::List(items) | Val::FixedLengthList(items) => listed(all(store, items)?),
        Val::Record(fields) => {
            let field = |(name, val): &(String, Val)| Ok((name.clone(), told(store, val)?));
            C::Record(fields.iter().map(field).collect::<wasmtime::Result<_>>()?)
        }
        Val::Resource(handle) => C::U32(handle.try_into_resource::<Handle>(store.as_context_mut())?.rep()),
        Val::Map(_) | Val::Future(_) | Val::Stream(_) | Val::ErrorContext(_) => {
            return Err(wasmtime::Error::msg("a value of a kind that chains cannot have"));
        }
    })
}

fn all(store: &mut StoreContextMut<'_, Context>, items: &[Val]) -> wasmtime::Result<Vec<chain::Val>> {
    items.iter().map(|item| told(store, item)).collect()
}

/// A list, of bytes if it is one of bytes.
fn listed(items: Vec<chain::Val>) -> chain::Val {
    let byte = |item: &chain::Val| if let chain::Val::U8(byte) = item { Some(*byte) } else { None };
    match items.iter().map(byte).collect::<Option<Vec<u8>>>() {
        Some(bytes) if !bytes.is_empty() => chain::Val::Bytes(bytes),
        _ => chain::Val::List(items),
    }
}

/// The parameters of an export: the state, and what a record has beside it.
pub(super) fn params(
    store: &mut StoreContextMut<'_, Context>,
    function: &Func,
    state: Option<&[u8]>,
    recorded: &Value,
) -> wasmtime::Result<Vec<Val>> {
    let types: Vec<Type> = function.ty(&*store).params().map(|(_, ty)| ty).collect();
    let state = serde_json::to_value(state).unwrap_or_default();
    let rest = match recorded {
        Value::Array(items) if types.len() > 2 => items.iter().collect(),
        one => vec![one; types.len().min(2).saturating_sub(1)],
    };
    let values = [&state].into_iter().chain(rest);
    let mut found = Vec::new();
    for (value, ty) in values.zip(&types) {
        let fitted = fit(store, value, ty)?;
        found.push(
            fitted.ok_or_else(|| wasmtime::Error::msg("the recorded parameters do not fit their types"))?,
        );
    }
    Ok(found)
}

/// The state that an export left, and the rest as JSON.
type Returned = (Option<Vec<u8>>, Value);

/// What an export returned: the state, and the rest as JSON; or its error.
pub(super) fn returned(
    store: &mut StoreContextMut<'_, Context>,
    result: &Val,
) -> wasmtime::Result<Result<Returned, String>> {
    let text = |val: chain::Val| val.as_text().map_or_else(|| val.bare().to_string(), str::to_owned);
    let items = match told(store, result)? {
        chain::Val::Result(Err(error)) => return Ok(Err(error.map_or_else(String::new, |e| text(*e)))),
        chain::Val::Result(Ok(Some(value))) => match *value {
            chain::Val::Tuple(items) => items,
            one => vec![one],
        },
        one => vec![one],
    };
    let mut items = items.into_iter();
    let state = match items.next() {
        Some(chain::Val::Option(Some(state))) => state.as_bytes().map(<[u8]>::to_vec),
        _ => None,
    };
    let rest: Vec<Value> = items.map(|item| item.bare()).collect();
    Ok(Ok((
        state,
        match &rest[..] {
            [] => Value::Null,
            [one] => one.clone(),
            _ => Value::Array(rest),
        },
    )))
}
