// Package raftcheck lets a Raft written in Go be driven by raftcheck: the vocabulary of traces (this
// file), what a server may use (env.go), and the stdio protocol (serve.go). It knows no implementation;
// copy it as it is and write a Node.
package raftcheck

import (
	"encoding/json"
	"fmt"
)

// Entry is an entry of a log: the term in which a leader took it in, and the client's command as text.
type Entry struct {
	Term  uint64 `json:"term"`
	Value string `json:"value"`
}

// Message is one of the five below: a message in the vocabulary of raft.tla.
type Message any

// RequestVoteRequest asks for a vote (§5.2).
type RequestVoteRequest struct {
	Header
	LastLogIndex uint64 `json:"last_log_index"`
	LastLogTerm  uint64 `json:"last_log_term"`
}

// RequestVoteResponse answers it.
type RequestVoteResponse struct {
	Header
	VoteGranted bool `json:"vote_granted"`
}

// AppendEntriesRequest replicates entries; without any it is a heartbeat (§5.3).
type AppendEntriesRequest struct {
	Header
	PrevLogIndex uint64  `json:"prev_log_index"`
	PrevLogTerm  uint64  `json:"prev_log_term"`
	Entries      []Entry `json:"entries"`
	CommitIndex  uint64  `json:"commit_index"`
}

// AppendEntriesResponse answers it. MatchIndex is 0 in a refusal.
type AppendEntriesResponse struct {
	Header
	Success    bool   `json:"success"`
	MatchIndex uint64 `json:"match_index"`
}

// Other is a message that raft.tla has no words for. Term is its sender's.
type Other struct {
	Header
}

// Header is what all messages have. Type is the name of the message's Go type.
type Header struct {
	Type   string `json:"type"`
	Source string `json:"source"`
	Dest   string `json:"dest"`
	Term   uint64 `json:"term"`
}

// ReadMessage is a message that stands as a trace has it.
func ReadMessage(raw json.RawMessage) (Message, error) {
	var header Header
	if err := json.Unmarshal(raw, &header); err != nil {
		return nil, fmt.Errorf("view %s: %w", raw, err)
	}
	switch header.Type {
	case "RequestVoteRequest":
		return read[RequestVoteRequest](raw)
	case "RequestVoteResponse":
		return read[RequestVoteResponse](raw)
	case "AppendEntriesRequest":
		return read[AppendEntriesRequest](raw)
	case "AppendEntriesResponse":
		return read[AppendEntriesResponse](raw)
	case "Other":
		return read[Other](raw)
	}
	return nil, fmt.Errorf("view %s: no message has this type", raw)
}

func read[T any](raw json.RawMessage) (Message, error) {
	var message T
	if err := json.Unmarshal(raw, &message); err != nil {
		return nil, fmt.Errorf("view %s: %w", raw, err)
	}
	return message, nil
}

// Roles of a server.
const (
	Follower  = "Follower"
	Candidate = "Candidate"
	Leader    = "Leader"
)

// State is what a server believes; nil is "not observable" and is never compared.
type State struct {
	Role         *string           `json:"role,omitempty"`
	CurrentTerm  *uint64           `json:"current_term,omitempty"`
	VotedFor     *string           `json:"voted_for,omitempty"` // "": nobody
	Log          *[]Entry          `json:"log,omitempty"`
	CommitIndex  *uint64           `json:"commit_index,omitempty"`
	VotesGranted []string          `json:"votes_granted,omitempty"` // of a candidate, itself included
	NextIndex    map[string]uint64 `json:"next_index,omitempty"`    // of a leader, by peer
	MatchIndex   map[string]uint64 `json:"match_index,omitempty"`   // of a leader, by peer
}
