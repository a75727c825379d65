// Package mapping turns the rows of a table into the records of requests, by
// the rules that a person wrote in a mapping file.
//
// It is a leaf: it knows neither providers nor the network. A file is read by
// [Parse], held against a table's header and the operations' schemas by
// [Mapping.Bind], and applied to rows by an [Evaluator].
package mapping

import (
	"fmt"
	"strings"
)

// Row is one data row of a table.
type Row struct {
	// Num counts the data rows from 1. It is the row's identity in a run.
	Num int
	// Line is the physical line (CSV) or the sheet row (XLSX) where the row
	// starts, from 1.
	Line int
	// Cells holds one text for each column of the header, as it stood in the
	// table. A row that was too short is filled up with empty cells; the surplus
	// of one that was too long stands in its last cell, as it was written. In both
	// cases Fault says so. The slice belongs to the source: whoever keeps it
	// beyond the iteration copies it (the strings themselves may be kept).
	Cells []string
	// Fault, if not nil, is why the row as a whole cannot be sent.
	Fault *CellError
}

// Codes of a [CellError]. They are written to the result file.
const (
	CodeRequired     = "required"      // a required value is empty
	CodeBadValue     = "bad_value"     // a transform or an expression cannot take the value
	CodeBadFormat    = "bad_format"    // not of the shape that the field wants
	CodeNotAllowed   = "not_allowed"   // not one of the field's values
	CodeTooLong      = "too_long"      // longer than the field takes
	CodeNoMatch      = "no_match"      // not in the lookup table
	CodeReserved     = "reserved"      // a text that the provider would read as a command
	CodeMissingGroup = "missing_group" // none of the fields of which one is needed
	CodeConflict     = "conflict"      // more than one of the fields of which only one may be sent
	CodeRagged       = "ragged_row"    // more or fewer cells than the header
	CodeBadQuote     = "bad_quote"     // a quote where none may stand
	CodeBadEncoding  = "bad_encoding"  // bytes that are no text in the table's encoding
	CodeBadCell      = "bad_cell"      // a workbook's cell without a value: an error, a formula without a result ...
)

// CellError says why a row, or one request of it, is invalid. It never holds a
// cell's content: that may be a person's data.
type CellError struct {
	Line   int    // as [Row.Line]; 0 if unknown
	Column string // the source column at fault; empty if it is none or several
	Field  string // the provider's field at fault; empty if it is none or several
	Code   string // one of the Code constants
	Msg    string // what is wrong, in words: lower case, no full stop
	Hint   string // what to do about it; may be empty
}

// Error gives line, column and field, as far as they are known, and the reason.
func (e *CellError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d, ", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, "column %q, ", e.Column)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, "field %s, ", e.Field)
	}
	where := strings.TrimSuffix(b.String(), ", ")
	if where == "" {
		return e.Msg
	}
	return where + ": " + e.Msg
}
