package pg

import "slices"

// deque is a sequence of byte strings that grows and shrinks at both ends.
type deque struct {
	b    [][]byte
	head int // of the first item in b
}

func (d *deque) len() int { return len(d.b) - d.head }

func (d *deque) at(i int) []byte { return d.b[d.head+i] }

func (d *deque) set(i int, v []byte) { d.b[d.head+i] = v }

func (d *deque) pushRight(v []byte) { d.b = append(d.b, v) }

func (d *deque) pushLeft(v []byte) {
	if d.head == 0 {
		room := max(8, len(d.b))
		b := make([][]byte, room+len(d.b), room+len(d.b)+8)
		copy(b[room:], d.b)
		d.b, d.head = b, room
	}
	d.head--
	d.b[d.head] = v
}

func (d *deque) popLeft() []byte {
	v := d.b[d.head]
	d.b[d.head] = nil
	d.head++
	return v
}

func (d *deque) popRight() []byte {
	v := d.b[len(d.b)-1]
	d.b = d.b[:len(d.b)-1]
	return v
}

func (d *deque) insert(i int, v []byte) { d.b = slices.Insert(d.b, d.head+i, v) }

func (d *deque) remove(i int) []byte {
	v := d.at(i)
	d.b = slices.Delete(d.b, d.head+i, d.head+i+1)
	return v
}
