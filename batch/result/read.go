package result

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/gocarina/gocsv"
)

// Record is a line of a result file that was read.
type Record struct {
	Line
	// Cells are the source's. A line break of CR and LF inside of one is read as LF.
	Cells []string
}

// Read reads a result that is a CSV file, for whoever wants to look into it. An error ends
// the sequence; one of them is that the file is no such result.
func Read(path string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer func() { _ = f.Close() }() // only read
		c := &chunk{in: newCSVReader(f), columns: Columns()}
		header, err := c.in.Read()
		if err != nil || len(header) < len(c.columns) || !slices.Equal(header[:len(c.columns)], c.columns) {
			yield(Record{}, fmt.Errorf("%s: is not a result file", path))
			return
		}
		for {
			var lines []Line
			err := gocsv.UnmarshalCSV(c, &lines)
			if err != nil {
				yield(Record{}, fmt.Errorf("%s: %w", path, err))
				return
			}
			for i, line := range lines {
				if !yield(Record{line, c.cells[i]}, nil) {
					return
				}
			}
			if len(lines) < chunkSize {
				return
			}
		}
	}
}

// newCSVReader finds out about byte order mark and delimiter by itself.
func newCSVReader(f io.Reader) *csv.Reader {
	in := bufio.NewReader(f)
	if head, _ := in.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		_, _ = in.Discard(len(byteOrderMark)) // they were just seen
	}
	head, _ := in.Peek(len(Columns()[0]) + 3) // if there is less, it is no result
	r := csv.NewReader(in)
	if delimiter := delimiterOf(string(head)); delimiter != "" {
		r.Comma = rune(delimiter[0])
	}
	return r
}

// chunk is the gocsv.CSVReader that hands gocsv some lines at a time, without the source's
// cells, which it keeps.
type chunk struct {
	in      *csv.Reader
	columns []string
	cells   [][]string
}

// ReadAll gives our header and the next lines.
func (c *chunk) ReadAll() ([][]string, error) {
	out := [][]string{c.columns}
	c.cells = c.cells[:0]
	for range chunkSize {
		row, err := c.in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		out = append(out, row[:len(c.columns)])
		c.cells = append(c.cells, row[len(c.columns):])
	}
	return out, nil
}

// Read gives one whole line; gocsv does not ask for it.
func (c *chunk) Read() ([]string, error) { return c.in.Read() }
