package cli

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"rowpost/batch"
)

// What stands here is written against the description of the result file, and shares
// nothing with what writes it.

// resultColumns are the columns that stand before those of the source.
func resultColumns() []string {
	return []string{
		"rp_row", "rp_line", "rp_request", "rp_provider", "rp_status", "rp_http_status", "rp_error_code", "rp_error",
		"rp_column", "rp_attempts", "rp_sent_at", "rp_duration_ms", "rp_remote_id", "rp_check",
	}
}

// shownLine is a line of a result file as it reads.
type shownLine struct {
	at        int // line of the file
	row, line int
	request   string
	provider  string
	status    batch.Status
	http      int // 0: none
	texts     entryTexts
	attempts  int
	sentAt    time.Time // zero: none
	duration  int       // milliseconds; -1: none
	check     string
	cells     []string
	bad       string // the column that is not of its form; empty: none
}

// entryTexts are what a provider, or this program, said of a request.
type entryTexts struct{ code, message, remoteID string }

// resultReader reads the lines of a result with some look ahead. Its errors end it.
type resultReader struct {
	in      resultRecords
	columns int
	ahead   []*shownLine
	err     error // io.EOF at the end
}

var errNoResult = errors.New("is no result file: its header does not begin with the rp_ columns")

// newResultReader reads the header and gives the source's columns. Whoever calls it closes
// the reader.
func newResultReader(in io.Reader) (r *resultReader, header []string, err error) {
	r = &resultReader{columns: len(resultColumns())}
	if r.in, err = openRecords(in); err != nil {
		return nil, nil, err
	}
	header, err = r.in.Read()
	if errors.Is(err, io.EOF) || err == nil && (len(header) < r.columns || !slices.Equal(header[:r.columns], resultColumns())) {
		err = errNoResult
	}
	if err != nil {
		r.close()
		return nil, nil, err
	}
	return r, header[r.columns:], nil
}

func (r *resultReader) close() { r.in.close() }

// peek gives the line that comes after n others; nil where the file ends, or cannot be
// read on.
func (r *resultReader) peek(n int) *shownLine {
	for len(r.ahead) <= n && r.err == nil {
		record, err := r.in.Read()
		if r.err = err; err == nil {
			r.ahead = append(r.ahead, shownLineOf(record, r.columns, r.in.line()))
		}
	}
	if len(r.ahead) <= n {
		return nil
	}
	return r.ahead[n]
}

// take gives the next line, as peek(0).
func (r *resultReader) take() *shownLine {
	l := r.peek(0)
	if l != nil {
		r.ahead = r.ahead[1:]
	}
	return l
}

func shownLineOf(record []string, columns, at int) *shownLine {
	l := &shownLine{at: at, request: record[2], provider: record[3], status: batch.Status(record[4]), check: record[13], cells: record[columns:]}
	l.texts = entryTexts{record[6], record[7], record[12]}
	number := func(i, empty int) int {
		n, err := strconv.Atoi(record[i])
		if record[i] == "" && empty <= 0 {
			return empty
		}
		if err != nil || n < 0 || strconv.Itoa(n) != record[i] {
			l.isBad(i)
		}
		return n
	}
	l.row, l.line, l.attempts = number(0, 1), number(1, 1), number(9, 1)
	l.http, l.duration = number(5, 0), number(11, -1)
	if !slices.Contains(statuses(), l.status) {
		l.isBad(4)
	}
	if record[10] != "" {
		var err error
		if l.sentAt, err = time.Parse("2006-01-02T15:04:05.000Z", record[10]); err != nil {
			l.isBad(10)
		}
	}
	return l
}

func (l *shownLine) isBad(column int) {
	if l.bad == "" {
		l.bad = resultColumns()[column]
	}
}
