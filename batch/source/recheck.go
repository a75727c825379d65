package source

import (
	"crypto/sha256"
	"io"
)

// Recheck reads the file's bytes once more and says whether they are those that [Open]
// read: the size and the time of a file do not show every change. The error is an
// *[Error] of kind [Unreadable].
func (t *Table) Recheck() error {
	f, _, err := openFile(t.path)
	if err != nil {
		return err
	}
	defer closeRead(f)
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return unreadable(t.path, err)
	}
	if [32]byte(h.Sum(nil)) != t.facts.SHA256 {
		return t.changed()
	}
	return nil
}
