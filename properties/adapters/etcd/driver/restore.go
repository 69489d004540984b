package main

import (
	"raftcheck/etcd/raftcheck"
	"raftcheck/etcd/views"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// store writes what a server in this state has on disk, as it would itself. Of its commit index nothing is
// there: the library does not ask for a sync where that is all that has changed, so a crash may take it.
func store(env *raftcheck.Env, state raftcheck.State) {
	s := &storage{env: env}
	entries := make([]*pb.Entry, len(*state.Log))
	for i, entry := range *state.Log {
		entries[i] = views.Stored(uint64(i+1), entry)
	}
	var vote uint64
	if *state.VotedFor != "" {
		vote = idOf(env.Servers, *state.VotedFor)
	}
	s.save(&pb.HardState{Term: state.CurrentTerm, Vote: new(vote), Commit: new(uint64(0))}, entries, nil, true)
}

// payload is the message of the library that has this view, as it travels between these servers.
func payload(servers []string, view raftcheck.Message) any {
	return encoded(views.Message(view, func(name string) uint64 { return idOf(servers, name) }))
}

func encoded(m *pb.Message) []byte {
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(err)
	}
	return bytes
}
