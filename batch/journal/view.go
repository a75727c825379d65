package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"

	"rowpost/batch"
)

// File is what one start wrote for a lane, or a compaction of what several did.
type File struct {
	Path string
	Lane string
	// First and Last are the starts that it stands for; they differ in a compaction.
	First, Last int
	Window      int   // rows, as for [batch.Journal]
	Kept        int64 // bytes that are whole
	// Torn says that there was more, which a crash left unfinished.
	Torn bool

	files     fileSystem
	sum       uint32 // the checksum at Kept
	sightings []sighting
}

// OpenFile reads a file once, whole. Errors are *[DamageError], *[VersionError] or the
// system's.
func OpenFile(path string) (*File, error) { return openFile(osFiles{}, path) }

func openFile(files fileSystem, path string) (*File, error) {
	n, ok := parseName(path)
	if !ok {
		return nil, fmt.Errorf("%s: has no name of a journal's file", path)
	}
	f := &File{Path: path, Lane: n.lane, First: int(n.first), Last: int(n.last), files: files}
	raw, err := files.open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = raw.Close() }() // only read
	size, err := raw.size()            // what a run adds meanwhile is left alone
	if err != nil {
		return nil, err
	}
	in := io.NewSectionReader(raw, 0, size)
	r := newReader(in)
	if err := f.verdict(in, r, f.check(r, n)); err != nil {
		var torn *TornError
		if !errors.As(err, &torn) {
			return nil, err
		}
		f.Torn = true
	}
	f.Window, f.Kept, f.sum, f.sightings = int(r.window), r.at, r.sum, r.sightings
	return f, nil
}

// check reads all of the file. Its error is nil at a whole end.
func (f *File) check(r *reader, n name) error {
	if err := r.start(); err != nil {
		return err
	}
	if r.lane != n.lane || r.first != n.first || r.last != n.last {
		r.at, r.headed = 0, false
		return &frameError{reason: "it is another file"}
	}
	for {
		_, err := r.payload()
		switch {
		case err == io.EOF && f.First != f.Last && !r.closed:
			return &frameError{reason: "it breaks off", surely: true}
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// Records reads the file's whole part, in the order in which it was written. An error
// ends it: the file is not as it was when it was opened.
func (f *File) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		in, err := f.reader()
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer in.close()
		for {
			var rec Record
			if err := in.read(&rec); err == io.EOF || !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// View is a run's journal that is only read, by whoever wants to know.
type View struct {
	// Files are in the order of lanes and starts.
	Files []*File
	left  []string // names in the folder that stand for nothing any more
}

// Read looks at a journal's folder. It may do so while a run writes there: then it gives
// what there is. Known is as for [Open]. Errors are *[DamageError], *[VersionError] or the
// system's.
func Read(dir string, known map[string]int64) (*View, error) { return read(osFiles{}, dir, known) }

func read(files fileSystem, dir string, known map[string]int64) (*View, error) {
	for tries := 3; ; tries-- {
		v, err := readOnce(files, dir, known)
		// A compaction may have taken a file's place meanwhile.
		if err == nil || tries == 0 || !errors.Is(err, fs.ErrNotExist) {
			return v, err
		}
	}
}

func readOnce(files fileSystem, dir string, known map[string]int64) (*View, error) {
	all, err := files.list(dir)
	if errors.Is(err, fs.ErrNotExist) && len(known) > 0 {
		err = nil // it was there: all that is known of is missing
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	names, left := sift(all)
	v := &View{left: left}
	for _, n := range names {
		f, err := openFile(files, filepath.Join(dir, n.String()))
		if err != nil {
			return nil, err
		}
		v.Files = append(v.Files, f)
	}
	for _, lane := range v.Lanes() {
		if err := agree(dir, v.of(lane)); err != nil {
			return nil, err
		}
	}
	return v, v.holds(dir, known)
}

// agree compares a lane's files with what later starts found of them.
func agree(dir string, files []*File) error {
	for i, f := range files {
		for _, s := range f.sightings {
			at := slices.IndexFunc(files[:i], func(earlier *File) bool { return uint32(earlier.Last) >= s.last })
			switch {
			case at < 0 || uint32(files[at].First) > s.last:
				gone := filepath.Join(dir, name{f.Lane, s.last, s.last}.String())
				return &DamageError{gone, 0, f.Lane, fmt.Sprintf("it is missing, and start %d read %d bytes of it", f.Last, s.kept), true}
			case uint32(files[at].Last) == s.last && (files[at].Kept != s.kept || files[at].sum != s.sum):
				return &DamageError{files[at].Path, files[at].Kept, f.Lane, fmt.Sprintf("start %d read other records there, %d bytes in all", f.Last, s.kept), false}
			}
		}
	}
	return nil
}

// Lanes gives the names of those that have files, in order.
func (v *View) Lanes() []string {
	var lanes []string
	for _, f := range v.Files {
		if n := len(lanes); n == 0 || lanes[n-1] != f.Lane {
			lanes = append(lanes, f.Lane)
		}
	}
	return lanes
}

// Torn says which files break off. That is nothing to worry about.
func (v *View) Torn() []TornError {
	var torn []TornError
	for _, f := range v.Files {
		if f.Torn {
			torn = append(torn, TornError{f.Path, f.Kept})
		}
	}
	return torn
}

// Entries gives the last word on each of a lane's requests, ordered by row and request,
// as [batch.LaneJournal] does.
func (v *View) Entries(lane string) iter.Seq2[batch.Entry, error] {
	files := v.of(lane)
	return func(yield func(batch.Entry, error) bool) { merged(files, nil, 0, yield) }
}

func (v *View) of(lane string) []*File {
	var files []*File
	for _, f := range v.Files {
		if f.Lane == lane {
			files = append(files, f)
		}
	}
	return files
}
