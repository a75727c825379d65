package xlsx_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"rowpost/batch/source/xlsx"
)

// FuzzSheet reads any sheet, any shared texts and any styles: they make rows, or are
// refused with advice.
func FuzzSheet(f *testing.F) {
	good := book("")
	for _, rows := range []string{
		row(1, "Id", "Name") + row(2, "1", "a"), `<row><c t="s"><v>2</v></c></row><row><c s="3"><v>46348.5</v></c></row>`,
		`<row><c t="e"><v>#N/A</v></c></row>`, `<row r="9"><c r="ABC9" t="str"><f>1</f><v>_xD83D__x0000_</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B9"/>`,
		`<!-- --><row><c><is><t><![CDATA[x]]></t></is></c></row>`, `<row><c t="d"><v>2026-11-22</v></c></row><row><c><v>1e308</v></c></row>`,
	} {
		f.Add(`<worksheet><sheetData>`+rows+`</sheetData></worksheet>`, good["xl/sharedStrings.xml"], good["xl/styles.xml"])
	}
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		b := book("").with("xl/worksheets/sheet1.xml", sheet).with("xl/sharedStrings.xml", texts).with("xl/styles.xml", styles)
		opts := xlsx.Options{MaxUnpacked: 1 << 24}
		if _, _, err := read(t, b.stored(t), opts); err != nil {
			refusal(t, err)
		}
	})
}

// FuzzXML holds the texts of a sheet against those that encoding/xml reads: it takes more
// documents for well-formed, but what both take says the same.
func FuzzXML(f *testing.F) {
	for _, s := range []string{
		"x", "&lt;&#10;&#x41;", "<![CDATA[<]]>x", "a<!-- b -->c", "a\r\nb\rc", "<?x y?>", "<b a='\"' c=\"'\">x</b>", "&", "]]>", "<a b=\">\"/>", "\uFFFE", "\x00",
		"<r><t>x</t></r>", "</t>", " <x:y xmlns:x='z'/> ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		if strings.Contains(inner, "_x") || strings.Contains(inner, "<c") || strings.Contains(inner, "<is") || strings.Contains(inner, ":") {
			return // it means something else in a sheet
		}
		want, ok := plainText(`<t xml:space="preserve">` + inner + `</t>`)
		b := book(`<row>` + text("A1", "h") + `</row><row><c t="inlineStr"><is><t xml:space="preserve">` + inner + `</t></is></c></row>`)
		_, rows, err := read(t, b.stored(t), xlsx.Options{})
		if err != nil {
			refusal(t, err)
			return
		}
		got := ""
		if len(rows) > 0 {
			got = rows[0].Cells
		}
		if ok && strings.Trim(want, " \t") != "" && got != want {
			t.Errorf("%q is read as %q, want %q", inner, got, want)
		}
	})
}

// plainText gives the text of an element that has no others in it.
func plainText(element string) (string, bool) {
	d := xml.NewDecoder(strings.NewReader(element))
	var out bytes.Buffer
	elements := 0
	for {
		switch tok, err := d.Token(); tok := tok.(type) {
		case xml.CharData:
			out.Write(tok)
		case xml.StartElement:
			elements++
		case nil:
			return out.String(), errors.Is(err, io.EOF) && elements == 1 && utf8.Valid(out.Bytes())
		}
	}
}
