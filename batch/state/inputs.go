package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// inputsFolder has copies of tables that came through a pipe. They are the only files in a
// state folder that hold cells: until their run is finished.
const inputsFolder = "inputs"

// abandoned is the age from which a copy that no run needs is nobody's any more: a process
// that made one begins its run, or ends, within that time.
const abandoned = time.Hour

// NewInput makes an empty file, mode 0600, for a table that can be read only once. Its name
// belongs into the job's [Input], and the caller calls [Store.DropInputs] in the end.
func (s *Store) NewInput() (*os.File, error) {
	if err := privateFolder(s.path(inputsFolder)); err != nil {
		return nil, err
	}
	return os.CreateTemp(s.path(inputsFolder), "stdin-*")
}

// DropInputs removes the copies that no unfinished run needs: the caller's own, which is
// closed, and those that killed processes left.
func (s *Store) DropInputs(own string, now time.Time) error {
	return s.exclusively(func() error {
		all, err := s.records()
		if err != nil {
			return err
		}
		entries, err := os.ReadDir(s.path(inputsFolder))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, e := range entries {
			path := s.path(inputsFolder, e.Name())
			if needed(all, path) || !samePath(path, own) && !olderThan(e, abandoned, now) {
				continue
			}
			err = errors.Join(err, os.Remove(path))
		}
		return err
	})
}

// needed says whether a run that is not finished was given the file; one whose record cannot
// be read may have been.
func needed(all []*record, path string) bool {
	for _, rec := range all {
		if rec.Fault != "" || samePath(rec.Input.Path, path) && !rec.settled() {
			return true
		}
	}
	return false
}

func olderThan(e fs.DirEntry, age time.Duration, now time.Time) bool {
	info, err := e.Info()
	return err == nil && now.Sub(info.ModTime()) > age
}

// IsInput says whether a file is such a copy, in the state folder with that name.
func IsInput(dir, path string) bool {
	one, err := os.Stat(filepath.Join(dir, inputsFolder))
	if err != nil {
		return false
	}
	two, err := os.Stat(filepath.Dir(path))
	return err == nil && os.SameFile(one, two)
}

// dropInput removes what a run was given before, if it is a copy that no run needs now.
// Under the store's lock.
func (s *Store) dropInput(path string) error {
	if filepath.Dir(path) != s.path(inputsFolder) {
		return nil
	}
	all, err := s.records()
	if err != nil || needed(all, path) {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
