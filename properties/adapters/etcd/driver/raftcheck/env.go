package raftcheck

import (
	"encoding/json"
	"fmt"
)

// Env is what a server may use, in one of its lives. What it does here is recorded in order; the harness
// does it again on its own disk and network. So write, Sync, and only then Send what depends on it.
type Env struct {
	Me      string
	Servers []string // all of the cluster, in the same order everywhere
	Config  Config

	disk map[string]json.RawMessage
	ops  [][]any
}

// Outcomes of a client's request.
const (
	OK      = "ok"
	Fail    = "fail"
	Unknown = "unknown"
)

// Disk is what survived of the server's earlier lives, by key. It is not changed by Write.
func (e *Env) Disk() map[string]json.RawMessage { return e.disk }

// Write puts a value under a key. Values can be anything that becomes JSON, and must not change later.
func (e *Env) Write(key string, value any) { e.do("write", key, value) }

// Erase removes a key.
func (e *Env) Erase(key string) { e.do("erase", key) }

// Sync makes durable what was written and erased so far.
func (e *Env) Sync() { e.do("sync") }

// Send hands a payload (anything that becomes JSON) to the network; view says the same for the judge.
func (e *Env) Send(to string, payload any, view Message) { e.do("send", to, payload, view) }

// Reply answers the client of a request.
func (e *Env) Reply(request int, outcome string) { e.do("reply", request, outcome) }

func (e *Env) do(op ...any) { e.ops = append(e.ops, op) }

// Config is the configuration of a run: a value of each knob.
type Config map[string]json.RawMessage

// Bool is the value of a knob.
func (c Config) Bool(name string) bool { return value[bool](c, name) }

// Uint is the value of a knob.
func (c Config) Uint(name string) uint64 { return value[uint64](c, name) }

func value[T any](c Config, name string) (found T) {
	if err := json.Unmarshal(c[name], &found); err != nil {
		panic(fmt.Sprintf("config %q is %q: %v", name, c[name], err))
	}
	return found
}
