package cli

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rowpost/batch/journal"
	"rowpost/batch/result"
)

// TestCauses holds that what several workers met, and what was joined of it, is told once.
func TestCauses(t *testing.T) {
	full := &journal.WriteError{Path: "a.journal", Err: syscall.ENOSPC}
	again := &journal.WriteError{Path: "a.journal", Err: syscall.ENOSPC, Saved: 3}
	other := errors.New("the source cannot be read")
	got := causes(errors.Join(errors.Join(full, errors.Join(full, other)), nil, again))
	if len(got) != 2 || got[0] != error(full) || got[1] != other {
		t.Errorf("got %v", got)
	}
	if none := causes(nil); none != nil {
		t.Errorf("of nothing: %v", none)
	}
}

// TestFullPlaces holds that files for which there was no room are told from other troubles,
// by the names that their users know.
func TestFullPlaces(t *testing.T) {
	temp := &fs.PathError{Op: "write", Path: ".out.csv.1.rowpost-tmp", Err: syscall.ENOSPC}
	broken := &journal.WriteError{Path: "b.journal", Err: &fs.PathError{Op: "sync", Path: "b.journal", Err: syscall.EIO}}
	full, rest := fullPlaces([]error{
		&journal.WriteError{Path: "a.journal", Err: &fs.PathError{Op: "write", Path: "a.journal", Err: syscall.ENOSPC}},
		broken,
		&result.Error{Path: "out.csv", Msg: "cannot be written", Err: temp},
		&fs.PathError{Op: "write", Path: "run.json", Err: syscall.ENOSPC},
	})
	if got, want := full.paths(), []string{"a.journal", "out.csv", "run.json"}; !slices.Equal(got, want) {
		t.Errorf("places %q, not %q", got, want)
	}
	for _, p := range full {
		if p.reason != syscall.ENOSPC.Error() {
			t.Errorf("%s: %s", p.path, p.reason)
		}
	}
	if len(rest) != 1 || rest[0] != error(broken) {
		t.Errorf("the rest is %v", rest)
	}
}

// TestLostAnswersAreNamed holds that a run says which answers the next start will not know,
// and what to do with them.
func TestLostAnswersAreNamed(t *testing.T) {
	broke := &trouble{}
	broke.closed(&journal.WriteError{Path: "x", Err: syscall.EIO, Lost: map[string][]int{"paysafe": {9, 9}, "acme": {4}}})
	for _, c := range []struct{ name, result, hint string }{
		{"the result has them", "out.csv", "keep a copy of out.csv"},
		{"nothing has them", "", "see at the provider"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, ok := errors.AsType[*failure]((&send{}).broken(broke, c.result))
			if !ok || f.status != statusBroken || len(f.messages) != 2 {
				t.Fatalf("got %+v", f)
			}
			if want := "3 answers could not be recorded: of acme for rows 4, of paysafe for rows 9, 9"; f.messages[1] != want {
				t.Errorf("it says %q, not %q", f.messages[1], want)
			}
			if !strings.Contains(f.hints[0], c.hint) {
				t.Errorf("the hint is %q", f.hints[0])
			}
		})
	}
}

// TestRoomIsLookedFor holds that a disk is warned of that is too small, once also where both
// folders are on it, and only then.
func TestRoomIsLookedFor(t *testing.T) {
	dir := t.TempDir()
	free, _, ok := spaceAt(dir)
	if !ok {
		t.Skip("this system is not asked for its free space")
	}
	sub, err := os.MkdirTemp(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	const tooMuch = 1 << 60
	both := gather(need{dir, tooMuch}, need{sub, tooMuch})
	if len(both) != 1 || both[0].bytes != 2*tooMuch {
		t.Errorf("one disk is taken for two: %v", both)
	}
	warnings := both.warnings()
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], dir+" has ") || !strings.Contains(warnings[0], " free, and this run may need about 2306 PB there") {
		t.Errorf("it warns %q", warnings)
	}
	if warnings := gather(need{dir, 1}, need{sub, 1}).warnings(); free > 2 && len(warnings) > 0 {
		t.Errorf("it warns without need: %q", warnings)
	}
	if warnings := (needs{{dir + "/missing", tooMuch}}).warnings(); len(warnings) > 0 {
		t.Errorf("it warns of what it does not know: %q", warnings)
	}
}

func TestSizesAreRounded(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 9949: "9.9 kB", 9960: "10 kB", 123_456: "123 kB",
		999_600: "1.0 MB", 1_500_000: "1.5 MB", 3_000_000_000: "3.0 GB",
	} {
		if got := sizeText(n); got != want {
			t.Errorf("%d is %q, not %q", n, got, want)
		}
	}
}
