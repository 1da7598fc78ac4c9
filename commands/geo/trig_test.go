package geo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

const bigBits = 300

func newBig() *big.Float { return new(big.Float).SetPrec(bigBits) }

// bigSinCos returns sine and cosine by their series around zero, with so many bits that no reduction is needed.
func bigSinCos(x *big.Float) (sin, cos *big.Float) {
	sin, cos = newBig(), newBig()
	term := newBig().SetInt64(1)
	for n := int64(0); n < 130; n++ {
		sum := cos
		if n%2 == 1 {
			sum = sin
		}
		if n%4 < 2 {
			sum.Add(sum, term)
		} else {
			sum.Sub(sum, term)
		}
		term.Mul(term, x)
		term.Quo(term, newBig().SetInt64(n+1))
	}
	return sin, cos
}

// bigAsin returns the arc sine of x, from a first approximation by Newton's method.
func bigAsin(x, first float64) *big.Float {
	y := newBig().SetFloat64(first)
	for range 5 {
		s, c := bigSinCos(y)
		s.Sub(newBig().SetFloat64(x), s)
		y.Add(y, s.Quo(s, c))
	}
	return y
}

// rounded returns the nearest double.
func rounded(x *big.Float) float64 {
	f, _ := x.Float64()
	return f
}

// TestTrigonometry compares with results of many more digits, rounded once.
func TestTrigonometry(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(31, 32))
	angles := []float64{
		0, 1e-300, 1e-9, math.Pi / 4, math.Nextafter(math.Pi/4, 1), math.Pi / 2, math.Pi, -math.Pi, 3 * math.Pi / 4, 2 * math.Pi,
		math.Nextafter(math.Pi, 4), 6.283185307179586, 10, -10,
	}
	for range 1000 {
		angles = append(angles, (rng.Float64()*2-1)*math.Pi, rng.NormFloat64()*math.Pow(10, -8*rng.Float64()))
	}
	for _, x := range angles {
		s, c := bigSinCos(newBig().SetFloat64(x))
		if got, want := sin(x), rounded(s); got != want {
			t.Errorf("sin(%v): got %v, want %v", x, got, want)
		}
		if got, want := cos(x), rounded(c); got != want {
			t.Errorf("cos(%v): got %v, want %v", x, got, want)
		}
	}
	for _, x := range append(angles, 0.5, math.Nextafter(0.5, 1), math.Nextafter(1, 0), 1-1e-12, 0.999) {
		x = math.Abs(math.Mod(x, 1))
		if got, want := asin(x), rounded(bigAsin(x, math.Asin(x))); got != want {
			t.Errorf("asin(%v): got %v, want %v", x, got, want)
		}
	}
}

func TestTrigonometryAtTheLimits(t *testing.T) {
	t.Parallel()
	if got := asin(1); got != math.Pi/2 {
		t.Errorf("asin(1) is %v", got)
	}
	if got := asin(math.Nextafter(1, 2)); !math.IsNaN(got) {
		t.Errorf("the arc sine of more than 1 is %v", got)
	}
	for _, x := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		if s, c := sin(x), cos(x); !math.IsNaN(s) || !math.IsNaN(c) {
			t.Errorf("sine and cosine of %v are %v and %v", x, s, c)
		}
	}
	for _, x := range []float64{maxReduced, maxReduced + 1, 1e15, -1e300} {
		if s := sin(x)*sin(x) + cos(x)*cos(x); math.Abs(s-1) > 1e-12 {
			t.Errorf("sine and cosine of %v are not of one angle: %v", x, s)
		}
	}
	if s := (math.Float64frombits(1 << 63)); math.Signbit(sin(s)) != true {
		t.Error("the sine of -0 is not -0")
	}
}

func BenchmarkDistance(b *testing.B) {
	p, q := Point{13.361389, 38.115556}, Point{15.087269, 37.502669}
	for b.Loop() {
		Distance(p, q)
	}
}

func BenchmarkAreas(b *testing.B) {
	s := &Shape{Center: Point{13.361389, 38.115556}, Unit: Kilometers, Radius: 200}
	b.ReportAllocs()
	for b.Loop() {
		s.Areas()
	}
}
