package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/result"
	"rowpost/batch/state"
)

// stateDir is where runs are kept: the flag's folder, else the system's place for
// such things (XDG Base Directory Specification).
func (p *Program) stateDir(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if xdg := p.Env["XDG_STATE_HOME"]; filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "rowpost"), nil
	}
	for _, name := range []string{"HOME", "USERPROFILE"} {
		if home := p.Env[name]; home != "" {
			return filepath.Join(home, ".local", "state", "rowpost"), nil
		}
	}
	return "", errors.New("neither HOME nor XDG_STATE_HOME is set")
}

// openStore opens the place where runs are kept.
func (p *Program) openStore(flag string) (*state.Store, string, error) {
	dir, err := p.stateDir(flag)
	if err != nil {
		return nil, "", fail(statusBroken, "no place to keep the run: %s", err).hint("name a folder with --state DIR")
	}
	store, err := state.Open(dir)
	if err != nil {
		return nil, "", stateFailure(dir, err)
	}
	return store, dir, nil
}

// stateFailure says why a run cannot be kept in a folder, and what to do in that case.
func stateFailure(dir string, err error) *failure {
	var pe *fs.PathError
	var le *os.LinkError
	reason := err
	switch {
	case errors.As(err, &pe):
		reason = pe.Err
	case errors.As(err, &le):
		reason = le.Err
	}
	hint := "name another folder with --state DIR"
	shared, isShared := errors.AsType[*state.SharedError](err)
	switch {
	case isShared:
		return fail(statusBroken, "%s", shared).hint("name a folder of its own with --state DIR; it is made if it is not there")
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		hint = "a file has the name of the folder, or of one above it: " + hint
	case errors.Is(err, syscall.EROFS):
		hint = "nothing can be written on that disk: " + hint
	case errors.Is(err, fs.ErrNotExist):
		hint = "no folder can be made there: " + hint
	case errors.Is(err, fs.ErrPermission):
		hint = "the run's journal is kept there, and this user may not write to it: have that allowed, or " + hint
	case errors.Is(err, syscall.ENOSPC):
		hint = "the run's journal is kept there: free some space, or " + hint
	default:
		hint = "the run's journal is kept there: mend that, or " + hint
	}
	return fail(statusBroken, "%s: %s", dir, reason).hint("%s", hint)
}

// record is where a run is kept: its entry in the history, its journal, its locks.
type record struct {
	*state.Run
	dir      string // the state folder
	journal  *journal.Disk
	releases []func() error
}

// openRecord takes the job's lock and finds its run: a new one, or the one to go on with.
// What is forgotten has a history of its own, of this process alone.
func (s *send) openRecord(ctx context.Context) error {
	r := &record{}
	s.record = r
	store, err := s.openStore(r)
	if err != nil {
		return err
	}
	job := s.stateJob(s.accounts)
	outputs := []string{absolute(s.out.result)}
	if s.out.errors != "" {
		outputs = append(outputs, absolute(s.out.errors))
	}
	r.Run, err = store.Begin(ctx, job, state.BeginOptions{
		Again: s.opts.again, Wait: s.opts.waitLock, Now: s.p.Now, Applied: applied,
		Result: absolute(s.out.result), Errors: absolute(s.out.errors), Outputs: outputs,
	})
	if err != nil {
		return s.beginFailure(err)
	}
	r.releases = append(r.releases, r.Close)
	if r.Info.Erased {
		return nil
	}
	if r.journal, err = journal.Open(r.Journal, r.Info.Journal); err != nil {
		return journalFailure(err)
	}
	for _, torn := range r.journal.Torn() {
		s.notes = append(s.notes, fmt.Sprintf("%s breaks off after %d bytes, as a kill or a disk error leaves it; what stood behind was not yet counted on", filepath.Base(torn.File), torn.Offset))
	}
	return nil
}

// forgotten says that the run leaves no trace: one to the sandbox, and one of a table
// without rows, which looks the same every night.
func (s *send) forgotten() bool { return s.opts.sandbox || s.table.Total() == 0 }

func (s *send) openStore(r *record) (*state.Store, error) {
	if !s.forgotten() {
		store, dir, err := s.p.openStore(s.opts.state)
		r.dir = dir
		return store, err
	}
	store, dir, remove, err := state.OpenTemporary()
	if err != nil {
		return nil, stateFailure(os.TempDir(), err)
	}
	r.dir, r.releases = dir, append(r.releases, remove)
	return store, nil
}

