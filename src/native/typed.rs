//! Native actors with typed messages: any serde type, as JSON.

use super::context::Context;
use super::handler::{Handler, Native};
use crate::actor::ChannelAccept;
use crate::id::ChannelId;
use crate::payload::Payload;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// Reads a message as JSON.
///
/// # Errors
/// When it is not of this form; the text says what was found.
///
/// ```
/// use rehearsal::native::{read, write};
/// let three = write(&3).unwrap();
/// assert_eq!(read::<u32>(&three), Ok(3));
/// assert!(read::<bool>(&three).is_err());
/// ```
pub fn read<T: DeserializeOwned>(data: &Payload) -> Result<T, String> {
    serde_json::from_slice(data).map_err(|error| format!("{error} in {}", crate::state::shown(data)))
}

/// Writes a message as JSON.
///
/// # Errors
/// When it cannot be JSON: a map whose keys are no texts, say.
///
/// ```
/// use rehearsal::native::write;
/// use std::collections::BTreeMap;
/// assert_eq!(write(&("deposit", 10)).unwrap().text(), r#"["deposit",10]"#);
/// assert!(write(&BTreeMap::from([((1, 2), 3)])).is_err());
/// ```
pub fn write(message: &impl Serialize) -> Result<Payload, String> {
    serde_json::to_vec(message).map(Payload::from).map_err(|error| error.to_string())
}

/// An actor that is one async closure over typed messages: what it gives is the answer to a request, and of no account
/// after a mere message. What it knows it keeps in variables of its own, moved into the closure; an error fails the turn.
/// Channels to it are declined; what comes over one that it opened itself is passed over.
///
/// ```
/// use rehearsal::native::{Context, answering};
///
/// let counter = || {
///     let mut count = 0;
///     answering(async move |context: &Context, add: u64| {
///         count += add;
///         context.observe("count", count);
///         Ok(count)
///     })
/// };
/// # let _ = counter();
/// ```
pub fn answering<F, Q, A>(handle: F) -> Native<impl Handler>
where
    F: AsyncFnMut(&Context, Q) -> Result<A, String> + 'static,
    Q: DeserializeOwned + 'static,
    A: Serialize + 'static,
{
    Native::new(Answering { handle, forms: PhantomData })
}

struct Answering<F, Q, A> {
    handle: F,
    forms: PhantomData<fn(Q) -> A>,
}

impl<F, Q, A> Handler for Answering<F, Q, A>
where
    F: AsyncFnMut(&Context, Q) -> Result<A, String> + 'static,
    Q: DeserializeOwned + 'static,
    A: Serialize + 'static,
{
    async fn handle_send(&mut self, context: &Context, data: Payload) -> Result<(), String> {
        (self.handle)(context, read(&data)?).await.map(|_| ())
    }

    async fn handle_request(&mut self, context: &Context, data: Payload) -> Result<Option<Payload>, String> {
        write(&(self.handle)(context, read(&data)?).await?).map(Some)
    }

    async fn handle_channel_open(
        &mut self,
        _: &Context,
        _: ChannelId,
        _: Payload,
    ) -> Result<ChannelAccept, String> {
        Ok(ChannelAccept::default())
    }

    async fn handle_channel_message(&mut self, _: &Context, _: ChannelId, _: Payload) -> Result<(), String> {
        Ok(())
    }

    async fn handle_channel_close(&mut self, _: &Context, _: ChannelId) -> Result<(), String> {
        Ok(())
    }
}
