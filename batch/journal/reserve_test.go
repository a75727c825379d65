package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"rowpost/batch"
)

// rescue learns what a start brought into other files when it was closed. The disk shows
// it also if the process did not live to say so.
func (s *simulation) rescue(closing error) {
	dead := s.disk.dead
	s.disk.dead = false
	defer func() { s.disk.dead = dead }()
	var told *WriteError
	said := errors.As(closing, &told) && !dead
	if s.promised = map[string][]batch.Entry{}; said || closing == nil {
		s.promise(told)
	}
	for _, l := range s.lanes {
		lane, next := l.(*lane), s.journ.start+1
		f, err := openFile(s.disk, name{lane.name, next, next}.String())
		if err != nil {
			continue // there is none
		}
		got, err := recordsOf(f)
		if err != nil {
			continue // look says so
		}
		a := s.account(lane.name, int(next))
		a.said, a.rescue = got, true
		hasAnswers := slices.ContainsFunc(got, func(rec Record) bool { return answered(&rec.Entry) })
		if said && hasAnswers && told.Lost[lane.name] == nil {
			a.acked = len(got)
			s.rescued++
		}
	}
}

// promise notes the answers that a start had when it was closed, but for those that it said
// it could not record.
func (s *simulation) promise(told *WriteError) {
	for _, l := range s.lanes {
		lane, all := l.(*lane), Told{}
		for _, rec := range s.now(lane) {
			all.Add(rec)
		}
		for _, e := range all.Last() {
			lost := told != nil && slices.Contains(told.Lost[lane.name], e.Row)
			if answered(&e) && e.Code != batch.CodeUnrecorded && !lost {
				s.promised[lane.name] = append(s.promised[lane.name], e)
			}
		}
	}
}

// keptPromise holds that what was promised outlived the crash.
func (s *simulation) keptPromise() error {
	v, err := read(s.disk, "journal", nil)
	if err != nil {
		return err
	}
	for lane, entries := range s.promised {
		have := map[[2]int]batch.Entry{}
		for e, err := range v.Entries(lane) {
			if err != nil {
				return err
			}
			have[[2]int{e.Row, e.Request}] = e
		}
		for _, e := range entries {
			if got := have[[2]int{e.Row, e.Request}]; got != e {
				return fmt.Errorf("lane %s was closed with %+v, and now has %+v", lane, e, got)
			}
		}
	}
	s.promised = nil
	return nil
}

// TestFullDisk holds that a start that finds the disk full, at whatever byte, has told all
// when it is closed: what its lanes were told last stands in the journal for good.
func TestFullDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newSimDisk(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		d.limited, d.room = true, rapid.IntRange(0, 3000).Draw(t, "room")+reserveSize
		j, err := openDisk(d, "journal", manyFiles, nil)
		if err != nil {
			t.Fatal(err)
		}
		j.committer.handDriven = true
		want := tellUntilFull(t, j)
		var told *WriteError
		if err := j.Close(); err != nil && (!errors.As(err, &told) || !errors.Is(err, syscall.ENOSPC) || len(told.Lost) > 0) {
			t.Fatalf("close gives %v, %+v", err, told)
		}
		if d.names[reserveName] != nil {
			t.Error("the reserve is left")
		}
		if rapid.Bool().Draw(t, "power fails") {
			d.powerLoss()
		}
		d.limited = false
		again, err := openDisk(d, "journal", 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		for lane, told := range want {
			if have := entriesOf(t, again.earlier, lane); !slices.Equal(have, told.Last()) {
				t.Errorf("lane %s has %+v, and was told %+v", lane, have, told.Last())
			}
		}
	})
}

// tellUntilFull does what workers do: a request that cannot be begun is not sent, and those
// under way are finished after that. It gives what was finished.
func tellUntilFull(t *rapid.T, j *Disk) map[string]Told {
	const window = 1000
	told := map[string]Told{"a": {}, "b": {}}
	for row := range rapid.IntRange(0, 80).Draw(t, "rows") {
		name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "lane")
		l, err := j.Lane(name, window)
		if err != nil {
			t.Fatal(err)
		}
		e := batch.Entry{Row: row + 1, Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1}
		if rapid.Bool().Draw(t, "unsafe") && l.Begin(e.Row, 0) != nil {
			e = batch.Entry{Row: row + 1, Status: batch.NotSent, Again: true}
		}
		_ = l.Finish(e) // it keeps it all the same
		told[name].Add(Record{Finished, e})
		if rapid.IntRange(0, 9).Draw(t, "commit") == 0 {
			j.commitAll()
		}
	}
	return told
}