// stateJob says what makes this job the same as another.
func (l *load) stateJob(accounts map[string]account) state.Job {
	facts := l.table.Facts()
	job := state.Job{
		Input: state.Input{
			Path: absolute(l.path), SHA256: facts.SHA256, Size: facts.Size, Rows: facts.Rows, Result: l.earlier != nil,
		},
		Series: l.mapping.Name, Mapping: absolute(l.opts.mapping), Meaning: l.meaning(),
		Origins: l.origins(), Accounts: map[string]state.Account{},
	}
	for _, r := range l.binding.Requests() {
		job.Targets = append(job.Targets, r.Provider+"/"+r.Operation)
	}
	for name, a := range accounts {
		baseURL, as := a.Identity(l.byName[name].Describe())
		job.Accounts[name] = state.Account{BaseURL: baseURL, As: as}
	}
	return job
}

func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// applied says whether a run's journal shows anything that was, or may have been, applied.
func applied(dir string, known map[string]int64) (bool, error) {
	view, err := journal.Read(dir, known)
	if err != nil {
		return false, err
	}
	for _, lane := range view.Lanes() {
		for e, err := range view.Entries(lane) {
			if err != nil {
				return false, err
			}
			if e.Status == batch.Succeeded || e.Status == batch.InDoubt {
				return true, nil
			}
		}
	}
	return false, nil
}

// shareAccounts lets the run keep to what other runs of its accounts use.
func (s *send) shareAccounts() error {
	if s.forgotten() {
		return nil
	}
	for name, a := range s.accounts {
		baseURL, as := a.Identity(s.byName[name].Describe())
		share, err := state.OpenAccount(filepath.Join(s.record.dir, "accounts"), name, baseURL, as, a.Limit)
		if err != nil {
			return stateFailure(s.record.dir, err)
		}
		s.record.releases = append(s.record.releases, share.Close)
		a.Commons = share
		s.accounts[name] = a
	}
	return nil
}

// surelyLeft is the age from which a temporary file is nobody's any more: whoever writes one
// does nothing else meanwhile.
const surelyLeft = time.Hour

// removeLeftovers removes what a killed start of this run left beside the result: the
// output's lock says that nobody else is writing there. A forgotten run has no lock that
// others see, and takes old files only.
func (s *send) removeLeftovers() {
	for _, path := range []string{s.out.result, s.out.errors} {
		if path == "" || batch.Planted("leftovers-kept") {
			continue
		}
		files, err := result.Leftovers(path)
		for _, f := range files {
			if !s.forgotten() || s.older(f, surelyLeft) {
				err = errors.Join(err, os.Remove(f))
			}
		}
		if err != nil {
			s.notes = append(s.notes, "what a killed run left beside "+path+" could not be removed: "+err.Error())
		}
	}
}

// older says whether a file was last written so long ago.
func (s *send) older(path string, age time.Duration) bool {
	info, err := os.Stat(path)
	return err == nil && s.p.Now().Sub(info.ModTime()) > age
}

// release gives back locks and files, the last first.
func (r *record) release() error {
	var errs []error
	if r.journal != nil {
		errs = append(errs, r.journal.Close())
	}
	for i := len(r.releases) - 1; i >= 0; i-- {
		errs = append(errs, r.releases[i]())
	}
	r.releases, r.journal = nil, nil
	return errors.Join(errs...)
}

// beginFailure says why a run may not begin.
func (s *send) beginFailure(err error) error {
	if locked, ok := errors.AsType[*state.LockedError](err); ok && locked.Output != "" {
		return fail(statusBroken, "%s", locked).hint("wait until it has ended, or name another file with -o")
	} else if ok {
		return fail(statusBroken, "%s", locked).
			hint("wait until it has ended, or let this command wait for it with --wait-lock 10m")
	}
	conflict, ok := errors.AsType[*state.ConflictError](err)
	if !ok {
		return stateFailure(s.record.dir, err)
	}
	return s.conflictFailure(conflict)
}

func journalFailure(err error) error {
	if damage, ok := errors.AsType[*journal.DamageError](err); ok {
		return fail(statusBroken, "%s", damage).
			hint("nothing was sent: what this run has done before is no longer known for sure").
			hint("look at the disk; then compare the last result file with the provider, and send what is left from that file as INPUT")
	}
	if isFull(err) {
		return err // roomFailure knows how much it takes
	}
	return fail(statusBroken, "%s", err)
}

// minute is a moment for people, in their own time; second is the same, more exactly.
func minute(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") }
func second(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }
