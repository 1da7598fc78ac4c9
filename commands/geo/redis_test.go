package geo

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

// dial connects to a redis-server of the test's own.
func dial(t *testing.T) *servertest.Client {
	t.Helper()
	client, err := servertest.Dial(servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// ask sends commands as one pipeline.
func ask(t *testing.T, client *servertest.Client, commands [][]string) [][]byte {
	t.Helper()
	var pipeline []byte
	for _, args := range commands {
		pipeline = servertest.AppendCommand(pipeline, args...)
	}
	replies, err := client.Exchange(pipeline, len(commands))
	if err != nil {
		t.Fatal(err)
	}
	return replies
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func bulk(b []byte) []byte { return fmt.Appendf(nil, "$%d\r\n%s\r\n", len(b), b) }

// pick returns one of the values.
func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// randomPoint prefers the limits, the date line, the poles, the middle and round numbers.
func randomPoint(rng *rand.Rand) Point {
	near := func(x, limit, distance float64) float64 {
		return clamp(x+(rng.Float64()*2-1)*distance, limit)
	}
	p := Point{Lon: (rng.Float64()*2 - 1) * MaxLon, Lat: (rng.Float64()*2 - 1) * MaxLat}
	switch rng.IntN(8) {
	case 0:
		p.Lon = near(pick(rng, -180.0, 180), MaxLon, pick(rng, 0.0001, 1, 20))
	case 1:
		p.Lat = near(pick(rng, -MaxLat, MaxLat), MaxLat, pick(rng, 0.0001, 1, 10))
	case 2:
		p.Lon, p.Lat = near(0, MaxLon, 1), near(0, MaxLat, 1)
	case 3:
		p.Lon, p.Lat = math.Round(p.Lon), math.Round(p.Lat)
	case 4:
		p.Lon, p.Lat = pick(rng, -180.0, -90, 0, 90, 180), pick(rng, -MaxLat, 0, 45, MaxLat)
	case 5:
		p.Lon, p.Lat = near(13.361389, MaxLon, 0.01), near(38.115556, MaxLat, 0.01)
	}
	return p
}

// member is an element of a sorted set of points.
type member struct {
	name  string
	score float64
}

func TestScoresAndPositionsLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	var commands [][]string
	var want [][]byte
	say := func(reply []byte, args ...string) {
		commands, want = append(commands, args), append(want, reply)
	}
	for range 5000 {
		p := randomPoint(rng)
		say([]byte(":1\r\n"), "GEOADD", "g", number(p.Lon), number(p.Lat), "m")
		say(bulk([]byte(strconv.FormatInt(int64(p.Score()), 10))), "ZSCORE", "g", "m")
		sayPosition(say, FromScore(p.Score()))
		say([]byte(":1\r\n"), "ZREM", "g", "m")
	}
	// Scores that GEOADD does not make.
	scores := []float64{
		0, -1, 0.5, -0.5, 1 << 52, 1<<52 + 1, 1 << 53, 1 << 54, 1 << 63, 1 << 62, -1 << 63, 1 << 64, 1e300, -1e300,
		math.Inf(1), math.Inf(-1), math.MaxFloat64, 1<<64 - 2048, 4503599627370495.5,
	}
	for range 1000 {
		scores = append(scores, math.Float64frombits(rng.Uint64()), rng.NormFloat64()*float64(uint64(1)<<rng.IntN(64)))
	}
	for _, score := range scores {
		if math.IsNaN(score) {
			continue
		}
		say([]byte(":1\r\n"), "ZADD", "g", number(score), "m")
		sayPosition(say, FromScore(score))
		say([]byte(":1\r\n"), "ZREM", "g", "m")
	}
	for i, reply := range ask(t, dial(t), commands) {
		if !bytes.Equal(reply, want[i]) {
			t.Errorf("%q: got %q, redis has %q", commands[i], want[i], reply)
		}
	}
}

// sayPosition asks for the position of m in g in all forms.
func sayPosition(say func(reply []byte, args ...string), p Point) {
	say(fmt.Appendf(nil, "*1\r\n*2\r\n%s%s", bulk(AppendCoordinate(nil, p.Lon)), bulk(AppendCoordinate(nil, p.Lat))),
		"GEOPOS", "g", "m")
	say(fmt.Appendf(nil, "*1\r\n%s", bulk(AppendHash(nil, p))), "GEOHASH", "g", "m")
}

func TestValidLikeRedis(t *testing.T) {
	t.Parallel()
	values := []float64{
		0, 180, -180, math.Nextafter(180, 181), math.Nextafter(-180, -181), MaxLat, -MaxLat, math.Nextafter(MaxLat, 90), 90,
		-90, 181.25, 1e30, -1e300, math.Inf(1), math.Inf(-1), 1e-7, -1e-7,
	}
	var commands [][]string
	var points []Point
	for _, lon := range values {
		for _, lat := range values {
			points = append(points, Point{lon, lat})
			commands = append(commands, []string{"GEOADD", fmt.Sprint("k", len(points)), number(lon), number(lat), "m"})
		}
	}
	for i, reply := range ask(t, dial(t), commands) {
		want := ":1\r\n"
		if !points[i].Valid() {
			want = "-" + points[i].InvalidReply() + "\r\n"
		}
		if string(reply) != want {
			t.Errorf("%q: got %q, redis has %q", commands[i], want, reply)
		}
	}
}

func TestDistancesLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	client := dial(t)
	var commands [][]string
	var want [][]byte
	for range 20000 {
		a := FromScore(randomPoint(rng).Score())
		b := FromScore(randomPoint(rng).Score())
		switch rng.IntN(8) {
		case 0:
			b.Lat = a.Lat
		case 1:
			b.Lon = a.Lon
		case 2:
			b = Point{-a.Lon, -a.Lat}
		case 3:
			b = Point{clamp(a.Lon+rng.NormFloat64()*1e-4, MaxLon), clamp(a.Lat+rng.NormFloat64()*1e-4, MaxLat)}
		}
		unit := pick(rng, "m", "KM", "Ft", "mi")
		u, ok := ParseUnit([]byte(unit))
		if !ok {
			t.Fatalf("%s is no unit", unit)
		}
		d := u.FromMeters(Distance(FromScore(a.Score()), FromScore(b.Score())))
		commands = append(commands,
			[]string{"GEOADD", "g", number(a.Lon), number(a.Lat), "a", number(b.Lon), number(b.Lat), "b"},
			[]string{"GEODIST", "g", "a", "b", unit})
		want = append(want, nil, bulk(AppendDistance(nil, d)))
	}
	for i, reply := range ask(t, client, commands) {
		if want[i] != nil && !bytes.Equal(reply, want[i]) {
			t.Errorf("%q after %q: got %q, redis has %q", commands[i], commands[i-1], want[i], reply)
		}
	}
}

// search is a GEOSEARCH in a set that the test knows.
func search(s *Shape, set []member) (reply []byte, found []member) {
	for _, area := range s.Areas() {
		for _, m := range set {
			if m.score < area.Min || m.score >= area.Max {
				continue
			}
			p := FromScore(m.score)
			d, ok := s.Within(p)
			if !ok {
				continue
			}
			found = append(found, member{m.name, s.Unit.FromMeters(d)})
			reply = fmt.Appendf(reply, "*4\r\n%s%s:%d\r\n*2\r\n%s%s", bulk([]byte(m.name)),
				bulk(AppendDistance(nil, s.Unit.FromMeters(d))), HashNumber(m.score),
				bulk(AppendCoordinate(nil, p.Lon)), bulk(AppendCoordinate(nil, p.Lat)))
		}
	}
	return append(fmt.Appendf(nil, "*%d\r\n", len(found)), reply...), found
}

// arguments returns those of GEOSEARCH for a shape.
func arguments(s *Shape, unit string) []string {
	args := []string{"FROMLONLAT", number(s.Center.Lon), number(s.Center.Lat)}
	if s.Box {
		return append(args, "BYBOX", number(s.Width), number(s.Height), unit)
	}
	return append(args, "BYRADIUS", number(s.Radius), unit)
}

func randomShape(rng *rand.Rand) (*Shape, string) {
	name := pick(rng, "m", "km", "ft", "mi")
	unit, _ := ParseUnit([]byte(name))
	length := func() float64 {
		switch rng.IntN(12) {
		case 0:
			return 0
		case 1:
			return pick(rng, 1e-9, 2e7/float64(unit), 1e9, 1e300, math.Inf(1))
		default:
			// From ten meters to the circumference, every order of magnitude alike.
			return 10 * math.Pow(4e6, rng.Float64()) / float64(unit)
		}
	}
	return &Shape{
		Center: randomPoint(rng), Unit: unit, Box: rng.IntN(2) == 0,
		Radius: length(), Width: length(), Height: length(),
	}, name
}

// TestSearchesLikeRedis compares which members a search finds, in which order, and where and how far away they are.
func TestSearchesLikeRedis(t *testing.T) {
	t.Parallel()
	client := dial(t)
	// Both encodings of Redis' sorted sets.
	for _, c := range []struct{ size, searches int }{{50, 1500}, {3000, 400}} {
		size := c.size
		rng := rand.New(rand.NewPCG(9, uint64(size)))
		add := []string{"GEOADD", "g"}
		var set []member
		for i := range size {
			p := randomPoint(rng)
			name := fmt.Sprint("m", i)
			add = append(add, number(p.Lon), number(p.Lat), name)
			set = append(set, member{name, p.Score()})
		}
		slices.SortFunc(set, func(a, b member) int {
			return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.name, b.name))
		})
		commands := [][]string{{"DEL", "g"}, add}
		want := [][]byte{nil, fmt.Appendf(nil, ":%d\r\n", size)}
		hits := 0
		for range c.searches {
			s, unit := randomShape(rng)
			if rng.IntN(3) == 0 {
				s.Center = FromScore(set[rng.IntN(size)].score)
			}
			reply, found := search(s, set)
			hits += len(found)
			commands = append(commands,
				append(append([]string{"GEOSEARCH", "g"}, arguments(s, unit)...), "WITHCOORD", "WITHDIST", "WITHHASH"))
			want = append(want, reply)
		}
		if hits < 10*size {
			t.Errorf("%d hits in a set of %d: the shapes test little", hits, size)
		}
		for i, reply := range ask(t, client, commands) {
			if want[i] != nil && !bytes.Equal(reply, want[i]) {
				t.Errorf("%.120q: got %.300q, redis has %.300q", commands[i], want[i], reply)
			}
		}
	}
}

