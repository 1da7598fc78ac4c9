package cjson_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/cjson"
	"github.com/mnorrsken/postkeys/lua/redistest"
	"github.com/mnorrsken/postkeys/lua/strlib"
)

func TestLibraryLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		`local t = {} for k, v in pairs(cjson) do t[k] = type(v) == 'string' and v or type(v) end return t`,
		`type(cjson.null), cjson.null == cjson.decode('null'), cjson.new().null == cjson.null, cjson.new ~= nil`,
	}, strlib.Open, cjson.Open)
}

func TestEncodeLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		`cjson.encode({})`, `cjson.encode({{}})`, `cjson.encode({1, 2, 3})`, `cjson.encode({a = 1})`, `cjson.encode({1, 2, nil, 4})`, `cjson.encode({[1] = 1, [2.5] = 2})`, `cjson.encode({[0] = 1})`, `cjson.encode({[-1] = 1})`,
		`cjson.encode(nil)`, `cjson.encode(true)`, `cjson.encode(false)`, `cjson.encode("x")`, `cjson.encode(12)`, `cjson.encode(cjson.null)`, `cjson.encode({cjson.null, cjson.null})`, `cjson.encode()`, `cjson.encode(1, 2)`, `cjson.encode(tostring)`,
		`cjson.encode({tostring})`, `cjson.encode({[true] = 1})`, `cjson.encode({[{}] = 1})`, `cjson.encode({a = {b = {c = {1, {d = "e"}}}}})`, `cjson.encode(string.rep)`,
		`cjson.encode({[10] = 1})`, `cjson.encode({[11] = 1})`, `cjson.encode({1, [20] = 1})`, `cjson.encode({1, 2, 3, 4, 5, 6, [12] = 1})`, `cjson.encode({1, 2, 3, 4, 5, [13] = 1})`, `cjson.encode({[1e9] = 1})`, `cjson.encode({[2^31] = 1})`, `cjson.encode({[2^40] = 1})`, `cjson.encode({[1/0] = 1})`,
		`cjson.encode({1, 2, [1e10] = 3})`, `cjson.encode({[1] = 1, [2] = 2, [1e300] = 1})`, `cjson.encode({a = {[100] = 1}})`,
		`cjson.encode(1/0)`, `cjson.encode(-1/0)`, `cjson.encode(0/0)`, `cjson.encode({1/0})`, `cjson.encode({[1.5] = 1})`, `cjson.encode({[1e20] = "x", a = 1} and {[1e20] = "x"})`, `cjson.encode(0.1)`, `cjson.encode(1e15)`, `cjson.encode(123456789012345)`, `cjson.encode(12345678901234)`, `cjson.encode(-0)`, `cjson.encode(1e100)`, `cjson.encode(3.14159265358979)`,
		`local s = {} for i = 0, 255 do s[#s + 1] = string.char(i) end return cjson.encode(table.concat(s))`,
		`cjson.encode("a/b\\c\"d\127\195\169")`, `cjson.encode({["a\0b/"] = "\0"})`,
		`local t = {} t.t = t return cjson.encode(t)`, `local t = {} t[1] = t return cjson.encode(t)`,
		`local t = {} for i = 1, 998 do t = {t} end return #cjson.encode(t)`, `local t = {} for i = 1, 999 do t = {t} end return #cjson.encode(t)`, `local t = {} for i = 1, 1000 do t = {t} end return #cjson.encode(t)`, `local t = {} for i = 1, 1000 do t = {a = t} end return #cjson.encode(t)`,
		`cjson.encode_max_depth(5) local ok, e = pcall(cjson.encode, {{{{{{}}}}}}) cjson.encode_max_depth(1000) return ok, e`,
		`cjson.encode_max_depth(1e6) local t = {} t[1] = t local ok, e = pcall(cjson.encode, t) cjson.encode_max_depth(1000) return ok, e`,
		`cjson.encode_max_depth(1e6) local t = {} t.a = t local ok, e = pcall(cjson.encode, t) cjson.encode_max_depth(1000) return ok, e`,
		`cjson.decode_max_depth(1e6) local ok, e = pcall(cjson.decode, string.rep("[", 10000)) cjson.decode_max_depth(1000) return ok, e`,
		`cjson.decode_max_depth(1e6) local ok, e = pcall(cjson.decode, string.rep('{"a":', 10000)) cjson.decode_max_depth(1000) return ok, e`,
		`cjson.encode_number_precision(3) local s = cjson.encode({0.123456, 12345, 1e10, 999.9, 0.00001234}) cjson.encode_number_precision(14) return s`,
		`cjson.encode_number_precision()`, `cjson.encode_number_precision(0)`, `cjson.encode_number_precision(15)`, `cjson.encode_number_precision("x")`, `cjson.encode_number_precision({})`, `cjson.encode_number_precision(1, 2)`, `cjson.encode_number_precision(nil)`,
		`cjson.encode_invalid_numbers(true) local s = cjson.encode({1/0, -1/0, 0/0, -(0/0)}) cjson.encode_invalid_numbers("off") return s`, `cjson.encode_invalid_numbers("null") local s = cjson.encode({1/0, -1/0, 0/0}) local r = cjson.encode_invalid_numbers() cjson.encode_invalid_numbers(false) return s, r, cjson.encode_invalid_numbers()`,
		`cjson.encode_invalid_numbers("maybe")`, `cjson.encode_invalid_numbers({})`, `cjson.encode_invalid_numbers(1)`, `cjson.encode_invalid_numbers(1, 2)`, `cjson.decode_invalid_numbers("null")`, `cjson.decode_invalid_numbers()`,
		`cjson.encode_sparse_array()`, `cjson.encode_sparse_array(true, 1, 2) local s = cjson.encode({[3] = 1}) local a, b, c = cjson.encode_sparse_array(false, 2, 10) return s, a, b, c`, `cjson.encode_sparse_array(false, 0) local s = cjson.encode({[300] = 1}) cjson.encode_sparse_array("off", 2) return s`,
		`cjson.encode_sparse_array(nil, -1)`, `cjson.encode_sparse_array(nil, nil, -1)`, `cjson.encode_sparse_array(nil, 2^31)`, `cjson.encode_sparse_array(nil, nil, "x")`, `cjson.encode_sparse_array(1, 2, 3, 4)`, `cjson.encode_sparse_array("yes")`, `cjson.encode_sparse_array(false, 2^31 - 1, 10) local ok, s = pcall(cjson.encode, {1, [12] = 1}) cjson.encode_sparse_array("off", 2) return ok, s`,
		`cjson.encode_keep_buffer()`, `cjson.encode_keep_buffer(false) local s = cjson.encode({1}) return s, cjson.encode_keep_buffer("on")`, `cjson.encode_max_depth(0)`, `cjson.encode_max_depth(1, 2)`, `cjson.decode_max_depth(0)`, `cjson.decode_max_depth()`,
		`local c = cjson.new() c.encode_number_precision(2) return c.encode(1/3), cjson.encode(1/3), c._NAME, c._VERSION`,
	}, strlib.Open, openTable, cjson.Open)
}

