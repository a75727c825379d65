//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rowpost/cmd/rowpost/internal/proof"
	"rowpost/providers/sandbox"
)

// TestInterruptedRunEqualsUninterrupted breaks a run off in every way there is, lets the
// same command finish it, and finds the same result but for attempts and times.
func TestInterruptedRunEqualsUninterrupted(t *testing.T) {
	t.Parallel()
	seed, binary := seedOf(t), built(t)
	for _, inFlight := range []int{1, 64} {
		for name, end := range map[string]struct {
			interrupt func(context.Context, *trial) error
			safe      bool // a kill leaves doubts of what is not safe to repeat
		}{
			"kills":          {killed, true},
			"SIGTERM":        {terminated, false},
			"--limit":        {limited, false},
			"--max-duration": {timed, false},
		} {
			t.Run(fmt.Sprintf("%s at %d in flight", name, inFlight), func(t *testing.T) {
				t.Parallel()
				whole := finishedResult(t, binary, seed, inFlight, end.safe, nil)
				broken := finishedResult(t, binary, seed, inFlight, end.safe, end.interrupt)
				if diff := cmp.Diff(whole.Timeless(), broken.Timeless()); diff != "" {
					t.Errorf("the results differ (-uninterrupted +interrupted):\n%s", diff)
				}
			})
		}
	}
}

// finishedResult gives the result of an import that was interrupted, or not.
func finishedResult(t *testing.T, binary string, seed uint64, inFlight int, safe bool, interrupt func(context.Context, *trial) error) *proof.Result {
	t.Helper()
	dir := t.ArtifactDir()
	if interrupt == nil {
		dir = filepath.Join(dir, "uninterrupted")
	} else {
		dir = filepath.Join(dir, "interrupted")
	}
	im, err := proof.NewImport(filepath.Join(dir, "files"), proof.Shape{Rows: 120, Safe: safe}, randomOf(seed, 0))
	if err != nil {
		t.Fatal(err)
	}
	run, err := newTrial(t.Context(), dir, binary, im, sandbox.Options{Latency: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := run.witness.Close(); err != nil {
			t.Error(err)
		}
	}()
	run.witness.Answer(refuseSome)
	for _, provider := range allProviders() {
		run.pace(provider, inFlight, "400/s")
	}
	if interrupt != nil {
		if err := interrupt(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	for start := 1; ; start++ {
		end, err := run.child.Run(t.Context(), run.args...)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case hasEnded(end.Status):
			result, err := proof.ReadResult(im.Result, im.Header)
			if err != nil {
				t.Fatal(err)
			}
			return result
		case !goesOn(end.Status) || start == mostStarts:
			t.Fatalf("the same command does not come to an end: start %d: %s", start, end)
		}
	}
}

// refuseSome makes answers that depend on nothing but the row.
func refuseSome(c sandbox.Call) sandbox.Answer {
	switch row := proof.RowOf(string(c.Body)); {
	case row%13 == 5:
		return sandbox.Answer{Status: http.StatusUnprocessableEntity, Body: fmt.Sprintf(`{"code":422,"message":"rule %d forbids it"}`, row)}
	case row == 37 && c.Attempt == 1:
		return sandbox.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}}
	}
	return sandbox.Answer{}
}

// interruptions is how often a run is broken off.
const interruptions = 3

// broken starts the command so many times, and more often if nothing was sent by then. It
// wants at least one of them to be broken off.
func broken(ctx context.Context, run *trial, start func(context.Context) (*proof.End, error), isBroken func(*proof.End) bool) error {
	count, different := 0, 0
	for n := 0; n < interruptions || different == 0 && n < mostStarts; n++ {
		end, err := start(ctx)
		if err != nil {
			return err
		}
		switch {
		case isBroken(end):
			count++
		case !hasEnded(end.Status):
			return errors.New(end.String())
		}
		_, different = run.witness.Arrived()
	}
	if different == 0 || count == 0 {
		return errors.New("nothing was broken off: this proves nothing")
	}
	return nil
}

// stopped ends a start when a part of the requests has come, so small that three of them
// leave some for the end.
func stopped(ctx context.Context, run *trial, child *proof.Child) (*proof.End, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	run.witness.Ring(run.im.Sends/(interruptions+2), stop)
	defer run.witness.Ring(0, nil)
	return child.Run(ctx, run.args...)
}

func killed(ctx context.Context, run *trial) error {
	start := func(ctx context.Context) (*proof.End, error) { return stopped(ctx, run, run.child) }
	return broken(ctx, run, start, func(end *proof.End) bool { return end.Killed })
}

func terminated(ctx context.Context, run *trial) error {
	child := *run.child
	child.Signal = syscall.SIGTERM
	start := func(ctx context.Context) (*proof.End, error) { return stopped(ctx, run, &child) }
	return broken(ctx, run, start, func(end *proof.End) bool { return end.Status == 143 })
}

// limited needs no luck: each start is allowed a few rows more.
func limited(ctx context.Context, run *trial) error {
	limit := 0
	start := func(ctx context.Context) (*proof.End, error) {
		limit += len(run.im.Cells) / (interruptions + 1)
		return run.child.Run(ctx, append(run.args, "--limit", strconv.Itoa(limit))...)
	}
	return broken(ctx, run, start, func(end *proof.End) bool { return hasEnded(end.Status) })
}

func timed(ctx context.Context, run *trial) error {
	limit := 15 * time.Millisecond
	start := func(ctx context.Context) (*proof.End, error) {
		limit *= 2
		return run.child.Run(ctx, append(run.args, "--max-duration", limit.String())...)
	}
	return broken(ctx, run, start, func(end *proof.End) bool { return end.Status == 5 })
}
