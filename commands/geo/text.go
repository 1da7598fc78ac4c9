package geo

import (
	"math"
	"strconv"
)

// digits are those of geohashes as text, by value.
const digits = "0123456789bcdefghjkmnpqrstuvwxyz"

// AppendHash appends what GEOHASH answers for a point that a score stands for: the geohash in its usual form, which
// divides all latitudes up to 90 degrees. The point has 52 bits and eleven digits have 55; the last digit is always 0.
func AppendHash(dst []byte, p Point) []byte {
	bits := encode(p, sphere, maxStep).bits
	for shift := 2*maxStep - 5; shift > 0; shift -= 5 {
		dst = append(dst, digits[bits>>shift&31])
	}
	return append(dst, digits[0])
}

// AppendDistance appends a distance as GEODIST and WITHDIST answer it, in RESP3 too: four digits after the point, halves
// rounded to even.
func AppendDistance(dst []byte, distance float64) []byte {
	n := toInt64(math.RoundToEven(distance * 10000))
	magnitude := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		magnitude = -magnitude
	}
	dst = strconv.AppendUint(dst, magnitude/10000, 10)
	fraction := magnitude % 10000
	dst = append(dst, '.')
	for unit := uint64(1000); unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(fraction/unit%10))
	}
	return dst
}

// AppendCoordinate appends a longitude or latitude as GEOPOS and WITHCOORD answer it: with up to 17 digits after the
// point and no needless zero. RESP2 sends it as a bulk string, RESP3 as a double.
func AppendCoordinate(dst []byte, degrees float64) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, degrees, 'f', 17, 64)
	end := len(dst)
	for dst[end-1] == '0' {
		end--
	}
	if dst[end-1] == '.' {
		end--
	}
	if string(dst[start:end]) == "-0" {
		return append(dst[:start], '0')
	}
	return dst[:end]
}

// HashNumber is what WITHHASH answers for a score.
func HashNumber(score float64) int64 { return toInt64(score) }
