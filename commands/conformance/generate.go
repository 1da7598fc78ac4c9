package conformance

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Command is one command of a random sequence and how its reply is compared.
type Command struct {
	Args  []string
	Match Matcher
}

// Template makes commands of one kind. Among all templates it is chosen in proportion to its weight.
type Template struct {
	Weight int
	Make   func(g *Generator) Command
}

// templates are all kinds of commands in random sequences. A new type of value adds its own list here.
var templates = [][]Template{
	stringTemplates, bitTemplates, hyperloglogTemplates, hashTemplates, listTemplates, setTemplates, zsetTemplates, geoTemplates,
	keyTemplates, dumpTemplates, databaseTemplates,
}

// Generator makes the arguments of one sequence. Everything it returns depends on its seed alone, and the outcome of
// everything it returns depends on the sequence alone: no command waits for time to pass.
type Generator struct {
	*rand.Rand
	prefix string
	keys   []string
	// first is the number of the database that the sequence begins in; it uses the one after that too, and no other.
	first int
	// emptied says that the sequence begins with empty databases. Only then commands on whole databases depend on it alone.
	emptied bool
	// seconds hands out lifetimes that never repeat: whether one is greater than an equal one set a moment ago would
	// depend on the clock.
	seconds int
}

// lanes is how many sequences may run at the same time: those whose numbers leave different remainders share no database.
const lanes = 4

// Sequence makes sequence number index of the given seed. All its keys begin with a prefix of its own, except the empty
// key in sequences that begin with empty databases.
func Sequence(seed, index uint64) []Command {
	g := newGenerator(seed, index)
	var commands []Command
	if g.emptied {
		commands = append(commands, plain("SELECT", g.otherDatabase()), plain("FLUSHDB"))
	}
	commands = append(commands, plain("SELECT", g.firstDatabase()))
	if g.emptied {
		commands = append(commands, plain("FLUSHDB"))
	}
	for range 20 + g.IntN(21) {
		switch g.IntN(16) {
		case 0:
			commands = append(commands, g.transaction()...)
		case 1:
			commands = append(commands, g.watched()...)
		case 2:
			commands = append(commands, g.script())
		default:
			commands = append(commands, g.command())
		}
	}
	return commands
}

func newGenerator(seed, index uint64) *Generator {
	g := &Generator{
		Rand: rand.New(rand.NewPCG(seed, index)), prefix: fmt.Sprintf("s%d:", index), first: 2 * int(index%lanes),
	}
	g.emptied = g.IntN(8) == 0
	for i := range 5 + g.IntN(6) {
		g.keys = append(g.keys, g.newKey(i))
	}
	return g
}

func (g *Generator) firstDatabase() string { return strconv.Itoa(g.first) }
func (g *Generator) otherDatabase() string { return strconv.Itoa(g.first + 1) }

// newKey makes key number i of the sequence: mostly short, some binary or empty, a few longer than an index entry may be
// and very few huge. Long ones may have another one of the sequence as their prefix.
func (g *Generator) newKey(i int) string {
	key := g.prefix + strconv.Itoa(i)
	switch {
	case i == 0 && g.emptied:
		return ""
	case i == 1:
		return key + "\x00\xff\r\n"
	case (i == 2 || i == 3) && g.IntN(20) == 0:
		return g.prefix + strings.Repeat("long", g.IntN(1000)) + strconv.Itoa(i)
	case i == 4 && g.IntN(20) == 0:
		return key + g.binary(500+g.IntN(30))
	case i == 4 && g.IntN(1000) == 0:
		return key + strings.Repeat("\x00\xfe", 1<<19)
	}
	return key
}

// command makes one command; a few are spoiled so that they end in an error, or nearly.
func (g *Generator) command() Command { return g.spoil(g.choose(templates)) }

// choose makes one command from lists of templates.
func (g *Generator) choose(templates [][]Template) Command {
	total := 0
	for _, list := range templates {
		for i := range list {
			total += list[i].Weight
		}
	}
	at := g.IntN(total)
	for _, list := range templates {
		for i := range list {
			if at -= list[i].Weight; at < 0 {
				return list[i].Make(g)
			}
		}
	}
	panic("conformance: weights do not add up")
}

// spoil damages one command in thirty: an argument is missing, added or replaced.
func (g *Generator) spoil(c Command) Command {
	if len(c.Args) == 0 || g.IntN(30) > 0 {
		return c
	}
	junk := g.junk(c.Args[0])
	switch g.IntN(3) {
	case 0:
		if len(c.Args) > 1 && !strings.Contains(c.Args[0], "RAND") { // Without its count the reply would be random.
			c.Args = c.Args[:len(c.Args)-1]
		}
	case 1:
		if !strings.HasSuffix(c.Args[0], "RANK") { // ZRANK takes another argument since 7.2
			c.Args = append(c.Args, junk)
		}
	case 2:
		if len(c.Args) > 2 { // The name and the first key stay.
			c.Args[2+g.IntN(len(c.Args)-2)] = junk
		}
	}
	return c
}

