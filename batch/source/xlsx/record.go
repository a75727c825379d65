package xlsx

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"rowpost/mapping"
)

// recordWriter writes rows: the sheet row, the fault or none, the cells. All texts have
// their length before them.
type recordWriter struct {
	to   *bufio.Writer
	left int64 // bytes that may still be written
	head []byte
}

func (w *recordWriter) write(line int, fault *mapping.CellError, cells [][]byte) error {
	b := binary.AppendUvarint(w.head[:0], uint64(line))
	if fault == nil {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		for _, text := range []string{fault.Code, fault.Column, fault.Msg, fault.Hint} {
			b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
		}
	}
	w.head = b
	if err := w.put(b); err != nil {
		return err
	}
	for _, c := range cells {
		w.head = binary.AppendUvarint(w.head[:0], uint64(len(c)))
		if err := w.put(w.head); err != nil {
			return err
		}
		if err := w.put(c); err != nil {
			return err
		}
	}
	return nil
}

func (w *recordWriter) put(b []byte) error {
	if w.left -= int64(len(b)); w.left < 0 {
		return refuse("split the table, or export it as CSV (UTF-8)", "unpacks to too much text")
	}
	_, err := w.to.Write(b)
	return err
}

// Reader gives the rows that a conversion wrote.
type Reader struct {
	in    *bufio.Reader
	num   int
	ends  []int
	cells []string
	bytes []byte
}

// NewReader reads from the start what [Convert] wrote of a table of so many columns.
func NewReader(in io.Reader, columns int) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 128<<10), ends: make([]int, columns), cells: make([]string, columns)}
}

// Next gives the next row; the error is io.EOF behind the last, else that of the input. The
// cells' slice is used again.
func (r *Reader) Next() (mapping.Row, error) {
	line, err := binary.ReadUvarint(r.in)
	if err != nil {
		return mapping.Row{}, err
	}
	r.num++
	row := mapping.Row{Num: r.num, Line: int(line), Cells: r.cells}
	if row.Fault, err = r.fault(row.Line); err != nil {
		return row, whole(err)
	}
	r.bytes = r.bytes[:0]
	for i := range r.ends {
		if err := r.text(); err != nil {
			return row, whole(err)
		}
		r.ends[i] = len(r.bytes)
	}
	all, start := string(r.bytes), 0
	for i, end := range r.ends {
		r.cells[i], start = all[start:end], end
	}
	return row, nil
}

// whole is for an end inside of a row.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// text appends a text to the row's.
func (r *Reader) text() error {
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	if n > maxRecord {
		return io.ErrUnexpectedEOF
	}
	start := len(r.bytes)
	r.bytes = slices.Grow(r.bytes, int(n))[:start+int(n)]
	_, err = io.ReadFull(r.in, r.bytes[start:])
	return err
}

func (r *Reader) fault(line int) (*mapping.CellError, error) {
	mark, err := r.in.ReadByte()
	if err != nil || mark == 0 {
		return nil, err
	}
	r.bytes = r.bytes[:0]
	var ends [4]int
	for i := range ends {
		if err := r.text(); err != nil {
			return nil, err
		}
		ends[i] = len(r.bytes)
	}
	all := string(r.bytes)
	return &mapping.CellError{
		Line: line, Code: all[:ends[0]], Column: all[ends[0]:ends[1]], Msg: all[ends[1]:ends[2]], Hint: all[ends[2]:],
	}, nil
}
