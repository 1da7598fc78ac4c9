package geo

import "math"

// earthRadius is the radius of Redis' sphere, in meters.
const earthRadius = 6372797.560856

// radianDegrees is a degree in radians, the quotient of two doubles.
const radianDegrees = float64(math.Pi) / 180

func radians(degrees float64) float64 { return degrees * radianDegrees }

func degrees(radians float64) float64 { return radians / radianDegrees }

// Distance returns the length of the great circle between two points, in meters. Two places exactly opposite each other
// may give a NaN, as in Redis.
func Distance(a, b Point) float64 {
	v := sin((radians(b.Lon) - radians(a.Lon)) / 2)
	if v == 0 {
		return latDistance(a.Lat, b.Lat)
	}
	lat1, lat2 := radians(a.Lat), radians(b.Lat)
	u := sin((lat2 - lat1) / 2)
	h := float64(u*u) + float64(cos(lat1)*cos(lat2)*v*v)
	return 2 * earthRadius * asin(math.Sqrt(h))
}

// latDistance is the distance of two points on the same meridian.
func latDistance(lat1, lat2 float64) float64 {
	return earthRadius * math.Abs(radians(lat2)-radians(lat1))
}
