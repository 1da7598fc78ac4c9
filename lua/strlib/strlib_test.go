package strlib_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/redistest"
	"github.com/mnorrsken/postkeys/lua/strlib"
)

func TestFunctionsLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		`string.len("a\0b"), ("abc"):len(), #"x", string.len(12.5), string.len()`,
		`string.sub("hello", 2), string.sub("hello", -3, -2), string.sub("hello", 0), string.sub("hello", 4, 2), string.sub("hello", -100, 100)`,
		`string.sub("hello", "2", 3.9), string.sub("hello", 1e100), string.sub("hello", -1e100), string.sub("hello", 0/0), ("x"):sub()`,
		`string.upper("aZ\195\164\0b"), string.lower("AZ\195\132"), string.reverse("a\0bc"), string.upper(1e15)`,
		`string.rep("ab", 3), string.rep("x", 0), string.rep("x", -1), string.rep("", 1e9), string.rep("x", 2.9), string.rep("x", 4294967297)`,
		`string.byte("abc"), string.byte("abc", 2, 3), string.byte("abc", 0), string.byte("abc", -1), string.byte("", 1)`,
		`string.byte("abc", 10), string.byte("abc", -2, -1), string.byte("abc", 1, 100)`,
		`string.byte("abc", 0, 2)`, `string.byte("abc", -10, 2)`, `string.byte("abc", 2, 1)`,
		`select("#", string.byte(string.rep("x", 7000), 1, -1))`,
		`string.byte(string.rep("x", 8000), 1, -1)`,
		`string.char(), string.char(0, 65, 255), string.char("66")`, `string.char(256)`, `string.char(65, -1)`, `string.char({})`, `string.char(65.9)`,
		`string.gfind == string.gmatch`, `("x").rep == string.rep`, `("x").nothing`, `#string.format("%s", string.rep("x", 1000))`,
		`string.dump()`, `string.dump(1)`, `string.dump(string.rep)`, `string.dump(function() return 1 end):sub(1, 12)`,
		`string.rep()`, `("x"):rep({})`, `string.upper()`, `string.lower({})`, `string.reverse(nil)`, `string.byte({})`, `string.byte("x", {})`,
	}, strlib.Open)
}

func TestPatternsLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		`string.find("hello world", "o w"), string.find("hello", "l+"), string.find("hello", "xyz"), string.find("hello", "l", 4), string.find("hello", "", 10)`,
		`string.find("hello", "", 6)`, `string.find("hello", "", -1)`, `string.find("a.b", ".", 2, true)`, `string.find("a.b", "%.", 1)`, `string.find("", "")`,
		`string.find("a\0b", "b")`, `string.find("a\0b", "\0")`, `string.find("a\0b", "%z")`, `string.find("a\0b", "a\0")`, `string.find("ab", "a.\0x")`, `string.find("axb", "x\0")`,
		`string.match("key=value", "(%w+)=(%w+)")`, `string.match("  x  ", "^%s*(.-)%s*$")`, `string.match("abc", "()b()")`, `string.match("abc", "b")`,
		`string.match("2024-01-02", "(%d+)-(%d+)-(%d+)")`, `string.match("hello", ".-(l+)")`, `string.match("THE (quick) fox", "%((%a+)%)")`,
		`string.match("f(a(b)c)d", "%b()")`, `string.match("f(a(b", "%b()")`, `string.match("xx", "%bxx")`, `string.find("THE (quick) fox", "%f[%a]%a+%f[%A]")`, `string.match("THE END", "%f[%z]")`,
		`string.match("abab", "(ab)%1")`, `string.match("abc", "(a)(b)%2")`, `string.match("aa", "()%1")`, `string.match("x", "%1")`, `string.match("x", "(%1)")`, `string.match("x", "%0")`,
		`string.match("x", "(x")`, `string.match("x", "x)")`, `string.match("x", "[x")`, `string.match("x", "[]")`, `string.match("x", "[^]")`, `string.match("]", "[]]")`, `string.match("x", "%")`,
		`string.match("x", "[%")`, `string.match("x", "[%]")`, `string.match("x", "%b")`, `string.match("x", "%bx")`, `string.match("x", "%f")`, `string.match("x", "%fx")`, `string.match("x", "[a-")`,
		`string.match("a-z", "[a-]+")`, `string.match("a-z", "[-z]+")`, `string.match("b", "[a-c]")`, `string.match("%", "[%%]")`, `string.match("^", "[%^]")`, `string.match("^", "[x^]")`,
		`string.match("a$", "a$")`, `string.match("a$b", "a$b")`, `string.match("^a", "^^a")`, `string.match("a+", "a%+")`, `string.match("aaa", "a-$")`, `string.match("aaa", "a-")`, `string.match("a", "a?a")`,
		`string.match("aaab", "a*b")`, `string.match("b", "a+b")`, `string.match("x", "*")`, `string.match("*", "*")`, `string.match("x", "+x")`, `string.match("x", "?")`, `string.match("-", "-")`,
		`string.match("x", string.rep("(", 33) .. "x")`, `string.match("x", string.rep("()", 32))`, `string.match("x", string.rep("()", 33))`,
		`string.match(string.rep("a", 300), string.rep("a?", 300))`,
		`string.gsub("hello world", "o", "0")`, `string.gsub("hello", "", "-")`, `string.gsub("abc", "%w", "%0%0")`, `string.gsub("abc", "(a)(b)", "%2%1")`, `string.gsub("abc", "%w", "%1")`,
		`string.gsub("abc", "%w", "%2")`, `string.gsub("abc", "%w", "%")`, `string.gsub("abc", "%w", "%x")`, `string.gsub("abc", "%w", "%%")`, `string.gsub("hello", "l", "L", 1)`, `string.gsub("hello", "l", "L", 0)`,
		`string.gsub("hello", "l", "L", -1)`, `string.gsub("hello", "^h", "j")`, `string.gsub("hhh", "^h", "j")`, `string.gsub("a b", "%w", {a = 1, b = true})`, `string.gsub("a b", "%w", {a = "x", b = false})`,
		`string.gsub("$name is $age", "%$(%w+)", {name = "Bob", age = 3.5})`, `string.gsub("abc", "%w", function(c) return c == "b" and "X" end)`, `string.gsub("abc", "(%w)(%w)", function(a, b) return b .. a end)`,
		`string.gsub("abc", "%w", function() return {} end)`, `string.gsub("abc", "%w", function() error("x") end)`, `string.gsub("abc", "()", "%1")`, `string.gsub("abc", "()%w", function(n) return n * 2 end)`,
		`string.gsub("abc", "b", setmetatable({}, {__index = function(_, k) return k .. k end}))`, `string.gsub("x", "x", nil)`, `string.gsub("x", "x")`, `string.gsub("x", "x", true)`, `string.gsub("x")`, `string.gsub("x", "x", {}, {})`,
		`string.gsub("x", "x", 12.5)`, `string.gsub("x", "(x", "")`, `string.gsub("x", "", "", 1e100)`, `string.gsub("abc def", "%f[%w]%w+", string.upper)`, `string.gsub("x\0y", "%z", "0")`, `string.gsub("xay", "a\0", "0")`,
		`local r = {} for k, v in string.gmatch("a=1, b=2", "(%w+)=(%w+)") do r[k] = v end return r`, `local r = {} for w in string.gmatch("one two", "%a+") do r[#r + 1] = w end return r`,
		`local r = {} for w in string.gmatch("abc", "") do r[#r + 1] = w end return r`, `local r = {} for w in string.gmatch("aaa", "^a") do r[#r + 1] = w end return r`, `local r = {} for w in ("^a^a"):gmatch("^a") do r[#r + 1] = w end return r`,
		`local r = {} for p in string.gmatch("abc", "()") do r[#r + 1] = p end return r`, `string.gmatch("x")`, `string.gmatch()`, `string.gmatch("x", "(")()`, `string.find("x")`, `string.find({}, "x")`, `string.find("x", {})`, `string.match("x", "x", {})`,
		`string.find(123, 2)`, `string.match("x", "x", 1e300)`, `string.find("abc", "b", -1)`, `string.find("abc", "b", -2)`, `string.find("a", "a", 0/0)`,
	}, strlib.Open)
}

