package blocked

import "math/bits"

// The wheel has levels of 64 slots. A slot of level l spans 64^l milliseconds, so
// that the levels together span more than any timeout. A waiter is listed at the
// level of the highest digit, to the base of 64, in which its deadline differs
// from the time, and moves down as that time comes: adding and removing cost the
// same however many there are, and nothing has to be looked at in between.
const (
	digitBits = 6
	slots     = 1 << digitBits
	levels    = (63 + digitBits - 1) / digitBits
)

// wheel keeps waiters by their deadlines.
type wheel struct {
	now    int64 // up to here all is done
	count  int
	levels [levels]level
}

// level is one level: the slots, and which of them are in use.
type level struct {
	used  uint64
	slots [slots]*Waiter
}

// place is where a waiter is in the wheel.
type place struct {
	deadline   int64 // 0: none
	prev, next *Waiter
	level      int8
	slot       int8
	listed     bool
}

// add lists a waiter whose deadline is not reached yet.
func (t *wheel) add(w *Waiter) {
	p := &w.place
	l := (63 - bits.LeadingZeros64(uint64(p.deadline^t.now))) / digitBits
	p.level, p.slot = int8(l), int8(p.deadline>>(l*digitBits)&(slots-1))
	first := &t.levels[l].slots[p.slot]
	p.prev, p.next, p.listed = nil, *first, true
	if *first != nil {
		(*first).place.prev = w
	}
	*first = w
	t.levels[l].used |= 1 << p.slot
	t.count++
}

// remove takes a waiter off, if it is listed.
func (t *wheel) remove(w *Waiter) {
	p := &w.place
	if !p.listed {
		return
	}
	if p.next != nil {
		p.next.place.prev = p.prev
	}
	if p.prev != nil {
		p.prev.place.next = p.next
	} else if t.levels[p.level].slots[p.slot] = p.next; p.next == nil {
		t.levels[p.level].used &^= 1 << p.slot
	}
	p.prev, p.next, p.listed = nil, nil, false
	t.count--
}

// due returns the time at which there is something to do next, and the slot that
// it is about. ok is false if nobody is listed. The lowest level in use comes
// first: all above differ from the time in a higher digit.
func (t *wheel) due() (at int64, l, slot int, ok bool) {
	for l := range t.levels {
		used := t.levels[l].used
		if used == 0 {
			continue
		}
		slot := bits.TrailingZeros64(used)
		above := (l + 1) * digitBits
		return t.now>>above<<above | int64(slot)<<(l*digitBits), l, slot, true
	}
	return 0, 0, 0, false
}

// advance moves the time on and returns the waiters whose deadlines are reached,
// earliest first, linked by place.next.
func (t *wheel) advance(now int64, expired func(w *Waiter)) {
	for {
		at, l, slot, ok := t.due()
		if !ok || at > now {
			t.now = max(t.now, now)
			return
		}
		t.now = at
		for w := t.levels[l].slots[slot]; w != nil; w = t.levels[l].slots[slot] {
			t.remove(w)
			if w.place.deadline <= at {
				expired(w)
			} else {
				t.add(w)
			}
		}
	}
}
