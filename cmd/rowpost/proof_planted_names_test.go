//go:build unix

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// plantedBugs reads from batch/planted_on.go, which no test of this package is built with,
// what is wrong with each bug.
func plantedBugs(t *testing.T) map[string]string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(projectRoot, "batch", "planted_on.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	bugs := map[string]string{}
	ast.Inspect(tree, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok {
			bugs[textOf(t, pair.Key)] = textOf(t, pair.Value)
		}
		return true
	})
	return bugs
}

// textOf is a string that the code has as it stands.
func textOf(t *testing.T, e ast.Expr) string {
	t.Helper()
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		t.Fatalf("%T is no plain text", e)
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// placesForBugs counts the places in the code where each bug can be.
func placesForBugs(t *testing.T) map[string]int {
	t.Helper()
	places := map[string]int{}
	for _, p := range house(t) {
		for _, name := range p.GoFiles {
			tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 1 || calledName(call) != "Planted" {
					return true
				}
				places[textOf(t, call.Args[0])]++
				return true
			})
		}
	}
	return places
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// A bug that is listed and nowhere in the code, or in the code and not listed, or that no
// proof looks for, would never be missed.
func TestPlantedBugsAreKnown(t *testing.T) {
	wanted := slices.Sorted(maps.Keys(plantedBugs(t)))
	if len(wanted) < 10 {
		t.Errorf("only %d bugs are listed", len(wanted))
	}
	if have := slices.Sorted(maps.Keys(placesForBugs(t))); !slices.Equal(have, wanted) {
		t.Errorf("the code has places for %q, and batch/planted_on.go lists %q", have, wanted)
	}
	looked := map[string]int{}
	for _, p := range plantings() {
		looked[p.bug]++
	}
	delete(looked, "") // the proofs without a bug
	if have := slices.Sorted(maps.Keys(looked)); !slices.Equal(have, wanted) {
		t.Errorf("proofs look for %q, and batch/planted_on.go lists %q", have, wanted)
	}
}
