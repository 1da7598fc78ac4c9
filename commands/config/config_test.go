package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/cache"
	"github.com/mnorrsken/postkeys/commands/settings"
)

func TestLoadConfigDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{"HOME=/root", "PATH=/bin", "CACHE_ENABLED=false", "SQLTRACE=0", "PG_PORT="})
	if err != nil {
		t.Fatal(err)
	}
	want := Postgres{Host: "localhost", Port: 5432, User: "postgres", Password: "postgres", Database: "postkeys",
		SSLMode: "disable", StatementTimeout: 10 * time.Second, ConnectTimeout: 5 * time.Second}
	if c.Postgres != want {
		t.Errorf("got %+v, want %+v", c.Postgres, want)
	}
	if c.Listen.Addr != ":6379" || c.Metrics.Addr != ":9090" || c.Debug || c.Embedded.Enabled || c.Embedded.Dir != "./data/postgres" ||
		!c.Embedded.MayMove {
		t.Errorf("got %+v", c)
	}
}

func TestLoadConfigErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ env, want string }{
		{"PG_SSLMODE=foo", `PG_SSLMODE: "foo" is not one of disable, allow, prefer, require, verify-ca, verify-full`},
		{"PG_PORT=0", `PG_PORT: "0" is not a number from 1 to 65535`},
		{"PG_STATEMENT_TIMEOUT=10", `PG_STATEMENT_TIMEOUT: "10" is not a duration such as 500ms, 10s or 1m`},
		{"REDIS_ADDR=6379", `REDIS_ADDR: "6379" is not an address such as :6379 or 127.0.0.1:6379`},
		{"REDIS_ADDR=:http", `REDIS_ADDR: ":http" has no port from 0 to 65535`},
		{"DEBUG=loud", `DEBUG: "loud" is not one of true, false`},
		{"CACHE_ENABLED=perhaps", `CACHE_ENABLED: "perhaps" is not one of true, false`},
		{"CACHE_TTL=0s", `CACHE_TTL: "0s" is less than 1ms`},
		{"CACHE_MAX_SIZE=0", `CACHE_MAX_SIZE: "0" is not a number from 1 to 2147483647`},
		{"CACHE_MAX_WRITE_FREQ=-1", `CACHE_MAX_WRITE_FREQ: "-1" is not a number from 0 to 2147483647`},
		{"CACHE_WRITE_TRACKING_WINDOW=1ms", `CACHE_WRITE_TRACKING_WINDOW: "1ms" is less than 100ms`},
		{"CACHE_EXCLUDE_PATTERNS=a*,,b*", `CACHE_EXCLUDE_PATTERNS: "a*,,b*" has an empty pattern`},
		{"CACHE_TTL=5", `CACHE_TTL: "5" is not a duration such as 500ms, 10s or 1m`},
		{"TRACE=4", `TRACE: "4" is not a number from 0 to 3`},
		{"PG_MAX_CONNS=4", `PG_MAX_CONNS: "4" is neither 0 nor a number from 7 to 10000`},
		{"PPROF=1 METRICS_ADDR=", `PPROF: needs METRICS_ADDR`},
		{"MAXCLIENTS=0", `MAXCLIENTS: "0": argument must be between 1 and 4294967295 inclusive`},
		{"DATABASES=32769", `DATABASES: more than 32768 are not possible`},
		{"MAXMEMORY=1gb MAXMEMORY_POLICY=allkeys-lru", `MAXMEMORY: postkeys evicts no keys: maxmemory can only be set with maxmemory-policy noeviction`},
		{"ENABLE_DEBUG_COMMAND=maybe", `ENABLE_DEBUG_COMMAND: "maybe": argument(s) must be one of the following: no, yes, local`},
		{"PG_EMBEDDED=yes PG_EMBEDDED_VERSION=9", `PG_EMBEDDED_VERSION: "9" is not one of 16, 17, 18`},
		{"PG_EMBEDDED_PORT=1", `PG_EMBEDDED_PORT: needs PG_EMBEDDED=true`},
		{"PG_DSN=x PG_HOST=y", `PG_HOST: cannot be set together with PG_DSN`},
		{"PG_EMBEDDED=1 PG_HOST=y", `PG_HOST: cannot be set together with PG_EMBEDDED=true`},
		{"REDIS_PASSWORD=secret1 REQUIREPASS=secret2", `REQUIREPASS: contradicts REDIS_PASSWORD`},
		{"HASH_MAX_LISTPACK_ENTRIES=1 HASH_MAX_ZIPLIST_ENTRIES=2", `HASH_MAX_ZIPLIST_ENTRIES: contradicts HASH_MAX_LISTPACK_ENTRIES`},
		{"PG_PORT=x MAXCLIENTS=x", "PG_PORT: \"x\" is not a number from 1 to 65535\n" +
			"MAXCLIENTS: \"x\": argument couldn't be parsed into an integer"},
	} {
		_, err := Load(strings.Fields(c.env))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.env, err, c.want)
		}
	}
}

