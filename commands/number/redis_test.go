package number

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

// ask sends commands as one pipeline to a fresh redis-server.
func ask(t *testing.T, commands [][]string) []codec.Value {
	t.Helper()
	c, err := servertest.Dial(servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var pipeline []byte
	for _, args := range commands {
		pipeline = servertest.AppendCommand(pipeline, args...)
	}
	replies, err := c.Exchange(pipeline, len(commands))
	if err != nil {
		t.Fatal(err)
	}
	values := make([]codec.Value, len(replies))
	for i, r := range replies {
		if values[i], _, err = codec.ParseValue(r); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// randomNumber makes well-formed numbers of many kinds and now and then a malformed one.
func randomNumber(rng *rand.Rand) string {
	digits := func(longest int) string {
		b := make([]byte, 1+rng.IntN(longest))
		for i := range b {
			b[i] = byte('0' + rng.IntN(10))
		}
		return string(b)
	}
	sign := []string{"", "", "-", "+"}[rng.IntN(4)]
	switch rng.IntN(14) {
	case 0:
		return sign + digits(25)
	case 1, 2, 3:
		return sign + digits(12) + "." + digits(20)
	case 4:
		return sign + digits(4) + "." + digits(60)
	case 5:
		return sign + digits(3) + "e" + strconv.Itoa(rng.IntN(60)-30)
	case 6:
		return sign + digits(30) + "." + digits(30) + "E" + strconv.Itoa(rng.IntN(10200)-5100)
	case 7:
		return sign + "0x" + digits(18) + "." + digits(5)
	case 8:
		return sign + "0X" + digits(9) + "p" + strconv.Itoa(rng.IntN(100)-50)
	case 9:
		return sign + "0x" + digits(20) + "p" + strconv.Itoa(rng.IntN(33600)-16800)
	case 10:
		return strconv.FormatInt(int64(rng.Uint64())>>rng.IntN(64), 10)
	case 11:
		return sign + "0." + strings.Repeat("0", rng.IntN(19)) + digits(3)
	case 12:
		return sign + []string{"inf", "Infinity", "nan", "1e4932", "1.18973149535723176502e4932", "1.18973149535723176508e4932",
			"3.6e-4951", "1.8e-4951", "1.83e-4951", "1e-4970", "2.2250738585072014e-308", "5e-324", "2e-324", "1.7976931348623159e308"}[rng.IntN(14)]
	default:
		malformed := []byte(sign + digits(3) + ".e" + digits(2))
		malformed[rng.IntN(len(malformed))] = " x.e-+_p\x00\t"[rng.IntN(10)]
		return string(malformed)
	}
}

func TestIncrByFloatLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	const pairs = 6000
	var commands [][]string
	var values [][2]string
	for range pairs {
		a, b := randomNumber(rng), randomNumber(rng)
		values = append(values, [2]string{a, b})
		commands = append(commands, []string{"SET", "k", a}, []string{"INCRBYFLOAT", "k", b}, []string{"DEL", "h"},
			[]string{"HSET", "h", "f", a}, []string{"HINCRBYFLOAT", "h", "f", b})
	}
	replies := ask(t, commands)
	for i, pair := range values {
		want, wantHash := string(replies[5*i+1].Str), string(replies[5*i+4].Str)
		got, gotHash := increment(pair[0], pair[1])
		if got != want {
			t.Errorf("INCRBYFLOAT %q + %q: got %.80s, redis has %.80s", pair[0], pair[1], got, want)
		}
		if gotHash != wantHash {
			t.Errorf("HINCRBYFLOAT %q + %q: got %.80s, redis has %.80s", pair[0], pair[1], gotHash, wantHash)
		}
	}
}

// increment answers as INCRBYFLOAT and as HINCRBYFLOAT.
func increment(a, b string) (str, hash string) {
	old, okOld := ParseLongDouble([]byte(a))
	by, okBy := ParseLongDouble([]byte(b))
	const notFloat = "ERR value is not a valid float"
	switch {
	case !okBy:
		return notFloat, notFloat
	case !okOld:
		hash = "ERR hash value is not a float"
		if by.IsInf() {
			hash = "ERR value is NaN or Infinity"
		}
		return notFloat, hash
	}
	sum, err := old.Add(by)
	if err != nil {
		str = "ERR " + err.Error()
		if by.IsInf() {
			return str, "ERR value is NaN or Infinity"
		}
		return str, str
	}
	str = string(sum.AppendTo(nil))
	return str, str
}

func TestParseFloatLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	var commands [][]string
	var numbers []string
	for range 4000 {
		n := randomNumber(rng)
		numbers = append(numbers, n)
		commands = append(commands, []string{"DEL", "z"}, []string{"ZADD", "z", n, "m"}, []string{"ZSCORE", "z", "m"})
	}
	replies := ask(t, commands)
	for i, n := range numbers {
		got, ok := ParseFloat([]byte(n))
		if refused := replies[3*i+1].IsError(); refused == ok {
			t.Errorf("%q: accepted %v, redis says %q", n, ok, replies[3*i+1].Str)
			continue
		}
		if !ok {
			continue
		}
		want, err := strconv.ParseFloat(string(replies[3*i+2].Str), 64)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q: %v, redis has %s", n, got, replies[3*i+2].Str)
		}
	}
}

func TestParseInt64LikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 10))
	var commands [][]string
	var numbers []string
	for range 3000 {
		n := randomNumber(rng)
		if rng.IntN(2) == 0 {
			n = fmt.Sprint(int64(rng.Uint64()))
			b := []byte(n)
			b[rng.IntN(len(b))] = "0123456789-+ "[rng.IntN(13)]
			n = string(b)
		}
		numbers = append(numbers, n)
		commands = append(commands, []string{"SET", "k", n}, []string{"INCRBY", "k", "0"})
	}
	replies := ask(t, commands)
	for i, n := range numbers {
		got, ok := ParseInt64([]byte(n))
		want := replies[2*i+1]
		if ok == want.IsError() || ok && got != want.Int {
			t.Errorf("%q: %d %v, redis says %d %s", n, got, ok, want.Int, want.Str)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-0x1.8p3", "1e400", "inf", ".5e-7", "1_0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		original := bytes.Clone(b)
		if n, ok := ParseInt64(b); ok && !bytes.Equal(strconv.AppendInt(nil, n, 10), b) {
			t.Errorf("%q is not the spelling of %d", b, n)
		}
		_, isFloat := ParseFloat(b)
		_, isLong := ParseLongDouble(b)
		if isFloat && !isLong && len(b) < maxText {
			t.Errorf("%q is a double but no long double", b)
		}
		if !bytes.Equal(b, original) {
			t.Error("the input changed")
		}
	})
}

func BenchmarkIncrByFloat(b *testing.B) {
	for b.Loop() {
		old, _ := ParseLongDouble([]byte("10.5"))
		by, _ := ParseLongDouble([]byte("0.1"))
		sum, _ := old.Add(by)
		_ = sum.AppendTo(nil)
	}
}
