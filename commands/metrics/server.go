// Package metrics serves what operators and Kubernetes ask a node over HTTP:
// metrics, health and, if asked for, profiles.
package metrics

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/mnorrsken/postkeys/commands"
	"github.com/mnorrsken/postkeys/commands/engine"
)

// Server is the HTTP listener.
type Server struct {
	http http.Server
	addr net.Addr
}

// Node is what the pages tell about.
type Node struct {
	Server *commands.Server
	Engine *engine.Engine
	// Connections reports the listener's figures.
	Connections func() commands.ConnectionStats
	// NotReady says why clients should not be sent to the node now, "" if they
	// should.
	NotReady func() string
	Version  string
}

// Start serves /metrics, /health and /ready, and profiles below /debug/pprof if
// profiles is true. Stop ends it.
func Start(addr string, profiles bool, n Node) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Server{
		http: http.Server{
			Handler: handler(n, profiles), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
			WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		},
		addr: l.Addr(),
	}
	go func() { _ = s.http.Serve(l) }() // ends with Stop
	return s, nil
}

// Addr returns the address that the listener has.
func (s *Server) Addr() net.Addr { return s.addr }

func handler(n Node, profiles bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		n.write(w)
	})
	// The process lives as long as it answers. PostgreSQL has no say in that: a
	// restart would not bring it back.
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		if reason := n.NotReady(); reason != "" {
			http.Error(w, reason, http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	if profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// Stop ends the listener; requests under way get a moment.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // all that is left to do
	}
}
