package geo

import "math"

// maxStep is the number of bits per coordinate in a score.
const maxStep = 26

// extent is the rectangle that geohashes divide, or one of its cells, in degrees.
type extent struct{ west, east, south, north float64 }

var (
	// world is what scores divide.
	world = extent{-MaxLon, MaxLon, -MaxLat, MaxLat}
	// sphere is what geohashes as text divide.
	sphere = extent{-180, 180, -90, 90}
)

// Bits of the coordinates in a geohash: the latitude has the even ones, the longitude the odd ones.
const (
	latBits = 0x5555555555555555
	lonBits = 0xaaaaaaaaaaaaaaaa
)

// cell is one of the 4^step equal parts of an extent. A point on the eastern or northern limit is in a cell beyond the
// last, whose bits reach one place further.
type cell struct {
	bits uint64
	step uint // bits per coordinate, from 1 to maxStep
}

// encode returns the cell of a point that lies within the limits of world.
func encode(p Point, e extent, step uint) cell {
	parts := float64(uint64(1) << step)
	lat := (p.Lat - e.south) / (e.north - e.south) * parts
	lon := (p.Lon - e.west) / (e.east - e.west) * parts
	return cell{spread(uint32(lat)) | spread(uint32(lon))<<1, step}
}

// bounds returns the part of e that the cell covers.
func (c cell) bounds(e extent) extent {
	parts := float64(uint64(1) << c.step)
	lat, lon := gather(c.bits), gather(c.bits>>1)
	height, width := e.north-e.south, e.east-e.west
	// The conversions keep machines from rounding the product and the sum at once.
	return extent{
		west:  e.west + float64(float64(lon)/parts*width),
		east:  e.west + float64(float64(lon+1)/parts*width),
		south: e.south + float64(float64(lat)/parts*height),
		north: e.south + float64(float64(lat+1)/parts*height),
	}
}

// moved returns the neighbour so many cells (-1, 0 or 1) to the east and to the north. Beyond the limits it comes from the
// other side.
func (c cell) moved(east, north int) cell {
	c.bits = c.shifted(lonBits, east)
	c.bits = c.shifted(latBits, north)
	return c
}

// shifted adds d to the coordinate whose bits mask selects: the bits of the other one are filled so that carries pass
// through them, or cleared so that borrows do, and put back.
func (c cell) shifted(mask uint64, d int) uint64 {
	if d == 0 {
		return c.bits
	}
	unused := 64 - 2*c.step
	this, other := c.bits&mask, c.bits&^mask
	gaps := ^mask >> unused
	if d > 0 {
		this += gaps + 1
	} else {
		this = (this | gaps) - (gaps + 1)
	}
	return this&(mask>>unused) | other
}

// scores returns the range of scores of points in the cell.
func (c cell) scores() ScoreRange {
	shift := 2 * (maxStep - c.step)
	return ScoreRange{Min: float64(c.bits << shift), Max: float64((c.bits + 1) << shift)}
}

// spread moves bit n of x to bit 2n.
func spread(x uint32) uint64 {
	v := uint64(x)
	v = (v | v<<16) & 0x0000ffff0000ffff
	v = (v | v<<8) & 0x00ff00ff00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & latBits
}

// gather moves bit 2n of v to bit n and drops the others.
func gather(v uint64) uint32 {
	v &= latBits
	v = (v | v>>1) & 0x3333333333333333
	v = (v | v>>2) & 0x0f0f0f0f0f0f0f0f
	v = (v | v>>4) & 0x00ff00ff00ff00ff
	v = (v | v>>8) & 0x0000ffff0000ffff
	return uint32(v | v>>16)
}

// toInt64 converts a double as x86 does: toward zero, and to the smallest integer if it does not fit.
func toInt64(x float64) int64 {
	if x >= -1<<63 && x < 1<<63 {
		return int64(x)
	}
	return math.MinInt64
}

// toUint64 converts a double as compilers for x86 do it by means of the signed conversion.
func toUint64(x float64) uint64 {
	if x >= 1<<63 {
		return uint64(toInt64(x-1<<63)) ^ 1<<63
	}
	return uint64(toInt64(x))
}
