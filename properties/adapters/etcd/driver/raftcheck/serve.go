package raftcheck

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"strings"
)

const protocol = 1

// longest is the most bytes that a request may have: a disk with a long log, many times over.
const longest = 1 << 28

// Implementation is a Raft to be driven. All chance in it must come from the seed.
type Implementation struct {
	Name  string
	Caps  Caps
	Start func(env *Env, fresh bool, seed string) Node

	// With Caps.Restorable. Store writes to an empty disk what a server in this state has there: its term,
	// its vote and its log. Payload is the message between these servers that has this view.
	Store   func(env *Env, state State)
	Payload func(servers []string, view Message) any
}

// Caps says what the implementation is made for (PROTOCOL.md).
type Caps struct {
	Network    string           `json:"network"`
	Durable    bool             `json:"durable"`
	Links      bool             `json:"links"`
	Liberties  []string         `json:"liberties"`
	Knobs      map[string][]any `json:"knobs"` // the first value of each is taken where a schedule has none
	Restorable bool             `json:"restorable"`
}

// Node is a running server. It acts only inside these calls, and is quiet when they return. A panic in
// one of them is told to the harness.
type Node interface {
	Deliver(source string, payload json.RawMessage)
	Fire(timer string)
	Request(request int, command string) bool // false: refused, nothing has changed
	Timers() []string                         // those that may fire now
	State() State
}

// Linked is a Node that wants to know when the stream to a peer is made or breaks (Caps.Links).
type Linked interface {
	Link(peer string, up bool)
}

type request struct {
	Op       string                     `json:"op"`
	Protocol int                        `json:"protocol"`
	Server   string                     `json:"server"`
	Servers  []string                   `json:"servers"`
	Config   Config                     `json:"config"`
	Seed     string                     `json:"seed"`
	Fresh    bool                       `json:"fresh"`
	Disk     map[string]json.RawMessage `json:"disk"`
	Source   string                     `json:"source"`
	Payload  json.RawMessage            `json:"payload"`
	Timer    string                     `json:"timer"`
	Request  int                        `json:"request"`
	Command  string                     `json:"command"`
	Peer     string                     `json:"peer"`
	Up       bool                       `json:"up"`
	State    State                      `json:"state"`
	View     json.RawMessage            `json:"view"`
}

type greeting struct {
	Protocol int    `json:"protocol"`
	Name     string `json:"name"`
	Caps     Caps   `json:"caps"`
}

type done struct{}

type observed struct {
	Timers []string `json:"timers"`
	State  State    `json:"state"`
}

type acted struct {
	Ops      [][]any `json:"ops"`
	Accepted *bool   `json:"accepted,omitempty"`
	observed
}

type stored struct {
	Disk map[string]any `json:"disk"`
}

type made struct {
	Payload any `json:"payload"`
}

type failed struct {
	Error string `json:"error"`
}

// Serve answers requests, one JSON object a line, until there are no more.
func Serve(in io.Reader, out io.Writer, implementation Implementation) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), longest)
	buffered := bufio.NewWriter(out)
	answers := json.NewEncoder(buffered)
	answers.SetEscapeHTML(false)
	cluster := cluster{implementation: implementation}
	for lines.Scan() {
		if err := answers.Encode(cluster.answer(lines.Bytes())); err != nil {
			return err
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
	}
	return lines.Err()
}

// cluster is all servers of the run that is going on.
type cluster struct {
	implementation Implementation
	servers        []string
	config         Config
	seed           string
	running        map[string]*server
}

type server struct {
	env  *Env
	node Node
}

// answer is what a request comes to; a panic on the way is an error that is told.
func (c *cluster) answer(line []byte) (answer any) {
	defer func() {
		if problem := recover(); problem != nil {
			answer = failed{fmt.Sprintf("panic: %v, at %s", problem, place())}
		}
	}()
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return failed{"not a request: " + err.Error()}
	}
	switch r.Op {
	case "hello":
		if r.Protocol != protocol {
			return failed{fmt.Sprintf("protocol %d, expected %d", r.Protocol, protocol)}
		}
		return greeting{protocol, c.implementation.Name, c.implementation.Caps}
	case "reset":
		c.servers, c.config, c.seed = r.Servers, c.withDefaults(r.Config), r.Seed
		c.running = map[string]*server{}
		return done{}
	case "start":
		env := &Env{Me: r.Server, Servers: c.servers, Config: c.config, disk: r.Disk}
		s := &server{env: env}
		s.node = c.implementation.Start(env, r.Fresh, c.seed)
		c.running[r.Server] = s
		return s.acted(nil)
	case "store":
		return c.stored(r.Server, r.State)
	case "payload":
		view, err := ReadMessage(r.View)
		if err != nil {
			return failed{err.Error()}
		}
		return made{c.implementation.Payload(c.servers, view)}
	}
	s := c.running[r.Server]
	if s == nil {
		return failed{fmt.Sprintf("%s: server %q is not running", r.Op, r.Server)}
	}
	switch r.Op {
	case "deliver":
		s.node.Deliver(r.Source, r.Payload)
	case "fire":
		s.node.Fire(r.Timer)
	case "request":
		accepted := s.node.Request(r.Request, r.Command)
		return s.acted(&accepted)
	case "link":
		s.node.(Linked).Link(r.Peer, r.Up)
	case "state":
		return observed{s.node.Timers(), s.node.State()}
	case "stop":
		delete(c.running, r.Server)
		return done{}
	default:
		return failed{fmt.Sprintf("unknown op %q", r.Op)}
	}
	return s.acted(nil)
}

// stored is what a server in a state has on disk: what it has written there, seen from an empty one.
func (c *cluster) stored(server string, state State) stored {
	env := &Env{Me: server, Servers: c.servers, Config: c.config}
	c.implementation.Store(env, state)
	disk := map[string]any{}
	for _, op := range env.ops {
		switch op[0] {
		case "write":
			disk[op[1].(string)] = op[2]
		case "erase":
			delete(disk, op[1].(string))
		}
	}
	return stored{disk}
}

// withDefaults adds the knobs that a schedule leaves out, each with the first of its values.
func (c *cluster) withDefaults(config Config) Config {
	complete := Config{}
	for name, values := range c.implementation.Caps.Knobs {
		encoded, err := json.Marshal(values[0])
		if err != nil {
			panic(err)
		}
		complete[name] = encoded
	}
	maps.Copy(complete, config)
	return complete
}

// acted is the answer after a call in which the server may have acted: what it did, and what it is now.
func (s *server) acted(accepted *bool) acted {
	ops := s.env.ops
	if ops == nil {
		ops = [][]any{}
	}
	s.env.ops = nil
	return acted{ops, accepted, observed{s.node.Timers(), s.node.State()}}
}

// place is where a panic came from: the first lines of the stack below the runtime, outermost last.
func place() string {
	var places []string
	below := false
	for _, line := range strings.Split(string(debug.Stack()), "\n") {
		file, isFile := strings.CutPrefix(line, "\t")
		if !isFile {
			continue
		}
		if below && len(places) < 3 {
			file, _, _ = strings.Cut(file, " +")
			places = append(places, file)
		}
		below = below || strings.Contains(file, "runtime/panic.go")
	}
	return strings.Join(places, ", called from ")
}
