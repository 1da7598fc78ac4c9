package client

import (
	"bytes"
	"math/rand/v2"
	"strconv"
)

// Placeholder is what redis-benchmark replaces with a random number of twelve digits in each command it sends.
const Placeholder = "__rand_int__"

// Key is a key as redis-benchmark makes it: the placeholder replaced by n.
func Key(pattern string, n int) string {
	return string(bytes.Replace([]byte(pattern), []byte(Placeholder), digits(n), 1))
}

// digits are the twelve digits of n.
func digits(n int) []byte {
	d := []byte("000000000000")
	text := strconv.Itoa(n)
	copy(d[len(d)-len(text):], text)
	return d
}

// Template is an encoded command in which only the digits of the random numbers change. It is used by one goroutine at a time.
type Template struct {
	b     []byte
	slots []int // where placeholders start
	keys  int
	rng   *rand.Rand
}

// NewTemplate encodes args; placeholders become random numbers below keys. Templates with the same seed give the same commands.
func NewTemplate(keys int, seed uint64, args ...string) *Template {
	t := &Template{b: AppendCommand(nil, args...), keys: keys, rng: rand.New(rand.NewPCG(seed, 0))}
	for at := 0; ; at += len(Placeholder) {
		i := bytes.Index(t.b[at:], []byte(Placeholder))
		if i < 0 {
			return t
		}
		at += i
		t.slots = append(t.slots, at)
	}
}

// Next is the next command; the bytes are valid until the next call.
func (t *Template) Next() []byte {
	for _, at := range t.slots {
		copy(t.b[at:], digits(t.rng.IntN(t.keys)))
	}
	return t.b
}
