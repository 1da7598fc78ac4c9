package geo

// The series of sine and cosine around zero: in pairs of doubles for the first terms, in doubles for the small ones. They
// make the table that sines are looked up in.

// Reciprocals of factorials, 1/n! as pairs where the series need that.
var (
	over3 = pair{-1.6666666666666666e-01, -9.2518585385429707e-18}
	over5 = pair{8.3333333333333332e-03, 1.1564823173178714e-19}
	over7 = pair{-1.9841269841269841e-04, -1.7209558293420705e-22}
	over4 = pair{4.1666666666666664e-02, 2.3129646346357427e-18}
	over6 = pair{-1.3888888888888889e-03, 5.3005439543735771e-20}
)

// tail evaluates c[0] + c[1]·x + c[2]·x² …
func tail(x float64, c ...float64) float64 {
	sum := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		sum = float64(sum*x) + c[i]
	}
	return sum
}

// Terms of the series from the ninth power on (sine) and from the eighth (cosine).
var (
	sinTail = []float64{
		1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000,
		-1.0 / 121645100408832000, 1.0 / 51090942171709440000,
	}
	cosTail = []float64{
		1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000,
		-1.0 / 6402373705728000, 1.0 / 2432902008176640000, -1.0 / 1124000727777607680000,
	}
)

// sinSeries is the sine of an angle within ±π/4.
func sinSeries(r pair) pair {
	x := r.times(r)
	t := over7.plus(pair{hi: tail(x.hi, sinTail...) * x.hi})
	t = over5.plus(t.times(x))
	t = over3.plus(t.times(x))
	return r.plus(t.times(x).times(r))
}

// cosSeries is the cosine of an angle within ±π/4.
func cosSeries(r pair) pair {
	x := r.times(r)
	t := over6.plus(pair{hi: tail(x.hi, cosTail...) * x.hi})
	t = over4.plus(t.times(x))
	t = pair{hi: -0.5}.plus(t.times(x))
	return pair{hi: 1}.plus(t.times(x))
}
