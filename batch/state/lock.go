package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"rowpost/batch"
)

// LockedError says that somebody else is at work on the same job or result file.
type LockedError struct {
	Output string // the result file, which may be the input here; empty: it is the job
	Run    string // that is going on; empty: not known
	PID    int    // 0: not known
	Since  time.Time
}

func (e *LockedError) Error() string {
	what := "another run of this job is going on"
	if e.Output != "" {
		what = "another run writes " + e.Output
	}
	if e.Run != "" {
		what += ": " + e.Run
	}
	if e.PID != 0 {
		what += fmt.Sprintf(" (process %d, since %s)", e.PID, e.Since.Local().Format("2006-01-02 15:04:05"))
	}
	return what
}

const (
	// patience is how long a lock is tried for in any case: who lists runs holds each for
	// a moment.
	patience = 250 * time.Millisecond
	poll     = 20 * time.Millisecond
)

// lockWithin tries to get a lock, and again until the time is over. False: it is held, or
// stop was closed.
func lockWithin(stop <-chan struct{}, lock *flock.Flock, wait time.Duration) (bool, error) {
	end := time.NewTimer(wait)
	defer end.Stop()
	again := time.NewTicker(poll)
	defer again.Stop()
	for {
		if got, err := lock.TryLock(); got || err != nil {
			return got, err
		}
		select {
		case <-stop:
			return false, nil
		case <-end.C:
			return false, nil
		case <-again.C:
		}
	}
}

// holder is what is said of who has a lock. It stands in a file of its own, because on
// Windows a locked file cannot be read. It is for people: that a lock is held, only the
// lock says.
type holder struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	Run   string    `json:"run,omitempty"`
}

// held is a lock that this process has.
type held struct {
	lock *flock.Flock
	path string // of the holder's file
	holder
}

func (s *Store) lockPath(name string) string   { return s.path(locksFolder, name+".lock") }
func (s *Store) holderPath(name string) string { return s.path(locksFolder, name+".json") }

// lock takes a lock and waits for it if it is held. The error is a *[LockedError] if it still
// is then, or the cause of the context's end.
func (s *Store) lock(ctx context.Context, name string, wait time.Duration, now time.Time) (*held, error) {
	lock := flock.New(s.lockPath(name))
	got, err := lockWithin(ctx.Done(), lock, max(wait, patience))
	switch {
	case err != nil:
		return nil, err
	case !got && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case !got && !batch.Planted("job-lock-ignored"):
		return nil, s.lockedBy(name)
	}
	h := &held{lock: lock, path: s.holderPath(name), holder: holder{PID: os.Getpid(), Since: now}}
	if err := h.tell(""); err != nil {
		return nil, errors.Join(err, h.unlock())
	}
	return h, nil
}

// tell writes down who has the lock and for what.
func (h *held) tell(run string) error {
	h.Run = run
	content, err := json.Marshal(h.holder)
	if err != nil {
		return err
	}
	return os.WriteFile(h.path, append(content, '\n'), 0o600)
}

func (h *held) unlock() error {
	return errors.Join(removeIfThere(h.path), h.lock.Unlock())
}

// readHolder gives the zero holder if nothing can be read.
func (s *Store) readHolder(name string) (h holder) {
	content, err := os.ReadFile(s.holderPath(name))
	if err != nil || json.Unmarshal(content, &h) != nil {
		return holder{}
	}
	return h
}

func (s *Store) lockedBy(name string) *LockedError {
	h := s.readHolder(name)
	return &LockedError{Run: h.Run, PID: h.PID, Since: h.Since}
}

// isHeld says whether anybody has a lock.
func (s *Store) isHeld(name string) (bool, error) {
	lock := flock.New(s.lockPath(name))
	free, err := lock.TryRLock() // shared: two who ask do not get into each other's way
	if err != nil || !free {
		return err == nil, err
	}
	return false, lock.Unlock()
}

// running says whether somebody is at work on a run.
func (s *Store) running(job, id string) (bool, error) {
	if s.readHolder(job).Run != id {
		return false, nil
	}
	return s.isHeld(job)
}

// LockOutput makes sure that no other run writes the same result file until unlock is
// called. The error is a *[LockedError] if one does. The file need not exist.
func (s *Store) LockOutput(path string) (unlock func() error, err error) {
	name, err := outputLock(path)
	if err != nil {
		return nil, err
	}
	lock := flock.New(s.lockPath(name))
	got, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !got {
		locked := s.lockedBy(name)
		locked.Output = path
		return nil, locked
	}
	h := &held{lock: lock, path: s.holderPath(name), holder: holder{PID: os.Getpid(), Since: time.Now()}}
	if err := h.tell(""); err != nil {
		return nil, errors.Join(err, h.unlock())
	}
	return h.unlock, nil
}

// outputLock names the lock of a file by where it really is, not by how it was named.
func outputLock(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	sum := sha256.Sum256([]byte(abs))
	return "output-" + hex.EncodeToString(sum[:16]), nil
}
