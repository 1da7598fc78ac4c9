package cmsgpack_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/cmsgpack"
	"github.com/mnorrsken/postkeys/lua/redistest"
	"github.com/mnorrsken/postkeys/lua/strlib"
)

func TestLibraryLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		`local t = {} for k, v in pairs(cmsgpack) do t[k] = type(v) == 'string' and v or type(v) end return t`,
	}, cmsgpack.Open)
}

func TestPackLikeRedis(t *testing.T) {
	t.Parallel()
	codes := []string{
		`cmsgpack.pack()`, `cmsgpack.pack(nil)`, `cmsgpack.pack(nil, true, false)`, `cmsgpack.pack(tostring, string.rep)`, `cmsgpack.pack({})`, `cmsgpack.pack({1, 2, {3}})`, `cmsgpack.pack({a = 1})`, `cmsgpack.pack({1, 2, nil, 4})`, `cmsgpack.pack({[2] = 1})`,
		`cmsgpack.pack({[1] = 1, [2.5] = 1})`, `cmsgpack.pack({[0] = 1})`, `cmsgpack.pack({[-1] = 1})`, `cmsgpack.pack({[1/0] = 1})`, `cmsgpack.pack({[2^31] = 1})`, `cmsgpack.pack({[2^40] = 1})`, `cmsgpack.pack({[true] = {}})`, `cmsgpack.pack({[{}] = 1})`, `cmsgpack.pack({a = tostring})`,
		`local t = {} t[1] = t return cmsgpack.pack(t)`, `local t = {} t.a = t return cmsgpack.pack(t)`, `local t = {} t[t] = 1 return cmsgpack.pack(t)`, `local t = {} for i = 1, 15 do t = {t} end return cmsgpack.pack(t)`, `local t = {} for i = 1, 17 do t = {t} end return cmsgpack.pack(t)`,
		`local t = {1, 2, 3} t[3] = nil t[2] = nil return cmsgpack.pack(t)`, `local t = {a = 1} t.a = nil return cmsgpack.pack(t)`, `local t = {a = 1, 5} t.a = nil return cmsgpack.pack(t)`,
		`local s = {} for i = 1, 70000 do s[i] = 1 end return cmsgpack.pack(s)`, `local s = {} for i = 1, 16 do s[i] = i end return cmsgpack.pack(s)`, `local s = {} for i = 1, 15 do s[i] = i end return cmsgpack.pack(s)`,
		`return #cmsgpack.pack((function() local s = {} for i = 1, 70000 do s["k" .. i] = i end return s end)())`, `cmsgpack.pack(0/0, -(0/0), 1/0, -1/0)`,
	}
	for _, n := range []string{"0", "-0", "1", "127", "128", "255", "256", "65535", "65536", "2^31", "2^32 - 1", "2^32", "2^53", "2^53 + 1", "2^62", "2^63 - 1024", "2^63", "2^64", "-1", "-32", "-33", "-128", "-129", "-32768", "-32769", "-2^31", "-2^31 - 1", "-2^53", "-2^63", "-2^63 - 2048", "0.5", "0.1", "1/3", "1e300", "-1e300", "1e-320", "3.4028234663852886e38", "1e39", "1.5e10 + 0.5"} {
		codes = append(codes, "cmsgpack.pack("+n+")")
	}
	for _, n := range []int{0, 1, 31, 32, 255, 256, 65535, 65536} {
		codes = append(codes, fmt.Sprintf(`cmsgpack.pack(string.rep("x", %d))`, n))
	}
	redistest.Compare(t, codes, strlib.Open, cmsgpack.Open)
}

