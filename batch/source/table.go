// Package source reads tables from files as rows: CSV in the dialects and encodings
// that people's exports have, compressed or not, and Excel workbooks (.xlsx).
//
// [Open] reads a file once, whole and in bounded memory, and refuses what is no table
// or could be read in more than one way; after that a reading can only meet rows that
// are invalid by themselves, which it hands on with their fault. It follows RFC 4180,
// with these additions: CR alone ends a line, line breaks in quotes stay as they are
// byte for byte, and lines without text are no rows (see [Facts]).
package source

import (
	"cmp"
	"errors"
	"io"
	"iter"
	"os"
	"slices"

	"rowpost/mapping"
)

// Table is a file that was read once and found to be a table. It keeps the file open until
// [Table.Close], and may be read by several goroutines at once.
type Table struct {
	name     string // for messages
	path     string
	most     limits
	given    *content // of the file
	content  *content // of the table: that of the file, or of its unpacked copy
	spool    *spool   // the copy; nil: there is none
	packing  string   // gzip, zstd; empty: none
	encoding chosen
	header   []string
	facts    Facts
	sheet    *sheet // nil: the file is no workbook
}

// Opener opens tables. Its zero value is ready to use.
type Opener struct {
	// Spool is the folder for the copy of a compressed table, which is there as long as the
	// table is open. Empty: the system's folder for temporary files.
	Spool string
	// Name is what messages call the file. Empty: its path.
	Name string
}

// Open is that of an [Opener] without wishes.
func Open(path string, opts mapping.SourceOptions) (*Table, error) {
	return Opener{}.Open(path, opts)
}

// OpenResult is that of an [Opener] without wishes.
func OpenResult(path string, opts mapping.SourceOptions) (*Table, error) {
	return Opener{}.OpenResult(path, opts)
}

// Open reads the file once, to its end, and says whether it is a table. (A second time
// if it is no UTF-8 and nothing says what else.) One that is compressed with gzip or zstd,
// whatever its name, is unpacked first. What the options leave out is detected. Every error
// is an *[Error]. The caller closes the table.
func (o Opener) Open(path string, opts mapping.SourceOptions) (*Table, error) {
	return o.open(path, opts, tableLimits())
}

// OpenResult is Open for a table that this program wrote as a result and somebody may
// have edited. Its bounds are wider, so that the result of any table that Open takes can
// be read. The options are not the user's word but what is known of results, and so
// [Facts] says [Ours] of them; of an encoding that is not UTF-8, it says [Assumed].
func (o Opener) OpenResult(path string, opts mapping.SourceOptions) (*Table, error) {
	t, err := o.open(path, opts, resultLimits())
	if err != nil {
		return nil, err
	}
	if t.facts.DelimiterFrom == Said {
		t.facts.DelimiterFrom = Ours
	}
	if t.facts.EncodingFrom == Said {
		t.facts.EncodingFrom = Assumed
		if t.facts.Encoding == utf8Name {
			t.facts.EncodingFrom = Ours
		}
	}
	return t, nil
}

func (o Opener) open(path string, opts mapping.SourceOptions, most limits) (*Table, error) {
	name := cmp.Or(o.Name, path)
	f, info, err := openFile(path)
	if err != nil {
		return nil, err
	}
	t := &Table{name: name, path: path, most: most, given: newContent(name, f, info.Size())}
	t.content = t.given
	if err = t.unpack(o.Spool); err == nil {
		err = t.firstReading(opts)
	}
	if err == nil {
		err = t.settled(info)
	}
	if err != nil {
		_ = t.Close() // it was only read; why it is no table says more
		return nil, err
	}
	return t, nil
}

// settled refuses a file that somebody still writes: its size or its bytes are no longer
// those that were read.
func (t *Table) settled(before os.FileInfo) error {
	now, err := t.given.file.Stat()
	if err != nil {
		return unreadable(t.name, err)
	}
	if now.Size() == before.Size() && now.ModTime().Equal(before.ModTime()) {
		return nil
	}
	return t.given.sameAs(t.given.file)
}

// Close closes the file, and removes what was unpacked of it. The table is not to be read
// any more.
func (t *Table) Close() error {
	err := errors.Join(t.sheet.close(), t.given.file.Close())
	if t.spool != nil {
		err = errors.Join(err, t.spool.Close())
	}
	return err
}

// Header gives the columns' names as they stand in the file: some may be empty or equal.
func (t *Table) Header() []string { return slices.Clone(t.header) }

// Total gives the number of data rows.
func (t *Table) Total() int { return t.facts.Rows }

// Facts gives what the first reading found out.
func (t *Table) Facts() Facts { return t.facts }

// Rows reads the table anew, as [Open] read it, whatever the file is called now and whatever
// was written behind its end. The cells' slice is used again for the next row. An error is an
// *[Error] of kind [Unreadable]; one of them is that the bytes of the rows to come are no
// longer those that Open read: no row is ever made of such bytes.
//
// A cell with bytes that are no text carries them on: those of a UTF-8 table as they
// are, those of another encoding as lone surrogates. Neither is valid UTF-8.
func (t *Table) Rows() iter.Seq2[mapping.Row, error] {
	return func(yield func(mapping.Row, error) bool) {
		if err := t.read(yield); err != nil {
			yield(mapping.Row{}, err)
		}
	}
}

// read hands on rows until the table ends or nobody wants more.
func (t *Table) read(yield func(mapping.Row, error) bool) error {
	if t.sheet != nil {
		return t.readSheet(yield)
	}
	r, err := t.rowReader(t.content.reader())
	if err != nil {
		return err
	}
	for {
		row, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !yield(row, nil) {
			return nil
		}
	}
}

// text is the file's content as UTF-8, from behind its byte order mark.
func (c chosen) text(file string, r io.Reader) (io.Reader, error) {
	if _, err := io.CopyN(io.Discard, r, int64(c.bom)); err != nil {
		return nil, unreadable(file, err)
	}
	if c.decode == nil {
		return r, nil
	}
	return c.decode(r), nil
}

func openFile(path string) (*os.File, os.FileInfo, error) {
	// Before opening: a named pipe would wait for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	if info.IsDir() {
		return nil, nil, &Error{Kind: Unreadable, File: path, Msg: "is a folder", Hint: "name a file in it"}
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &Error{
			Kind: Unreadable, File: path, Msg: "is not a regular file, and a table is read more than once",
			Hint: "save what it gives in a file first",
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	if info, err = f.Stat(); err != nil {
		closeRead(f)
		return nil, nil, unreadable(path, err)
	}
	return f, info, nil
}

// closeRead closes a file that was only read: nothing can be lost by it.
func closeRead(f *os.File) { _ = f.Close() }
