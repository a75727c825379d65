package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"rowpost/mapping"
)

const badQuoteHint = "put quotes around the whole cell, and double those inside it"

// rowReader makes rows of a table's records.
type rowReader struct {
	*scanner
	total    int
	encoding string
	num      int
	cells    []string
}

// rowReader stands before the first data row.
func (t *Table) rowReader(r io.Reader) (*rowReader, error) {
	text, err := t.encoding.text(t.name, r)
	if err != nil {
		return nil, err
	}
	s := newScanner(t.name, text, t.most)
	s.separate(t.facts.Delimiter)
	s.header = t.header
	if _, err := s.skip(t.facts.HeaderLine - 1); err != nil {
		return nil, err
	}
	if _, err := s.next(); err != nil && err != io.EOF {
		return nil, err
	}
	return &rowReader{scanner: s, total: t.facts.Rows, encoding: t.encoding.name}, nil
}

// next gives a row; the error is io.EOF after the last. In a table of one column a line
// without text is a row, unless it stands behind the last that has text: the first
// reading has counted them.
func (r *rowReader) next() (mapping.Row, error) {
	for {
		rec, err := r.scanner.next()
		if err != nil {
			return mapping.Row{}, err
		}
		if (len(r.header) > 1 || r.num >= r.total) && blank(rec.raw, r.delim) {
			continue
		}
		r.num++
		row := mapping.Row{Num: r.num, Line: rec.line}
		var n int
		r.cells, n = r.split(rec, r.cells, len(r.header))
		if row.Cells = r.cells; n != len(r.header) || rec.bad >= 0 || rec.nul || !ascii(rec.raw) {
			row.Fault = r.fault(rec, n)
		}
		return row, nil
	}
}

// fault says why the row as a whole is invalid; n is the number of cells that it has.
func (r *rowReader) fault(rec record, n int) *mapping.CellError {
	switch {
	case rec.bad >= 0:
		return &mapping.CellError{
			Line: rec.line, Column: r.column(rec.bad), Code: mapping.CodeBadQuote,
			Msg: "a quote stands where none may", Hint: badQuoteHint,
		}
	case n != len(r.header):
		return &mapping.CellError{
			Line: rec.line, Code: mapping.CodeRagged,
			Msg:  fmt.Sprintf("the row has %d cells, the header %d", n, len(r.header)),
			Hint: "a cell that holds the delimiter needs quotes around it; one that is empty needs its delimiter",
		}
	case rec.nul:
		i := slices.IndexFunc(r.cells, func(c string) bool { return strings.IndexByte(c, 0) >= 0 })
		return &mapping.CellError{
			Line: rec.line, Column: r.column(i), Code: mapping.CodeBadEncoding,
			Msg: "a NUL character, which is no text", Hint: "remove it",
		}
	case !utf8.Valid(rec.raw):
		i := slices.IndexFunc(r.cells, func(c string) bool { return !utf8.ValidString(c) })
		return &mapping.CellError{
			Line: rec.line, Column: r.column(i), Code: mapping.CodeBadEncoding,
			Msg: "bytes that are no text in " + r.encoding, Hint: "correct them; or if all of the table is in another encoding, " + encodingHint,
		}
	}
	return nil
}

// column names a cell's column; the surplus of a long row has none.
func (r *rowReader) column(i int) string {
	if i < 0 || i >= len(r.header) {
		return ""
	}
	return r.header[i]
}

// split gives the texts of a record's cells, exactly columns of them, in the slice if it
// is large enough: missing ones are empty, and the last takes the surplus as it is written.
// All share one string. It also says how many cells the record has.
func (s *scanner) split(rec record, cells []string, columns int) (all []string, n int) {
	cells = slices.Grow(cells[:0], columns)[:columns]
	switch {
	case rec.quoted:
		n = len(s.fields)
		s.splitQuoted(rec, cells)
	case len(s.delim) > 1:
		n = bytes.Count(rec.raw, s.delim) + 1
		copy(cells, strings.SplitN(string(rec.raw), string(s.delim), columns))
	default:
		n = splitPlain(rec.raw, s.delim[0], cells)
	}
	if n < columns {
		clear(cells[n:])
	}
	return cells, n
}

// splitPlain cuts at each delimiter and says how many cells that makes. It looks at eight
// bytes at a time: this is the inner loop of every reading.
func splitPlain(raw []byte, delim byte, cells []string) int {
	text, start, n, i := string(raw), 0, 0, 0
	last := len(cells) - 1
	pattern := ones * uint64(delim)
	for ; i+8 <= len(raw); i += 8 {
		hits := zeroBytes(binary.LittleEndian.Uint64(raw[i:i+8]) ^ pattern)
		for hits != 0 {
			at := i + bits.TrailingZeros64(hits)/8
			hits &= hits - 1
			if n < last {
				cells[n] = text[start:at]
				start = at + 1
			}
			n++
		}
	}
	for ; i < len(raw); i++ {
		if raw[i] != delim {
			continue
		}
		if n < last {
			cells[n] = text[start:i]
			start = i + 1
		}
		n++
	}
	cells[min(n, last)] = text[start:]
	return n + 1
}

const ones = 0x0101010101010101

// zeroBytes sets the highest bit of each byte that is zero, and no other bit.
func zeroBytes(x uint64) uint64 {
	const low = 0x7f * ones
	return ^((x&low + low) | x | low)
}

func (s *scanner) splitQuoted(rec record, cells []string) {
	if len(s.fields) > len(cells) {
		last := &s.fields[len(cells)-1]
		*last = field{raw: last.raw, start: last.raw, end: len(rec.raw)}
		s.fields = s.fields[:len(cells)]
	}
	text := rec.raw
	if s.doubled {
		text = s.undouble(rec.raw)
	}
	all := string(text)
	for i, f := range s.fields {
		cells[i] = all[f.start:f.end]
	}
}

// undouble writes the cells' texts one after the other with single quotes, and sets
// the fields to where they stand in it.
func (s *scanner) undouble(raw []byte) []byte {
	out := s.scratch[:0]
	for i := range s.fields {
		f := &s.fields[i]
		start := len(out)
		cell := raw[f.start:f.end]
		for f.doubled {
			q := bytes.IndexByte(cell, '"')
			if q < 0 {
				break
			}
			out = append(out, cell[:q+1]...)
			cell = cell[q+2:]
		}
		out = append(out, cell...)
		f.start, f.end = start, len(out)
	}
	s.scratch = out
	return out
}
