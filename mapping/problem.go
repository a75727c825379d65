package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a mapping file, or with the file and a
// table's header held against each other. It is written for the person who wrote the
// mapping and holds no cell of the table.
type Problem struct {
	File      string
	Line, Col int    // from 1, columns in characters; 0: the file as a whole
	Msg       string // lower case, no full stop
	Hint      string // what to do about it; may be empty
}

// String is the form of the program's messages: map.yaml:12:7: unknown key "colour".
// The hint is not part of it.
func (p Problem) String() string {
	switch {
	case p.Line <= 0:
		return p.File + ": " + p.Msg
	case p.Col <= 0:
		return p.File + ":" + strconv.Itoa(p.Line) + ": " + p.Msg
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col) + ": " + p.Msg
}

// BindError holds all problems of a mapping, or of another file that a person wrote, at
// once, ordered by their position. [Parse], [Mapping.Bind] and [Strict.Err] return no
// other kind of error.
type BindError struct {
	Problems []Problem
	Missing  []string // the columns that the mapping names and the table's header has not
}

// Error gives one problem a line, without the hints.
func (e *BindError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// pos is a place in the mapping file. Both count from 1; the zero value is the file as a whole.
type pos struct{ line, col int }

// maxProblems keeps a hostile file from making a report that nobody can read.
const maxProblems = 100

// problems collects what is wrong with one file.
type problems struct {
	file    string
	list    []Problem
	missing []string
}

// add notes a problem. An empty hint is none.
func (p *problems) add(at pos, hint, format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	p.list = append(p.list, Problem{File: p.file, Line: at.line, Col: at.col, Msg: msg, Hint: hint})
}

// said tells whether a problem was noted at this place.
func (p *problems) said(at pos) bool {
	return slices.ContainsFunc(p.list, func(q Problem) bool { return q.Line == at.line && q.Col == at.col })
}

// err is nil if nothing was noted.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	list := slices.Compact(p.list)
	if more := len(list) - maxProblems; more > 0 {
		list = append(slices.Clip(list[:maxProblems]),
			Problem{File: p.file, Msg: fmt.Sprintf("and %d more problems", more)})
	}
	return &BindError{Problems: list, Missing: p.missing}
}
