package geo

import "math"

// Sine, cosine and arc sine, rounded correctly but for one case in a hundred thousand. The C library that Redis uses is
// nearly as exact (its error stays below 0.55 units in the last place), while the functions of package math are off by a
// unit now and then: distances stored as scores would differ in the last digits.
//
// The method: an angle is a multiple of 1/64, whose sine and cosine are in a table, and a rest, whose are simple, and the
// addition theorem puts them together. What is large is computed with pairs of doubles (T. J. Dekker, "A floating-point
// technique for extending the available precision", 1971), what is small with doubles.

// halfPi is π/2 in three parts.
var halfPi = [3]float64{1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33}

// maxReduced is the greatest angle that reduce takes. Angles of coordinates stay below 2π; only the box around a shape
// larger than the sphere has greater ones.
const maxReduced = 1 << 20

// reduce returns r within ±π/4 and n with x = r + n·π/2.
func reduce(x float64) (r pair, n int) {
	if math.Abs(x) <= math.Pi/4 {
		return pair{hi: x}, 0
	}
	k := math.RoundToEven(x / halfPi[0])
	p0 := k * halfPi[0]
	e0 := math.FMA(k, halfPi[0], -p0)
	p1 := k * halfPi[1]
	e1 := math.FMA(k, halfPi[1], -p1)
	a := twoSum(x, -p0)
	b := twoSum(a.hi, -e0)
	c := twoSum(b.hi, -p1)
	rest := a.lo + b.lo + c.lo - e1 - float64(k*halfPi[2])
	return fastTwoSum(c.hi, rest), int(k)
}

// slots is the number of table entries per radian.
const slots = 64

// sines and cosines are those of the multiples of 1/slots up to π/4.
var sines, cosines = func() (s, c [slots*4/5 + 1]pair) {
	for i := range s {
		angle := pair{hi: float64(i) / slots}
		s[i], c[i] = sinSeries(angle), cosSeries(angle)
	}
	return s, c
}()

// sinQuarters is the sine of r + n·π/2, with r within ±π/4.
func sinQuarters(r pair, n int) pair {
	negative := n&2 != 0
	if r.hi < 0 {
		r = pair{-r.hi, -r.lo}
		// The sine of -r is that of r with the other sign, the cosine is the same.
		negative = negative != (n&1 == 0)
	}
	i := int(r.hi*slots + 0.5)
	t := r.hi - float64(i)/slots // exact
	// What the sine of t has besides t, and the cosine besides 1.
	x := t * t
	sinT := t * x * (-1.0/6 + x*(1.0/120-x*(1.0/5040)))
	cosT := x * (-1.0/2 + x*(1.0/24-x*(1.0/720)))
	// sin(a+t) = sin a cos t + cos a sin t and cos(a+t) = cos a cos t - sin a sin t, which is the same with a quarter more.
	a, b := sines[i], cosines[i]
	if n&1 != 0 {
		a, b = cosines[i], pair{-sines[i].hi, -sines[i].lo}
	}
	p := b.hi * t
	s := twoSum(a.hi, p)
	small := math.FMA(b.hi, t, -p) + a.lo + b.lo*t + b.hi*(sinT+r.lo) + a.hi*(cosT-t*r.lo)
	s = fastTwoSum(s.hi, s.lo+small)
	if negative {
		return pair{-s.hi, -s.lo}
	}
	return s
}

func sin(x float64) float64 {
	if x == 0 || !(math.Abs(x) <= maxReduced) {
		return math.Sin(x)
	}
	return sinQuarters(reduce(x)).hi
}

func cos(x float64) float64 {
	if !(math.Abs(x) <= maxReduced) {
		return math.Cos(x)
	}
	r, n := reduce(x)
	return sinQuarters(r, n+1).hi
}

// asin takes numbers from 0 to 1; greater ones give NaN.
func asin(x float64) float64 {
	switch {
	case x == 0 || x == 1 || !(x < 1):
		return math.Asin(x)
	case x <= 0.5:
		y := asinSmall(pair{hi: x})
		return y.hi + y.lo
	default:
		// π/2 - 2·asin √((1-x)/2), since the slope grows without bound towards 1.
		z := (1 - x) / 2
		root := math.Sqrt(z)
		y := asinSmall(pair{root, math.FMA(-root, root, z) / (2 * root)})
		sum := pair{halfPi[0], halfPi[1]}.plus(pair{-2 * y.hi, -2 * y.lo})
		return sum.hi
	}
}

// asinSmall takes a number up to about 0.5 and corrects the value of package math by a step of Newton's method.
func asinSmall(x pair) pair {
	y := math.Asin(x.hi)
	s := sinQuarters(pair{hi: y}, 0)
	off := (x.hi - s.hi) + (x.lo - s.lo)
	return fastTwoSum(y, off/math.Sqrt(1-s.hi*s.hi))
}
