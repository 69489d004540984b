package main

import (
	"fmt"
	"strings"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/tracker"
)

// What may happen inside a server now. With a peer's name behind, what befalls the peer's Progress.
const (
	election     = "election"       // time passes until the election timeout
	heartbeat    = "heartbeat"      // one tick of a leader; each electionTicks of them it checks its quorum
	tick         = "tick"           // one tick of another server: its lease gets older
	compact      = "compact"        // a snapshot stands for all that was applied
	appendDone   = "append"         // the library hears that a write is done
	applyDone    = "apply"          // the application applies what was committed
	transfer     = "transfer "      // the application asks the leader to hand over
	snapshotSent = "snapshot sent " // the transport has handed over a snapshot
	snapshotLost = "snapshot lost " // it could not
	unreachable  = "unreachable "   // the transport cannot reach it
)

func (n *node) Timers() []string {
	status := n.raw.BasicStatus()
	timers := []string{}
	if status.Applied > n.storage.compacted() {
		timers = append(timers, compact)
	}
	if len(n.appended) > 0 {
		timers = append(timers, appendDone)
	}
	if len(n.applying) > 0 {
		timers = append(timers, applyDone)
	}
	if status.RaftState != raft.StateLeader {
		timers = append(timers, election)
		if n.env.Config.Bool("check_quorum") {
			timers = append(timers, tick)
		}
		return timers
	}
	timers = append(timers, heartbeat)
	reports, transfers := n.env.Config.Bool("reports"), n.env.Config.Bool("transfer")
	n.peers(func(peer string, progress tracker.Progress) {
		if transfers {
			timers = append(timers, transfer+peer)
		}
		switch progress.State {
		case tracker.StateSnapshot:
			timers = append(timers, snapshotSent+peer)
			if reports {
				timers = append(timers, snapshotLost+peer)
			}
		case tracker.StateReplicate:
			if reports {
				timers = append(timers, unreachable+peer)
			}
		}
	})
	return timers
}

func (n *node) Fire(timer string) {
	switch timer {
	case election:
		for ticks := 0; ticks < electionTicks && !n.raw.HasReady(); ticks++ {
			n.tick()
		}
	case heartbeat, tick:
		n.tick()
	case compact:
		n.storage.compact(n.machine[:n.raw.BasicStatus().Applied:n.raw.BasicStatus().Applied])
	case appendDone:
		n.hearOfAppend()
	case applyDone:
		n.applyNext()
	default:
		n.fireFor(timer)
	}
	n.handleReady()
}

// fireFor is for timers with a peer's name behind.
func (n *node) fireFor(timer string) {
	if peer, ok := strings.CutPrefix(timer, transfer); ok {
		n.raw.TransferLeader(n.ids[peer])
		return
	}
	n.reported = n.raw.BasicStatus().GetTerm()
	if peer, ok := strings.CutPrefix(timer, snapshotSent); ok {
		n.raw.ReportSnapshot(n.ids[peer], raft.SnapshotFinish)
	} else if peer, ok := strings.CutPrefix(timer, snapshotLost); ok {
		n.raw.ReportSnapshot(n.ids[peer], raft.SnapshotFailure)
	} else if peer, ok := strings.CutPrefix(timer, unreachable); ok {
		n.raw.ReportUnreachable(n.ids[peer])
	} else {
		panic(fmt.Sprintf("no timer %q", timer))
	}
}

// tick lets time pass by one, with the shortest election timeout there is.
func (n *node) tick() {
	*n.inside.timeout = electionTicks
	n.raw.Tick()
}
