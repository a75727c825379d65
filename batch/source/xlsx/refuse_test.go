package xlsx_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"rowpost/batch/source/xlsx"
)

func TestRefused(t *testing.T) {
	const sheet = "xl/worksheets/sheet1.xml"
	in := func(rows string) parts { return book(row(1, "Id") + rows) }
	raw := func(content string) parts { return book("").with(sheet, content) }
	for name, tc := range map[string]struct {
		book parts
		opts xlsx.Options
		want string
	}{
		"rows out of order":                 {book: in(row(3, "1") + row(2, "2")), want: "its rows are not in order"},
		"a row twice":                       {book: in(row(2, "1") + row(2, "2")), want: "its rows are not in order"},
		"cells out of order":                {book: in(`<row r="2">` + text("B2", "1") + text("A2", "2") + `</row>`), want: "the cells of a row are not in order"},
		"a cell of another row":             {book: in(`<row r="2">` + text("A3", "1") + `</row>`), want: "a cell stands in another row than it says"},
		"a cell without a place":            {book: in(`<row r="2">` + text("2A", "1") + `</row>`), want: "a cell stands in another row than it says"},
		"a column that cannot be":           {book: in(`<row r="2">` + text("XFE2", "1") + `</row>`), want: "a row has more than 16384 cells"},
		"a row that cannot be":              {book: in(row(1<<20+1, "1")), want: "the attribute r is no number from 0 to 1048576"},
		"a shared text that is not there":   {book: in(`<row r="2"><c t="s"><v>5</v></c></row>`), want: "a cell names a text that is not there"},
		"a shared text of a negative place": {book: in(`<row r="2"><c t="s"><v>-1</v></c></row>`), want: "a cell names a text that is not there"},
		"a style that is no number":         {book: in(`<row r="2"><c s="x"/></row>`), want: "the attribute s is no number"},
		"a header with an error":            {book: book(`<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>`), want: "row 1: cell A1 of the header holds the error #N/A"},
		"no header where it is said to be":  {book: in(row(2, "1") + row(4, "2")), opts: xlsx.Options{Header: 3}, want: "row 3: there is no header in this row"},
		"a blank header":                    {book: in(row(2, " ") + row(4, "2")), opts: xlsx.Options{Header: 2}, want: "row 2: there is no header in this row"},
		"it breaks off in a row":            {book: raw(`<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c>`), want: "it breaks off"},
		"it breaks off in a tag":            {book: raw(`<worksheet><sheetData><row r="1"><c r="A1`), want: "it breaks off"},
		"it breaks off in a text":           {book: raw(`<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>x`), want: "it breaks off"},
		"tags that cross":                   {book: raw(`<worksheet><sheetData></worksheet></sheetData>`), want: "an end tag without its start"},
		"a document type":                   {book: raw(`<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>`), want: "it has a document type"},
		"an unknown entity":                 {book: in(`<row r="2">` + text("A2", "&nbsp;") + `</row>`), want: "a reference to what is not there"},
		"a reference to half a character":   {book: in(`<row r="2">` + text("A2", "&#xD800;") + `</row>`), want: "a reference to what is not there"},
		"bytes that are no UTF-8":           {book: in(`<row r="2">` + text("A2", "\xff") + `</row>`), want: "it is not UTF-8"},
		"elements without end":              {book: raw(strings.Repeat("<a>", 1000)), want: "too many in one another"},
		"a cell of more than a megabyte":    {book: in(`<row r="2">` + text("A2", strings.Repeat("x", 1<<20+1)) + `</row>`), want: "row 2: holds a text of more than 1 MiB"},
		"a tag of many megabytes":           {book: in(`<row r="2" x="` + strings.Repeat("x", 9<<20) + `"/>`), want: "a text or a tag in it is too long"},
		"a missing part":                    {book: book("").with("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="x.xml"/></Relationships>`), want: "xl/x.xml: it is missing"},
		"a part outside of the archive":     {book: book("").with("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="../../../etc/passwd"/></Relationships>`), want: "it is missing"},
		"a binary workbook":                 {book: parts{"_rels/.rels": `<Relationships><Relationship Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`}, want: "is a binary workbook (.xlsb)"},
		"more than it may unpack to":        {book: in(row(2, strings.Repeat("x", 5000))), opts: xlsx.Options{MaxUnpacked: 4000}, want: "unpacks to more than 0 MiB"},
		"one text in many cells": {
			book: book(row(1, "Id")+strings.Repeat(`<row><c t="s"><v>5</v></c></row>`, 1000)).with("xl/sharedStrings.xml",
				`<sst><si/><si/><si/><si/><si/><si><t>`+strings.Repeat("x", 2000)+`</t></si></sst>`),
			opts: xlsx.Options{MaxUnpacked: 1 << 20}, want: "unpacks to too much text",
		},
		"a bomb": {book: in(row(2, "1") + strings.Repeat("<!--"+strings.Repeat("x", 1<<20)+"-->", 65)), want: "unpacks to more than 200 times its size"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(t, tc.book.zip(t), tc.opts)
			if got := refusal(t, err); !strings.Contains(got, tc.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestDamagedArchives changes bytes of a workbook: it is read, or refused with advice.
func TestDamagedArchives(t *testing.T) {
	whole := book(row(1, "Id") + row(2, "1")).zip(t)
	for _, cut := range []int{0, 1, 30, len(whole) / 2, len(whole) - 22, len(whole) - 1} {
		_, _, err := read(t, whole[:cut], xlsx.Options{})
		if got := refusal(t, err); !strings.Contains(got, "is a damaged or incomplete workbook") {
			t.Errorf("of %d bytes: %q", cut, got)
		}
	}
	many := bytes.Clone(whole)
	binary.LittleEndian.PutUint16(many[len(many)-12:], 60_000)
	if _, _, err := read(t, many, xlsx.Options{}); refusal(t, err) != "is a workbook of more than 20000 parts" {
		t.Errorf("error %v", err)
	}
	for at := 0; at < len(whole); at += 7 {
		broken := bytes.Clone(whole)
		broken[at] ^= 0x55
		if _, _, err := read(t, broken, xlsx.Options{}); err != nil {
			refusal(t, err)
		}
	}
}

// brokenDisk gives errors of the system behind a place.
type brokenDisk struct {
	io.ReaderAt
	from int64
}

func (d brokenDisk) ReadAt(p []byte, at int64) (int, error) {
	if at > d.from && at < d.from+1000 {
		return 0, &fs.PathError{Op: "read", Err: syscall.EIO}
	}
	return d.ReaderAt.ReadAt(p, at)
}

func TestSystemErrorsAreNotTheWorkbooks(t *testing.T) {
	whole := book(row(1, "Id") + row(2, strings.Repeat("abc", 1000))).zip(t)
	_, err := xlsx.Convert(brokenDisk{bytes.NewReader(whole), 5}, int64(len(whole)), xlsx.Options{TempDir: t.TempDir()}, io.Discard)
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("reading: %v", err)
	}
	full := errors.New("no room")
	_, err = xlsx.Convert(bytes.NewReader(whole), int64(len(whole)), xlsx.Options{TempDir: t.TempDir()}, fullDisk{full})
	if !errors.Is(err, full) {
		t.Errorf("writing: %v", err)
	}
}

type fullDisk struct{ err error }

func (d fullDisk) Write([]byte) (int, error) { return 0, d.err }

func TestForeign(t *testing.T) {
	compound := func(name string) []byte {
		b := make([]byte, 2048)
		copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
		b[30] = 9 // sectors of 512 bytes
		binary.LittleEndian.PutUint32(b[48:], 1)
		for i := range len(name) {
			b[1024+128+2*i] = name[i]
		}
		return b
	}
	for name, tc := range map[string]struct {
		file []byte
		want string
	}{
		"a password":           {compound("EncryptedPackage"), "a workbook with a password"},
		"an old workbook":      {compound("Workbook"), "an old Excel workbook (.xls)"},
		"another such file":    {compound("WordDocument"), ""},
		"its first bytes only": {compound("Workbook")[:100], ""},
		"OpenDocument":         {parts{"mimetype": ""}.with("mimetype", "application/vnd.oasis.opendocument.spreadsheet").stored(t), "an OpenDocument spreadsheet (.ods)"},
		"a cut ZIP file":       {book("").zip(t)[:500], "a damaged or incomplete workbook or ZIP file"},
		"another ZIP file":     {parts{"a.txt": "x"}.zip(t), ""},
		"text":                 {[]byte("Id,Name\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, size := bytes.NewReader(tc.file), int64(len(tc.file))
			if xlsx.Is(tc.file, r, size) {
				t.Error("it is taken for a workbook")
			}
			what, hint := xlsx.Foreign(tc.file, r, size)
			if what != tc.want || (hint == "") != (what == "") {
				t.Errorf("%q, hint %q", what, hint)
			}
		})
	}
	whole := book("").zip(t)
	if !xlsx.Is(whole, bytes.NewReader(whole), int64(len(whole))) {
		t.Error("a workbook is taken for none")
	}
}
