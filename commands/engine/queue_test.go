package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
)

// sketch is a task without commands, named by a letter, for tests of the scheduler alone.
func sketch(e *Engine, lane Lane, items int, keys ...string) *Task {
	t := &Task{Lane: lane, Items: items}
	mode := [...]pg.Mode{Read: pg.ModeRead, Blind: pg.ModeBlind, Update: pg.ModeUpdate, Slow: pg.ModeUpdate}[lane]
	for _, key := range keys {
		t.Claims = append(t.Claims, claim(key, mode))
	}
	e.Submit(t)
	return t
}

// rounds forms a round of a lane and checks which tasks it has.
func wantRound(t *testing.T, e *Engine, lane Lane, want ...*Task) []*Task {
	t.Helper()
	e.mu.Lock()
	got, _ := e.take(&e.lanes[lane], nil)
	e.mu.Unlock()
	if !slices.Equal(got, want) {
		numbers := func(tasks []*Task) (s []uint64) {
			for _, task := range tasks {
				s = append(s, task.seq)
			}
			return s
		}
		t.Fatalf("the round has tasks %v, want %v", numbers(got), numbers(want))
	}
	return got
}

func TestRoundsThatShareKeysFollowEachOther(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	a1, a2, b := sketch(e, Update, 1, "a"), sketch(e, Update, 1, "a"), sketch(e, Update, 1, "b")
	first := wantRound(t, e, Update, a1, a2, b)
	a3, c := sketch(e, Update, 1, "a"), sketch(e, Update, 1, "c")
	blind := sketch(e, Blind, 1, "a")
	read := sketch(e, Read, 1, "a")
	second := wantRound(t, e, Update, c)
	wantRound(t, e, Blind)
	wantRound(t, e, Read, read) // what is only read waits for nobody
	e.release(second)
	wantRound(t, e, Update)
	e.release(first)
	third := wantRound(t, e, Update, a3)
	wantRound(t, e, Blind)
	e.release(third)
	e.release(wantRound(t, e, Blind, blind))
	if len(e.held)+len(e.wanted) > 0 {
		t.Errorf("held %v, wanted %v", e.held, e.wanted)
	}
}

// TestTaskOfManyKeysIsNotOvertaken lets tasks of another lane come one after the other for one of its keys.
func TestTaskOfManyKeysIsNotOvertaken(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	x, y := sketch(e, Blind, 1, "x"), sketch(e, Update, 1, "y")
	roundX, roundY := wantRound(t, e, Blind, x), wantRound(t, e, Update, y)
	both := sketch(e, Update, 1, "x", "y")
	wantRound(t, e, Update)
	laterX, laterY := sketch(e, Blind, 1, "x"), sketch(e, Update, 1, "y")
	e.release(roundX)
	wantRound(t, e, Blind) // x is free, but wanted by an older task
	e.release(roundY)
	e.release(wantRound(t, e, Update, both, laterY))
	e.release(wantRound(t, e, Blind, laterX))
	if len(e.held)+len(e.wanted) > 0 {
		t.Errorf("held %v, wanted %v", e.held, e.wanted)
	}
}

func TestRoundsAreBounded(t *testing.T) {
	t.Parallel()
	e := New(Options{MaxItems: 8, MaxBytes: 1000})
	var tasks []*Task
	for range 5 {
		tasks = append(tasks, sketch(e, Read, 4))
	}
	wantRound(t, e, Read, tasks[:2]...)
	wantRound(t, e, Read, tasks[2:4]...)
	wantRound(t, e, Read, tasks[4])
	big, small := sketch(e, Blind, 1, "a"), sketch(e, Blind, 1, "b")
	big.Bytes = 1000
	wantRound(t, e, Blind, big)
	wantRound(t, e, Blind, small)
}

func TestSlowAndIsolatedTasksRunAlone(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	s1, s2 := sketch(e, Slow, 1), sketch(e, Slow, 1)
	wantRound(t, e, Slow, s1)
	wantRound(t, e, Slow, s2)

	a, b, c := sketch(e, Update, 1, "a"), sketch(e, Update, 1, "b"), sketch(e, Update, 1, "a")
	refused := wantRound(t, e, Update, a, b, c)
	d := sketch(e, Update, 1, "d")
	e.isolate(refused)
	first := wantRound(t, e, Update, a)
	second := wantRound(t, e, Update, b)
	third := wantRound(t, e, Update, d) // c waits for a
	e.release(first)
	e.release(wantRound(t, e, Update, c))
	e.release(second)
	e.release(third)
	if len(e.held)+len(e.wanted)+e.Waiting() > 0 {
		t.Errorf("held %v, wanted %v", e.held, e.wanted)
	}
}

// TestListsOfKeysShrink sends one command with very many keys.
func TestListsOfKeysShrink(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	var keys []string
	for i := range maxKeptKeys + 1 {
		keys = append(keys, fmt.Sprint(i))
	}
	e.release(wantRound(t, e, Update, sketch(e, Update, 1, keys...)))
	if e.mostHeld != 0 {
		t.Error("the list of held keys was kept")
	}
}

func TestLanesFitTheConnections(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		processors, maxConns int
		want                 [numLanes]int
	}{
		{2, 0, [numLanes]int{2, 2, 2, 1}},
		{16, 0, [numLanes]int{8, 8, 8, 4}},
		{16, 10, [numLanes]int{2, 2, 3, 3}},
		{2, 4, [numLanes]int{1, 1, 1, 1}},
		{2, 1, [numLanes]int{1, 1, 1, 1}},
	} {
		if got := DefaultLanes(test.processors, test.maxConns); got != test.want {
			t.Errorf("%d processors, %d connections: %v, want %v", test.processors, test.maxConns, got, test.want)
		}
	}
}
