package lcs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

const limit = 512 << 20

func TestExamples(t *testing.T) {
	t.Parallel()
	a, b := []byte("ohmytext"), []byte("mynewtext")
	sequence, err := Sequence(a, b, limit)
	if err != nil || string(sequence) != "mytext" {
		t.Errorf("sequence %q %v", sequence, err)
	}
	if n, err := Len(a, b, limit); n != 6 || err != nil {
		t.Errorf("length %d %v", n, err)
	}
	matches, n, err := Matches(a, b, 0, limit)
	want := []Match{{4, 7, 5, 8}, {2, 3, 0, 1}}
	if err != nil || n != 6 || !reflect.DeepEqual(matches, want) {
		t.Errorf("matches %v %d %v", matches, n, err)
	}
	if matches, _, _ = Matches(a, b, 4, limit); !reflect.DeepEqual(matches, want[:1]) {
		t.Errorf("with a minimum of 4: %v", matches)
	}
	for _, pair := range [][2]string{{"", ""}, {"", "x"}, {"x", ""}, {"x", "y"}} {
		sequence, err := Sequence([]byte(pair[0]), []byte(pair[1]), limit)
		matches, n, errM := Matches([]byte(pair[0]), []byte(pair[1]), 0, limit)
		if len(sequence) != 0 || err != nil || len(matches) != 0 || n != 0 || errM != nil {
			t.Errorf("%q: %q %v %v %d %v", pair, sequence, err, matches, n, errM)
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	a := []byte(strings.Repeat("a", 511))
	const exact = 512 * 512 * 4
	if _, err := Len(a, a, exact); err != nil {
		t.Error(err)
	}
	if _, err := Len(a, a, exact-1); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := Sequence(a, a, exact-1); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, _, err := Matches(a, a, 0, exact-1); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestLikeRedis(t *testing.T) {
	t.Parallel()
	c, err := servertest.Dial(servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rng := rand.New(rand.NewPCG(11, 12))
	text := func() string {
		b := make([]byte, rng.IntN(60))
		letters := 1 + rng.IntN(4)
		for i := range b {
			b[i] = byte('a' + rng.IntN(letters))
		}
		return string(b)
	}
	type question struct {
		a, b string
		min  int64
	}
	var questions []question
	var pipeline []byte
	for range 1500 {
		q := question{text(), text(), int64(rng.IntN(4))}
		questions = append(questions, q)
		pipeline = servertest.AppendCommand(pipeline, "MSET", "a", q.a, "b", q.b)
		pipeline = servertest.AppendCommand(pipeline, "LCS", "a", "b")
		pipeline = servertest.AppendCommand(pipeline, "LCS", "a", "b", "LEN")
		pipeline = servertest.AppendCommand(pipeline, "LCS", "a", "b", "IDX", "MINMATCHLEN", fmt.Sprint(q.min), "WITHMATCHLEN")
	}
	replies, err := c.Exchange(pipeline, 4*len(questions))
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range questions {
		a, b := []byte(q.a), []byte(q.b)
		sequence, _ := Sequence(a, b, limit)
		length, _ := Len(a, b, limit)
		matches, total, _ := Matches(a, b, q.min, limit)
		var e codec.Encoder
		e.Bulk(sequence)
		e.Int(int64(length))
		e.Array(4)
		e.BulkString("matches")
		e.Array(len(matches))
		for _, m := range matches {
			e.Array(3)
			e.Array(2)
			e.Int(int64(m.AStart))
			e.Int(int64(m.AEnd))
			e.Array(2)
			e.Int(int64(m.BStart))
			e.Int(int64(m.BEnd))
			e.Int(int64(m.Len()))
		}
		e.BulkString("len")
		e.Int(int64(total))
		want := string(replies[4*i+1]) + string(replies[4*i+2]) + string(replies[4*i+3])
		if string(e.Buf) != want {
			t.Errorf("%+v:\ngot   %q\nredis %q", q, e.Buf, want)
		}
	}
}

func BenchmarkSequence(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, y := make([]byte, 2000), make([]byte, 2000)
	for i := range x {
		x[i], y[i] = byte(rng.IntN(4)), byte(rng.IntN(4))
	}
	for b.Loop() {
		if _, err := Sequence(x, y, limit); err != nil {
			b.Fatal(err)
		}
	}
}
