//! From a scenario's words to a compiled property: names become ids, and what cannot be meant is an error.

use super::builtin::{Builtin, Builtins};
use super::compiled::{Kind, Property};
use super::history::{Fold, Whose};
use super::lens::Part;
use super::matcher::{Matcher, canonical};
use super::predicate::{Answer, Predicate, Refused, Spot, Values};
use super::rule::{Leaf, Tree, Wanted};
use super::spec::{Promise, Spec};
use crate::actor::FailureKind;
use crate::error::{Error, Result};
use crate::id::ActorId;
use crate::state::Directory;
use serde_json::Value;

pub(crate) const FAILURES: [FailureKind; 7] = [
    FailureKind::Trap,
    FailureKind::EndlessLoop,
    FailureKind::MemoryExhausted,
    FailureKind::ReturnedError,
    FailureKind::MalformedResult,
    FailureKind::MissingExport,
    FailureKind::LimitExceeded,
];

/// Compiles the properties of a scenario: those with a predicate, and which built-in ones hold.
///
/// # Errors
/// When a name is unknown or used twice, a pointer is none, a built-in property is both waived and asked for, or a
/// predicate says nothing.
///
/// ```
/// use rehearsal::property::{Builtin, Spec, compile};
/// use rehearsal::state::Directory;
/// let directory = Directory::new([("teller".into(), None)]);
/// let spec = |text| serde_json::from_str::<Spec>(text).unwrap();
/// let stops = spec(r#"{"name": "it stops", "eventually": {"stopped": "tellr"}}"#);
/// let error = compile(&[stops], &[], &directory).unwrap_err().to_string();
/// assert!(error.contains("did you mean `teller`?"));
/// let both = compile(&[spec(r#"{"no": "trap"}"#)], &[Builtin::Trap], &directory);
/// assert_eq!(both.unwrap_err().message(), "`trap` is both waived and asked for");
/// ```
pub fn compile(
    specs: &[Spec],
    waive: &[Builtin],
    directory: &Directory,
) -> Result<(Vec<Property>, Builtins)> {
    let mut builtins = waive.iter().fold(Builtins::default(), |all, waived| all.without(*waived));
    let mut properties: Vec<Property> = Vec::new();
    for spec in specs {
        if let Promise::No(builtin) = &spec.promise {
            if waive.contains(builtin) {
                return Err(Error::input(format!("`{}` is both waived and asked for", builtin.name())));
            }
            builtins = builtins.named(*builtin, spec.name.as_deref().unwrap_or(builtin.title()));
        } else {
            properties.push(Property::compile(spec, directory)?);
        }
    }
    // One name, one failure: shrinking and merging go by the name.
    let mut names: Vec<&str> = properties.iter().map(Property::name).collect();
    names.extend(builtins.iter().map(|builtin| builtins.name(builtin)));
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::input(format!("two properties are called `{}`", pair[0]))),
        None => Ok((properties, builtins)),
    }
}

impl Property {
    /// Compiles one property with a predicate.
    ///
    /// # Errors
    /// When a name is unknown, a pointer is none, or a predicate says nothing; and for a built-in property, which
    /// [`compile`] switches on.
    pub fn compile(spec: &Spec, directory: &Directory) -> Result<Property> {
        let (kind, predicate) = match &spec.promise {
            Promise::Always(p) => (Kind::Always, p),
            Promise::Never(p) => (Kind::Never, p),
            Promise::Eventually(p, within) => (Kind::Eventually { within: *within }, p),
            Promise::Sometimes(p, required) => (Kind::Sometimes { required: *required }, p),
            Promise::No(builtin) => {
                return Err(Error::input(format!("`{}` is built in: it has no predicate", builtin.name())));
            }
        };
        let name = spec.name.as_deref().unwrap_or("");
        let mut compiler = Compiler { property: name, directory, leaves: Vec::new() };
        let tree = compiler.tree(predicate)?;
        let leaves = compiler.leaves;
        Ok(Property::ruled(name, kind, tree, leaves))
    }
}

