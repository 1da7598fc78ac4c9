package spec

import (
	"slices"
	"strings"
)

// group is one chapter of the documentation with its commands.
type group struct {
	name  string
	specs []*Spec
}

// table is the whole table, built from the lists of the groups.
var table = build(
	group{"bitmap", bitmapCommands},
	group{"connection", connectionCommands},
	group{"generic", genericCommands},
	group{"generic", dumpCommands},
	group{"generic", sortCommands},
	group{"geo", geoCommands},
	group{"hash", hashCommands},
	group{"hash", hashExpireCommands},
	group{"hyperloglog", hyperloglogCommands},
	group{"list", listCommands},
	group{"list", blockingListCommands},
	group{"scripting", scriptingCommands},
	group{"scripting", functionCommands},
	group{"pubsub", pubsubCommands},
	group{"server", serverCommands},
	group{"server", memoryCommands},
	group{"set", setCommands},
	group{"sorted-set", zsetCommands},
	group{"string", stringCommands},
	group{"transactions", transactionCommands},
)

type commandTable struct {
	all    []*Spec // by name, a container followed by its subcommands; the position is the ID
	top    []*Spec // without subcommands, by name
	byName *nameIndex
}

// build joins the groups and fills in all that follows from the entries.
func build(groups ...group) *commandTable {
	t := &commandTable{}
	for _, g := range groups {
		for _, s := range g.specs {
			s.Group = g.name
			t.top = append(t.top, s)
		}
	}
	slices.SortFunc(t.top, compareNames)
	t.byName = newNameIndex(len(t.top))
	for _, s := range t.top {
		t.byName.add(s.Name, s)
		t.add(s)
		t.addSubcommands(s)
	}
	return t
}

func (t *commandTable) addSubcommands(s *Spec) {
	if len(s.Subcommands) == 0 {
		return
	}
	s.bySubname = newNameIndex(len(s.Subcommands))
	slices.SortFunc(s.Subcommands, compareNames)
	for _, sub := range s.Subcommands {
		sub.Parent = s
		sub.Group = s.Group
		s.bySubname.add(sub.Name[len(s.Name)+1:], sub)
		t.add(sub)
	}
}

func (t *commandTable) add(s *Spec) {
	s.ID = len(t.all)
	s.derive()
	t.all = append(t.all, s)
}

// derive fills in the categories, the legacy range and the flag that follow from the other facts.
func (s *Spec) derive() {
	s.categories = s.ACL | ImpliedCategories(s.Flags, s.ACL)
	var movable bool
	if s.legacy, movable = legacyOf(s.Keys); movable {
		s.Flags |= MovableKeys
	}
}

func compareNames(a, b *Spec) int { return strings.Compare(a.Name, b.Name) }

// All returns every command and subcommand, a container directly before its subcommands; the position of a spec is
// its ID. The slice must not be modified.
func All() []*Spec { return table.all }

// Count returns the number of commands without subcommands, as COMMAND COUNT does.
func Count() int { return len(table.top) }

// Lookup resolves the request args, in any case. For a container with a second argument that argument names the
// subcommand: s is the subcommand, or nil if it does not exist, and container is the container. Otherwise container is
// nil and s the command, or nil if it does not exist. It does not allocate. args MUST NOT be empty.
func Lookup(args [][]byte) (s, container *Spec) {
	s = table.byName.find(args[0])
	if s == nil || s.bySubname == nil || len(args) == 1 {
		return s, nil
	}
	return s.bySubname.find(args[1]), s
}

// ByName resolves a name as it stands in Spec.Name, in any case: "get", "client|list". It returns nil if there is none.
func ByName(name []byte) *Spec {
	for i, c := range name {
		if c == '|' {
			container := table.byName.find(name[:i])
			if container == nil || container.bySubname == nil {
				return nil
			}
			return container.bySubname.find(name[i+1:])
		}
	}
	return table.byName.find(name)
}
