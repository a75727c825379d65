package source

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

const bufferSize = 128 << 10

// limits bound what is read. They keep memory small whatever the file; beyond them a
// table is refused by name.
type limits struct {
	cell    int // bytes of a cell as it is written, without the quotes around it
	record  int // bytes of a record, without its line end
	columns int // cells of a record
}

// tableLimits are those of the tables that people bring.
func tableLimits() limits { return limits{cell: 1 << 20, record: 4 << 20, columns: 16384} }

// resultLimits are those of results, so that the result of any table comes back: in it
// all quotes may be doubled, the surplus of a ragged row (up to a whole record) is one
// cell, and columns stand before the table's own, one of which may hold a column's name.
func resultLimits() limits { return limits{cell: 8 << 20, record: 12 << 20, columns: 16384 + 64} }

// record is one record of the table as it is written. It is valid until the next one.
type record struct {
	raw  []byte // without the line end
	line int    // physical line where it starts
	// quoted says that a quote stands in it: the scanner's fields say where its cells are.
	// A record without one is cut at the delimiters.
	quoted bool
	bad    int  // the cell with a quote where none may stand; -1: none
	nul    bool // a NUL stands in it
}

// field is where a cell of a quoted record stands, counted from the record's start.
type field struct {
	raw        int  // where it starts as written, with its quote
	start, end int  // its text, without the quotes around it
	doubled    bool // quotes inside are doubled
}

// mark remembers the next place of a byte, so that a buffer is searched once for it
// and not once for each record.
type mark struct {
	b   byte
	at  int // the place, or how far there is none
	hit bool
}

// next gives the first place of the byte from pos on; len(buf) if there is none. It is
// small enough to be inlined: most calls are answered from memory.
func (m *mark) next(buf []byte, pos int) int {
	if m.at >= pos && (m.hit || m.at == len(buf)) {
		return m.at
	}
	return m.search(buf, pos)
}

func (m *mark) search(buf []byte, pos int) int {
	m.at = max(m.at, pos)
	if i := bytes.IndexByte(buf[m.at:], m.b); i >= 0 {
		m.at, m.hit = m.at+i, true
	} else {
		m.at, m.hit = len(buf), false
	}
	return m.at
}

// scanner cuts UTF-8 text (or text of which only ASCII is looked at) into records by
// RFC 4180, with CR alone as a line end too.
type scanner struct {
	file    string
	src     io.Reader
	most    limits
	buf     []byte
	pos     int // start of the next record in buf
	eof     bool
	line    int // physical line of pos
	delim   []byte
	special [256]bool // bytes at which a cell without quotes may end or be wrong
	lf, cr  mark
	quote   mark
	nul     mark
	header  []string // to name columns in messages; nil until it is known
	fields  []field  // of the last quoted record
	bad     int      // see record.bad
	doubled bool     // one of the fields is doubled
	scratch []byte   // for splitQuoted
	open    int      // where the quote opens that is not closed in buf; -1: none
	ends    lineEnds
}

func newScanner(file string, src io.Reader, most limits) *scanner {
	return &scanner{
		file: file, src: src, most: most, line: 1, open: -1,
		lf: mark{b: '\n'}, cr: mark{b: '\r'}, quote: mark{b: '"'}, nul: mark{b: 0},
	}
}

// separate sets what stands between two cells.
func (s *scanner) separate(delim string) {
	s.delim = []byte(delim)
	s.special = [256]bool{'"': true, '\n': true, '\r': true}
	s.special[s.delim[0]] = true
}

// next reads one record. The error is io.EOF after the last one, else an *Error.
func (s *scanner) next() (record, error) {
	for {
		rec, ok, err := s.try()
		if ok || err != nil {
			return rec, err
		}
		if err := s.fill(); err != nil {
			return rec, err
		}
	}
}

// try takes a record out of what is buffered. Neither ok nor an error: more must be read.
func (s *scanner) try() (rec record, ok bool, err error) {
	if s.eof && s.pos == len(s.buf) {
		return rec, false, io.EOF
	}
	end := min(s.lf.next(s.buf, s.pos), s.cr.next(s.buf, s.pos))
	rec = record{line: s.line, bad: -1, quoted: s.quote.next(s.buf, s.pos) < end}
	if rec.quoted {
		if end, ok, err = s.parse(); !ok || err != nil {
			return rec, false, err
		}
		rec.bad = s.bad
	}
	after, ok := s.pass(end)
	if !ok {
		return rec, false, nil
	}
	rec.raw = s.buf[s.pos:end]
	rec.nul = s.nul.next(s.buf, s.pos) < end
	if rec.quoted && s.inner(end) {
		s.line += countLines(rec.raw)
	}
	s.pos = after
	return rec, true, s.bounds(rec)
}

