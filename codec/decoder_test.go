package codec

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// decoded is what a stream of commands turns into.
type decoded struct {
	commands [][]string
	consumed int
	err      string // reason of a ProtocolError
	kind     ErrorKind
}

// decodeStream decodes the stream as if it arrived up to one cut after the other, the buffer moving each time.
func decodeStream(t testing.TB, stream []byte, lim *Limits, cuts ...int) decoded {
	t.Helper()
	var (
		d   Decoder
		got decoded
	)
	for _, cut := range append(cuts, len(stream)) {
		for {
			b := bytes.Clone(stream[got.consumed:cut]) // a new place, and free for unescaping
			args, n, err := d.Decode(b, nil, lim)
			var perr *ProtocolError
			switch {
			case errors.As(err, &perr):
				got.err, got.kind = perr.Reason, perr.Kind
				return got
			case errors.Is(err, ErrIncomplete):
				if n != 0 || len(args) != 0 || !d.Pending() || d.Need() < 1 || d.Need() > max(len(b), minNeed) {
					t.Fatalf("incomplete at %d of %q: n=%d args=%q need=%d", cut, stream, n, args, d.Need())
				}
			case err != nil:
				t.Fatalf("unexpected error %v", err)
			default:
				if n == 0 || d != (Decoder{}) {
					t.Fatalf("after a command: n=%d, decoder %+v", n, d)
				}
				got.consumed += n
				if len(args) > 0 {
					got.commands = append(got.commands, toStrings(args))
				}
				continue
			}
			break
		}
	}
	return got
}

func (d decoded) equal(other decoded) bool {
	return reflect.DeepEqual(d, other)
}

func toStrings(args [][]byte) []string {
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = string(arg)
	}
	return out
}

