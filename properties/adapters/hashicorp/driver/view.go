package main

// What messages mean in the vocabulary of raft.tla.

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/raft"
)

// entry is an entry of a log, as traces have it.
type entry struct {
	Term  uint64 `json:"term"`
	Value string `json:"value"`
}

// entryOf shows a command as its text; what no client asked for begins with an angle bracket, as no command does.
func entryOf(log *raft.Log) entry {
	if log.Type == raft.LogCommand {
		return entry{log.Term, string(log.Data)}
	}
	return entry{log.Term, fmt.Sprintf("<%v>", log.Type)}
}

func entriesOf(logs []*raft.Log) []entry {
	shown := make([]entry, 0, len(logs))
	for _, log := range logs {
		shown = append(shown, entryOf(log))
	}
	return shown
}

func viewOfRequest(source, dest string, args any, data []byte) fields {
	switch m := args.(type) {
	case *raft.RequestVoteRequest:
		return fields{
			"type": "RequestVoteRequest", "source": source, "dest": dest, "term": m.Term,
			"last_log_index": m.LastLogIndex, "last_log_term": m.LastLogTerm,
		}
	case *raft.AppendEntriesRequest:
		return fields{
			"type": "AppendEntriesRequest", "source": source, "dest": dest, "term": m.Term,
			"prev_log_index": m.PrevLogEntry, "prev_log_term": m.PrevLogTerm,
			"entries": entriesOf(m.Entries), "commit_index": m.LeaderCommitIndex,
		}
	case *raft.InstallSnapshotRequest:
		// Its receiver does not take it for a sign that anything is committed: its commit index stays.
		var entries []entry
		if err := json.Unmarshal(data, &entries); err != nil {
			panic(err)
		}
		return fields{
			"type": "AppendEntriesRequest", "source": source, "dest": dest, "term": m.Term,
			"prev_log_index": 0, "prev_log_term": 0, "entries": entries, "commit_index": 0,
		}
	case *raft.RequestPreVoteRequest:
		return other(source, dest, m.Term-1) // it names the term that the sender would take
	default:
		return other(source, dest, 0)
	}
}

// viewOfAnswer shows an answer of a server that is now in `term`. A refusal of a newer term than its request is no
// message of raft.tla: hashicorp/raft need not take that term (it may wait for the answer no more, a leader does not
// look at the term of an answer to a heartbeat, and steps down without taking that of another). To agree to a request
// of an older term is a mistake, so that is always shown.
func viewOfAnswer(source, dest string, request, response any, term uint64) fields {
	switch m := response.(type) {
	case *raft.RequestVoteResponse:
		if m.Term > request.(*raft.RequestVoteRequest).Term && !m.Granted {
			return other(source, dest, m.Term)
		}
		return fields{
			"type": "RequestVoteResponse", "source": source, "dest": dest, "term": m.Term, "vote_granted": m.Granted,
		}
	case *raft.AppendEntriesResponse:
		asked := request.(*raft.AppendEntriesRequest)
		match := uint64(0)
		if count := len(asked.Entries); m.Success && count > 0 {
			match = asked.Entries[count-1].Index // as the leader takes it: nothing, if nothing was sent
		}
		return appendAnswer(source, dest, asked.Term, m.Term, m.Success, match)
	case *raft.InstallSnapshotResponse:
		asked := request.(*raft.InstallSnapshotRequest)
		match := uint64(0)
		if m.Success {
			match = asked.LastLogIndex
		}
		return appendAnswer(source, dest, asked.Term, m.Term, m.Success, match)
	default:
		return other(source, dest, term)
	}
}

func appendAnswer(source, dest string, asked, term uint64, success bool, match uint64) fields {
	if term > asked && !success {
		return other(source, dest, term)
	}
	return fields{
		"type": "AppendEntriesResponse", "source": source, "dest": dest, "term": term,
		"success": success, "match_index": match,
	}
}

func other(source, dest string, term uint64) fields {
	return fields{"type": "Other", "source": source, "dest": dest, "term": term}
}
