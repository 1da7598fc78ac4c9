package report

import (
	"fmt"
	"slices"
	"strconv"
)

// Growth is what one command cost on collections of growing size.
type Growth struct {
	Command string       `json:"command"`
	Cells   []GrowthCell `json:"sizes"`
}

// GrowthCell is a command on one size.
type GrowthCell struct {
	Elements       int     `json:"elements"`
	P50Ms          float64 `json:"p50_ms"`
	RoundTrips     int64   `json:"round_trips"`      // median
	MostRoundTrips int64   `json:"most_round_trips"` // of a single one
}

// AddGrowth appends a cell to those of its command.
func (r *Report) AddGrowth(command string, cell GrowthCell) {
	i := slices.IndexFunc(r.Growths, func(g Growth) bool { return g.Command == command })
	if i < 0 {
		i = len(r.Growths)
		r.Growths = append(r.Growths, Growth{Command: command})
	}
	r.Growths[i].Cells = append(r.Growths[i].Cells, cell)
}

// Storage is what an element of one type takes.
type Storage struct {
	Type   string `json:"type"`
	Packed Taken  `json:"packed"`
	Rows   Taken  `json:"rows"`
}

// Taken is in bytes for each element: of tables and indexes, and of write-ahead log while it was made.
type Taken struct {
	Disk float64 `json:"disk"`
	WAL  float64 `json:"wal"`
}

func (r *Report) growth(d *document) {
	if len(r.Growths) == 0 {
		return
	}
	d.line("## Growth")
	d.line("One client on collections of so many elements: the median of the latency in milliseconds, and how many round trips to PostgreSQL a " +
		"command takes (median; in brackets the most, where that differs).")
	t := table{head: []string{"command"}, left: []int{0}}
	for _, c := range r.Growths[0].Cells {
		t.head = append(t.head, strconv.Itoa(c.Elements), "round trips")
	}
	for _, g := range r.Growths {
		row := []string{g.Command}
		for _, c := range g.Cells {
			trips := strconv.FormatInt(c.RoundTrips, 10)
			if c.MostRoundTrips != c.RoundTrips {
				trips += fmt.Sprintf(" (%d)", c.MostRoundTrips)
			}
			row = append(row, millis(c.P50Ms), trips)
		}
		for len(row) < len(t.head) { // it ended early
			row = append(row, "–")
		}
		t.add(row...)
	}
	d.table(&t)
}

func (r *Report) storage(d *document) {
	if len(r.Storages) == 0 {
		return
	}
	d.line("## Storage")
	d.line("Bytes for each element, tables with their indexes and write-ahead log: packed into the row of the key in small collections, and with rows of " +
		"their own in a large one. Names of elements have 20 bytes; lists have values alone.")
	t := table{head: []string{"type", "packed", "packed, log", "rows", "rows, log"}, left: []int{0}}
	for _, s := range r.Storages {
		t.add(s.Type, number(s.Packed.Disk), number(s.Packed.WAL), number(s.Rows.Disk), number(s.Rows.WAL))
	}
	d.table(&t)
}
