package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/state"
)

const verifyHelp = `Checks that the input, the journal and the result file of a run agree: that every
row is there with its cells and one status, that what is called succeeded was
confirmed, that what is called not sent was not, that nothing was sent again that
was final or in doubt. RUN is an id, its beginning, or the word last.

The check shares nothing with what writes a result. It changes nothing, sends
nothing, and never prints a cell. It reads the input and the mapping from where
the run found them; what was moved or changed since is said, and is not checked.

Exit status:
  0  all agrees
  1  something cannot be checked: a file is missing, or was changed since
  2  usage is wrong, or there is no such run
  3  something does not agree`

const verifyExample = `  rowpost verify last
  rowpost verify 20261122-1903 --json`

func newVerify(p *Program) *cobra.Command {
	flags := &runsFlags{}
	cmd := &cobra.Command{
		Use:               "verify RUN",
		Short:             "check that input, journal and result of a run agree",
		Long:              verifyHelp,
		Example:           verifyExample,
		Args:              oneRun,
		ValidArgsFunction: p.completeOneRun,
		RunE: func(_ *cobra.Command, args []string) error {
			store, info, err := p.openRun(flags.state, args[0])
			if err != nil {
				return err
			}
			return p.verify(&info, store.Journal(info.ID), flags.json)
		},
	}
	flags.add(cmd)
	return cmd
}

// verify checks a run and tells what it found.
func (p *Program) verify(info *state.Info, folder string, asJSON bool) error {
	switch {
	case info.Running:
		return fail(statusBroken, "run %s is under way", info.ID).hint("wait until it has ended")
	case info.Fault != "":
		return fail(statusBroken, "run %s: %s", info.ID, info.Fault)
	}
	v := &verification{
		audit: newAudit(), result: filepath.Base(info.Result), earlier: info.Input.Result, total: info.Input.Rows,
		from: info.Begun, to: info.Last, keys: newKeyOrder(),
		origin: rowOrigin(info),
	}
	defer v.openInput(p, info).close(p)
	v.openJournal(folder, info.Journal)
	if err := v.readResult(info); err != nil {
		return err
	}
	v.checkShown()
	v.checkEnding(info)
	out := v.verdict()
	out.Run, out.Input, out.Result = info.ID, info.Input.Path, info.Result
	show := func() error { return out.print(p.Stdout) }
	if asJSON {
		show = func() error { return p.printJSON(out) }
	}
	if err := show(); err != nil {
		return fail(statusBroken, "standard output cannot be written: %s", err)
	}
	return quietly(v.status())
}

// openJournal reads all that the starts of the run recorded.
func (v *verification) openJournal(folder string, known map[string]int64) {
	view, err := journal.Read(folder, known)
	if err != nil {
		v.journalFailed(folder, err)
		return
	}
	claims := newClaims(v.audit)
	for _, f := range view.Files {
		name := filepath.Base(f.Path)
		if f.Torn {
			v.note("%s breaks off after %d bytes, as a kill or a disk error leaves it; what stood behind was not yet counted on", name, f.Kept)
		}
		if err := claims.read(journalFile{name, f.Lane, f.Records()}); err != nil {
			v.journalFailed(folder, err)
			return
		}
	}
	v.claims = claims
}

func (v *verification) journalFailed(folder string, err error) {
	damage, ok := errors.AsType[*journal.DamageError](err)
	if !ok {
		v.skip("journal", "%s: %s", folder, err)
		return
	}
	v.hold(ruleJournal)
	v.find(ruleJournal, spot{File: filepath.Base(damage.File)}, "damaged at byte %d: %s", damage.Offset, damage.Reason)
	v.skip("journal", "because it is damaged, no line is held against it")
}

// readResult holds the result against what is known. The error is the source's.
func (v *verification) readResult(info *state.Info) error {
	if info.Exit == state.NoExit {
		v.skip("result", "the run's last start was killed before it wrote one; the same rowpost run command goes on and writes it")
		return nil
	}
	f, err := os.Open(info.Result)
	if err != nil {
		v.skip("result", "%s", fileFailure(statusBroken, info.Result, err))
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	if !v.named && v.claims != nil {
		if r, _, scanErr := newResultReader(f); scanErr == nil {
			v.inferPositions(r)
			r.close()
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fileFailure(statusBroken, info.Result, err)
	}
	if stat, statErr := f.Stat(); statErr == nil && runtime.GOOS != "windows" {
		v.hold(ruleMode)
		if mode := stat.Mode().Perm(); mode != 0o600 {
			v.find(ruleMode, spot{File: v.result}, "its mode is %#o, and has to be 0600: it holds customers' data", mode)
		}
	}
	if err := v.lines(f); err != nil {
		return tableFailure(err)
	}
	if v.stale > 0 {
		v.skip("result", "%s settled by a person since it was written; the same rowpost run command writes it anew",
			plural(v.stale, "request was", "requests were"))
	}
	if v.unheld > 0 {
		v.skip("journal", "%s held against it: without the mapping nobody knows which of several requests to one provider they are",
			plural(v.unheld, "line is not", "lines are not"))
	}
	return nil
}

// checkShown sees that no record is without a line.
func (v *verification) checkShown() {
	if !v.comparable() {
		return
	}
	var hidden []claimed
	for key, c := range v.claims.of {
		v.hold(ruleShown)
		if !c.seen {
			hidden = append(hidden, key)
		}
	}
	slices.SortFunc(hidden, func(a, b claimed) int { return (a.row-b.row)*2 + (a.request - b.request) })
	for _, key := range hidden {
		at := spot{File: v.result, Row: key.row}
		if key.request < len(v.requests) {
			at.Request = v.requests[key.request].id
		}
		v.find(ruleShown, at, "the journal has it, as %s, and the result has no line for it", v.claims.of[key].said())
	}
}

// comparable says that all lines could be held against all of the journal.
func (v *verification) comparable() bool {
	return v.whole && v.claims != nil && v.unheld == 0 && (v.source != nil || !v.earlier)
}

// said is a claim in a word.
func (c *claim) said() batch.Status {
	if c.open {
		return batch.InDoubt
	}
	return c.status
}

// checkEnding holds what the run says of itself against its lines.
func (v *verification) checkEnding(info *state.Info) {
	at := spot{File: filepath.Join(info.ID, "run.json")}
	if !v.comparable() {
		return
	}
	v.hold(ruleFinished)
	if info.Finished != (v.open == 0) && v.stale == 0 {
		v.find(ruleFinished, at, "finished is %t, and %s to be sent by another start", info.Finished, plural(v.open, "line is", "lines are"))
	}
	for _, status := range statuses() {
		if said, is := info.Counts[status], v.statuses[status]; said != is {
			v.find(ruleFinished, at, "it counts %d lines %s, and the result has %d", said, status, is)
		}
	}
}