// openTable gives tests the table library of gopher-lua, of which they need nothing that differs from Lua's.
func openTable(L *glua.LState) { glua.OpenTable(L) }

func TestDecodeLikeRedis(t *testing.T) {
	t.Parallel()
	codes := []string{"cjson.decode()", "cjson.decode(1, 2)", "cjson.decode({})", "cjson.decode(nil)", "cjson.decode(12)", "cjson.decode(0.5)",
		`cjson.decode(string.rep("[", 1000) .. string.rep("]", 1000)) ~= nil`, `cjson.decode(string.rep("[", 1001))`, `cjson.decode(string.rep("[", 1001) .. string.rep("]", 1001))`, `cjson.decode(string.rep('{"a":', 1001))`,
		`cjson.decode_max_depth(2) local ok, e = pcall(cjson.decode, "[[[1]]]") cjson.decode_max_depth(1000) return ok, e`,
		`cjson.decode('{"a":null}').a == cjson.null`, `cjson.decode("[1,null,3]")[3]`, `#cjson.decode("[1,null,3]")`,
	}
	for _, doc := range []string{"", " ", "1", " 1 ", "[]", "{}", "[1,2,3]", `{"a":1}`, `{"a":1,"a":2}`, "[1,]", "[,1]", "[1 2]", `{"a"}`, `{"a":}`, `{"a" 1}`, `{"a":1,}`, "{1:2}", "{,}", "{", "[", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, "[1", "[1,", "}", "]", ",", ":",
		"tru", "true", "truex", "True", "false", "fals", "null", "nul", "nullx", "nan", "NaN", "-nan", "inf", "Infinity", "-Infinity", "-inf", "infx", "i", "I", "N", "+1", "+", "-", "--1", "1e5", "1E-2", "1e", "1.", ".5", "-.5", "0x10", "0x", "01", "00", "1.5.5", "123abc", "[1e400]", "1 2", "[1] 2", "[1]]",
		`"abc"`, `"a`, `"`, `"\n\t\r\b\f\/\\\""`, `"\x"`, `"\`, `"\u0041"`, `"\u00e9"`, `"\u20ac"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ude00"`, `"\u12"`, `"\u12g4"`, `"\u0000"`, `"\uD800\uDC00"`, `"\u"`, `"abc\u0020def\n"`, "\"a\nb\"", "\"a\x00b\"", "[1\x00]", "\x001", "1\x00", "[\x00", "\"\xff\"", "'a'", "[1,2}", `{"a":[1,{"b":"c"}]}`, "\xef\xbb\xbf1", "/*x*/1", "[\t1\n,\r2 ]", "\v1", "1\v", "[1,2,3", "[[[[", "nan(1)", "[nan(x_1)]", "infinity", "INFINITYx", "tRUE", `{"":""}`, `{"a":1 "b":2}`, `["a" "b"]`, "[true false]", "[true,false,null]", `{null:1}`, `{true:1}`, `["\\"]`, `"\\`} {
		codes = append(codes, "cjson.decode("+redistest.Quote(doc)+")",
			"cjson.decode_invalid_numbers(false) local ok, v = pcall(cjson.decode, "+redistest.Quote(doc)+") cjson.decode_invalid_numbers(true) return ok, v")
	}
	redistest.Compare(t, codes, strlib.Open, cjson.Open)
}

