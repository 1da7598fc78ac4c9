package commands

import "testing"

// TestScriptWatchForgetsScriptsInAnyOrder: scripts end in another order than they
// began, and each takes itself off the list.
func TestScriptWatchForgetsScriptsInAnyOrder(t *testing.T) {
	t.Parallel()
	var w scriptWatch
	for at := range 4 {
		w.running = append(w.running, &runningScript{at: at})
	}
	all := append([]*runningScript(nil), w.running...)
	for _, i := range []int{0, 3, 1, 2} {
		w.end(all[i])
		for at, r := range w.running {
			if r == nil || r == all[i] || r.at != at {
				t.Fatalf("after script %d has ended, place %d holds %+v", i, at, r)
			}
		}
	}
	if len(w.running) != 0 {
		t.Errorf("%d scripts are left", len(w.running))
	}
}
