package mapping

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Expressions are those of expr-lang/expr, made safe for rows: what could run for
// ever, grow without bound, ask the clock or read files is refused when the mapping is
// read, and what depends on the row's texts is counted while it runs.

const (
	maxExprText  = 10_000 // characters of one expression
	maxExprNodes = 1_000  // parts of one expression
	maxRange     = 1_000  // numbers of a range such as 1..12
)

// expression is one that has been read; its columns are not known yet.
type expression struct {
	text  text
	start pos
	exact bool // places inside of the text are known
}

// at is the place of a character of the expression.
func (x *expression) at(char int) pos {
	if !x.exact {
		return x.start
	}
	return pos{x.start.line, x.start.col + char}
}

// expression reads one and refuses what is wrong with it whatever the table; nil if
// something is.
func (d *decoder) expression(t text) *expression {
	x := &expression{text: t}
	x.start, x.exact = d.inside(t)
	if strings.TrimSpace(t.s) == "" {
		if !d.said(t.at) {
			d.add(t.at, "leave it out", "the expression is empty")
		}
		return nil
	}
	if utf8.RuneCountInString(t.s) > maxExprText {
		d.add(t.at, "use a lookup, or prepare the column in the table", "the expression is longer than %d characters", maxExprText)
		return nil
	}
	tree := x.parse(&d.problems)
	if tree == nil {
		return nil
	}
	before := len(d.list)
	g := &guard{x: x, p: &d.problems}
	g.walk(tree.Node, false)
	if len(d.list) > before {
		return nil
	}
	return x
}

// exprConfig is the language without what is refused; see refusedFunctions.
func exprConfig() *conf.Config {
	c := conf.CreateNew()
	c.MaxNodes = maxExprNodes
	c.WithEnv(map[string]any{})
	for name := range refusedFunctions() {
		c.Disabled[name] = true
		delete(c.Builtins, name)
	}
	return c
}

func (x *expression) parse(p *problems) *parser.Tree {
	tree, err := parser.ParseWithConfig(x.text.s, exprConfig())
	if err == nil {
		return tree
	}
	x.fault(p, err)
	return nil
}

// fault tells an error of the expression language at its place.
func (x *expression) fault(p *problems, err error) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		p.add(x.start, "", "the expression is broken: %s", plainFault(err.Error()))
		return
	}
	msg := plainFault(fe.Message)
	if !x.exact && fe.Line > 0 {
		msg = fmt.Sprintf("%s (line %d, character %d of the expression)", msg, fe.Line, fe.Column+1)
	}
	hint := "a text stands in quotes, a column whose name is no single word in row[\"...\"]"
	if strings.Contains(msg, "go together: text and number") {
		hint = `a cell is a text: compare it with a text, No == "1", or make a number of it, int(No) > 5`
	}
	p.add(x.at(fe.From), hint, "the expression is broken: %s", msg)
}

// plainFault turns the library's words into those of people who know spreadsheets.
func plainFault(msg string) string {
	msg, _, _ = strings.Cut(msg, "\n")
	switch {
	case strings.Contains(msg, "exceeds maximum allowed nodes"):
		return fmt.Sprintf("it has more than %d parts", maxExprNodes)
	case strings.Contains(msg, "unexpected token EOF"), strings.Contains(msg, "unexpected end of expression"):
		return "it ends too early"
	case strings.HasPrefix(msg, "literal not terminated"):
		return "a quote that opens is never closed"
	}
	if strings.HasSuffix(msg, "[int] is undefined") {
		return "one character of a text is written Name[0:1], not Name[0]"
	}
	msg = strings.NewReplacer("unexpected token", "did not expect", "invalid operation: ", "",
		"mismatched types ", "these do not go together: ", "mismatched type ", "this cannot be used here: ").Replace(msg)
	return goType.ReplaceAllStringFunc(msg, func(t string) string { return typeWords()[t] })
}

var goType = regexp.MustCompile(`\[\]string|\[\]interface \{\}|\b(string|bool|int|float64|time\.Time|time\.Duration|interface \{\})\b`)

func typeWords() map[string]string {
	return map[string]string{
		"[]string": "list", "[]interface {}": "list", "string": "text", "bool": "true or false", "int": "number",
		"float64": "number", "time.Time": "date", "time.Duration": "span of time", "interface {}": "something",
	}
}

