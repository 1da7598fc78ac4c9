package geo

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestOrderLikeRedis compares sorted and counted searches among points of which many are in one place.
func TestOrderLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(41, 42))
	client := dial(t)
	for _, size := range []int{5, 7, 8, 30, 41, 100, 700} {
		for _, places := range []int{1, 3, size} {
			var points []Point
			for range places {
				points = append(points, Point{rng.Float64() * 10, rng.Float64() * 10})
			}
			add := []string{"GEOADD", "g"}
			var set []member
			for i := range size {
				p := points[rng.IntN(places)]
				name := fmt.Sprint("m", i)
				add = append(add, number(p.Lon), number(p.Lat), name)
				set = append(set, member{name, p.Score()})
			}
			slices.SortFunc(set, func(a, b member) int {
				return cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(a.name, b.name))
			})
			commands := [][]string{{"DEL", "g"}, add}
			want := [][]byte{nil, nil}
			for range 20 {
				s := &Shape{Center: Point{rng.Float64() * 10, rng.Float64() * 10}, Unit: Kilometers, Radius: 200 + 1000*rng.Float64()}
				_, found := search(s, set)
				descending := rng.IntN(2) == 0
				count := rng.IntN(size + 2)
				args := append([]string{"GEOSEARCH", "g"}, arguments(s, "km")...)
				args = append(args, map[bool]string{false: "ASC", true: "DESC"}[descending])
				if count > 0 {
					args = append(args, "COUNT", fmt.Sprint(count))
				}
				found = Order(found, func(m *member) float64 { return m.score }, descending, count)
				reply := fmt.Appendf(nil, "*%d\r\n", len(found))
				for _, m := range found {
					reply = append(reply, bulk([]byte(m.name))...)
				}
				commands, want = append(commands, args), append(want, reply)
			}
			for i, reply := range ask(t, client, commands) {
				if want[i] != nil && !bytes.Equal(reply, want[i]) {
					t.Errorf("%d members, %.120q: got %.300q, redis has %.300q", size, commands[i], want[i], reply)
				}
			}
		}
	}
}