// TestStoredDistancesLikeRedis compares the bits of distances. The C library's functions err by up to 0.55 units in the
// last place, and this package's by hardly more than a half, so a few differ.
func TestStoredDistancesLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(21, 22))
	client := dial(t)
	total, different := 0, 0
	for range 40 {
		add := []string{"GEOADD", "g"}
		names := map[string]Point{}
		for i := range 500 {
			p := randomPoint(rng)
			names[fmt.Sprint("m", i)] = FromScore(p.Score())
			add = append(add, number(p.Lon), number(p.Lat), fmt.Sprint("m", i))
		}
		s := &Shape{Center: randomPoint(rng), Unit: Kilometers, Radius: 25000}
		replies := ask(t, client, [][]string{
			{"DEL", "g"}, add,
			append(append([]string{"GEOSEARCHSTORE", "to", "g"}, arguments(s, "km")...), "STOREDIST"),
			{"ZRANGE", "to", "0", "-1", "WITHSCORES"},
		})
		stored, _, err := codec.ParseValue(replies[3])
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(stored.Elems); i += 2 {
			redis, err := strconv.ParseFloat(string(stored.Elems[i+1].Str), 64)
			if err != nil {
				t.Fatal(err)
			}
			d, _ := s.Within(names[string(stored.Elems[i].Str)])
			own := s.Unit.FromMeters(d)
			total++
			if own == redis {
				continue
			}
			different++
			if math.Abs(own-redis) > 4*math.Abs(redis-math.Nextafter(redis, 0)) {
				t.Errorf("from %v to %v: got %v, redis has %v", s.Center, names[string(stored.Elems[i].Str)], own, redis)
			}
		}
	}
	t.Logf("%d of %d distances differ in the last digits", different, total)
	if total < 5000 || different*50 > total {
		t.Errorf("%d of %d distances differ in the last digits", different, total)
	}
}
