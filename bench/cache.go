package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
)

const (
	// cacheKeys is the most keys: so many are all in the cache when the calibration is over.
	cacheKeys = 10_000
	// cacheShare is what GET from the cache has to reach of Redis.
	cacheShare = 1
)

// Cache compares GET of values in the cache with Redis.
func Cache(ctx context.Context, o Options) (*report.Report, error) {
	o.Only, o.Workloads = []string{target.Postkeys, target.Redis}, []string{"GET"}
	o.Skip = append(slices.Clone(o.Skip), SkipReferences)
	o.Keys = min(o.Keys, cacheKeys)
	o.Env = append([]string{"CACHE_ENABLED=true", "CACHE_TTL=1h", "CACHE_MAX_SIZE=" + strconv.Itoa(2*o.Keys)}, o.Env...)
	r, err := Compare(ctx, o)
	if r == nil {
		return nil, err
	}
	r.Title = "GET from the cache beside Redis"
	r.Goals = nil
	for i := range r.Cells {
		c := &r.Cells[i]
		if share := c.Ratio(target.Postkeys, target.Redis).Median; c.Clients == o.Clients[0] && !math.IsNaN(share) {
			r.Goals = append(r.Goals, report.Goal{
				Name: fmt.Sprintf("GET from the cache, pipeline %d: share of %s", c.Pipeline, target.Redis), Wanted: cacheShare, Measured: share,
			})
		}
	}
	return r, err
}
