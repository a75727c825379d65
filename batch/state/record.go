package state

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// runVersion is the version of run.json that this program writes, and the latest that it reads.
const runVersion = 1

// record is a run.json.
type record struct {
	Version int `json:"version"`
	Info
	// Generation counts the runs of a job, because a clock can be set back.
	Generation int               `json:"generation"`
	Accounts   map[string]string `json:"accounts"` // sums, by provider
	// Continues are the runs whose result was the input. That they are continued is decided
	// by this alone, in one step with the run's own beginning; their ContinuedBy follows it.
	Continues []string `json:"continues,omitempty"`
}

// idTime is the form of the time that a run's id begins with.
const idTime = "20060102-150405"

var idForm = regexp.MustCompile(`^\d{8}-\d{6}-[0-9a-f]{4}$`)

// isID tells runs from what people or their tools put beside them.
func isID(name string) bool { return idForm.MatchString(name) }

// newID finds an id that no run has.
func (s *Store) newID(now time.Time) (string, error) {
	for {
		var random [2]byte
		if _, err := rand.Read(random[:]); err != nil {
			return "", err
		}
		id := now.UTC().Format(idTime) + "-" + hex.EncodeToString(random[:])
		if _, err := os.Lstat(s.path(runsFolder, id)); errors.Is(err, fs.ErrNotExist) {
			return id, nil
		} else if err != nil {
			return "", err
		}
	}
}

// read gives a run's record, as far as it can be read: see [Info.Fault]. The error is
// fs.ErrNotExist if there is no such run any more.
func (s *Store) read(id string) (*record, error) {
	rec := &record{}
	content, err := os.ReadFile(s.path(runsFolder, id, runName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := os.Lstat(s.path(runsFolder, id)); gone != nil {
			return nil, gone
		}
	}
	if err == nil {
		err = rec.decode(content)
	}
	if err == nil && rec.ID != id {
		err = errors.New("it is of another run: " + rec.ID)
	}
	if err != nil {
		rec = &record{Info: Info{ID: id, Fault: runName + " cannot be used: " + plainError(err)}}
		rec.Begun, _ = time.Parse(idTime, id[:len(idTime)]) // the zero time will do if it is none
	}
	return rec, nil
}

func (r *record) decode(content []byte) error {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return err
	}
	if head.Version > runVersion {
		return fmt.Errorf("it was written by a later version of this program (format %d, and this one reads %d): use that version", head.Version, runVersion)
	}
	if head.Version < 1 {
		return errors.New("it names no version")
	}
	return json.Unmarshal(content, r)
}

// plainError leaves out the path, which is said already.
func plainError(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// encode is indented: people look into these files when something is wrong.
func (r *record) encode() ([]byte, error) {
	r.Version = runVersion
	content, err := json.MarshalIndent(r, "", "  ")
	return append(content, '\n'), err
}

// write replaces a run's record. Under the store's lock.
func (s *Store) write(r *record) error {
	content, err := r.encode()
	if err != nil {
		return err
	}
	return s.replace(s.path(runsFolder, r.ID, runName), content)
}

// create makes a run's folder, which appears with everything in it. Under the store's lock.
func (s *Store) create(r *record) error {
	content, err := r.encode()
	if err != nil {
		return err
	}
	staging := s.path(begunRun)
	if err := os.RemoveAll(staging); err != nil {
		return err
	}
	if err := os.MkdirAll(s.path(begunRun, journalName), 0o700); err != nil {
		return err
	}
	if err := writeSynced(s.path(begunRun, runName), content); err != nil {
		return errors.Join(err, os.RemoveAll(staging))
	}
	if err := syncFolder(staging); err != nil {
		return err
	}
	if err := os.Rename(staging, s.path(runsFolder, r.ID)); err != nil {
		return err
	}
	return syncFolder(s.path(runsFolder))
}

// records reads all runs, newest first, and writes down what a kill kept the last start
// from writing. Under the store's lock.
func (s *Store) records() ([]*record, error) {
	all, err := s.readAll()
	if err != nil {
		return nil, err
	}
	for _, parent := range adopt(all) {
		if err := s.write(parent); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// adopt completes ContinuedBy from the runs that continue others, and gives those that did
// not say so.
func adopt(all []*record) (changed []*record) {
	byID := map[string]*record{}
	for _, rec := range all {
		byID[rec.ID] = rec
	}
	for _, child := range all {
		for _, id := range child.Continues {
			if parent := byID[id]; parent != nil && parent.Fault == "" && parent.ContinuedBy == "" {
				parent.ContinuedBy = child.ID
				changed = append(changed, parent)
			}
		}
	}
	return changed
}

// readAll reads all runs, newest first.
func (s *Store) readAll() ([]*record, error) {
	entries, err := os.ReadDir(s.path(runsFolder))
	if err != nil {
		return nil, err
	}
	var all []*record
	for _, e := range entries {
		if !isID(e.Name()) {
			continue
		}
		rec, err := s.read(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // erased since the folder was listed
		}
		if err != nil {
			return nil, err
		}
		all = append(all, rec)
	}
	slices.SortFunc(all, func(a, b *record) int {
		return cmp.Or(b.Begun.Compare(a.Begun), cmp.Compare(b.ID, a.ID))
	})
	return all, nil
}

// latest is the last run of a job; nil if there is none.
func latest(all []*record, job string) *record {
	var last *record
	for _, r := range all {
		if r.Fault == "" && r.Job == job && (last == nil || r.Generation > last.Generation) {
			last = r
		}
	}
	return last
}

// sent says whether a run's journal holds anything, or did: it begins with the first request.
func (s *Store) sent(rec *record) (bool, error) {
	if len(rec.Journal) > 0 {
		return true, nil
	}
	entries, err := os.ReadDir(s.Journal(rec.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return slices.ContainsFunc(entries, isRecords), err
}

// isRecords tells a file of records from what else a start that was killed leaves there.
func isRecords(e fs.DirEntry) bool { return filepath.Ext(e.Name()) == ".journal" }