func TestLoadConfigWarns(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{"SQLTRACE=0"})
	if err != nil || c.Warnings != nil {
		t.Errorf("defaults: %v, %v", c.Warnings, err)
	}
	c, err = Load([]string{"SQLTRACE=3"})
	if want := []string{"SQLTRACE"}; err != nil || !slices.Equal(c.Warnings, want) {
		t.Errorf("got %v, %v, want %v", c.Warnings, err, want)
	}
}

func TestLoadConfigCache(t *testing.T) {
	t.Parallel()
	c, err := Load(nil)
	want := cache.Config{
		TTL: 250 * time.Millisecond, MaxSize: 10000, MinTTL: time.Second, MaxWriteFreq: 10, WriteWindow: 10 * time.Second,
	}
	if err != nil || !reflect.DeepEqual(c.Cache, want) {
		t.Errorf("defaults: %+v, %v", c.Cache, err)
	}
	c, err = Load([]string{"CACHE_ENABLED=true", "CACHE_TTL=5s", "CACHE_MAX_SIZE=7", "CACHE_DISTRIBUTED_INVALIDATION=1",
		"CACHE_SMART_POLICY=yes", "CACHE_MIN_TTL=0s", "CACHE_MAX_WRITE_FREQ=0", "CACHE_WRITE_TRACKING_WINDOW=1m",
		"CACHE_EXCLUDE_PATTERNS=pubsub:*, lock:*", "CACHE_INCLUDE_PATTERNS=lock:a"})
	want = cache.Config{
		Enabled: true, TTL: 5 * time.Second, MaxSize: 7, Distributed: true, Smart: true, WriteWindow: time.Minute,
		Exclude: []string{"pubsub:*", "lock:*"}, Include: []string{"lock:a"},
	}
	if err != nil || !reflect.DeepEqual(c.Cache, want) {
		t.Errorf("got %+v, %v", c.Cache, err)
	}
}

func TestLoadConfigParameters(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{"REDIS_ADDR=127.0.0.1:7000", "REDIS_PASSWORD=pass word", "REQUIREPASS=pass word",
		"CLIENT_QUERY_BUFFER_LIMIT=2mb", "HASH_MAX_ZIPLIST_ENTRIES=7", "DATABASES=3", "UNIXSOCKET=/tmp/x.sock", "UNIXSOCKETPERM=770",
		"SAVE=3600 1", "METRICS_ADDR=", "PORT=8080", "DIR=/nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Metrics.Addr != "" {
		t.Errorf("an empty METRICS_ADDR gives %q", c.Metrics.Addr)
	}
	s := settings.New()
	if errs := s.Init(c.Redis...); len(errs) > 0 {
		t.Fatal(errs)
	}
	for id, want := range map[settings.ID]string{settings.RequirePass: "pass word", settings.ClientQueryBufferLimit: "2097152",
		settings.HashMaxListpackEntries: "7", settings.Databases: "3", settings.UnixSocket: "/tmp/x.sock",
		settings.UnixSocketPerm: "770", settings.Save: "3600 1", settings.Port: "7000", settings.Bind: "127.0.0.1"} {
		if got := s.Text(id); got != want {
			t.Errorf("parameter %d is %q, want %q", id, got, want)
		}
	}
}

func TestConnStringQuotes(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{"PG_PASSWORD=p' w\\@/:?#", "PG_HOST=/run/pg sock", "PG_USER=o'neil", "PG_SSLROOTCERT=ca.pem"})
	if err != nil {
		t.Fatal(err)
	}
	want := `host='/run/pg sock' port='5432' user='o\'neil' password='p\' w\\@/:?#' dbname='postkeys' sslmode='disable' sslrootcert='ca.pem'`
	if got := c.Postgres.ConnString(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	t.Parallel()
	for _, env := range []string{
		"PG_PASSWORD=hunter2 REDIS_PASSWORD=hunter2",
		"PG_DSN=postgres://me:hunter2@db/x?sslmode=require&password=hunter2",
		"PG_DSN=postgres://me:hunter2@db/x",
		"PG_DSN=host=db\tpassword=hunter2",
	} {
		var vars []string
		for _, v := range strings.Split(env, " ") {
			vars = append(vars, strings.ReplaceAll(v, "\t", " "))
		}
		c, err := Load(vars)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("started", "config", c, "postgres", c.Postgres, "dsn", c.Postgres.DSN)
		fmt.Fprintf(&b, "%v %+v %#v", c, c, c.Postgres)
		if strings.Contains(b.String(), "hunter2") {
			t.Errorf("%s: the password shows in %s", env, &b)
		}
		if !strings.Contains(c.Postgres.ConnString(), "hunter2") {
			t.Errorf("%s: the password is not in the connection string", env)
		}
	}
}
