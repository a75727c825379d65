package batch

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// Fingerprint hashes what the rows of one table ask for, so that a row is known again
// wherever it stands.
//
// The hash is SHA-256 over the request's id and then, for each column by name (bytewise;
// equal names as they stand) whose cell is not empty, its name and its cell: each text
// with its length in bytes before it (as an unsigned varint), line breaks of CR and LF or
// of CR alone written as LF. So what spreadsheets do by themselves is no edit: other line
// breaks in cells, moved columns, empty columns at the end. It is safe for concurrent use.
type Fingerprint struct {
	order []int    // columns by name
	names [][]byte // theirs as they are hashed, by order
}

// NewFingerprint is for a table of these columns.
func NewFingerprint(header []string) *Fingerprint {
	f := &Fingerprint{}
	for i := range header {
		f.order = append(f.order, i)
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return strings.Compare(header[a], header[b]) })
	for _, i := range f.order {
		f.names = append(f.names, appendText(nil, header[i]))
	}
	return f
}

// leaveOut has columns, by position, count for nothing.
func (f *Fingerprint) leaveOut(columns []int) {
	order, names := f.order, f.names
	f.order, f.names = nil, nil
	for at, i := range order {
		if !slices.Contains(columns, i) {
			f.order, f.names = append(f.order, i), append(f.names, names[at])
		}
	}
}

// Sum hashes a row's cells and the id of one of its requests. There may be fewer cells
// than columns.
func (f *Fingerprint) Sum(cells []string, request string) [sha256.Size]byte {
	var space [1024]byte
	b := appendText(space[:0], request)
	for at, i := range f.order {
		if i < len(cells) && cells[i] != "" {
			b = appendText(append(b, f.names[at]...), cells[i])
		}
	}
	return sha256.Sum256(b)
}

func appendText(b []byte, text string) []byte {
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}
