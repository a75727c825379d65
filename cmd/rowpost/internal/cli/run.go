package cli

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"rowpost/batch"
	"rowpost/batch/result"
)

const runHelp = `Sends the rows of a table and writes the result file.

INPUT is a CSV table or an Excel workbook (.xlsx), compressed with gzip or zstd or
not; - reads it from standard input and needs -o. The mapping says which columns
become which fields of which provider's requests; credentials come from the
environment or a dotenv file (rowpost providers NAME lists the variables).

The result has one line for each request of a row, in the order of INPUT: what
became of it, and all columns of INPUT. It is complete at every ending of a run.

The same command goes on with what an interrupted run left, and sends nothing
twice; a table that was imported whole is refused (exit status 6). A result is an
INPUT too: its lines that did not succeed are sent, as they stand in it now.

A first interrupt (Ctrl-C) takes no more rows and finishes what is in flight; a
second drops that; a third ends at once.

`

const runExample = `  rowpost run -m map.yaml customers.csv
  rowpost run -m map.yaml customers.csv --sandbox --errors failed.csv
  rowpost run -m map.yaml customers.csv --rate cleverbridge=5/s --until 05:45 --quiet`

func newRun(p *Program) *cobra.Command {
	opts := &options{}
	cmd := &cobra.Command{
		Use:     "run -m MAPPING INPUT [-o RESULT]",
		Short:   "send the rows of a table and write the result file",
		Long:    runHelp + runStatusHelp,
		Example: runExample,
		Args:    oneInput,
		RunE: func(cmd *cobra.Command, args []string) error {
			if opts.dryRun {
				return p.plan(opts, args[0])
			}
			return p.run(cmd.Context(), opts, args[0])
		},
	}
	opts.add(p, cmd)
	return cmd
}

// run does what `rowpost run` promises. What can be found wrong is found before the
// first request.
func (p *Program) run(ctx context.Context, opts *options, input string) error {
	if input == stdStream && opts.out == "" {
		return outputNeeded()
	}
	opts.keepInput = !opts.sandbox
	l, err := p.load(opts, input)
	if err != nil {
		return err
	}
	defer l.close(p)
	if total := l.table.Total(); total > 0 && opts.rows.from > total {
		return fail(statusUsage, "--rows begins at row %d, and %s has %s", opts.rows.from, l.input, plural(total, "row", "rows")).
			hint("rows are counted from 1, without the header")
	}
	if opts.sample > 0 {
		return p.sampleFirst(ctx, l)
	}
	return p.sendOnce(ctx, l, nil)
}

// sendOnce is one start of a run, from credentials to summary. The sampling is told how it
// ended, if this start is for a sample.
func (p *Program) sendOnce(ctx context.Context, l *load, try *sampling) error {
	s, err := p.openSend(ctx, l)
	if err != nil {
		return err
	}
	s.sampling = try
	defer s.release()
	if s.imported() {
		return s.refuseImported()
	}
	if err := s.learnPast(); err != nil {
		return err
	}
	return s.run(ctx)
}

// send is a run that is ready to begin.
type send struct {
	*load
	p        *Program
	screen   *screen
	log      *slog.Logger
	accounts map[string]account
	out      outputs
	record   *record
	sampling *sampling // nil: this start is for all rows
	past     []batch.Past
	pastGap  string   // why it is not whole
	notes    []string // for the summary
	releases []func() error
}

// openSend checks credentials, outputs and the place of the journal, in this order.
func (p *Program) openSend(ctx context.Context, l *load) (*send, error) {
	s := &send{load: l, p: p, notes: slices.Concat(l.warnings(), factNotes(l.input, l.table), l.earlierNotes())}
	vars, err := s.settings(ctx)
	if err != nil {
		return nil, err
	}
	s.accounts = l.accounts(vars)
	err = accountsFailure(l.names, s.accounts)
	if err == nil {
		err = l.refuseOther(s.accounts)
	}
	if err == nil {
		s.out, err = chooseOutputs(l.opts, l.typed)
	}
	if err == nil {
		err = l.checkForms(s.out)
	}
	if err == nil {
		err = s.roomFailure(s.openRecord(ctx))
	}
	if err == nil {
		err = s.shareAccounts()
	}
	if err != nil {
		s.release()
		return nil, err
	}
	s.removeLeftovers()
	s.screen = newScreen(p, l.opts)
	s.log = s.screen.logger(l.opts)
	return s, nil
}

