package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// HeadSize is how many bytes of a file's start [Is] and [Foreign] look at.
const HeadSize = 8

const (
	passwordHint = "open it in a spreadsheet program, take the password off, and save it"
	copyHint     = "copy or export it again"
)

// Is says whether a file is a workbook that [Convert] can try to read, by its first bytes
// and the parts that it has.
func Is(head []byte, r io.ReaderAt, size int64) bool {
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return false
	}
	if countParts(r, size) != nil {
		return false
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return false
	}
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if strings.HasPrefix(strings.TrimPrefix(name, "/"), "xl/") {
			return true
		}
	}
	return false
}

// Foreign says of a file that is no such workbook, but one of another kind, which it is,
// and what to do with it. Empty: nothing is known. Read errors count as nothing known.
func Foreign(head []byte, r io.ReaderAt, size int64) (what, hint string) {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return foreignZip(r, size)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return compound(r)
	}
	return "", ""
}

func foreignZip(r io.ReaderAt, size int64) (what, hint string) {
	var first [512]byte
	n, _ := r.ReadAt(first[:], 0) // what can be read is looked at
	switch {
	case bytes.Contains(first[:n], []byte("application/vnd.oasis.opendocument.spreadsheet")):
		return "an OpenDocument spreadsheet (.ods)", "save it as .xlsx, or export the table as CSV (UTF-8)"
	case countParts(r, size) != nil:
		return "a damaged or incomplete workbook or ZIP file", copyHint
	}
	return "", ""
}

// compound tells old workbooks from those with a password, which are kept in the same sort
// of file, by the names in its directory.
func compound(r io.ReaderAt) (what, hint string) {
	header := make([]byte, 512)
	if _, err := r.ReadAt(header, 0); err != nil {
		return "", ""
	}
	sector := int64(512)
	if binary.LittleEndian.Uint16(header[30:]) == 12 {
		sector = 4096
	}
	directory := make([]byte, 8<<10)
	n, _ := r.ReadAt(directory, (int64(binary.LittleEndian.Uint32(header[48:]))+1)*sector)
	if bytes.Contains(directory[:n], wide("EncryptedPackage")) {
		return "a workbook with a password", passwordHint
	}
	if bytes.Contains(directory[:n], wide("Workbook")) || bytes.Contains(directory[:n], wide("Book")) {
		return "an old Excel workbook (.xls)", "open it in a spreadsheet program and save it as .xlsx"
	}
	return "", ""
}

// wide is ASCII in UTF-16, as the directory has its names.
func wide(name string) []byte {
	var b []byte
	for i := range len(name) {
		b = append(b, name[i], 0)
	}
	return b
}
