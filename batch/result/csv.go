package result

import (
	"bufio"
	"io"
	"strings"
)

// csvRows writes CSV: RFC 4180, with LF line ends.
type csvRows struct {
	out       *bufio.Writer
	delimiter byte
	marked    bool // the next row is the header of a file that begins with markedStart
	buf       []byte
}

func newCSVRows(to io.Writer, opts *Options) *csvRows {
	c := &csvRows{out: bufio.NewWriterSize(to, 64<<10), delimiter: ','}
	if opts.Delimiter != "" {
		c.delimiter = opts.Delimiter[0]
	}
	c.marked = opts.BOM
	return c
}

const byteOrderMark = "\xef\xbb\xbf"

func (c *csvRows) ahead([]string) error { return nil }

func (c *csvRows) row(ours, theirs []string) error {
	b := c.buf
	if c.marked {
		c.marked, ours = false, ours[1:]
		b = append(append(b, markedStart...), c.delimiter)
	}
	for _, text := range ours {
		b = append(c.appendCell(b, text), c.delimiter)
	}
	for _, text := range theirs {
		b = append(c.appendCell(b, text), c.delimiter)
	}
	b[len(b)-1] = '\n'
	c.buf = b[:0]
	_, err := c.out.Write(b)
	return err
}

func (c *csvRows) finish() error { return c.out.Flush() }

// appendCell quotes where RFC 4180 asks for it, and also what some readers would change:
// blanks at an end, which they trim, and \. alone, which ends the data for PostgreSQL.
func (c *csvRows) appendCell(b []byte, text string) []byte {
	if !needsQuotes(text, c.delimiter) {
		return append(b, text...)
	}
	b = append(b, '"')
	for {
		i := strings.IndexByte(text, '"')
		if i < 0 {
			break
		}
		b = append(append(b, text[:i+1]...), '"')
		text = text[i+1:]
	}
	return append(append(b, text...), '"')
}

func needsQuotes(text string, delimiter byte) bool {
	if text == "" {
		return false
	}
	if first, last := text[0], text[len(text)-1]; first <= ' ' || last <= ' ' || text == `\.` {
		return true
	}
	for i := range len(text) {
		switch text[i] {
		case delimiter, '"', '\n', '\r':
			return true
		}
	}
	return false
}
