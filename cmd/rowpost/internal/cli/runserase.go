package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowpost/batch/state"
)

const pruneHelp = `Erases the finished runs whose last start is older than an age. Unfinished ones are
kept: without them, the same command would send all rows anew. So are those with
lines in doubt, until they are settled. That a table was imported is remembered, so
that importing it again still needs --again.

Result files are not touched.

Exit status:
  0  erased, also if there was nothing to erase
  1  something could not be read or erased
  2  usage is wrong`

const pruneExample = `  rowpost runs prune --older-than 90d`

const forgetHelp = `Erases one run. That its table was imported is remembered, so that importing it
again still needs --again. An unfinished run that may have sent something is
erased with --force only: without it, the same command sends all rows anew, also
those that were sent already.

The result file is not touched.

Exit status:
  0  erased
  1  it could not be erased: it is running, or the state folder cannot be written
  2  usage is wrong, there is no such run, or it is unfinished and needs --force`

const forgetExample = `  rowpost runs forget 20261122-190312-3f2a`

func newRunsPrune(p *Program) *cobra.Command {
	flags := &runsFlags{}
	var age time.Duration
	cmd := &cobra.Command{
		Use:               "prune --older-than AGE",
		Short:             "erase finished runs that are older than an age",
		Long:              pruneHelp,
		Example:           pruneExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if age <= 0 {
				return fail(statusUsage, "no age is given").hint("say what may go: --older-than 90d")
			}
			return p.pruneRuns(cmd.Context(), flags, age)
		},
	}
	cmd.Flags().Var(&value[time.Duration]{&age, parseAge, "", "AGE"}, "older-than", "erase those whose last start is longer ago, as 90d, 12w or 36h")
	flags.add(cmd)
	return cmd
}

func newRunsForget(p *Program) *cobra.Command {
	flags := &runsFlags{}
	force := false
	cmd := &cobra.Command{
		Use:               "forget ID",
		Short:             "erase one run",
		Long:              forgetHelp,
		Example:           forgetExample,
		Args:              oneRun,
		ValidArgsFunction: p.completeOneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.forgetRun(cmd.Context(), flags, args[0], force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "also an unfinished run that may have sent something")
	flags.add(cmd)
	return cmd
}

// oneRun is the argument check of commands about one run.
func oneRun(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fail(statusUsage, "no run is named").hint("%s ID; rowpost runs lists them, and last is the newest", cmd.CommandPath())
	case len(args) > 1:
		return fail(statusUsage, "%s takes one run, and %d are given", cmd.CommandPath(), len(args))
	}
	return nil
}

// parseAge takes weeks and days before what parseDuration takes.
func parseAge(text string) (time.Duration, error) {
	wrong := errors.New("not an age above 0: write it as 90d, 12w, 36h or 1d12h")
	const day = 24 * time.Hour
	var sum time.Duration
	rest := text
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		before, after, found := strings.Cut(rest, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return 0, wrong
		}
		sum += time.Duration(n) * unit.length
		rest = after
	}
	if rest != "" {
		d, err := parseDuration(rest)
		if err != nil {
			return 0, wrong
		}
		sum += d
	}
	if sum <= 0 {
		return 0, wrong
	}
	return sum, nil
}

// pruneDoc is what was erased and what was kept although it is old; the names of its
// fields are stable.
type pruneDoc struct {
	Erased []runDoc `json:"erased"`
	Kept   []runDoc `json:"kept"` // old, but unfinished, running, in doubt or unreadable
}

func (p *Program) pruneRuns(ctx context.Context, flags *runsFlags, age time.Duration) error {
	store, err := p.history(flags.state)
	if err != nil {
		return err
	}
	var removed, kept []state.Info
	var pruneErr error
	if store != nil {
		removed, kept, pruneErr = store.Prune(ctx, age, p.Now())
	}
	if flags.json {
		doc := pruneDoc{Erased: []runDoc{}, Kept: []runDoc{}}
		for i := range removed {
			doc.Erased = append(doc.Erased, p.runDoc(&removed[i], flags.state))
		}
		for i := range kept {
			doc.Kept = append(doc.Kept, p.runDoc(&kept[i], flags.state))
		}
		err = p.printJSON(doc)
	} else {
		err = p.printPruned(removed, kept, age)
	}
	if pruneErr != nil {
		return fail(statusBroken, "%s", pruneErr)
	}
	return err
}

func (p *Program) printPruned(removed, kept []state.Info, age time.Duration) error {
	for _, part := range []struct {
		infos []state.Info
		words string
	}{
		{removed, plural(len(removed), "run is", "runs are") + " erased"},
		{kept, plural(len(kept), "run is", "runs are") + " kept although older than " + shortDuration(age)},
	} {
		if len(part.infos) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(p.Stdout, "%s\n", part.words); err != nil {
			return err
		}
		if err := p.printRuns(part.infos); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(p.Stdout); err != nil {
			return err
		}
	}
	last := "rowpost runs forget ID erases one with lines in doubt, with --force an unfinished one, too"
	switch {
	case len(removed)+len(kept) == 0:
		last = "no run is older than " + shortDuration(age)
	case len(kept) == 0:
		return nil
	}
	_, err := fmt.Fprintln(p.Stdout, last)
	return err
}

func (p *Program) forgetRun(ctx context.Context, flags *runsFlags, word string, force bool) error {
	store, err := p.history(flags.state)
	if err != nil {
		return err
	}
	if store == nil {
		return noRunKept(word)
	}
	info, err := store.Get(word)
	if err != nil && info.ID == "" { // else its record cannot be read, and can be erased
		return findFailure(err)
	}
	if err := store.Forget(ctx, info.ID, force); err != nil {
		return p.forgetFailure(err, &info, flags.state)
	}
	if flags.json {
		return p.printJSON(pruneDoc{Erased: []runDoc{p.runDoc(&info, flags.state)}, Kept: []runDoc{}})
	}
	_, err = fmt.Fprintf(p.Stdout, "run %s is erased; its result file is where it was\n", info.ID)
	return err
}

func (p *Program) forgetFailure(err error, info *state.Info, stateFlag string) *failure {
	if _, unfinished := errors.AsType[*state.UnfinishedError](err); !unfinished {
		return takeFailure(err)
	}
	f := fail(statusUsage, "%s", err)
	next := goOn(info, stateFlag)
	switch {
	case next != "" && sameTable(info):
		f = f.hint("go on with it: %s", next)
	case next != "":
		f = f.hint("%s", wayOn(info))
	}
	return f.hint("or erase it all the same with --force")
}

// takeFailure says why a run cannot be changed now.
func takeFailure(err error) *failure {
	f := fail(statusBroken, "%s", err)
	if _, locked := errors.AsType[*state.LockedError](err); locked {
		return f.hint("wait until the run has ended, or interrupt it")
	}
	return f
}
