package rdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
)

// boundaries are integers about where an encoding begins or ends.
var boundaries = func() (all []int64) {
	for _, bits := range []int{0, 4, 6, 7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 53, 62, 63} {
		for delta := int64(-2); delta <= 2; delta++ {
			all = append(all, int64(1)<<bits+delta, -(int64(1)<<bits)+delta)
		}
	}
	return append(all, math.MaxInt64, math.MinInt64)
}()

// lengths are lengths of strings about where an encoding begins or ends, in an element or in what it makes long.
var lengths = []int{
	0, 1, 5, 11, 12, 19, 20, 21, 22, 40, 62, 63, 64, 65, 125, 126, 127, 128, 250, 253, 254, 255, 256, 300,
	4094, 4095, 4096, 4097, 8190, 8191, 8192, 16376, 16377, 16378, 16379, 16383, 16384, 20000,
}

// randomString returns bytes that are random, repeat themselves, or look like text.
func randomString(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	switch rng.IntN(4) {
	case 0:
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
	case 1:
		period := 1 + rng.IntN(40)
		for i := range b {
			b[i] = byte('a' + i%period)
		}
	case 2:
		for i := range b {
			b[i] = "ab \x00\xff"[rng.IntN(5)]
		}
	default:
		for i := 0; i < n; {
			i += copy(b[i:], fmt.Sprintf("word%d ", rng.IntN(50)))
		}
	}
	return b
}

// randomElement returns text of integers, what looks like it, and strings of at most longest bytes.
func randomElement(rng *rand.Rand, longest int) []byte {
	switch rng.IntN(6) {
	case 0:
		return strconv.AppendInt(nil, boundaries[rng.IntN(len(boundaries))], 10)
	case 1:
		return strconv.AppendInt(nil, int64(rng.Uint64())>>rng.IntN(64), 10)
	case 2:
		return []byte([]string{"", "-", "-0", "+1", "01", " 1", "1 ", "9223372036854775808", "-9223372036854775809", "1.0"}[rng.IntN(10)])
	case 3:
		return randomString(rng, min(longest, lengths[rng.IntN(len(lengths))]))
	default:
		return randomString(rng, rng.IntN(min(longest, 40)+1))
	}
}

// distinct returns n different strings, or fewer if random does not have so many.
func distinct(rng *rand.Rand, n int, random func() []byte) (all [][]byte) {
	seen := map[string]bool{}
	for range 4 * n {
		if b := random(); !seen[string(b)] && len(all) < n {
			seen[string(b)] = true
			all = append(all, b)
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func randomScore(rng *rand.Rand) float64 {
	switch rng.IntN(6) {
	case 0:
		return float64(boundaries[rng.IntN(len(boundaries))])
	case 1:
		return []float64{math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64}[rng.IntN(6)]
	case 2:
		return float64(rng.IntN(10))
	case 3:
		return rng.NormFloat64()
	default:
		for {
			if f := math.Float64frombits(rng.Uint64()); !math.IsNaN(f) {
				return f
			}
		}
	}
}

// randomValue returns a value of about n elements of at most longest bytes.
func randomValue(rng *rand.Rand, t Type, e Encoding, n, longest int) Value {
	v := Value{Type: t, Encoding: e}
	element := func() []byte { return randomElement(rng, longest) }
	switch t {
	case TypeString:
		v.String = element()
	case TypeList:
		for range n {
			v.Elements = append(v.Elements, element())
		}
	case TypeSet:
		if e == EncodingIntset {
			width := []int{16, 32, 64}[rng.IntN(3)]
			element = func() []byte { return strconv.AppendInt(nil, int64(rng.Uint64())>>(64-width), 10) }
		}
		v.Elements = distinct(rng, n, element)
	case TypeZset:
		for _, name := range distinct(rng, n, element) {
			v.Members = append(v.Members, Member{name, randomScore(rng)})
		}
	case TypeHash:
		for _, name := range distinct(rng, n, element) {
			v.Fields = append(v.Fields, Field{name, element()})
		}
	}
	return v
}

// mutate changes a copy of body in some places.
func mutate(rng *rand.Rand, body []byte) []byte {
	body = bytes.Clone(body)
	for range 1 + rng.IntN(3) {
		if len(body) < 2 {
			return body
		}
		at := 1 + rng.IntN(len(body)-1)
		switch rng.IntN(6) {
		case 0:
			body[at] = byte(rng.Uint32())
		case 1:
			body[at] += byte(rng.IntN(5)) - 2
		case 2:
			body[at] ^= 1 << rng.IntN(8)
		case 3:
			body = append(body[:at], body[min(len(body), at+1+rng.IntN(4)):]...)
		case 4:
			from := 1 + rng.IntN(len(body)-1)
			part := bytes.Clone(body[from:min(len(body), from+rng.IntN(9))])
			body = append(body[:at], append(part, body[at:]...)...)
		default:
			if at+4 <= len(body) {
				binary.LittleEndian.PutUint32(body[at:], uint32(boundaries[rng.IntN(len(boundaries))]))
			}
		}
	}
	return body
}
