package linearizability

import (
	"slices"
	"strconv"
	"strings"
)

var hashCommands = map[string]modelled{
	"HSET":         {kind: typeHash, do: hset},
	"HSETNX":       {kind: typeHash, do: hset},
	"HDEL":         {kind: typeHash, do: hdel},
	"HINCRBY":      {kind: typeHash, do: hincrby},
	"HINCRBYFLOAT": {kind: typeHash, do: hincrby},
	"HLEN":         {kind: typeHash, do: func(e [][]string, _ []string) string { return replyInt(len(e[0])) }},
	"HGET":         {kind: typeHash, do: hget},
	"HMGET":        {kind: typeHash, do: hget},
}

// put stores a field and tells whether it is new.
func put(fields []string, name, value string) ([]string, bool) {
	if at, _ := named(fields, name); at >= 0 {
		fields[at] = name + "=" + value
		return fields, false
	}
	fields = append(fields, name+"="+value)
	slices.Sort(fields)
	return fields, true
}

func hset(e [][]string, args []string) string {
	added := 0
	for i := 2; i < len(args); i += 2 {
		if at, _ := named(e[0], args[i]); at >= 0 && args[0] == "HSETNX" {
			continue
		}
		var fresh bool
		if e[0], fresh = put(e[0], args[i], args[i+1]); fresh {
			added++
		}
	}
	return replyInt(added)
}

func hdel(e [][]string, args []string) string {
	gone := 0
	for _, name := range args[2:] {
		if at, _ := named(e[0], name); at >= 0 {
			e[0] = slices.Delete(e[0], at, at+1)
			gone++
		}
	}
	return replyInt(gone)
}

// hincrby is HINCRBY and HINCRBYFLOAT; the workload gives each of them fields of its own, and multiples of a half, which are printed
// without surprises.
func hincrby(e [][]string, args []string) string {
	_, old := named(e[0], args[2])
	a, _ := strconv.ParseFloat(old, 64)
	b, _ := strconv.ParseFloat(args[3], 64)
	text := strconv.FormatFloat(a+b, 'f', -1, 64)
	e[0], _ = put(e[0], args[2], text)
	if args[0] == "HINCRBY" {
		return ":" + text + "\r\n"
	}
	return replyBulk(text)
}

func hget(e [][]string, args []string) string {
	var b strings.Builder
	for _, name := range args[2:] {
		if at, value := named(e[0], name); at >= 0 {
			b.WriteString(replyBulk(value))
		} else {
			b.WriteString(replyNil)
		}
	}
	if args[0] == "HGET" {
		return b.String()
	}
	return "*" + strconv.Itoa(len(args)-2) + "\r\n" + b.String()
}
