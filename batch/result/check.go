package result

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"rowpost/batch"
)

// checker hashes the rows of one table, so that an edited row is known when the file comes back.
//
// The hash is SHA-256 over the request's id and then, for each column by name (bytewise;
// equal names as they stand) whose cell is not empty, its name and its cell: each text
// with its length in bytes before it (as an unsigned varint), line breaks of CR and LF or
// of CR alone written as LF. So what spreadsheets do by themselves is no edit: other line
// breaks in cells, moved columns, empty columns at the end.
type checker struct {
	order []int    // columns by name
	names [][]byte // theirs as they are hashed, by order
}

func newChecker(header []string) *checker {
	c := &checker{}
	for i := range header {
		c.order = append(c.order, i)
	}
	slices.SortStableFunc(c.order, func(a, b int) int { return strings.Compare(header[a], header[b]) })
	for _, i := range c.order {
		c.names = append(c.names, appendText(nil, header[i]))
	}
	return c
}

// of gives the hash's first 48 bits as 12 letters. There may be fewer cells than columns.
func (c *checker) of(cells []string, request string) string {
	var space [1024]byte
	if batch.Planted("check-without-request") {
		request = ""
	}
	b := appendText(space[:0], request)
	for at, i := range c.order {
		if i < len(cells) && cells[i] != "" {
			b = appendText(append(b, c.names[at]...), cells[i])
		}
	}
	sum := sha256.Sum256(b)
	return string(appendLetters(space[:0], sum[:6]))
}

func appendText(b []byte, text string) []byte {
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}
