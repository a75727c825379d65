package result

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rowpost/batch"
	"rowpost/mapping"
)

// Table is an earlier result as the source of another run. Its header and cells are the
// source's only. It may be read by several goroutines at once.
type Table struct {
	table    batch.Source
	layout   layout
	header   []string
	check    *checker
	stats    Stats
	edited   []uint64 // a bit for each line: a reading does not hash again what is known
	repeated numbers  // rows with two lines for one request
	evidence evidence
	columns  columns
	added    []int // columns that people added
}

// Stats is what the first reading of a result found out.
type Stats struct {
	// Lines counts the lines by their status; an empty status is one that somebody
	// emptied. Unreadable ones are not among them.
	Lines map[batch.Status]int
	// Edited counts the lines whose cells somebody changed, EditedDone those of them that
	// are shown as succeeded: they are not sent unless that is asked for.
	Edited, EditedDone int
	// Unreadable counts the lines whose row, line, status or HTTP status cannot be read.
	Unreadable int
	// Rows counts the rows that have a line, Last is the highest number of one.
	Rows, Last int
	// Repeated counts the rows of which a request has more than one line.
	Repeated int
	// Origins are those that lines have, sorted; Unknown says that a line has none.
	Origins []string
	Unknown bool
	// Added are columns that people added since the result was written: see [Table.FindAdded].
	Added []string
}

// evidence is what lines say about the encoding that a result was read in.
type evidence struct {
	broken       int // lines with bytes that are no text
	brokenBefore int // lines whose row had such bytes when it was read first
	// proven says that a line with other letters than ASCII is what it was when it was written.
	proven bool
}

// Reimport reads a table that has our columns once, whole. Errors about the table's
// header are *[Error], without a path; those of its reading are given back as they are.
// [Open] does it for files of which nothing is known.
func Reimport(table batch.Source) (*Table, error) {
	all := table.Header()
	l, err := layoutOf(all)
	if err != nil {
		return nil, err
	}
	t := &Table{table: table, layout: l, header: l.header(all), stats: Stats{Lines: map[batch.Status]int{}}}
	t.check = newChecker(t.header)
	t.edited = make([]uint64, table.Total()/64+1)
	if err := t.firstReading(); err != nil {
		return nil, err
	}
	return t, nil
}

// Header gives the source's columns.
func (t *Table) Header() []string { return slices.Clone(t.header) }

// Total gives the number of lines.
func (t *Table) Total() int { return t.table.Total() }

// Stats gives what the first reading found out.
func (t *Table) Stats() Stats {
	s := t.stats
	s.Lines, s.Origins, s.Added = maps.Clone(s.Lines), slices.Clone(s.Origins), slices.Clone(s.Added)
	return s
}

// Rows reads the lines as rows, as [Table.Lines] does.
func (t *Table) Rows() iter.Seq2[mapping.Row, error] {
	return func(yield func(mapping.Row, error) bool) {
		for line, err := range t.Lines() {
			if !yield(line.Row, err) {
				return
			}
		}
	}
}

