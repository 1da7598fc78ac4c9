package spec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// facts are the statements of a reply of COMMAND INFO or COMMAND DOCS about one command, as text that shows types too.
type facts map[string]string

// TestFactsEqualRedis compares every statement about every command with redis-server's, in both protocols.
func TestFactsEqualRedis(t *testing.T) {
	used := map[string]bool{}
	bothProtocols(t, func(t *testing.T, resp3 bool) {
		redis := dial(t, resp3)
		for _, s := range spec.All() {
			if redisServer.is70 && slices.Contains(addedIn72, s.Name) || addedAfter72(s) {
				continue
			}
			name := [][]byte{[]byte(s.Name)}
			_, theirs := redis.do("COMMAND", "INFO", s.Name)
			_, ours := reply(t, resp3, func(e *codec.Encoder) { spec.AppendInfo(e, name) })
			compareFacts(t, s.Name, infoFacts(&ours.Elems[0]), infoFacts(&theirs.Elems[0]), used)

			_, theirs = redis.do("COMMAND", "DOCS", s.Name)
			_, ours = reply(t, resp3, func(e *codec.Encoder) { spec.AppendDocs(e, name) })
			if got, want := render(&ours.Elems[0]), render(&theirs.Elems[0]); got != want || ours.Kind != theirs.Kind {
				t.Errorf("COMMAND DOCS %s starts %c %s, redis-server's %c %s", s.Name, ours.Kind, got, theirs.Kind, want)
			}
			compareFacts(t, s.Name, docsFacts(t, s.Name, &ours.Elems[1]), docsFacts(t, s.Name, &theirs.Elems[1]), used)
		}
	})
	if !redisServer.is70 {
		return
	}
	for _, c := range changedIn72 {
		if !used[c.command+" "+c.fact] && served(c.command) {
			t.Errorf("%s of %s is listed as changed in 7.2, but is as in 7.0", c.fact, c.command)
		}
	}
}

func compareFacts(t *testing.T, command string, ours, theirs facts, used map[string]bool) {
	t.Helper()
	for fact := range theirs {
		if _, found := ours[fact]; !found {
			ours[fact] = ""
		}
	}
	for fact, got := range ours {
		want := theirs[fact]
		if got == want {
			continue
		}
		if redisServer.is70 && factIn70(command, fact) == plain(want) {
			used[command+" "+fact] = true
			continue
		}
		t.Errorf("%s of %s:\n%s\nredis-server's:\n%s", fact, command, got, want)
	}
}

// TestRawReplyEqualsRedis compares bytes, where no words of our own and no order of a hash table are in the reply.
func TestRawReplyEqualsRedis(t *testing.T) {
	bothProtocols(t, func(t *testing.T, resp3 bool) {
		redis := dial(t, resp3)
		compared := 0
		for _, s := range spec.All() {
			hasNotes := slices.ContainsFunc(s.Keys, func(k spec.KeySpec) bool { return k.Notes != "" })
			if s.IsContainer() || hasNotes || addedAfter72(s) || redisServer.is70 && changedSince70(s.Name) {
				continue
			}
			theirs, _ := redis.do("COMMAND", "INFO", strings.ToUpper(s.Name), "nosuchcommand", "client|nosuch", "get|x", "")
			names := byteArgs([]string{strings.ToUpper(s.Name), "nosuchcommand", "client|nosuch", "get|x", ""})
			ours, _ := reply(t, resp3, func(e *codec.Encoder) { spec.AppendInfo(e, names) })
			if string(ours) != string(theirs) {
				t.Errorf("COMMAND INFO %s:\n%q\nredis-server's:\n%q", s.Name, ours, theirs)
			}
			compared++
		}
		if compared < len(spec.All())*3/4 {
			t.Errorf("only %d of %d commands compared", compared, len(spec.All()))
		}
		theirs, _ := redis.do("COMMAND", "DOCS", "nosuchcommand")
		ours, _ := reply(t, resp3, func(e *codec.Encoder) { spec.AppendDocs(e, [][]byte{[]byte("nosuchcommand")}) })
		if string(ours) != string(theirs) {
			t.Errorf("COMMAND DOCS of an unknown command: %q, redis-server's %q", ours, theirs)
		}
	})
}

// TestDescriptionsOfAllCommands reads every entry of redis-server's COMMAND and writes it again, byte for byte. So all
// that the types can hold is tested, also what no command in the table has yet.
func TestDescriptionsOfAllCommands(t *testing.T) {
	redis2, redis3 := dial(t, false), dial(t, true)
	_, list := redis3.do("COMMAND", "LIST")
	for i := range list.Elems {
		name := string(list.Elems[i].Str)
		theirs3, v := redis3.do("COMMAND", "INFO", name)
		theirs2, _ := redis2.do("COMMAND", "INFO", name)
		s := parseSpec(t, &v.Elems[0])
		for _, c := range []struct {
			resp3  bool
			theirs []byte
		}{{false, theirs2}, {true, theirs3}} {
			e := &codec.Encoder{RESP3: c.resp3}
			e.Array(1)
			spec.Describe(e, s)
			if string(e.Buf) != string(c.theirs) {
				t.Errorf("COMMAND INFO %s:\n%q\nredis-server's:\n%q", name, e.Buf, c.theirs)
			}
		}
	}
}

