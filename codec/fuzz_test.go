package codec

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzDecode checks that a stream means the same however it is cut, that limits hold, and that what was decoded can be
// encoded and decoded again. Its corpus is in testdata/fuzz.
func FuzzDecode(f *testing.F) {
	for _, tc := range goodStreams {
		f.Add([]byte(tc.in), uint16(len(tc.in)/2), false)
	}
	for _, tc := range badStreams {
		if len(tc.in) < 1000 {
			f.Add([]byte(tc.in), uint16(3), tc.lim != nil)
		}
	}
	lims := map[bool]*Limits{
		true:  {MaxArgs: 3, MaxBulkBytes: 20, MaxInlineBytes: 32, Unauthenticated: true},
		false: {MaxArgs: 100, MaxBulkBytes: 1000, MaxInlineBytes: 200},
	}
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16, narrow bool) {
		if len(stream) > 2000 {
			stream = stream[:2000]
		}
		lim := lims[narrow]
		whole := decodeStream(t, stream, lim)
		if got := decodeStream(t, stream, lim, int(cut)%(len(stream)+1)); !got.equal(whole) {
			t.Fatalf("cut at %d: got %+v, want %+v", int(cut)%(len(stream)+1), got, whole)
		}
		every := make([]int, len(stream))
		for i := range every {
			every[i] = i + 1
		}
		if got := decodeStream(t, stream, lim, every...); !got.equal(whole) {
			t.Fatalf("byte by byte: got %+v, want %+v", got, whole)
		}
		checkFill(t, stream, lim, whole)

		var again []byte
		for _, command := range whole.commands {
			args := make([][]byte, len(command))
			for i, arg := range command {
				args[i] = []byte(arg)
				if len(arg) > max(int(lim.MaxBulkBytes), lim.MaxInlineBytes) {
					t.Fatalf("argument of %d bytes", len(arg))
				}
			}
			again = AppendCommand(again, args...)
		}
		got := decodeStream(t, again, nil)
		if got.err != "" || len(got.commands) != len(whole.commands) || got.consumed != len(again) {
			t.Fatalf("%q encodes as %q, which decodes as %+v", whole.commands, again, got)
		}
		got.consumed, got.err, got.kind = whole.consumed, whole.err, whole.kind
		if !got.equal(whole) {
			t.Fatalf("got %q, want %q", got.commands, whole.commands)
		}
	})
}

// checkFill checks that a batch holds what Decode finds.
func checkFill(t *testing.T, stream []byte, lim *Limits, want decoded) {
	t.Helper()
	var (
		d    Decoder
		perr *ProtocolError
	)
	b := NewBatch()
	defer b.Release()
	rest, err := b.Fill(&d, append(GetBuffer(len(stream)), stream...), lim, 1<<20, 1<<20)
	got := decoded{commands: commands(b), consumed: len(stream) - len(rest)}
	if errors.As(err, &perr) {
		got.err, got.kind = perr.Reason, perr.Kind
	}
	if !got.equal(want) || err != nil && perr == nil || (len(rest) > 0 && err == nil) != d.Pending() {
		t.Fatalf("Fill: got %+v, error %v, want %+v", got, err, want)
	}
}

// FuzzParseValue checks that a reply survives encoding and parsing, and that each beginning of it is incomplete. Its
// corpus is in testdata/fuzz.
func FuzzParseValue(f *testing.F) {
	for _, tc := range goodReplies {
		f.Add([]byte(tc.in))
	}
	for _, tc := range replies {
		f.Add([]byte(tc.resp2))
		f.Add([]byte(tc.resp3))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 2000 {
			in = in[:2000]
		}
		v, n, err := ParseValue(in)
		var perr *ProtocolError
		if err != nil {
			if n != 0 || !errors.Is(err, ErrIncomplete) && !errors.As(err, &perr) {
				t.Fatalf("%q: %d, %v", in, n, err)
			}
			return
		}
		if n < 1 || n > len(in) {
			t.Fatalf("%q: took %d bytes", in, n)
		}
		for cut := range n {
			if _, _, err := ParseValue(in[:cut]); !errors.Is(err, ErrIncomplete) {
				t.Fatalf("%q cut at %d: %v", in[:n], cut, err)
			}
		}
		again := appendValue(nil, &v)
		w, m, err := ParseValue(again)
		if err != nil || m != len(again) || !bytes.Equal(appendValue(nil, &w), again) {
			t.Fatalf("%q encodes as %q, which parses as %+v, %d, %v", in[:n], again, w, m, err)
		}
	})
}