// randomTable writes a table whose JSON does not depend on the order of keys: objects have one member.
func randomTable(rng *rand.Rand, depth int) string {
	if depth == 0 || rng.IntN(4) == 0 {
		return []string{"1", "-2.5", "1/3", "true", "false", "cjson.null", `"x"`, `"a\0/\""`, "1e20", `""`, "{}", "1e-7", `"\200\127"`}[rng.IntN(13)]
	}
	switch rng.IntN(4) {
	case 0:
		key := []string{"a", "[1.5]", `["x/y"]`, "[0]", "[-3]", "[3]", "[12]", "[2^33]"}[rng.IntN(8)]
		return "{" + key + " = " + randomTable(rng, depth-1) + "}"
	case 1:
		return fmt.Sprintf("{%s, [%d] = %s}", randomTable(rng, depth-1), 2+rng.IntN(4), randomTable(rng, depth-1))
	default:
		parts := make([]string, rng.IntN(5))
		for i := range parts {
			parts[i] = randomTable(rng, depth-1)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

func TestRandomValuesLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	var codes []string
	for range 2000 {
		codes = append(codes, "local s = cjson.encode("+randomTable(rng, 5)+") return s, cjson.decode(s)")
	}
	tokens := []string{"{", "}", "[", "]", ",", ":", `"a"`, `"b\n"`, `"\u00e9"`, "1", "-2.5e3", "true", "false", "null", "nan", "inf", " ", "0x1F", `"\ud83d\ude00"`, "x", `"`, `\`, "tru", "01", "\x00"}
	docs := []string{`{"a":[1,2,{"b":null}],"c":"d\u0041"}`, `[[],{},"x",-1.5e-3,true]`, `{"k":{"k":{"k":[0]}}}`}
	for range 3000 {
		doc := docs[rng.IntN(len(docs))]
		for range 1 + rng.IntN(2) {
			at := rng.IntN(len(doc))
			doc = doc[:at] + tokens[rng.IntN(len(tokens))] + doc[at+rng.IntN(min(3, len(doc)-at)):]
		}
		codes = append(codes, "cjson.decode("+redistest.Quote(doc)+")")
	}
	redistest.Compare(t, codes, strlib.Open, cjson.Open)
}

func TestSettingsOfAStateAreReset(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, cjson.Open)
	redistest.Run(L, `cjson.encode_max_depth(1) cjson.encode_number_precision(2) cjson.encode_sparse_array(true) return 1`)
	const code = `cjson.encode_max_depth(), cjson.encode({1/3}), cjson.encode_sparse_array()`
	if got := redistest.Run(L, code); !strings.Contains(got, `[0.33]; true`) {
		t.Errorf("before: %s", got)
	}
	cjson.Reset(L)
	if got := redistest.Run(L, code); !strings.HasPrefix(got, "true; number 1000; string 18 [0.33333333333333]; false") {
		t.Errorf("after: %s", got)
	}
}

func TestMembersComeInTheOrderTheyWereSetIn(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, cjson.Open)
	got := redistest.Run(L, `local t = {z = 1, y = 2} t.a = 3 t[1] = 4 return cjson.encode(t), cjson.encode(cjson.decode('{"b":1,"a":2,"c":3}'))`)
	if want := `true; string 29 {"1":4,"z":1,"y":2,"a":3}`; !strings.Contains(got, `{"1":4,"z":1,"y":2,"a":3}`) || !strings.Contains(got, `{"b":1,"a":2,"c":3}`) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHugeArraysEndWithTheContext(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, cjson.Open)
	ctx, cancel := context.WithCancel(t.Context())
	L.SetContext(ctx)
	L.SetGlobal("cancel", L.NewFunction(func(*glua.LState) int { cancel(); return 0 }))
	got := redistest.Run(L, `cjson.encode_sparse_array(false, 0) local f, t = cjson.encode, {[2^31 - 2] = 1} return pcall(f, t, cancel())`)
	if !strings.Contains(got, "context canceled") {
		t.Errorf("got %.200q", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"a":[1,null,"\u0041"]}`)
	f.Add(`[[[[nan,-inf,0x1p4`)
	f.Fuzz(func(t *testing.T, doc string) {
		L := redistest.NewState(t, cjson.Open)
		redistest.Run(L, "cjson.encode(cjson.decode("+redistest.Quote(doc)+"))")
	})
}

// job is of the size and shape of what job queues keep in Redis.
const job = `{"id":"1234","name":"send-mail","data":{"to":"someone@example.com","subject":"Hello","tries":3,"tags":["a","b","c"]},"opts":{"attempts":5,"delay":0,"timestamp":1700000000123,"removeOnComplete":true},"progress":0.5,"parent":null}`

func benchmark(b *testing.B, code string) {
	L := redistest.NewState(b, cjson.Open)
	L.SetGlobal("doc", glua.LString(job))
	if err := L.DoString("value = cjson.decode(doc) function run() " + code + " end"); err != nil {
		b.Fatal(err)
	}
	run := L.GetGlobal("run")
	b.ReportAllocs()
	b.SetBytes(int64(len(job)))
	for b.Loop() {
		L.Push(run)
		L.Call(0, 0)
	}
}

func BenchmarkEncode(b *testing.B) { benchmark(b, "cjson.encode(value)") }
func BenchmarkDecode(b *testing.B) { benchmark(b, "cjson.decode(doc)") }
