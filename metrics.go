package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// metricsServer is the HTTP listener for metrics and health.
type metricsServer struct {
	http http.Server
	addr net.Addr
}

// startMetrics serves /metrics, /health and /ready on an address; an empty one
// means none.
func startMetrics(addr string, n *node) (*metricsServer, error) {
	if addr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		metrics.WritePrometheus(w, true)
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	m := &metricsServer{
		http: http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute},
		addr: l.Addr(),
	}
	go func() { _ = m.http.Serve(l) }() // ends with Shutdown
	return m, nil
}

func (m *metricsServer) stop(ctx context.Context) error { return m.http.Shutdown(ctx) }
