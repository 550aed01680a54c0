//! What a step of a client expects: checked when the scenario is read, and its `${name}`s replaced when it is compared.

use super::file::ExpectSpec;
use super::steps::Action;
use super::substitute;
use crate::error::{Error, Result};
use base64::Engine as _;
use serde_json::Value;
use std::borrow::Cow;

/// What a step expects.
#[derive(Clone, Debug)]
pub struct Expected {
    pub(super) spec: ExpectSpec,
    /// Whether there are captures in it.
    captures: bool,
}

impl Expected {
    /// What is expected, the addresses of participants put in by `address`, which gives nothing for what is a capture; one of
    /// those must be `known` by now.
    ///
    /// # Errors
    /// When the step cannot have such an outcome, or names what is not known.
    pub(super) fn new(
        spec: &ExpectSpec,
        action: &Action,
        address: &dyn Fn(&str) -> Result<Option<String>>,
    ) -> Result<Expected> {
        fits(spec, action)?;
        let captures = std::cell::Cell::new(false);
        let find = |name: &str| {
            let found = address(name)?;
            captures.set(captures.get() || found.is_none());
            Ok(found)
        };
        let partly = in_texts(spec, &|text| substitute::partly(text, &find).map(Value::String))?;
        if captures.get() {
            return Ok(Expected { spec: partly, captures: true });
        }
        let whole = in_texts(&partly, &|text| substitute::put(text, &|name| Ok(name.into())))?;
        Ok(Expected { spec: whole, captures: false })
    }

    /// The same with what was captured in it.
    ///
    /// # Errors
    /// What `find` says.
    pub(super) fn filled(&self, find: &dyn Fn(&str) -> Result<Value>) -> Result<Cow<'_, ExpectSpec>> {
        if !self.captures {
            return Ok(Cow::Borrowed(&self.spec));
        }
        in_texts(&self.spec, &|text| substitute::put(text, find)).map(Cow::Owned)
    }
}

fn in_texts(spec: &ExpectSpec, change: &dyn Fn(&str) -> Result<Value>) -> Result<ExpectSpec> {
    let change_text = |text: &str| change(text).map(substitute::as_text);
    let text = |text: &Option<String>| text.as_deref().map(change_text).transpose();
    Ok(ExpectSpec {
        text: text(&spec.text)?,
        json: spec.json.as_ref().map(|json| substitute::in_json(json, change)).transpose()?,
        refused: text(&spec.refused)?,
        ..spec.clone()
    })
}

/// Whether a step can have the outcome that it expects.
fn fits(spec: &ExpectSpec, action: &Action) -> Result<()> {
    let ExpectSpec { text, json, base64, refused, closed, channel } = spec;
    let given = [
        ("text", text.is_some()),
        ("json", json.is_some()),
        ("base64", base64.is_some()),
        ("refused", refused.is_some()),
        ("closed", closed.is_some()),
    ];
    let given: Vec<&str> = given.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    let told =
        |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
    if given.len() > 1 {
        return Err(Error::input(format!("`expect` has {}, and only one can be", told(&given))));
    }
    if closed.is_some() && channel.is_some() {
        return Err(Error::input("`closed` names the channel, and `channel` is for a message"));
    }
    if let Some(raw) = base64
        && let Err(error) = base64::engine::general_purpose::STANDARD.decode(raw)
    {
        return Err(Error::input(format!("`base64` cannot be decoded: {}", substitute::base64_told(&error))));
    }
    let (step, possible): (_, &[&str]) = match action {
        Action::Wait(_) => return Err(Error::input("a `wait` comes to no outcome to expect")),
        Action::Send(..) | Action::OnChannel(..) | Action::Close(_) | Action::Stop(..) => {
            ("gets no answer: it can only be", &["refused"])
        }
        Action::Request(..) | Action::Open(..) => {
            ("waits for its answer: what can be expected of it is", &["text", "json", "base64", "refused"])
        }
        Action::Expect => {
            ("waits for a message: what can be expected of it is", &["text", "json", "base64", "closed"])
        }
    };
    let misplaced = given.iter().copied().find(|name| !possible.contains(name));
    let misplaced =
        misplaced.or(channel.as_ref().filter(|_| !matches!(action, Action::Expect)).map(|_| "channel"));
    match misplaced {
        None => Ok(()),
        Some(name) => Err(Error::input(format!("`{name}` cannot be expected of this step"))
            .note(format!("it {step} {}", told(possible)))
            .help("let a step of its own `expect` what comes by itself")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn address(name: &str) -> Result<Option<String>> {
        Ok(name.strip_prefix("actor.").map(str::to_uppercase))
    }

    #[test]
    fn names_are_replaced_at_their_time() {
        let spec =
            ExpectSpec { json: Some(json!({"to": "${actor.n}", "$${x}": "${w}!"})), ..ExpectSpec::default() };
        let expected = Expected::new(&spec, &Action::Expect, &address).unwrap();
        let filled = expected.filled(&|name| Ok(format!("<{name}>").into())).unwrap();
        assert_eq!(filled.json, Some(json!({"to": "N", "${x}": "<w>!"})));
        let plain = ExpectSpec { text: Some("$${w} ${actor.n}".into()), ..ExpectSpec::default() };
        let expected = Expected::new(&plain, &Action::Expect, &address).unwrap();
        let never = |name: &str| -> Result<Value> { panic!("{name} was asked for") };
        assert_eq!(expected.filled(&never).unwrap().text.as_deref(), Some("${w} N"));
    }

    #[test]
    fn what_cannot_come_about_is_told() {
        let refused = |spec: serde_json::Value, action: &Action| {
            let spec: ExpectSpec = serde_json::from_value(spec).unwrap();
            Expected::new(&spec, action, &address).unwrap_err().message().to_owned()
        };
        let wait = Action::Wait(crate::id::Time::ZERO);
        assert_eq!(refused(json!({"text": "x"}), &wait), "a `wait` comes to no outcome to expect");
        let close = Action::Close("c".into());
        assert_eq!(refused(json!({"json": null}), &close), "`json` cannot be expected of this step");
        assert_eq!(
            refused(json!({"refused": "x"}), &Action::Expect),
            "`refused` cannot be expected of this step"
        );
        let both = json!({"text": "x", "json": 1});
        assert_eq!(refused(both, &Action::Expect), "`expect` has `text` and `json`, and only one can be");
        assert!(refused(json!({"base64": "!!"}), &Action::Expect).starts_with("`base64` cannot be decoded"));
    }
}
