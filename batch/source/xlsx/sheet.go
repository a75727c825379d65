package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"rowpost/mapping"
)

// rows reads the rows of a sheet in their order, the empty ones left out that the file
// leaves out.
type rows struct {
	*part
	values *values
	last   int // number of the row read last
	row    row
	rich   richText
	raw    []byte // of the cell at hand
}

// row is a row of a sheet. It is valid until the next one.
type row struct {
	number int // from 1
	hidden bool
	width  int    // columns up to the last cell, whether it has a text or not
	cells  []cell // in their order, those without text left out
	bytes  []byte // their texts
}

type cell struct {
	column     int // from 0
	start, end int // its text in the row's
	fault      *fault
}

func (r *row) text(c cell) []byte { return r.bytes[c.start:c.end] }

// next gives the next row; nil behind the last.
func (r *rows) next() (*row, error) {
	for {
		t, err := r.part.next()
		if errors.Is(err, io.EOF) || err == nil && t == endTag && r.is("sheetData") {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if t == startTag && r.is("row") {
			return &r.row, r.read()
		}
	}
}

func (r *rows) read() error {
	n, err := r.number("r", r.last+1, maxRows)
	if err != nil {
		return err
	}
	if n <= r.last {
		return damaged(r.part.name, "its rows are not in order")
	}
	r.last = n
	r.row = row{number: n, hidden: r.flag("hidden"), cells: r.row.cells[:0], bytes: r.row.bytes[:0]}
	column := -1
	for {
		t, err := r.part.next()
		if errors.Is(err, io.EOF) {
			err = r.bad("it breaks off")
		}
		switch {
		case err != nil:
			return err
		case t == endTag && r.is("row"):
			return nil
		case t != startTag || !r.is("c"):
			continue
		}
		at, err := r.column(column + 1)
		if err != nil {
			return err
		}
		if at <= column {
			return damaged(r.part.name, "the cells of a row are not in order")
		}
		if column = at; column >= maxColumns {
			return damaged(r.part.name, fmt.Sprintf("a row has more than %d cells", maxColumns))
		}
		r.row.width = column + 1
		if err := r.cell(column); err != nil {
			return inRow(err, n)
		}
	}
}

// column reads where the cell at hand stands; absent is the place where it does not say.
func (r *rows) column(absent int) (int, error) {
	ref := r.attr("r")
	if ref == nil {
		return absent, nil
	}
	column, row, ok := place(ref)
	if !ok || row != r.last {
		return 0, damaged(r.part.name, "a cell stands in another row than it says")
	}
	return column, nil
}

// place reads the name of a cell, as AB12: its column from 0 and its row from 1.
func place(ref []byte) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4; i++ {
		column = column*26 + int(ref[i]-'A') + 1
	}
	row, err := strconv.Atoi(string(ref[i:]))
	return column - 1, row, i > 0 && i < 4 && err == nil && row > 0 && row <= maxRows
}

// cellName is the reverse of place.
func cellName(column, row int) string {
	var b []byte
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		b = append([]byte{byte('A' + (n-1)%26)}, b...)
	}
	return string(b) + strconv.Itoa(row)
}

// content is what stands in a cell's element.
type content struct {
	formula, valued, inline bool
	raw                     []byte // of its value
}

// cell reads the cell at hand and adds it to the row, unless it is empty.
func (r *rows) cell(column int) error {
	style, err := r.number("s", 0, maxStyles)
	if err != nil {
		return err
	}
	kind := string(r.attr("t"))
	start := len(r.row.bytes)
	in, err := r.content()
	if err != nil {
		return err
	}
	c := cell{column: column, start: start}
	if c.fault, err = r.value(kind, style, &in); err != nil {
		return err
	}
	if c.end = len(r.row.bytes); c.end > maxRecord {
		return refuse("shorten its cells", "the row holds more than %d MiB", maxRecord>>20)
	}
	if c.end > c.start || c.fault != nil {
		if c.fault == nil {
			c.fault = noText(r.row.bytes[c.start:c.end])
		}
		r.row.cells = append(r.row.cells, c)
	}
	return nil
}

// content reads up to the cell's end.
func (r *rows) content() (in content, err error) {
	inside := false
	r.raw = r.raw[:0]
	for {
		t, err := r.part.next()
		if errors.Is(err, io.EOF) {
			err = r.bad("it breaks off")
		}
		switch {
		case err != nil:
			return in, err
		case t == text:
			if inside {
				r.raw = append(r.raw, r.part.text...)
			}
		case r.is("c") && t == endTag:
			in.raw = r.raw
			return in, nil
		case r.is("v"):
			inside, in.valued = t == startTag, true
		case r.is("f"):
			in.formula = true
		case r.is("is") && t == startTag:
			in.inline = true
			if r.row.bytes, err = r.rich.read(r.part, "is", r.row.bytes); err != nil {
				return in, err
			}
		}
		if len(r.raw) > maxCell {
			return in, refuse("shorten it", "holds a cell of more than 1 MiB")
		}
	}
}

// value appends the cell's text to the row.
func (r *rows) value(kind string, style int, in *content) (f *fault, err error) {
	out := &r.row.bytes
	raw := bytes.TrimSpace(in.raw)
	switch {
	case in.inline:
		return nil, nil
	case in.formula && (!in.valued || len(raw) == 0 && kind != "str"):
		return badCell("open the workbook in a spreadsheet program and save it, so that results are saved too; or put the value in the formula's place",
			"holds a formula without a saved result"), nil
	case kind == "str":
		*out = appendEscaped(*out, in.raw)
		return nil, nil
	case len(raw) == 0:
		return nil, nil
	}
	switch kind {
	case "", "n":
		*out, f = r.values.number(*out, raw, style)
	case "d":
		*out, f = r.values.iso(*out, raw, style)
	case "e":
		*out, f = append(*out, raw...), errorValue(raw)
	case "b":
		*out = append(*out, truth(raw)...)
	case "s":
		n, bad := strconv.Atoi(string(raw))
		if bad != nil || n < 0 || n >= r.values.texts.count {
			return nil, damaged(r.part.name, "a cell names a text that is not there")
		}
		shared, err := r.values.texts.get(n)
		*out = append(*out, shared...)
		return nil, err
	default:
		return badCell(saveHint, "is of a kind that is not known"), nil
	}
	return f, nil
}

func truth(raw []byte) string {
	if v := string(raw); v == "0" || v == "false" {
		return "FALSE"
	}
	return "TRUE"
}

// noText says why a text is none that could be sent.
func noText(b []byte) *fault {
	switch {
	case bytes.IndexByte(b, 0) >= 0:
		return &fault{mapping.CodeBadEncoding, "holds a NUL character, which is no text", "remove it"}
	case !utf8.Valid(b):
		return &fault{mapping.CodeBadEncoding, "holds half a character, which is no text", "write the cell anew"}
	}
	return nil
}
