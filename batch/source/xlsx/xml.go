package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// token is a piece of an XML document.
type token uint8

const (
	startTag token = iota + 1
	endTag
	text
)

// step is how a tag changes the number of open elements.
func (t token) step() int {
	switch t {
	case startTag:
		return 1
	case endTag:
		return -1
	default:
		return 0
	}
}

const (
	xmlBuffer = 64 << 10
	// maxToken bounds a tag, a comment or a piece of text, in bytes as written: each
	// character of a cell may be written as a reference.
	maxToken = 8 * maxCell
	maxDepth = 64
)

// xmlReader cuts XML into tags and texts, without an allocation for each: it takes a third
// of the time of encoding/xml. It knows UTF-8 only and no document type, so that there are
// no entities but the five of XML itself. Names are without their prefix.
type xmlReader struct {
	src  io.Reader
	part string // for messages
	buf  []byte // what was read
	pos  int    // of the next token in buf
	eof  bool

	name  []byte // of the tag at hand
	attrs []attr
	text  []byte // of the text at hand, references resolved

	single  bool // the tag at hand ends itself, and its end is still to come
	open    []byte
	opens   []int // where each open element's name begins in open
	scratch []byte
}

// attr is an attribute; its name has its prefix. Both are valid until the next token.
type attr struct{ name, value []byte }

func newXMLReader(part string, src io.Reader) *xmlReader {
	x := &xmlReader{src: src, part: part, buf: make([]byte, 0, xmlBuffer)}
	return x
}

// next reads a token; the error is io.EOF behind the last element, an *[Error] for what is
// no XML, or the source's.
func (x *xmlReader) next() (token, error) {
	if x.single {
		x.single = false
		x.pop()
		return endTag, nil
	}
	for {
		lt, err := x.find(x.pos, []byte{'<'})
		if errors.Is(err, io.EOF) {
			return 0, x.end()
		}
		if err != nil {
			return 0, err
		}
		if lt > x.pos {
			raw := x.buf[x.pos:lt]
			x.pos = lt
			if len(x.opens) == 0 {
				continue // between the elements of no depth there are only line breaks
			}
			return text, x.resolve(raw)
		}
		switch t, err := x.markup(); {
		case err != nil:
			return 0, x.cut(err)
		case t != 0:
			return t, nil
		}
	}
}

func (x *xmlReader) end() error {
	if len(x.opens) > 0 {
		return x.bad("it breaks off")
	}
	return io.EOF
}

// cut names the end of the document inside of a tag.
func (x *xmlReader) cut(err error) error {
	if errors.Is(err, io.EOF) {
		return x.bad("it breaks off")
	}
	return err
}

func (x *xmlReader) bad(reason string) error { return damaged(x.part, reason) }

// markup reads what begins with <. It gives 0 for what means nothing here.
func (x *xmlReader) markup() (token, error) {
	if err := x.ensure(2); err != nil {
		return 0, err
	}
	switch x.buf[x.pos+1] {
	case '?':
		return 0, x.skip("?>")
	case '!':
		return x.special()
	case '/':
		return endTag, x.closing()
	}
	return startTag, x.opening()
}

func (x *xmlReader) skip(end string) error {
	at, err := x.find(x.pos, []byte(end))
	if err == nil {
		x.pos = at + len(end)
	}
	return err
}

// special reads a comment, which is nothing, or a section of plain characters.
func (x *xmlReader) special() (token, error) {
	const comment, section = "<!--", "<![CDATA["
	if err := x.ensure(len(comment)); err != nil {
		return 0, err
	}
	if bytes.HasPrefix(x.buf[x.pos:], []byte(comment)) {
		x.pos += len(comment)
		return 0, x.skip("-->")
	}
	if err := x.ensure(len(section)); err != nil || !bytes.HasPrefix(x.buf[x.pos:], []byte(section)) {
		return 0, errors.Join(err, x.bad("it has a document type, which no workbook needs"))
	}
	at, err := x.find(x.pos+len(section), []byte("]]>"))
	if err != nil {
		return 0, err
	}
	raw := x.buf[x.pos+len(section) : at]
	x.pos = at + len("]]>")
	if !utf8.Valid(raw) {
		return 0, x.bad("it is not UTF-8")
	}
	x.text = appendLines(x.text[:0], raw)
	return text, nil
}

func (x *xmlReader) closing() error {
	at, err := x.find(x.pos, []byte{'>'})
	if err != nil {
		return err
	}
	name := bytes.TrimRight(x.buf[x.pos+2:at], " \t\r\n")
	x.pos = at + 1
	if len(x.opens) == 0 || !bytes.Equal(x.open[x.opens[len(x.opens)-1]:], name) {
		return x.bad("an end tag without its start")
	}
	x.name = local(name)
	x.pop()
	return nil
}

func (x *xmlReader) pop() {
	last := len(x.opens) - 1
	x.open, x.opens = x.open[:x.opens[last]], x.opens[:last]
}

