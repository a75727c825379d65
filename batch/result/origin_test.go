package result_test

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowpost/batch/result"
	"rowpost/mapping"
)

func TestOrigin(t *testing.T) {
	word := regexp.MustCompile("^[bcdfghjklmnpqrst]{6}$")
	if !word.MatchString(result.SandboxOrigin) {
		t.Errorf("%q is no origin", result.SandboxOrigin)
	}
	rapid.Check(t, func(t *rapid.T) {
		sum := func(label string) [sha256.Size]byte { return sha256.Sum256([]byte(rapid.String().Draw(t, label))) }
		table, other := sum("table"), sum("other")
		clauses := []mapping.Clause{{Path: "a", Sum: sum("a")}, {Path: "b", Sum: sum("b")}}
		origin := result.Origin(table, clauses)
		if !word.MatchString(origin) || origin == result.SandboxOrigin {
			t.Errorf("%q", origin)
		}
		if slices.Reverse(clauses); result.Origin(table, clauses) != origin {
			t.Error("it depends on the order of the clauses")
		}
		if table != other && result.Origin(other, clauses) == origin {
			t.Error("two tables have one origin")
		}
		if result.Origin(table, clauses[:1]) == origin {
			t.Error("two mappings have one origin")
		}
	})
}

// generation writes a table's lines as a run of that origin does, from an earlier result
// if there is one, and gives what its lines say.
func generation(t *testing.T, path, earlier, origin string) result.Stats {
	t.Helper()
	header, lines := sample()
	if earlier != "" {
		for i, l := range linesOf(t, again(t, earlier, mapping.SourceOptions{})) {
			lines[i].Origin = strings.Clone(l.Before.Origin)
		}
	}
	if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header, Origin: origin}); err != nil {
		t.Fatal(err)
	}
	return again(t, path, mapping.SourceOptions{}).Stats()
}

func TestLinesKeepTheirOrigin(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct{ name, earlier, origin, want string }{
		{"first", "", "bcdfgh", "bcdfgh"},
		{"second", "first", "mmmmmm", "bcdfgh"},
		{"third", "second", "nnnnnn", "bcdfgh"},
		{"trial", "second", result.SandboxOrigin, result.SandboxOrigin},
		{"after the trial", "trial", "mmmmmm", result.SandboxOrigin},
	} {
		earlier := ""
		if tc.earlier != "" {
			earlier = filepath.Join(dir, tc.earlier)
		}
		s := generation(t, filepath.Join(dir, tc.name), earlier, tc.origin)
		if !slices.Equal(s.Origins, []string{tc.want}) || s.Unknown || s.Edited != 0 {
			t.Errorf("%s: %+v", tc.name, s)
		}
	}
}

func TestOriginsThatAreNone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.csv")
	edited := generation(t, path, "", "bcdfgh").Edited
	for name, tc := range map[string]struct {
		end     string
		unknown bool
	}{
		"none":            {"", true},
		"too short":       {"-bcd", true},
		"a vowel":         {"-abcdfg", true},
		"two":             {"-bcdfgh-bcdfgh", true},
		"that of another": {"-mmmmmm", false},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := filepath.Join(dir, "changed.csv")
			put(t, changed, []byte(strings.ReplaceAll(string(data), "-bcdfgh", tc.end)))
			if s := again(t, changed, mapping.SourceOptions{}).Stats(); s.Unknown != tc.unknown || s.Edited != edited {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestManyOrigins holds that a heap of results is refused before a list of them grows.
func TestManyOrigins(t *testing.T) {
	text := "rp_row,rp_line,rp_request,rp_status,rp_error_code,rp_check,a\n"
	for i := range 100 {
		text += "1,2,one,failed,,x-" + result.Origin([sha256.Size]byte{byte(i)}, nil) + ",x\n"
	}
	path := filepath.Join(t.TempDir(), "r.csv")
	put(t, path, []byte(text))
	_, _, err := open(t, path, mapping.SourceOptions{})
	if e, ok := errors.AsType[*result.Error](err); !ok || !e.Refused || e.Path != path {
		t.Errorf("%v", err)
	}
}

func TestWhatATrialOverwrites(t *testing.T) {
	header, lines := sample()
	for _, tc := range []struct {
		name, there string
		lines       int
		refused     bool
	}{
		{"a real result", "bcdfgh", len(lines), true},
		{"one that does not say", "", len(lines), true},
		{"a real result without lines", "bcdfgh", 0, false},
		{"that of a trial", result.SandboxOrigin, len(lines), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := result.Options{Path: filepath.Join(t.TempDir(), "r.csv"), Header: header, Origin: tc.there}
			if _, err := result.Write(sequence(lines[:tc.lines]), opts); err != nil {
				t.Fatal(err)
			}
			if err := result.Probe(opts.Path, false); err != nil {
				t.Errorf("a real run: %v", err)
			}
			probed := result.Probe(opts.Path, true)
			opts.Origin = result.SandboxOrigin
			_, written := result.Write(sequence(lines), opts)
			for _, err := range []error{probed, written} {
				if e, ok := errors.AsType[*result.Error](err); ok != tc.refused || ok && !e.Refused {
					t.Errorf("%v", err)
				}
			}
		})
	}
}
