//! The source of `lab-a.wasm` and `lab-c.wasm`: a scripted actor, built for the two forms of `theater:simple/actor.init`
//! (`lab-c` with the feature `init2`: the state and a tuple with the actor's id). It drove the recordings of real
//! Theater runtimes, and plays the scenarios in `../theater`. It is not built here: the components are those that
//! made the recordings, byte for byte.
//!
//! A payload that parses as a JSON array of arrays is a script; anything else is plain data.
//! State is JSON: {"cfg":{..},"log":[..],"n":{..},"def":[..],"ch":".."}.
#[cfg(not(feature = "init2"))]
wit_bindgen::generate!({ path: "../wit-a", world: "guest" });
#[cfg(feature = "init2")]
wit_bindgen::generate!({ path: "../wit-c", world: "guest" });

use exports::theater::simple::actor::Guest as Actor;
use exports::theater::simple::message_server_client::{ChannelAccept, Guest as Client};
use serde_json::{Map, Value, json};
use theater::simple::message_server_host as host;
use theater::simple::runtime;

type State = Option<Vec<u8>>;

struct St(Map<String, Value>);
impl St {
    fn load(s: &State) -> St {
        let v: Value = s.as_deref().and_then(|b| serde_json::from_slice(b).ok()).unwrap_or(Value::Null);
        match v {
            Value::Object(m) => St(m),
            _ => St(Map::new()),
        }
    }
    fn save(&self) -> State {
        Some(serde_json::to_vec(&self.0).unwrap())
    }
    fn arr(&mut self, k: &str) -> &mut Vec<Value> {
        self.0.entry(k.to_string()).or_insert_with(|| json!([])).as_array_mut().unwrap()
    }
    fn log(&mut self, s: String) {
        if self.cfg("nolog").is_null() {
            self.arr("log").push(Value::String(s));
        }
    }
    fn cfg(&self, k: &str) -> Value {
        self.0.get("cfg").and_then(|c| c.get(k)).cloned().unwrap_or(Value::Null)
    }
    fn bump(&mut self, k: &str) {
        let n = self.0.entry("n".to_string()).or_insert_with(|| json!({})).as_object_mut().unwrap();
        let v = n.get(k).and_then(|v| v.as_u64()).unwrap_or(0) + 1;
        n.insert(k.to_string(), json!(v));
    }
}
fn payload(v: Option<&Value>) -> Vec<u8> {
    match v {
        None => vec![],
        Some(Value::String(s)) => s.clone().into_bytes(),
        Some(v) => serde_json::to_vec(v).unwrap(),
    }
}
fn script(b: &[u8]) -> Option<Vec<Value>> {
    match serde_json::from_slice(b) {
        Ok(Value::Array(a)) if a.iter().all(|x| x.is_array()) => Some(a),
        _ => None,
    }
}
fn show(b: &[u8]) -> String {
    String::from_utf8_lossy(&b[..b.len().min(400)]).into_owned()
}

#[derive(Default)]
struct Out {
    reply: Option<Vec<u8>>,
    defer: bool,
    last: String,
}

