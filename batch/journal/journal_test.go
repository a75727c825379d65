package journal_test

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/batch/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ batch.Journal = (*journal.InMemory)(nil)
	_ batch.Journal = (*journal.Disk)(nil)
)

func collect(t testing.TB, seq iter.Seq2[batch.Entry, error]) []batch.Entry {
	t.Helper()
	out := []batch.Entry{}
	for e, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func noError(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func success(row int) batch.Entry {
	return batch.Entry{
		Row: row, Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1,
		SentAt:   time.UnixMilli(1_800_000_000_000 + int64(row)*97).UTC(),
		Duration: 83 * time.Millisecond,
	}
}

func drawEntry(t *rapid.T, row int) batch.Entry {
	text := rapid.OneOf(rapid.Just(""), rapid.String())
	e := batch.Entry{
		Row:        row,
		Request:    rapid.IntRange(0, 2).Draw(t, "request"),
		Status:     rapid.SampledFrom([]batch.Status{batch.Succeeded, batch.Failed, batch.Invalid, batch.Skipped, batch.NotSent, batch.InDoubt}).Draw(t, "status"),
		HTTPStatus: rapid.SampledFrom([]int{0, 200, 422, 599}).Draw(t, "http"),
		Code:       text.Draw(t, "code"), Message: text.Draw(t, "message"),
		Field: text.Draw(t, "field"), RemoteID: text.Draw(t, "id"),
		Attempts: rapid.IntRange(0, 9).Draw(t, "attempts"),
		Duration: time.Duration(rapid.Int64Range(-5, 1e9).Draw(t, "duration")) * time.Microsecond,
		Again:    rapid.Bool().Draw(t, "again"),
	}
	if rapid.Bool().Draw(t, "sent") {
		e.SentAt = time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(t, "at")).UTC()
	}
	return e
}

// drawStart writes what a start may write, in any order that the window allows, to
// several journals at once.
func drawStart(t *rapid.T, m journal.Told, window int, lanes ...batch.LaneJournal) {
	newest := rapid.IntRange(1, 10).Draw(t, "first")
	for range rapid.IntRange(0, 60).Draw(t, "records") {
		row := max(1, newest+rapid.IntRange(-window, 3).Draw(t, "step"))
		rec := journal.Record{Kind: journal.Finished, Entry: drawEntry(t, row)}
		if rapid.IntRange(0, 19).Draw(t, "kind") == 19 {
			rec = journal.Record{Kind: journal.Begun, Entry: batch.Entry{Row: row, Request: rec.Entry.Request}}
		} else {
			newest = max(newest, row)
		}
		m.Add(rec)
		for _, l := range lanes {
			if rec.Kind == journal.Begun {
				noErrorR(t, l.Begin(row, rec.Entry.Request))
			} else {
				noErrorR(t, l.Finish(rec.Entry))
			}
		}
	}
}

func noErrorR(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// TestStarts holds that each start finds the last word of those before it on each
// request, sorted, and not its own; that Entries has its own, too; in memory and on disk,
// before and after closing.
func TestStarts(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		folder := filepath.Join(dir, fmt.Sprint(n))
		memory, said := journal.Memory(), journal.Told{}
		for start := range rapid.IntRange(1, 3).Draw(rt, "starts") {
			check := func(what string, want []batch.Entry, got iter.Seq2[batch.Entry, error]) {
				if diff := cmp.Diff(want, collect(t, got)); diff != "" {
					rt.Fatalf("start %d, %s: %s", start, what, diff)
				}
			}
			window := rapid.IntRange(0, 20).Draw(rt, "window")
			before := said.Last()
			disk := must(journal.Open(folder, nil))(t)
			onDisk := must(disk.Lane("paysafe", window))(t)
			memory = memory.Restart()
			inMemory := must(memory.Lane("paysafe", window))(t)
			check("earlier on disk", before, onDisk.Earlier())
			drawStart(rt, said, window, onDisk, inMemory)
			check("memory", said.Last(), inMemory.Entries())
			check("disk", said.Last(), onDisk.Entries())
			check("still earlier in memory", before, inMemory.Earlier())
			if err := disk.Close(); err != nil {
				rt.Fatal(err)
			}
			check("still earlier on disk", before, onDisk.Earlier())
			check("closed", said.Last(), onDisk.Entries())
			check("view", said.Last(), must(journal.Read(folder, nil))(t).Entries("paysafe"))
		}
	})
}

func TestTimesAreKeptInMicroseconds(t *testing.T) {
	disk := must(journal.Open(t.TempDir(), nil))(t)
	now := time.Now()
	for _, j := range []batch.Journal{disk, journal.Memory()} {
		l := must(j.Lane("x", 1))(t)
		noError(t, l.Finish(batch.Entry{Row: 1, Status: batch.Failed, SentAt: now, Duration: 1999}))
		e := collect(t, l.Entries())[0]
		if d := now.Sub(e.SentAt); d < 0 || d >= time.Microsecond || e.SentAt.Location() != time.UTC || e.Duration != time.Microsecond {
			t.Errorf("%T gives %v and %v for %v", j, e.SentAt, e.Duration, now)
		}
	}
	noError(t, disk.Close())
}

func TestTooLateIsRefused(t *testing.T) {
	disk := must(journal.Open(t.TempDir(), nil))(t)
	for _, j := range []batch.Journal{disk, journal.Memory()} {
		l := must(j.Lane("x", 5))(t)
		if err := errors.Join(l.Finish(success(10)), l.Finish(success(5)), l.Begin(5, 1)); err != nil {
			t.Errorf("%T refuses a row inside of the window: %v", j, err)
		}
		if l.Finish(success(4)) == nil || l.Begin(4, 0) == nil {
			t.Errorf("%T takes a row beyond the window", j)
		}
	}
	noError(t, disk.Close())
}

func TestALaneHasOneWindow(t *testing.T) {
	disk := must(journal.Open(t.TempDir(), nil))(t)
	for _, j := range []batch.Journal{disk, journal.Memory()} {
		l := must(j.Lane("x", 5))(t)
		if again := must(j.Lane("x", 5))(t); again != l {
			t.Errorf("%T opens a lane twice", j)
		}
		if _, err := j.Lane("x", 6); err == nil {
			t.Errorf("%T opens a lane with two windows", j)
		}
	}
	noError(t, disk.Close())
}

func TestManyWriters(t *testing.T) {
	const writers, each = 8, 200
	disk := must(journal.Open(t.TempDir(), nil))(t)
	l := must(disk.Lane("x", writers*each))(t)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				row := i*writers + w + 1
				err := l.Begin(row, 0)
				if i%50 != 7 {
					err = errors.Join(err, l.Finish(success(row)))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	noError(t, disk.Close())
	got := collect(t, l.Entries())
	if len(got) != writers*each {
		t.Fatalf("%d entries", len(got))
	}
	for i, e := range got {
		want := success(i + 1)
		if i/writers%50 == 7 {
			want = batch.Entry{Row: i + 1, Status: batch.InDoubt, Code: batch.CodeUnrecorded, Message: batch.UnrecordedMessage, Attempts: 1}
		}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Fatal(diff)
		}
	}
}