// refusedFunctions are those of the language that an expression over a row cannot have,
// and why.
func refusedFunctions() map[string]string {
	const (
		clock  = "a run that goes on later must make the same requests, so an expression cannot ask the time"
		nested = "an expression makes a text of texts; lists of lists and tables are not part of it"
	)
	return map[string]string{
		"now": clock, "timezone": "times have no zone here, and nothing is read from the machine",
		"toJSON": nested, "fromJSON": nested, "groupBy": nested, "keys": nested, "values": nested,
		"toPairs": nested, "fromPairs": nested, "flatten": nested,
		"reduce": "its time and memory have no bound", "uniq": "its time has no bound",
	}
}

// timeMethods are the methods of dates and durations that depend on nothing else.
func timeMethods() []string {
	return []string{
		"Format", "Year", "Month", "Day", "Weekday", "YearDay", "Hour", "Minute", "Second",
		"AddDate", "Add", "Sub", "Before", "After", "Equal", "Unix", "Hours", "Minutes", "Seconds",
	}
}

// guard refuses what is wrong with an expression whatever the table.
type guard struct {
	x *expression
	p *problems
}

func (g *guard) add(n ast.Node, hint, format string, args ...any) {
	g.p.add(g.x.at(n.Location().From), hint, format, args...)
}

// walk checks a node and all below it; inLoop is the body of a function that goes
// through a list.
func (g *guard) walk(n ast.Node, inLoop bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if strings.HasPrefix(n.Value, "$") {
			g.add(n, "", "unknown name %s", n.Value)
		}
	case *ast.MapNode:
		g.add(n, "to exchange values use lookup", "a table in braces cannot be part of an expression")
		return
	case *ast.BytesNode:
		g.add(n, "", "bytes cannot be part of an expression")
	case *ast.BinaryNode:
		g.binary(n)
	case *ast.BuiltinNode:
		g.builtin(n)
	case *ast.CallNode:
		g.call(n)
	case *ast.PredicateNode:
		if inLoop {
			g.add(n, "go through one list after the other: list | filter(...) | map(...)",
				"a function that goes through a list cannot stand inside of another one")
		}
		inLoop = true
	}
	for _, c := range children(n) {
		g.walk(*c, inLoop)
	}
}

func (g *guard) builtin(n *ast.BuiltinNode) {
	if !g.refused(n, n.Name) && n.Name == "date" && len(n.Arguments) > 2 {
		g.add(n, "", "date takes a text and its format; times have no zone here")
	}
}

// refused notes a function that expressions cannot have.
func (g *guard) refused(n ast.Node, name string) bool {
	why, refused := refusedFunctions()[name]
	if refused {
		g.add(n, "", "%s() cannot be used: %s", name, why)
	}
	return refused
}

func (g *guard) call(n *ast.CallNode) {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if !g.refused(n, callee.Value) {
			g.add(n, "", "unknown function %s()%s", callee.Value, didYouMean(callee.Value, functionNames()))
		}
	case *ast.MemberNode:
		name, ok := callee.Property.(*ast.StringNode)
		if !ok || !slices.Contains(timeMethods(), name.Value) {
			g.add(n, "a date has "+listed(timeMethods()), "this function cannot be called here")
		}
	default:
		g.add(n, "", "this cannot be called")
	}
}

func (g *guard) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "matches":
		if _, ok := n.Right.(*ast.StringNode); !ok {
			g.add(n, "", "what stands after matches must be a pattern in quotes")
		}
	case "..":
		from, ok1 := constant(n.Left)
		to, ok2 := constant(n.Right)
		if !ok1 || !ok2 || to-from >= maxRange || from-to >= maxRange {
			g.add(n, "", "a range goes from one number to another, both written out, over at most %d numbers", maxRange)
		}
	}
}

// constant gives a whole number that is written out; those far from zero are none.
func constant(n ast.Node) (int, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return n.Value, n.Value <= math.MaxInt32
	case *ast.UnaryNode:
		v, ok := constant(n.Node)
		if n.Operator == "-" {
			v = -v
		}
		return v, ok && (n.Operator == "-" || n.Operator == "+")
	}
	return 0, false
}

// functionNames lists what an expression can call.
func functionNames() []string {
	var names []string
	for name := range exprConfig().Builtins {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
