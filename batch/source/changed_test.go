package source_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"rowpost/batch/source"
	"rowpost/mapping"
)

// A small table is kept in memory; of a large one a reading holds a part at a time. In bytes.
const (
	small = 1 << 20
	large = 5 << 20
)

// manyRows is a table of at least so many bytes: number, a cell that tells old bytes from new
// ones, and one that fills a kilobyte.
func manyRows(cell string, size int) string {
	var b strings.Builder
	b.WriteString("number,text,fill\n")
	fill := strings.Repeat("x", 1000)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%09d,%s,%s\n", i, cell, fill)
	}
	return b.String()
}

// TestOnlyWhatWasReadFirstIsHandedOn edits a table after some rows were read. A row of the
// new bytes is never seen, and whatever can still be read of the old ones is.
func TestOnlyWhatWasReadFirstIsHandedOn(t *testing.T) {
	before, after := manyRows("older", large), manyRows("newer", large)
	for name, tc := range map[string]struct {
		change  func(path string) error
		whole   bool // all rows come
		recheck bool // the file under the name is what it was
	}{
		"edited in place": {change: func(p string) error { return overwrite(p, after, 0) }},
		"edited in place, size and time as before": {change: func(p string) error {
			info, err := os.Stat(p)
			return errors.Join(err, overwrite(p, after, 0), os.Chtimes(p, info.ModTime(), info.ModTime()))
		}},
		"its last byte edited": {change: func(p string) error { return overwrite(p, "!\n", int64(len(before)-2)) }},
		"cut":                  {change: func(p string) error { return os.Truncate(p, large/2) }},
		"emptied":              {change: func(p string) error { return os.Truncate(p, 0) }},
		"written anew, longer": {change: func(p string) error { return os.WriteFile(p, []byte(after+after), 0o600) }},
		"grown":                {change: func(p string) error { return overwrite(p, after, int64(len(before))) }, whole: true},
		"touched":              {change: func(p string) error { return os.Chtimes(p, time.Unix(1, 0), time.Unix(1, 0)) }, whole: true, recheck: true},
		"replaced":             {change: func(p string) error { return os.Rename(write(t, after), p) }, whole: true},
		"replaced by its copy": {change: func(p string) error { return os.Rename(write(t, before), p) }, whole: true, recheck: true},
		"replaced by a folder": {change: func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, whole: true},
		"renamed":              {change: func(p string) error { return os.Rename(p, p+".done") }, whole: true, recheck: true},
		"deleted":              {change: os.Remove, whole: true, recheck: true},
	} {
		t.Run(name, func(t *testing.T) {
			if needsUnlink := tc.whole && name != "grown" && name != "touched"; needsUnlink && runtime.GOOS == "windows" {
				t.Skip("an open file keeps its name there")
			}
			path := write(t, before)
			table, err := open(t, path, mapping.SourceOptions{})
			if err != nil {
				t.Fatal(err)
			}
			again := readWhile(t, table, func() error { return tc.change(path) })
			checkWhole(t, "the reading under way", again, tc.whole)
			checkWhole(t, "one that begins later", readWhile(t, table, nil), tc.whole)
			switch err := table.Recheck(); {
			case !tc.recheck:
				checkChanged(t, err)
			case err != nil:
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// TestSmallTableIsKept: a table that fits in memory is read to its end whatever becomes of
// the file; that it was changed is said at the end.
func TestSmallTableIsKept(t *testing.T) {
	path := write(t, manyRows("older", small))
	table, err := open(t, path, mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	change := func() error { return overwrite(path, manyRows("newer", small), 0) }
	checkWhole(t, "the reading under way", readWhile(t, table, change), true)
	checkWhole(t, "one that begins later", readWhile(t, table, nil), true)
	checkChanged(t, table.Recheck())
}

// overwrite writes over a part of a file, as some editors do.
func overwrite(path, text string, at int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(text), at)
	return errors.Join(err, f.Close())
}

// readWhile reads all rows and changes the file when there were ten. It holds that each row
// is an old one, in its place, and gives the error that ended the reading.
func readWhile(t *testing.T, table *source.Table, change func() error) error {
	t.Helper()
	n := 0
	for row, err := range table.Rows() {
		if err != nil {
			return err
		}
		if row.Cells[0] != fmt.Sprintf("%09d", n) || row.Cells[1] != "older" || row.Fault != nil {
			t.Fatalf("row %d is not what it was", row.Num)
		}
		if n++; n == 10 && change != nil {
			if err := change(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != table.Total() {
		t.Errorf("%d rows, there were %d when it was opened", n, table.Total())
	}
	return nil
}

func checkWhole(t *testing.T, what string, err error, whole bool) {
	t.Helper()
	switch {
	case !whole:
		checkChanged(t, err)
	case err != nil:
		t.Errorf("%s: %v", what, err)
	}
}

func checkChanged(t *testing.T, err error) {
	t.Helper()
	var e *source.Error
	if !errors.As(err, &e) || e.Kind != source.Unreadable || !strings.Contains(e.Msg, "changed") || e.Hint == "" {
		t.Errorf("error %v, want that the file was changed", err)
	}
}

// TestChangedBehindADecoder: what turns bytes into letters does not hide that they are others.
func TestChangedBehindADecoder(t *testing.T) {
	wide := func(s string) string {
		out := make([]byte, 2*len(s)) // the table is ASCII
		for i := range len(s) {
			out[2*i] = s[i]
		}
		return string(out)
	}
	for encoding, turn := range map[string]func(string) string{
		"windows-1252": func(s string) string { return s },
		"shift_jis":    func(s string) string { return s },
		"utf-16le":     wide,
	} {
		t.Run(encoding, func(t *testing.T) {
			path := write(t, turn(manyRows("older", large)))
			table, err := open(t, path, mapping.SourceOptions{Encoding: encoding})
			if err != nil {
				t.Fatal(err)
			}
			checkChanged(t, readWhile(t, table, func() error { return overwrite(path, turn(manyRows("newer", large)), 0) }))
		})
	}
}

// TestClosedTable: nothing is read after Close, and the error says so.
func TestClosedTable(t *testing.T) {
	table, err := source.Open(write(t, manyRows("older", large)), mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range table.Rows() {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("error %v", err)
		}
	}
	if err := table.Recheck(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v", err)
	}
}
