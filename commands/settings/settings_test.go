package settings

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
)

func set(t *testing.T, s *Store, pairs ...string) error {
	t.Helper()
	var as []Assignment
	for i := 0; i < len(pairs); i += 2 {
		as = append(as, Assignment{pairs[i], pairs[i+1]})
	}
	return s.Set(as, false)
}

func TestSetErrors(t *testing.T) {
	t.Parallel()
	const failed = "ERR CONFIG SET failed (possibly related to argument "
	for _, c := range []struct{ name, value, want string }{
		{"nope", "1", "ERR Unknown option or number of arguments for CONFIG SET - 'nope'"},
		{"maxclients", "0", failed + "'maxclients') - argument must be between 1 and 4294967295 inclusive"},
		{"maxclients", "-1", failed + "'maxclients') - argument must be between 1 and 4294967295 inclusive"},
		{"maxclients", "01", failed + "'maxclients') - argument couldn't be parsed into an integer"},
		{"Databases", "5", failed + "'Databases') - can't set immutable config"},
		{"dir", "/", failed + "'dir') - can't set protected config"},
		{"TIMEOUT", "x", failed + "'timeout') - argument couldn't be parsed into an integer"},
		{"maxmemory", "1tb", failed + "'maxmemory') - argument must be a memory value"},
		{"maxmemory-clients", "101%", failed + "'maxmemory-clients') - percentage argument must be less or equal to 100"},
		{"appendonly", "on", failed + "'appendonly') - argument must be 'yes' or 'no'"},
		{"appendfsync", "on", failed + "'appendfsync') - argument(s) must be one of the following: everysec, always, no"},
		{"save", "0 1", failed + "'save') - Invalid save parameters"},
		{"client-output-buffer-limit", "wrong number", failed + "'client-output-buffer-limit') - Wrong number of arguments in buffer limit configuration."},
		{"port", "1", failed + "'port') - Unable to listen on this port. Check server logs."},
		{"tls-cert-file", "x.pem", failed + "'tls-cert-file') - Unable to update TLS configuration. Check server logs."},
		{"list-max-ziplist-size", "x", failed + "'list-max-ziplist-size') - argument couldn't be parsed into an integer"},
	} {
		err := set(t, New(), c.name, c.value)
		var refused *Error
		if !errors.As(err, &refused) || refused.Reply != c.want {
			t.Errorf("%s %q: %v, want %s", c.name, c.value, err, c.want)
		}
	}
}

