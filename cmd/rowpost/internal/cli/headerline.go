package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"rowpost/batch"
	"rowpost/batch/source"
	"rowpost/mapping"
	"rowpost/mapping/draft"
)

// titleRows is how far below the first line a header is looked for: a title, a date and a
// blank line or two stand above some.
const titleRows = 10

// bindFailure is what is wrong with the mapping and the table's header. If the columns
// that are not in the header stand in a line below it, then that is the header: a title
// stands above it.
func (l *load) bindFailure(err error) error {
	bad, ok := errors.AsType[*mapping.BindError](err)
	if !ok || len(bad.Missing) == 0 || l.earlier != nil || l.mapping.Source.Header > 0 {
		return mappingFailure(err)
	}
	for row, err := range l.table.Rows() {
		if err != nil || row.Num > titleRows {
			break
		}
		if !holdsAll(row.Cells, bad.Missing) {
			continue
		}
		if left, fits := l.bindBelow(row.Line); fits {
			title := mapping.Problem{
				File: l.input, Line: row.Line, Msg: "the header stands here, it seems, and not in the first line",
				Hint: "source: {header: " + strconv.Itoa(row.Line) + "} in the mapping says so",
			}
			return mappingFailure(&mapping.BindError{Problems: append([]mapping.Problem{title}, left...)})
		}
	}
	return mappingFailure(err)
}

// holdsAll says whether a row has all texts in it. One that has more cells than the
// title above it has several of them in one cell.
func holdsAll(cells, texts []string) bool {
	row := strings.Join(cells, "\n")
	return !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(row, s) })
}

// bindBelow takes this line for the header. If the table has the mapping's columns then,
// it gives what else is wrong with the mapping.
func (l *load) bindBelow(line int) (left []mapping.Problem, fits bool) {
	opts := l.mapping.Source
	opts.Header = line
	table, err := l.openAs(opts, false)
	if err != nil {
		return nil, false
	}
	_, err = l.mapping.Bind(table.Header(), l.roster.targets())
	bad, isBad := errors.AsType[*mapping.BindError](err)
	if !isBad {
		return nil, err == nil
	}
	return bad.Problems, len(bad.Missing) == 0
}

// draftOf drafts a mapping for a table. Where its first line has next to nothing that looks
// like a column of the targets, the line below it that has most is the header.
func (l *load) draftOf(targets []mapping.Target) (best *draft.Draft, facts source.Facts, header int, err error) {
	sample, facts, below, err := l.sampleOf(0)
	if err != nil {
		return nil, facts, 0, err
	}
	best = draft.New(sample, targets)
	if matched(best) > 1 {
		return best, facts, 0, nil
	}
	for _, line := range below {
		sample, f, _, err := l.sampleOf(line)
		if err != nil {
			continue // it is no header then
		}
		if d := draft.New(sample, targets); matched(d) > max(1, matched(best)) {
			best, facts, header = d, f, line
		}
	}
	return best, facts, header, nil
}

// matched counts the fields that columns were found for.
func matched(d *draft.Draft) (n int) {
	for _, r := range d.Requests {
		n += len(r.Fields)
	}
	return n
}

// sampleOf reads the table once more and keeps some rows, spread over it. Header is the
// header's line; 0: the first. Below are the next lines.
func (l *load) sampleOf(header int) (s *draft.Sample, facts source.Facts, below []int, err error) {
	l.mapping = &mapping.Mapping{Source: mapping.SourceOptions{Header: header}}
	if err := l.openTable(); err != nil {
		return nil, facts, nil, err
	}
	defer l.closeBut(nil)
	s = draft.NewSample(l.rows.Header(), l.rows.Total())
	for line, err := range batch.LinesOf(l.rows) {
		if err != nil {
			return nil, facts, nil, tableFailure(err)
		}
		s.Add(line.Row)
		if line.Row.Num <= titleRows {
			below = append(below, line.Row.Line)
		}
	}
	return s, l.table.Facts(), below, nil
}
