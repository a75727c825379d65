package cli

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/state"
)

// learnPast finds the runs that know of rows which an earlier result as INPUT does not show,
// as those that succeeded in an --errors file. What cannot be known is said.
func (s *send) learnPast() error {
	if s.earlier == nil || s.forgotten() {
		return nil
	}
	kin, err := s.record.Kin()
	if err != nil {
		return stateFailure(s.record.dir, err)
	}
	stats := s.earlier.Stats()
	total, gap := stats.Last, ""
	if !slices.ContainsFunc(kin, func(k state.Kin) bool { return !k.Info.Input.Result }) {
		gap = "the run that sent the table is not in the history"
	}
	for _, k := range kin {
		if !k.Info.Input.Result {
			total = max(total, k.Info.Input.Rows)
		}
	}
	if stats.Rows >= total {
		return nil // all rows are there
	}
	for _, k := range kin {
		past, missing, err := s.pastOf(k)
		if err != nil {
			return err
		}
		if missing != "" {
			gap = missing
			continue
		}
		s.past = append(s.past, past)
	}
	if gap != "" {
		s.pastGap = fmt.Sprintf("%s: has not all rows of its table, and %s: should a later row with the same key have been confirmed, a row is sent all the same",
			s.input, gap)
		s.notes = append(s.notes, s.pastGap)
	}
	return nil
}

// pastOf reads what a run knows, with the mapping and the table that it had. Missing says why
// it cannot be told any more which rows it was about; the error is that of its journal. Its
// table is closed with that of this run.
func (s *send) pastOf(k state.Kin) (past batch.Past, missing string, err error) {
	info := k.Info
	l, loadErr := s.p.load(&options{mapping: info.Mapping}, info.Input.Path)
	if loadErr == nil {
		s.opened = append(s.opened, l.opened...)
	}
	switch {
	case loadErr != nil:
		return past, loadErr.Error(), nil
	case l.table.Facts().SHA256 != info.Input.SHA256:
		return past, fmt.Sprintf("%s is no longer the table that run %s sent", info.Input.Path, info.ID), nil
	case !maps.Equal(state.Sums(l.meaning()), info.Meaning):
		return past, fmt.Sprintf("%s was changed since run %s", info.Mapping, info.ID), nil
	}
	view, err := journal.Read(k.Journal, info.Journal)
	if err != nil {
		return past, "", journalFailure(err)
	}
	lanes := view.Lanes()
	return batch.Past{
		Source: l.rows, Binding: l.binding,
		Entries: func(provider string) iter.Seq2[batch.Entry, error] {
			if !slices.Contains(k.Providers, provider) || !slices.Contains(lanes, provider) {
				return func(func(batch.Entry, error) bool) {}
			}
			return view.Entries(provider)
		},
	}, "", nil
}
