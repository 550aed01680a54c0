//! Objects with one key that says what they are. By hand, for errors in the words of a scenario: serde's own speak of variants.

use serde::de::{Error, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// What an object with one key stands for.
pub(super) trait Keyed: Sized {
    /// What it is, with the keys that it may have.
    const WHAT: &'static str;
    /// The keys.
    const KEYS: &'static [&'static str];

    /// Reads the value of a key, one of [`KEYS`](Keyed::KEYS).
    fn value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error>;
}

/// Reads it.
pub(super) struct OneKey<T>(pub PhantomData<T>);

impl<'de, T: Keyed> Visitor<'de> for OneKey<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(A::Error::custom(format_args!("expected {}, found an empty object", T::WHAT)));
        };
        if !T::KEYS.contains(&key.as_str()) {
            return Err(A::Error::unknown_field(&key, T::KEYS));
        }
        let value = T::value(&key, &mut map)?;
        match map.next_key::<String>()? {
            None => Ok(value),
            Some(other) => {
                let what = T::WHAT;
                Err(A::Error::custom(format_args!("expected {what}, and this has `{key}` and `{other}`")))
            }
        }
    }
}

/// Lets serde read a [`Keyed`] type.
macro_rules! keyed {
    ($name:ty) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                source.deserialize_map(crate::scenario::keyed::OneKey::<$name>(std::marker::PhantomData))
            }
        }
    };
}
pub(super) use keyed;
