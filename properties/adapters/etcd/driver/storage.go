package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"raftcheck/etcd/raftcheck"
	"raftcheck/etcd/views"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// storage is a raft.Storage in memory that writes everything to the server's disk as well: the term and
// vote under "hard_state", each entry under "entry/INDEX", the snapshot under "snapshot".
//
// A crash may come between any two writes, so each prefix of them must be a disk that a server can start
// from: a log ends before the first index that is missing.
type storage struct {
	env     *raftcheck.Env
	members *pb.ConfState
	hard    hardState
	image   []raftcheck.Entry // the entries that the snapshot stands for
	entries []*pb.Entry       // those after it
}

// hardState is pb.HardState as it is on disk.
type hardState struct {
	Term   uint64 `json:"term"`
	Vote   uint64 `json:"vote"`
	Commit uint64 `json:"commit"`
}

const (
	hardStateKey = "hard_state"
	snapshotKey  = "snapshot"
)

func entryKey(index uint64) string { return "entry/" + strconv.FormatUint(index, 10) }

// load reads what an earlier life left on disk, and clears away what does not belong to it.
func load(env *raftcheck.Env, members *pb.ConfState) *storage {
	s := &storage{env: env, members: members, image: []raftcheck.Entry{}}
	read(env, hardStateKey, &s.hard)
	read(env, snapshotKey, &s.image)
	// A crash may have come after a snapshot of the leader was written and before its commit index was.
	s.hard.Commit = max(s.hard.Commit, s.compacted())
	var entry raftcheck.Entry
	for read(env, entryKey(s.last()+1), &entry) {
		s.entries = append(s.entries, views.Stored(s.last()+1, entry))
	}
	left := map[string]bool{hardStateKey: true, snapshotKey: true}
	for index := s.compacted() + 1; index <= s.last(); index++ {
		left[entryKey(index)] = true
	}
	for _, key := range slices.Sorted(maps.Keys(env.Disk())) {
		if !left[key] {
			env.Erase(key)
		}
	}
	return s
}

func read(env *raftcheck.Env, key string, into any) bool {
	raw, ok := env.Disk()[key]
	if !ok {
		return false
	}
	if err := json.Unmarshal(raw, into); err != nil {
		panic(fmt.Sprintf("disk[%q] = %s: %v", key, raw, err))
	}
	return true
}

// compacted is the last index that only the snapshot has; 0 if there is none.
func (s *storage) compacted() uint64 { return uint64(len(s.image)) }

func (s *storage) last() uint64 { return s.compacted() + uint64(len(s.entries)) }

// termAt is the term of any entry, compacted or not.
func (s *storage) termAt(index uint64) uint64 {
	switch {
	case index == 0:
		return 0
	case index <= s.compacted():
		return s.image[index-1].Term
	default:
		return s.entries[index-s.compacted()-1].GetTerm()
	}
}

// log is all of it, as if nothing had been compacted.
func (s *storage) log() []raftcheck.Entry {
	whole := make([]raftcheck.Entry, 0, s.last())
	return append(append(whole, s.image...), views.Entries(s.entries)...)
}

// save writes what a Ready wants to be kept, in memory and on disk; sync says whether to wait for it.
//
// doc.go of etcd-io/raft has the entries before the hard state, or all of it written at once. Here the
// term and the vote come first, so that no crash leaves entries of a term that the server does not know.
func (s *storage) save(hard *pb.HardState, entries []*pb.Entry, snapshot *pb.Snapshot, sync bool) {
	if !raft.IsEmptyHardState(hard) {
		s.setHard(hardState{hard.GetTerm(), hard.GetVote(), s.hard.Commit})
	}
	s.append(entries)
	if !raft.IsEmptySnap(snapshot) {
		s.install(views.Image(snapshot))
	}
	if !raft.IsEmptyHardState(hard) {
		s.setHard(hardState{hard.GetTerm(), hard.GetVote(), hard.GetCommit()})
	}
	if sync || !raft.IsEmptySnap(snapshot) { // Ready.MustSync speaks of the hard state and the entries only
		s.env.Sync()
	}
}

