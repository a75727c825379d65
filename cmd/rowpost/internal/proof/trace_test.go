package proof

import (
	"os"
	"path/filepath"
	"testing"
)

// What strace writes of a start whose disk was made full from each thread's second write on.
const traceText = `100 1700000000.000001 write(5</tmp/state/runs/20261123-160402-7004/journal/paysafe.0002.journal>, ""..., 20) = 20
101 1700000000.000002 write(7<anon_inode:[eventfd]>, ""..., 8) = 8
100 1700000000.000003 write(6</tmp/state/locks/a.lock>, ""..., 9) = -1 ENOSPC (No space left on device) (INJECTED)
101 1700000000.000004 write(7<anon_inode:[eventfd]>, ""..., 8 <unfinished ...>
101 1700000000.000005 <... write resumed>) = -1 ENOSPC (No space left on device) (INJECTED)
100 1700000000.000006 +++ exited with 2 +++
`

func TestTrace(t *testing.T) {
	log := filepath.Join(t.TempDir(), "strace.log")
	if err := os.WriteFile(log, []byte(traceText), 0o600); err != nil {
		t.Fatal(err)
	}
	calls, err := ReadTrace(log)
	if err != nil || len(calls) != 4 || calls[0].Lane() != "paysafe" || calls[2].Lane() != "" {
		t.Fatalf("%v, %+v; want 4 calls, the first of them about the journal of paysafe", err, calls)
	}
	for _, c := range []struct {
		shows, when string
		place       string // of the first call that is met; empty: none is
		stunned     bool
	}{
		{"all writes from the first on", "1+", "journal", true},
		{"a lock is met before the program cannot wake itself", "2+", "locks", true},
		{"no thread comes so far", "3+", "", false},
	} {
		injection := &Injection{Call: "write", Do: "error=ENOSPC", When: c.when}
		place := ""
		if met := Met(calls, injection); met != nil {
			place = met.Place()
		}
		if stunned := Stunned(calls, injection); place != c.place || stunned != c.stunned {
			t.Errorf("%s: met %q, stunned %v; want %q, %v", c.shows, place, stunned, c.place, c.stunned)
		}
	}
	if Stunned(calls[:3], &Injection{When: "2+"}) {
		t.Error("a wake-up before the injection counts")
	}
}
