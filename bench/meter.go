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
	wal              int64
}

// questionTimeout bounds each question to PostgreSQL about itself.
const questionTimeout = 20 * time.Second

// costs reads the counters behind a server.
func (s *stand) costs(ctx context.Context, server *target.Server) (costs, error) {
	c := costs{postgres: -1, wal: -1}
	var err error
	if c.server, err = process.TreeCPU(server.PID()); err != nil {
		return c, fmt.Errorf("processor time of %s: %w", server.Name, err)
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
	c.wal, err = s.postgres.Database().WALBytes(ctx)
	return c, err
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
	r.ClientMicros = share(micros(client), true)
}
