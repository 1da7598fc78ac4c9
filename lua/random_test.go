package lua_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/lua/redistest"
)

// program writes random scripts: variables of all kinds, closures, loops, tables, calls, and errors that pcall catches. Each writes
// what it comes across into a trace, which it returns.
type program struct {
	r      *rand.Rand
	b      strings.Builder
	locals []string
	depth  int
	loops  int
	vararg bool
	names  int
}

func randomProgram(r *rand.Rand) string {
	p := &program{r: r, vararg: true}
	p.b.WriteString("local T = {} local function t(...) for i = 1, select('#', ...) do local v = select(i, ...) " +
		"local k = type(v) T[#T + 1] = k == 'table' and '{' .. #v .. '}' or k == 'function' and 'F' or tostring(v) end return ... end ")
	p.b.WriteString("local ok, err = pcall(function(...) ")
	p.block(2 + r.IntN(8))
	p.b.WriteString(" end, 1, 'two', nil, 4) t(ok, err) return table.concat(T, ',')")
	return p.b.String()
}

func (p *program) pick(list ...string) string { return list[p.r.IntN(len(list))] }

func (p *program) fresh() string {
	p.names++
	return fmt.Sprintf("v%d", p.names%7) // names repeat, so that they shadow each other
}

func (p *program) local() string {
	if len(p.locals) == 0 {
		return "nil"
	}
	return p.locals[p.r.IntN(len(p.locals))]
}

func (p *program) block(n int) {
	outer := len(p.locals)
	for range n {
		p.statement()
	}
	p.locals = p.locals[:outer]
}

