//! A parent: it starts and lists children, and hears of their ends. Rehearsal serves no supervisor, so this component is
//! refused when it is loaded, by the name of what is missing.
wit_bindgen::generate!({ path: "../../../wit", world: "parent" });

use exports::theater::simple::supervisor_handlers as handlers;
use exports::theater::simple::{actor, message_server_client as client};
use theater::simple::{runtime, supervisor};

type Bytes = Option<Vec<u8>>;

struct Parent;

impl actor::Guest for Parent {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Parent {
    /// The body is a child's manifest.
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        supervisor::spawn(&String::from_utf8_lossy(&body), None)?;
        Ok((state,))
    }

    fn handle_request(state: Bytes, _: (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        Ok((state, (Some(supervisor::list_children().len().to_string().into_bytes()),)))
    }

    fn handle_channel_open(
        state: Bytes,
        _: (String, Vec<u8>),
    ) -> Result<(Bytes, (client::ChannelAccept,)), String> {
        Ok((state, (client::ChannelAccept { accepted: false, message: None },)))
    }

    fn handle_channel_message(state: Bytes, _: (String, Vec<u8>)) -> Result<(Bytes,), String> {
        Ok((state,))
    }

    fn handle_channel_close(state: Bytes, _: (String,)) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl handlers::Guest for Parent {
    fn handle_child_error(state: Bytes, _: (String, handlers::WitActorError)) -> Result<(Bytes,), String> {
        runtime::log("observe child \"error\"");
        Ok((state,))
    }

    fn handle_child_exit(state: Bytes, _: (String, Bytes)) -> Result<(Bytes,), String> {
        runtime::log("observe child \"exit\"");
        Ok((state,))
    }

    fn handle_child_external_stop(state: Bytes, _: (String,)) -> Result<(Bytes,), String> {
        runtime::log("observe child \"stop\"");
        Ok((state,))
    }
}

export!(Parent);
