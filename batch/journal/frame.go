package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"rowpost/batch"
)

const (
	// magic starts each file; its last byte is the format's version.
	magic   = "rpjournal"
	version = 1

	// mark stands in frames that say what is synced, so that they can be found behind damage.
	mark = "\xf5synced\xf6"

	maxPayload = 1 << 20
)

// Kind is what a record says.
type Kind uint8

// The kinds of a record. They are the lowest three bits of a payload's first byte.
const (
	header Kind = iota
	Begun       // a request is about to be sent
	Finished
	synced // all before this frame was on disk when it was written
	ended  // likewise, and nothing follows
)

// Record is one frame of a file as [Log.Records] gives it.
type Record struct {
	Kind Kind // Begun or Finished
	// Entry has only Row and Request if Kind is Begun.
	Entry batch.Entry
}

// Which texts follow in a finished record, and whether it has a time.
const (
	hasCode = 1 << iota
	hasMessage
	hasField
	hasRemoteID
	hasTime
)

func statuses() [6]batch.Status {
	return [...]batch.Status{batch.Succeeded, batch.Failed, batch.Invalid, batch.Skipped, batch.NotSent, batch.InDoubt}
}

// delta is what rows and times are written against: those of the record before.
type delta struct {
	row  int
	time int64 // microseconds since 1970
}

// encoder appends frames. Its state follows what was appended.
type encoder struct {
	sum     uint32
	last    delta
	payload []byte // scratch
}

func seal() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // made once by the library

// start begins a file.
func (w *encoder) start(out []byte, lane string, window int) []byte {
	out = append(append(out, magic...), version)
	w.sum = crc32.Checksum(out, seal())
	p := append(w.payload[:0], byte(header))
	p = binary.AppendUvarint(p, uint64(window))
	return w.frame(out, append(p, lane...))
}

func (w *encoder) frame(out, payload []byte) []byte {
	w.payload = payload
	from := len(out)
	out = binary.AppendUvarint(out, uint64(len(payload)))
	out = append(out, payload...)
	w.sum = crc32.Update(w.sum, seal(), out[from:])
	return binary.LittleEndian.AppendUint32(out, w.sum)
}

func (w *encoder) begun(out []byte, row, request int) []byte {
	p := append(w.payload[:0], byte(Begun))
	p = binary.AppendVarint(p, int64(row-w.last.row))
	p = binary.AppendUvarint(p, uint64(request))
	w.last.row = row
	return w.frame(out, p)
}

// marked appends a frame that says what is synced; at is where it will stand in the file.
func (w *encoder) marked(out []byte, kind Kind, at int64) []byte {
	p := append(w.payload[:0], byte(kind))
	p = append(p, mark...)
	return w.frame(out, binary.AppendUvarint(p, uint64(at)))
}

func (w *encoder) finished(out []byte, e batch.Entry) ([]byte, error) {
	all := statuses()
	status := slices.Index(all[:], e.Status)
	if status < 0 || e.Request < 0 || e.HTTPStatus < 0 || e.Attempts < 0 {
		return out, fmt.Errorf("journal: row %d has an entry that cannot be kept", e.Row)
	}
	if len(e.Code)+len(e.Message)+len(e.Field)+len(e.RemoteID) > maxPayload-128 {
		return out, fmt.Errorf("journal: row %d has texts of more than 1 MiB", e.Row)
	}
	first := byte(Finished) | byte(status)<<3
	if e.Again {
		first |= 1 << 6
	}
	p := append(w.payload[:0], first, 0)
	p = binary.AppendVarint(p, int64(e.Row-w.last.row))
	p = binary.AppendUvarint(p, uint64(e.Request))
	p = binary.AppendUvarint(p, uint64(e.HTTPStatus))
	p = binary.AppendUvarint(p, uint64(e.Attempts))
	p = binary.AppendVarint(p, e.Duration.Microseconds())
	w.last.row = e.Row
	if !e.SentAt.IsZero() {
		at := e.SentAt.UnixMicro()
		p[1] |= hasTime
		p = binary.AppendVarint(p, at-w.last.time)
		w.last.time = at
	}
	for i, text := range [...]string{e.Code, e.Message, e.Field, e.RemoteID} {
		if text != "" {
			p[1] |= hasCode << i
			p = binary.AppendUvarint(p, uint64(len(text)))
			p = append(p, text...)
		}
	}
	return w.frame(out, p), nil
}

var errPayload = errors.New("payload of unknown form")

// decoder reads payloads. Its state follows that of the encoder.
type decoder struct {
	last delta
	p    []byte
	bad  bool
}

func (r *decoder) uvarint() int {
	v, n := binary.Uvarint(r.p)
	if n <= 0 || v > 1<<62 {
		r.bad = true
		return 0
	}
	r.p = r.p[n:]
	return int(v)
}

func (r *decoder) varint() int64 {
	v, n := binary.Varint(r.p)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.p = r.p[n:]
	return v
}

func (r *decoder) text() string {
	n := r.uvarint()
	if n > len(r.p) {
		r.bad = true
		return ""
	}
	s := string(r.p[:n])
	r.p = r.p[n:]
	return s
}

// record reads what begun and finished wrote.
func (r *decoder) record(payload []byte) (Record, error) {
	rec := Record{Kind: Kind(payload[0] & 7)}
	first := payload[0]
	r.p, r.bad = payload[1:], false
	if rec.Kind == Begun {
		r.last.row += int(r.varint())
		rec.Entry.Row, rec.Entry.Request = r.last.row, r.uvarint()
	} else {
		rec.Entry = r.finished(first)
	}
	if r.bad || len(r.p) > 0 {
		return rec, errPayload
	}
	return rec, nil
}

func (r *decoder) finished(first byte) (e batch.Entry) {
	status := int(first >> 3 & 7)
	all := statuses()
	if status >= len(all) || len(r.p) == 0 {
		r.bad = true
		return e
	}
	flags := r.p[0]
	r.p = r.p[1:]
	e.Status, e.Again = all[status], first&(1<<6) != 0
	r.last.row += int(r.varint())
	e.Row = r.last.row
	e.Request, e.HTTPStatus, e.Attempts = r.uvarint(), r.uvarint(), r.uvarint()
	e.Duration = time.Duration(r.varint()) * time.Microsecond
	if flags&hasTime != 0 {
		r.last.time += r.varint()
		e.SentAt = time.UnixMicro(r.last.time).UTC()
	}
	for i, text := range [...]*string{&e.Code, &e.Message, &e.Field, &e.RemoteID} {
		if flags&(hasCode<<i) != 0 {
			*text = r.text()
		}
	}
	return e
}
