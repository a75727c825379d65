package mapping

import "github.com/expr-lang/expr/ast"

// children lists the places of the nodes right below a node, in the order in which they stand.
func children(n ast.Node) []*ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []*ast.Node{&n.Node}
	case *ast.BinaryNode:
		return []*ast.Node{&n.Left, &n.Right}
	case *ast.ChainNode:
		return []*ast.Node{&n.Node}
	case *ast.MemberNode:
		return []*ast.Node{&n.Node, &n.Property}
	case *ast.SliceNode:
		return present(&n.Node, &n.From, &n.To)
	case *ast.CallNode:
		return append([]*ast.Node{&n.Callee}, each(n.Arguments)...)
	case *ast.BuiltinNode:
		return each(n.Arguments)
	case *ast.PredicateNode:
		return []*ast.Node{&n.Node}
	case *ast.VariableDeclaratorNode:
		return []*ast.Node{&n.Value, &n.Expr}
	case *ast.SequenceNode:
		return each(n.Nodes)
	case *ast.ConditionalNode:
		return []*ast.Node{&n.Cond, &n.Exp1, &n.Exp2}
	case *ast.ArrayNode:
		return each(n.Nodes)
	case *ast.MapNode:
		return each(n.Pairs)
	case *ast.PairNode:
		return []*ast.Node{&n.Key, &n.Value}
	}
	return nil
}

func each(nodes []ast.Node) []*ast.Node {
	out := make([]*ast.Node, len(nodes))
	for i := range nodes {
		out[i] = &nodes[i]
	}
	return out
}

// present leaves out the ends of a slice that are not written.
func present(nodes ...*ast.Node) []*ast.Node {
	var out []*ast.Node
	for _, n := range nodes {
		if *n != nil {
			out = append(out, n)
		}
	}
	return out
}

// below calls f for a node and all nodes below it, parents first.
func below(n ast.Node, f func(ast.Node)) {
	f(n)
	for _, c := range children(n) {
		below(*c, f)
	}
}