// goodStreams are streams of whole commands.
var goodStreams = []struct {
	name, in string
	want     [][]string
}{
	{"one argument", "*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}}},
	{"empty argument", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [][]string{{"ECHO", ""}}},
	{"binary argument", "*2\r\n$4\r\nECHO\r\n$6\r\n\x00\r\n\xff*$\r\n", [][]string{{"ECHO", "\x00\r\n\xff*$"}}},
	{"two digits", "*3\r\n$3\r\nSET\r\n$12\r\nkey:00000001\r\n$10\r\n0123456789\r\n", [][]string{{"SET", "key:00000001", "0123456789"}}},
	{"twelve arguments", "*12\r\n$1\r\na\r\n" + strings.Repeat("$2\r\nbc\r\n", 11), [][]string{append([]string{"a"}, slices.Repeat([]string{"bc"}, 11)...)}},
	{"pipeline", "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", [][]string{{"PING"}, {"GET", "k"}}},
	{"empty commands", "*0\r\n*-1\r\n*-9\r\n\r\n\n   \r\n*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}}},
	{"any bytes after CR", "*1\rx$4\ryPINGzz", [][]string{{"PING"}}},
	{"inline", "SET k v\r\n", [][]string{{"SET", "k", "v"}}},
	{"inline LF", "PING\nPING\n", [][]string{{"PING"}, {"PING"}}},
	{"inline blanks", " \t SET\v\fk\t \v v \r\n", [][]string{{"SET\v\fk", "v"}}},
	{"inline CR", "a\rb\r\r\n", [][]string{{"a", "b"}}},
	{"inline double quotes", `SET "a b" "\x00\x4a\xfF\n\r\t\b\a\"\\\q\x4"` + "\r\n", [][]string{{"SET", "a b", "\x00J\xff\n\r\t\b\a\"\\qx4"}}},
	{"inline single quotes", `SET 'a "b' 'it\'s \n'` + "\r\n", [][]string{{"SET", `a "b`, `it's \n`}}},
	{"inline empty quotes", `SET "" ''` + "\r\n", [][]string{{"SET", "", ""}}},
	{"inline quotes in a word", `a"b c" d'e'` + "\r\n", [][]string{{"ab c", "de"}}},
	{"inline backslash outside quotes", `a\nb` + "\r\n", [][]string{{`a\nb`}}},
	{"mixed", "PING\r\n*1\r\n$4\r\nPING\r\n\"QUIT\"\n", [][]string{{"PING"}, {"PING"}, {"QUIT"}}},
}

// badStreams end with a protocol error; the good commands before it count.
var badStreams = []struct {
	name, in, want string
	kind           ErrorKind
	lim            *Limits
}{
	{"no count", "*\r\n", "invalid multibulk length", Malformed, nil},
	{"count not a number", "*x\r\n", "invalid multibulk length", Malformed, nil},
	{"count with plus", "*+1\r\n", "invalid multibulk length", Malformed, nil},
	{"count with zero", "*01\r\n", "invalid multibulk length", Malformed, nil},
	{"count with space", "*1 \r\n", "invalid multibulk length", Malformed, nil},
	{"minus zero", "*-0\r\n", "invalid multibulk length", Malformed, nil},
	{"count overflows", "*9223372036854775808\r\n", "invalid multibulk length", Malformed, nil},
	{"count too large", "*3000000000\r\n", "invalid multibulk length", TooLarge, nil},
	{"count over the limit", "*1048577\r\n", "invalid multibulk length", TooLarge, nil},
	{"endless count", "*" + strings.Repeat("1", 64<<10), "too big mbulk count string", TooLarge, nil},
	{"NUL hides the end of the count", "*\x00" + strings.Repeat("\r\n", 32<<10), "too big mbulk count string", TooLarge, nil},
	{"not a bulk", "*1\r\nx4\r\nPING\r\n", "expected '$', got 'x'", Malformed, nil},
	{"bulk line empty", "*1\r\n\r\n", "expected '$', got '\r'", Malformed, nil},
	{"integer as argument", "*2\r\n$3\r\nGET\r\n:1\r\n", "expected '$', got ':'", Malformed, nil},
	{"bulk without length", "*1\r\n$\r\n", "invalid bulk length", Malformed, nil},
	{"bulk length not a number", "*1\r\n$4x\r\n", "invalid bulk length", Malformed, nil},
	{"bulk length with zero", "*1\r\n$04\r\nPING\r\n", "invalid bulk length", Malformed, nil},
	{"negative bulk length", "*1\r\n$-1\r\n", "invalid bulk length", Malformed, nil},
	{"bulk too large", "*1\r\n$536870913\r\n", "invalid bulk length", TooLarge, nil},
	{"bulk far too large", "*1\r\n$2000000000000\r\n", "invalid bulk length", TooLarge, nil},
	{"bulk length overflows", "*1\r\n$99999999999999999999\r\n", "invalid bulk length", Malformed, nil},
	{"endless bulk length", "*1\r\n$" + strings.Repeat("1", 64<<10), "too big bulk count string", TooLarge, nil},
	{"endless inline", strings.Repeat("a", 64<<10+1), "too big inline request", TooLarge, nil},
	{"inline just too long", strings.Repeat("a", 64<<10+1) + "\r\n", "too big inline request", TooLarge, nil},
	{"NUL hides the end of an inline command", "\x00" + strings.Repeat("A\n", 32<<10), "too big inline request", TooLarge, nil},
	{"open double quote", "SET \"a b\r\n", "unbalanced quotes in request", Malformed, nil},
	{"open single quote", "SET 'a b\r\n", "unbalanced quotes in request", Malformed, nil},
	{"text after a quote", "SET \"a\"b\r\n", "unbalanced quotes in request", Malformed, nil},
	{"backslash at the end", "SET \"a\\\r\n", "unbalanced quotes in request", Malformed, nil},
	{"good, then bad", "PING\r\n*1\r\n$4\r\nPING\r\n*x\r\n", "invalid multibulk length", Malformed, nil},
	{"stranger's count", "*11\r\n", "unauthenticated multibulk length", TooLarge, &UnauthenticatedLimits},
	{"stranger's large count", "*2147483647\r\n", "unauthenticated multibulk length", TooLarge, &UnauthenticatedLimits},
	{"stranger's impossible count", "*2147483648\r\n", "invalid multibulk length", TooLarge, &UnauthenticatedLimits},
	{"stranger's bulk", "*1\r\n$16385\r\n", "unauthenticated bulk length", TooLarge, &UnauthenticatedLimits},
	{"stranger's impossible bulk", "*1\r\n$536870913\r\n", "invalid bulk length", TooLarge, &UnauthenticatedLimits},
}

func TestDecodeGoldenAtEverySplit(t *testing.T) {
	t.Parallel()
	for _, tc := range goodStreams {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := []byte(tc.in)
			want := decoded{commands: tc.want, consumed: len(in)}
			for first := range len(in) {
				for second := first; second <= len(in); second++ {
					if got := decodeStream(t, in, nil, first, second); !got.equal(want) {
						t.Fatalf("cut at %d and %d: got %+v, want %+v", first, second, got, want)
					}
				}
			}
			every := make([]int, len(in))
			for i := range every {
				every[i] = i + 1
			}
			if got := decodeStream(t, in, nil, every...); !got.equal(want) {
				t.Fatalf("byte by byte: got %+v, want %+v", got, want)
			}
		})
	}
}

