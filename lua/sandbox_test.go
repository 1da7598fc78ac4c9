package lua_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/lua/redistest"
)

// globals is a script that lists all that can be reached from the globals.
const globals = `local seen, out = {}, {}
local function walk(t, path)
	if seen[t] then return end
	seen[t] = true
	for k, v in pairs(t) do
		local name = path .. tostring(k)
		out[#out + 1] = name .. ' ' .. type(v)
		if type(v) == 'table' then walk(v, name .. '.') end
	end
end
walk(_G, '')
table.sort(out)
return table.concat(out, '\n')`

func TestGlobalsAreThoseOfRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	want := strings.Split(string(newClient(t, server, false).do([]byte("EVAL"), []byte(globals), []byte("0"))), "\n")
	got := strings.Split(string(eval(t, lua.New(lua.Options{}), nil, globals, false)), "\n")
	for _, name := range want[1:] {
		if !slices.Contains(got, name) {
			t.Errorf("missing: %s", name)
		}
	}
	for _, name := range got[1:] {
		if !slices.Contains(want, name) {
			t.Errorf("too much: %s", name)
		}
	}
}

// escapes are ways out of the sandbox, or into other scripts, that Redis has had; each script returns 1 if its way is open.
var escapes = map[string]string{
	"bytecode (CVE-2015-4335)":              `return loadstring('\27Lua\81\0\1\4\8\4\8\0') and 1 or 0`,
	"bytecode through load":                 `local once return load(function() if not once then once = true return '\27Lua' end end) and 1 or 0`,
	"bytecode of a function":                `return loadstring(string.dump(function() end)) and 1 or 0`,
	"package library (CVE-2022-0543)":       `return pcall(function() return package.loadlib end) and 1 or 0`,
	"require":                               `return pcall(function() return require end) and 1 or 0`,
	"io":                                    `return pcall(function() return io.popen end) and 1 or 0`,
	"os":                                    `return pcall(function() return os.execute end) and 1 or 0`,
	"debug":                                 `return pcall(function() return debug.getinfo end) and 1 or 0`,
	"dofile":                                `return pcall(function() return dofile end) and 1 or 0`,
	"loadfile":                              `return pcall(function() return loadfile end) and 1 or 0`,
	"print":                                 `return pcall(function() return print end) and 1 or 0`,
	"module":                                `return pcall(function() return module end) and 1 or 0`,
	"channel":                               `return pcall(function() return channel end) and 1 or 0`,
	"newproxy":                              `return pcall(function() return newproxy end) and 1 or 0`,
	"setfenv":                               `return pcall(function() return setfenv end) and 1 or 0`,
	"getfenv":                               `return pcall(function() return getfenv end) and 1 or 0`,
	"global variables (CVE-2022-24735)":     `return pcall(function() leak = 1 end) and 1 or 0`,
	"rawset on globals":                     `return pcall(rawset, _G, 'leak', 1) and 1 or 0`,
	"fields of _G":                          `return pcall(function() _G.leak = 1 end) and 1 or 0`,
	"metatable of _G":                       `return pcall(setmetatable, _G, {}) and 1 or 0`,
	"fields of the metatable of _G":         `return pcall(function() getmetatable(_G).__index = function() return 1 end end) and 1 or 0`,
	"rawset on the metatable of _G":         `return pcall(function() rawset(getmetatable(_G), '__index', 1) end) and 1 or 0`,
	"replaced redis.call":                   `return pcall(function() redis.call = 1 end) and 1 or 0`,
	"rawset on redis":                       `return pcall(rawset, redis, 'call', 1) and 1 or 0`,
	"metatable of redis":                    `return pcall(setmetatable, redis, {__index = _G}) and 1 or 0`,
	"replaced string.format":                `return pcall(function() string.format = 1 end) and 1 or 0`,
	"new field of string":                   `return pcall(function() string.leak = 1 end) and 1 or 0`,
	"metatable of strings (CVE-2025-46818)": `return pcall(function() getmetatable('').__index = {} end) and 1 or 0`,
	"new metamethod of strings":             `return pcall(function() getmetatable('').__add = function() return 1 end end) and 1 or 0`,
	"rawset on the metatable of strings":    `return pcall(function() rawset(getmetatable(''), '__index', {}) end) and 1 or 0`,
	"string library through its metatable":  `return pcall(function() getmetatable('').__index.upper = 1 end) and 1 or 0`,
	"metatable of numbers":                  `return getmetatable(1) and 1 or 0`,
	"metatable of nil":                      `return getmetatable(nil) and 1 or 0`,
	"metatable of functions":                `return getmetatable(redis.call) and 1 or 0`,
	"setmetatable on a number":              `return pcall(setmetatable, 1, {}) and 1 or 0`,
	"table.insert into a library":           `return pcall(table.insert, string, 'x') and 1 or 0`,
	"table.insert into the globals":         `return pcall(table.insert, _G, 'x') and 1 or 0`,
	"table.sort of a library":               `return pcall(table.sort, math) and 1 or 0`,
	"table.remove from a library":           `return pcall(table.remove, cjson) and 1 or 0`,
	"__newindex to a library":               `return pcall(function() setmetatable({}, {__newindex = redis}).call = 1 end) and 1 or 0`,
	"error handler into a library":          `__redis__err__handler(math) return (rawget(math, 'err') or rawget(math, 'source')) and 1 or 0`,
	"readonly table as an error":            `pcall(error, math) return rawget(math, 'source') and 1 or 0`,
	"cjson settings":                        `cjson.encode_sparse_array(true, 1, 1) return 0`,
	"unpack overflow (CVE-2025-46817)":      `return pcall(unpack, {}, -2147483648, 2147483647) and 1 or 0`,
	"bit.tohex overflow (CVE-2024-31449)":   `return #bit.tohex(65535, -2147483648) > 8 and 1 or 0`,
	"struct overflow (CVE-2018-11219)":      `return pcall(struct.pack, '>I2147483648', '10') and 1 or 0`,
	"struct sizes (CVE-2020-14147)":         `return pcall(struct.unpack, '!2147483648d', 'x') and 1 or 0`,
	"struct position":                       `return pcall(struct.unpack, 'i', 'abcd', -2147483647) and 1 or 0`,
	"cmsgpack depth (CVE-2018-11218)":       `local t = {} for i = 1, 1000 do t = {t} end return #cmsgpack.pack(t) > 1000 and 1 or 0`,
	"cmsgpack lengths":                      `return pcall(cmsgpack.unpack, '\221\255\255\255\255') and 1 or 0`,
	"cmsgpack offsets":                      `return pcall(cmsgpack.unpack_limit, '\192', 1, 2147483648) and 1 or 0`,
	"cjson depth":                           `return pcall(cjson.decode, string.rep('[', 100000)) and 1 or 0`,
	"stack overflow (CVE-2021-32626)":       `local function f(...) return select('#', ...) end return pcall(f, unpack({}, 1, 7999)) and 0 or 1`,
	"stack overflow of a deep reply":        `local t = {} for i = 1, 7000 do t = {t} end return type(t) == 'table' and 0 or 1`,
	"format overflow":                       `return pcall(string.format, '%99999d', 1) and 1 or 0`,
	"pattern recursion":                     `return pcall(string.match, string.rep('x', 300000), string.rep('(.?)', 300000)) and 1 or 0`,
	"string.rep overflow":                   `return pcall(string.rep, 'x', 2147483647) and 1 or 0`,
	"malformed script (CVE-2022-24736)":     `return loadstring('return _G[function() end]..') and 1 or 0`,
	"long brackets (CVE-2025-46819)":        `return loadstring('return [' .. string.rep('=', 100000)) and 1 or 0`,
	"parser and collector (CVE-2025-49844)": `for i = 1, 100 do loadstring('x' .. i .. ' = ' .. string.rep('y', 100)) collectgarbage() end return 0`,
	"finalizers (CVE-2024-46981)":           `setmetatable({}, {__gc = function() redis.call('ping') end}) collectgarbage() return 0`,
	"goto":                                  `return loadstring('goto x ::x::') and 1 or 0`,
	"yield out of the script":               `return pcall(coroutine.yield, 1) and 1 or 0`,
	"coroutine of the main thread":          `return coroutine.running() and 1 or 0`,
	"yield across pcall":                    `return select(2, coroutine.resume(coroutine.create(function() return pcall(coroutine.yield) end))) and 1 or 0`,
	"yield across a metamethod":             `return coroutine.resume(coroutine.create(function() return setmetatable({}, {__index = coroutine.yield}).x end)) and 1 or 0`,
	"yield across table.sort":               `return coroutine.resume(coroutine.create(function() table.sort({1, 2}, coroutine.yield) end)) and 1 or 0`,
	"KEYS of another script":                `return (rawget(_G, 'KEYS')[1] == nil) and 0 or 1`,
	"field left in redis by another script": `return rawget(redis, 'leak') and 1 or 0`,
	"number left in a library":              `return (rawget(string, 1) or rawget(_G, 1)) and 1 or 0`,
	"infinite tostring":                     `local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring return pcall(tostring, t) and 1 or 0`,
	"infinite index chain":                  `local t = {} setmetatable(t, {__index = t}) return pcall(function() return t.x end) and 1 or 0`,
	"metatable protected by the script":     `return pcall(setmetatable, setmetatable({}, {__metatable = 1}), {}) and 1 or 0`,
}

