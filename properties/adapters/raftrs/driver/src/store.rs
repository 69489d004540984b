//! The Storage of one server: what raft-rs reads, in memory, and what each change of it writes to disk.
//!
//! On disk stand `vote` (term and vote), `snapshot` (all entries up to its index), `entry/N` and `commit`, written
//! in this order. An entry names the term of the one before it, and the log goes only as far as that holds. So each
//! single write is a whole step: `entry/N` truncates what conflicts with it, `snapshot` replaces the log that does
//! not agree with it. What is stale after that is erased as well, but nothing depends on it.

use raft::eraftpb::{ConfState, Entry as RaftEntry, HardState, Snapshot};
use raft::storage::Storage;
use raft::{Error, GetEntriesContext, RaftState, StorageError};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use crate::protocol::{Disk, Op};
use crate::view::Entry;

#[derive(Serialize, Deserialize)]
struct EntryRecord {
    previous: u64,
    term: u64,
    value: String,
}

pub struct Store {
    voters: Vec<u64>,
    hard: HardState,
    /// Index of the last entry of the snapshot; 0 without one.
    compacted: u64,
    /// The whole log, of which raft-rs sees what comes after the snapshot.
    log: Vec<Entry>,
    ops: Vec<Op>,
}

impl Store {
    /// What the disk has kept.
    pub fn load(voters: Vec<u64>, mut disk: Disk) -> Result<Self, String> {
        let (term, vote) = read(disk.remove("vote"))?.unwrap_or((0, 0));
        let mut log: Vec<Entry> = read(disk.remove("snapshot"))?.unwrap_or_default();
        let compacted = log.len() as u64;
        while let Some(record) = read::<EntryRecord>(disk.remove(&entry_key(log.len() as u64 + 1)))? {
            if record.previous != log.last().map_or(0, |last| last.term) {
                break;
            }
            log.push(Entry { term: record.term, value: record.value });
        }
        let commit = read(disk.remove("commit"))?.unwrap_or(0).max(compacted);
        let hard = HardState { term, vote, commit, ..HardState::default() };
        Ok(Store { voters, hard, compacted, log, ops: Vec::new() })
    }

    /// What a server has written that has this term, vote and log, and knows of no commit: a crash leaves any
    /// first part of the writes, and that of the commit index comes last.
    pub fn disk_of(term: u64, vote: u64, log: Vec<Entry>) -> Result<Disk, String> {
        let mut store = Store::load(Vec::new(), Disk::new())?;
        store.save_vote(term, vote);
        store.append(&(1..).zip(&log).map(|(index, entry)| stored(index, entry)).collect::<Vec<_>>());
        let writes = store.take_ops().into_iter().filter_map(|op| match op {
            Op::Write(key, value) => Some((key, value)),
            _ => None,
        });
        Ok(writes.collect())
    }

    pub fn log(&self) -> &[Entry] {
        &self.log
    }

    pub fn compacted(&self) -> u64 {
        self.compacted
    }

    /// The term of an entry, in the snapshot as well; 0 before the first.
    pub fn term_at(&self, index: u64) -> u64 {
        index.checked_sub(1).and_then(|place| self.log.get(place as usize)).map_or(0, |entry| entry.term)
    }

    pub fn save_vote(&mut self, term: u64, vote: u64) {
        if (term, vote) != (self.hard.term, self.hard.vote) {
            (self.hard.term, self.hard.vote) = (term, vote);
            self.write("vote".to_owned(), json!((term, vote)));
        }
    }

    pub fn save_commit(&mut self, commit: u64) {
        if commit != self.hard.commit {
            self.hard.commit = commit;
            self.write("commit".to_owned(), json!(commit));
        }
    }

