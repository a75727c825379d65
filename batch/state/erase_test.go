package state_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/state"
)

func TestForget(t *testing.T) {
	cases := map[string]struct {
		sent, finished, force bool
		refused, remembered   bool
	}{
		"finished":                     {sent: true, finished: true, remembered: true},
		"finished, having sent none":   {finished: true, remembered: true},
		"unfinished":                   {sent: true, refused: true},
		"unfinished, by force":         {sent: true, force: true},
		"unfinished, having sent none": {},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			r := begin(t, s, aJob("a"), state.BeginOptions{})
			if c.sent {
				send(t, r)
			}
			end(t, r, c.finished)
			closeRun(t, r)
			err := s.Forget(t.Context(), r.Info.ID, c.force)
			if _, refused := errors.AsType[*state.UnfinishedError](err); refused != c.refused || err != nil && !refused {
				t.Fatal(err)
			}
			if infos, err := s.Runs(); err != nil || (len(infos) == 1) != c.refused {
				t.Errorf("%+v, %v", infos, err)
			}
			if c.refused {
				return
			}
			next := begin(t, s, aJob("a"), state.BeginOptions{})
			if next.Info.Erased != c.remembered || next.Info.Finished != c.remembered || next.Resumed {
				t.Errorf("%+v", next.Info)
			}
			if c.remembered && (next.Info.ID != r.Info.ID || next.Journal != "") {
				t.Errorf("%+v, %q", next.Info, next.Journal)
			}
			closeRun(t, next)
			if again := begin(t, s, aJob("a"), state.BeginOptions{Again: true}); again.Info.Erased || again.Journal == "" {
				t.Errorf("%+v", again.Info)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	s := open(t, t.TempDir())
	now := time.Date(2026, 11, 22, 19, 3, 12, 0, time.UTC)
	day := 24 * time.Hour
	at := func(days int) state.BeginOptions {
		return state.BeginOptions{Now: func() time.Time { return now.Add(-time.Duration(days) * day) }}
	}
	old := imported(t, s, aJob("old"), at(100), true)
	open := imported(t, s, aJob("open"), at(100), false)
	doubt := begin(t, s, aJob("in doubt"), at(101))
	if err := doubt.End(state.Ending{Exit: 3, Finished: true, Counts: map[batch.Status]int{batch.InDoubt: 1}}); err != nil {
		t.Fatal(err)
	}
	closeRun(t, doubt)
	work := begin(t, s, aJob("at work"), at(95))
	imported(t, s, aJob("young"), at(80), true)
	imported(t, s, aJob("young and open"), at(80), false)

	removed, kept, err := s.Prune(t.Context(), 90*day, now)
	if err != nil {
		t.Fatal(err)
	}
	if got := idsOf(removed); !slices.Equal(got, []string{old.ID}) {
		t.Errorf("removed %v", got)
	}
	if got := idsOf(kept); !slices.Equal(got, []string{work.Info.ID, open.ID, doubt.Info.ID}) {
		t.Errorf("kept %v", got)
	}
	if infos, err := s.Runs(); err != nil || len(infos) != 5 {
		t.Errorf("%v, %v", idsOf(infos), err)
	}
	if r := begin(t, s, aJob("old"), state.BeginOptions{}); !r.Info.Erased {
		t.Errorf("%+v", r.Info)
	}
	removed, _, err = s.Prune(t.Context(), 90*day, now)
	if err != nil || len(removed) != 0 {
		t.Errorf("removed twice: %v, %v", idsOf(removed), err)
	}
}

func idsOf(infos []state.Info) []string {
	var out []string
	for _, i := range infos {
		out = append(out, i.ID)
	}
	return out
}

func TestForgettingAContinuedRunKeepsItsJobFromBeingSentAnew(t *testing.T) {
	s := open(t, t.TempDir())
	parent := imported(t, s, aJob("a"), state.BeginOptions{Result: "/data/a.result.csv"}, false)
	next := begin(t, s, resultOf("/data/a.result.csv"), state.BeginOptions{})
	if err := s.Forget(t.Context(), parent.ID, false); err != nil {
		t.Fatal(err)
	}
	if r := begin(t, s, aJob("a"), state.BeginOptions{}); !r.Info.Erased || r.Info.ContinuedBy != next.Info.ID {
		t.Errorf("%+v", r.Info)
	}
}

// What was erased still keeps the same table from being sent by a changed mapping.
func TestAnErasedRunStillConflicts(t *testing.T) {
	s := open(t, t.TempDir())
	r := begin(t, s, aJob("a"), state.BeginOptions{})
	if err := r.End(state.Ending{Finished: true, Counts: map[batch.Status]int{batch.Succeeded: 3}}); err != nil {
		t.Fatal(err)
	}
	closeRun(t, r)
	if err := s.Forget(t.Context(), r.Info.ID, false); err != nil {
		t.Fatal(err)
	}
	_, err := s.Begin(t.Context(), remapped(aJob("a")), state.BeginOptions{})
	var conflict *state.ConflictError
	if !errors.As(err, &conflict) || conflict.Run.ID != r.Info.ID || len(conflict.Changed) == 0 {
		t.Errorf("%v", err)
	}
	closeRun(t, begin(t, s, remapped(aJob("b")), state.BeginOptions{}))
}

// A run that goes on after newer data of its series was sent has to say so.
func TestAResumedRunKnowsWhatCameSince(t *testing.T) {
	s := open(t, t.TempDir())
	closeRun(t, begin(t, s, aJob("a"), state.BeginOptions{}))
	newer := begin(t, s, aJob("b"), state.BeginOptions{Now: func() time.Time { return time.Now().Add(time.Minute) }})
	closeRun(t, newer)
	r := begin(t, s, aJob("a"), state.BeginOptions{})
	if !r.Resumed || len(r.Later) != 1 || r.Later[0].ID != newer.Info.ID {
		t.Errorf("%+v", r.Later)
	}
}
