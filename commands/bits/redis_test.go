package bits

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

// conversation collects commands, each with the reply that is expected.
type conversation struct {
	pipeline []byte
	commands [][]string
	want     []string
}

func (c *conversation) say(want string, args ...string) {
	c.pipeline = servertest.AppendCommand(c.pipeline, args...)
	c.commands = append(c.commands, args)
	c.want = append(c.want, want)
}

// compare has a redis-server answer.
func (c *conversation) compare(t *testing.T) {
	t.Helper()
	client, err := servertest.Dial(servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	replies, err := client.Exchange(c.pipeline, len(c.want))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range c.want {
		if string(replies[i]) != want {
			t.Errorf("%q: got %q, redis has %q", c.commands[i], want, replies[i])
		}
	}
}

func randomBytes(rng *rand.Rand, longest int) []byte {
	b := make([]byte, rng.IntN(longest+1))
	kind := rng.IntN(4)
	for i := range b {
		switch kind {
		case 0:
			b[i] = byte(rng.Uint32())
		case 1:
			b[i] = 0xff
		}
	}
	if len(b) > 0 && kind > 0 {
		b[rng.IntN(len(b))] = byte(rng.Uint32())
	}
	return b
}

func integer(n int64) string { return fmt.Sprintf(":%d\r\n", n) }

func TestCountAndPositionLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 14))
	var c conversation
	for range 1500 {
		b := randomBytes(rng, 40)
		c.say("+OK\r\n", "SET", "k", string(b))
		c.say(integer(Count(b)), "BITCOUNT", "k")
		value := rng.IntN(2)
		v := fmt.Sprint(value)
		c.say(integer(Position(b, value, Range{0, -1, false}, false)), "BITPOS", "k", v)
		for range 4 {
			inBits := rng.IntN(2) == 0
			unit, span := "BYTE", 90
			if inBits {
				unit, span = "bit", 700
			}
			r := Range{int64(rng.IntN(span) - span/2), int64(rng.IntN(span) - span/2), inBits}
			start, end := fmt.Sprint(r.Start), fmt.Sprint(r.End)
			c.say(integer(CountRange(b, r)), "BITCOUNT", "k", start, end, unit)
			c.say(integer(Position(b, value, r, true)), "BITPOS", "k", v, start, end, unit)
			if !inBits {
				c.say(integer(Position(b, value, Range{r.Start, -1, false}, false)), "BITPOS", "k", v, start)
			}
		}
	}
	c.compare(t)
}

func TestCombineLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(15, 16))
	var c conversation
	names := []string{"AND", "OR", "XOR", "NOT"}
	for range 800 {
		op := Operation(rng.IntN(4))
		count := 1
		if op != Not {
			count = 1 + rng.IntN(6)
		}
		c.say("+OK\r\n", "FLUSHALL")
		args := []string{"BITOP", names[op], "dst"}
		var sources [][]byte
		for i := range count {
			b := randomBytes(rng, 50)
			key := fmt.Sprint("src", i)
			c.say("+OK\r\n", "SET", key, string(b))
			sources = append(sources, b)
			args = append(args, key)
		}
		dst := Combine(op, sources)
		c.say(integer(int64(len(dst))), args...)
		var e codec.Encoder
		if len(dst) == 0 {
			e.Null()
		} else {
			e.Bulk(dst)
		}
		c.say(string(e.Buf), "GET", "dst")
	}
	c.compare(t)
}

func TestFieldsLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(17, 18))
	value := func() int64 {
		switch rng.IntN(4) {
		case 0:
			return []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}[rng.IntN(7)]
		case 1:
			return int64(rng.IntN(600) - 300)
		}
		return int64(rng.Uint64()) >> rng.IntN(64)
	}
	var c conversation
	for range 1500 {
		b := randomBytes(rng, 20)
		c.say("+OK\r\n", "SET", "k", string(b))
		args := []string{"BITFIELD", "k"}
		var ops []FieldOp
		size := 0
		for range 1 + rng.IntN(8) {
			op := FieldOp{Kind: FieldKind(rng.IntN(3)), Offset: int64(rng.IntN(200)), Overflow: Overflow(rng.IntN(3))}
			op.Type = FieldType{Signed: rng.IntN(2) == 0, Bits: uint8(1 + rng.IntN(63))}
			if op.Type.Signed && rng.IntN(5) == 0 {
				op.Type.Bits = 64
			}
			args = append(args, "OVERFLOW", []string{"WRAP", "SAT", "FAIL"}[op.Overflow])
			args = append(args, []string{"GET", "SET", "INCRBY"}[op.Kind], map[bool]string{true: "i", false: "u"}[op.Type.Signed]+fmt.Sprint(op.Type.Bits),
				fmt.Sprint(op.Offset))
			if op.Kind != FieldGet {
				op.Value = value()
				args = append(args, fmt.Sprint(op.Value))
				size = max(size, op.Size())
			}
			ops = append(ops, op)
		}
		if len(b) < size {
			b = append(b, make([]byte, size-len(b))...)
		}
		var e codec.Encoder
		e.Array(len(ops))
		for _, op := range ops {
			if answer, ok, _ := op.Apply(b); ok {
				e.Int(answer)
			} else {
				e.Null()
			}
		}
		c.say(string(e.Buf), args...)
		e.Buf = nil
		e.Bulk(b)
		c.say(string(e.Buf), "GET", "k")
	}
	c.compare(t)
}

func BenchmarkCount(b *testing.B) {
	data := make([]byte, 1<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Count(data)
	}
}

func BenchmarkFieldIncrBy(b *testing.B) {
	data := make([]byte, 64)
	op := FieldOp{Kind: FieldIncrBy, Type: FieldType{Signed: true, Bits: 17}, Offset: 101, Value: 3}
	for b.Loop() {
		op.Apply(data)
	}
}
