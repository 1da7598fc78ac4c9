package linearizability

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

var sortedCommands = map[string]modelled{
	"ZADD":        {kind: typeSorted, do: zadd},
	"ZINCRBY":     {kind: typeSorted, do: zincrby},
	"ZREM":        {kind: typeSorted, do: zrem},
	"ZPOPMIN":     {kind: typeSorted, do: zpop},
	"ZPOPMAX":     {kind: typeSorted, do: zpop},
	"ZMPOP":       {kind: typeSorted, keys: counted(1), do: zmpop},
	"ZCARD":       {kind: typeSorted, do: func(e [][]string, _ []string) string { return replyInt(len(e[0])) }},
	"ZCOUNT":      {kind: typeSorted, do: zcount},
	"ZSCORE":      {kind: typeSorted, do: zscore},
	"ZRANK":       {kind: typeSorted, do: zrank},
	"ZRANGE":      {kind: typeSorted, do: func(e [][]string, _ []string) string { return withScores(e[0]) }}, // 0 -1 WITHSCORES
	"ZRANGESTORE": {kind: typeSorted, keys: func([]string) []int { return []int{2, 1} }, stores: true, do: zrangestore},
	"ZUNIONSTORE": {kind: typeSorted, keys: func([]string) []int { return []int{3, 4, 1} }, stores: true, do: zstore},
	"ZINTERSTORE": {kind: typeSorted, keys: func([]string) []int { return []int{3, 4, 1} }, stores: true, do: zstore},
}

// scored takes a member and its score apart. The scores of the workload are integers.
func scored(element string) (member string, score int) {
	member, text, _ := strings.Cut(element, "=")
	score, _ = strconv.Atoi(text)
	return member, score
}

func inOrder(elements []string) []string {
	slices.SortFunc(elements, func(a, b string) int {
		x, p := scored(a)
		y, q := scored(b)
		return cmp.Or(cmp.Compare(p, q), strings.Compare(x, y))
	})
	return elements
}

// give sets the score of a member and tells whether it is new.
func give(elements []string, member string, score int) ([]string, bool) {
	e := member + "=" + strconv.Itoa(score)
	at, _ := named(elements, member)
	if at >= 0 {
		elements[at] = e
	} else {
		elements = append(elements, e)
	}
	return inOrder(elements), at < 0
}

// withScores is the reply with members and scores.
func withScores(elements []string) string {
	flat := make([]string, 0, 2*len(elements))
	for _, e := range elements {
		member, score := scored(e)
		flat = append(flat, member, strconv.Itoa(score))
	}
	return replyArray(flat)
}

// zadd is ZADD key [NX|XX|GT|LT] [CH] score member.
func zadd(e [][]string, args []string) string {
	options := args[2 : len(args)-2]
	member := args[len(args)-1]
	score, _ := strconv.Atoi(args[len(args)-2])
	at, _ := named(e[0], member)
	was := 0
	if at >= 0 {
		_, was = scored(e[0][at])
	}
	has := func(option string) bool { return slices.Contains(options, option) }
	switch {
	case at >= 0 && (has("NX") || has("GT") && score <= was || has("LT") && score >= was), at < 0 && has("XX"):
		return replyInt(0)
	}
	var fresh bool
	e[0], fresh = give(e[0], member, score)
	return replyBool(fresh || has("CH") && score != was)
}

func zincrby(e [][]string, args []string) string {
	at, _ := named(e[0], args[3])
	by, _ := strconv.Atoi(args[2])
	if at >= 0 {
		_, was := scored(e[0][at])
		by += was
	}
	e[0], _ = give(e[0], args[3], by)
	return replyBulk(strconv.Itoa(by))
}

func zrem(e [][]string, args []string) string {
	gone := 0
	for _, member := range args[2:] {
		if at, _ := named(e[0], member); at >= 0 {
			e[0] = slices.Delete(e[0], at, at+1)
			gone++
		}
	}
	return replyInt(gone)
}

func zpop(e [][]string, args []string) string {
	n := 1
	if len(args) > 2 {
		n, _ = strconv.Atoi(args[2])
	}
	var taken []string
	taken, e[0] = take(e[0], args[0] == "ZPOPMIN", n)
	return withScores(taken)
}

// zmpop is ZMPOP 2 key key MIN.
func zmpop(e [][]string, args []string) string {
	for i := range e {
		if len(e[i]) > 0 {
			var taken []string
			taken, e[i] = take(e[i], true, 1)
			return "*2\r\n" + replyBulk(args[2+i]) + "*1\r\n" + withScores(taken)
		}
	}
	return replyNilArray
}

// zcount is ZCOUNT key min max.
func zcount(e [][]string, args []string) string {
	low, _ := strconv.Atoi(args[2])
	high, _ := strconv.Atoi(args[3])
	n := 0
	for _, element := range e[0] {
		if _, score := scored(element); score >= low && score <= high {
			n++
		}
	}
	return replyInt(n)
}

func zscore(e [][]string, args []string) string {
	if at, score := named(e[0], args[2]); at >= 0 {
		return replyBulk(score)
	}
	return replyNil
}

func zrank(e [][]string, args []string) string {
	if at, _ := named(e[0], args[2]); at >= 0 {
		return replyInt(at)
	}
	return replyNil
}

// zrangestore is ZRANGESTORE destination source 0 1.
func zrangestore(e [][]string, _ []string) string {
	first, _ := take(slices.Clone(e[0]), true, 2)
	e[1] = first
	return replyInt(len(first))
}

// zstore is ZUNIONSTORE or ZINTERSTORE of two keys.
func zstore(e [][]string, args []string) string {
	var result []string
	for _, element := range e[0] {
		member, score := scored(element)
		at, other := named(e[1], member)
		if at >= 0 {
			n, _ := strconv.Atoi(other)
			score += n
		}
		if at >= 0 || args[0] == "ZUNIONSTORE" {
			result, _ = give(result, member, score)
		}
	}
	if args[0] == "ZUNIONSTORE" {
		for _, element := range e[1] {
			member, score := scored(element)
			if at, _ := named(e[0], member); at < 0 {
				result, _ = give(result, member, score)
			}
		}
	}
	e[2] = result
	return replyInt(len(result))
}
