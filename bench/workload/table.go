package workload

import (
	"slices"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

// Groups of workloads.
const (
	Strings     = "strings"
	Collections = "collections"
	Programs    = "programs" // transactions and scripts
)

// Table lists the workloads in the order in which they run and are shown.
var Table = slices.Concat(keysAndCollections, programs)

var keysAndCollections = []Workload{
	{
		Group: Strings, Name: "SET", Test: "set", Rows: 1,
		Reference: pgbench.WriteMany, OneByOne: pgbench.WriteOne,
		Latency: []string{"SET", "key:" + client.Placeholder, "xxx"},
		Floors:  map[int]Floor{1: {OfAlways: 0.33}, 16: {OfAlways: 0.2, OfOneByOne: 5}},
	},
	{
		Group: Strings, Name: "GET", Test: "get", Rows: 1,
		Reference: pgbench.ReadMany, OneByOne: pgbench.ReadOne,
		Latency: []string{"GET", "key:" + client.Placeholder},
		Floors:  map[int]Floor{1: {OfAlways: 0.45}, 16: {OfAlways: 0.2, OfOneByOne: 5}},
	},
	{
		// Counting up in SQL would be one statement too, so what a write takes is the line to compare with.
		Group: Strings, Name: "INCR", Test: "incr", Rows: 1,
		Reference: pgbench.ModifyMany, OneByOne: pgbench.WriteOne,
		Latency: []string{"INCR", "counter:" + client.Placeholder},
	},
	{
		// No line to compare with: commands on one key fold into one row write, so the rows are not those of the commands.
		Group: Strings, Name: "INCR one key", Command: []string{"INCR", "counter"}, Rows: 1,
		Setup:  [][]string{{"SET", "counter", "0"}},
		Floors: map[int]Floor{1: {NotBelow: "SET"}, 16: {NotBelow: "SET"}},
	},
	{
		Group: Strings, Name: "MSET", Test: "mset", Rows: 10,
		Reference: pgbench.WriteMany,
		Floors:    map[int]Floor{1: {OfReference: 0.6}, 16: {OfReference: 0.6}},
	},

	// redis-benchmark has one list, one set, one hash and one sorted set, so each of these is fifty clients on one key. Lists have no
	// line to compare with: a row of theirs holds hundreds of elements.
	{
		Group: Collections, Name: "LPUSH", Test: "lpush", Rows: 1,
		Setup:  [][]string{{"UNLINK", "mylist"}},
		Floors: changes,
	},
	{
		Group: Collections, Name: "RPUSH", Test: "rpush", Rows: 1,
		Setup:  [][]string{{"UNLINK", "mylist"}},
		Floors: changes,
	},
	{
		Group: Collections, Name: "LPOP", Test: "lpop", Rows: 1,
		Fill: &Fill{Key: "mylist", Add: "RPUSH", Element: []string{Value}, Count: "LLEN", PerRequest: true}, Floors: changes,
	},
	{
		Group: Collections, Name: "RPOP", Test: "rpop", Rows: 1,
		Fill: &Fill{Key: "mylist", Add: "RPUSH", Element: []string{Value}, Count: "LLEN", PerRequest: true}, Floors: changes,
	},
	{
		// What redis-benchmark measures as LPOP once its list is empty.
		Group: Collections, Name: "LPOP, no list", Command: []string{"LPOP", "no list"}, Rows: 1, Pipelines: []int{16},
	},
	{
		// Members are drawn from so many that nearly all of them are new: adding one that is there changes nothing.
		Group: Collections, Name: "SADD", Test: "sadd", Range: 1_000_000_000, Rows: 1,
		Setup:     [][]string{{"UNLINK", "myset"}},
		Reference: pgbench.InsertElements, Floors: changes,
	},
	{
		Group: Collections, Name: "SPOP", Test: "spop", Rows: 1,
		Fill:      &Fill{Key: "myset", Add: "SADD", Element: []string{element}, Count: "SCARD", PerRequest: true},
		Reference: pgbench.DeleteElements, Floors: changes,
	},
	{
		Group: Collections, Name: "HSET", Test: "hset", Rows: 1,
		Fill: &hash, Reference: pgbench.UpdateElements, Floors: changes,
	},
	{
		Group: Collections, Name: "HGET", Command: []string{"HGET", "myhash", element}, Rows: 1,
		Fill: &hash, Reference: pgbench.ReadElements, Floors: changes,
	},
	{
		Group: Collections, Name: "HSET small", Command: []string{"HSET", smallHash, "field:5", client.Placeholder}, Rows: 1,
		Reference: pgbench.ModifyPacked, Floors: changes,
	},
	{
		Group: Collections, Name: "HGETALL small", Command: []string{"HGETALL", smallHash}, Rows: 1,
		Reference: pgbench.ReadPacked, Floors: map[int]Floor{1: {OfRedis: 0.2}, 16: {OfRedis: 0.2}},
	},
	{
		Group: Collections, Name: "ZADD", Test: "zadd", Rows: 1,
		Fill: &sortedSet, Reference: pgbench.UpdateScores, Floors: changes,
	},
	{
		Group: Collections, Name: "ZRANGE 0 9", Command: []string{"ZRANGE", "myzset", "0", "9"}, Rows: 1, Pipelines: []int{16},
		Fill: &sortedSet, Floors: changes,
	},
	{
		Group: Collections, Name: "ZPOPMIN", Test: "zpopmin", Rows: 1,
		Fill:      &Fill{Key: "myzset", Add: "ZADD", Element: sortedSet.Element, Count: "ZCARD", PerRequest: true},
		Reference: pgbench.DeleteElements, Floors: changes,
	},
	{
		Group: Collections, Name: "LRANGE_100", Command: []string{"LRANGE", "mylist", "0", "99"}, Rows: 1,
		Fill: &list, Floors: map[int]Floor{1: {OfRedis: 0.2}, 16: {OfRedis: 0.2}},
	},
	{
		Group: Collections, Name: "LRANGE_300", Command: []string{"LRANGE", "mylist", "0", "299"}, Rows: 1, Pipelines: []int{16},
		Fill: &list, Floors: map[int]Floor{16: {OfRedis: 0.2}},
	},
	{
		Group: Collections, Name: "LRANGE_500", Command: []string{"LRANGE", "mylist", "0", "499"}, Rows: 1, Pipelines: []int{16},
		Fill: &list, Floors: map[int]Floor{16: {OfRedis: 0.2}},
	},
	{
		Group: Collections, Name: "LRANGE_600", Command: []string{"LRANGE", "mylist", "0", "599"}, Rows: 1, Pipelines: []int{16},
		Fill: &list, Floors: map[int]Floor{16: {OfRedis: 0.2}},
	},
}

// changes is the floor of what has to be reached on collections with a pipeline: a share of appendfsync always, or else a share of what the
// same rows cost in set-oriented statements.
var changes = map[int]Floor{16: {OfAlways: 0.12, OrOfReference: 0.6}}

// element is how redis-benchmark names members and fields.
const element = "element:" + client.Placeholder

// The collections that are only changed in place, or read.
var (
	list      = Fill{Key: "mylist", Add: "RPUSH", Element: []string{Value}, Count: "LLEN"}
	hash      = Fill{Key: "myhash", Add: "HSET", Element: []string{element, Value}, Count: "HLEN"}
	sortedSet = Fill{Key: "myzset", Add: "ZADD", Element: []string{client.Placeholder, element}, Count: "ZCARD"}
)
