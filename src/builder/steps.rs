//! A client's script, written in Rust.

use crate::id::Time;
use crate::scenario::{BytesSpec, ChannelSpec, Duration, ExpectSpec, OnChannelSpec, OpenSpec, Step, ToSpec};
use serde::Serialize;

/// A typed message, as JSON: for bodies and expectations. Text stands for itself: `"hello"` is five bytes and no quotes.
///
/// # Panics
/// When the message cannot be JSON: a map whose keys are no texts, say.
///
/// ```
/// use rehearsal::json;
/// use rehearsal::scenario::BytesSpec;
/// assert_eq!(json(("deposit", 10)), BytesSpec::Json(serde_json::json!(["deposit", 10])));
/// ```
pub fn json(message: impl Serialize) -> BytesSpec {
    match serde_json::to_value(message) {
        Ok(value) => BytesSpec::Json(value),
        Err(error) => panic!("a message that cannot be JSON: {error}"),
    }
}

impl From<&str> for BytesSpec {
    fn from(text: &str) -> Self {
        BytesSpec::Text(text.to_owned())
    }
}

impl From<String> for BytesSpec {
    fn from(text: String) -> Self {
        BytesSpec::Text(text)
    }
}

impl From<&[u8]> for BytesSpec {
    fn from(bytes: &[u8]) -> Self {
        use base64::Engine as _;
        BytesSpec::Base64(base64::engine::general_purpose::STANDARD.encode(bytes))
    }
}

impl From<Vec<u8>> for BytesSpec {
    fn from(bytes: Vec<u8>) -> Self {
        BytesSpec::from(&bytes[..])
    }
}

/// What a client does, step by step: the same steps that a scenario file has.
///
/// ```
/// use rehearsal::{Steps, id::Time, json};
///
/// let alice = Steps::new()
///     .send("ledger", "open")
///     .request("ledger", json(("deposit", 10)))
///     .expects(json(10))
///     .wait(Time::from_millis(5))
///     .stop("ledger");
/// assert_eq!(alice.len(), 4);
/// ```
///
/// `${actor.NAME}` in a body becomes that participant's address, and `${NAME}` what an earlier step
/// [captured](Steps::capture); `$${` stands for `${`.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Steps(Vec<Step>);

impl Steps {
    /// A client that does nothing yet.
    pub fn new() -> Steps {
        Steps::default()
    }

    fn then(mut self, step: Step) -> Steps {
        self.0.push(step);
        self
    }

    fn last(mut self, change: impl FnOnce(&mut Step)) -> Steps {
        match self.0.last_mut() {
            Some(step) => change(step),
            None => panic!("there is no step yet that this could go with"),
        }
        self
    }

    /// Sends a message.
    pub fn send(self, to: &str, body: impl Into<BytesSpec>) -> Steps {
        self.then(Step { send: Some(message(to, body)), ..Step::default() })
    }

    /// Sends a request and waits for its answer.
    pub fn request(self, to: &str, body: impl Into<BytesSpec>) -> Steps {
        self.then(Step { request: Some(message(to, body)), ..Step::default() })
    }

