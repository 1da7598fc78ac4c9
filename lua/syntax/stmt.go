package syntax

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// main parses a whole source.
func (p *parser) main() *Tree {
	p.openFunction(0, true)
	info := p.fn.info
	p.advance()
	stmts := p.block()
	p.check(tokEOF)
	p.closeFunction()
	return &Tree{Stmts: stmts, Names: p.names, Main: info}
}

// ends tells whether the current token ends a block.
func (p *parser) ends() bool {
	switch p.cur.tok {
	case tokElse, tokElseif, tokEnd, tokUntil, tokEOF:
		return true
	default:
		return false
	}
}

// block parses statements. The local variables they declare go out of scope.
func (p *parser) block() []ast.Stmt {
	return p.scope(func() []ast.Stmt { return p.statements() })
}

// scope parses with local variables that go out of scope at the end.
func (p *parser) scope(parse func() []ast.Stmt) []ast.Stmt {
	locals := len(p.fn.locals)
	stmts := parse()
	p.closeBlock(locals)
	return stmts
}

func (p *parser) statements() []ast.Stmt {
	p.enter()
	var stmts []ast.Stmt
	depth := 0
	for last := false; !last && !p.ends(); {
		var stmt ast.Stmt
		p.depth = 0
		stmt, last = p.statement()
		stmts = append(stmts, stmt)
		depth = max(depth, p.depth)
		p.accept(';')
	}
	p.grow(depth)
	p.leave()
	return stmts
}

// statement parses one statement. last tells that it must end its block.
func (p *parser) statement() (stmt ast.Stmt, last bool) {
	line := p.lex.line
	switch p.cur.tok {
	case tokIf:
		return p.ifStmt(line), false
	case tokWhile:
		return p.whileStmt(line), false
	case tokDo:
		p.advance()
		stmts := p.block()
		p.match(tokEnd, tokDo, line)
		return p.span(&ast.DoBlockStmt{Stmts: stmts}, line), false
	case tokFor:
		return p.forStmt(line), false
	case tokRepeat:
		return p.repeatStmt(line), false
	case tokFunction:
		return p.functionStmt(line), false
	case tokLocal:
		p.advance()
		if p.accept(tokFunction) {
			return p.localFunction(line), false
		}
		return p.localStmt(line), false
	case tokReturn:
		return p.returnStmt(line), true
	case tokBreak:
		p.advance()
		if p.fn.loops == 0 {
			p.fail("no loop to break")
		}
		return at(&ast.BreakStmt{}, line), true
	default:
		return p.exprStmt(line), false
	}
}

// span gives a statement its first and last line.
func (p *parser) span(stmt ast.Stmt, line int) ast.Stmt {
	stmt.SetLine(line)
	stmt.SetLastLine(p.lastLine)
	return stmt
}

func (p *parser) ifStmt(line int) ast.Stmt {
	first := p.ifBranch()
	branches := []*ast.IfStmt{first}
	depth := p.depth
	for p.cur.tok == tokElseif {
		branch := p.ifBranch()
		branches = append(branches, branch)
		depth = max(depth, p.depth)
	}
	var rest []ast.Stmt
	if p.accept(tokElse) {
		p.depth = 0
		rest = p.block()
		depth = max(depth, p.depth)
	}
	p.match(tokEnd, tokIf, line)
	for i := len(branches) - 1; i > 0; i-- {
		branches[i].Else = rest
		rest = []ast.Stmt{branches[i]}
		depth = p.grow(depth)
	}
	first.Else = rest
	p.grow(depth)
	return first
}

// ifBranch parses a condition and the block behind it.
func (p *parser) ifBranch() *ast.IfStmt {
	line := p.lex.line
	p.advance()
	cond := p.expr()
	depth := p.depth
	p.expect(tokThen)
	then := p.block()
	p.depth = max(depth, p.depth)
	branch := &ast.IfStmt{Condition: cond, Then: then}
	p.span(branch, line)
	return branch
}

// loopBody parses a block that break may leave.
func (p *parser) loopBody() []ast.Stmt {
	p.fn.loops++
	stmts := p.block()
	p.fn.loops--
	return stmts
}

func (p *parser) whileStmt(line int) ast.Stmt {
	p.advance()
	cond := p.expr()
	depth := p.depth
	p.expect(tokDo)
	body := p.loopBody()
	p.match(tokEnd, tokWhile, line)
	p.grow(depth)
	return p.span(&ast.WhileStmt{Condition: cond, Stmts: body}, line)
}

