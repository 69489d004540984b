//! One server: a RawNode, and the program around it that raft-rs asks for.
//!
//! In each call all that is ready is done, in this order: written, synced, sent, applied. Time is the calls of
//! fire(): the clock of raft-rs is set to just before the moment that is meant, and ticks once.

use std::collections::BTreeMap;

use raft::eraftpb::{Entry as RaftEntry, Message as RaftMessage};
use raft::{Config, ProgressState, RawNode, SnapshotStatus, StateRole};
use slog::{o, Discard, Logger};

use crate::knobs::Knobs;
use crate::messages::{payload, view, Sender};
use crate::protocol::{Disk, Op};
use crate::store::{entries_of, text, Store};
use crate::view::{Entry, NodeState};

const HEARTBEAT_TICKS: usize = 1;
const ELECTION_TICKS: usize = 10;

pub struct Server {
    raw: RawNode<Store>,
    /// All servers; the one of id 1 comes first.
    names: Vec<String>,
    knobs: Knobs,
    /// The machine: what it was told to do, in that order.
    applied: Vec<Entry>,
    /// By index: the term and the number of a request that this server has taken in as leader.
    requests: BTreeMap<u64, (u64, u64)>,
    reads: u64,
    ops: Vec<Op>,
}

impl Server {
    pub fn start(id: u64, names: Vec<String>, knobs: Knobs, disk: Disk) -> Result<Self, String> {
        let store = Store::load((1..=names.len() as u64).collect(), disk)?;
        let applied = store.log()[..store.compacted() as usize].to_vec();
        let config = Config {
            id,
            applied: store.compacted(),
            heartbeat_tick: HEARTBEAT_TICKS,
            election_tick: ELECTION_TICKS,
            max_size_per_msg: knobs.max_size_per_msg(),
            max_inflight_msgs: knobs.max_inflight,
            pre_vote: knobs.pre_vote,
            check_quorum: knobs.check_quorum,
            skip_bcast_commit: knobs.skip_bcast_commit,
            batch_append: knobs.batch_append,
            ..Config::default()
        };
        let raw =
            RawNode::new(&config, store, &Logger::root(Discard, o!())).map_err(|error| error.to_string())?;
        let mut server =
            Server { raw, names, knobs, applied, requests: BTreeMap::new(), reads: 0, ops: Vec::new() };
        server.settle(false);
        Ok(server)
    }

    pub fn deliver(&mut self, message: RaftMessage) {
        let stale = message.term != 0 && message.term < self.raw.raft.term;
        // What raft-rs does not want (a proposal without a leader) is dropped, like a message that is lost.
        let _ = self.raw.step(message);
        self.settle(stale);
    }

    /// False: it does not lead, or it does not want to.
    pub fn request(&mut self, request: u64, command: &str) -> bool {
        if self.raw.raft.state != StateRole::Leader || self.raw.propose(Vec::new(), command.into()).is_err() {
            return false;
        }
        self.requests.insert(self.raw.raft.raft_log.last_index(), (self.raw.raft.term, request));
        self.settle(false);
        true
    }

    pub fn timers(&self) -> Vec<String> {
        let raft = &self.raw.raft;
        let leads = raft.state == StateRole::Leader;
        let leased = self.knobs.check_quorum && raft.leader_id != 0;
        let mut timers: Vec<String> = Vec::new();
        let mut offer = |there: bool, timer: &str| timers.extend(there.then(|| timer.to_owned()));
        offer(!leads, "election");
        offer(!leads && leased && raft.election_elapsed < raft.election_timeout(), "lease");
        offer(leads, "heartbeat");
        offer(leads && (self.knobs.check_quorum || raft.lead_transferee.is_some()), "election timeout");
        offer(self.knobs.compact && self.applied.len() as u64 > self.raw.store().compacted(), "compact");
        offer(self.knobs.read && raft.leader_id != 0, "read");
        for (&id, progress) in raft.prs().iter().filter(|&(&id, _)| leads && id != raft.id) {
            let name = self.name(id);
            offer(self.knobs.transfer && raft.lead_transferee != Some(id), &format!("transfer {name}"));
            offer(
                self.knobs.report && progress.state == ProgressState::Replicate,
                &format!("unreachable {name}"),
            );
            let sent = self.knobs.report && progress.state == ProgressState::Snapshot;
            offer(sent, &format!("snapshot sent {name}"));
            offer(sent, &format!("snapshot lost {name}"));
        }
        timers
    }

