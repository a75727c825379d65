package result

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"rowpost/batch"
	"rowpost/mapping"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func oneLine(yield func(batch.Result, error) bool) {
	yield(batch.Result{Row: mapping.Row{Num: 1, Line: 2, Cells: []string{"x"}}, Entry: batch.Entry{Status: batch.Failed}}, nil)
}

// brokenFile is a real file whose methods fail as they are told.
type brokenFile struct {
	*os.File
	write, sync, close error
}

func (f brokenFile) Write(p []byte) (int, error) {
	if f.write != nil {
		return 0, f.write
	}
	return f.File.Write(p)
}

func (f brokenFile) Sync() error  { return errors.Join(f.sync, f.File.Sync()) }
func (f brokenFile) Close() error { return errors.Join(f.close, f.File.Close()) }

// TestNothingIsLeft lets each step fail for the second of two files: the earlier results
// stay as they were, and no temporary file is left.
func TestNothingIsLeft(t *testing.T) {
	wrong := syscall.ENOSPC
	for name, broken := range map[string]brokenFile{
		"write": {write: wrong}, "sync": {sync: wrong}, "close": {close: wrong},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			opts := Options{Path: filepath.Join(dir, "r.csv"), Errors: filepath.Join(dir, "e.csv"), Header: []string{"a"}}
			earlier := strings.Join(Columns(), ",") + "\nearlier"
			if err := os.WriteFile(opts.Path, []byte(earlier), 0o600); err != nil {
				t.Fatal(err)
			}
			sys := realSystem()
			sys.create = func(path string) (file, error) {
				f, err := createTemp(path)
				if path == opts.Errors {
					return brokenFile{f, broken.write, broken.sync, broken.close}, err
				}
				return f, err
			}
			var e *Error
			if _, err := write(oneLine, opts, sys); !errors.As(err, &e) || !errors.Is(err, wrong) || e.Path != opts.Errors {
				t.Errorf("error %v", err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 {
				t.Errorf("left are %v: %v", entries, err)
			}
			if text, err := os.ReadFile(opts.Path); err != nil || string(text) != earlier {
				t.Errorf("the earlier result now has %q: %v", text, err)
			}
		})
	}
}

// TestFullDisk lets the disk fail in the middle of many lines: no more than a few that were
// on their way are taken after it.
func TestFullDisk(t *testing.T) {
	const many = 1_000_000
	dir := t.TempDir()
	sys := realSystem()
	sys.create = func(path string) (file, error) {
		f, err := createTemp(path)
		return brokenFile{f, syscall.ENOSPC, nil, nil}, err
	}
	taken := 0
	lines := func(yield func(batch.Result, error) bool) {
		for taken < many {
			taken++
			if !yield(batch.Result{Row: mapping.Row{Num: taken, Line: taken + 1, Cells: []string{"x"}}}, nil) {
				return
			}
		}
	}
	_, err := write(lines, Options{Path: filepath.Join(dir, "r.csv"), Header: []string{"a"}}, sys)
	if !errors.Is(err, syscall.ENOSPC) || taken > many/100 {
		t.Errorf("%d lines taken, error %v", taken, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left are %v: %v", entries, err)
	}
}

func TestRenameFails(t *testing.T) {
	dir := t.TempDir()
	sys := realSystem()
	sys.rename = func(from, to string) error { return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.EIO} }
	_, err := write(oneLine, Options{Path: filepath.Join(dir, "r.csv"), Header: []string{"a"}}, sys)
	if !errors.Is(err, syscall.EIO) || strings.Contains(err.Error(), tempEnd) {
		t.Errorf("error %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left are %v: %v", entries, err)
	}
}

// TestHeldOpen plays Windows, where a spreadsheet holds the result open.
func TestHeldOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.result.csv")
	opts := Options{Path: path, Header: []string{"a"}}
	if _, err := write(oneLine, opts, realSystem()); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "x.result.2.csv")
	if err := os.WriteFile(taken, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := errors.New("in use")
	sys := realSystem()
	sys.held = func(err error) bool { return errors.Is(err, busy) }
	sys.rename = func(from, to string) error {
		if to == path {
			return busy
		}
		return os.Rename(from, to)
	}
	done, err := write(oneLine, opts, sys)
	if err != nil || done.Path != filepath.Join(dir, "x.result.3.csv") {
		t.Errorf("written to %q: %v", done.Path, err)
	}
	if ours, err := IsResult(done.Path); err != nil || !ours {
		t.Errorf("it is no result: %v", err)
	}
	if text, err := os.ReadFile(taken); err != nil || string(text) != "somebody's" {
		t.Errorf("somebody's file now has %q: %v", text, err)
	}
}
