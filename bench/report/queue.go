package report

import (
	"fmt"
	"strconv"
)

// Queue is what a queue did to the tables.
type Queue struct {
	Clients   int           `json:"clients"`
	Pipeline  int           `json:"pipeline"`
	Backlog   int           `json:"backlog"`
	Commands  int           `json:"commands"`
	PerSecond float64       `json:"per_second"`
	WALBytes  float64       `json:"wal_bytes"` // per command
	Samples   []QueueSample `json:"samples"`
}

// QueueSample is one look at all tables and their indexes.
type QueueSample struct {
	Seconds     float64 `json:"seconds"`
	Bytes       int64   `json:"bytes"`
	ListBytes   int64   `json:"list_bytes"` // of them in the table of lists
	Dead        int64   `json:"dead_rows"`
	Autovacuums int64   `json:"autovacuums"` // so far
}

// Growth is the highest size in the last fifth of the time by that in the first, since vacuum makes the size go up and down; 0 when too
// little was seen.
func (q *Queue) Growth() float64 {
	fifth := len(q.Samples) / 5
	if fifth < 1 {
		return 0
	}
	highest := func(samples []QueueSample) (bytes int64) {
		for _, s := range samples {
			bytes = max(bytes, s.Bytes)
		}
		return bytes
	}
	return float64(highest(q.Samples[len(q.Samples)-fifth:])) / float64(max(1, highest(q.Samples[:fifth])))
}

// queueRows is about how many samples the table of the report shows.
const queueRows = 15

func (r *Report) queue(d *document) {
	q := r.Queue
	if q == nil || len(q.Samples) == 0 {
		return
	}
	d.line("## Queue")
	d.line("%d clients with pipelines of %d pushes and %d pops on one list of about %d elements: %s commands a second, %s bytes of write-ahead "+
		"log each. All tables with their indexes, in KB (1,000 bytes); the estimate of dead rows and the count of vacuums are PostgreSQL's.",
		q.Clients, q.Pipeline, q.Pipeline, q.Backlog, rate(q.PerSecond), number(q.WALBytes))
	t := table{head: []string{"seconds", "tables", "of them lists", "dead rows", "autovacuums"}}
	step := max(1, len(q.Samples)/queueRows)
	for i, s := range q.Samples {
		if i%step == 0 || i == len(q.Samples)-1 {
			t.add(fmt.Sprintf("%.0f", s.Seconds), number(float64(s.Bytes)/1000), number(float64(s.ListBytes)/1000), strconv.FormatInt(s.Dead, 10),
				strconv.FormatInt(s.Autovacuums, 10))
		}
	}
	d.table(&t)
}
