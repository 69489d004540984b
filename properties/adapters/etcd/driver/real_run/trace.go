package main

import (
	"encoding/json"
	"os"
	"time"

	"raftcheck/etcd/raftcheck"
)

// line is one line of a trace (FORMAT.md): what happened to a server, what it sent then, and what it is
// afterwards.
type line struct {
	Event   string              `json:"event"`
	Server  string              `json:"server"`
	Timer   string              `json:"timer,omitempty"`
	Message raftcheck.Message   `json:"message,omitempty"`
	Value   string              `json:"value,omitempty"`
	Sends   []raftcheck.Message `json:"sends"` // [] says that there was nothing
	State   *raftcheck.State    `json:"state,omitempty"`
	Time    time.Time           `json:"time"`
}

// tracer writes the lines of one server.
type tracer struct {
	file  *os.File
	lines *json.Encoder
	err   error
}

func newTracer(file *os.File) *tracer { return &tracer{file: file, lines: json.NewEncoder(file)} }

func (t *tracer) write(l line) {
	if l.Sends == nil {
		l.Sends = []raftcheck.Message{}
	}
	l.Time = time.Now()
	if t.err == nil {
		t.err = t.lines.Encode(l)
	}
}

// close ends the trace; the first error that was met.
func (t *tracer) close() error {
	if err := t.file.Close(); t.err == nil {
		t.err = err
	}
	return t.err
}