func TestDecodeProtocolErrorsAtEverySplit(t *testing.T) {
	t.Parallel()
	for _, tc := range badStreams {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := []byte(tc.in)
			whole := decodeStream(t, in, tc.lim)
			if whole.err != tc.want || whole.kind != tc.kind {
				t.Fatalf("got %q (%v), want %q (%v)", whole.err, whole.kind, tc.want, tc.kind)
			}
			step := max(1, len(in)/100)
			for cut := 0; cut < len(in); cut += step {
				if got := decodeStream(t, in, tc.lim, cut); !got.equal(whole) {
					t.Fatalf("cut at %d: got %+v, want %+v", cut, got, whole)
				}
			}
		})
	}
}

func TestDecodeAtTheLimits(t *testing.T) {
	t.Parallel()
	small := &Limits{MaxArgs: 2, MaxBulkBytes: 3, MaxInlineBytes: 8}
	for _, tc := range []struct {
		in, err string
		lim     *Limits
	}{
		{"*2\r\n$3\r\nabc\r\n$1\r\nx\r\n", "", small},
		{"*3\r\n$1\r\na\r\n", "invalid multibulk length", small},
		{"*1\r\n$4\r\nabcd\r\n", "invalid bulk length", small},
		{"12345678\n", "", small},
		{"123456789\n", "too big inline request", small},
		{"*1\r\n$9223372036854775807\r\nabc", "invalid bulk length", &Limits{MaxArgs: 1, MaxBulkBytes: math.MaxInt64, MaxInlineBytes: 100}},
		{"*10\r\n" + strings.Repeat("$1\r\na\r\n", 10), "", &UnauthenticatedLimits},
		{"*1\r\n$16384\r\n" + strings.Repeat("a", 16384) + "\r\n", "", &UnauthenticatedLimits},
		{strings.Repeat("a", 64<<10) + "\n", "", nil},
	} {
		if got := decodeStream(t, []byte(tc.in), tc.lim); got.err != tc.err || tc.err == "" && len(got.commands) != 1 {
			t.Errorf("%.20q: got error %q and %d commands, want error %q", tc.in, got.err, len(got.commands), tc.err)
		}
	}
}

