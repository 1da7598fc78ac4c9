package conformance

import "strconv"

var geoTemplates = []Template{
	{6, func(g *Generator) Command {
		args := []string{"GEOADD", g.zsetKey()}
		if g.IntN(4) == 0 {
			args = append(args, g.pick("NX", "XX", "CH"))
		}
		for range 1 + g.IntN(5) {
			args = append(args, g.degrees(), g.degrees(), g.member())
		}
		return plain(args...)
	}},
	{2, func(g *Generator) Command {
		return plain(append([]string{"GEOPOS", g.zsetKey()}, g.someMembers(3)...)...)
	}},
	{2, func(g *Generator) Command {
		return plain(append([]string{"GEOHASH", g.zsetKey()}, g.someMembers(3)...)...)
	}},
	{2, func(g *Generator) Command {
		return plain("GEODIST", g.zsetKey(), g.member(), g.member(), g.pick("m", "km", "FT", "mi", "x"))
	}},
	{3, func(g *Generator) Command {
		return plain(append(append([]string{"GEOSEARCH", g.zsetKey()}, g.area()...), g.details()...)...)
	}},
	{2, func(g *Generator) Command {
		return plain(append(append([]string{"GEOSEARCHSTORE", g.zsetKey(), g.zsetKey()}, g.area()...), g.order()...)...)
	}},
	{1, func(g *Generator) Command {
		args := []string{g.pick("GEORADIUS", "GEORADIUS_RO"), g.zsetKey(), g.degrees(), g.degrees(), g.length(), "km"}
		return plain(append(args, g.details()...)...)
	}},
	{1, func(g *Generator) Command {
		args := []string{g.pick("GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"), g.zsetKey(), g.member(), g.length(), "mi"}
		return plain(append(args, g.details()...)...)
	}},
	{1, func(g *Generator) Command {
		return plain("GEORADIUS", g.zsetKey(), g.degrees(), g.degrees(), g.length(), "km", "STORE", g.zsetKey())
	}},
}

// degrees returns a longitude or latitude, mostly in one region so that searches find something.
func (g *Generator) degrees() string {
	switch g.IntN(12) {
	case 0:
		return g.pick("0", "-0", "180", "-180", "85.05112878", "-85.05112878", "85.06", "x", "1e3")
	case 1:
		return strconv.FormatFloat(g.Float64()*360-180, 'f', g.IntN(10), 64)
	default:
		return strconv.FormatFloat(10+g.Float64()*5, 'f', g.IntN(10), 64)
	}
}

func (g *Generator) length() string {
	return g.pick("0", "1", "100", "300.5", "1000", "5000", "20000", "-1", "x")
}

// area returns center and shape of a search.
func (g *Generator) area() []string {
	args := []string{"FROMLONLAT", g.degrees(), g.degrees()}
	if g.IntN(3) == 0 {
		args = []string{"FROMMEMBER", g.member()}
	}
	if g.IntN(2) == 0 {
		return append(args, "BYRADIUS", g.length(), g.pick("km", "mi"))
	}
	return append(args, "BYBOX", g.length(), g.length(), g.pick("km", "mi"))
}

func (g *Generator) order() []string {
	args := []string{g.pick("ASC", "DESC")}[:g.IntN(2)]
	if g.IntN(3) == 0 {
		args = append(args, "COUNT", g.pick("1", "2", "3", "100"))
		args = append(args, []string{"ANY"}[:g.IntN(2)]...)
	}
	return args
}

func (g *Generator) details() []string {
	args := g.order()
	for _, option := range []string{"WITHDIST", "WITHHASH", "WITHCOORD"} {
		if g.IntN(3) == 0 {
			args = append(args, option)
		}
	}
	return args
}
