package state_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/state"
)

func TestAKilledRunGoesOnHoweverOften(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	first := ""
	for start := range 3 {
		id, _, kill := child(t, dir)
		if start == 0 {
			first = id
		}
		kill()
		if id != first {
			t.Fatalf("start %d began %s, not %s", start, id, first)
		}
	}
	r := begin(t, s, aJob("a"), state.BeginOptions{Again: true}) // whatever it says
	if !r.Resumed || r.Info.ID != first || r.Info.Starts != 4 || r.Info.Exit != state.NoExit {
		t.Errorf("%+v", r.Info)
	}
	if _, err := os.Stat(filepath.Join(r.Journal, "paysafe.0001.journal")); err != nil {
		t.Error(err)
	}
}

func TestTwoRunsOfAJobAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	id, pid, kill := child(t, dir)
	begun := time.Now()
	_, err := s.Begin(t.Context(), aJob("a"), state.BeginOptions{Again: true})
	var locked *state.LockedError
	if !errors.As(err, &locked) || locked.Run != id || locked.PID != pid || locked.Since.IsZero() {
		t.Fatalf("%v", err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("said after %v", took)
	}
	if info, err := s.Get(id); err != nil || !info.Running {
		t.Errorf("%+v, %v", info, err)
	}
	if _, err := s.Take(t.Context(), id, 0); !errors.As(err, &locked) {
		t.Errorf("taken: %v", err)
	}
	if err := s.Forget(t.Context(), id, true); !errors.As(err, &locked) {
		t.Errorf("forgotten: %v", err)
	}
	other := begin(t, s, aJob("b"), state.BeginOptions{}) // another job is free
	if len(other.Unfinished) != 1 || other.Unfinished[0].ID != id {
		t.Errorf("%+v", other.Unfinished)
	}
	kill()
	if info, err := s.Get(id); err != nil || info.Running {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestWaitingForTheLock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, _, kill := child(t, dir)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user has had enough")
	cancel(why)
	if _, err := s.Begin(ctx, aJob("a"), state.BeginOptions{Wait: time.Hour}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	got := make(chan *state.Run)
	go func() {
		r, err := open(t, dir).Begin(t.Context(), aJob("a"), state.BeginOptions{Wait: time.Hour})
		if err != nil {
			t.Error(err)
		}
		got <- r
	}()
	kill()
	if r := <-got; r == nil || !r.Resumed {
		t.Errorf("%+v", r)
	} else {
		closeRun(t, r)
	}
}

func TestManyBeginAtOnce(t *testing.T) {
	dir := t.TempDir()
	const many = 8
	runs := make(chan *state.Run, many)
	for range many {
		go func() {
			s, err := state.Open(dir)
			if err != nil {
				t.Error(err)
			}
			r, err := s.Begin(t.Context(), aJob("a"), state.BeginOptions{})
			if _, locked := errors.AsType[*state.LockedError](err); err != nil && !locked {
				t.Error(err)
			}
			runs <- r
		}()
	}
	var got []*state.Run
	for range many {
		if r := <-runs; r != nil {
			got = append(got, r)
		}
	}
	if len(got) != 1 {
		t.Fatalf("%d of them have the job", len(got))
	}
	closeRun(t, got[0])
}

func TestAFinishedJobIsNotBegunAgain(t *testing.T) {
	s := open(t, t.TempDir())
	first := imported(t, s, aJob("a"), state.BeginOptions{}, true)
	later := imported(t, s, aJob("b"), state.BeginOptions{}, true)
	renamed := aJob("a")
	renamed.Input.Path, renamed.Series, renamed.Mapping = "/data/other.csv", "another name", "/data/copy.yaml"

	r := begin(t, s, renamed, state.BeginOptions{})
	if r.Resumed || !r.Info.Finished || r.Info.ID != first.ID || r.Info.Starts != 1 || r.Info.Counts[batch.Succeeded] != 2 {
		t.Errorf("%+v", r.Info)
	}
	closeRun(t, r)
	r = begin(t, s, aJob("a"), state.BeginOptions{})
	if len(r.Later) != 1 || r.Later[0].ID != later.ID {
		t.Errorf("later: %+v", r.Later)
	}
	closeRun(t, r)

	again := begin(t, s, aJob("a"), state.BeginOptions{Again: true})
	if again.Resumed || again.Info.ID == first.ID || !again.Info.Again {
		t.Errorf("%+v", again.Info)
	}
	closeRun(t, again)
	r = begin(t, s, aJob("a"), state.BeginOptions{})
	if !r.Resumed || r.Info.ID != again.Info.ID {
		t.Errorf("an interrupted one goes on by the same command without --again: %+v", r.Info)
	}
}

func TestTheClockSetBackHidesNoRun(t *testing.T) {
	s := open(t, t.TempDir())
	imported(t, s, aJob("a"), state.BeginOptions{}, true)
	past := func() time.Time { return time.Now().Add(-time.Hour) }
	again := begin(t, s, aJob("a"), state.BeginOptions{Again: true, Now: past})
	closeRun(t, again)
	if r := begin(t, s, aJob("a"), state.BeginOptions{}); r.Info.ID != again.Info.ID {
		t.Errorf("%+v", r.Info)
	}
}

func TestTheSameTableByAnotherMapping(t *testing.T) {
	clauses := []string{"requests.a.fields.Name", "requests.a.when", "source.encoding"}
	nothing := func(string, map[string]int64) (bool, error) { return false, nil }
	something := func(string, map[string]int64) (bool, error) { return true, nil }
	elsewhere := remapped(aJob("a"))
	elsewhere.Series = "others"
	elsewhere.Accounts = map[string]state.Account{"paysafe": {BaseURL: "https://test.example"}}
	sameSeries := elsewhere
	sameSeries.Series = "contacts"
	sameTarget := remapped(aJob("a"))
	sameTarget.Series = "others"
	operation := aJob("a")
	operation.Targets = []string{"paysafe/create"}
	cases := map[string]struct {
		job     state.Job
		applied func(string, map[string]int64) (bool, error)
		again   bool
		changed []string // nil: it may begin
	}{
		"after something was applied":        {remapped(aJob("a")), something, false, clauses},
		"after nothing was":                  {remapped(aJob("a")), nothing, false, nil},
		"nobody knows what was":              {remapped(aJob("a")), nil, false, clauses},
		"again":                              {remapped(aJob("a")), something, true, nil},
		"another series and account":         {elsewhere, something, false, nil},
		"the same at another account":        {sameSeries, something, false, nil},
		"another series, the same operation": {sameTarget, something, false, clauses},
		"another operation":                  {operation, something, false, []string{"operation paysafe/create", "operation paysafe/update"}},
		"another table":                      {remapped(aJob("b")), something, false, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			first := imported(t, s, aJob("a"), state.BeginOptions{}, false)
			r, err := s.Begin(t.Context(), c.job, state.BeginOptions{Again: c.again, Applied: c.applied})
			if c.changed == nil {
				if err != nil {
					t.Fatal(err)
				}
				if other := c.job.Input.SHA256 != first.Input.SHA256; (len(r.Unfinished) == 1) != other {
					t.Errorf("the first is a warning if it is of another table only: %+v", r.Unfinished)
				}
				closeRun(t, r)
				return
			}
			var conflict *state.ConflictError
			if !errors.As(err, &conflict) || conflict.Run.ID != first.ID || !slices.Equal(conflict.Changed, c.changed) {
				t.Errorf("%v: %+v", err, conflict)
			}
		})
	}
}

func TestARunningOneConflictsBeforeItHasSentAnything(t *testing.T) {
	s := open(t, t.TempDir())
	first := begin(t, s, aJob("a"), state.BeginOptions{})
	_, err := s.Begin(t.Context(), remapped(aJob("a")), state.BeginOptions{})
	var conflict *state.ConflictError
	if !errors.As(err, &conflict) || conflict.Run.ID != first.Info.ID || !conflict.Run.Running {
		t.Errorf("%v", err)
	}
}

// resultOf is the job that has a run's result as its input.
func resultOf(path string) state.Job {
	j := aJob("its result")
	j.Input.Path, j.Input.Result = path, true
	return j
}

func TestAResultAsInputTakesOverWhatItsRunLeft(t *testing.T) {
	s := open(t, t.TempDir())
	out := state.BeginOptions{Result: "/data/a.result.csv", Errors: "/data/a.errors.csv"}
	parent := begin(t, s, aJob("a"), out)
	var locked *state.LockedError
	if _, err := s.Begin(t.Context(), resultOf(out.Result), state.BeginOptions{}); !errors.As(err, &locked) || locked.Run != parent.Info.ID || locked.Output != out.Result {
		t.Fatalf("its run is still sending: %v", err)
	}
	end(t, parent, false)
	closeRun(t, parent)

	next := begin(t, s, resultOf(out.Errors), state.BeginOptions{Result: "/data/a.result.2.csv"})
	if len(next.Unfinished) != 0 {
		t.Errorf("%+v", next.Unfinished)
	}
	r := begin(t, s, aJob("a"), state.BeginOptions{})
	if r.Resumed || r.Info.ContinuedBy != next.Info.ID || r.Info.Starts != 1 {
		t.Errorf("%+v", r.Info)
	}
	closeRun(t, r)
	if _, err := s.Take(t.Context(), parent.Info.ID, 0); err == nil {
		t.Error("taken, and nothing would come of it")
	}
}

func TestOnlyTheLastWriterOfAResultIsTakenOver(t *testing.T) {
	s := open(t, t.TempDir())
	at := time.Date(2026, 11, 22, 19, 3, 12, 0, time.UTC)
	out := state.BeginOptions{Result: "/data/week.result.csv", Now: func() time.Time { at = at.Add(time.Hour); return at }}
	old := imported(t, s, aJob("week 1"), out, false)
	imported(t, s, aJob("week 2"), out, false)
	r := begin(t, s, resultOf(out.Result), state.BeginOptions{})
	if len(r.Unfinished) != 1 || r.Unfinished[0].ID != old.ID {
		t.Errorf("%+v", r.Unfinished)
	}
}

func TestTwoRunsDoNotWriteTheSameResult(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "state"))
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	first := begin(t, s, aJob("a"), state.BeginOptions{Outputs: []string{filepath.Join(dir, "out.csv")}})
	var locked *state.LockedError
	path := filepath.Join(dir, "link", "out.csv")
	if _, err := s.Begin(t.Context(), aJob("b"), state.BeginOptions{Outputs: []string{path}}); !errors.As(err, &locked) || locked.Output != path || locked.PID != os.Getpid() {
		t.Fatalf("%v", err)
	}
	if infos, err := s.Runs(); err != nil || len(infos) != 1 {
		t.Errorf("the refused one left something: %+v, %v", infos, err)
	}
	closeRun(t, first)
	unlock, err := s.LockOutput(path)
	if err == nil {
		err = unlock()
	}
	if err != nil {
		t.Error(err)
	}
}

func TestReopenedRunsGoOn(t *testing.T) {
	s := open(t, t.TempDir())
	info := imported(t, s, aJob("a"), state.BeginOptions{}, true)
	taken, err := s.Take(t.Context(), info.ID[:15], 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := taken.Reopen(); err != nil {
		t.Fatal(err)
	}
	closeRun(t, taken)
	if r := begin(t, s, aJob("a"), state.BeginOptions{}); !r.Resumed || r.Info.ID != info.ID {
		t.Errorf("%+v", r.Info)
	}
}

func TestTheLastRunOfAJobIsTheOneToTake(t *testing.T) {
	s := open(t, t.TempDir())
	old := imported(t, s, aJob("a"), state.BeginOptions{}, true)
	imported(t, s, aJob("a"), state.BeginOptions{Again: true}, true)
	if _, err := s.Take(t.Context(), old.ID, 0); err == nil {
		t.Error("taken: what is decided there would never be read")
	}
}
