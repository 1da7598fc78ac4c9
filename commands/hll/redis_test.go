package hll

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// conversation collects commands, each with the reply that is expected.
type conversation struct {
	pipeline []byte
	about    []string // what each command is, in short
	want     [][]byte // the expected reply; nil if any will do
}

func (c *conversation) say(want []byte, args ...string) {
	c.pipeline = servertest.AppendCommand(c.pipeline, args...)
	c.about = append(c.about, fmt.Sprintf("command %d, %.80q", len(c.about), args))
	c.want = append(c.want, want)
}

// compare has a redis-server answer. It stops at the first difference, which usually entails more.
func (c *conversation) compare(t *testing.T, s *servertest.Server) {
	t.Helper()
	client, err := servertest.Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	replies, err := client.Exchange(c.pipeline, len(c.want))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range c.want {
		if want != nil && !bytes.Equal(replies[i], want) {
			t.Fatalf("%s: got %.300q, redis has %.300q", c.about[i], want, replies[i])
		}
	}
}

func bulk(b []byte) []byte {
	if b == nil {
		return []byte("$-1\r\n")
	}
	return fmt.Appendf(nil, "$%d\r\n%s\r\n", len(b), b)
}

func integer(n int64) []byte { return fmt.Appendf(nil, ":%d\r\n", n) }

func failure(err error) []byte { return fmt.Appendf(nil, "-%v\r\n", err) }

// model is what the keys of a redis-server should hold.
type model struct {
	conversation
	keys   map[string][]byte
	sparse int // hll-sparse-max-bytes
}

func newModel(sparse int) *model {
	m := &model{keys: map[string][]byte{}, sparse: sparse}
	m.say([]byte("+OK\r\n"), "FLUSHALL")
	m.say([]byte("+OK\r\n"), "CONFIG", "SET", "hll-sparse-max-bytes", strconv.Itoa(sparse))
	return m
}

// set stores a value as a client may.
func (m *model) set(key string, b []byte) {
	m.keys[key] = b
	m.say([]byte("+OK\r\n"), "SET", key, string(b))
}

// get compares the bytes of a key.
func (m *model) get(key string) { m.say(bulk(m.keys[key]), "GET", key) }

func (m *model) add(key string, elements ...[]byte) {
	args := []string{"PFADD", key}
	for _, e := range elements {
		args = append(args, string(e))
	}
	b, changed, err := Add(m.keys[key], elements, m.sparse)
	switch {
	case err != nil:
		m.say(failure(err), args...)
		return
	case changed:
		m.say(integer(1), args...)
	default:
		m.say(integer(0), args...)
	}
	m.keys[key] = b
	m.get(key)
}

func (m *model) count(keys ...string) {
	args := append([]string{"PFCOUNT"}, keys...)
	if len(keys) == 1 && m.keys[keys[0]] != nil {
		n, updated, err := Count(m.keys[keys[0]])
		if err != nil {
			m.say(failure(err), args...)
			return
		}
		if updated != nil {
			m.keys[keys[0]] = updated
		}
		m.say(integer(n), args...)
		m.get(keys[0])
		return
	}
	var u Union
	for _, key := range keys {
		if err := u.Add(m.keys[key]); err != nil {
			m.say(failure(err), args...)
			return
		}
	}
	m.say(integer(u.Count()), args...)
}

func (m *model) merge(dst string, keys ...string) {
	args := append([]string{"PFMERGE", dst}, keys...)
	var srcs [][]byte
	for _, key := range keys {
		srcs = append(srcs, m.keys[key])
	}
	b, err := Merge(m.keys[dst], srcs, m.sparse)
	if err != nil {
		m.say(failure(err), args...)
		return
	}
	m.keys[dst] = b
	m.say([]byte("+OK\r\n"), args...)
	m.get(dst)
}

