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

// form is what rows are written as: CSV, or a workbook. The header is the first row.
type form interface {
	// ahead is called before rows are written, with the source's cells of some of them,
	// one row after the other. The header is not among them.
	ahead(cells []string) error
	// row writes what is ours and, behind it, what is the source's. Nothing is kept.
	row(ours, theirs []string) error
	finish() error
}

// table writes lines: ours through gocsv, the source's cells behind them. It is the
// gocsv.CSVWriter that gocsv writes to.
type table struct {
	out     form
	columns int      // of the source
	lines   []Line   // gathered
	cells   []string // theirs, one row after the other
	next    int      // the gathered line whose cells come next
	count   int      // lines taken
	err     error
}

func newTable(out form, header []string) (*table, error) {
	t := &table{out: out, columns: len(header), cells: header}
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
	err := t.out.ahead(t.cells)
	if err == nil {
		err = gocsv.MarshalCSVWithoutHeaders(t.lines, t)
	}
	t.lines, t.cells, t.next = t.lines[:0], t.cells[:0], 0
	return err
}

// finish writes all that is left.
func (t *table) finish() error {
	if err := t.spill(); err != nil {
		return err
	}
	return t.out.finish()
}

// Write takes the texts of one line from gocsv and adds the source's cells.
func (t *table) Write(ours []string) error {
	if t.err != nil {
		return t.err
	}
	at := t.next * t.columns
	t.next++
	t.err = t.out.row(ours, t.cells[at:at+t.columns])
	return t.err
}

// Flush does nothing: gocsv calls it after every chunk, and a chunk is small.
func (t *table) Flush() {}

// Error gives the first error of Write.
func (t *table) Error() error { return t.err }

// csvRows writes CSV: RFC 4180, with LF line ends.
type csvRows struct {
	out       *bufio.Writer
	delimiter byte
	marked    bool // the next row is the header of a file that begins with markedStart
	buf       []byte
}

func newCSVRows(to io.Writer, opts *Options) *csvRows {
	c := &csvRows{out: bufio.NewWriterSize(to, 64<<10), delimiter: ','}
	if opts.Delimiter != "" {
		c.delimiter = opts.Delimiter[0]
	}
	c.marked = opts.BOM
	return c
}

const byteOrderMark = "\xef\xbb\xbf"

func (c *csvRows) ahead([]string) error { return nil }

func (c *csvRows) row(ours, theirs []string) error {
	b := c.buf
	if c.marked {
		c.marked, ours = false, ours[1:]
		b = append(append(b, markedStart...), c.delimiter)
	}
	for _, text := range ours {
		b = append(c.appendCell(b, text), c.delimiter)
	}
	for _, text := range theirs {
		b = append(c.appendCell(b, text), c.delimiter)
	}
	b[len(b)-1] = '\n'
	c.buf = b[:0]
	_, err := c.out.Write(b)
	return err
}

func (c *csvRows) finish() error { return c.out.Flush() }

// appendCell quotes where RFC 4180 asks for it, and also what some readers would change:
// blanks at an end, which they trim, and \. alone, which ends the data for PostgreSQL.
func (c *csvRows) appendCell(b []byte, text string) []byte {
	if !needsQuotes(text, c.delimiter) {
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

func needsQuotes(text string, delimiter byte) bool {
	if text == "" {
		return false
	}
	if first, last := text[0], text[len(text)-1]; first <= ' ' || last <= ' ' || text == `\.` {
		return true
	}
	for i := range len(text) {
		switch text[i] {
		case delimiter, '"', '\n', '\r':
			return true
		}
	}
	return false
}
