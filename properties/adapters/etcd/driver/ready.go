package main

import (
	"raftcheck/etcd/raftcheck"
	"raftcheck/etcd/views"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// handleReady does what the library asks for, until it asks for nothing more (doc.go, Usage).
func (n *node) handleReady() {
	for n.raw.HasReady() {
		ready := n.raw.Ready()
		if n.async {
			n.handleLocalMessages(ready)
		} else {
			n.storage.save(ready.HardState, ready.Entries, ready.Snapshot, ready.MustSync)
			n.restore(ready.Snapshot)
			n.sendAll(ready.Messages)
			n.apply(ready.CommittedEntries)
			n.raw.Advance(ready)
		}
	}
}

// handleLocalMessages is what stands for the append thread and the apply thread, with asynchronous storage
// writes. Writes are done at once, before anything is sent, so that a crash leaves what was shown; it is the
// library that hears of them late, when the timers "append" and "apply" fire. Writes that are late
// themselves are not tried: a leader may have sent an entry then that a crash takes from it (thesis
// §10.2.1), and in raft.tla a log is stable.
func (n *node) handleLocalMessages(ready raft.Ready) {
	var network []*pb.Message
	for _, m := range ready.Messages {
		switch m.GetTo() {
		case raft.LocalAppendThread:
			network = append(network, n.handleAppend(m, ready.MustSync)...)
		case raft.LocalApplyThread:
			n.applying = append(n.applying, m)
		default:
			network = append(network, m)
		}
	}
	n.sendAll(network)
}

// handleAppend does a write, and gives back the answers to other servers that waited for it. The library
// does not ask for a sync where nothing waits; a term that was taken in vain may be lost then, which is
// safe but not what raft.tla calls stable, so it is synced as without asynchronous storage writes.
func (n *node) handleAppend(m *pb.Message, mustSync bool) (answers []*pb.Message) {
	hard := &pb.HardState{Term: m.Term, Vote: m.Vote, Commit: m.Commit}
	n.storage.save(hard, m.GetEntries(), m.GetSnapshot(), mustSync || len(m.GetResponses()) > 0)
	n.restore(m.GetSnapshot())
	var own []*pb.Message
	for _, response := range m.GetResponses() {
		if response.GetTo() == n.ids[n.env.Me] {
			own = append(own, response)
		} else {
			answers = append(answers, response)
		}
	}
	if len(own) > 0 {
		n.appended = append(n.appended, own)
	}
	return answers
}

// hearOfAppend tells the library that its oldest write is done.
func (n *node) hearOfAppend() {
	responses := n.appended[0]
	n.appended = n.appended[1:]
	for _, m := range responses {
		n.step(m)
	}
	n.handleReady()
}

// applyNext applies the oldest committed entries that are waiting, and tells the library.
func (n *node) applyNext() {
	m := n.applying[0]
	n.applying = n.applying[1:]
	n.apply(m.GetEntries())
	for _, response := range m.GetResponses() {
		n.step(response)
	}
	n.handleReady()
}

func (n *node) sendAll(messages []*pb.Message) {
	for _, m := range messages {
		n.send(m)
	}
}

// restore replaces the state machine by a snapshot, if there is one.
func (n *node) restore(snapshot *pb.Snapshot) {
	if raft.IsEmptySnap(snapshot) {
		return
	}
	for _, entry := range views.Image(snapshot)[len(n.machine):] {
		n.applyOne(entry)
	}
}

// apply brings committed entries to the state machine. With asynchronous storage writes a snapshot may have
// brought it further meanwhile.
func (n *node) apply(entries []*pb.Entry) {
	for i, entry := range views.Entries(entries) {
		if entries[i].GetIndex() == uint64(len(n.machine))+1 {
			n.applyOne(entry)
		}
	}
}

func (n *node) applyOne(entry raftcheck.Entry) {
	n.machine = append(n.machine, entry)
	index := uint64(len(n.machine))
	asked, ok := n.waiting[index]
	if !ok {
		return
	}
	delete(n.waiting, index)
	if asked.term == entry.Term {
		n.env.Reply(asked.request, raftcheck.OK)
	} else {
		n.env.Reply(asked.request, raftcheck.Fail)
	}
}
