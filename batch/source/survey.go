package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"unicode/utf8"

	"rowpost/mapping"
)

// firstReading finds out all facts, and refuses what is no table.
func (t *Table) firstReading(opts mapping.SourceOptions) error {
	hash := sha256.New()
	r := t.content.record(func(block []byte) { hash.Write(block) })
	head, err := r.head(4096)
	if err != nil {
		return err
	}
	if is, err := t.openSheet(r, head, opts); is || err != nil {
		hash.Sum(t.facts.SHA256[:0])
		return err
	}
	if what, hint := foreign(head); what != "" {
		return refused(t.name, 0, "is "+what+", not a CSV file", hint)
	}
	enc, err := chooseEncoding(t.name, opts.Encoding, head)
	if err != nil {
		return err
	}
	v, err := t.survey(r, opts, enc)
	if err == nil && enc.from == Detected && v.invalid > 0 {
		v, err = t.secondThought(opts, v)
	}
	if err != nil {
		return err
	}
	v.facts.Size = t.content.size
	hash.Sum(v.facts.SHA256[:0])
	return t.accept(v)
}

// secondThought decides what a table is that is not all UTF-8: UTF-8 with a few broken
// rows, or Windows-1252, which almost any bytes can be.
func (t *Table) secondThought(opts mapping.SourceOptions, v *survey) (*survey, error) {
	if v.sequences > v.invalid {
		v.encoding.from = Likely
		return v, nil
	}
	if v.undefined {
		return nil, refused(t.name, v.strayLine, "holds bytes that are neither UTF-8 nor Windows-1252", encodingHint)
	}
	c, _ := codecOf(windowsName)
	return t.survey(t.content.reader(), opts, chosen{c, Assumed, 0})
}

// accept takes over what a survey found, if the header can be used.
func (t *Table) accept(v *survey) error {
	for i, name := range v.header {
		if !utf8.ValidString(name) {
			e := refused(t.name, v.facts.HeaderLine, "the header holds bytes that are no text in "+v.encoding.name, encodingHint)
			return e
		}
		t.header = append(t.header, v.header[i])
	}
	v.facts.Encoding, v.facts.EncodingFrom, v.facts.BOM = v.encoding.name, v.encoding.from, v.encoding.bom > 0
	v.facts.Compression = t.packing
	v.facts.Columns, v.facts.LineEnds = len(v.header), v.ends.String()
	t.facts, t.encoding = v.facts, v.encoding
	return nil
}

// survey is one reading of the whole table that keeps counts only.
type survey struct {
	*scanner
	encoding chosen
	facts    Facts
	pending  int // lines without text that may yet turn out to be rows of one column
	// pendingRagged are those of them that hold delimiters.
	pendingRagged int

	// What speaks for UTF-8, against it, and against Windows-1252.
	sequences int  // valid ones of more than one byte
	invalid   int  // bytes that begin none
	undefined bool // a byte that Windows-1252 has no character for
	strayLine int  // where the first invalid byte stands
}

func (t *Table) survey(r io.Reader, opts mapping.SourceOptions, enc chosen) (*survey, error) {
	text, err := enc.text(t.name, r)
	if err != nil {
		return nil, err
	}
	v := &survey{scanner: newScanner(t.name, text, t.most), encoding: enc}
	if err := v.start(opts); err != nil {
		return nil, err
	}
	for {
		rec, err := v.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := v.row(rec); err != nil {
			return nil, err
		}
	}
	v.facts.Blank += v.pending
	return v, nil
}

