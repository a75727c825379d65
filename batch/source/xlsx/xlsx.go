// Package xlsx reads a sheet of an Excel workbook (Office Open XML, .xlsx and .xlsm) as a
// table, and refuses by name what cannot be read without guessing.
//
// [Convert] reads a sheet once, in memory that the workbook's size does not change, and
// writes its rows in a form of our own, from which a [Reader] gives them any number of times.
//
// A cell's text is what a person sees in it, in full: texts as they are; numbers in plain
// digits, at most 15 of them significant, as spreadsheets keep them; dates by the cell's
// number format as 2026-11-22 or 2026-11-22T13:45:00, times as 13:45:00; truth values as
// TRUE and FALSE; formulas by the result that was saved with them. What has no such text
// makes its row invalid, by the cell's name.
package xlsx

import (
	"errors"
	"fmt"
	"io"
)

// Limits of a workbook. A real one is far below them; beyond them it is refused by name.
const (
	maxCell    = 1 << 20  // bytes of a cell's text; spreadsheets allow 32,767 characters
	maxRecord  = 16 << 20 // bytes of a row's texts
	maxColumns = 16384    // the format's own
	maxRows    = 1 << 20  // the format's own
	maxParts   = 20_000   // files in the archive
	maxStyles  = 1 << 17
)

// Options say what to read.
type Options struct {
	// Sheet is a sheet's name, or its number among the visible ones, from 1. Empty: the
	// only visible one with data.
	Sheet string
	// Prefer names a visible sheet that is taken, if it is there, when Sheet is empty.
	Prefer string
	// Full is a column's name: a header that has it has a column for each cell that stands in
	// it, also behind the last with text.
	Full string
	// Header is the sheet row of the header, from 1; 0: the first row with text.
	Header int
	// TempDir is where texts are kept while the sheet is converted; empty: the system's.
	TempDir string
	// MaxUnpacked bounds the bytes of all parts that are read together, and what is
	// written; MaxRatio how often larger than packed a part of more than 64 MiB may be.
	// 0: 16 GiB, and 200.
	MaxUnpacked int64
	MaxRatio    int64
}

func (o Options) withDefaults() Options {
	if o.MaxUnpacked == 0 {
		o.MaxUnpacked = 16 << 30
	}
	if o.MaxRatio == 0 {
		o.MaxRatio = 200
	}
	return o
}

// Info is what a conversion found out.
type Info struct {
	Sheet     string   // the sheet's name
	Header    []string // the columns' names; some may be empty or equal
	HeaderRow int      // sheet row of the header, from 1
	Rows      int      // data rows, faulty ones included
	Blank     int      // sheet rows before the last data row that hold nothing but blanks, and are no rows
	Hidden    int      // of the data rows, those that the sheet does not show
	// Of the rows, those that are invalid as a whole, by the first reason that holds.
	BadCell, Ragged, BadEncoding int
}

// Error says why a workbook is refused. Other errors of this package are the system's.
type Error struct {
	Row  int    // sheet row from 1; 0 if it is no row's matter
	Msg  string // what is wrong, in words: lower case, no full stop
	Hint string // what to do about it; may be empty
}

// Error gives the row, if it is known, and the reason.
func (e *Error) Error() string {
	if e.Row > 0 {
		return fmt.Sprintf("row %d: %s", e.Row, e.Msg)
	}
	return e.Msg
}

func refuse(hint, format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

const saveHint = "open it in a spreadsheet program and save it anew as .xlsx, or export the table as CSV (UTF-8)"

// damaged is for what no spreadsheet program writes.
func damaged(part, reason string) *Error {
	return refuse(saveHint, "is a damaged workbook: %s: %s", part, reason)
}

// Convert reads the table of one sheet and writes its rows for [NewReader]. An error is an
// *[Error] if the workbook is refused, else the system's.
func Convert(r io.ReaderAt, size int64, opts Options, to io.Writer) (Info, error) {
	opts = opts.withDefaults()
	a, err := openArchive(r, size, opts)
	if err != nil {
		return Info{}, err
	}
	book, err := a.workbook()
	if err != nil {
		return Info{}, err
	}
	formats, err := a.formats(book.styles)
	if err != nil {
		return Info{}, err
	}
	texts, err := a.texts(book.strings, opts.TempDir)
	if err != nil {
		return Info{}, err
	}
	at, err := a.choose(book, opts)
	var info Info
	if err == nil {
		cells := &values{formats: formats, texts: texts, date1904: book.date1904}
		info, err = a.convert(book.sheets[at], cells, opts, to)
	}
	return info, errors.Join(err, texts.close())
}
