//! Messages and states in the vocabulary of raft.tla, as traces/FORMAT.md has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub term: u64,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Message {
    RequestVoteRequest {
        source: String,
        dest: String,
        term: u64,
        last_log_index: u64,
        last_log_term: u64,
    },
    RequestVoteResponse {
        source: String,
        dest: String,
        term: u64,
        vote_granted: bool,
    },
    AppendEntriesRequest {
        source: String,
        dest: String,
        term: u64,
        prev_log_index: u64,
        prev_log_term: u64,
        entries: Vec<Entry>,
        commit_index: u64,
    },
    AppendEntriesResponse {
        source: String,
        dest: String,
        term: u64,
        success: bool,
        match_index: u64,
    },
    /// Of what raft.tla has no words for, only the sender's term.
    Other {
        source: String,
        dest: String,
        term: u64,
    },
}

#[derive(Debug, Serialize)]
pub struct NodeState<'a> {
    pub role: &'static str,
    pub current_term: u64,
    pub voted_for: &'a str,
    pub log: Vec<&'a Entry>,
    pub commit_index: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes_granted: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_index: Option<BTreeMap<&'a str, u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_index: Option<BTreeMap<&'a str, u64>>,
}
