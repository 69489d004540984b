package main

import (
	"context"
	"encoding/json"
	"net"
	"sync"
	"time"

	"raftcheck/etcd/raftcheck"
)

// frame is a message as it travels. What it means goes with it, so that both ends log the same.
type frame struct {
	Payload []byte          `json:"payload"`
	View    json.RawMessage `json:"view"`
}

// network is the sockets of one server, from its start to its end.
type network struct {
	listener net.Listener
	received chan frame
	queues   map[uint64]chan []byte
	ended    context.Context
	end      context.CancelFunc
	running  sync.WaitGroup
}

const (
	queueLength = 1024
	redialEvery = 5 * time.Millisecond
)

func newNetwork(me uint64, listener net.Listener, addresses []string) *network {
	ended, end := context.WithCancel(context.Background())
	n := &network{
		listener: listener, received: make(chan frame, queueLength), queues: map[uint64]chan []byte{},
		ended: ended, end: end,
	}
	context.AfterFunc(ended, func() { listener.Close() })
	n.running.Go(n.accept)
	for i, address := range addresses {
		if peer := uint64(i + 1); peer != me {
			queue := make(chan []byte, queueLength)
			n.queues[peer] = queue
			n.running.Go(func() { n.sendTo(address, queue) })
		}
	}
	return n
}

// close cuts all connections; what was on the way is lost.
func (n *network) close() {
	n.end()
	n.running.Wait()
}

// send queues a message; one that finds the queue full is lost.
func (n *network) send(to uint64, payload []byte, view raftcheck.Message) {
	meaning, err := json.Marshal(view)
	if err != nil {
		panic(err)
	}
	encoded, err := json.Marshal(frame{payload, meaning})
	if err != nil {
		panic(err)
	}
	select {
	case n.queues[to] <- append(encoded, '\n'):
	default:
	}
}

func (n *network) accept() {
	for {
		connection, err := n.listener.Accept()
		if err != nil {
			return // the listener was closed
		}
		n.running.Go(func() { n.receive(connection) })
	}
}

// receive hands on what comes on a connection, until either end breaks it.
func (n *network) receive(connection net.Conn) {
	defer connection.Close()
	defer context.AfterFunc(n.ended, func() { connection.Close() })()
	frames := json.NewDecoder(connection)
	for {
		var f frame
		if frames.Decode(&f) != nil {
			return
		}
		select {
		case n.received <- f:
		case <-n.ended.Done():
			return
		}
	}
}

// sendTo keeps a connection to a peer and empties the queue into it; what is written to a connection that
// breaks is lost.
func (n *network) sendTo(address string, queue chan []byte) {
	for n.ended.Err() == nil {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			select {
			case <-time.After(redialEvery):
			case <-n.ended.Done():
			}
			continue
		}
		n.empty(queue, connection)
		connection.Close()
	}
}

func (n *network) empty(queue chan []byte, connection net.Conn) {
	for {
		select {
		case encoded := <-queue:
			if _, err := connection.Write(encoded); err != nil {
				return
			}
		case <-n.ended.Done():
			return
		}
	}
}
