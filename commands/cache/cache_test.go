package cache

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/pg"
)

func config() Config {
	return Config{Enabled: true, TTL: time.Hour, MaxSize: 1000, MinTTL: time.Second, MaxWriteFreq: 10, WriteWindow: 10 * time.Second}
}

// key is a key of database index 0.
type key string

func (k key) hash() uint64 { return pg.HashKey(0, []byte(k)) }
func (k key) change() pg.Change {
	return pg.Change{Name: []byte(k), Hash: k.hash(), Type: pg.TypeString}
}

func (c *Cache) look(k key) string {
	value, ok := c.Get(0, []byte(k), k.hash(), time.Now())
	if !ok {
		return "-"
	}
	return string(value)
}

// read fills a key with a value, unless something is said in between.
func (c *Cache) read(k key, value string, ttl time.Duration, meanwhile ...func()) {
	l := Loaded{Name: []byte(k), Hash: k.hash(), Value: []byte(value), Since: time.Now(), TTL: ttl}
	token, ok := c.Begin(l.Name, l.Hash)
	for _, f := range meanwhile {
		f()
	}
	if ok {
		c.Fill(token, l)
	}
}

func expect(t *testing.T, c *Cache, k key, want string) {
	t.Helper()
	if got := c.look(k); got != want {
		t.Errorf("%s is %.40q, want %.40q", k, got, want)
	}
}

func TestReadsAreKept(t *testing.T) {
	t.Parallel()
	c := New(config(), nil)
	expect(t, c, "k", "-")
	value := []byte("one")
	token, _ := c.Begin([]byte("k"), key("k").hash())
	c.Fill(token, Loaded{Name: []byte("k"), Hash: key("k").hash(), Value: value, Since: time.Now()})
	value[0] = 'x'
	expect(t, c, "k", "one")
	if _, ok := c.Get(1, []byte("k"), key("k").hash(), time.Now()); ok {
		t.Error("a key of another database index was found")
	}
	if _, ok := c.Get(0, []byte("l"), key("k").hash(), time.Now()); ok {
		t.Error("another key with the same hash was found")
	}
	c.read("empty", "", 0)
	expect(t, c, "empty", "")
}

// TestNothingSuperseded: whatever is said between Begin and Fill keeps the value
// out, and what was there is gone.
func TestNothingSuperseded(t *testing.T) {
	t.Parallel()
	var complete atomic.Bool
	complete.Store(true)
	c := New(config(), complete.Load)
	var held Held
	one := []pg.Change{key("k").change()}
	all := []pg.Change{{DB: 3, All: true}}
	for name, f := range map[string]func(){
		"committed":     func() { c.Hold(one, &held); c.Release(&held) },
		"flushed":       func() { c.Hold(all, &held); c.Release(&held) },
		"other node":    func() { c.Changed(changes.Origin{Remote: true}, one) },
		"other flushes": func() { c.Changed(changes.Origin{Remote: true}, all) },
		"missed":        func() { c.Missed() },
	} {
		c.read("k", "old", 0)
		expect(t, c, "k", "old")
		c.read("k", name, 0, f)
		expect(t, c, "k", "-")
		c.read("k", "new", 0)
		expect(t, c, "k", "new")
	}
	for name, keys := range map[string][]pg.Change{"held": one, "held all": all} {
		c.Hold(keys, &held)
		expect(t, c, "k", "-")
		c.read("k", name, 0) // before the commit, and after it
		expect(t, c, "k", "-")
		c.read("k", name, 0, func() { c.Release(&held) })
		expect(t, c, "k", "-")
		c.read("k", "new", 0)
		expect(t, c, "k", "new")
	}
	complete.Store(false)
	c.Missed()
	c.read("k", "deaf", 0)
	expect(t, c, "k", "-")
}

func TestEntriesEnd(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.TTL = 200 * time.Millisecond
	c := New(cfg, nil)
	start := time.Now()
	c.read("lasting", "v", 0)
	c.read("expiring", "v", 50*time.Millisecond)
	for _, at := range []struct {
		after             time.Duration
		lasting, expiring bool
	}{{0, true, true}, {49 * time.Millisecond, true, true}, {60 * time.Millisecond, true, false}, {199 * time.Millisecond, true, false}} {
		for k, want := range map[key]bool{"lasting": at.lasting, "expiring": at.expiring} {
			if _, ok := c.Get(0, []byte(k), k.hash(), start.Add(at.after)); ok != want {
				t.Errorf("%s after %v: %v", k, at.after, ok)
			}
		}
	}
	if _, ok := c.Get(0, []byte("lasting"), key("lasting").hash(), time.Now().Add(cfg.TTL)); ok {
		t.Error("an entry is older than the longest time")
	}
}

