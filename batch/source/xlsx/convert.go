package xlsx

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"rowpost/mapping"
)

// conversion makes rows of a table of those of a sheet.
type conversion struct {
	*rows
	opts  Options
	info  Info
	out   *recordWriter
	last  int // sheet row of the data row, or the header, that was written last
	cells [][]byte
}

// inRow puts the row's number to a refusal.
func inRow(err error, row int) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Row == 0 {
		e.Row = row
	}
	return err
}

func (a *archive) convert(s sheet, v *values, opts Options, to io.Writer) (Info, error) {
	p, err := a.open(s.path)
	if err != nil {
		return Info{}, err
	}
	defer p.close()
	c := &conversion{
		rows: &rows{part: p, values: v}, opts: opts, info: Info{Sheet: s.name},
		out: &recordWriter{to: bufio.NewWriterSize(to, 256<<10), left: opts.MaxUnpacked},
	}
	if err := c.header(); err != nil {
		return c.info, err
	}
	if err := c.body(); err != nil {
		return c.info, err
	}
	if err := c.merged(); err != nil {
		return c.info, err
	}
	return c.info, c.out.to.Flush()
}

// header reads up to the header: the row that the mapping says, else the first with text.
func (c *conversion) header() error {
	for {
		row, err := c.rows.next()
		switch {
		case err != nil:
			return err
		case row == nil && c.opts.Header == 0:
			return refuse("see whether the export went wrong", "is empty: the sheet has not even a header")
		case row == nil || c.opts.Header > 0 && (row.number > c.opts.Header || row.number == c.opts.Header && row.blank()):
			e := refuse("correct source: header in the mapping, or leave it out", "there is no header in this row, which the mapping says")
			e.Row = c.opts.Header
			return e
		case row.number < c.opts.Header || row.blank():
			continue
		}
		if c.opts.Header == 0 {
			c.info.Blank = row.number - 1
		}
		return c.names(row)
	}
}

// names takes over the header: up to the last column with a name, or to the last cell if
// that is asked for.
func (c *conversion) names(row *row) error {
	width := 0
	for _, cell := range row.cells {
		if cell.fault != nil {
			e := refuse(cell.fault.hint, "cell %s of the header %s", cellName(cell.column, row.number), cell.fault.msg)
			e.Row = row.number
			return e
		}
		switch name := row.text(cell); {
		case c.opts.Full != "" && string(name) == c.opts.Full:
			width = row.width
		case !isBlankText(name):
			width = max(width, cell.column+1)
		}
	}
	c.info.Header = make([]string, width)
	for _, cell := range row.cells {
		if cell.column < width {
			c.info.Header[cell.column] = string(row.text(cell))
		}
	}
	c.info.HeaderRow, c.last = row.number, row.number
	c.cells = make([][]byte, width)
	return nil
}

// body writes the data rows. A row without text is no row in a table of two or more
// columns; in one of a single column it is, unless it stands behind the last with text.
func (c *conversion) body() error {
	for {
		row, err := c.rows.next()
		if err != nil || row == nil {
			return err
		}
		if row.blank() {
			continue
		}
		if gap := row.number - c.last - 1; len(c.cells) > 1 {
			c.info.Blank += gap
		} else if err := c.fillGap(gap); err != nil {
			return err
		}
		c.last = row.number
		if err := c.write(row); err != nil {
			return inRow(err, row.number)
		}
	}
}

func (c *conversion) fillGap(gap int) error {
	clear(c.cells)
	for i := range gap {
		c.info.Rows++
		if err := c.out.write(c.last+1+i, nil, c.cells); err != nil {
			return err
		}
	}
	return nil
}

// write writes a row with as many cells as the header has: missing ones are empty, and the
// last takes the surplus, between tabs, as spreadsheets copy cells.
func (c *conversion) write(row *row) error {
	clear(c.cells)
	width := len(c.cells)
	var bad, surplus *cell
	var rest []byte
	for i := range row.cells {
		cell := &row.cells[i]
		if cell.fault != nil && bad == nil {
			bad = cell
		}
		if cell.column < width {
			c.cells[cell.column] = row.text(*cell)
			continue
		}
		if surplus = cell; rest == nil {
			rest = slices.Clone(c.cells[width-1])
		}
		rest = append(append(rest, '\t'), row.text(*cell)...)
	}
	if rest != nil {
		c.cells[width-1] = rest
	}
	c.info.Rows++
	if row.hidden {
		c.info.Hidden++
	}
	return c.out.write(row.number, c.fault(row, bad, surplus), c.cells)
}

// fault says why the row as a whole is invalid, and counts it.
func (c *conversion) fault(row *row, bad, surplus *cell) *mapping.CellError {
	switch {
	case surplus != nil:
		c.info.Ragged++
		return &mapping.CellError{
			Line: row.number, Code: mapping.CodeRagged,
			Msg:  fmt.Sprintf("the row has %d cells, the header %d", surplus.column+1, len(c.cells)),
			Hint: "give each column a name in the header, or empty the cells beside the table",
		}
	case bad == nil:
		return nil
	case bad.fault.code == mapping.CodeBadEncoding:
		c.info.BadEncoding++
	default:
		c.info.BadCell++
	}
	return &mapping.CellError{
		Line: row.number, Column: c.info.Header[bad.column], Code: bad.fault.code,
		Msg: fmt.Sprintf("cell %s %s", cellName(bad.column, row.number), bad.fault.msg), Hint: bad.fault.hint,
	}
}

// merged refuses merged cells among the data: of all but the first of them nobody can say
// whether they are meant to be empty. They stand behind the rows in the file.
func (c *conversion) merged() error {
	for {
		t, err := c.part.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if t != startTag || !c.is("mergeCell") {
			continue
		}
		from, to, isRange := bytes.Cut(c.attr("ref"), []byte{':'})
		left, top, ok := place(from)
		_, bottom, ok2 := place(to)
		if !isRange || !ok || !ok2 {
			return damaged(c.part.name, "a range of merged cells has no place")
		}
		if left < len(c.cells) && bottom > c.info.HeaderRow && top <= c.last && string(from) != string(to) {
			e := refuse("split them and fill each cell, or export the table as CSV (UTF-8)", "has merged cells among the data: %s:%s", cellName(left, top), to)
			e.Row = max(top, c.info.HeaderRow+1)
			return e
		}
	}
}

// blank says whether a row holds nothing but blanks.
func (r *row) blank() bool {
	return !slices.ContainsFunc(r.cells, func(c cell) bool {
		return c.fault != nil || !isBlankText(r.text(c))
	})
}

// isBlankText says whether a text is none, or consists of blanks.
func isBlankText(b []byte) bool { return len(bytes.Trim(b, " \t")) == 0 }
