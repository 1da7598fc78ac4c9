package commands

import (
	"github.com/mnorrsken/postkeys/commands/geo"
	"github.com/mnorrsken/postkeys/commands/number"
)

// searchForm is what the name of a command says about its search.
type searchForm struct {
	key   int // argument: the sorted set
	first int // argument: the first option
	// free: options say where to search. Otherwise it is a circle, around a
	// point or a member.
	free, byMember bool
	mayStore       bool // an option says where to store what was found
}

// stores reports whether the command stores what it finds at argument 1.
func (f searchForm) stores() bool { return f.key == 2 }

// search is a search as asked for.
type search struct {
	shape  geo.Shape
	member []byte // at the center

	withDist, withHash, withCoord bool
	asc, descending, any          bool
	count                         int // 0: no limit

	store     []byte
	storeDist bool

	fromMember, fromPoint, byRadius, byBox bool
}

// sorted reports whether results are wanted in the order of their distances. A
// number of results that is limited means the closest ones.
func (s *search) sorted() bool { return s.asc || s.descending || s.count > 0 && !s.any }

const errNoMember = "ERR could not decode requested zset member"

// locator finds the point of a member.
type locator func(member []byte) (p geo.Point, ok bool)

// parse reads the arguments in order. locate is nil if there is no sorted set:
// the arguments are checked then as far as Redis does it. It returns the error
// reply, or "".
func (f searchForm) parse(args [][]byte, locate locator) (s search, fail string) {
	switch {
	case f.stores():
		s.store = args[1]
	case f.free:
	case f.byMember && locate == nil: // not even the radius is looked at
		s.member = args[2]
	case f.byMember:
		if fail = s.around(args[2], locate); fail == "" {
			fail = s.parseRadius(args[3:])
		}
	default:
		if s.shape.Center, fail = parsePoint(args[2:]); fail == "" {
			fail = s.parseRadius(args[4:])
		}
	}
	for rest := args[f.first:]; fail == "" && len(rest) > 0; {
		used := 0
		if used, fail = s.option(f, rest, locate); fail == "" {
			rest = rest[used:]
		}
	}
	if fail == "" {
		fail = s.check(f, args[0])
	}
	return s, fail
}

// check looks at the options together. It returns the error reply, or "".
func (s *search) check(f searchForm, name []byte) (fail string) {
	what := "STORE option in GEORADIUS"
	if f.stores() {
		what = "GEOSEARCHSTORE"
	}
	switch {
	case s.store != nil && (s.withDist || s.withHash || s.withCoord):
		return "ERR " + what + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
	case f.free && !s.fromMember && !s.fromPoint:
		return "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + cText(name)
	case f.free && !s.byRadius && !s.byBox:
		return "ERR exactly one of BYRADIUS and BYBOX can be specified for " + cText(name)
	case s.any && s.count == 0:
		return "ERR the ANY argument requires COUNT argument"
	}
	return ""
}

// option reads the first option and returns how many arguments it takes, or
// the error reply.
func (s *search) option(f searchForm, args [][]byte, locate locator) (used int, fail string) {
	switch a, values := args[0], len(args)-1; {
	case isWord(a, "withdist"):
		s.withDist = true
	case isWord(a, "withhash"):
		s.withHash = true
	case isWord(a, "withcoord"):
		s.withCoord = true
	case isWord(a, "any"):
		s.any = true
	case isWord(a, "asc"):
		s.asc, s.descending = true, false
	case isWord(a, "desc"):
		s.asc, s.descending = false, true
	case isWord(a, "count") && values >= 1:
		return 2, s.parseCount(args[1])
	case f.mayStore && values >= 1 && (isWord(a, "store") || isWord(a, "storedist")):
		s.store, s.storeDist = args[1], len(a) > len("store")
		return 2, ""
	case f.stores() && isWord(a, "storedist"):
		s.storeDist = true
	case f.free:
		return s.place(args, locate)
	default:
		return 0, errSyntax
	}
	return 1, ""
}

// place reads an option of GEOSEARCH that says where to search.
func (s *search) place(args [][]byte, locate locator) (used int, fail string) {
	switch a, values := args[0], len(args)-1; {
	case isWord(a, "frommember") && values >= 1 && !s.fromPoint:
		s.fromMember = true
		return 2, s.around(args[1], locate)
	case isWord(a, "fromlonlat") && values >= 2 && !s.fromMember:
		s.fromPoint = true
		s.shape.Center, fail = parsePoint(args[1:])
		return 3, fail
	case isWord(a, "byradius") && values >= 2 && !s.byBox:
		s.byRadius = true
		return 3, s.parseRadius(args[1:])
	case isWord(a, "bybox") && values >= 3 && !s.byRadius:
		s.byBox = true
		return 4, s.parseBox(args[1:])
	}
	return 0, errSyntax
}

func (s *search) parseCount(arg []byte) (fail string) {
	n, ok := number.ParseInt64(arg)
	switch {
	case !ok:
		return errNotInteger
	case n <= 0:
		return "ERR COUNT must be > 0"
	}
	s.count = int(n)
	return ""
}

// around puts the center where a member is.
func (s *search) around(member []byte, locate locator) (fail string) {
	s.member = member
	if locate == nil {
		return ""
	}
	var ok bool
	if s.shape.Center, ok = locate(member); !ok {
		return errNoMember
	}
	return ""
}

// parseRadius reads a radius and its unit.
func (s *search) parseRadius(args [][]byte) (fail string) {
	var ok bool
	s.shape.Box = false
	if s.shape.Radius, ok = number.ParseFloat(args[0]); !ok {
		return "ERR need numeric radius"
	}
	if s.shape.Radius < 0 {
		return "ERR radius cannot be negative"
	}
	return s.parseUnit(args[1])
}

// parseBox reads width, height and their unit.
func (s *search) parseBox(args [][]byte) (fail string) {
	var ok bool
	s.shape.Box = true
	if s.shape.Width, ok = number.ParseFloat(args[0]); !ok {
		return "ERR need numeric width"
	}
	if s.shape.Height, ok = number.ParseFloat(args[1]); !ok {
		return "ERR need numeric height"
	}
	if s.shape.Width < 0 || s.shape.Height < 0 {
		return "ERR height or width cannot be negative"
	}
	return s.parseUnit(args[2])
}

func (s *search) parseUnit(arg []byte) (fail string) {
	var ok bool
	if s.shape.Unit, ok = geo.ParseUnit(arg); !ok {
		return errUnit
	}
	return ""
}
