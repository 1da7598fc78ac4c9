package linearizability

import (
	"slices"
	"strconv"
	"strings"
)

var setCommands = map[string]modelled{
	"SADD":        {kind: typeSet, do: sadd},
	"SREM":        {kind: typeSet, do: srem},
	"SMOVE":       {kind: typeSet, keys: firstTwo, source: true, do: smove},
	"SCARD":       {kind: typeSet, do: func(e [][]string, _ []string) string { return replyInt(len(e[0])) }},
	"SISMEMBER":   {kind: typeSet, do: sismember},
	"SMISMEMBER":  {kind: typeSet, do: smismember},
	"SINTERCARD":  {kind: typeSet, keys: counted(1), do: func(e [][]string, _ []string) string { return replyInt(len(common(e[0], e[1]))) }},
	"SINTERSTORE": {kind: typeSet, keys: threeKeys, stores: true, do: algebra},
	"SUNIONSTORE": {kind: typeSet, keys: threeKeys, stores: true, do: algebra},
	"SDIFFSTORE":  {kind: typeSet, keys: threeKeys, stores: true, do: algebra},
}

// threeKeys are the sources of a command that stores a set, and behind them its destination, which alone may be one of them.
func threeKeys([]string) []int { return []int{2, 3, 1} }

// choices are the commands that choose at random. They return the states to which a choice leads that the outcome allows.
var choices = map[string]func(s state, c command, o outcome) []state{"SPOP": spop, "SRANDMEMBER": srandmember}

func sadd(e [][]string, args []string) string {
	added := 0
	for _, member := range args[2:] {
		var fresh bool
		if e[0], fresh = insert(e[0], member); fresh {
			added++
		}
	}
	return replyInt(added)
}

func srem(e [][]string, args []string) string {
	gone := 0
	for _, member := range args[2:] {
		var found bool
		if e[0], found = remove(e[0], member); found {
			gone++
		}
	}
	return replyInt(gone)
}

func smove(e [][]string, args []string) string {
	rest, found := remove(e[0], args[3])
	if !found {
		return replyInt(0)
	}
	e[0] = rest
	e[1], _ = insert(e[1], args[3])
	return replyInt(1)
}

func sismember(e [][]string, args []string) string { return replyBool(slices.Contains(e[0], args[2])) }

func smismember(e [][]string, args []string) string {
	var b strings.Builder
	b.WriteString("*" + strconv.Itoa(len(args)-2) + "\r\n")
	for _, member := range args[2:] {
		b.WriteString(replyBool(slices.Contains(e[0], member)))
	}
	return b.String()
}

func common(a, b []string) (both []string) {
	for _, member := range a {
		if slices.Contains(b, member) {
			both = append(both, member)
		}
	}
	return both
}

// algebra is SINTERSTORE, SUNIONSTORE or SDIFFSTORE of two sources.
func algebra(e [][]string, args []string) string {
	var result []string
	switch args[0] {
	case "SINTERSTORE":
		result = common(e[0], e[1])
	case "SUNIONSTORE":
		result = e[0]
		for _, member := range e[1] {
			result, _ = insert(result, member)
		}
	case "SDIFFSTORE":
		result = e[0]
		for _, member := range e[1] {
			result, _ = remove(result, member)
		}
	}
	e[2] = result
	return replyInt(len(result))
}

// membersIn reads the reply of SPOP or SRANDMEMBER, with a count or without.
func membersIn(reply string) (list []string) {
	for i, line := range strings.Split(strings.TrimSuffix(reply, "\r\n"), "\r\n") {
		if line[0] != '$' && (line[0] != '*' || i > 0) {
			list = append(list, line)
		}
	}
	return list
}

// spop is SPOP key and SPOP key 2.
func spop(s state, c command, o outcome) (after []state) {
	key := number(c.args[1])
	was := s[c.db][key]
	switch {
	case was.text != "" && was.kind != typeSet:
		return unchanged(s, o, replyWrongType)
	case was.text == "" && len(c.args) > 2:
		return unchanged(s, o, replyEmpty)
	case was.text == "":
		return unchanged(s, o, replyNil)
	}
	set := strings.Split(was.text, " ")
	without := func(gone ...string) {
		rest := slices.DeleteFunc(slices.Clone(set), func(m string) bool { return slices.Contains(gone, m) })
		next := s
		next[c.db][key].become(typeSet, strings.Join(rest, " "))
		after = append(after, next)
	}
	n := min(len(c.args)-1, len(set)) // 1, or 2 with a count
	switch {
	case !o.unknown:
		got := membersIn(o.reply)
		slices.Sort(got)
		if got = slices.Compact(got); len(got) == n && len(common(got, set)) == n {
			without(got...)
		}
	case n == 1:
		for _, m := range set {
			without(m)
		}
	default:
		for i, m := range set {
			for _, other := range set[i+1:] {
				without(m, other)
			}
		}
	}
	return after
}

// srandmember is SRANDMEMBER key.
func srandmember(s state, c command, o outcome) []state {
	key := s[c.db][number(c.args[1])]
	switch {
	case key.text == "":
		return unchanged(s, o, replyNil)
	case key.kind != typeSet:
		return unchanged(s, o, replyWrongType)
	}
	for member := range strings.SplitSeq(key.text, " ") {
		if after := unchanged(s, o, replyBulk(member)); after != nil {
			return after
		}
	}
	return nil
}

// unchanged is the state itself if the reply is what the client got.
func unchanged(s state, o outcome, reply string) []state {
	if o.unknown || o.reply == reply {
		return []state{s}
	}
	return nil
}
