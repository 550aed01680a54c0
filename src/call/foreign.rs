//! Calls of functions that no profile serves: a record alone can answer them.

use crate::chain::Val;
use serde_json::Value;

/// A call of a function that is not served here: `theater:simple/store`, WASI, and whatever else a component imports.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// The interface, as the component names it.
    pub interface: String,
    /// The function, as the component names it.
    pub function: String,
    /// The arguments. A handle is the number that stands for it.
    pub input: Vec<Val>,
}

/// An export that no profile calls, and what a record has of its parameters: an array, or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignExport {
    /// The interface and the function, with a dot between.
    pub export: String,
    /// The parameters beside the state.
    pub params: Value,
}

/// The answer to such a call: what a record holds of it, to be fitted to the function's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A value without its type.
    Value(Value),
    /// Nothing is known, or only that it did not go well: the mildest value of the type.
    Lost {
        /// Whether it went well.
        well: bool,
    },
}

impl Foreign {
    /// Whether a record's interface and function mean this one: records name no versions, or other ones, and not what kind of
    /// function it is.
    pub fn is(&self, interface: &str, function: &str) -> bool {
        plain(interface) == plain(&self.interface) && bare(function) == bare(&self.function)
    }
}

/// An interface without its version.
fn plain(interface: &str) -> &str {
    interface.split('@').next().unwrap_or(interface)
}

/// A function without `[method]` and the like.
fn bare(function: &str) -> &str {
    function.rsplit(']').next().unwrap_or(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_name_functions_in_other_ways() {
        let call = |interface: &str, function: &str| Foreign {
            interface: interface.to_owned(),
            function: function.to_owned(),
            input: Vec::new(),
        };
        assert!(call("wasi:io/poll@0.2.3", "[method]pollable.ready").is("wasi:io/poll", "pollable.ready"));
        assert!(call("theater:simple/store", "get").is("theater:simple/store", "get"));
        assert!(!call("theater:simple/store", "get").is("theater:simple/store", "new"));
        assert!(!call("wasi:clocks/wall-clock@0.2.3", "now").is("wasi:clocks/monotonic-clock@0.2.3", "now"));
    }
}
