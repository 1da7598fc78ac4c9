package conformance

import (
	"math"
	"strconv"
	"strings"
)

// Combinations returns short sequences of commands that together try every combination of a few options, positions or
// numbers. Each builds its own keys. All are about the same few keys: in a pipeline they fold into few rounds.
func Combinations() map[string][][]Command {
	return map[string][][]Command{
		"SET":         setCombinations(),
		"GETEX":       getexCombinations(),
		"EXPIRE":      expireCombinations(),
		"COPY":        copyCombinations(),
		"ranges":      rangeCombinations(),
		"BITPOS":      bitposCombinations(),
		"SETRANGE":    setrangeCombinations(),
		"SETBIT":      setbitCombinations(),
		"BITFIELD":    bitfieldCombinations(),
		"BITOP":       bitopCombinations(),
		"INCRBY":      counterCombinations(),
		"INCRBYFLOAT": floatCombinations(),
		"LCS":         lcsCombinations(),
		"SCAN":        scanCombinations(),
	}
}

// words splits a command that has no argument with a space.
func words(line string) []string { return strings.Fields(line) }

// choices returns every sequence of up to n of the options, repetitions included. An option may have several words.
func choices(n int, options ...string) [][]string {
	all, last := [][]string{nil}, [][]string{nil}
	for range n {
		var longer [][]string
		for _, prefix := range last {
			for _, option := range options {
				longer = append(longer, append(prefix[:len(prefix):len(prefix)], words(option)...))
			}
		}
		all, last = append(all, longer...), longer
	}
	return all
}

// command makes one command of words and lists of words.
func command(parts ...any) Command {
	var args []string
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			args = append(args, part)
		case []string:
			args = append(args, part...)
		}
	}
	return plain(args...)
}

// states are the commands that lead to a key in each state that matters for expiry and conditions.
var states = [][]string{
	{"DEL", "k"},
	{"SET", "k", "text"},
	{"SET", "k", "10", "PXAT", "33177117420123"},
	{"SET", "k", "gone", "PXAT", "1"},
}

// observed is a sequence that starts in a state and looks at what a command makes of it.
func observed(state []string, c Command) []Command {
	return []Command{plain(state...), c, plain("GET", "k"), nearMilliseconds("PEXPIRETIME", "k")}
}

func setCombinations() (list [][]Command) {
	options := choices(3, "NX", "xx", "GET", "KEEPTTL", "EX 100000", "PX 200000000", "EXAT 33177117421", "PXAT 33177117422999",
		"pxat 5", "PERSIST", "EX 0")
	for _, state := range states {
		for _, o := range options {
			list = append(list, observed(state, command("SET", "k", "new", o)))
		}
	}
	return list
}

func getexCombinations() (list [][]Command) {
	options := choices(2, "NX", "GET", "KEEPTTL", "EX 100000", "PX 200000000", "EXAT 33177117421", "PXAT 33177117422999",
		"pxat 5", "PERSIST", "EX 0", "EX", "PX x")
	for _, state := range states {
		for _, o := range options {
			list = append(list, observed(state, command("GETEX", "k", o)))
		}
	}
	return list
}

func expireCombinations() (list [][]Command) {
	for _, state := range states {
		for _, o := range choices(3, "NX", "XX", "GT", "lt", "no") {
			for _, c := range []string{
				"EXPIREAT k 33177117420", "EXPIREAT k 33177117421", "PEXPIREAT k 33177117420123", "PEXPIREAT k 5", "EXPIRE k 100000",
				"PEXPIRE k -1", "EXPIRE k 9223372036854775",
			} {
				list = append(list, observed(state, command(words(c), o)))
			}
		}
	}
	return list
}