// TestBounds: neither more entries nor more bytes than said are kept.
func TestBounds(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxSize = 64
	c := New(cfg, nil)
	for i := range 1000 {
		c.read(key(fmt.Sprint("small", i)), "v", 0)
	}
	c.entries.CleanUp()
	if n := c.entries.EstimatedSize(); n > 64 || n < 32 {
		t.Errorf("%d entries are kept", n)
	}
	large := strings.Repeat("x", 8*chunkBytes-1000)
	for i := range 1000 {
		c.read(key(fmt.Sprint("large", i)), large, 0)
	}
	c.entries.CleanUp()
	bytes := 0
	for e := range c.entries.Values() {
		bytes += e.size()
	}
	if bytes > 64*chunkBytes {
		t.Errorf("%d bytes are kept", bytes)
	}
	c.read("huge", large+large, 0)
	expect(t, c, "huge", "-")
	if got := c.Figures().Skips[skipLarge]; got.Count != 1 || got.Reason != "value_too_large" {
		t.Errorf("counted as %+v", got)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Smart, cfg.Exclude, cfg.Include = true, []string{"lock:*", "q[0-9]"}, []string{"lock:free:*", "always"}
	c := New(cfg, nil)
	for range 200 { // twenty a second over the window
		c.Changed(changes.Origin{}, []pg.Change{key("hot").change(), key("always").change()})
	}
	for range 50 {
		c.Changed(changes.Origin{Remote: true}, []pg.Change{key("warm").change()})
	}
	for k, want := range map[key]string{
		"lock:a": "-", "q7": "-", "qx": "v", "lock:free:a": "v", "hot": "-", "warm": "v", "always": "v",
	} {
		c.read(k, "v", 0)
		expect(t, c, k, want)
	}
	c.read("brief", "v", 900*time.Millisecond)
	expect(t, c, "brief", "-")
	c.read("long", "v", 1100*time.Millisecond)
	expect(t, c, "long", "v")
	c.read("lock:free:brief", "v", 900*time.Millisecond)
	expect(t, c, "lock:free:brief", "v")
	for why, want := range []int64{skipShortTTL: 1, skipWritten: 1, skipExcluded: 2, skipLarge: 0} {
		if got := c.Figures().Skips[why]; got.Count != want {
			t.Errorf("%s: %d, want %d", got.Reason, got.Count, want)
		}
	}
}

// TestFrequencyOverTime walks windows by moving the beginning.
func TestFrequencyOverTime(t *testing.T) {
	t.Parallel()
	f := newFrequency(10, time.Hour)
	const most = 10 * 3600
	f.origin = time.Now().Add(-30 * time.Minute)
	for range most {
		f.note(7)
	}
	if f.high(7) {
		t.Error("as many as are allowed are too many")
	}
	f.note(7)
	if !f.high(7) || f.high(8) {
		t.Error("one more is not too many, or another key counts as well")
	}
	f.origin = f.origin.Add(-time.Hour) // the half of the last window is covered
	if f.high(7) {
		t.Error("half of them are too many")
	}
	for range most/2 + 100 {
		f.note(7)
	}
	if !f.high(7) {
		t.Error("half of the last window and half a window are not too many")
	}
	f.origin = f.origin.Add(-2 * time.Hour)
	if f.high(7) {
		t.Error("what is long past counts")
	}
}

// TestNoReadGoesBack has readers fill the cache from a store that writers change,
// and checks that nobody finds a value that is older than one that anybody has seen
// in the store.
func TestNoReadGoesBack(t *testing.T) {
	t.Parallel()
	cfg := config()
	c := New(cfg, nil)
	const keys = 4
	var store [keys]atomic.Int64
	var locks [keys]sync.Mutex
	var stop atomic.Bool
	var busy sync.WaitGroup
	hits := atomic.Int64{}
	for range 2 {
		busy.Go(func() {
			var held Held
			for !stop.Load() {
				i := rand.N(keys)
				changed := []pg.Change{key(fmt.Sprint(i)).change()}
				if rand.N(20) == 0 {
					changed[0] = pg.Change{All: true}
				}
				locks[i].Lock()
				c.Hold(changed, &held)
				store[i].Add(1)
				c.Release(&held)
				locks[i].Unlock()
				runtime.Gosched()
			}
		})
	}
	for range 4 {
		busy.Go(func() {
			for !stop.Load() {
				i := rand.N(keys)
				k := key(fmt.Sprint(i))
				seen := store[i].Load()
				if got := c.look(k); got != "-" {
					var n int64
					if _, err := fmt.Sscan(got, &n); err != nil || n < seen {
						t.Errorf("found %q when the store had %d", got, seen)
						return
					}
					hits.Add(1)
					continue
				}
				token, _ := c.Begin([]byte(k), k.hash())
				value := fmt.Sprint(store[i].Load())
				c.Fill(token, Loaded{Name: []byte(k), Hash: k.hash(), Value: []byte(value), Since: time.Now()})
			}
		})
	}
	for begin := time.Now(); hits.Load() < 20000; runtime.Gosched() {
		if time.Since(begin) > time.Minute {
			t.Errorf("found only %d times in the cache", hits.Load())
			break
		}
	}
	stop.Store(true)
	busy.Wait()
}

func BenchmarkGet(b *testing.B) {
	c := New(config(), nil)
	const keys = 512
	names, hashes := make([][]byte, keys), make([]uint64, keys)
	for i := range names {
		k := key(fmt.Sprintf("key:%012d", i))
		names[i], hashes[i] = []byte(k), k.hash()
		c.read(k, string(bytes.Repeat([]byte("v"), 3)), 0)
	}
	now := time.Now()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			c.Get(0, names[i%keys], hashes[i%keys], now)
		}
	})
}
