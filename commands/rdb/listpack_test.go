package rdb

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestListpackRoundTrip(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(17, 18))
	var memory []byte
	for range 300 {
		l := NewListpack(memory)
		var want [][]byte
		for range rng.IntN(200) {
			element := randomElement(rng, 1<<20)
			want = append(want, element)
			l.Append(element)
		}
		size := l.Bytes()
		if l.Len() != len(want) {
			t.Fatalf("%d elements, want %d", l.Len(), len(want))
		}
		memory = l.Finish()
		if len(memory) != size {
			t.Fatalf("%d bytes, but it said %d", len(memory), size)
		}
		got, err := ListpackElements(memory)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(Value{Elements: got}, Value{Elements: want}); d != "" {
			t.Fatal(d)
		}
	}
}

func TestListpackIntegers(t *testing.T) {
	t.Parallel()
	for _, n := range boundaries {
		asInt, asText := NewListpack(nil), NewListpack(nil)
		asInt.AppendInt(n)
		text := strconv.AppendInt(nil, n, 10)
		asText.Append(text)
		lp := asInt.Finish()
		if string(lp) != string(asText.Finish()) {
			t.Errorf("%d is not the same as its text", n)
		}
		got, err := ListpackElements(lp)
		if err != nil || len(got) != 1 || string(got[0]) != string(text) {
			t.Errorf("%d became %q, %v", n, got, err)
		}
	}
}

// More elements than the header can count.
func TestListpackWithManyElements(t *testing.T) {
	t.Parallel()
	for _, n := range []int{listpackUncounted - 1, listpackUncounted, listpackUncounted + 1} {
		l := NewListpack(nil)
		for i := range n {
			l.AppendInt(int64(i))
		}
		got, err := ListpackElements(l.Finish())
		if err != nil || len(got) != n || string(got[n-1]) != strconv.Itoa(n-1) {
			t.Errorf("%d elements became %d, %v", n, len(got), err)
		}
	}
}

// A byte less anywhere is noticed.
func TestListpackCutShort(t *testing.T) {
	t.Parallel()
	l := NewListpack(nil)
	for _, e := range []string{"a", "1", "-5000", "word", "123456789012", ""} {
		l.Append([]byte(e))
	}
	lp := l.Finish()
	for i := range lp {
		if _, err := ListpackElements(lp[:i]); !errors.Is(err, ErrBadData) {
			t.Errorf("the first %d bytes: %v", i, err)
		}
	}
}
