package linearizability

import (
	"slices"
	"strconv"
)

var listCommands = map[string]modelled{
	"LPUSH":     {kind: typeList, do: push},
	"RPUSH":     {kind: typeList, do: push},
	"RPUSHX":    {kind: typeList, do: push},
	"LPOP":      {kind: typeList, do: pop},
	"RPOP":      {kind: typeList, do: pop},
	"LMOVE":     {kind: typeList, keys: firstTwo, source: true, do: lmove},
	"RPOPLPUSH": {kind: typeList, keys: firstTwo, source: true, do: lmove},
	"LMPOP":     {kind: typeList, keys: counted(1), do: lmpop},
	"LLEN":      {kind: typeList, do: func(e [][]string, _ []string) string { return replyInt(len(e[0])) }},
	"LRANGE":    {kind: typeList, do: func(e [][]string, _ []string) string { return replyArray(e[0]) }}, // from 0 to -1
	"LINDEX":    {kind: typeList, do: lindex},
	"LSET":      {kind: typeList, do: lset},
	"LINSERT":   {kind: typeList, do: linsert},
	"LREM":      {kind: typeList, do: lrem},
	"LTRIM":     {kind: typeList, do: ltrim},
}

func push(e [][]string, args []string) string {
	if args[0] == "RPUSHX" && len(e[0]) == 0 {
		return replyInt(0)
	}
	for _, v := range args[2:] {
		if args[0] == "LPUSH" {
			e[0] = slices.Insert(e[0], 0, v)
		} else {
			e[0] = append(e[0], v)
		}
	}
	return replyInt(len(e[0]))
}

// take removes up to n elements from one end.
func take(list []string, left bool, n int) (taken, rest []string) {
	n = min(n, len(list))
	if left {
		return list[:n], list[n:]
	}
	taken = slices.Clone(list[len(list)-n:])
	slices.Reverse(taken)
	return taken, list[:len(list)-n]
}

func pop(e [][]string, args []string) string {
	n, many := 1, len(args) > 2
	if many {
		n, _ = strconv.Atoi(args[2])
	}
	var taken []string
	taken, e[0] = take(e[0], args[0] == "LPOP", n)
	switch {
	case len(taken) == 0 && many:
		return replyNilArray
	case len(taken) == 0:
		return replyNil
	case many:
		return replyArray(taken)
	}
	return replyBulk(taken[0])
}

// lmove is LMOVE source destination from to, and RPOPLPUSH. Both keys may be the same.
func lmove(e [][]string, args []string) string {
	fromLeft, toLeft := false, true
	if args[0] == "LMOVE" {
		fromLeft, toLeft = args[3] == "LEFT", args[4] == "LEFT"
	}
	var taken []string
	if taken, e[0] = take(e[0], fromLeft, 1); len(taken) == 0 {
		return replyNil
	}
	destination := &e[1]
	if args[1] == args[2] {
		destination = &e[0]
		defer func() { e[1] = e[0] }()
	}
	if toLeft {
		*destination = append(slices.Clone(taken), *destination...)
	} else {
		*destination = append(slices.Clone(*destination), taken...)
	}
	return replyBulk(taken[0])
}

// lmpop is LMPOP 2 key key LEFT.
func lmpop(e [][]string, args []string) string {
	for i := range e {
		if len(e[i]) > 0 {
			var taken []string
			taken, e[i] = take(e[i], true, 1)
			return "*2\r\n" + replyBulk(args[2+i]) + replyArray(taken)
		}
	}
	return replyNilArray
}

// position makes an index of the protocol one of the list, or -1.
func position(list []string, text string) int {
	i, _ := strconv.Atoi(text)
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return -1
	}
	return i
}

func lindex(e [][]string, args []string) string {
	i := position(e[0], args[2])
	if i < 0 {
		return replyNil
	}
	return replyBulk(e[0][i])
}

func lset(e [][]string, args []string) string {
	if len(e[0]) == 0 {
		return replyNoKey
	}
	e[0][position(e[0], args[2])] = args[3]
	return replyOK
}

// linsert is LINSERT key BEFORE pivot element.
func linsert(e [][]string, args []string) string {
	if len(e[0]) == 0 {
		return replyInt(0)
	}
	at := slices.Index(e[0], args[3])
	if at < 0 {
		return replyInt(-1)
	}
	e[0] = slices.Insert(e[0], at, args[4])
	return replyInt(len(e[0]))
}

// lrem is LREM key 1 element.
func lrem(e [][]string, args []string) string {
	rest, found := remove(e[0], args[3])
	e[0] = rest
	return replyBool(found)
}

// ltrim is LTRIM key 1 -1.
func ltrim(e [][]string, _ []string) string {
	_, e[0] = take(e[0], true, 1)
	return replyOK
}
