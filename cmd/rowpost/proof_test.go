package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rowpost/cmd/rowpost/internal/proof"
)

// Flags of the proofs. Without them each takes a few seconds; the README has the long forms.
var (
	proofSeed   = flag.Uint64("seed", 0, "seed of the proofs' imports, faults and moments; 0: another one each time")
	proofBinary = flag.String("binary", "", "the rowpost to put to the proof, instead of one built from this module")
	proofTags   = flag.String("binary-tags", "", "build tags of the rowpost to put to the proof")
)

// withBinary removes what [built] made when all tests have ended.
type withBinary struct{ *testing.M }

// Run runs the tests.
func (w withBinary) Run() int {
	status := w.M.Run()
	if err := os.RemoveAll(builtDir()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(status, 1)
	}
	return status
}

// builtDir has a name of this process alone, so that nothing needs to remember it.
func builtDir() string { return fmt.Sprintf("%s/rowpost-proof-%d", os.TempDir(), os.Getpid()) }

// built gives the binary that all proofs of a test run start. It is built once, and
// without the race detector, under which it would take ten times as long to kill.
func built(t *testing.T) string {
	t.Helper()
	if *proofBinary != "" {
		return *proofBinary
	}
	building.Lock()
	defer building.Unlock()
	if earlier, _ := filepath.Glob(filepath.Join(builtDir(), "*")); len(earlier) == 1 {
		return earlier[0]
	}
	if err := os.MkdirAll(builtDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	path, err := proof.Build(t.Context(), builtDir(), strings.Fields(*proofTags)...)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var building sync.Mutex

// plantedVariable is the one variable that children of a proof get from outside: it names
// the bug that is planted in them (build tag planted).
func plantedVariable() []string {
	if name := os.Getenv("ROWPOST_PLANTED"); name != "" {
		return []string{"ROWPOST_PLANTED=" + name}
	}
	return nil
}

// seedOf gives the seed of a proof and says how to repeat it.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := *proofSeed
	if seed == 0 {
		seed = rand.Uint64()>>1 + 1
	}
	t.Logf("to repeat: go test ./cmd/rowpost -run '^%s$' -seed %d", t.Name(), seed)
	return seed
}

// randomOf gives the source of chance of one of a proof's many jobs.
func randomOf(seed, job uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, job)) }