// opening reads a start tag and its attributes.
func (x *xmlReader) opening() error {
	end, err := x.tagEnd()
	if err != nil {
		return err
	}
	raw := x.buf[x.pos+1 : end]
	x.pos = end + 1
	if n := len(raw); n > 0 && raw[n-1] == '/' {
		x.single, raw = true, raw[:n-1]
	}
	n := 0
	for n < len(raw) && !isBlank(raw[n]) {
		n++
	}
	if n == 0 || len(x.opens) == maxDepth {
		return x.bad("a tag without a name, or too many in one another")
	}
	x.opens = append(x.opens, len(x.open))
	x.open = append(x.open, raw[:n]...)
	x.name = local(raw[:n])
	return x.attributes(raw[n:])
}

// tagEnd finds the > that no quotes enclose.
func (x *xmlReader) tagEnd() (int, error) {
	quote := byte(0)
	for n := 1; ; n++ {
		if x.pos+n == len(x.buf) {
			if err := x.ensure(n + 1); err != nil {
				return 0, err
			}
		}
		switch b := x.buf[x.pos+n]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '>':
			return x.pos + n, nil
		case b == '<':
			return 0, x.bad("a tag inside of a tag")
		}
	}
}

func (x *xmlReader) attributes(raw []byte) error {
	x.attrs, x.scratch = x.attrs[:0], x.scratch[:0]
	for {
		raw = bytes.TrimLeft(raw, " \t\r\n")
		if len(raw) == 0 {
			return nil
		}
		eq := bytes.IndexByte(raw, '=')
		if eq <= 0 || len(x.attrs) == maxDepth*maxDepth {
			return x.bad("an attribute without a value, or too many of them")
		}
		name := bytes.TrimRight(raw[:eq], " \t\r\n")
		raw = bytes.TrimLeft(raw[eq+1:], " \t\r\n")
		if len(raw) < 2 || raw[0] != '"' && raw[0] != '\'' {
			return x.bad("an attribute without quotes")
		}
		end := bytes.IndexByte(raw[1:], raw[0])
		if end < 0 {
			return x.bad("an attribute without quotes")
		}
		value := raw[1 : end+1]
		if bytes.IndexByte(value, '&') >= 0 {
			start := len(x.scratch)
			var err error
			if x.scratch, err = x.references(x.scratch, value); err != nil {
				return err
			}
			value = x.scratch[start:]
		}
		x.attrs = append(x.attrs, attr{name, value})
		raw = raw[end+2:]
	}
}

// attr gives an attribute of the tag at hand by its name with its prefix; nil: it has none.
func (x *xmlReader) attr(name string) []byte {
	for i := range x.attrs {
		if string(x.attrs[i].name) == name {
			return x.attrs[i].value
		}
	}
	return nil
}

// is says whether the tag at hand has this name.
func (x *xmlReader) is(name string) bool { return string(x.name) == name }

// flag reads an attribute that is a truth value.
func (x *xmlReader) flag(name string) bool {
	v := string(x.attr(name))
	return v == "1" || v == "true"
}

// resolve makes the text at hand of what is written.
func (x *xmlReader) resolve(raw []byte) (err error) {
	if !utf8.Valid(raw) {
		return x.bad("it is not UTF-8")
	}
	x.text = x.text[:0]
	if bytes.IndexByte(raw, '&') < 0 {
		x.text = appendLines(x.text, raw)
		return nil
	}
	x.text, err = x.references(x.text, raw)
	return err
}

// references appends a text with its references resolved.
func (x *xmlReader) references(out, raw []byte) ([]byte, error) {
	for {
		amp := bytes.IndexByte(raw, '&')
		if amp < 0 {
			return appendLines(out, raw), nil
		}
		out = appendLines(out, raw[:amp])
		raw = raw[amp+1:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if end < 0 {
			return out, x.bad("a reference without an end")
		}
		r, ok := reference(string(raw[:end]))
		if !ok {
			return out, x.bad("a reference to what is not there")
		}
		out, raw = utf8.AppendRune(out, r), raw[end+1:]
	}
}

func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}

// appendLines writes line breaks as XML has them read: a LF, whatever stands there.
func appendLines(out, raw []byte) []byte {
	for {
		cr := bytes.IndexByte(raw, '\r')
		if cr < 0 {
			return append(out, raw...)
		}
		out = append(append(out, raw[:cr]...), '\n')
		raw = raw[cr+1:]
		if len(raw) > 0 && raw[0] == '\n' {
			raw = raw[1:]
		}
	}
}

func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// number reads an attribute that is a whole number from 0 to limit; absent is its value
// where there is none.
func (x *xmlReader) number(name string, absent, limit int) (int, error) {
	v := x.attr(name)
	if v == nil {
		return absent, nil
	}
	n, err := strconv.Atoi(string(v))
	if err != nil || n < 0 || n > limit {
		return 0, x.bad(fmt.Sprintf("the attribute %s is no number from 0 to %d", name, limit))
	}
	return n, nil
}
