package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/batch"
	"rowpost/batch/journal"
)

func names(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	for _, f := range must(os.ReadDir(dir))(t) {
		out = append(out, f.Name())
	}
	return out
}

func records(t testing.TB, path string) []journal.Record {
	t.Helper()
	var out []journal.Record
	for rec, err := range must(journal.OpenFile(path))(t).Records() {
		noError(t, err)
		out = append(out, rec)
	}
	return out
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	disk := must(journal.Open(dir, nil))(t)
	l := must(disk.Lane("../x", 7))(t)
	must(disk.Lane("never used", 7))(t)
	if found := names(t, dir); len(found) != 1 || found[0] != "reserve" {
		t.Fatalf("there are %q before anything was written", found)
	}
	noError(t, l.Begin(3, 2))
	path := filepath.Join(dir, "..%2Fx.0001.journal")
	for p, want := range map[string]os.FileMode{dir: 0o700, path: 0o600} {
		if mode := must(os.Stat(p))(t).Mode().Perm(); mode != want && runtime.GOOS != "windows" {
			t.Errorf("%s has mode %o", p, mode)
		}
	}
	if f := must(journal.OpenFile(path))(t); f.Lane != "../x" || f.Window != 7 || f.First != 1 || f.Last != 1 || f.Torn {
		t.Errorf("header %+v", f)
	}
	// What Begin wrote is in the file when it returns.
	if diff := cmp.Diff([]journal.Record{{Kind: journal.Begun, Entry: batch.Entry{Row: 3, Request: 2}}}, records(t, path)); diff != "" {
		t.Error(diff)
	}
	noError(t, disk.Close(), disk.Close())
	if err := l.Finish(success(3)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
	if _, err := disk.Lane("y", 7); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
	for _, lane := range []string{"../x", "y"} {
		again := must(journal.Open(dir, nil))(t)
		noError(t, must(again.Lane(lane, 9))(t).Finish(success(1)), again.Close())
	}
	if diff := cmp.Diff([]string{"..%2Fx.0001.journal", "..%2Fx.0002.journal", "y.0003.journal"}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"../x", "y"}, must(journal.Read(dir, nil))(t).Lanes()); diff != "" {
		t.Error(diff)
	}
}

func TestSizeOfPlainSuccess(t *testing.T) {
	dir := t.TempDir()
	disk := must(journal.Open(dir, nil))(t)
	l := must(disk.Lane("cleverbridge", 64))(t)
	const n = 1000
	for i := range n {
		noError(t, l.Finish(success(i+1)))
	}
	noError(t, disk.Close())
	if size := must(os.Stat(filepath.Join(dir, "cleverbridge.0001.journal")))(t).Size(); size > 30*n {
		t.Errorf("%d bytes for each", size/n)
	}
}

// sample writes a journal of one closed start. It gives the file's bytes and entries.
func sample(t testing.TB) (content []byte, entries []batch.Entry) {
	dir := t.TempDir()
	disk := must(journal.Open(dir, nil))(t)
	l := must(disk.Lane("x", 100))(t)
	for i := range 12 {
		e := success(i + 1)
		if i%3 == 0 {
			e.Status, e.Code, e.Message, e.RemoteID = batch.Failed, "http_422", "no such thing", "17"
		}
		noError(t, l.Finish(e))
		if i%5 == 4 {
			noError(t, l.Begin(i+1, 0), l.Finish(e))
		}
	}
	noError(t, disk.Close())
	return must(os.ReadFile(filepath.Join(dir, "x.0001.journal")))(t), collect(t, l.Entries())
}

// finished gives the entries of a file with this content, in writing order, and how it ended.
func finished(t testing.TB, path string, content []byte) (entries []batch.Entry, kept int64, end error) {
	t.Helper()
	noError(t, os.WriteFile(path, content, 0o600))
	entries = []batch.Entry{}
	f, err := journal.OpenFile(path)
	if err != nil {
		return entries, 0, err
	}
	for rec, err := range f.Records() {
		noError(t, err)
		if n := len(entries); rec.Kind == journal.Finished && (n == 0 || entries[n-1].Row != rec.Entry.Row) {
			entries = append(entries, rec.Entry)
		}
	}
	return entries, f.Kept, nil
}

func TestCutAtEveryByte(t *testing.T) {
	content, want := sample(t)
	path := filepath.Join(t.TempDir(), "x.0001.journal")
	longest := 0
	for n := range content {
		got, kept, end := finished(t, path, content[:n])
		if end != nil {
			t.Fatalf("cut at %d: %v", n, end)
		}
		if !cmp.Equal(got, want[:len(got)]) || len(got) < longest || kept > int64(n) {
			t.Fatalf("cut at %d: other entries than were written, or fewer than before", n)
		}
		longest = len(got)
	}
	if longest != len(want) {
		t.Errorf("only %d entries of %d were ever read", longest, len(want))
	}
}