// repeatStmt parses a loop whose condition sees the local variables of its body.
func (p *parser) repeatStmt(line int) ast.Stmt {
	p.advance()
	stmt := &ast.RepeatStmt{}
	p.scope(func() []ast.Stmt {
		p.fn.loops++
		stmt.Stmts = p.statements()
		p.fn.loops--
		depth := p.depth
		p.match(tokUntil, tokRepeat, line)
		stmt.Condition = p.expr()
		p.grow(depth)
		return nil
	})
	return p.span(stmt, line)
}

func (p *parser) forStmt(line int) ast.Stmt {
	p.advance()
	name := p.name()
	var stmt ast.Stmt
	locals := len(p.fn.locals)
	switch p.cur.tok {
	case '=':
		stmt = p.numericFor(name)
	case ',', tokIn:
		stmt = p.genericFor(name)
	default:
		p.fail("'=' or 'in' expected")
	}
	p.match(tokEnd, tokFor, line)
	p.closeBlock(locals)
	return p.span(stmt, line)
}

func (p *parser) numericFor(name string) ast.Stmt {
	p.advance()
	stmt := &ast.NumberForStmt{Name: name, Init: p.bound(ForInit)}
	depth := p.depth
	p.expect(',')
	stmt.Limit = p.bound(ForLimit)
	depth = max(depth, p.depth)
	if p.accept(',') {
		stmt.Step = p.bound(ForStep)
		depth = max(depth, p.depth)
	} else {
		stmt.Step = p.number(1, p.lastLine)
	}
	p.declare("(for index)", "(for limit)", "(for step)")
	p.expect(tokDo)
	p.declare(name)
	stmt.Stmts = p.loopBody()
	p.grow(depth)
	return stmt
}

// bound parses a number of a for loop. Lua takes strings that are numbers too.
func (p *parser) bound(fn Intrinsic) ast.Expr {
	e := p.expr()
	switch e.(type) {
	case *ast.NumberExpr, *ast.UnaryLenOpExpr:
		return e
	}
	return p.intrinsic(fn, p.lastLine, single(e))
}

func (p *parser) genericFor(name string) ast.Stmt {
	names := []string{name}
	for p.accept(',') {
		names = append(names, p.name())
	}
	p.expect(tokIn)
	stmt := &ast.GenericForStmt{Names: names, Exprs: p.exprList()}
	depth := p.depth
	p.declare("(for generator)", "(for state)", "(for control)")
	p.expect(tokDo)
	p.declare(names...)
	stmt.Stmts = p.loopBody()
	p.grow(depth)
	return stmt
}

// functionStmt parses "function a.b:c() ... end".
func (p *parser) functionStmt(line int) ast.Stmt {
	p.advance()
	target := p.variable()
	name := &ast.FuncName{Func: target}
	method := false
	depth := 0
	for !method && (p.cur.tok == '.' || p.cur.tok == ':') {
		method = p.cur.tok == ':'
		p.advance()
		key := p.name()
		if method {
			p.constant(key)
			name = &ast.FuncName{Receiver: target, Method: key}
			break
		}
		target = at(&ast.AttrGetExpr{Object: target, Key: p.str(key, p.lastLine)}, p.lastLine)
		depth = p.grow(depth)
		name.Func = target
	}
	fn := p.body(method, line)
	p.grow(depth)
	return p.span(&ast.FuncDefStmt{Name: name, Func: fn}, line)
}

func (p *parser) localFunction(line int) ast.Stmt {
	name := p.name()
	p.declare(name)
	fn := p.body(false, line)
	return p.span(&ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{fn}}, line)
}

// localStmt parses "local a, b = ...".
func (p *parser) localStmt(line int) ast.Stmt {
	names := []string{p.name()}
	for p.accept(',') {
		names = append(names, p.name())
	}
	stmt := &ast.LocalAssignStmt{Names: names}
	p.depth = 0
	if p.accept('=') {
		stmt.Exprs = p.exprList()
	}
	if len(names) == 1 && len(stmt.Exprs) == 1 {
		if _, ok := stmt.Exprs[0].(*ast.FunctionExpr); ok {
			// gopher-lua compiles this as "local function", whose body sees the new variable; a second value makes it something else.
			stmt.Exprs = append(stmt.Exprs, at(&ast.NilExpr{}, p.lastLine))
		}
	}
	p.declare(names...)
	return p.span(stmt, line)
}