// pick puts parts together at random.
func pick(rng *rand.Rand, most int, parts ...string) string {
	var b strings.Builder
	for range rng.IntN(most) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

func TestRandomPatternsLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var codes []string
	for range 6000 {
		pattern := pick(rng, 9, "a", "b", "a", ".", "%a", "%d", "%w", "%S", "%p", "*", "+", "-", "?", "(", ")", "()", "[ab]", "[^a]", "[a-c%d]", "[%w_]", "%b()", "%f[%a]", "%1", "%2", "^", "$", "%", "[", "]", "%z", "\x00", "%%", "-", "(a*)", "(.-)")
		subject := pick(rng, 14, "a", "b", "ab", "c", "1", " ", "(", ")", "_", "%", "\x00", "\xe4", "A", "$", "^", "-")
		switch rng.IntN(5) {
		case 0:
			codes = append(codes, fmt.Sprintf("string.find(%s, %s, %d)", redistest.Quote(subject), redistest.Quote(pattern), rng.IntN(6)-2))
		case 1:
			codes = append(codes, fmt.Sprintf("string.match(%s, %s)", redistest.Quote(subject), redistest.Quote(pattern)))
		case 2:
			codes = append(codes, fmt.Sprintf("local r = {} for a, b in string.gmatch(%s, %s) do r[#r + 1] = a r[#r + 1] = b or 0 end return r", redistest.Quote(subject), redistest.Quote(pattern)))
		default:
			replacement := pick(rng, 4, "x", "%0", "%1", "%2", "%%", "%", "yz")
			codes = append(codes, fmt.Sprintf("string.gsub(%s, %s, %s)", redistest.Quote(subject), redistest.Quote(pattern), redistest.Quote(replacement)))
		}
	}
	redistest.Compare(t, codes, strlib.Open)
}

func TestFormatLikeRedis(t *testing.T) {
	t.Parallel()
	codes := []string{
		`string.format("%y", 1)`, `string.format("%d")`, `string.format("%")`, `string.format("%", 1)`, `string.format("%5", 1)`, `string.format("%-5.2", 1)`, `string.format("%d", "x")`, `string.format("%d", nil)`, `string.format("%d", "0x10")`,
		`string.format("%%")`, `string.format("%5%", 1)`, `string.format("%s %s", 1)`, `string.format("%s", nil)`, `string.format("%s", {})`, `string.format("%s", true)`, `string.format()`, `string.format({})`, `string.format(12)`,
		`string.format("%------d", 1)`, `string.format("%-----d", 1)`, `string.format("%100d", 1)`, `string.format("%.100d", 1)`, `string.format("%99.99f", 1e308)`, `string.format("%q", 'a"b\\c\nd\re\0f\1')`, `string.format("%q", 12)`, `string.format("%q")`,
		`string.format("%s|%s", "a\0b", string.rep("x", 99) .. "\0y")`, `string.format("%10s|%-10s|%.2s|%5.1s|%.s|%05s", "abc", "abc", "abc", "abc", "abc", "abc")`, `string.format("%200s", "x")`,
		`string.format("%10s", string.rep("y", 100))`, `string.format("%.50s", string.rep("y", 100))`, `string.format("%c%c|%5c|%-5c|%05c|%.0c|%3c|%-3c|", 65, 0, 66, 67, 68, 69, 0, 0)`, `string.format("%c", 321)`, `string.format("%c", 1e20)`,
		`string.format("%d %i", 3.99, -3.99)`, `string.format("%d", 1e20)`, `string.format("%d", -1e20)`, `string.format("%d", 0/0)`, `string.format("%d", 1/0)`, `string.format("%u", -1)`, `string.format("%x", -1)`, `string.format("%x", 2^63)`, `string.format("%X", 2^64 - 2048)`,
		`string.format("%u", 2^64)`, `string.format("%u", 0/0)`, `string.format("%o", 8)`, `string.format("%#o|%#o|%#.0o|%#.3o|%#5o|%#.2o", 8, 0, 0, 8, 8, 64)`, `string.format("%#x|%#x|%#.0x|%.0x|%.0d|%+.0d", 255, 0, 0, 0, 0, 0)`, `string.format("%F", 1)`, `string.format("%a", 1)`, `string.format("%p", 1)`, `string.format("%n", 1)`, `string.format("%ld", 1)`,
		`string.format("%g %g %g %g", 1/0, -1/0, 0/0, -(0/0))`, `string.format("%05g|%-5g|%+g|% g|%G|%E|%f", 1/0, 1/0, 1/0, 1/0, 1/0, 0/0, -1/0)`, `string.format("%+05d|% 05d|%-05d|%05.3d", 7, 7, 7, 7)`, `string.format("%g %g", 0, -0)`, `string.format("%é", 1)`,
		`string.format("%5.3q", "x")`, `string.format("%s", 0.1)`, `string.format("%s", 1e15)`, `string.format("%s", "x", "y")`, `string.format("%*d", 1, 2)`, `string.format("%\0d", 1)`, `string.format("a\0b%d", 1)`, `string.format("%.f|%.e|%.g|%#.f|%#.e|%#.g", 2.5, 2.5, 2.5, 3, 3, 3)`,
	}
	rng := rand.New(rand.NewPCG(3, 4))
	numbers := []string{"0", "1", "-1", "3.7", "-3.7", "255", "1e10", "-1e15", "1e100", "1/3", "2^53", "-2^63", "2^63", "5e-324", "1.7976931348623157e308", "0.5", "1.5", "2.5", "1e-5", "123456789", "99999.95", "1/0", "-1/0", "0.000123", "1e21"}
	for range 5000 {
		verb := string("diouxXeEfgGcsq"[rng.IntN(14)])
		spec := "%" + pick(rng, 4, "-", "+", " ", "#", "0") + []string{"", "", "5", "12", "20"}[rng.IntN(5)] + []string{"", "", ".", ".0", ".1", ".3", ".10", ".17", ".25"}[rng.IntN(9)] + verb
		codes = append(codes, fmt.Sprintf("string.format('%s|', %s)", spec, numbers[rng.IntN(len(numbers))]))
	}
	redistest.Compare(t, codes, strlib.Open)
}

