// Package geo holds the mathematics of Redis' GEO commands: points as 52 bit geohashes that are scores of a sorted set,
// distances, and the searches in a circle or a box as ranges of scores with a test for each point found there.
//
// Every function follows the arithmetic of Redis 7.2 step by step, in double precision and in the same order, because
// its results are visible: scores in ZSCORE, positions in GEOPOS, distances in GEODIST and STOREDIST, the order of an
// unsorted GEOSEARCH. Angles are in degrees, distances in meters unless a Unit says otherwise.
//
// Geohashes go back to Gustavo Niemeyer and to G. M. Morton, "A computer oriented geodetic data base and a new technique
// in file sequencing", 1966. Distances are great circles by the haversine formula on a sphere.
//
// The functions keep nothing and may be called from anywhere.
package geo

import (
	"fmt"
	"math"
)

// Limits of coordinates, in degrees. The latitudes are those where the square Web Mercator map ends (EPSG:3857).
const (
	MaxLon = 180
	MaxLat = 85.05112878
)

// Point is a place on the sphere, in degrees.
type Point struct{ Lon, Lat float64 }

// Valid reports whether GEOADD and searches accept the point.
func (p Point) Valid() bool {
	return p.Lon >= -MaxLon && p.Lon <= MaxLon && p.Lat >= -MaxLat && p.Lat <= MaxLat
}

// InvalidReply is the error reply to a point that is not valid.
func (p Point) InvalidReply() string {
	return "ERR invalid longitude,latitude pair " + decimal(p.Lon) + "," + decimal(p.Lat)
}

// decimal writes a number with six digits after the point, as C's printf does.
func decimal(x float64) string {
	if math.IsInf(x, 0) {
		if x < 0 {
			return "-inf"
		}
		return "inf"
	}
	return fmt.Sprintf("%f", x)
}

// Score returns the score of the point in a sorted set: its geohash of 52 bits, and two more bits for points on the
// eastern and northern limits. MUST be called with a valid point.
func (p Point) Score() float64 { return float64(encode(p, world, maxStep).bits) }

// FromScore returns the center of the cell that a score stands for. Any score of a sorted set has one.
func FromScore(score float64) Point {
	b := cell{toUint64(score), maxStep}.bounds(world)
	return Point{
		Lon: clamp((b.west+b.east)/2, MaxLon),
		Lat: clamp((b.south+b.north)/2, MaxLat),
	}
}

func clamp(x, limit float64) float64 { return max(-limit, min(limit, x)) }
