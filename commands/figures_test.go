package commands

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLatencyBuckets(t *testing.T) {
	t.Parallel()
	last := -1
	for nanos := int64(1); nanos > 0 && nanos < 1<<40; nanos += max(1, nanos/7) {
		b := bucketOf(nanos)
		if b < last {
			t.Fatalf("%d ns are in bucket %d, shorter ones in %d", nanos, b, last)
		}
		last = b
		if b < latencyBuckets-1 && nanos >= boundOf(b) {
			t.Errorf("%d ns are in bucket %d, whose bound is %d", nanos, b, boundOf(b))
		}
		if b > 0 && b < latencyBuckets-1 && nanos < boundOf(b-1) {
			t.Errorf("%d ns are in bucket %d and belong below %d", nanos, b, boundOf(b-1))
		}
	}
	if last != latencyBuckets-1 || bucketOf(-1) != 0 {
		t.Errorf("the longest is in bucket %d of %d, a negative one in %d", last, latencyBuckets, bucketOf(-1))
	}
	for _, bound := range LatencyBounds {
		found := false
		for b := range latencyBuckets - 1 {
			found = found || boundOf(b) == bound.Nanoseconds()
		}
		if !found {
			t.Errorf("%v is no bound of a bucket", bound)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var l latency
	for micros := int64(1); micros <= 1000; micros++ {
		l[bucketOf(micros*1000)].Add(1)
	}
	c, total := l.read(nil)
	for _, p := range []float64{1, 50, 99, 99.9, 100} {
		exact := p / 100 * 1000 * 1000
		if got := float64(c.percentile(p, total)); got < exact || got > 1.3*exact+1024 {
			t.Errorf("p%v of 1 to 1000 µs is %v ns", p, got)
		}
	}
	if c, total := l.read(&c); total != 0 || c.percentile(50, total) != 0 {
		t.Errorf("%d are left of a histogram without itself", total)
	}
}

func TestErrorCountsAreBounded(t *testing.T) {
	t.Parallel()
	var e errorCounts
	e.add("ERR one")
	e.add("ERR two")
	e.add("WRONGTYPE\r\nerrorstat_FORGED:count=9")
	for i := range 1000 {
		e.add(fmt.Sprintf("CODE%d text", i))
	}
	codes, total := e.read()
	if total != 1003 || codes["ERR"] != 2 || codes["WRONGTYPE"] != 1 || len(codes) != maxErrorCodes {
		t.Errorf("%d errors, %d codes, %v", total, len(codes), codes)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	s := &Server{connections: func() ConnectionStats { return ConnectionStats{} }}
	now := time.Unix(1, 0)
	if calls, _, _ := s.stats.rates.perSecond(); calls != 0 {
		t.Errorf("%v commands per second before there is a sample", calls)
	}
	for i := range 3 * rateSamples {
		s.sample(now)
		if calls, _, _ := s.stats.rates.perSecond(); i > 0 && calls != 400 {
			t.Fatalf("%v commands per second after %d samples", calls, i+1)
		}
		s.stats.calls.Add(100)
		now = now.Add(ratePeriod)
	}
	for range rateSamples + 1 {
		s.sample(now)
		now = now.Add(ratePeriod)
	}
	if calls, _, _ := s.stats.rates.perSecond(); calls != 0 {
		t.Errorf("%v commands per second when there are none", calls)
	}
}

func TestKeyspaceFiguresAreCountedSparingly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		took, ago time.Duration
		fresh     bool
	}{
		{0, time.Hour, false}, {quickCount, 0, false}, {time.Second, 0, true}, {time.Second, 19 * time.Second, true},
		{time.Second, 21 * time.Second, false},
	} {
		k := keyspaceFigures{took: test.took, counted: time.Now().Add(-test.ago)}
		if k.fresh() != test.fresh {
			t.Errorf("counted %v ago in %v: fresh is %v", test.ago, test.took, k.fresh())
		}
	}
}

func TestHumanBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{
		0: "0B", 1023: "1023B", 1024: "1.00K", 1536: "1.50K", 1 << 20: "1.00M", 5 << 30: "5.00G", 1 << 40: "1.00T", 1 << 62: "4096.00P",
	} {
		if got := humanBytes(n); got != want {
			t.Errorf("%d bytes are %s, want %s", n, got, want)
		}
	}
}

func TestWantedSections(t *testing.T) {
	t.Parallel()
	normal := "server clients memory persistence stats replication cpu modules errorstats cluster postkeys postgresql keyspace"
	every := "server clients memory persistence stats replication cpu modules commandstats errorstats latencystats cluster postkeys " +
		"postgresql keyspace"
	for args, want := range map[string]string{
		"": normal, "default": normal, "ALL": every, "everything": every, "Keyspace": "keyspace", "nosuch": "",
		"commandstats keyspace": "commandstats keyspace", "default commandstats": strings.Replace(normal, "errorstats", "commandstats errorstats", 1),
	} {
		wanted := wantedSections(setWords(args))
		var got []string
		for i := range infoSections {
			if wanted(&infoSections[i]) {
				got = append(got, infoSections[i].name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("INFO %s shows %v, want %s", args, got, want)
		}
	}
}

func TestMaze(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {40, 12}, {300, 100}} {
		lines := strings.Split(strings.TrimSuffix(maze(size[0], size[1]), "\n"), "\n")
		if len(lines) != size[1]+1 {
			t.Fatalf("%v: %d lines", size, len(lines))
		}
		for _, line := range lines[1:] {
			if len(line) != 2*size[0]+1 {
				t.Fatalf("%v: a line of %d characters", size, len(line))
			}
		}
	}
}
