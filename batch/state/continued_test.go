package state_test

import (
	"os"
	"path/filepath"
	"testing"

	"rowpost/batch/state"
)

// TestAKillWhileAResultIsTakenOver kills a beginning between any two of its writes: the files
// that it had not replaced yet are those from before it.
func TestAKillWhileAResultIsTakenOver(t *testing.T) {
	for _, tc := range []struct {
		name    string
		written int // parents that say already that they are continued
	}{
		{"only the new run is written", 0},
		{"one of two parents is written, too", 1},
		{"all is written", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			jobs := []state.Job{from(aJob("a"), "bcdfgh"), from(aJob("b"), "mmmmmm")}
			var ids []string
			before := map[string][]byte{}
			for _, job := range jobs {
				id := imported(t, s, job, state.BeginOptions{Result: job.Input.Path + ".result"}, false).ID
				ids, before[id] = append(ids, id), readFile(t, runFile(dir, id))
			}
			child := begin(t, s, copied("bcdfgh", "mmmmmm"), state.BeginOptions{Result: "/elsewhere/copy.result.csv"})
			closeRun(t, child)
			for _, id := range ids[tc.written:] {
				if err := os.WriteFile(runFile(dir, id), before[id], 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, job := range jobs {
				parent := begin(t, open(t, dir), job, state.BeginOptions{})
				if parent.Info.ContinuedBy != child.Info.ID || parent.Resumed {
					t.Errorf("the parent's command: continued by %q, resumed %v", parent.Info.ContinuedBy, parent.Resumed)
				}
				closeRun(t, parent)
			}
			again := begin(t, open(t, dir), copied("bcdfgh", "mmmmmm"), state.BeginOptions{})
			if again.Info.ID != child.Info.ID || !again.Resumed {
				t.Errorf("the same command begins %s, want to go on with %s", again.Info.ID, child.Info.ID)
			}
		})
	}
}

// TestAKillWhileAResultIsTakenOverThenForgotten erases the run that alone says that it
// continued another.
func TestAKillWhileAResultIsTakenOverThenForgotten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	job := from(aJob("a"), "bcdfgh")
	id := imported(t, s, job, state.BeginOptions{Result: "/data/a.result.csv"}, false).ID
	before := readFile(t, runFile(dir, id))
	child := begin(t, s, copied("bcdfgh"), state.BeginOptions{})
	end(t, child, true)
	closeRun(t, child)
	if err := os.WriteFile(runFile(dir, id), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), child.Info.ID, false); err != nil {
		t.Fatal(err)
	}
	parent := begin(t, s, job, state.BeginOptions{})
	if parent.Info.ContinuedBy != child.Info.ID {
		t.Errorf("continued by %q, want %q", parent.Info.ContinuedBy, child.Info.ID)
	}
}

func runFile(dir, id string) string { return filepath.Join(dir, "runs", id, "run.json") }

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
