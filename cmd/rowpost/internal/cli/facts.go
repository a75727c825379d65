package cli

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"rowpost/batch/source"
)

// sourceFacts is what the first reading of a table found, as plan tells it; the names
// of its fields are stable.
type sourceFacts struct {
	Compression   string `json:"compression,omitempty"`
	Sheet         string `json:"sheet,omitempty"` // of a workbook, which has no encoding, delimiter or line ends
	Encoding      string `json:"encoding"`
	EncodingFrom  string `json:"encoding_from"`
	BOM           bool   `json:"byte_order_mark"`
	Delimiter     string `json:"delimiter"`
	DelimiterFrom string `json:"delimiter_from"`
	LineEnds      string `json:"line_ends"`
	HeaderLine    int    `json:"header_line"`
	Columns       int    `json:"columns"`
	Rows          int    `json:"rows"`
	BlankLines    int    `json:"blank_lines"`
	Ragged        int    `json:"ragged_rows"`
	BadQuote      int    `json:"bad_quote_rows"`
	BadEncoding   int    `json:"bad_encoding_rows"`
	BadCell       int    `json:"bad_cell_rows"`
	Hidden        int    `json:"hidden_rows"` // of a workbook; they are rows like the others
	Size          int64  `json:"size"`
	SHA256        string `json:"sha256"`
}

func factsOf(f source.Facts) sourceFacts {
	return sourceFacts{
		Compression: f.Compression, Sheet: f.Sheet, BadCell: f.BadCell, Hidden: f.Hidden,
		Encoding: f.Encoding, EncodingFrom: string(f.EncodingFrom), BOM: f.BOM,
		Delimiter: f.Delimiter, DelimiterFrom: string(f.DelimiterFrom),
		LineEnds: f.LineEnds, HeaderLine: f.HeaderLine, Columns: f.Columns, Rows: f.Rows,
		BlankLines: f.Blank, Ragged: f.Ragged, BadQuote: f.BadQuote, BadEncoding: f.BadEncoding,
		Size: f.Size, SHA256: hex.EncodeToString(f.SHA256[:]),
	}
}

// String says it in a sentence.
func (f sourceFacts) String() string {
	line, parts := "line", f.dialect()
	if f.Sheet != "" {
		line, parts = "row", []string{fmt.Sprintf("workbook, sheet %q", f.Sheet)}
	}
	if f.Compression != "" {
		parts = slices.Insert(parts, 0, fmt.Sprintf("%s, unpacked %d bytes", f.Compression, f.Size))
	}
	parts = append(parts, fmt.Sprintf("header on %s %d", line, f.HeaderLine),
		plural(f.Columns, "column", "columns"), plural(f.Rows, "row", "rows"))
	if f.BlankLines > 0 {
		parts = append(parts, plural(f.BlankLines, "blank "+line, "blank "+line+"s")+" left out")
	}
	if f.Hidden > 0 {
		parts = append(parts, plural(f.Hidden, "row is hidden", "rows are hidden")+" in the sheet")
	}
	return strings.Join(parts, ", ")
}

// dialect is how a CSV table is written.
func (f sourceFacts) dialect() []string {
	delimiter := f.Delimiter
	if delimiter == "\t" {
		delimiter = "tab"
	}
	parts := []string{
		fmt.Sprintf("encoding %s (%s)", f.Encoding, f.EncodingFrom),
		fmt.Sprintf("delimiter %s (%s)", delimiter, f.DelimiterFrom),
	}
	if f.LineEnds != "" {
		parts = append(parts, "line ends "+f.LineEnds)
	}
	return parts
}

// factWarnings are the things about a table that somebody should look at.
func factWarnings(input string, t *source.Table) []string {
	f := t.Facts()
	var out []string
	if f.Rows == 0 {
		out = append(out, input+": there is a header and no row, so there is nothing to send; if rows were expected, look at the export")
	}
	if f.EncodingFrom == source.Assumed || f.EncodingFrom == source.Likely {
		out = append(out, fmt.Sprintf("%s: the encoding is taken to be %s; if letters look wrong, say it in the mapping: source: {encoding: ...}", input, f.Encoding))
	}
	if f.DelimiterFrom == source.Likely {
		out = append(out, fmt.Sprintf("%s: the delimiter is taken to be %q; if columns look wrong, say it in the mapping: source: {delimiter: ...}", input, f.Delimiter))
	}
	return out
}

// factNotes are the things about a table that are said and need nobody's eye.
func factNotes(input string, t *source.Table) []string {
	f := t.Facts()
	line := "line"
	if f.Sheet != "" {
		line = "row"
	}
	var out []string
	if n := f.Blank; n > 0 {
		out = append(out, fmt.Sprintf("%s: %s and left out", input, plural(n, "blank "+line+" is no row", "blank "+line+"s are no rows")))
	}
	if n := f.Hidden; n > 0 {
		out = append(out, fmt.Sprintf("%s: %s in the sheet, and rows like the others", input, plural(n, "row is hidden", "rows are hidden")))
	}
	return out
}