func TestUnpackLikeRedis(t *testing.T) {
	t.Parallel()
	codes := []string{
		`cmsgpack.unpack()`, `cmsgpack.unpack(nil)`, `cmsgpack.unpack({})`, `cmsgpack.unpack("")`, `cmsgpack.unpack("\1\2", 5)`, `cmsgpack.unpack_one()`, `cmsgpack.unpack_one("\1\2")`, `cmsgpack.unpack_one("\1\2", 1)`, `cmsgpack.unpack_one("\1\2", 2)`, `cmsgpack.unpack_one("\1\2", 3)`, `cmsgpack.unpack_one("\1\2", -1)`,
		`cmsgpack.unpack_one("\1\2", nil)`, `cmsgpack.unpack_one("\1\2", {})`, `cmsgpack.unpack_one({})`, `cmsgpack.unpack_one("\1\2", "1")`, `cmsgpack.unpack_limit("\1\2\3", 2)`, `cmsgpack.unpack_limit("\1\2\3", 2, 1)`, `cmsgpack.unpack_limit("\1\2\3", 0)`, `cmsgpack.unpack_limit("\1\2\3", 0, 1)`, `cmsgpack.unpack_limit("\1\2\3", -1)`,
		`cmsgpack.unpack_limit("\1\2\3", 5, 0)`, `cmsgpack.unpack_limit("\1\2\3")`, `cmsgpack.unpack_limit("\1\2\3", {})`, `cmsgpack.unpack_limit()`, `cmsgpack.unpack_limit("\1", 1, 2^40)`, `cmsgpack.unpack_limit("\1\2\3", 1e10)`, `cmsgpack.unpack_one("", 0)`,
		`select("#", cmsgpack.unpack(string.rep("\1", 7990)))`, `pcall(cmsgpack.unpack, string.rep("\1", 7999))`, `pcall(cmsgpack.unpack, string.rep("\1", 8000))`, `cmsgpack.unpack(string.rep("\145", 100))`, `cmsgpack.unpack(string.rep("\145", 3999))`, `cmsgpack.unpack(string.rep("\145", 4000))`, `cmsgpack.unpack(string.rep("\145", 10000))`, `cmsgpack.unpack(string.rep("\129\1", 10000))`, `cmsgpack.unpack(string.rep("\129", 10000))`,
		`cmsgpack.unpack("\221\255\255\255\255")`, `cmsgpack.unpack("\223\255\255\255\255\1\2")`, `cmsgpack.unpack("\219\255\255\255\255x")`, `#cmsgpack.unpack("\147\1\2\192")`, `cmsgpack.unpack("\147\1\192\3")`, `cmsgpack.unpack("\130\1\192\2\192")`, `cmsgpack.unpack("\130\1\5\1\192")`,
		`cmsgpack.unpack("\129\192\192")`, `cmsgpack.unpack("\129\203\127\248\0\0\0\0\0\0\192")`, `cmsgpack.unpack("\207\255\255\255\255\255\255\255\255")`, `cmsgpack.unpack("\207\128\0\0\0\0\0\0\0")`, `cmsgpack.unpack("\211\128\0\0\0\0\0\0\0")`, `cmsgpack.unpack("\203\255\248\0\0\0\0\0\0")`, `cmsgpack.unpack("\202\127\192\0\0")`, `cmsgpack.unpack("\202\127\128\0\0")`,
		`local t = cmsgpack.unpack("\129\206\0\15\255\255\1") return t[1048575], next(t)`,
	}
	for code := range 256 {
		for _, tail := range []string{"", "\x00", "\x01\x02\x03\x04\x05\x06\x07\x08", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x00\x00\x00\x02\x01\x02\x03\x04\x05\x06"} {
			codes = append(codes, "cmsgpack.unpack("+redistest.Quote(string([]byte{byte(code)})+tail)+")")
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		data := make([]byte, rng.IntN(24))
		for i := range data {
			data[i] = byte(rng.Uint32())
			switch rng.IntN(3) {
			case 0:
				data[i] = []byte{0x82, 0x92, 0x93, 0xa1, 0xc0, 0xc3, 0xcc, 0xd9, 0xca}[rng.IntN(9)]
			case 1:
				data[i] = byte(rng.IntN(4))
			}
		}
		codes = append(codes, "cmsgpack.unpack("+redistest.Quote(string(data))+")")
	}
	redistest.Compare(t, codes, strlib.Open, cmsgpack.Open)
}

// randomTable writes a table of which every map has one entry, so that its bytes do not depend on the order of keys.
func randomTable(rng *rand.Rand, depth int) string {
	if depth == 0 || rng.IntN(4) == 0 {
		return []string{"1", "-2.5", "1/3", "true", "false", `"x"`, `"a\0"`, "1e20", `""`, "{}", "-1e7", "65536", "2^33", "tostring", `("y"):rep(40)`}[rng.IntN(15)]
	}
	if rng.IntN(3) == 0 {
		key := []string{"a", "[1.5]", "[0]", "[-3]", "[3]", "[true]", "[2^33]"}[rng.IntN(7)]
		return "{" + key + " = " + randomTable(rng, depth-1) + "}"
	}
	parts := make([]string, []int{0, 1, 2, 3, 5, 17}[rng.IntN(6)])
	for i := range parts {
		parts[i] = randomTable(rng, depth-1)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func TestRandomValuesLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var codes []string
	for range 1000 {
		codes = append(codes, fmt.Sprintf("local s = cmsgpack.pack(%s, %s) return s, cmsgpack.unpack(s)", randomTable(rng, 3), randomTable(rng, 2)))
	}
	redistest.Compare(t, codes, strlib.Open, cmsgpack.Open)
}

func TestKeysCannotTakeAllMemory(t *testing.T) {
	t.Parallel()
	L := redistest.NewState(t, strlib.Open, cmsgpack.Open)
	got := redistest.Run(L, `cmsgpack.unpack("\220\4\0" .. ("\129\206\3\255\255\255\1"):rep(1024))`)
	if !strings.Contains(got, "table overflow") {
		t.Errorf("got %.200q", got)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add("\x92\x01\x81\xa1a\xc0")
	f.Add("\xdd\xff\xff\xff\xff\xdf\xff")
	f.Fuzz(func(t *testing.T, data string) {
		L := redistest.NewState(t, cmsgpack.Open)
		redistest.Run(L, "cmsgpack.pack(cmsgpack.unpack("+redistest.Quote(data)+"))")
	})
}

// job is of the size and shape of the arguments that job queues pass to their scripts.
const job = `{"bull:queue:", "1234", "send-mail", 1700000000123, false, {attempts = 5, delay = 0, backoff = {type = "exponential", delay = 1000}, keep = {count = 100, age = 3600}}, {"a", "b", "c"}, 0.5}`

func benchmark(b *testing.B, code string) {
	L := redistest.NewState(b, cmsgpack.Open)
	if err := L.DoString("value = " + job + " doc = cmsgpack.pack(value) function run() " + code + " end"); err != nil {
		b.Fatal(err)
	}
	run := L.GetGlobal("run")
	b.ReportAllocs()
	b.SetBytes(int64(len(glua.LVAsString(L.GetGlobal("doc")))))
	for b.Loop() {
		L.Push(run)
		L.Call(0, 0)
	}
}

func BenchmarkPack(b *testing.B)   { benchmark(b, "cmsgpack.pack(value)") }
func BenchmarkUnpack(b *testing.B) { benchmark(b, "cmsgpack.unpack(doc)") }
