package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/codec/redispeer"
)

// The tests in this file ask a real redis-server what it makes of the same bytes.

// startRedis starts a redis-server of the test's own with the given extra options.
func startRedis(t *testing.T, options ...string) *redispeer.Server {
	t.Helper()
	return redispeer.Start(t, append(options, "--enable-debug-command", "yes")...)
}

// all sends the stream on a connection of its own and returns every byte that comes back.
func all(t *testing.T, server *redispeer.Server, stream []byte) []byte {
	t.Helper()
	c := server.Dial(t)
	defer c.Close()
	var sent sync.WaitGroup
	sent.Go(func() {
		_, _ = c.Write(stream) // fails if the server closes first, as it should on bad streams
		_ = c.CloseWrite()
	})
	got, _ := io.ReadAll(c) // a reset after the reply is as good as an end
	sent.Wait()
	return got
}

// ownLimits are the bad streams that Redis may accept, and why.
var ownLimits = map[string]string{
	"count over the limit": "Redis 7 takes up to 2^31-1 arguments, here the limit is a setting",
	"inline just too long": "Redis notices only if the end of the line is not yet there when it looks",
}

func TestProtocolErrorsAreThoseOfRedis(t *testing.T) {
	t.Parallel()
	open := startRedis(t)
	closed := startRedis(t, "--requirepass", "secret")
	for _, tc := range badStreams {
		if ownLimits[tc.name] != "" {
			continue
		}
		server := open
		if tc.lim != nil {
			server = closed
		}
		want := (&ProtocolError{tc.kind, tc.want}).AppendReply(nil)
		got := all(t, server, []byte(tc.in))
		if !bytes.HasSuffix(got, want) {
			t.Errorf("%s: redis answers %q, we %q", tc.name, got, want)
		}
	}
}

// echoReplies is what Redis would answer to the stream, if ECHO and PING were its only commands.
func echoReplies(stream []byte) (out []byte) {
	var (
		d Decoder
		e Encoder
	)
	for {
		args, n, err := d.Decode(stream, nil, nil)
		var perr *ProtocolError
		switch {
		case errors.Is(err, ErrIncomplete):
			return e.Buf
		case errors.As(err, &perr):
			return perr.AppendReply(e.Buf)
		case len(args) == 0:
		case strings.EqualFold(string(args[0]), "echo") && len(args) == 2:
			e.Bulk(args[1])
		default:
			e.Error("ERR any")
		}
		stream = stream[n:]
	}
}

// sameButErrors compares replies; the text of errors other than the protocol's does not matter.
func sameButErrors(t *testing.T, got, want []byte) bool {
	t.Helper()
	for len(got) > 0 && len(want) > 0 {
		g, n, err1 := ParseValue(got)
		w, m, err2 := ParseValue(want)
		if err1 != nil || err2 != nil {
			t.Fatalf("replies %q (%v) and %q (%v)", got, err1, want, err2)
		}
		protocol := bytes.Contains(g.Str, []byte("Protocol error")) || bytes.Contains(w.Str, []byte("Protocol error"))
		if g.Kind != w.Kind || (g.Kind != KindError || protocol) && !bytes.Equal(g.Str, w.Str) {
			return false
		}
		got, want = got[n:], want[m:]
	}
	return len(got) == len(want)
}

func TestInlineQuotingIsThatOfRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{`"`, `"`, `'`, `'`, `\`, `\`, " ", " ", "\t", "\v", "\f", "\r", `\x4`, `\x41`, `\xfF`, `\n`, "n", "a", "é", "\x01", "0"}
	for range 3000 {
		line := "ECHO "
		for range random.IntN(12) {
			line += parts[random.IntN(len(parts))]
		}
		line += "\r\nECHO end\r\n"
		got, want := all(t, server, []byte(line)), echoReplies([]byte(line))
		if !sameButErrors(t, got, want) {
			t.Fatalf("%q: redis answers %q, we %q", line, got, want)
		}
	}
}

func TestDamagedStreamsAreReadAsByRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"\r\n", "\n", "\r", "*", "$", "-", "0", "1", "9", "\x00", " ", "$4\r\nECHO\r\n", "*2\r\n", "$0\r\n\r\n", "$-1\r\n", "echo x\r\n"}
	for range 3000 {
		var stream []byte
		for i := range 1 + random.IntN(4) {
			stream = AppendCommand(stream, []byte("ECHO"), []byte(strings.Repeat("x", random.IntN(15))+strconv.Itoa(i)))
		}
		for range 1 + random.IntN(3) {
			at := random.IntN(len(stream))
			until := at + random.IntN(min(4, len(stream)-at))
			stream = append(append(bytes.Clone(stream[:at]), pieces[random.IntN(len(pieces))]...), stream[until:]...)
		}
		got, want := all(t, server, stream), echoReplies(bytes.Clone(stream))
		if !sameButErrors(t, got, want) {
			t.Fatalf("%q: redis answers %q, we %q", stream, got, want)
		}
	}
}

// protocolSamples are the replies of DEBUG PROTOCOL, written with the encoder.
var protocolSamples = map[string]func(e *Encoder){
	"string":  func(e *Encoder) { e.BulkString("Hello World") },
	"integer": func(e *Encoder) { e.Int(12345) },
	"double":  func(e *Encoder) { e.Double(3.141) },
	"null":    (*Encoder).Null,
	"array": func(e *Encoder) {
		e.Array(3)
		for i := range int64(3) {
			e.Int(i)
		}
	},
	"set": func(e *Encoder) {
		e.Set(3)
		for i := range int64(3) {
			e.Int(i)
		}
	},
	"map": func(e *Encoder) {
		e.Map(3)
		for i := range int64(3) {
			e.Int(i)
			e.Bool(i == 1)
		}
	},
	"push": func(e *Encoder) {
		e.Push(2)
		e.BulkString("server-cpu-usage")
		e.Int(42)
	},
	"verbatim": func(e *Encoder) { e.Verbatim("txt", "This is a verbatim\nstring") },
	"true":     func(e *Encoder) { e.Bool(true) },
	"false":    func(e *Encoder) { e.Bool(false) },
	"bignum":   func(e *Encoder) { e.BigNumber("1234567999999999999999999999999999999") },
	"attrib": func(e *Encoder) {
		if e.RESP3 {
			e.Attribute(1)
			e.BulkString("key-popularity")
			e.Array(2)
			e.BulkString("key:123")
			e.Int(90)
		}
		e.BulkString("Some real reply following the attribute")
	},
}

func TestEncoderWritesWhatRedisWrites(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	for name, write := range protocolSamples {
		for _, version := range []string{"2", "3"} {
			if name == "push" && version == "2" {
				continue // Redis sends pushes to RESP3 clients only
			}
			// The reply to HELLO differs between versions: reading starts after a mark.
			mark := "$4\r\nmark\r\n"
			stream := fmt.Sprintf("HELLO %s\r\nECHO mark\r\nDEBUG PROTOCOL %s\r\n", version, name)
			_, got, _ := bytes.Cut(all(t, server, []byte(stream)), []byte(mark))
			e := Encoder{RESP3: version == "3"}
			write(&e)
			if name == "push" { // which Redis follows up with a reply of its own
				got = got[:min(len(got), len(e.Buf))]
			}
			if !bytes.Equal(got, e.Buf) {
				t.Errorf("%s, RESP%s: redis writes %q, we %q", name, version, got, e.Buf)
			}
			if v, n, err := ParseValue(got); err != nil || n != len(got) {
				t.Errorf("%s, RESP%s: ParseValue: %+v, %d, %v", name, version, v, n, err)
			}
		}
	}
}

// Redis 7.0, which may be the one installed, prints scores with 17 digits where 7.2 prints the shortest text. Texts are
// therefore compared where the two agree: whole numbers and short binary fractions. Numbers are compared everywhere.
func TestDoublesAreThoseOfRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	random := rand.New(rand.NewPCG(5, 6))
	floats := []float64{0, 1, -1, 0.5, -0.25, 1e15, -123456789, 1 << 52, math.Inf(1), math.Inf(-1)}
	for range 500 {
		floats = append(floats, float64(random.Int64N(1<<40)-1<<39), float64(random.Int64N(1<<30)-1<<29)/float64(int64(1)<<random.IntN(7)))
	}
	textsAgree := len(floats)
	for range 1000 {
		if f := math.Float64frombits(random.Uint64()); !math.IsNaN(f) {
			floats = append(floats, f, float64(random.Int64N(1e15))/1e6)
		}
	}
	stream := []byte("HELLO 3\r\nECHO mark\r\n")
	for _, f := range floats {
		stream = append(AppendDouble(append(stream, "ZADD z "...), f), " m\r\nZSCORE z m\r\n"...)
	}
	_, got, _ := bytes.Cut(all(t, server, stream), []byte("$4\r\nmark\r\n"))
	for i, f := range floats {
		_, n, err := ParseValue(got)
		if err != nil {
			t.Fatal(err)
		}
		score, m, err := ParseValue(got[n:])
		if err != nil {
			t.Fatal(err)
		}
		got = got[n+m:]
		text := string(AppendDouble(nil, f))
		if score.Kind != KindDouble || score.Double != f || i < textsAgree && string(score.Str) != text {
			t.Errorf("redis writes %s, we %s", score.Str, text)
		}
	}
}