func TestFlippedBitAtEveryByte(t *testing.T) {
	content, want := sample(t)
	path := filepath.Join(t.TempDir(), "x.0001.journal")
	for i := range content {
		bad := bytes.Clone(content)
		bad[i] ^= 1 << (i % 8)
		got, kept, end := finished(t, path, bad)
		var damage *journal.DamageError
		switch {
		case errors.As(end, &damage):
			if damage.Lane != "x" || damage.File != path || damage.Offset > int64(i) {
				t.Fatalf("byte %d: %+v", i, damage)
			}
		case end != nil || !cmp.Equal(got, want) || kept > int64(i): // in the mark at the end
			t.Fatalf("byte %d: after %d entries of %d: %v", i, len(got), len(want), end)
		}
	}
}

// TestLaterStartsVouch holds that what a start read of an unfinished file cannot vanish
// or change unseen afterwards, although no mark in that file says that it was safe.
func TestLaterStartsVouch(t *testing.T) {
	content, _ := sample(t)
	for name, tamper := range map[string]func(path string) error{
		"as it was":  func(string) error { return nil },
		"cut":        func(path string) error { return os.Truncate(path, int64(len(content)-41)) },
		"a new tail": func(path string) error { return os.WriteFile(path, content, 0o600) },
		"missing":    os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x.0001.journal")
			noError(t, os.WriteFile(path, content[:len(content)-37], 0o600))
			disk := must(journal.Open(dir, nil))(t)
			noError(t, must(disk.Lane("x", 1))(t).Finish(success(99)), disk.Close(), tamper(path))
			_, err := journal.Open(dir, nil)
			var damage *journal.DamageError
			if name == "as it was" {
				noError(t, err)
			} else if !errors.As(err, &damage) || damage.File != path {
				t.Errorf("it is taken: %v", err)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	content, _ := sample(t)
	later := bytes.Clone(content)
	later[9] = 2
	for _, c := range []struct {
		name, file string
		content    []byte
		want       string
	}{
		{"damage", "x.0001.journal", append([]byte("rpjournal\x01\xff"), content[11:]...), "is damaged at byte 0: a record's checksum is wrong; so nobody can say what was sent to x"},
		{"something else", "x.0001.journal", bytes.Repeat([]byte("text"), 20), "it does not start as a journal"},
		{"a damaged version", "x.0001.journal", later, "is damaged at byte 0"},
		{"another start's file", "x.0002.journal", content, "it is another file"},
		{"something behind its end", "x.0001.journal", append(bytes.Clone(content), 'x'), "something follows its end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			noError(t, os.WriteFile(filepath.Join(dir, c.file), c.content, 0o600))
			_, err := journal.Open(dir, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) {
				t.Errorf("got %v", err)
			}
			if got := must(os.ReadFile(filepath.Join(dir, c.file)))(t); !bytes.Equal(got, c.content) {
				t.Error("it was changed")
			}
		})
	}
}

// TestTornIsSaid holds that each start names the files that break off, and leaves them alone.
func TestTornIsSaid(t *testing.T) {
	content, want := sample(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "x.0001.journal")
	torn := content[:len(content)-40]
	noError(t, os.WriteFile(path, torn, 0o600), os.WriteFile(filepath.Join(dir, "x.0002.journal"), nil, 0o600))
	for range 2 {
		disk := must(journal.Open(dir, nil))(t)
		said := disk.Torn()
		if len(said) != 2 || said[0].File != path || said[0].Offset >= int64(len(torn)) || said[1].Offset != 0 {
			t.Errorf("said are %+v", said)
		}
		l := must(disk.Lane("x", 1))(t)
		if got := collect(t, l.Earlier()); len(got) < 10 || !cmp.Equal(got, want[:len(got)]) {
			t.Error(cmp.Diff(want, got))
		}
		noError(t, disk.Close())
	}
	if got := must(os.ReadFile(path))(t); !bytes.Equal(got, torn) {
		t.Error("it was changed")
	}
}

func FuzzFile(f *testing.F) {
	content, _ := sample(f)
	f.Add(content)
	f.Add(content[:len(content)/2])
	f.Add([]byte("rpjournal\x02"))
	f.Add([]byte{})
	path := filepath.Join(f.TempDir(), "x.0001.journal")
	f.Fuzz(func(t *testing.T, content []byte) {
		got, kept, end := finished(t, path, content)
		if end != nil || kept == 0 {
			return
		}
		if again, _, end := finished(t, path, content[:kept]); end != nil || !cmp.Equal(got, again) {
			t.Errorf("what is kept gives %v", end)
		}
	})
}
