package main

import (
	"cmp"
	"slices"
	"sync"
)

// record is what a server does to the world in one call.
type record struct {
	mutex  sync.Mutex
	ops    []op
	closed bool
}

type op = []any

func (r *record) add(parts ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.closed {
		r.ops = append(r.ops, parts)
	}
}

// close makes the server do nothing more: it has crashed.
func (r *record) close() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.closed = true
}

// take returns what was done since it was last called: writes, then sends, then replies to clients. Those who send
// are goroutines of their own, one for each peer, which run once the others wait. Where the runtime has them run
// earlier, or in the order of a Go map, that is undone, so that a schedule always gives the same trace.
func (r *record) take() []op {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	taken := r.ops
	r.ops = nil
	slices.SortStableFunc(taken, func(a, b op) int {
		if kind := cmp.Compare(place(a), place(b)); kind != 0 {
			return kind
		}
		switch a[0] {
		case "send":
			return cmp.Compare(a[1].(string), b[1].(string)) // by peer
		case "reply":
			return cmp.Compare(a[1].(int), b[1].(int)) // by request
		}
		return 0
	})
	return append([]op{}, taken...)
}

// place is where ops of a kind come.
func place(a op) int {
	return slices.Index([]any{"send", "reply"}, a[0])
}
