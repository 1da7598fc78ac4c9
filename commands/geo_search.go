package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/geo"
	"github.com/mnorrsken/postkeys/pg"
)

var geoSearchBindings = []binding{
	searchBinding("geosearch", searchForm{key: 1, first: 2, free: true}),
	searchBinding("geosearchstore", searchForm{key: 2, first: 3, free: true}),
	searchBinding("georadius", searchForm{key: 1, first: 6, mayStore: true}),
	searchBinding("georadius_ro", searchForm{key: 1, first: 6}),
	searchBinding("georadiusbymember", searchForm{key: 1, first: 5, byMember: true, mayStore: true}),
	searchBinding("georadiusbymember_ro", searchForm{key: 1, first: 5, byMember: true}),
}

// foundPoint is a member that a search has found.
type foundPoint struct {
	member *pg.Member
	place  geo.Point
	meters float64
}

// searchBinding makes the binding of a search.
func searchBinding(name string, f searchForm) binding {
	claim := func(c *Call) {
		// Redis looks at the key before the arguments, so that errors wait for
		// the run. It reads less of them if there is no key, and never more.
		s, fail := f.parse(c.args, nil)
		var needs pg.Needs
		switch {
		case s.member != nil:
			needs.Names = [][]byte{s.member}
		case fail == "" && !s.any: // which ends when it has found enough
			for _, area := range s.shape.Areas() {
				needs.Questions = append(needs.Questions, pg.AskRangeByScore(scoresOf(area), wholeArea))
			}
		}
		c.claimElements(c.args[f.key], pg.ModeRead, &needs)
		if fail == "" && s.store != nil {
			c.claim(s.store, pg.ModeUpdate, pg.PartHeader)
		}
	}
	run := func(c *Call) error {
		ms, err := c.members(0, pg.TypeZset)
		if ms == nil || err != nil {
			return err
		}
		var locate locator
		if ms.Len() > 0 {
			locate = func(member []byte) (geo.Point, bool) {
				var m *pg.Member
				if m, err = ms.Find(member); m == nil {
					return geo.Point{}, false
				}
				return geo.FromScore(m.Score), true
			}
		}
		s, fail := f.parse(c.args, locate)
		switch {
		case err != nil:
			return err
		case fail != "":
			c.fail(fail)
			return nil
		}
		list, err := s.find(ms)
		switch {
		case err != nil:
			return err
		case s.store != nil:
			event := "georadiusstore"
			if f.free {
				event = "geosearchstore"
			}
			return c.storeFound(&s, event, list)
		}
		c.answerFound(&s, list)
		return nil
	}
	return binding{name: name, claim: claim, run: run}
}

// wholeArea is all members of an area.
var wholeArea = pg.Slice{Count: -1}

func scoresOf(area geo.ScoreRange) pg.ScoreRange {
	return pg.ScoreRange{Min: area.Min, Max: math.Nextafter(area.Max, math.Inf(-1))}
}

// find returns what is in the shape, in the order and number asked for.
func (s *search) find(ms *pg.Members) (list []foundPoint, err error) {
	if ms.Len() == 0 {
		return nil, nil
	}
	for _, area := range s.shape.Areas() {
		if s.any && len(list) >= s.count {
			break
		}
		members, err := ms.RangeByScore(scoresOf(area), wholeArea)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if s.any && len(list) >= s.count {
				break
			}
			place := geo.FromScore(m.Score)
			if meters, ok := s.shape.Within(place); ok {
				list = append(list, foundPoint{m, place, meters})
			}
		}
	}
	if s.sorted() {
		return geo.Order(list, func(p *foundPoint) float64 { return p.meters }, s.descending, s.count), nil
	}
	return list, nil
}

// answerFound answers with members and what was asked for about them.
func (c *Call) answerFound(s *search, list []foundPoint) {
	details := 0
	for _, asked := range []bool{s.withDist, s.withHash, s.withCoord} {
		if asked {
			details++
		}
	}
	c.out.Array(len(list))
	for _, p := range list {
		if details > 0 {
			c.out.Array(1 + details)
		}
		c.out.Bulk(p.member.Name)
		if s.withDist {
			c.out.Bulk(geo.AppendDistance(nil, s.shape.Unit.FromMeters(p.meters)))
		}
		if s.withHash {
			c.out.Int(geo.HashNumber(p.member.Score))
		}
		if s.withCoord {
			c.point(p.place)
		}
	}
}

// storeFound stores members with their scores or their distances, and tells of the
// event.
func (c *Call) storeFound(s *search, event string, list []foundPoint) error {
	members := make([]scored, len(list))
	for i, p := range list {
		members[i] = scored{p.member.Name, p.member.Score}
		if s.storeDist {
			members[i].score = s.shape.Unit.FromMeters(p.meters)
		}
	}
	return c.storeZset(1, event, members)
}
