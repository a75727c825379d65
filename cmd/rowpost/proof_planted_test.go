//go:build unix

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/cmd/rowpost/internal/proof"
)

var plantedProof = flag.Bool("planted", false, "TestPlantedBugs: plant all bugs, instead of two that are found at once; needs strace, and the right to trace")

// finder is a proof that has to find planted bugs.
type finder struct {
	name string
	pkg  string // of the test; empty: this one, on a rowpost with the bug
	test string
	args []string
	// after and says find in a failure's output how far the proof had come, and what it
	// found first.
	after, says *regexp.Regexp
}

// The proofs. Their sizes are to find each bug for sure, and not much more.
func simulation(seeds string) *finder {
	return &finder{
		name: "simulation", pkg: "batch", test: "TestSimulation",
		args:  []string{"-sim", seeds, "-simseed", "1"},
		after: regexp.MustCompile(`(seed \d+); to repeat`),
		says:  regexp.MustCompile(`sim_test\.go:\d+: (.*)`),
	}
}

func powerLoss(crashes string) *finder {
	return &finder{
		name: "power losses", pkg: "batch/journal", test: "TestPowerLoss",
		args:  []string{"-powerloss", crashes, "-seed", "1"},
		after: regexp.MustCompile(`after (\d+ crash(es)?)`),
		says:  regexp.MustCompile(`crashes: (.*)`),
	}
}

func killLoop() *finder {
	return &finder{
		name: "kill loop", test: "TestKillLoop",
		args:  []string{"-kills", "100", "-seed", "1"},
		after: regexp.MustCompile(`after (\d+ kills?)`),
		says:  regexp.MustCompile(`with -artifacts: (.*)`),
	}
}

func equality() *finder {
	return &finder{
		name: "equal results", test: "TestInterruptedRunEqualsUninterrupted",
		args: []string{"-seed", "1"},
		says: regexp.MustCompile(`_test\.go:\d+: (the .*)`),
	}
}

func systemCalls() *finder {
	return &finder{
		name: "system calls", test: "TestStrace",
		args:  []string{"-strace", "-strace-calls", "write,renameat", "-seed", "1"},
		after: regexp.MustCompile(`(\d+ injections)`),
		says:  regexp.MustCompile(`with -artifacts: (.*)`),
	}
}

func canaries() *finder {
	return &finder{
		name: "canaries", test: "TestCanary",
		args: []string{"-seed", "1"},
		says: regexp.MustCompile(`_test\.go:\d+: (.*(?:, [A-Z]\w+|prints: .*) (?:as it|in|as in|URL).*)`),
	}
}

// planting is a bug and a proof that has to find it. Without a bug the proof must not
// find anything.
type planting struct {
	bug string
	by  *finder
}

// plantings has each bug of batch/planted_on.go at least once.
func plantings() []planting {
	var all []planting
	for _, of := range []struct {
		by   *finder
		bugs string
	}{
		{simulation("500"), `no-intent ambiguous-repeated doubt-sent-again unconfirmed-success superseded-sent key-order-ignored
			key-in-doubt-ignored 401-goes-on retry-after-ignored window-uncounted one-too-many-in-flight disk-error-ignored row-shifted`},
		{powerLoss("5000"), `intent-unsynced sync-error-ignored close-unwritten rescue-left-out found-unsynced mark-too-early compaction-unsynced
			checksum-unchecked checksum-unchained torn-as-damage damage-as-torn`},
		{killLoop(), "no-intent doubt-sent-again job-lock-ignored check-without-request"},
		{equality(), "finished-too-early"},
		{systemCalls(), "result-in-place run-json-in-place leftovers-kept"},
		{canaries(), "cells-shown secrets-kept cell-in-journal"},
	} {
		all = append(all, planting{"", of.by})
		for _, bug := range strings.Fields(of.bugs) {
			all = append(all, planting{bug, of.by})
		}
	}
	return all
}

// plantedAtOnce are those that every run of the tests plants.
func plantedAtOnce() []planting {
	return []planting{
		{"", simulation("50")},
		{"no-intent", simulation("50")},
		{"", powerLoss("300")},
		{"intent-unsynced", powerLoss("300")},
	}
}

// TestPlantedBugs builds the proofs with bugs in what they look at (build tag planted),
// one at a time, and sees that they find them: a proof that finds no bug proves nothing.
func TestPlantedBugs(t *testing.T) {
	todo := plantedAtOnce()
	if *plantedProof {
		todo = plantings()
	}
	if runtime.GOOS != "linux" {
		t.Log("without strace here")
		todo = slices.DeleteFunc(todo, func(p planting) bool { return p.by.name == systemCalls().name })
	}
	began := time.Now()
	p := &planter{t: t, wrong: plantedBugs(t), binaries: map[string]string{}}
	for _, one := range todo {
		p.build(one.by.pkg)
	}
	var jobs errgroup.Group
	jobs.SetLimit(2)
	for _, one := range todo {
		jobs.Go(func() error {
			p.try(t.Context(), one)
			return nil
		})
	}
	_ = jobs.Wait() // each has kept its own error
	t.Logf("%d proofs of %d bugs in %v\n%s", len(p.rows), p.bugs(), time.Since(began).Round(time.Second), p)
	for _, wrong := range p.errors { // last, where they are seen
		t.Error(wrong)
	}
}

