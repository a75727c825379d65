// Package state keeps what outlives a run: which tables were imported by which mapping
// and how that ended, the journals of runs that are to go on, who is at work now, and what
// all runs have sent to an account.
//
// Any number of processes use a state folder at once, and any of them may be killed at any
// moment: locks are the kernel's and vanish with their process, files are replaced whole,
// and nothing needs a repair. What is kept holds hashes, numbers, names of files and the
// reasons why a run stopped: no secret, and no cell of a table but in inputs/.
//
//	runs/ID/run.json    what is known of a run (mode 0600; folders 0700)
//	runs/ID/journal/    written by package journal
//	locks/              a lock for each job and each result file
//	done/               which jobs were finished by runs that are erased
//	accounts/           see [AccountShare]
//	inputs/             tables that came through a pipe, until their run is finished
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"rowpost/batch"
)

// Store is a state folder. It holds nothing open, and is safe for concurrent use.
type Store struct{ dir string }

// The names in a state folder. Those with a dot are of something in the making: they are
// used under the store's own lock only, so whoever has that lock knows that they are
// nobody's.
const (
	runsFolder, locksFolder, doneFolder, accountsFolder = "runs", "locks", "done", "accounts"

	storeLock   = "store.lock"
	newFile     = ".new"
	begunRun    = ".begun"
	erasedRun   = ".erased"
	runName     = "run.json"
	journalName = "journal"
)

// busy is how long one process may wait for another to read and change files in the
// folder. It does that in milliseconds, unless it is stopped or the disk hangs.
const busy = 30 * time.Second

// Open makes a state folder ready, and finds out at once whether files can be made, locked,
// written and synced there: better than by the first request. What a kill left is removed.
func Open(dir string) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: abs}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, err
	}
	if err := s.protect(); err != nil {
		return nil, err
	}
	for _, name := range []string{runsFolder, locksFolder, doneFolder, accountsFolder} {
		if err := privateFolder(s.path(name)); err != nil {
			return nil, err
		}
	}
	err = s.exclusively(func() error {
		if err := s.clean(); err != nil {
			return err
		}
		if err := s.writeNew([]byte("can this be written and kept?\n")); err != nil {
			return err
		}
		return os.Remove(s.path(newFile))
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

// Journal is the folder of a run's journal.
func (s *Store) Journal(id string) string { return s.path(runsFolder, id, journalName) }

// SharedError says that a state folder is no place for one: others may change what is in it.
type SharedError struct{ Dir string }

func (e *SharedError) Error() string {
	return e.Dir + ": holds other files, and others than its owner may change what is in it"
}

// protect keeps others out of the state folder. One that holds other things, too, keeps its
// mode, since whoever chose it did so for these; it must only be safe from others then.
func (s *Store) protect() error {
	if runtime.GOOS == "windows" {
		return nil // a folder has the rights of the one it is in
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	ours := []string{runsFolder, locksFolder, doneFolder, accountsFolder, inputsFolder, storeLock, newFile, begunRun, erasedRun, aliveLock}
	if !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !slices.Contains(ours, e.Name()) }) {
		return privateFolder(s.dir)
	}
	info, err := os.Stat(s.dir)
	if err == nil && info.Mode().Perm()&0o022 != 0 {
		err = &SharedError{s.dir}
	}
	return err
}

// privateFolder makes a folder that only its owner can look into.
func privateFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(path, 0o700) //nolint:gosec // a folder needs the x
}

// clean removes what a process that was killed left in the making.
func (s *Store) clean() error {
	for _, name := range []string{newFile, begunRun, erasedRun} {
		if err := os.RemoveAll(s.path(name)); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(s.path(runsFolder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := os.Lstat(s.path(runsFolder, e.Name(), runName)); !isID(e.Name()) || !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		// Remove takes empty folders only: a journal without its run.json is damage, which
		// stays for people to see.
		journalErr := os.Remove(s.Journal(e.Name()))
		if journalErr == nil || errors.Is(journalErr, fs.ErrNotExist) {
			_ = os.Remove(s.path(runsFolder, e.Name())) // not empty: likewise
		}
	}
	return nil
}

// exclusively calls a function that reads and changes files in the folder while no other
// process does. Locks of jobs are taken before it, never inside.
func (s *Store) exclusively(change func() error) (err error) {
	lock := flock.New(s.path(storeLock))
	got, err := lockWithin(nil, lock, busy)
	if err != nil {
		return err
	}
	if !got {
		return fmt.Errorf("%s: another process has used the folder for %s without a break; is one stopped?", s.dir, busy)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return change()
}

// replace puts a whole file in the place of an older one, or of none, and has it on disk
// when it returns. A kill at any moment leaves one of the two. Under the store's lock.
func (s *Store) replace(path string, content []byte) error {
	if batch.Planted("run-json-in-place") {
		return writeSynced(path, content)
	}
	if err := s.writeNew(content); err != nil {
		return err
	}
	if err := os.Rename(s.path(newFile), path); err != nil {
		return errors.Join(err, os.Remove(s.path(newFile)))
	}
	return syncFolder(filepath.Dir(path))
}

func (s *Store) writeNew(content []byte) error {
	path := s.path(newFile)
	if err := writeSynced(path, content); err != nil {
		return errors.Join(err, removeIfThere(path))
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder makes the names in a folder durable. Windows does that by itself, and has no
// call for it.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
