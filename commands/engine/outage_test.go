package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestTasksWaitForPostgresWithinTheirPatience stops PostgreSQL under tasks and starts it again.
func TestTasksWaitForPostgresWithinTheirPatience(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	dsn := cluster.DSN("postgres")
	const patience = time.Second
	short := start(t, dsn, func(o *Options) { o.Patience = patience })
	long := start(t, dsn, nil)
	try(t, short, Update, incr("a"))
	try(t, long, Update, incr("a"))
	cluster.Stop()

	began := time.Now()
	impatient := []*client{newClient(Read, get("a")), newClient(Blind, set("b", "x")), newClient(Update, incr("a"), incr("a")),
		newClient(Slow, get("a"))}
	for _, c := range impatient {
		short.Submit(&c.Task)
	}
	patient := []*client{newClient(Read, get("a")), newClient(Blind, set("c", "x")), newClient(Update, incr("c"), incr("a"))}
	for _, c := range patient {
		long.Submit(&c.Task)
	}
	for _, c := range impatient {
		for _, reply := range c.replies(t) {
			if !strings.HasPrefix(reply, fmt.Sprintf("kind %d: ", pg.KindUnavailable)) {
				t.Errorf("got %q", reply)
			}
		}
	}
	if took := time.Since(began); took < patience || took > 5*patience {
		t.Errorf("commands failed after %v", took)
	}
	if short.Reachable() {
		t.Error("PostgreSQL counts as reachable")
	}
	cluster.Start()
	if got := patient[0].replies(t)[0]; got != "2" && got != "3" {
		t.Errorf("got %q", got)
	}
	expect(t, patient[1], "OK")
	patient[2].replies(t)
	if got := try(t, short, Read, get("a"), get("b")); got[0] != "3" || got[1] != "" {
		t.Errorf("stored %q", got)
	}
}

// TestStopDoesNotWaitForPostgres stops an engine whose tasks wait for PostgreSQL.
func TestStopDoesNotWaitForPostgres(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	e := start(t, cluster.DSN("postgres"), nil)
	try(t, e, Update, incr("a"))
	cluster.Stop()
	c := newClient(Update, incr("a"))
	e.Submit(&c.Task)
	for e.Lost.Load() == 0 {
		<-time.After(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testPatience/2)
	defer cancel()
	if err := e.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if got := c.replies(t)[0]; !strings.HasPrefix(got, fmt.Sprintf("kind %d: ", pg.KindUnavailable)) {
		t.Errorf("got %q", got)
	}
}

// TestStopServesWhatIsQueued stops an engine with several workers waiting for the same key.
func TestStopServesWhatIsQueued(t *testing.T) {
	t.Parallel()
	e := start(t, pgtest.DSN(t), func(o *Options) { o.Lanes = [numLanes]int{2, 2, 4, 1} })
	hold, open := gate(claim("a", pg.ModeUpdate))
	first := newClient(Update, hold)
	e.Submit(&first.Task)
	within(t, first.started, "a worker")
	var clients []*client
	for range 10 {
		clients = append(clients, newClient(Update, incr("a")), newClient(Blind, set("a", "0")))
	}
	for _, c := range clients {
		e.Submit(&c.Task)
	}
	stopped := make(chan error)
	go func() { stopped <- e.Stop(t.Context()) }()
	open()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		within(t, c.done, "a task") // Stop has waited for it
	}
}

// committing makes every COMMIT that adds a key wait until the session lets go of an advisory lock.
func committing(t *testing.T, dsn string) *pgtest.Session {
	t.Helper()
	pgtest.Exec(t, dsn, `
create function wait_in_commit() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(1);
    return null;
end $$`, "create constraint trigger wait after insert on kv_keys deferrable initially deferred for each row execute function wait_in_commit()")
	s := pgtest.Open(t, dsn)
	s.Exec("select pg_advisory_lock(1)")
	return s
}

