package process

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	line := "4242 (a) b (c) S 17 4242 4242 0 -1 4194560 5000 90 1 0 150 50 7 3 20 0 9 0 1234 100000 2000 18446744073709551615\n"
	got, err := parseStat([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	want := stat{pid: 4242, parent: 17, own: 2 * time.Second, children: 100 * time.Millisecond}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, bad := range []string{"", "1 x S 1", "1 (x) S 1 2 3", "y (x) S 1 1 1 0 -1 4 5 9 1 0 1 5 7 3", "1 (x) S 1 1 1 0 -1 4 5 9 1 0 a 5 7 3"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestSumTreeCountsDescendantsAlone(t *testing.T) {
	t.Parallel()
	all := []stat{
		{pid: 1, parent: 0, own: 100},
		{pid: 10, parent: 1, own: 1, children: 2},
		{pid: 12, parent: 11, own: 8}, // a grandchild, listed before its parent
		{pid: 11, parent: 10, own: 4},
		{pid: 20, parent: 1, own: 1000},
	}
	if got, err := sumTree(all, 10); err != nil || got != 15 {
		t.Errorf("got %d, %v; want 15", got, err)
	}
	if _, err := sumTree(all, 99); err == nil {
		t.Error("a process that does not exist was accepted")
	}
}

func TestParseRollup(t *testing.T) {
	t.Parallel()
	text := "00400000-7fff00000000 ---p 00000000 00:00 0 [rollup]\nRss:               12848 kB\nPss:  9000 kB\nAnonymous:          5120 kB\nAnonHugePages:         7 kB\n"
	got, err := parseRollup([]byte(text))
	if err != nil || got != (Memory{Resident: 12848 << 10, Anonymous: 5120 << 10}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := parseRollup([]byte("Rss: 1 kB\n")); err == nil {
		t.Error("a text without Anonymous was accepted")
	}
}

func TestOwnCosts(t *testing.T) {
	t.Parallel()
	pid := os.Getpid()
	if m, err := ReadMemory(pid); err != nil || m.Resident < 1<<20 || m.Anonymous > m.Resident {
		t.Errorf("memory %+v, %v", m, err)
	}
	own, err := CPU(pid)
	if err != nil {
		t.Fatal(err)
	}
	if tree, err := TreeCPU(pid); err != nil || tree < own {
		t.Errorf("tree %v, own %v, %v", tree, own, err)
	}
	if parent, err := Parent(pid); err != nil || parent != os.Getppid() {
		t.Errorf("parent %d, %v; want %d", parent, err, os.Getppid())
	}
}

func TestStopEndsTheChild(t *testing.T) {
	t.Parallel()
	p, err := Start(Command{Path: "/bin/sh", Args: []string{"-c", "echo started; exec sleep 60"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = p.WaitReady(ctx, func(context.Context) error {
		if !strings.Contains(p.Log(), "started") {
			return errors.New("nothing written")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := p.Stop(10 * time.Second); err != nil {
		t.Error(err)
	}
	<-p.Exited()
}

func TestStopKillsTheChildThatDoesNotListen(t *testing.T) {
	t.Parallel()
	p, err := Start(Command{Path: "/bin/sh", Args: []string{"-c", "trap '' TERM; echo started; exec sleep 60"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.WaitReady(ctx, func(context.Context) error {
		if p.Log() == "" {
			return errors.New("nothing written")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := p.Stop(10 * time.Millisecond); err == nil {
		t.Error("a kill went unreported")
	}
	<-p.Exited()
}

func TestWaitReadyNoticesTheEnd(t *testing.T) {
	t.Parallel()
	p, err := Start(Command{Path: "/bin/sh", Args: []string{"-c", "echo no room; exit 3"}})
	if err != nil {
		t.Fatal(err)
	}
	err = p.WaitReady(t.Context(), func(context.Context) error { return errors.New("not there") })
	if err == nil || !strings.Contains(err.Error(), "no room") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}

func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	var l tail
	for range 100 {
		if _, err := l.Write([]byte(strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Write([]byte("end")); err != nil {
		t.Fatal(err)
	}
	if s := l.String(); len(s) != tailBytes || !strings.HasSuffix(s, "xend") {
		t.Errorf("%d bytes, end %q", len(s), s[len(s)-4:])
	}
}

func TestMachineCPU(t *testing.T) {
	t.Parallel()
	busy, total, err := parseMachine([]byte("cpu  100 20 30 1000 50 6 7 8 90 1\ncpu0 1 2 3 4 5 6 7 8 9 10\n"))
	if err != nil || busy != 158*tick || total != 1221*tick {
		t.Errorf("busy %v of %v, %v", busy, total, err)
	}
	for _, text := range []string{"", "cpu 1 2 3\n", "cpu a b c d e f g h\n", "intr 1 2 3 4 5 6 7 8 9\n"} {
		if _, _, err := parseMachine([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	own, err := OwnCPU()
	if err != nil || own <= 0 {
		t.Errorf("own time %v, %v", own, err)
	}
	if busy, total, err := MachineCPU(); err != nil || busy < own-tick || total <= busy {
		t.Errorf("busy %v of %v with %v of our own, %v", busy, total, own, err)
	}
}