// inner says whether the record at pos has a line end inside. Both marks were brought
// beyond pos by try, so they still tell the first one.
func (s *scanner) inner(end int) bool { return s.lf.at < end || s.cr.at < end }

// pass steps over the line end at the given place, and counts it. Not ok: a CR is the
// last that is buffered, and what follows decides.
func (s *scanner) pass(end int) (after int, ok bool) {
	if end == len(s.buf) {
		return end, s.eof
	}
	if s.buf[end] == '\n' {
		s.ends.lf++
		s.line++
		return end + 1, true
	}
	if end+1 == len(s.buf) && !s.eof {
		return 0, false
	}
	s.line++
	if end+1 < len(s.buf) && s.buf[end+1] == '\n' {
		s.ends.crlf++
		return end + 2, true
	}
	s.ends.cr++
	return end + 1, true
}

// fill reads more behind what is buffered and not yet used.
func (s *scanner) fill() error {
	if len(s.buf)-s.pos > s.most.record+1 {
		return s.tooLong()
	}
	if s.pos > 0 {
		n := copy(s.buf, s.buf[s.pos:])
		s.buf = s.buf[:n]
		for _, m := range []*mark{&s.lf, &s.cr, &s.quote, &s.nul} {
			m.hit = m.hit && m.at >= s.pos
			m.at = max(m.at-s.pos, 0)
		}
		s.pos = 0
	}
	if cap(s.buf)-len(s.buf) < 4096 {
		s.buf = slices.Grow(s.buf, max(cap(s.buf), bufferSize))
	}
	n, err := s.src.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+n]
	switch {
	case err == io.EOF:
		s.eof = true
	case err != nil:
		return unreadable(s.file, err)
	}
	return nil
}

// peek fills the buffer and gives what stands in it from the next record on.
func (s *scanner) peek() ([]byte, error) {
	for !s.eof && len(s.buf)-s.pos < bufferSize-4096 {
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	return s.buf[s.pos:], nil
}

// skip steps over physical lines, whatever stands in them. It gives false at the
// end of the table.
func (s *scanner) skip(lines int) (bool, error) {
	for done := 0; done < lines; {
		end := min(s.lf.next(s.buf, s.pos), s.cr.next(s.buf, s.pos))
		if after, ok := s.pass(end); ok {
			if s.pos == after {
				return false, nil
			}
			s.pos = after
			done++
			continue
		}
		if end == len(s.buf) {
			s.pos = end // nobody needs the line
		}
		if err := s.fill(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// bounds refuses what is larger than the limits.
func (s *scanner) bounds(rec record) error {
	if len(rec.raw) < min(s.most.columns, s.most.cell) {
		return nil // so it has no more cells than that, and no long one
	}
	if len(rec.raw) > s.most.record {
		return s.longRecord(rec.line)
	}
	n := 0
	for size := range s.cells(rec) {
		if size > s.most.cell {
			return s.longCell(rec.line, n)
		}
		n++
	}
	if n > s.most.columns {
		return s.refuse(rec.line, -1, fmt.Sprintf("has more than %d columns", s.most.columns),
			"see whether the delimiter is right: source: delimiter in the mapping says it")
	}
	return nil
}

func (s *scanner) longRecord(line int) *Error {
	return s.refuse(line, -1, fmt.Sprintf("the record is longer than %d MiB", s.most.record>>20), quoteHint)
}

func (s *scanner) longCell(line, column int) *Error {
	return s.refuse(line, column, fmt.Sprintf("the cell is longer than %d MiB", s.most.cell>>20), quoteHint)
}

// cells gives the size of each cell of a record.
func (s *scanner) cells(rec record) func(func(int) bool) {
	return func(yield func(int) bool) {
		if rec.quoted {
			for _, f := range s.fields {
				if !yield(f.end - f.start) {
					return
				}
			}
			return
		}
		for cell := range bytes.SplitSeq(rec.raw, s.delim) {
			if !yield(len(cell)) {
				return
			}
		}
	}
}

func (s *scanner) refuse(line, column int, msg, hint string) *Error {
	e := refused(s.file, line, msg, hint)
	if column >= 0 && column < len(s.header) {
		e.Column = s.header[column]
	}
	return e
}

// countLines counts line ends: LF, CRLF, and CR alone.
func countLines(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	if cr := bytes.Count(b, []byte{'\r'}); cr > 0 {
		n += cr - bytes.Count(b, []byte("\r\n"))
	}
	return n
}
