package main

// The raft.Transport: a call is a message that leaves the server, and returns when the answer has arrived or the
// call is made to fail.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/hashicorp/raft"
)

// envelope is what travels: a request or an answer to it, both with the number of the call.
type envelope struct {
	Call   int             `json:"call"`
	Kind   string          `json:"kind"`
	Answer bool            `json:"answer"`
	Body   json.RawMessage `json:"body"`
	Data   []byte          `json:"data,omitempty"` // of a snapshot
	Error  string          `json:"error,omitempty"`
}

// The kinds of calls.
const (
	appendEntries   = "append"
	installSnapshot = "snapshot"
	preVote         = "pre-vote"
	requestVote     = "vote"
	timeoutNow      = "timeout now"
)

// ticket is where an answer belongs: to the call with this number of those to the peer.
type ticket struct {
	peer   string
	number int
}

// call is a call that waits for its answer.
type call struct {
	response any
	done     chan error
}

type transport struct {
	me        string
	server    *raft.Raft
	record    *record
	consumer  chan raft.RPC
	heartbeat func(raft.RPC)
	closed    chan struct{}

	mutex     sync.Mutex
	up        map[string]bool
	calls     map[ticket]*call
	made      map[string]int // calls to each peer
	elections int
	lastAsked string
}

func newTransport(me string, record *record) *transport {
	return &transport{
		me:       me,
		record:   record,
		consumer: make(chan raft.RPC),
		closed:   make(chan struct{}),
		up:       map[string]bool{},
		calls:    map[ticket]*call{},
		made:     map[string]int{},
	}
}

// errDeposed ends calls of a replication goroutine that goes on after its leader has stepped down. Whether there are
// any is left to the runtime (a select with two channels that are ready); they count as lost on their way.
var errDeposed = errors.New("connection lost: no leader of this term any more")

// leads says whether the server is the leader of this term.
func (t *transport) leads(term uint64) bool {
	return t.server.State() == raft.Leader && t.server.CurrentTerm() == term
}

// Calls of the server to its peers

func (t *transport) AppendEntries(
	_ raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse,
) error {
	if !t.leads(args.Term) {
		return errDeposed
	}
	timeless := *args
	timeless.Entries = make([]*raft.Log, len(args.Entries))
	for place, log := range args.Entries { // AppendedAt, which is for operators only, depends on how long time passed
		timeless.Entries[place] = &raft.Log{Index: log.Index, Term: log.Term, Type: log.Type, Data: log.Data}
	}
	return t.call(appendEntries, string(to), &timeless, resp, nil)
}

func (t *transport) RequestVote(
	_ raft.ServerID, to raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse,
) error {
	return t.call(requestVote, string(to), args, resp, nil)
}

func (t *transport) RequestPreVote(
	_ raft.ServerID, to raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse,
) error {
	return t.call(preVote, string(to), args, resp, nil)
}

func (t *transport) TimeoutNow(
	_ raft.ServerID, to raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse,
) error {
	return t.call(timeoutNow, string(to), args, resp, nil)
}

func (t *transport) InstallSnapshot(
	_ raft.ServerID, to raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse,
	data io.Reader,
) error {
	if !t.leads(args.Term) {
		return errDeposed
	}
	content, err := io.ReadAll(data)
	if err != nil {
		return err
	}
	return t.call(installSnapshot, string(to), args, resp, content)
}

func (t *transport) call(kind, to string, args, response any, data []byte) error {
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	made := t.register(kind, to, response, func(number int) {
		message := envelope{Call: number, Kind: kind, Body: body, Data: data}
		t.record.add("send", to, message, viewOfRequest(t.me, to, args, data))
	})
	if made == nil {
		return errors.New("connection refused")
	}
	return <-made.done
}

// register has a call wait for its answer; nil if there is no stream to the peer.
func (t *transport) register(kind, to string, response any, send func(int)) *call {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if kind == preVote || kind == requestVote {
		t.elections++
		t.lastAsked = kind
	}
	if !t.up[to] {
		return nil
	}
	t.made[to]++
	made := &call{response, make(chan error, 1)}
	t.calls[ticket{to, t.made[to]}] = made
	send(t.made[to])
	return made
}

// rounds grows with each election, or question whether there should be one.
func (t *transport) rounds() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.elections
}

// asksAhead says whether the server last asked for votes without having taken a new term.
func (t *transport) asksAhead() bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.lastAsked == preVote
}

