package access

import (
	"math/rand/v2"
	"sync"
	"testing"
)

const start = 1_700_000_000

func TestIdle(t *testing.T) {
	table := New(start)
	const key, other = 0x1234_5678_9abc_def0, 0x4321_5678_9abc_def1
	steps := []struct {
		name string
		do   func()
		now  int64
		want int64
	}{
		{"never used", func() {}, start + 7, 7},
		{"used", func() { table.Note(key, start+10, nil) }, start + 12, 2},
		{"used again", func() { table.Note(key, start+20, nil) }, start + 25, 5},
		{"another key used", func() { table.Note(other, start+24, nil) }, start + 25, 5},
		{"a clock set back", func() {}, start + 19, 0},
		{"set from outside", func() { table.Set(key, start+30, 1000, 9) }, start + 31, 1001},
		{"said to be new", func() { table.Begin(key, start+32) }, start + 33, 1003},
		{"gone", func() { table.Forget(key) }, start + 40, 40},
		{"new", func() { table.Begin(key, start+41) }, start + 42, 1},
	}
	for _, s := range steps {
		s.do()
		if got := table.Idle(key, s.now); got != s.want {
			t.Errorf("%s: idle %d, want %d", s.name, got, s.want)
		}
	}
}

func TestKeysThatShareASlot(t *testing.T) {
	table := New(start)
	a, b := uint64(1)<<60|7, uint64(2)<<60|7
	table.Note(a, start+1, nil)
	table.Note(b, start+5, nil)
	if got := table.Idle(b, start+9); got != 4 {
		t.Errorf("the later key: idle %d", got)
	}
	if got := table.Idle(a, start+9); got != 9 {
		t.Errorf("the earlier key: idle %d", got)
	}
	table.Forget(a)
	if got := table.Idle(b, start+9); got != 4 {
		t.Errorf("the later key after the earlier was forgotten: idle %d", got)
	}
}

func TestFreq(t *testing.T) {
	table := New(start)
	always := Counting{LogFactor: 0, DecayMinutes: 1}
	const key = 42 << 40
	if got := table.Freq(key, start, always); got != 0 {
		t.Errorf("never used: %d", got)
	}
	table.Note(key, start, &always)
	if got := table.Freq(key, start, always); got != initialFreq {
		t.Errorf("new: %d", got)
	}
	for range 1000 {
		table.Note(key, start, &always)
	}
	if got := table.Freq(key, start, always); got != 255 {
		t.Errorf("often used: %d", got)
	}
	for _, c := range []struct {
		minutes, decay int64
		want           uint8
	}{{1, 1, 254}, {10, 1, 245}, {10, 3, 252}, {1000, 1, 0}, {1000, 0, 255}} {
		if got := table.Freq(key, start+60*c.minutes, Counting{0, c.decay}); got != c.want {
			t.Errorf("after %d minutes with a decay time of %d: %d, want %d", c.minutes, c.decay, got, c.want)
		}
	}
}

// With a factor of 10 a hundred uses take the counter to about 10, as Redis
// documents it.
func TestFreqGrowsWithTheLogarithm(t *testing.T) {
	usual := Counting{LogFactor: 10, DecayMinutes: 1}
	total := 0
	const keys = 500
	for range keys {
		freq := uint8(initialFreq)
		for range 100 {
			freq = usual.up(freq)
		}
		total += int(freq)
	}
	if mean := total / keys; mean < 8 || mean > 11 {
		t.Errorf("mean counter after 100 uses: %d", mean)
	}
}

func TestConcurrentUse(t *testing.T) {
	table := New(start)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range int64(20_000) {
				hash := rand.Uint64N(64) << 40
				table.Note(hash, start+i, &Counting{LogFactor: 10, DecayMinutes: 1})
				if idle := table.Idle(hash, start+i); idle < 0 || idle > i {
					t.Errorf("idle %d at %d", idle, i)
					return
				}
				table.Forget(hash)
			}
		})
	}
	group.Wait()
}

func BenchmarkNote(b *testing.B) {
	table := New(start)
	hash := uint64(0)
	for i := range b.N {
		hash += 0x9e3779b97f4a7c15
		table.Note(hash, start+int64(i>>20), nil)
	}
}
