package geo

import "math"

// pair is the sum of two doubles, of which lo is at most half a unit in the last place of hi.
type pair struct{ hi, lo float64 }

// twoSum returns a+b exactly.
func twoSum(a, b float64) pair {
	s := a + b
	bb := s - a
	return pair{s, (a - (s - bb)) + (b - bb)}
}

// fastTwoSum returns a+b exactly; b is not greater than a in magnitude.
func fastTwoSum(a, b float64) pair {
	s := a + b
	return pair{s, b - (s - a)}
}

// times returns p·q with about 100 correct bits.
func (p pair) times(q pair) pair {
	h := p.hi * q.hi
	l := math.FMA(p.hi, q.hi, -h) + float64(p.hi*q.lo) + float64(p.lo*q.hi)
	return fastTwoSum(h, l)
}

// plus returns p+q with about 100 correct bits; q is not greater than p in magnitude.
func (p pair) plus(q pair) pair {
	s := twoSum(p.hi, q.hi)
	return fastTwoSum(s.hi, s.lo+(p.lo+q.lo))
}