func (p *program) statement() {
	if p.depth > 4 {
		p.out("t(", p.expr(), ") ")
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	switch p.r.IntN(17) {
	case 0, 1, 2:
		names, exprs := p.list(1+p.r.IntN(3), p.fresh), p.exprs(1+p.r.IntN(3))
		p.out("local ", strings.Join(names, ", "), " = ", exprs, " ")
		p.locals = append(p.locals, names...)
	case 3, 4:
		if len(p.locals) > 0 {
			p.out(strings.Join(p.list(1+p.r.IntN(3), p.target), ", "), " = ", p.exprs(1+p.r.IntN(3)), " ")
		}
	case 5, 6:
		p.out("t(", p.exprs(1+p.r.IntN(3)), ") ")
	case 7:
		p.out("if ", p.expr(), " then ")
		p.block(1 + p.r.IntN(3))
		if p.r.IntN(2) == 0 {
			p.out("elseif ", p.expr(), " then ")
			p.block(1 + p.r.IntN(2))
		}
		if p.r.IntN(2) == 0 {
			p.out("else ")
			p.block(1 + p.r.IntN(2))
		}
		p.out("end ")
	case 8:
		v := p.fresh()
		p.out("for ", v, " = ", p.pick("1, 3", "3, 1, -1", "1, 2, 0.5", "'1', 2", "2, #T % 3"), " do ")
		p.loop(v)
		p.out("end ")
	case 9:
		k, v := p.fresh(), p.fresh()
		p.out("for ", k, ", ", v, " in ", p.pick("ipairs", "pairs"), "({", p.exprs(1+p.r.IntN(3)), "}) do ")
		p.loop(k, v)
		p.out("end ")
	case 10:
		v := p.fresh()
		p.out("local ", v, " = 0 ")
		p.locals = append(p.locals, v)
		counter := fmt.Sprintf("c%d", p.names)
		p.out("local ", counter, " = 0 while ", counter, " < 3 do ", counter, " = ", counter, " + 1 ")
		p.loop()
		p.out("end ")
	case 11:
		counter := fmt.Sprintf("c%d", p.names)
		v := p.fresh()
		p.out("do local ", counter, " = 0 repeat ", counter, " = ", counter, " + 1 local ", v, " = ", p.expr(), " ")
		p.loop(v)
		p.out("until ", counter, " > 2 or ", v, " == nil end ")
	case 12:
		name := p.fresh()
		p.out("local function ", name)
		p.locals = append(p.locals, name)
		p.function()
	case 13:
		name := p.fresh()
		p.out("local ", name, " = ", p.closure(), " ")
		p.locals = append(p.locals, name)
	case 14:
		p.out("t(pcall(", p.closure(), ", ", p.exprs(1), ")) ")
	case 15:
		p.out("do ")
		p.block(1 + p.r.IntN(3))
		p.out("end ")
	case 16:
		p.out("do local co = coroutine.wrap(", p.closure(), ") t(pcall(co, ", p.exprs(1), ")) t(pcall(co, 5, 6)) end ")
	}
}

func (p *program) loop(names ...string) {
	outer := len(p.locals)
	p.locals = append(p.locals, names...)
	p.loops++
	p.block(1 + p.r.IntN(3))
	if p.r.IntN(4) == 0 {
		p.out("if ", p.expr(), " then break end ")
	}
	p.loops--
	p.locals = p.locals[:outer]
}

// function writes parameters and a body.
func (p *program) function() {
	outer, vararg, loops := len(p.locals), p.vararg, p.loops
	params := p.list(p.r.IntN(3), p.fresh)
	p.locals = append(p.locals, params...)
	p.vararg, p.loops = p.r.IntN(2) == 0, 0
	if p.vararg {
		params = append(params, "...")
	}
	p.out("(", strings.Join(params, ", "), ") ")
	p.block(1 + p.r.IntN(3))
	if p.r.IntN(5) == 0 {
		p.out("coroutine.yield(", p.exprs(1), ") ")
	}
	switch p.r.IntN(4) {
	case 0:
		p.out("return ", p.exprs(1+p.r.IntN(3)), " ")
	case 1:
		p.out("return ", p.call(), " ")
	}
	p.out("end ")
	p.locals, p.vararg, p.loops = p.locals[:outer], vararg, loops
}

// closure is a function as an expression.
func (p *program) closure() string {
	inner := &program{r: p.r, locals: append([]string{}, p.locals...), depth: p.depth + 1, names: p.names}
	inner.b.WriteString("function")
	inner.function()
	return inner.b.String()
}

func (p *program) target() string {
	v := p.local()
	switch p.r.IntN(4) {
	case 0:
		return v + "." + p.pick("x", "y")
	case 1:
		return v + "[" + p.expr() + "]"
	}
	return v
}

func (p *program) call() string {
	return p.pick(p.local()+"("+p.exprs(p.r.IntN(3))+")", "t("+p.exprs(1+p.r.IntN(2))+")", "select("+p.pick("1", "2", "-1")+", "+p.exprs(2)+")",
		"tostring("+p.expr()+")", "type("+p.expr()+")", p.local()+":x("+p.exprs(1)+")", "unpack({"+p.exprs(2)+"})", "coroutine.yield("+p.exprs(1)+")")
}

func (p *program) expr() string {
	if p.depth++; p.depth > 8 {
		p.depth--
		return p.pick("1", "'s'", p.local(), "nil")
	}
	defer func() { p.depth-- }()
	switch p.r.IntN(20) {
	case 0, 1, 2, 3, 4:
		return p.local()
	case 5, 6:
		return p.pick("1", "2", "0", "-1", "1.5", "1e15", "0x10", "'a'", "'10'", "''", "true", "false", "nil")
	case 7, 8:
		return p.expr() + p.pick(" + ", " - ", " * ", " / ", " % ", " ^ ") + p.expr()
	case 9:
		return p.expr() + p.pick(" .. ", " .. ", " == ", " ~= ") + p.expr()
	case 10:
		return p.expr() + p.pick(" < ", " <= ", " > ", " >= ") + p.expr()
	case 11, 12:
		return p.expr() + p.pick(" and ", " or ") + p.expr()
	case 13:
		return p.pick("not ", "-", "#") + p.expr()
	case 14:
		return "(" + p.expr() + ")"
	case 15:
		return "{" + p.pick("", p.exprs(2), "x = "+p.expr()+", "+p.exprs(1), "[1] = "+p.expr(), p.exprs(1)+"; y = "+p.expr()) + "}"
	case 16:
		return p.local() + p.pick(".x", ".y", "[1]", "["+p.local()+"]")
	case 17:
		if p.vararg {
			return p.pick("...", "(...)", "{...}", "select('#', ...)")
		}
		return p.call()
	case 18:
		return "(" + p.call() + ")"
	}
	return p.call()
}

func (p *program) exprs(n int) string { return strings.Join(p.list(n, p.expr), ", ") }

func (p *program) list(n int, item func() string) (items []string) {
	for range n {
		items = append(items, item())
	}
	return items
}

func (p *program) out(parts ...string) {
	for _, part := range parts {
		p.b.WriteString(part)
	}
}

// localName is where messages may differ: whether a block has ended is known here only by its line, and these programs have one.
var localName = regexp.MustCompile(`local '\w+' \((a \w+ value)\)`)

// length is that of a bulk string, which differs with what is in it.
var length = regexp.MustCompile(`(?m)^\$\d+`)

func normal(reply []byte) []byte {
	reply = localName.ReplaceAll(address.ReplaceAll(reply, nil), []byte("$1"))
	return length.ReplaceAll(reply, []byte("$$"))
}

func TestRandomProgramsLikeRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	engine := lua.New(lua.Options{})
	redis := newClient(t, server, false)
	const count = 500
	wrong := 0
	for seed := range uint64(count) {
		script := randomProgram(rand.New(rand.NewPCG(seed, 1)))
		want := redis.do([]byte("EVAL"), []byte(script), []byte("0"))
		got := eval(t, engine, nil, script, false)
		if !bytes.Equal(normal(want), normal(got)) {
			if wrong++; wrong <= 10 {
				t.Errorf("seed %d: %s\nredis: %.600q\nhere:  %.600q", seed, script, want, got)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d differ", wrong, count)
	}
}
