package codec

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// pooled copies s into a buffer that a batch may own.
func pooled(s string) []byte { return append(GetBuffer(len(s)), s...) }

func commands(b *Batch) [][]string {
	var out [][]string
	for i := range b.Len() {
		out = append(out, toStrings(b.Args(i)))
	}
	return out
}

func TestFill(t *testing.T) {
	t.Parallel()
	const ping, get = "*1\r\n$4\r\nPING\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
	for _, tc := range []struct {
		name, in              string
		maxCommands, maxBytes int
		want                  int
		rest, err             string
		pending               bool
	}{
		{"nothing", "", 10, 1000, 0, "", "", false},
		{"all", ping + get + ping, 10, 1000, 3, "", "", false},
		{"empty commands", "\r\n" + ping + "*0\r\n" + get + "\r\n", 10, 1000, 2, "", "", false},
		{"only empty commands", "\r\n\r\n*0\r\n", 10, 1000, 0, "", "", false},
		{"incomplete", ping + get[:9], 10, 1000, 1, get[:9], "", true},
		{"only incomplete", "\r\n" + get[:9], 10, 1000, 0, get[:9], "", true},
		{"bound of commands", ping + get + ping, 2, 1000, 2, ping, "", false},
		{"bound of bytes", ping + get + ping, 10, len(ping) + 1, 2, ping, "", false},
		{"exact bound of bytes", ping + get + ping, 10, len(ping), 1, get + ping, "", false},
		{"one beyond the bound of bytes", get + ping, 10, 1, 1, ping, "", false},
		{"bad", ping + "*x\r\n" + ping, 10, 1000, 1, "*x\r\n" + ping, "invalid multibulk length", false},
		{"bad from the start", "*x\r\n" + ping, 10, 1000, 0, "*x\r\n" + ping, "invalid multibulk length", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var d Decoder
			b := NewBatch()
			rest, err := b.Fill(&d, pooled(tc.in), nil, tc.maxCommands, tc.maxBytes)
			var perr *ProtocolError
			if errors.As(err, &perr) != (tc.err != "") || perr != nil && perr.Reason != tc.err {
				t.Fatalf("error %v, want %q", err, tc.err)
			}
			if b.Len() != tc.want || string(rest) != tc.rest || d.Pending() != tc.pending {
				t.Fatalf("commands %q, rest %q, pending %v", commands(b), rest, d.Pending())
			}
			size := 0
			for i := range b.Len() {
				size += len(AppendCommand(nil, b.Args(i)...))
			}
			if b.Bytes() != size {
				t.Errorf("Bytes is %d, want %d", b.Bytes(), size)
			}
			b.Release()
		})
	}
}

// A long stream through small buffers, the way a connection uses batches, gives the same commands.
func TestFillContinuesAcrossBuffers(t *testing.T) {
	t.Parallel()
	var stream []byte
	var want []string
	for i := range 300 {
		key, value := fmt.Sprintf("key:%d", i), strings.Repeat("v", i*7%200)
		stream = AppendCommand(stream, []byte("SET"), []byte(key), []byte(value))
		want = append(want, "SET "+key+" "+value)
		if i%9 == 0 {
			stream = append(stream, "PING\r\n\r\n"...)
			want = append(want, "PING")
		}
	}
	for _, chunk := range []int{1, 2, 3, 7, 64, 1000, len(stream)} {
		var (
			d   Decoder
			got []string
		)
		buf := GetBuffer(chunk)
		for off := 0; off < len(stream); off += chunk {
			buf = append(buf, stream[off:min(off+chunk, len(stream))]...)
			for {
				b := NewBatch()
				rest, err := b.Fill(&d, buf, nil, 5, 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				if b.Len() == 0 {
					buf = buf[:copy(buf, rest)]
					b.Release()
					break
				}
				buf = append(GetBuffer(len(rest)+chunk), rest...)
				for i := range b.Len() {
					got = append(got, string(bytes.Join(b.Args(i), []byte(" "))))
				}
				b.Release()
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(buf) != 0 {
			t.Fatalf("chunks of %d: %d commands instead of %d, rest %q", chunk, len(got), len(want), buf)
		}
		PutBuffer(buf)
	}
}

func TestReleasedBatchKeepsNothing(t *testing.T) {
	t.Parallel()
	var d Decoder
	b := NewBatch()
	if _, err := b.Fill(&d, pooled("SET a b\r\nGET a\r\n"), nil, 10, 1000); err != nil {
		t.Fatal(err)
	}
	args := b.args
	b.Release()
	for _, arg := range args {
		if arg != nil {
			t.Errorf("a released batch refers to %q", arg)
		}
	}
}

func TestBuffers(t *testing.T) {
	t.Parallel()
	for n := 0; n < 3<<20; n = n*3/2 + 1 {
		b := GetBuffer(n)
		if len(b) != 0 || cap(b) < n || cap(b) > max(512, 2*n) {
			t.Fatalf("GetBuffer(%d): length %d, capacity %d", n, len(b), cap(b))
		}
		PutBuffer(b)
		PutBuffer(make([]byte, n, n+n/7)) // any heap slice, of any capacity
		if b := GetBuffer(n); len(b) != 0 || cap(b) < n {
			t.Fatalf("GetBuffer(%d) again: length %d, capacity %d", n, len(b), cap(b))
		}
	}
	PutBuffer(nil)
}
