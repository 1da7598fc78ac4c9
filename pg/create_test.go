package pg_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// To create a database takes as long as PostgreSQL's disk does, whatever time commands are given.
func TestDatabaseIsCreatedWhateverTheStatementTimeout(t *testing.T) {
	t.Parallel()
	server := pgtest.ServerDSN(t)
	name := fmt.Sprintf("postkeys_created_%d", os.Getpid())
	t.Cleanup(func() { pgtest.Exec(t, server, "DROP DATABASE IF EXISTS "+name) })
	cfg := pg.Config{DSN: server + " dbname=" + name, ConnectTimeout: 5 * time.Second, StatementTimeout: time.Millisecond}
	created, err := pg.CreateDatabase(t.Context(), cfg)
	if err != nil || !created {
		t.Fatalf("created: %v, %v", created, err)
	}
	if created, err := pg.CreateDatabase(t.Context(), cfg); err != nil || created {
		t.Fatalf("created again: %v, %v", created, err)
	}
}
