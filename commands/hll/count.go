package hll

import "math"

// histogram counts registers by what they hold. Registers of foreign values may hold more than maxRun; the estimate
// takes no notice of those, as in Redis.
type histogram [maxRegister + 1]int

// histogramOf counts the registers of a valid value.
func histogramOf(b []byte) (*histogram, error) {
	h := new(histogram)
	p := b[headerBytes:]
	if isDense(b) {
		var all [registers]uint8
		unpack(p, &all)
		h.count(&all)
		return h, nil
	}
	set := 0
	ok := walkSparse(p, func(_ int, r run) {
		h[r.value] += r.length
		set += r.length
	})
	if !ok {
		return nil, ErrCorrupt
	}
	h[0] = registers - set
	return h, nil
}

func (h *histogram) count(all *[registers]uint8) {
	for _, v := range all {
		h[v&maxRegister]++
	}
}

// estimate returns the number of distinct elements: algorithm 6 of Ertl's paper. Products are rounded before they are
// added on every machine (the conversions say so). Registers too high for any set of elements give the smallest
// integer, which is what Redis makes of an estimate that does not fit.
func (h *histogram) estimate() int64 {
	const m = float64(registers)
	const alphaInf = 0.721347520444481703680 // 1 / (2 ln 2)
	z := m * tau((m-float64(h[maxRun]))/m)
	for v := countedBits; v >= 1; v-- {
		z += float64(h[v])
		z *= 0.5
	}
	z += float64(m * sigma(float64(h[0])/m))
	n := math.Round(alphaInf * m * m / z)
	if !(n < 1<<63) {
		return math.MinInt64
	}
	return int64(n)
}

// sigma corrects for registers that are zero: x + Σ x^(2^k)·2^(k-1) over k ≥ 1, with x their share.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += float64(x * y)
		y += y
		if z == before {
			return z
		}
	}
}

// tau corrects for registers that have reached maxRun: (1 - x - Σ (1-x^(2^-k))²·2^-k over k ≥ 1) / 3, with x the share
// of those that have not.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		d := 1 - x
		z -= float64(float64(d*d) * y)
		if z == before {
			return z / 3
		}
	}
}
