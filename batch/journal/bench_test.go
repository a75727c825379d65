package journal_test

import (
	"testing"

	"rowpost/batch/journal"
)

func BenchmarkFinish(b *testing.B) {
	disk := must(journal.Create(b.TempDir()))(b)
	l := must(disk.Lane("x", 64))(b)
	row := 0
	b.ReportAllocs()
	for b.Loop() {
		row++
		if err := l.Finish(success(row)); err != nil {
			b.Fatal(err)
		}
	}
	if err := disk.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkEntries(b *testing.B) {
	const n = 100_000
	disk := must(journal.Create(b.TempDir()))(b)
	l := must(disk.Lane("x", 64))(b)
	for i := range n {
		if err := l.Finish(success(i ^ 31)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if len(collect(b, l.Entries())) != n {
			b.Fatal("entries are missing")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
	if err := disk.Close(); err != nil {
		b.Fatal(err)
	}
}
