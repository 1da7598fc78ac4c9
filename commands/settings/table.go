package settings

import (
	"fmt"
	"math"
	"strings"
)

const (
	maxInt  = math.MaxInt32
	maxLong = math.MaxInt64
	minInt  = math.MinInt32
)

// table lists every parameter; a parameter's place in it is where Values keeps its value.
var table = join(clientTable, accessTable, keyspaceTable, memoryTable, persistenceTable, processTable, replicationTable,
	clusterTable, tlsTable)

var (
	byID   [idCount]*Param
	byName = map[string]entry{}
)

// entry is one name under which CONFIG knows a parameter.
type entry struct {
	name  string
	param *Param
}

// names lists all names, aliases after their parameter, in the order of CONFIG GET.
var names []entry

func init() {
	for i := range table {
		p := &table[i]
		p.index = i
		if p.ID != 0 {
			byID[p.ID] = p
		}
		for _, name := range []string{p.Name, p.Alias} {
			if name == "" {
				continue
			}
			if _, twice := byName[name]; twice {
				panic(fmt.Sprintf("settings: %s is in the table twice", name))
			}
			byName[name] = entry{name, p}
			names = append(names, entry{name, p})
		}
	}
}

func join(groups ...[]Param) []Param {
	var all []Param
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// All returns the parameters in the order of the table. The caller must not change them.
func All() []*Param {
	all := make([]*Param, len(table))
	for i := range table {
		all[i] = &table[i]
	}
	return all
}

// Lookup finds a parameter by its name or alias in any case; nil if there is none.
func Lookup(name string) *Param {
	return lookup(name).param
}

func lookup(name string) entry {
	return byName[strings.ToLower(name)]
}
