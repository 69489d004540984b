// A driver for raftcheck: the servers of a cluster behind JSON lines (PROTOCOL.md). Nothing here is about Raft.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type asked struct {
	Op      string                     `json:"op"`
	Server  string                     `json:"server"`
	Servers []string                   `json:"servers"`
	Disk    map[string]json.RawMessage `json:"disk"`
	Source  string                     `json:"source"`
	Payload json.RawMessage            `json:"payload"`
	Timer   string                     `json:"timer"`
	Request int                        `json:"request"`
	Command string                     `json:"command"`
}

type object = map[string]any

type driver struct {
	names   []string
	servers map[string]*server
}

func (d *driver) answer(line []byte) (answer object, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	var a asked
	if err := json.Unmarshal(line, &a); err != nil {
		return nil, err
	}
	switch a.Op {
	case "hello":
		return object{"protocol": 1, "name": "my raft", "caps": object{"network": "datagram"}}, nil
	case "reset":
		d.names, d.servers = a.Servers, map[string]*server{}
		return object{}, nil
	case "start":
		d.servers[a.Server] = newServer(a.Server, d.names, a.Disk)
		return d.servers[a.Server].after(), nil
	}
	s := d.servers[a.Server]
	if s == nil {
		return nil, fmt.Errorf("no server %q runs", a.Server)
	}
	s.ops = []any{}
	switch a.Op {
	case "stop":
		delete(d.servers, a.Server)
		return object{}, nil
	case "state":
		return object{"timers": s.timers(), "state": s.state()}, nil
	case "fire":
		err = s.fire(a.Timer)
	case "deliver":
		err = s.deliver(a.Source, a.Payload)
	case "request":
		accepted := s.request(a.Request, a.Command)
		answer := s.after()
		answer["accepted"] = accepted
		return answer, nil
	default:
		err = fmt.Errorf("no op %q", a.Op)
	}
	if err != nil {
		return nil, err
	}
	return s.after(), nil
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	d := &driver{}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		answer, err := d.answer(line)
		if err != nil {
			answer = object{"error": err.Error()}
		}
		text, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		out.Write(append(text, '\n'))
		out.Flush()
	}
}
