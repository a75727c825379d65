package source

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// delimiterHint goes with all that can be wrong with a delimiter.
const delimiterHint = `say it in the mapping, for instance source: delimiter: ";"`

// saidDelimiter checks what the mapping says: one character that no cell needs for itself.
func saidDelimiter(file, said string) (string, error) {
	if said == "tab" || said == `\t` {
		return "\t", nil
	}
	r, size := utf8.DecodeRuneInString(said)
	if size != len(said) || r == utf8.RuneError || strings.ContainsRune("\"\r\n\x00", r) {
		return "", refused(file, 0, "the delimiter in the mapping is not one character that can stand between cells",
			`use , ; tab | or another single character`)
	}
	return said, nil
}

// sepLine reads the line sep=; that spreadsheets put before the header.
func sepLine(text []byte) (delim string, ok bool) {
	line := text
	if i := bytes.IndexAny(text[:min(len(text), 16)], "\r\n"); i >= 0 {
		line = text[:i]
	}
	if len(line) >= 2 && line[0] == '"' && line[len(line)-1] == '"' {
		line = line[1 : len(line)-1]
	}
	if len(line) < 5 || !strings.EqualFold(string(line[:4]), "sep=") {
		return "", false
	}
	r, size := utf8.DecodeRune(line[4:])
	if size != len(line)-4 || r == utf8.RuneError || r == '"' {
		return "", false
	}
	return string(r), true
}

// reading is how a table's first records look when they are cut at one delimiter.
type reading struct {
	delim    string
	columns  int // of the first record
	records  int
	matching int // records with as many cells as the first, all of them well quoted
}

// better says whether more records fit, or as many and they have more columns.
func (r reading) better(o reading) bool {
	if d := r.matching*o.records - o.matching*r.records; d != 0 {
		return d > 0
	}
	return r.columns > o.columns
}

func (r reading) fits() bool { return r.matching == r.records }

// tryDelimiter cuts the table's first records at a delimiter. The last of them is looked at only
// if the text ends there, or if there is no other.
func tryDelimiter(text []byte, whole bool, delim string) reading {
	const enough = 200
	s := newScanner("", nil, tableLimits())
	s.buf, s.eof = text, whole
	s.separate(delim)
	r := reading{delim: delim}
	for r.records < enough {
		rec, ok, err := s.try()
		if err == nil && !ok && r.records == 0 && !s.eof {
			s.eof = true
			continue
		}
		if err != nil || !ok {
			break
		}
		if blank(rec.raw, s.delim) {
			continue
		}
		n := s.count(rec)
		if r.records == 0 {
			r.columns = n
		}
		r.records++
		if n == r.columns && rec.bad < 0 {
			r.matching++
		}
	}
	return r
}

// detectDelimiter chooses the delimiter at which the first records fall into equally
// many cells. Two that do so equally well are one too many.
func detectDelimiter(file string, line int, text []byte, whole bool) (string, From, error) {
	var best, second reading
	for _, delim := range []string{",", ";", "\t", "|"} {
		r := tryDelimiter(text, whole, delim)
		switch {
		case r.columns < 2:
		case best.columns == 0 || r.better(best):
			best, second = r, best
		case second.columns == 0 || r.better(second):
			second = r
		}
	}
	switch {
	case best.columns == 0:
		return ",", Assumed, nil // one column
	case second.columns > 0 && !best.better(second):
		return "", "", refused(file, line,
			fmt.Sprintf("the delimiter may be %q as well as %q", best.delim, second.delim), delimiterHint)
	case best.fits() && !second.fits() || best.fits() && second.columns == 0:
		return best.delim, Detected, nil
	}
	return best.delim, Likely, nil
}

// blank says whether a line has no text but delimiters and blanks.
func blank(raw, delim []byte) bool {
	for i := 0; i < len(raw); {
		switch {
		case raw[i] == ' ' || raw[i] == '\t':
			i++
		case bytes.HasPrefix(raw[i:], delim):
			i += len(delim)
		default:
			return false
		}
	}
	return true
}

// count gives the number of a record's cells.
func (s *scanner) count(rec record) int {
	if rec.quoted {
		return len(s.fields)
	}
	return bytes.Count(rec.raw, s.delim) + 1
}
