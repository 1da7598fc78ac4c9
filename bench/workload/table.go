package workload

import (
	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

// Table lists the workloads in the order in which they run and are shown.
var Table = []Workload{
	{
		Name: "SET", Test: "set", Rows: 1,
		Reference: pgbench.WriteMany, OneByOne: pgbench.WriteOne,
		Latency: []string{"SET", "key:" + client.Placeholder, "xxx"},
		Floors:  map[int]Floor{1: {OfAlways: 0.33}, 16: {OfAlways: 0.2, OfOneByOne: 5}},
	},
	{
		Name: "GET", Test: "get", Rows: 1,
		Reference: pgbench.ReadMany, OneByOne: pgbench.ReadOne,
		Latency: []string{"GET", "key:" + client.Placeholder},
		Floors:  map[int]Floor{1: {OfAlways: 0.45}, 16: {OfAlways: 0.2, OfOneByOne: 5}},
	},
	{
		// Counting up in SQL would be one statement too, so what a write takes is the line to compare with.
		Name: "INCR", Test: "incr", Rows: 1,
		Reference: pgbench.ModifyMany, OneByOne: pgbench.WriteOne,
		Latency: []string{"INCR", "counter:" + client.Placeholder},
	},
	{
		// No line to compare with: commands on one key fold into one row write, so the rows are not those of the commands.
		Name: "INCR one key", Command: []string{"INCR", "counter"}, Rows: 1,
		Setup:  [][]string{{"SET", "counter", "0"}},
		Floors: map[int]Floor{1: {NotBelow: "SET"}, 16: {NotBelow: "SET"}},
	},
	{
		Name: "MSET", Test: "mset", Rows: 10,
		Reference: pgbench.WriteMany,
		Floors:    map[int]Floor{1: {OfReference: 0.6}, 16: {OfReference: 0.6}},
	},
}
