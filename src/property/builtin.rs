//! What is watched without being asked, unless a scenario waives it, and what can be asked for by name.

use crate::error::{Error, Result, nearest};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// A property that needs no predicate. The first five are on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Builtin {
    /// No turn traps, loops for ever, exhausts its memory or a limit, returns what cannot be read, or lacks its handler.
    #[serde(rename = "trap")]
    Trap,
    /// No cycle of participants wait for each other.
    #[serde(rename = "deadlock")]
    Deadlock,
    /// Nobody still waits when nothing can happen any more.
    #[serde(rename = "stuck call")]
    StuckCall,
    /// What the clients expect comes about.
    #[serde(rename = "expectations")]
    Expectations,
    /// No bound of the run is exceeded.
    #[serde(rename = "bounds")]
    Bounds,
    /// Every message reaches somebody who handles it. A client takes what reaches it, also where its script is over; and that a
    /// channel is closed need not reach who is gone. Off by default.
    #[serde(rename = "lost message")]
    LostMessage,
    /// No handler returns an error. Off by default.
    #[serde(rename = "returned error")]
    ReturnedError,
}

impl Builtin {
    /// All of them.
    pub const ALL: [Builtin; 7] = [
        Builtin::Trap,
        Builtin::Deadlock,
        Builtin::StuckCall,
        Builtin::Expectations,
        Builtin::Bounds,
        Builtin::LostMessage,
        Builtin::ReturnedError,
    ];

    /// The name in scenario files: `trap`.
    pub fn name(self) -> &'static str {
        match self {
            Builtin::Trap => "trap",
            Builtin::Deadlock => "deadlock",
            Builtin::StuckCall => "stuck call",
            Builtin::Expectations => "expectations",
            Builtin::Bounds => "bounds",
            Builtin::LostMessage => "lost message",
            Builtin::ReturnedError => "returned error",
        }
    }

    /// The name of the property in reports: `no trap`.
    pub fn title(self) -> &'static str {
        match self {
            Builtin::Trap => "no trap",
            Builtin::Deadlock => "no deadlock",
            Builtin::StuckCall => "no stuck call",
            Builtin::Expectations => "expectations hold",
            Builtin::Bounds => "bounds hold",
            Builtin::LostMessage => "no lost message",
            Builtin::ReturnedError => "no returned error",
        }
    }

    /// The one of this name, or of this title.
    ///
    /// # Errors
    /// When there is none; the nearest name is suggested.
    ///
    /// ```
    /// use rehearsal::property::Builtin;
    /// assert_eq!(Builtin::parse("trap"), Ok(Builtin::Trap));
    /// assert_eq!(Builtin::parse("no stuck call"), Ok(Builtin::StuckCall));
    /// assert!(Builtin::parse("dedlock").unwrap_err().to_string().ends_with("did you mean `deadlock`?"));
    /// ```
    pub fn parse(text: &str) -> Result<Builtin> {
        let found = Builtin::ALL.into_iter().find(|known| text == known.name() || text == known.title());
        found.ok_or_else(|| {
            let names = Builtin::ALL.map(Builtin::name);
            let error = Error::input(format!("no built-in property is called `{text}`"));
            match nearest(text, names) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("there are `{}`", names.join("`, `"))),
            }
        })
    }
}

impl<'de> Deserialize<'de> for Builtin {
    fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        // A JSON error is one line, with the place after it.
        let told = |error: Error| error.to_string().replace("\nhelp: ", "; ").replacen("error: ", "", 1);
        Builtin::parse(&text).map_err(|error| serde::de::Error::custom(told(error)))
    }
}

/// Which built-in properties a run is held to, and under which names.
///
/// ```
/// use rehearsal::property::{Builtin, Builtins};
/// let held = Builtins::default().with(Builtin::LostMessage).without(Builtin::Trap);
/// assert!(held.holds(Builtin::LostMessage) && held.holds(Builtin::Deadlock));
/// assert!(!held.holds(Builtin::Trap));
/// assert_eq!(held.name(Builtin::LostMessage), "no lost message");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builtins {
    names: BTreeMap<Builtin, String>,
}

impl Default for Builtins {
    /// The five that hold unless waived.
    fn default() -> Self {
        Builtins::NONE
            .with(Builtin::Trap)
            .with(Builtin::Deadlock)
            .with(Builtin::StuckCall)
            .with(Builtin::Expectations)
            .with(Builtin::Bounds)
    }
}

impl Builtins {
    /// None at all.
    pub const NONE: Builtins = Builtins { names: BTreeMap::new() };

    /// These and one more.
    pub fn with(self, builtin: Builtin) -> Builtins {
        self.named(builtin, builtin.title())
    }

    /// These and one more, under a name of its own.
    pub fn named(mut self, builtin: Builtin, name: impl Into<String>) -> Builtins {
        self.names.insert(builtin, name.into());
        self
    }

    /// These without one.
    pub fn without(mut self, builtin: Builtin) -> Builtins {
        self.names.remove(&builtin);
        self
    }

    /// Whether the run is held to this one.
    pub fn holds(&self, builtin: Builtin) -> bool {
        self.names.contains_key(&builtin)
    }

    /// The name under which it is reported.
    pub fn name(&self, builtin: Builtin) -> &str {
        self.names.get(&builtin).map_or(builtin.title(), String::as_str)
    }

    /// Those that the run is held to.
    pub fn iter(&self) -> impl Iterator<Item = Builtin> {
        self.names.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for builtin in Builtin::ALL {
            assert_eq!(Builtin::parse(builtin.name()), Ok(builtin));
            assert_eq!(Builtin::parse(builtin.title()), Ok(builtin));
            let json = serde_json::to_string(&builtin).expect("JSON");
            assert_eq!(json, format!("{:?}", builtin.name()));
            assert_eq!(serde_json::from_str::<Builtin>(&json).expect("a builtin"), builtin);
        }
    }

    #[test]
    fn json_errors_suggest_a_name() {
        let error = serde_json::from_str::<Builtin>("\"stuk call\"").unwrap_err().to_string();
        assert!(
            error.starts_with("no built-in property is called `stuk call`; did you mean `stuck call`?"),
            "{error}"
        );
    }

    #[test]
    fn two_are_off_by_default() {
        let on = Builtins::default();
        let off: Vec<Builtin> = Builtin::ALL.into_iter().filter(|b| !on.holds(*b)).collect();
        assert_eq!(off, [Builtin::LostMessage, Builtin::ReturnedError]);
        assert!(!on.without(Builtin::Trap).holds(Builtin::Trap));
    }
}
