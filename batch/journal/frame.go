package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"rowpost/batch"
)

const (
	// magic starts each file; the byte behind it is the format's version.
	magic   = "rpjournal"
	version = 1

	maxPayload = 1 << 20
)

// Kind is what a record says.
type Kind uint8

// The kinds of a record. They are the lowest three bits of a payload's first byte.
const (
	opening Kind = iota
	Begun        // a request is about to be sent
	Finished
	synced // says up to where the file was on disk when it was written
	ended  // likewise, and nothing follows
	seen   // how much of an earlier file of the lane its start found
)

// Record is one frame of a file as [File.Records] gives it.
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

// header is what a file says of itself.
type header struct {
	first, last uint32 // the starts that it stands for: more than one if it is a compaction
	window      uint32 // rows
	nonce       [8]byte
	lane        string
}

// fixedHeader is the size of a header's payload without the lane's name.
const fixedHeader = 1 + 3*4 + 8

// size is how long a file is that has its header and nothing else.
func (h *header) size() int64 {
	payload := fixedHeader + len(h.lane)
	return int64(len(magic) + 1 + len(binary.AppendUvarint(nil, uint64(payload))) + payload + crc32.Size)
}

// sighting is how much of an earlier file a start found, and relied on.
type sighting struct {
	last uint32 // of that file's header
	kept int64
	sum  uint32 // the checksum at its end
}

// delta is what rows and times are written against: those of the record before.
type delta struct {
	row  int
	time int64 // microseconds since 1970
}

// encoder appends frames. Its state follows what was appended.
type encoder struct {
	sum     uint32
	nonce   [8]byte
	prev    delta
	payload []byte // scratch
}

// seal is only read.
var seal = crc32.MakeTable(crc32.Castagnoli)

// start begins a file.
func (w *encoder) start(out []byte, h *header) []byte {
	w.nonce = h.nonce
	from := len(out)
	out = append(append(out, magic...), version)
	w.sum = crc32.Checksum(out[from:], seal)
	p := append(w.payload[:0], byte(opening))
	for _, n := range [...]uint32{h.first, h.last, h.window} {
		p = binary.LittleEndian.AppendUint32(p, n)
	}
	p = append(append(p, h.nonce[:]...), h.lane...)
	return w.frame(out, p)
}

func (w *encoder) frame(out, payload []byte) []byte {
	w.payload = payload
	if batch.Planted("checksum-unchained") {
		w.sum = 0
	}
	from := len(out)
	out = binary.AppendUvarint(out, uint64(len(payload)))
	out = append(out, payload...)
	w.sum = crc32.Update(w.sum, seal, out[from:])
	return binary.LittleEndian.AppendUint32(out, w.sum)
}

func (w *encoder) begun(out []byte, row, request int) []byte {
	p := append(w.payload[:0], byte(Begun))
	p = binary.AppendVarint(p, int64(row-w.prev.row))
	p = binary.AppendUvarint(p, uint64(request))
	w.prev.row = row
	return w.frame(out, p)
}

func (w *encoder) saw(out []byte, s sighting) []byte {
	p := append(w.payload[:0], byte(seen))
	p = binary.AppendUvarint(p, uint64(s.last))
	p = binary.AppendUvarint(p, uint64(s.kept))
	return w.frame(out, binary.LittleEndian.AppendUint32(p, s.sum))
}

// mark is what a frame of kind synced or ended says.
type mark struct {
	at   int64  // where in the file the mark stands
	safe int64  // up to where the file was synced
	sum  uint32 // the checksum of the frame before it
}

// marked appends a mark. Its own checksum starts anew, so that it can be found, and
// trusted, behind damage; that of the frame before is in it instead.
func (w *encoder) marked(out []byte, kind Kind, at, safe int64) []byte {
	p := append(append(w.payload[:0], byte(kind)), w.nonce[:]...)
	p = binary.LittleEndian.AppendUint32(p, w.sum)
	p = binary.AppendUvarint(p, uint64(at))
	p = binary.AppendUvarint(p, uint64(at-safe))
	w.sum = 0
	return w.frame(out, p)
}

func (w *encoder) finished(out []byte, e *batch.Entry) ([]byte, error) {
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
	p = binary.AppendVarint(p, int64(e.Row-w.prev.row))
	p = binary.AppendUvarint(p, uint64(e.Request))
	p = binary.AppendUvarint(p, uint64(e.HTTPStatus))
	p = binary.AppendUvarint(p, uint64(e.Attempts))
	p = binary.AppendVarint(p, e.Duration.Microseconds())
	w.prev.row = e.Row
	if !e.SentAt.IsZero() {
		at := e.SentAt.UnixMicro()
		p[1] |= hasTime
		p = binary.AppendVarint(p, at-w.prev.time)
		w.prev.time = at
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
