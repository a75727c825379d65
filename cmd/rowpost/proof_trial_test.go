package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rowpost/cmd/rowpost/internal/proof"
	"rowpost/providers/sandbox"
)

// trial is one import that something is done to before the same command may finish it.
type trial struct {
	dir     string // of its own
	im      *proof.Import
	witness *proof.Witness
	child   *proof.Child
	args    []string
	// unsafe is how many requests that are not safe to repeat can be under way at once, and
	// safe how many others. A provider that is sent both may have either at all its places.
	unsafe, safe int
	faulty       bool // the providers' answers leave doubts, too
	cuts         int  // how often it was killed, or broken off
	starts       int
	// statuses are those of the starts that nobody touched.
	statuses []int
	verdict  *proof.Verdict // the last one
}

// newTrial starts the providers. The caller closes them.
func newTrial(ctx context.Context, dir, binary string, im *proof.Import, o sandbox.Options) (*trial, error) {
	o.Keep = 100_000
	w, err := proof.Watch(ctx, o)
	if err != nil {
		return nil, err
	}
	t := &trial{dir: dir, im: im, witness: w, faulty: o.Faults != sandbox.Faults{}}
	t.child = &proof.Child{Command: []string{binary}, Env: append(w.Environment(t.state()), plantedVariable()...), Dir: dir}
	t.args = []string{"run", "-m", im.Mapping, im.Input}
	return t, nil
}

func (t *trial) state() string { return filepath.Join(t.dir, "state") }

// pace sets a provider's number in flight and its rate.
func (t *trial) pace(provider string, inFlight int, rate string) {
	if provider == "invisiblecollector" || provider == "paysafe" {
		t.unsafe += inFlight
	}
	if provider != "paysafe" {
		t.safe += inFlight
	}
	t.args = append(t.args, "--in-flight", provider+"="+strconv.Itoa(inFlight), "--rate", provider+"="+rate)
}

func allProviders() []string {
	return []string{"cleverbridge", "trackfinity", "invisiblecollector", "paysafe"}
}

// goesOn says whether an exit status means that the same command goes on.
func goesOn(status int) bool { return status == 4 || status == 5 }

// hasEnded says whether an exit status means that all lines have been tried.
func hasEnded(status int) bool { return status == 0 || status == 3 || status == 6 }

// mostStarts is how often a command may need to be given until the run is finished, when
// nobody touches it.
const mostStarts = 12

// complete gives the same command until nothing is left to do, and judges each result on
// the way. Whenever a start has tried all lines, its result is deleted: from a finished
// run the next one makes the same bytes again, and sends nothing.
func (t *trial) complete(ctx context.Context) error {
	for range mostStarts {
		end, _, err := t.start(ctx)
		if err != nil {
			return err
		}
		result, err := t.judge(false)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, end)
		}
		if goesOn(end.Status) {
			continue
		}
		if settled, err := t.settled(ctx, result); settled || err != nil {
			return errors.Join(err, t.afterwards(ctx))
		}
	}
	return fmt.Errorf("the same command goes on without end: exit statuses %v", t.statuses)
}

// start gives the command, maybe with more flags, and says how many requests it made.
func (t *trial) start(ctx context.Context, more ...string) (end *proof.End, sent int, err error) {
	before, _ := t.witness.Arrived()
	if end, err = t.child.Run(ctx, slices.Concat(t.args, more)...); err != nil {
		return nil, 0, err
	}
	t.starts++
	t.statuses = append(t.statuses, end.Status)
	if !hasEnded(end.Status) && !goesOn(end.Status) {
		return nil, 0, fmt.Errorf("the same command does not go on: %s", end)
	}
	after, _ := t.witness.Arrived()
	return end, after - before, nil
}

// settled deletes the result, gives the command once more, and says whether nothing was
// left to do. Lines that wait behind one in doubt keep a run from being finished until a
// person has looked at that.
func (t *trial) settled(ctx context.Context, before *proof.Result) (bool, error) {
	if err := os.Remove(t.im.Result); err != nil {
		return false, err
	}
	end, sent, err := t.start(ctx)
	if err != nil {
		return false, err
	}
	waits := end.Status == 3 && sent == 0
	again, err := t.judge(end.Status == 6 || waits)
	switch {
	case err != nil:
		return false, fmt.Errorf("%w\n%s", err, end)
	case end.Status == 6 && (sent > 0 || string(again.Bytes) != string(before.Bytes)):
		return false, fmt.Errorf("a finished run sent %d requests, and made its result again: %s",
			sent, firstDifference(string(before.Bytes), string(again.Bytes)))
	case waits && t.verdict.Waiting == 0:
		return false, fmt.Errorf("nothing is left to do, and the run is not finished: %s", end)
	case waits && again.Timeless() != before.Timeless(): // it may have asked a provider once more
		return false, fmt.Errorf("nothing was sent, and another result came of it: %s", firstDifference(before.Timeless(), again.Timeless()))
	}
	return end.Status == 6 || waits, nil
}

// judge holds the result that is there against what the providers saw.
func (t *trial) judge(final bool) (*proof.Result, error) {
	result, err := proof.ReadResult(t.im.Result, t.im.Header)
	if err != nil {
		return nil, err
	}
	v := proof.Judge(t.im, result, t.witness.Books(), final)
	t.verdict = v
	if most := t.cuts * t.unsafe; v.Cut > most {
		v.Findings = append(v.Findings, fmt.Sprintf("%d lines in doubt by %d ends, and at most %d can have been in flight", v.Cut, t.cuts, most))
	}
	if most := t.cuts * t.safe; v.Repeated > most && !t.faulty {
		v.Findings = append(v.Findings, fmt.Sprintf("%d requests safe to repeat were applied again after %d ends, and at most %d can have been in flight", v.Repeated, t.cuts, most))
	}
	if v.Doubt > v.Cut && !t.faulty {
		v.Findings = append(v.Findings, fmt.Sprintf("%d lines in doubt by an answer, and all answers were right", v.Doubt-v.Cut))
	}
	if len(v.Findings) > 0 {
		return nil, fmt.Errorf("%s", v)
	}
	return result, nil
}

// afterwards: nothing is left lying about, and verify agrees.
func (t *trial) afterwards(ctx context.Context) error {
	left, err := t.im.Leftovers(t.state())
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("left lying about: %v", left)
	}
	end, err := t.child.Run(ctx, "verify", "last")
	if err == nil && end.Status != 0 {
		err = fmt.Errorf("verify does not agree: %s", end)
	}
	return err
}

// firstDifference shows the first line that two texts do not share.
func firstDifference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			return fmt.Sprintf("line %d\n%s\n%s", i+1, left[i], right[i])
		}
	}
	return fmt.Sprintf("%d lines and %d", len(left), len(right))
}
