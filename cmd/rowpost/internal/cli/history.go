package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"rowpost/batch"
	"rowpost/batch/result"
	"rowpost/batch/state"
	"rowpost/providers"
)

// imported says that the table was imported with this mapping already, so that nothing
// is to be sent.
func (s *send) imported() bool {
	i := s.record.Info
	return i.Finished || i.Erased || i.ContinuedBy != ""
}

// refuseImported says that there is nothing to do, and what can be done. A result that
// is missing is written again from what is recorded.
func (s *send) refuseImported() error {
	run := s.record.Info
	f := fail(statusImported, "%s", s.importedText(&run))
	if run.ContinuedBy == "" && !run.Erased {
		if err := s.rewrite(f); err != nil {
			return err
		}
	}
	if run.Counts[batch.Failed]+run.Counts[batch.Invalid] > 0 {
		_ = f.hint("to send what did not succeed, correct it in the result file and give that as INPUT: %s", s.out.result)
	}
	if run.Counts[batch.InDoubt] > 0 {
		_ = f.hint("rowpost resolve %s shows what is in doubt, and takes what the provider says about it", run.ID)
	}
	for _, later := range s.record.Later {
		_ = f.hint("since then %s was imported by the same mapping (run %s, %s): sending this table again may put older data over newer",
			later.Input.Path, later.ID, minute(later.Begun))
	}
	if s.opts.json {
		if err := s.p.printJSON(s.importedSummary()); err != nil {
			return fail(statusBroken, "standard output cannot be written: %s", err)
		}
	}
	return f.hint("to send all of it once more, give --again")
}

// importedSummary is what --json prints of a run that sends nothing.
func (s *send) importedSummary() *runSummary {
	run := s.record.Info
	r := &runSummary{
		ExitStatus: statusImported, Input: s.input, Mapping: s.opts.mapping, Run: run.ID, Finished: true,
		Rows: s.table.Total(), Providers: []providerSummary{}, Errors: []errorSummary{}, Warnings: []errorSummary{},
		Notes: []string{}, Result: s.out.result,
	}
	for status, n := range run.Counts {
		if place := r.Lines.of(status); place != nil {
			*place = n
		}
	}
	return r
}

// rewrite writes a finished run's result where there is none.
func (s *send) rewrite(f *failure) error {
	_, err := os.Stat(s.out.result)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fileFailure(statusBroken, s.out.result, err)
	}
	job := s.job()
	job.Options.From, job.Options.To, job.Options.Limit = 0, 0, 0 // the run is whole
	lines := batch.Results(job, batch.Summary{})
	written, err := result.Write(ahead(lines), s.resultOptions())
	if err != nil {
		return fail(statusBroken, "the result could not be written: %s", err)
	}
	f.messages = append(f.messages, "its result was written again: "+written.Path)
	return nil
}

func countsText(c map[batch.Status]int) string {
	var texts []string
	for _, status := range statuses() {
		if n := c[status]; n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", n, status))
		}
	}
	if len(texts) == 0 {
		return "no rows"
	}
	return strings.Join(texts, ", ")
}

// tellHistory says what earlier runs have to do with this one.
func (s *send) tellHistory() {
	r := s.record
	if r.Resumed {
		s.log.Info("going on with an earlier run", "run", r.Info.ID, "begun", minute(r.Info.Begun), "starts", r.Info.Starts)
	}
	if r.Resumed {
		for _, later := range r.Later {
			s.log.Warn(fmt.Sprintf("since this run began %s was imported by the same mapping (run %s, %s): what is left of this table may put older data over newer",
				later.Input.Path, later.ID, minute(later.Begun)))
		}
	}
	if len(r.Unfinished) > 0 {
		s.log.Warn(s.unfinishedText(r.Unfinished))
	}
}

// unfinishedText names the newest of other runs of the series that can go on.
func (s *send) unfinishedText(others []state.Info) string {
	newest := others[0]
	what, which := fmt.Sprintf("run %s of %s by the same mapping is unfinished", newest.ID, newest.Input.Path), "it"
	if n := len(others); n > 1 {
		which = "each"
		what = fmt.Sprintf("%d runs by the same mapping are unfinished, the newest of them %s of %s (rowpost runs lists them)", n, newest.ID, newest.Input.Path)
	}
	if s.earlier != nil && s.earlier.Stats().Unknown { // else it would be continued by this run
		return what + ": if this file is a copy of such a run's result, the command that began that would send the same lines once more"
	}
	return what + ": the command that began " + which + " goes on with it"
}

// canAsk says whether the next start can ask a provider about what is in doubt.
func (s *send) canAsk() bool {
	return slices.ContainsFunc(s.targets, func(t batch.Target) bool {
		_, ok := t.Operation.(providers.Lookup)
		return ok
	})
}

// endRecord keeps how this start ended. A run is finished when repeating it could by
// itself change nothing.
func (s *send) endRecord(t *tally, sum batch.Summary, status int, broken bool) error {
	ending := state.Ending{
		Exit: status, Finished: !broken && (t.open == 0 || batch.Planted("finished-too-early")), Counts: map[batch.Status]int{},
		Journal: s.record.journal.Lengths(),
	}
	for _, lines := range t.providers {
		for _, status := range statuses() {
			ending.Counts[status] += *lines.of(status)
		}
	}
	asked := ending.Counts[batch.InDoubt] > 0 && s.canAsk()
	stops := []*batch.Stop{sum.Stop}
	for _, lane := range sum.Lanes {
		stops = append(stops, lane.Stop)
	}
	for _, stop := range stops {
		if stop == nil {
			continue
		}
		ending.Finished = ending.Finished && !asked // it may not have been yet
		if ending.Stop == "" {
			ending.Stop = stop.Message
		}
		if stop.Until.After(ending.Until) {
			ending.Until = stop.Until
		}
	}
	return s.record.End(ending)
}
