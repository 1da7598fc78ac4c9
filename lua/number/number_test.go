package number_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/lua/number"
	"github.com/mnorrsken/postkeys/lua/redistest"
)

// randomDouble makes doubles of all magnitudes, many of them near a change of format.
func randomDouble(rng *rand.Rand) float64 {
	switch rng.IntN(6) {
	case 0:
		return math.Float64frombits(rng.Uint64())
	case 1:
		return float64(rng.Int64N(2e6) - 1e6)
	case 2:
		return float64(rng.Int64()) / float64(int64(1)<<rng.IntN(63))
	case 3:
		return math.Pow10(rng.IntN(40)-20) * float64(rng.IntN(2001)-1000)
	case 4:
		return float64(rng.Int64N(2000)-1000) + 0.5*math.Pow10(-rng.IntN(16))
	default:
		return float64(int64(1)<<rng.IntN(63)) - 1
	}
}

func TestTextLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	doubles := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1e14, 1e14 - 1, 1e15, 99999999999999.5, 1e100, 5e-324, 0.1, 1e-5, 123456}
	for range 5000 {
		if f := randomDouble(rng); f == f {
			doubles = append(doubles, f)
		}
	}
	var scripts []string
	for _, f := range doubles {
		text := strconv.FormatFloat(f, 'g', 17, 64)
		scripts = append(scripts, fmt.Sprintf(`return tostring(tonumber("%s")) .. "|" .. string.format("%%.3g", tonumber("%s"))`, text, text))
	}
	scripts = append(scripts, `return tostring(0/0) .. "|" .. string.format("%.3g", 0/0)`)
	zero := 0.0
	doubles = append(doubles, zero/zero)
	for i, want := range redistest.Start(t).Eval(t, scripts) {
		got := number.String(doubles[i]) + "|" + string(number.AppendPrecision(nil, doubles[i], 3))
		if strings.TrimLeft(got, "-") == "nan|nan" {
			got = "-nan|-nan" // the sign of 0/0 is the processor's
		}
		if got != want {
			t.Errorf("%g: %s, redis has %s", doubles[i], got, want)
		}
	}
}

func TestParseLikeRedis(t *testing.T) {
	t.Parallel()
	texts := []string{"", " ", "1", " 1 ", "\t\n\v\f\r7\r\f\v\n\t", "+1", "-1", "--1", "+-1", "0x10", "0X1F", "-0x10", "0x", "0xg", "0x.8", "0x.", "0x1p4", "0x1p", "0x1.8p-2", "0x1p+3 ",
		"1e5", "1e", "1e+", "1E-3", ".5", "5.", ".", "-.5e1", "inf", "INF", "-inf", "Infinity", "infi", "nan", "-nan", "NaN(12)", "nan(", "nan(a_1)x", "1 2", "1x", "1e400", "-1e400",
		"1e-400", "1_000", "0b11", "0o7", "010", "1\x002", "\x001", "1 \x00x", "00000000000000000000000001", "12345678901234567890", "123456789012345.5", "9007199254740993",
		"0x1ffffffffffffffff", "1e99999999999", "0x1p99999", "0x1p-99999", "1\u00a0", "١"}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		text := strconv.FormatFloat(randomDouble(rng), "gefx"[rng.IntN(4)], rng.IntN(20)-1, 64)
		if rng.IntN(2) == 0 {
			b := []byte(text)
			b[rng.IntN(len(b))] = " x.e-+_p0\x00\t"[rng.IntN(11)]
			text = string(b)
		}
		texts = append(texts, text)
	}
	var scripts []string
	for _, text := range texts {
		scripts = append(scripts, fmt.Sprintf("local n = tonumber(%s) return n and string.format('%%.17g', n) or 'no'", redistest.Quote(text)))
	}
	for i, want := range redistest.Start(t).Eval(t, scripts) {
		got := "no"
		if f, ok := number.Parse(texts[i]); ok {
			got = string(number.AppendPrecision(nil, f, 17))
		}
		if got != want {
			t.Errorf("%q: %s, redis has %s", texts[i], got, want)
		}
	}
}

func TestCasts(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, tc := range []struct {
		f   float64
		i64 int64
		i32 int32
		u64 uint64
	}{
		{-1.9, -1, -1, math.MaxUint64},
		{nan, math.MinInt64, math.MinInt32, 1 << 63},
		{math.Inf(1), math.MinInt64, math.MinInt32, 0},
		{math.Inf(-1), math.MinInt64, math.MinInt32, 1 << 63},
		{1 << 31, 1 << 31, math.MinInt32, 1 << 31},
		{-1<<31 - 0.5, -1 << 31, math.MinInt32, math.MaxUint64 - 1<<31 + 1},
		{1 << 63, math.MinInt64, math.MinInt32, 1 << 63},
		{1<<64 - 2048, math.MinInt64, math.MinInt32, 1<<64 - 2048},
		{1 << 64, math.MinInt64, math.MinInt32, 0},
	} {
		if i64, i32, u64 := number.ToInt64(tc.f), number.ToInt32(tc.f), number.ToUint64(tc.f); i64 != tc.i64 || i32 != tc.i32 || u64 != tc.u64 {
			t.Errorf("%g: %d %d %d, want %d %d %d", tc.f, i64, i32, u64, tc.i64, tc.i32, tc.u64)
		}
	}
}

func FuzzPrefix(f *testing.F) {
	for _, s := range []string{"0x1p4 ", "nan(1)", "-.5e-7x", "1e+", "infinity"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, n := number.Prefix(s)
		if n < 0 || n > len(s) {
			t.Fatalf("%d of %d bytes", n, len(s))
		}
		again, m := number.Prefix(s[:n])
		if m != n || math.Float64bits(v) != math.Float64bits(again) {
			t.Errorf("%q: %v of %d bytes, then %v of %d", s, v, n, again, m)
		}
	})
}
