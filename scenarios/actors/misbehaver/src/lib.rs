//! Does, on demand, what a host has to survive. The body of a send, a request, a channel's first message or a message on it
//! says what; any other body is echoed.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::Json;
use std::hint::black_box;
use theater::simple::{message_server_host as host, runtime};

type Bytes = Option<Vec<u8>>;

struct Misbehaver;

/// Calls itself until no stack is left. The black boxes keep the compiler from making a loop of it.
fn deeper(n: u64) -> u64 {
    if black_box(n) == u64::MAX { 0 } else { deeper(n + 1) + black_box(n) }
}

/// Takes memory a page at a time until the host refuses, and touches none of it.
fn grow() -> usize {
    let before = core::arch::wasm32::memory_size(0);
    while core::arch::wasm32::memory_grow(0, 1) != usize::MAX {}
    core::arch::wasm32::memory_size(0) - before
}

/// Takes memory as most programs do: without asking whether there is any.
fn exhaust() {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(black_box(vec![1; 1 << 20]));
    }
}

fn misbehave(state: &Bytes, body: Vec<u8>) -> Result<(Bytes, Vec<u8>), String> {
    match &body[..] {
        b"loop" => loop {
            black_box(());
        },
        b"trap" => panic!("the password is swordfish"),
        b"grow" => {
            let pages = grow();
            runtime::log(&format!("observe grown {pages}"));
            return Ok((state.clone(), pages.to_string().into_bytes()));
        }
        b"exhaust" => exhaust(),
        b"recurse" => return Ok((state.clone(), deeper(0).to_string().into_bytes())),
        b"err" => return Err("handler said no".to_string()),
        // No text, and not to be lifted as one: the host meets it where it reads the result.
        b"malformed" => return Err(unsafe { String::from_utf8_unchecked(vec![b'a', 0xff]) }),
        b"spam" => {
            let config = Json::state(state)?;
            loop {
                let _ = host::send(config.get("to").text().unwrap_or_default(), b"spam");
            }
        }
        b"chatter" => loop {
            runtime::log("on and on");
        },
        b"erase" => return Ok((None, body)),
        _ => {}
    }
    Ok((state.clone(), body))
}

impl actor::Guest for Misbehaver {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Misbehaver {
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        Ok((misbehave(&state, body)?.0,))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        let (state, answer) = misbehave(&state, body)?;
        Ok((state, (Some(answer),)))
    }

    fn handle_channel_open(
        state: Bytes,
        (_, body): (String, Vec<u8>),
    ) -> Result<(Bytes, (client::ChannelAccept,)), String> {
        let (state, answer) = misbehave(&state, body)?;
        Ok((state, (client::ChannelAccept { accepted: true, message: Some(answer) },)))
    }

    fn handle_channel_message(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes,), String> {
        Ok((misbehave(&state, body)?.0,))
    }

    fn handle_channel_close(state: Bytes, _: (String,)) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

export!(Misbehaver);