    /// Takes in entries that follow each other; what stood from the first of them on is gone.
    pub fn append(&mut self, entries: &[RaftEntry]) {
        let Some(first) = entries.first() else { return };
        let last_before = self.log.len() as u64;
        assert!(
            first.index > self.compacted && first.index <= last_before + 1,
            "entries leave a gap: {first:?}"
        );
        self.log.truncate(first.index as usize - 1);
        for entry in entries {
            assert_eq!(entry.index, self.log.len() as u64 + 1, "entries leave a gap");
            let value = text(&entry.data);
            let record = EntryRecord { previous: self.term_at(entry.index - 1), term: entry.term, value };
            self.write(entry_key(entry.index), json!(record));
            self.log.push(Entry { term: record.term, value: record.value });
        }
        self.erase(self.log.len() as u64 + 1, last_before);
    }

    /// A snapshot of the leader's takes the place of the log.
    pub fn restore(&mut self, log: Vec<Entry>) {
        let (first_before, last_before) = (self.compacted + 1, self.log.len() as u64);
        self.log = log;
        self.keep_snapshot();
        self.erase(first_before, last_before);
    }

    /// The log up to an index becomes the snapshot: `applied` is what the machine has been given.
    pub fn compact(&mut self, applied: &[Entry]) {
        assert_eq!(&self.log[..applied.len()], applied, "what was applied is not what the log has");
        let first_before = self.compacted + 1;
        self.compacted = applied.len() as u64;
        self.write("snapshot".to_owned(), json!(applied));
        self.erase(first_before, self.compacted);
    }

    pub fn sync(&mut self) {
        if !self.ops.is_empty() {
            self.ops.push(Op::Sync);
        }
    }

    /// What has been done to the disk since this was asked last.
    pub fn take_ops(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.ops)
    }

    fn keep_snapshot(&mut self) {
        self.compacted = self.log.len() as u64;
        self.write("snapshot".to_owned(), json!(self.log));
    }

    fn write(&mut self, key: String, value: Value) {
        self.ops.push(Op::Write(key, value));
    }

    fn erase(&mut self, first: u64, last: u64) {
        self.ops.extend((first..=last).map(|index| Op::Erase(entry_key(index))));
    }

    fn entry(&self, index: u64) -> RaftEntry {
        stored(index, &self.log[index as usize - 1])
    }

    fn conf_state(&self) -> ConfState {
        ConfState { voters: self.voters.clone(), ..ConfState::default() }
    }
}

impl Storage for Store {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState::new(self.hard.clone(), self.conf_state()))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<RaftEntry>> {
        if low <= self.compacted {
            return Err(Error::Store(StorageError::Compacted));
        }
        let mut entries = (low..high).map(|index| self.entry(index)).collect();
        raft::util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        if index < self.compacted {
            Err(Error::Store(StorageError::Compacted))
        } else if index > self.log.len() as u64 {
            Err(Error::Store(StorageError::Unavailable))
        } else {
            Ok(self.term_at(index))
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.compacted + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.log.len() as u64)
    }

    fn snapshot(&self, _request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        let data = json!(self.log[..self.compacted as usize]).to_string().into_bytes().into();
        let mut snapshot = Snapshot { data, ..Snapshot::default() };
        let metadata = snapshot.mut_metadata();
        metadata.index = self.compacted;
        metadata.term = self.term_at(self.compacted);
        metadata.set_conf_state(self.conf_state());
        Ok(snapshot)
    }
}

/// An entry as raft-rs has it.
pub fn stored(index: u64, entry: &Entry) -> RaftEntry {
    let data = entry.value.clone().into_bytes().into();
    RaftEntry { term: entry.term, index, data, ..RaftEntry::default() }
}

/// The entries that a snapshot stands for.
pub fn entries_of(snapshot: &Snapshot) -> Vec<Entry> {
    serde_json::from_slice(&snapshot.data).expect("the data of a snapshot is a list of entries")
}

/// The command of an entry, as text; that of a leader's own entry is empty.
pub fn text(data: &[u8]) -> String {
    String::from_utf8(data.to_vec()).expect("commands come as text")
}

fn entry_key(index: u64) -> String {
    format!("entry/{index}")
}

fn read<T: serde::de::DeserializeOwned>(value: Option<Value>) -> Result<Option<T>, String> {
    value.map(serde_json::from_value).transpose().map_err(|error| format!("on disk: {error}"))
}
