//! Messages of raft-rs: as payloads, and as raft.tla has them.

use protobuf::Message as _;
use raft::eraftpb::{Message as RaftMessage, MessageType};
use serde_json::Value;

use crate::store::{entries_of, text};
use crate::view::{Entry, Message};

/// What the sender of a message knows when it sends it.
pub struct Sender<'a> {
    pub name: &'a str,
    pub term: u64,
    pub log: &'a [Entry],
    /// It is handling a request of an older term.
    pub answers_stale: bool,
}

/// The message in the vocabulary of raft.tla.
pub fn view(message: &RaftMessage, sender: &Sender, dest: &str) -> Message {
    let (source, dest) = (sender.name.to_owned(), dest.to_owned());
    let term = message.term;
    match message.get_msg_type() {
        MessageType::MsgRequestVote => Message::RequestVoteRequest {
            source,
            dest,
            term,
            last_log_index: message.index,
            last_log_term: message.log_term,
        },
        MessageType::MsgRequestVoteResponse => {
            Message::RequestVoteResponse { source, dest, term, vote_granted: !message.reject }
        }
        MessageType::MsgAppend => Message::AppendEntriesRequest {
            source,
            dest,
            term,
            prev_log_index: message.index,
            prev_log_term: message.log_term,
            entries: message.entries.iter().map(|e| Entry { term: e.term, value: text(&e.data) }).collect(),
            commit_index: message.commit,
        },
        // It says: your log agrees with mine up to this index, which is committed.
        MessageType::MsgHeartbeat => Message::AppendEntriesRequest {
            source,
            dest,
            term,
            prev_log_index: message.commit,
            prev_log_term: term_at(sender.log, message.commit),
            entries: Vec::new(),
            commit_index: message.commit,
        },
        MessageType::MsgSnapshot => {
            let snapshot = message.get_snapshot();
            Message::AppendEntriesRequest {
                source,
                dest,
                term,
                prev_log_index: 0,
                prev_log_term: 0,
                entries: entries_of(snapshot),
                commit_index: snapshot.get_metadata().index,
            }
        }
        MessageType::MsgAppendResponse => {
            let success = !message.reject && !sender.answers_stale;
            let match_index = if success { message.index } else { 0 };
            Message::AppendEntriesResponse { source, dest, term, success, match_index }
        }
        // It says nothing of what is in the log.
        MessageType::MsgHeartbeatResponse => {
            Message::AppendEntriesResponse { source, dest, term, success: true, match_index: 0 }
        }
        // A pre-vote names the term that is to come.
        MessageType::MsgRequestPreVote => Message::Other { source, dest, term: term - 1 },
        MessageType::MsgRequestPreVoteResponse => Message::Other { source, dest, term: sender.term },
        _ => Message::Other { source, dest, term },
    }
}

/// The payload of a message: its bytes, in hexadecimal.
pub fn payload(message: &RaftMessage) -> Value {
    let bytes = message.write_to_bytes().expect("a message has all that it needs");
    Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The inverse of [`payload`].
pub fn message_of(payload: &Value) -> Result<RaftMessage, String> {
    let text = payload.as_str().filter(|text| text.is_ascii()).ok_or("a payload is hexadecimal text")?;
    let bytes: Result<Vec<u8>, _> = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap_or(""), 16))
        .collect();
    let bytes = bytes.map_err(|error| format!("payload: {error}"))?;
    RaftMessage::parse_from_bytes(&bytes).map_err(|error| format!("payload: {error}"))
}

fn term_at(log: &[Entry], index: u64) -> u64 {
    index.checked_sub(1).map_or(0, |place| log[place as usize].term)
}