/// Runs a script. `ch` is the channel in hand, `req` the request in hand.
fn run(st: &mut St, ops: &[Value], ch: Option<&str>, req: Option<&str>) -> Result<Out, String> {
    let mut out = Out::default();
    for op in ops {
        let op = op.as_array().unwrap();
        let name = op.first().and_then(|v| v.as_str()).unwrap_or("");
        let arg = |i: usize| op.get(i).and_then(|v| v.as_str()).unwrap_or("").to_string();
        let chan = |st: &St, i: usize| -> String {
            let a = arg(i);
            if a == "$ch" {
                ch.map(|c| c.to_string())
                    .unwrap_or_else(|| st.0.get("ch").and_then(|v| v.as_str()).unwrap_or("").to_string())
            } else {
                a
            }
        };
        let r: String = match name {
            "send" => match host::send(&arg(1), &payload(op.get(2))) {
                Ok(()) => "ok".into(),
                Err(e) => format!("ERR:{e}"),
            },
            "request" => match host::request(&arg(1), &payload(op.get(2))) {
                Ok(b) => format!("ok:{}", show(&b)),
                Err(e) => format!("ERR:{e}"),
            },
            "open" => match host::open_channel(&arg(1), &payload(op.get(2))) {
                Ok(c) => {
                    st.0.insert("ch".into(), json!(c));
                    format!("ok:{c}")
                }
                Err(e) => format!("ERR:{e}"),
            },
            "chan" => match host::send_on_channel(&chan(st, 1), &payload(op.get(2))) {
                Ok(()) => "ok".into(),
                Err(e) => format!("ERR:{e}"),
            },
            // ["chanloop", ch, n, tag]: n messages tag0..tag(n-1)
            "chanloop" => {
                let n = op.get(2).and_then(|v| v.as_u64()).unwrap_or(0);
                let c = chan(st, 1);
                let (mut ok, mut err) = (0, String::new());
                for i in 0..n {
                    match host::send_on_channel(&c, format!("{}{}", arg(3), i).as_bytes()) {
                        Ok(()) => ok += 1,
                        Err(e) => {
                            err = e;
                        }
                    }
                }
                format!("{ok}/{n} {err}")
            }
            "sendloop" => {
                let n = op.get(2).and_then(|v| v.as_u64()).unwrap_or(0);
                let p = payload(op.get(3));
                let (mut ok, mut err) = (0, String::new());
                for _ in 0..n {
                    match host::send(&arg(1), &p) {
                        Ok(()) => ok += 1,
                        Err(e) => {
                            err = e;
                        }
                    }
                }
                format!("{ok}/{n} {err}")
            }
            "reqloop" => {
                let n = op.get(2).and_then(|v| v.as_u64()).unwrap_or(0);
                let p = payload(op.get(3));
                let (mut ok, mut err) = (0, String::new());
                for _ in 0..n {
                    match host::request(&arg(1), &p) {
                        Ok(_) => ok += 1,
                        Err(e) => {
                            err = e;
                        }
                    }
                }
                format!("{ok}/{n} {err}")
            }
            "close" => match host::close_channel(&chan(st, 1)) {
                Ok(()) => "ok".into(),
                Err(e) => format!("ERR:{e}"),
            },
            "trap" => core::arch::wasm32::unreachable(),
            "err" => return Err(arg(1)),
            "spin" => {
                let n = op.get(1).and_then(|v| v.as_u64()).unwrap_or(0);
                let mut x: u64 = 0x9E3779B97F4A7C15;
                for i in 0..n {
                    x ^= x << 13;
                    x ^= x >> 7;
                    x ^= x << 17;
                    core::hint::black_box(i);
                }
                format!("{x:x}")
            }
            "reply" => {
                out.reply = Some(payload(op.get(1)));
                "".into()
            }
            "result" => {
                out.reply = Some(out.last.clone().into_bytes());
                "".into()
            }
            "dump" => {
                out.reply = Some(serde_json::to_vec(&st.0).unwrap());
                "".into()
            }
            "defer" => {
                out.defer = true;
                if let Some(r) = req {
                    st.arr("def").push(json!(r));
                }
                "".into()
            }
            // ["respond", "$0"|id, payload]
            "respond" => {
                let id = if arg(1) == "$0" {
                    let d = st.arr("def");
                    if d.is_empty() { String::new() } else { d.remove(0).as_str().unwrap().to_string() }
                } else if arg(1) == "$req" {
                    req.unwrap_or("").to_string()
                } else {
                    arg(1)
                };
                match host::respond_to_request(&id, &payload(op.get(2))) {
                    Ok(()) => "ok".into(),
                    Err(e) => format!("ERR:{e}"),
                }
            }
            "list" => {
                let v = host::list_outstanding_requests();
                format!("{}:{}", v.len(), v.join(","))
            }
            "cancel" => {
                let id = if arg(1) == "$0" {
                    st.arr("def").first().and_then(|v| v.as_str()).unwrap_or("").to_string()
                } else {
                    arg(1)
                };
                match host::cancel_request(&id) {
                    Ok(()) => "ok".into(),
                    Err(e) => format!("ERR:{e}"),
                }
            }
            "shutdown" => match runtime::shutdown(Some(&payload(op.get(1)))) {
                Ok(()) => "ok".into(),
                Err(e) => format!("ERR:{e}"),
            },
            "log" => {
                runtime::log(&arg(1));
                "".into()
            }
            "set" => {
                let c = st.0.entry("cfg".to_string()).or_insert_with(|| json!({})).as_object_mut().unwrap();
                c.insert(arg(1), op.get(2).cloned().unwrap_or(Value::Null));
                "".into()
            }
            "clear" => {
                st.0.remove("log");
                st.0.remove("n");
                "".into()
            }
            x => format!("ERR:unknown op {x}"),
        };
        if !r.is_empty() {
            st.log(format!("{name} {r}"));
            out.last = r;
        }
    }
    Ok(out)
}