func (p *parser) returnStmt(line int) ast.Stmt {
	p.advance()
	stmt := &ast.ReturnStmt{}
	p.depth = 0
	if !p.ends() && p.cur.tok != ';' {
		stmt.Exprs = p.exprList()
	}
	return p.span(stmt, line)
}

// exprStmt parses a call or an assignment.
func (p *parser) exprStmt(line int) ast.Stmt {
	e, kind := p.suffixed()
	if kind == formCall {
		return p.span(&ast.FuncCallStmt{Expr: e}, line)
	}
	stmt := &ast.AssignStmt{Lhs: []ast.Expr{e}}
	depth := p.depth
	for {
		if kind != formVariable {
			p.fail("syntax error")
		}
		if !p.accept(',') {
			break
		}
		e, kind = p.suffixed()
		depth = max(depth, p.depth)
		stmt.Lhs = append(stmt.Lhs, e)
		if len(stmt.Lhs) > maxTargets {
			p.fn.limit(p, len(stmt.Lhs), maxTargets, "variables in assignment")
		}
	}
	p.expect('=')
	stmt.Rhs = p.exprList()
	p.grow(depth)
	p.span(stmt, line)
	if len(stmt.Lhs) > 1 && p.assignsLocal(stmt) {
		return p.assignThroughTemporaries(stmt, line)
	}
	return stmt
}

// assignsLocal tells whether a variable of the current function is among the targets.
func (p *parser) assignsLocal(stmt *ast.AssignStmt) bool {
	for _, e := range stmt.Lhs {
		if name, ok := e.(*ast.IdentExpr); ok && p.fn.hasLocal(name.Value) {
			return true
		}
	}
	return false
}

// assignThroughTemporaries makes an assignment of several variables evaluate everything before it assigns anything: gopher-lua's
// compiler writes a local variable at once, so that "a, b = b, a" would give b to both.
func (p *parser) assignThroughTemporaries(stmt *ast.AssignStmt, line int) ast.Stmt {
	block := &ast.DoBlockStmt{}
	locals := len(p.fn.locals)
	temporaries := func(exprs []ast.Expr, n int) []ast.Expr {
		decl := &ast.LocalAssignStmt{Exprs: exprs}
		var uses []ast.Expr
		for range n {
			name := "(temporary " + strconv.Itoa(len(p.fn.locals)) + ")"
			decl.Names = append(decl.Names, name)
			p.declare(name)
			uses = append(uses, at(&ast.IdentExpr{Value: name}, line))
		}
		block.Stmts = append(block.Stmts, p.span(decl, line))
		return uses
	}
	for _, e := range stmt.Lhs {
		if attr, ok := e.(*ast.AttrGetExpr); ok {
			uses := temporaries([]ast.Expr{attr.Object, attr.Key}, 2)
			attr.Object, attr.Key = uses[0], uses[1]
		}
	}
	values := temporaries(stmt.Rhs, len(stmt.Lhs))
	for i := len(stmt.Lhs) - 1; i >= 0; i-- {
		set := &ast.AssignStmt{Lhs: stmt.Lhs[i : i+1], Rhs: values[i : i+1]}
		block.Stmts = append(block.Stmts, p.span(set, line))
	}
	p.closeBlock(locals)
	return p.span(block, line)
}

// maxTargets of one assignment: Lua's limit, within gopher-lua's registers.
const maxTargets = 60

// body parses the parameters and the block of a function.
func (p *parser) body(method bool, line int) *ast.FunctionExpr {
	p.openFunction(line, false)
	if method {
		p.declare("self")
	}
	params := &ast.ParList{}
	p.expect('(')
	if p.cur.tok != ')' {
		p.params(params)
	}
	p.expect(')')
	p.declare(params.Names...)
	if params.HasVargs {
		p.declare("arg")
	}
	p.depth = 0
	stmts := p.block()
	last := p.lex.line
	p.match(tokEnd, tokFunction, line)
	p.grow(0)
	p.closeFunction()
	fn := &ast.FunctionExpr{ParList: params, Stmts: stmts}
	fn.SetLine(line)
	fn.SetLastLine(last)
	return fn
}

func (p *parser) params(list *ast.ParList) {
	for {
		switch p.cur.tok {
		case tokName:
			list.Names = append(list.Names, p.name())
		case tokDots:
			p.advance()
			list.HasVargs, p.fn.vararg = true, true
			return
		default:
			p.fail("<name> or '...' expected")
		}
		if !p.accept(',') {
			return
		}
	}
}
