package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

const (
	// aliveLock is held by the process that uses a temporary state folder, for as long as it does.
	aliveLock     = "alive.lock"
	temporaryName = "rowpost-run-*"
)

// OpenTemporary makes a state folder for this process alone, among the system's temporary
// files: for runs that leave no trace. The function removes it; a kill leaves it to the next
// OpenTemporary, which removes those that nobody uses any more. Errors are the system's.
func OpenTemporary() (*Store, string, func() error, error) {
	removeDead(os.TempDir())
	dir, lock, err := liveFolder()
	if err != nil {
		return nil, "", nil, err
	}
	remove := func() error { return errors.Join(lock.Unlock(), os.RemoveAll(dir)) }
	s, err := Open(dir)
	if err != nil {
		return nil, "", nil, errors.Join(err, remove())
	}
	return s, dir, remove, nil
}

// liveFolder makes a folder whose lock this process has. In the moment between making and
// locking another process may take it for dead; then there is no lock, or its file is gone.
func liveFolder() (string, *flock.Flock, error) {
	const most = 8
	for range most {
		dir, err := os.MkdirTemp("", temporaryName)
		if err != nil {
			return "", nil, err
		}
		lock := flock.New(filepath.Join(dir, aliveLock))
		got, lockErr := lock.TryLock()
		if _, err = os.Lstat(lock.Path()); got && err == nil {
			return dir, lock, nil
		}
		if errors.Is(lockErr, fs.ErrNotExist) {
			lockErr = nil
		}
		if got {
			lockErr = lock.Unlock()
		}
		if err := errors.Join(lockErr, os.RemoveAll(dir)); err != nil {
			return "", nil, err
		}
	}
	return "", nil, fmt.Errorf("%s: other processes remove new folders at once", os.TempDir())
}

// removeDead removes the folders that killed processes left. What cannot be removed, as
// another user's, stays: it is in nobody's way.
func removeDead(parent string) {
	found, err := filepath.Glob(filepath.Join(parent, temporaryName))
	if err != nil {
		return
	}
	for _, dir := range found {
		path := filepath.Join(dir, aliveLock)
		folder, err := os.Lstat(dir)
		file, fileErr := os.Lstat(path)
		if err != nil || fileErr != nil || !folder.IsDir() || !file.Mode().IsRegular() {
			continue
		}
		lock := flock.New(path)
		if dead, err := lock.TryLock(); err != nil || !dead {
			continue
		}
		// The lock's file goes first, while it is held: so whoever gets the lock afterwards
		// sees that the folder is lost. Windows removes it with the rest only.
		_ = os.Remove(path)
		if lock.Unlock() == nil {
			_ = os.RemoveAll(dir)
		}
	}
}
