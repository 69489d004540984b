//! raft-rs under raftcheck: all servers of a cluster in one process, driven by lines of JSON.

mod knobs;
mod messages;
mod protocol;
mod server;
mod store;
mod view;

use std::collections::HashMap;

use serde_json::{json, Value};

use knobs::Knobs;
use protocol::{Cluster, Disk, Durable, Op};
use server::Server;
use store::Store;
use view::{Message, NodeState};

/// What TiKV gives to raft-rs: streams, whose ends may drop what is too much.
const NETWORK: &str = "stream+gaps";

const LIBERTIES: [&str; 8] = [
    "AckCommitted",
    "IgnoreStaleRequest",
    "IgnoreVoteRequest",
    "LeaderEntry",
    "LearnCommit",
    "RefuseVoteRequest",
    "Rewind",
    "StepDown",
];

struct RaftRs {
    network: String,
    names: Vec<String>,
    knobs: Knobs,
    servers: HashMap<String, Server>,
}

impl RaftRs {
    /// What raft-rs calls a server: its place in the cluster, from 1.
    fn id(&self, name: &str) -> Result<u64, String> {
        let place = self.names.iter().position(|other| other == name);
        place.map(|place| place as u64 + 1).ok_or_else(|| format!("no server `{name}`"))
    }

    fn server(&self, name: &str) -> Result<&Server, String> {
        self.servers.get(name).ok_or_else(|| format!("no server `{name}` is running"))
    }

    fn server_mut(&mut self, name: &str) -> Result<&mut Server, String> {
        self.servers.get_mut(name).ok_or_else(|| format!("no server `{name}` is running"))
    }
}

impl Cluster for RaftRs {
    fn greeting(&self) -> Value {
        json!({
            "protocol": 1,
            "name": "raft-rs 0.7.0",
            "caps": {
                "network": self.network,
                "durable": true,
                "links": false,
                "liberties": LIBERTIES,
                "knobs": Knobs::values(),
                "restorable": true,
            },
        })
    }

    fn reset(&mut self, servers: Vec<String>, config: Value) -> Result<(), String> {
        self.knobs = Knobs::read(config)?;
        self.names = servers;
        self.servers.clear();
        Ok(())
    }

    fn start(&mut self, server: &str, disk: Disk) -> Result<(), String> {
        let id = self.id(server)?;
        let started = Server::start(id, self.names.clone(), self.knobs.clone(), disk)?;
        self.servers.insert(server.to_owned(), started);
        Ok(())
    }

    fn store(&self, state: Durable) -> Result<Disk, String> {
        let vote = if state.voted_for.is_empty() { 0 } else { self.id(&state.voted_for)? };
        Store::disk_of(state.current_term, vote, state.log)
    }

    fn payload(&self, view: &Message) -> Result<Value, String> {
        Ok(messages::payload(&messages::of_view(view, |name| self.id(name))?))
    }

    fn deliver(&mut self, server: &str, payload: &Value) -> Result<(), String> {
        let message = messages::message_of(payload)?;
        self.server_mut(server)?.deliver(message);
        Ok(())
    }

    fn fire(&mut self, server: &str, timer: &str) -> Result<(), String> {
        self.server_mut(server)?.fire(timer)
    }

    fn request(&mut self, server: &str, request: u64, command: &str) -> Result<bool, String> {
        Ok(self.server_mut(server)?.request(request, command))
    }

    fn stop(&mut self, server: &str) {
        self.servers.remove(server);
    }

    fn ops(&mut self, server: &str) -> Result<Vec<Op>, String> {
        Ok(self.server_mut(server)?.take_ops())
    }

    fn timers(&self, server: &str) -> Result<Vec<String>, String> {
        Ok(self.server(server)?.timers())
    }

    fn state(&self, server: &str) -> Result<NodeState<'_>, String> {
        Ok(self.server(server)?.state())
    }
}

/// Takes the network model that it is to claim, if it is another one.
fn main() -> std::io::Result<()> {
    let network = std::env::args().nth(1).unwrap_or_else(|| NETWORK.to_owned());
    let (names, knobs, servers) = (Vec::new(), Knobs::default(), HashMap::new());
    protocol::serve(&mut RaftRs { network, names, knobs, servers })
}
