//! The driver's side of properties/PROTOCOL.md: one JSON object a line comes in, one goes out.
//!
//! Nothing here knows a Raft. A cluster of servers stands behind [`Cluster`]; a panic in it is an answer.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use crate::view::{Entry, Message, NodeState};

/// What survives of a server's earlier lives.
pub type Disk = BTreeMap<String, Value>;

/// What of a server's state is on disk (Figure 2).
#[derive(Debug, Deserialize)]
pub struct Durable {
    pub current_term: u64,
    /// Empty: nobody.
    pub voted_for: String,
    pub log: Vec<Entry>,
}

/// All servers of a cluster, of which each acts only inside of these calls.
pub trait Cluster {
    /// What the answer to hello says of this implementation, beside the version of the protocol.
    fn greeting(&self) -> Value;
    fn reset(&mut self, servers: Vec<String>, config: Value) -> Result<(), String>;
    fn start(&mut self, server: &str, disk: Disk) -> Result<(), String>;
    /// What a server in this state has on disk.
    fn store(&self, state: Durable) -> Result<Disk, String>;
    /// The message that has this view.
    fn payload(&self, view: &Message) -> Result<Value, String>;
    fn deliver(&mut self, server: &str, payload: &Value) -> Result<(), String>;
    fn fire(&mut self, server: &str, timer: &str) -> Result<(), String>;
    fn request(&mut self, server: &str, request: u64, command: &str) -> Result<bool, String>;
    fn stop(&mut self, server: &str);
    /// What a server has done since it was asked last, in that order.
    fn ops(&mut self, server: &str) -> Result<Vec<Op>, String>;
    fn timers(&self, server: &str) -> Result<Vec<String>, String>;
    fn state(&self, server: &str) -> Result<NodeState<'_>, String>;
}

/// Something that a server does to the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    Write(String, Value),
    Erase(String),
    Sync,
    Send { to: String, payload: Value, view: Message },
    Reply { request: u64, outcome: &'static str },
}

impl Serialize for Op {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Op::Write(key, value) => ("write", key, value).serialize(serializer),
            Op::Erase(key) => ("erase", key).serialize(serializer),
            Op::Sync => ("sync",).serialize(serializer),
            Op::Send { to, payload, view } => ("send", to, payload, view).serialize(serializer),
            Op::Reply { request, outcome } => ("reply", request, outcome).serialize(serializer),
        }
    }
}

#[derive(Deserialize)]
#[allow(clippy::enum_variant_names)] // the protocol has a request named request
#[serde(tag = "op", rename_all = "lowercase")]
enum Request {
    Hello {},
    Reset { servers: Vec<String>, config: Value },
    Start { server: String, disk: Disk },
    Deliver { server: String, payload: Value },
    Fire { server: String, timer: String },
    Request { server: String, request: u64, command: String },
    State { server: String },
    Stop { server: String },
    Store { state: Durable },
    Payload { view: Message },
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ops: Option<Vec<Op>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<bool>,
    timers: Vec<String>,
    state: NodeState<'a>,
}

/// Where the last panic was: the hook knows it, whoever catches the panic does not.
static PLACE: Mutex<String> = Mutex::new(String::new());

/// Answers requests until there are no more.
pub fn serve(cluster: &mut dyn Cluster) -> io::Result<()> {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", short(at.file()), at.line()));
        *PLACE.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = place.unwrap_or_default();
    }));
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let (mut line, mut answer) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        answer.clear();
        let done = panic::catch_unwind(AssertUnwindSafe(|| handle(cluster, &line, &mut answer)));
        let wrong = match done {
            Ok(Ok(())) => None,
            Ok(Err(wrong)) => Some(wrong),
            Err(panic) => Some(told(panic.as_ref())),
        };
        if let Some(wrong) = wrong {
            answer = json!({ "error": wrong }).to_string().into_bytes();
        }
        answer.push(b'\n');
        output.write_all(&answer)?;
        output.flush()?;
    }
}

fn handle(cluster: &mut dyn Cluster, line: &[u8], answer: &mut Vec<u8>) -> Result<(), String> {
    let request = serde_json::from_slice(line).map_err(|error| format!("not a request: {error}"))?;
    let (server, accepted) = match request {
        Request::Hello {} => return write(answer, &cluster.greeting()),
        Request::Reset { servers, config } => {
            cluster.reset(servers, config)?;
            return write(answer, &json!({}));
        }
        Request::Stop { server } => {
            cluster.stop(&server);
            return write(answer, &json!({}));
        }
        Request::Store { state } => return write(answer, &json!({ "disk": cluster.store(state)? })),
        Request::Payload { view } => {
            return write(answer, &json!({ "payload": cluster.payload(&view)? }));
        }
        Request::State { server } => {
            let (timers, state) = (cluster.timers(&server)?, cluster.state(&server)?);
            return write(answer, &Answer { ops: None, accepted: None, timers, state });
        }
        Request::Start { server, disk } => {
            cluster.start(&server, disk)?;
            (server, None)
        }
        Request::Deliver { server, payload } => {
            cluster.deliver(&server, &payload)?;
            (server, None)
        }
        Request::Fire { server, timer } => {
            cluster.fire(&server, &timer)?;
            (server, None)
        }
        Request::Request { server, request, command } => {
            let accepted = cluster.request(&server, request, &command)?;
            (server, Some(accepted))
        }
    };
    let ops = Some(cluster.ops(&server)?);
    let (timers, state) = (cluster.timers(&server)?, cluster.state(&server)?);
    write(answer, &Answer { ops, accepted, timers, state })
}

fn write(answer: &mut Vec<u8>, value: &impl Serialize) -> Result<(), String> {
    serde_json::to_writer(answer, value).map_err(|error| error.to_string())
}

/// The last three parts of a path, which say enough: where a machine keeps its sources is its own affair.
fn short(file: &str) -> String {
    let parts: Vec<_> = file.rsplit('/').take(3).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

fn told(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let place = PLACE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    format!("panic at {place}: {text}")
}
