package report

import (
	"math"
	"slices"
)

// Median is the middle of the values, NaN of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// medianOf is the median of one figure of the runs. Figures that are not known are negative, and so is their median.
func medianOf[R any](runs []R, figure func(R) float64) float64 {
	values := make([]float64, 0, len(runs))
	for _, r := range runs {
		values = append(values, figure(r))
	}
	return Median(values)
}

// PerSecond is the median rate of the runs in commands, NaN without runs.
func PerSecond(runs []Run) float64 { return medianOf(runs, func(r Run) float64 { return r.PerSecond }) }

// P99Ms is the median of the runs, NaN without any.
func (l *Latency) P99Ms() float64 {
	return medianOf(l.Runs, func(r LatencyRun) float64 { return r.P99Ms })
}

// Ratio compares the rate of two servers in one cell: the ratio of the medians, and the smallest and the largest ratio of one round.
type Ratio struct{ Median, Low, High float64 }

// Ratio of a to b; NaN if one of them was not measured.
func (c *Cell) Ratio(a, b string) Ratio {
	ra, rb := c.On(a), c.On(b)
	r := Ratio{Median: PerSecond(ra) / PerSecond(rb), Low: math.NaN(), High: math.NaN()}
	for i := range min(len(ra), len(rb)) {
		one := ra[i].PerSecond / rb[i].PerSecond
		if i == 0 {
			r.Low, r.High = one, one
		}
		r.Low, r.High = min(r.Low, one), max(r.High, one)
	}
	return r
}

// Best is the highest median of a reference line over all its shapes, in rows per second; nil if the line was not measured.
func (r *Report) Best(line string) *Reference {
	var best *Reference
	for i := range r.References {
		ref := &r.References[i]
		if ref.Line == line && (best == nil || Median(ref.RowsPerSecond) > Median(best.RowsPerSecond)) {
			best = ref
		}
	}
	return best
}

// BytesPerConnection is what one idle connection added to the resident memory.
func (c *Connection) BytesPerConnection() float64 {
	return float64(c.ResidentAfter-c.ResidentBefore) / float64(c.Connections)
}

// Ratio is the rate beside the idle connections by that without them.
func (b *Busy) Ratio() float64 { return Median(b.Beside) / Median(b.Alone) }
