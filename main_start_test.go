package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// refuses expects that the server does not start and says why on one line.
func refuses(t *testing.T, want string, env ...string) {
	t.Helper()
	status, stderr := runToEnd(t, env...)
	if status != 1 || !strings.HasPrefix(stderr, "postkeys: ") || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
		t.Errorf("%s: exit status %d, want one line with %q, got:\n%s", env, status, want, stderr)
	}
}

func TestRefusesSettings(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	other, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, c := range []struct{ want, env string }{
		{"REDIS_ADDR: cannot listen on " + addr + ": address already in use", "REDIS_ADDR=" + addr},
		{"METRICS_ADDR: cannot listen on " + addr + ": address already in use", "METRICS_ADDR=" + addr},
		{"REDIS_ADDR: \"6379\"", "REDIS_ADDR=6379"},
		{"LOGLEVEL: \"loud\"", "LOGLEVEL=loud"},
		{"PG_SSLMODE: \"maybe\"", "PG_SSLMODE=maybe"},
		{"PG_SSLROOTCERT", "PG_SSLROOTCERT=" + file + "/none"},
		{"PG_DSN: ", "PG_DSN=host=localhost sslmode=maybe"},
		{"UNIXSOCKET: ", "REDIS_UNIX_SOCKET=" + file},
		{"UNIXSOCKET: ", "REDIS_UNIX_SOCKET=" + dir + "/no/socket"},
		{"UNIXSOCKET: another server listens on " + socket, "REDIS_UNIX_SOCKET=" + socket},
		{"PG_EMBEDDED_DIR=" + file + "/data: ", "PG_EMBEDDED=yes PG_EMBEDDED_DIR=" + file + "/data"},
	} {
		env := []string{c.env}
		if strings.HasPrefix(c.env, "PG_EMBEDDED") {
			env = strings.Fields(c.env)
		}
		refuses(t, c.want, env...)
	}
}

// TestRefusesWhatOthersWrote: a schema that is newer than the server, and
// tables of somebody else, are left as they are.
func TestRefusesWhatOthersWrote(t *testing.T) {
	t.Parallel()
	newer := pgtest.DSN(t)
	if err := servertest.Postkeys(t, newer).Stop(); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, newer, "insert into kv_schema (version) select max(version) + 1 from kv_schema")
	refuses(t, "written by a newer postkeys", "PG_DSN="+newer)

	for _, c := range []struct{ create, drop string }{
		{"create table kv_keys (id int)", "drop table kv_keys"},
		{"create table kv_databases (id int)", "drop table kv_databases"},
		{"create table kv_schema (applied date)", "drop table kv_schema"},
		{"create view kv_writers as select 1 as id", "drop view kv_writers"},
	} {
		foreign := pgtest.DSN(t)
		pgtest.Exec(t, foreign, c.create)
		refuses(t, "PG_DSN: ", "PG_DSN="+foreign)
		pgtest.Exec(t, foreign, c.drop)
		// Nothing was left behind that a start would stumble over.
		if err := servertest.Postkeys(t, foreign).Stop(); err != nil {
			t.Errorf("%s: %v", c.create, err)
		}
	}
}

// TestRefusesWithoutRights uses the names of a role that may log in and no
// more.
func TestRefusesWithoutRights(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	pgtest.Exec(t, cluster.DSN("postgres"), "create role guest login", "create database taken", "revoke create on schema public from public")
	guest := func(database string) string {
		return "PG_DSN=" + strings.Replace(cluster.DSN(database), "user=postgres", "user=guest", 1)
	}
	refuses(t, `database "missing" does not exist and could not be created`, guest("missing"))
	refuses(t, "permission denied for schema public", guest("taken"))
	refuses(t, `role "nobody_here" does not exist`, "PG_DSN="+strings.Replace(cluster.DSN("taken"), "user=postgres", "user=nobody_here", 1))
}
