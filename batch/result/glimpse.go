package result

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// glimpse is what a file's first record shows before the file is opened as a table.
type glimpse struct {
	ours      bool   // it may be a result
	delimiter string // that stands beside one of our columns; empty: it must be detected
	marked    bool   // a byte order mark, or that it is a workbook, tells the encoding
	utf8      bool   // the record is UTF-8, if nothing is marked
}

// HeadSize is how much of a file [Open] has to see before it is opened, in bytes: enough for
// the header of a table with thousands of columns.
const HeadSize = 1 << 20

// glimpseOf looks at a file's first bytes; a workbook is looked into.
func glimpseOf(file string, head []byte) glimpse {
	if bytes.HasPrefix(head, []byte(zipMagic)) {
		return bookGlimpse(file)
	}
	return look(head)
}

func look(head []byte) (g glimpse) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		g.marked, head = true, head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		g.marked, head = true, narrow(head[2:], binary.LittleEndian)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		g.marked, head = true, narrow(head[2:], binary.BigEndian)
	}
	record := firstRecord(head)
	g.ours = bytes.Contains(record, []byte("rp_row")) && bytes.Contains(record, []byte("rp_status"))
	g.utf8 = utf8.Valid(record)
	if g.ours {
		g.delimiter = beside(record, "rp_row")
	}
	return g
}

// narrow keeps the ASCII of UTF-16: nothing else is looked for.
func narrow(wide []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(wide)/2)
	for ; len(wide) >= 2; wide = wide[2:] {
		c := order.Uint16(wide)
		if c >= utf8.RuneSelf {
			c = '?'
		}
		out = append(out, byte(c))
	}
	return out
}

// firstRecord gives the first record with text that is not the line sep=; of spreadsheets.
func firstRecord(text []byte) []byte {
	for len(text) > 0 {
		record := text[:endOfRecord(text)]
		plain := strings.ToLower(strings.Trim(string(record), "\" \t,;|\r\n"))
		if plain != "" && !strings.HasPrefix(plain, "sep=") {
			return record
		}
		text = text[min(len(record)+1, len(text)):]
	}
	return nil
}

// endOfRecord finds the first line end outside of quotes.
func endOfRecord(text []byte) int {
	quoted := false
	for i, b := range text {
		switch {
		case b == '"':
			quoted = !quoted
		case !quoted && (b == '\n' || b == '\r'):
			return i
		}
	}
	return len(text)
}

// beside gives the delimiter that stands behind a cell of the header, or before it if it
// is the last one.
func beside(record []byte, name string) string {
	i := bytes.Index(record, []byte(name))
	before := strings.TrimSuffix(string(record[:i]), `"`)
	after := strings.TrimPrefix(string(record[i+len(name):]), `"`)
	near := after
	if near == "" && before != "" {
		near = before[len(before)-1:]
	}
	if near == "" {
		return ""
	}
	switch delimiter := near[:1]; delimiter {
	case ",", ";", "\t", "|":
		return delimiter
	}
	return ""
}
