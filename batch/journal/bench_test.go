package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"rowpost/batch"
	"rowpost/batch/journal"
)

// BenchmarkBeginFinish is what operations that are not safe to repeat cost: each row
// waits for its own record to be synced.
func BenchmarkBeginFinish(b *testing.B) {
	for _, workers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			benchmarkLane(b, workers, func(l batch.LaneJournal, row int) error {
				return errors.Join(l.Begin(row, 0), l.Finish(success(row)))
			})
		})
	}
}

// BenchmarkFinish is what operations that are safe to repeat cost.
func BenchmarkFinish(b *testing.B) {
	for _, workers := range []int{1, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			benchmarkLane(b, workers, func(l batch.LaneJournal, row int) error {
				return l.Finish(success(row))
			})
		})
	}
}

// benchmarkLane has workers keep rows together.
func benchmarkLane(b *testing.B, workers int, keep func(l batch.LaneJournal, row int) error) {
	dir := b.TempDir()
	disk := must(journal.Open(dir, nil))(b)
	l := must(disk.Lane("x", 1<<20))(b)
	var row atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range workers {
		wg.Go(func() {
			for n := int(row.Add(1)); n <= b.N; n = int(row.Add(1)) {
				if err := keep(l, n); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	noError(b, disk.Close())
	report(b, filepath.Join(dir, "x.0001.journal"))
}

func report(b *testing.B, path string) {
	size := must(os.Stat(path))(b).Size()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(size)/float64(b.N), "bytes/row")
}

// BenchmarkMillion reads a million entries: to see that they are whole, and in order.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	for _, starts := range []int{1, 10} {
		dir := b.TempDir()
		for start := range starts {
			disk := must(journal.Open(dir, nil))(b)
			l := must(disk.Lane("x", 64))(b)
			for i := start * n / starts; i < (start+1)*n/starts; i++ {
				noError(b, l.Finish(success(i^31+1)))
			}
			noError(b, disk.Close())
		}
		b.Run(fmt.Sprintf("open/starts=%d", starts), func(b *testing.B) {
			for b.Loop() {
				noError(b, must(journal.Open(dir, nil))(b).Close())
			}
		})
		b.Run(fmt.Sprintf("entries/starts=%d", starts), func(b *testing.B) {
			view := must(journal.Read(dir, nil))(b)
			for b.Loop() {
				found := 0
				for _, err := range view.Entries("x") {
					if err != nil {
						b.Fatal(err)
					}
					found++
				}
				if found != n {
					b.Fatalf("%d entries", found)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
