package codec

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// appendValue encodes a value again, through the encoder where it can.
func appendValue(dst []byte, v *Value) []byte {
	e := Encoder{Buf: dst, RESP3: true}
	if len(v.Attrs) > 0 {
		e.Attribute(len(v.Attrs) / 2)
		e.Buf = appendValues(e.Buf, v.Attrs)
	}
	switch {
	case v.Null && v.Kind != KindNull:
		e.RESP3 = false
		if v.Kind == KindArray {
			e.NullArray()
		} else {
			e.Null()
		}
		return e.Buf
	case v.Kind == KindDouble: // as it was spelled: other servers write 1.50 or +inf
		return fmt.Appendf(e.Buf, ",%s\r\n", v.Str)
	}
	switch v.Kind {
	case KindNull:
		e.Null()
	case KindSimple:
		e.Simple(string(v.Str))
	case KindError:
		e.Error(string(v.Str))
	case KindInt:
		e.Int(v.Int)
	case KindBulk:
		e.Bulk(v.Str)
	case KindBulkError:
		return append(append(AppendHeader(e.Buf, '!', len(v.Str)), v.Str...), '\r', '\n')
	case KindBool:
		e.Bool(v.Bool)
	case KindBigNumber:
		e.BigNumber(string(v.Str))
	case KindVerbatim:
		e.Verbatim(v.Format, string(v.Str))
	case KindArray:
		e.Array(len(v.Elems))
	case KindSet:
		e.Set(len(v.Elems))
	case KindPush:
		e.Push(len(v.Elems))
	case KindMap:
		e.Map(len(v.Elems) / 2)
	}
	return appendValues(e.Buf, v.Elems)
}

func appendValues(dst []byte, values []Value) []byte {
	for i := range values {
		dst = appendValue(dst, &values[i])
	}
	return dst
}

var goodReplies = []struct {
	in   string
	want Value
}{
	{"+OK\r\n", Value{Kind: KindSimple, Str: []byte("OK")}},
	{"+\r\n", Value{Kind: KindSimple, Str: []byte("")}},
	{"-ERR no\r\n", Value{Kind: KindError, Str: []byte("ERR no")}},
	{":-9223372036854775808\r\n", Value{Kind: KindInt, Int: -1 << 63}},
	{"$5\r\na\r\nb\x00\r\n", Value{Kind: KindBulk, Str: []byte("a\r\nb\x00")}},
	{"$0\r\n\r\n", Value{Kind: KindBulk, Str: []byte("")}},
	{"$-1\r\n", Value{Kind: KindBulk, Null: true}},
	{"*-1\r\n", Value{Kind: KindArray, Null: true}},
	{"_\r\n", Value{Kind: KindNull, Null: true}},
	{"#t\r\n", Value{Kind: KindBool, Bool: true}},
	{"#f\r\n", Value{Kind: KindBool}},
	{",1.50\r\n", Value{Kind: KindDouble, Double: 1.5, Str: []byte("1.50")}},
	{"(-123456789012345678901234567890\r\n", Value{Kind: KindBigNumber, Str: []byte("-123456789012345678901234567890")}},
	{"!6\r\nERR no\r\n", Value{Kind: KindBulkError, Str: []byte("ERR no")}},
	{"=7\r\ntxt:a\nb\r\n", Value{Kind: KindVerbatim, Format: "txt", Str: []byte("a\nb")}},
	{"*0\r\n", Value{Kind: KindArray}},
	{"*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", Value{Kind: KindArray, Elems: []Value{
		{Kind: KindInt, Int: 1},
		{Kind: KindArray, Elems: []Value{{Kind: KindBulk, Str: []byte("x")}}},
	}}},
	{"%1\r\n+k\r\n:1\r\n", Value{Kind: KindMap, Elems: []Value{{Kind: KindSimple, Str: []byte("k")}, {Kind: KindInt, Int: 1}}}},
	{"~1\r\n:1\r\n", Value{Kind: KindSet, Elems: []Value{{Kind: KindInt, Int: 1}}}},
	{">1\r\n:1\r\n", Value{Kind: KindPush, Elems: []Value{{Kind: KindInt, Int: 1}}}},
	{"|1\r\n+k\r\n:1\r\n:2\r\n", Value{Kind: KindInt, Int: 2, Attrs: []Value{{Kind: KindSimple, Str: []byte("k")}, {Kind: KindInt, Int: 1}}}},
}

