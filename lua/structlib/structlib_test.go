package structlib_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/lua/redistest"
	"github.com/mnorrsken/postkeys/lua/strlib"
	"github.com/mnorrsken/postkeys/lua/structlib"
)

func TestLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		`local t = {} for k, v in pairs(struct) do t[k] = type(v) end return t`,
		`struct.pack()`, `struct.pack({})`, `struct.pack("")`, `struct.pack("y")`, `struct.pack("\200")`, `struct.pack("i")`, `struct.pack("i", "x")`, `struct.pack("i", {})`, `struct.pack("i\0i", 1)`, `struct.pack("iii", 1, 2)`,
		`struct.pack("i33", 1)`, `struct.pack("i32", -1)`, `struct.pack(">i32", -1)`, `struct.pack("i0", 1)`, `struct.pack("I99999999999", 1)`, `struct.pack("i2147483647", 1)`, `struct.pack("i2147483648", 1)`, `struct.pack("c2147483648", "")`, `struct.pack("c5", "abc")`, `struct.pack("c2", "abc")`, `struct.pack("c", "abc")`, `struct.pack("c0", "abc")`, `struct.pack("s", "a\0b")`, `struct.pack("s", 12.5)`, `struct.pack("c0c0", "a")`,
		`struct.pack("!3i", 1)`, `struct.pack("!0i", 1)`, `struct.pack("!bi", 1, 2)`, `struct.pack("!4bl", 1, 2)`, `struct.pack("!16bi16", 1, 2)`, `struct.pack("!2bd", 1, 2)`, `struct.pack("!bi3", 1, 2)`, `struct.pack("!bbi3b", 1, 2, 3, 4)`, `struct.pack("!1bi", 1, 2)`, `struct.pack("! b h i l x B", 1, 2, 3, 4, 5)`, `struct.pack(">!bhild", 1, 2, 3, 4, 5)`, `struct.pack("!1073741824bi", 1, 2)`,
		`struct.pack("b", 300), struct.pack("b", -129), struct.pack("B", -1), struct.pack("h", 1e10), struct.pack("l", 2^63), struct.pack("L", 2^64), struct.pack("L", -1), struct.pack("l", 0/0), struct.pack("l", 1/0), struct.pack("l", -1/0), struct.pack("T", 1e19), struct.pack("l", -2^63 * 2)`,
		`struct.pack("f", 0.1), struct.pack(">f", 1e300), struct.pack("d", 0/0), struct.pack("f", 0/0), struct.pack("i", 1.9), struct.pack("i", -1.9)`,
		`struct.unpack()`, `struct.unpack("i")`, `struct.unpack("i", "abc")`, `struct.unpack("i", "abcd")`, `struct.unpack(">i", "abcd")`, `struct.unpack("bB", "\255\255")`, `struct.unpack("hH", "\255\255\255\255")`, `struct.unpack("lL", ("\255"):rep(16))`, `struct.unpack("i9", ("\255"):rep(9))`, `struct.unpack("i16", ("\1"):rep(16))`, `struct.unpack("i32", ("\1"):rep(32))`, `struct.unpack(">i32", ("\129"):rep(32))`, `struct.unpack("I3i3", "abc\255\255\255")`, `struct.unpack("i0", "abc")`, `struct.unpack("I0", "abc")`, `struct.unpack("i0", "")`,
		`struct.unpack("i", "abcdefgh", 3)`, `struct.unpack("i", "abcdefgh", 0)`, `struct.unpack("i", "abcdefgh", -1)`, `struct.unpack("i", "abcdefgh", 6)`, `struct.unpack("", "abc", 10)`, `struct.unpack("", "abc", -5)`, `struct.unpack("", "abc", 4)`, `struct.unpack("x", "abc", 10)`, `struct.unpack(" ", "abc", 10)`, `struct.unpack("<", "abc", 5)`, `struct.unpack("b", "abc", 1e300)`, `struct.unpack("b", "abc", "x")`, `struct.unpack("i", {})`,
		`struct.unpack("s", "abc\0def")`, `struct.unpack("s", "abc")`, `struct.unpack("ss", "a\0b\0")`, `struct.unpack("c2c", "abc")`, `struct.unpack("c0", "abc")`, `struct.unpack("bc0", "\3abc")`, `struct.unpack("bc0", "\4abc")`, `struct.unpack("bc0", "\255abc")`, `struct.unpack("c1c0", "3abc")`, `struct.unpack("c1c0", "xabc")`, `struct.unpack("dc0", struct.pack("d", 1.9) .. "abc")`, `struct.unpack("dc0", struct.pack("d", 1e30) .. "abc")`, `struct.unpack("dc0", struct.pack("d", 0/0) .. "abc")`, `struct.unpack("c4", "abc")`, `struct.unpack("c2147483647", "abc")`,
		`struct.unpack("fd", struct.pack("fd", 0.1, 0.1))`, `struct.unpack(">fd", struct.pack(">fd", 1/0, 0/0))`, `struct.unpack("!bi", struct.pack("!bi", 1, 2))`, `struct.unpack("!3b", "abc")`, `struct.unpack("y", "abc")`, `struct.unpack("!i", "abcdefgh", 2)`, `struct.unpack("xb", "ab")`,
		`select("#", struct.unpack(("b"):rep(7000), ("a"):rep(7000)))`, `struct.unpack(("b"):rep(8000), ("a"):rep(8000))`, `select("#", struct.unpack(("b"):rep(7996), ("a"):rep(7996)))`, `select("#", struct.unpack(("b"):rep(7997), ("a"):rep(7997)))`,
		`struct.size()`, `struct.size("i")`, `struct.size("bhilLTfdxc10")`, `struct.size("!bhild")`, `struct.size("s")`, `struct.size("c0")`, `struct.size("c")`, `struct.size("y")`, `struct.size("#")`, `struct.size("i33")`, `struct.size("!3")`, `struct.size("c2147483647c2147483647c2147483647")`, `struct.size("9")`, `struct.size("!bi7b")`, `struct.size("c99999999999")`, `struct.size("> < !2 i")`,
	}, strlib.Open, structlib.Open)
}

func TestRandomFormatsLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	options := []string{"b", "B", "h", "H", "l", "L", "T", "i", "I", "i3", "I5", "i8", "I7", "i12", "f", "d", "x", "c1", "c3", "c0", "s", ">", "<", "!", "!2", "!4", "!16", " "}
	values := []string{"0", "1", "-1", "127", "300", "-2^31", "2^40", "-2^63", "2^63", "1.5", "-2.7", "1e300", `"12"`, `"abc"`, `"a\0b"`}
	var codes []string
	for range 2500 {
		var format strings.Builder
		var args []string
		for range rng.IntN(7) {
			o := options[rng.IntN(len(options))]
			format.WriteString(o)
			switch {
			case o[0] == 'c' || o == "s":
				args = append(args, values[12+rng.IntN(3)])
			case o[0] >= 'A' && o != "x":
				args = append(args, values[rng.IntN(13)])
			}
		}
		data := make([]string, rng.IntN(40))
		for i := range data {
			data[i] = fmt.Sprintf(`\%d`, []int{0, 1, 2, 3, 255, 128, 127, 65}[rng.IntN(8)])
		}
		codes = append(codes,
			fmt.Sprintf(`struct.pack(%s)`, strings.Join(append([]string{`"` + format.String() + `"`}, args...), ", ")),
			fmt.Sprintf(`struct.unpack("%s", "%s", %d)`, format.String(), strings.Join(data, ""), 1+rng.IntN(3)),
			fmt.Sprintf(`struct.size("%s")`, format.String()))
	}
	redistest.Compare(t, codes, strlib.Open, structlib.Open)
}

func FuzzStruct(f *testing.F) {
	f.Add("!bi3>dsc0", "\x01\x02abc\x00")
	f.Fuzz(func(t *testing.T, format, data string) {
		L := redistest.NewState(t, structlib.Open)
		for _, code := range []string{"struct.unpack(%s, %s)", "struct.size(%s, %s)", "struct.pack(%s, 1, 2, %[2]s)"} {
			redistest.Run(L, fmt.Sprintf(code, redistest.Quote(format), redistest.Quote(data)))
		}
	})
}
