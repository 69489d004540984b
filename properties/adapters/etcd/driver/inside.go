package main

import (
	"fmt"
	"reflect"
	"unsafe"

	"go.etcd.io/raft/v3"
)

// inside reaches two unexported fields of raft.RawNode, which has no API for them:
//
//   - raft.randomizedElectionTimeout, drawn from a source of chance that cannot be seeded. It is written,
//     before each tick, with the least that it may be, so that a run depends on its schedule alone.
//   - raft.trk.Votes, to show the votes that a candidate has. It is only read.
type inside struct {
	timeout *int
	votes   *map[uint64]bool
}

func look(node *raft.RawNode) inside {
	r := reflect.ValueOf(node).Elem().FieldByName("raft").Elem()
	return inside{
		timeout: pointer[int](r, "randomizedElectionTimeout"),
		votes:   pointer[map[uint64]bool](r, "trk", "Votes"),
	}
}

func pointer[T any](structure reflect.Value, path ...string) *T {
	field := structure
	for _, name := range path {
		field = field.FieldByName(name)
		if !field.IsValid() {
			panic(fmt.Sprintf("etcd-io/raft %s has no field %v in its raft", release(), path))
		}
	}
	if field.Type() != reflect.TypeFor[T]() {
		panic(fmt.Sprintf("etcd-io/raft %s has a %s in %v", release(), field.Type(), path))
	}
	return (*T)(unsafe.Pointer(field.UnsafeAddr()))
}

// silent keeps the log lines of etcd-io/raft to itself; a panic remains one.
type silent struct{}

func (silent) Debug(...any)            {}
func (silent) Debugf(string, ...any)   {}
func (silent) Error(...any)            {}
func (silent) Errorf(string, ...any)   {}
func (silent) Info(...any)             {}
func (silent) Infof(string, ...any)    {}
func (silent) Warning(...any)          {}
func (silent) Warningf(string, ...any) {}

func (silent) Fatal(v ...any)                 { panic(fmt.Sprint(v...)) }
func (silent) Fatalf(format string, v ...any) { panic(fmt.Sprintf(format, v...)) }
func (silent) Panic(v ...any)                 { panic(fmt.Sprint(v...)) }
func (silent) Panicf(format string, v ...any) { panic(fmt.Sprintf(format, v...)) }
