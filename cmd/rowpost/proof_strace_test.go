//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/cmd/rowpost/internal/proof"
	"rowpost/providers/sandbox"
)

var (
	straceProof  = flag.Bool("strace", false, "TestStrace: kill and break the command at its system calls; needs strace, and the right to trace")
	straceCalls  = flag.String("strace-calls", "", "TestStrace: hit only these calls, by names with commas between, wherever they are made")
	straceRounds = flag.Int("strace-rounds", 1, "TestStrace: how often each call is hit")
)

// relevantCalls are those that change a disk, hold a lock or reach a provider.
func relevantCalls() []string {
	return strings.Fields(`openat write pwrite64 writev fsync fdatasync sync_file_range rename renameat renameat2 link linkat
		unlink unlinkat rmdir truncate ftruncate fallocate flock mkdir mkdirat fchmod fchmodat chmod connect sendto sendmsg`)
}

// TestStrace kills the real command before each of its system calls in turn, and lets
// calls fail as a broken or a full disk does. A random kill hardly ever falls between two
// calls that follow each other at once: a rename and the sync of its folder, say.
func TestStrace(t *testing.T) {
	if !*straceProof {
		t.Log("only with -strace")
		return
	}
	if err := proof.CanTrace(t.Context()); err != nil {
		t.Fatal(err)
	}
	seed, began := seedOf(t), time.Now()
	s := &straceProver{t: t, binary: built(t), base: t.ArtifactDir(), seed: seed, hits: map[string]int{}}
	var plan []strike
	for _, sc := range scenes() {
		strikes, err := s.plan(t.Context(), sc)
		if err != nil {
			t.Fatalf("%s: %v", sc.name, err)
		}
		plan = append(plan, slices.Repeat(strikes, *straceRounds)...)
	}
	s.carryOut(plan)
	for round := 0; round < 10 && len(s.missing()) > 0; round++ {
		s.carryOut(slices.DeleteFunc(slices.Clone(plan), func(k strike) bool { return !s.mayHit(&k) }))
	}
	t.Logf("%d injections in %v:\n%s", s.count, time.Since(began).Round(time.Millisecond), s)
	for _, what := range s.missing() {
		t.Errorf("not hit once: %s", what)
	}
}

// strike is one injection into a start that finds a scene.
type strike struct {
	scene
	proof.Injection
	// atNames means only calls about files that must be whole whenever they are there.
	atNames bool
}

// carryOut does what is planned, some at a time.
func (s *straceProver) carryOut(plan []strike) {
	var jobs errgroup.Group
	jobs.SetLimit(*killJobs)
	for _, k := range plan {
		dir := filepath.Join(s.base, fmt.Sprintf("injection-%d", s.count))
		s.count++
		jobs.Go(func() error {
			if err := s.prove(s.t.Context(), dir, k); err != nil {
				s.t.Errorf("%s, %s, files in %s with -artifacts: %v", k.name, &k.Injection, dir, err)
			}
			return nil
		})
	}
	_ = jobs.Wait() // each tells its own error
}

// scene is what the start that is traced finds.
type scene struct {
	name    string
	prepare []string // flags of a start before it, of the same command
	again   bool     // the run is finished, and its result was deleted
}

func scenes() []scene {
	return []scene{
		{name: "a new run"},
		{name: "a run that was broken off", prepare: []string{"--limit", "5"}},
		{name: "a finished run without its result", prepare: []string{"--no-color"}, again: true},
	}
}

// straceProver keeps what the injections hit.
type straceProver struct {
	t            *testing.T
	count        int // injections so far
	binary, base string
	seed         uint64

	mu   sync.Mutex
	hits map[string]int // by what was done, the call and the place
	vain int            // injections that met no call
}

// mustHit are the calls on which the promise hangs.
func mustHit() []string {
	return []string{
		"KILL fsync journal", "KILL write journal", "KILL openat journal", "KILL renameat run.json", "KILL fsync run.json",
		"KILL renameat result", "KILL fsync result", "KILL write result", "KILL write provider", "EIO fsync journal", "ENOSPC write journal",
	}
}

