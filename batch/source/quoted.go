package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const quoteHint = "see whether a quote before it is not closed"

// parse finds the cells of the record at pos, which has quotes, and its end. Not ok:
// more must be read.
func (s *scanner) parse() (end int, ok bool, err error) {
	s.fields, s.bad, s.open, s.doubled = s.fields[:0], -1, -1, false
	for at := s.pos; ; at = end + len(s.delim) {
		f, simple := s.simple(at)
		if end = f.end + 1; !simple {
			f, end, ok, err = s.field(at)
		}
		if !simple && (!ok || err != nil) {
			return end, false, err
		}
		s.fields = append(s.fields, field{f.raw - s.pos, f.start - s.pos, f.end - s.pos, f.doubled})
		if end == len(s.buf) || s.buf[end] == '\n' || s.buf[end] == '\r' {
			return end, true, nil
		}
	}
}

// simple takes a quoted cell without quotes inside, followed by a byte that ends it: so
// are almost all, and this is several times faster than the whole rule in field.
func (s *scanner) simple(at int) (f field, ok bool) {
	if at >= len(s.buf) || s.buf[at] != '"' {
		return f, false
	}
	n := bytes.IndexByte(s.buf[at+1:], '"')
	after := at + n + 2
	if n < 0 || after >= len(s.buf) {
		return f, false
	}
	if c := s.buf[after]; c == '\n' || c == '\r' || c == s.delim[0] && len(s.delim) == 1 {
		return field{raw: at, start: at + 1, end: after - 1}, true
	}
	return f, false
}

// field finds the end of the cell that starts at the given place: the place of a
// delimiter, of a line end, or the end of the table.
func (s *scanner) field(at int) (f field, end int, ok bool, err error) {
	f = field{raw: at, start: at}
	from := at
	if at < len(s.buf) && s.buf[at] == '"' {
		closed, doubled, ok := s.closing(at)
		if !ok {
			return f, 0, false, s.unclosed(at)
		}
		if ends, known := s.endsCell(closed + 1); ends || !known {
			f.start, f.end, f.doubled = at+1, closed, doubled
			s.doubled = s.doubled || doubled
			return f, closed + 1, known, nil
		}
		if n := countLines(s.buf[at:closed]); n > 0 {
			return f, 0, false, s.brokenQuote(at, n)
		}
		s.misplaced()
		from = closed + 1
	}
	end, ok = s.bare(from)
	f.end = end
	return f, end, ok, nil
}

// closing finds the quote that closes the one at the given place.
func (s *scanner) closing(at int) (closed int, doubled, ok bool) {
	for i := at + 1; ; {
		j := bytes.IndexByte(s.buf[i:], '"')
		if j < 0 {
			return 0, doubled, false
		}
		i += j + 1
		switch {
		case i == len(s.buf):
			return i - 1, doubled, s.eof
		case s.buf[i] != '"':
			return i - 1, doubled, true
		}
		doubled = true
		i++
	}
}

// endsCell says whether a cell ends at the given place. Not known: more must be read.
func (s *scanner) endsCell(i int) (ends, known bool) {
	switch {
	case i == len(s.buf):
		return s.eof, s.eof
	case s.buf[i] == '\n' || s.buf[i] == '\r' || bytes.HasPrefix(s.buf[i:], s.delim):
		return true, true
	}
	cut := !s.eof && len(s.buf)-i < len(s.delim) && bytes.HasPrefix(s.delim, s.buf[i:])
	return false, !cut
}

// bare finds the end of a cell that is not quoted, or no longer.
func (s *scanner) bare(i int) (end int, ok bool) {
	for {
		for i < len(s.buf) && !s.special[s.buf[i]] {
			i++
		}
		if ends, known := s.endsCell(i); ends || !known {
			return i, known
		}
		if s.buf[i] == '"' {
			s.misplaced()
		}
		i++
	}
}

// misplaced notes that the cell under way has a quote where none may stand.
func (s *scanner) misplaced() {
	if s.bad < 0 {
		s.bad = len(s.fields)
	}
}

// unclosed notes where a quote opens that is not closed in what is buffered; at the
// end of the table that is an error.
func (s *scanner) unclosed(at int) error {
	s.open = at
	if !s.eof {
		return nil
	}
	return s.refuse(s.lineOf(at), len(s.fields), "a quote opens here and is never closed",
		"close it, or double it if it is part of the text")
}

// brokenQuote refuses a quote that spans lines and is followed by text: where the rows
// begin and end is then anybody's guess.
func (s *scanner) brokenQuote(at, lines int) error {
	line := s.lineOf(at)
	return s.refuse(line, len(s.fields),
		fmt.Sprintf("a quote opens here, and where it closes, on line %d, the cell does not end", line+lines),
		"close it where its cell ends, and double the quotes inside")
}

// lineOf gives the physical line of a place in the record at pos.
func (s *scanner) lineOf(at int) int { return s.line + countLines(s.buf[s.pos:at]) }

// tooLong says why no record ends within the limit. It reads on to tell a quote that
// is never closed from a cell that is too long, keeping nothing of what it reads.
func (s *scanner) tooLong() error {
	if s.open < 0 {
		return s.longRecord(s.line)
	}
	line, column := s.lineOf(s.open), len(s.fields)
	closed, err := s.closesLater()
	switch {
	case err != nil:
		return unreadable(s.file, err)
	case closed:
		return s.longCell(line, column)
	}
	return s.refuse(line, column, "a quote opens here and is never closed",
		"close it, or double it if it is part of the text")
}

// closesLater says whether the rest of the table closes the quote at s.open.
func (s *scanner) closesLater() (bool, error) {
	chunk, quotes := s.buf[s.open+1:], 0 // quotes: in a row up to the chunk's start
	for {
		for len(chunk) > 0 {
			if chunk[0] == '"' {
				quotes++
				chunk = chunk[1:]
				continue
			}
			if quotes%2 == 1 {
				return true, nil
			}
			quotes = 0
			i := bytes.IndexByte(chunk, '"')
			if i < 0 {
				break
			}
			chunk = chunk[i:]
		}
		n, err := s.src.Read(s.buf[:cap(s.buf)])
		chunk = s.buf[:n]
		if errors.Is(err, io.EOF) && n == 0 {
			return quotes%2 == 1, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
	}
}
