package geo

// ScoreRange is a range of scores of a sorted set: Min belongs to it, Max does not.
type ScoreRange struct{ Min, Max float64 }

// direction is a step to a neighbouring cell.
type direction struct{ east, north int }

// around lists the center and its neighbours in the order in which a search looks at them.
var around = [9]direction{
	{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
}

// Areas returns the ranges of scores that hold every point of the shape that a search of Redis finds, and others: ask
// Within about each. A search that is not sorted answers range by range, and by score and member within each. No score
// is in two ranges.
func (s *Shape) Areas() []ScoreRange {
	want := s.extent()
	center := encode(s.Center, world, estimateStep(s.reach(), s.Center.Lat))
	if center.step > 1 && center.tooSmall(want) {
		center = encode(s.Center, world, center.step-1)
	}
	has := center.bounds(world)
	ranges := make([]ScoreRange, 0, len(around))
	var last cell // the neighbour looked at last; the center is not compared with
	for _, d := range around {
		if center.step >= 2 && needless(d, has, want) {
			continue
		}
		c := center.moved(d.east, d.north)
		// On a map of four cells, neighbours on both sides are the same.
		if c == last {
			continue
		}
		if d != around[0] {
			last = c
		}
		ranges = append(ranges, c.scores())
	}
	return ranges
}

// estimateStep returns how far to divide the map so that a cell and its neighbours cover a distance around a point.
func estimateStep(meters, lat float64) uint {
	const mapRadius = 20037726.37 // from the center of the map to its border, in meters
	if meters == 0 {
		return maxStep
	}
	step := -1
	for ; meters < mapRadius; meters *= 2 {
		step++
	}
	// Cells become narrower towards the poles.
	if lat > 66 || lat < -66 {
		step--
		if lat > 80 || lat < -80 {
			step--
		}
	}
	return uint(max(1, min(maxStep, step)))
}

// tooSmall reports whether the neighbours of c do not reach as far as wanted in some direction.
func (c cell) tooSmall(want extent) bool {
	return c.moved(0, 1).bounds(world).north < want.north ||
		c.moved(0, -1).bounds(world).south > want.south ||
		c.moved(1, 0).bounds(world).east < want.east ||
		c.moved(-1, 0).bounds(world).west > want.west
}

// needless reports whether the cell in the middle already reaches beyond what is wanted in a direction.
func needless(d direction, has, want extent) bool {
	return d.north < 0 && has.south < want.south ||
		d.north > 0 && has.north > want.north ||
		d.east < 0 && has.west < want.west ||
		d.east > 0 && has.east > want.east
}
