package cache

import (
	"sync/atomic"
	"time"
)

// frequency counts writes to keys over a sliding window: those of the window of
// time under way, and as many of those of the last one as it still covers. Keys
// are told apart by 16 bits of their hash: 65,536 other keys that are written once
// a second each count as one write a second more.
type frequency struct {
	window time.Duration
	most   uint64 // writes in a window that are not too many
	origin time.Time
	cells  [1 << cellBits]atomic.Uint64
}

// A cell holds, from the top: the number of its window, and the counts of the
// window before it and of its own.
const (
	cellBits  = 16
	countBits = 22
	maxCount  = 1<<countBits - 1
	maxWindow = 1<<(64-2*countBits) - 1
)

func newFrequency(perSecond int, window time.Duration) *frequency {
	most := min(float64(perSecond)*window.Seconds(), maxCount-1)
	return &frequency{window: window, most: uint64(most), origin: time.Now()}
}

// now returns the number of the window under way, and how much of it is over.
func (f *frequency) now() (window uint64, over float64) {
	since := time.Since(f.origin)
	return uint64(since/f.window) & maxWindow, float64(since%f.window) / float64(f.window)
}

// counts takes a cell apart, as of a window.
func counts(cell, window uint64) (before, in uint64) {
	switch then := cell >> (2 * countBits); then {
	case window:
		return cell >> countBits & maxCount, cell & maxCount
	case (window - 1) & maxWindow:
		return cell & maxCount, 0
	}
	return 0, 0
}

// note counts a write.
func (f *frequency) note(hash uint64) {
	cell := &f.cells[hash%(1<<cellBits)]
	window, _ := f.now()
	for {
		old := cell.Load()
		before, in := counts(old, window)
		if cell.CompareAndSwap(old, window<<(2*countBits)|before<<countBits|min(in+1, maxCount)) {
			return
		}
	}
}

// high reports whether a key is written too often.
func (f *frequency) high(hash uint64) bool {
	window, over := f.now()
	before, in := counts(f.cells[hash%(1<<cellBits)].Load(), window)
	return float64(before)*(1-over)+float64(in) > float64(f.most)
}
