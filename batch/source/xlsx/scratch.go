package xlsx

import (
	"errors"
	"io/fs"
	"os"
)

// Scratch is a file of mode 0600 that nobody else is meant to see. Where the system allows
// it, it has no name, so that nothing is left of it however the program ends.
type Scratch struct {
	*os.File
	gone bool
}

// NewScratch makes an empty file in a folder; empty: the system's for such files.
func NewScratch(dir string) (*Scratch, error) {
	f, err := os.CreateTemp(dir, "rowpost-sheet-*.tmp")
	if err != nil {
		return nil, err
	}
	return &Scratch{f, os.Remove(f.Name()) == nil}, nil
}

// Close closes and removes the file.
func (s *Scratch) Close() error {
	err := s.File.Close()
	if s.gone {
		return err
	}
	s.gone = true
	if gone := os.Remove(s.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
