//! YOUR RAFT goes in the place of Server, which has the elections of Figure 2 and nothing else.

use crate::text;
use serde_json::{json, Value};
use std::collections::BTreeSet;

pub struct Server {
    me: String,
    peers: Vec<String>,
    role: &'static str,
    term: u64,
    voted_for: String,
    votes: BTreeSet<String>,
    /// What the call that is going on has done, in that order.
    pub ops: Vec<Value>,
}

impl Server {
    pub fn new(me: &str, servers: &[String], disk: &Value) -> Result<Server, String> {
        let was = &disk["term and vote"];
        Ok(Server {
            me: me.into(),
            peers: servers.iter().filter(|name| *name != me).cloned().collect(),
            role: "Follower",
            term: was["term"].as_u64().unwrap_or(0),
            voted_for: was["voted_for"].as_str().unwrap_or("").into(),
            votes: BTreeSet::new(),
            ops: Vec::new(),
        })
    }

    pub fn timers(&self) -> Vec<&'static str> {
        if self.role == "Leader" { vec![] } else { vec!["election"] }
    }

    pub fn fire(&mut self, timer: &str) -> Result<(), String> {
        if !self.timers().contains(&timer) {
            return Err(format!("timer `{timer}` cannot fire now"));
        }
        self.role = "Candidate";
        self.votes = BTreeSet::from([self.me.clone()]);
        self.save(self.term + 1, &self.me.clone());
        for peer in self.peers.clone() {
            let view = json!({"type": "RequestVoteRequest", "last_log_index": 0, "last_log_term": 0});
            self.send(&peer, json!({"kind": "request", "term": self.term}), view);
        }
        self.count_votes();
        Ok(())
    }

    pub fn deliver(&mut self, source: &str, message: &Value) -> Result<(), String> {
        let term = message["term"].as_u64().ok_or("a message without a term")?;
        if term > self.term {
            self.role = "Follower";
            self.save(term, "");
        }
        if text(message, "kind")? == "request" {
            let granted = term == self.term && (self.voted_for.is_empty() || self.voted_for == source);
            if granted && self.voted_for.is_empty() {
                self.save(self.term, source);
            }
            let response = json!({"kind": "response", "term": self.term, "granted": granted});
            self.send(source, response, json!({"type": "RequestVoteResponse", "vote_granted": granted}));
        } else if self.role == "Candidate" && term == self.term && message["granted"] == true {
            self.votes.insert(source.into());
            self.count_votes();
        }
        Ok(())
    }

    fn count_votes(&mut self) {
        if 2 * self.votes.len() > 1 + self.peers.len() {
            self.role = "Leader";
        }
    }

    /// HERE: take in the command of a client.
    pub fn request(&mut self, _number: &Value, _command: &str) -> bool {
        false
    }

    fn save(&mut self, term: u64, voted_for: &str) {
        self.term = term;
        self.voted_for = voted_for.into();
        // Before anything is sent that rests on it.
        self.ops.push(json!(["write", "term and vote", {"term": term, "voted_for": voted_for}]));
        self.ops.push(json!(["sync"]));
    }

    fn send(&mut self, dest: &str, message: Value, mut view: Value) {
        view["source"] = json!(self.me);
        view["dest"] = json!(dest);
        view["term"] = message["term"].clone();
        self.ops.push(json!(["send", dest, message, view]));
    }

    /// HERE: what it believes; a field that is left out is not compared.
    pub fn state(&self) -> Value {
        json!({
            "role": self.role,
            "current_term": self.term,
            "voted_for": self.voted_for,
            "votes_granted": self.votes,
            "log": [],
            "commit_index": 0,
        })
    }

    pub fn after(&self) -> Value {
        json!({"ops": self.ops, "timers": self.timers(), "state": self.state()})
    }
}
