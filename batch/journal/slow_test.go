package journal

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rowpost/batch"
)

// slowFiles are files that, once they are slow, take as long to sync as the test wants.
type slowFiles struct {
	fileSystem
	slow    atomic.Bool
	release chan struct{}
}

type slowFile struct {
	writable
	of *slowFiles
}

func (s *slowFiles) create(path string) (writable, error) {
	f, err := s.fileSystem.create(path)
	return slowFile{f, s}, err
}

func (f slowFile) Sync() error {
	if f.of.slow.Load() {
		<-f.of.release
	}
	return f.writable.Sync()
}

// A disk that does not come back from a sync makes those who finish requests wait, before
// more than a fixed number of bytes waits in memory; then all goes on, and nothing is lost.
func TestASlowDiskHoldsUpWhoFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows, workers = 100_000, 4
		files := &slowFiles{fileSystem: osFiles{}, release: make(chan struct{})}
		disk, err := openDisk(files, t.TempDir(), manyFiles, nil)
		if err != nil {
			t.Fatal(err)
		}
		lane, err := disk.Lane("acme", rows)
		if err != nil {
			t.Fatal(err)
		}
		if err := lane.Finish(slowEntry(1)); err != nil { // makes the file
			t.Fatal(err)
		}
		files.slow.Store(true)
		var taken, finished atomic.Int64
		taken.Store(1)
		ended := make(chan error, workers)
		for range workers {
			go func() {
				for row := int(taken.Add(1)); row <= rows; row = int(taken.Add(1)) {
					if err := lane.Finish(slowEntry(row)); err != nil {
						ended <- err
						return
					}
					finished.Add(1)
				}
				ended <- nil
			}()
		}
		synctest.Wait()
		if n := finished.Load(); n == 0 || n == rows-1 {
			t.Errorf("%d of %d are finished while the disk does nothing", n, rows)
		}
		if size := disk.Size(); size > 2*backlog {
			t.Errorf("%d bytes wait for the disk", size)
		}
		close(files.release)
		for range workers {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		kept := 0
		for e, err := range lane.Entries() {
			if kept++; err != nil || e.Row != kept {
				t.Fatalf("entry %d is of row %d: %v", kept, e.Row, err)
			}
		}
		if err := disk.Close(); err != nil || kept != rows {
			t.Errorf("%d entries of %d rows: %v", kept, rows, err)
		}
	})
}

func slowEntry(row int) batch.Entry {
	return batch.Entry{
		Row: row, Status: batch.Failed, HTTPStatus: 422, Code: "bad_value", Message: "the value is refused", Attempts: 1,
		SentAt: time.UnixMicro(int64(1e15 + 30*row)), Duration: 20 * time.Millisecond,
	}
}