    /// Asks for a channel, to be called `name` by later steps, and waits for the decision.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let talk = Rehearsal::new("talk").actor("log", || builtin("log").unwrap()).client(
    ///     "alice",
    ///     Steps::new()
    ///         .open_channel("log", "", "line")
    ///         .send_on_channel("line", "hello")
    ///         .close_channel("line")
    ///         .send_on_channel("line", "hello?")
    ///         .expects_refusal("Channel is closed"),
    /// );
    /// assert!(talk.stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn open_channel(self, to: &str, body: impl Into<BytesSpec>, name: &str) -> Steps {
        let open = OpenSpec { to: to.into(), body: body.into(), name: name.into() };
        self.then(Step { open_channel: Some(Box::new(open)), ..Step::default() })
    }

    /// Sends a message over a channel.
    pub fn send_on_channel(self, channel: &str, body: impl Into<BytesSpec>) -> Steps {
        let send = OnChannelSpec { channel: channel.into(), body: body.into() };
        self.then(Step { send_on_channel: Some(Box::new(send)), ..Step::default() })
    }

    /// Closes a channel.
    pub fn close_channel(self, channel: &str) -> Steps {
        let close = ChannelSpec { channel: channel.into() };
        self.then(Step { close_channel: Some(close), ..Step::default() })
    }

    /// Lets virtual time pass.
    pub fn wait(self, span: Time) -> Steps {
        self.then(Step { wait: Some(Duration(span)), ..Step::default() })
    }

    /// Asks an actor to stop, between two messages.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let over = Rehearsal::new("over").actor("echo", || builtin("echo").unwrap()).client(
    ///     "alice",
    ///     Steps::new().stop("echo").request("echo", "hello").expects_refusal("Actor stopped before it answered"),
    /// );
    /// assert!(over.stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn stop(self, actor: &str) -> Steps {
        self.then(Step { stop: Some(actor.into()), ..Step::default() })
    }

    /// Ends an actor at once.
    pub fn terminate(self, actor: &str) -> Steps {
        self.then(Step { terminate: Some(actor.into()), ..Step::default() })
    }

    /// Waits for a message that is like this; JSON objects may have more keys.
    pub fn expect(self, body: impl Into<BytesSpec>) -> Steps {
        self.then(Step { expect: Some(Box::new(expectation(body.into()))), ..Step::default() })
    }

    /// Waits for a message like this over a channel.
    pub fn expect_on(self, channel: &str, body: impl Into<BytesSpec>) -> Steps {
        let expect = ExpectSpec { channel: Some(channel.into()), ..expectation(body.into()) };
        self.then(Step { expect: Some(Box::new(expect)), ..Step::default() })
    }

    /// Waits until a channel is closed.
    pub fn expect_close(self, channel: &str) -> Steps {
        let expect = ExpectSpec { closed: Some(channel.into()), ..ExpectSpec::default() };
        self.then(Step { expect: Some(Box::new(expect)), ..Step::default() })
    }

    /// The outcome of the last step must be like this.
    ///
    /// # Panics
    /// When there is no step.
    pub fn expects(self, body: impl Into<BytesSpec>) -> Steps {
        let expect = expectation(body.into());
        self.last(|step| step.expect = Some(Box::new(expect)))
    }

    /// The last step must be refused, with this text somewhere in the refusal.
    ///
    /// # Panics
    /// When there is no step.
    pub fn expects_refusal(self, text: &str) -> Steps {
        let expect = ExpectSpec { refused: Some(text.into()), ..ExpectSpec::default() };
        self.last(|step| step.expect = Some(Box::new(expect)))
    }

    /// How long the outcome of the last step may take, in virtual time.
    ///
    /// # Panics
    /// When there is no step.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, id::Time, native::builtin};
    /// let silent = Rehearsal::new("silent").actor("sink", || builtin("sink").unwrap());
    /// let waits = Steps::new().send("sink", "hello").expect("an answer").within(Time::from_millis(100));
    /// let run = silent.client("alice", waits).stage().unwrap().run(Fifo);
    /// assert_eq!(run.violation().unwrap().property, "expectations hold");
    /// ```
    pub fn within(self, span: Time) -> Steps {
        self.last(|step| step.within = Some(Duration(span)))
    }

    /// Keeps a part of what the last step brought under a name: a JSON pointer, `""` for all of it.
    ///
    /// # Panics
    /// When there is no step.
    ///
    /// ```
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, json, native::builtin};
    /// let twice = Rehearsal::new("twice").actor("echo", || builtin("echo").unwrap()).client(
    ///     "alice",
    ///     Steps::new()
    ///         .request("echo", json(serde_json::json!({"ticket": {"number": 7}})))
    ///         .capture("number", "/ticket/number")
    ///         .request("echo", "it is ${number}")
    ///         .expects("it is 7"),
    /// );
    /// assert!(twice.stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn capture(self, name: &str, pointer: &str) -> Steps {
        self.last(|step| step.capture.0.push((name.into(), pointer.into())))
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps as a scenario file has them.
    pub fn into_inner(self) -> Vec<Step> {
        self.0
    }
}

impl From<Vec<Step>> for Steps {
    fn from(steps: Vec<Step>) -> Self {
        Steps(steps)
    }
}

/// These steps, and then those.
impl Extend<Step> for Steps {
    fn extend<I: IntoIterator<Item = Step>>(&mut self, steps: I) {
        self.0.extend(steps);
    }
}

impl IntoIterator for Steps {
    type Item = Step;
    type IntoIter = std::vec::IntoIter<Step>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn message(to: &str, body: impl Into<BytesSpec>) -> Box<ToSpec> {
    Box::new(ToSpec { to: to.into(), body: body.into() })
}

fn expectation(body: BytesSpec) -> ExpectSpec {
    match body {
        BytesSpec::Text(text) => ExpectSpec { text: Some(text), ..ExpectSpec::default() },
        BytesSpec::Json(value) => ExpectSpec { json: Some(value), ..ExpectSpec::default() },
        BytesSpec::Base64(raw) => ExpectSpec { base64: Some(raw), ..ExpectSpec::default() },
    }
}
