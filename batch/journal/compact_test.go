package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/batch"
	"rowpost/batch/journal"
)

// manyStarts writes one entry in each start, and leaves another request in doubt.
func manyStarts(t *testing.T, dir string, n int, said journal.Told) {
	t.Helper()
	for i := range n {
		disk := must(journal.Open(dir, nil))(t)
		l := must(disk.Lane("x", i%3))(t)
		e := success(100 - i/2)
		noError(t, l.Finish(e), l.Begin(200+i/3, 1), disk.Close())
		said.Add(journal.Record{Kind: journal.Finished, Entry: e})
		said.Add(journal.Record{Kind: journal.Begun, Entry: batch.Entry{Row: 200 + i/3, Request: 1}})
	}
}

// TestManyStarts holds that a lane's files are put together when there are many, that
// nothing changes by it, and that lanes with few keep theirs.
func TestManyStarts(t *testing.T) {
	dir, said := t.TempDir(), journal.Told{}
	other := must(journal.Open(dir, nil))(t)
	noError(t, must(other.Lane("y", 0))(t).Finish(success(1)), other.Close())
	manyStarts(t, dir, 40, said)
	view := must(journal.Read(dir, nil))(t)
	if diff := cmp.Diff(said.Last(), collect(t, view.Entries("x"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"x.0002-0034.journal", "x.0035.journal"}, names(t, dir)[:2]); diff != "" {
		t.Error(diff)
	}
	if got := collect(t, view.Entries("y")); len(got) != 1 || view.Files[len(view.Files)-1].Path != filepath.Join(dir, "y.0001.journal") {
		t.Errorf("the other lane has %v", got)
	}
}

// TestLeftOvers holds that what a kill leaves of putting files together neither counts
// nor stays.
func TestLeftOvers(t *testing.T) {
	dir, said := t.TempDir(), journal.Told{}
	manyStarts(t, dir, 17, said)
	old := map[string][]byte{}
	for _, n := range names(t, dir) {
		old[n] = must(os.ReadFile(filepath.Join(dir, n)))(t)
	}
	noError(t, must(journal.Open(dir, nil))(t).Close())
	together := []string{"x.0001-0017.journal"}
	if diff := cmp.Diff(together, names(t, dir)); diff != "" {
		t.Fatal(diff)
	}
	for n, content := range old {
		noError(t, os.WriteFile(filepath.Join(dir, n), content, 0o600))
	}
	noError(t, os.WriteFile(filepath.Join(dir, "x.0001-0018.journal.new"), []byte("half of it"), 0o600))
	if diff := cmp.Diff(said.Last(), collect(t, must(journal.Read(dir, nil))(t).Entries("x"))); diff != "" {
		t.Error(diff)
	}
	disk := must(journal.Open(dir, nil))(t)
	if diff := cmp.Diff(said.Last(), collect(t, must(disk.Lane("x", 0))(t).Earlier())); diff != "" {
		t.Error(diff)
	}
	noError(t, disk.Close())
	if diff := cmp.Diff(together, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestDamagedTogether holds that no byte can be changed, nor be missing, in what files
// were put together to: a crash never leaves that.
func TestDamagedTogether(t *testing.T) {
	dir := t.TempDir()
	manyStarts(t, dir, 17, journal.Told{})
	noError(t, must(journal.Open(dir, nil))(t).Close())
	path := filepath.Join(dir, "x.0001-0017.journal")
	content := must(os.ReadFile(path))(t)
	refused := func(what string, content []byte) {
		noError(t, os.WriteFile(path, content, 0o600))
		var damage *journal.DamageError
		if _, err := journal.Read(dir, nil); !errors.As(err, &damage) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range content {
		changed := bytes.Clone(content)
		changed[i] ^= 1 << (i % 8)
		refused(fmt.Sprint("changed at ", i), changed)
		refused(fmt.Sprint("cut at ", i), content[:i])
	}
}

// TestAbandoned holds that a start that was never closed, as one that is killed, leaves
// what it had synced.
func TestAbandoned(t *testing.T) {
	dir := t.TempDir()
	abandoned := must(journal.Open(dir, nil))(t)
	l := must(abandoned.Lane("x", 5))(t)
	noError(t, l.Begin(1, 0), l.Finish(success(1)), l.Begin(2, 0))
	next := must(journal.Open(dir, nil))(t)
	got := collect(t, must(next.Lane("x", 5))(t).Earlier())
	want := []batch.Entry{success(1), {
		Row: 2, Status: batch.InDoubt, Code: batch.CodeUnrecorded, Message: batch.UnrecordedMessage, Attempts: 1,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	noError(t, next.Close(), abandoned.Close())
}
