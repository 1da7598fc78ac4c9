package commands

import (
	"github.com/mnorrsken/postkeys/commands/geo"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// The mathematics is in package geo. Searches are in geo_search.go.
var geoBindings = []binding{
	{name: "geoadd", claim: claimGeoadd, run: geoadd},
	{name: "geopos", claim: named(pg.ModeRead, 2, 1), run: geopos},
	{name: "geohash", claim: named(pg.ModeRead, 2, 1), run: geohash},
	{name: "geodist", claim: claimGeodist, run: geodist},
}

const errUnit = "ERR unsupported unit provided. please use M, KM, FT, MI"

// parsePoint reads longitude and latitude. It returns the error reply, or "".
func parsePoint(args [][]byte) (p geo.Point, fail string) {
	var ok, ok2 bool
	p.Lon, ok = number.ParseFloat(args[0])
	p.Lat, ok2 = number.ParseFloat(args[1])
	switch {
	case !ok || !ok2:
		return p, errNotFloat
	case !p.Valid():
		return p, p.InvalidReply()
	}
	return p, ""
}

// parseGeoadd reads options and points, which become the scores of ZADD. It
// returns the error reply, or "".
func parseGeoadd(args [][]byte) (o zaddOptions, pairs []scored, fail string) {
	first := 2
options:
	for ; first < len(args); first++ {
		switch a := args[first]; {
		case isWord(a, "nx"):
			o.nx = true
		case isWord(a, "xx"):
			o.xx = true
		case isWord(a, "ch"):
			o.changed = true
		default:
			break options
		}
	}
	args = args[first:]
	if len(args) == 0 || len(args)%3 != 0 || o.nx && o.xx {
		return o, nil, errSyntax
	}
	for ; len(args) > 0; args = args[3:] {
		p, fail := parsePoint(args)
		if fail != "" {
			return o, nil, fail
		}
		pairs = append(pairs, scored{args[2], p.Score()})
	}
	return o, pairs, ""
}

func claimGeoadd(c *Call) {
	_, pairs, fail := parseGeoadd(c.args)
	if fail != "" {
		c.fail(fail)
		return
	}
	n := &pg.Needs{Names: make([][]byte, len(pairs))}
	for i := range pairs {
		n.Names[i] = pairs[i].name
	}
	c.claimElements(c.args[1], pg.ModeUpdate, n)
}

func geoadd(c *Call) error {
	o, pairs, _ := parseGeoadd(c.args)
	return c.addScored(pairs, o)
}

// eachPoint answers with something about each of the members named from
// argument 2 on, nil for those that are absent.
func (c *Call) eachPoint(answer func(m *pg.Member)) error {
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	if err := ms.Fetch(c.args[2:]...); err != nil {
		return err
	}
	c.out.Array(len(c.args) - 2)
	for _, name := range c.args[2:] {
		m, err := ms.Find(name)
		if err != nil {
			return err
		}
		answer(m)
	}
	return nil
}

func geopos(c *Call) error {
	return c.eachPoint(func(m *pg.Member) {
		if m == nil {
			c.out.NullArray()
		} else {
			c.point(geo.FromScore(m.Score))
		}
	})
}

// point answers with a longitude and a latitude.
func (c *Call) point(p geo.Point) {
	c.out.Array(2)
	c.coordinate(p.Lon)
	c.coordinate(p.Lat)
}

func (c *Call) coordinate(degrees float64) {
	var store [40]byte
	text := geo.AppendCoordinate(store[:0], degrees)
	if !c.out.RESP3 {
		c.out.Bulk(text)
		return
	}
	c.out.Raw([]byte{','})
	c.out.Raw(text)
	c.out.Raw([]byte("\r\n"))
}

func geohash(c *Call) error {
	return c.eachPoint(func(m *pg.Member) {
		if m == nil {
			c.out.Null()
		} else {
			c.out.Bulk(geo.AppendHash(nil, geo.FromScore(m.Score)))
		}
	})
}

func claimGeodist(c *Call) {
	if len(c.args) > 5 {
		c.fail(errSyntax)
		return
	}
	if len(c.args) == 5 {
		if _, ok := geo.ParseUnit(c.args[4]); !ok {
			c.fail(errUnit)
			return
		}
	}
	c.claimElements(c.args[1], pg.ModeRead, &pg.Needs{Names: c.args[2:4]})
}

func geodist(c *Call) error {
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	if err := ms.Fetch(c.args[2:4]...); err != nil {
		return err
	}
	from, err := ms.Find(c.args[2])
	if err != nil {
		return err
	}
	to, err := ms.Find(c.args[3])
	if err != nil {
		return err
	}
	if from == nil || to == nil {
		c.out.Null()
		return nil
	}
	unit := geo.Meters
	if len(c.args) == 5 {
		unit, _ = geo.ParseUnit(c.args[4])
	}
	meters := geo.Distance(geo.FromScore(from.Score), geo.FromScore(to.Score))
	c.out.Bulk(geo.AppendDistance(nil, unit.FromMeters(meters)))
	return nil
}