    pub fn fire(&mut self, timer: &str) -> Result<(), String> {
        let raft = &mut self.raw.raft;
        match timer {
            "election" => raft.election_elapsed = raft.randomized_election_timeout(),
            "heartbeat" => raft.election_elapsed = 0,
            "election timeout" => raft.election_elapsed = raft.election_timeout(),
            "lease" => raft.election_elapsed = raft.election_timeout(),
            "compact" => self.compact(),
            "read" => {
                self.reads += 1;
                self.raw.read_index(self.reads.to_be_bytes().to_vec());
            }
            _ => {
                let (kind, name) = timer.rsplit_once(' ').ok_or_else(|| format!("no timer `{timer}`"))?;
                let id = self.id(name)?;
                match kind {
                    "transfer" => self.raw.transfer_leader(id),
                    "unreachable" => self.raw.report_unreachable(id),
                    "snapshot sent" => self.raw.report_snapshot(id, SnapshotStatus::Finish),
                    "snapshot lost" => self.raw.report_snapshot(id, SnapshotStatus::Failure),
                    _ => return Err(format!("no timer `{timer}`")),
                }
            }
        }
        if matches!(timer, "election" | "heartbeat" | "election timeout") {
            self.raw.tick();
        }
        self.settle(false);
        Ok(())
    }

    pub fn take_ops(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.ops)
    }

    pub fn state(&self) -> NodeState<'_> {
        let raft = &self.raw.raft;
        let peers = || raft.prs().iter().filter(|&(&id, _)| id != raft.id);
        let leads = raft.state == StateRole::Leader;
        NodeState {
            role: match raft.state {
                StateRole::Leader => "Leader",
                StateRole::Candidate => "Candidate",
                // Who asks for pre-votes has changed neither term nor vote.
                StateRole::Follower | StateRole::PreCandidate => "Follower",
            },
            current_term: raft.term,
            voted_for: if raft.vote == 0 { "" } else { self.name(raft.vote) },
            log: self.raw.store().log().iter().collect(),
            commit_index: raft.raft_log.committed,
            votes_granted: (raft.state == StateRole::Candidate).then(|| {
                let votes = raft.prs().votes().iter();
                let mut granted: Vec<_> =
                    votes.filter(|(_, &yes)| yes).map(|(&id, _)| self.name(id)).collect();
                granted.sort_unstable();
                granted
            }),
            next_index: leads
                .then(|| peers().map(|(&id, progress)| (self.name(id), progress.next_idx)).collect()),
            match_index: leads
                .then(|| peers().map(|(&id, progress)| (self.name(id), progress.matched)).collect()),
        }
    }

    /// Does all that is ready. `answers_stale`: it comes of a request of an older term.
    fn settle(&mut self, answers_stale: bool) {
        while self.raw.has_ready() {
            let mut ready = self.raw.ready();
            let store = self.raw.mut_store();
            if let Some(hard) = ready.hs() {
                store.save_vote(hard.term, hard.vote);
            }
            if !ready.snapshot().is_empty() {
                self.applied = entries_of(ready.snapshot());
                store.restore(self.applied.clone());
            }
            store.append(ready.entries());
            if let Some(hard) = ready.hs() {
                store.save_commit(hard.commit);
            }
            self.sync();
            self.send(ready.take_messages(), answers_stale);
            self.send(ready.take_persisted_messages(), answers_stale);
            self.apply(ready.take_committed_entries());
            let mut light = self.raw.advance(ready);
            if let Some(commit) = light.commit_index() {
                self.raw.mut_store().save_commit(commit);
                self.sync();
            }
            self.send(light.take_messages(), answers_stale);
            self.apply(light.take_committed_entries());
            self.raw.advance_apply();
        }
    }

    fn sync(&mut self) {
        let store = self.raw.mut_store();
        store.sync();
        self.ops.append(&mut store.take_ops());
    }

    fn send(&mut self, messages: Vec<RaftMessage>, answers_stale: bool) {
        for message in messages {
            let to = self.name(message.to).to_owned();
            let log = self.raw.store().log();
            let sender =
                Sender { name: self.name(self.raw.raft.id), term: self.raw.raft.term, log, answers_stale };
            let view = view(&message, &sender, &to);
            self.ops.push(Op::Send { to, payload: payload(&message), view });
        }
    }

    /// The machine takes in entries, and clients hear what has become of theirs.
    fn apply(&mut self, entries: Vec<RaftEntry>) {
        for entry in entries {
            assert_eq!(entry.index, self.applied.len() as u64 + 1, "an entry is applied out of turn");
            self.applied.push(Entry { term: entry.term, value: text(&entry.data) });
        }
        let applied = self.applied.len() as u64;
        while let Some(request) = self.requests.first_entry().filter(|request| *request.key() <= applied) {
            let (index, (term, request)) = request.remove_entry();
            let outcome = if self.applied[index as usize - 1].term == term { "ok" } else { "fail" };
            self.ops.push(Op::Reply { request, outcome });
        }
    }

    /// All that was applied becomes the snapshot, and is no longer in the log.
    fn compact(&mut self) {
        let applied = &self.applied;
        self.raw.mut_store().compact(applied);
        self.sync();
    }

    fn name(&self, id: u64) -> &str {
        &self.names[id as usize - 1]
    }

    fn id(&self, name: &str) -> Result<u64, String> {
        let place = self.names.iter().position(|other| other == name);
        place.map(|place| place as u64 + 1).ok_or_else(|| format!("no server `{name}`"))
    }
}
