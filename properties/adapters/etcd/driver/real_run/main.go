// Runs a cluster of etcd-io/raft with a real clock and real TCP sockets on localhost, and logs what each
// server does: FORMAT.md lines, one file for each server. Clients ask for commands all the time, and now
// and then the leader crashes and comes back. Nothing here is deterministic.
//
//	real_run -traces FOLDER -seconds 3
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
	seconds := flag.Float64("seconds", 3, "how long the cluster runs")
	flag.Parse()
	if err := run(*folder, time.Duration(*seconds*float64(time.Second))); err != nil {
		fmt.Fprintln(os.Stderr, "real_run:", err)
		os.Exit(1)
	}
}

func run(folder string, duration time.Duration) error {
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
	live(servers, duration)
	for _, s := range servers {
		s.stop()
		if err := s.trace.close(); err != nil {
			return err
		}
	}
	return nil
}

// live is what the world does meanwhile: clients ask all servers, of which the leader takes it in; the
// leader crashes.
func live(servers []*server, duration time.Duration) {
	end := time.After(duration)
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
			for _, s := range servers {
				if s.leads.Load() {
					s.crash()
					time.Sleep(downTime)
					if err := s.restart(); err != nil {
						panic(err)
					}
					break
				}
			}
		case <-end:
			return
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