// Lines reads the table anew. Each line is a row of its own, and has a fault if what we
// wrote in it cannot be read any more, or if its row has two lines for one request: both
// would be sent. Cells and Before are used again for the next line. An error is the table's.
func (t *Table) Lines() iter.Seq2[batch.Line, error] {
	return func(yield func(batch.Line, error) bool) {
		r := reader{layout: &t.layout}
		for row, err := range t.table.Rows() {
			if err != nil {
				yield(batch.Line{}, err)
				return
			}
			line := r.line(row)
			line.Before.Edited = t.wasEdited(row.Num)
			if line.Fault == nil && t.repeated.has(line.Before.Num) {
				line.Fault = badCell(row.Line, "rp_row", "another line stands for the same row and request",
					"keep the line that is right; results of several tables are sent one by one")
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}

// firstReading counts, and remembers which lines were edited.
func (t *Table) firstReading() error {
	r := reader{layout: &t.layout}
	seen := lines{requests: map[string]*numbers{}}
	var from origins
	var numberless unnumbered
	for row, err := range t.table.Rows() {
		if err != nil {
			return err
		}
		faultless := row.Fault == nil
		line := r.line(row)
		b := line.Before
		if faultless && b.Num == 0 {
			numberless.add(row.Line)
		}
		hash, _ := splitCheck(row.Cells[t.layout.check])
		b.Edited = t.check.of(line.Cells, b.Request) != hash
		if !from.add(b.Origin) {
			return refused(fmt.Sprintf("has lines that come from more than %d tables", maxOrigins), "send the results of several tables one by one")
		}
		if b.Edited {
			t.edited[(row.Num-1)/64] |= 1 << ((row.Num - 1) % 64)
		}
		t.columns.learn(&line, hash)
		t.stats.count(b, faultless && line.Fault != nil)
		t.evidence.weigh(&line)
		if b.Num > 0 {
			t.stats.Last = max(t.stats.Last, b.Num)
			if seen.rows.add(b.Num) {
				t.stats.Rows++
			}
		}
		if b.Num > 0 && !seen.add(b.Num, b.Request) && t.repeated.add(b.Num) {
			t.stats.Repeated++
		}
	}
	t.stats.Origins, t.stats.Unknown = slices.Sorted(slices.Values(from.list)), from.none
	return numberless.refuse()
}

func (t *Table) wasEdited(line int) bool {
	n := line - 1
	return t.edited[n/64]&(1<<(n%64)) != 0
}

// unnumbered are the lines whose rp_row is no number. It is what ties a line to a row of the
// table: without it the next result could not say which row it tells about, and the line
// would be sent again and again.
type unnumbered struct{ first, count int }

func (u *unnumbered) add(line int) {
	if u.count == 0 {
		u.first = line
	}
	u.count++
}

func (u *unnumbered) refuse() error {
	if u.count == 0 {
		return nil
	}
	more := ""
	if u.count > 1 {
		more = fmt.Sprintf(" (it is so in %d lines)", u.count)
	}
	return refused(fmt.Sprintf("line %d, column \"rp_row\": is no number of a row, so nobody can tell which row the line is about%s", u.first, more),
		"put the number back as it was written, in plain digits; new rows go into a table of their own, without the columns that begin with rp_")
}

func (s *Stats) count(b *batch.Before, unreadable bool) {
	if unreadable {
		s.Unreadable++
	} else {
		s.Lines[b.Status]++
	}
	if b.Edited {
		s.Edited++
		if b.Status == batch.Succeeded {
			s.EditedDone++
		}
	}
}

func (e *evidence) weigh(line *batch.Line) {
	if line.Fault != nil && line.Fault.Code == mapping.CodeBadEncoding {
		e.broken++
	}
	if line.Before.Code == mapping.CodeBadEncoding {
		e.brokenBefore++
	}
	e.proven = e.proven || !line.Before.Edited && slices.ContainsFunc(line.Cells, beyondASCII)
}

func beyondASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// lines knows which requests of which rows had a line.
type lines struct {
	requests map[string]*numbers // by id; empty: the row as a whole
	some     numbers             // rows of which a single request has one
	rows     numbers             // all of them
}

// add says whether the line stands for nothing that another one stands for.
func (l *lines) add(row int, request string) bool {
	rows := l.requests[request]
	if rows == nil {
		rows = &numbers{}
		l.requests[strings.Clone(request)] = rows
	}
	fresh := rows.add(row)
	if request == "" {
		return fresh && !l.some.has(row)
	}
	l.some.add(row)
	whole := l.requests[""]
	return fresh && (whole == nil || !whole.has(row))
}

// reader makes lines of one reading's rows.
type reader struct {
	layout *layout
	cells  []string
	before batch.Before
}

// line says all of a row but what only the whole table tells.
func (r *reader) line(row mapping.Row) batch.Line {
	l, cells := r.layout, row.Cells
	r.before = batch.Before{
		Request: cells[l.request],
		Code:    unguard(cells[l.code]),
		Message: unguard(optional(cells, l.message)),
		Column:  optional(cells, l.column),
		// A spreadsheet may have made a number of it, and nothing is decided by it.
		RemoteID: unguard(optional(cells, l.remote)),
	}
	_, r.before.Origin = splitCheck(cells[l.check])
	if fault := r.numbers(row); row.Fault == nil {
		row.Fault = fault
	}
	r.cells = l.source(cells, r.cells)
	row.Cells = r.cells
	return batch.Line{Row: row, Before: &r.before}
}

const numberHint = "put it back as it was written, in plain digits"

// numbers reads what is not simply text. The last fault is given, if there is one.
func (r *reader) numbers(row mapping.Row) (fault *mapping.CellError) {
	l, cells := r.layout, row.Cells
	var ok bool
	if r.before.HTTPStatus, ok = plain(optional(cells, l.http)); !ok && optional(cells, l.http) != "" {
		fault = badCell(row.Line, "rp_http_status", "is no HTTP status", numberHint)
	}
	if r.before.Line, ok = plain(cells[l.line]); !ok {
		fault = badCell(row.Line, "rp_line", "is no number of a line", numberHint)
	}
	if r.before.Num, ok = plain(cells[l.row]); !ok {
		fault = badCell(row.Line, "rp_row", "is no number of a row", numberHint)
	}
	if r.before.Status, ok = statusOf(cells[l.status]); !ok {
		fault = badCell(row.Line, "rp_status", "is none of succeeded, failed, invalid, skipped, not_sent, in_doubt",
			"put it back as it was, or empty it to have the line sent")
	}
	return fault
}

// plain reads a number from 1 on that is written as we write it; 010 and 1,000 are none.
func plain(text string) (n int, ok bool) {
	if len(text) == 0 || len(text) > 15 || text[0] == '0' {
		return 0, false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func statusOf(text string) (batch.Status, bool) {
	switch s := batch.Status(text); s {
	case "", batch.Succeeded, batch.Failed, batch.Invalid, batch.Skipped, batch.NotSent, batch.InDoubt:
		return s, true
	}
	return "", false
}
