package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	var out []batch.Entry
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

func success(row int) batch.Entry {
	return batch.Entry{
		Row: row, Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1,
		SentAt:   time.UnixMilli(1_800_000_000_000 + int64(row)*97).UTC(),
		Duration: 83 * time.Millisecond,
	}
}

func drawEntry(t *rapid.T, row int) batch.Entry {
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.Just("\xf5synced\xf6"))
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

// TestReadsBackInOrder writes entries in any order that the window allows, some of them
// twice, and finds the last of each, sorted: in memory, on disk, and after closing.
func TestReadsBackInOrder(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		window := rapid.IntRange(0, 20).Draw(rt, "window")
		n++
		disk := must(journal.Create(filepath.Join(dir, fmt.Sprint(n))))(t)
		onDisk := must(disk.Lane("paysafe", window))(t)
		inMemory := must(journal.Memory().Lane("paysafe", window))(t)
		want := map[[2]int]batch.Entry{}
		newest := 1
		for range rapid.IntRange(0, 100).Draw(rt, "entries") {
			row := max(1, newest+rapid.IntRange(-window, 3).Draw(rt, "step"))
			newest = max(newest, row)
			e := drawEntry(rt, row)
			want[[2]int{row, e.Request}] = e
			if err := errors.Join(onDisk.Finish(e), inMemory.Finish(e)); err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 40).Draw(rt, "begin") == 7 {
				if err := onDisk.Begin(row+1, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		sorted := make([]batch.Entry, 0, len(want))
		for _, e := range want {
			sorted = append(sorted, e)
		}
		slices.SortFunc(sorted, func(a, b batch.Entry) int { return (a.Row-b.Row)*10 + a.Request - b.Request })
		check := func(name string, l batch.LaneJournal) {
			if diff := cmp.Diff(sorted, append([]batch.Entry{}, collect(t, l.Entries())...)); diff != "" {
				rt.Fatalf("%s: %s", name, diff)
			}
		}
		check("memory", inMemory)
		check("disk", onDisk)
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
		check("closed", onDisk)
	})
}