struct Compiler<'a> {
    property: &'a str,
    directory: &'a Directory,
    leaves: Vec<Leaf>,
}

impl Compiler<'_> {
    fn error(&self, text: impl std::fmt::Display) -> Error {
        Error::input(format!("property `{}`: {text}", self.property))
    }

    fn tree(&mut self, predicate: &Predicate) -> Result<Tree> {
        match predicate {
            Predicate::Not(inner) => Ok(Tree::Not(Box::new(self.tree(inner)?))),
            Predicate::All(inner) => Ok(Tree::All(self.trees("all", inner)?)),
            Predicate::Any(inner) => Ok(Tree::Any(self.trees("any", inner)?)),
            other => {
                let leaf = self.leaf(other)?;
                self.leaves.push(leaf);
                Ok(Tree::Leaf(self.leaves.len() - 1))
            }
        }
    }

    fn trees(&mut self, key: &str, inner: &[Predicate]) -> Result<Vec<Tree>> {
        self.filled(key, inner)?;
        inner.iter().map(|predicate| self.tree(predicate)).collect()
    }

    fn leaf(&self, predicate: &Predicate) -> Result<Leaf> {
        Ok(match predicate {
            Predicate::Observed(p) => self.seen(&p.key, &p.actor, Fold::Observed(p.matcher()))?,
            Predicate::Every(p) => {
                self.seen(&p.key, &p.actor, Fold::Every(self.matcher("every", p.matcher())?))?
            }
            Predicate::Last(p) => self.seen(&p.key, &p.actor, Fold::Last(p.matcher()))?,
            Predicate::Count(p) => {
                let matcher = self.matcher("count", p.matcher())?;
                self.seen(&p.key, &p.actor, Fold::Count(p.value.clone(), matcher))?
            }
            Predicate::Values(p) => self.seen(&p.key, &p.actor, self.values(p)?)?,
            Predicate::Order(p) => {
                self.filled("order", &p.values)?;
                self.seen(&p.key, &p.actor, Fold::Order(p.values.clone()))?
            }
            Predicate::Before(p) => {
                self.seen(&p.key, &p.actor, Fold::Before(p.first.clone(), p.then.clone()))?
            }
            Predicate::Distinct(p) => self.seen(&p.key, &p.actor, Fold::Distinct)?,
            Predicate::State(p) => Leaf::State(self.part(&p.actor, &p.pointer)?, p.matcher()),
            Predicate::Same(spots) if spots.len() < 2 => {
                return Err(self.error("`same` needs two parts at least"));
            }
            Predicate::Same(spots) => Leaf::Same(self.parts(spots)?),
            Predicate::Sum(p) => {
                self.filled("of", &p.of)?;
                Leaf::Sum(self.parts(&p.of)?, self.matcher("sum", p.matcher())?)
            }
            Predicate::Reply(p) => Leaf::Reply(self.who(&p.client)?, self.wanted(p)?),
            Predicate::Answered(p) => Leaf::Answered(self.who(&p.client)?, self.answers(&p.count)?),
            Predicate::Lost(matcher) => Leaf::Lost(self.matcher("lost", matcher.clone())?),
            Predicate::Channels(p) => {
                Leaf::Channels(self.who(&p.actor)?, self.matcher("channels", p.matcher())?)
            }
            Predicate::Stopped(actor) => Leaf::Stopped(self.who(actor)?),
            Predicate::Failed(p) => Leaf::Failed(self.whose(&p.actor)?, self.failure(&p.kind)?),
            Predicate::Not(_) | Predicate::All(_) | Predicate::Any(_) => {
                return Err(self.error("a predicate is none of its own"));
            }
        })
    }

    fn who(&self, name: &str) -> Result<ActorId> {
        let unknown = || {
            let known = self.directory.names().iter().map(String::as_str);
            self.error(format!("nobody here is called `{name}`")).nearest(name, known)
        };
        self.directory.find(name).ok_or_else(unknown)
    }

    fn whose(&self, name: &Option<String>) -> Result<Option<ActorId>> {
        name.as_ref().map(|name| self.who(name)).transpose()
    }

    fn seen(&self, key: &str, actor: &Option<String>, fold: Fold) -> Result<Leaf> {
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(self.error(format!("no observation has the key {key:?}: a key is one word")));
        }
        Ok(Leaf::Seen(Whose { key: key.to_owned(), actor: self.whose(actor)? }, fold))
    }

    /// A matcher that must say something: without a key it would always fit.
    fn matcher(&self, key: &str, matcher: Matcher) -> Result<Matcher> {
        let told =
            "needs one of `equals`, `not_equals`, `one_of`, `at_least`, `at_most`, `contains` or `matches`";
        match matcher.is_empty() {
            true => Err(self.error(format!("`{key}` says nothing: it {told}"))),
            false => Ok(matcher),
        }
    }

    fn filled<T>(&self, key: &str, list: &[T]) -> Result<()> {
        match list.is_empty() {
            true => Err(self.error(format!("`{key}` is an empty list"))),
            false => Ok(()),
        }
    }

    fn values(&self, p: &Values) -> Result<Fold> {
        let set = |values: &[Value]| values.iter().map(canonical).collect();
        match (&p.are, &p.within) {
            (Some(values), None) => Ok(Fold::Are(set(values))),
            (None, Some(values)) => Ok(Fold::Within(set(values))),
            _ => Err(self.error("`values` needs either `are` or `within`")),
        }
    }

    fn parts(&self, spots: &[Spot]) -> Result<Vec<Part>> {
        spots.iter().map(|spot| self.part(&spot.actor, &spot.pointer)).collect()
    }

    fn part(&self, actor: &str, pointer: &str) -> Result<Part> {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let error = self.error(format!("`{pointer}` is not a JSON pointer"));
            return Err(
                error.help(format!("a JSON pointer begins with `/`: `/{}`", pointer.replace('.', "/")))
            );
        }
        let escaped = |rest: &str| rest.starts_with('0') || rest.starts_with('1');
        if !pointer.split('~').skip(1).all(escaped) {
            let error = self.error(format!("`{pointer}` is not a JSON pointer"));
            return Err(error.help("in a JSON pointer `~0` stands for `~`, and `~1` for `/`"));
        }
        Ok(Part { actor: self.who(actor)?, pointer: pointer.to_owned() })
    }

    fn wanted(&self, p: &Answer) -> Result<Wanted> {
        match &p.refused {
            None => Ok(Wanted::Fitting(Box::new(p.matcher()))),
            Some(_) if !p.matcher().is_empty() => {
                Err(self.error("a `reply` is either `refused` or has a value, not both"))
            }
            Some(Refused::Any(_)) => Ok(Wanted::Refused(None)),
            Some(Refused::Saying(text)) => Ok(Wanted::Refused(Some(text.clone()))),
        }
    }

    fn answers(&self, count: &Option<Matcher>) -> Result<Matcher> {
        let once = || Matcher { at_least: Some(super::Whole(1)), ..Matcher::default() };
        count.as_ref().map_or_else(|| Ok(once()), |matcher| self.matcher("count", matcher.clone()))
    }

    fn failure(&self, name: &Option<String>) -> Result<Option<FailureKind>> {
        let Some(name) = name else { return Ok(None) };
        let plain = name.replace('-', " ");
        let known = FAILURES.into_iter().find(|kind| kind.name() == plain);
        let unknown = || {
            let error = self.error(format!("no sort of failure is called `{name}`"));
            error.nearest(name, FAILURES.map(FailureKind::name))
        };
        known.map(Some).ok_or_else(unknown)
    }
}
