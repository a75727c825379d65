package result

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/gocarina/gocsv"

	"rowpost/batch"
)

// chunkSize is how many lines are handed to gocsv at once.
const chunkSize = 128

// table writes lines as CSV: ours through gocsv, the source's cells behind them. It is the
// gocsv.CSVWriter that gocsv writes to.
type table struct {
	out     *bufio.Writer
	columns int      // of the source
	lines   []Line   // gathered
	cells   []string // theirs, one row after the other
	next    int      // the gathered line whose cells come next
	count   int      // lines taken
	row     []byte   // scratch
	err     error
}

func newTable(out io.Writer, header []string) (*table, error) {
	t := &table{out: bufio.NewWriterSize(out, 64<<10), columns: len(header), cells: header}
	err := gocsv.MarshalCSV([]Line{}, t) // the header only
	t.cells, t.next = nil, 0
	return t, err
}

// add takes a line. Its cells are copied: they belong to the source.
func (t *table) add(line *Line, r *batch.Result) error {
	if len(r.Row.Cells) > t.columns {
		return fmt.Errorf("row %d has %d cells for %d columns", r.Row.Num, len(r.Row.Cells), t.columns)
	}
	t.lines = append(t.lines, *line)
	t.cells = append(t.cells, r.Row.Cells...)
	for range t.columns - len(r.Row.Cells) {
		t.cells = append(t.cells, "")
	}
	t.count++
	if len(t.lines) < chunkSize {
		return nil
	}
	return t.spill()
}

// spill writes the gathered lines.
func (t *table) spill() error {
	if len(t.lines) == 0 {
		return nil
	}
	err := gocsv.MarshalCSVWithoutHeaders(t.lines, t)
	t.lines, t.cells, t.next = t.lines[:0], t.cells[:0], 0
	return err
}

// finish writes all that is left.
func (t *table) finish() error {
	if err := t.spill(); err != nil {
		return err
	}
	return t.out.Flush()
}

// Write takes the texts of one line from gocsv and adds the source's cells.
func (t *table) Write(ours []string) error {
	if t.err != nil {
		return t.err
	}
	b := t.row[:0]
	for _, text := range ours {
		b = append(appendCell(b, text), ',')
	}
	at := t.next * t.columns
	for _, cell := range t.cells[at : at+t.columns] {
		b = append(appendCell(b, cell), ',')
	}
	t.next++
	b[len(b)-1] = '\n'
	t.row = b
	_, t.err = t.out.Write(b)
	return t.err
}

// Flush does nothing: gocsv calls it after every chunk, and a chunk is small.
func (t *table) Flush() {}

// Error gives the first error of Write.
func (t *table) Error() error { return t.err }

// appendCell quotes where RFC 4180 asks for it, and also what some readers would change:
// blanks at an end, which they trim, and \. alone, which ends the data for PostgreSQL.
func appendCell(b []byte, text string) []byte {
	if !needsQuotes(text) {
		return append(b, text...)
	}
	b = append(b, '"')
	for {
		i := strings.IndexByte(text, '"')
		if i < 0 {
			break
		}
		b = append(append(b, text[:i+1]...), '"')
		text = text[i+1:]
	}
	return append(append(b, text...), '"')
}

func needsQuotes(text string) bool {
	if text == "" {
		return false
	}
	if first, last := text[0], text[len(text)-1]; first <= ' ' || last <= ' ' || text == `\.` {
		return true
	}
	for i := range len(text) {
		switch text[i] {
		case ',', '"', '\n', '\r':
			return true
		}
	}
	return false
}
