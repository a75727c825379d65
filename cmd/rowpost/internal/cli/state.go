package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

func stateFailure(dir string, err error) *failure {
	return fileFailure(statusBroken, dir, err).
		hint("the run's journal is kept there: free the place, or name another folder with --state DIR")
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
	job := s.stateJob()
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
	dir, err := os.MkdirTemp("", "rowpost-run-*")
	if err != nil {
		return nil, stateFailure(os.TempDir(), err)
	}
	r.dir = dir
	r.releases = append(r.releases, func() error { return os.RemoveAll(dir) })
	store, err := state.Open(dir)
	if err != nil {
		return nil, stateFailure(dir, err)
	}
	return store, nil
}

// stateJob says what makes this job the same as another.
func (s *send) stateJob() state.Job {
	facts := s.table.Facts()
	job := state.Job{
		Input: state.Input{
			Path: absolute(s.input), SHA256: facts.SHA256, Size: facts.Size, Rows: facts.Rows, Result: s.earlier != nil,
		},
		Series: s.mapping.Name, Mapping: absolute(s.opts.mapping), Meaning: s.binding.Meaning(),
		Origins: s.origins(), Accounts: map[string]state.Account{},
	}
	for _, r := range s.binding.Requests() {
		job.Targets = append(job.Targets, r.Provider+"/"+r.Operation)
	}
	for name, a := range s.accounts {
		baseURL, as := a.Identity(s.byName[name].Describe())
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
	if conflict.Elsewhere != "" {
		return s.elsewhereFailure(conflict)
	}
	f := fail(statusUsage, "%s: was imported with another mapping before, and some of that was applied: run %s of %s with %s",
		s.input, conflict.Run.ID, day(conflict.Run.Begun), conflict.Run.Mapping)
	if len(conflict.Changed) > 0 {
		f.messages = append(f.messages, "changed since: "+strings.Join(conflict.Changed, ", "))
	}
	if conflict.Run.Result != "" {
		_ = f.hint("to send what is left of that run by the new mapping, give its result as INPUT: %s", conflict.Run.Result)
	}
	return f.hint("to send all rows by the new mapping, those that were applied too, give --again")
}

// elsewhereFailure says that the input is a result that tells nothing about these accounts.
func (s *send) elsewhereFailure(conflict *state.ConflictError) error {
	f := fail(statusUsage, "%s: is the result of run %s, which sent to another account of %s: what it shows as succeeded was not sent to this one",
		s.input, conflict.Run.ID, conflict.Elsewhere)
	if path := conflict.Run.Input.Path; path != "" && !conflict.Run.Input.Result {
		_ = f.hint("to send all of the table to this account, give the table itself as INPUT: %s", path)
	}
	return f.hint("to send all lines of the result, those shown as succeeded too, give --again")
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

func day(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
