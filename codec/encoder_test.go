package codec

import (
	"math"
	"testing"
)

// replies shows every method once or more, with the bytes in both protocols.
var replies = []struct {
	name         string
	write        func(e *Encoder)
	resp2, resp3 string // resp3 "": the same
}{
	{"ok", (*Encoder).OK, "+OK\r\n", ""},
	{"simple", func(e *Encoder) { e.Simple("PONG") }, "+PONG\r\n", ""},
	{"simple with newlines", func(e *Encoder) { e.Simple("a\r\nb") }, "+a  b\r\n", ""},
	{"error", func(e *Encoder) { e.Error("ERR no") }, "-ERR no\r\n", ""},
	{"error with newlines", func(e *Encoder) { e.Error("ERR a\nb\r\n+OK") }, "-ERR a b  +OK\r\n", ""},
	{"int", func(e *Encoder) { e.Int(math.MinInt64) }, ":-9223372036854775808\r\n", ""},
	{"small int", func(e *Encoder) { e.Int(0) }, ":0\r\n", ""},
	{"bulk", func(e *Encoder) { e.Bulk([]byte("a\r\nb\x00")) }, "$5\r\na\r\nb\x00\r\n", ""},
	{"empty bulk", func(e *Encoder) { e.Bulk(nil) }, "$0\r\n\r\n", ""},
	{"bulk string", func(e *Encoder) { e.BulkString("xxxxxxxxxx") }, "$10\r\nxxxxxxxxxx\r\n", ""},
	{"bulk int", func(e *Encoder) { e.BulkInt(-12) }, "$3\r\n-12\r\n", ""},
	{"null", (*Encoder).Null, "$-1\r\n", "_\r\n"},
	{"null array", (*Encoder).NullArray, "*-1\r\n", "_\r\n"},
	{"array", func(e *Encoder) { e.Array(10) }, "*10\r\n", ""},
	{"map", func(e *Encoder) { e.Map(5) }, "*10\r\n", "%5\r\n"},
	{"set", func(e *Encoder) { e.Set(3) }, "*3\r\n", "~3\r\n"},
	{"push", func(e *Encoder) { e.Push(3) }, "*3\r\n", ">3\r\n"},
	{"attribute", func(e *Encoder) { e.Attribute(1); e.OK() }, "+OK\r\n", "|1\r\n+OK\r\n"},
	{"double", func(e *Encoder) { e.Double(1.5) }, "$3\r\n1.5\r\n", ",1.5\r\n"},
	{"infinite", func(e *Encoder) { e.Double(math.Inf(-1)) }, "$4\r\n-inf\r\n", ",-inf\r\n"},
	{"true", func(e *Encoder) { e.Bool(true) }, ":1\r\n", "#t\r\n"},
	{"false", func(e *Encoder) { e.Bool(false) }, ":0\r\n", "#f\r\n"},
	{"verbatim", func(e *Encoder) { e.Verbatim("txt", "a\nb") }, "$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n"},
	{"verbatim of a short format", func(e *Encoder) { e.Verbatim("md", "") }, "$0\r\n\r\n", "=4\r\nmd :\r\n"},
	{"big number", func(e *Encoder) { e.BigNumber("-123") }, "$4\r\n-123\r\n", "(-123\r\n"},
	{"raw", func(e *Encoder) { e.Raw([]byte(":1\r\n")) }, ":1\r\n", ""},
}

func TestEncoder(t *testing.T) {
	t.Parallel()
	for _, tc := range replies {
		e := Encoder{Buf: []byte("x")}
		if tc.write(&e); string(e.Buf) != "x"+tc.resp2 {
			t.Errorf("%s, RESP2: got %q, want %q", tc.name, e.Buf[1:], tc.resp2)
		}
		want := tc.resp3
		if want == "" {
			want = tc.resp2
		}
		e = Encoder{RESP3: true}
		if tc.write(&e); string(e.Buf) != want {
			t.Errorf("%s, RESP3: got %q, want %q", tc.name, e.Buf, want)
		}
	}
}

// The expected texts are those of the number printer in Redis 7.2.
func TestAppendDouble(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]float64{
		"0": 0, "-0": math.Copysign(0, -1), "1": 1, "-3": -3, "nan": math.NaN(), "inf": math.Inf(1), "-inf": math.Inf(-1),
		"0.1": 0.1, "-0.5": -0.5, "3.141": 3.141, "0.30000000000000004": 0.30000000000000004, "123456.789": 123456.789,
		"4611686018427387904": 1 << 62, "-4611686018427387904": -1 << 62, "4611686018427386880": 1<<62 - 1024,
		"100000000000000000": 1e17, "1000000000000000000": 1e18, "10000000": 1e7, "1e+19": 1e19, "1e+21": 1e21,
		"9223372036854776000":  1 << 63,
		"12345678901234567000": 12345678901234567e3, "1.5e+22": 1.5e22, "1234567890123456800000": 1.2345678901234568e21,
		"0.001": 0.001, "0.0001": 0.0001, "0.000001": 1e-6, "1e-7": 1e-7, "1.5e-7": 1.5e-7, "0.000123": 0.000123,
		"0.00015": 0.00015, "1.2345e-10": 1.2345e-10, "0.0012345678901234567": 0.0012345678901234567,
		"1.2345678901234568e-5": 1.2345678901234568e-5, "1.7976931348623157e+308": math.MaxFloat64, "5e-324": 5e-324,
		"-1.5e-300": -1.5e-300, "2.2250738585072014e-308": 2.2250738585072014e-308,
	} {
		if got := string(AppendDouble(nil, f)); got != want {
			t.Errorf("%g: got %s, want %s", f, got, want)
		}
	}
}
