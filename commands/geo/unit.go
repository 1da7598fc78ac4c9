package geo

import "bytes"

// Unit is a unit of length, in meters.
type Unit float64

// The units that commands know.
const (
	Meters     Unit = 1
	Kilometers Unit = 1000
	Feet       Unit = 0.3048
	Miles      Unit = 1609.34
)

// ParseUnit reads m, km, ft or mi in any case.
func ParseUnit(b []byte) (Unit, bool) {
	switch string(bytes.ToLower(b)) {
	case "m":
		return Meters, true
	case "km":
		return Kilometers, true
	case "ft":
		return Feet, true
	case "mi":
		return Miles, true
	default:
		return 0, false
	}
}

// FromMeters converts a distance in meters to the unit.
func (u Unit) FromMeters(distance float64) float64 { return distance / float64(u) }

// toMeters converts a distance in the unit to meters.
func (u Unit) toMeters(distance float64) float64 { return distance * float64(u) }
