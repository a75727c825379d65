package state_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"rowpost/batch/state"
)

// copyOf makes a copy of a table, as of standard input, and a job that was given it.
func copyOf(t *testing.T, s *state.Store, content string) (path string, job state.Job) {
	t.Helper()
	f, err := s.NewInput()
	if err == nil {
		_, err = f.WriteString(content)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	job = aJob(content)
	job.Input.Path = f.Name()
	return f.Name(), job
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %o", path, info.Mode().Perm())
	}
	return err == nil
}

// TestInputIsKeptUntilItsRunIsFinished: whoever ends, and whenever.
func TestInputIsKeptUntilItsRunIsFinished(t *testing.T) {
	s := open(t, t.TempDir())
	path, job := copyOf(t, s, "a")
	imported(t, s, job, state.BeginOptions{}, false)
	drop := func(own string, after time.Duration) {
		t.Helper()
		if err := s.DropInputs(own, time.Now().Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	drop(path, 24*time.Hour)
	if !exists(t, path) {
		t.Fatal("the copy of an unfinished run is gone")
	}
	// The same table comes through the pipe again, and its run is finished now.
	second, job := copyOf(t, s, "a")
	imported(t, s, job, state.BeginOptions{}, true)
	if exists(t, path) {
		t.Error("the copy that the run was begun with is still there")
	}
	drop(second, 0)
	if exists(t, second) {
		t.Error("the copy of a finished run is still there")
	}
}

// TestInputOfAnother: what a process has just made is not taken away by another.
func TestInputOfAnother(t *testing.T) {
	s := open(t, t.TempDir())
	mine, _ := copyOf(t, s, "mine")
	another, _ := copyOf(t, s, "another")
	if err := s.DropInputs(mine, time.Now()); err != nil || exists(t, mine) || !exists(t, another) {
		t.Errorf("mine %v, another %v, %v", exists(t, mine), exists(t, another), err)
	}
	if err := s.DropInputs("", time.Now().Add(2*time.Hour)); err != nil || exists(t, another) {
		t.Errorf("what a killed process left: %v, %v", exists(t, another), err)
	}
}

// TestForgottenInput: with a run its copy goes, and never a file of the user's.
func TestForgottenInput(t *testing.T) {
	s := open(t, t.TempDir())
	path, job := copyOf(t, s, "a")
	theirs := filepath.Join(t.TempDir(), "b.csv")
	if err := os.WriteFile(theirs, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other := aJob("b")
	other.Input.Path = theirs
	for _, job := range []state.Job{job, other} {
		info := imported(t, s, job, state.BeginOptions{}, false)
		if err := s.Forget(t.Context(), info.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	if exists(t, path) || !exists(t, theirs) {
		t.Errorf("copy %v, the user's %v", exists(t, path), exists(t, theirs))
	}
}
