package main

// The state machine: it keeps all entries that were applied, so that a snapshot is the log up to its index.

import (
	"encoding/json"
	"io"
	"sync"

	"github.com/hashicorp/raft"
)

type machine struct {
	disk *disk

	mutex   sync.Mutex
	applied []entry
	kept    int // how many of them the newest snapshot has
}

// grown says whether a new snapshot would have more than the last one.
func (m *machine) grown() bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.applied) > m.kept
}

// Apply is raft.FSM's. It is called for commands only; what no client asked for stands in the log before them.
func (m *machine) Apply(log *raft.Log) any {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for index := uint64(len(m.applied)) + 1; index < log.Index; index++ {
		var before raft.Log
		if err := m.disk.GetLog(index, &before); err != nil {
			panic(err)
		}
		m.applied = append(m.applied, entryOf(&before))
	}
	m.applied = append(m.applied, entryOf(log))
	return log.Index
}

// Restore is raft.FSM's.
func (m *machine) Restore(snapshot io.ReadCloser) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.applied = nil
	if err := json.NewDecoder(snapshot).Decode(&m.applied); err != nil {
		return err
	}
	m.kept = len(m.applied)
	return nil
}

// Snapshot is raft.FSM's.
func (m *machine) Snapshot() (raft.FSMSnapshot, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	content, err := json.Marshal(m.applied)
	if err != nil {
		return nil, err
	}
	m.kept = len(m.applied)
	return snapshot(content), nil
}

// snapshot is a raft.FSMSnapshot.
type snapshot []byte

func (s snapshot) Persist(sink raft.SnapshotSink) error {
	if _, err := sink.Write(s); err != nil {
		return err
	}
	return sink.Close()
}

func (s snapshot) Release() {}
