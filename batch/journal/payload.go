package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"rowpost/batch"
)

var errPayload = errors.New("a record of unknown form")

// decoder reads payloads. Its state follows that of the encoder.
type decoder struct {
	prev delta
	p    []byte
	bad  bool
}

func (r *decoder) uvarint() int {
	v := r.number()
	if v > 1<<62 {
		r.bad = true
		return 0
	}
	return int(v)
}

func (r *decoder) varint() int64 {
	v := r.number()
	return int64(v>>1) ^ -int64(v&1)
}

// number is [binary.Uvarint], faster for what most numbers are: of one byte or two.
func (r *decoder) number() (v uint64) {
	var n int
	switch p := r.p; {
	case len(p) > 0 && p[0] < 0x80:
		v, n = uint64(p[0]), 1
	case len(p) > 1 && p[1] < 0x80:
		v, n = uint64(p[0]&0x7f)|uint64(p[1])<<7, 2
	default:
		v, n = binary.Uvarint(p)
	}
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.p = r.p[n:]
	return v
}

func (r *decoder) text() string {
	return string(r.bytes(r.uvarint()))
}

func (r *decoder) bytes(n int) []byte {
	if n > len(r.p) {
		r.bad = true
		return nil
	}
	b := r.p[:n]
	r.p = r.p[n:]
	return b
}

func (r *decoder) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// over says whether all of the payload was read, and made sense.
func (r *decoder) over() bool { return !r.bad && len(r.p) == 0 }

// record reads what begun and finished wrote.
func (r *decoder) record(payload []byte, rec *Record) error {
	first := payload[0]
	*rec = Record{Kind: Kind(first & 7)}
	r.p, r.bad = payload[1:], false
	if rec.Kind == Begun {
		r.prev.row += int(r.varint())
		rec.Entry.Row, rec.Entry.Request = r.prev.row, r.uvarint()
	} else {
		r.finished(first, &rec.Entry)
	}
	if !r.over() {
		return errPayload
	}
	return nil
}

func (r *decoder) finished(first byte, e *batch.Entry) {
	status := int(first >> 3 & 7)
	all := statuses()
	flags := r.bytes(1)
	if status >= len(all) || r.bad {
		r.bad = true
		return
	}
	e.Status, e.Again = all[status], first&(1<<6) != 0
	r.prev.row += int(r.varint())
	e.Row = r.prev.row
	e.Request, e.HTTPStatus, e.Attempts = r.uvarint(), r.uvarint(), r.uvarint()
	e.Duration = time.Duration(r.varint()) * time.Microsecond
	if flags[0]&hasTime != 0 {
		r.prev.time += r.varint()
		e.SentAt = time.UnixMicro(r.prev.time).UTC()
	}
	for i, text := range [...]*string{&e.Code, &e.Message, &e.Field, &e.RemoteID} {
		if flags[0]&(hasCode<<i) != 0 {
			*text = r.text()
		}
	}
}

// opening reads what start wrote.
func (r *decoder) opening(payload []byte) (h header, ok bool) {
	r.p, r.bad = payload[1:], false
	h.first, h.last, h.window = r.uint32(), r.uint32(), r.uint32()
	copy(h.nonce[:], r.bytes(len(h.nonce)))
	h.lane, r.p = string(r.p), nil
	return h, r.over() && Kind(payload[0]) == opening
}

// sighting reads what saw wrote.
func (r *decoder) sighting(payload []byte) (s sighting, ok bool) {
	r.p, r.bad = payload[1:], false
	s.last, s.kept, s.sum = uint32(r.uvarint()), int64(r.uvarint()), r.uint32()
	return s, r.over()
}

// mark reads what marked wrote, if it is a mark of the file with that nonce.
func (r *decoder) mark(payload []byte, nonce [8]byte) (m mark, ok bool) {
	r.p, r.bad = payload[1:], false
	same := string(r.bytes(len(nonce))) == string(nonce[:])
	m.sum, m.at = r.uint32(), int64(r.uvarint())
	m.safe = m.at - int64(r.uvarint())
	return m, r.over() && same && m.safe >= 0
}

// isMark says of a payload whether it claims to be a mark.
func isMark(payload []byte) bool {
	return Kind(payload[0]) == synced || Kind(payload[0]) == ended
}

// largestMark is the longest that a mark's frame can be.
const largestMark = 1 + 1 + 8 + 4 + 2*binary.MaxVarintLen64 + crc32.Size
