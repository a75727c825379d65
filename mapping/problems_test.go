package mapping

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each file of testdata/problems is a mapping that cannot be used; beside it stands
// what its author is told.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, p := range problemsOf(t, string(src)) {
				b.WriteString(p.String() + "\n")
				if p.Hint != "" {
					b.WriteString("    hint: " + p.Hint + "\n")
				}
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", b.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if got == "" {
		t.Fatal("nothing is wrong with it")
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// What cannot be written in a readable file.
func TestProblemsOfTheBytes(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"empty", "", "map.yaml: the file is empty"},
		{"only a comment", "# nothing\n", "map.yaml: the file is empty"},
		{"only a byte order mark", "\uFEFF", "map.yaml: the file is empty"},
		{"not UTF-8", "version: 1\nname: M\xfcller\n", "map.yaml:2: the file is not UTF-8 text"},
		{"too long", "#" + strings.Repeat("x", maxFile), "map.yaml: the file is longer than 1 MiB"},
		{"a scalar", "hello", "map.yaml:1:1: here must be keys with values, not a single text"},
		{"tab indent", "version: 1\nsource:\n\tsheet: x\n", "map.yaml:3:1: a character that cannot stand here"},
		{"open quote", "version: 1\nname: \"x\n", "map.yaml:2:7: the quote that opens here is never closed"},
		{"open bracket", "version: 1\nrequests: [\n", "map.yaml:3:1: something is missing here: what opens with [ or { must be closed"},
		{"open list", "version: 1\nrequests: [a\n", "map.yaml:3:1: the list that opens with [ in line 2 is not closed by ], or a comma is missing in it"},
		{"two documents", "version: 1\n---\nversion: 1\n", "map.yaml:2:1: a second document starts here; a mapping is a single one"},
		{"later version, which alone is told", "version: 2\nnews: 1\n", "map.yaml:1:10: this program is too old for the mapping: it reads version 1, and this is 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := problemsOf(t, c.src)
			if len(got) != 1 || got[0].String() != c.want {
				t.Errorf("got %v\nwant %s", got, c.want)
			}
		})
	}
}

func TestManyProblemsAreCut(t *testing.T) {
	src := "version: 1\n" + strings.Repeat("? [x]\n: 1\n", 500)
	got := problemsOf(t, src)
	if len(got) != maxProblems+1 || !strings.Contains(got[maxProblems].Msg, "more problems") {
		t.Errorf("%d problems, the last: %v", len(got), got[len(got)-1])
	}
}

func TestByteOrderMarkAndCRLFAreTolerated(t *testing.T) {
	src := "\uFEFF" + strings.ReplaceAll(oneField("Country"), "\n", "\r\n")
	if got := problemsOf(t, src); got != nil {
		t.Error(got)
	}
}
