package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowpost/batch/source"
	"rowpost/batch/state"
	"rowpost/mapping"
)

// unfinishedText names the newest of other runs of the series that can go on, and says how.
func (l *load) unfinishedText(others []state.Info) string {
	newest := &others[0]
	what := fmt.Sprintf("run %s of %s by the same mapping is unfinished", newest.ID, newest.Input.Path)
	if n := len(others); n > 1 {
		what = fmt.Sprintf("%d runs by the same mapping are unfinished, the newest of them %s of %s (rowpost runs lists them)", n, newest.ID, newest.Input.Path)
	}
	if l.earlier != nil && l.earlier.Stats().Unknown { // else it would be continued by this run
		return what + ": if this file is a copy of such a run's result, the command that began that would send the same lines once more"
	}
	return what + ": " + wayOn(newest)
}

// replacedNotes warns of rows that an earlier table at the same path may have had, too: this
// run takes them for new ones.
func (l *load) replacedNotes(before *state.Info) (notes []string) {
	for _, t := range l.targets {
		if d := t.Operation.Describe(); !d.SafeToRepeat {
			return []string{fmt.Sprintf("%s: run %s sent another table of this name by the same mapping; rows that stand in both are sent twice, and %s is not safe to repeat",
				l.input, before.ID, d.Name)}
		}
	}
	return nil
}

// wayOn says how an unfinished run can go on, as its files are now.
func wayOn(info *state.Info) string {
	if sameTable(info) {
		return "the command that began it goes on with it"
	}
	for _, path := range []string{info.Result, asideOf(info)} {
		if ended(info) && isResultOf(path, info) {
			return fmt.Sprintf("its table is no longer there, and what it left is sent by rowpost run -m %s %s", shellQuote(info.Mapping), shellQuote(path))
		}
	}
	return fmt.Sprintf("its table is no longer there: bring it back as it was, and the command that began it goes on; or give the run up by rowpost runs forget %s --force", info.ID)
}

// sameTable says whether a run's table is where it was, as it was.
func sameTable(info *state.Info) bool {
	sum, err := source.Digest(info.Input.Path)
	return err == nil && sum == info.Input.SHA256
}

// isResultOf says whether a file is the result of a run, whatever was written to its path since.
func isResultOf(path string, info *state.Info) bool {
	l := newLoad(&options{}, path)
	l.mapping = &mapping.Mapping{} // a result is read alike with any
	defer l.closeBut(nil)
	if l.openTable() != nil {
		return false
	}
	return l.earlier != nil && slices.ContainsFunc(l.earlier.Stats().Origins, func(o string) bool { return slices.Contains(info.Origins, o) })
}

// keepAside renames the results of unfinished runs that this one would write over: where their
// tables are gone, nothing else tells which rows are still to be sent. A result is known by
// its content, so that it can be given as INPUT under any name.
func (s *send) keepAside(others []state.Info) error {
	for i := range others {
		info := &others[i]
		if info.Result != absolute(s.out.result) || !isResultOf(info.Result, info) {
			continue
		}
		if sameTable(info) {
			continue // the command that began it writes it again
		}
		if err := os.Rename(info.Result, asideOf(info)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fail(statusBroken, "%s: the result of the unfinished run %s cannot be kept: %s", info.Result, info.ID, innermost(err)).
				hint("move it away, or name another result with -o RESULT")
		}
	}
	return nil
}

// asideOf is where a run's result is kept once another run takes its place.
func asideOf(info *state.Info) string {
	end := filepath.Ext(info.Result)
	return strings.TrimSuffix(info.Result, end) + "." + info.ID + end
}
