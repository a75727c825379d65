package state_test

import (
	"slices"
	"testing"

	"rowpost/batch/state"
)

func TestKinSentLinesOfTheSameTableToTheSameAccount(t *testing.T) {
	s := open(t, t.TempDir())
	table := imported(t, s, from(aJob("a"), "bcdfgh"), state.BeginOptions{Result: "/data/a.result.csv"}, true)
	imported(t, s, from(aJob("b"), "mmmmmm"), state.BeginOptions{}, true)
	imported(t, s, elsewhere(from(aJob("a"), "bcdfgh")), state.BeginOptions{}, true)
	second := imported(t, s, copied("bcdfgh"), state.BeginOptions{}, true)
	other := copied("bcdfgh", "tttttt")
	other.Input.SHA256[0]++
	run := begin(t, s, other, state.BeginOptions{})
	kin, err := run.Kin()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range kin {
		got = append(got, k.Info.ID)
		if !slices.Equal(k.Providers, []string{"paysafe"}) || k.Journal != s.Journal(k.Info.ID) {
			t.Errorf("%+v", k)
		}
	}
	want := []string{table.ID, second.ID}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	closeRun(t, run)
	plain := begin(t, s, from(aJob("c"), "bcdfgh"), state.BeginOptions{})
	if kin, err := plain.Kin(); err != nil || kin != nil {
		t.Errorf("of a table that is no result: %v, %v", kin, err)
	}
}
