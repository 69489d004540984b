//! Messages of raft-rs: as payloads, and as raft.tla has them.

use protobuf::Message as _;
use raft::eraftpb::{Message as RaftMessage, MessageType};
use serde_json::Value;

use crate::store::{entries_of, stored, text};
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

/// A message that has this view: what a server sends of which nothing more is known than that.
///
/// - An AppendEntriesRequest is a MsgAppend, also without entries: a leader probes with those.
/// - A refusal of one answers a request that began after index 1, and comes from a server without entries:
///   `reject_hint` and `log_term` are 0. What a leader makes of these two is its own affair (§5.3).
/// - Who asks for a vote, or answers, knows of no commit, and has no priority: `commit` and `commit_term` are 0.
///   A server that has come back from a crash is like that.
pub fn of_view(view: &Message, id: impl Fn(&str) -> Result<u64, String>) -> Result<RaftMessage, String> {
    let message = |kind, source: &str, dest: &str, term| {
        let (from, to) = (id(source)?, id(dest)?);
        let mut message = RaftMessage { from, to, term, ..RaftMessage::default() };
        message.set_msg_type(kind);
        Ok::<_, String>(message)
    };
    Ok(match view {
        Message::RequestVoteRequest { source, dest, term, last_log_index, last_log_term } => RaftMessage {
            index: *last_log_index,
            log_term: *last_log_term,
            ..message(MessageType::MsgRequestVote, source, dest, *term)?
        },
        Message::RequestVoteResponse { source, dest, term, vote_granted } => RaftMessage {
            reject: !vote_granted,
            ..message(MessageType::MsgRequestVoteResponse, source, dest, *term)?
        },
        Message::AppendEntriesRequest {
            source,
            dest,
            term,
            prev_log_index,
            prev_log_term,
            entries,
            commit_index,
        } => RaftMessage {
            index: *prev_log_index,
            log_term: *prev_log_term,
            entries: (prev_log_index + 1..).zip(entries).map(|(index, entry)| stored(index, entry)).collect(),
            commit: *commit_index,
            ..message(MessageType::MsgAppend, source, dest, *term)?
        },
        Message::AppendEntriesResponse { source, dest, term, success, match_index } => RaftMessage {
            index: if *success { *match_index } else { 1 },
            reject: !success,
            ..message(MessageType::MsgAppendResponse, source, dest, *term)?
        },
        Message::Other { .. } => return Err("no message of raft-rs has the view Other alone".to_owned()),
    })
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