struct Lab;

fn init(state: State) -> Result<(State,), String> {
    runtime::log("lab: init");
    let st = St::load(&state);
    if let Value::String(e) = st.cfg("init_err") {
        return Err(e);
    }
    if st.cfg("init_trap") == json!(true) {
        core::arch::wasm32::unreachable();
    }
    Ok((st.save(),))
}

impl Actor for Lab {
    #[cfg(not(feature = "init2"))]
    fn init(state: State) -> Result<(State,), String> {
        init(state)
    }
    #[cfg(feature = "init2")]
    fn init(state: State, _p: (String,)) -> Result<(State,), String> {
        init(state)
    }
}

impl Client for Lab {
    fn handle_send(state: State, (data,): (Vec<u8>,)) -> Result<(State,), String> {
        let mut st = St::load(&state);
        match script(&data) {
            Some(ops) => {
                run(&mut st, &ops, None, None)?;
            }
            None => {
                st.bump("send");
                if !st.cfg("logsend").is_null() {
                    st.log(format!("send< {}", show(&data)));
                }
            }
        }
        Ok((st.save(),))
    }
    fn handle_request(
        state: State,
        (id, data): (String, Vec<u8>),
    ) -> Result<(State, (Option<Vec<u8>>,)), String> {
        let mut st = St::load(&state);
        let reply = match script(&data) {
            Some(ops) => {
                let o = run(&mut st, &ops, None, Some(&id))?;
                if o.defer { None } else { Some(o.reply.unwrap_or_default()) }
            }
            None => {
                st.bump("request");
                Some(data)
            }
        };
        Ok((st.save(), (reply,)))
    }
    fn handle_channel_open(
        state: State,
        (ch, data): (String, Vec<u8>),
    ) -> Result<(State, (ChannelAccept,)), String> {
        let mut st = St::load(&state);
        st.bump("open");
        st.0.insert("ch".into(), json!(ch));
        st.log(format!("open< {ch} {}", show(&data)));
        if let Some(ops) = script(&data) {
            run(&mut st, &ops, Some(&ch), None)?;
        }
        if let Value::Array(ops) = st.cfg("on_open") {
            run(&mut st, &ops, Some(&ch), None)?;
        }
        let accepted = st.cfg("reject") != json!(true);
        let message = match st.cfg("accept_msg") {
            Value::String(s) => Some(s.into_bytes()),
            _ => None,
        };
        Ok((st.save(), (ChannelAccept { accepted, message },)))
    }
    fn handle_channel_message(state: State, (ch, data): (String, Vec<u8>)) -> Result<(State,), String> {
        let mut st = St::load(&state);
        st.bump("msg");
        st.log(format!("msg< {ch} {}", show(&data)));
        if let Some(ops) = script(&data) {
            run(&mut st, &ops, Some(&ch), None)?;
        }
        if let Value::Array(ops) = st.cfg("on_msg") {
            run(&mut st, &ops, Some(&ch), None)?;
        }
        Ok((st.save(),))
    }
    fn handle_channel_close(state: State, (ch,): (String,)) -> Result<(State,), String> {
        let mut st = St::load(&state);
        st.bump("close");
        st.log(format!("close< {ch}"));
        if let Value::Array(ops) = st.cfg("on_close") {
            run(&mut st, &ops, Some(&ch), None)?;
        }
        Ok((st.save(),))
    }
}
export!(Lab);
