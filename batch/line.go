package batch

import (
	"iter"

	"rowpost/mapping"
)

// Line is a row of a table and, if the table is an earlier result, what that says of it.
type Line struct {
	mapping.Row
	// Before is nil if the table is no result.
	Before *Before
}

// Before is what a line of an earlier result says. Such a line is a row of its own:
// Row.Num and Row.Line count in the file that is read now, Before has the numbers of the
// table that was read first, which are shown to people.
type Before struct {
	Num, Line int    // rp_row and rp_line
	Request   string // rp_request; empty: the line stands for all requests of its row
	// Status is rp_status. Empty: a person emptied it, so that the line is sent whatever it
	// said. The source's own check of it is done: it is one of ours, or empty.
	Status     Status
	HTTPStatus int
	Code       string
	Message    string
	Column     string
	RemoteID   string
	// Origin is where the line comes from at first, as the result's package has it; empty:
	// the line does not say so.
	Origin string
	// Edited says that the cells are not those that the line was written for.
	Edited bool
}

// Reimport is a source whose table is an earlier result: its lines say what is still to
// be sent.
type Reimport interface {
	Source
	// Lines are the rows as [Source.Rows] gives them, each with its Before, which is lent
	// like the row's cells.
	Lines() iter.Seq2[Line, error]
	// Added are the columns, by their positions in the header, that people added since the
	// result was written and that nothing is made of: remarks. They are no part of a row.
	Added() []int
}

// LinesOf reads any source as lines.
func LinesOf(s Source) iter.Seq2[Line, error] {
	if r, ok := s.(Reimport); ok {
		return r.Lines()
	}
	return func(yield func(Line, error) bool) {
		for row, err := range s.Rows() {
			if !yield(Line{Row: row}, err) {
				return
			}
		}
	}
}

// Shown is the row's number as people know it: that of the table that was read first.
func (l *Line) Shown() int {
	if l.Before != nil {
		return l.Before.Num
	}
	return l.Num
}
