package source

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Recheck says whether the file under the table's name is still what [Open] read, byte for
// byte: an edit that no reading met, rows that were added, another file in its place. A
// name that is gone is no change: what was read could not be looked at again. The error is
// an *[Error] of kind [Unreadable].
func (t *Table) Recheck() error {
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return t.given.sameAs(t.given.file)
	}
	mine, statErr := t.given.file.Stat()
	if statErr != nil {
		return unreadable(t.name, statErr)
	}
	if err == nil && os.SameFile(info, mine) {
		return t.given.sameAs(t.given.file)
	}
	f, _, err := openFile(t.path)
	if err != nil {
		return changed(t.name) // whatever stands there now is no table that could be read
	}
	defer closeRead(f)
	return t.given.sameAs(f)
}

// sameAs compares a file with the content, to the end of both.
func (c *content) sameAs(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return unreadable(c.name, err)
	}
	if info.Size() != c.size {
		return changed(c.name)
	}
	_, err = io.Copy(io.Discard, c.compare(f))
	return err
}
