package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func volatile(name string, inMs int64) pg.Volatile {
	return pg.Volatile{Name: []byte(name), Hash: pg.HashKey(0, []byte(name)), InMs: inMs}
}

func always() bool { return true }

// TestExpiriesAreBounded: what expires later gives way, and a key is remembered once.
func TestExpiriesAreBounded(t *testing.T) {
	t.Parallel()
	x := newExpiries(always)
	for i := range maxExpiries + 1000 {
		x.note([]pg.Volatile{volatile(fmt.Sprint("late", i), 3_600_000)})
	}
	for range 3 {
		for i := range 100 {
			x.note([]pg.Volatile{volatile(fmt.Sprint("soon", i), 60_000-int64(i))})
		}
	}
	x.note([]pg.Volatile{volatile("far", 1<<62), volatile(string(make([]byte, 2*maxExpiryName)), 1)})
	if n := len(x.queue); n != maxExpiries || n != len(x.byHash) {
		t.Fatalf("%d keys, %d by hash", n, len(x.byHash))
	}
	soon := 0
	for strings.HasPrefix(x.queue[0].name, "soon") {
		soon++
		x.note([]pg.Volatile{volatile(x.queue[0].name, 3_600_000)}) // it lives on
	}
	if soon < 95 || soon > 100 { // what gives way is chosen at random
		t.Errorf("%d of 100 keys that expire first are remembered", soon)
	}
	if due := x.take(false); len(due) != 0 {
		t.Errorf("due: %v", due)
	}
}

// TestExpiriesOfASweepThatRemovesNothing: it removes what units have found expired.
func TestExpiriesOfASweepThatRemovesNothing(t *testing.T) {
	t.Parallel()
	wanted := true
	x := newExpiries(func() bool { return wanted })
	x.note([]pg.Volatile{volatile("met", 0), volatile("due", -5), volatile("later", 60_000)})
	<-x.wake
	if due := x.take(true); len(due) != 1 || len(due[0]) != 1 || string(due[0][0]) != "met" {
		t.Errorf("due: %v", due)
	}
	wanted = false
	if x.take(false); len(x.queue)+len(x.byHash) != 0 {
		t.Error("keys are remembered that nobody wants to hear of")
	}
}

// TestExpiriesAreToldInTime: keys whose pages the sweep does not come to are removed when
// their time has come, and told by one of the nodes that know of them. One that lives on
// meanwhile is not, and one that somebody has locked is tried again.
func TestExpiriesAreToldInTime(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	engines := [2]*Engine{start(t, dsn, nil), start(t, dsn, nil)}
	told := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	var sweeps [2]*Sweep
	for i, e := range engines {
		s := e.NewSweep(func(_ int, name []byte, _ pg.Type) { told <- string(name) }, always)
		s.next = time.Now().Add(time.Hour)
		sweeps[i] = s
		wg.Go(func() { s.Run(ctx) })
	}
	expiring := func(name string, ms int64) step {
		return step{
			claims: []Claim{claim(name, pg.ModeUpdate)},
			run: func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
				keys[0].Replace([]byte("v"), pg.EncodingNatural)
				keys[0].SetTTL(ms)
				return "OK", nil
			},
		}
	}
	want := map[string]bool{"locked": true}
	try(t, engines[0], Update, expiring("lives on", 3_600_000), expiring("locked", 600))
	try(t, engines[0], Blind, set("persists", "for ever"))
	sweeps[0].expiries.note([]pg.Volatile{volatile("lives on", 1), volatile("persists", 1)}) // as another node has left them
	stranger := pgtest.Open(t, dsn)
	stranger.Exec("begin")
	stranger.Exec("select from kv_keys where key = 'locked' for update")
	for i := range 20 {
		name := fmt.Sprint("volatile", i)
		want[name] = true
		try(t, engines[i%2], Update, expiring(name, int64(1+20*i)))
		try(t, engines[1-i%2], Read, get(name)) // so that both know of it
	}
	timeout := time.After(testPatience)
	for len(want) > 0 {
		if len(want) == 1 && want["locked"] {
			stranger.Exec("rollback")
		}
		select {
		case name := <-told:
			if !want[name] {
				t.Errorf("%s was told, or told twice", name)
			}
			delete(want, name)
		case <-timeout:
			t.Fatalf("not told: %v", want)
		}
	}
	if got := try(t, engines[0], Read, get("lives on"), get("persists")); got[0] != "v" || got[1] != "for ever" {
		t.Errorf("left: %q", got)
	}
}

// TestSweepMeetsKeysThatExpireSoon: of keys that no unit has met, as the node has just
// been started, those that expire before the sweep comes by again are told in time.
func TestSweepMeetsKeysThatExpireSoon(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	e := start(t, dsn, nil)
	pgtest.Exec(t, dsn, `
INSERT INTO kv_keys (space, key, kind, value, expire_at)
SELECT space, convert_to(name, 'UTF8'), 1, 'x', kv_now_ms() + ms
FROM kv_databases, (VALUES ('soon', 4000), ('soon too', 4100), ('later', 3600000)) v(name, ms) WHERE db = 0`)
	told := make(chan string, 10)
	s := e.NewSweep(func(_ int, name []byte, _ pg.Type) { told <- string(name) }, always)
	w := &worker{engine: e}
	t.Cleanup(w.disconnect)
	var sweeper pg.Sweeper
	if s.sweep(w, &sweeper); len(s.expiries.queue) != 2 {
		t.Fatalf("%d keys are remembered", len(s.expiries.queue))
	}
	s.next = time.Now().Add(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { s.Run(ctx) })
	for _, want := range []string{"soon", "soon too"} {
		select {
		case got := <-told:
			if got != want {
				t.Errorf("told %q, want %q", got, want)
			}
		case <-time.After(testPatience):
			t.Fatalf("%s was not told", want)
		}
	}
}