func entriesOf(t rapid.TB, v *View, lane string) []batch.Entry {
	have := []batch.Entry{}
	for e, err := range v.Entries(lane) {
		if err != nil {
			t.Fatal(err)
		}
		have = append(have, e)
	}
	return have
}

// TestRescue holds that what a lane could not write is in another file after Close, and
// that the one that failed is left alone.
func TestRescue(t *testing.T) {
	for _, c := range []struct {
		name        string
		write, sync error
		begun       bool // the file is there before it fails
	}{
		{name: "a full disk", write: syscall.ENOSPC, begun: true},
		{name: "a full disk at the first record", write: syscall.ENOSPC},
		{name: "a used up quota", write: syscall.EDQUOT, begun: true},
		{name: "a failing sync", sync: syscall.EIO, begun: true},
		{name: "a failing sync of the first record", sync: syscall.EIO},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := &faulty{}
			disk, l := openLane(t, files, 10)
			disk.committer.handDriven = true
			want := Told{}
			if c.begun {
				finishRow(l, 1, want)
			}
			files.badWrite, files.badSync = c.write, c.sync
			finishRow(l, 2, want)
			if err := l.Begin(3, 0); err == nil {
				t.Fatal("nothing fails")
			}
			files.badWrite, files.badSync = nil, nil
			before := sizeOf(t, l.path)
			for row := 3; row <= 5; row++ {
				finishRow(l, row, want)
			}
			var told *WriteError
			if err := disk.Close(); !errors.As(err, &told) || told.Path != l.path || told.LostAnswers() > 0 {
				t.Fatalf("close gives %v", err)
			}
			if want := len(want); told.Saved != want { // none was known to be synced
				t.Errorf("%d answers are said to be saved, not %d", told.Saved, want)
			}
			if after := sizeOf(t, l.path); after != before {
				t.Errorf("the file that failed had %d bytes and has %d", before, after)
			}
			view, err := Read(disk.dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			if have := entriesOf(t, view, "x"); !slices.Equal(have, want.Last()) {
				t.Errorf("there is %+v, not %+v", have, want.Last())
			}
		})
	}
}

func finishRow(l *lane, row int, want Told) {
	e := batch.Entry{Row: row, Status: batch.Succeeded, Attempts: 1, RemoteID: "a"}
	_ = l.Finish(e) // it keeps it all the same
	want.Add(Record{Finished, e})
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// noRoom has none for files of a second start, as if others had taken what was given back.
type noRoom struct{ faulty }

func (f *noRoom) create(path string) (writable, error) {
	if filepath.Base(path) == (name{"x", 2, 2}).String() {
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.ENOSPC}
	}
	return f.faulty.create(path)
}

// TestRescueFails holds that Close names the rows whose answers it could not record, and
// no others.
func TestRescueFails(t *testing.T) {
	files := &noRoom{}
	disk, l := openLane(t, files, 10)
	disk.committer.handDriven = true
	finishRow(l, 1, Told{})
	disk.commitAll()
	files.badWrite = syscall.ENOSPC
	for _, e := range []batch.Entry{
		{Row: 2, Status: batch.Succeeded},
		{Row: 3, Status: batch.NotSent},
		{Row: 4, Status: batch.Failed},
		{Row: 4, Request: 1, Status: batch.InDoubt},
		{Row: 2, Status: batch.Failed},
	} {
		if err := l.Finish(e); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("finish gives %v", err)
		}
	}
	var told *WriteError
	if err := disk.Close(); !errors.As(err, &told) || told.Saved != 0 || told.LostAnswers() != 3 || !slices.Equal(told.Lost["x"], []int{2, 4, 4}) {
		t.Errorf("close gives %v: %+v", err, told)
	}
	if got, want := told.Error(), l.path+": no space left on device"; got != want {
		t.Errorf("it says %q, not %q", got, want)
	}
}

// TestReserve holds that a start has its room on the disk from its beginning to its end,
// that a left one is no journal's file, and that without it a start does not begin.
func TestReserve(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, reserveName)
	if err := os.WriteFile(path, []byte("left by a kill"), 0o600); err != nil {
		t.Fatal(err)
	}
	disk, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := sizeOf(t, path); n != reserveSize || len(disk.earlier.Files) > 0 {
		t.Errorf("the reserve has %d bytes", n)
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("a start that wrote nothing leaves %v, %v", left, err)
	}

	full := newSimDisk(rand.New(rand.NewPCG(1, 1)))
	full.limited, full.room = true, reserveSize-1
	var told *WriteError
	if _, err := openDisk(full, dir, manyFiles, nil); !errors.As(err, &told) || told.Path != path || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("without room for the reserve: %v", err)
	}
	if len(full.names) > 0 {
		t.Errorf("it leaves %v", full.names)
	}
}