// start reads up to the header, and finds the delimiter on the way.
func (v *survey) start(opts mapping.SourceOptions) error {
	text, err := v.peek()
	if err != nil {
		return err
	}
	sep, hasSep := sepLine(text)
	lines := max(opts.Header-1, 0)
	if hasSep {
		lines = max(lines, 1)
	}
	if more, err := v.skip(lines); err != nil || !more {
		return v.noHeader(opts, err)
	}
	switch {
	case opts.Delimiter != "":
		sep, err = saidDelimiter(v.file, opts.Delimiter)
		v.facts.DelimiterFrom = Said
	case hasSep:
		v.facts.DelimiterFrom = SepLine
	default:
		if text, err = v.peek(); err != nil {
			return err
		}
		sep, v.facts.DelimiterFrom, err = detectDelimiter(v.file, v.line, text, v.eof)
	}
	if err != nil {
		return err
	}
	v.separate(sep)
	v.facts.Delimiter = sep
	return v.head(opts)
}

// head reads the header: the line that the mapping says, else the first with text.
func (v *survey) head(opts mapping.SourceOptions) error {
	rec, err := v.next()
	for err == nil && opts.Header < 2 && blank(rec.raw, v.delim) {
		v.facts.Blank++
		rec, err = v.next()
	}
	if err == io.EOF || err == nil && blank(rec.raw, v.delim) {
		return v.noHeader(opts, nil)
	}
	if err != nil {
		return err
	}
	switch {
	case rec.bad >= 0:
		return v.refuse(rec.line, -1, "the header has a quote where none may stand", badQuoteHint)
	case rec.nul:
		return v.refuse(rec.line, -1, "the header holds a NUL, which is no text", encodingHint)
	case v.replaced(rec):
		return v.noText(rec.line)
	}
	v.judge(rec)
	v.header, _ = v.split(rec, nil, v.count(rec))
	v.facts.HeaderLine = rec.line
	return nil
}

func (v *survey) noHeader(opts mapping.SourceOptions, err error) error {
	switch {
	case err != nil:
		return err
	case opts.Header > 1:
		return v.refuse(opts.Header, -1, "there is no header on this line, which the mapping says",
			"correct source: header in the mapping, or leave it out")
	}
	return v.refuse(0, -1, "is empty: it has not even a header", "see whether the export went wrong")
}

// row counts a record as what [rowReader.next] will make of it.
func (v *survey) row(rec record) error {
	if blank(rec.raw, v.delim) {
		if len(v.header) > 1 {
			v.facts.Blank++
		} else {
			v.pending++
			if v.count(rec) != len(v.header) {
				v.pendingRagged++
			}
		}
		return nil
	}
	if v.replaced(rec) {
		return v.noText(rec.line)
	}
	valid := v.judge(rec)
	v.facts.Rows += v.pending + 1
	v.facts.Ragged += v.pendingRagged
	v.pending, v.pendingRagged = 0, 0
	switch {
	case rec.bad >= 0:
		v.facts.BadQuote++
	case v.count(rec) != len(v.header):
		v.facts.Ragged++
	case !valid || rec.nul:
		v.facts.BadEncoding++
	}
	return nil
}

// replaced says that the decoder met bytes that it does not understand.
func (v *survey) replaced(rec record) bool {
	return v.encoding.replaces && bytes.Contains(rec.raw, []byte("\uFFFD"))
}

func (v *survey) noText(line int) *Error {
	return v.refuse(line, -1, "holds bytes that are no text in "+v.encoding.name, encodingHint)
}

// judge says whether a record is valid UTF-8, and gathers what tells encodings apart.
func (v *survey) judge(rec record) bool {
	if ascii(rec.raw) {
		return true
	}
	before := v.invalid
	for i := 0; i < len(rec.raw); {
		b := rec.raw[i]
		if b < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRune(rec.raw[i:])
		if size == 1 {
			v.invalid++
		} else {
			v.sequences++
		}
		for _, b := range rec.raw[i : i+size] {
			switch b {
			case 0x81, 0x8d, 0x8f, 0x90, 0x9d:
				v.undefined = true
			}
		}
		i += size
	}
	if before == 0 && v.invalid > 0 {
		v.strayLine = rec.line
	}
	return v.invalid == before
}

// ascii looks at eight bytes at a time.
func ascii(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