// waits says whether any answer is awaited.
func (t *transport) waits() bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.calls) > 0
}

// Streams

func (t *transport) link(peer string, up bool) {
	t.mutex.Lock()
	t.up[peer] = up
	t.mutex.Unlock()
	if !up {
		t.fail(peer)
	}
}

// fail ends all calls to these peers with an error.
func (t *transport) fail(peers ...string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for waiting, call := range t.calls {
		if slices.Contains(peers, waiting.peer) {
			delete(t.calls, waiting)
			call.done <- errors.New("connection lost")
		}
	}
}

// close ends everything: the server goes down.
func (t *transport) close(peers ...string) {
	close(t.closed)
	for _, peer := range peers {
		t.link(peer, false)
	}
}

// What arrives

func (t *transport) deliver(source string, payload json.RawMessage) error {
	var message envelope
	if err := json.Unmarshal(payload, &message); err != nil {
		return err
	}
	if message.Answer {
		return t.settle(source, message)
	}
	command, err := decoded(message)
	if err != nil {
		return err
	}
	go t.handle(source, message, command)
	return nil
}

// settle gives an answer to who waits for it, if anybody still does.
func (t *transport) settle(source string, message envelope) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	waiting := t.calls[ticket{source, message.Call}]
	if waiting == nil {
		return nil
	}
	delete(t.calls, ticket{source, message.Call})
	if message.Error != "" {
		waiting.done <- errors.New(message.Error)
		return nil
	}
	err := json.Unmarshal(message.Body, waiting.response)
	waiting.done <- err
	return err
}

// decoded is the request that a message carries.
func decoded(message envelope) (any, error) {
	var command any
	switch message.Kind {
	case appendEntries:
		command = &raft.AppendEntriesRequest{}
	case installSnapshot:
		command = &raft.InstallSnapshotRequest{}
	case preVote:
		command = &raft.RequestPreVoteRequest{}
	case requestVote:
		command = &raft.RequestVoteRequest{}
	case timeoutNow:
		command = &raft.TimeoutNowRequest{}
	default:
		return nil, fmt.Errorf("unknown kind of message %q", message.Kind)
	}
	return command, json.Unmarshal(message.Body, command)
}

// handle has the server answer a request.
func (t *transport) handle(source string, message envelope, command any) {
	answers := make(chan raft.RPCResponse, 1)
	rpc := raft.RPC{Command: command, Reader: bytes.NewReader(message.Data), RespChan: answers}
	if isHeartbeat(command) {
		// NetworkTransport does so too: heartbeats overtake what waits for the main loop.
		t.heartbeat(rpc)
	} else {
		select {
		case t.consumer <- rpc:
		case <-t.closed:
			return
		}
	}
	select {
	case answer := <-answers:
		t.answer(source, message, command, answer, t.server.CurrentTerm())
	case <-t.closed:
	}
}

func (t *transport) answer(source string, message envelope, command any, answer raft.RPCResponse, term uint64) {
	body, err := json.Marshal(answer.Response)
	if err != nil {
		panic(err)
	}
	reply := envelope{Call: message.Call, Kind: message.Kind, Answer: true, Body: body}
	if answer.Error != nil {
		reply.Error = answer.Error.Error()
	}
	t.record.add("send", source, reply, viewOfAnswer(t.me, source, command, answer.Response, term))
}

// isHeartbeat tells requests that NetworkTransport takes for heartbeats.
func isHeartbeat(command any) bool {
	request, is := command.(*raft.AppendEntriesRequest)
	return is && request.Term != 0 && request.PrevLogEntry == 0 && request.PrevLogTerm == 0 &&
		len(request.Entries) == 0 && request.LeaderCommitIndex == 0
}

// The rest of raft.Transport

func (t *transport) Consumer() <-chan raft.RPC { return t.consumer }

func (t *transport) LocalAddr() raft.ServerAddress { return raft.ServerAddress(t.me) }

func (t *transport) EncodePeer(_ raft.ServerID, address raft.ServerAddress) []byte {
	return []byte(address)
}

func (t *transport) DecodePeer(peer []byte) raft.ServerAddress { return raft.ServerAddress(peer) }

func (t *transport) SetHeartbeatHandler(handler func(raft.RPC)) { t.heartbeat = handler }

// AppendEntriesPipeline says what NetworkTransport says if it may have one request in flight (MaxRPCsInFlight).
func (t *transport) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}
