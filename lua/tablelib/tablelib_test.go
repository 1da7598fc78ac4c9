package tablelib_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/redistest"
	"github.com/mnorrsken/postkeys/lua/strlib"
	"github.com/mnorrsken/postkeys/lua/tablelib"
)

func TestLikeRedis(t *testing.T) {
	t.Parallel()
	redistest.Compare(t, []string{
		`local t = {} for k, v in pairs(table) do t[k] = type(v) end return t`,
		`table.concat({})`, `table.concat({1, 2, 3})`, `table.concat({1, 2, 3}, ", ")`, `table.concat({"a", 1.5, 1e15, -0.1}, "|")`, `table.concat({1, 2, 3}, "-", 2)`, `table.concat({1, 2, 3}, "-", 2, 3)`, `table.concat({1, 2, 3}, "-", 3, 2)`, `table.concat({1, 2, 3}, 0)`, `table.concat({1, 2}, nil, nil, nil)`,
		`table.concat({1, {}, 3})`, `table.concat({1, 2}, "", 1, 3)`, `table.concat({1, true})`, `table.concat({}, "", 1, 1)`, `table.concat({[0] = "z", "a"}, "", 0)`, `table.concat({[-1] = "y", [0] = "z"}, ",", -1, 0)`, `table.concat()`, `table.concat(1)`, `table.concat({}, {})`, `table.concat({}, "", {})`, `table.concat({}, "", 1, {})`, `table.concat(nil, {})`, `table.concat({[2^30] = "x"}, "", 2^30, 2^30)`, `table.concat({1, 2}, "x", "1", "2")`, `table.concat({1}, "", 2^31)`,
		`table.getn({1, 2, 3}), table.getn({}), table.getn({n = 5})`, `table.getn()`, `table.getn("x")`, `table.setn({}, 1)`, `table.setn()`, `table.maxn({1, 2, [10] = 1, [2.5] = 1, x = 1})`, `table.maxn({})`, `table.maxn({[-5] = 1})`, `table.maxn({[1e10] = 1, [1e9] = 2})`, `table.maxn({[0.5] = 1})`, `table.maxn()`, `table.maxn({1, 2, x = 1, [100.5] = 2})`,
		`local t = {} table.insert(t, "a") table.insert(t, 1, "b") table.insert(t, 2, "c") return t`, `local t = {1, 2, 3} table.insert(t, 5, "x") return t`, `local t = {1, 2, 3} table.insert(t, 0, "x") return t`, `local t = {1, 2} table.insert(t, -2, "x") return t`, `local t = {1, 2, 3} table.insert(t, 2, nil) return t`, `local t = {1, 2, 3} table.insert(t, nil) return t`, `local t = {1} table.insert(t, 2, 2) return #t, t`,
		`table.insert({})`, `table.insert({}, 1, 2, 3)`, `table.insert()`, `table.insert(nil, 1)`, `table.insert({}, "x", 1)`, `table.insert({}, {}, 1)`, `local t = {1, 2} table.insert(t, "1", 0) return t`, `local t = {1, 2} table.insert(t, 1.9, 0) return t`, `local t = {} table.insert(t, 2^32 + 1, "x") return t`, `select("#", table.insert({}, 1))`,
		`local t = {1, 2, 3} return table.remove(t), t`, `local t = {1, 2, 3} return table.remove(t, 1), t`, `local t = {1, 2, 3} return table.remove(t, 2), t`, `local t = {1, 2, 3} return table.remove(t, 4), t`, `local t = {1, 2, 3} return table.remove(t, 0), t`, `local t = {1, 2, 3} return table.remove(t, -1), t`, `select("#", table.remove({}))`, `table.remove()`, `table.remove({}, {})`, `table.remove({1, 2}, "1")`, `local t = {1, 2, 3} t[3] = nil return table.remove(t), #t, t`, `local t = {1, 2, 3} t[3] = nil return table.remove(t, 1), #t, t`, `local t = {n = 3, "a"} return table.remove(t), t`, `local t = {1, 2} for i = 1, 100 do table.insert(t, i) table.remove(t) end return #t, t`,
		`local r = {} table.foreach({1, 2, 3}, function(k, v) r[#r + 1] = k * v end) return r`, `table.foreach({1, 2, 3}, function(k, v) if v == 2 then return k, v end end)`, `table.foreach({}, 1)`, `table.foreach(1)`, `table.foreach({a = 1}, function(k) return k end)`, `table.foreachi({1, 2, 3}, function(i, v) if v == 3 then return "found" end end)`, `table.foreachi({}, {})`, `table.foreachi()`, `table.foreachi({a = 1}, error)`, `select("#", table.foreachi({1}, function() end))`,
		`local t = {3, 1, 2} table.sort(t) return t`, `local t = {"b", "a", "C", "", "a\0b", "a\0a"} table.sort(t) return t`, `local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t`, `table.sort({1, "x"})`, `table.sort({1, "x", 2})`, `table.sort({{}, {}})`, `table.sort({true, false})`, `table.sort({1, {}})`, `table.sort({"a", 1, nil})`, `table.sort({1, nil, 3} and {nil})`, `table.sort()`, `table.sort({}, 1)`, `table.sort({}, "x")`, `table.sort({2, 1}, nil)`, `table.sort({2, 1}, function() error("no") end)`, `table.sort({tostring, tostring})`,
		`local mt = {__lt = function(a, b) return a.v < b.v end} local t = {} for i = 1, 20 do t[i] = setmetatable({v = i * 7 % 20}, mt) end table.sort(t) return t`, `table.sort({setmetatable({}, {__lt = function() return true end}), setmetatable({}, {__lt = function() return true end})})`, `table.sort({setmetatable({}, {__lt = function() return true end}), 1})`,
		`local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() return true end) return t`, `local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() return false end) return t`, `table.sort({1, 2, 3}, function() return true end)`, `table.sort({1, 2, 3, 4, 5}, function(a, b) return a <= b end)`, `local t = {0/0, 1, 0/0, 3, 2, 0/0, 1} table.sort(t) return #t`,
	}, strlib.Open, tablelib.Open)
}

