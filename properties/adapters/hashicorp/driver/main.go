// The driver of hashicorp/raft: it speaks raftcheck's stdio protocol (properties/PROTOCOL.md) and runs all
// servers of a cluster.
//
// hashicorp/raft takes its transport and its stores by injection, but not its clock, and it runs goroutines. So
// each life of a server is a bubble of testing/synctest: time in it is its own and stands still until it is
// advanced on purpose, and a request is answered once every goroutine of the bubble waits for something. What is
// left to chance, the order in which goroutines run that are ready at the same moment, is mostly taken away by
// running one at a time; where it is not, the answer still says what has happened.
//
//go:debug randseednop=0
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

const (
	protocol = 1
	name     = "hashicorp/raft v1.8.0"

	// runsPerCollection is how many runs pass between two collections of garbage, which happen at no other
	// time: they would make goroutines run in another order.
	runsPerCollection = 20
)

type fields = map[string]any

// request is any request of the protocol; each op has some of the fields.
type request struct {
	Op       string                     `json:"op"`
	Protocol int                        `json:"protocol"`
	Servers  []string                   `json:"servers"`
	Config   config                     `json:"config"`
	Seed     string                     `json:"seed"`
	Server   string                     `json:"server"`
	Fresh    bool                       `json:"fresh"`
	Disk     map[string]json.RawMessage `json:"disk"`
	Source   string                     `json:"source"`
	Payload  json.RawMessage            `json:"payload"`
	Timer    string                     `json:"timer"`
	Request  int                        `json:"request"`
	Command  string                     `json:"command"`
	Peer     string                     `json:"peer"`
	Up       bool                       `json:"up"`
}

func main() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	// synctest wants a *testing.T, so this program is a test, of which Main alone takes notice.
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{{Name: "driver", F: serve}}, nil, nil)
}

// serve answers requests until there are no more.
func serve(t *testing.T) {
	driver := &driver{test: t, servers: map[string]*server{}}
	requests := bufio.NewReader(os.Stdin)
	answers := bufio.NewWriter(os.Stdout)
	for {
		line, err := requests.ReadBytes('\n')
		if err != nil {
			os.Exit(0)
		}
		var asked request
		answer := any(nil)
		if err := json.Unmarshal(line, &asked); err != nil {
			answer = fields{"error": err.Error()}
		} else {
			answer = driver.answer(&asked)
		}
		if err := json.NewEncoder(answers).Encode(answer); err != nil {
			panic(err)
		}
		if err := answers.Flush(); err != nil {
			os.Exit(1)
		}
	}
}

// driver is the cluster: the servers that are up.
type driver struct {
	test    *testing.T
	names   []string
	config  config
	servers map[string]*server
	runs    int
}

func (d *driver) answer(r *request) any {
	switch r.Op {
	case "hello":
		return fields{"protocol": protocol, "name": name, "caps": caps}
	case "reset":
		d.reset(r)
		return fields{}
	case "start":
		if d.servers[r.Server] != nil {
			return fields{"error": r.Server + " is up"}
		}
		server := newServer(d.test, r.Server, d.names, d.config)
		d.servers[r.Server] = server
		return server.do(func(l *life) error { return l.start(r.Fresh, r.Disk) })
	}
	server := d.servers[r.Server]
	if server == nil {
		return fields{"error": fmt.Sprintf("%s: there is no server %q that is up", r.Op, r.Server)}
	}
	switch r.Op {
	case "deliver":
		return server.do(func(l *life) error { return l.deliver(r.Source, r.Payload) })
	case "fire":
		return server.do(func(l *life) error { return l.fire(r.Timer) })
	case "request":
		return server.do(func(l *life) error { l.request(r.Request, r.Command); return nil })
	case "link":
		return server.do(func(l *life) error { l.transport.link(r.Peer, r.Up); return nil })
	case "state":
		shown := server.do(func(*life) error { return nil })
		delete(shown, "ops")
		return shown
	case "stop":
		delete(d.servers, r.Server)
		server.stop()
		return fields{}
	}
	return fields{"error": fmt.Sprintf("unknown op %q", r.Op)}
}

func (d *driver) reset(r *request) {
	for name, server := range d.servers {
		delete(d.servers, name)
		server.stop()
	}
	if d.runs++; d.runs%runsPerCollection == 0 {
		runtime.GC()
	}
	d.names, d.config = r.Servers, r.Config
	seed := int64(0)
	for _, letter := range r.Seed {
		seed = seed*31 + int64(letter)
	}
	rand.Seed(seed) //nolint:staticcheck // hashicorp/raft draws its timeouts from the global source
}
