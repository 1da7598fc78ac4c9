package syntax

import (
	"github.com/yuin/gopher-lua/ast"
)

// form tells what an expression may be used for.
type form int

const (
	formValue    form = iota
	formVariable      // may be assigned to
	formCall          // may be a statement
)

// priority of a binary operator to its left and right.
type priority struct{ left, right int }

const unaryPriority = 8

var priorities = map[token]priority{
	'+': {6, 6}, '-': {6, 6}, '*': {7, 7}, '/': {7, 7}, '%': {7, 7},
	'^': {10, 9}, tokConcat: {5, 4},
	tokEq: {3, 3}, tokNe: {3, 3}, '<': {3, 3}, tokLe: {3, 3}, '>': {3, 3}, tokGe: {3, 3},
	tokAnd: {2, 2}, tokOr: {1, 1},
}

func (p *parser) expr() ast.Expr { return p.subexpr(0) }

// subexpr parses operators that bind tighter than a limit.
func (p *parser) subexpr(limit int) ast.Expr {
	p.enter()
	var e ast.Expr
	depth := 0
	switch op := p.cur.tok; op {
	case tokNot, '-', '#':
		p.advance()
		e = unary(op, p.subexpr(unaryPriority))
		e = at(e, p.lastLine)
		depth = p.grow(0)
	default:
		e = p.simple()
		depth = p.depth
	}
	for {
		op := p.cur.tok
		prio, ok := priorities[op]
		if !ok || prio.left <= limit {
			break
		}
		p.advance()
		right := p.subexpr(prio.right)
		depth = p.grow(depth)
		e = p.binary(op, e, right)
	}
	p.depth = depth
	p.leave()
	return e
}

func unary(op token, e ast.Expr) ast.Expr {
	switch op {
	case tokNot:
		return &ast.UnaryNotOpExpr{Expr: e}
	case '-':
		return &ast.UnaryMinusOpExpr{Expr: e}
	default:
		return &ast.UnaryLenOpExpr{Expr: e}
	}
}

func (p *parser) binary(op token, left, right ast.Expr) ast.Expr {
	line := p.lastLine
	switch op {
	case tokConcat:
		return p.concat(left, right, line)
	case '%':
		if !cheapDivisor(right) {
			return p.intrinsic(Mod, line, left, right)
		}
		return at(&ast.ArithmeticOpExpr{Operator: "%", Lhs: left, Rhs: right}, line)
	case '+', '-', '*', '/', '^':
		return at(&ast.ArithmeticOpExpr{Operator: op.String(), Lhs: left, Rhs: right}, line)
	case tokAnd, tokOr:
		return at(&ast.LogicalOpExpr{Operator: op.String(), Lhs: left, Rhs: right}, line)
	default:
		return at(&ast.RelationalOpExpr{Operator: op.String(), Lhs: left, Rhs: right}, line)
	}
}

// cheapDivisor tells whether gopher-lua's remainder is that of Lua: for a whole number that is not huge.
func cheapDivisor(e ast.Expr) bool {
	n, ok := e.(*ast.NumberExpr)
	if !ok || len(n.Value) > 9 {
		return false
	}
	for i := range len(n.Value) {
		if n.Value[i] < '0' || n.Value[i] > '9' {
			return false
		}
	}
	return n.Value != "0"
}

// concat joins a chain, which is right-associative, into one call.
func (p *parser) concat(left, right ast.Expr, line int) ast.Expr {
	if call, ok := right.(*ast.FuncCallExpr); ok && len(call.Args) > 0 && len(call.Args) < maxOperands {
		if name, ok := call.Func.(*ast.StringExpr); ok && name.Value == p.names[Concat] {
			call.Args = append([]ast.Expr{left}, call.Args...)
			return at(call, line)
		}
	}
	return p.intrinsic(Concat, line, single(left), single(right))
}

// maxOperands of one call: each takes a register of gopher-lua's 200.
const maxOperands = 50

// single makes sure that an expression gives one value where it is the last argument of a call.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

// simple parses an expression without operators.
func (p *parser) simple() ast.Expr {
	line := p.lex.line
	var e ast.Expr
	p.depth = 1
	switch p.cur.tok {
	case tokNumber:
		e = p.number(p.cur.num, line)
	case tokString:
		e = p.str(p.cur.text, line)
	case tokNil:
		e = at(&ast.NilExpr{}, line)
	case tokTrue:
		e = at(&ast.TrueExpr{}, line)
	case tokFalse:
		e = at(&ast.FalseExpr{}, line)
	case tokDots:
		if !p.fn.vararg {
			p.fail("cannot use '...' outside a vararg function")
		}
		e = at(&ast.Comma3Expr{}, line)
	case '{':
		return p.tableExpr()
	case tokFunction:
		p.advance()
		return p.body(false, line)
	default:
		e, _ = p.suffixed()
		return e
	}
	p.advance()
	return e
}

