package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowpost/batch"
)

// start opens a journal with what is known, finishes a row and closes it.
func start(t *testing.T, dir string, many int, known map[string]int64, row int) map[string]int64 {
	t.Helper()
	j, err := openDisk(osFiles{}, dir, many, known)
	if err != nil {
		t.Fatal(err)
	}
	l, err := j.Lane("acme", 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Finish(batch.Entry{Row: row, Status: batch.Succeeded}), j.Close()); err != nil {
		t.Fatal(err)
	}
	return j.Lengths()
}

// TestLengthsTellLossFromACrash holds that whatever a file lost since its start ended is
// damage, of that file, with what is known, and that nothing else is.
func TestLengthsTellLossFromACrash(t *testing.T) {
	const first, second = "acme.0001.journal", "acme.0002.journal"
	for name, c := range map[string]struct {
		change func(t *testing.T, path string)
		file   string // that is damaged; empty: none is
	}{
		"nothing":              {func(*testing.T, string) {}, ""},
		"emptied":              {cutTo(0), second},
		"cut within a record":  {cutTo(60), second},
		"cut by its last mark": {cutBy(1), second},
		"removed":              {remove, second},
		"its folder removed":   {func(t *testing.T, path string) { t.Helper(); must0(t, os.RemoveAll(filepath.Dir(path))) }, first},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "journal")
			known := start(t, dir, manyFiles, start(t, dir, manyFiles, nil, 1), 2)
			c.change(t, filepath.Join(dir, second))
			_, reading := Read(dir, known)
			_, opening := Open(dir, known)
			for what, err := range map[string]error{"read": reading, "open": opening} {
				var damage *DamageError
				switch {
				case c.file == "" && err != nil:
					t.Errorf("%s: %v", what, err)
				case c.file == "":
				case !errors.As(err, &damage) || filepath.Base(damage.File) != c.file || damage.Lane != "acme":
					t.Errorf("%s: %v, want damage of %s", what, err, c.file)
				case !strings.Contains(err.Error(), "when a run ended"):
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func cutTo(size int64) func(*testing.T, string) {
	return func(t *testing.T, path string) { t.Helper(); must0(t, os.Truncate(path, size)) }
}

func cutBy(n int64) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		info, err := os.Stat(path)
		must0(t, err)
		must0(t, os.Truncate(path, info.Size()-n))
	}
}

func remove(t *testing.T, path string) { t.Helper(); must0(t, os.Remove(path)) }

func must0(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLengthsOfFilesPutTogether holds that a compaction stands for the files in it, also
// when its start was killed before it could tell, and that losing it is a loss of theirs.
func TestLengthsOfFilesPutTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	var known map[string]int64
	for row := 1; row <= 3; row++ {
		known = start(t, dir, manyFiles, known, row)
	}
	if _, err := openDisk(osFiles{}, dir, 2, known); err != nil { // never ends
		t.Fatal(err)
	}
	v, err := Read(dir, known)
	if err != nil || len(v.Files) != 1 || filepath.Base(v.Files[0].Path) != "acme.0001-0003.journal" {
		t.Fatalf("%+v, %v", v, err)
	}
	if later := start(t, dir, manyFiles, known, 4); len(later) != 2 || later["acme.0001-0003.journal"] != v.Files[0].Kept {
		t.Errorf("%v", later)
	}
	remove(t, v.Files[0].Path)
	if _, err = Read(dir, known); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, new(*DamageError)) {
		t.Errorf("%v", err)
	}
}

// TestLengthsOfAFailedLaneAreUnknown holds that what the disk did not take is not asked for.
func TestLengthsOfAFailedLaneAreUnknown(t *testing.T) {
	files := &faulty{}
	disk, l := openLane(t, files, 10)
	disk.committer.handDriven = true
	must0(t, l.Begin(1, 0))
	files.badSync = errors.New("planned")
	if l.Begin(2, 0) == nil || disk.Close() == nil {
		t.Fatal("the disk does not fail")
	}
	if lengths := disk.Lengths(); len(lengths) != 0 {
		t.Errorf("%v", lengths)
	}
}
