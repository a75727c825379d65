package result

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// IsWorkbook says whether a file of this name is written as a workbook: it ends in .xlsx.
func IsWorkbook(path string) bool {
	return len(path) > len(".xlsx") && strings.EqualFold(path[len(path)-len(".xlsx"):], ".xlsx")
}

// zipMagic is how a workbook's file starts.
const zipMagic = "PK\x03\x04"

// isResultBook says whether a workbook is one that this package wrote. What a spreadsheet
// program saved is taken for a person's work.
func isResultBook(path string) bool {
	rows, _ := firstRows(path, 1) // whatever cannot be read is not ours
	return len(rows) == 1 && slices.Equal(rows[0], Columns())
}

// bookGlimpse looks for our columns in the first texts of each sheet, and in the first of
// the shared texts, where spreadsheet programs put those of a workbook that they save.
func bookGlimpse(path string) (g glimpse) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return g
	}
	defer func() { _ = z.Close() }() // only read
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/") && f.Name != "xl/sharedStrings.xml" {
			continue
		}
		in, err := f.Open()
		if err != nil {
			continue
		}
		head, _ := io.ReadAll(io.LimitReader(in, HeadSize)) // what can be read is looked at
		_ = in.Close()
		g.ours = g.ours || bytes.Contains(head, []byte(">rp_row<")) && bytes.Contains(head, []byte(">rp_status<"))
	}
	g.marked = true
	return g
}

// workbook writes rows into a workbook: every cell is a text, the one at fault is marked.
type workbook struct {
	out    *sheetWriter
	header []string // all columns; nil: it is still to come
	begun  bool
	cells  []string // of the row at hand
}

func newWorkbook(to io.Writer, header []string) *workbook {
	return &workbook{out: newSheetWriter(to, len(Columns())+len(header))}
}

// ahead writes the header when it is known what stands below it: the columns' widths come
// before it.
func (w *workbook) ahead(cells []string) error {
	if w.begun {
		return nil
	}
	w.begun = true
	if err := w.out.begin(widths(w.header, len(Columns()), cells)); err != nil {
		return err
	}
	return w.out.row(w.header, func(int) int { return styleHeader })
}

func (w *workbook) row(ours, theirs []string) error {
	if w.header == nil {
		w.header = slices.Concat(ours, theirs)
		return nil
	}
	w.cells = append(append(w.cells[:0], ours...), theirs...)
	column := ours[slices.Index(Columns(), "rp_column")]
	return w.out.row(w.cells, func(i int) int {
		if column != "" && w.header[i] == column {
			return styleFault
		}
		return styleText
	})
}

func (w *workbook) finish() error {
	if err := w.ahead(nil); err != nil {
		return err
	}
	return w.out.finish()
}

// Bounds of columns' widths, in characters.
const (
	leastWidth = 6
	mostWidth  = 48
	// extraWidth is for the button of the filter.
	extraWidth = 4
)

// widths are those that the header, and the cells of the source's columns, need; so many of
// the columns are ours.
func widths(header []string, ours int, cells []string) []int {
	out := make([]int, len(header))
	fit := func(column int, text string, extra int) {
		line, _, _ := strings.Cut(text, "\n")
		out[column] = max(out[column], min(utf8.RuneCountInString(line)+extra, mostWidth), leastWidth)
	}
	for i, name := range header {
		fit(i, name, extraWidth)
	}
	if theirs := len(header) - ours; theirs > 0 {
		for i, text := range cells {
			fit(ours+i%theirs, text, 1)
		}
	}
	for name, width := range map[string]int{"rp_error": mostWidth, "rp_request": 20, "rp_error_code": 20, "rp_column": 20, "rp_sent_at": 26, "rp_check": 22} {
		out[slices.Index(Columns(), name)] = width
	}
	return out
}

// firstRows reads our columns of the first rows of a workbook that this package wrote. One
// that another program wrote gives other texts, no rows, fewer, or an error.
func firstRows(path string, n int) ([][]string, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = z.Close() }() // only read
	f, err := z.Open(sheetPart)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var out [][]string
	for d := xml.NewDecoder(io.LimitReader(f, HeadSize*16)); len(out) < n; {
		t, err := d.Token()
		if err != nil {
			return out, err
		}
		if start, ok := t.(xml.StartElement); ok && start.Name.Local == "row" {
			var row sheetRow
			if err := d.DecodeElement(&row, &start); err != nil {
				return out, err
			}
			out = append(out, row.ours())
		}
	}
	return out, nil
}

// sheetRow is a row as [sheetWriter] writes it.
type sheetRow struct {
	Cells []struct {
		Place string `xml:"r,attr"`
		Text  string `xml:"is>t"`
	} `xml:"c"`
}

// ours gives the texts of our columns, which have names of one letter.
func (r *sheetRow) ours() []string {
	out := make([]string, len(Columns()))
	for _, c := range r.Cells {
		if len(c.Place) < 2 || c.Place[1] > '9' {
			continue
		}
		if i := int(c.Place[0]) - 'A'; i >= 0 && i < len(out) {
			out[i] = c.Text
		}
	}
	return out
}