// prefix parses a name or an expression in parentheses.
func (p *parser) prefix() (ast.Expr, form) {
	line := p.lex.line
	switch p.cur.tok {
	case tokName:
		return p.variable(), formVariable
	case '(':
		p.advance()
		e := p.expr()
		p.match(')', '(', line)
		return single(e), formValue
	default:
		p.fail("unexpected symbol")
		return nil, formValue
	}
}

func (p *parser) variable() ast.Expr {
	line := p.lex.line
	p.depth = 1
	name := p.name()
	p.resolve(name)
	return at(&ast.IdentExpr{Value: name}, line)
}

// suffixed parses fields, indexes and calls.
func (p *parser) suffixed() (ast.Expr, form) {
	e, kind := p.prefix()
	depth := p.depth
	for {
		line := p.lex.line
		switch p.cur.tok {
		case '.':
			p.advance()
			key := p.str(p.name(), p.lastLine)
			e, kind = at(&ast.AttrGetExpr{Object: e, Key: key}, p.lastLine), formVariable
			p.depth = 1
		case '[':
			p.advance()
			key := p.expr()
			p.expect(']')
			e, kind = at(&ast.AttrGetExpr{Object: e, Key: key}, p.lastLine), formVariable
		case ':':
			p.advance()
			method := p.name()
			p.constant(method)
			call := &ast.FuncCallExpr{Receiver: e, Method: method, Args: p.args()}
			e, kind = at(call, line), formCall
		case '(', tokString, '{':
			call := &ast.FuncCallExpr{Func: e, Args: p.args()}
			e, kind = at(call, line), formCall
		default:
			p.depth = depth
			return e, kind
		}
		depth = p.grow(depth)
	}
}

// args parses the arguments of a call.
func (p *parser) args() []ast.Expr {
	line := p.lex.line
	switch p.cur.tok {
	case '(':
		if line != p.lastLine {
			p.fail("ambiguous syntax (function call x new statement)")
		}
		p.advance()
		p.depth = 1
		var list []ast.Expr
		if p.cur.tok != ')' {
			list = p.exprList()
		}
		p.match(')', '(', line)
		return list
	case tokString:
		e := p.str(p.cur.text, line)
		p.advance()
		p.depth = 1
		return []ast.Expr{e}
	case '{':
		return []ast.Expr{p.tableExpr()}
	default:
		p.fail("function arguments expected")
		return nil
	}
}

func (p *parser) exprList() []ast.Expr {
	list := []ast.Expr{p.expr()}
	depth := p.depth
	for p.accept(',') {
		list = append(list, p.expr())
		depth = max(depth, p.depth)
	}
	p.depth = depth
	return list
}

// maxItems is how many array items of a constructor gopher-lua's compiler gets right: it flushes items in groups of 50, repeats the last
// flush when fields with keys follow a full group, and loses count of the groups at 512. Further items get their keys spelled out.
const (
	maxItems      = 50 * 511
	maxMixedItems = 49
)

// tableExpr parses a table constructor.
func (p *parser) tableExpr() ast.Expr {
	line := p.lex.line
	p.expect('{')
	t := &ast.TableExpr{}
	depth, items, keyed := 0, 0, false
	for p.cur.tok != '}' {
		p.depth = 0
		field := p.field()
		depth = max(depth, p.depth)
		if field.Key == nil {
			items++
		} else {
			keyed = true
		}
		t.Fields = append(t.Fields, field)
		if !p.accept(',') && !p.accept(';') {
			break
		}
	}
	p.match('}', '{', line)
	p.depth = depth
	p.grow(depth)
	if items > maxItems || keyed && items > maxMixedItems {
		p.spellKeys(t, keyed)
	}
	return at(t, line)
}

// spellKeys gives keys to the items that the compiler would get wrong. The last one stays if it may have many values.
func (p *parser) spellKeys(t *ast.TableExpr, mixed bool) {
	keep := maxItems
	if mixed {
		keep = maxMixedItems
	}
	n := 0
	for i, field := range t.Fields {
		if field.Key != nil {
			continue
		}
		n++
		if n > keep {
			if i == len(t.Fields)-1 {
				field.Value = single(field.Value)
			}
			field.Key = p.number(float64(n), field.Value.Line())
		}
	}
}

// field parses one field of a constructor.
func (p *parser) field() *ast.Field {
	switch {
	case p.cur.tok == '[':
		p.advance()
		key := p.expr()
		depth := p.depth
		p.expect(']')
		p.expect('=')
		value := p.expr()
		p.depth = max(depth, p.depth)
		return &ast.Field{Key: key, Value: value}
	case p.cur.tok == tokName && p.lookahead() == '=':
		key := p.str(p.name(), p.lastLine)
		p.expect('=')
		return &ast.Field{Key: key, Value: p.expr()}
	}
	return &ast.Field{Value: p.expr()}
}
