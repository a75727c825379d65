package xlsx

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	groupSize = 64      // texts that are fetched together
	keptTexts = 4 << 20 // bytes of texts that are kept in memory
)

// texts are the workbook's shared texts, which cells name by number. They are kept in a
// file, since a sheet may have millions of them; those next to each other are used
// together, and so are fetched together.
type texts struct {
	file   *Scratch // nil: there are none
	count  int
	starts []int64 // of the groups in the file
	size   int64   // of the file
	groups map[int]*group
	order  []*group // as they were fetched
	kept   int
	last   *group
}

type group struct {
	number int
	bytes  []byte
	ends   [groupSize]int
}

// texts reads the shared texts; there may be no such part.
func (a *archive) texts(name, dir string) (*texts, error) {
	t := &texts{groups: map[int]*group{}}
	if name == "" || !a.has(name) {
		return t, nil
	}
	p, err := a.open(name)
	if err != nil {
		return nil, err
	}
	defer p.close()
	if t.file, err = NewScratch(dir); err != nil {
		return nil, err
	}
	if err := t.fill(p); err != nil {
		return nil, errors.Join(err, t.file.Close())
	}
	return t, nil
}

// close removes the file.
func (t *texts) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}

func (t *texts) fill(p *part) error {
	out := bufio.NewWriterSize(t.file, 256<<10)
	var item []byte
	var rich richText
	for {
		kind, err := p.next()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		if kind == startTag && p.is("si") {
			if item, err = rich.read(p, "si", item[:0]); err == nil {
				err = t.add(out, item)
			}
			if err != nil {
				return err
			}
		}
	}
}

func (t *texts) add(out *bufio.Writer, item []byte) error {
	if t.count%groupSize == 0 {
		t.starts = append(t.starts, t.size)
	}
	t.count++
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(item)))
	t.size += int64(n + len(item))
	_, err := out.Write(length[:n])
	if err == nil {
		_, err = out.Write(item)
	}
	return err
}

// get gives a text by its number. It is valid until the next call.
func (t *texts) get(n int) ([]byte, error) {
	g := t.last
	if g == nil || g.number != n/groupSize {
		var err error
		if g, err = t.group(n / groupSize); err != nil {
			return nil, err
		}
		t.last = g
	}
	start := 0
	if at := n % groupSize; at > 0 {
		start = g.ends[at-1]
	}
	return g.bytes[start:g.ends[n%groupSize]], nil
}

func (t *texts) group(number int) (*group, error) {
	if g := t.groups[number]; g != nil {
		return g, nil
	}
	end := t.size
	if number+1 < len(t.starts) {
		end = t.starts[number+1]
	}
	raw := make([]byte, end-t.starts[number])
	if _, err := t.file.ReadAt(raw, t.starts[number]); err != nil {
		return nil, err
	}
	g := &group{number: number}
	for i := 0; len(raw) > 0; i++ {
		length, n := binary.Uvarint(raw)
		raw = raw[n:]
		g.bytes = append(g.bytes, raw[:length]...)
		g.ends[i], raw = len(g.bytes), raw[length:]
	}
	t.keep(g)
	return g, nil
}

// keep makes room by forgetting what was fetched first.
func (t *texts) keep(g *group) {
	t.groups[g.number] = g
	t.order = append(t.order, g)
	t.kept += len(g.bytes) + groupSize*8
	for t.kept > keptTexts && len(t.order) > 1 {
		old := t.order[0]
		t.order = t.order[1:]
		t.kept -= len(old.bytes) + groupSize*8
		delete(t.groups, old.number)
	}
}

// richText joins the runs of a text. What is written beside it to tell how it is read
// aloud (in East Asian scripts) is no part of it.
type richText struct{ run []byte }

// read reads up to the end of the element that the reader stands in, and appends its text.
func (r *richText) read(p *part, element string, out []byte) ([]byte, error) {
	start, aloud, inside, keep := len(out), 0, false, false
	for {
		kind, err := p.next()
		if errors.Is(err, io.EOF) {
			err = p.bad("it breaks off")
		}
		if err != nil {
			return out, err
		}
		switch {
		case kind == text:
			if inside {
				r.run = append(r.run, p.text...)
			}
		case p.is("rPh"):
			aloud += kind.step()
		case p.is("t") && kind == startTag && aloud == 0:
			inside, keep, r.run = true, string(p.attr("xml:space")) == "preserve", r.run[:0]
		case p.is("t") && inside:
			inside = false
			out = appendEscaped(out, trimmed(r.run, keep))
		case p.is(element) && kind == endTag:
			return out, nil
		}
		if len(out)-start+len(r.run) > maxCell {
			return out, refuse("shorten it", "holds a text of more than 1 MiB")
		}
	}
}

// trimmed takes off the blanks that spreadsheets take off too, where a text does not ask
// to keep them.
func trimmed(raw []byte, keep bool) []byte {
	for !keep && len(raw) > 0 && isBlank(raw[0]) {
		raw = raw[1:]
	}
	for !keep && len(raw) > 0 && isBlank(raw[len(raw)-1]) {
		raw = raw[:len(raw)-1]
	}
	return raw
}

// appendEscaped writes a text with each _xHHHH_ in it resolved: a UTF-16 unit that XML, or a
// spreadsheet, could not hold as it is. A half of a pair that stands alone is no text: it
// is written so that the result is no valid UTF-8. From DC80 to DCFF it is a byte that was
// no text already in the table that a result was written of, and becomes that byte again.
func appendEscaped(out, raw []byte) []byte {
	for {
		at := bytes.Index(raw, []byte("_x"))
		if at < 0 {
			return append(out, raw...)
		}
		unit, ok := escape(raw[at:])
		if !ok {
			out, raw = append(out, raw[:at+2]...), raw[at+2:]
			continue
		}
		out, raw = append(out, raw[:at]...), raw[at+escapeLength:]
		if next, pair := escape(raw); pair && utf16.DecodeRune(unit, next) != utf8.RuneError {
			out, raw = utf8.AppendRune(out, utf16.DecodeRune(unit, next)), raw[escapeLength:]
			continue
		}
		switch {
		case unit >= 0xdc80 && unit <= 0xdcff:
			out = append(out, byte(unit))
		case utf16.IsSurrogate(unit):
			out = append(out, 0xe0|byte(unit>>12), 0x80|byte(unit>>6)&0x3f, 0x80|byte(unit)&0x3f)
		default:
			out = utf8.AppendRune(out, unit)
		}
	}
}

const escapeLength = len("_x000D_")

func escape(raw []byte) (rune, bool) {
	if len(raw) < escapeLength || raw[0] != '_' || raw[1] != 'x' || raw[escapeLength-1] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[2:escapeLength-1]), 16, 16)
	return rune(n), err == nil
}
