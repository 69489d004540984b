// YOUR RAFT goes in the place of server, which has the elections of Figure 2 and nothing else.
package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

type server struct {
	me       string
	peers    []string
	role     string
	term     int
	votedFor string
	votes    []string
	ops      []any // what the call that is going on has done, in that order
}

type saved struct {
	Term     int    `json:"term"`
	VotedFor string `json:"voted_for"`
}

type message struct {
	Kind    string `json:"kind"`
	Term    int    `json:"term"`
	Granted bool   `json:"granted"`
}

func newServer(me string, servers []string, disk map[string]json.RawMessage) *server {
	s := &server{me: me, role: "Follower", votes: []string{}, ops: []any{}}
	for _, name := range servers {
		if name != me {
			s.peers = append(s.peers, name)
		}
	}
	if text, ok := disk["term and vote"]; ok {
		var was saved
		if err := json.Unmarshal(text, &was); err != nil {
			panic(err)
		}
		s.term, s.votedFor = was.Term, was.VotedFor
	}
	return s
}

func (s *server) timers() []string {
	if s.role == "Leader" {
		return []string{}
	}
	return []string{"election"}
}

func (s *server) fire(timer string) error {
	if !slices.Contains(s.timers(), timer) {
		return fmt.Errorf("timer %q cannot fire now", timer)
	}
	s.role, s.votes = "Candidate", []string{s.me}
	s.save(s.term+1, s.me)
	for _, peer := range s.peers {
		view := object{"type": "RequestVoteRequest", "last_log_index": 0, "last_log_term": 0}
		s.send(peer, message{Kind: "request", Term: s.term}, view)
	}
	s.countVotes()
	return nil
}

func (s *server) deliver(source string, payload json.RawMessage) error {
	var m message
	if err := json.Unmarshal(payload, &m); err != nil {
		return err
	}
	if m.Term > s.term {
		s.role = "Follower"
		s.save(m.Term, "")
	}
	if m.Kind == "request" {
		granted := m.Term == s.term && (s.votedFor == "" || s.votedFor == source)
		if granted && s.votedFor == "" {
			s.save(s.term, source)
		}
		view := object{"type": "RequestVoteResponse", "vote_granted": granted}
		s.send(source, message{Kind: "response", Term: s.term, Granted: granted}, view)
	} else if s.role == "Candidate" && m.Term == s.term && m.Granted && !slices.Contains(s.votes, source) {
		s.votes = append(s.votes, source)
		s.countVotes()
	}
	return nil
}

func (s *server) countVotes() {
	if 2*len(s.votes) > 1+len(s.peers) {
		s.role = "Leader"
	}
}

// HERE: take in the command of a client.
func (s *server) request(number int, command string) bool { return false }

func (s *server) save(term int, votedFor string) {
	s.term, s.votedFor = term, votedFor
	// Before anything is sent that rests on it.
	s.ops = append(s.ops, []any{"write", "term and vote", saved{term, votedFor}}, []any{"sync"})
}

func (s *server) send(dest string, m message, view object) {
	view["source"], view["dest"], view["term"] = s.me, dest, m.Term
	s.ops = append(s.ops, []any{"send", dest, m, view})
}

// HERE: what it believes; a field that is left out is not compared.
func (s *server) state() object {
	return object{
		"role":          s.role,
		"current_term":  s.term,
		"voted_for":     s.votedFor,
		"votes_granted": s.votes,
		"log":           []any{},
		"commit_index":  0,
	}
}

func (s *server) after() object {
	return object{"ops": s.ops, "timers": s.timers(), "state": s.state()}
}
