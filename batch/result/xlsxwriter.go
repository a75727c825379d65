package result

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// sheetName is that of the sheet that a workbook's lines stand in. Readers of workbooks
	// take it whatever other sheets stand beside it.
	sheetName = "rowpost"
	sheetPart = "xl/worksheets/sheet1.xml"
)

// Limits of a workbook, which spreadsheet programs cannot read beyond them.
const (
	// MaxSheetLines is how many lines a workbook holds beside the header.
	MaxSheetLines = 1<<20 - 1
	// MaxSheetColumns is how many columns of a source a workbook holds beside ours.
	MaxSheetColumns = 16384 - 14
	// MaxSheetCell is how long a cell's text may be in a workbook, in UTF-16 units.
	MaxSheetCell = 32767
)

// Styles of cells. All are of the format Text, so that what a person writes in a cell
// stays as it was written, too.
const (
	styleText   = 1
	styleHeader = 2
	styleFault  = 3
)

// staticParts are the parts that every workbook of ours has alike, but for the sheet.
func staticParts() [][2]string {
	const (
		head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
		main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
		rels = "http://schemas.openxmlformats.org/package/2006/relationships"
		doc  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		mime = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	)
	return [][2]string{
		{"[Content_Types].xml", head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + mime + `sheet.main+xml"/>` +
			`<Override PartName="/` + sheetPart + `" ContentType="` + mime + `worksheet+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + mime + `styles+xml"/></Types>`},
		{"_rels/.rels", head + `<Relationships xmlns="` + rels + `"><Relationship Id="rId1" Type="` + doc + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", head + `<workbook xmlns="` + main + `" xmlns:r="` + doc + `"><sheets><sheet name="` + sheetName + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", head + `<Relationships xmlns="` + rels + `">` +
			`<Relationship Id="rId1" Type="` + doc + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + doc + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", head + `<styleSheet xmlns="` + main + `">` +
			`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
			`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
			`<fill><patternFill patternType="solid"><fgColor rgb="FFFFC7CE"/><bgColor indexed="64"/></patternFill></fill></fills>` +
			`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
			`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
			`<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
			`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
			`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>` +
			`<xf numFmtId="49" fontId="0" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFill="1"/></cellXfs>` +
			`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
	}
}

// sheetWriter writes a workbook of one sheet of texts, row by row: the header is frozen,
// each column can be filtered.
type sheetWriter struct {
	zip     *zip.Writer
	out     *bufio.Writer // the sheet; nil: nothing was written yet
	columns []string      // names of places, as A, B ... AA
	rows    int
	buf     []byte
}

func newSheetWriter(to io.Writer, columns int) *sheetWriter {
	w := &sheetWriter{zip: zip.NewWriter(to)}
	for i := range columns {
		w.columns = append(w.columns, columnName(i))
	}
	return w
}

// columnName gives the name of a column, counted from 0.
func columnName(i int) string {
	name := ""
	for n := i + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// begin writes all up to the first row. Widths are those of the columns, in characters.
func (w *sheetWriter) begin(widths []int) error {
	for _, p := range staticParts() {
		out, err := w.zip.Create(p[0])
		if err == nil {
			_, err = io.WriteString(out, p[1])
		}
		if err != nil {
			return err
		}
	}
	out, err := w.zip.Create(sheetPart)
	if err != nil {
		return err
	}
	w.out = bufio.NewWriterSize(out, 64<<10)
	b := append(w.buf, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+
		`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView tabSelected="1" workbookViewId="0">`+
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`...)
	for i, width := range widths {
		b = fmt.Appendf(b, `<col min="%d" max="%d" width="%d" style="%d" customWidth="1"/>`, i+1, i+1, width, styleText)
	}
	w.buf = append(b, `</cols><sheetData>`...)
	return w.flush()
}

func (w *sheetWriter) flush() error {
	_, err := w.out.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// row writes a row. The style is that of a cell by its place.
func (w *sheetWriter) row(cells []string, style func(column int) int) error {
	if w.rows > MaxSheetLines {
		return fmt.Errorf("a workbook holds no more than %d lines: name a file that ends in .csv", MaxSheetLines)
	}
	w.rows++
	number := strconv.Itoa(w.rows)
	b := append(append(append(w.buf, `<row r="`...), number...), `">`...)
	for i, text := range cells {
		s := style(i)
		if text == "" && s == styleText {
			continue // it is the column's own
		}
		b = append(append(append(b, `<c r="`...), w.columns[i]...), number...)
		b = append(append(b, `" s="`...), byte('0'+s), '"')
		if text == "" {
			b = append(b, `/>`...)
			continue
		}
		b = append(b, ` t="inlineStr"><is><t xml:space="preserve">`...)
		b = append(appendXML(b, text), `</t></is></c>`...)
	}
	w.buf = append(b, `</row>`...)
	return w.flush()
}

// finish writes all that is left.
func (w *sheetWriter) finish() error {
	area := "A1:" + w.columns[len(w.columns)-1] + strconv.Itoa(w.rows)
	w.buf = append(w.buf, `</sheetData><autoFilter ref="`+area+`"/>`+
		`<ignoredErrors><ignoredError sqref="`+area+`" numberStoredAsText="1"/></ignoredErrors></worksheet>`...)
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	return w.zip.Close()
}

// appendXML writes a text. What XML, or a spreadsheet, would change or refuse is written as
// _xHHHH_, a UTF-16 unit (ECMA-376 part 1, 22.9.2.19), and so is the _ of what looks like
// that. Bytes that are no text become the units DC80 to DCFF, which stand for no character.
func appendXML(b []byte, text string) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '_' && looksEscaped(text[i:]):
			b = append(b, "_x005F_"...)
		case c == '\n' || c == '\t' || c >= ' ' && c < utf8.RuneSelf:
			b = append(b, c)
		case c < ' ':
			b = appendUnit(b, int(c))
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			switch {
			case size == 1:
				b = appendUnit(b, 0xdc00+int(c))
			case r == 0xfffe || r == 0xffff:
				b = appendUnit(b, int(r))
			default:
				b = append(b, text[i:i+size]...)
			}
			i += size
			continue
		}
		i++
	}
	return b
}

func appendUnit(b []byte, unit int) []byte { return fmt.Appendf(b, "_x%04X_", unit) }

// looksEscaped says whether a text begins like _xHHHH_. Readers differ in which letters
// they take for digits, and so all are taken.
func looksEscaped(text string) bool {
	if len(text) < len("_x0000_") || text[6] != '_' || text[1] != 'x' && text[1] != 'X' {
		return false
	}
	return strings.Trim(text[2:6], "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
