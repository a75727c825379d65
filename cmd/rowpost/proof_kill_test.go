//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/cmd/rowpost/internal/proof"
	"rowpost/providers/sandbox"
)

var (
	killCount = flag.Int("kills", 25, "TestKillLoop: how often to kill")
	killJobs  = flag.Int("parallel-jobs", 6, "TestKillLoop: imports under way at once")
)

// TestKillLoop kills the real command at random moments, again and again, lets the same
// command finish the import, and judges the result by what the providers saw.
func TestKillLoop(t *testing.T) {
	seed, began := seedOf(t), time.Now()
	binary := built(t)
	var total killTotal
	var jobs errgroup.Group
	jobs.SetLimit(*killJobs)
	base := t.ArtifactDir()
	for number := uint64(0); total.goesOn(*killCount); number++ {
		j := &killJob{number: number, seed: seed, random: randomOf(seed, number), phases: map[proof.Phase]int{}}
		j.kills = 1 + j.random.IntN(8)
		jobs.Go(func() error {
			err := j.run(t.Context(), filepath.Join(base, fmt.Sprintf("job-%d", number)), binary)
			total.add(j, err != nil)
			if err != nil {
				return fmt.Errorf("%s: %w", j.describe(), err)
			}
			return nil
		})
	}
	if err := jobs.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%s in %v", &total, time.Since(began).Round(time.Millisecond))
	if total.cut+total.repeated == 0 {
		t.Error("no kill left a request in flight: this proves nothing")
	}
}

// killTotal is what all jobs of the loop came to.
type killTotal struct {
	mu     sync.Mutex
	broken bool

	jobs, faulty, kills, starts, rows, sent int
	doubt, cut, waiting, repeated           int
	phases                                  map[proof.Phase]int
}

// goesOn says whether more is to be done for a number of kills: some come too late.
func (k *killTotal) goesOn(kills int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.broken && k.kills < kills
}

func (k *killTotal) add(j *killJob, failed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.broken = k.broken || failed
	if k.phases == nil {
		k.phases = map[proof.Phase]int{}
	}
	for phase, n := range j.phases {
		k.phases[phase] += n
	}
	k.jobs++
	if j.trial == nil {
		return
	}
	k.kills, k.starts = k.kills+j.cuts, k.starts+j.starts
	if j.faulty {
		k.faulty++
	}
	sent, _ := j.witness.Arrived()
	k.sent += sent
	if v := j.verdict; v != nil {
		k.rows, k.doubt, k.cut = k.rows+v.Rows, k.doubt+v.Doubt, k.cut+v.Cut
		k.repeated, k.waiting = k.repeated+v.Repeated, k.waiting+v.Waiting
	}
}

// String gives the counts.
func (k *killTotal) String() string {
	text := fmt.Sprintf(`%d kills in %d starts of %d imports (%d with faulty providers), %d rows, %d requests:
0 lost rows, 0 duplicates of unsafe requests; %d safe requests applied again, %d lines in doubt (%d by kills), %d waiting behind one
killed while`, k.kills, k.starts, k.jobs, k.faulty, k.rows, k.sent, k.repeated, k.doubt, k.cut, k.waiting)
	if k.broken {
		text = fmt.Sprintf("FAILED after %d kills in %d imports; killed while", k.kills, k.jobs)
	}
	for _, phase := range proof.Phases() {
		text += fmt.Sprintf(" %s %d", phase, k.phases[phase])
	}
	return text
}

// killJob is one import that is killed a few times.
type killJob struct {
	*trial
	number, seed uint64
	kills        int
	random       *rand.Rand
	phases       map[proof.Phase]int
}

func (j *killJob) describe() string {
	return fmt.Sprintf("job %d of seed %d: rowpost %v, killed while %v, then exit statuses %v; its files stay with -artifacts",
		j.number, j.seed, j.args, j.phases, j.statuses)
}

// run makes the import up, kills it, and lets it finish.
func (j *killJob) run(ctx context.Context, dir, binary string) (err error) {
	if err := j.prepare(ctx, dir, binary); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.witness.Close()) }()
	if j.number%4 == 0 {
		if err := j.rival(ctx); err != nil {
			return err
		}
	}
	for n := range j.kills {
		if err := j.kill(ctx, n > 0, j.kills-n-1); err != nil {
			return err
		}
	}
	if err := j.complete(ctx); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func (j *killJob) prepare(ctx context.Context, dir, binary string) error {
	r := j.random
	rows := 20 + r.IntN(180)
	options := sandbox.Options{Seed: j.seed + j.number, Latency: time.Duration(r.IntN(4)) * time.Millisecond}
	if r.IntN(3) == 0 {
		rows = 20 + r.IntN(60)
		options.Faults = sandbox.Faults{
			TooMany: 0.002, Unavailable: 0.01, ServerError: 0.02, ResetBefore: 0.01, ResetAfter: 0.02, Truncated: 0.02,
			Slow: 0.01, SlowBy: 100 * time.Millisecond,
		}
	}
	im, err := proof.NewImport(filepath.Join(dir, "files"), proof.Shape{Rows: rows}, r)
	if err != nil {
		return err
	}
	if j.trial, err = newTrial(ctx, dir, binary, im, options); err != nil {
		return err
	}
	rates := []string{"500/s", "10000/s"}
	for _, provider := range allProviders() {
		j.pace(provider, 1+r.IntN(16), rates[r.IntN(len(rates))])
	}
	return nil
}

// rival gives the command once more, with another result, while its first few rows are
// under way: that has to be refused within a second.
func (j *killJob) rival(ctx context.Context) error {
	came, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	j.witness.Answer(func(sandbox.Call) (a sandbox.Answer) {
		once.Do(func() {
			a.Hold = release
			close(came)
		})
		return a
	})
	defer j.witness.Answer(nil)
	first := make(chan error, 1)
	go func() {
		_, _, err := j.start(ctx, "--limit", "5")
		first <- err
	}()
	select {
	case err := <-first:
		close(release)
		return errors.Join(err, os.Remove(j.im.Result)) // none of the rows sends anything
	case <-came:
	}
	ctx, end := context.WithTimeout(ctx, mostPatience)
	defer end()
	second, err := j.child.Run(ctx, slices.Concat(j.args, []string{"-o", filepath.Join(j.dir, "rival.csv")})...)
	close(release)
	err = errors.Join(err, <-first)
	if err == nil && (second.Status != 1 || !strings.Contains(second.Err, "another run of this job is going on")) {
		err = fmt.Errorf("two runs of one job at once: the second is not refused: %s", second)
	}
	return errors.Join(err, os.Remove(j.im.Result)) // what it says of the other rows will soon be untrue
}

// mostPatience is how long a second run of a job may take to be refused: a second, and
// the time that the machine takes to start it.
const mostPatience = 10 * time.Second

// kill starts the command and kills it. What it left must be true as far as it goes.
func (j *killJob) kill(ctx context.Context, again bool, more int) error {
	end, phase, err := j.witness.KillAt(ctx, j.child, j.witness.NextMoment(j.im, more, j.random), j.im, again, j.args...)
	if err != nil {
		return err
	}
	j.starts++
	j.phases[phase]++
	if phase == proof.Ended && !goesOn(end.Status) && !hasEnded(end.Status) {
		return fmt.Errorf("a start ended by itself: %s", end)
	}
	if phase != proof.Ended {
		j.cuts++
	}
	if _, err := os.Stat(j.im.Result); err != nil {
		return nil
	}
	_, err = j.judge(false)
	return err
}