func copyCombinations() (list [][]Command) {
	for _, source := range states {
		for _, target := range []string{"DEL t", "SET t other", "SET t other PXAT 33177117420999"} {
			for _, c := range []string{"COPY k t", "RENAME k t", "RENAMENX k t", "COPY t k", "RENAME k k", "COPY k k", "RENAMENX k k"} {
				options := [][]string{nil}
				if strings.HasPrefix(c, "COPY") {
					options = choices(2, "REPLACE", "DB 0", "db 1", "DB x")
				}
				for _, o := range options {
					list = append(list, append([]Command{plain(words(target)...), plain("SELECT", "1"), plain("DEL", "k", "t"), plain("SELECT", "0")},
						append(observed(source, command(words(c), o)), plain("GET", "t"), plain("PEXPIRETIME", "t"),
							plain("SELECT", "1"), plain("MGET", "k", "t"), plain("PEXPIRETIME", "t"), plain("SELECT", "0"))...))
				}
			}
		}
	}
	return list
}

// positions are bytes and bits inside, at the ends of and outside the values.
var positions = []string{
	"-9223372036854775808", "-100", "-49", "-48", "-24", "-17", "-7", "-6", "-3", "-1",
	"0", "1", "2", "5", "6", "7", "8", "17", "23", "24", "47", "48", "100", "9223372036854775807",
}

var values = []string{"", "foobar", "\x00\xff\xf0", "\xff\xff\xff", "\x00\x00\x00", "12345"}

func rangeCombinations() (list [][]Command) {
	for _, value := range values {
		for _, start := range positions {
			commands := []Command{plain("SET", "k", value)}
			for _, end := range positions {
				commands = append(commands, plain("GETRANGE", "k", start, end), plain("BITCOUNT", "k", start, end),
					plain("BITCOUNT", "k", start, end, "BIT"))
			}
			list = append(list, commands)
		}
	}
	return list
}

func bitposCombinations() (list [][]Command) {
	for _, value := range values {
		for _, bit := range []string{"0", "1"} {
			for _, start := range positions {
				commands := []Command{plain("SET", "k", value), plain("BITPOS", "k", bit), plain("BITPOS", "k", bit, start)}
				for _, end := range positions {
					commands = append(commands, plain("BITPOS", "k", bit, start, end), plain("BITPOS", "k", bit, start, end, "BIT"))
				}
				list = append(list, commands)
			}
		}
	}
	return list
}

func setrangeCombinations() (list [][]Command) {
	for _, state := range states {
		for _, offset := range []string{"-1", "0", "1", "3", "4", "5", "100", "1e1", "536870911", "536870912", "9223372036854775807"} {
			for _, piece := range []string{"", "x\x00", "longer than before"} {
				list = append(list, append(observed(state, plain("SETRANGE", "k", offset, piece)), plain("OBJECT", "ENCODING", "k")))
			}
		}
	}
	return list
}

func setbitCombinations() (list [][]Command) {
	for _, state := range states {
		for _, offset := range []string{"-1", "0", "3", "31", "32", "39", "40", "1000", "#1", "4294967296"} {
			for _, bit := range []string{"0", "1", "2"} {
				list = append(list, append(observed(state, plain("SETBIT", "k", offset, bit)), plain("GETBIT", "k", offset)))
			}
		}
	}
	return list
}

func bitfieldCombinations() (list [][]Command) {
	kinds := []string{"u1", "u2", "u8", "u31", "u63", "i1", "i2", "i8", "i33", "i64", "u64", "i65"}
	numbers := []string{
		"0", "1", "-1", "2", "-2", "127", "128", "255", "256", "-128", "-129", "2147483648", "4611686018427387904",
		"-4611686018427387905", "9223372036854775807", "-9223372036854775808",
	}
	for _, kind := range kinds {
		for _, offset := range []string{"0", "3", "#1", "61"} {
			for _, mode := range []string{"", "WRAP", "SAT", "FAIL"} {
				for _, operation := range []string{"SET", "INCRBY"} {
					for _, number := range numbers {
						var overflow []string
						if mode != "" {
							overflow = []string{"OVERFLOW", mode}
						}
						list = append(list, []Command{
							plain("SET", "k", "\xff\x00\x80\x7f\xaa\x55\x12\xfe\xdc\xba"),
							command("BITFIELD", "k", overflow, operation, kind, offset, number, operation, kind, offset, number, "GET", kind, offset),
							plain("GET", "k"),
						})
					}
				}
			}
		}
	}
	return list
}

