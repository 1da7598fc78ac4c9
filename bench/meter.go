package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/mnorrsken/postkeys/bench/process"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
)

// costs are counters of a server and its PostgreSQL at one moment. What is not known is negative.
type costs struct {
	server, postgres time.Duration
	wal, disk, trips int64
	busy, total      time.Duration // of all processors
}

// questionTimeout bounds each question to PostgreSQL about itself.
const questionTimeout = 20 * time.Second

// costs reads the counters behind a server, of all its nodes.
func (s *stand) costs(ctx context.Context, server *target.Server) (costs, error) {
	c := costs{postgres: -1, wal: -1, disk: -1, trips: -1}
	var err error
	for _, node := range s.nodes(server) {
		cpu, err := process.TreeCPU(node.PID())
		if err != nil {
			return c, fmt.Errorf("processor time of %s: %w", server.Name, err)
		}
		c.server += cpu
	}
	if c.busy, c.total, err = process.MachineCPU(); err != nil {
		return c, fmt.Errorf("processor time of the machine: %w", err)
	}
	if server.Name != target.Postkeys {
		return c, nil
	}
	if s.postgres.Postmaster != 0 {
		if c.postgres, err = process.TreeCPU(s.postgres.Postmaster); err != nil {
			return c, fmt.Errorf("processor time of PostgreSQL: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	if c.wal, err = s.postgres.Database().WALBytes(ctx); err != nil {
		return c, err
	}
	if c.disk, err = s.postgres.Database().DiskBytes(ctx, s.postgres.Schema); err != nil {
		return c, err
	}
	c.trips = 0
	for _, node := range s.nodes(server) {
		trips, err := roundTrips(ctx, node)
		if err != nil || trips < 0 {
			c.trips = -1
			return c, err
		}
		c.trips += trips
	}
	return c, nil
}

// roundTrips is how often postkeys has gone to PostgreSQL and back for its clients, -1 for a version that does not count.
func roundTrips(ctx context.Context, server *target.Server) (int64, error) {
	metrics, err := server.Metrics(ctx)
	if err != nil {
		return -1, err
	}
	if n, found := metrics["postkeys_round_trips_total"]; found {
		return int64(n), nil
	}
	return -1, nil
}

// perCommand puts what was spent between two moments into a run.
func perCommand(r *report.Run, before, after costs, client time.Duration) {
	share := func(total float64, known bool) float64 {
		if !known {
			return -1
		}
		return total / float64(r.Commands)
	}
	micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	r.ServerMicros = share(micros(after.server-before.server), true)
	r.PostgresMicros = share(micros(after.postgres-before.postgres), before.postgres >= 0)
	r.WALBytes = share(float64(after.wal-before.wal), before.wal >= 0)
	r.DiskBytes = share(float64(max(0, after.disk-before.disk)), before.disk >= 0)
	r.RoundTrips = share(float64(after.trips-before.trips), before.trips >= 0)
	r.ClientMicros = share(micros(client), true)
	r.Others = others(before, after, client)
}

// others is the share of the machine that went to none of the server, its PostgreSQL and the client between two moments.
func others(before, after costs, client time.Duration) float64 {
	total := after.total - before.total
	if total <= 0 {
		return 0
	}
	known := after.server - before.server + client
	if before.postgres >= 0 {
		known += after.postgres - before.postgres
	}
	return max(0, float64(after.busy-before.busy-known)/float64(total))
}

// muchForOthers is from which share on what others took makes a figure doubtful.
const muchForOthers = 0.1

// disturbances counts runs during which other programs were busy.
type disturbances struct {
	runs, disturbed int
	worst           float64
	where           string // the worst one
}

// look takes the share of one run into account. name says which run.
func (d *disturbances) look(share float64, name string) {
	d.runs++
	if share < muchForOthers {
		return
	}
	d.disturbed++
	if share > d.worst {
		d.worst, d.where = share, name
	}
}

// String is a remark for the report, "" if there is nothing to say.
func (d *disturbances) String() string {
	if d.disturbed == 0 {
		return ""
	}
	return fmt.Sprintf("In %d of %d runs, other programs or the hypervisor took more than %.0f %% of the processors, up to %.0f %% (%s). "+
		"These figures are doubtful.", d.disturbed, d.runs, 100*muchForOthers, 100*d.worst, d.where)
}
