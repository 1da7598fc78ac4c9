package redistest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/number"
)

// prelude defines, on one line, the function that writes values as AppendValue does.
const prelude = `local function dump(v, depth) local t = type(v) ` +
	`if t == 'number' then return 'number ' .. string.format('%.17g', v) ` +
	`elseif t == 'string' then return 'string ' .. #v .. ' ' .. v ` +
	`elseif t == 'boolean' then return tostring(v) ` +
	`elseif t ~= 'table' then return t ` +
	`elseif depth == 20 then return 'deep' end ` +
	`local parts = {} for k, e in pairs(v) do parts[#parts + 1] = dump(k, depth + 1) .. ' = ' .. dump(e, depth + 1) end ` +
	`table.sort(parts) return '{' .. table.concat(parts, ', ') .. '}' end ` +
	`local function all(...) local parts = {} for i = 1, select('#', ...) do parts[i] = dump((select(i, ...)), 0) end ` +
	`return table.concat(parts, '; ') end `

// AppendValue appends a text that tells values apart which scripts can tell apart, whatever the order of a table's keys.
func AppendValue(dst []byte, v glua.LValue, depth int) []byte {
	switch v := v.(type) {
	case glua.LNumber:
		return number.AppendPrecision(append(dst, "number "...), float64(v), 17)
	case glua.LString:
		return fmt.Appendf(dst, "string %d %s", len(v), string(v))
	case glua.LBool:
		return strconv.AppendBool(dst, bool(v))
	case *glua.LTable:
		if depth == 20 {
			return append(dst, "deep"...)
		}
		var parts []string
		v.ForEach(func(k, e glua.LValue) {
			parts = append(parts, string(AppendValue(append(AppendValue(nil, k, depth+1), " = "...), e, depth+1)))
		})
		slices.Sort(parts)
		dst = append(append(dst, '{'), strings.Join(parts, ", ")...)
		return append(dst, '}')
	default:
		return append(dst, v.Type().String()...)
	}
}

// body makes the body of a function of an expression; statements have their own return.
func body(code string) string {
	if !strings.Contains(code, "return ") {
		return "return " + code
	}
	return code
}

// Quote writes a string of any bytes for Lua.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		fmt.Fprintf(&b, "\\%03d", s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// Run runs a body in the state and writes its results, or its error, like a script that Compare sends to Redis.
func Run(L *glua.LState, code string) string {
	fn, err := L.Load(strings.NewReader("\n"+body(code)), "user_script")
	if err != nil {
		return err.Error()
	}
	base := L.GetTop()
	L.Push(fn)
	if err := L.PCall(0, glua.MultRet, nil); err != nil {
		out := []byte("false; ")
		if api, ok := err.(*glua.ApiError); ok { //nolint:errorlint // PCall returns this very type
			return string(AppendValue(out, api.Object, 0))
		}
		return err.Error()
	}
	out := []byte("true")
	for i := base + 1; i <= L.GetTop(); i++ {
		out = AppendValue(append(out, "; "...), L.Get(i), 0)
	}
	L.SetTop(base)
	return string(out)
}

// NewState returns a state that has the base library and the given ones, and ends with the test.
func NewState(t testing.TB, open ...func(*glua.LState)) *glua.LState {
	L := glua.NewState(glua.Options{SkipOpenLibs: true, RegistryMaxSize: 1 << 20})
	t.Cleanup(L.Close)
	glua.OpenBase(L)
	for _, o := range open {
		o(L)
	}
	return L
}

// Scripts runs each body in Redis and returns what Run writes for it.
func Scripts(t testing.TB, codes []string) []string {
	t.Helper()
	scripts := make([]string, len(codes))
	for i, code := range codes {
		scripts[i] = prelude + "return all(pcall(function()\n" + body(code) + " end))"
	}
	return Start(t).Eval(t, scripts)
}

// Compare runs expressions, or bodies of functions with a return, in Redis and in a state with the given libraries, and
// reports what differs in results and errors, positions included.
func Compare(t testing.TB, codes []string, open ...func(*glua.LState)) {
	t.Helper()
	L := NewState(t, open...)
	wrong := 0
	for i, want := range Scripts(t, codes) {
		if got := Run(L, codes[i]); got != want {
			t.Errorf("%.300s\nredis: %.300q\nhere:  %.300q", codes[i], want, got)
			if wrong++; wrong == 40 {
				t.Fatal("and more")
			}
		}
	}
}
