package number

import (
	"errors"
	"math"
	"testing"
)

func TestParseInt64(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"1", 1, true}, {"-1", -1, true}, {"9223372036854775807", math.MaxInt64, true},
		{"-9223372036854775808", math.MinInt64, true}, {"9223372036854775808", 0, false}, {"-9223372036854775809", 0, false},
		{"18446744073709551616", 0, false}, {"", 0, false}, {"-", 0, false}, {"-0", 0, false}, {"00", 0, false}, {"01", 0, false},
		{"+1", 0, false}, {" 1", 0, false}, {"1 ", 0, false}, {"1.0", 0, false}, {"1e3", 0, false}, {"a", 0, false}, {"1\x00", 0, false},
		{"9999999999999999999", 0, false},
	} {
		got, ok := ParseInt64([]byte(c.in))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %d %v", c.in, got, ok)
		}
	}
}

func TestAddInt64(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b int64
		ok   bool
	}{
		{1, 2, true}, {0, 0, true}, {5, 0, true}, {math.MaxInt64, 1, false}, {math.MaxInt64, 0, true}, {math.MinInt64, -1, false},
		{math.MinInt64, math.MaxInt64, true}, {math.MinInt64, math.MinInt64, false}, {-1, math.MinInt64, false}, {0, math.MinInt64, true},
	} {
		if sum, ok := AddInt64(c.a, c.b); ok != c.ok || ok && sum != c.a+c.b {
			t.Errorf("%d + %d: %d %v", c.a, c.b, sum, ok)
		}
	}
}

func TestParseFloat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"1", 1, true}, {"-1.5", -1.5, true}, {"+1", 1, true}, {".5", .5, true}, {"5.", 5, true}, {"1e3", 1000, true}, {"1E+3", 1000, true},
		{"0x10", 16, true}, {"0x1.8", 1.5, true}, {"0x1p4", 16, true}, {"-0xA.8p-1", -5.25, true}, {"inf", math.Inf(1), true},
		{"-INF", math.Inf(-1), true}, {"+Infinity", math.Inf(1), true}, {"0e-999", 0, true}, {"0x0", 0, true}, {"0x0p-9", 0, true},
		{"4.9e-324", math.SmallestNonzeroFloat64, true},
		{"", 0, false}, {" 1", 0, false}, {"1 ", 0, false}, {"nan", 0, false}, {"-nan", 0, false}, {"nan(1)", 0, false}, {"1e", 0, false},
		{"0x", 0, false}, {"0x.", 0, false}, {"1e400", 0, false}, {"1e-400", 0, false}, {"0x1p-9999", 0, false}, {"1_0", 0, false},
		{"0x_1p0", 0, false}, {"infin", 0, false}, {"1,5", 0, false}, {"--1", 0, false}, {"0b1", 0, false}, {"1\x00", 0, false}, {".", 0, false},
	} {
		got, ok := ParseFloat([]byte(c.in))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %v %v, want %v %v", c.in, got, ok, c.want, c.ok)
		}
	}
	if f, ok := ParseFloat([]byte("-0.0")); !ok || !math.Signbit(f) {
		t.Error("-0.0 loses its sign")
	}
}

func TestParseBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"1", 1, true}, {"", 0, true}, {" \t\n\v\f\r1", 1, true}, {"\x00", 0, true}, {"1\x00x", 1, true}, {"0x10", 16, true}, {"-0x1p1", -2, true},
		{"inf", math.Inf(1), true}, {"-Infinity", math.Inf(-1), true}, {"1e400", math.Inf(1), true}, {"-1e400", math.Inf(-1), true},
		{"0x1p9999", math.Inf(1), true}, {"1e-400", 0, true},
		{" ", 0, false}, {"1 ", 0, false}, {"nan", 0, false}, {"-nan", 0, false}, {"x", 0, false}, {"1_0", 0, false}, {"0x_1p0", 0, false},
		{"(1", 0, false}, {"1e", 0, false}, {"0x", 0, false}, {" \x00", 0, false},
	} {
		got, ok := ParseBound([]byte(c.in))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %v %v, want %v %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestAppendFloat17(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "-0", 1: "1", 0.1: "0.10000000000000001", -2.5: "-2.5", 1e16: "10000000000000000", 1e17: "1e+17",
		1e-4: "0.0001", 1e-5: "1.0000000000000001e-05", 1e300: "1.0000000000000001e+300", math.Inf(1): "inf", math.Inf(-1): "-inf",
	} {
		if got := string(AppendFloat17(nil, f)); got != want {
			t.Errorf("%g: %s, want %s", f, got, want)
		}
	}
}

func TestLongDouble(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		{"0.1", "0.2", "0.3"}, {"10.50", "0.1", "10.6"}, {"5.0e3", "2.0e2", "5200"}, {"3", "-3", "0"}, {"-1e-20", "0", "0"},
		{"1", "1e-19", "1"}, {"0x10", "0x.8", "16.5"}, {"9223372036854775807", "1", "9223372036854775808"},
		{"1e4932", "-1e4932", "0"}, {"1e-4950", "1", "1"},
	} {
		a, okA := ParseLongDouble([]byte(c.a))
		b, okB := ParseLongDouble([]byte(c.b))
		if !okA || !okB {
			t.Errorf("%q %q: %v %v", c.a, c.b, okA, okB)
			continue
		}
		sum, err := a.Add(b)
		if err != nil || string(sum.AppendTo(nil)) != c.want {
			t.Errorf("%s + %s = %s (%v), want %s", c.a, c.b, sum.AppendTo(nil), err, c.want)
		}
	}
	for _, bad := range []string{"", " 1", "1 ", "nan", "1e5000", "1e-5000", "-1e-5000", "1e", "0x", ".", "e5", "1__0", "inf1", "+", "--1",
		"1e99999999999999999999", "0x1p99999"} {
		if v, ok := ParseLongDouble([]byte(bad)); ok {
			t.Errorf("%q is %s", bad, v.AppendTo(nil))
		}
	}
	inf, ok := ParseLongDouble([]byte("-Infinity"))
	if !ok || !inf.IsInf() || string(inf.AppendTo(nil)) != "-inf" {
		t.Error("infinity")
	}
	big, _ := ParseLongDouble([]byte("1.1e4932"))
	for _, pair := range [][2]LongDouble{{inf, {}}, {{}, inf}, {inf, inf}, {big, big}} {
		if _, err := pair[0].Add(pair[1]); !errors.Is(err, ErrNotFinite) {
			t.Errorf("%s + %s: %v", pair[0].AppendTo(nil), pair[1].AppendTo(nil), err)
		}
	}
	if got := string(LongDouble{}.AppendTo([]byte("x"))); got != "x0" {
		t.Errorf("zero value: %s", got)
	}
}