func TestRandomSortsLikeRedis(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	orders := []string{"", "", ", function(a, b) return a > b end", ", function(a, b) return (a or 7) % 3 < (b or 8) % 3 end", ", function(a, b) return (a or 7) <= (b or 8) end", ", function(a, b) return ((a or 7) * 7 + (b or 8)) % 3 == 0 end", ", function(a, b) return true end", ", function(a, b) return a and b and a ~= b end"}
	var codes []string
	for range 1500 {
		parts := make([]string, rng.IntN(40))
		for i := range parts {
			parts[i] = fmt.Sprint(rng.IntN(30))
		}
		codes = append(codes, fmt.Sprintf("local t = {%s} table.sort(t%s) return t", strings.Join(parts, ", "), orders[rng.IntN(len(orders))]))
	}
	for range 1500 {
		var code strings.Builder
		code.WriteString("local t, r = {}, {} ")
		for range rng.IntN(12) {
			switch rng.IntN(5) {
			case 0:
				code.WriteString("r[#r + 1] = table.remove(t) or 'none' ")
			case 1:
				code.WriteString("r[#r + 1] = table.remove(t, 1) or 'none' ")
			case 2:
				fmt.Fprintf(&code, "if #t > 0 then table.insert(t, %d %% #t + 1, %d) end ", rng.IntN(9), rng.IntN(9))
			default:
				fmt.Fprintf(&code, "table.insert(t, %d) ", rng.IntN(9))
			}
		}
		codes = append(codes, code.String()+"return #t, t, r, table.concat(t, ',')")
	}
	redistest.Compare(t, codes, strlib.Open, tablelib.Open)
}

func TestLongWorkEndsWithTheContext(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"local insert = table.insert return insert({}, -2^31, 1, cancel())",
		"local t = {} for i = 1, 20000 do t[i] = -i end cancel() return table.sort(t)",
	} {
		L := redistest.NewState(t, tablelib.Open)
		ctx, cancel := context.WithCancel(t.Context())
		L.SetContext(ctx)
		L.SetGlobal("cancel", L.NewFunction(func(*glua.LState) int { cancel(); return 0 }))
		if got := redistest.Run(L, code); !strings.Contains(got, "context canceled") {
			t.Errorf("%s: %.200q", code, got)
		}
	}
}
