package mapping

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// bounded puts functions of ours in the place of those that can grow a text or go
// through a list, so that the work for one row is counted and has an end. The natures
// of all nodes are known. False: problems were noted.
func (b *binder) bounded(n *ast.Node) bool {
	before := len(b.p.list)
	b.bound(n)
	return len(b.p.list) == before
}

func (b *binder) bound(n *ast.Node) {
	refs := b.loopReads(*n)
	for _, c := range children(*n) {
		b.bound(c)
	}
	switch node := (*n).(type) {
	case *ast.BinaryNode:
		if node.Operator == "+" && (unknown(node) || isText(node)) {
			*n = b.call("$add", node, node.Left, node.Right)
		}
	case *ast.SliceNode:
		if unknown(node.Node) || isText(node.Node) {
			*n = b.call("$slice", node, node.Node, orNil(node.From), orNil(node.To))
		}
	case *ast.ArrayNode:
		for _, item := range node.Nodes {
			b.scalar(item)
		}
	case *ast.CallNode:
		if _, ours := node.Callee.(*ast.IdentifierNode); isText(node) && !ours {
			*n = b.call("$grow", node, node)
		}
	case *ast.BuiltinNode:
		b.builtin(n, node, refs)
	}
}

func (b *binder) builtin(n *ast.Node, node *ast.BuiltinNode, refs []ast.Node) {
	switch node.Name {
	case "replace", "repeat", "join", "indexOf", "lastIndexOf":
		*n = b.call("$"+node.Name, node, node.Arguments...)
		return
	case "upper", "lower", "toBase64", "string":
		*n = b.call("$grow", node, node)
		return
	}
	if len(node.Arguments) < 2 {
		return
	}
	body, ok := node.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return
	}
	if node.Name == "map" {
		b.scalar(body.Node)
	}
	parts := 0
	below(body, func(ast.Node) { parts++ })
	args := append([]ast.Node{node.Arguments[0], &ast.ConstantNode{Value: parts}}, refs...)
	node.Arguments[0] = b.call("$loop", node.Arguments[0], args...)
}

// scalar refuses lists in lists: shared and nested often enough, a few of them stand
// for more texts than any machine holds.
func (b *binder) scalar(n ast.Node) {
	t := n.Type()
	if _, isNil := n.(*ast.NilNode); isNil || textual(t.Kind()) || t.PkgPath() == "time" {
		return
	}
	b.add(n, "write string(...) around it", "a list can hold texts, numbers and true or false only")
}

// loopReads lists what the body of a function that goes through a list reads from
// outside of it: its cost for each element.
func (b *binder) loopReads(n ast.Node) []ast.Node {
	loop, ok := n.(*ast.BuiltinNode)
	if !ok || len(loop.Arguments) < 2 {
		return nil
	}
	body, ok := loop.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return nil
	}
	own := map[string]bool{}
	below(body, func(n ast.Node) {
		if let, isLet := n.(*ast.VariableDeclaratorNode); isLet {
			own[let.Name] = true
		}
	})
	var reads []ast.Node
	below(body, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallNode:
			if id, isName := n.Callee.(*ast.IdentifierNode); isName && id.Value == "$cell" {
				reads = append(reads, b.call("$cell", n, n.Arguments[1:]...))
			}
		case *ast.IdentifierNode:
			if n.Value[0] != '$' && !own[n.Value] {
				read := &ast.IdentifierNode{Value: n.Value}
				read.SetNature(*n.Nature())
				reads = append(reads, read)
			}
		}
	})
	return reads
}

func isText(n ast.Node) bool { return n.Type().Kind() == reflect.String }

// orNil stands for the end of a slice that is not written.
func orNil(n ast.Node) ast.Node {
	if n == nil {
		return &ast.NilNode{}
	}
	return n
}
