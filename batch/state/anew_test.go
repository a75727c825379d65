package state_test

import (
	"testing"

	"rowpost/batch/state"
)

// A run that was demanded although something was applied before is told apart by its own
// id, however often it is started; and so is one that goes on with its result.
func TestADemandToSendAgainIsRemembered(t *testing.T) {
	s := open(t, t.TempDir())
	plain := imported(t, s, from(aJob("a"), "bcdfgh"), state.BeginOptions{Result: "/data/a.result.csv"}, true)
	if plain.Anew != "" {
		t.Fatalf("nobody demanded anything: %q", plain.Anew)
	}
	anew := imported(t, s, from(aJob("a"), "bcdfgh"), state.BeginOptions{Again: true, Result: "/data/a.result.csv"}, false)
	if anew.ID == plain.ID || anew.Anew != anew.ID {
		t.Fatalf("run %s was demanded, and is of %q", anew.ID, anew.Anew)
	}
	resumed := begin(t, s, from(aJob("a"), "bcdfgh"), state.BeginOptions{Result: "/data/a.result.csv"})
	if resumed.Info.ID != anew.ID || resumed.Info.Anew != anew.ID {
		t.Errorf("gone on with as %s of %q", resumed.Info.ID, resumed.Info.Anew)
	}
	if err := resumed.Close(); err != nil {
		t.Fatal(err)
	}
	copied := begin(t, s, copied("bcdfgh"), state.BeginOptions{Result: "/elsewhere/copy.result.csv"})
	if copied.Info.ID == anew.ID || copied.Info.Anew != anew.ID {
		t.Errorf("the run %s of its result is of %q", copied.Info.ID, copied.Info.Anew)
	}
}
