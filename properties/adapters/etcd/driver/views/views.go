// Package views says what a message and a state of etcd-io/raft mean in the vocabulary of raft.tla.
package views

import (
	"encoding/json"
	"fmt"

	"raftcheck/etcd/raftcheck"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// Sender is what a message does not say itself.
type Sender struct {
	Name   func(id uint64) string    // a server's name
	Term   uint64                    // the sender's term now
	TermAt func(index uint64) uint64 // the term of an entry of the sender's log; 0 at index 0
	Stale  bool                      // the sender is answering a request of an older term
}

// View translates a message that the sender is about to send.
func View(m *pb.Message, sender Sender) raftcheck.Message {
	header := func(kind string, term uint64) raftcheck.Header {
		return raftcheck.Header{
			Type: kind, Source: sender.Name(m.GetFrom()), Dest: sender.Name(m.GetTo()), Term: term,
		}
	}
	appendEntries := func(prev, prevTerm uint64, entries []raftcheck.Entry, commit uint64) raftcheck.Message {
		return raftcheck.AppendEntriesRequest{
			Header:       header("AppendEntriesRequest", m.GetTerm()),
			PrevLogIndex: prev, PrevLogTerm: prevTerm, Entries: entries, CommitIndex: commit,
		}
	}
	answer := func(success bool, match uint64) raftcheck.Message {
		return raftcheck.AppendEntriesResponse{
			Header: header("AppendEntriesResponse", m.GetTerm()), Success: success, MatchIndex: match,
		}
	}
	switch m.GetType() {
	case pb.MsgVote:
		return raftcheck.RequestVoteRequest{
			Header:       header("RequestVoteRequest", m.GetTerm()),
			LastLogIndex: m.GetIndex(), LastLogTerm: m.GetLogTerm(),
		}
	case pb.MsgVoteResp:
		return raftcheck.RequestVoteResponse{
			Header: header("RequestVoteResponse", m.GetTerm()), VoteGranted: !m.GetReject(),
		}
	case pb.MsgApp:
		return appendEntries(m.GetIndex(), m.GetLogTerm(), Entries(m.GetEntries()), m.GetCommit())
	case pb.MsgHeartbeat:
		// Its commit index is never beyond what the receiver is known to share with the leader, and the
		// receiver takes it without looking at its log: it claims that the two agree up to there.
		commit := m.GetCommit()
		return appendEntries(commit, sender.TermAt(commit), []raftcheck.Entry{}, commit)
	case pb.MsgSnap:
		last := m.GetSnapshot().GetMetadata().GetIndex()
		return appendEntries(0, 0, Image(m.GetSnapshot()), last)
	case pb.MsgAppResp:
		if m.GetReject() || sender.Stale {
			return answer(false, 0)
		}
		return answer(true, m.GetIndex())
	case pb.MsgHeartbeatResp:
		return answer(true, 0)
	default: // pre-vote, leadership transfer; the term of a pre-vote is one that nobody has yet
		return raftcheck.Other{Header: header("Other", sender.Term)}
	}
}

// Message is one that has this view: what a server sends of which nothing more is known than that.
//
//   - An AppendEntriesRequest is a MsgApp, also without entries: a leader probes with those, and tells of commits.
//   - A refusal of one answers a request that began after index 1, and comes from a server without entries:
//     RejectHint and LogTerm are 0. What a leader makes of these two is its own affair (§5.3).
//   - A vote is asked for by a server whose timer ran out, not by order of a leader: Context is empty.
//
// It panics for Other, which may be anything.
func Message(view raftcheck.Message, id func(name string) uint64) *pb.Message {
	message := func(kind pb.MessageType, header raftcheck.Header) *pb.Message {
		return &pb.Message{
			Type: kind.Enum(), From: new(id(header.Source)), To: new(id(header.Dest)), Term: new(header.Term),
		}
	}
	switch v := view.(type) {
	case raftcheck.RequestVoteRequest:
		m := message(pb.MsgVote, v.Header)
		m.Index, m.LogTerm = new(v.LastLogIndex), new(v.LastLogTerm)
		return m
	case raftcheck.RequestVoteResponse:
		m := message(pb.MsgVoteResp, v.Header)
		m.Reject = new(!v.VoteGranted)
		return m
	case raftcheck.AppendEntriesRequest:
		m := message(pb.MsgApp, v.Header)
		m.Index, m.LogTerm, m.Commit = new(v.PrevLogIndex), new(v.PrevLogTerm), new(v.CommitIndex)
		for i, entry := range v.Entries {
			m.Entries = append(m.Entries, Stored(v.PrevLogIndex+uint64(i)+1, entry))
		}
		return m
	case raftcheck.AppendEntriesResponse:
		m := message(pb.MsgAppResp, v.Header)
		m.Index = new(v.MatchIndex)
		if !v.Success {
			m.Index, m.Reject = new(uint64(1)), new(true)
		}
		return m
	}
	panic(fmt.Sprintf("no message has the view %+v", view))
}

// State is what a server believes, with its whole log; of a pre-candidate raft.tla knows only that it is a
// follower. What candidates and leaders have beside that is for the caller to add.
func State(status raft.BasicStatus, name func(id uint64) string, log []raftcheck.Entry) raftcheck.State {
	role, vote := raftcheck.Follower, ""
	switch status.RaftState {
	case raft.StateCandidate:
		role = raftcheck.Candidate
	case raft.StateLeader:
		role = raftcheck.Leader
	}
	if status.GetVote() != raft.None {
		vote = name(status.GetVote())
	}
	return raftcheck.State{
		Role: &role, CurrentTerm: status.Term, VotedFor: &vote, Log: &log, CommitIndex: status.Commit,
	}
}

// Entries are entries of etcd-io/raft as raft.tla has them. The one that a leader begins its term with
// has no data, which no client's command is: its value is "".
func Entries(entries []*pb.Entry) []raftcheck.Entry {
	seen := make([]raftcheck.Entry, len(entries))
	for i, entry := range entries {
		seen[i] = raftcheck.Entry{Term: entry.GetTerm(), Value: string(entry.GetData())}
	}
	return seen
}

// Stored is an entry of etcd-io/raft: the inverse of Entries.
func Stored(index uint64, entry raftcheck.Entry) *pb.Entry {
	e := &pb.Entry{Term: new(entry.Term), Index: new(index)}
	if entry.Value != "" {
		e.Data = []byte(entry.Value)
	}
	return e
}

// Image is the data of a snapshot: all entries that the state machine had applied.
func Image(snapshot *pb.Snapshot) []raftcheck.Entry {
	image := []raftcheck.Entry{}
	if err := json.Unmarshal(snapshot.GetData(), &image); err != nil {
		panic(fmt.Sprintf("snapshot %q: %v", snapshot.GetData(), err))
	}
	return image
}
