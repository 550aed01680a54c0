//! What a record has of a value, fitted to the type that a component wants.

use super::foreign::Handle;
use super::linker::Context;
use serde_json::Value;
use wasmtime::component::types::Type;
use wasmtime::component::{Resource, ResourceAny, Val};
use wasmtime::{AsContextMut, StoreContextMut};

pub(super) type Fitted = wasmtime::Result<Option<Val>>;

/// A value of this type from one without a type: nothing where it is no such value, however it is looked at.
pub(super) fn fit(store: &mut StoreContextMut<'_, Context>, value: &Value, ty: &Type) -> Fitted {
    if let Some(found) = fit_exactly(store, value, ty)? {
        return Ok(Some(found));
    }
    // Records put more beside a value, such as when a handle will be ready: the first part that fits is it.
    let parts: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return Ok(None),
    };
    for part in parts {
        if let Some(found) = fit_exactly(store, part, ty)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn fit_exactly(store: &mut StoreContextMut<'_, Context>, value: &Value, ty: &Type) -> Fitted {
    let unsigned = value.as_u64();
    let signed = value.as_i64();
    Ok(match ty {
        Type::Bool => value.as_bool().map(Val::Bool),
        Type::U8 => unsigned.and_then(|n| n.try_into().ok()).map(Val::U8),
        Type::U16 => unsigned.and_then(|n| n.try_into().ok()).map(Val::U16),
        Type::U32 => unsigned.and_then(|n| n.try_into().ok()).map(Val::U32),
        Type::U64 => unsigned.map(Val::U64),
        Type::S8 => signed.and_then(|n| n.try_into().ok()).map(Val::S8),
        Type::S16 => signed.and_then(|n| n.try_into().ok()).map(Val::S16),
        Type::S32 => signed.and_then(|n| n.try_into().ok()).map(Val::S32),
        Type::S64 => signed.map(Val::S64),
        Type::Float32 => value.as_f64().map(|n| Val::Float32(n as f32)),
        Type::Float64 => value.as_f64().map(Val::Float64),
        Type::Char => value.as_str().and_then(|text| text.chars().next()).map(Val::Char),
        Type::String => value.as_str().map(|text| Val::String(text.to_owned())),
        Type::Own(_) | Type::Borrow(_) => match unsigned.and_then(|n| u32::try_from(n).ok()) {
            Some(number) => Some(handle(store, number)?),
            None => None,
        },
        _ => return fit_compound(store, value, ty),
    })
}

fn handle(store: &mut StoreContextMut<'_, Context>, number: u32) -> wasmtime::Result<Val> {
    let handle = Resource::<Handle>::new_own(number);
    Ok(Val::Resource(ResourceAny::try_from_resource(handle, store.as_context_mut())?))
}

fn fit_compound(store: &mut StoreContextMut<'_, Context>, value: &Value, ty: &Type) -> Fitted {
    Ok(match ty {
        Type::List(list) => match value.as_array() {
            Some(items) => fit_each(store, items.iter().map(|item| (item, list.ty())))?.map(Val::List),
            None => return so_many(store, value, &list.ty()),
        },
        Type::Tuple(tuple) => match (value.as_array(), tuple.types().len()) {
            (Some(items), length) if items.len() == length => {
                fit_each(store, items.iter().zip(tuple.types()))?.map(Val::Tuple)
            }
            (_, 1) => fit_each(store, [value].into_iter().zip(tuple.types()))?.map(Val::Tuple),
            _ => None,
        },
        Type::Record(record) => {
            let names: Vec<(String, Type)> =
                record.fields().map(|field| (field.name.to_owned(), field.ty)).collect();
            let null = &Value::Null;
            let values: Option<Vec<&Value>> = match value {
                Value::Object(fields) => {
                    let of = |name: &str| fields.iter().find(|(field, _)| alike(field, name)).map(|(_, v)| v);
                    names
                        .iter()
                        .map(|(name, ty)| of(name).or(matches!(ty, Type::Option(_)).then_some(null)))
                        .collect()
                }
                Value::Array(items) if items.len() == names.len() => Some(items.iter().collect()),
                // A record of one field is often that field.
                one if names.len() == 1 => Some(vec![one]),
                _ => None,
            };
            let Some(values) = values else { return Ok(None) };
            let fitted = fit_each(store, values.into_iter().zip(names.iter().map(|(_, ty)| ty.clone())))?;
            fitted.map(|values| Val::Record(names.into_iter().map(|(name, _)| name).zip(values).collect()))
        }
        Type::Option(option) => match value {
            Value::Null => Some(Val::Option(None)),
            value => fit(store, value, &option.ty())?.map(|value| Val::Option(Some(Box::new(value)))),
        },
        Type::Result(result) => fit_result(store, value, result.ok(), result.err())?,
        Type::Enum(cases) => value.as_str().and_then(|text| {
            cases.names().find(|name| alike(name, text)).map(|name| Val::Enum(name.to_owned()))
        }),
        Type::Flags(flags) => set(value).map(|set| {
            let named = flags.names().filter(|name| set.iter().any(|one| alike(one, name)));
            Val::Flags(named.map(str::to_owned).collect())
        }),
        Type::Variant(variant) => {
            let (case, inner) = match value {
                Value::String(case) => (case.as_str(), &Value::Null),
                Value::Object(fields) if fields.len() == 1 => match fields.iter().next() {
                    Some((case, inner)) => (case.as_str(), inner),
                    None => return Ok(None),
                },
                _ => return Ok(None),
            };
            let found = variant.cases().find(|known| alike(known.name, case));
            let Some((name, ty)) = found.map(|known| (known.name.to_owned(), known.ty)) else {
                return Ok(None);
            };
            match ty {
                None => Some(Val::Variant(name, None)),
                Some(ty) => fit(store, inner, &ty)?.map(|inner| Val::Variant(name, Some(Box::new(inner)))),
            }
        }
        _ => None,
    })
}

/// As many of the mildest items as a record says that there were.
fn so_many(store: &mut StoreContextMut<'_, Context>, value: &Value, ty: &Type) -> Fitted {
    const MOST: u64 = 1 << 20;
    let Some(count) = value.as_u64().filter(|count| *count <= MOST) else { return Ok(None) };
    let mut items = Vec::new();
    for _ in 0..count {
        let Some(item) = mildest(store, ty, true)? else { return Ok(None) };
        items.push(item);
    }
    Ok(Some(Val::List(items)))
}

fn fit_each<'v>(
    store: &mut StoreContextMut<'_, Context>,
    values: impl Iterator<Item = (&'v Value, Type)>,
) -> wasmtime::Result<Option<Vec<Val>>> {
    let mut found = Vec::new();
    for (value, ty) in values {
        match fit_exactly(store, value, &ty)? {
            Some(val) => found.push(val),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// A result; what says neither that it is well nor that it is not is well.
fn fit_result(
    store: &mut StoreContextMut<'_, Context>,
    value: &Value,
    ok: Option<Type>,
    err: Option<Type>,
) -> Fitted {
    let side = |name: &str| value.as_object().filter(|fields| fields.len() == 1).and_then(|f| f.get(name));
    let (inner, ty, well) = match (side("Err"), side("Ok")) {
        (Some(inner), _) => (inner, err, false),
        (None, Some(inner)) => (inner, ok, true),
        (None, None) => (value, ok, true),
    };
    let payload = match ty {
        None => None,
        Some(ty) => match fit(store, inner, &ty)? {
            Some(payload) => Some(Box::new(payload)),
            // What went wrong may be told by other words than the type has.
            None if !well => mildest(store, &ty, true)?.map(Box::new),
            None => return Ok(None),
        },
    };
    Ok(Some(Val::Result(if well { Ok(payload) } else { Err(payload) })))
}

/// The flags that are set, in any of the ways in which they are written.
fn set(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        Value::String(names) => Some(
            names.split('|').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
        ),
        Value::Object(fields) => {
            let set = fields.iter().filter(|(_, value)| value.as_bool() == Some(true));
            Some(set.map(|(name, _)| name.clone()).collect())
        }
        _ => None,
    }
}

/// Whether two names are the same but for the case of their letters and what joins their words.
fn alike(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    letters(one) == letters(other)
}

/// The mildest value of a type: nothing, none, no items; `well` says which side of a result.
pub(super) fn mildest(store: &mut StoreContextMut<'_, Context>, ty: &Type, well: bool) -> Fitted {
    Ok(Some(match ty {
        Type::Bool => Val::Bool(false),
        Type::String => Val::String(String::new()),
        Type::Char => Val::Char('?'),
        Type::List(_) => Val::List(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Enum(cases) => match cases.names().next() {
            Some(name) => Val::Enum(name.to_owned()),
            None => return Ok(None),
        },
        Type::Result(result) => {
            let ty = if well { result.ok() } else { result.err() };
            let payload = match ty {
                None => None,
                Some(ty) => match mildest(store, &ty, true)? {
                    Some(payload) => Some(Box::new(payload)),
                    None => return Ok(None),
                },
            };
            Val::Result(if well { Ok(payload) } else { Err(payload) })
        }
        Type::Tuple(tuple) => {
            let mut items = Vec::new();
            for ty in tuple.types() {
                let Some(item) = mildest(store, &ty, true)? else { return Ok(None) };
                items.push(item);
            }
            Val::Tuple(items)
        }
        Type::Record(record) => {
            let mut fields = Vec::new();
            for field in record.fields() {
                let Some(value) = mildest(store, &field.ty, true)? else { return Ok(None) };
                fields.push((field.name.to_owned(), value));
            }
            Val::Record(fields)
        }
        Type::Variant(variant) => {
            let first = variant.cases().next().map(|case| (case.name.to_owned(), case.ty));
            let Some((name, ty)) = first else { return Ok(None) };
            let inner = match ty {
                None => None,
                Some(ty) => mildest(store, &ty, true)?.map(Box::new),
            };
            Val::Variant(name, inner)
        }
        // Numbers, floats and handles: zero.
        ty => return fit_exactly(store, &Value::from(0), ty),
    }))
}