func TestEscapesAreClosed(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	want := eval(t, engine, nil, globals, false)
	for name, script := range escapes {
		if got := eval(t, engine, &starter{}, script, false); string(got) != ":0\r\n" {
			t.Errorf("%s: %.300q", name, got)
		}
		if after := eval(t, engine, nil, globals, false); !bytes.Equal(after, want) {
			t.Fatalf("%s: changed the globals", name)
		}
	}
}

// TestScriptsDoNotSeeEachOther runs pairs of scripts in one interpreter: the first leaves what it can.
func TestScriptsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	engine := lua.New(lua.Options{})
	for _, tc := range []struct{ leave, look, want string }{
		{"redis.setresp(3) return 1", "return true", ":1\r\n"},
		{"math.randomseed(77) return 1", "local x = math.random() math.randomseed(77) return x == math.random()", "$-1\r\n"},
		{"cjson.encode_max_depth(1) return 1", "return cjson.encode({{{{1}}}})", "$9\r\n[[[[1]]]]\r\n"},
		{"KEYS[5] = 'x' ARGV[7] = 'y' return 1", "return {#KEYS, #ARGV}", "*2\r\n:0\r\n:0\r\n"},
		{"co = 1", "return pcall(function() return co end)", "$-1\r\n"},
		{"error('x')", "return 1", ":1\r\n"},
		{"coroutine.wrap(function() coroutine.yield() end)() return 1", "return coroutine.running() == nil", ":1\r\n"},
		{"local function f() return 1 + f() end f()", "return 2", ":2\r\n"},
	} {
		eval(t, engine, nil, tc.leave, false)
		if got := string(eval(t, engine, nil, tc.look, false)); got != tc.want {
			t.Errorf("%s, then %s: %q", tc.leave, tc.look, got)
		}
	}
}

func FuzzScripts(f *testing.F) {
	for _, script := range scripts(f, "syntax.scripts") {
		f.Add(script)
	}
	for _, script := range endless {
		f.Add(script)
	}
	engine := lua.New(lua.Options{MaxMemoryBytes: 64 << 20})
	f.Fuzz(func(t *testing.T, src string) {
		script, err := engine.Compile([]byte(src))
		if err != nil {
			return
		}
		runBriefly(t, engine, script)
	})
}
