package result

import (
	"fmt"
	"slices"
	"strings"

	"rowpost/mapping"
)

// layout is where in a table our columns stand, and where the source's. Spreadsheets
// let people move and remove columns.
type layout struct {
	row, line, request, status, code, check int // always there
	http, message, column, remote           int // -1: not there
	cells                                   []int
	// together says that the source's columns stand side by side, so that nothing is copied.
	together bool
}

// hasOurs says whether a header has a column with a name that is one of ours.
func hasOurs(header []string) bool {
	ours := Columns()
	return slices.ContainsFunc(header, func(name string) bool { return slices.Contains(ours, name) })
}

// layoutOf finds our columns by their names. The error is an *[Error].
func layoutOf(header []string) (layout, error) {
	at := map[string]int{}
	for _, name := range Columns() {
		at[name] = -1
	}
	var l layout
	for i, name := range header {
		switch seen, ours := at[name]; {
		case !ours:
			l.cells = append(l.cells, i)
		case seen >= 0:
			return l, refused(fmt.Sprintf("the column %s stands in it twice", name), "remove one of them")
		default:
			at[name] = i
		}
	}
	var missing []string
	for _, name := range []string{"rp_row", "rp_line", "rp_request", "rp_status", "rp_error_code", "rp_check"} {
		if at[name] < 0 {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return l, refused("has columns of a result, but not "+strings.Join(missing, ", "),
			"take the result as it was written; or, to send every line as a new row, remove all columns that begin with rp_")
	}
	l.row, l.line, l.request, l.status = at["rp_row"], at["rp_line"], at["rp_request"], at["rp_status"]
	l.code, l.check, l.http, l.message = at["rp_error_code"], at["rp_check"], at["rp_http_status"], at["rp_error"]
	l.column, l.remote = at["rp_column"], at["rp_remote_id"]
	l.together = len(l.cells) > 0 && l.cells[len(l.cells)-1]-l.cells[0] == len(l.cells)-1
	return l, nil
}

func refused(msg, hint string) *Error { return &Error{Msg: msg, Hint: hint, Refused: true} }

// header gives the names of the source's columns.
func (l *layout) header(all []string) []string {
	var out []string
	for _, i := range l.cells {
		out = append(out, all[i])
	}
	return out
}

// source gives the source's cells of a row, in the slice if they must be gathered.
func (l *layout) source(row, space []string) []string {
	if l.together {
		return row[l.cells[0] : l.cells[len(l.cells)-1]+1]
	}
	space = space[:0]
	for _, i := range l.cells {
		space = append(space, row[i])
	}
	return space
}

// optional gives the text of a column that may be missing.
func optional(row []string, column int) string {
	if column < 0 {
		return ""
	}
	return row[column]
}

// badCell is the fault of a line one of whose cells of ours cannot be read.
func badCell(line int, column, msg, hint string) *mapping.CellError {
	return &mapping.CellError{Line: line, Column: column, Code: mapping.CodeBadValue, Msg: msg, Hint: hint}
}
