package syntax

import "fmt"

// Lua 5.1's limits.
const (
	maxLevels   = 195 // of nested blocks and expressions; Redis' stack has used up some of Lua's 200
	maxLocals   = 200
	maxUpvalues = 60
)

const (
	// maxDepth bounds the tree: a chain of operators or calls is one level of syntax in Lua, but a level of the tree for each link.
	maxDepth = 2000
	// maxConstantWork bounds how many comparisons gopher-lua's compiler spends to find constants: the square of their number for each
	// function.
	maxConstantWork = 4e8
)

// function is what is known about a function while it is parsed.
type function struct {
	parent   *function
	line     int // 0 for the main function
	vararg   bool
	loops    int // that a break could leave
	locals   []string
	upvalues map[string]bool
	// constants counts the function's different constants. Its square bounds the work of the compiler's search.
	constants map[any]struct{}
	info      *Function
	open      []*Local // beside locals
}

// Function is what error messages need to know about a function and gopher-lua's compiler notes wrongly.
type Function struct {
	Locals    []*Local // in the order of their declaration
	Functions []*Function
}

// Local is a local variable.
type Local struct {
	Register int
	EndLine  int // where its block ends
}

func (p *parser) openFunction(line int, vararg bool) {
	info := &Function{}
	if p.fn != nil {
		p.fn.info.Functions = append(p.fn.info.Functions, info)
	}
	p.fn = &function{parent: p.fn, line: line, vararg: vararg, info: info}
}

func (p *parser) closeFunction() {
	n := float64(len(p.fn.constants))
	if p.work += n * n / 2; p.work > maxConstantWork {
		p.lex.fail("too many constants", "")
	}
	p.closeBlock(0)
	p.fn = p.fn.parent
}

// constant counts a constant of the function.
func (p *parser) constant(v any) {
	if p.fn.constants == nil {
		p.fn.constants = make(map[any]struct{})
	}
	p.fn.constants[v] = struct{}{}
}

// limit raises Lua's error if a function has too many of something.
func (f *function) limit(p *parser, n, limit int, what string) {
	if n <= limit {
		return
	}
	if f.line == 0 {
		p.lex.fail(fmt.Sprintf("main function has more than %d %s", limit, what), "")
	}
	p.lex.fail(fmt.Sprintf("function at line %d has more than %d %s", f.line, limit, what), "")
}

// declare adds local variables, which are visible until closeBlock.
func (p *parser) declare(names ...string) {
	for range names {
		local := &Local{Register: len(p.fn.open)}
		p.fn.open = append(p.fn.open, local)
		p.fn.info.Locals = append(p.fn.info.Locals, local)
	}
	p.fn.locals = append(p.fn.locals, names...)
	p.fn.limit(p, len(p.fn.locals), maxLocals, "local variables")
}

// closeBlock ends the scope of all local variables but the first n.
func (p *parser) closeBlock(n int) {
	for _, local := range p.fn.open[n:] {
		local.EndLine = p.lex.line
	}
	p.fn.open, p.fn.locals = p.fn.open[:n], p.fn.locals[:n]
}

func (f *function) hasLocal(name string) bool {
	for i := len(f.locals) - 1; i >= 0; i-- {
		if f.locals[i] == name {
			return true
		}
	}
	return false
}

// resolve notes the use of a name: through which functions it is an upvalue.
func (p *parser) resolve(name string) {
	if !p.capture(p.fn, name) {
		p.constant(name)
	}
}

// capture tells whether a name is a local variable of f or of a function around it.
func (p *parser) capture(f *function, name string) bool {
	if f == nil {
		return false
	}
	if f.hasLocal(name) || f.upvalues[name] {
		return true
	}
	if !p.capture(f.parent, name) {
		return false
	}
	if f.upvalues == nil {
		f.upvalues = make(map[string]bool)
	}
	f.upvalues[name] = true
	f.limit(p, len(f.upvalues), maxUpvalues, "upvalues")
	return true
}
