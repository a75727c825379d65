package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rowpost/batch/state"
)

const resolveHelp = `Lists the requests of a run that are in doubt: they were sent, and no answer says
whether they were applied. They are not sent again by themselves, because that may
apply them twice. RUN is the run's ID, its beginning, or the word last.

Look them up at the provider, then say with --as what you found:

  succeeded  it was applied
  failed     it was not applied, and is not to be sent
  again      it was not applied, and the next run is to send it

The decision is kept in the run's journal as yours, with time and --note, and stands
in rp_error of the result that the next run of the same command writes.

Exit status:
  0  listed, or settled
  1  the run is under way, or its journal cannot be read or written
  2  usage is wrong, there is no such run, or a row that was named is not in doubt;
     nothing was changed`

const resolveExample = `  rowpost resolve last
  rowpost resolve last --rows 17,20-25 --as succeeded --note "ticket 4711"
  rowpost resolve last --all --as again`

// resolveFlags are the flags of `rowpost resolve`.
type resolveFlags struct {
	runsFlags
	selection
	as, remoteID, note string
}

// selection says which of the requests in doubt are meant.
type selection struct {
	rows              []rowRange
	request, provider string
	all               bool
}

func newResolve(p *Program) *cobra.Command {
	flags := &resolveFlags{}
	cmd := &cobra.Command{
		Use:               "resolve RUN [--as succeeded|failed|again]",
		Short:             "list what is in doubt, or settle it",
		Long:              resolveHelp,
		Example:           resolveExample,
		Args:              oneRun,
		ValidArgsFunction: p.completeOneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			if flags.as == "" {
				return p.listDoubts(flags, args[0])
			}
			return p.settle(cmd.Context(), flags, args[0])
		},
	}
	flags.declare(p, cmd)
	return cmd
}

func (r *resolveFlags) declare(p *Program, cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(&value[[]rowRange]{&r.rows, parseRowList, "", "LIST"}, "rows", "only those of these rows, as 17,20-25")
	f.StringVar(&r.request, "request", "", "only those of the request with this `ID` in the mapping")
	f.StringVar(&r.provider, "provider", "", "only those of the provider with this `NAME`")
	f.BoolVar(&r.all, "all", false, "settle all that are in doubt (of the request or provider, if one is given)")
	f.Var(&value[string]{&r.as, parseDecision, "", "DECISION"}, "as", "what you found out: succeeded, failed or again")
	f.StringVar(&r.remoteID, "remote-id", "", "with --as succeeded: the `ID` that the provider gave to the one request")
	f.StringVar(&r.note, "note", "", "a `TEXT` that stands with the decision, as who found out and how")
	r.add(cmd)
	mustComplete(cmd, "as", cobra.FixedCompletions([]string{decideSucceeded, decideFailed, decideAgain}, cobra.ShellCompDirectiveNoFileComp))
	mustComplete(cmd, "provider", p.completeProviders)
	for _, flag := range []string{"rows", "request", "remote-id", "note"} {
		mustComplete(cmd, flag, cobra.NoFileCompletions)
	}
}

// What a person may decide about a request in doubt.
const (
	decideSucceeded = "succeeded"
	decideFailed    = "failed"
	decideAgain     = "again"
)

func parseDecision(text string) (string, error) {
	switch text {
	case decideSucceeded, decideFailed, decideAgain:
		return text, nil
	}
	return "", errors.New("use succeeded, failed or again")
}

// parseRowList takes rows and ranges of rows, separated by commas.
func parseRowList(text string) ([]rowRange, error) {
	var list []rowRange
	for part := range strings.SplitSeq(text, ",") {
		r, err := parseRows(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%w; several are separated by commas: 17,20-25", err)
		}
		list = append(list, r)
	}
	return list, nil
}

// check refuses flags that contradict each other.
func (r *resolveFlags) check() error {
	chosen := len(r.rows) > 0 || r.all
	switch {
	case len(r.rows) > 0 && r.all:
		return fail(statusUsage, "--rows and --all are given: either some rows are meant, or all")
	case r.as == "" && (r.note != "" || r.remoteID != "" || r.all):
		return fail(statusUsage, "no decision is given").hint("say what you found out: --as succeeded, --as failed or --as again")
	case r.as != "" && !chosen:
		return fail(statusUsage, "no rows are given").hint("name those that --as %s is about with --rows 17,20-25, or write --all", r.as)
	case r.remoteID != "" && r.as != decideSucceeded:
		return fail(statusUsage, "--remote-id is for --as succeeded: nothing else has an id at the provider")
	}
	return nil
}

// listDoubts shows what is in doubt and how to settle it.
func (p *Program) listDoubts(flags *resolveFlags, word string) error {
	store, info, err := p.openRun(flags.state, word)
	if err != nil {
		return err
	}
	c, err := p.casebook(&info, store.Journal(info.ID))
	if err != nil {
		return err
	}
	open, err := flags.choose(c)
	if err != nil {
		return err
	}
	return p.printDoubts(flags, c, open)
}

// settle keeps a person's decision. Only whoever has the run's lock may do that.
func (p *Program) settle(ctx context.Context, flags *resolveFlags, word string) (err error) {
	store, info, err := p.openRun(flags.state, word)
	if err != nil {
		return err
	}
	if err := p.stillCurrent(store, &info); err != nil {
		return err
	}
	run, err := store.Take(ctx, info.ID, 0)
	if err != nil {
		return takeFailure(err)
	}
	defer func() {
		if closeErr := run.Close(); closeErr != nil && err == nil {
			err = fail(statusBroken, "%s", closeErr)
		}
	}()
	info = run.Info
	info.Running = false // it is this process that has the lock
	c, err := p.casebook(&info, run.Journal)
	if err != nil {
		return err
	}
	if c.blind {
		f := fail(statusBroken, "nothing can be settled without the result file that the run was given: its lines say which row is which")
		f.messages = append(f.messages, c.notes...)
		return f.hint("put mapping and file back as they were, or empty rp_status in the lines to send again, and give that file as INPUT")
	}
	chosen, err := flags.choose(c)
	if err != nil {
		return err
	}
	if flags.remoteID != "" && len(chosen) != 1 {
		return fail(statusUsage, "--remote-id is given, and %s are meant", plural(len(chosen), "request", "requests")).
			hint("name one with --rows, and with --request if the row has several")
	}
	d := decision{as: flags.as, remoteID: flags.remoteID, note: flags.note, when: p.Now()}
	if err := d.keep(run, chosen); err != nil {
		return err
	}
	return p.printSettled(flags, c, &d, chosen)
}

// stillCurrent refuses a run that another one goes on with: what is decided about it
// would never be looked at.
func (p *Program) stillCurrent(store *state.Store, info *state.Info) error {
	if info.ContinuedBy != "" {
		return fail(statusUsage, "run %s was continued by %s, so nothing is decided here any more", info.ID, info.ContinuedBy).
			hint("rowpost resolve %s", info.ContinuedBy)
	}
	infos, err := p.runs(store)
	if err != nil {
		return err
	}
	for i := range infos {
		if infos[i].ID == info.ID {
			break
		}
		if infos[i].Job == info.Job {
			return fail(statusUsage, "run %s sent the same table again after %s, so nothing is decided here any more", infos[i].ID, info.ID).
				hint("rowpost resolve %s", infos[i].ID)
		}
	}
	return nil
}
