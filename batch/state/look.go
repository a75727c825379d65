package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Prospect is what [Store.Begin] would find now.
type Prospect struct {
	// Run is the job's run as it is: one to go on with, or a finished or erased one, of which
	// nothing would be begun. Its ID is empty if a new one would begin.
	Run Info
	// GoesOn says that Run is unfinished.
	GoesOn bool
	// Unfinished is as that of the [Run] that would begin or go on.
	Unfinished []Info
	// Replaced is as that of the [Run] that would begin.
	Replaced *Info
}

// Look says what Begin would find in a folder, which it neither makes nor changes; of the
// options only Again and Applied count. Errors are a *[ConflictError], or the system's.
func Look(dir string, job Job, opts BeginOptions) (Prospect, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Prospect{}, err
	}
	s := &Store{dir: abs}
	if _, err := os.Stat(s.path(runsFolder)); errors.Is(err, fs.ErrNotExist) {
		return Prospect{}, nil
	}
	b := &beginning{Run: &Run{store: s}, job: &job, key: job.Key(), opts: &opts}
	if b.all, err = s.readAll(); err != nil {
		return Prospect{}, err
	}
	adopt(b.all)
	way, err := b.decide()
	if err != nil {
		return Prospect{}, err
	}
	switch way {
	case goOn, haveFinished:
		info, err := s.info(b.rec)
		if way == goOn {
			b.unfinished()
		}
		return Prospect{Run: info, GoesOn: way == goOn, Unfinished: b.Unfinished}, err
	case haveErased:
		return Prospect{Run: b.Info}, nil
	case beginAnew:
	}
	b.unfinished()
	b.replaced()
	return Prospect{Unfinished: b.Unfinished, Replaced: b.Replaced}, nil
}
