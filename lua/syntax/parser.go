package syntax

import (
	"fmt"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// Intrinsic functions stand in the tree as calls of strings, which compile to the loading of a constant: the caller replaces those
// constants by functions. gopher-lua's instructions for them differ from Lua 5.1: concatenation formats numbers in another way and
// has no bound, the remainder of huge or fractional numbers is another, a for loop does not take strings.
type Intrinsic int

// The intrinsic functions.
const (
	// Concat takes the operands of a chain of "..".
	Concat Intrinsic = iota
	// Mod takes the operands of "%".
	Mod
	// ForInit, ForLimit and ForStep take a number of a for loop.
	ForInit
	ForLimit
	ForStep
	// Intrinsics is how many there are.
	Intrinsics
)

// Tree is a parsed source.
type Tree struct {
	Stmts []ast.Stmt
	// Names are the constants to replace by the intrinsic functions. No other constant is equal to them.
	Names [Intrinsics]string
	Main  *Function
}

// Parse parses a source, which messages call by the name of a chunk. The error is an Error.
func Parse(source, chunk string) (tree *Tree, err error) {
	for mark := "\x00"; ; mark += "\x00" {
		tree, clash, err := parseMarked(source, chunk, mark)
		if !clash {
			return tree, err
		}
	}
}

// parseMarked fails with clash if a string of the source is the name of an intrinsic function.
func parseMarked(source, chunk, mark string) (tree *Tree, clash bool, err error) {
	p := &parser{lex: lexer{src: source, line: 1, chunk: chunk}, lastLine: 1}
	p.names = [Intrinsics]string{Concat: mark + "concat", Mod: mark + "mod", ForInit: mark + "init", ForLimit: mark + "limit", ForStep: mark + "step"}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case Error:
			err = r
		case clashError:
			clash = true
		default:
			panic(r)
		}
	}()
	return p.main(), false, nil
}

// clashError is the panic that ends parseMarked for a clash.
type clashError struct{}

type parser struct {
	lex      lexer
	cur      lexeme
	ahead    lexeme
	hasAhead bool
	lastLine int // of the token before cur

	fn     *function
	levels int
	depth  int // of the tree that was parsed last
	work   float64
	names  [Intrinsics]string
}

func (p *parser) advance() {
	p.lastLine = p.lex.line
	if p.hasAhead {
		p.cur, p.hasAhead = p.ahead, false
		return
	}
	p.cur = p.lex.next()
}

// lookahead is the kind of the token after the current one.
func (p *parser) lookahead() token {
	if !p.hasAhead {
		// Messages show the text of the current token, and lines are counted by what was read: both as in Lua.
		p.ahead, p.hasAhead = p.lex.next(), true
	}
	return p.ahead.tok
}

func (p *parser) fail(message string) { p.lex.fail(message, p.near()) }

// near is how messages show the current token.
func (p *parser) near() string {
	if p.cur.raw != "" {
		return p.cur.raw
	}
	return p.cur.tok.String()
}

func (p *parser) expected(t token) { p.fail("'" + t.String() + "' expected") }

// accept steps over a token if it is there.
func (p *parser) accept(t token) bool {
	if p.cur.tok != t {
		return false
	}
	p.advance()
	return true
}

func (p *parser) check(t token) {
	if p.cur.tok != t {
		p.expected(t)
	}
}

func (p *parser) expect(t token) {
	p.check(t)
	p.advance()
}

// match expects the token that closes another.
func (p *parser) match(closing, opening token, line int) {
	if p.cur.tok == closing {
		p.advance()
		return
	}
	if line == p.lex.line {
		p.expected(closing)
	}
	p.fail(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", closing, opening, line))
}

func (p *parser) name() string {
	p.check(tokName)
	s := p.cur.text
	p.advance()
	return s
}

// enter counts a level of syntax.
func (p *parser) enter() {
	if p.levels++; p.levels > maxLevels {
		p.lex.fail("chunk has too many syntax levels", "")
	}
}

func (p *parser) leave() { p.levels-- }

// grow makes the tree that was parsed last part of one that is a level deeper.
func (p *parser) grow(depth int) int {
	depth = max(depth, p.depth) + 1
	if depth > maxDepth {
		p.lex.fail("chunk has too many syntax levels", "")
	}
	p.depth = depth
	return depth
}

// str makes a string constant.
func (p *parser) str(s string, line int) *ast.StringExpr {
	for _, name := range p.names {
		if s == name {
			panic(clashError{})
		}
	}
	p.constant(s)
	e := &ast.StringExpr{Value: s}
	e.SetLine(line)
	return e
}

// intrinsic makes the call of an intrinsic function.
func (p *parser) intrinsic(fn Intrinsic, line int, args ...ast.Expr) ast.Expr {
	p.constant(fn)
	name := &ast.StringExpr{Value: p.names[fn]}
	name.SetLine(line)
	call := &ast.FuncCallExpr{Func: name, Args: args, AdjustRet: true}
	call.SetLine(line)
	call.SetLastLine(line)
	return call
}

// number makes a number constant, spelled so that gopher-lua reads the same number back.
func (p *parser) number(f float64, line int) ast.Expr {
	p.constant(f)
	e := &ast.NumberExpr{Value: strconv.FormatFloat(f, 'g', -1, 64)}
	e.SetLine(line)
	return e
}

func at[E ast.PositionHolder](e E, line int) E {
	e.SetLine(line)
	e.SetLastLine(line)
	return e
}
