package state

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"rowpost/batch"
)

// UnfinishedError says that a run is not erased, because more than its history would be lost.
type UnfinishedError struct {
	ID    string
	Fault string // not empty: it is not even known what would be lost
}

func (e *UnfinishedError) Error() string {
	if e.Fault != "" {
		return fmt.Sprintf("run %s: %s; what it has sent is not known without it, and the same command may send all rows anew", e.ID, e.Fault)
	}
	return fmt.Sprintf("run %s is unfinished and has sent requests: without it, the same command sends all rows anew", e.ID)
}

// done is what stays of an erased run: nothing of its table.
type done struct {
	Version     int       `json:"version"`
	Run         string    `json:"run"`
	Begun       time.Time `json:"begun"`
	Last        time.Time `json:"last"`
	ContinuedBy string    `json:"continued_by,omitempty"`

	// What tells that another job would do the same to the same table: sums and names of
	// operations, no content.
	SHA256   string            `json:"sha256,omitempty"`
	Series   string            `json:"series,omitempty"`
	Mapping  string            `json:"mapping,omitempty"`
	Targets  []string          `json:"targets,omitempty"`
	Origins  []string          `json:"origins,omitempty"`
	Meaning  map[string]string `json:"meaning,omitempty"`
	Accounts map[string]string `json:"accounts,omitempty"`
}

// doneOf is what stays of a run. If nothing of it was applied, only that it was finished does.
func doneOf(rec *record) done {
	d := done{Version: runVersion, Run: rec.ID, Begun: rec.Begun, Last: rec.Last, ContinuedBy: rec.ContinuedBy}
	if rec.Counts[batch.Succeeded]+rec.Counts[batch.InDoubt]+rec.Counts[batch.Skipped] > 0 {
		d.SHA256, d.Series, d.Mapping = hex.EncodeToString(rec.Input.SHA256[:]), rec.Series, rec.Mapping
		d.Targets, d.Meaning, d.Accounts, d.Origins = rec.Targets, rec.Meaning, rec.Accounts, rec.Origins
	}
	return d
}

// record is the run as far as it is still known; nil if its table is not.
func (d *done) record() *record {
	rec := &record{Info: Info{
		ID: d.Run, Begun: d.Begun, Last: d.Last, Series: d.Series, Mapping: d.Mapping, Targets: d.Targets, Meaning: d.Meaning, Origins: d.Origins,
		Finished: true, Erased: true,
	}, Accounts: d.Accounts}
	sum, err := hex.DecodeString(d.SHA256)
	if err != nil || copy(rec.Input.SHA256[:], sum) != len(rec.Input.SHA256) {
		return nil
	}
	return rec
}

// allErased gives the erased runs of which the table is still known.
func (s *Store) allErased() ([]*record, error) {
	files, err := os.ReadDir(s.path(doneFolder))
	if err != nil {
		return nil, err
	}
	var out []*record
	for _, f := range files {
		content, err := os.ReadFile(s.path(doneFolder, f.Name()))
		if err != nil {
			return nil, err
		}
		var d done
		if json.Unmarshal(content, &d) != nil {
			continue
		}
		if rec := d.record(); rec != nil {
			out = append(out, rec)
		}
	}
	return out, nil
}

func (s *Store) donePath(job string) string { return s.path(doneFolder, job+".json") }

// erased tells of a job whose runs are all erased; nil if none was finished. That the file
// is there says so, whatever is in it.
func (s *Store) erased(job string) (*Info, error) {
	content, err := os.ReadFile(s.donePath(job))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var d done
	if json.Unmarshal(content, &d) != nil {
		d = done{}
	}
	return &Info{ID: d.Run, Job: job, Begun: d.Begun, Last: d.Last, ContinuedBy: d.ContinuedBy, Finished: true, Erased: true}, nil
}

// Forget erases a run: its record, its journal, and its input if that is a copy. That its job was finished stays known.
// The id is as in [Store.Get]. A run that is unfinished and has sent something needs force,
// else the error is an *[UnfinishedError]; one that is at work is a *[LockedError].
func (s *Store) Forget(ctx context.Context, id string, force bool) error {
	return s.exclusively(func() error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		all, err := s.records()
		if err != nil {
			return err
		}
		rec, err := find(all, id)
		if err != nil {
			return err
		}
		return s.forget(rec, force)
	})
}

// forget is Forget under the store's lock: no run can begin meanwhile, for Begin and Take
// read what there is under it.
func (s *Store) forget(rec *record, force bool) error {
	if rec.Fault != "" && !force {
		return &UnfinishedError{rec.ID, rec.Fault}
	}
	if rec.Fault == "" {
		if err := s.mayForget(rec, force); err != nil {
			return err
		}
	}
	if rec.Fault == "" && rec.settled() {
		content, err := json.Marshal(doneOf(rec))
		if err != nil {
			return err
		}
		if err := s.replace(s.donePath(rec.Job), append(content, '\n')); err != nil {
			return err
		}
	}
	if err := s.erase(rec.ID); err != nil {
		return err
	}
	return s.dropInput(rec.Input.Path)
}

func (s *Store) mayForget(rec *record, force bool) error {
	held, err := s.isHeld(rec.Job)
	if err != nil {
		return err
	}
	if held {
		return s.lockedBy(rec.Job)
	}
	if rec.settled() || force {
		return nil
	}
	sent, err := s.sent(rec)
	if err == nil && sent {
		err = &UnfinishedError{ID: rec.ID}
	}
	return err
}

// erase takes a run's folder away in one step, and what is in it then.
func (s *Store) erase(id string) error {
	gone := s.path(erasedRun)
	if err := os.RemoveAll(gone); err != nil {
		return err
	}
	if err := os.Rename(s.path(runsFolder, id), gone); err != nil {
		return err
	}
	if err := syncFolder(s.path(runsFolder)); err != nil {
		return err
	}
	return os.RemoveAll(gone)
}

// Prune erases the finished runs whose last start ended before now by more than a time.
// Kept are those of them that are old enough but unfinished, at work, in doubt about
// something, or cannot be read.
func (s *Store) Prune(ctx context.Context, olderThan time.Duration, now time.Time) (removed, kept []Info, err error) {
	infos, err := s.Runs()
	if err != nil {
		return nil, nil, err
	}
	for _, info := range infos {
		age := info.Last
		if info.Fault != "" {
			age = info.Begun
		}
		if now.Sub(age) <= olderThan {
			continue
		}
		switch gone, err := s.prune(ctx, &info); {
		case err != nil:
			return removed, kept, err
		case gone:
			removed = append(removed, info)
		default:
			kept = append(kept, info)
		}
	}
	return removed, kept, nil
}

// prune forgets a run if it still is as it was listed.
func (s *Store) prune(ctx context.Context, listed *Info) (gone bool, err error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	err = s.exclusively(func() error {
		rec, readErr := s.read(listed.ID)
		if errors.Is(readErr, fs.ErrNotExist) {
			gone = true // by another process
			return nil
		}
		if readErr != nil || rec.Fault != "" || !rec.settled() || rec.doubts() || !rec.Last.Equal(listed.Last) {
			return readErr
		}
		gone = true
		return s.forget(rec, false)
	})
	if _, locked := errors.AsType[*LockedError](err); locked {
		return false, nil
	}
	return gone, err
}