// junk returns an argument that is out of place. Commands of several keys get a key of this sequence, since any other
// word would be a key that all sequences share.
func (g *Generator) junk(command string) string {
	command = strings.ToUpper(command)
	if strings.Contains(command, "RAND") || strings.HasSuffix(command, "SCAN") { // no other count, and no cursor from nowhere
		return g.pick("", "abc", "1.5", "nan", "\x00", "NX", g.key())
	}
	switch command {
	case "DEL", "UNLINK", "EXISTS", "TOUCH", "MGET", "MSET", "MSETNX", "BITOP", "PFCOUNT", "PFMERGE", "RENAME", "RENAMENX", "COPY", "LCS",
		"LMOVE", "RPOPLPUSH", "LMPOP", "LSET", "SMOVE", "SINTER", "SUNION", "SDIFF", "SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE", "SINTERCARD",
		"ZMPOP", "ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZRANGESTORE",
		"GEOSEARCHSTORE", "GEORADIUS", "GEORADIUSBYMEMBER":
		return g.key()
	case "ZADD", "ZINCRBY": // 7.0 and 7.2 print large scores differently
		return g.pick("", "abc", "-1", "1.5", "nan", "\x00", "NX", "CH", "inf", g.key())
	}
	return g.pick("", "abc", "-1", "1.5", "9223372036854775807", "9223372036854775808", "nan", "\x00", "NX", "EX", "GET",
		g.key())
}

func (g *Generator) pick(options ...string) string { return options[g.IntN(len(options))] }

// key returns a key of the sequence; lower numbers come more often, so that commands meet.
func (g *Generator) key() string { return g.keys[min(g.IntN(len(g.keys)), g.IntN(len(g.keys)))] }

// someKeys returns 1 to n keys, often with repetitions.
func (g *Generator) someKeys(n int) []string {
	keys := make([]string, 1+g.IntN(n))
	for i := range keys {
		keys[i] = g.key()
	}
	return keys
}

// value returns something to store: integers at and near the limits, floats, text, binary, empty and long values.
func (g *Generator) value() string {
	switch g.IntN(10) {
	case 0, 1, 2:
		return g.integer()
	case 3:
		return g.float()
	case 4:
		return g.pick("", " 1", "1 ", "+1", "01", "-0", "0", "abc", "9223372036854775808", "-9223372036854775809")
	case 5:
		return g.binary(1 + g.IntN(12))
	case 6:
		return strings.Repeat(g.pick("x", "ab", "\x00", "\xff"), g.IntN(60))
	case 7:
		if g.IntN(3) == 0 { // around the length that is loaded only if it is asked for, and beyond
			return strings.Repeat(g.binary(10), 190+g.IntN(20)*(1+g.IntN(8)))
		}
		return g.binary(40 + g.IntN(10))
	default:
		return "text" + strconv.Itoa(g.IntN(100))
	}
}

func (g *Generator) binary(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return string(b)
}

// integer returns a decimal integer, mostly small.
func (g *Generator) integer() string {
	switch g.IntN(8) {
	case 0:
		return g.pick("9223372036854775807", "-9223372036854775808", "9223372036854775800", "4294967296", "2147483647")
	case 1:
		return strconv.FormatInt(g.Int64(), 10)
	default:
		return strconv.Itoa(g.IntN(2000) - 1000)
	}
}

func (g *Generator) float() string {
	switch g.IntN(4) {
	case 0:
		return strconv.FormatFloat(g.NormFloat64()*1000, 'f', g.IntN(8), 64)
	case 1:
		return g.pick("0.1", "-0.5", "3.0e3", "1e-5", "5.", ".25", "1e15", "-1e10", "0x1f")
	default:
		return strconv.Itoa(g.IntN(200)-100) + "." + strconv.Itoa(g.IntN(100))
	}
}

// index returns a position in a value, negative ones count from the end.
func (g *Generator) index() string { return strconv.Itoa(g.IntN(60) - 20) }

// lifetime returns a number of seconds that no other command of the sequence uses.
func (g *Generator) lifetime() int {
	g.seconds += 100000
	return g.seconds
}

// plain is a command whose reply must be equal byte by byte.
func plain(args ...string) Command { return Command{Args: args} }

// clockTolerance is how far apart the clocks and the progress of two servers may be, in seconds. Lifetimes are much
// further apart, so no mistake hides in it.
const clockTolerance = 300

func nearSeconds(args ...string) Command {
	return Command{Args: args, Match: Matcher{kind: "int", tolerance: clockTolerance}}
}

func nearMilliseconds(args ...string) Command {
	return Command{Args: args, Match: Matcher{kind: "int", tolerance: clockTolerance * 1000}}
}
