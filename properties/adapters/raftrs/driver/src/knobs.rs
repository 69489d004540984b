//! What of raft-rs's configuration, and of what a program may do with it, is part of the search.

use serde::Deserialize;
use serde_json::{json, Value};

/// An entry of ours takes 8 to 12 bytes in a message.
const BYTES_PER_ENTRY: u64 = 12;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Knobs {
    /// The most entries in one MsgAppend; none: no bound.
    max_entries: Option<u64>,
    pub max_inflight: usize,
    pub pre_vote: bool,
    pub check_quorum: bool,
    pub skip_bcast_commit: bool,
    pub batch_append: bool,
    /// Snapshots are taken, and the log is cut.
    pub compact: bool,
    /// Leadership is transferred.
    pub transfer: bool,
    /// Clients ask for a read index.
    pub read: bool,
    /// Leaders are told of what did not arrive.
    pub report: bool,
}

impl Knobs {
    /// The values of each knob, as the answer to hello has them.
    pub fn values() -> Value {
        let either = [false, true];
        json!({
            "max_inflight": [1, 2, 256],
            "pre_vote": either,
            "check_quorum": either,
            "skip_bcast_commit": either,
            "batch_append": either,
            "compact": either,
            "transfer": either,
            "read": either,
            "report": either,
        })
    }

    pub fn read(config: Value) -> Result<Self, String> {
        let mut knobs: Knobs = serde_json::from_value(config).map_err(|error| format!("config: {error}"))?;
        if knobs.max_inflight == 0 {
            knobs.max_inflight = 256;
        }
        Ok(knobs)
    }

    /// raft-rs bounds the bytes of the entries in a message, and sends one in any case.
    pub fn max_size_per_msg(&self) -> u64 {
        match self.max_entries {
            None => raft::NO_LIMIT,
            Some(1) => 0,
            Some(count) => count * BYTES_PER_ENTRY,
        }
    }
}
