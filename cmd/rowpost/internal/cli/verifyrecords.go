package cli

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"rowpost/batch/source"
	"rowpost/mapping"
)

// resultRecords are the records of a result, the header first.
type resultRecords interface {
	// Read gives the next record; the error is io.EOF behind the last.
	Read() ([]string, error)
	// line is the physical line, or the sheet row, where the record begins.
	line() int
	close()
}

// openRecords finds out what a result is written as: CSV, or a workbook.
func openRecords(in io.Reader) (resultRecords, error) {
	text := bufio.NewReaderSize(in, 64<<10)
	head, _ := text.Peek(4) // what cannot be read is said by the first reading
	if f, ok := in.(*os.File); ok && bytes.HasPrefix(head, []byte("PK")) {
		return openBookRecords(f.Name())
	}
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		_, _ = text.Discard(len("\ufeff")) // it was just seen
	}
	r := &csvRecords{csv.NewReader(&verbatim{in: text})}
	head, _ = text.Peek(len(`"rp_row";`))
	if behind := bytes.TrimPrefix(bytes.Trim(head, `"`), []byte("rp_row")); len(behind) < len(head) {
		if behind = bytes.TrimLeft(behind, `"`); len(behind) > 0 && strings.IndexByte(";\t|", behind[0]) >= 0 {
			r.Comma = rune(behind[0])
		}
	}
	return r, nil
}

// bookRecords are those of a workbook.
type bookRecords struct {
	table  *source.Table
	header []string // nil: it was given
	next   func() (mapping.Row, error, bool)
	stop   func()
	at     int
}

func openBookRecords(path string) (*bookRecords, error) {
	table, err := source.OpenResult(path, mapping.SourceOptions{})
	if err != nil {
		return nil, err
	}
	r := &bookRecords{table: table, header: table.Header(), at: table.Facts().HeaderLine}
	r.next, r.stop = iter.Pull2(table.Rows())
	return r, nil
}

func (r *bookRecords) Read() ([]string, error) {
	if header := r.header; header != nil {
		r.header = nil
		return header, nil
	}
	row, err, more := r.next()
	if !more {
		return nil, io.EOF
	}
	r.at = row.Line
	return slices.Clone(row.Cells), err
}

func (r *bookRecords) line() int { return r.at }

func (r *bookRecords) close() {
	r.stop()
	_ = r.table.Close() // it was only read
}

// csvRecords are those of a CSV file.
type csvRecords struct{ *csv.Reader }

func (r *csvRecords) Read() ([]string, error) {
	record, err := r.Reader.Read()
	for i := range record {
		record[i] = plainAgain(record[i])
	}
	return record, err
}

func (r *csvRecords) line() int {
	at, _ := r.FieldPos(0)
	return at
}

func (r *csvRecords) close() {}

// verbatim hides carriage returns from encoding/csv, which would drop those before a line
// feed: in a result they can only be part of a cell. \r becomes 0xFE 'r', and 0xFE
// becomes 0xFE 0xFE; neither is a quote, a comma or a line break.
type verbatim struct {
	in   io.ByteReader
	rest byte // the second byte of a pair; 0: none
}

const verbatimMark = 0xFE

func (v *verbatim) Read(p []byte) (int, error) {
	n := 0
	for ; n < len(p); n++ {
		if v.rest != 0 {
			p[n], v.rest = v.rest, 0
			continue
		}
		b, err := v.in.ReadByte()
		if err != nil {
			return n, err
		}
		switch b {
		case '\r':
			b, v.rest = verbatimMark, 'r'
		case verbatimMark:
			v.rest = verbatimMark
		}
		p[n] = b
	}
	return n, nil
}

// plainAgain undoes what verbatim did.
func plainAgain(text string) string {
	if !containsMark(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != verbatimMark || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		i++
		if text[i] == 'r' {
			out = append(out, '\r')
		} else {
			out = append(out, text[i])
		}
	}
	return string(out)
}

func containsMark(text string) bool {
	for i := range len(text) {
		if text[i] == verbatimMark {
			return true
		}
	}
	return false
}
