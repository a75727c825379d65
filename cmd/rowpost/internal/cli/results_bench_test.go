package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/result"
)

// BenchmarkResults merges a table with the journal of a run that has ended, and writes the
// result of it.
func BenchmarkResults(b *testing.B) {
	dir := b.TempDir()
	job := benchJob(b, dir, "{provider: cleverbridge, fields: {SubscriptionId: Id, ContactType: {value: BillingContact}, Contact.CountryId: Country, Contact.LanguageId: Lang, Contact.City: City, Contact.EMail: Mail}}", "http://127.0.0.1:1", 64)
	job.Journal = finishedRun(b, filepath.Join(dir, "journal"))
	perRow := func(b *testing.B) {
		b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("merge", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			lines := 0
			for r, err := range batch.Results(job, batch.Summary{}) {
				if err != nil || r.Status != batch.Succeeded {
					b.Fatal(r.Status, err)
				}
				lines++
			}
			if lines != benchRows {
				b.Fatalf("%d lines", lines)
			}
		}
		perRow(b)
	})
	b.Run("file", func(b *testing.B) {
		b.ReportAllocs()
		path := filepath.Join(dir, "result.csv")
		for b.Loop() {
			if _, err := result.Write(ahead(batch.Results(job, batch.Summary{})), result.Options{Path: path, Header: job.Source.Header()}); err != nil {
				b.Fatal(err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(info.Size())
		perRow(b)
	})
}

// finishedRun is the journal of a run all of whose rows have succeeded, as the next start has it.
func finishedRun(b *testing.B, dir string) *journal.Disk {
	open := func() *journal.Disk {
		j, err := journal.Open(dir, nil)
		if err != nil {
			b.Fatal(err)
		}
		return j
	}
	j := open()
	lane, err := j.Lane("cleverbridge", 64)
	for row := 1; row <= benchRows; row++ {
		err = errors.Join(err, lane.Finish(batch.Entry{
			Row: row, Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1,
			SentAt: time.UnixMicro(int64(1e15 + 30*row)), Duration: 20 * time.Millisecond,
		}))
	}
	if err = errors.Join(err, j.Close()); err != nil {
		b.Fatal(err)
	}
	j = open()
	b.Cleanup(func() {
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	})
	return j
}
