package source

import (
	"errors"
	"io"
	"io/fs"

	"rowpost/batch/source/xlsx"
	"rowpost/mapping"
)

// A workbook that package result writes is known by its sheet, which is read without being
// named, whatever other sheets somebody put beside it, and by a column: it has all columns
// of the source, those without a name too.
const (
	resultSheet  = "rowpost"
	resultColumn = "rp_check"
)

// sheet is the rows of a workbook's sheet, read once and kept in a file without a name.
type sheet struct {
	rows *xlsx.Scratch
	size int64 // bytes
}

// openSheet reads the file if it is a workbook, and says whether it is one. The reader
// stands at the file's start; it is read to its end, so that all that is known of the
// content is known. The header and all facts but the hash are set. The encoding and the
// delimiter that the options may say are nothing to a workbook.
func (t *Table) openSheet(content io.Reader, head []byte, opts mapping.SourceOptions) (bool, error) {
	f, size := t.content.file, t.content.size
	if !xlsx.Is(head, f, size) {
		if what, hint := xlsx.Foreign(head, f, size); what != "" {
			return false, refused(t.name, 0, "is "+what, hint)
		}
		return false, nil
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return true, err
	}
	rows, err := xlsx.NewScratch("")
	if err != nil {
		return true, t.unpacking(err)
	}
	t.sheet = &sheet{rows: rows}
	info, err := xlsx.Convert(f, size, xlsx.Options{Sheet: opts.Sheet, Prefer: resultSheet, Full: resultColumn, Header: opts.Header}, rows)
	if err == nil {
		t.sheet.size, err = rows.Seek(0, io.SeekEnd)
	}
	if err != nil {
		return true, t.unpacking(err)
	}
	t.header = info.Header
	t.facts = Facts{
		Compression: t.packing, Sheet: info.Sheet, HeaderLine: info.HeaderRow, Columns: len(info.Header),
		Rows: info.Rows, Blank: info.Blank, Hidden: info.Hidden,
		BadCell: info.BadCell, Ragged: info.Ragged, BadEncoding: info.BadEncoding, Size: size,
	}
	return true, t.content.sameAs(f) // what was converted is what was hashed
}

// unpacking puts an error of package xlsx in the words of this one.
func (t *Table) unpacking(err error) *Error {
	if e, ok := errors.AsType[*xlsx.Error](err); ok {
		return &Error{Kind: Refused, File: t.name, Line: e.Row, Msg: e.Msg, Hint: e.Hint}
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok && pe.Path != t.path {
		return &Error{
			Kind: Unreadable, File: t.name, Msg: "cannot be unpacked: " + reason(err), Err: err,
			Hint: "it needs room in the folder for temporary files, which TMPDIR names (on Windows TMP)",
		}
	}
	return unreadable(t.name, err)
}

// readSheet hands on the rows of a sheet until they end or nobody wants more.
func (t *Table) readSheet(yield func(mapping.Row, error) bool) error {
	r := xlsx.NewReader(io.NewSectionReader(t.sheet.rows, 0, t.sheet.size), len(t.header))
	for {
		row, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return t.unpacking(err)
		}
		if !yield(row, nil) {
			return nil
		}
	}
}

// close removes what was kept; there may be nothing.
func (s *sheet) close() error {
	if s == nil {
		return nil
	}
	return s.rows.Close()
}
