package pgtest

import (
	"testing"
	"time"
)

// patience is how long Eventually looks: much longer than anything takes on a busy machine.
const patience = time.Minute

// Eventually looks again and again until something that happens in the background has come about, or fails the test. It is for
// what sends no signal: what other processes and their connections do.
func Eventually(t testing.TB, what string, reached func() bool) {
	t.Helper()
	timeout, look := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer look.Stop()
	for !reached() {
		select {
		case <-timeout:
			t.Fatalf("after %v: %s", patience, what)
		case <-look.C:
		}
	}
}
