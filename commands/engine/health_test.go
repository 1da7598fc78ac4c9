package engine

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestMessagesAreFewInTrouble: a full disk or a flapping connection does not
// flood the log.
func TestMessagesAreFewInTrouble(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := New(Options{Log: slog.New(slog.NewTextHandler(&out, nil))})
	for range 1000 {
		e.refused(errors.New("no room"))
		e.failing(errors.New("gone"))
		if e.Reachable() {
			t.Fatal("reachable after a failure")
		}
		e.answers()
		if !e.Reachable() {
			t.Fatal("not reachable after an answer")
		}
	}
	for _, message := range []string{"refused", "does not answer", "answers again"} {
		if n := strings.Count(out.String(), message); n < 1 || n > 20 {
			t.Errorf("%q is logged %d times", message, n)
		}
	}
}
