package result_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowpost/batch/result"
)

func TestDefaultPath(t *testing.T) {
	for input, want := range map[string]string{
		"x.csv":            "x.result.csv",
		"dir.csv/x.TSV":    "dir.csv/x.result.csv",
		"x.csv.gz":         "x.result.csv",
		"x.xlsx":           "x.result.csv",
		"x.tar":            "x.tar.result.csv",
		"x":                "x.result.csv",
		".csv":             ".csv.result.csv",
		"x.errors.csv":     "x.errors.result.csv",
		"x.2.csv":          "x.2.result.csv",
		"x.result.csv":     "x.result.2.csv",
		"x.result.csv.zst": "x.result.2.csv",
		"x.result.2.csv":   "x.result.3.csv",
		"x.result.99.csv":  "x.result.100.csv",
		"x.result.02.csv":  "x.result.02.result.csv",
	} {
		if got := result.DefaultPath(input); got != want {
			t.Errorf("%s: %s, want %s", input, got, want)
		}
	}
}

func TestIsResult(t *testing.T) {
	head := strings.Join(result.Columns(), ",")
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		content string
		want    bool
	}{
		"ours":                 {head + ",a,b\n1", true},
		"ours, no columns":     {head + "\n", true},
		"empty":                {"", false},
		"cut":                  {head, false},
		"one column is longer": {head + "x,a\n", false},
		"another table":        {"rp_row,rp_line,name\n", false},
	} {
		path := filepath.Join(dir, "x")
		if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := result.IsResult(path); got != tc.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := result.IsResult(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestProbe(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.csv")
	old := filepath.Join(dir, "old.csv")
	link := filepath.Join(dir, "link.csv")
	err := errors.Join(
		os.WriteFile(mine, []byte("a,b\n"), 0o600),
		os.WriteFile(old, []byte(strings.Join(result.Columns(), ",")+"\n"), 0o600),
		os.Symlink(old, link),
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		path, want string
		refused    bool
	}{
		"a new file":             {path: filepath.Join(dir, "new.csv")},
		"an earlier result":      {path: old},
		"a link to one":          {path: link},
		"a folder":               {path: dir, want: "is a folder", refused: true},
		"somebody's file":        {path: mine, want: "is there already and is not a result, so it is not overwritten", refused: true},
		"a folder that is not":   {path: filepath.Join(dir, "no", "x.csv"), want: "cannot be written: its folder does not exist"},
		"a file for a folder":    {path: filepath.Join(mine, "x.csv"), want: "cannot be written: not a directory"},
		"a device":               {path: os.DevNull, want: "is not a regular file", refused: true},
		"a name that is no name": {path: filepath.Join(dir, strings.Repeat("x", 300)), want: "cannot be written: file name too long"},
	} {
		t.Run(name, func(t *testing.T) {
			err := result.Probe(tc.path, false)
			var e *result.Error
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want == "":
			case !errors.As(err, &e) || e.Error() != tc.path+": "+tc.want || e.Refused != tc.refused:
				t.Errorf("got %v", err)
			}
		})
	}
	onlyThese(t, dir, "link.csv", "mine.csv", "old.csv")
}

func TestWriteKeepsLinksAndStrangers(t *testing.T) {
	dir := t.TempDir()
	header, lines := sample()
	target, link, mine := filepath.Join(dir, "real.csv"), filepath.Join(dir, "link.csv"), filepath.Join(dir, "mine.csv")
	for _, path := range []string{target, link} {
		if path == link {
			if err := os.Symlink(target, link); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header}); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if err := os.WriteFile(mine, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, opts := range []result.Options{
		{Path: mine, Header: header},
		{Path: target, Errors: mine, Header: header},
		{Path: target, Errors: dir + "/./real.csv", Header: header},
	} {
		var e *result.Error
		if _, err := result.Write(sequence(lines), opts); !errors.As(err, &e) || !e.Refused {
			t.Errorf("%+v: %v", opts, err)
		}
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != "a\n" {
		t.Errorf("somebody's file now has %q: %v", text, err)
	}
	onlyThese(t, dir, "link.csv", "mine.csv", "real.csv")
}

func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".r.csv.123.rowpost-tmp", ".other.csv.1.rowpost-tmp", "r.csv", ".r.csv.swp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := result.Leftovers(filepath.Join(dir, "r.csv"))
	if err != nil || len(got) != 1 || filepath.Base(got[0]) != ".r.csv.123.rowpost-tmp" {
		t.Errorf("%q, %v", got, err)
	}
}
