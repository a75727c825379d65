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
		f = s.hintCorrect(f)
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

// hintCorrect says how what failed is sent, if a later run did not write over the result.
func (s *send) hintCorrect(f *failure) *failure {
	for _, later := range s.record.Later {
		if later.Result == absolute(s.out.result) {
			return f.hint("%s is the result of run %s now; where it is moved away, or with another -o RESULT, this run's is written again: what did not succeed can be corrected there", s.out.result, later.ID)
		}
	}
	return f.hint("to send what did not succeed, correct it in the result file and give that as INPUT: %s", s.out.result)
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
func (s *send) tellHistory() error {
	r := s.record
	if r.Resumed {
		s.log.Info("going on with an earlier run", "run", r.Info.ID, "begun", minute(r.Info.Begun), "starts", r.Info.Starts)
		for _, later := range r.Later {
			s.remind(fmt.Sprintf("since this run began %s was imported by the same mapping (run %s, %s): what is left of this table may put older data over newer",
				later.Input.Path, later.ID, minute(later.Begun)))
		}
	}
	if r.Replaced != nil {
		s.notes = append(s.notes, s.replacedNotes(r.Replaced)...)
	}
	if len(r.Unfinished) == 0 {
		return nil
	}
	if err := s.keepAside(r.Unfinished); err != nil {
		return err
	}
	s.remind(s.unfinishedText(r.Unfinished))
	return nil
}

// remind warns of what a quiet run that ends well tells, too: rows that nobody else
// will ever ask about.
func (s *send) remind(text string) {
	s.log.Warn(text)
	s.screen.remind(text)
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
