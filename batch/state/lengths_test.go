package state_test

import (
	"errors"
	"maps"
	"os"
	"testing"

	"rowpost/batch/state"
)

// What a clean end says of the journal stays known through starts that were killed, until
// another clean end says it anew.
func TestLengthsOfTheJournalOutliveAKilledStart(t *testing.T) {
	s := open(t, t.TempDir())
	first := map[string]int64{"acme.0001.journal": 100}
	ended := begin(t, s, aJob("a"), state.BeginOptions{})
	if err := ended.End(state.Ending{Exit: 5, Journal: first}); err != nil {
		t.Fatal(err)
	}
	closeRun(t, ended)
	closeRun(t, begin(t, s, aJob("a"), state.BeginOptions{})) // as a kill leaves it
	next := begin(t, s, aJob("a"), state.BeginOptions{})
	if !maps.Equal(next.Info.Journal, first) {
		t.Errorf("after a kill: %v", next.Info.Journal)
	}
	both := map[string]int64{"acme.0001.journal": 100, "acme.0003.journal": 50}
	if err := errors.Join(next.Wrote(both), next.Reopen()); err != nil {
		t.Fatal(err)
	}
	closeRun(t, next)
	if info, err := s.Get(state.Last); err != nil || !maps.Equal(info.Journal, both) {
		t.Errorf("at the end: %v, %v", info.Journal, err)
	}
}

// A run whose journal is gone has sent something all the same: it is not forgotten by the
// way, and whoever judges what was applied is asked, and told what there was.
func TestAJournalThatIsGoneWasNotEmpty(t *testing.T) {
	s := open(t, t.TempDir())
	r := begin(t, s, aJob("a"), state.BeginOptions{})
	lengths := map[string]int64{"acme.0001.journal": 100}
	if err := errors.Join(r.End(state.Ending{Exit: 5, Journal: lengths}), os.RemoveAll(r.Journal)); err != nil {
		t.Fatal(err)
	}
	closeRun(t, r)
	if err := s.Forget(t.Context(), r.Info.ID, false); !errors.As(err, new(*state.UnfinishedError)) {
		t.Errorf("forgotten: %v", err)
	}
	damaged := errors.New("damaged")
	_, err := s.Begin(t.Context(), remapped(aJob("a")), state.BeginOptions{
		Applied: func(_ string, known map[string]int64) (bool, error) {
			if !maps.Equal(known, lengths) {
				t.Errorf("told of %v", known)
			}
			return false, damaged
		},
	})
	if !errors.Is(err, damaged) {
		t.Errorf("%v", err)
	}
}