// planter runs proofs on binaries with bugs.
type planter struct {
	t        *testing.T
	wrong    map[string]string // what is wrong with each bug
	binaries map[string]string // of the tests, by package; rowpost's has no name
	mu       sync.Mutex
	rows     []plantedRow
	errors   []string
}

// fail keeps an error until all proofs have ended.
func (p *planter) fail(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errors = append(p.errors, fmt.Sprintf(format, args...))
}

// plantedRow is a line of the table that is printed.
type plantedRow struct {
	planting
	after, says string
	took        time.Duration
}

// build makes what a package's proofs need, with all bugs in it. Which of them is there,
// the environment says.
func (p *planter) build(pkg string) {
	p.t.Helper()
	if p.binaries[pkg] != "" {
		return
	}
	var err error
	if pkg == "" {
		p.binaries[pkg], err = proof.Build(p.t.Context(), p.t.TempDir(), "planted")
	} else {
		p.binaries[pkg], err = proof.BuildTest(p.t.Context(), p.t.TempDir(), pkg, "planted")
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// mostPlanted is the longest that a proof may take, found or not.
const mostPlanted = 3 * time.Minute

// try runs a proof on a bug.
func (p *planter) try(ctx context.Context, one planting) {
	ctx, cancel := context.WithTimeout(ctx, mostPlanted)
	defer cancel()
	command := []string{p.binaries[one.by.pkg]}
	if one.by.pkg == "" {
		command = []string{os.Args[0], "-binary", p.binaries[""]}
	}
	child := &proof.Child{Command: command, Env: append(os.Environ(), "ROWPOST_PLANTED="+one.bug)}
	end, err := child.Run(ctx, append([]string{"-test.run", "^" + one.by.test + "$"}, one.by.args...)...)
	if err != nil {
		p.fail("%s: %v", one.by.name, err)
		return
	}
	if one.bug == "" && (end.Killed || end.Status != 0) {
		p.fail("%s finds something without a bug: %s", one.by.name, end)
		return
	}
	if one.bug != "" && (end.Status != 1 || !strings.Contains(end.Out, "--- FAIL: "+one.by.test+" (")) {
		p.fail("%s does not find that %s (%s): %s", one.by.name, p.wrong[one.bug], one.bug, end)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = append(p.rows, plantedRow{one, inOutput(one.by.after, end), inOutput(one.by.says, end), end.Took})
}

// inOutput is what a pattern's first group finds first.
func inOutput(pattern *regexp.Regexp, end *proof.End) string {
	if pattern == nil {
		return ""
	}
	if m := pattern.FindStringSubmatch(end.Out); m != nil {
		return m[1]
	}
	return ""
}

// bugs counts the different ones that were found.
func (p *planter) bugs() int {
	found := map[string]bool{}
	for _, r := range p.rows {
		if r.bug != "" {
			found[r.bug] = true
		}
	}
	return len(found)
}

// String is a table: for each bug what is wrong, which proof found it after what, and what
// that said first.
func (p *planter) String() string {
	var b strings.Builder
	slices.SortStableFunc(p.rows, func(a, b plantedRow) int { return strings.Compare(a.by.name, b.by.name) })
	for _, r := range p.rows {
		bug, wrong, after := r.bug, p.wrong[r.bug], r.after
		if bug == "" {
			bug, wrong, after = "(no bug)", "nothing is, and nothing is found", ""
		}
		fmt.Fprintf(&b, "%-13s  %-22s  %-13s %5.1f s  %s\n", r.by.name, bug, after, r.took.Seconds(), wrong)
		if says := []rune(r.says); len(says) > 0 && r.bug != "" {
			fmt.Fprintf(&b, "%15s%s\n", "", string(says[:min(len(says), 140)]))
		}
	}
	return b.String()
}

// Nothing is planted in what is built without the tag: a wrong name ends a rowpost that
// has it as soon as it comes to the first place for a bug.
func TestNothingIsPlanted(t *testing.T) {
	t.Setenv("ROWPOST_PLANTED", "no such bug")
	im, err := proof.NewImport(filepath.Join(t.TempDir(), "files"), proof.Shape{Rows: 12}, randomOf(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	child := &proof.Child{Command: []string{built(t)}, Env: append(plantedVariable(), "HOME="+t.TempDir())}
	end, err := child.Run(t.Context(), "run", "-m", im.Mapping, im.Input, "--sandbox")
	if err != nil || !hasEnded(end.Status) || strings.Contains(end.Err, "ROWPOST_PLANTED") {
		t.Errorf("%v: %s", err, end)
	}
}
