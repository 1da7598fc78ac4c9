// Package target starts the servers that are compared, each on a free port of the loopback interface with its data in a temporary
// directory, and the PostgreSQL behind postkeys.
//
// It ends what it started and nothing else. A PostgreSQL of the user's own is only connected to: postkeys gets a schema of its own
// there, which is dropped at the end, so nothing that was in the database is touched.
package target

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/process"
)

// Names of the servers.
const (
	Postkeys    = "postkeys"
	Redis       = "redis"        // no persistence
	RedisAlways = "redis-always" // appendonly, and fsync before each reply
)

// Names lists the servers in the order in which they are shown.
var Names = []string{Postkeys, RedisAlways, Redis}

// readyTimeout bounds the start of a server; that of postkeys includes making its schema.
const readyTimeout = time.Minute

// stopTimeout bounds its end; postkeys gives requests that are under way up to 30 seconds.
const stopTimeout = 40 * time.Second

// Server is a running server.
type Server struct {
	Name    string
	Addr    string
	Version string // redis_version as INFO has it
	Command string // how it was started, for the report
	About   string // what sets it apart, or ""

	process  *process.Process
	observed string // where it serves metrics and profiles, "" for nowhere
}

// PID is the number of the server's process.
func (s *Server) PID() int { return s.process.PID() }

// Exited is closed when the server has ended.
func (s *Server) Exited() <-chan struct{} { return s.process.Exited() }

// Dial opens a connection to the server.
func (s *Server) Dial(ctx context.Context) (*client.Conn, error) { return client.Dial(ctx, s.Addr, "") }

// Stop ends the server.
func (s *Server) Stop() error {
	if err := s.process.Stop(stopTimeout); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// start starts a server and waits until it answers PING. On an error nothing is left running.
func start(ctx context.Context, name, addr string, c process.Command) (*Server, error) {
	p, err := process.Start(c)
	if err != nil {
		return nil, err
	}
	s := &Server{Name: name, Addr: addr, process: p}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := p.WaitReady(ctx, s.ping); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), s.Stop())
	}
	s.Version = s.version(ctx)
	return s, nil
}

// ping succeeds if the server answers before ctx ends.
func (s *Server) ping(ctx context.Context) error {
	c, err := s.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() }) // ends the wait for a server that takes connections and is silent
	defer stop()
	_, err = c.Do("PING")
	return err
}

// version asks the server for its version; one that does not tell is measured all the same.
func (s *Server) version(ctx context.Context) string {
	c, err := s.Dial(ctx)
	if err != nil {
		return unknown
	}
	defer func() { _ = c.Close() }()
	info, err := c.Do("INFO", "server")
	if err != nil {
		return unknown
	}
	return InfoField(string(info.Str), "redis_version")
}

const unknown = "unknown"

// InfoField is the value of one field of INFO, "" if it is not there.
func InfoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+":"); found {
			return value
		}
	}
	return ""
}

// freeAddr finds an address nobody listens on, below the range from which the kernel takes ports for outgoing connections: there a
// client of ours could take it first.
func freeAddr() (string, error) {
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(23000+rand.IntN(9000)))
		if l, err := net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", errors.New("no free port found")
}
