package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gofrs/flock"

	"rowpost/batch/state"
)

func TestTheStateFolderIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder has the rights of the one it is in")
	}
	for _, tc := range []struct {
		name  string
		mode  os.FileMode
		other bool // something else is in it
		want  os.FileMode
		fails bool
	}{
		{"an empty one that all can read", 0o755, false, 0o700, false},
		{"an empty one that all can write", 0o777, false, 0o700, false},
		{"one with other files keeps its mode", 0o755, true, 0o755, false},
		{"one with other files that others can write", 0o775, true, 0o775, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if tc.other {
				write(t, filepath.Join(dir, "letter.txt"))
			}
			if err := os.Chmod(dir, tc.mode); err != nil {
				t.Fatal(err)
			}
			_, err := state.Open(dir)
			var shared *state.SharedError
			if errors.As(err, &shared) != tc.fails || !tc.fails && err != nil {
				t.Fatalf("%v", err)
			}
			if got := modeOf(t, dir); got != tc.want {
				t.Errorf("mode %o, want %o", got, tc.want)
			}
			if err != nil {
				return
			}
			if got := modeOf(t, filepath.Join(dir, "runs")); got != 0o700 {
				t.Errorf("mode of runs %o", got)
			}
		})
	}
}

func TestAnOldStateFolderIsMadePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder has the rights of the one it is in")
	}
	dir := t.TempDir()
	s := open(t, dir)
	closeRun(t, begin(t, s, aJob("a"), state.BeginOptions{}))
	f, err := s.NewInput()
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if got := modeOf(t, dir); got != 0o700 {
		t.Errorf("mode %o, want 700", got)
	}
}

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTemporaryFoldersOfTheDeadAreRemoved(t *testing.T) {
	temp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, temp)
	}
	folder := func(name string) string {
		dir := filepath.Join(temp, name)
		if err := os.MkdirAll(filepath.Join(dir, "runs"), 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dead, alive, foreign := folder("rowpost-run-1"), folder("rowpost-run-2"), folder("rowpost-run-3")
	write(t, filepath.Join(dead, "alive.lock"))
	lock := flock.New(filepath.Join(alive, "alive.lock"))
	if got, err := lock.TryLock(); !got || err != nil {
		t.Fatal(err)
	}
	_, own, remove, err := state.OpenTemporary()
	if err != nil {
		t.Fatal(err)
	}
	_, second, removeSecond, err := state.OpenTemporary()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{dead: false, alive: true, foreign: true, own: true, second: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", filepath.Base(path), err, want)
		}
	}
	if err := errors.Join(lock.Unlock(), remove(), removeSecond()); err != nil {
		t.Error(err)
	}
	for _, path := range []string{own, second} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is left", path)
		}
	}
}
