package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// spool is a private copy of a table that cannot be read where it stands: a compressed one
// would have to be unpacked anew for each reading. Only its owner may read it (mode 0600),
// and where the system allows it, it has no name from the start, so that nothing is left
// even by a kill.
type spool struct {
	*os.File
	named bool
}

// newSpool makes an empty one in the folder; empty: the system's folder for temporary files.
func newSpool(folder string) (*spool, error) {
	f, err := os.CreateTemp(folder, "rowpost-table-*")
	if err != nil {
		return nil, err
	}
	// Windows does not remove what is open.
	return &spool{f, os.Remove(f.Name()) != nil}, nil
}

// Close gives the place on the disk back.
func (s *spool) Close() error {
	err := s.File.Close()
	if s.named {
		if removeErr := os.Remove(s.Name()); !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

// take copies a table and gives its size in bytes. An error in writing is told from one of
// the reader's, which is an *[Error].
func (s *spool) take(file, folder string, r io.Reader) (int64, error) {
	n, err := io.Copy(s, r)
	if _, ok := errors.AsType[*Error](err); ok || err == nil {
		return n, err
	}
	return n, spoolFailure(file, folder, err)
}

func spoolFailure(file, folder string, err error) *Error {
	if folder == "" {
		folder = os.TempDir()
	}
	return &Error{
		Kind: Unreadable, File: file, Err: err,
		Msg:  fmt.Sprintf("cannot be unpacked into %s: %s", folder, reason(err)),
		Hint: "make room there, or name another folder in the variable TMPDIR, TMP on Windows; or unpack the table where there is room",
	}
}

// unpack puts a copy of a compressed table in the place of its content.
func (t *Table) unpack(folder string) error {
	raw := t.given.record(func([]byte) {})
	u, err := unpackerOf(t.name, t.given.size, raw)
	if u == nil || err != nil {
		return err
	}
	defer func() { _ = u.Close() }() // it was only read
	s, err := newSpool(folder)
	if err != nil {
		return spoolFailure(t.name, folder, err)
	}
	t.spool, t.packing = s, u.name
	size, err := s.take(t.name, folder, u)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, raw); err != nil { // so that the checksums are whole
		return err
	}
	t.content = newContent(t.name, s.File, size)
	return nil
}
