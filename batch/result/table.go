package result

import (
	"fmt"

	"github.com/gocarina/gocsv"
	"golang.org/x/sync/errgroup"

	"rowpost/batch"
)

const (
	chunkSize  = 128     // lines that are handed to gocsv at once
	chunkBytes = 1 << 20 // of cells, after which it is fewer: a row may have 4 MiB
)

// form is what rows are written as: CSV, or a workbook. The header is the first row.
type form interface {
	// ahead is called before rows are written, with the source's cells of some of them,
	// one row after the other. The header is not among them.
	ahead(cells []string) error
	// row writes what is ours and, behind it, what is the source's. Nothing is kept.
	row(ours, theirs []string) error
	finish() error
}

// table gathers lines while a goroutine of its own writes those before them. That ends with
// finish or stop.
type table struct {
	out      form
	columns  int // of the source
	gathered *someLines
	full     chan *someLines
	empty    chan *someLines // written, or not used yet
	writer   errgroup.Group
	count    int // lines taken
	stopped  bool
}

// someLines are lines that are handed to gocsv at once, and the source's cells of them, one
// row after the other. Err is the first of writing them and those before them.
type someLines struct {
	lines []Line
	cells []string
	bytes int // of cells
	err   error
}

func newTable(out form, header []string) (*table, error) {
	if err := gocsv.MarshalCSV([]Line{}, &linesWriter{out: out, columns: len(header), cells: header}); err != nil {
		return nil, err
	}
	t := &table{
		out: out, columns: len(header), gathered: &someLines{},
		full: make(chan *someLines), empty: make(chan *someLines, 2),
	}
	t.empty <- &someLines{}
	t.writer.Go(t.write)
	return t, nil
}

// add takes a line. Its cells are copied: they belong to the source. An error may be that
// of a line before it.
func (t *table) add(line *Line, r *batch.Result) error {
	if len(r.Row.Cells) > t.columns {
		return fmt.Errorf("row %d has %d cells for %d columns", r.Row.Num, len(r.Row.Cells), t.columns)
	}
	c := t.gathered
	c.lines = append(c.lines, *line)
	c.cells = append(c.cells, r.Row.Cells...)
	for _, cell := range r.Row.Cells {
		c.bytes += len(cell)
	}
	for range t.columns - len(r.Row.Cells) {
		c.cells = append(c.cells, "")
	}
	t.count++
	if len(c.lines) < chunkSize && c.bytes < chunkBytes {
		return nil
	}
	t.full <- c
	t.gathered = <-t.empty
	return t.gathered.err
}

// write writes lines until there are no more. After an error it only takes them.
func (t *table) write() error {
	var failed error
	for c := range t.full {
		if failed == nil {
			failed = c.write(t.out, t.columns)
		}
		clear(c.cells)
		c.lines, c.cells, c.bytes, c.err = c.lines[:0], c.cells[:0], 0, failed
		t.empty <- c
	}
	return failed
}

// finish writes all that is left.
func (t *table) finish() error {
	t.full <- t.gathered
	if err := t.stop(); err != nil {
		return err
	}
	return t.out.finish()
}

// stop waits for what is being written. It may be called again.
func (t *table) stop() error {
	if !t.stopped {
		t.stopped = true
		close(t.full)
	}
	return t.writer.Wait()
}

func (c *someLines) write(out form, columns int) error {
	if len(c.lines) == 0 {
		return nil
	}
	if err := out.ahead(c.cells); err != nil {
		return err
	}
	return gocsv.MarshalCSVWithoutHeaders(c.lines, &linesWriter{out: out, columns: columns, cells: c.cells})
}

// linesWriter is the gocsv.CSVWriter that gocsv writes some lines to: ours come from it, and
// the source's cells stand behind them.
type linesWriter struct {
	out     form
	columns int
	cells   []string // those of the lines that are still to come
	err     error
}

// Write takes the texts of one line from gocsv and adds the source's cells.
func (w *linesWriter) Write(ours []string) error {
	if w.err == nil {
		w.err = w.out.row(ours, w.cells[:w.columns])
		w.cells = w.cells[w.columns:]
	}
	return w.err
}

// Flush does nothing: gocsv calls it after each of these calls, and they are small.
func (w *linesWriter) Flush() {}

// Error gives the first error of Write.
func (w *linesWriter) Error() error { return w.err }
