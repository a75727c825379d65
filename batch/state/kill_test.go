package state_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rowpost/batch/state"
)

// TestBusyChild is no test: TestKilledAnywhere starts it as a process of its own, which
// begins, ends and forgets runs until it is killed.
func TestBusyChild(t *testing.T) {
	dir := os.Getenv("STATE_TEST_BUSY")
	if dir == "" {
		return // it is started by other tests
	}
	for n := 0; ; n++ {
		s := open(t, dir)
		r, err := s.Begin(t.Context(), aJob("a"), state.BeginOptions{Again: n%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("\nstep")
		if r.Journal != "" {
			send(t, r)
			end(t, r, n%3 > 0)
			fmt.Println("\nstep")
		}
		closeRun(t, r)
		if n%4 == 3 {
			if err := s.Forget(t.Context(), r.Info.ID, true); err != nil && r.Journal != "" {
				t.Fatal(err)
			}
			fmt.Println("\nstep")
		}
	}
}

// TestKilledAnywhere kills a process that changes the folder without a break, and finds
// it whole, whatever it was doing.
func TestKilledAnywhere(t *testing.T) {
	const kills = 8
	dir := t.TempDir()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range kills {
		killAfter(t, dir, 1+random.IntN(12))
		s := open(t, dir)
		infos, err := s.Runs()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range infos {
			if i.Fault != "" || i.Running {
				t.Errorf("run %s: %s, running %v", i.ID, i.Fault, i.Running)
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				t.Errorf("%s is left", filepath.Join(dir, e.Name()))
			}
		}
		closeRun(t, begin(t, s, aJob("a"), state.BeginOptions{}))
	}
}

// killAfter starts a busy process and kills it after so many steps, wherever it is by then.
func killAfter(t *testing.T, dir string, steps int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBusyChild$")
	cmd.Env = append(os.Environ(), "STATE_TEST_BUSY="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	said := ""
	for steps > 0 && lines.Scan() {
		if lines.Text() == "step" {
			steps--
			continue
		}
		said += lines.Text() + "\n"
	}
	_ = cmd.Process.Kill() // it may have failed by itself, which steps shows
	_ = cmd.Wait()         // always an error: it was killed
	if steps > 0 {
		t.Fatalf("the busy process ended by itself:\n%s", said)
	}
}
