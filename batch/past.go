package batch

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"

	"rowpost/mapping"
)

// Past is an earlier run of the table that a result comes from.
type Past struct {
	// Source is what the run read, with the row numbers that the result has, and Binding
	// the mapping that it used, bound to that.
	Source  Source
	Binding *mapping.Binding
	// Entries reads what became of a provider's requests, as [LaneJournal.Earlier] does. It
	// gives nothing for a provider that the run called for another account.
	Entries func(provider string) iter.Seq2[Entry, error]
}

// awaited are the keys of rows that are still to be sent, and the first row of each. It
// takes 16 bytes for each row.
type awaited struct {
	wanted bool
	keys   []confirmedKey // by key, the first row first, once sorted
}

func (a *awaited) add(key uint64, row int) {
	if a.wanted {
		a.keys = append(a.keys, confirmedKey{key, row})
	}
}

func (a *awaited) sort() {
	slices.SortFunc(a.keys, func(x, y confirmedKey) int {
		return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.row, y.row))
	})
	a.keys = slices.CompactFunc(a.keys, func(x, y confirmedKey) bool { return x.key == y.key })
}

// before says whether a row before the given one waits with its key.
func (a *awaited) before(key uint64, row int) bool {
	i, found := slices.BinarySearchFunc(a.keys, key, func(k confirmedKey, key uint64) int { return cmp.Compare(k.key, key) })
	return found && a.keys[i].row < row
}

// recallPast finds out which rows that wait were overtaken in earlier runs, by rows that the
// source does not show.
func (l *lane) recallPast() error {
	defer func() { l.waiting = awaited{} }()
	if len(l.waiting.keys) == 0 {
		return nil
	}
	l.waiting.sort()
	for i := range l.run.job.Past {
		if err := l.recallRun(&l.run.job.Past[i]); err != nil {
			return fmt.Errorf("an earlier run of the table: %w", err)
		}
	}
	return nil
}

func (l *lane) recallRun(p *Past) error {
	known, err := newRecord(p.Entries(l.provider.Name))
	defer known.close()
	if err != nil || !known.more {
		return err
	}
	requests := p.Binding.Requests()
	var positions []int
	for i, r := range requests {
		if r.Provider == l.provider.Name {
			positions = append(positions, i)
		}
	}
	evaluator := p.Binding.Evaluator(positions...)
	for line, err := range LinesOf(p.Source) {
		if err != nil {
			return err
		}
		if l.taking.Err() != nil || !known.more {
			return nil
		}
		row, err := known.of(line.Num)
		if err != nil {
			return err
		}
		if line.Fault != nil || !slices.ContainsFunc(row, confirmed) {
			continue
		}
		for _, d := range evaluator.Records(line.Row) {
			e, ok := entryOf(row, d.Request)
			if !ok || d.Err != nil || d.Record.Key == "" || !confirmed(e) {
				continue
			}
			if l.waiting.before(maphash.String(l.confirmed.seed, d.Record.Key), line.Shown()) {
				l.confirmed.add(d.Record.Key, line.Shown())
			}
		}
	}
	return nil
}