func (s *storage) setHard(hard hardState) {
	if hard != s.hard {
		s.hard = hard
		s.env.Write(hardStateKey, hard)
	}
}

// append takes in entries, and discards what follows the first that is not stored already.
func (s *storage) append(entries []*pb.Entry) {
	for i, entry := range entries {
		if entry.GetIndex() > s.last() || s.termAt(entry.GetIndex()) != entry.GetTerm() {
			s.truncate(entry.GetIndex())
			s.entries = append(s.entries, entries[i:]...)
			for j, seen := range views.Entries(entries[i:]) {
				s.env.Write(entryKey(entries[i+j].GetIndex()), seen)
			}
			return
		}
	}
}

// truncate discards all entries from an index on, the first of them first.
func (s *storage) truncate(from uint64) {
	if from <= s.compacted() || from > s.last()+1 {
		panic(fmt.Sprintf("entry %d is to be written: the log has %d..%d", from, s.compacted()+1, s.last()))
	}
	for index := from; index <= s.last(); index++ {
		s.env.Erase(entryKey(index))
	}
	s.entries = s.entries[: from-s.compacted()-1 : from-s.compacted()-1]
}

// install replaces the log by a snapshot that came from the leader.
func (s *storage) install(image []raftcheck.Entry) {
	agreed := s.compacted()
	for agreed < min(s.last(), uint64(len(image))) && s.termAt(agreed+1) == image[agreed].Term {
		agreed++
	}
	s.truncate(agreed + 1)
	s.env.Write(snapshotKey, image)
	s.forget(uint64(len(image)))
	s.image, s.entries = image, nil
}

// compact lets a snapshot stand for the entries of an image of the state machine.
func (s *storage) compact(image []raftcheck.Entry) {
	s.env.Write(snapshotKey, image)
	s.env.Sync()
	s.forget(uint64(len(image)))
	s.entries = s.entries[uint64(len(image))-s.compacted():]
	s.image = image
}

// forget erases the entries up to an index, for which a snapshot stands.
func (s *storage) forget(to uint64) {
	for index := s.compacted() + 1; index <= min(to, s.last()); index++ {
		s.env.Erase(entryKey(index))
	}
}

// raft.Storage

func (s *storage) InitialState() (*pb.HardState, *pb.ConfState, error) {
	hard := &pb.HardState{Term: new(s.hard.Term), Vote: new(s.hard.Vote), Commit: new(s.hard.Commit)}
	return hard, s.members, nil
}

func (s *storage) FirstIndex() (uint64, error) { return s.compacted() + 1, nil }

func (s *storage) LastIndex() (uint64, error) { return s.last(), nil }

func (s *storage) Term(index uint64) (uint64, error) {
	switch {
	case index < s.compacted():
		return 0, raft.ErrCompacted
	case index > s.last():
		return 0, raft.ErrUnavailable
	}
	return s.termAt(index), nil
}

func (s *storage) Entries(from, to, maxSize uint64) ([]*pb.Entry, error) {
	switch {
	case from <= s.compacted():
		return nil, raft.ErrCompacted
	case to > s.last()+1:
		return nil, raft.ErrUnavailable
	}
	found := s.entries[from-s.compacted()-1 : to-s.compacted()-1]
	size := uint64(0)
	for count, entry := range found {
		size += uint64(proto.Size(entry))
		if count > 0 && size > maxSize {
			found = found[:count]
			break
		}
	}
	return found[:len(found):len(found)], nil
}

func (s *storage) Snapshot() (*pb.Snapshot, error) {
	data, err := json.Marshal(s.image)
	if err != nil {
		return nil, err
	}
	return &pb.Snapshot{Data: data, Metadata: &pb.SnapshotMetadata{
		ConfState: s.members, Index: new(s.compacted()), Term: new(s.termAt(s.compacted())),
	}}, nil
}
