package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	proofCommand = regexp.MustCompile("`go test ([^`]*-[^`]+)`")
	testFunc     = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`)
	ownFlag      = regexp.MustCompile(`flag\.(?:Int|Uint64|Bool|String)\("([a-z-]+)"`)
)

// TestReadmeProofs checks the long commands of the README, which CI runs in shorter forms: their
// packages, tests and flags are there.
func TestReadmeProofs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(projectRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := proofCommand.FindAllStringSubmatch(string(text), -1)
	if len(commands) < 8 {
		t.Errorf("the README has %d such commands", len(commands))
	}
	for _, c := range commands {
		if why := wrongProof(t, strings.Fields(c[1])); why != "" {
			t.Errorf("go test %s: %s", c[1], why)
		}
	}
}

// wrongProof says what the words of a command name that is not there.
func wrongProof(t *testing.T, words []string) string {
	t.Helper()
	var folder string
	for _, w := range words {
		if strings.HasPrefix(w, "./") {
			folder = w
		}
	}
	files, err := filepath.Glob(filepath.Join(projectRoot, folder, "*_test.go"))
	if err != nil || folder == "" || len(files) == 0 {
		return "no package with tests is named"
	}
	var source strings.Builder
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	for i, w := range words {
		if !strings.HasPrefix(w, "-") {
			continue
		}
		switch name := w[1:]; name {
		case "run", "bench", "fuzz":
			if i+1 == len(words) || !namesTest(words[i+1], source.String()) {
				return w + " names none of the package's tests"
			}
		default:
			if flag.Lookup("test."+name) == nil && !has(ownFlag, source.String(), name) {
				return "no test of the package has the flag " + w
			}
		}
	}
	return ""
}

// namesTest says whether a pattern finds a function. One that finds none on purpose is xxx.
func namesTest(pattern, source string) bool {
	pattern = strings.Trim(pattern, "'")
	if pattern == "xxx" {
		return true
	}
	top, _, _ := strings.Cut(pattern, "/")
	find, err := regexp.Compile(top)
	if err != nil {
		return false
	}
	for _, m := range testFunc.FindAllStringSubmatch(source, -1) {
		if find.MatchString(m[1]) {
			return true
		}
	}
	return false
}

// has says whether a pattern finds a word.
func has(pattern *regexp.Regexp, source, word string) bool {
	for _, m := range pattern.FindAllStringSubmatch(source, -1) {
		if m[1] == word {
			return true
		}
	}
	return false
}