func TestSetIsAtomic(t *testing.T) {
	t.Parallel()
	s := New()
	if err := set(t, s, "timeout", "7", "maxclients", "x"); err == nil {
		t.Fatal("accepted")
	}
	if err := set(t, s, "timeout", "7", "Timeout", "8"); err == nil || !strings.Contains(err.Error(), "'Timeout') - duplicate parameter") {
		t.Errorf("duplicate: %v", err)
	}
	if got := s.Int(Timeout); got != 0 {
		t.Errorf("timeout is %d after refused sets", got)
	}
	if err := set(t, s, "timeout", "7", "maxclients", "50"); err != nil {
		t.Fatal(err)
	}
	if s.Int(Timeout) != 7 || s.Int(MaxClients) != 50 {
		t.Error("not set")
	}
	// An alias is a name of its own; the later assignment wins.
	if err := set(t, s, "hash-max-listpack-entries", "1", "hash-max-ziplist-entries", "2"); err != nil {
		t.Fatal(err)
	}
	if s.Int(HashMaxListpackEntries) != 2 {
		t.Error("alias does not set the same parameter")
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	s := New()
	var seen []int64
	s.OnChange(func(v *Values) error { seen = append(seen, v.Int(Timeout)); return nil }, Timeout)
	s.OnChange(func(v *Values) error {
		if v.Int(MaxClients) > 100 {
			return errors.New("too many")
		}
		return nil
	}, MaxClients)
	err := set(t, s, "maxclients", "101", "timeout", "5")
	want := "ERR CONFIG SET failed (possibly related to argument 'maxclients') - too many"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(seen) != 2 || seen[0] != 5 || seen[1] != 0 {
		t.Errorf("the first hook saw %v, want 5 and then the old 0", seen)
	}
	if s.Int(Timeout) != 0 {
		t.Error("a refused change took effect")
	}
	if err := set(t, s, "timeout", "0"); err != nil || len(seen) != 2 {
		t.Errorf("unchanged value: err %v, hook saw %v", err, seen)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"maxmemory", "1gb", "1073741824"}, {"maxmemory", "1K", "1000"}, {"maxmemory", "", "0"},
		{"maxmemory", "99999999999999999999", "18446744073709551615"},
		{"maxmemory-clients", "5%", "5%"}, {"maxmemory-clients", "10mb", "10485760"},
		{"appendonly", "YES", "yes"}, {"maxmemory-policy", "AllKeys-LRU", "allkeys-lru"},
		{"oom-score-adj", "relative", "yes"}, {"hz", "0", "1"}, {"hz", "1000", "500"},
		{"save", "3600 1 300 100", "3600 1 300 100"}, {"save", "", ""},
		{"notify-keyspace-events", "KEA", "AKE"}, {"notify-keyspace-events", "gxEKm", "gxKEm"},
		{"notify-keyspace-events", "An", "A"},
		{"notify-keyspace-events", "", ""}, {"notify-keyspace-events", "nK", "nK"},
		{"client-output-buffer-limit", "replica 1mb 2k 3", "normal 0 0 0 slave 1048576 2000 3 pubsub 33554432 8388608 60"},
		{"latency-tracking-info-percentiles", "50 100.0 0.12345678", "50 100 0.123457"},
		{"latency-tracking-info-percentiles", "", ""},
		{"shutdown-on-sigint", "force NOW", "now force"}, {"shutdown-on-sigint", "default", "default"},
		{"list-max-ziplist-size", "-5", "-5"}, {"port", "6379", "6379"}, {"tls-port", "0", "0"},
	} {
		s := New()
		if err := set(t, s, c.name, c.value); err != nil {
			t.Errorf("%s %q: %v", c.name, c.value, err)
		}
		if got := s.Get([]string{c.name}, nil); len(got) != 1 || got[0].Value != c.want {
			t.Errorf("%s %q: reads back %v, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestTypedValues(t *testing.T) {
	t.Parallel()
	s := New()
	if err := set(t, s, "notify-keyspace-events", "Kx", "client-output-buffer-limit", "normal 10 5 1",
		"latency-tracking-info-percentiles", "1.5"); err != nil {
		t.Fatal(err)
	}
	if s.Events() != EventKeyspace|EventExpired {
		t.Errorf("events %v", s.Events())
	}
	if got := s.OutputLimits().Normal; got != (OutputLimit{10, 5, 1}) {
		t.Errorf("limit %v", got)
	}
	if got := s.Values().Percentiles(); len(got) != 1 || got[0] != 1.5 {
		t.Errorf("percentiles %v", got)
	}
}

func TestInit(t *testing.T) {
	t.Parallel()
	s := New()
	errs := s.Init(Assignment{"databases", "4"}, Assignment{"nope", "1"}, Assignment{"timeout", "x"}, Assignment{"port", "7000"})
	if len(errs) != 2 || !strings.HasPrefix(errs[0].Error(), "nope: ") || !strings.HasPrefix(errs[1].Error(), "timeout: ") {
		t.Errorf("errors %v", errs)
	}
	if s.Int(Databases) != 4 || s.Int(Port) != 7000 {
		t.Error("good assignments are lost")
	}
	if err := set(t, s, "port", "7000"); err != nil {
		t.Errorf("a fixed parameter refuses its own value: %v", err)
	}
	if err := set(t, s, "timeout", "9"); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if s.Int(Databases) != 4 || s.Int(Port) != 7000 || s.Int(Timeout) != 0 {
		t.Error("reset must bring back what CONFIG SET may change, and nothing else")
	}
}

func TestProtected(t *testing.T) {
	t.Parallel()
	s := New()
	s.Init(Assignment{"enable-protected-configs", "local"})
	as := []Assignment{{"dbfilename", "x.rdb"}}
	if err := s.Set(as, false); err == nil {
		t.Error("remote client set a protected parameter")
	}
	if err := s.Set(as, true); err != nil {
		t.Error(err)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	prefix := func(pattern, name string) bool {
		return strings.HasPrefix(name, strings.TrimSuffix(strings.ToLower(pattern), "*"))
	}
	got := New().Get([]string{"TimeOut", "nope", "hash-max-*", "timeout", "watchdog*", "watchdog-period"}, prefix)
	var shown []string
	for _, a := range got {
		shown = append(shown, a.Name)
	}
	want := "TimeOut hash-max-listpack-entries hash-max-ziplist-entries hash-max-listpack-value hash-max-ziplist-value watchdog-period"
	if strings.Join(shown, " ") != want {
		t.Errorf("got %v, want %s", shown, want)
	}
}

func TestParseMemory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want uint64
		ok   bool
	}{
		{"0", 0, true}, {"12", 12, true}, {"1b", 1, true}, {"2k", 2000, true}, {"2KB", 2048, true}, {"1m", 1e6, true},
		{"1mb", 1 << 20, true}, {"3g", 3e9, true}, {"1gB", 1 << 30, true}, {"kb", 0, true}, {"18446744073709551615", math.MaxUint64, true},
		{"18446744073709551616", math.MaxUint64, true}, {"-1", 0, false}, {"1 k", 0, false}, {"1.5k", 0, false}, {"+1", 0, false},
		{strings.Repeat("0", 127), 0, true}, {strings.Repeat("0", 128), 0, false},
	} {
		if got, ok := ParseMemory(c.in); got != c.want || ok != c.ok {
			t.Errorf("%q: %d %v, want %d %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestConcurrentReadAndSet(t *testing.T) {
	t.Parallel()
	s := New()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if v := s.Values(); v.Int(Timeout) != v.Int(TCPKeepAlive) && v.Int(Timeout) != 0 {
					t.Error("half of a change is visible")
				}
				s.Get([]string{"*"}, func(string, string) bool { return true })
			}
		})
	}
	for _, n := range []string{"1", "2", "3", "4"} {
		if err := set(t, s, "timeout", n, "tcp-keepalive", n); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func TestReadsDoNotAllocate(t *testing.T) {
	s := New()
	n := testing.AllocsPerRun(100, func() {
		_ = s.Int(ProtoMaxBulkLen)
		_ = s.Bool(LatencyTracking)
		_ = s.Text(RequirePass)
		_ = s.OutputLimits()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEveryIDHasAParameter(t *testing.T) {
	t.Parallel()
	for id := ID(1); id < idCount; id++ {
		if byID[id] == nil {
			t.Errorf("ID %d names no parameter", id)
		}
	}
	for _, p := range All() {
		if p.Doc == "" {
			t.Errorf("%s has no line of explanation", p.Name)
		}
		if (p.Mutability == Fixed) && p.Reason == "" {
			t.Errorf("%s is fixed without a reason", p.Name)
		}
	}
}

// TestNewKeysBesideAllEvents: CONFIG GET does not show n beside A, and it is in force all the same.
func TestNewKeysBesideAllEvents(t *testing.T) {
	s := New()
	for _, other := range []string{"", "Kx"} { // from nothing, and from something else
		if err := set(t, s, "notify-keyspace-events", other); err != nil {
			t.Fatal(err)
		}
		if err := set(t, s, "notify-keyspace-events", "KEAn"); err != nil {
			t.Fatal(err)
		}
		if s.Text(NotifyKeyspaceEvents) != "AKE" || s.Events() != EventAll|EventNew|EventKeyspace|EventKeyevent {
			t.Errorf("%s stands for %s", s.Text(NotifyKeyspaceEvents), s.Events().letters())
		}
		if err := set(t, s, "notify-keyspace-events", "KEA"); err != nil {
			t.Fatal(err)
		}
		if s.Events()&EventNew != 0 {
			t.Error("n stays in force")
		}
	}
}