// TestBackendKilledInCommit ends the backend while it commits: nothing was committed, and the round runs again.
func TestBackendKilledInCommit(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e := start(t, dsn, nil)
	s := committing(t, dsn)
	for _, lane := range []Lane{Update, Blind} {
		c := newClient(lane, map[Lane]step{Update: incr("a"), Blind: set("b", "1")}[lane])
		e.Submit(&c.Task)
		awaitLockWait(t, dsn) // in the commit
		s.Exec(`select pg_terminate_backend(pid, 10000) from pg_stat_activity
			where datname = current_database() and wait_event_type = 'Lock'`)
		awaitLockWait(t, dsn) // in the second commit
		s.Exec("select pg_advisory_unlock(1)")
		c.replies(t)
		s.Exec("select pg_advisory_lock(1)")
		if c.runs != 2 {
			t.Errorf("ran %d times", c.runs)
		}
	}
	if got := try(t, e, Read, get("a"), get("b")); got[0] != "1" || got[1] != "1" {
		t.Errorf("stored %q", got)
	}
	if n := e.Unknown.Load(); n != 0 {
		t.Errorf("%d unknown outcomes", n)
	}
}

// TestAnswerToCommitLost cuts the connection after COMMIT was sent and before its answer comes: it was committed, and the round
// does not run again.
func TestAnswerToCommitLost(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	p := pgtest.NewProxy(t, dsn)
	e := start(t, p.DSN(), nil)
	try(t, e, Update, incr("a"))
	hold, open := gate()
	c := newClient(Update, incr("a"), hold)
	e.Submit(&c.Task)
	within(t, c.started, "the load")
	p.Mute()
	open()
	pgtest.Open(t, dsn).Until("select value = '2' from kv_keys where key = 'a'")
	p.Cut()
	expect(t, c, "2", "gate")
	if c.runs != 1 || e.Lost.Load() != 0 {
		t.Errorf("ran %d times, %d connections lost", c.runs, e.Lost.Load())
	}
	if got := try(t, e, Update, incr("a")); got[0] != "3" {
		t.Errorf("got %q", got)
	}
}

// TestWorkersConnectAhead has them connect before the first command, which finds a connection.
func TestWorkersConnectAhead(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e := start(t, dsn, func(o *Options) { o.Lanes = [numLanes]int{2, 2, 2, 1} })
	idle := func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		for l := range e.lanes {
			if len(e.lanes[l].idle) < e.opts.Lanes[l] {
				return false
			}
		}
		return true
	}
	pgtest.Eventually(t, "the workers wait for work", idle)
	e.Connect()
	pgtest.Eventually(t, "the workers wait for work again", idle)
	try(t, e, Update, incr("a"))
	try(t, e, Read, get("a"))
	var connections int
	pgtest.Open(t, dsn).Get([]any{&connections}, `select count(*) from pg_stat_activity where datname = current_database() and application_name = 'postkeys'`)
	if connections != int(numLanes) {
		t.Errorf("%d connections after commands, want the %d from before", connections, numLanes)
	}
}

// TestUnknownOutcome cuts PostgreSQL off for good after COMMIT was sent.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	p := pgtest.NewProxy(t, dsn)
	e := start(t, p.DSN(), func(o *Options) { o.PG.StatementTimeout, o.Patience = time.Second, 50*time.Millisecond })
	try(t, e, Update, incr("a"))
	hold, open := gate()
	c, other := newClient(Update, incr("a"), hold), newClient(Update, incr("b"))
	e.Submit(&c.Task)
	within(t, c.started, "the load")
	e.Submit(&other.Task)
	p.Mute()
	open()
	pgtest.Open(t, dsn).Until("select value = '2' from kv_keys where key = 'a'")
	p.Refuse()
	unknown := fmt.Sprintf("kind %d: ", pg.KindUnknown)
	if got := c.replies(t); len(got) != 2 || !strings.HasPrefix(got[0], unknown) || !strings.HasPrefix(got[1], unknown) {
		t.Errorf("got %q", got)
	}
	// What was not sent is not in doubt.
	if got := other.replies(t); !strings.HasPrefix(got[0], fmt.Sprintf("kind %d: ", pg.KindUnavailable)) {
		t.Errorf("got %q", got)
	}
	if e.Unknown.Load() != 1 {
		t.Errorf("%d unknown outcomes", e.Unknown.Load())
	}
}
