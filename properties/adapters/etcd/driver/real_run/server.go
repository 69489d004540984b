package main

import (
	"errors"
	"io"
	"log"
	"math"
	"net"
	"sync/atomic"
	"time"

	"raftcheck/etcd/raftcheck"
	"raftcheck/etcd/views"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"
)

// server is a server of the cluster through all its lives. All that it does, it does in serve().
type server struct {
	id        uint64
	addresses []string
	storage   *storage
	trace     *tracer
	leads     atomic.Bool

	raw     *raft.RawNode
	network *network
	asked   chan string
	stopped chan struct{} // closed to stop it
	done    chan struct{} // closed when it has stopped
}

// storage stands for the disk: it is what a crash leaves.
type storage struct {
	*raft.MemoryStorage
	members *pb.ConfState
}

func (s *storage) InitialState() (*pb.HardState, *pb.ConfState, error) {
	hard, _, err := s.MemoryStorage.InitialState()
	return hard, s.members, err
}

func newServer(id uint64, addresses []string, trace *tracer) *server {
	members := &pb.ConfState{}
	for i := range addresses {
		members.Voters = append(members.Voters, uint64(i+1))
	}
	return &server{
		id: id, addresses: addresses, trace: trace, storage: &storage{raft.NewMemoryStorage(), members},
	}
}

// start begins a life; event is "Init" or "Restart".
func (s *server) start(listener net.Listener, event string) {
	raw, err := raft.NewRawNode(&raft.Config{
		ID:                        s.id,
		ElectionTick:              10,
		HeartbeatTick:             2,
		Storage:                   s.storage,
		MaxSizePerMsg:             math.MaxUint64,
		MaxInflightMsgs:           256,
		CheckQuorum:               true,
		PreVote:                   true,
		DisableProposalForwarding: true,
		Logger:                    &raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
	})
	if err != nil {
		panic(err)
	}
	s.raw, s.network = raw, newNetwork(s.id, listener, s.addresses)
	s.asked, s.stopped, s.done = make(chan string, 1), make(chan struct{}), make(chan struct{})
	s.log(line{Event: event}, nil)
	go s.serve()
}

// stop ends a life, without a word.
func (s *server) stop() {
	close(s.stopped)
	<-s.done
	s.network.close()
	s.leads.Store(false)
}

func (s *server) crash() {
	s.stop()
	s.trace.write(line{Event: "Crash", Server: name(s.id)})
}

func (s *server) restart() error {
	listener, err := net.Listen("tcp", s.addresses[s.id-1])
	if err != nil {
		return err
	}
	s.start(listener, "Restart")
	return nil
}

// ask brings a client's command; it is lost if the server is busy, or does not lead.
func (s *server) ask(command string) {
	select {
	case s.asked <- command:
	default:
	}
}

// serve handles one thing after the other, and logs a line for each: what it was, what was sent, what came
// of it.
func (s *server) serve() {
	defer close(s.done)
	clock := time.NewTicker(tickTime)
	defer clock.Stop()
	for {
		select {
		case <-s.stopped:
			return
		case <-clock.C:
			s.raw.Tick()
			if s.raw.HasReady() {
				s.log(line{Event: "Timeout"}, s.handleReady(false))
			}
		case f := <-s.network.received:
			m := &pb.Message{}
			if err := proto.Unmarshal(f.Payload, m); err != nil {
				panic(err)
			}
			stale := m.GetTerm() < s.raw.BasicStatus().GetTerm()
			if err := s.raw.Step(m); err != nil {
				panic(err)
			}
			s.log(line{Event: "Receive", Message: f.View}, s.handleReady(stale))
		case command := <-s.asked:
			err := s.raw.Propose([]byte(command))
			if errors.Is(err, raft.ErrProposalDropped) {
				continue
			}
			if err != nil {
				panic(err)
			}
			s.log(line{Event: "ClientRequest", Value: command}, s.handleReady(false))
		}
	}
}

// handleReady does what the library asks for, and says what was sent; stale: it answers a request of an
// older term.
func (s *server) handleReady(stale bool) (sends []raftcheck.Message) {
	for s.raw.HasReady() {
		ready := s.raw.Ready()
		if !raft.IsEmptyHardState(ready.HardState) {
			s.must(s.storage.SetHardState(ready.HardState))
		}
		s.must(s.storage.Append(ready.Entries))
		for _, m := range ready.Messages {
			view := views.View(m, views.Sender{
				Name: name, Term: s.raw.BasicStatus().GetTerm(), TermAt: s.termAt, Stale: stale,
			})
			payload, err := proto.Marshal(m)
			s.must(err)
			s.network.send(m.GetTo(), payload, view)
			sends = append(sends, view)
		}
		s.raw.Advance(ready)
	}
	return sends
}

func (s *server) termAt(index uint64) uint64 {
	term, err := s.storage.Term(index)
	s.must(err)
	return term
}

func (s *server) must(err error) {
	if err != nil {
		panic(err)
	}
}

// log writes the line of what has just been handled.
func (s *server) log(l line, sends []raftcheck.Message) {
	l.Server, l.Sends, l.State = name(s.id), sends, s.state()
	s.leads.Store(*l.State.Role == raftcheck.Leader)
	s.trace.write(l)
}

func (s *server) state() *raftcheck.State {
	state := views.State(s.raw.BasicStatus(), name, s.entries())
	if *state.Role == raftcheck.Leader {
		state.MatchIndex = map[string]uint64{}
		s.raw.WithProgress(func(id uint64, _ raft.ProgressType, progress tracker.Progress) {
			if id != s.id {
				state.MatchIndex[name(id)] = progress.Match
			}
		})
	}
	return &state
}

func (s *server) entries() []raftcheck.Entry {
	last, err := s.storage.LastIndex()
	s.must(err)
	if last == 0 {
		return []raftcheck.Entry{}
	}
	entries, err := s.storage.Entries(1, last+1, math.MaxUint64)
	s.must(err)
	return views.Entries(entries)
}
