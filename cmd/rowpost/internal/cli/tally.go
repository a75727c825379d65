package cli

import (
	"cmp"
	"iter"
	"slices"

	"rowpost/batch"
)

const (
	// firstRows is how many rows of a group are named.
	firstRows = 5
	// maxGroups bounds the memory for a provider that gives each row a code of its own.
	maxGroups = 1000
	// codeOther is the group of all errors beyond that.
	codeOther = "(other codes)"
)

// tally counts the lines of a result while they are written.
type tally struct {
	choice    *batch.Choice
	rows      int
	providers map[string]*counts
	names     []string // of the providers; the empty one is for rows as a whole
	groups    map[groupKey]*group
	chosen    counts // lines of the chosen rows: they decide the exit status
	// unreached are chosen lines that are not sent although nothing stopped their lane.
	unreached int
	open      int // lines that the next start of the run would send, or that wait
	waiting   int // of these, lines that wait until a doubt about their key is settled
	wrong     int // lines that failed or are invalid by the row's own fault
	last      int
	changed   bool // the table is no longer what was read
}

// groupKey is what makes two errors the same to a reader.
type groupKey struct {
	provider string
	status   batch.Status
	code     string
	column   string // at fault, by the row's own check or by the API's answer; empty: none is known
}

// group is errors of one kind.
type group struct {
	groupKey
	http    int
	count   int
	rows    []int // the first ones
	message string
}

func newTally(opts *options, names []string) *tally {
	t := &tally{choice: opts.engine().NewChoice(), names: names, providers: map[string]*counts{}, groups: map[groupKey]*group{}}
	for _, name := range names {
		t.providers[name] = &counts{}
	}
	return t
}

// watch hands the lines on and counts them.
func (t *tally) watch(lines iter.Seq2[batch.Result, error]) iter.Seq2[batch.Result, error] {
	return func(yield func(batch.Result, error) bool) {
		for line, err := range lines {
			if err == nil {
				t.add(line)
			}
			if !yield(line, err) {
				return
			}
		}
	}
}

func (t *tally) add(line batch.Result) {
	if line.Row.Num != t.last {
		t.rows++
		t.last = line.Row.Num
	}
	lines := t.providers[line.Provider]
	if lines == nil {
		lines = &counts{}
		t.providers[line.Provider] = lines
		t.names = append(slices.Clone(t.names), line.Provider)
	}
	lines.add(line.Status)
	switch {
	case line.Again || line.Status == batch.NotSent:
		t.open++
		if line.Code == batch.CodeKeyInDoubt {
			t.waiting++
		}
	case line.Status == batch.Failed || line.Status == batch.Invalid:
		t.wrong++
	}
	if t.choice.Take(&batch.Line{Row: line.Row}) {
		t.chosen.add(line.Status)
		if line.Status == batch.NotSent && line.Code != batch.CodeKeyInDoubt {
			t.unreached++
		}
	}
	switch {
	case line.Status == batch.Succeeded && line.Code == "", line.Status == batch.Skipped && line.Code != batch.CodeEditedAfter, line.Code == batch.CodeNotChosen:
	default:
		t.group(line)
	}
}

func (t *tally) group(line batch.Result) {
	key := groupKey{provider: line.Provider, status: line.Status, code: line.Code, column: line.Column}
	g := t.groups[key]
	if g == nil && len(t.groups) >= maxGroups {
		key.code, key.column = codeOther, ""
		g = t.groups[key]
	}
	if g == nil {
		g = &group{groupKey: key, http: line.HTTPStatus, message: line.Message}
		if line.HTTPStatus != 0 {
			g.message = batch.HideCells(line.Message, line.Row.Cells)
		}
		t.groups[key] = g
	}
	g.count++
	if len(g.rows) < firstRows && (len(g.rows) == 0 || g.rows[len(g.rows)-1] != line.Row.Num) {
		g.rows = append(g.rows, line.Row.Num)
	}
}

// sorted gives the groups, worst first: by status, then by number.
func (t *tally) sorted() []*group {
	groups := make([]*group, 0, len(t.groups))
	for _, g := range t.groups {
		groups = append(groups, g)
	}
	severity := func(s batch.Status) int {
		return slices.Index([]batch.Status{batch.Failed, batch.InDoubt, batch.Invalid, batch.NotSent, batch.Succeeded}, s)
	}
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(
			cmp.Compare(severity(a.status), severity(b.status)),
			cmp.Compare(b.count, a.count),
			cmp.Compare(a.provider, b.provider),
			cmp.Compare(a.code, b.code),
			cmp.Compare(a.column, b.column),
		)
	})
	return groups
}
