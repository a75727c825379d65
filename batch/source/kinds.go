package source

import (
	"bytes"
	"strings"
)

// signature is how a file starts that is no text table, and what to do with it.
type signature struct{ magic, what, hint string }

const (
	unpack = "unpack it first"
	export = "export the table as CSV (UTF-8) first"
)

func signatures() []signature {
	return []signature{
		{"\x1f\x8b", "compressed twice, with gzip at last", unpack},
		{"\x28\xb5\x2f\xfd", "compressed twice, with zstd at last", unpack},
		{"BZh91AY&SY", "compressed with bzip2", unpack},
		{"\xfd7zXZ\x00", "compressed with xz", unpack},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", unpack},
		{"PK\x03\x04", "a ZIP file and no Excel workbook (.xlsx)", unpack},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or an encrypted one", export},
		{"%PDF-", "a PDF document", export},
		{"SQLite format 3\x00", "an SQLite database", export},
		{"{\\rtf", "an RTF document", export},
	}
}

// foreign says what a file is that is no text table, by its first bytes. Empty: nothing known.
func foreign(head []byte) (what, hint string) {
	for _, s := range signatures() {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.what, s.hint
		}
	}
	start := strings.ToLower(string(bytes.TrimLeft(head[:min(len(head), 64)], "\xef\xbb\xbf \t\r\n")))
	switch {
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"):
		return "an HTML page (some programs call it .xls)", export
	case strings.HasPrefix(start, "<?xml"):
		return "an XML file", export
	}
	return "", ""
}

// unmarked16 says whether the bytes look like UTF-16 without a byte order mark: then
// every other byte of ASCII is NUL, which is valid UTF-8 and no text.
func unmarked16(head []byte) (name string, ok bool) {
	var nuls [2]int
	for i, b := range head {
		if b == 0 {
			nuls[i%2]++
		}
	}
	quarter := len(head) / 8
	switch {
	case len(head) < 8:
	case nuls[1] > quarter && nuls[0] == 0:
		return "utf-16le", true
	case nuls[0] > quarter && nuls[1] == 0:
		return "utf-16be", true
	}
	return "", false
}
