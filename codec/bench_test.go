package codec

import (
	"errors"
	"testing"
)

// pipeline is n SET commands as redis-benchmark sends them.
func pipeline(n int) []byte {
	var b []byte
	for range n {
		b = AppendCommand(b, []byte("SET"), []byte("key:000000012345"), []byte("VXK"))
	}
	return b
}

// fillOnce is what a connection does with each read: take a buffer and a batch, decode, look at the commands, release.
func fillOnce(d *Decoder, stream []byte) (n int, err error) {
	buf := append(GetBuffer(len(stream)), stream...)
	b := NewBatch()
	_, err = b.Fill(d, buf, &DefaultLimits, 1000, 1<<20)
	for i := range b.Len() {
		n += len(b.Args(i))
	}
	b.Release()
	return n, err
}

func BenchmarkFill16Sets(b *testing.B) {
	stream := pipeline(16)
	var d Decoder
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := fillOnce(&d, stream); n != 48 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkFill1Set(b *testing.B) {
	stream := pipeline(1)
	var d Decoder
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := fillOnce(&d, stream); n != 3 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkFillInline(b *testing.B) {
	stream := []byte("SET key:000000012345 \"V\\x58K\"\r\n")
	var d Decoder
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := fillOnce(&d, stream); n != 3 || err != nil {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkDecodeInPieces shows that resuming costs by new bytes: a command of 1,000 arguments in 1,000 pieces.
func BenchmarkDecodeInPieces(b *testing.B) {
	var args [][]byte
	for range 1000 {
		args = append(args, []byte("argument"))
	}
	stream := AppendCommand(nil, args...)
	var d Decoder
	out := make([][]byte, 0, 1000)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		for cut := 0; cut < len(stream); cut += 14 {
			if _, _, err := d.Decode(stream[:cut], out, nil); !errors.Is(err, ErrIncomplete) {
				b.Fatal(err)
			}
		}
		if out, _, err := d.Decode(stream, out, nil); len(out) != 1000 || err != nil {
			b.Fatal(len(out), err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	value := []byte("VXK")
	for _, bench := range []struct {
		name  string
		write func(e *Encoder)
	}{
		{"OK", func(e *Encoder) { e.OK() }},
		{"Int", func(e *Encoder) { e.Int(1234567) }},
		{"Bulk", func(e *Encoder) { e.Bulk(value) }},
		{"BulkInt", func(e *Encoder) { e.BulkInt(1234567) }},
		{"Null", func(e *Encoder) { e.Null() }},
		{"Error", func(e *Encoder) { e.Error("ERR value is not an integer or out of range") }},
		{"Double", func(e *Encoder) { e.Double(3.141) }},
		{"Map", func(e *Encoder) { e.Map(12) }},
	} {
		for _, resp3 := range []bool{false, true} {
			name := bench.name + "/RESP2"
			if resp3 {
				name = bench.name + "/RESP3"
			}
			b.Run(name, func(b *testing.B) {
				e := Encoder{Buf: make([]byte, 0, 512), RESP3: resp3}
				b.ReportAllocs()
				for b.Loop() {
					e.Buf = e.Buf[:0]
					bench.write(&e)
				}
			})
		}
	}
}

func BenchmarkParseValue(b *testing.B) {
	reply := []byte("$16\r\n0123456789abcdef\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := ParseValue(reply); n != len(reply) || err != nil {
			b.Fatal(n, err)
		}
	}
}