func TestParseValueAtEverySplit(t *testing.T) {
	t.Parallel()
	for _, tc := range goodReplies {
		for cut := range len(tc.in) {
			if _, _, err := ParseValue([]byte(tc.in[:cut])); !errors.Is(err, ErrIncomplete) {
				t.Errorf("%q: got %v, want incomplete", tc.in[:cut], err)
			}
		}
		got, n, err := ParseValue([]byte(tc.in + ":9\r\n"))
		if err != nil || n != len(tc.in) || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q: got %+v, %d, %v", tc.in, got, n, err)
		}
		if again := string(appendValue(nil, &got)); again != tc.in {
			t.Errorf("%q encodes as %q", tc.in, again)
		}
	}
}

func TestParseValueOfEveryReply(t *testing.T) {
	t.Parallel()
	for _, tc := range replies {
		for _, text := range []string{tc.resp2, tc.resp3} {
			if text == "" || strings.ContainsAny(text[:1], "*%~>|") {
				continue // nothing more than a header
			}
			v, n, err := ParseValue([]byte(text))
			if err != nil || n != len(text) || string(appendValue(nil, &v)) != text {
				t.Errorf("%s: %q became %+v, %d, %v", tc.name, text, v, n, err)
			}
		}
	}
}

func TestParseValueErrors(t *testing.T) {
	t.Parallel()
	for in, kind := range map[string]ErrorKind{
		"x\r\n": Malformed, "\r\n": Malformed, "+a\rb\r\n": Malformed, "+a\n": Malformed, "+a\nb\r\n": Malformed,
		":\r\n": Malformed, ":1x\r\n": Malformed, ":9223372036854775808\r\n": Malformed,
		"$x\r\n": Malformed, "$-2\r\n": Malformed, "$1\r\nabc": Malformed, "!-1\r\n": Malformed, "=3\r\ntxt\r\n": Malformed,
		"*-2\r\n": Malformed, "%-1\r\n": Malformed, "*9223372036854775807\r\n": Malformed, "#x\r\n": Malformed, "_x\r\n": Malformed,
		",abc\r\n": Malformed, ",0x1p4\r\n": Malformed, ",infinity\r\n": Malformed, "(1.5\r\n": Malformed, "(\r\n": Malformed,
		"*1\r\n$x\r\n": Malformed, "|1\r\n+k\r\nx": Malformed,
		strings.Repeat("*1\r\n", 1000): TooLarge, strings.Repeat("|0\r\n", 1000): TooLarge,
	} {
		_, n, err := ParseValue([]byte(in))
		var perr *ProtocolError
		if !errors.As(err, &perr) || perr.Kind != kind || n != 0 {
			t.Errorf("%.20q: got %d, %v", in, n, err)
		}
	}
}

// A declared length alone costs nothing. Not parallel: it reads a counter of the process.
func TestDeclaredLengthsAllocateNothing(t *testing.T) {
	const runs, maxBytes = 100, 512
	for _, in := range []string{"*4000000000\r\n", "%1000000000\r\n", "$9223372036854775807\r\n", "*2\r\n$4000000000\r\nabc"} {
		checkAllocated(t, in, runs, maxBytes, func() error {
			_, _, err := ParseValue([]byte(in))
			return err
		})
	}
	for _, in := range []string{"*1048576\r\n", "*1\r\n$536870912\r\n", "*1048576\r\n$1\r\na\r\n$536870912\r\nab"} {
		var d Decoder
		checkAllocated(t, in, runs, maxBytes, func() error {
			defer d.Reset()
			_, _, err := d.Decode([]byte(in), nil, nil)
			return err
		})
	}
}

func checkAllocated(t *testing.T, in string, runs, maxBytes uint64, parse func() error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		if err := parse(); !errors.Is(err, ErrIncomplete) {
			t.Fatalf("%q: %v", in, err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > maxBytes {
		t.Errorf("%q: %d bytes each time", in, got)
	}
}

func TestCommandRoundTrip(t *testing.T) {
	t.Parallel()
	args := [][]byte{[]byte("SET"), nil, []byte("\r\n$1\r\n"), bytes.Repeat([]byte{0}, 12345)}
	b := AppendCommand(nil, args...)
	var d Decoder
	got, n, err := d.Decode(b, nil, nil)
	if err != nil || n != len(b) || len(got) != len(args) {
		t.Fatalf("%d arguments, %d bytes, %v", len(got), n, err)
	}
	for i := range args {
		if !bytes.Equal(got[i], args[i]) {
			t.Errorf("argument %d: got %.20q, want %.20q", i, got[i], args[i])
		}
	}
}