// missing are those that no injection has met yet: which thread makes a call is chance,
// and strace counts each one's.
func (s *straceProver) missing() []string {
	if *straceCalls != "" {
		return nil
	}
	return slices.DeleteFunc(mustHit(), func(what string) bool { return s.hits[what] > 0 })
}

// mayHit says whether a strike is of the kind of one that is missing.
func (s *straceProver) mayHit(k *strike) bool {
	return slices.ContainsFunc(s.missing(), func(what string) bool { return strings.HasPrefix(what, kindOf(&k.Injection)) })
}

// kindOf is what is done, and the call, as in the table of hits.
func kindOf(injection *proof.Injection) string {
	_, word, _ := strings.Cut(injection.Do, "=")
	return word + " " + injection.Call + " "
}

// String is a table of what was hit.
func (s *straceProver) String() string {
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(s.hits)) {
		fmt.Fprintf(&b, "%6d  %s\n", s.hits[what], what)
	}
	fmt.Fprintf(&b, "%6d  met no call (strace counts each thread by itself)", s.vain)
	return b.String()
}

// trial is the same small import each time, as far as its scene wants it.
func (s *straceProver) trial(ctx context.Context, dir string, sc scene) (*trial, error) {
	im, err := proof.NewImport(filepath.Join(dir, "files"), proof.Shape{Rows: straceRows}, randomOf(s.seed, 0))
	if err != nil {
		return nil, err
	}
	t, err := newTrial(ctx, dir, s.binary, im, sandbox.Options{})
	if err != nil {
		return nil, err
	}
	for _, provider := range allProviders() {
		t.pace(provider, straceInFlight, "10000/s")
	}
	if sc.prepare == nil {
		return t, nil
	}
	end, err := t.child.Run(ctx, slices.Concat(t.args, sc.prepare)...)
	if err == nil && !hasEnded(end.Status) {
		err = fmt.Errorf("before the start to be traced: %s", end)
	}
	if sc.again {
		err = errors.Join(err, os.Remove(im.Result))
	}
	if err != nil {
		return nil, errors.Join(err, t.witness.Close())
	}
	return t, nil
}

const (
	straceRows     = 12
	straceInFlight = 2 // of each provider
)

// plan counts the calls of a start that nothing is done to, and draws up what to do at
// each of them.
func (s *straceProver) plan(ctx context.Context, sc scene) ([]strike, error) {
	dir := filepath.Join(s.base, "untouched", sc.name)
	t, err := s.trial(ctx, dir, sc)
	if err != nil {
		return nil, err
	}
	calls, end, err := trace(ctx, t, nil, relevantCalls()...)
	if err == nil && !hasEnded(end.Status) {
		err = fmt.Errorf("a start that was only watched: %s", end)
	}
	if err = errors.Join(err, t.witness.Close()); err != nil {
		return nil, err
	}
	most := proof.MostOf(calls)
	var plan []strike
	for _, call := range slices.Sorted(maps.Keys(most)) {
		if *straceCalls != "" && !slices.Contains(strings.Split(*straceCalls, ","), call) {
			continue
		}
		for _, what := range failuresOf(call, sc) {
			for n := 1; n <= most[call]; n++ {
				when := strconv.Itoa(n)
				if what != kill {
					when += "+"
				}
				plan = append(plan, strike{scene: sc, Injection: proof.Injection{Call: call, Do: what, When: when}})
			}
		}
	}
	for n := 1; n <= 3 && sc.prepare != nil; n++ {
		plan = append(plan, strike{sc, proof.Injection{Call: "write", Do: kill, When: strconv.Itoa(n)}, true})
	}
	return plan, nil
}

// trace runs the trial's command under strace.
func trace(ctx context.Context, t *trial, injection *proof.Injection, calls ...string) ([]proof.TraceCall, *proof.End, error) {
	log := filepath.Join(t.dir, "strace.log")
	end, err := t.child.Traced(log, injection, calls...).Run(ctx, t.args...)
	if err != nil {
		return nil, nil, err
	}
	seen, err := proof.ReadTrace(log)
	return seen, end, err
}

const kill = "signal=KILL"

