package journal

import (
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rowpost/batch"
)

// faulty is the system's files, and lets a test make those of a first start fail and count.
type faulty struct {
	osFiles
	badWrite, badSync error
	syncs             atomic.Int32
	hold              chan struct{} // if not nil, each sync takes one from it
}

type faultyFile struct {
	writable
	of *faulty
}

func (f *faulty) create(path string) (writable, error) {
	w, err := f.osFiles.create(path)
	if err != nil || !strings.HasSuffix(path, ".0001"+Ext) {
		return w, err
	}
	return &faultyFile{w, f}, nil
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if f.of.badWrite == nil {
		return f.writable.Write(p)
	}
	n, err := f.writable.Write(p[:len(p)/2])
	return n, errors.Join(f.of.badWrite, err)
}

func (f *faultyFile) Sync() error {
	f.of.syncs.Add(1)
	if f.of.hold != nil {
		<-f.of.hold
	}
	return errors.Join(f.of.badSync, f.writable.Sync())
}

func openLane(t *testing.T, files fileSystem, window int) (*Disk, *lane) {
	t.Helper()
	disk, err := openDisk(files, t.TempDir(), manyFiles, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := disk.Lane("x", window)
	if err != nil {
		t.Fatal(err)
	}
	return disk, l.(*lane)
}

// TestDiskFails holds that the first error stays, that nothing is tried again, and that
// what was finished before and after it can still be read.
func TestDiskFails(t *testing.T) {
	for name, broken := range map[string]*faulty{
		"a full disk":    {badWrite: syscall.ENOSPC},
		"a failing sync": {badSync: syscall.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			write, sync := broken.badWrite, broken.badSync
			broken.badWrite, broken.badSync = nil, nil
			disk, l := openLane(t, broken, 10)
			disk.committer.handDriven = true
			if err := errors.Join(l.Begin(1, 0), l.Finish(batch.Entry{Row: 1, Status: batch.Succeeded})); err != nil {
				t.Fatal(err)
			}
			broken.badWrite, broken.badSync = write, sync
			first := l.Begin(2, 0)
			broken.badWrite, broken.badSync = nil, nil
			syncs := broken.syncs.Load()
			for what, err := range map[string]error{
				"the first": first, "begin": l.Begin(3, 0), "finish": l.Finish(batch.Entry{Row: 2, Status: batch.InDoubt}), "close": disk.Close(),
			} {
				if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EIO) {
					t.Errorf("%s gives %v", what, err)
				}
			}
			if broken.syncs.Load() != syncs {
				t.Error("synced again after an error")
			}
			rows := 0
			for e, err := range l.Entries() {
				if rows++; err != nil || e.Row != rows || e.Code == batch.CodeUnrecorded {
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
	files := &faulty{}
	disk, l := openLane(t, files, 10)
	disk.committer.handDriven = true
	for row := 1; row <= 3; row++ {
		if err := l.Begin(row, 0); err != nil || files.syncs.Load() != int32(row+1) { // the header's, too
			t.Fatalf("%d syncs after %d requests: %v", files.syncs.Load(), row, err)
		}
		if err := l.Finish(batch.Entry{Row: row, Status: batch.Failed}); err != nil || files.syncs.Load() != int32(row+1) {
			t.Fatalf("finish synced: %v", err)
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCommitter holds that an entry that nobody waits for is on disk 50 ms later, that a
// large group is sooner, and that then there is nothing more to do.
func TestCommitter(t *testing.T) {
	for _, c := range []struct {
		name    string
		message int // length
		after   time.Duration
	}{
		{"a single entry", 0, groupTime},
		{"a full group", groupSize, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				files := &faulty{}
				disk, l := openLane(t, files, 10)
				for row := range 2 {
					e := batch.Entry{Row: row + 1, Status: batch.Failed, Message: string(make([]byte, c.message))}
					if err := l.Finish(e); err != nil {
						t.Fatal(err)
					}
				}
				began := time.Now()
				if c.after > 0 {
					<-time.After(c.after - 1)
					synctest.Wait()
					if files.syncs.Load() != 1 { // the header's
						t.Error("it did not wait for more")
					}
				}
				<-time.After(1)
				synctest.Wait()
				if files.syncs.Load() != 2 || isEmpty(l) {
					t.Errorf("after %v there were %d syncs", time.Since(began), files.syncs.Load())
				}
				<-time.After(time.Hour)
				if files.syncs.Load() != 2 {
					t.Error("it syncs without anything to sync")
				}
				if err := disk.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestWhatNobodyWaitedForFails holds that an error of the committer is the next call's.
func TestWhatNobodyWaitedForFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := &faulty{}
		disk, l := openLane(t, files, 10)
		if err := l.Finish(batch.Entry{Row: 1, Status: batch.Failed}); err != nil {
			t.Fatal(err)
		}
		l.mu.Lock() // the committer has it before it syncs
		files.badSync = syscall.EIO
		l.mu.Unlock()
		<-time.After(time.Second)
		finish, begin := l.Finish(batch.Entry{Row: 2, Status: batch.Failed}), l.Begin(3, 0)
		for _, err := range []error{finish, begin, disk.Close()} {
			if !errors.Is(err, syscall.EIO) {
				t.Errorf("got %v", err)
			}
		}
	})
}

// TestFinishedIsWithTheSystem holds that whoever reads the file finds what was finished,
// before anything is synced.
func TestFinishedIsWithTheSystem(t *testing.T) {
	disk, l := openLane(t, osFiles{}, 10)
	disk.committer.handDriven = true
	for row := 1; row <= 3; row++ {
		if err := l.Finish(batch.Entry{Row: row, Status: batch.Succeeded}); err != nil {
			t.Fatal(err)
		}
		f, err := OpenFile(l.path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := recordsOf(f); err != nil || len(got) != row {
			t.Errorf("%d records of %d: %v", len(got), row, err)
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
}

func isEmpty(l *lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.safe <= int64(len(l.head))
}

// TestFinishDoesNotWaitForTheDisk holds that entries are taken while a sync hangs, and
// that those who begin meanwhile share the next one.
func TestFinishDoesNotWaitForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := &faulty{hold: make(chan struct{}, 9)}
		disk, l := openLane(t, files, 100)
		files.hold <- struct{}{}
		begun := make(chan error, 9)
		begin := func(row int) { begun <- l.Begin(row, 0) }
		go begin(1)
		synctest.Wait()
		for row := range 8 {
			go begin(2 + row)
			if err := l.Finish(batch.Entry{Row: 20 + row, Status: batch.Failed}); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if len(begun) > 0 {
			t.Error("a request is sent before its record is synced")
		}
		for range 2 {
			files.hold <- struct{}{}
		}
		synctest.Wait()
		if len(begun) != 9 || files.syncs.Load() != 3 {
			t.Errorf("%d of 9 could begin after %d syncs", len(begun), files.syncs.Load())
		}
		close(files.hold)
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestMarkBehindIsFoundAnywhere holds that a mark is found wherever it stands, also where
// the pieces meet in which the file is looked through.
func TestMarkBehindIsFoundAnywhere(t *testing.T) {
	for at := 64<<10 - 2*largestMark; at < 64<<10+2*largestMark; at++ {
		w := encoder{nonce: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}}
		content := w.marked(make([]byte, at), synced, int64(at), 100)
		n := &simFile{node: &simNode{cache: content}}
		for place, want := range map[int64]bool{1: true, 99: true, 100: false} {
			if got, err := markBehind(n, w.nonce, place); got != want || err != nil {
				t.Fatalf("mark at %d, asked at %d: %v, %v", at, place, got, err)
			}
		}
	}
}

// TestALaterVersionIsRefused holds that what a later version wrote is told from damage.
func TestALaterVersionIsRefused(t *testing.T) {
	w := encoder{sum: 0}
	content := append([]byte(magic), version+1)
	w.sum = crc32.Checksum(content, seal)
	content = w.frame(content, []byte("whatever it has to say"))
	path := filepath.Join(t.TempDir(), "x.0001.journal")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(filepath.Dir(path), nil)
	var later *VersionError
	if !errors.As(err, &later) || later.Version != version+1 || later.File != path {
		t.Errorf("got %v", err)
	}
}

// TestSimulatedDiskLoses holds the disk of TestPowerLoss to what it is for.
func TestSimulatedDiskLoses(t *testing.T) {
	kept := map[string]int{}
	for seed := range uint64(400) {
		d := newSimDisk(rand.New(rand.NewPCG(seed, 0)))
		f, err := d.create("x")
		if err = errors.Join(err, d.syncFolder("")); err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte("safe "))
		if seed%2 == 0 {
			_ = f.Sync()
		}
		_, _ = f.Write([]byte("not"))
		d.powerLoss()
		kept[string(d.names["x"].cache)]++
		if seed%2 == 0 && string(d.names["x"].cache[:5]) != "safe " {
			t.Fatal("what was synced is lost")
		}
	}
	for _, want := range []string{"safe not", "safe ", "safe n", "", "\x00\x00\x00\x00\x00not"} {
		if kept[want] == 0 {
			t.Errorf("%q was never left, only %v", want, kept)
		}
	}
}
