package journal

import (
	"fmt"
	"iter"
	"slices"

	"rowpost/batch"
)

// judge knows what a lane was told in each start, and what it has acknowledged. It knows
// nothing of files but their names.
type judge struct {
	*counts
	told map[string]map[int]*account // by lane and start
}

// account is what a lane was told in a start.
type account struct {
	said   []Record
	acked  int // so many of them must survive
	handed int // and so many if only processes end
	marked int // and of so many any change must be noticed
	found  int // so many did
	memory []Record
	rescue bool // it is what a closing start could not write elsewhere
}

func newJudge(c *counts) *judge { return &judge{c, map[string]map[int]*account{}} }

func (j *judge) account(lane string, start int) *account {
	if j.told[lane] == nil {
		j.told[lane] = map[int]*account{}
	}
	a := j.told[lane][start]
	if a == nil {
		a = &account{}
		j.told[lane][start] = a
	}
	return a
}

func (j *judge) of(l *lane) *account { return j.account(l.name, int(l.disk.start)) }

// wrote notes what may have got onto the disk, and says how many records that makes.
func (j *judge) wrote(l *lane, rec Record) int {
	a := j.of(l)
	a.said = append(a.said, rec)
	return len(a.said)
}

func (j *judge) remembered(l *lane, rec Record) { j.of(l).memory = append(j.of(l).memory, rec) }

func (j *judge) now(l *lane) []Record {
	a := j.of(l)
	return append(slices.Clip(a.said), a.memory...)
}

// acknowledged notes that so many records are safe, all by one sync. That those of the
// syncs before were stands in the file by now.
func (j *judge) acknowledged(l *lane, records int) {
	if a := j.of(l); records > a.acked {
		a.acked, a.marked = records, a.acked
	}
}

// finished notes that the system has all that was said.
func (j *judge) finished(l *lane) { j.of(l).handed = len(j.of(l).said) }

// lostPower notes that what was not synced may be gone.
func (j *judge) lostPower() {
	for _, starts := range j.told {
		for _, a := range starts {
			a.handed = 0
		}
	}
}

// least is how many records must be there.
func (a *account) least() int { return max(a.acked, a.handed) }

// ended notes that a lane's journal was closed without an error.
func (j *judge) ended(l *lane) {
	a := j.of(l)
	a.acked, a.marked = len(a.said), len(a.said)
}

// settled notes that a start has begun to rely on what was found: it may not change again.
func (j *judge) settled(d *Disk) {
	for _, starts := range j.told {
		for start, a := range starts {
			if start >= int(d.start) {
				delete(starts, start) // its file is not there, and its number is given anew
				continue
			}
			a.said, a.acked, a.handed, a.memory = a.said[:a.found], a.found, 0, nil
		}
	}
	for _, f := range d.earlier.Files {
		if f.First != f.Last {
			j.compactions++
		}
	}
}

// look judges what a folder has after a crash.
func (j *judge) look(files fileSystem) error {
	v, err := read(files, "journal", nil)
	if err != nil {
		return err
	}
	j.torn += len(v.Torn())
	there := map[*account]bool{}
	for _, f := range v.Files {
		for start := f.First; start <= f.Last; start++ {
			there[j.account(f.Lane, start)] = true
		}
		if f.First == f.Last {
			if err := j.survived(f, j.account(f.Lane, f.First)); err != nil {
				return err
			}
		}
	}
	for lane, starts := range j.told {
		for start, a := range starts {
			if !there[a] {
				if a.found = 0; a.least() > 0 {
					return fmt.Errorf("all of lane %s, start %d is gone, and %d records were acknowledged", lane, start, a.least())
				}
			}
		}
		if err := j.compare("view", lane, nil, v.Entries(lane)); err != nil {
			return err
		}
	}
	return nil
}

// survived holds that a file has what was written, from the beginning, and at least what
// was acknowledged.
func (j *judge) survived(f *File, a *account) error {
	got, err := recordsOf(f)
	if err != nil {
		return err
	}
	if len(got) > len(a.said) || !slices.Equal(got, a.said[:len(got)]) {
		return fmt.Errorf("%s has what was never written: %+v of %+v", f.Path, got, a.said)
	}
	if len(got) < a.least() {
		return fmt.Errorf("%s has %d records, and %d were acknowledged", f.Path, len(got), a.least())
	}
	j.lost += len(a.said) - len(got)
	a.found = len(got)
	return nil
}

func recordsOf(f *File) ([]Record, error) {
	var got []Record
	for rec, err := range f.Records() {
		if err != nil {
			return nil, err
		}
		got = append(got, rec)
	}
	return got, nil
}

// compare holds entries against what survived of earlier starts and was written now.
func (j *judge) compare(what, lane string, now []Record, got iter.Seq2[batch.Entry, error]) error {
	all, starts := Told{}, j.told[lane]
	var order []int
	for start := range starts {
		order = append(order, start)
	}
	slices.Sort(order)
	for i, start := range order {
		said := starts[start].said[:starts[start].found]
		if now != nil && i == len(order)-1 {
			said = now
		}
		for _, rec := range said {
			all.Add(rec)
		}
	}
	var have []batch.Entry
	for e, err := range got {
		if err != nil {
			return err
		}
		if e.Code == batch.CodeUnrecorded {
			j.doubts++
		}
		have = append(have, e)
	}
	if want := all.Last(); !slices.Equal(have, want) {
		return fmt.Errorf("%s of lane %s are %+v, not %+v", what, lane, have, want)
	}
	return nil
}

// bearable holds that a file that was changed, and still reads, has all that the journal
// could know to have been safe.
func (j *judge) bearable(files fileSystem, path string) error {
	f, err := openFile(files, path)
	if err != nil {
		return err
	}
	got, err := recordsOf(f)
	if err != nil {
		return err
	}
	if f.First != f.Last {
		return fmt.Errorf("%s is a compaction, and a changed bit in it is accepted", path)
	}
	a := j.account(f.Lane, f.First)
	for start, later := range j.told[f.Lane] {
		if start > f.First && later.acked > 0 && !later.rescue {
			a.marked = a.found // it says how much it had found
		}
	}
	if len(got) < a.marked || len(got) > len(a.said) || !slices.Equal(got, a.said[:len(got)]) {
		return fmt.Errorf("%s has %d records after a bit was changed, %d were known to be safe", path, len(got), a.marked)
	}
	return nil
}
