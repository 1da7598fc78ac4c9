package pg_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
)

// TestExpireTakesWhatHasExpired and nothing else: of those that live on, or that others
// have locked, it says when to ask again.
func TestExpireTakesWhatHasExpired(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c, writer := connect(t, cfg), connect(t, cfg)
	for _, name := range []string{"due1", "due2", "due3 locked", "lasting"} {
		set(t, c, name, "v")
	}
	fillFields(t, c, "due4 fields", 10, 10, 10)
	fillFields(t, c, "fields", 10, 5, 10)
	fillFields(t, c, "due5 large", 1000, 0, 0)
	expireAll(t, cfg.DSN, "due1")
	expireAll(t, cfg.DSN, "due2")
	expireAll(t, cfg.DSN, "due3")
	expireAll(t, cfg.DSN, "due5")
	unit(t, c, []claim{update("later")}, func(_ *pg.Tx, e []*pg.Entry) {
		e[0].Replace([]byte("v"), pg.EncodingNatural)
		e[0].SetTTL(3_600_000)
	})
	expire := func(want ...string) map[string]int64 {
		t.Helper()
		var names [][]byte
		for _, name := range []string{"due1", "due2", "due3 locked", "due4 fields", "due5 large", "fields", "lasting", "later", "none"} {
			names = append(names, []byte(name))
		}
		gone, left, err := c.Expire(0, names)
		if err != nil {
			t.Fatal(err)
		}
		taken := map[string]bool{}
		for _, name := range gone {
			taken[string(name)] = true
		}
		if len(gone) != len(want) {
			t.Errorf("took %q, want %q", gone, want)
		}
		for _, name := range want {
			if !taken[name] {
				t.Errorf("took %q, not %s", gone, name)
			}
		}
		ms := map[string]int64{}
		for _, v := range left {
			ms[string(v.Name)] = v.InMs
		}
		return ms
	}
	unit(t, writer, []claim{update("due3 locked")}, func(_ *pg.Tx, e []*pg.Entry) {
		left := expire("due1", "due2", "due4 fields", "due5 large")
		if ms := left["later"]; ms < 3_500_000 || ms > 3_600_000 {
			t.Errorf("left: %v", left)
		}
		delete(left, "later")
		if !maps.Equal(left, map[string]int64{"due3 locked": 0}) {
			t.Errorf("left: %v", left)
		}
		e[0].Replace([]byte("v"), pg.EncodingNatural)
	})
	expire()
	if r, err := new(pg.Collector).Step(c); err != nil || r.Rows != 1000 {
		t.Errorf("%d elements of the large hash were freed, %v", r.Rows, err)
	}
}

// TestVolatiles: a unit tells which of its keys expire, also of those that it has
// written out before its end.
func TestVolatiles(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	c := connect(t, cfg)
	for _, name := range []string{"due read", "due locked", "due written", "due kept", "lasting"} {
		set(t, c, name, "v")
	}
	expireAll(t, cfg.DSN, "due")
	volatiles := func(claims []claim, apply func(tx *pg.Tx, e []*pg.Entry)) string {
		t.Helper()
		found := map[string]int64{}
		unit(t, c, claims, func(tx *pg.Tx, e []*pg.Entry) {
			tx.WatchExpiries()
			apply(tx, e)
			for _, v := range tx.Volatiles() {
				if v.Hash != pg.HashKey(v.DB, v.Name) {
					t.Errorf("the hash of %s is another one", v.Name)
				}
				found[string(v.Name)] = (v.InMs + 999) / 1000
			}
		})
		return fmt.Sprint(found)
	}
	read := claim{0, "due read", pg.ModeRead, pg.PartValue}
	nothing := func(*pg.Tx, []*pg.Entry) {}
	if got := volatiles([]claim{read, {0, "lasting", pg.ModeRead, pg.PartValue}}, nothing); got != "map[due read:0]" {
		t.Error(got)
	}
	got := volatiles([]claim{update("due locked"), update("due written"), update("due kept"), update("new"), blind("blind")}, func(tx *pg.Tx, e []*pg.Entry) {
		e[1].Replace([]byte("v"), pg.EncodingNatural)
		e[3].Replace([]byte("v"), pg.EncodingNatural)
		e[3].SetTTL(60_000)
		e[4].Replace([]byte("v"), pg.EncodingNatural)
		e[4].SetTTL(50_000)
		if !tx.SetsExpiry() {
			t.Error("the unit sets an expiry")
		}
		if err := tx.Flush(); err != nil {
			t.Error(err)
		}
		if _, err := tx.Entry(0, []byte("new"), pg.ModeRead, pg.PartHeader, nil); err != nil {
			t.Error(err)
		}
	})
	if got != "map[blind:50 due kept:0 due locked:0 new:60]" {
		t.Error(got)
	}
}