func TestTimesAreKeptInMicroseconds(t *testing.T) {
	disk := must(journal.Create(t.TempDir()))(t)
	now := time.Now()
	for _, j := range []batch.Journal{disk, journal.Memory()} {
		l := must(j.Lane("x", 1))(t)
		if err := l.Finish(batch.Entry{Row: 1, Status: batch.Failed, SentAt: now, Duration: 1999}); err != nil {
			t.Fatal(err)
		}
		e := collect(t, l.Entries())[0]
		if d := now.Sub(e.SentAt); d < 0 || d >= time.Microsecond || e.SentAt.Location() != time.UTC || e.Duration != time.Microsecond {
			t.Errorf("%T gives %v and %v for %v", j, e.SentAt, e.Duration, now)
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTooLateIsRefused(t *testing.T) {
	disk := must(journal.Create(t.TempDir()))(t)
	for _, j := range []batch.Journal{disk, journal.Memory()} {
		l := must(j.Lane("x", 5))(t)
		if err := errors.Join(l.Finish(success(10)), l.Finish(success(5))); err != nil {
			t.Errorf("%T refuses a row inside of the window: %v", j, err)
		}
		if err := l.Finish(success(4)); err == nil {
			t.Errorf("%T takes a row beyond the window", j)
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestManyWriters(t *testing.T) {
	const writers, each = 8, 200
	disk := must(journal.Create(t.TempDir()))(t)
	l := must(disk.Lane("x", writers*each))(t)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				row := i*writers + w + 1
				err := l.Finish(success(row))
				if i%50 == 0 {
					err = errors.Join(err, l.Begin(row, 1))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	got := collect(t, l.Entries())
	if len(got) != writers*each {
		t.Fatalf("%d entries", len(got))
	}
	for i, e := range got {
		if diff := cmp.Diff(success(i+1), e); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	disk := must(journal.Create(dir))(t)
	l := must(disk.Lane("../x", 7))(t)
	if err := l.Begin(3, 2); err != nil {
		t.Fatal(err)
	}
	files := must(os.ReadDir(dir))(t)
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	path := filepath.Join(dir, files[0].Name())
	for p, want := range map[string]os.FileMode{dir: 0o700, path: 0o600} {
		if mode := must(os.Stat(p))(t).Mode().Perm(); mode != want && runtime.GOOS != "windows" {
			t.Errorf("%s has mode %o", p, mode)
		}
	}
	log := must(journal.Open(path))(t)
	if log.Lane != "../x" || log.Window != 7 {
		t.Errorf("header %+v", log)
	}
	// What Begin wrote is in the file when it returns.
	var got []journal.Record
	for rec, err := range log.Records() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rec)
	}
	if want := []journal.Record{{Kind: journal.Begun, Entry: batch.Entry{Row: 3, Request: 2}}}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Finish(success(3)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
	again := must(journal.Create(dir))(t)
	if _, err := again.Lane("../x", 7); !errors.Is(err, os.ErrExist) {
		t.Errorf("an earlier journal is overwritten: %v", err)
	}
}

func TestSizeOfPlainSuccess(t *testing.T) {
	dir := t.TempDir()
	disk := must(journal.Create(dir))(t)
	l := must(disk.Lane("cleverbridge", 64))(t)
	const n = 1000
	for i := range n {
		if err := l.Finish(success(i + 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	size := must(os.Stat(filepath.Join(dir, "cleverbridge"+journal.Ext)))(t).Size()
	if size > 30*n {
		t.Errorf("%d bytes for each", size/n)
	}
}

// sample is a closed journal's bytes and the entries in it.
func sample(t testing.TB) (content []byte, entries []batch.Entry) {
	dir := t.TempDir()
	disk := must(journal.Create(dir))(t)
	l := must(disk.Lane("x", 100))(t)
	for i := range 12 {
		e := success(i + 1)
		if i%3 == 0 {
			e.Status, e.Code, e.Message, e.RemoteID = batch.Failed, "http_422", "no such thing", "17"
		}
		if err := l.Finish(e); err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 {
			if err := l.Begin(i+2, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	return must(os.ReadFile(filepath.Join(dir, "x"+journal.Ext)))(t), collect(t, l.Entries())
}

// read gives the finished entries of a file's content, and how it ended.
func read(t testing.TB, path string, content []byte) (entries []batch.Entry, end error) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	entries = []batch.Entry{}
	log, err := journal.Open(path)
	if err != nil {
		return entries, err
	}
	for rec, err := range log.Records() {
		if err != nil {
			return entries, err
		}
		if rec.Kind == journal.Finished {
			entries = append(entries, rec.Entry)
		}
	}
	return entries, nil
}

func TestTornAtEveryByte(t *testing.T) {
	content, want := sample(t)
	path := filepath.Join(t.TempDir(), "x"+journal.Ext)
	longest := 0
	for n := range content {
		got, end := read(t, path, content[:n])
		var torn *journal.TornError
		if end != nil && !errors.As(end, &torn) {
			t.Fatalf("cut at %d: %v", n, end)
		}
		if !cmp.Equal(got, want[:len(got)]) || len(got) < longest {
			t.Fatalf("cut at %d: other entries than were written, or fewer than before", n)
		}
		longest = len(got)
		if torn == nil {
			continue
		}
		// What is kept reads without an error, and the same.
		again, end := read(t, path, content[:torn.Offset])
		if torn.Offset > 0 && (end != nil || !cmp.Equal(again, got)) {
			t.Fatalf("cut at %d, kept %d: %v", n, torn.Offset, end)
		}
	}
	if longest != len(want) {
		t.Errorf("only %d entries of %d were ever read", longest, len(want))
	}
}

func TestFlippedBitAtEveryByte(t *testing.T) {
	content, want := sample(t)
	path := filepath.Join(t.TempDir(), "x"+journal.Ext)
	for i := range content {
		bad := bytes.Clone(content)
		bad[i] ^= 1 << (i % 8)
		got, end := read(t, path, bad)
		var torn *journal.TornError
		var damage *journal.DamageError
		switch {
		case !cmp.Equal(got, want[:len(got)]):
			t.Fatalf("byte %d: a wrong entry", i)
		case errors.As(end, &damage):
		case errors.As(end, &torn) && len(got) == len(want): // in the marks at the end
		default:
			t.Fatalf("byte %d: after %d entries of %d: %v", i, len(got), len(want), end)
		}
	}
}

func FuzzLog(f *testing.F) {
	content, _ := sample(f)
	f.Add(content)
	f.Add(content[:len(content)/2])
	f.Add([]byte("rpjournal\x02"))
	f.Add([]byte{})
	path := filepath.Join(f.TempDir(), "x"+journal.Ext)
	f.Fuzz(func(t *testing.T, content []byte) {
		_, end := read(t, path, content)
		var torn *journal.TornError
		if errors.As(end, &torn) {
			if _, end := read(t, path, content[:torn.Offset]); torn.Offset > 0 && end != nil {
				t.Errorf("what is kept still gives %v", end)
			}
		}
	})
}
