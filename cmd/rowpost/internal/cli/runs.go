package cli

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowpost/batch/state"
)

const runsHelp = `Lists earlier runs, the newest first. With an ID, its beginning, or the word last:
one run whole, with its journal, what is in doubt, and the command that goes on.

A run is finished when repeating it could by itself change nothing. Any other goes
on when the same rowpost run command is given again. Times are UTC.

Exit status:
  0  told
  1  the state folder or a journal cannot be read
  2  usage is wrong, or there is no such run`

const runsExample = `  rowpost runs
  rowpost runs last
  rowpost runs 20261122-1903 --json`

// runsFlags are the flags that all commands about earlier runs have.
type runsFlags struct {
	state string
	json  bool
}

func (r *runsFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&r.state, "state", "", stateHelp)
	f.BoolVar(&r.json, "json", false, "as JSON")
	mustComplete(cmd, "state", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs))
}

// mustComplete tells the shell which words fit behind a flag of the command.
func mustComplete(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag is declared a few lines before
	}
}

func newRuns(p *Program) *cobra.Command {
	flags := &runsFlags{}
	cmd := &cobra.Command{
		Use:               "runs [ID]",
		Short:             "list earlier runs, or tell all about one; prune and forget them",
		Long:              runsHelp,
		Example:           runsExample,
		Args:              atMostOne,
		ValidArgsFunction: p.completeOneRun,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.listRuns(flags)
			}
			return p.showRun(flags, args[0])
		},
	}
	flags.add(cmd)
	cmd.AddCommand(newRunsPrune(p), newRunsForget(p))
	return cmd
}

// history opens the place where runs are kept; nil if there never was a run. Looking at
// runs makes no folder.
func (p *Program) history(flag string) (*state.Store, error) {
	if dir, err := p.stateDir(flag); err == nil {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	store, _, err := p.openStore(flag)
	return store, err
}

// runs lists the runs that are kept, newest first.
func (p *Program) runs(store *state.Store) ([]state.Info, error) {
	if store == nil {
		return nil, nil
	}
	infos, err := store.Runs()
	if err != nil {
		return nil, fail(statusBroken, "%s", err)
	}
	return infos, nil
}

// openRun opens the place where runs are kept, and finds one of them.
func (p *Program) openRun(stateFlag, word string) (*state.Store, state.Info, error) {
	store, err := p.history(stateFlag)
	if err != nil {
		return nil, state.Info{}, err
	}
	info, err := p.findRun(store, word)
	return store, info, err
}

// findRun gives the run that a word means: its id, the beginning of only one id, or last.
func (p *Program) findRun(store *state.Store, word string) (state.Info, error) {
	if store == nil {
		return state.Info{}, noRunKept(word)
	}
	info, err := store.Get(word)
	if err != nil {
		return info, findFailure(err)
	}
	return info, nil
}

func noRunKept(word string) *failure {
	return fail(statusUsage, "there is no run %q: no run is kept", word).
		hint("rowpost run makes one; runs in another folder are found with --state DIR")
}

// findFailure says why a run cannot be told.
func findFailure(err error) *failure {
	if _, unknown := errors.AsType[*state.UnknownRunError](err); unknown {
		return fail(statusUsage, "%s", err).hint("rowpost runs lists them all; %s is the newest", state.Last)
	}
	return fail(statusBroken, "%s", err)
}

// completeOneRun lists the runs for the shell.
func (p *Program) completeOneRun(cmd *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	dir, err := cmd.Flags().GetString("state")
	if err != nil || dir == "" {
		dir = p.Env[flagVariable("state")]
	}
	var out []string
	store, err := p.history(dir)
	if err != nil || store == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	infos, err := store.Runs()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for i := range infos {
		if strings.HasPrefix(infos[i].ID, start) {
			out = append(out, infos[i].ID+"\t"+words(infos[i].Series, runState(&infos[i], p.Now())))
		}
	}
	if last := state.Last; len(infos) > 0 && strings.HasPrefix(last, start) {
		out = append(out, last+"\tthe newest")
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// runState says in a few words how it stands with a run.
func runState(info *state.Info, now time.Time) string {
	switch {
	case info.Fault != "":
		return "cannot be read"
	case info.Erased:
		return "erased"
	case info.Running:
		return "running"
	case info.ContinuedBy != "":
		return "continued by " + info.ContinuedBy
	case info.Finished:
		return "finished"
	case info.Until.After(now):
		return "go on after " + stamp(info.Until)
	}
	return "unfinished"
}

// stamp is a moment for people, in UTC, as run ids are.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
