package geo

import "math"

// Shape is what a search looks in: the circle of a radius around a point, or a box with a point at its center.
type Shape struct {
	Center Point
	// Unit is that of the lengths below, none of which is negative.
	Unit Unit
	// Box says that Width and Height count, not Radius.
	Box           bool
	Radius        float64
	Width, Height float64 // along the parallel of the point looked at, and along the meridian
}

// Within reports whether a point is in the shape, and its distance to the center in meters if so.
func (s *Shape) Within(p Point) (meters float64, ok bool) {
	if !s.Box {
		meters = Distance(s.Center, p)
		// A NaN is not greater, and counts as inside.
		return meters, !(meters > s.Unit.toMeters(s.Radius))
	}
	if latDistance(p.Lat, s.Center.Lat) > s.Unit.toMeters(s.Height)/2 {
		return 0, false
	}
	if Distance(p, Point{s.Center.Lon, p.Lat}) > s.Unit.toMeters(s.Width)/2 {
		return 0, false
	}
	return Distance(s.Center, p), true
}

// reach is the distance from the center to the farthest point, in meters.
func (s *Shape) reach() float64 {
	if !s.Box {
		return s.Unit.toMeters(s.Radius)
	}
	w, h := s.Width/2, s.Height/2
	return s.Unit.toMeters(math.Sqrt(float64(w*w) + float64(h*h)))
}

// extent returns the degrees that the shape covers, without regard to the limits of the map. East and west are those of
// the side that is nearer to a pole.
func (s *Shape) extent() extent {
	width, height := s.Radius, s.Radius
	if s.Box {
		width, height = s.Width/2, s.Height/2
	}
	width, height = s.Unit.toMeters(width), s.Unit.toMeters(height)
	lat := degrees(height / earthRadius)
	edge := s.Center.Lat + lat
	if s.Center.Lat < 0 {
		edge = s.Center.Lat - lat
	}
	lon := degrees(width / earthRadius / cos(radians(edge)))
	return extent{
		west: s.Center.Lon - lon, east: s.Center.Lon + lon,
		south: s.Center.Lat - lat, north: s.Center.Lat + lat,
	}
}
