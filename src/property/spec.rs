//! Properties, as a scenario file has them.

use super::builtin::Builtin;
use super::predicate::Predicate;
use crate::id::Time;
use serde::{Deserialize, Serialize};

/// A property of a scenario file: a name, and exactly one of `always`, `never`, `eventually`, `sometimes`, `no`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(with = "Form"))]
#[serde(try_from = "Form", into = "Form")]
pub struct Spec {
    /// The name that reports give it; a built-in property has one of its own.
    pub name: Option<String>,
    /// What it says.
    pub promise: Promise,
}

/// What a property says.
///
/// ```
/// use rehearsal::property::{Promise, Spec};
/// let text = r#"{"name": "all is paid", "eventually": {"count": {"key": "paid", "equals": 3}}, "within": "5s"}"#;
/// let spec: Spec = serde_json::from_str(text).unwrap();
/// assert!(matches!(spec.promise, Promise::Eventually(_, Some(_))));
/// let error = serde_json::from_str::<Spec>(r#"{"name": "nothing"}"#).unwrap_err();
/// assert!(error.to_string().starts_with("property `nothing` says nothing"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Promise {
    /// It holds after the start and after every step.
    Always(Predicate),
    /// It never holds.
    Never(Predicate),
    /// It holds at least once before the run ends, or before this time.
    Eventually(Predicate, Option<Time>),
    /// It holds at least once in some run; a search that never sees it says so, and fails where it is required.
    Sometimes(Predicate, bool),
    /// A built-in property is switched on.
    No(Builtin),
}

/// The JSON form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(rename = "Property"))]
#[serde(deny_unknown_fields)]
struct Form {
    /// The name that reports give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Holds after the start and after every step.
    #[serde(skip_serializing_if = "Option::is_none")]
    always: Option<Predicate>,
    /// Never holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    never: Option<Predicate>,
    /// Holds at least once.
    #[serde(skip_serializing_if = "Option::is_none")]
    eventually: Option<Predicate>,
    /// Holds at least once in some run of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    sometimes: Option<Predicate>,
    /// Switches a built-in property on.
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<Builtin>,
    /// For `eventually`: by this virtual time, such as `5s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<String>,
    /// For `sometimes`: a search that never sees it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
}

const KINDS: &str = "`always`, `never`, `eventually`, `sometimes` or `no`";

impl TryFrom<Form> for Spec {
    type Error = String;

    fn try_from(form: Form) -> Result<Spec, String> {
        let name = form.name.clone();
        let who = name.as_ref().map_or("a property".to_owned(), |name| format!("property `{name}`"));
        if form.within.is_some() && form.eventually.is_none() {
            return Err(format!("{who}: `within` goes with `eventually` only"));
        }
        if form.required.is_some() && form.sometimes.is_none() {
            return Err(format!("{who}: `required` goes with `sometimes` only"));
        }
        let promise = form.promise().map_err(|told| format!("{who} {told}"))?;
        match (&name, &promise) {
            (None, Promise::No(_)) | (Some(_), _) => Ok(Spec { name, promise }),
            (None, _) => Err("a property needs a `name`".into()),
        }
    }
}

impl Form {
    fn promise(self) -> Result<Promise, String> {
        let within = self.within.as_deref().map(span).transpose()?;
        let required = self.required.unwrap_or(false);
        let mut kinds = [
            self.always.map(|p| ("always", Promise::Always(p))),
            self.never.map(|p| ("never", Promise::Never(p))),
            self.eventually.map(|p| ("eventually", Promise::Eventually(p, within))),
            self.sometimes.map(|p| ("sometimes", Promise::Sometimes(p, required))),
            self.no.map(|builtin| ("no", Promise::No(builtin))),
        ]
        .into_iter()
        .flatten();
        let (kind, promise) = kinds.next().ok_or(format!("says nothing: it needs one of {KINDS}"))?;
        match kinds.next() {
            None => Ok(promise),
            Some((other, _)) => Err(format!("has `{kind}` and `{other}`: it needs exactly one of {KINDS}")),
        }
    }
}

fn span(text: &str) -> Result<Time, String> {
    let told =
        || format!("has `within` {text:?}, which is no duration: a whole number and a unit, such as \"5s\"");
    Time::parse(text).ok_or_else(told)
}

impl From<Spec> for Form {
    fn from(spec: Spec) -> Form {
        let form = Form { name: spec.name, ..Form::default() };
        match spec.promise {
            Promise::Always(p) => Form { always: Some(p), ..form },
            Promise::Never(p) => Form { never: Some(p), ..form },
            Promise::Eventually(p, within) => {
                Form { eventually: Some(p), within: within.map(|t| t.to_string()), ..form }
            }
            Promise::Sometimes(p, required) => {
                Form { sometimes: Some(p), required: required.then_some(true), ..form }
            }
            Promise::No(builtin) => Form { no: Some(builtin), ..form },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_read_back() {
        for text in [
            r#"{"name":"n","always":{"stopped":"a"}}"#,
            r#"{"name":"n","never":{"stopped":"a"}}"#,
            r#"{"name":"n","eventually":{"stopped":"a"},"within":"5s"}"#,
            r#"{"name":"n","sometimes":{"stopped":"a"},"required":true}"#,
            r#"{"no":"lost message"}"#,
        ] {
            let spec: Spec = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&spec).expect("JSON"), text);
        }
    }

    #[test]
    fn errors_name_what_is_expected() {
        let error = |text: &str| serde_json::from_str::<Spec>(text).unwrap_err().to_string();
        let p = r#"{"stopped":"a"}"#;
        assert!(error(r#"{"name":"n"}"#).starts_with(
            "property `n` says nothing: it needs one of `always`, `never`, `eventually`, `sometimes` or `no`"
        ));
        assert!(
            error(&format!(r#"{{"name":"n","always":{p},"never":{p}}}"#))
                .contains("has `always` and `never`")
        );
        assert!(error(&format!(r#"{{"always":{p}}}"#)).contains("a property needs a `name`"));
        assert!(
            error(&format!(r#"{{"name":"n","always":{p},"within":"5s"}}"#)).contains("`within` goes with")
        );
        assert!(
            error(&format!(r#"{{"name":"n","always":{p},"required":true}}"#))
                .contains("`required` goes with")
        );
        assert!(
            error(&format!(r#"{{"name":"n","eventually":{p},"within":"soon"}}"#)).contains("no duration")
        );
        assert!(error(r#"{"name":"n","allways":1}"#).starts_with("unknown field `allways`, expected one of"));
        assert!(error(r#"{"no":"dedlock"}"#).contains("did you mean `deadlock`?"));
    }

    #[cfg(feature = "cli")]
    #[test]
    fn the_schema_knows_the_words() {
        let schema = serde_json::to_string(&schemars::schema_for!(Spec)).expect("JSON");
        for word in
            ["always", "never", "eventually", "sometimes", "within", "observed", "not_equals", "lost message"]
        {
            assert!(schema.contains(&format!("\"{word}\"")), "{word}: {schema}");
        }
    }
}
