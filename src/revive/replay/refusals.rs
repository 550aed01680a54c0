//! What calls may be refused with, profile by profile, in Theater's words: those of its loop are of commit bee460b1 (2025-07-10),
//! those of its router of c50b1871 (2026-01-14) and 30eba8fd (2026-04-30). Without a profile all that the two routers say is looked for.

use crate::call::Refusal;
use crate::profile::Profile;

/// A plain message.
pub fn send(profile: Option<Profile>, to: &str) -> Vec<String> {
    let Ok(plain) = plain(to) else { return unparsed(to) };
    match profile {
        // The sender is told Ok, whoever the message was for.
        Some(Profile::Theater02) => vec![CLOSED.to_owned()],
        Some(Profile::Actors) => vec![Refusal::UnknownActor(plain).to_string()],
        _ => vec![CLOSED.to_owned(), Refusal::UnknownActor(plain).to_string()],
    }
}

/// A request.
pub fn request(profile: Option<Profile>, to: &str) -> Vec<String> {
    let Ok(plain) = plain(to) else { return unparsed(to) };
    match profile {
        Some(Profile::Theater02) => vec![CLOSED.to_owned()],
        Some(Profile::Actors) => told(&[
            Refusal::UnknownActor(plain),
            Refusal::Stopped,
            Refusal::Cancelled,
            Refusal::HandlerError,
            Refusal::HandlerFailed,
        ]),
        _ => vec![CLOSED.to_owned(), Refusal::UnknownActor(plain).to_string()],
    }
}

/// The opening of a channel.
pub fn open(profile: Option<Profile>, to: &str) -> Vec<String> {
    let Ok(plain) = plain(to) else { return unparsed(to) };
    let rejected = Refusal::Rejected.to_string();
    let failed = |what: &str| format!("Error opening channel: {what}");
    match profile {
        Some(Profile::Theater02) => vec![
            rejected,
            failed("Target actor not found"),
            failed("Failed to receive channel open response"),
            failed("Failed to send channel open message"),
            failed("Cannot open channel to self"),
            "Failed to receive channel open response: channel closed".to_owned(),
            "Failed to send channel open command: channel closed".to_owned(),
        ],
        Some(Profile::Actors) => told(&[
            Refusal::Rejected,
            Refusal::UnknownActor(plain),
            Refusal::ChannelToSelf,
            Refusal::Stopped,
            Refusal::HandlerError,
            Refusal::HandlerFailed,
        ]),
        _ => vec![
            rejected,
            failed(&format!("Actor not found: Actor({plain})")),
            failed("Actor didn't respond to channel open: channel closed"),
            "Failed to receive channel open response: channel closed".to_owned(),
            "Channel request rejected".to_owned(),
            "Failed to receive response: channel closed".to_owned(),
        ],
    }
}

/// A message over a channel, or its close; `function` is the word for it.
pub fn channel(profile: Option<Profile>, channel: &str, function: &str) -> Vec<String> {
    if profile == Some(Profile::Theater02) {
        // The host looks at nothing, not even whether the text is an id.
        let over =
            if function == "close" { "Failed to close channel" } else { "Failed to send message on channel" };
        return vec![format!("{over}: channel closed")];
    }
    let unknown = Refusal::UnknownChannel(channel.to_owned()).to_string();
    if profile == Some(Profile::Actors) {
        return vec![unknown, Refusal::ClosedChannel(channel.to_owned()).to_string()];
    }
    if channel.is_empty() {
        return vec!["Failed to parse channel ID: Channel ID cannot be empty".to_owned()];
    }
    if !channel.starts_with("ch_") {
        return vec!["Failed to parse channel ID: Channel ID must start with 'ch_' prefix".to_owned()];
    }
    vec![unknown, Refusal::NotParticipant.to_string(), CLOSED.to_owned()]
}

const CLOSED: &str = "channel closed";

fn told(refusals: &[Refusal]) -> Vec<String> {
    refusals.iter().map(ToString::to_string).collect()
}

/// An address as Theater prints it.
fn plain(to: &str) -> Result<String, uuid::Error> {
    uuid::Uuid::parse_str(to).map(|id| id.to_string())
}

fn unparsed(to: &str) -> Vec<String> {
    let wrong = plain(to).err().map(|error| Refusal::BadAddress(error.to_string()).to_string());
    wrong.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_its_own() {
        let id = "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c";
        assert_eq!(send(Some(Profile::Theater02), id), ["channel closed"]);
        assert!(send(Some(Profile::Theater03), id).contains(&format!("Actor not found: {id}")));
        assert!(send(None, "bob")[0].starts_with("Failed to parse actor ID: invalid character"));
        assert!(
            channel(Some(Profile::Theater02), "bogus", "close")[0].starts_with("Failed to close channel")
        );
        assert!(
            channel(Some(Profile::Theater03), "bogus", "close")[0].starts_with("Failed to parse channel ID")
        );
        assert!(open(Some(Profile::Actors), id).contains(&"Handler failed".to_owned()));
    }
}
