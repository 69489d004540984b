//! A driver for raftcheck: the servers of a cluster behind JSON lines (PROTOCOL.md). Nothing here is about Raft.

mod server;

use serde_json::{json, Value};
use server::Server;
use std::collections::HashMap;
use std::io::{stdin, stdout, BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};

#[derive(Default)]
struct Driver {
    names: Vec<String>,
    servers: HashMap<String, Server>,
}

/// A text among the fields of a request.
pub fn text<'a>(asked: &'a Value, field: &str) -> Result<&'a str, String> {
    asked[field].as_str().ok_or_else(|| format!("no text `{field}`"))
}

impl Driver {
    fn answer(&mut self, line: &str) -> Result<Value, String> {
        let asked: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let op = text(&asked, "op")?;
        match op {
            "hello" => return Ok(json!({"protocol": 1, "name": "my raft", "caps": {"network": "datagram"}})),
            "reset" => {
                let names = asked["servers"].as_array().ok_or("no list `servers`")?;
                self.names = names.iter().filter_map(|name| name.as_str().map(String::from)).collect();
                self.servers.clear();
                return Ok(json!({}));
            }
            "start" => {
                let name = text(&asked, "server")?;
                let server = Server::new(name, &self.names, &asked["disk"])?;
                let answer = server.after();
                self.servers.insert(name.into(), server);
                return Ok(answer);
            }
            _ => {}
        }
        let name = text(&asked, "server")?;
        let server = self.servers.get_mut(name).ok_or_else(|| format!("no server `{name}` runs"))?;
        server.ops.clear();
        match op {
            "stop" => {
                self.servers.remove(name);
                return Ok(json!({}));
            }
            "state" => return Ok(json!({"timers": server.timers(), "state": server.state()})),
            "fire" => server.fire(text(&asked, "timer")?)?,
            "deliver" => server.deliver(text(&asked, "source")?, &asked["payload"])?,
            "request" => {
                let accepted = server.request(&asked["request"], text(&asked, "command")?);
                let mut answer = server.after();
                answer["accepted"] = json!(accepted);
                return Ok(answer);
            }
            _ => return Err(format!("no op `{op}`")),
        }
        Ok(server.after())
    }
}

fn main() {
    let mut driver = Driver::default();
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let line = line.expect("a line of UTF-8");
        let answer = catch_unwind(AssertUnwindSafe(|| driver.answer(&line)))
            .unwrap_or_else(|_| Err("a panic, of which stderr says more".into()))
            .unwrap_or_else(|error| json!({ "error": error }));
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("somebody who reads");
    }
}