// What has been understood is not read again: destroying it between calls changes nothing but the arguments' bytes.
func TestDecodeDoesNotRescan(t *testing.T) {
	t.Parallel()
	stream := AppendCommand(nil, []byte("MSET"), []byte("0123456789"), nil, bytes.Repeat([]byte("v"), 300), []byte("k"))
	var d Decoder
	for cut := range len(stream) {
		b := bytes.Clone(stream[:cut])
		for i := range b[:d.pos] {
			b[i] = 'X'
		}
		if _, _, err := d.Decode(b, nil, nil); !errors.Is(err, ErrIncomplete) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	b := bytes.Clone(stream)
	for i := range b[:d.pos] {
		b[i] = 'X'
	}
	args, n, err := d.Decode(b, nil, nil)
	if err != nil || n != len(stream) {
		t.Fatalf("n=%d, error %v", n, err)
	}
	want := []string{"XXXX", "XXXXXXXXXX", "", strings.Repeat("X", 300), "k"}
	if got := toStrings(args); fmt.Sprint(got[:4]) != fmt.Sprint(want[:4]) {
		t.Fatalf("got %q, want %q", got, want)
	}

	for name, line := range map[string]string{"inline": "GET key", "count": "*1234", "NUL": "a\x00\n"} {
		var d Decoder
		if _, _, err := d.Decode([]byte(line), nil, nil); !errors.Is(err, ErrIncomplete) {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "NUL" && d.scan != 1 || name != "NUL" && d.scan != len(line) {
			t.Errorf("%s: looked up to %d of %d", name, d.scan, len(line))
		}
	}
}

// A caller that decodes a long buffer by pieces may come back with a smaller piece.
func TestDecodeOfFewerBytesThanBefore(t *testing.T) {
	t.Parallel()
	for _, tc := range goodStreams[:5] {
		in := []byte(tc.in)
		for most := 1; most < len(in); most++ {
			var d Decoder
			for n := most; n >= 0; n-- {
				if _, _, err := d.Decode(bytes.Clone(in[:n]), nil, nil); !errors.Is(err, ErrIncomplete) {
					t.Fatalf("%q after %q: %v", in[:n], in[:most], err)
				}
			}
			args, n, err := d.Decode(bytes.Clone(in), nil, nil)
			if err != nil || n != len(in) || !reflect.DeepEqual(toStrings(args), tc.want[0]) {
				t.Fatalf("after %q: %q, %d, %v", in[:most], args, n, err)
			}
		}
	}
}

func TestDecodeLeavesEarlierArgumentsAlone(t *testing.T) {
	t.Parallel()
	args := [][]byte{[]byte("before")}
	var d Decoder
	for _, in := range []string{"*2\r\n$1\r\na\r\n$1\r\n", "*1\r\n$1\r\na\r\n*x\r\n"} {
		d.Reset()
		out, _, _ := d.Decode([]byte(in), args, nil)
		if len(out) < 1 || string(out[0]) != "before" {
			t.Errorf("%q: got %q", in, out)
		}
	}
}

func TestDecodedArgumentsCannotGrowIntoEachOther(t *testing.T) {
	t.Parallel()
	var d Decoder
	for _, in := range []string{"*2\r\n$1\r\na\r\n$1\r\nb\r\n", "a b\r\n", "'a' 'b'\r\n"} {
		args, _, err := d.Decode([]byte(in), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, arg := range args {
			if cap(arg) != len(arg) {
				t.Errorf("%q: argument %q has capacity %d", in, arg, cap(arg))
			}
		}
	}
}

func TestNeedDoesNotTrustDeclaredLengths(t *testing.T) {
	t.Parallel()
	var d Decoder
	b := []byte("*1\r\n$100000\r\n")
	for len(b) < 100000 {
		_, _, err := d.Decode(b, nil, nil)
		if !errors.Is(err, ErrIncomplete) {
			t.Fatal(err)
		}
		if want := min(13+100000+2-len(b), max(len(b), minNeed)); d.Need() != want {
			t.Fatalf("after %d bytes: need %d, want %d", len(b), d.Need(), want)
		}
		b = append(b, make([]byte, d.Need())...)
	}
	if len(b) != 13+100000+2 {
		t.Fatalf("growing by Need reached %d bytes", len(b))
	}
}

func TestIdleDecoderIsSmall(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(Decoder{}); size > 64 {
		t.Errorf("a Decoder takes %d bytes", size)
	}
}

func TestProtocolErrorReply(t *testing.T) {
	t.Parallel()
	for err, want := range map[*ProtocolError]string{
		errBulkLength:         "-ERR Protocol error: invalid bulk length\r\n",
		errExpectedBulk('x'):  "-ERR Protocol error: expected '$', got 'x'\r\n",
		errExpectedBulk('\r'): "-ERR Protocol error: expected '$', got ' '\r\n",
	} {
		if got := string(err.AppendReply(nil)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := errBulkTooLarge.Error(); got != "codec: too large: invalid bulk length" {
		t.Errorf("got %q", got)
	}
}