// settings are the user's, or those of a sandbox that runs in this process.
func (s *send) settings(ctx context.Context) (*settings, error) {
	if !s.opts.sandbox {
		return s.p.settings(s.opts.envFile)
	}
	vars, stop, err := startSandbox(ctx, s.roster.declared())
	if err != nil {
		return nil, err
	}
	s.releases = append(s.releases, stop)
	return sandboxSettings(vars), nil
}

// release ends what openSend started.
func (s *send) release() {
	if s.record != nil {
		s.releases = append(s.releases, s.record.release)
	}
	for _, f := range s.releases {
		if err := f(); err != nil {
			s.p.say("%s", err)
		}
	}
}

// run sends, writes the result, and says what happened.
func (s *send) run(ctx context.Context) error {
	for _, w := range slices.Concat(s.warnings(), s.needs(s.table.Facts().Rows).warnings()) {
		s.log.Warn(w)
	}
	if s.pastGap != "" {
		s.log.Warn(s.pastGap)
	}
	if err := s.tellHistory(); err != nil {
		return err
	}
	// The feed outlives the sending: a signal must not end the process while the result
	// is written.
	ctx, f := s.p.newFeed(ctx, s.opts)
	defer f.close()
	job := s.job()
	job.Abort = f.abort
	sum, sendErr := s.sendAll(ctx, job)
	t := newTally(s.opts, s.names)
	// What the result says must be kept for good before anybody can read it there.
	broke := &trouble{send: sendErr, left: s.rowsLeft(job.Progress)}
	broke.closed(s.record.journal.Close())
	written, writeErr := s.writeResult(ahead(t.watch(batch.Results(job, sum))))
	broke.write = writeErr
	if writeErr != nil {
		t = s.count(job, sum)
	}
	if writeErr == nil {
		broke.input = s.table.Recheck()
		t.changed = broke.input != nil
	}
	return s.finish(t, sum, written, broke)
}

// count tells what became of the rows when there is no result to count in, as far as the
// table can still be read.
func (s *send) count(job batch.Job, sum batch.Summary) *tally {
	t := newTally(s.opts, s.names)
	for _, err := range t.watch(batch.Results(job, sum)) {
		if err != nil {
			break // it is said already
		}
	}
	return t
}

func (s *send) job() batch.Job {
	accounts := make(map[string]batch.Account, len(s.accounts))
	for name, a := range s.accounts {
		accounts[name] = a.Account
	}
	return batch.Job{
		Again:  s.record.Info.Anew,
		Source: s.rows, Binding: s.binding, Requests: s.targets, Accounts: accounts, Past: s.past,
		Journal: s.record.journal, Options: s.opts.engine(), Progress: batch.NewProgress(), Log: s.log,
	}
}

// sendAll runs the engine and shows its progress.
func (s *send) sendAll(ctx context.Context, job batch.Job) (batch.Summary, error) {
	shown := s.screen.showProgress(job.Progress, s.table.Total(), s.log)
	defer shown.close()
	return batch.Run(ctx, job)
}

func (s *send) writeResult(lines iter.Seq2[batch.Result, error]) (result.Written, error) {
	written, err := result.Write(lines, s.resultOptions())
	s.noteMoved(s.out.result, written.Path)
	s.noteMoved(s.out.errors, written.Errors)
	return written, err
}

// noteMoved says that a file is not where it was asked for.
func (s *send) noteMoved(asked, written string) {
	if written != "" && filepath.Base(asked) != filepath.Base(written) {
		s.notes = append(s.notes, asked+" is held open by another program: what belongs there is in "+written)
	}
}

// finish prints the summary and gives the exit status.
func (s *send) finish(t *tally, sum batch.Summary, written result.Written, broke *trouble) error {
	end := ending{broken: broke.any(), lines: t.chosen, okIf: s.opts.okIf, unreached: t.unreached}
	end.stops = append(end.stops, sum.Stop)
	for _, lane := range sum.Lanes {
		end.stops = append(end.stops, lane.Stop)
	}
	status := end.status()
	if s.sampling != nil {
		status = s.sampling.end(s.p, s.opts, status, t.open)
	}
	if err := s.endRecord(t, sum, status, broke.send != nil || broke.write != nil); err != nil {
		broke.send, end.broken, status = errors.Join(broke.send, err), true, statusBroken
	}
	if note := s.keptNote(t); note != "" {
		s.notes = append(s.notes, note)
	}
	if s.sampling != nil && end.broken {
		s.sampling.mayGoOn = false
	}
	report := s.summary(t, sum, written, status)
	report.Unrecorded = broke.lostAnswers()
	if err := s.tell(report, status); err != nil {
		return err
	}
	if !end.broken {
		return quietly(status)
	}
	return s.broken(broke, written.Path)
}
