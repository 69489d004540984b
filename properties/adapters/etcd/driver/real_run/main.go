// Runs a cluster of etcd-io/raft with a real clock and real TCP sockets on localhost, and logs what each
// server does: FORMAT.md lines, one file for each server. Clients ask for commands all the time, and now
// and then the leader crashes and comes back. Nothing here is deterministic.
//
//	real_run -traces FOLDER -crashes 3
//	raftcheck validate --merge FOLDER/n1.ndjson FOLDER/n2.ndjson FOLDER/n3.ndjson --liberty ...
//
// An implementer copies trace.go, and the places in server.go that call it.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	tickTime    = 10 * time.Millisecond
	askEvery    = 25 * time.Millisecond
	crashEvery  = 700 * time.Millisecond
	downTime    = 200 * time.Millisecond
	serverCount = 3
)

func main() {
	folder := flag.String("traces", ".", "where n1.ndjson, n2.ndjson, ... are written")
	crashes := flag.Int("crashes", 3, "how many leaders crash and come back before it ends")
	flag.Parse()
	if err := run(*folder, *crashes); err != nil {
		fmt.Fprintln(os.Stderr, "real_run:", err)
		os.Exit(1)
	}
}

func run(folder string, crashes int) error {
	listeners, addresses, err := listen(serverCount)
	if err != nil {
		return err
	}
	servers := make([]*server, serverCount)
	for i := range servers {
		file, err := os.Create(filepath.Join(folder, name(uint64(i+1))+".ndjson"))
		if err != nil {
			return err
		}
		servers[i] = newServer(uint64(i+1), addresses, newTracer(file))
	}
	for i, s := range servers {
		s.start(listeners[i], "Init")
	}
	if err := live(servers, crashes); err != nil {
		return err
	}
	for _, s := range servers {
		s.stop()
		if err := s.trace.close(); err != nil {
			return err
		}
	}
	return nil
}

// live is what the world does meanwhile: clients ask all servers, of which the leader takes it in; leaders
// crash and come back. Once the last of them is back, it goes on for as long as between two crashes.
func live(servers []*server, crashes int) error {
	ask, crash := time.NewTicker(askEvery), time.NewTicker(crashEvery)
	defer ask.Stop()
	defer crash.Stop()
	for command := 1; ; {
		select {
		case <-ask.C:
			for _, s := range servers {
				s.ask(fmt.Sprintf("v%d", command))
				command++
			}
		case <-crash.C:
			if crashes == 0 {
				return nil
			}
			if i := slices.IndexFunc(servers, func(s *server) bool { return s.leads.Load() }); i >= 0 {
				servers[i].crash()
				time.Sleep(downTime)
				if err := servers[i].restart(); err != nil {
					return err
				}
				crashes--
			}
		}
	}
}

func listen(count int) (listeners []net.Listener, addresses []string, err error) {
	for range count {
		listener, err := net.Listen("tcp", net.JoinHostPort("localhost", "0"))
		if err != nil {
			return nil, nil, err
		}
		listeners = append(listeners, listener)
		addresses = append(addresses, listener.Addr().String())
	}
	return listeners, addresses, nil
}

func name(id uint64) string { return fmt.Sprintf("n%d", id) }
