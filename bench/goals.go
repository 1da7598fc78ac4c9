package bench

import (
	"fmt"
	"math"

	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// goals compares the report with the floors of the workloads. Those whose figures were not measured are left out; floors hold for the
// first number of clients.
func goals(r *report.Report, workloads []workload.Workload, o *Options) []report.Goal {
	var all []report.Goal
	for _, sh := range o.shapes(workloads) {
		floor, found := sh.Floors[sh.pipeline]
		cell := r.Cell(sh.Name, sh.clients, sh.pipeline)
		if !found || cell == nil || sh.clients != o.Clients[0] {
			continue
		}
		add := func(wanted, measured float64, what string) {
			if wanted > 0 && !math.IsNaN(measured) {
				all = append(all, report.Goal{Name: fmt.Sprintf("%s, pipeline %d: %s", sh.Name, sh.pipeline, what), Wanted: wanted, Measured: measured})
			}
		}
		rate := report.PerSecond(cell.On(target.Postkeys))
		always := cell.Ratio(target.Postkeys, target.RedisAlways).Median
		share := rate * float64(sh.Rows) / bestRate(r, string(sh.Reference))
		if floor.OrOfReference > 0 && always < floor.OfAlways && share >= floor.OrOfReference {
			add(floor.OrOfReference, share, fmt.Sprintf("share of the set-oriented limit in rows, in place of %g of %s", floor.OfAlways, target.RedisAlways))
		} else {
			add(floor.OfAlways, always, "share of "+target.RedisAlways)
		}
		add(floor.OfRedis, cell.Ratio(target.Postkeys, target.Redis).Median, "share of "+target.Redis)
		add(floor.OfReference, share, "share of the set-oriented limit in rows")
		add(floor.OfOneByOne, rate/bestRate(r, string(sh.OneByOne)), "times one round trip for each command")
		if other := r.Cell(floor.NotBelow, sh.clients, sh.pipeline); other != nil {
			add(1, rate/report.PerSecond(other.On(target.Postkeys)), "share of "+floor.NotBelow)
		}
	}
	return all
}

// lineShares compares postkeys with the reference lines of the workloads, where both were measured.
func lineShares(r *report.Report, workloads []workload.Workload, o *Options) []report.LineShare {
	known := func(v float64) float64 {
		if math.IsNaN(v) {
			return -1
		}
		return v
	}
	var all []report.LineShare
	for _, sh := range o.shapes(workloads) {
		cell := r.Cell(sh.Name, sh.clients, sh.pipeline)
		if cell == nil {
			continue
		}
		rows := report.PerSecond(cell.On(target.Postkeys)) * float64(sh.Rows)
		l := report.LineShare{
			Workload: sh.Name, Clients: sh.clients, Pipeline: sh.pipeline, Rows: known(rows),
			Line: string(sh.Reference), Share: known(rows / bestRate(r, string(sh.Reference))),
			OneByOne: string(sh.OneByOne), Times: known(rows / bestRate(r, string(sh.OneByOne))),
		}
		if l.Share >= 0 || l.Times >= 0 {
			all = append(all, l)
		}
	}
	return all
}

// bestRate is what a reference line reached, NaN if it was not measured.
func bestRate(r *report.Report, line string) float64 {
	best := r.Best(line)
	if best == nil {
		return math.NaN()
	}
	return report.Median(best.RowsPerSecond)
}
