package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rowpost/batch/source/xlsx"
)

// seen is a row as the tests compare it: its sheet row, its cells, and the fault's code and
// words, if it has one.
type seen struct {
	Line  int
	Cells string // with | between them
	Fault string
}

// read converts a workbook and reads its rows twice.
func read(t testing.TB, book []byte, opts xlsx.Options) (xlsx.Info, []seen, error) {
	t.Helper()
	opts.TempDir = t.TempDir()
	var spool bytes.Buffer
	info, err := xlsx.Convert(bytes.NewReader(book), int64(len(book)), opts, &spool)
	if left, globErr := filepath.Glob(filepath.Join(opts.TempDir, "*")); globErr != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, globErr)
	}
	if err != nil {
		return info, nil, err
	}
	first := records(t, spool.Bytes(), info)
	if second := records(t, spool.Bytes(), info); len(second) != len(first) {
		t.Errorf("%d rows, then %d", len(first), len(second))
	}
	return info, first, nil
}

func records(t testing.TB, spool []byte, info xlsx.Info) []seen {
	t.Helper()
	var out []seen
	for r := xlsx.NewReader(bytes.NewReader(spool), len(info.Header)); ; {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		s := seen{Line: row.Line, Cells: strings.Join(row.Cells, "|")}
		if f := row.Fault; f != nil {
			s.Fault = strings.TrimPrefix(f.Code+" "+f.Column+": "+f.Msg, " ")
			if f.Hint == "" || f.Line != row.Line {
				t.Errorf("row %d: a fault of line %d with the hint %q", row.Line, f.Line, f.Hint)
			}
		}
		if row.Num != len(out)+1 || len(row.Cells) != len(info.Header) {
			t.Errorf("row %d has number %d and %d cells", len(out)+1, row.Num, len(row.Cells))
		}
		out = append(out, s)
	}
	if len(out) != info.Rows {
		t.Errorf("%d rows, and %d are said", len(out), info.Rows)
	}
	return out
}

// parts are a workbook's files by path.
type parts map[string]string

// book is a workbook of one sheet, with these elements between its sheetData tags, in which
// the styles 1 to 9 are formats that the tests use, and shared texts.
func book(rows string) parts {
	return parts{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels": `<Relationships><Relationship Id="rId1" Target="xl/workbook.xml"
			Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="r"><sheets><sheet name="Customers" sheetId="7" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships>
			<Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>
			<Relationship Id="rId2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/>
			<Relationship Id="rId3" Type="x/styles" Target="styles.xml"/></Relationships>`,
		"xl/sharedStrings.xml": `<sst><si><t>Id</t></si><si><t xml:space="preserve"> a </t></si>
			<si><r><t>bold</t></r><r><rPr><b/></rPr><t xml:space="preserve"> and </t></r><r><t>not</t></r><rPh sb="0" eb="1"><t>ボ</t></rPh></si>
			<si><t/></si><si><t> blanks
			</t></si></sst>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd&quot; day &quot;mmm\ yyyy"/>
			<numFmt numFmtId="165" formatCode="[$-407]yyyy\-mm\-dd hh:mm"/><numFmt numFmtId="166" formatCode="[h]:mm"/>
			<numFmt numFmtId="167" formatCode="00000"/><numFmt numFmtId="168" formatCode="#,##0.00&quot; days&quot;;[Red]d"/>
			<numFmt numFmtId="169" formatCode="hh:mm:ss.000"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>
			<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="168"/>
			<xf numFmtId="169"/><xf numFmtId="11"/><xf numFmtId="21"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml": `<?xml version="1.0" encoding="UTF-8"?><!-- made by hand --><worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
	}
}

// with replaces a part.
func (p parts) with(name, content string) parts {
	p[name] = content
	return p
}

func (p parts) zip(t testing.TB) []byte { return p.archive(t, zip.Deflate) }

// stored is zip without packing.
func (p parts) stored(t testing.TB) []byte { return p.archive(t, zip.Store) }

func (p parts) archive(t testing.TB, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(p)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = io.WriteString(w, p[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// text is a cell with a text of its own.
func text(ref, content string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t xml:space="preserve">` + content + `</t></is></c>`
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