// debug compares what PFDEBUG shows; GETREG and TODENSE come last because they make the value dense.
func (m *model) debug(key string) {
	b := m.keys[key]
	if b == nil {
		return
	}
	encoding, err := Encoding(b)
	if err != nil {
		m.say(failure(err), "PFDEBUG", "ENCODING", key)
		return
	}
	m.say(fmt.Appendf(nil, "+%s\r\n", encoding), "PFDEBUG", "ENCODING", key)
	if text, err := Decode(b); err != nil {
		m.say(failure(err), "PFDEBUG", "DECODE", key)
	} else {
		m.say(bulk(text), "PFDEBUG", "DECODE", key)
	}
	all, err := Registers(b)
	if err != nil {
		m.say(failure(err), "PFDEBUG", "GETREG", key)
		m.say(failure(err), "PFDEBUG", "TODENSE", key)
		return
	}
	reply := fmt.Appendf(nil, "*%d\r\n", len(all))
	for _, v := range all {
		reply = append(reply, integer(int64(v))...)
	}
	m.say(reply, "PFDEBUG", "GETREG", key)
	m.keys[key], _ = ToDense(b)
	m.say(integer(0), "PFDEBUG", "TODENSE", key)
	m.get(key)
}

// element makes one of n different elements, of different lengths.
func element(rng *rand.Rand, n int) []byte {
	e := binary.LittleEndian.AppendUint64(nil, uint64(rng.IntN(n))*0x9e3779b97f4a7c15)
	return e[:1+len(e)-1-int(e[0]%8)*int(e[1]%2)]
}

func TestBytesLikeRedis(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	for _, c := range []struct{ sparse, elements, steps int }{
		{3000, 1 << 40, 900}, // what Redis is set to; crosses the boundary after some 1,500 elements
		{16000, 1 << 40, 700},
		{0, 1000, 60},
		{100, 1 << 40, 200},
		{300, 300, 500},
		{20, 50, 60},
	} {
		t.Run(fmt.Sprint(c.sparse), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(c.sparse), 7))
			m := newModel(c.sparse)
			keys := []string{"a", "b", "c", "d"}
			for range c.steps {
				key := keys[rng.IntN(len(keys))]
				switch rng.IntN(20) {
				case 0:
					m.add(key)
				case 1, 2:
					m.count(key)
				case 3:
					m.count(keys[:rng.IntN(len(keys))+1]...)
				case 4:
					m.merge(key, keys[:rng.IntN(3)]...)
				case 5:
					m.merge("sum", key)
				case 6:
					if rng.IntN(8) == 0 {
						m.debug(key)
					}
				case 7:
					if rng.IntN(4) == 0 {
						delete(m.keys, key)
						m.say(nil, "DEL", key)
					}
				default:
					var list [][]byte
					for range rng.IntN(12) {
						list = append(list, element(rng, c.elements))
					}
					m.add(key, list...)
				}
			}
			m.compare(t, redis)
		})
	}
}

// TestGrowthLikeRedis grows one value through the boundary and far beyond it, with a look at every step.
func TestGrowthLikeRedis(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	m := newModel(3000)
	for i := range 4000 {
		m.add("k", strconv.AppendInt([]byte("element:"), int64(i), 10))
		if i%7 == 0 {
			m.count("k")
		}
	}
	m.compare(t, redis)
	if encoding, _ := Encoding(m.keys["k"]); encoding != "dense" {
		t.Errorf("the value is %s after 4000 elements", encoding)
	}

	// Big counts, without the bytes of each step.
	m = newModel(3000)
	for i := range 60 {
		var list [][]byte
		for j := range 5000 {
			list = append(list, strconv.AppendInt(nil, int64(i*5000+j), 36))
		}
		m.add("k", list...)
		m.count("k")
	}
	m.compare(t, redis)
}

