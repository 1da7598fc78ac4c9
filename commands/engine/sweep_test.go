package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestPace: the sweep hurries while there is much to remove, walks while there
// is anything that can expire, and idles otherwise.
func TestPace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		r     pg.SweepResult
		found bool
		want  time.Duration
	}{
		{"an empty table", pg.SweepResult{Wrapped: true}, false, sweepSlow},
		{"nothing can expire", pg.SweepResult{Rows: 5000}, false, sweepSlow},
		{"some can", pg.SweepResult{Rows: 5000, Volatile: 10}, true, sweepWalk},
		{"some could in the pass before", pg.SweepResult{Rows: 5000}, true, sweepWalk},
		{"a pass is over", pg.SweepResult{Rows: 5000, Volatile: 10, Wrapped: true}, true, sweepSlow},
		{"much has expired", pg.SweepResult{Rows: 5000, Volatile: 5000, Expired: 300}, true, sweepFast},
		{"much was flushed", pg.SweepResult{Rows: 5000, Freed: 300}, true, sweepFast},
		{"much, at the end of a pass", pg.SweepResult{Rows: 5000, Expired: 300, Wrapped: true}, true, sweepFast},
		{"little", pg.SweepResult{Rows: 5000, Volatile: 5000, Expired: 200}, true, sweepWalk},
		{"more collections than a step frees", pg.SweepResult{Rows: 500_000, Freed: 10_000, Behind: true, Wrapped: true}, false, sweepFast},
		{"more than a step takes", pg.SweepResult{Rows: 50_000, Expired: 1000, More: true}, true, sweepFast},
	} {
		if got := pace(test.r, test.found); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestSweepsOfTwoEngines: each expired key is reported by one of two nodes, and
// counted by the one that reports it. A sweep ends with its context, also in the
// middle of a pause.
func TestSweepsOfTwoEngines(t *testing.T) {
	t.Parallel()
	const keys = 3000
	dsn := pgtest.DSN(t)
	engines := [2]*Engine{start(t, dsn, nil), start(t, dsn, nil)}
	pgtest.Exec(t, dsn, fmt.Sprintf(`
INSERT INTO kv_keys (space, key, kind, value, expire_at)
SELECT space, convert_to('k' || n, 'UTF8'), 1, 'x', CASE WHEN n > %d THEN NULL ELSE 1 END
FROM kv_databases, generate_series(1, %d) n WHERE db = 1`, keys, keys+100))

	type report struct {
		node, db int
		name     string
	}
	reports := make(chan report, 2*keys)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for node, e := range engines {
		s := e.NewSweep(func(db int, name []byte, _ pg.Type) { reports <- report{node, db, string(name)} }, func() bool { return false })
		wg.Go(func() { s.Run(ctx) })
	}
	seen := map[string]bool{}
	counts := [2]int64{}
	for range keys {
		select {
		case r := <-reports:
			if r.db != 1 || seen[r.name] {
				t.Errorf("%+v, seen before: %v", r, seen[r.name])
			}
			seen[r.name] = true
			counts[r.node]++
		case <-time.After(testPatience):
			t.Fatalf("%d of %d keys were reported", len(seen), keys)
		}
	}
	cancel()
	wg.Wait()
	for node, e := range engines {
		if n := e.Expired.Load(); n != counts[node] {
			t.Errorf("node %d has counted %d keys and reported %d", node, n, counts[node])
		}
	}
	if len(reports) > 0 {
		t.Errorf("%d more were reported", len(reports))
	}
}
