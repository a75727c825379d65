package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "rowpost"

// room is a package, or a family of packages, and which of ours it may import.
type room struct {
	is      func(pkg string) bool
	may     func(pkg, imported string) bool
	purpose string
}

func exactly(name string) func(string) bool { return func(pkg string) bool { return pkg == name } }

// below is for the packages in a folder, without the folder's own.
func below(folder string, except ...string) func(string) bool {
	return func(pkg string) bool {
		return strings.HasPrefix(pkg, folder+"/") && !slices.Contains(except, pkg)
	}
}

// only allows the named packages and those below itself.
func only(names ...string) func(pkg, imported string) bool {
	return func(pkg, imported string) bool {
		return slices.Contains(names, imported) || strings.HasPrefix(imported, pkg+"/")
	}
}

// named allows the named packages and nothing else.
func named(names ...string) func(pkg, imported string) bool {
	return func(_, imported string) bool { return slices.Contains(names, imported) }
}

// rooms is the table of the house. The first room that a package is in counts.
func rooms() []room {
	inner := []string{"providers/all", "providers/conformance", "providers/declared", "providers/providertest", "providers/sandbox"}
	return []room{
		{exactly("mapping"), named(), "a leaf"},
		{exactly("mapping/draft"), named("mapping"), "proposes mappings, and knows no provider"},
		{exactly("providers"), named("mapping"), "descriptions and pure functions"},
		{exactly("providers/all"), func(_, imported string) bool {
			return imported == "providers" || below("providers", inner...)(imported)
		}, "the one list of built-in providers"},
		{exactly("providers/sandbox"), func(_, imported string) bool {
			return imported == "mapping" || imported == "providers" || imported == "providers/declared" || below("providers", inner...)(imported)
		}, "knows what it simulates, not the engine"},
		{exactly("providers/providertest"), named("mapping", "providers", "providers/conformance"), "the suite, which knows no provider"},
		{below("providers"), named("mapping", "providers"), "one API, no other"},
		{exactly("batch"), named("mapping", "providers"), "no provider by name, none of its own sub-packages"},
		{exactly("batch/source/xlsx"), named("mapping"), "sheets as rows, for batch/source"},
		{below("batch"), only("mapping", "providers", "batch"), "not each other"},
		{func(pkg string) bool { return pkg == "cmd" || below("cmd")(pkg) }, func(string, string) bool { return true }, "all of the above"},
	}
}

// listed is what `go list -json` tells of a package.
type listed struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	IgnoredGo    []string `json:"IgnoredGoFiles"`
	Imports      []string
}

func house(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages are listed: the test looks at the wrong place", len(packages))
	}
	return packages
}

func ours(importPath string) (string, bool) { return strings.CutPrefix(importPath, module+"/") }

func TestImportDirections(t *testing.T) {
	for _, p := range house(t) {
		pkg, ok := ours(p.ImportPath)
		if !ok {
			t.Errorf("%s: no package stands at the top", p.ImportPath)
			continue
		}
		if strings.HasPrefix(pkg, "samples") {
			continue
		}
		at := slices.IndexFunc(rooms(), func(r room) bool { return r.is(pkg) })
		if at < 0 {
			t.Errorf("%s is in no room of the house", pkg)
			continue
		}
		for _, path := range p.Imports {
			imported, ok := ours(path)
			if ok && !rooms()[at].may(pkg, imported) {
				t.Errorf("%s imports %s: it is %s", pkg, imported, rooms()[at].purpose)
			}
		}
	}
}

func TestOnlyTheCommandImportsTheListOfProviders(t *testing.T) {
	for _, p := range house(t) {
		if pkg, _ := ours(p.ImportPath); slices.Contains(p.Imports, module+"/providers/all") && !strings.HasPrefix(pkg, "cmd/") {
			t.Errorf("%s imports providers/all", pkg)
		}
	}
}

// ban forbids what a selector expression names, as time.Sleep, where it applies.
type ban struct {
	name    string // package or receiver, and member; a receiver of any name is *
	why     string
	applies func(pkg string, test bool) bool
}

func bans() []ban {
	pure := func(pkg string) bool {
		return pkg == "mapping" || pkg == "mapping/draft" || pkg == "providers" || below("providers", "providers/sandbox", "providers/providertest")(pkg)
	}
	return []ban{
		{"time.Sleep", "waits listen to a context", func(string, bool) bool { return true }},
		{"*.Reveal", "only the sender of requests may see a secret", func(pkg string, test bool) bool {
			return pkg != "batch" && !test
		}},
		{"os.Exit", "only the command ends the process", func(pkg string, test bool) bool {
			return !test && !strings.HasPrefix(pkg, "cmd/rowpost")
		}},
		{"os.Args", "only the command reads arguments", func(pkg string, test bool) bool {
			return !test && !strings.HasPrefix(pkg, "cmd/rowpost")
		}},
		{"os.Getenv", "the environment reaches commands as Program.Env", func(_ string, test bool) bool { return !test }},
		{"os.LookupEnv", "the environment reaches commands as Program.Env", func(_ string, test bool) bool { return !test }},
		{"context.Background", "contexts come from the command", func(pkg string, test bool) bool {
			return !test && !strings.HasPrefix(pkg, "cmd/rowpost")
		}},
		{"time.Now", "pure packages have no clock", func(pkg string, test bool) bool { return !test && pure(pkg) }},
	}
}

func TestBannedCalls(t *testing.T) {
	for _, p := range house(t) {
		pkg, _ := ours(p.ImportPath)
		if pkg == "providers/providertest" {
			p.TestGoFiles = append(p.TestGoFiles, p.GoFiles...) // it is test code whatever its files are called
			p.GoFiles = nil
		}
		for _, name := range append(p.GoFiles, p.IgnoredGo...) {
			checkBans(t, pkg, filepath.Join(p.Dir, name), name == "planted_on.go") // which only tests build
		}
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			checkBans(t, pkg, filepath.Join(p.Dir, name), true)
		}
	}
}

func checkBans(t *testing.T, pkg, file string, test bool) {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		left := "?"
		if x, isName := s.X.(*ast.Ident); isName {
			left = x.Name
		}
		for _, b := range bans() {
			if (b.name == left+"."+s.Sel.Name || b.name == "*."+s.Sel.Name) && b.applies(pkg, test) {
				t.Errorf("%s: %s: %s", fset.Position(s.Pos()), b.name, b.why)
			}
		}
		return true
	})
}

func TestPurePackagesDoNoInputOutput(t *testing.T) {
	forbidden := []string{"os", "net", "net/http/httptest", "log", "log/slog", "math/rand", "math/rand/v2"}
	for _, p := range house(t) {
		pkg, _ := ours(p.ImportPath)
		if pkg != "mapping" && pkg != "mapping/draft" && !below("providers", "providers/sandbox", "providers/providertest")(pkg) {
			continue
		}
		for _, path := range p.Imports {
			if slices.Contains(forbidden, path) {
				t.Errorf("%s imports %s: its functions are pure", pkg, path)
			}
		}
	}
}
