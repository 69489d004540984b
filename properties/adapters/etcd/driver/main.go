// Drives etcd-io/raft for raftcheck: servers of raft.RawNode, over stdin and stdout (PROTOCOL.md).
package main

import (
	"fmt"
	"os"

	"raftcheck/etcd/raftcheck"
)

var etcd = raftcheck.Implementation{
	Name: "etcd-io/raft " + release(),
	Caps: raftcheck.Caps{
		Network: "datagram",
		Durable: true,
		Liberties: []string{
			"AckCommitted", "IgnoreStaleRequest", "IgnoreVoteRequest", "LeaderEntry",
			"RefuseVoteRequest", "StepDown",
		},
		Knobs:      knobs,
		Restorable: true,
	},
	Start:   start,
	Store:   store,
	Payload: payload,
}

func main() {
	if err := raftcheck.Serve(os.Stdin, os.Stdout, etcd); err != nil {
		fmt.Fprintln(os.Stderr, "etcd driver:", err)
		os.Exit(1)
	}
}