func TestLongStringsAreRefused(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, strlib.Open)
	for _, code := range []string{
		`string.rep("x", 2^31 - 1)`,
		`string.rep("x", 2^29 + 1)`,
		`string.rep(string.rep("x", 2^20), 2^30)`,
	} {
		if got := redistest.Run(L, code); !strings.Contains(got, "string length overflow") {
			t.Errorf("%s: %.200q", code, got)
		}
	}
}

func TestDeepPatternsAreRefused(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, strlib.Open)
	got := redistest.Run(L, `string.match(string.rep("a", 100000), string.rep("a?", 100000))`)
	if !strings.Contains(got, "pattern too complex") {
		t.Errorf("got %.200q", got)
	}
}

func TestLongWorkEndsWithTheContext(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`string.match(string.rep("a", 3000), string.rep("a*", 100) .. "b")`,
		`string.find(string.rep("a", 3000), string.rep("a-", 100) .. "b")`,
		`string.gsub(string.rep("(", 100000), "%b()", "")`,
		`string.gmatch(string.rep("a", 3000), string.rep(".-", 100) .. "b")()`,
	} {
		L := redistest.NewState(t, strlib.Open)
		ctx, cancel := context.WithCancel(t.Context())
		L.SetContext(ctx)
		started := make(chan struct{})
		L.SetGlobal("started", L.NewFunction(func(*glua.LState) int { close(started); return 0 }))
		go func() {
			<-started
			cancel()
		}()
		if got := redistest.Run(L, "started() return "+code); !strings.Contains(got, "context canceled") {
			t.Errorf("%s: %.200q", code, got)
		}
	}
}

func FuzzPatterns(f *testing.F) {
	f.Add("hello", "(l+)%1-", "%1")
	f.Add("f(a)", "%b()%f[%w][^%s-]$", "%0%%")
	f.Fuzz(func(t *testing.T, subject, pattern, replacement string) {
		if len(subject) > 100 || len(pattern) > 20 {
			return
		}
		L := redistest.NewState(t, strlib.Open)
		for _, code := range []string{"string.find(%s, %s)", "string.match(%s, %s)", "string.gmatch(%s, %s)()"} {
			redistest.Run(L, fmt.Sprintf(code, redistest.Quote(subject), redistest.Quote(pattern)))
		}
		redistest.Run(L, fmt.Sprintf("string.gsub(%s, %s, %s)", redistest.Quote(subject), redistest.Quote(pattern), redistest.Quote(replacement)))
		redistest.Run(L, fmt.Sprintf("string.format(%s, 1, 2, 3)", redistest.Quote(pattern)))
	})
}
