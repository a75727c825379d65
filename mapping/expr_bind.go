package mapping

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// program is an expression over the rows of one table. It is read only.
type program struct {
	code    *vm.Program
	columns []int // that it reads, ascending
}

// binder turns an expression into a program for one table.
type binder struct {
	x       *expression
	p       *problems
	head    *header
	config  *conf.Config
	lets    []string
	columns []int
}

// compile binds an expression to a table's header. Condition asks for true or false; else
// the result must be something that is a text. Nil: problems were noted.
func (x *expression) compile(p *problems, head *header, condition bool) *program {
	b := &binder{x: x, p: p, head: head, config: exprConfig()}
	for name, f := range rowFunctions() {
		b.config.Functions[name] = f
	}
	tree := x.parse(p)
	if tree == nil || !b.resolve(tree) {
		return nil
	}
	if _, err := checker.Check(tree, b.config); err != nil {
		x.fault(p, err)
		return nil
	}
	if !b.bounded(&tree.Node) || !b.result(tree.Node, condition) {
		return nil
	}
	if err := optimizer.Optimize(&tree.Node, b.config); err != nil {
		x.fault(p, err)
		return nil
	}
	code, err := compiler.Compile(tree, b.config)
	if err != nil {
		x.fault(p, err)
		return nil
	}
	slices.Sort(b.columns)
	return &program{code, slices.Compact(b.columns)}
}

func (b *binder) add(n ast.Node, hint, format string, args ...any) {
	b.p.add(b.x.at(n.Location().From), hint, format, args...)
}

// resolve replaces the names of columns by reads of the row. A name is a column's
// wherever it is not called: a column len and the function len() do not get in each
// other's way.
func (b *binder) resolve(tree *parser.Tree) bool {
	before := len(b.p.list)
	below(tree.Node, func(n ast.Node) {
		let, ok := n.(*ast.VariableDeclaratorNode)
		if !ok {
			return
		}
		b.lets = append(b.lets, let.Name)
		if b.head.count[let.Name] > 0 {
			b.add(n, "", "let %s: there is a column of this name; choose another one", let.Name)
		}
	})
	b.names(&tree.Node)
	return len(b.p.list) == before
}

func (b *binder) names(n *ast.Node) {
	switch node := (*n).(type) {
	case *ast.IdentifierNode:
		if !slices.Contains(b.lets, node.Value) {
			b.name(n, node)
		}
		return
	case *ast.MemberNode:
		base, ok := node.Node.(*ast.IdentifierNode)
		if ok && base.Value == "row" && !slices.Contains(b.lets, "row") {
			b.member(n, node)
			return
		}
	}
	for _, c := range children(*n) {
		b.names(c)
	}
}

// name resolves a bare word.
func (b *binder) name(n *ast.Node, node *ast.IdentifierNode) {
	switch {
	case b.head.count[node.Value] > 0:
		b.read(n, node.Value)
	case node.Value == "row":
		b.add(node, "", `row stands with the name of a column: row["Any Column"]`)
	default:
		names := slices.Concat(b.head.names, b.lets)
		hint := "a text stands in quotes"
		if near := nearest(node.Value, names); near != "" && !isWord(near) {
			b.add(node, "", "unknown name %s; did you mean row[%s]?", node.Value, strconv.Quote(near))
			return
		}
		b.add(node, hint, "unknown name %s%s", node.Value, didYouMean(node.Value, names))
	}
}

// isWord says whether a column can be named in an expression as it is.
func isWord(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// member resolves row["Any Column"], which may be followed by [ ] of its own.
func (b *binder) member(n *ast.Node, node *ast.MemberNode) {
	name, ok := node.Property.(*ast.StringNode)
	if !ok {
		b.add(node, "", `the column in row["..."] must be a name in quotes`)
		return
	}
	b.read(n, name.Value)
}

// read replaces a node by the cell of a column.
func (b *binder) read(n *ast.Node, column string) {
	i, ok := b.head.column(b.p, b.x.at((*n).Location().From), column)
	if !ok {
		return
	}
	b.columns = append(b.columns, i)
	cell := b.call("$cell", *n, &ast.ConstantNode{Value: i})
	cell.SetType(reflect.TypeFor[string]())
	*n = cell
}

// call makes the call of a function of ours in place of a node; its first argument is
// the row, so that the work done for it can be counted.
func (b *binder) call(name string, instead ast.Node, args ...ast.Node) *ast.CallNode {
	call := &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: name},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: "$env"}}, args...),
	}
	call.SetLocation(instead.Location())
	call.SetNature(*instead.Nature())
	return call
}

// result checks what comes out at the end.
func (b *binder) result(root ast.Node, condition bool) bool {
	t := root.Type()
	switch {
	case condition && t.Kind() != reflect.Bool:
		b.add(root, `compare something: Status == "Active"`, "this must be true or false, and it is %s", kindName(root))
	case condition, textual(t.Kind()) && t.PkgPath() == "", unknown(root):
		return true
	case kindName(root) == "a date":
		b.add(root, `write the date as text: date(...).Format("2006-01-02")`, "the expression makes a date, not a text")
	default:
		b.add(root, "take one of a list by [0], or join(...) them", "the expression makes %s, not a text", kindName(root))
	}
	return false
}

// textual says whether values of this kind have one plain form as text.
func textual(k reflect.Kind) bool {
	return k == reflect.String || k == reflect.Bool || k >= reflect.Int && k <= reflect.Uint64 ||
		k == reflect.Float32 || k == reflect.Float64
}

// unknown says whether the type of a node shows only with the row.
func unknown(n ast.Node) bool { return n.Type().Kind() == reflect.Interface }

func kindName(n ast.Node) string {
	t := n.Type()
	switch {
	case t.Kind() == reflect.String:
		return "a text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case strings.HasPrefix(t.String(), "time.Duration"):
		return "a span of time"
	case t.PkgPath() == "time" && t.Kind() == reflect.Struct:
		return "a date"
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return "a list"
	case textual(t.Kind()):
		return "a number"
	}
	return "something else"
}
