package tablelib

import (
	"fmt"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// sorter sorts a table with the quicksort of the original (Sedgewick's, with the median of three as the pivot). It compares
// the same elements in the same order, so that functions that are no order have the same effect: a wrong result or an error,
// but no access beyond the table.
type sorter struct {
	L      *glua.LState
	t      *glua.LTable
	less   *glua.LFunction // nil for the operator <
	interr auxlib.Interrupt
}

func sort(L *glua.LState) int {
	s := sorter{L: L, t: auxlib.CheckTable(L, 1), interr: auxlib.NewInterrupt(L)}
	n := s.t.Len()
	if L.Get(2) != glua.LNil {
		s.less = auxlib.CheckFunction(L, 2)
	}
	s.sort(1, n)
	return 0
}

// sort sorts from low to high: the smaller part of what it divides by a call, the larger in the loop.
func (s *sorter) sort(low, high int) {
	for low < high {
		s.order(low, high)
		if high-low == 1 {
			return
		}
		middle := (low + high) / 2
		if !s.order(low, middle) {
			s.order(middle, high)
		}
		if high-low == 2 {
			return
		}
		pivot := get(s.t, middle)
		s.swap(middle, high-1)
		i := s.partition(low, high, pivot)
		s.swap(high-1, i)
		if i-low < high-i {
			s.sort(low, i-1)
			low = i + 1
		} else {
			s.sort(i+1, high)
			high = i - 1
		}
	}
}

// order puts the elements at i < j in order and tells whether they were not.
func (s *sorter) order(i, j int) bool {
	if !s.isLess(get(s.t, j), get(s.t, i)) {
		return false
	}
	s.swap(i, j)
	return true
}

func (s *sorter) swap(i, j int) {
	a, b := get(s.t, i), get(s.t, j)
	set(s.t, i, b)
	set(s.t, j, a)
}

// partition moves what is less than the pivot, which is at high-1, before the rest and returns where the rest starts.
func (s *sorter) partition(low, high int, pivot glua.LValue) int {
	i, j := low, high-1
	for {
		for i++; s.isLess(get(s.t, i), pivot); i++ {
			s.check(i <= high)
		}
		for j--; s.isLess(pivot, get(s.t, j)); j-- {
			s.check(j >= low)
		}
		if j < i {
			return i
		}
		s.swap(i, j)
	}
}

func (s *sorter) check(inside bool) {
	if !inside {
		auxlib.Errorf(s.L, "invalid order function for sorting")
	}
}

func (s *sorter) isLess(a, b glua.LValue) bool {
	s.interr.Step()
	if s.less != nil {
		return s.call(s.less, a, b)
	}
	switch x := a.(type) {
	case glua.LNumber:
		if y, ok := b.(glua.LNumber); ok {
			return x < y
		}
	case glua.LString:
		if y, ok := b.(glua.LString); ok {
			return x < y
		}
	}
	if a.Type() == b.Type() {
		less, ok := s.L.GetMetaField(a, "__lt").(*glua.LFunction)
		if ok && s.L.GetMetaField(b, "__lt") == less {
			return s.call(less, a, b)
		}
	}
	s.L.Error(glua.LString(compareError(a.Type().String(), b.Type().String())), 0)
	return false
}

func (s *sorter) call(fn *glua.LFunction, a, b glua.LValue) bool {
	s.L.Push(fn)
	s.L.Push(a)
	s.L.Push(b)
	s.L.Call(2, 1)
	less := glua.LVAsBool(s.L.Get(-1))
	s.L.Pop(1)
	return less
}

// compareError is the text for values that have no order, without a position as the comparison is not in Lua code. Types are
// told apart by their third letters.
func compareError(a, b string) string {
	if a[2] == b[2] {
		return fmt.Sprintf("attempt to compare two %s values", a)
	}
	return fmt.Sprintf("attempt to compare %s with %s", a, b)
}