// TestWholeTable checks the replies without names: everything once, in one well-formed reply.
func TestWholeTable(t *testing.T) {
	bothProtocols(t, func(t *testing.T, resp3 bool) {
		_, v := reply(t, resp3, func(e *codec.Encoder) { spec.AppendInfo(e, nil) })
		if len(v.Elems) != spec.Count() {
			t.Errorf("COMMAND describes %d commands of %d", len(v.Elems), spec.Count())
		}
		_, v = reply(t, resp3, func(e *codec.Encoder) { spec.AppendDocs(e, nil) })
		if len(v.Elems) != 2*spec.Count() {
			t.Errorf("COMMAND DOCS has %d elements for %d commands", len(v.Elems), spec.Count())
		}
		raw, _ := reply(t, resp3, spec.AppendCount)
		if string(raw) != fmt.Sprintf(":%d\r\n", spec.Count()) {
			t.Errorf("COMMAND COUNT: %q", raw)
		}
	})
}

// infoFacts takes an entry of COMMAND INFO apart.
func infoFacts(v *codec.Value) facts {
	f := facts{"entry": fmt.Sprintf("%c %d", v.Kind, len(v.Elems))}
	if len(v.Elems) != 10 {
		return f
	}
	names := []string{"name", "arity", "flags", "first key", "last key", "step", "categories", "tips", "key specs"}
	for i, name := range names {
		f[name] = render(&v.Elems[i])
	}
	subcommands := &v.Elems[9]
	var subnames []string
	for i := range subcommands.Elems {
		name := string(subcommands.Elems[i].Elems[0].Str)
		if served(name) && (!redisServer.is70 || !slices.Contains(addedIn72, name)) {
			subnames = append(subnames, name)
		}
	}
	slices.Sort(subnames)
	f["subcommands"] = fmt.Sprintf("%c %q", subcommands.Kind, subnames)
	return f
}

// docsFacts takes the documentation of one command apart. Of sentences only the presence counts, for ours are our own.
func docsFacts(t *testing.T, command string, v *codec.Value) facts {
	t.Helper()
	f := facts{"docs": string(rune(v.Kind))}
	var order []string
	for i := 0; i+1 < len(v.Elems); i += 2 {
		field, value := string(v.Elems[i].Str), &v.Elems[i+1]
		order = append(order, field)
		switch field {
		case "summary", "complexity", "replaced_by":
			f[field] = string(rune(value.Kind))
		case "history":
			f[field] = string(rune(value.Kind))
			for j := range value.Elems {
				f[field] += " " + string(value.Elems[j].Elems[0].Str)
			}
		case "arguments":
			if !redisServer.is70 || !slices.Contains(rearrangedIn72, command) {
				f[field] = renderArgs(value, renamedIn72[command], 0)
			}
		case "subcommands":
			f[field] = string(rune(value.Kind))
		default:
			f[field] = render(value)
		}
	}
	if !redisServer.is70 || !changedSince70(command) {
		f["order of fields"] = strings.Join(order, " ")
	}
	return f
}

// renderArgs renders a tree of arguments, one per line. Where the server is of version 7.0, which knows no texts to
// display, these are left out, and its names replaced by those of 7.2.
func renderArgs(v *codec.Value, renamed map[string]string, depth int) string {
	var b strings.Builder
	for i := range v.Elems {
		a := &v.Elems[i]
		fmt.Fprintf(&b, "%s%c", strings.Repeat("  ", depth), a.Kind)
		nested := ""
		for j := 0; j+1 < len(a.Elems); j += 2 {
			field, value := string(a.Elems[j].Str), &a.Elems[j+1]
			switch {
			case field == "display_text" && redisServer.is70:
				continue
			case field == "arguments":
				nested = renderArgs(value, renamed, depth+1)
				continue
			case field == "name" && redisServer.is70:
				name := string(value.Str)
				if now, found := renamed[name]; found {
					name = now
				}
				fmt.Fprintf(&b, " name %s", name)
				continue
			}
			fmt.Fprintf(&b, " %s %s", field, render(value))
		}
		b.WriteString("\n" + nested)
	}
	return b.String()
}

// render shows a value with its types. Of the notes of key specs, which are our own words, it shows that they exist.
func render(v *codec.Value) string {
	if v.Null {
		return string(rune(v.Kind)) + "null"
	}
	switch v.Kind {
	case codec.KindInt:
		return fmt.Sprintf(":%d", v.Int)
	case codec.KindArray, codec.KindSet, codec.KindMap, codec.KindPush:
		parts := make([]string, len(v.Elems))
		for i := range v.Elems {
			parts[i] = render(&v.Elems[i])
			if i > 0 && string(v.Elems[i-1].Str) == "notes" {
				parts[i] = "(text)"
			}
		}
		return fmt.Sprintf("%c[%s]", v.Kind, strings.Join(parts, " "))
	default:
		return fmt.Sprintf("%c%s", v.Kind, v.Str)
	}
}

// served tells whether the table has a command of that name.
func served(name string) bool { return spec.ByName([]byte(name)) != nil }