// TestForeignValuesLikeRedis lets both count, change and merge values that no HyperLogLog command wrote.
func TestForeignValuesLikeRedis(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	rng := rand.New(rand.NewPCG(3, 4))
	good := func() []byte {
		b := New()
		for range rng.IntN(60) {
			b, _, _ = Add(b, [][]byte{element(rng, 1<<40)}, 3000)
		}
		if rng.IntN(4) == 0 {
			b, _ = ToDense(b)
		}
		return slices.Clone(b)
	}
	m := newModel(3000)
	refused := 0
	for i := range 1500 {
		b := mutate(rng, good())
		m.set("k", b)
		if _, _, err := Count(b); err != nil {
			refused++
		}
		m.debugForeign("k")
		m.count("k")
		m.count("k", "absent")
		m.merge("sum", "k")
		// One element at a time: Redis keeps the elements before the one that fails.
		e := element(rng, 1<<40)
		if writesBehind(m.keys["k"], e) {
			continue
		}
		m.add("k", e)
		m.count("k")
		if i%100 == 0 {
			m.set("sum", good())
		}
	}
	if refused < 200 || refused > 1400 {
		t.Errorf("%d of 1500 values are not valid: the mutations test little", refused)
	}
	m.compare(t, redis)
}

// debugForeign compares the forms of PFDEBUG that keep the value.
func (m *model) debugForeign(key string) {
	if text, err := Decode(m.keys[key]); err != nil {
		m.say(failure(err), "PFDEBUG", "DECODE", key)
	} else {
		m.say(bulk(text), "PFDEBUG", "DECODE", key)
	}
}

// writesBehind says that PFADD has to split an opcode whose second byte is missing. Redis writes one byte too many
// then; here it is an error, and nothing that can be compared.
func writesBehind(b, e []byte) bool {
	if !Valid(b) || isDense(b) {
		return false
	}
	index, _ := pattern(e)
	at, _, _, found := find(b, index)
	return found && at+runAt(b, at).size > len(b)
}

// mutate damages a value, or not.
func mutate(rng *rand.Rand, b []byte) []byte {
	switch rng.IntN(9) {
	case 0:
		b[rng.IntN(headerBytes)] ^= 1 << rng.IntN(8)
	case 1:
		return b[:rng.IntN(len(b))]
	case 2:
		return append(b, make([]byte, rng.IntN(5))...)
	case 3:
		return append(b, "\x80\xff\x7f"[:1+rng.IntN(3)]...)
	case 4:
		for range 1 + rng.IntN(200) {
			b[headerBytes+rng.IntN(len(b)-headerBytes)] = byte(rng.Uint32())
		}
	case 5:
		// A last opcode that lacks its second byte, which reads as zero.
		b[encodingAt] = encodeSparse
		n := 1 + rng.IntN(62)
		b = append(b[:headerBytes], appendZeros(nil, registers-n*256-1)...)
		return append(b, xzeroBit|byte(n))
	case 6:
		b, _ = ToDense(b)
		fill := []byte{0xff, byte(rng.Uint32())}[rng.IntN(2)]
		from := headerBytes + rng.IntN(2)*rng.IntN(len(b)-headerBytes)
		for i := from; i < len(b); i++ {
			b[i] = fill
		}
	case 7:
		b, _ = ToDense(b)
		v := uint8(40 + rng.IntN(24))
		for i := range registers {
			setDenseRegister(b[headerBytes:], i, min(maxRegister, v+uint8(rng.IntN(3))))
		}
	}
	if len(b) > staleAt {
		b[staleAt] |= stale
	}
	return b
}

func TestSelfTest(t *testing.T) {
	t.Parallel()
	if err := testRegisters(20); err != nil {
		t.Error(err)
	}
	for salt := range uint64(3) {
		if err := testEstimates(100_000, 3000, salt*0x9e3779b97f4a7c15); err != nil {
			t.Error(err)
		}
	}
	// A wrong estimate is noticed.
	if err := check(New(), New(), 100, 0); err == nil || errors.Is(err, ErrCorrupt) {
		t.Errorf("100 elements and an estimate of none pass the check: %v", err)
	}
}
