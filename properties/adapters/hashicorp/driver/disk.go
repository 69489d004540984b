package main

// The stores of a server: raft.LogStore, raft.StableStore and raft.SnapshotStore. Each change is one write, which
// is on disk when it returns, as with raft-boltdb and FileSnapshotStore.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/hashicorp/raft"
)

const (
	termKey      = "CurrentTerm" // hashicorp/raft's own names
	voteTermKey  = "LastVoteTerm"
	candidateKey = "LastVoteCand"
	voteKey      = "LastVote" // the last two together, if the vote is to be one write
	logKey       = "log"
	snapshotKey  = "snapshot"
)

// record of a log as it is stored; in the order of indexes, between which there may be gaps.
type storedLog struct {
	Index uint64       `json:"index"`
	Term  uint64       `json:"term"`
	Type  raft.LogType `json:"type"`
	Data  []byte       `json:"data"`
}

// storedVote is a vote that is one write.
type storedVote struct {
	Term      uint64 `json:"term"`
	Candidate string `json:"candidate"`
}

// storedSnapshot is the newest snapshot; others are not kept.
type storedSnapshot struct {
	Meta    raft.SnapshotMeta `json:"meta"`
	Content string            `json:"content"` // as the machine wrote it
}

type disk struct {
	record     *record
	wholeVotes bool // a vote is one write

	mutex    sync.Mutex
	numbers  map[string]uint64
	texts    map[string][]byte
	logs     []*raft.Log
	snapshot *storedSnapshot
}

func (d *disk) load(stored map[string]json.RawMessage) error {
	d.numbers, d.texts = map[string]uint64{}, map[string][]byte{}
	for key, value := range stored {
		var err error
		switch key {
		case termKey, voteTermKey:
			var number uint64
			err = json.Unmarshal(value, &number)
			d.numbers[key] = number
		case candidateKey:
			var text string
			err = json.Unmarshal(value, &text)
			d.texts[key] = []byte(text)
		case voteKey:
			var vote storedVote
			err = json.Unmarshal(value, &vote)
			d.numbers[voteTermKey], d.texts[candidateKey] = vote.Term, []byte(vote.Candidate)
		case logKey:
			var logs []storedLog
			err = json.Unmarshal(value, &logs)
			for _, log := range logs {
				d.logs = append(d.logs, &raft.Log{Index: log.Index, Term: log.Term, Type: log.Type, Data: log.Data})
			}
		case snapshotKey:
			err = json.Unmarshal(value, &d.snapshot)
		default:
			err = errors.New("unknown key")
		}
		if err != nil {
			return fmt.Errorf("disk: %s: %w", key, err)
		}
	}
	return nil
}

func (d *disk) write(key string, value any) {
	d.record.add("write", key, value)
	d.record.add("sync")
}

// vote is whom the server has given its vote in this term; nobody: "".
func (d *disk) vote(term uint64) string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.numbers[voteTermKey] != term {
		return ""
	}
	return string(d.texts[candidateKey])
}

// wholeLog is the log from index 1: what the snapshot has of it, and what was stored after that.
func (d *disk) wholeLog() []entry {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	whole := []entry{}
	if d.snapshot != nil {
		if err := json.Unmarshal([]byte(d.snapshot.Content), &whole); err != nil {
			panic(err)
		}
	}
	for _, log := range d.logs {
		if log.Index > uint64(len(whole)) {
			whole = append(whole, entryOf(log))
		}
	}
	return whole
}

// raft.StableStore

func (d *disk) Set(key []byte, value []byte) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.texts[string(key)] = value
	if d.wholeVotes && string(key) == candidateKey {
		d.write(voteKey, storedVote{d.numbers[voteTermKey], string(value)})
	} else {
		d.write(string(key), string(value))
	}
	return nil
}

func (d *disk) Get(key []byte) ([]byte, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.texts[string(key)], nil
}

func (d *disk) SetUint64(key []byte, value uint64) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.numbers[string(key)] == value {
		return nil // written again at each start: nothing changes
	}
	d.numbers[string(key)] = value
	if !d.wholeVotes || string(key) != voteTermKey {
		d.write(string(key), value)
	}
	return nil
}

func (d *disk) GetUint64(key []byte) (uint64, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.numbers[string(key)], nil
}

// raft.LogStore

func (d *disk) FirstIndex() (uint64, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.logs) == 0 {
		return 0, nil
	}
	return d.logs[0].Index, nil
}

func (d *disk) LastIndex() (uint64, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.logs) == 0 {
		return 0, nil
	}
	return d.logs[len(d.logs)-1].Index, nil
}

func (d *disk) GetLog(index uint64, log *raft.Log) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, stored := range d.logs {
		if stored.Index == index {
			*log = *stored
			return nil
		}
	}
	return raft.ErrLogNotFound
}

func (d *disk) StoreLog(log *raft.Log) error {
	return d.StoreLogs([]*raft.Log{log})
}

// StoreLogs replaces what is there under the same indexes.
func (d *disk) StoreLogs(logs []*raft.Log) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, log := range logs {
		place := len(d.logs)
		for place > 0 && d.logs[place-1].Index >= log.Index {
			place--
		}
		copied := *log
		if place < len(d.logs) && d.logs[place].Index == log.Index {
			d.logs[place] = &copied
		} else {
			d.logs = append(d.logs[:place], append([]*raft.Log{&copied}, d.logs[place:]...)...)
		}
	}
	d.writeLogs()
	return nil
}

func (d *disk) DeleteRange(first, last uint64) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	kept := []*raft.Log{}
	for _, log := range d.logs {
		if log.Index < first || log.Index > last {
			kept = append(kept, log)
		}
	}
	d.logs = kept
	d.writeLogs()
	return nil
}

func (d *disk) writeLogs() {
	stored := make([]storedLog, 0, len(d.logs))
	for _, log := range d.logs {
		stored = append(stored, storedLog{log.Index, log.Term, log.Type, log.Data})
	}
	d.write(logKey, stored)
}

// raft.SnapshotStore

func (d *disk) Create(
	version raft.SnapshotVersion, index, term uint64, members raft.Configuration, membersIndex uint64, _ raft.Transport,
) (raft.SnapshotSink, error) {
	meta := raft.SnapshotMeta{
		Version: version, ID: fmt.Sprintf("%d-%d", term, index), Index: index, Term: term,
		Configuration: members, ConfigurationIndex: membersIndex,
	}
	return &sink{disk: d, meta: meta}, nil
}

func (d *disk) List() ([]*raft.SnapshotMeta, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.snapshot == nil {
		return nil, nil
	}
	return []*raft.SnapshotMeta{&d.snapshot.Meta}, nil
}

func (d *disk) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.snapshot == nil || d.snapshot.Meta.ID != id {
		return nil, nil, fmt.Errorf("no snapshot %s", id)
	}
	return &d.snapshot.Meta, io.NopCloser(strings.NewReader(d.snapshot.Content)), nil
}

// sink is a snapshot that is being written.
type sink struct {
	bytes.Buffer
	disk *disk
	meta raft.SnapshotMeta
}

func (s *sink) ID() string { return s.meta.ID }

func (s *sink) Cancel() error { return nil }

func (s *sink) Close() error {
	s.disk.mutex.Lock()
	defer s.disk.mutex.Unlock()
	s.meta.Size = int64(s.Len())
	s.disk.snapshot = &storedSnapshot{s.meta, s.String()}
	s.disk.write(snapshotKey, s.disk.snapshot)
	return nil
}
