package cli

import (
	"errors"
	"os"
	"path/filepath"

	"rowpost/batch"
	"rowpost/batch/journal"
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

// record is a run's journal and the folder that it lives in.
type record struct {
	batch.Journal
	dir   string
	close func() error
}

// newRecord makes a folder of its own for this run. That of a sandbox goes to the
// system's temporary folder: it is no part of any real import.
func (p *Program) newRecord(opts *options) (*record, error) {
	parent := os.TempDir()
	if !opts.sandbox {
		var err error
		if parent, err = p.stateDir(opts.state); err != nil {
			return nil, fail(statusBroken, "no place to keep the run: %s", err).hint("name a folder with --state DIR")
		}
		if err := os.MkdirAll(parent, 0o700); err != nil {
			return nil, stateFailure(parent, err)
		}
	}
	dir, err := os.MkdirTemp(parent, "rowpost-run-*")
	if err != nil {
		return nil, stateFailure(parent, err)
	}
	j, err := journal.Create(dir)
	if err != nil {
		return nil, errors.Join(stateFailure(dir, err), os.RemoveAll(dir))
	}
	return &record{Journal: j, dir: dir, close: j.Close}, nil
}

func stateFailure(dir string, err error) *failure {
	return fileFailure(statusBroken, dir, err).
		hint("the run's journal is kept there: free the place, or name another folder with --state DIR")
}

// remove closes the journal and removes it.
func (r *record) remove() error {
	return errors.Join(r.close(), os.RemoveAll(r.dir))
}
