package source

import (
	"bytes"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

const (
	utf8Name    = "utf-8"
	utf16leName = "utf-16le"
	utf16beName = "utf-16be"
	windowsName = "windows-1252"

	encodingHint = "say it in the mapping, source: encoding, for instance utf-8, utf-16le, windows-1252, iso-8859-15"
)

// codec is an encoding of tables: its name, and how its bytes become UTF-8. What is no
// text in it becomes bytes that are no UTF-8 either, so that the row is known by them.
type codec struct {
	name   string
	decode func(io.Reader) io.Reader // nil: the bytes are UTF-8 as they are
	// replaces says that the decoder puts U+FFFD where it understands nothing. Where a
	// cell ends is then unsure, so such a table is refused.
	replaces bool
}

// codecOf finds an encoding by a name that people use for it.
func codecOf(name string) (codec, bool) {
	name = strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(strings.TrimSpace(name)))
	switch name {
	case utf8Name, "utf8", "cp65001":
		return codec{name: utf8Name}, true
	case utf16leName, utf16beName:
		return codec{name: name, decode: utf16Decoder(name == utf16beName)}, true
	case "utf-16", "utf16":
		return codec{name: utf16leName, decode: utf16Decoder(false)}, true
	}
	if c, ok := singleByte(name); ok {
		return codec{name: name, decode: byteDecoder(c)}, true
	}
	enc, err := htmlindex.Get(standardName(name))
	if err != nil {
		return codec{}, false
	}
	canonical, err := htmlindex.Name(enc)
	if err != nil || canonical == "replacement" || canonical == "x-user-defined" {
		return codec{}, false
	}
	if c, ok := enc.(*charmap.Charmap); ok {
		return codec{name: canonical, decode: byteDecoder(c)}, true
	}
	return codec{name: canonical, decode: library(enc), replaces: true}, true
}

// singleByte has the names that the WHATWG's list, which htmlindex follows, lacks (the
// code pages of DOS) or gives another meaning: there, iso-8859-1 is windows-1252.
func singleByte(name string) (*charmap.Charmap, bool) {
	switch name {
	case "iso-8859-1", "iso8859-1", "latin1", "latin-1":
		return charmap.ISO8859_1, true
	case "cp437", "ibm437":
		return charmap.CodePage437, true
	case "cp850", "ibm850":
		return charmap.CodePage850, true
	case "cp852", "ibm852":
		return charmap.CodePage852, true
	case "cp858", "ibm858":
		return charmap.CodePage858, true
	}
	return nil, false
}

// standardName gives the WHATWG's name of an encoding that people call otherwise.
func standardName(name string) string {
	switch name {
	case "latin9", "latin-9":
		return "iso-8859-15"
	case "latin-2":
		return "iso-8859-2"
	case "macroman", "mac-roman":
		return "macintosh"
	case "cp932", "ms932":
		return "shift_jis"
	case "cp936":
		return "gbk"
	case "cp949":
		return "euc-kr"
	case "cp950":
		return "big5"
	case "eucjp":
		return "euc-jp"
	}
	return name
}

func library(enc encoding.Encoding) func(io.Reader) io.Reader {
	return func(r io.Reader) io.Reader { return transform.NewReader(r, enc.NewDecoder()) }
}

// bom is a byte order mark and the encoding that it tells.
type bom struct{ bytes, encoding string }

// bomOf finds a byte order mark. UTF-32 is recognised to be refused by name.
func bomOf(head []byte) (bom, bool) {
	for _, b := range []bom{
		{"\xff\xfe\x00\x00", "utf-32le"},
		{"\x00\x00\xfe\xff", "utf-32be"},
		{"\xef\xbb\xbf", utf8Name},
		{"\xff\xfe", utf16leName},
		{"\xfe\xff", utf16beName},
	} {
		if bytes.HasPrefix(head, []byte(b.bytes)) {
			return b, true
		}
	}
	return bom{}, false
}

// chosen is the encoding a table is read in, and where its text starts.
type chosen struct {
	codec
	from From
	bom  int // length of the byte order mark
}

// chooseEncoding goes by the mapping, then by a byte order mark, then by the zero bytes of
// UTF-16, else takes UTF-8, which the first reading confirms or not.
func chooseEncoding(file, said string, head []byte) (chosen, error) {
	mark, marked := bomOf(head)
	if said != "" {
		return saidEncoding(file, said, mark, marked)
	}
	if marked {
		c, ok := codecOf(mark.encoding)
		if !ok {
			return chosen{}, refused(file, 0, "is encoded in "+mark.encoding+", which is not read", "save it as UTF-8")
		}
		return chosen{c, BOM, len(mark.bytes)}, nil
	}
	if name, ok := unmarked16(head); ok {
		c, _ := codecOf(name)
		return chosen{c, Likely, 0}, nil
	}
	return chosen{codec{name: utf8Name}, Detected, 0}, nil
}

// saidEncoding takes the mapping's word, unless the table itself says another.
func saidEncoding(file, said string, mark bom, marked bool) (chosen, error) {
	name := strings.ToLower(strings.TrimSpace(said))
	if marked && (name == "utf-16" || name == "utf16") && strings.HasPrefix(mark.encoding, "utf-16") {
		name = mark.encoding
	}
	c, ok := codecOf(name)
	switch {
	case !ok:
		return chosen{}, refused(file, 0, "the mapping says an encoding that is not known",
			"use utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1, iso-8859-15 or another name of the WHATWG encoding standard")
	case marked && mark.encoding != c.name:
		return chosen{}, refused(file, 0,
			"starts with a byte order mark of "+mark.encoding+", but the mapping says "+c.name,
			"correct source: encoding in the mapping, or leave it out")
	}
	return chosen{c, Said, len(mark.bytes)}, nil
}
