package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"raftcheck/etcd/raftcheck"
	"raftcheck/etcd/views"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"
)

// node is one life of one server: a RawNode, its storage, and the application that it serves.
type node struct {
	env     *raftcheck.Env
	ids     map[string]uint64 // of the servers, from 1
	raw     *raft.RawNode
	inside  inside
	storage *storage

	machine []raftcheck.Entry // the state machine: all that was applied
	waiting map[uint64]proposal

	async    bool
	appended [][]*pb.Message // what the append thread has for this server, for each write
	applying []*pb.Message   // what the apply thread has been asked for
	stale    bool            // a request of an older term is being answered
	reported uint64          // the latest term in which the transport reported something
}

// proposal is a client's request, by the index of its entry.
type proposal struct {
	request int
	term    uint64
}

func start(env *raftcheck.Env, _ bool, _ string) raftcheck.Node {
	n := &node{env: env, ids: map[string]uint64{}, waiting: map[uint64]proposal{}}
	members := &pb.ConfState{}
	for _, name := range env.Servers {
		n.ids[name] = idOf(env.Servers, name)
		members.Voters = append(members.Voters, n.ids[name])
	}
	n.storage = load(env, members)
	n.machine = slices.Clone(n.storage.image)
	n.async = env.Config.Bool("async_storage_writes")
	raw, err := raft.NewRawNode(configOf(env.Config, n.ids[env.Me], n.storage))
	if err != nil {
		panic(err)
	}
	n.raw, n.inside = raw, look(raw)
	n.handleReady()
	return n
}

// idOf is what the library calls a server: its place in the cluster, from 1.
func idOf(servers []string, name string) uint64 {
	place := slices.Index(servers, name)
	if place < 0 {
		panic(fmt.Sprintf("no server %q", name))
	}
	return uint64(place + 1)
}

func (n *node) name(id uint64) string { return n.env.Servers[id-1] }

func (n *node) Deliver(_ string, payload json.RawMessage) {
	var encoded []byte
	m := &pb.Message{}
	if err := json.Unmarshal(payload, &encoded); err != nil {
		panic(err)
	}
	if err := proto.Unmarshal(encoded, m); err != nil {
		panic(err)
	}
	n.stale = m.GetTerm() < n.raw.BasicStatus().GetTerm()
	n.step(m)
	n.handleReady()
	n.stale = false
}

func (n *node) Request(request int, command string) bool {
	err := n.raw.Propose([]byte(command))
	if errors.Is(err, raft.ErrProposalDropped) {
		return false
	}
	if err != nil {
		panic(err)
	}
	n.waiting[n.storage.last()+1] = proposal{request, n.raw.BasicStatus().GetTerm()}
	n.handleReady()
	return true
}

func (n *node) State() raftcheck.State {
	state := views.State(n.raw.BasicStatus(), n.name, n.storage.log())
	switch *state.Role {
	case raftcheck.Candidate:
		state.VotesGranted = n.votes()
	case raftcheck.Leader:
		state.MatchIndex, state.NextIndex = n.progress()
	}
	return state
}

// votes are the servers that gave the candidate their vote. Its own counts from the beginning: with
// asynchronous storage writes the library hears of it only after it was written.
func (n *node) votes() []string {
	granted := []string{}
	for id, name := range n.env.Servers {
		if name == n.env.Me || (*n.inside.votes)[uint64(id+1)] {
			granted = append(granted, name)
		}
	}
	return granted
}

// progress is match index and next index of a leader's peers. A report of the transport may move a next
// index by itself, which is no step of raft.tla: from then on it is not shown in that term.
func (n *node) progress() (match, next map[string]uint64) {
	match, next = map[string]uint64{}, map[string]uint64{}
	n.peers(func(peer string, progress tracker.Progress) {
		match[peer], next[peer] = progress.Match, progress.Next
	})
	if n.reported == n.raw.BasicStatus().GetTerm() {
		next = nil
	}
	return match, next
}

// peers calls for each server but this one, in order.
func (n *node) peers(visit func(peer string, progress tracker.Progress)) {
	n.raw.WithProgress(func(id uint64, _ raft.ProgressType, progress tracker.Progress) {
		if name := n.name(id); name != n.env.Me {
			visit(name, progress)
		}
	})
}

// step hands a message to the library, which must know what to do with it.
func (n *node) step(m *pb.Message) {
	if err := n.raw.Step(m); err != nil {
		panic(fmt.Sprintf("Step(%s): %v", m.GetType(), err))
	}
}

func (n *node) send(m *pb.Message) {
	n.env.Send(n.name(m.GetTo()), encoded(m), views.View(m, views.Sender{
		Name: n.name, Term: n.raw.BasicStatus().GetTerm(), TermAt: n.storage.termAt, Stale: n.stale,
	}))
}
