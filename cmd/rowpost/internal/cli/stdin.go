package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"rowpost/batch/state"
)

// standardInput is what messages call a table whose INPUT is [stdStream].
const standardInput = "standard input"

// outputNeeded says that the result of a table without a name needs one.
func outputNeeded() *failure {
	return fail(statusUsage, "the table comes through standard input, so its result needs a name").hint("give one with -o RESULT")
}

// takeStandardInput copies what comes through standard input: a table is read more than
// once. A run's copy is kept with the run until it is finished, so that resolve, verify and
// runs find the rows; any other is gone when the table is closed.
func (l *load) takeStandardInput(p *Program) error {
	if l.typed != stdStream {
		return l.adoptCopy(p)
	}
	f, err := l.newCopy(p)
	if err != nil {
		return err
	}
	l.path = f.Name()
	_, err = io.Copy(f, p.Stdin)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fail(statusBroken, "standard input cannot be copied to %s: %s", l.path, innermost(err)).
			hint("make room there; or save it in a file, and give that as INPUT")
	}
	return nil
}

func (l *load) newCopy(p *Program) (*os.File, error) {
	if !l.opts.keepInput {
		f, err := os.CreateTemp("", "rowpost-stdin-*")
		if err != nil {
			return nil, fileFailure(statusBroken, os.TempDir(), err)
		}
		l.drop = func() error { return removeIfThere(f.Name()) }
		return f, nil
	}
	store, dir, err := p.openStore(l.opts.state)
	if err != nil {
		return nil, err
	}
	f, err := store.NewInput()
	if err != nil {
		return nil, stateFailure(dir, err)
	}
	l.drop = func() error { return store.DropInputs(f.Name(), p.Now()) }
	return f, nil
}

// adoptCopy sees that a copy of an earlier start goes when its run is finished, if the user
// gives it as INPUT.
func (l *load) adoptCopy(p *Program) error {
	dir, err := p.stateDir(l.opts.state)
	if err != nil || !l.opts.keepInput || !state.IsInput(dir, l.path) {
		return nil // whoever needs the folder says what is wrong with it
	}
	store, _, err := p.openStore(l.opts.state)
	if err != nil {
		return err
	}
	l.drop = func() error { return store.DropInputs(absolute(l.path), p.Now()) }
	return nil
}

// hideCopy takes the name off a copy that is not kept, where the system lets an open file
// go on without one: then nothing is left of it even by a kill.
func (l *load) hideCopy() {
	if l.typed == stdStream && !l.opts.keepInput {
		_ = removeIfThere(l.path) // else it goes when the table is closed
	}
}

// keptNote says where the table is of a run that is to go on; empty if there is nothing to say.
func (s *send) keptNote(t *tally) string {
	if s.typed != stdStream || t.open == 0 || s.forgotten() {
		return ""
	}
	return s.path + " has the table until its run is finished: to go on, pipe the same through once more, or give that file as INPUT"
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// innermost is the system's reason, without the name of a file.
func innermost(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
