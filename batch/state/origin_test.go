package state_test

import (
	"errors"
	"testing"
	"time"

	"rowpost/batch/state"
)

// from gives a job's lines origins.
func from(j state.Job, origins ...string) state.Job {
	j.Origins = origins
	return j
}

// copied is the job that has a result as its input, under a name that no run wrote.
func copied(origins ...string) state.Job { return from(resultOf("/elsewhere/copy.csv"), origins...) }

func elsewhere(j state.Job) state.Job {
	j.Accounts = map[string]state.Account{"paysafe": {BaseURL: "https://test.example"}}
	return j
}

func TestACopyOfAResultTakesOverWhatItsRunLeft(t *testing.T) {
	renamed := copied("bcdfgh")
	renamed.Series = "other"
	for _, tc := range []struct {
		name      string
		finished  bool
		next      state.Job
		continued bool
	}{
		{"a copy", false, copied("bcdfgh"), true},
		{"a copy that another result was added to", false, copied("mmmmmm", "bcdfgh"), true},
		{"a mapping of another name", false, renamed, true},
		{"the result of another table", false, copied("mmmmmm"), false},
		{"lines that say nothing", false, copied(), false},
		{"another table that is no result", false, from(aJob("b"), "bcdfgh"), false},
		{"a run that left nothing", true, copied("bcdfgh"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			first := imported(t, s, from(aJob("a"), "bcdfgh"), state.BeginOptions{Result: "/data/a.result.csv"}, tc.finished)
			next := begin(t, s, tc.next, state.BeginOptions{Result: "/elsewhere/copy.result.csv"})
			info, err := s.Get(first.ID)
			if err != nil || (info.ContinuedBy == next.Info.ID) != tc.continued {
				t.Errorf("continued by %q, %v", info.ContinuedBy, err)
			}
		})
	}
}

func TestACopyOfAResultWhoseRunIsAtWork(t *testing.T) {
	s := open(t, t.TempDir())
	parent := begin(t, s, from(aJob("a"), "bcdfgh"), state.BeginOptions{Result: "/data/a.result.csv"})
	var locked *state.LockedError
	if _, err := s.Begin(t.Context(), copied("bcdfgh"), state.BeginOptions{}); !errors.As(err, &locked) || locked.Run != parent.Info.ID {
		t.Errorf("%v", err)
	}
}

// A chain keeps its root: the second result, copied, takes over from the second run, and
// what that one took from the first is not given back.
func TestTheSecondGenerationIsTakenOver(t *testing.T) {
	s := open(t, t.TempDir())
	first := imported(t, s, from(aJob("a"), "bcdfgh"), state.BeginOptions{Result: "/data/a.result.csv"}, false)
	second := imported(t, s, copied("bcdfgh"), state.BeginOptions{Result: "/elsewhere/copy.result.csv"}, false)
	job := copied("bcdfgh")
	job.Input.SHA256[0]++
	third := begin(t, s, job, state.BeginOptions{})
	for id, want := range map[string]string{first.ID: second.ID, second.ID: third.Info.ID} {
		if info, err := s.Get(id); err != nil || info.ContinuedBy != want {
			t.Errorf("%s is continued by %q, not %s: %v", id, info.ContinuedBy, want, err)
		}
	}
}

// A run that goes on takes nothing from one that was begun after it.
func TestGoingOnTakesNothingFromLaterRuns(t *testing.T) {
	s := open(t, t.TempDir())
	now := time.Date(2026, 11, 22, 19, 3, 12, 0, time.UTC)
	opts := state.BeginOptions{Now: func() time.Time { now = now.Add(time.Second); return now }}
	imported(t, s, copied("bcdfgh"), opts, false)
	later := imported(t, s, from(aJob("a"), "bcdfgh"), opts, false)
	if r := begin(t, s, copied("bcdfgh"), opts); !r.Resumed {
		t.Errorf("%+v", r.Info)
	}
	if info, err := s.Get(later.ID); err != nil || info.ContinuedBy != "" {
		t.Errorf("continued by %q, %v", info.ContinuedBy, err)
	}
}

func TestTheResultOfAnotherAccount(t *testing.T) {
	there, here := elsewhere(from(aJob("a"), "bcdfgh")), from(aJob("a"), "bcdfgh")
	for _, tc := range []struct {
		name    string
		sent    []state.Job // before
		job     state.Job
		again   bool
		refused bool
	}{
		{"sent elsewhere", []state.Job{there}, copied("bcdfgh"), false, true},
		{"and asked for once more", []state.Job{there}, copied("bcdfgh"), true, false},
		{"sent here as well", []state.Job{here, there}, copied("bcdfgh"), false, false},
		{"sent here", []state.Job{here}, copied("bcdfgh"), false, false},
		{"sent by another machine", nil, copied("bcdfgh"), false, false},
		{"another table sent elsewhere", []state.Job{elsewhere(from(aJob("a"), "mmmmmm"))}, copied("bcdfgh"), false, false},
		{"the table itself", []state.Job{there}, here, false, false},
	} {
		for name, forgotten := range map[string]bool{tc.name: false, tc.name + ", and erased": true} {
			t.Run(name, func(t *testing.T) {
				s := open(t, t.TempDir())
				for _, job := range tc.sent {
					run := imported(t, s, job, state.BeginOptions{}, true)
					if !forgotten {
						continue
					}
					if err := s.Forget(t.Context(), run.ID, false); err != nil {
						t.Fatal(err)
					}
				}
				r, err := s.Begin(t.Context(), tc.job, state.BeginOptions{Again: tc.again})
				if err == nil {
					closeRun(t, r)
				}
				conflict, refused := errors.AsType[*state.ConflictError](err)
				switch {
				case refused != tc.refused, err != nil && !refused:
					t.Errorf("%v", err)
				case refused && conflict.Elsewhere != "paysafe":
					t.Errorf("%+v", conflict)
				}
			})
		}
	}
}
