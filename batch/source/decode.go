package source

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// appendStray writes what is no text as the lone surrogate U+DC00 + b, in the three
// bytes that it would have if UTF-8 allowed it (Python's PEP 383 does the same). So the
// cell is no valid UTF-8, whatever stands around it, and the byte can still be told.
func appendStray(p []byte, b byte) []byte { return appendSurrogate(p, 0xdc00+rune(b)) }

func appendSurrogate(p []byte, r rune) []byte {
	return append(p, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
}

// byteReader turns an encoding of one byte for each character into UTF-8.
type byteReader struct {
	src   io.Reader
	table *[256][]byte
}

// byteDecoder makes readers for a character set. Its undefined bytes are strays, and so
// are those above 7F that it takes for control characters: no table holds them as text.
func byteDecoder(c *charmap.Charmap) func(io.Reader) io.Reader {
	var table [256][]byte
	for i := range table {
		r := c.DecodeByte(byte(i))
		if i >= 0x80 && (r == utf8.RuneError || r < 0xa0) {
			table[i] = appendStray(nil, byte(i))
			continue
		}
		table[i] = utf8.AppendRune(nil, r)
	}
	return func(r io.Reader) io.Reader { return &byteReader{r, &table} }
}

// Read fills p by up to a third from the source: no character becomes longer than that.
func (r *byteReader) Read(p []byte) (int, error) {
	if len(p) < utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	// The source's bytes are read into the end of p; what is written before them
	// never catches up with what is still to be turned.
	raw := p[len(p)-len(p)/3:]
	n, err := r.src.Read(raw)
	out := p[:0]
	for _, b := range raw[:n] {
		if b < utf8.RuneSelf {
			out = append(out, b)
			continue
		}
		out = append(out, r.table[b]...)
	}
	return len(out), err
}

// utf16Reader turns UTF-16 into UTF-8. A lone surrogate stays one, and so does an odd
// last byte: both are no valid UTF-8.
type utf16Reader struct {
	src   io.Reader
	order binary.ByteOrder
	raw   []byte // read and not yet turned
	err   error  // of the source
}

func utf16Decoder(bigEndian bool) func(io.Reader) io.Reader {
	return func(r io.Reader) io.Reader {
		u := &utf16Reader{src: r, order: binary.LittleEndian, raw: make([]byte, 0, 32<<10)}
		if bigEndian {
			u.order = binary.BigEndian
		}
		return u
	}
}

// Read turns as much as p surely holds.
func (r *utf16Reader) Read(p []byte) (int, error) {
	if len(p) < utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	if r.err == nil && len(r.raw) < utf8.UTFMax {
		n, err := r.src.Read(r.raw[len(r.raw):cap(r.raw)])
		r.raw, r.err = r.raw[:len(r.raw)+n], err
	}
	out, rest := p[:0], r.raw
	for len(rest) > 0 && len(p)-len(out) >= utf8.UTFMax {
		var n int
		if out, n = r.character(out, rest); n == 0 {
			break
		}
		rest = rest[n:]
	}
	r.raw = r.raw[:copy(r.raw[:cap(r.raw)], rest)]
	if len(r.raw) == 0 {
		return len(out), r.err
	}
	return len(out), nil
}

// character turns the first character of raw and says how many bytes it took; 0: more
// must be read to know.
func (r *utf16Reader) character(out, raw []byte) ([]byte, int) {
	if len(raw) == 1 {
		if r.err == nil {
			return out, 0
		}
		return appendStray(out, raw[0]), 1
	}
	c := rune(r.order.Uint16(raw))
	if !utf16.IsSurrogate(c) {
		return utf8.AppendRune(out, c), 2
	}
	if len(raw) < 4 {
		if r.err == nil {
			return out, 0
		}
		return appendSurrogate(out, c), 2
	}
	if pair := utf16.DecodeRune(c, rune(r.order.Uint16(raw[2:]))); pair != utf8.RuneError {
		return utf8.AppendRune(out, pair), 4
	}
	return appendSurrogate(out, c), 2
}
