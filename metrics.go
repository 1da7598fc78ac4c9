package main

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// metricsServer is the HTTP listener for metrics, health and, if asked for,
// profiles.
type metricsServer struct {
	http http.Server
	addr net.Addr
}

// startMetrics serves /metrics, /health and /ready; without an address it
// returns nil.
func startMetrics(cfg MetricsConfig, n *node) (*metricsServer, error) {
	if cfg.Addr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, listenError("METRICS_ADDR", cfg.Addr, err)
	}
	m := &metricsServer{
		http: http.Server{
			Handler: metricsHandler(n, cfg.Profiles), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
			WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		},
		addr: l.Addr(),
	}
	go func() { _ = m.http.Serve(l) }() // ends with stop
	return m, nil
}

func metricsHandler(n *node, profiles bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		n.writeMetrics(w)
	})
	// The process lives as long as it answers. PostgreSQL has no say in that: a
	// restart would not bring it back.
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		if reason := n.notReady(); reason != "" {
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

// notReady says why clients should not be sent here now, "" if they should.
func (n *node) notReady() string {
	switch {
	case n.stopping.Load():
		return "shutting down"
	case !n.server.Ready():
		return "PostgreSQL is not reachable"
	}
	return ""
}

// stop ends the listener; requests under way get a moment.
func (m *metricsServer) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if m.http.Shutdown(ctx) != nil {
		_ = m.http.Close() // all that is left to do
	}
}