func bitopCombinations() (list [][]Command) {
	setup := []Command{plain("SET", "a", "foobar"), plain("SET", "b", "abc"), plain("SET", "n", "12"), plain("SET", "e", "")}
	for _, operation := range []string{"AND", "or", "XOR", "NOT", "DIFF"} {
		for _, sources := range choices(3, "a", "b", "n", "e", "missing", "k") {
			for _, state := range states[:3] {
				commands := append(setup[:len(setup):len(setup)], observed(state, command("BITOP", operation, "k", sources))...)
				list = append(list, commands)
			}
		}
	}
	return list
}

func counterCombinations() (list [][]Command) {
	numbers := []string{
		"-9223372036854775808", "-9223372036854775807", "-4611686018427387904", "-1", "0", "1", "10", "4611686018427387904",
		"9223372036854775806", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "007", "-0", "+5", "1.0", " 1",
		"1 ", "", "x", "0x10", "1e2", "18446744073709551615", "18446744073709551616", "000000000000000000000000000001",
	}
	for _, a := range numbers {
		for _, b := range numbers {
			list = append(list, []Command{
				plain("SET", "k", a), plain("INCRBY", "k", b), plain("GET", "k"),
				plain("SET", "k", a), plain("DECRBY", "k", b), plain("GET", "k"), plain("OBJECT", "ENCODING", "k"),
			})
		}
		list = append(list, []Command{plain("SET", "k", a), plain("INCR", "k"), plain("SET", "k", a), plain("DECR", "k"), plain("GET", "k")})
	}
	return list
}

func floatCombinations() (list [][]Command) {
	numbers := []string{
		"0", "-0", "1", "-1", "0.1", "0.2", "0.3", "-0.1", "1.1", "2.2", "3.0e3", "1e-5", "1e-17", "1e17", "1e18", "123456789012345678",
		"9007199254740993", "0.00000000000000001", "3.141592653589793238", "1e300", "-1e300", "1e4931", "5.", ".5", "+5", "0x1p-3",
		"0X1F", "inf", "-inf", "nan", "1e5000", "-1e-5000", "", " 1", "1 ", "1_0", "1,5", "x", "infinity", "1e", "e1", "0x", "--1",
		strconv.FormatFloat(math.Pi, 'f', 40, 64), strings.Repeat("1", 300), "0." + strings.Repeat("0", 300) + "1",
		"99999999999999999999999999999999999999.999", "1234567.891", "16777216.5", "0.5000000000000000001",
	}
	for _, a := range numbers {
		for _, b := range numbers {
			list = append(list, []Command{plain("SET", "k", a), plain("INCRBYFLOAT", "k", b), plain("GET", "k")})
		}
	}
	return list
}

func lcsCombinations() (list [][]Command) {
	for _, pair := range [][2]string{
		{"ohmytext", "mynewtext"}, {"abcabc", "cba"}, {"", "abc"}, {"same", "same"}, {"12345", "51234"}, {"\x00a\x00", "a\x00\x00"},
	} {
		for _, o := range choices(3, "LEN", "idx", "WITHMATCHLEN", "MINMATCHLEN 2", "MINMATCHLEN -1", "MINMATCHLEN", "x") {
			list = append(list, []Command{plain("MSET", "a", pair[0], "b", pair[1]), command("LCS", "a", "b", o), command("LCS", "a", "missing", o)})
		}
	}
	return list
}

func scanCombinations() (list [][]Command) {
	setup := []Command{plain("FLUSHDB"), plain("MSET", "a", "1", "ab", "2", "b", "3", "\x00", "4", "", "5")}
	for _, cursor := range []string{"0", "x"} {
		for _, o := range choices(3, "MATCH a*", "match *", "COUNT 1000", "COUNT 0", "TYPE string", "TYPE hash", "TYPE", "NOVALUES") {
			c := command("SCAN", cursor, "COUNT", "1000", o)
			c.Match = Matcher{kind: "scan"}
			list = append(list, append(setup[:len(setup):len(setup)], c))
		}
	}
	return list
}
