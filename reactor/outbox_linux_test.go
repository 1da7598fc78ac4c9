package reactor

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Many small messages in one round leave in few writes, whatever they come to: a loop that writes one by one falls behind,
// finds more in the next round, and does not catch up.
func TestManyPushesShareWrites(t *testing.T) {
	const pushes, textBytes = 20_000, 1000
	c := dial(t, start(t, newHandler(false), Options{}))
	text := strings.Repeat("x", textBytes)
	in := strings.Repeat(cmd("PUSH", text), pushes)
	before := writes(t)
	sent := c.sending(in)
	for got := 0; got < pushes; {
		switch line, err := c.r.ReadString('\n'); line {
		case "+pushed " + text + "\r\n":
			got++
		case "+OK\r\n":
		default:
			t.Fatalf("got %q (%v)", line, err)
		}
	}
	if err := recv(t, sent); err != nil {
		t.Error(err)
	}
	// The loop's own and the client's, and those by which they wake each other.
	if n := writes(t) - before; n > pushes/10 {
		t.Errorf("%d messages of %d bytes took %d writes", pushes, textBytes, n)
	}
}

// writes is how many times this process has called write and its kin so far.
func writes(t *testing.T) (n int) {
	t.Helper()
	stats, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(stats, []byte("syscw: "))
	if _, err := fmt.Sscan(string(rest), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
