package main

import (
	"runtime/debug"

	"raftcheck/etcd/raftcheck"

	"go.etcd.io/raft/v3"
)

// knobs are the parts of raft.Config that are drawn for each schedule, and what this driver adds.
var knobs = map[string][]any{
	"max_size_per_msg":  {1 << 20, 20, 0}, // any number of entries in a message, about two, one
	"max_inflight_msgs": {256, 1, 2},
	// What a Ready may have for the state machine. With 0, which stands for max_size_per_msg, the library
	// panics where that is 0 as well (FINDINGS.md).
	"max_committed_size_per_ready": {1 << 20, 1},
	"pre_vote":                     {false, true},
	"check_quorum":                 {false, true},
	"async_storage_writes":         {false, true},
	"transfer":                     {false, true}, // leaders are asked to hand over
	"reports":                      {false, true}, // the transport reports peers that it cannot reach, and lost snapshots
}

const (
	heartbeatTicks = 1
	electionTicks  = 2 // the fewest that raft.Config allows
)

func configOf(drawn raftcheck.Config, id uint64, s *storage) *raft.Config {
	return &raft.Config{
		ID:                        id,
		ElectionTick:              electionTicks,
		HeartbeatTick:             heartbeatTicks,
		Storage:                   s,
		Applied:                   s.compacted(),
		AsyncStorageWrites:        drawn.Bool("async_storage_writes"),
		MaxSizePerMsg:             drawn.Uint("max_size_per_msg"),
		MaxCommittedSizePerReady:  drawn.Uint("max_committed_size_per_ready"),
		MaxInflightMsgs:           int(drawn.Uint("max_inflight_msgs")),
		CheckQuorum:               drawn.Bool("check_quorum"),
		PreVote:                   drawn.Bool("pre_vote"),
		DisableProposalForwarding: true, // a request is taken in where it is made, or refused
		Logger:                    silent{},
	}
}

// release is the version of etcd-io/raft that was built in.
func release() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "go.etcd.io/raft/v3" {
				return module.Version
			}
		}
	}
	return "of unknown version"
}
