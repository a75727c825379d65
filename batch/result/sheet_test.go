package result_test

import (
	"encoding/binary"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"rowpost/batch/result"
)

// sheet is a result as a spreadsheet holds it: texts in rows and columns, the header first.
type sheet struct{ rows [][]string }

// readSheet reads what was written with a reader that is not ours.
func readSheet(t *rapid.T, path string) *sheet {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return &sheet{rows}
}

// shuffle moves columns, sorts and filters the lines and appends empty columns. It gives
// the lines that are left, by their old places.
func (s *sheet) shuffle(t *rapid.T) (order []int) {
	for i := range len(s.rows) - 1 {
		order = append(order, i)
	}
	if rapid.Bool().Draw(t, "other order") {
		order = rapid.Permutation(order).Draw(t, "order")
		order = order[:rapid.IntRange(1, len(order)).Draw(t, "left")]
	}
	rows := [][]string{s.rows[0]}
	for _, from := range order {
		rows = append(rows, s.rows[from+1])
	}
	empty := rapid.IntRange(0, 2).Draw(t, "empty columns")
	for i := range rows {
		rows[i] = append(slices.Clone(rows[i]), make([]string, empty)...)
	}
	if rapid.Bool().Draw(t, "columns moved") {
		columns := make([]int, len(rows[0]))
		for i := range columns {
			columns[i] = i
		}
		columns = rapid.Permutation(columns).Draw(t, "columns")
		keepOrder(columns, rows[0])
		for i, row := range rows {
			moved := make([]string, len(row))
			for to, from := range columns {
				moved[to] = row[from]
			}
			rows[i] = moved
		}
	}
	s.rows = rows
	return order
}

// keepOrder lets columns of the same name stand as before: nobody could tell them apart.
func keepOrder(columns []int, header []string) {
	for i := range columns {
		for j := i + 1; j < len(columns); j++ {
			if header[columns[i]] == header[columns[j]] && columns[j] < columns[i] {
				columns[i], columns[j] = columns[j], columns[i]
			}
		}
	}
}

// source names the columns that are not ours, as they stand now.
func (s *sheet) source() []string {
	return slices.DeleteFunc(slices.Clone(s.rows[0]), func(name string) bool { return slices.Contains(result.Columns(), name) })
}

// find gives the place of a column.
func (s *sheet) find(name string) int { return slices.Index(s.rows[0], name) }

// style is how a sheet is saved.
type style struct {
	delimiter, end, encoding string
	quoteAll, sep            bool
}

func drawStyle(t *rapid.T) style {
	return style{
		delimiter: rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter"),
		end:       rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end"),
		encoding:  rapid.SampledFrom([]string{"utf-8", "utf-8 with mark", "utf-16le", "utf-16be", "windows-1252"}).Draw(t, "encoding"),
		quoteAll:  rapid.Bool().Draw(t, "all quoted"),
		sep:       rapid.Bool().Draw(t, "sep line"),
	}
}

func (s *sheet) bytes(st style) []byte {
	var b strings.Builder
	if st.sep {
		b.WriteString("sep=" + st.delimiter + st.end)
	}
	for _, row := range s.rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteString(st.delimiter)
			}
			if st.quoteAll || strings.ContainsAny(cell, "\"\r\n"+st.delimiter) {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString(st.end)
	}
	return encode(b.String(), st.encoding)
}

func encode(text, encoding string) []byte {
	switch encoding {
	case "utf-8 with mark":
		return []byte("\ufeff" + text)
	case "utf-16le":
		return wide(text, binary.LittleEndian)
	case "utf-16be":
		return wide(text, binary.BigEndian)
	case "windows-1252":
		out, err := charmap.Windows1252.NewEncoder().Bytes([]byte(text))
		if err != nil {
			panic(err) // the tests' letters are all in it
		}
		return out
	}
	return []byte(text)
}

func wide(text string, order binary.AppendByteOrder) (out []byte) {
	for _, c := range utf16.Encode([]rune("\ufeff" + text)) {
		out = order.AppendUint16(out, c)
	}
	return out
}
