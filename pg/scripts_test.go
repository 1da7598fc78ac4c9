package pg_test

import (
	"crypto/sha1" //nolint:gosec // SHA1 is how Redis names scripts
	"strconv"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
)

func digest(n int) []byte {
	sum := sha1.Sum([]byte(strconv.Itoa(n))) //nolint:gosec // SHA1 is how Redis names scripts
	return sum[:]
}

// ok fails the test for an error.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLatestScriptsAreKept: of scripts that were not loaded the latest stay, and
// those that were all do, also if EVAL brought them first.
func TestLatestScriptsAreKept(t *testing.T) {
	t.Parallel()
	const kept, more = 1000, 20
	c := connect(t, config(t))
	unit(t, c, nil, func(tx *pg.Tx, _ []*pg.Entry) {
		for n := range kept + more {
			ok(t, tx.KeepScript(digest(n), []byte("body"), n == 1))
		}
		ok(t, tx.KeepScript(digest(0), []byte("body"), true))
		ok(t, tx.ForgetScripts())
	})
	unit(t, c, nil, func(tx *pg.Tx, _ []*pg.Entry) {
		var all [][]byte
		for n := range kept + more {
			all = append(all, digest(n))
		}
		known, err := tx.ScriptsKnown(all)
		ok(t, err)
		for n := range kept + more {
			if want := n < 2 || n >= more; known[string(digest(n))] != want {
				t.Errorf("script %d: known %v", n, !want)
			}
		}
		if len(known) != kept+2 {
			t.Errorf("%d scripts are known", len(known))
		}
	})
}

// TestEpochsSayWhatHasChanged: a flush of scripts and a change of libraries show
// in the epochs that other connections load, once they are committed.
func TestEpochsSayWhatHasChanged(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	here, there := connect(t, cfg), connect(t, cfg)
	epochs := func() (e pg.ScriptEpochs) {
		unit(t, there, nil, func(tx *pg.Tx, _ []*pg.Entry) {
			var err error
			e, err = tx.ScriptEpochs()
			ok(t, err)
		})
		return e
	}
	before := epochs()
	unit(t, here, nil, func(tx *pg.Tx, _ []*pg.Entry) {
		ok(t, tx.KeepScript(digest(1), []byte("body"), true))
		ok(t, tx.FlushScripts())
		own, err := tx.ScriptEpochs()
		ok(t, err)
		if own.Scripts != before.Scripts+1 || !tx.OwnEpochs() {
			t.Errorf("the unit itself sees %v after %v", own, before)
		}
		if e := epochs(); e != before {
			t.Errorf("not committed, and seen: %v", e)
		}
		body, err := tx.Script(digest(1))
		ok(t, err)
		if body != nil {
			t.Errorf("a flushed script is there: %q", body)
		}
	})
	unit(t, here, nil, func(tx *pg.Tx, _ []*pg.Entry) {
		ok(t, tx.HoldLibraries())
		ok(t, tx.ChangeLibraries(false, nil, []pg.LibrarySource{{Name: "b", Code: []byte("2")}, {Name: "a", Code: []byte("1")}}))
		ok(t, tx.ChangeLibraries(false, []string{"b"}, []pg.LibrarySource{{Name: "a", Code: []byte("3")}}))
	})
	if e, want := epochs(), (pg.ScriptEpochs{Scripts: before.Scripts + 1, Functions: before.Functions + 2}); e != want {
		t.Errorf("epochs %v, want %v", e, want)
	}
	unit(t, there, nil, func(tx *pg.Tx, _ []*pg.Entry) {
		list, err := tx.Libraries()
		ok(t, err)
		if len(list) != 1 || list[0].Name != "a" || string(list[0].Code) != "3" {
			t.Errorf("libraries: %v", list)
		}
	})
}

// TestVersions: whatever writes a key gives it another version, and what leaves
// it alone does not.
func TestVersions(t *testing.T) {
	t.Parallel()
	c := connect(t, config(t))
	version := func() (v pg.Version) {
		tx := c.Begin()
		e := tx.Plan(0, []byte("k"), pg.HashKey(0, []byte("k")), pg.ModeRead, pg.PartHeader)
		e.WantVersion()
		ok(t, tx.Load())
		v = e.Version()
		ok(t, tx.Commit())
		return v
	}
	seen := map[pg.Version]string{version(): "absent"}
	if version() != (pg.Version{}) {
		t.Error("an absent key has a version")
	}
	for _, step := range []struct {
		name    string
		claim   claim
		changes bool
		apply   func(e *pg.Entry)
	}{
		{"made", blind("k"), true, func(e *pg.Entry) { e.Replace([]byte("v"), pg.EncodingNatural) }},
		{"read with a lock", update("k"), false, func(*pg.Entry) {}},
		{"reserved", stable("k"), false, func(*pg.Entry) {}},
		{"written again", blind("k"), true, func(e *pg.Entry) { e.Replace([]byte("v"), pg.EncodingNatural) }},
		{"given an expiry", update("k"), true, func(e *pg.Entry) { e.SetExpireAt(1 << 42) }},
		{"the same expiry", update("k"), false, func(e *pg.Entry) { e.SetExpireAt(1 << 42) }},
		{"deleted", update("k"), true, func(e *pg.Entry) { e.Delete() }},
		{"made anew", stable("k"), true, func(e *pg.Entry) { e.Replace([]byte("v"), pg.EncodingNatural) }},
	} {
		before := version()
		unit(t, c, []claim{step.claim}, func(_ *pg.Tx, e []*pg.Entry) { step.apply(e[0]) })
		after := version()
		if (after != before) != step.changes {
			t.Errorf("%s: version changed: %v", step.name, after != before)
		}
		if old, again := seen[after]; again && step.changes && step.name != "deleted" {
			t.Errorf("%s: the version is that of %q", step.name, old)
		}
		seen[after] = step.name
	}
}
