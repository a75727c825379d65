package journal

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"rowpost/batch"
)

// brokenFile fails where it is told to, after having written half of it.
type brokenFile struct {
	*os.File
	write, sync error
	syncs       int
}

func (f *brokenFile) Write(p []byte) (int, error) {
	if f.write == nil {
		return f.File.Write(p)
	}
	n, err := f.File.Write(p[:len(p)/2])
	return n, errors.Join(f.write, err)
}

func (f *brokenFile) Sync() error {
	f.syncs++
	if f.sync != nil {
		return f.sync
	}
	return f.File.Sync()
}

func brokenLane(t *testing.T, broken *brokenFile) (*Disk, batch.LaneJournal) {
	t.Helper()
	disk, err := Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	disk.create = func(path string) (file, error) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		broken.File = f
		return broken, err
	}
	l, err := disk.Lane("x", 10)
	if err != nil {
		t.Fatal(err)
	}
	return disk, l
}

// TestDiskFails holds that the first error stays, that nothing is tried again, and that
// what was finished before and after it can still be read.
func TestDiskFails(t *testing.T) {
	for name, broken := range map[string]*brokenFile{
		"write": {write: syscall.ENOSPC},
		"sync":  {sync: syscall.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			want := errors.Join(broken.write, broken.sync)
			write, sync := broken.write, broken.sync
			broken.write, broken.sync = nil, nil
			disk, l := brokenLane(t, broken)
			if err := errors.Join(l.Begin(1, 0), l.Finish(batch.Entry{Row: 1, Status: batch.Succeeded})); err != nil {
				t.Fatal(err)
			}
			broken.write, broken.sync = write, sync
			first := l.Begin(2, 0)
			broken.write, broken.sync = nil, nil
			syncs := broken.syncs
			for what, err := range map[string]error{
				"the first": first, "begin": l.Begin(3, 0), "finish": l.Finish(batch.Entry{Row: 2, Status: batch.InDoubt}), "close": disk.Close(),
			} {
				if err == nil || !errors.Is(want, errors.Unwrap(err)) && !errors.Is(err, write) && !errors.Is(err, sync) {
					t.Errorf("%s gives %v", what, err)
				}
			}
			if broken.syncs != syncs {
				t.Error("synced again after an error")
			}
			rows := 0
			for e, err := range l.Entries() {
				if rows++; err != nil || e.Row != rows {
					t.Errorf("entry %+v: %v", e, err)
				}
			}
			if rows != 2 {
				t.Errorf("%d entries", rows)
			}
		})
	}
}

// TestBeginIsSynced holds that Begin syncs before it returns, and Finish does not.
func TestBeginIsSynced(t *testing.T) {
	broken := &brokenFile{}
	disk, l := brokenLane(t, broken)
	for row := 1; row <= 3; row++ {
		if err := l.Begin(row, 0); err != nil || broken.syncs != row {
			t.Fatalf("%d syncs after %d requests: %v", broken.syncs, row, err)
		}
		if err := l.Finish(batch.Entry{Row: row, Status: batch.Failed}); err != nil || broken.syncs != row {
			t.Fatalf("finish synced: %v", err)
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestUnsyncedGarbageIsTorn and its counterpart: the same damage is a torn tail as long
// as nothing behind it says that it was safe.
func TestUnsyncedGarbageIsTorn(t *testing.T) {
	var w encoder
	whole := w.start(nil, "x", 5)
	kept := len(whole)
	for row := 1; row < 50; row++ {
		whole, _ = w.finished(whole, batch.Entry{Row: row, Status: batch.Failed, Message: "text"})
	}
	whole[kept+3] ^= 1
	path := t.TempDir() + "/x.journal"
	check := func(content []byte, want error) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		log, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, err = range log.Records() {
		}
		if err == nil || err.Error() != want.Error() {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	check(whole, &TornError{path, int64(kept)})
	check(w.marked(whole, synced, int64(len(whole))), &DamageError{path, int64(kept), "a record's checksum is wrong"})
}
