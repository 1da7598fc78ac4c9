package target

import (
	"slices"
	"testing"

	"github.com/mnorrsken/postkeys/bench/workload"
)

func TestInfoField(t *testing.T) {
	t.Parallel()
	info := "# Server\r\nredis_version:7.2.4\r\nredis_mode:standalone\r\n"
	if got := InfoField(info, "redis_version"); got != "7.2.4" {
		t.Errorf("got %q", got)
	}
	if got := InfoField(info, "version"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestForeignEnvironment(t *testing.T) {
	t.Parallel()
	got := foreignEnvironment([]string{"PATH=/bin", "PG_HOST=x", "REDIS_ADDR=:1", "GOGC=50", "DEBUG=1", "DEBUGGER=no"})
	if want := []string{"PATH=/bin", "GOGC=50", "DEBUGGER=no"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestRedisServesBothWays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, always := range []bool{false, true} {
		s, err := StartRedis(t.Context(), RedisProgram, dir, always, 100)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			<-s.Exited()
		}()
		if s.Version == "" || s.PID() == 0 {
			t.Errorf("%+v", s)
		}
		c, err := s.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		want := map[string]string{"appendonly": "no", "save": "", "maxclients": "100"}
		if always {
			want["appendonly"], want["appendfsync"] = "yes", "always"
		}
		for name, value := range want {
			v, err := c.Do("CONFIG", "GET", name)
			if err != nil || len(v.Elems) != 2 || string(v.Elems[1].Str) != value {
				t.Errorf("%s: %s = %+v, %v", s.Name, name, v, err)
			}
		}
		if err := workload.Load(c, workload.Table, 250, 5); err != nil {
			t.Fatal(err)
		}
		for key, value := range map[string]string{"key:000000000000": "xxxxx", "key:000000000249": "xxxxx", "counter:000000000249": "0"} {
			if v, err := c.Do("GET", key); err != nil || string(v.Str) != value {
				t.Errorf("%s: %s = %+v, %v", s.Name, key, v, err)
			}
		}
		if v, err := c.Do("DBSIZE"); err != nil || v.Int != 750 {
			t.Errorf("%s: %+v keys, %v", s.Name, v.Int, err)
		}
	}
}

func TestLocalPostmasterRefusesOthers(t *testing.T) {
	t.Parallel()
	if pid := localPostmaster(1 << 30); pid != 0 {
		t.Errorf("a process that does not exist has postmaster %d", pid)
	}
	if pid := localPostmaster(1); pid != 0 {
		t.Errorf("a process that is not PostgreSQL has postmaster %d", pid)
	}
}