// failuresOf says what is done at a call. A start that sends writes to providers, too, and
// cannot be told that their disk is full: there, only the journal's writes fail.
func failuresOf(call string, sc scene) []string {
	switch call {
	case "fsync", "fdatasync":
		return []string{kill, "error=EIO"}
	case "rename", "renameat", "renameat2":
		return []string{kill, "error=EACCES", "error=EIO"}
	case "mkdir", "mkdirat":
		return []string{kill, "error=ENOSPC"}
	case "write", "pwrite64":
		if sc.again || sc.prepare != nil {
			return []string{kill, "error=ENOSPC"}
		}
	}
	return []string{kill}
}

// prove runs the import with one injection, then lets the same command finish it.
func (s *straceProver) prove(ctx context.Context, dir string, k strike) (err error) {
	t, err := s.trial(ctx, dir, k.scene)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.witness.Close()) }()
	injection := k.Injection
	switch {
	case k.atNames:
		injection.Paths, err = wholeFiles(t)
	case strings.HasPrefix(injection.Do, "error=") && strings.Contains(injection.Call, "write") && !k.again:
		injection.Paths, err = journalsToCome(t)
	}
	if err != nil {
		return err
	}
	calls, end, err := trace(ctx, t, &injection)
	if err != nil {
		return err
	}
	t.cuts = 1
	if fullJournal(&injection, calls, end) {
		t.cuts = 0 // what was in flight is recorded all the same
	}
	if err := s.reckon(t, end, &injection, calls); err != nil {
		return err
	}
	if err := t.complete(ctx); err != nil {
		return err
	}
	return os.RemoveAll(t.dir)
}

// fullJournal says that there was no room for the journal, and nothing else went wrong.
func fullJournal(injection *proof.Injection, calls []proof.TraceCall, end *proof.End) bool {
	met := proof.Met(calls, injection)
	return injection.Do == "error=ENOSPC" && met != nil && met.Place() == "journal" && len(injection.Paths) > 0 && !end.Killed
}

// journalsToCome are the files that the next start will write.
func journalsToCome(t *trial) ([]string, error) {
	folders, err := filepath.Glob(filepath.Join(t.state(), "runs", "*", "journal"))
	if err != nil || len(folders) != 1 {
		return nil, fmt.Errorf("%d runs with a journal are kept, want 1: %w", len(folders), err)
	}
	var paths []string
	for _, provider := range allProviders() {
		paths = append(paths, filepath.Join(folders[0], provider+".0002.journal"))
	}
	return paths, nil
}

// wholeFiles are those that take the place of an older one in one step, so that a write to
// one of them by its name should not come about.
func wholeFiles(t *trial) ([]string, error) {
	records, err := filepath.Glob(filepath.Join(t.state(), "runs", "*", "run.json"))
	return append(records, t.im.Result), err
}

// reckon notes what was hit, and judges how the command took it.
func (s *straceProver) reckon(t *trial, end *proof.End, injection *proof.Injection, calls []proof.TraceCall) error {
	met := proof.Met(calls, injection)
	s.mu.Lock()
	if met == nil {
		s.vain++
	} else {
		s.hits[kindOf(injection)+met.Place()]++
	}
	s.mu.Unlock()
	if met == nil || end.Killed || met.Place() == "other" {
		return nil
	}
	if end.Status == 2 && proof.Stunned(calls, injection) {
		return nil
	}
	return brokeOff(t, end, met)
}

// brokeOff: after a call that failed nothing more is sent than what was under way, and
// the command says so. A lane whose journal cannot be written knows it at once; the others
// hear of it when that one's thread gets a processor again.
func brokeOff(t *trial, end *proof.End, failed *proof.TraceCall) error {
	most, own := straceInFlight*len(allProviders()), ""
	if lane := failed.Lane(); failed.Name == "write" && lane != "" {
		most, own = straceInFlight, lane
	}
	late := 0
	for target, book := range t.witness.Books() {
		for _, at := range book.Arrivals {
			if at.After(failed.Time) && (own == "" || own == proof.ProviderOf(target.Request)) {
				late++
			}
		}
	}
	if late > most {
		return fmt.Errorf("%d requests came after a call had failed, and at most %d were under way: %s", late, most, end)
	}
	if end.Status != 1 {
		return fmt.Errorf("the exit status is not 1 though %s(%s failed: %s", failed.Name, failed.Text, end)
	}
	return nil
}
