package main

// One life of one server, from start to crash, in a bubble of its own.

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// Timeouts lie so far apart that those of one kind can be let run out without those of the next. Only their order
// matters: no clock is looked at.
const (
	// electionTimeout is that of followers, candidates and leases; a leader's heartbeat takes a tenth to a fifth.
	electionTimeout = time.Hour

	// commitTimeout is after how long, or twice that, a leader sends what is new, or what is committed.
	commitTimeout = time.Second

	// longestBackoff is more than a leader ever waits after calls that failed.
	longestBackoff = 11 * time.Second

	// mostTimeouts is within how many election timeouts a server that hears nothing has begun an election.
	mostTimeouts = 8

	never = 50 * 365 * 24 * time.Hour
)

var caps = fields{
	"network":   "stream+gaps",
	"durable":   true,
	"links":     true,
	"liberties": []string{"StepDown", "IgnoreStaleRequest", "RefuseVoteRequest", "LeaderEntry"},
	"knobs": fields{
		"pre_vote":      []bool{true, false},
		"trailing_logs": []int{10240, 2},
		"vote_writes":   []int{2, 1},
	},
}

// config is the configuration that a schedule asks for.
type config struct {
	MaxEntries   *int    `json:"max_entries"`
	PreVote      *bool   `json:"pre_vote"`
	TrailingLogs *uint64 `json:"trailing_logs"`
	VoteWrites   int     `json:"vote_writes"`
}

func (c config) raft(me string) *raft.Config {
	made := raft.DefaultConfig()
	made.LocalID = raft.ServerID(me)
	made.Logger = hclog.NewNullLogger()
	made.CommitTimeout = commitTimeout
	made.HeartbeatTimeout = electionTimeout
	made.ElectionTimeout = electionTimeout
	made.LeaderLeaseTimeout = electionTimeout
	made.SnapshotInterval = never // a snapshot is taken when the timer "compact" says so
	if c.MaxEntries != nil {
		made.MaxAppendEntries = *c.MaxEntries
	}
	if c.PreVote != nil {
		made.PreVoteDisabled = !*c.PreVote
	}
	if c.TrailingLogs != nil {
		made.TrailingLogs = *c.TrailingLogs
	}
	return made
}

// server is the outside of a life: what the bubble is told to do next, and what it answers.
type server struct {
	tasks   chan func(*life) error
	answers chan fields
	over    chan struct{}
}

func newServer(t *testing.T, me string, names []string, config config) *server {
	made := &server{make(chan func(*life) error), make(chan fields), make(chan struct{})}
	go func() {
		defer close(made.over)
		synctest.Test(t, func(*testing.T) {
			inside := newLife(me, names, config)
			for task := range made.tasks {
				made.answers <- inside.answer(task)
			}
			inside.stop()
		})
	}()
	return made
}

// do has the server do something, and returns once it has come to rest.
func (s *server) do(task func(*life) error) fields {
	s.tasks <- task
	return <-s.answers
}

func (s *server) stop() {
	close(s.tasks)
	<-s.over
}

// life is the inside: a Raft with its stores and its transport.
type life struct {
	me        string
	names     []string
	config    config
	raft      *raft.Raft
	record    record
	disk      *disk
	machine   *machine
	transport *transport
	accepted  *bool
}

func newLife(me string, names []string, config config) *life {
	made := &life{me: me, names: names, config: config}
	made.disk = &disk{record: &made.record, wholeVotes: config.VoteWrites == 1}
	made.machine = &machine{disk: made.disk}
	made.transport = newTransport(me, &made.record)
	return made
}

// answer does a task and says what came of it.
func (l *life) answer(task func(*life) error) fields {
	l.accepted = nil
	if err := task(l); err != nil {
		return fields{"error": err.Error()}
	}
	synctest.Wait()
	said := fields{"ops": l.record.take(), "timers": l.timers(), "state": l.state()}
	if l.accepted != nil {
		said["accepted"] = *l.accepted
	}
	return said
}

func (l *life) start(fresh bool, stored map[string]json.RawMessage) error {
	if err := l.disk.load(stored); err != nil {
		return err
	}
	config := l.config.raft(l.me)
	if fresh {
		var members raft.Configuration
		for _, name := range l.names {
			members.Servers = append(members.Servers, raft.Server{ID: raft.ServerID(name), Address: raft.ServerAddress(name)})
		}
		if err := raft.BootstrapCluster(config, l.disk, l.disk, l.disk, l.transport, members); err != nil {
			return fmt.Errorf("bootstrap: %w", err)
		}
	}
	started, err := raft.NewRaft(config, l.machine, l.disk, l.disk, l.disk, l.transport)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	l.raft, l.transport.server = started, started
	return nil
}

func (l *life) stop() {
	l.record.close()
	if l.raft != nil {
		l.raft.Shutdown()
	}
	l.transport.close(l.names...)
}

func (l *life) deliver(source string, payload json.RawMessage) error {
	return l.transport.deliver(source, payload)
}

// request asks for a command. It is refused if the answer, that this is no leader, comes at once.
func (l *life) request(number int, command string) {
	l.accepted = new(bool)
	*l.accepted = true
	accepted := l.accepted
	asked := make(chan raft.ApplyFuture, 1)
	go func() { asked <- l.raft.Apply([]byte(command), 0) }()
	go func() {
		future := <-asked
		switch err := future.Error(); {
		case err == nil:
			l.record.add("reply", number, "ok", future.Response())
		case errors.Is(err, raft.ErrNotLeader):
			*accepted = false
		default:
			l.record.add("reply", number, "unknown")
		}
	}()
}

// Time

func (l *life) timers() []string {
	timers := []string{"election"}
	if l.raft.State() == raft.Leader {
		timers = []string{"heartbeat", "replicate"}
	}
	if l.machine.grown() {
		timers = append(timers, "compact")
	}
	if l.transport.waits() {
		timers = append(timers, "rpc")
	}
	return timers
}

func (l *life) fire(timer string) error {
	switch timer {
	case "election":
		l.hearNothing()
	case "heartbeat":
		time.Sleep(electionTimeout / 5)
	case "replicate":
		time.Sleep(2*commitTimeout + longestBackoff)
	case "compact":
		l.raft.Snapshot()
	case "rpc":
		l.transport.fail(l.names...)
	default:
		return fmt.Errorf("unknown timer %q", timer)
	}
	return nil
}

// hearNothing lets time pass until the server begins an election, or asks whether it should.
func (l *life) hearNothing() {
	rounds := l.transport.rounds()
	for range mostTimeouts {
		time.Sleep(electionTimeout)
		synctest.Wait()
		if l.transport.rounds() != rounds {
			return
		}
	}
}

// What is seen

func (l *life) state() fields {
	term := l.raft.CurrentTerm()
	return fields{
		"role":         l.role(),
		"current_term": term,
		"voted_for":    l.disk.vote(term),
		"log":          l.disk.wholeLog(),
		"commit_index": l.raft.CommitIndex(),
	}
}

// role is Figure 2's: a server that only asks whether it might be elected is still a follower.
func (l *life) role() string {
	switch l.raft.State() {
	case raft.Leader:
		return "Leader"
	case raft.Candidate:
		if !l.transport.asksAhead() {
			return "Candidate"
		}
	}
	return "Follower"
}
