package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/load"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// latency measures each workload on each server with one client, and with arrivals at half the rate that the server reached with
// that many clients and no pipeline.
func (s *stand) latency(ctx context.Context, workloads []workload.Workload) error {
	for _, w := range workloads {
		if len(w.Latency) == 0 {
			continue
		}
		for _, server := range s.servers {
			if s.gone[server] {
				continue
			}
			if err := s.latencyOf(ctx, &w, server); err != nil {
				if err := s.failed(ctx, server, fmt.Sprintf("latency of %s on %s", w.Name, server.Name), err); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *stand) latencyOf(ctx context.Context, w *workload.Workload, server *target.Server) error {
	o := s.options
	command := client.NewTemplate(o.Keys, 1, w.Latency...)
	one, err := load.Closed(ctx, server.Addr, command, o.RunTime)
	if err != nil {
		return err
	}
	s.addLatency(w, server, "one client", one)
	clients := o.Clients[0]
	cell := s.report.Cell(w.Name, clients, 1)
	if cell == nil {
		s.note("Latency at half load was not measured: it needs the throughput without a pipeline.")
		return nil
	}
	if len(cell.On(server.Name)) == 0 {
		return nil // its run failed and is among the failures
	}
	rate := report.PerSecond(cell.On(server.Name)) / 2
	p := load.Paced{Addr: server.Addr, Command: command, Connections: clients, PerSecond: rate, Duration: o.RunTime}
	half, err := p.Run(ctx)
	if errors.Is(err, load.ErrOverloaded) {
		s.note(fmt.Sprintf("%s did not keep up with half of its own throughput: %s, %.0f a second.", server.Name, w.Name, rate))
		return nil
	}
	if err != nil {
		return err
	}
	s.addLatency(w, server, fmt.Sprintf("half load, %d clients", clients), half)
	return nil
}

func (s *stand) addLatency(w *workload.Workload, server *target.Server, kind string, r *load.Result) {
	l := report.Latency{
		Workload: w.Name, Server: server.Name, Load: kind, PerSecond: r.PerSecond(),
		P50Ms: milliseconds(load.Percentile(r.Latencies, 50)), P99Ms: milliseconds(load.Percentile(r.Latencies, 99)),
		MaxMs: milliseconds(load.Percentile(r.Latencies, 100)), LagP99Ms: milliseconds(load.Percentile(r.Lags, 99)),
	}
	s.report.Latencies = append(s.report.Latencies, l)
	s.options.logf("latency  %-14s %-22s %-13s %9.0f/s  p50 %.3f ms  p99 %.3f ms", w.Name, kind, server.Name, l.PerSecond, l.P50Ms, l.P99Ms)
}

// note adds a remark to the report once.
func (s *stand) note(text string) {
	for _, other := range s.report.Notes {
		if other == text {
			return
		}
	}
	s.report.Notes = append(s.report.Notes, text)
}
