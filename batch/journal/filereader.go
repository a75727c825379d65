package journal

import (
	"errors"
	"fmt"
	"io"

	"rowpost/batch"
)

// fileReader reads the records of a file of which it is known how its whole part ends.
type fileReader struct {
	path, lane string
	size       int64
	sum        uint32
	raw        io.Closer // nil: there is no file
	in         *reader
}

func (f *File) reader() (*fileReader, error) {
	raw, err := f.files.open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	in := newReader(io.NewSectionReader(raw, 0, f.Kept))
	return &fileReader{f.Path, f.Lane, f.Kept, f.sum, raw, in}, nil
}

// close gives the file back. Nothing can be lost: it is only read.
func (r *fileReader) close() {
	if r.raw != nil {
		_ = r.raw.Close()
	}
}

func (r *fileReader) read(rec *Record) error {
	if r.size == 0 {
		return io.EOF
	}
	var err error
	if !r.in.headed {
		err = r.in.start()
	}
	if err == nil {
		err = r.in.read(rec)
	}
	if err == nil {
		return nil
	}
	if err == io.EOF && (r.in.at != r.size || r.in.sum != r.sum) {
		err = &frameError{reason: "it is not what it was when it was opened"}
	}
	var bad *frameError
	if errors.As(err, &bad) {
		return &DamageError{File: r.path, Offset: r.in.at, Lane: r.lane, Reason: bad.reason}
	}
	return err
}

// sorters opens files of a lane. Done closes them, also after an error.
func sorters(files []*File) (parts []*sorter, done func(), err error) {
	var opened []*fileReader
	done = func() {
		for _, r := range opened {
			r.close()
		}
	}
	for _, f := range files {
		r, err := f.reader()
		if err != nil {
			return nil, done, err
		}
		opened = append(opened, r)
		parts = append(parts, newSorter(r, f.Window))
	}
	return parts, done, nil
}

// merged gives what files of a lane amount to, in the order of their starts, and the one
// that is still being written, if there is one.
func merged(files []*File, own *fileReader, window int, yield func(batch.Entry, error) bool) {
	parts, done, err := sorters(files)
	defer done()
	if own != nil {
		defer own.close()
		parts = append(parts, newSorter(own, window))
	}
	if err != nil {
		yield(batch.Entry{}, err)
		return
	}
	entries(parts, yield)
}
